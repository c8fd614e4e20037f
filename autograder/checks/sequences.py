"""What the checks of layers that read sequences share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Literal

import numpy as np

from autograder.checks.drawing import Array, with_arguments
from autograder.exercise import Call, Result, Sum, View, Walk

_LAYOUTS: Sequence[Literal["reversed", "transposed", "strided"]] = ("reversed", "transposed", "strided")


def as_array(argument: Array | View) -> Array:
    return argument.array if isinstance(argument, View) else argument


def laid_out(call: Call) -> Call:
    """The same call with its arrays reversed, transposed and strided in memory, by turns."""
    arrays = {name: value for name, value in call.arguments.items() if isinstance(value, Array)}
    views = zip(arrays.items(), cycle(_LAYOUTS), strict=False)
    return with_arguments(call, **{name: View(array, layout) for (name, array), layout in views})


def unrolled(calls: Sequence[Call], position: int, cell: str, states: tuple[str, ...]) -> Walk:
    """A sequence as calls of its cell, each of which is given the states of the one before it."""
    return Walk(
        tuple(_forwards(calls[position], f"{cell}_forward", states)),
        lambda taken: [np.stack([step[0] for step in taken])],
    )


def unrolled_back(calls: Sequence[Call], position: int, cell: str, states: tuple[str, ...]) -> Walk:
    """A sequence's backward as calls of its cell's, the last step first.

    The hidden state of a step is given the gradient that arrives there and what the step after it has handed back, any
    other state only the latter. The inputs' gradients stand along time, the states' are those of the first step, and
    those of the weights add up.
    """
    dhs, cache = calls[position].arguments.values()
    before = _forwards(calls[cache.call], f"{cell}_forward", states)
    nothing = np.zeros_like(dhs[0])
    returns = tuple(f"d{name}" for name in before[0].arguments)
    steps: list[Call] = []
    for t in reversed(range(len(dhs))):
        handed = [Result(len(before) + len(steps) - 1, 1 + place) for place in range(len(states))]
        first, *others = [Sum(dhs[t], handed[0]), *handed[1:]] if steps else [dhs[t], *[nothing] * len(handed[1:])]
        upstream = dict(zip((f"d{state}_next" for state in states), (first, *others), strict=True))
        kept = Result(t, len(states))
        steps.append(Call(f"{cell}_backward", {**upstream, "cache": kept}, returns))

    def gathered(taken: Sequence[Sequence[Array]]) -> Sequence[Array]:
        dx, *rest = zip(*taken, strict=True)
        handed, used = rest[: len(states)], rest[len(states) :]
        return [np.stack(dx[::-1]), *(each[-1] for each in handed), *(np.sum(each, axis=0) for each in used)]

    return Walk(tuple(steps), gathered, tuple(before))


def _forwards(call: Call, cell: str, states: tuple[str, ...]) -> list[Call]:
    """The calls of `cell` that one call of its sequence stands for.

    The sequence takes x, then for each state its first value, then the weights.
    """
    x, *rest = map(as_array, call.arguments.values())
    names = list(call.arguments)[1 + len(states) :]
    weights = dict(zip(names, rest[len(states) :], strict=True))
    returns = (*(f"{state}_next" for state in states), "cache")
    calls: list[Call] = []
    for number, piece in enumerate(x):
        before = rest[: len(states)] if number == 0 else [Result(number - 1, place) for place in range(len(states))]
        calls.append(Call(cell, {"x": piece, **dict(zip(states, before, strict=True)), **weights}, returns))
    return calls
