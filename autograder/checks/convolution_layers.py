"""Of the chapter `convolution`: the convolution layer, plain and as one matrix product, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from autograder import pace
from autograder.checks.convolution_drawing import (
    GRADIENTS,
    SINGLE,
    Setting,
    backward_cases,
    forward_call,
    laid_out,
    positions,
)
from autograder.checks.drawing import read_only, with_arguments
from autograder.exercise import WEIGHTS, Call, Case, Drawn, Exercise, Pace, Result

Cases = Callable[[np.random.Generator], Sequence[Case]]

_PLAIN = Setting("stride 1, no padding", (2, 3, 5, 7), (4, 3, 3, 2))
_SETTINGS = (
    _PLAIN,
    Setting("one channel, one filter", (3, 1, 6, 4), (1, 1, 2, 3)),
    Setting("padding 1", (2, 3, 4, 5), (4, 3, 3, 2), {"padding": 1}),
    Setting("stride 2, with pixels left over", (2, 3, 6, 9), (4, 3, 3, 2), {"stride": 2}),
    Setting("a stride beyond the window", (3, 2, 7, 9), (4, 2, 2, 1), {"stride": 3}),
    Setting("pairs that differ", (2, 3, 6, 4), (4, 3, 2, 3), {"stride": (2, 1), "padding": (0, 2)}),
    Setting("dilation", (2, 3, 8, 6), (4, 3, 3, 2), {"dilation": (2, 3)}),
    Setting("2 groups", (3, 4, 5, 4), (6, 2, 2, 3), {"groups": 2}),
    Setting("depthwise: as many groups as channels", (2, 3, 4, 6), (6, 1, 2, 3), {"groups": 3}),
    Setting(
        "all at once",
        (2, 4, 6, 8),
        (6, 2, 3, 2),
        {"stride": (3, 2), "padding": (2, 1), "dilation": (1, 2), "groups": 2},
    ),
)
_SQUARE = Setting("square images and kernels", (3, 3, 5, 5), (3, 3, 3, 3), {"stride": 2, "padding": 1})
_POINT = Setting("kernels of one number", (2, 3, 4, 5), (4, 3, 1, 1))
_WHOLE = Setting("a kernel as large as the padded image", (3, 2, 3, 5), (4, 2, 5, 7), {"padding": 1})
_WIDE = Setting("a padding wider than the kernel", (2, 3, 3, 2), (4, 3, 2, 1), {"padding": (2, 3), "stride": (1, 2)})

# What does not fit; nothing is asked of the result but a ValueError.
_REFUSED = (
    Setting("a kernel higher than the image", (2, 3, 3, 6), (4, 3, 4, 2)),
    Setting("a kernel too wide with its dilation", (2, 3, 6, 4), (4, 3, 2, 3), {"dilation": 2}),
    Setting("filters for another number of channels", (2, 3, 5, 6), (4, 2, 3, 2)),
    Setting("groups that do not divide the filters", (2, 4, 5, 6), (5, 2, 3, 2), {"groups": 2}),
    Setting("filters that see all channels in spite of groups", (2, 4, 5, 6), (6, 4, 3, 2), {"groups": 2}),
    Setting("a stride of 0", (2, 3, 5, 6), (4, 3, 3, 2), {"stride": 0}),
    Setting("a negative padding", (2, 3, 5, 6), (4, 3, 3, 2), {"padding": -1}),
)


def _call(name: str, rng: np.random.Generator, setting: Setting, dtype: type = np.float64) -> Call:
    return forward_call(f"{name}_forward", rng, setting, setting.weight[0], dtype)


def _forward_cases(name: str) -> Cases:
    def cases(rng: np.random.Generator) -> list[Case]:
        def case(setting: Setting, check: str) -> Case:
            return Case(setting.name, check, (_call(name, rng, setting),))

        a_filter_short = with_arguments(_call(name, rng, _PLAIN), bias=rng.standard_normal(3))
        return [
            *(case(setting, "values") for setting in _SETTINGS),
            Case("float32", "values", (_call(name, rng, _SETTINGS[-1], np.float32),), SINGLE),
            *(case(setting, "special") for setting in (_SQUARE, _POINT, _WHOLE, _WIDE)),
            Case("arrays in unusual memory", "special", (laid_out(_call(name, rng, _SETTINGS[2])),)),
            Case("read-only arrays", "special", (read_only(_call(name, rng, _PLAIN)),)),
            *(case(setting, "special") for setting in _REFUSED),
            Case("a bias for another number of filters", "special", (a_filter_short,)),
        ]

    return cases


def _backward_cases(name: str) -> Cases:
    def cases(rng: np.random.Generator) -> list[Case]:
        def forward(setting: Setting, dtype: type) -> Call:
            return _call(name, rng, setting, dtype)

        return backward_cases(rng, forward, _out_shape, _SETTINGS, (_SQUARE, _POINT, _WHOLE, _WIDE))

    return cases


def _out_shape(setting: Setting) -> tuple[int, ...]:
    stride, padding, dilation = (
        setting.pair(option, default) for option, default in (("stride", 1), ("padding", 0), ("dilation", 1))
    )
    size = positions(setting.x[2:], setting.weight[2:], stride, padding, dilation)
    return (setting.x[0], setting.weight[0], *size)


# --- speed ---------------------------------------------------------------------------------------------------------

_LARGE = Setting("a large image, float32", (1, 1, 80, 84), (8, 1, 3, 3), {"padding": 1})
_ADVICE = (
    "Let NumPy do the work of whole arrays: copy the pixels that each entry of the kernel meets with one slice, and "
    "leave the products and sums to one matrix product an image, or one a batch. No loop runs over the pixels of out."
)


def _drawn_layer(rng: np.random.Generator) -> tuple[Call, Call]:
    """The large layer's forward, and what the pace is measured by: its columns once, its matrix product once."""
    seeds = (int(seed) for seed in rng.choice(2**31, 3, replace=False))
    filters, _, *kernel = _LARGE.weight
    shapes = {"x": _LARGE.x, "weight": _LARGE.weight, "bias": (filters,)}
    arguments = {argument: Drawn(seed, shape) for seed, (argument, shape) in zip(seeds, shapes.items(), strict=True)}
    setter = pace.setter(arguments["x"], copies=int(np.prod(kernel)), outputs=filters)
    return Call("conv2d_im2col_forward", arguments, ("out", "cache"), _LARGE.options), setter


