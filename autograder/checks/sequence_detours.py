"""What students do wrongly when they walk back through a sequence, whatever their cell is: by the mistakes' names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from autograder.checks.drawing import Array
from autograder.checks.sequences import Reaching, added_up, backwards, carried_and_arriving
from autograder.exercise import Call, Detour

# What reaches a step, and what does in a cell with two states.
_REACHING: Mapping[str, Reaching] = {
    "carry_forgotten": lambda arriving, _: [arriving],
    "only_the_last_arrives": lambda arriving, handed: handed or [arriving],
}
_OF_TWO_STATES: Mapping[str, Reaching] = {
    "dc_not_carried": lambda arriving, handed: carried_and_arriving(arriving, handed[:1]),
    "hidden_carry_forgotten": lambda arriving, handed: [arriving, *handed[1:]],
}

# What becomes of the gradients of a weight's uses.
_ADDED: Mapping[str, Callable[[Sequence[Array]], Array]] = {
    "parameters_overwritten": lambda uses: uses[-1],
    "parameters_of_the_last_step": lambda uses: uses[0],
    "parameters_averaged_over_time": lambda uses: added_up(uses) / np.asarray(len(uses), uses[0].dtype),
}


def detours_back(calls: Sequence[Call], position: int, cell: str, states: tuple[str, ...]) -> Iterator[Detour]:
    """Walks with one mistake, then with two: in what reaches the steps, and in how the weights' gradients are added."""
    reachings = {**_REACHING, **(_OF_TWO_STATES if len(states) > 1 else {})}
    walks = {name: (reaching, False) for name, reaching in reachings.items()}
    walks["time_run_forwards"] = carried_and_arriving, True
    for name, (reaching, in_time) in walks.items():
        yield Detour((name,), backwards(calls, position, cell, states, reaching, in_time=in_time))
    for name, added in _ADDED.items():
        yield Detour((name,), backwards(calls, position, cell, states, carried_and_arriving, added))
    for name, (reaching, in_time) in walks.items():
        for other, added in _ADDED.items():
            yield Detour((name, other), backwards(calls, position, cell, states, reaching, added, in_time))
