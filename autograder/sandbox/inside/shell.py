"""Runs a notebook's code cells as a notebook would, without a notebook: IPython's syntax, harmless magics, no shell."""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import sys
import types
from collections.abc import Callable
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

# The magics whose body or statement is the student's code; all others do nothing.
_RUN_CELL = frozenset({"time", "timeit", "capture", "prun"})
_RUN_LINE = frozenset({"time"})
# Where a cell's last expression is kept until it is shown.
_VALUE = "__value__"


class Nothing:
    """Answers every question with itself: what `check` returns where nothing is checked."""

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith(("__", "_repr")):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Nothing:
        return self

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return ""


class Magics:
    """What `get_ipython()` returns."""

    def __init__(self, run: Callable[[str], None]) -> None:
        self._run = run

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> None:
        if name in _RUN_LINE and line.strip():
            self._run(line)

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name in _RUN_CELL:
            self._run(cell)

    def getoutput(self, *args: Any, **kwargs: Any) -> list[str]:
        return []

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class Shell:
    """One namespace, `__main__`, in which cells run one after the other."""

    def __init__(self) -> None:
        self.number = 0
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.namespace = module.__dict__
        magics = Magics(self._run_inner)
        self.namespace |= {"get_ipython": lambda: magics, "display": _display}
        _offer_get_ipython(magics)

    def run(self, number: int, source: str, value: bool = False) -> str | None:
        """Run a cell; what it raises is raised here. With `value`, its last expression's text unless that is None."""
        self.number = number
        self._execute(f"<cell {number}>", source, value)
        shown = self.namespace.pop(_VALUE, None) if value else None
        return None if shown is None else str(repr(shown))

    def _run_inner(self, source: str) -> None:
        self._execute(f"<cell {self.number}, magic>", source)

    def _execute(self, name: str, source: str, value: bool = False) -> None:
        code = _compiled(name, source, value)
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, self.namespace))
        else:
            exec(code, self.namespace)


def pretend_to_be_the_course() -> None:
    """Put a module named `autograder` in place whose functions do nothing, and take ours out of the way."""
    del sys.path[0]
    sys.argv = [""]
    for name in [name for name in sys.modules if name.partition(".")[0] == "autograder"]:
        del sys.modules[name]
    module = types.ModuleType("autograder", "Checks are made elsewhere; here they do nothing.")
    vars(module).update(dict.fromkeys(("check", "bring"), lambda *args, **kwargs: Nothing()))
    sys.modules["autograder"] = module


def _compiled(name: str, source: str, value: bool) -> types.CodeType:
    """Plain Python compiles as it stands; what does not is rewritten as IPython rewrites it."""
    try:
        code = _compile(name, source, value)
    except SyntaxError:
        source = _rewritten(source)
        code = _compile(name, source, value)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return code


def _rewritten(source: str) -> str:
    plain_python: str = TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]
    return plain_python


def _compile(name: str, source: str, value: bool) -> types.CodeType:
    tree: ast.Module | str = _keeping_the_value(ast.parse(source, name)) if value else source
    code: types.CodeType = compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return code


def _keeping_the_value(tree: ast.Module) -> ast.Module:
    """The cell with its last statement, where that is an expression, as an assignment to the name `_VALUE`."""
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        target = ast.copy_location(ast.Name(_VALUE, ast.Store()), last)
        tree.body[-1] = ast.copy_location(ast.Assign([target], last.value), last)
    return tree


def _offer_get_ipython(magics: Magics) -> None:
    import IPython
    from IPython.core import getipython

    for module in (IPython, getipython):
        vars(module)["get_ipython"] = lambda: magics


def _display(*values: Any, **options: Any) -> None:
    print(*map(repr, values))
