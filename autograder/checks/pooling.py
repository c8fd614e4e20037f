"""The chapter `pooling`: the maximum or the mean of each window, and the mean of a whole channel.

Height and width differ in images, windows, strides and borders, and strides lie below, at and above the window, so that
no two of them can be confused unseen. No two entries of an image are equal, nor near enough to change places within a
step of a derivative; ties are tried by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from autograder.checks.drawing import Array, distinct, forward_then_backward
from autograder.exercise import Call, Case, Exercise, View

_SINGLE = 1e-5  # the tolerance for float32
Shape = tuple[int, ...]
Setting = int | tuple[int, int]


@dataclass(frozen=True)
class _Pool:
    """A layer's settings; a call leaves out those that are None."""

    kernel_size: Setting
    stride: Setting | None = None
    padding: Setting | None = None

    def forward(self, name: str, x: object) -> Call:
        options = {key: value for key in ("stride", "padding") if (value := getattr(self, key)) is not None}
        return Call(f"{name}_forward", {"x": x, "kernel_size": self.kernel_size}, ("out", "cache"), options)

    def out_shape(self, shape: Shape) -> Shape:
        kernel, padding = _pair(self.kernel_size), _pair(self.padding or 0)
        stride = kernel if self.stride is None else _pair(self.stride)
        rows, columns = (
            (size + 2 * border - window) // step + 1
            for size, border, window, step in zip(shape[2:], padding, kernel, stride, strict=True)
        )
        return (*shape[:2], rows, columns)


def _pair(setting: Setting) -> tuple[int, int]:
    return setting if isinstance(setting, tuple) else (setting, setting)


_PADDED = _Pool(3, 2, 1)
# What an ordinary case is called, the images' shape, and how the window slides.
_ORDINARY: tuple[tuple[str, Shape, _Pool], ...] = (
    ("2×2 windows, side by side", (2, 3, 6, 8), _Pool(2)),
    ("2×3 windows, side by side, with a row and two columns left over", (3, 2, 7, 11), _Pool((2, 3))),
    ("3×3 windows, stride 2", (2, 3, 7, 9), _Pool(3, 2)),
    ("3×2 windows, stride (1, 3)", (2, 2, 6, 9), _Pool((3, 2), (1, 3))),
    ("3×5 windows, stride (2, 1), padding (1, 2)", (2, 3, 5, 6), _Pool((3, 5), (2, 1), (1, 2))),
    ("3×2 windows, stride (2, 1), padding (1, 0)", (2, 2, 6, 5), _Pool((3, 2), (2, 1), (1, 0))),
)


def _below_zero(rng: np.random.Generator, shape: Shape) -> Array:
    """No entry is above −1."""
    x = distinct(rng, shape)
    below: Array = x - x.max() - 1
    return below


def _few_values(rng: np.random.Generator, shape: Shape) -> Array:
    """Whole numbers from −2 to 0, so that most windows have several largest entries."""
    return rng.integers(-2, 1, shape).astype(np.float64)


def _forward_cases(name: str, rng: np.random.Generator) -> list[Case]:
    def case(label: str, check: str, x: object, pool: _Pool, tolerance: float = 1e-9) -> Case:
        return Case(label, check, (pool.forward(name, x),), tolerance)

    single = distinct(rng, (2, 3, 6, 7)).astype(np.float32)
    return [
        *(case(label, "values", distinct(rng, shape), pool) for label, shape, pool in _ORDINARY),
        case("negative numbers only, padding 1", "values", _below_zero(rng, (2, 3, 5, 7)), _PADDED),
        case("float32", "values", single, _Pool((2, 3), (3, 1)), _SINGLE),
        case("one window over the whole image", "special", distinct(rng, (2, 3, 4, 5)), _Pool((4, 5))),
        case("windows of one pixel, stride (2, 3)", "special", distinct(rng, (2, 2, 5, 7)), _Pool(1, (2, 3))),
        case("numbers far below zero, padding 1", "special", 1e12 * _below_zero(rng, (1, 2, 4, 5)), _PADDED),
        case("an array transposed in memory", "special", View(distinct(rng, (2, 3, 5, 6)), "transposed"), _PADDED),
        case("a reversed array", "special", View(distinct(rng, (2, 2, 4, 6)), "reversed"), _Pool((2, 3))),
        case("a read-only array", "special", View(distinct(rng, (2, 3, 4, 6)), "read-only"), _Pool(2)),
        case("a window larger than the image", "special", distinct(rng, (2, 2, 4, 5)), _Pool((5, 2), 1)),
    ]


def _backward_case(
    rng: np.random.Generator,
    name: str,
    label: str,
    check: str,
    x: object,
    pool: _Pool,
    times: int = 1,
    tolerance: float = 1e-9,
) -> Case:
    array = x.array if isinstance(x, View) else np.asarray(x)
    dout: object = rng.standard_normal(pool.out_shape(array.shape)).astype(array.dtype)
    if isinstance(x, View):
        dout = View(np.asarray(dout), x.layout)
    return forward_then_backward(
        label,
        check,
        pool.forward(name, x),
        dout,
        ("dx",),
        backward=f"{name}_backward",
        times=times,
        tolerance=tolerance,
    )


