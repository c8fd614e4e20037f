"""The cells of a page, run in one namespace as a notebook's are: what the book's pages ask of Python in the browser."""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from autograder.exercise import Verdict
from autograder.local import check, check_functions
from autograder.show import clean

# What a cell may print. A page with more of it would be slow to scroll.
MOST_OUTPUT = 50_000

Write = Callable[[str], object]


class Session:
    """What the cells run so far have defined. `write` is given what they print, a piece at a time."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._namespace: dict[str, Any] = {"__name__": "__main__", "check": check}

    def run(self, cell: str, source: str, given: str = "") -> dict[str, str]:
        """Run a cell after the lines that it is given. The answer holds what its last line shows, as `text` or `html`,
        or else its `error`.
        """
        with self._captured():
            try:
                self._execute("given", given)
                value = self._execute(cell, source)
            except (Exception, SystemExit) as error:
                return {"error": error_text(error)}
            return shown(value)

    def check(self, exercise: str, cells: Mapping[str, str], given: str = "") -> dict[str, Any]:
        """Run the exercises of a page as they stand, this one last, and check it.

        The others may be half written: what is wrong with them is theirs to say. The answer has the verdict as `html`,
        its `state`, and the `error` of this cell, if it did not run.
        """
        answer: dict[str, Any] = {}
        broken = None
        with self._captured(silent=True):
            self._execute("given", given)
            for name in [*(name for name in cells if name != exercise), exercise]:
                self._namespace.pop(name, None)
                try:
                    self._execute(name, cells[name])
                except (Exception, SystemExit) as error:
                    if name == exercise:
                        answer["error"] = error_text(error)
                        broken = f"The cell with {exercise} does not run: {type(error).__name__}: {error}"
            verdict = check_functions(self._namespace, exercise, broken)
        return answer | described(verdict)

    def _execute(self, cell: str, source: str) -> Any:
        """Run all lines; the value of the last one, if it is an expression."""
        name = f"<{cell}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        tree = ast.parse(source, name)
        last = tree.body[-1] if tree.body else None
        if isinstance(last, ast.Expr):
            tree.body.pop()
        exec(compile(tree, name, "exec", dont_inherit=True), self._namespace)  # noqa: S102 - the reader's own code
        if not isinstance(last, ast.Expr):
            return None
        return eval(compile(ast.Expression(last.value), name, "eval", dont_inherit=True), self._namespace)  # noqa: S307

    @contextlib.contextmanager
    def _captured(self, silent: bool = False) -> Iterator[None]:
        out = io.StringIO() if silent else _Printed(self._write)
        keyboard, sys.stdin = sys.stdin, io.StringIO()  # no input() is answered
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                yield
        finally:
            sys.stdin = keyboard


class _Printed(io.TextIOBase):
    """Hands on what is printed, up to a limit."""

    def __init__(self, write: Write) -> None:
        self._hand_on = write
        self._left = MOST_OUTPUT

    def write(self, text: str) -> int:
        if self._left > 0:
            self._hand_on(clean(text[: self._left]))
            self._left -= len(text)
            if self._left <= 0:
                self._hand_on("\n… what is printed after this is not shown\n")
        return len(text)


def shown(value: Any) -> dict[str, str]:
    """What a notebook shows of a cell's value."""
    if value is None:
        return {}
    if isinstance(value, Verdict):
        return described(value)
    return {"text": clean(repr(value)[:MOST_OUTPUT])}


def described(verdict: Verdict) -> dict[str, str]:
    bundle = verdict._repr_mimebundle_()
    return {"html": bundle["text/html"], "exercise": verdict.exercise, "state": verdict.state}


def error_text(error: BaseException) -> str:
    """The traceback from the cell on, without what led there."""
    told = traceback.TracebackException.from_exception(error, compact=True)
    outside = len(list(itertools.takewhile(lambda frame: frame.filename in (__file__, ast.__file__), told.stack)))
    told.stack = traceback.StackSummary.from_list(list(told.stack)[outside:])
    return clean("".join(told.format(chain=False)).rstrip())
