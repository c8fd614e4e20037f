"""Small helpers for drawing a case's inputs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.exercise import Call, Case, Result, View

Array = np.ndarray


def away_from_zero(rng: np.random.Generator, shape: tuple[int, ...], gap: float = 0.05) -> Array:
    """Normal values none of which lies within `gap` of 0: a kink at 0 stays far from any step of a derivative."""
    values = rng.standard_normal(shape)
    return values + gap * np.sign(values)


def distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Values about 0, of standard deviation 1, no two of which are near: the largest of them stays the largest."""
    count = math.prod(shape)
    places = rng.permutation(count) + rng.uniform(-0.2, 0.2, count)
    return ((places - (count - 1) / 2) * math.sqrt(12) / count).reshape(shape)


def elementwise_forward(name: str, x: object) -> Call:
    """A call of an activation's forward."""
    return Call(name, {"x": x}, ("out", "cache"))


def forward_then_backward(
    label: str,
    check: str,
    forward: Call,
    dout: object,
    returns: tuple[str, ...],
    *,
    backward: str,
    times: int = 1,
    tolerance: float = 1e-9,
    yardstick: float = 0.0,
) -> Case:
    """A case that calls a forward once, and its backward `times` times with the cache that came back."""
    cache_at = forward.returns.index("cache")
    call = Call(backward, {"dout": dout, "cache": Result(0, cache_at)}, returns)
    return Case(label, check, (forward, *[call] * times), tolerance, yardstick)


def read_only(call: Call) -> Call:
    """The same call with arrays that cannot be written to."""
    arrays = {name: value for name, value in call.arguments.items() if isinstance(value, Array)}
    return with_arguments(call, **{name: View(array, "read-only") for name, array in arrays.items()})


def with_arguments(call: Call, **changed: Any) -> Call:
    """The same call with other values for some of its arguments."""
    return replace(call, arguments={**call.arguments, **changed})
