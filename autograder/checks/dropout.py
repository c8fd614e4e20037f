"""The chapter `dropout`: dropout of entries and of channels, forward and backward, and the max-norm constraint.

No two right answers draw the same mask, so masks are judged by what each must satisfy (`dropout_masks`). p is never
one half, where it could not be told from 1 - p.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.checks import dropout_masks
from autograder.exercise import Call, Case, Exercise, Result, Rng, SameRng, View

Array = np.ndarray

_SINGLE = 1e-5  # the tolerance for float32
_MASKED = ("share", "independence", "scale")
_NO_PROBABILITIES = (1.0, -0.1, 1.2)


def _filled(rng: np.random.Generator, shape: tuple[int, ...], dtype: type = np.float64) -> Array:
    """Multiples of a quarter, none of them 0: they take little room in a key."""
    quarters: Array = rng.integers(1, 9, shape) * rng.choice([-0.25, 0.25], shape)
    return quarters.astype(dtype)


def _normal(rng: np.random.Generator, like: Array) -> Array:
    return rng.standard_normal(like.shape).astype(like.dtype)


class _Layer:
    """The calls of one kind of dropout, and the shapes of its cases."""

    def __init__(self, name: str, large: tuple[int, ...], other: tuple[int, ...], small: tuple[int, ...]) -> None:
        self.name = name
        self.large, self.other, self.small = large, other, small

    def forward(self, x: object, p: float, rng: object, training: bool = True) -> Call:
        return Call(f"{self.name}_forward", {"x": x, "p": p, "training": training, "rng": rng}, ("out", "cache"))

    def backward(self, dout: object, forward: int = 0) -> Call:
        return Call(f"{self.name}_backward", {"dout": dout, "cache": Result(forward, 1)}, ("dx",))


def _forward_cases(layer: _Layer, rng: np.random.Generator) -> list[Case]:
    forward = layer.forward
    seeds = (int(seed) for seed in rng.choice(2**31, 60, replace=False))
    large, other, small = (_filled(rng, shape) for shape in (layer.large, layer.other, layer.small))
    single = small.astype(np.float32)

    def measured(label: str, check: str, measure: str, *calls: Call) -> Case:
        return Case(label, check, calls, measure=measure)

    def drawn(x: object, p: float) -> Call:
        return forward(x, p, Rng(next(seeds)))

    first, second = Rng(next(seeds)), Rng(next(seeds))
    return [
        *(measured(f"p = 0.3, {_by(large)}", "values", m, drawn(large, 0.3)) for m in _MASKED),
        *(measured(f"p = 0.8, {_by(other)}", "values", m, drawn(other, 0.8)) for m in _MASKED),
        measured("p = 0.15, float32", "values", "scale", drawn(single, 0.15)),
        Case("evaluation, p = 0.3", "modes", (forward(small, 0.3, Rng(next(seeds)), training=False),)),
        Case("evaluation, p = 0.8, float32", "modes", (forward(single, 0.8, Rng(next(seeds)), training=False),)),
        Case("p = 0 in training", "special", (drawn(small, 0.0),)),
        Case("p = 0 in training, float32", "special", (drawn(single, 0.0),), _SINGLE),
        *(measured("p = 0.95", "special", measure, drawn(large, 0.95)) for measure in ("share", "scale")),
        measured("one seed twice", "special", "sameness", forward(small, 0.3, first), forward(small, 0.3, first)),
        measured("two seeds", "special", "sameness", forward(small, 0.3, first), forward(small, 0.3, second)),
        measured(
            "one generator twice", "special", "sameness", forward(small, 0.3, first), forward(small, 0.3, SameRng(0))
        ),
        measured("ten draws", "special", "count_varies", *(drawn(small, 0.3) for _ in range(10))),
        measured("a read-only array", "special", "scale", drawn(View(small, "read-only"), 0.3)),
        measured("an array that lies strided in memory", "special", "scale", drawn(View(small, "strided"), 0.3)),
        *(
            Case(f"p = {p:g} in {'training' if training else 'evaluation'}", "special", (call,))
            for training in (True, False)
            for p in _NO_PROBABILITIES
            for call in (forward(small, p, Rng(next(seeds)), training),)
        ),
    ]


def _backward_cases(layer: _Layer, rng: np.random.Generator) -> list[Case]:
    forward, backward = layer.forward, layer.backward
    seeds = (int(seed) for seed in rng.choice(2**31, 60, replace=False))
    other, small = (_filled(rng, shape) for shape in (layer.other, layer.small))
    single = small.astype(np.float32)
    holed = np.where(rng.random(small.shape) < 0.3, 0.0, small)
    seed = Rng(next(seeds))

    def measured(label: str, check: str, measure: str, x: Array, p: float, times: int = 1) -> Case:
        dout = _normal(rng, x)
        calls = (forward(x, p, Rng(next(seeds))), *[backward(dout)] * times)
        return Case(label, check, calls, measure=measure)

    def exact(label: str, check: str, x: Array, p: float, training: bool) -> Case:
        calls = (forward(x, p, Rng(next(seeds)), training), backward(_normal(rng, x)))
        return Case(label, check, calls, _SINGLE if x.dtype == np.float32 else 1e-9)

    between = (forward(small, 0.3, Rng(next(seeds))), forward(-small, 0.3, Rng(next(seeds))))
    zeros = (forward(small, 0.3, seed), forward(holed, 0.3, seed))
    laid_out = (forward(small, 0.3, Rng(next(seeds))), backward(View(_normal(rng, small), "read-only")))
    both = ("passes", "gradient_scale")
    # Neither p nor 1 - p is so near to 0 that a wrong forward with one mask for all rows or columns would keep or drop
    # everything: there would be nothing to see of a right backward.
    return [
        *(measured(f"p = 0.3, {_by(small)}", "gradients", measure, small, 0.3) for measure in both),
        *(measured(f"p = 0.6, {_by(other)}", "gradients", measure, other, 0.6) for measure in both),
        *(measured("p = 0.45, float32", "gradients", measure, single, 0.45) for measure in both),
        exact("evaluation, p = 0.3", "modes", small, 0.3, training=False),
        exact("evaluation, p = 0.8, float32", "modes", single, 0.8, training=False),
        exact("p = 0 in training", "special", small, 0.0, training=True),
        measured("called twice with one cache", "special", "sameness", small, 0.3, times=2),
        Case(
            "another forward in between",
            "special",
            (*between, backward(_normal(rng, small))),
            measure="passes",
        ),
        Case(
            "inputs with zeros in them",
            "special",
            (*zeros, backward(_normal(rng, small), forward=1)),
            measure="passes_at_zeros",
        ),
        Case("a read-only array", "special", laid_out, measure="gradient_scale"),
    ]


def _by(x: Array) -> str:
    return f"a {'×'.join(map(str, x.shape))} array"


def _layer(layer: _Layer, points: tuple[float, float]) -> tuple[Exercise, Exercise]:
    def forward_cases(rng: np.random.Generator) -> list[Case]:
        return _forward_cases(layer, rng)

    def backward_cases(rng: np.random.Generator) -> list[Case]:
        return _backward_cases(layer, rng)

    return (
        Exercise(f"{layer.name}_forward", points[0], ("out", "cache"), forward_cases, measures=dropout_masks.FORWARD),
        Exercise(
            f"{layer.name}_backward",
            points[1],
            ("dx",),
            backward_cases,
            forward=f"{layer.name}_forward",
            gradient_of={"dx": "x"},
            measures=dropout_masks.BACKWARD,
        ),
    )


def _max_norm_cases(rng: np.random.Generator) -> list[Case]:
    def limited(weight: object, max_value: float) -> Call:
        return Call("max_norm", {"weight": weight, "max_value": max_value}, ("weight",))

    def with_norms(rows: int, norms: Sequence[float]) -> Array:
        directions = rng.standard_normal((rows, len(norms)))
        return np.asarray(directions / np.sqrt(np.sum(directions**2, axis=0)) * norms)

    some_above = with_norms(5, [0.4, 6.0, 2.9, 3.1, 0.9, 12.0, 1.7])
    small = 0.1 * with_norms(6, [0.3, 9.0, 4.5, 1.2])
    zero_column = some_above.copy()
    zero_column[:, 4] = 0
    pythagorean = np.array([[3.0, 0.6, -8.0], [-4.0, 0.8, 6.0]])
    return [
        Case("5×7, some columns too long", "values", (limited(some_above, 3.0),)),
        Case("as many rows as columns", "values", (limited(with_norms(4, [0.8, 5.0, 2.5, 1.4]), 2.0),)),
        Case("6×4, a limit below 1", "values", (limited(small, 0.4),)),
        Case("float32", "values", (limited(some_above.astype(np.float32), 2.5),), _SINGLE),
        Case("no column too long", "special", (limited(some_above, 13.0),), 1e-12),
        Case("a column of zeros", "special", (limited(zero_column, 3.0),), silent=True),
        Case("all zeros", "special", (limited(np.zeros((3, 4)), 1.0),), silent=True),
        Case("columns of exactly the limit", "special", (limited(pythagorean, 5.0),), 1e-12),
        Case("one row", "special", (limited(np.array([[0.5, -4.0, 2.0, 1.0]]), 1.5),)),
        Case("a limit that is a whole number", "special", (limited(some_above, 2),)),
        Case("a read-only array", "special", (limited(View(some_above, "read-only"), 3.0),)),
        Case("an array that lies transposed in memory", "special", (limited(View(some_above, "transposed"), 3.0),)),
    ]


_ENTRIES = _Layer("dropout", large=(150, 120), other=(6, 4, 10, 12), small=(30, 30))
_CHANNELS = _Layer("dropout2d", large=(60, 40, 2, 3), other=(26, 30, 3, 2), small=(30, 30, 3, 2))

EXERCISES = (
    *_layer(_ENTRIES, (8, 6)),
    *_layer(_CHANNELS, (6, 4)),
    Exercise("max_norm", 6, ("weight",), _max_norm_cases),
)