def _fast_forward_cases(rng: np.random.Generator) -> list[Case]:
    forward, setter = _drawn_layer(rng)
    return [
        *_forward_cases("conv2d_im2col")(rng),
        Case(_LARGE.name, "speed", (setter, forward) * 3, SINGLE, measure="fingerprint", pace=Pace(60, _ADVICE)),
    ]


def _fast_backward_cases(rng: np.random.Generator) -> list[Case]:
    forward, setter = _drawn_layer(rng)
    dout = Drawn(int(rng.integers(2**31)), (_LARGE.x[0], _LARGE.weight[0], *_LARGE.x[2:]))
    backward = Call("conv2d_im2col_backward", {"dout": dout, "cache": Result(0, 1)}, GRADIENTS)
    return [
        *_backward_cases("conv2d_im2col")(rng),
        Case(
            _LARGE.name,
            "speed",
            (forward, *(setter, backward) * 3),
            SINGLE,
            measure="fingerprint",
            pace=Pace(120, _ADVICE),
        ),
    ]


# A right layer in loops is no answer to the exercise on speed: it forgoes more than a third of the points.
_SPEED_COUNTS = {**WEIGHTS, "speed": 6}


def _backward(name: str, points: float, cases: Cases, weights: Mapping[str, float] = WEIGHTS) -> Exercise:
    return Exercise(
        f"{name}_backward",
        points,
        GRADIENTS,
        cases,
        weights,
        forward=f"{name}_forward",
        gradient_of={"dx": "x", "dweight": "weight", "dbias": "bias"},
    )


EXERCISES = (
    Exercise("conv2d_forward", 10, ("out", "cache"), _forward_cases("conv2d")),
    _backward("conv2d", 14, _backward_cases("conv2d")),
)
FAST_EXERCISES = (
    Exercise("conv2d_im2col_forward", 6, ("out", "cache"), _fast_forward_cases, _SPEED_COUNTS),
    _backward("conv2d_im2col", 8, _fast_backward_cases, _SPEED_COUNTS),
)
