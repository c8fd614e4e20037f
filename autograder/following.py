"""Credit that follows through: a result that is right for the student's own earlier function, which is wrong itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from autograder import compare, gradients
from autograder.answers import AnswerKey
from autograder.deviations import Deviation
from autograder.exercise import Call, Case, Exercise, Implementation, Outcome, Result, View, Walk

# Whose sake a result may be right for.
FORWARD, STEP = "forward", "step"


def followed(
    exercise: Exercise,
    key: AnswerKey,
    number: int,
    implementation: Implementation,
    outcomes: Sequence[Outcome],
    found: Sequence[Deviation],
) -> list[tuple[Deviation, str]]:
    """The wrong values of a case that follow rightly from a wrong forward or a wrong step, and from which of them.

    Where speed is asked for there are none: the arrays are too large to be tried again.
    """
    case, expected = key.cases[number], key.expected.outcomes[number]
    if case.pace is not None:
        return []
    # Zeros are nothing that somebody worked out: they fit any forward that forgets an argument.
    wrong = [deviation for deviation in found if deviation.by_value and np.any(deviation.got)]
    by_forward = _own_gradients(exercise, case, implementation, outcomes, expected, wrong)
    rest = [deviation for deviation in wrong if not any(deviation is one for one in by_forward)]
    by_step = _own_steps(exercise, case, implementation, rest)
    return [*((deviation, FORWARD) for deviation in by_forward), *((deviation, STEP) for deviation in by_step)]


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


# What each of a walk's steps returned.
Taken = Sequence[Sequence[np.ndarray]]


def _own_steps(
    exercise: Exercise, case: Case, implementation: Implementation, wrong: Sequence[Deviation]
) -> list[Deviation]:
    """The wrong results that the student's own steps give, one after the other; the steps must lead somewhere."""
    forgiven = []
    for position in {deviation.call for deviation in wrong} if exercise.steps else ():
        walked = _walked(exercise, case.calls, position, implementation)
        forgiven += [
            deviation
            for deviation in wrong
            if deviation.call == position
            and deviation.output in walked
            and agrees(deviation.got, walked[deviation.output], case)
        ]
    return forgiven


def _walked(
    exercise: Exercise, calls: Sequence[Call], position: int, implementation: Implementation
) -> Mapping[str, np.ndarray]:
    """What the student's own steps make of one call, by result; none that could be had without taking them."""
    assert exercise.steps is not None
    walk = exercise.steps(calls, position)
    taken = taken_by(implementation, walk)
    if taken is None or (exercise.forward is None and _stand(walk, taken)):
        return {}
    results = gathered(exercise, walk, taken)
    if exercise.forward is None:
        return results
    # No gradient stays as it is where another one arrives at the end; and some of that has to be carried to the first
    # step, which is the last one on the way back.
    otherwise = taken_by(implementation, exercise.steps(_arriving_otherwise(calls, position), position))
    if otherwise is None or all(map(np.array_equal, taken[-1], otherwise[-1])):
        return {}
    others = gathered(exercise, walk, otherwise)
    return {name: gradient for name, gradient in results.items() if not np.array_equal(gradient, others[name])}


def gathered(exercise: Exercise, walk: Walk, taken: Taken) -> Mapping[str, np.ndarray]:
    """What a walk makes of its steps, by the names of the exercise's results."""
    with np.errstate(all="ignore"):
        return dict(zip(exercise.returns, walk.gathered(taken), strict=False))


def taken_by(implementation: Implementation, walk: Walk) -> Taken | None:
    """What the steps returned, their caches aside, if they are arrays of numbers of the same shapes at every step."""
    outcomes = implementation.run([*walk.before, *walk.steps])[len(walk.before) :]
    count = sum(name != "cache" for name in walk.steps[0].returns)
    taken = [returned for outcome in outcomes if (returned := _outputs(outcome, count)) is not None]
    shapes = {tuple(array.shape for array in returned) for returned in taken}
    numbers = all(array.dtype.kind in "fiu" for returned in taken for array in returned)
    return taken if len(taken) == len(walk.steps) and len(shapes) == 1 and numbers else None


def _stand(walk: Walk, taken: Taken) -> bool:
    """Whether the steps' first results never change, or are what the first step was given."""
    first, *later = (returned[0] for returned in taken)
    given = any(np.array_equal(first, each) for each in walk.steps[0].arguments.values())
    return given or (bool(later) and all(np.array_equal(first, each) for each in later))


def _arriving_otherwise(calls: Sequence[Call], position: int) -> list[Call]:
    """The same calls, with another gradient at the last step for the backward at `position`."""
    backward = calls[position]
    (name, _), *_ = backward.arguments.items()
    dhs = np.array(_upstream(backward)[0])
    dhs[-1] += 1
    changed = replace(backward, arguments={**backward.arguments, name: dhs})
    return [*calls[:position], changed, *calls[position + 1 :]]


def agrees(got: np.ndarray, walked: np.ndarray, case: Case) -> bool:
    """Whether two arrays are of one shape and the same values, as far as the case asks."""
    difference = compare.value_difference
    return got.shape == walked.shape and difference(got, walked, case.tolerance, case.yardstick) is None


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
