"""Derive a student's stub from the answer: the same signature and docstring, and no body."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Iterable, Sequence

from autograder.notebook.source import CourseFault


class Solutions:
    """The text of one `solutions/<chapter>.py`, taken apart."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._lines = text.splitlines()
        try:
            self._module = ast.parse(text)
        except SyntaxError as error:
            raise CourseFault(f"{name}, line {error.lineno}: {error.msg}; mend the syntax") from None
        self._functions = {node.name: node for node in self._module.body if isinstance(node, ast.FunctionDef)}

    @property
    def functions(self) -> tuple[str, ...]:
        """The public functions, in order."""
        return tuple(name for name in self._functions if not name.startswith("_"))

    def stub(self, function: str) -> str:
        """The signature and docstring as they stand in the answer, and a body that says whose turn it is."""
        node = self._function(function)
        head = self._lines[node.lineno - 1 : node.body[0].end_lineno]
        return "\n".join([*head, f'    raise NotImplementedError("your turn: {function}")'])

    def signature(self, function: str) -> str:
        """The call as a reader writes it: `linear_forward(x, weight, bias)`, with the defaults where there are any."""
        arguments = copy.deepcopy(self._function(function).args)
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            argument.annotation = None
        return f"{function}({ast.unparse(arguments)})"

    def imports(self, functions: Iterable[str]) -> tuple[str, ...]:
        """The imports that the stubs of these functions need beside numpy's."""
        needed = {name for function in functions for name in self._names(function)} - {"np"} - set(dir(builtins))
        return tuple(sorted({self._import_of(name) for name in needed}))

    def _function(self, name: str) -> ast.FunctionDef:
        if name not in self._functions:
            raise CourseFault(f"{self.name} has no function {name}; write the answer there")
        node = self._functions[name]
        if ast.get_docstring(node) is None:
            raise CourseFault(f"{self.name}, line {node.lineno}: {name} has no docstring; the stub is made from it")
        return node

    def _names(self, function: str) -> set[str]:
        """The names that the signature mentions: in annotations and in defaults."""
        node = self._function(function)
        parts: Sequence[ast.AST | None] = [node.args, node.returns]
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
