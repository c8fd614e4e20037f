"""Answer keys: for each exercise its cases, what the reference gives on them, and what each known mistake gives.

A grader makes keys from `solutions` and `autograder.mistakes` with a secret seed. A student's machine has neither: it
reads keys that the build has written, one file a chapter, in `autograder/data/`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from autograder import registry
from autograder.calls import Local
from autograder.exercise import Case, Exercise, Implementation, Made, Mistake, Outcome
from autograder.measures import MEASURES, Measures

# The seed of the keys that are shipped to students. Grading draws a secret one.
PUBLIC_SEED = 20


@dataclass(frozen=True)
class Answers:
    """What one implementation gave on each case of an exercise: the outcomes of its calls and the measures of them."""

    outcomes: tuple[tuple[Outcome, ...], ...]
    measures: tuple[Measures | None, ...]


@dataclass(frozen=True)
class KnownMistake:
    id: str
    sentence: str
    answers: Answers


@dataclass(frozen=True, eq=False)
class AnswerKey:
    """All that is needed to judge one exercise. `public` says that its expected values may be shown.

    A key equals itself alone, so that what is worked out from it can be kept beside it.
    """

    exercise: str
    public: bool
    cases: tuple[Case, ...]
    expected: Answers
    mistakes: tuple[KnownMistake, ...]
    hints: tuple[str, ...] = ()


def judged(exercise: str, case: Case) -> list[int]:
    """Which calls of a case are the exercise's own."""
    return [position for position, call in enumerate(case.calls) if call.of == exercise]


def measures_of(exercise: Exercise, case: Case, outcomes: Sequence[Outcome]) -> Measures | None:
    """The case's measure of its calls; None where the exercise's own did not all return real arrays of one shape.

    An exercise of design may return what it likes, so long as all its calls return: its measures look for themselves.
    """
    if case.measure is None:
        return None
    if exercise.design and not all(outcomes[position].came_back for position in judged(exercise.name, case)):
        return None
    calls = zip(case.calls, outcomes, strict=True)
    made = [Made(call, call.of == exercise.name, _first(outcome.returned), outcome.returned) for call, outcome in calls]
    shapes = {None if one.first is None else one.first.shape for one in made if one.own}
    if not exercise.design and (None in shapes or len(shapes) != 1):
        return None
    with np.errstate(all="ignore"):
        return {**MEASURES, **exercise.measures}[case.measure](made, **case.withheld)


def _first(value: Any) -> np.ndarray | None:
    first = value[0] if isinstance(value, tuple) and value else value
    return first if isinstance(first, np.ndarray) and first.size and first.dtype.kind in "fiu" else None


def answer(
    exercise: Exercise, cases: Sequence[Case], implementation: Implementation, reference: Answers | None = None
) -> Answers:
    """Let an implementation answer all cases. With `reference`, its answers stand for those that ask for speed.

    Those that take long are not tried: what their measures are to say is asked, not found out.
    """

    def outcomes_of(number: int, case: Case) -> tuple[Outcome, ...]:
        if case.asked is not None:
            return (Outcome(),) * len(case.calls)
        return reference.outcomes[number] if reference and case.pace else tuple(implementation.run(case.calls))

    outcomes = tuple(outcomes_of(number, case) for number, case in enumerate(cases))
    measures = tuple(
        measures_of(exercise, case, given) if case.asked is None else dict(case.asked)
        for case, given in zip(cases, outcomes, strict=True)
    )
    return Answers(tuple(_blank(exercise, *each) for each in zip(cases, outcomes, strict=True)), measures)


def make_key(chapter: str, exercise: Exercise, seed: int, public: bool = False) -> AnswerKey:
    """The key of an exercise, made from the reference and the catalogue of mistakes. The course's side only."""
    reference = vars(import_module(f"solutions.{chapter}"))
    mistakes: Sequence[Mistake] = import_module(f"autograder.mistakes.{chapter}").MISTAKES
    rng = np.random.default_rng([seed, zlib.crc32(exercise.name.encode())])
    cases = tuple(exercise.cases(rng))
    expected = answer(exercise, cases, Local(reference))
    return AnswerKey(
        exercise=exercise.name,
        public=public,
        cases=cases,
        expected=expected,
        mistakes=tuple(
            KnownMistake(
                mistake.id,
                mistake.sentence,
                answer(exercise, cases, Local({**reference, **mistake.functions}), expected),
            )
            for mistake in mistakes
            if mistake.id.startswith(exercise.name + ".")
        ),
    )


def make_keys(chapter: str, seed: int, public: bool = False) -> dict[str, AnswerKey]:
    """The keys of a chapter's exercises by name."""
    return {name: make_key(chapter, exercise, seed, public) for name, exercise in registry.exercises(chapter).items()}


def _blank(exercise: Exercise, case: Case, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Where only measures count, keep of the drawn arrays their shape and dtype alone; never keep a running time.

    Of an exercise of design nothing is kept: what its objects return is compared with nobody's.
    """
    kept = tuple(replace(outcome, seconds=0.0) for outcome in outcomes)
    if exercise.design:
        return tuple(replace(outcome, returned=None) for outcome in kept)
    if case.measure is None:
        return kept
    return tuple(replace(outcome, returned=without_values(outcome.returned)) for outcome in kept)


def without_values(value: Any) -> Any:
    """Arrays replaced by zeros of their shape and dtype, which take no room."""
    if isinstance(value, np.ndarray):
        return np.broadcast_to(np.zeros((), value.dtype), value.shape)
    if isinstance(value, tuple):
        return tuple(without_values(item) for item in value)
    return value
