"""What the checks of layers that read sequences share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Literal

import numpy as np

from autograder.checks.drawing import Array, with_arguments
from autograder.exercise import Call, Result, Sum, View, Walk

# What reaches the states of a step, made of the gradient that arrives there and of what was handed back.
Reaching = Callable[[Array, Sequence[Result]], Sequence[Array | Result | Sum]]

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
    steps = forwards(calls[position], f"{cell}_forward", states)
    return Walk(tuple(steps), lambda taken: [np.stack([step[0] for step in taken])])


def unrolled_back(calls: Sequence[Call], position: int, cell: str, states: tuple[str, ...]) -> Walk:
    """A sequence's backward as calls of its cell's, the last step first.

    The hidden state of a step is given the gradient that arrives there and what the step after it has handed back, any
    other state only the latter. The inputs' gradients stand along time, the states' are those of the first step, and
    those of the weights add up.
    """
    return backwards(calls, position, cell, states, carried_and_arriving)


def forwards(call: Call, cell: str, states: tuple[str, ...]) -> list[Call]:
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


def carried_and_arriving(arriving: Array, handed: Sequence[Result]) -> Sequence[Array | Result | Sum]:
    """What reaches the states of a step: `arriving` from outside, and what the step after it has handed back."""
    return [Sum(arriving, handed[0]), *handed[1:]] if handed else [arriving]


def added_up(uses: Sequence[Array]) -> Array:
    total: Array = np.sum(uses, axis=0)
    return total


def backwards(
    calls: Sequence[Call],
    position: int,
    cell: str,
    states: tuple[str, ...],
    reaching: Reaching,
    added: Callable[[Sequence[Array]], Array] = added_up,
    in_time: bool = False,
) -> Walk:
    """The walk back in which `reaching` gives each step its upstream gradients; nothing is handed to the first call.

    States for which it gives none get zeros. `added` makes a weight's gradient of those of its uses, that at the last
    step first. `in_time` goes from the first step to the last, as nobody should.
    """
    dhs, cache = calls[position].arguments.values()
    before = forwards(calls[cache.call], f"{cell}_forward", states)
    returns = tuple(f"d{name}" for name in before[0].arguments)
    order = range(len(dhs)) if in_time else range(len(dhs))[::-1]
    steps: list[Call] = []
    for t in order:
        handed = [Result(len(before) + len(steps) - 1, 1 + place) for place in range(len(states))] if steps else []
        given = reaching(dhs[t], handed)
        given = [*given, *[np.zeros_like(dhs[0])] * (len(states) - len(given))]
        upstream = dict(zip((f"d{state}_next" for state in states), given, strict=True))
        steps.append(Call(f"{cell}_backward", {**upstream, "cache": Result(t, len(states))}, returns))

    def gathered(taken: Sequence[Sequence[Array]]) -> Sequence[Array]:
        dx, *rest = zip(*taken, strict=True)
        handed, used = rest[: len(states)], rest[len(states) :]
        along = -1 if in_time else 1
        return [np.stack(dx)[::-along], *(each[-1] for each in handed), *(added(each[::along]) for each in used)]

    return Walk(tuple(steps), gathered, tuple(before))
