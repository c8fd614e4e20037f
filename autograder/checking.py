"""Check one exercise: try an implementation on the cases of its key, and return the verdict.

The same code judges in the notebook, in the page, in the test suite and in grading; only the implementation differs.
"""

from __future__ import annotations

from collections.abc import Mapping

from autograder import registry
from autograder.answers import AnswerKey
from autograder.exercise import Exercise, Finding, Implementation, Outcome, State, Verdict
from autograder.findings import findings
from autograder.marks import score
from autograder.trial import Trial, try_cases


def check_chapter(
    chapter: str,
    keys: Mapping[str, AnswerKey],
    implementation: Implementation,
    broken: Mapping[str, str] | None = None,
) -> list[Verdict]:
    """A verdict on each exercise of a chapter, in order.

    `broken` tells, by exercise, why a function that was written is not there (its cell raised a SyntaxError, say).
    """
    return [
        check_exercise(exercise, keys[name], implementation, (broken or {}).get(name))
        for name, exercise in registry.exercises(chapter).items()
    ]


def check_exercise(
    exercise: Exercise, key: AnswerKey, implementation: Implementation, broken: str | None = None
) -> Verdict:
    """Judge an implementation of one exercise by its key."""
    trial = try_cases(exercise, key, implementation)
    found = _nothing_to_judge(trial, broken)
    if found is not None:
        state, message = found
        return Verdict(exercise.name, state, 0.0, exercise.points, (Finding("exists", False, message),))
    told = tuple(findings(trial, implementation))
    if trial.stopped is not None and trial.stopped.stopped is not None:
        return Verdict(exercise.name, trial.stopped.stopped, score(trial), exercise.points, told)
    if all(finding.passed for finding in told):
        return Verdict(exercise.name, "passed", exercise.points, exercise.points, told)
    reached = score(trial)
    return Verdict(exercise.name, "partial" if reached > 0 else "failed", reached, exercise.points, told)


def _nothing_to_judge(trial: Trial, broken: str | None) -> tuple[State, str] | None:
    """State and reason where the function is missing or only a stub, or the forward that it needs gives no cache."""
    name, forward = trial.exercise.name, trial.exercise.forward
    if trial.stopped is not None:
        return None
    if trial.only_a_stub:
        if broken is not None:
            return "failed", broken
        if any(outcome.missing for outcome in trial.own):
            return "not_attempted", f"There is no function called {name} yet."
        return "not_attempted", f"{name} still raises NotImplementedError: it waits for your code."
    if forward is None or not all(o.raised is not None and o.raised.type == "NoResult" for o in trial.own):
        return None
    calls = zip(trial.cases[-1].calls, trial.outcomes[-1], strict=True)
    why = _why_no_cache(next(outcome for call, outcome in calls if call.function == forward))
    return "failed", f"{name} cannot be tried without a cache from your {forward}: {why}."


def _why_no_cache(forward: Outcome) -> str:
    if forward.missing or (forward.raised is not None and forward.raised.type == "NotImplementedError"):
        return "that one is not written yet"
    if forward.raised is not None:
        return f"that one raised {forward.raised.type}: {forward.raised.message}"
    return "that one does not return out and cache"
