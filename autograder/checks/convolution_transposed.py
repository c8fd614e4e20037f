"""Of the chapter `convolution`: the transposed convolution layer, forward and backward."""

from __future__ import annotations

import numpy as np

from autograder.checks.convolution_drawing import GRADIENTS, SINGLE, Setting, backward_cases, forward_call, laid_out
from autograder.checks.drawing import read_only
from autograder.exercise import Call, Case, Exercise

_PLAIN = Setting("stride 1, no padding", (2, 3, 4, 5), (3, 4, 3, 2))
_SETTINGS = (
    _PLAIN,
    Setting("one channel in and out", (3, 1, 4, 2), (1, 1, 2, 3)),
    Setting("stride 2, copies that overlap", (2, 3, 3, 4), (3, 4, 3, 4), {"stride": 2}),
    Setting("a stride beyond the kernel", (3, 2, 2, 4), (2, 4, 2, 1), {"stride": 3}),
    Setting("padding 1", (2, 3, 4, 5), (3, 4, 3, 2), {"padding": 1}),
    Setting("pairs that differ", (2, 3, 3, 4), (3, 4, 2, 3), {"stride": (3, 1), "padding": (0, 2)}),
    Setting("output padding", (2, 3, 3, 4), (3, 4, 3, 2), {"stride": (2, 3), "padding": 1, "output_padding": (1, 2)}),
    Setting("dilation", (2, 3, 2, 4), (3, 4, 3, 2), {"dilation": (2, 3)}),
    Setting("2 groups", (3, 4, 2, 3), (4, 3, 3, 2), {"groups": 2}),
    Setting("depthwise: as many groups as channels", (2, 3, 4, 2), (3, 2, 2, 3), {"groups": 3}),
    Setting(
        "all at once",
        (2, 4, 3, 4),
        (4, 3, 3, 2),
        {"stride": (2, 3), "padding": (2, 1), "output_padding": (1, 0), "dilation": (1, 2), "groups": 2},
    ),
)
_SQUARE = Setting("square images and kernels", (3, 3, 4, 4), (3, 3, 3, 3), {"stride": 2, "padding": 1})
_PIXEL = Setting("images of one pixel", (2, 3, 1, 1), (3, 4, 3, 2))
_POINT = Setting("kernels of one number, far apart", (2, 3, 3, 2), (3, 4, 1, 1), {"stride": (2, 3)})

# What does not fit; nothing is asked of the result but a ValueError.
_REFUSED = (
    Setting("filters for another number of channels", (2, 3, 4, 5), (2, 4, 3, 2)),
    Setting("groups that do not divide the channels", (2, 3, 4, 5), (3, 4, 3, 2), {"groups": 2}),
    Setting("a padding that leaves nothing", (2, 3, 2, 3), (3, 4, 3, 2), {"padding": 2}),
    Setting(
        "an output padding as large as stride and dilation",
        (2, 3, 4, 5),
        (3, 4, 3, 2),
        {"stride": 2, "output_padding": 2},
    ),
    Setting("a stride of 0", (2, 3, 4, 5), (3, 4, 3, 2), {"stride": 0}),
)


def _filters(setting: Setting) -> int:
    return setting.weight[1] * setting.groups


def _call(rng: np.random.Generator, setting: Setting, dtype: type = np.float64) -> Call:
    return forward_call("conv_transpose2d_forward", rng, setting, _filters(setting), dtype)


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    def case(setting: Setting, check: str) -> Case:
        return Case(setting.name, check, (_call(rng, setting),))

    return [
        *(case(setting, "values") for setting in _SETTINGS),
        Case("float32", "values", (_call(rng, _SETTINGS[-1], np.float32),), SINGLE),
        *(case(setting, "special") for setting in (_SQUARE, _PIXEL, _POINT)),
        Case("arrays in unusual memory", "special", (laid_out(_call(rng, _SETTINGS[2])),)),
        Case("read-only arrays", "special", (read_only(_call(rng, _PLAIN)),)),
        *(case(setting, "special") for setting in _REFUSED),
    ]


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    def forward(setting: Setting, dtype: type) -> Call:
        return _call(rng, setting, dtype)

    return backward_cases(rng, forward, _out_shape, _SETTINGS, (_SQUARE, _PIXEL, _POINT))


def _out_shape(setting: Setting) -> tuple[int, ...]:
    pairs = (
        setting.x[2:],
        setting.weight[2:],
        setting.pair("stride", 1),
        setting.pair("padding", 0),
        setting.pair("dilation", 1),
        setting.pair("output_padding", 0),
    )
    size = (
        1 + step * (extent - 1) + spread * (taps - 1) + extra - 2 * border
        for extent, taps, step, border, spread, extra in zip(*pairs, strict=True)
    )
    return (setting.x[0], _filters(setting), *size)


EXERCISES = (
    Exercise("conv_transpose2d_forward", 8, ("out", "cache"), _forward_cases),
    Exercise(
        "conv_transpose2d_backward",
        10,
        GRADIENTS,
        _backward_cases,
        forward="conv_transpose2d_forward",
        gradient_of={"dx": "x", "dweight": "weight", "dbias": "bias"},
    ),
)
