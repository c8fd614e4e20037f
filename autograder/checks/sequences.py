"""What the checks of layers that read sequences share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Literal

from autograder.checks.drawing import Array, with_arguments
from autograder.exercise import Call, Result, View

_LAYOUTS: Sequence[Literal["reversed", "transposed", "strided"]] = ("reversed", "transposed", "strided")


def as_array(argument: Array | View) -> Array:
    return argument.array if isinstance(argument, View) else argument


def laid_out(call: Call) -> Call:
    """The same call with its arrays reversed, transposed and strided in memory, by turns."""
    arrays = {name: value for name, value in call.arguments.items() if isinstance(value, Array)}
    views = zip(arrays.items(), cycle(_LAYOUTS), strict=False)
    return with_arguments(call, **{name: View(array, layout) for (name, array), layout in views})


def unrolled(call: Call, cell: str, states: tuple[str, ...]) -> list[Call]:
    """The calls of `cell` that one call of its sequence stands for: each is given the states of the one before it.

    The sequence takes x, then for each state its first value, then the weights.
    """
    x, *rest = map(as_array, call.arguments.values())
    names = list(call.arguments)[1 + len(states) :]
    weights = dict(zip(names, rest[len(states) :], strict=True))
    returns = (*(f"{state}_next" for state in states), "cache")
    calls = []
    for number, piece in enumerate(x):
        before = rest[: len(states)] if number == 0 else [Result(number - 1, place) for place in range(len(states))]
        calls.append(Call(cell, {"x": piece, **dict(zip(states, before, strict=True)), **weights}, returns))
    return calls
