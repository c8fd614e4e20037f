"""The cells of a page, run in one namespace as a notebook's are: what the book's pages ask of Python in the browser."""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autograder import answer_data, deviations, registry
from autograder.calls import Local
from autograder.exercise import Call, Case, Outcome, Verdict
from autograder.local import check, check_implementation
from autograder.show import clean

# What a cell may print. A page with more of it would be slow to scroll.
MOST_OUTPUT = 50_000

# Where Python does not see warnings, a verdict that rests on there being none says so.
UNHEARD = (
    "<p>In this page NumPy does not notice overflow or a division by zero, so it gives no warnings. The notebook's "
    "does, and there {} must get along without any.</p>"
)

Write = Callable[[str], object]
# Told before each case of a check: its number, how many there are, and the seconds that it may need beyond a moment.
Tell = Callable[[int, int, float], object]


class Session:
    """What the cells run so far have defined. `write` is given what they print, a piece at a time."""

    def __init__(self, write: Write, tell: Tell = lambda *_: None) -> None:
        self._write = write
        self._tell = tell
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

    def seconds(self, exercise: str) -> float:
        """How long a check of the exercise may take, beyond what any may."""
        return sum(map(seconds_of, _cases(exercise)))

    def check(
        self,
        exercise: str,
        cells: Mapping[str, str],
        given: str = "",
        brought: Mapping[str, Mapping[str, str]] | None = None,
    ) -> dict[str, Any]:
        """Run the exercises of a page as they stand, this one last, and check it.

        The others may be half written: what is wrong with them is theirs to say. An exercise that builds on earlier
        chapters is `brought` what was written there, by chapter and exercise. The answer has the verdict as `html`, its
        `state`, the `error` of this cell, if it did not run, and as `text` what was brought.
        """
        answer: dict[str, Any] = {}
        broken = None
        with self._captured(silent=True):
            self._execute("given", given)
            if brought is not None:
                answer["text"] = self._bring(brought, given)
            for name in [*(name for name in cells if name != exercise), exercise]:
                self._namespace.pop(name, None)
                try:
                    self._execute(name, cells[name])
                except (Exception, SystemExit) as error:
                    if name == exercise:
                        answer["error"] = error_text(error)
                        broken = f"The cell with {exercise} does not run: {type(error).__name__}: {error}"
            implementation = _Told(self._namespace, _cases(exercise), self._tell)
            verdict = check_implementation(implementation, exercise, broken)
        answer |= described(verdict)
        if not deviations.WARNS and verdict.score and any(case.silent for case in _cases(exercise)):
            answer["html"] += UNHEARD.format(exercise)
        return answer

    def _bring(self, brought: Mapping[str, Mapping[str, str]], given: str) -> str:
        """Define the functions of earlier chapters; those of one chapter do not see the helpers of another."""
        mine = self._namespace
        names: list[str] = []
        for cells in brought.values():
            self._namespace = {"__name__": "__main__"}
            self._execute("given", given)
            for name, source in cells.items():
                with contextlib.suppress(Exception, SystemExit):
                    self._execute(name, source)
            found = {name: self._namespace[name] for name in cells if name in self._namespace}
            self._namespace = mine
            mine.update(found)
            names += found
        if not names:
            return "Nothing is kept on this device of what you wrote on the pages of earlier chapters."
        return f"With your functions of earlier pages: {', '.join(names)}."

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


class _Told(Local):
    """The reader's functions; before each case of the exercise it is told how far the check has come."""

    def __init__(self, functions: Mapping[str, Any], cases: Sequence[Case], tell: Tell) -> None:
        super().__init__(functions)
        self._cases, self._tell = cases, tell

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        for number, case in enumerate(self._cases, 1):
            if case.calls is calls:
                self._tell(number, len(self._cases), seconds_of(case))
        return super().run(calls)


def seconds_of(case: Case) -> float:
    return sum(call.seconds or 0.0 for call in case.calls)


def _cases(exercise: str) -> Sequence[Case]:
    """The cases of an exercise, as they stand in the answer data."""
    try:
        return answer_data.load(registry.chapters_by_exercise()[exercise])[exercise].cases
    except (KeyError, answer_data.NoAnswerData):
        return ()


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
