"""Derive a student's stub from the answer: the same signature and docstring, and no body."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Iterable

from autograder.notebook.source import CourseFault

# What a type checker is told of the answer alone.
_OURS = "  # type: ignore[override]"


class Solutions:
    """The text of one `solutions/<chapter>.py`, taken apart."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._lines = text.splitlines()
        try:
            self._module = ast.parse(text)
        except SyntaxError as error:
            raise CourseFault(f"{name}, line {error.lineno}: {error.msg}; mend the syntax") from None
        self._functions = {
            node.name: node for node in self._module.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }

    @property
    def functions(self) -> tuple[str, ...]:
        """The public functions and classes, in order."""
        return tuple(name for name in self._functions if not name.startswith("_"))

    def stub(self, function: str) -> str:
        """The signature and docstring as they stand in the answer, and a body that says whose turn it is."""
        node = self._function(function)
        if isinstance(node, ast.FunctionDef):
            return self._head(node, function)
        (line,) = self._lines[node.lineno - 1 : node.body[0].lineno - 1]
        # What the answer is made from is its own: a student's class has no base.
        parts = [f"{line.partition('(')[0].rstrip(':')}:\n{self._text(node.body[0])}"]
        parts += [self._head(method, f"{function}.{method.name}") for method in self._methods(node)]
        return "\n\n".join(parts)

    def signature(self, function: str) -> str:
        """The call as a reader writes it: `linear_forward(x, weight, bias)`, with the defaults where there are any."""
        node = self._function(function)
        if isinstance(node, ast.FunctionDef):
            return _signature(function, node)
        made, *others = self._methods(node)
        methods = (_signature(f".{method.name}", method, bound=True) for method in others)
        return f"{_signature(function, made, bound=True)}` with `{'`, `'.join(methods)}"

    def imports(self, functions: Iterable[str]) -> tuple[str, ...]:
        """The imports that the stubs of these functions need beside numpy's."""
        needed = {name for function in functions for name in self._names(function)} - {"np"} - set(dir(builtins))
        return tuple(sorted({self._import_of(name) for name in needed}))

    def is_class(self, name: str) -> bool:
        return isinstance(self._function(name), ast.ClassDef)

    def _text(self, node: ast.stmt) -> str:
        return "\n".join(self._lines[node.lineno - 1 : node.end_lineno])

    def _head(self, node: ast.FunctionDef, name: str) -> str:
        """Signature and docstring, and the line that waits for the answer."""
        head = "\n".join(self._lines[node.lineno - 1 : node.body[0].end_lineno]).replace(_OURS, "")
        return f'{head}\n{" " * node.col_offset}    raise NotImplementedError("your turn: {name}")'

    def _methods(self, node: ast.ClassDef) -> list[ast.FunctionDef]:
        """The constructor and the public methods, each with a docstring."""
        methods = [method for method in node.body if isinstance(method, ast.FunctionDef)]
        public = [method for method in methods if method.name == "__init__" or not method.name.startswith("_")]
        for method in public:
            if ast.get_docstring(method) is None:
                raise CourseFault(
                    f"{self.name}, line {method.lineno}: {node.name}.{method.name} has no docstring; "
                    "the stub is made from it"
                )
        return public

    def _function(self, name: str) -> ast.FunctionDef | ast.ClassDef:
        if name not in self._functions:
            raise CourseFault(f"{self.name} has no function {name}; write the answer there")
        node = self._functions[name]
        if ast.get_docstring(node) is None:
            raise CourseFault(f"{self.name}, line {node.lineno}: {name} has no docstring; the stub is made from it")
        return node

    def _names(self, function: str) -> set[str]:
        """The names that the signature mentions: in annotations and in defaults."""
        node = self._function(function)
        functions = [node] if isinstance(node, ast.FunctionDef) else self._methods(node)
        parts = [part for each in functions for part in (each.args, each.returns)]
        return {leaf.id for part in parts if part for leaf in ast.walk(part) if isinstance(leaf, ast.Name)}

    def _import_of(self, name: str) -> str:
        for node in self._module.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    if name == (alias.asname or alias.name):
                        alone = copy.copy(node)
                        alone.names = [alias]
                        return ast.unparse(alone)
        raise CourseFault(
            f"{self.name}: a signature uses {name}, which is not imported there; use np.ndarray or import it"
        )


def _signature(name: str, node: ast.FunctionDef, bound: bool = False) -> str:
    """`bound` leaves out `self`."""
    arguments = copy.deepcopy(node.args)
    if bound:
        del arguments.args[0]
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        argument.annotation = None
    return f"{name}({ast.unparse(arguments)})"