def _backward_cases(name: str, rng: np.random.Generator) -> list[Case]:
    case = partial(_backward_case, rng, name)
    single = distinct(rng, (2, 3, 6, 7)).astype(np.float32)
    return [
        *(case(label, "gradients", distinct(rng, shape), pool) for label, shape, pool in _ORDINARY),
        case("negative numbers only, padding 1", "gradients", _below_zero(rng, (2, 3, 5, 7)), _PADDED),
        case("float32", "gradients", single, _Pool((2, 3), (3, 1)), tolerance=_SINGLE),
        case("one window over the whole image", "special", distinct(rng, (2, 3, 4, 5)), _Pool((4, 5))),
        case("called twice with one cache", "special", distinct(rng, (2, 2, 5, 7)), _PADDED, times=2),
        case("arrays transposed in memory", "special", View(distinct(rng, (2, 3, 5, 6)), "transposed"), _PADDED),
        case("read-only arrays", "special", View(distinct(rng, (2, 3, 4, 6)), "read-only"), _Pool((2, 3))),
    ]


def _max_backward_cases(rng: np.random.Generator) -> list[Case]:
    case = partial(_backward_case, rng, "max_pool2d")
    return [
        *_backward_cases("max_pool2d", rng),
        case("ties, windows side by side", "special", _few_values(rng, (2, 3, 6, 9)), _Pool(3)),
        case("ties, windows that overlap", "special", _few_values(rng, (2, 2, 7, 8)), _PADDED),
        case("an image of zeros", "special", np.zeros((2, 2, 4, 6)), _Pool(2)),
    ]


def _global_forward(x: object) -> Call:
    return Call("global_avg_pool2d_forward", {"x": x}, ("out", "cache"))


def _global_forward_cases(rng: np.random.Generator) -> list[Case]:
    def drawn(*shape: int) -> Array:
        return rng.standard_normal(shape) + 1

    def case(label: str, check: str, x: object, tolerance: float = 1e-9) -> Case:
        return Case(label, check, (_global_forward(x),), tolerance)

    return [
        case("3 images of 2 channels and 4×5 pixels", "values", drawn(3, 2, 4, 5)),
        case("2 images of 5 channels and 3×7 pixels", "values", drawn(2, 5, 3, 7)),
        case("float32", "values", drawn(3, 4, 6, 5).astype(np.float32), _SINGLE),
        case("one pixel", "special", drawn(3, 4, 1, 1)),
        case("a single row", "special", drawn(3, 2, 1, 6)),
        case("an array transposed in memory", "special", View(drawn(3, 2, 4, 5), "transposed")),
        case("a read-only array", "special", View(drawn(2, 3, 4, 5), "read-only")),
    ]


def _global_backward_case(
    rng: np.random.Generator,
    label: str,
    check: str,
    shape: Shape,
    arrange: Callable[[Array], object] = np.copy,
    times: int = 1,
    tolerance: float = 1e-9,
) -> Case:
    return forward_then_backward(
        label,
        check,
        _global_forward(arrange(rng.standard_normal(shape) + 1)),
        arrange(rng.standard_normal(shape[:2])),
        ("dx",),
        backward="global_avg_pool2d_backward",
        times=times,
        tolerance=tolerance,
    )


def _global_backward_cases(rng: np.random.Generator) -> list[Case]:
    def single(array: Array) -> object:
        return array.astype(np.float32)

    def transposed(array: Array) -> object:
        return View(array, "transposed")

    def read_only(array: Array) -> object:
        return View(array, "read-only")

    case = partial(_global_backward_case, rng)
    return [
        case("3 images of 2 channels and 4×5 pixels", "gradients", (3, 2, 4, 5)),
        case("2 images of 5 channels and 3×7 pixels", "gradients", (2, 5, 3, 7)),
        case("float32", "gradients", (3, 4, 6, 5), single, tolerance=_SINGLE),
        case("one pixel", "special", (3, 4, 1, 1)),
        case("called twice with one cache", "special", (3, 2, 4, 5), times=2),
        case("arrays transposed in memory", "special", (3, 2, 4, 5), transposed),
        case("read-only arrays", "special", (2, 3, 4, 5), read_only),
    ]


def _backward(name: str, points: float, cases: Callable[[np.random.Generator], list[Case]]) -> Exercise:
    return Exercise(f"{name}_backward", points, ("dx",), cases, forward=f"{name}_forward", gradient_of={"dx": "x"})


_OUT = ("out", "cache")
EXERCISES = (
    Exercise("max_pool2d_forward", 8, _OUT, partial(_forward_cases, "max_pool2d")),
    _backward("max_pool2d", 12, _max_backward_cases),
    Exercise("avg_pool2d_forward", 5, _OUT, partial(_forward_cases, "avg_pool2d")),
    _backward("avg_pool2d", 7, partial(_backward_cases, "avg_pool2d")),
    Exercise("global_avg_pool2d_forward", 2, _OUT, _global_forward_cases),
    _backward("global_avg_pool2d", 4, _global_backward_cases),
)
