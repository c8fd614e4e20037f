"""Credit that follows through: a result that is right for the student's own earlier function, which is wrong itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder import compare, gradients
from autograder.answers import AnswerKey
from autograder.deviations import Deviation
from autograder.exercise import Call, Case, Exercise, Implementation, Outcome, Result, View


def without_followed(
    exercise: Exercise,
    key: AnswerKey,
    number: int,
    implementation: Implementation,
    outcomes: Sequence[Outcome],
    found: list[Deviation],
) -> list[Deviation]:
    """What was found in a case, without the wrong values that follow rightly from a wrong forward or a wrong step.

    Where speed is asked for they count as they are: the arrays are too large to be tried again.
    """
    case, expected = key.cases[number], key.expected.outcomes[number]
    if case.pace is not None:
        return found
    # Zeros are nothing that somebody worked out: they fit any forward that forgets an argument.
    wrong = [deviation for deviation in found if deviation.by_value and np.any(deviation.got)]
    forgiven = [
        *_own_gradients(exercise, case, implementation, outcomes, expected, wrong),
        *_own_steps(exercise, case, implementation, wrong),
    ]
    return [deviation for deviation in found if not any(deviation is one for one in forgiven)]


def _own_gradients(
    exercise: Exercise,
    case: Case,
    implementation: Implementation,
    outcomes: Sequence[Outcome],
    expected: Sequence[Outcome],
    wrong: Sequence[Deviation],
) -> list[Deviation]:
    """The wrong gradients that are right for the student's own forward, where that forward is wrong itself."""
    suspects = [deviation for deviation in wrong if deviation.output in exercise.gradient_of]
    at = next((i for i, call in enumerate(case.calls) if call.function == exercise.forward), None)
    if not suspects or at is None:
        return []
    forgiven = []
    for position in {deviation.call for deviation in suspects}:
        douts = _upstream(case.calls[position])
        if not _differ(outcomes[at], expected[at], len(douts), case):
            continue
        mine = [deviation for deviation in suspects if deviation.call == position]
        asked = {exercise.gradient_of[deviation.output]: deviation.got for deviation in mine}
        fits = gradients.consistent(implementation, case.calls[at], douts, asked)
        forgiven += [deviation for deviation in mine if fits[exercise.gradient_of[deviation.output]]]
    return forgiven


def _own_steps(
    exercise: Exercise, case: Case, implementation: Implementation, wrong: Sequence[Deviation]
) -> list[Deviation]:
    """The wrong sequences that are the student's own steps one after the other; the steps must lead somewhere."""
    if exercise.steps is None:
        return []
    forgiven = []
    for deviation in wrong:
        if deviation.output != exercise.returns[0]:
            continue
        steps = exercise.steps(case.calls[deviation.call])
        taken = [_outputs(outcome, 1) for outcome in implementation.run(steps)]
        states = [each[0] for each in taken if each is not None]
        if len(states) != len(taken) or len({state.shape for state in states}) != 1:
            continue
        walked = np.stack(states)
        stands = any(np.array_equal(walked[0], given) for given in steps[0].arguments.values())
        stands = stands or (len(walked) > 1 and not np.any(walked[1:] != walked[:-1]))
        same_kind = walked.shape == deviation.got.shape and walked.dtype.kind in "fiu"
        if same_kind and not stands:
            difference = compare.value_difference(deviation.got, walked, case.tolerance, case.yardstick)
            forgiven += [deviation] if difference is None else []
    return forgiven


def _upstream(backward: Call) -> list[np.ndarray]:
    """The upstream gradients that a backward is given, one for each of the forward's outputs."""
    given = [value for value in backward.arguments.values() if not isinstance(value, Result)]
    return [value.array if isinstance(value, View) else value for value in given]


def _differ(mine: Outcome, right: Outcome, count: int, case: Case) -> bool:
    """Whether the first `count` outputs are of the right form, and not all right."""
    got, expected = _outputs(mine, count), _outputs(right, count)
    if got is None or expected is None or any(g.shape != e.shape for g, e in zip(got, expected, strict=True)):
        return False
    pairs = zip(got, expected, strict=True)
    return any(compare.value_difference(g, e, case.tolerance, case.yardstick) is not None for g, e in pairs)


def _outputs(outcome: Outcome, count: int) -> list[np.ndarray] | None:
    """The first `count` returned values, if they are arrays."""
    returned = outcome.returned if isinstance(outcome.returned, tuple) else (outcome.returned,)
    arrays = [value for value in returned[:count] if isinstance(value, np.ndarray)]
    return arrays if len(arrays) == count else None
