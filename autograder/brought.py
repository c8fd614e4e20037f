"""Functions of a chapter as code that stands alone, out of a student's notebook or out of the reference.

Each chapter's becomes a function of its own that returns them, since helpers of two chapters may have one name.
"""

from __future__ import annotations

import ast
import json
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import registry

_REFERENCE = "solutions"  # the package, and the folder in which it lies


@dataclass(frozen=True)
class Brought:
    """Code that defines the functions called `names`."""

    code: str
    names: tuple[str, ...]


def of_notebook(folder: Path, chapter: str) -> Brought | None:
    """The functions that the chapter's notebook in `folder` holds, stubs left out; None if there are none."""
    written: list[ast.stmt] = []
    for source in cells(folder / f"{chapter}.ipynb"):
        try:
            written += ast.parse(source).body
        except SyntaxError:  # a cell that does not run, or holds a magic
            continue
    kept = [node for node in written if not _is_stub(node)]
    defined = {node.name for node in kept if isinstance(node, ast.FunctionDef)}
    names = tuple(name for name in registry.exercises(chapter) if name in defined)
    return _alone(f"_{chapter}", kept, names) if names else None


def of_reference(folder: Path, chapter: str, names: Sequence[str]) -> Brought:
    """Functions of a chapter from the reference in `folder`, without annotations and docstrings."""
    bare = [_Bare().visit(node) for node in _module(folder, chapter)]
    return _alone(f"_reference_{chapter}", bare, tuple(names))


def cells(path: Path) -> list[str]:
    """The code cells that the student wrote: neither experiments nor what the course gives. None of a damaged file."""
    try:
        return [
            "".join(cell["source"])
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
            if cell["cell_type"] == "code" and "experiment" not in cell["metadata"].get("tags", [])
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _alone(label: str, written: Sequence[ast.stmt], names: tuple[str, ...]) -> Brought:
    listed = ", ".join(names) + ("," if len(names) == 1 else "")
    wrapper = ast.parse(f"def {label}(): pass\n{listed} = {label}()").body
    function = wrapper[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [*_needed(written, names), ast.Return(ast.parse(f"({listed})", mode="eval").body)]
    return Brought(ast.unparse(ast.fix_missing_locations(ast.Module(list(wrapper), []))), names)


def _needed(written: Sequence[ast.stmt], names: Sequence[str]) -> list[ast.stmt]:
    """What defines the names, and what that needs, in the order in which it was written."""
    kept: set[int] = set()
    wanted, seen = list(names), set(names)
    while wanted:
        name = wanted.pop()
        for place, node in enumerate(written):
            if place not in kept and name in _defines(node):
                kept.add(place)
                new = set(_names_from_outside(symtable.symtable(ast.unparse(node), "", "exec"))) - seen
                wanted += new
                seen |= new
    once = {ast.dump(node): node for place, node in enumerate(written) if place in kept}  # two modules import NumPy
    return list(once.values())


def _defines(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return {leaf.id for each in targets for leaf in ast.walk(each) if isinstance(leaf, ast.Name)}
    return set()


def _names_from_outside(table: symtable.SymbolTable) -> Iterator[str]:
    outermost = table.get_type() == "module"
    yield from (
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (outermost or symbol.is_global())
    )
    for inner in table.get_children():
        yield from _names_from_outside(inner)


def _is_stub(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and "NotImplementedError" in ast.unparse(node.body[-1])


def _module(folder: Path, name: str) -> list[ast.stmt]:
    """The statements of a module of the reference, what it imports from others of them put in its place."""
    found: list[ast.stmt] = []
    for node in ast.parse((folder / f"{name}.py").read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            found.append(node)
        elif node.module.startswith(f"{_REFERENCE}."):
            inner = _module(folder, node.module.removeprefix(f"{_REFERENCE}."))
            found += _needed(inner, [alias.name for alias in node.names])
        elif node.module != "__future__":
            found.append(node)
    return found


class _Bare(ast.NodeTransformer):
    """Without annotations, which may name what is not there, and without docstrings."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.returns = None
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            del node.body[0]
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            del node.body[0]
        return node
