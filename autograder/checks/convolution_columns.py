"""Of the chapter `convolution`: images as columns and back, and the linear layer as a convolution."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from autograder.checks.convolution_drawing import SINGLE, Options, positions
from autograder.checks.drawing import read_only, with_arguments
from autograder.exercise import Call, Case, Exercise, View


@dataclass(frozen=True)
class Window:
    """A window that slides over images of shape `x`; `kernel` as it is passed, one number or two."""

    name: str
    x: tuple[int, int, int, int]
    kernel: int | tuple[int, int]
    options: Options = field(default_factory=dict)

    @property
    def columns(self) -> tuple[int, int, int]:
        """The shape of the images' columns."""
        kernel, stride, padding, dilation = (
            value if isinstance(value, tuple) else (value, value)
            for value in (
                self.kernel,
                *(
                    self.options.get(name, default)
                    for name, default in (("stride", 1), ("padding", 0), ("dilation", 1))
                ),
            )
        )
        places = math.prod(positions(self.x[2:], kernel, stride, padding, dilation))
        return self.x[0], self.x[1] * math.prod(kernel), places


_PLAIN = Window("stride 1, no padding", (2, 3, 4, 6), (3, 2))
_WINDOWS = (
    _PLAIN,
    Window("one channel", (3, 1, 4, 5), (2, 3)),
    Window("padding 1", (2, 3, 4, 5), (3, 2), {"padding": 1}),
    Window("stride 2, with pixels left over", (2, 3, 6, 8), 3, {"stride": 2}),
    Window("a stride beyond the window", (3, 2, 7, 9), (2, 1), {"stride": 3}),
    Window("pairs that differ", (2, 3, 6, 4), (2, 3), {"stride": (2, 1), "padding": (0, 2)}),
    Window("dilation", (2, 3, 8, 6), (3, 2), {"dilation": (2, 3)}),
    Window("all at once", (2, 3, 6, 8), (3, 2), {"stride": (3, 2), "padding": (2, 1), "dilation": (1, 2)}),
)
_EDGES = (
    Window("a window of one pixel", (2, 3, 4, 5), 1),
    Window("a window as large as the padded image", (3, 2, 2, 3), (4, 5), {"padding": 1}),
)


def _im2col(rng: np.random.Generator, window: Window, dtype: type = np.float64) -> Call:
    x: np.ndarray = rng.standard_normal(window.x).astype(dtype)
    return Call("im2col", {"x": x, "kernel_size": window.kernel}, ("cols",), window.options)


def _im2col_cases(rng: np.random.Generator) -> list[Case]:
    laid_out = _im2col(rng, _PLAIN)
    laid_out = with_arguments(laid_out, x=View(laid_out.arguments["x"], "transposed"))
    refused = (
        Window("a window higher than the image", (2, 3, 3, 6), (4, 2)),
        Window("a window too wide with its dilation", (2, 3, 6, 4), (2, 3), {"dilation": 2}),
        Window("a stride of 0", (2, 3, 5, 6), (3, 2), {"stride": 0}),
    )
    return [
        *(Case(window.name, "values", (_im2col(rng, window),)) for window in _WINDOWS),
        Case("float32", "values", (_im2col(rng, _WINDOWS[-1], np.float32),), SINGLE),
        *(Case(window.name, "special", (_im2col(rng, window),)) for window in _EDGES),
        Case("an array that lies transposed in memory", "special", (laid_out,)),
        Case("a read-only array", "special", (read_only(_im2col(rng, _PLAIN)),)),
        *(Case(window.name, "special", (_im2col(rng, window),)) for window in refused),
    ]


def _col2im(rng: np.random.Generator, window: Window, dtype: type = np.float64) -> Call:
    arguments = {
        "cols": rng.standard_normal(window.columns).astype(dtype),
        "image_size": window.x[2:],
        "kernel_size": window.kernel,
    }
    return Call("col2im", arguments, ("images",), window.options)


def _col2im_cases(rng: np.random.Generator) -> list[Case]:
    call = _col2im(rng, _PLAIN)
    cols = call.arguments["cols"]
    laid_out = with_arguments(call, cols=View(cols, "strided"))
    a_column_short = with_arguments(call, cols=cols[:, :, 1:].copy())
    a_row_short = with_arguments(call, cols=cols[:, 1:].copy())
    return [
        *(Case(window.name, "values", (_col2im(rng, window),)) for window in _WINDOWS),
        Case("float32", "values", (_col2im(rng, _WINDOWS[-1], np.float32),), SINGLE),
        *(Case(window.name, "special", (_col2im(rng, window),)) for window in _EDGES),
        Case("an array that lies strided in memory", "special", (laid_out,)),
        Case("a read-only array", "special", (read_only(_col2im(rng, _PLAIN)),)),
        Case("a column missing", "special", (a_column_short,)),
        Case("columns that are not whole windows", "special", (a_row_short,)),
    ]


def _linear(rng: np.random.Generator, shape: tuple[int, int, int], outputs: int, dtype: type = np.float64) -> Call:
    arguments = {
        "weight": rng.standard_normal((math.prod(shape), outputs)).astype(dtype),
        "bias": rng.standard_normal(outputs).astype(dtype),
        "in_shape": shape,
    }
    return Call("linear_to_conv", arguments, ("weight", "bias"))


def _linear_to_conv_cases(rng: np.random.Generator) -> list[Case]:
    call = _linear(rng, (2, 3, 4), 5)
    laid_out = with_arguments(call, weight=View(call.arguments["weight"], "transposed"))
    too_small = with_arguments(call, in_shape=(2, 4, 4))
    return [
        Case("images of 2×3×4, 5 outputs", "values", (_linear(rng, (2, 3, 4), 5),)),
        Case("images of 4×2×3, 3 outputs", "values", (_linear(rng, (4, 2, 3), 3),)),
        Case("as many channels, rows, columns and outputs", "values", (_linear(rng, (3, 3, 3), 3),)),
        Case("float32", "values", (_linear(rng, (2, 3, 4), 5, np.float32),), SINGLE),
        Case("images of one pixel", "special", (_linear(rng, (4, 1, 1), 3),)),
        Case("one output", "special", (_linear(rng, (2, 3, 4), 1),)),
        Case("a weight that lies transposed in memory", "special", (laid_out,)),
        Case("read-only arrays", "special", (read_only(_linear(rng, (2, 3, 4), 5)),)),
        Case("a weight for images of another size", "special", (too_small,)),
    ]


EXERCISES = (
    Exercise("im2col", 6, ("cols",), _im2col_cases),
    Exercise("col2im", 6, ("images",), _col2im_cases),
)
LINEAR_EXERCISES = (Exercise("linear_to_conv", 4, ("weight", "bias"), _linear_to_conv_cases),)
