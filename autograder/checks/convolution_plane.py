"""Of the chapter `convolution`: the output size, and convolution and cross-correlation in the plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autograder.checks.drawing import read_only
from autograder.exercise import Call, Case, Exercise, View

_SINGLE = 1e-5  # the tolerance for float32


# --- the output size -----------------------------------------------------------------------------------------------


def _size(size: int, kernel: int, **options: int) -> Call:
    return Call("conv_output_size", {"size": size, "kernel": kernel}, ("size",), options)


def _drawn_sizes(
    rng: np.random.Generator, stride: bool = False, padding: bool = False, dilation: bool = False
) -> tuple[Call, ...]:
    """Sizes for which the settings named leave pixels over at the end, so that rounding shows."""
    calls = []
    for kernel in rng.permutation([2, 3, 4, 5, 6])[:4]:
        options = {
            "stride": int(rng.integers(2, 5)) if stride else 1,
            "padding": int(rng.integers(1, kernel)) if padding else 0,
            "dilation": int(rng.integers(2, 4)) if dilation else 1,
        }
        positions, left_over = rng.integers(4, 9), rng.integers(1, options["stride"]) if stride else 0
        reach = options["dilation"] * (kernel - 1) + 1
        size = (positions - 1) * options["stride"] + reach + left_over - 2 * options["padding"]
        asked = {"stride": stride, "padding": padding, "dilation": dilation}
        calls.append(
            _size(int(size), int(kernel), **{name: options[name] for name, is_asked in asked.items() if is_asked})
        )
    return tuple(calls)


def _output_size_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("stride 1, no padding", "values", _drawn_sizes(rng)),
        Case("padding", "values", _drawn_sizes(rng, padding=True)),
        Case("a stride that leaves pixels over", "values", _drawn_sizes(rng, stride=True)),
        Case("dilation", "values", _drawn_sizes(rng, dilation=True)),
        Case("all at once", "values", _drawn_sizes(rng, stride=True, padding=True, dilation=True)),
        Case("one number a kernel", "special", (_size(7, 1), _size(7, 1, stride=3), _size(7, 1, dilation=4))),
        Case("a kernel that just fits", "special", (_size(5, 5), _size(3, 5, padding=1), _size(5, 3, dilation=2))),
        Case("a kernel longer than the axis", "special", (_size(4, 5),)),
        Case("a kernel longer than the padded axis", "special", (_size(4, 7, padding=1),)),
        Case("a kernel too long with its dilation", "special", (_size(6, 3, dilation=3, stride=4),)),
        Case("a stride of 0", "special", (_size(6, 3, stride=0),)),
        Case("a negative padding", "special", (_size(8, 3, padding=-1),)),
        Case("a dilation of 0", "special", (_size(8, 3, dilation=0),)),
    ]


# --- in the plane --------------------------------------------------------------------------------------------------


def _plane_cases(name: str) -> Callable[[np.random.Generator], Sequence[Case]]:
    def cases(rng: np.random.Generator) -> list[Case]:
        def call(size: tuple[int, int], kernel: tuple[int, int], dtype: type = np.float64) -> Call:
            image: np.ndarray = rng.standard_normal(size).astype(dtype)
            weights: np.ndarray = rng.standard_normal(kernel).astype(dtype)
            return Call(name, {"image": image, "kernel": weights}, ("out",))

        def laid_out(plain: Call) -> Call:
            image, kernel = plain.arguments.values()
            return Call(name, {"image": View(image, "transposed"), "kernel": View(kernel, "strided")}, plain.returns)

        whole = Call(
            name,
            {"image": rng.integers(0, 256, (6, 5), np.uint8), "kernel": rng.standard_normal((2, 3))},
            ("out",),
        )
        return [
            Case("a 6×5 image, a 3×2 kernel", "values", (call((6, 5), (3, 2)),)),
            Case("a 5×8 image, a 2×4 kernel", "values", (call((5, 8), (2, 4)),)),
            Case("a square image, a square kernel", "values", (call((6, 6), (3, 3)),)),
            Case("float32", "values", (call((6, 7), (3, 2), np.float32),), _SINGLE),
            Case("a kernel as large as the image", "special", (call((4, 3), (4, 3)),)),
            Case("a kernel of one number", "special", (call((4, 3), (1, 1)),)),
            Case("an image of bytes, as photographs are", "special", (whole,)),
            Case("arrays in unusual memory", "special", (laid_out(call((5, 6), (2, 3))),)),
            Case("read-only arrays", "special", (read_only(call((5, 6), (2, 3))),)),
            Case("a kernel higher than the image", "special", (call((3, 6), (4, 2)),)),
            Case("a kernel wider than the image", "special", (call((6, 3), (2, 4)),)),
        ]

    return cases


EXERCISES = (
    Exercise("conv_output_size", 4, ("size",), _output_size_cases),
    Exercise("cross_correlate2d", 4, ("out",), _plane_cases("cross_correlate2d")),
    Exercise("convolve2d", 4, ("out",), _plane_cases("convolve2d")),
)
