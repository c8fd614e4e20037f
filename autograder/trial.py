"""One implementation tried on the cases of one exercise: what it gave and how that deviates from the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from autograder.answers import AnswerKey, Answers, judged, measures_of, without_values
from autograder.deviations import Deviation, deviations
from autograder.exercise import Case, Exercise, Implementation, Outcome
from autograder.following import followed

# How often a case that asks for speed is tried, and the seconds of a call for which the function itself is to blame.
_ATTEMPTS = 4
_FOR_LONG = 0.5
_LARGE = 2**20  # bytes


@dataclass(frozen=True)
class Trial:
    """`outcomes` and `found` run along the cases; the cases after a stop, and all after a mere stub, were not tried."""

    exercise: Exercise
    key: AnswerKey
    outcomes: Sequence[Sequence[Outcome]]
    found: Sequence[Sequence[Deviation]]
    followed: frozenset[tuple[str, str]] = frozenset()  # in which check a result is right for whose sake alone

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """The cases that were tried."""
        return self.key.cases[: len(self.outcomes)]

    @property
    def stopped(self) -> Outcome | None:
        """The call that never came back, if one did not."""
        return next((outcome for outcome in self.outcomes[-1] if outcome.stopped), None)

    @cached_property
    def own(self) -> list[Outcome]:
        """The outcomes of the exercise's own calls, in all cases tried."""
        return [
            outcomes[position]
            for case, outcomes in zip(self.cases, self.outcomes, strict=True)
            for position in judged(self.exercise.name, case)
        ]

    @property
    def something_came_back(self) -> bool:
        return any(outcome.came_back for outcome in self.own)

    @property
    def only_a_stub(self) -> bool:
        return all(_not_there(outcome) for outcome in self.own)


def try_cases(exercise: Exercise, key: AnswerKey, implementation: Implementation) -> Trial:
    """Run the cases in order, until a call is stopped or the function turns out not to be there."""
    trial = Trial(exercise, key, [], [])
    for number in range(len(key.cases)):
        outcomes, found = _tried(exercise, key, number, implementation)
        forgiven = followed(exercise, key, number, implementation, outcomes, found)
        kept = [deviation for deviation in found if not any(deviation is one for one, _ in forgiven)]
        trial = replace(
            trial,
            outcomes=[*trial.outcomes, [replace(outcome, returned=_light(outcome.returned)) for outcome in outcomes]],
            found=[*trial.found, [replace(deviation, got=_light(deviation.got)) for deviation in kept]],
            followed=trial.followed | {(deviation.check, whose) for deviation, whose in forgiven},
        )
        if trial.stopped or trial.only_a_stub:
            break
    return trial


def deviating(exercise: Exercise, key: AnswerKey, number: int, outcomes: Sequence[Outcome]) -> list[Deviation]:
    """How outcomes of case `number` deviate from the key."""
    case, expected = key.cases[number], key.expected
    return deviations(
        exercise,
        number,
        case,
        outcomes,
        expected.outcomes[number],
        lambda: measures_of(exercise, case, outcomes),
        expected.measures[number],
    )


def deviating_answers(exercise: Exercise, key: AnswerKey, number: int, answers: Answers) -> list[Deviation]:
    """The same for answers that were kept: a known mistake's."""
    return deviations(
        exercise,
        number,
        key.cases[number],
        answers.outcomes[number],
        key.expected.outcomes[number],
        lambda: answers.measures[number],
        key.expected.measures[number],
    )


def _tried(
    exercise: Exercise, key: AnswerKey, number: int, implementation: Implementation
) -> tuple[Sequence[Outcome], list[Deviation]]:
    """What the calls of a case gave. One that was slow, but not for long, is tried again: the machine may be busy."""
    for _ in range(_ATTEMPTS):
        outcomes = implementation.run(key.cases[number].calls)
        found = deviating(exercise, key, number, outcomes)
        if not any(deviation.kind == "slow" and deviation.got < _FOR_LONG for deviation in found):
            break
    return outcomes, found


def _light(value: Any) -> Any:
    """What is kept of a value until all cases are tried: of a large array the form. None so large is asked for."""
    if isinstance(value, np.ndarray):
        return without_values(value) if value.nbytes > _LARGE else value
    return type(value)(map(_light, value)) if isinstance(value, list | tuple) else value


def _not_there(outcome: Outcome) -> bool:
    return outcome.missing or (outcome.raised is not None and outcome.raised.type == "NotImplementedError")
