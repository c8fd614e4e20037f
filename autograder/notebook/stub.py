"""Derive a student's stub from the answer: the same signature and docstring, and no body."""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.notebook.source import CourseFault

# What a type checker is told of the answer alone.
_OURS = "  # type: ignore[override]"


@dataclass(frozen=True)
class _Answer:
    """A function or a class, and the file where it is defined."""

    node: ast.FunctionDef | ast.ClassDef
    file: str
    lines: list[str]
    module: ast.Module


def read_solutions(folder: Path, chapter: str) -> Solutions:
    """The answers of a chapter, whose file in `folder` may gather them from others beside it, `<chapter>_*.py`."""
    beside = [path for path in sorted(folder.glob(f"{chapter}_*.py")) if path.is_file()]
    parts = {f"{folder.name}/{path.name}": path.read_text(encoding="utf-8") for path in beside}
    text = (folder / f"{chapter}.py").read_text(encoding="utf-8")
    return Solutions(f"{folder.name}/{chapter}.py", text, parts)


class Solutions:
    """The text of one `solutions/<chapter>.py`, taken apart, and of the `parts` from which it gathers answers."""

    def __init__(self, name: str, text: str, parts: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._answers = _defined(name, text)
        modules = {part.removesuffix(".py").replace("/", "."): part for part in parts or {}}
        for node in _parsed(name, text).body:
            if parts and isinstance(node, ast.ImportFrom) and node.module in modules:
                part = modules[node.module]
                there = _defined(part, parts[part])
                self._answers |= {alias.name: there[alias.name] for alias in node.names if alias.name in there}

    @property
    def functions(self) -> tuple[str, ...]:
        """The public functions and classes, in order."""
        return tuple(name for name in self._answers if not name.startswith("_"))

    def stub(self, function: str) -> str:
        """The signature and docstring as they stand in the answer, and a body that says whose turn it is."""
        answer = self._answer(function)
        if isinstance(answer.node, ast.FunctionDef):
            return _head(answer, answer.node, function)
        (line,) = answer.lines[answer.node.lineno - 1 : answer.node.body[0].lineno - 1]
        # What the answer is made from is its own: a student's class has no base.
        parts = [f"{line.partition('(')[0].rstrip(':')}:\n{_text(answer, answer.node.body[0])}"]
        parts += [_head(answer, method, f"{function}.{method.name}") for method in _methods(answer)]
        return "\n\n".join(parts)

    def signature(self, function: str) -> str:
        """The call as a reader writes it: `linear_forward(x, weight, bias)`, with the defaults where there are any."""
        answer = self._answer(function)
        if isinstance(answer.node, ast.FunctionDef):
            return _signature(function, answer.node)
        made, *others = _methods(answer)
        methods = (_signature(f".{method.name}", method, bound=True) for method in others)
        return f"{_signature(function, made, bound=True)}` with `{'`, `'.join(methods)}"

    def returned(self, function: str) -> list[str]:
        """What it returns, by the names in the docstring's "Returns"."""
        text = ast.get_docstring(self._answer(function).node) or ""
        return re.findall(r"^    (\w+): ", text.partition("\nReturns:\n")[2].partition("\n\n")[0], re.MULTILINE)

    def imports(self, functions: Iterable[str]) -> tuple[str, ...]:
        """The imports that the stubs of these functions need beside numpy's."""
        answers = [self._answer(function) for function in functions]
        given = {"np", *dir(builtins)}
        return tuple(sorted({_import_of(answer, name) for answer in answers for name in _names(answer) - given}))

    def is_class(self, name: str) -> bool:
        return isinstance(self._answer(name).node, ast.ClassDef)

    def _answer(self, name: str) -> _Answer:
        if name not in self._answers:
            raise CourseFault(f"{self.name} has no function {name}; write the answer there")
        answer = self._answers[name]
        if ast.get_docstring(answer.node) is None:
            line = answer.node.lineno
            raise CourseFault(f"{answer.file}, line {line}: {name} has no docstring; the stub is made from it")
        return answer


def _parsed(file: str, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise CourseFault(f"{file}, line {error.lineno}: {error.msg}; mend the syntax") from None


def _defined(file: str, text: str) -> dict[str, _Answer]:
    module, lines = _parsed(file, text), text.splitlines()
    nodes = [node for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return {node.name: _Answer(node, file, lines, module) for node in nodes}


def _text(answer: _Answer, node: ast.stmt) -> str:
    return "\n".join(answer.lines[node.lineno - 1 : node.end_lineno])


def _head(answer: _Answer, node: ast.FunctionDef, name: str) -> str:
    """Signature and docstring, and the line that waits for the answer."""
    head = "\n".join(answer.lines[node.lineno - 1 : node.body[0].end_lineno]).replace(_OURS, "")
    return f'{head}\n{" " * node.col_offset}    raise NotImplementedError("your turn: {name}")'


def _methods(answer: _Answer) -> list[ast.FunctionDef]:
    """The constructor and the public methods of a class, each with a docstring."""
    methods = [method for method in answer.node.body if isinstance(method, ast.FunctionDef)]
    public = [method for method in methods if method.name == "__init__" or not method.name.startswith("_")]
    for method in public:
        if ast.get_docstring(method) is None:
            raise CourseFault(
                f"{answer.file}, line {method.lineno}: {answer.node.name}.{method.name} has no docstring; "
                "the stub is made from it"
            )
    return public


def _names(answer: _Answer) -> set[str]:
    """The names that the signature mentions: in annotations and in defaults."""
    functions = [answer.node] if isinstance(answer.node, ast.FunctionDef) else _methods(answer)
    parts = [part for each in functions for part in (each.args, each.returns)]
    return {leaf.id for part in parts if part for leaf in ast.walk(part) if isinstance(leaf, ast.Name)}


def _import_of(answer: _Answer, name: str) -> str:
    for node in answer.module.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    alone = copy.copy(node)
                    alone.names = [alias]
                    return ast.unparse(alone)
    raise CourseFault(
        f"{answer.file}: a signature uses {name}, which is not imported there; use np.ndarray or import it"
    )


def _signature(name: str, node: ast.FunctionDef, bound: bool = False) -> str:
    """`bound` leaves out `self`."""
    arguments = copy.deepcopy(node.args)
    if bound:
        del arguments.args[0]
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        argument.annotation = None
    return f"{name}({ast.unparse(arguments)})"
