"""The student's door: `check(conv2d_forward)`, in the notebook, in the page and in a terminal. Needs NumPy alone."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from autograder import answer_data, registry
from autograder.bring import FROM_REFERENCE, marked
from autograder.calls import Local, each_outcome
from autograder.checking import check_exercise
from autograder.exercise import Call, Finding, Implementation, Outcome, Verdict


def check(function: Any) -> Verdict:
    """Check one function of the course and say what is right, what is wrong and why.

    A backward is checked together with the forward that is defined beside it: the other functions of the course are
    looked up where `function` was defined. The verdict shows itself; `.passed`, `.score` and `.findings` hold it.
    """
    name = getattr(function, "__name__", None)
    if not callable(function) or not isinstance(name, str):
        return _no_exercise(repr(function)[:80], "pass the function itself, as in check(linear_forward)")
    beside = _defined_beside(function)
    return _marked(check_implementation(_Interruptible({**beside, name: function}), name), beside)


def check_functions(functions: Mapping[str, Any], name: str, broken: str | None = None) -> Verdict:
    """Check the exercise called `name` among functions given by name."""
    return _marked(check_implementation(Local(functions), name, broken), functions)


class _Interruptible(Local):
    """Where a kernel is interrupted, an endless loop ends and the verdict says in which call it was."""

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            for outcome in each_outcome(self.functions, calls):
                outcomes.append(outcome)  # noqa: PERF402 - what came back before the interruption is kept
        except KeyboardInterrupt:
            function = calls[len(outcomes)].function
            outcomes.append(Outcome(stopped="timed_out", reason=f"{function} had not come back when you stopped it."))
            lost = Outcome(stopped="timed_out", reason=f"This was not called: {function} was stopped before.")
            outcomes += [lost] * (len(calls) - len(outcomes))
        return outcomes


def check_implementation(implementation: Implementation, name: str, broken: str | None = None) -> Verdict:
    """Check the exercise called `name`, by the answer data."""
    chapter = registry.chapters_by_exercise().get(name)
    if chapter is None:
        near = difflib.get_close_matches(name, registry.chapters_by_exercise(), 1)
        return _no_exercise(name, f"did you mean {near[0]}?" if near else "keep the name that the notebook gives it")
    try:
        key = answer_data.load(chapter)[name]
    except answer_data.NoAnswerData as error:
        return _no_verdict(name, str(error))
    return check_exercise(registry.exercises(chapter)[name], key, implementation, broken)


def _marked(verdict: Verdict, around: Mapping[str, Any]) -> Verdict:
    taken = around.get(FROM_REFERENCE)
    return marked(verdict, [name for name in taken if isinstance(name, str)] if isinstance(taken, tuple) else [])


def _defined_beside(function: Any) -> Mapping[str, Any]:
    """The names around the function: its module's, which in a notebook are all that its cells have defined."""
    around = getattr(function, "__globals__", None)
    if around is None:
        module = sys.modules.get(getattr(function, "__module__", None) or "")
        around = getattr(module, "__dict__", {})
    return around


def _no_exercise(name: str, mend: str) -> Verdict:
    return _no_verdict(name, f"There is no exercise called {name}: {mend}.".replace("?.", "?"))


def _no_verdict(name: str, message: str) -> Verdict:
    return Verdict(name, "failed", 0.0, 0.0, (Finding("exists", False, message),))
