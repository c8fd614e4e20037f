"""A student's own functions of the earlier chapters, brought into a notebook that builds on them.

The notebook has to carry them: when it is graded, nothing else is there. So they are defined at once, and their code is
put into a cell below, where it is handed in with the rest.
"""

from __future__ import annotations

import ast
import inspect
import json
import symtable
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder import registry

MARK = "# Your functions of the earlier chapters, brought here by bring(). Change them in their own notebooks."


def bring(folder: Path | str = ".") -> None:
    """Define, where the call stands, the functions that the notebooks in `folder` hold, and say which are missing.

    In a notebook their code also becomes a cell below, unless a notebook of the folder carries it already.
    """
    found = {chapter: code for chapter in registry.CHAPTERS if (code := _code(Path(folder), chapter))}
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    namespace = frame.f_back.f_globals
    for text, _ in found.values():
        exec(compile(text, "<brought>", "exec"), namespace)  # noqa: S102 (the student's own code, on their machine)
    brought = {name for _, names in found.values() for name in names}
    _tell(found, brought)
    if found and "get_ipython" in namespace and not _carried(Path(folder)):
        cell = "\n\n\n".join([MARK, *(code for code, _ in found.values())])
        namespace["get_ipython"]().set_next_input(cell)


def _tell(found: Mapping[str, Any], brought: set[str]) -> None:
    print(f"Brought {len(brought)} functions from {', '.join(f'{chapter}.ipynb' for chapter in found) or 'nowhere'}.")
    missing = [
        name for chapter in registry.CHAPTERS[:-1] for name in registry.exercises(chapter) if name not in brought
    ]
    if missing:
        print(f"Not there, or still a stub: {', '.join(missing)}.")
    if not found:
        print("Lay this notebook into the folder with your earlier ones, and run this cell again.")


def _code(folder: Path, chapter: str) -> tuple[str, tuple[str, ...]] | None:
    """The code of a chapter's functions, and their names. It is wrapped in a function of its own, since helpers of two
    chapters may have one name.
    """
    written: list[ast.stmt] = []
    for source in _cells(folder / f"{chapter}.ipynb"):
        try:
            written += ast.parse(source).body
        except SyntaxError:  # a cell that does not run, or holds a magic
            continue
    kept = [node for node in written if isinstance(node, _DEFINITIONS) and not _is_stub(node)]
    used = {name for node in kept for name in _names_from_outside(symtable.symtable(ast.unparse(node), "", "exec"))}
    body = [node for node in written if node in kept or _is_needed(node, used)]
    defined = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    names = tuple(name for name in registry.exercises(chapter) if name in defined)
    if not names:
        return None
    listed = ", ".join(names) + ("," if len(names) == 1 else "")
    wrapper = ast.parse(f"def _{chapter}(): pass\n{listed} = _{chapter}()").body
    function = wrapper[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [*body, ast.Return(ast.parse(f"({listed})", mode="eval").body)]
    return ast.unparse(ast.fix_missing_locations(ast.Module(list(wrapper), []))), names


_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


def _is_stub(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and "NotImplementedError" in ast.unparse(node.body[-1])


def _names_from_outside(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced())
    for inner in table.get_children():
        yield from _names_from_outside(inner)


def _is_needed(node: ast.stmt, used: set[str]) -> bool:
    """Whether a definition uses a name that this import or assignment gives."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any((alias.asname or alias.name.partition(".")[0]) in used for alias in node.names)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(leaf, ast.Name) and leaf.id in used for each in targets for leaf in ast.walk(each))
    return False


def _cells(path: Path) -> list[str]:
    """The code cells that the student wrote: neither experiments nor what the course gives. None of a damaged file."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [
            "".join(cell["source"])
            for cell in cells
            if cell["cell_type"] == "code" and "experiment" not in cell["metadata"].get("tags", [])
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _carried(folder: Path) -> bool:
    return any(MARK in source for path in folder.glob("*.ipynb") for source in _cells(path))
