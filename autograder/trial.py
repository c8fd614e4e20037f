"""One implementation tried on the cases of one exercise: what it gave and how that deviates from the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from autograder import compare, gradients
from autograder.answers import AnswerKey, Answers, judged, measures_of
from autograder.deviations import Deviation, deviations
from autograder.exercise import Case, Exercise, Implementation, Outcome, View

# How often a case that asks for speed is tried, and how many times over the limit may still be the machine's fault.
_ATTEMPTS = 4
_BY_A_LITTLE = 3.0


@dataclass(frozen=True)
class Trial:
    """`outcomes` and `found` run along the cases; the cases after a stop, and all after a mere stub, were not tried."""

    exercise: Exercise
    key: AnswerKey
    outcomes: Sequence[Sequence[Outcome]]
    found: Sequence[Sequence[Deviation]]
    followed: bool = False  # some gradient is right for the student's own forward alone

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
        kept = _without_followed(exercise, key, number, implementation, outcomes, found)
        trial = replace(
            trial,
            outcomes=[*trial.outcomes, outcomes],
            found=[*trial.found, kept],
            followed=trial.followed or len(kept) < len(found),
        )
        if trial.stopped or trial.only_a_stub:
            break
    return trial


def deviating(exercise: Exercise, key: AnswerKey, number: int, outcomes: Sequence[Outcome]) -> list[Deviation]:
    """How outcomes of case `number` deviate from the key."""
    case = key.cases[number]
    measures = measures_of(exercise, case, outcomes)
    return deviations(
        exercise, number, case, outcomes, key.expected.outcomes[number], measures, key.expected.measures[number]
    )


def deviating_answers(exercise: Exercise, key: AnswerKey, number: int, answers: Answers) -> list[Deviation]:
    """The same for answers that were kept: a known mistake's."""
    return deviations(
        exercise,
        number,
        key.cases[number],
        answers.outcomes[number],
        key.expected.outcomes[number],
        answers.measures[number],
        key.expected.measures[number],
    )


def _tried(
    exercise: Exercise, key: AnswerKey, number: int, implementation: Implementation
) -> tuple[Sequence[Outcome], list[Deviation]]:
    """What the calls of a case gave. One that was too slow by a little is tried again: the machine may be busy."""
    case = key.cases[number]
    for _ in range(_ATTEMPTS):
        outcomes = implementation.run(case.calls)
        found = deviating(exercise, key, number, outcomes)
        if case.pace is None or not any(d.kind == "slow" and d.got <= _BY_A_LITTLE * case.pace.times for d in found):
            break
    return outcomes, found


def _not_there(outcome: Outcome) -> bool:
    return outcome.missing or (outcome.raised is not None and outcome.raised.type == "NotImplementedError")


def _without_followed(
    exercise: Exercise,
    key: AnswerKey,
    number: int,
    implementation: Implementation,
    outcomes: Sequence[Outcome],
    found: list[Deviation],
) -> list[Deviation]:
    """Leave out wrong gradients that are right for the student's own forward, where that forward is wrong itself."""
    case = key.cases[number]
    # Zeros are no gradient that somebody worked out: they fit any forward that forgets an argument.
    suspects = [d for d in found if d.by_value and d.output in exercise.gradient_of and np.any(d.got)]
    at = next((i for i, call in enumerate(case.calls) if call.function == exercise.forward), None)
    if not suspects or at is None:
        return found
    mine, right = _output(outcomes[at]), _output(key.expected.outcomes[number][at])
    if mine is None or right is None or mine.shape != right.shape:
        return found
    if compare.value_difference(mine, right, case.tolerance, case.yardstick) is None:
        return found
    forgiven = set()
    for position in {d.call for d in suspects}:
        dout = next(iter(case.calls[position].arguments.values()))
        asked = {exercise.gradient_of[d.output]: d.got for d in suspects if d.call == position}
        fits = gradients.consistent(
            implementation, case.calls[at], dout.array if isinstance(dout, View) else dout, asked
        )
        forgiven |= {(position, output) for output, name in exercise.gradient_of.items() if fits.get(name)}
    return [d for d in found if d.kind != "value" or (d.call, d.output) not in forgiven]


def _output(outcome: Outcome) -> np.ndarray | None:
    value = outcome.returned[0] if isinstance(outcome.returned, tuple) and outcome.returned else outcome.returned
    return value if isinstance(value, np.ndarray) else None
