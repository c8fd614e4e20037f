"""The chapter `linear`: a dense layer, forward and backward, and the two ways to draw its first weights.

The batch, the input features and the output features differ in every case, so that no two axes can be confused unseen.
"""

from __future__ import annotations

import numpy as np

from autograder.checks.drawing import forward_then_backward, read_only
from autograder.exercise import Call, Case, Exercise, Rng, View

_SINGLE = 1e-5  # the tolerance for float32
_GRADIENTS = ("dx", "dweight", "dbias")
# The initialisers' sizes, and the tolerance for the quantiles of so many weights: two right draws differ by more in
# fewer than one of 10^10 gradings. The many show a scale that is off by a thirtieth, the few that it follows the sizes.
_DRAWN = ((400, 300, 0.03), (60, 200, 0.1))


def _forward(rng: np.random.Generator, shape: tuple[int, ...], outputs: int, dtype: type = np.float64) -> Call:
    features = int(np.prod(shape[1:]))
    return Call(
        "linear_forward",
        {
            "x": rng.standard_normal(shape).astype(dtype),
            "weight": rng.standard_normal((features, outputs)).astype(dtype),
            "bias": rng.standard_normal(outputs).astype(dtype) + dtype(1),
        },
        ("out", "cache"),
    )


def _laid_out(call: Call) -> Call:
    """The same call with its arrays in unusual memory."""
    x, weight, bias = call.arguments.values()
    return Call(
        call.function,
        {"x": View(x, "reversed"), "weight": View(weight, "transposed"), "bias": View(bias, "strided")},
        call.returns,
    )


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("5 examples, 4 features, 3 outputs", "values", (_forward(rng, (5, 4), 3),)),
        Case("images of 2×2×3 as input", "values", (_forward(rng, (4, 2, 2, 3), 5),)),
        Case("float32", "values", (_forward(rng, (5, 4), 3, np.float32),), _SINGLE),
        Case("one example, one output", "special", (_forward(rng, (1, 4), 1),)),
        Case(
            "arrays that lie reversed, transposed and strided in memory",
            "special",
            (_laid_out(_forward(rng, (5, 4), 3)),),
        ),
        Case("read-only arrays", "special", (read_only(_forward(rng, (3, 2, 3), 4)),)),
    ]


def _backward_case(
    rng: np.random.Generator, label: str, check: str, forward: Call, times: int = 1, tolerance: float = 1e-9
) -> Case:
    x, _, bias = (value.array if isinstance(value, View) else value for value in forward.arguments.values())
    dout = rng.standard_normal((x.shape[0], bias.shape[0])).astype(x.dtype)
    return forward_then_backward(
        label, check, forward, dout, _GRADIENTS, backward="linear_backward", times=times, tolerance=tolerance
    )


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _backward_case(rng, "5 examples, 4 features, 3 outputs", "gradients", _forward(rng, (5, 4), 3)),
        _backward_case(rng, "as many examples, features and outputs", "gradients", _forward(rng, (4, 4), 4)),
        _backward_case(rng, "images of 2×2×3 as input", "gradients", _forward(rng, (4, 2, 2, 3), 5)),
        _backward_case(rng, "float32", "gradients", _forward(rng, (5, 4), 3, np.float32), tolerance=_SINGLE),
        _backward_case(rng, "one example, one output", "special", _forward(rng, (1, 4), 1)),
        _backward_case(rng, "called twice with one cache", "special", _forward(rng, (5, 4), 3), times=2),
        _backward_case(rng, "arrays in unusual memory", "special", _laid_out(_forward(rng, (6, 2, 2), 3))),
        _backward_case(rng, "read-only arrays", "special", read_only(_forward(rng, (3, 2, 3), 4))),
    ]


def _initialiser_cases(name: str, measure: str, rng: np.random.Generator) -> list[Case]:
    def draw(seed: int, fan_in: int, fan_out: int) -> Call:
        return Call(name, {"fan_in": fan_in, "fan_out": fan_out, "rng": Rng(seed)}, ("weight",))

    first, second = (int(seed) for seed in rng.choice(2**31, 2, replace=False))
    return [
        *(
            Case(f"{fan_in}×{fan_out} weights", "values", (draw(first, fan_in, fan_out),), tolerance, measure=measure)
            for fan_in, fan_out, tolerance in _DRAWN
        ),
        Case(
            "one seed twice gives the same weights",
            "special",
            (draw(first, 6, 4), draw(first, 6, 4)),
            measure="share_changed",
        ),
        Case(
            "two seeds give different weights",
            "special",
            (draw(first, 6, 4), draw(second, 6, 4)),
            measure="share_changed",
        ),
    ]


def _xavier_cases(rng: np.random.Generator) -> list[Case]:
    return _initialiser_cases("xavier_uniform", "bounded_distribution", rng)


def _kaiming_cases(rng: np.random.Generator) -> list[Case]:
    return _initialiser_cases("kaiming_normal", "distribution", rng)


EXERCISES = (
    Exercise("linear_forward", 6, ("out", "cache"), _forward_cases),
    Exercise(
        "linear_backward",
        12,
        _GRADIENTS,
        _backward_cases,
        forward="linear_forward",
        gradient_of={"dx": "x", "dweight": "weight", "dbias": "bias"},
    ),
    Exercise("xavier_uniform", 4, ("weight",), _xavier_cases),
    Exercise("kaiming_normal", 4, ("weight",), _kaiming_cases),
)
