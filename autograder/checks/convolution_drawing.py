"""Layers for the checks of the chapter `convolution`: their sizes and settings, and calls with random arrays.

The sizes of a setting differ from one another as far as they can (batch, channels, filters, height and width of image,
kernel and output), so that no two axes can be confused unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from autograder.checks.drawing import forward_then_backward, read_only, with_arguments
from autograder.exercise import Call, Case, View

SINGLE = 1e-5  # the tolerance for float32
GRADIENTS = ("dx", "dweight", "dbias")

Options = Mapping[str, int | tuple[int, int]]


@dataclass(frozen=True)
class Setting:
    """A layer by its name in a sentence, the shapes of what it is given, and what differs from the defaults."""

    name: str
    x: tuple[int, int, int, int]
    weight: tuple[int, int, int, int]
    options: Options = field(default_factory=dict)

    @property
    def groups(self) -> int:
        groups = self.options.get("groups", 1)
        assert isinstance(groups, int)
        return groups

    def pair(self, option: str, default: int) -> tuple[int, int]:
        value = self.options.get(option, default)
        return (value, value) if isinstance(value, int) else value


def forward_call(
    function: str, rng: np.random.Generator, setting: Setting, filters: int, dtype: type = np.float64
) -> Call:
    """A call of a layer's forward with random arrays."""
    arguments = {
        "x": rng.standard_normal(setting.x).astype(dtype),
        "weight": rng.standard_normal(setting.weight).astype(dtype),
        "bias": rng.standard_normal(filters).astype(dtype) + dtype(1),
    }
    return Call(function, arguments, ("out", "cache"), setting.options)


def laid_out(call: Call) -> Call:
    """The same call of a layer with its arrays in unusual memory."""
    x, weight, bias = call.arguments.values()
    return with_arguments(call, x=View(x, "reversed"), weight=View(weight, "transposed"), bias=View(bias, "strided"))


def backward_cases(
    rng: np.random.Generator,
    forward: Callable[[Setting, type], Call],
    out_shape: Callable[[Setting], tuple[int, ...]],
    ordinary: Sequence[Setting],
    edges: Sequence[Setting],
) -> list[Case]:
    """The cases of a layer's backward: each setting once, the first and last of the ordinary ones in other ways too."""

    def case(
        setting: Setting, check: str, label: str, arrange: Callable[[Call], Call] = lambda call: call, times: int = 1
    ) -> Case:
        dtype = np.float32 if label == "float32" else np.float64
        call = arrange(forward(setting, dtype))
        dout = rng.standard_normal(out_shape(setting)).astype(dtype)
        x = call.arguments["x"]
        return forward_then_backward(
            label,
            check,
            call,
            View(dout, x.layout) if isinstance(x, View) else dout,
            GRADIENTS,
            backward=call.function.replace("_forward", "_backward"),
            times=times,
            tolerance=SINGLE if dtype is np.float32 else 1e-9,
            # A sum of few entries can cancel to nearly nothing; what was summed is the measure of its rounding.
            yardstick=float(np.linalg.norm(dout)),
        )

    return [
        *(case(setting, "gradients", setting.name) for setting in ordinary),
        case(ordinary[-1], "gradients", "float32"),
        *(case(setting, "special", setting.name) for setting in edges),
        case(ordinary[0], "special", "called twice with one cache", times=2),
        case(ordinary[2], "special", "arrays in unusual memory", laid_out),
        case(ordinary[0], "special", "read-only arrays", read_only),
    ]


def positions(
    size: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[int, int]:
    """How many places a window has along the height and the width of an image."""
    height, width = (
        1 + (extent + 2 * border - 1 - spread * (taps - 1)) // step
        for extent, taps, step, border, spread in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    return height, width
