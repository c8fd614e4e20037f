"""ONNX's cases for the chapter `pooling`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx_case import Arrays, Operator, require_nothing_left
from onnx_windows import as_images, surrounded, windows

from solutions import pooling

_THREE_AXES = "its images have three axes; ours have two"
_DILATED = "its windows are dilated; ours are not"


def _max_pool(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """The maxima, and where they are: where our backward sends the gradient of each."""
    (given,) = inputs
    column_first = attributes.pop("storage_order", 0)
    kernel = attributes["kernel_shape"]
    seen = windows(attributes, given.shape[2:], kernel)
    require_nothing_left(attributes)
    # Bytes know no minus infinity.
    x = as_images(given.astype(np.float32))
    padding = seen.padding
    if padding is None:
        x, padding = surrounded(surrounded(x, seen.border, -np.inf), seen.overhang, -np.inf), (0, 0)
    out, cache = pooling.max_pool2d_forward(x, seen.kernel, seen.stride, padding)
    found = out.reshape(*given.shape[:2], *out.shape[4 - len(kernel) :]).astype(given.dtype)
    return [found, _places(out, cache, column_first)] if out.size <= 25 else [found]


def _places(out: np.ndarray, cache: Any, column_first: int) -> np.ndarray:
    """The index in x of each maximum, found by a gradient of one for each of them in turn."""
    places = np.empty(out.shape, np.int64)
    for index in np.ndindex(out.shape):
        dout = np.zeros_like(out)
        dout[index] = 1
        dx = pooling.max_pool2d_backward(dout, cache)
        ((n, c, h, w),) = np.argwhere(dx)
        _, channels, height, width = dx.shape
        inside = w * height + h if column_first else h * width + w
        places[index] = (n * channels + c) * height * width + inside
    return places


def _average_pool(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """Where the border does not count: our mean, in which it does, divided by the share of pixels that count."""
    (given,) = inputs
    kernel = attributes["kernel_shape"]
    border_counts = attributes.pop("count_include_pad", 0)
    seen = windows(attributes, given.shape[2:], kernel)
    require_nothing_left(attributes)
    x = as_images(given)
    if seen.padding is not None and (border_counts or seen.padding == (0, 0)):
        out, _ = pooling.avg_pool2d_forward(x, seen.kernel, seen.stride, seen.padding)
    else:
        values, counted = surrounded(x, seen.border, 0), surrounded(np.ones_like(x), seen.border, border_counts)
        sums, share = (
            pooling.avg_pool2d_forward(surrounded(each, seen.overhang, 0), seen.kernel, seen.stride)[0]
            for each in (values, counted)
        )
        out = sums / share
    return [out.reshape(*given.shape[:2], *out.shape[4 - len(kernel) :])]


def _global_average_pool(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """ONNX keeps height and width, as 1."""
    require_nothing_left(attributes)
    return [pooling.global_avg_pool2d_forward(*inputs)[0][:, :, None, None]]


OPERATORS = {
    "MaxPool": Operator(
        _max_pool,
        applied=(
            "test_maxpool_1d_default",
            "test_maxpool_2d_ceil",
            "test_maxpool_2d_ceil_output_size_reduce_by_one",
            "test_maxpool_2d_default",
            "test_maxpool_2d_pads",
            "test_maxpool_2d_precomputed_pads",
            "test_maxpool_2d_precomputed_same_upper",
            "test_maxpool_2d_precomputed_strides",
            "test_maxpool_2d_same_lower",
            "test_maxpool_2d_same_upper",
            "test_maxpool_2d_strides",
            "test_maxpool_2d_uint8",
            "test_maxpool_with_argmax_2d_precomputed_pads",
            "test_maxpool_with_argmax_2d_precomputed_strides",
        ),
        left_out={
            "test_maxpool_2d_dilations": _DILATED,
            "test_maxpool_3d_default": _THREE_AXES,
            "test_maxpool_3d_dilations": _THREE_AXES,
            "test_maxpool_3d_dilations_use_ref_impl": _THREE_AXES,
            "test_maxpool_3d_dilations_use_ref_impl_large": _THREE_AXES,
        },
    ),
    "AveragePool": Operator(
        _average_pool,
        applied=(
            "test_averagepool_1d_default",
            "test_averagepool_2d_ceil",
            "test_averagepool_2d_default",
            "test_averagepool_2d_pads",
            "test_averagepool_2d_pads_count_include_pad",
            "test_averagepool_2d_precomputed_pads",
            "test_averagepool_2d_precomputed_pads_count_include_pad",
            "test_averagepool_2d_precomputed_same_upper",
            "test_averagepool_2d_precomputed_strides",
            "test_averagepool_2d_same_lower",
            "test_averagepool_2d_same_upper",
            "test_averagepool_2d_strides",
        ),
        left_out={
            "test_averagepool_2d_ceil_last_window_starts_on_pad": "its expected values have four digits",
            "test_averagepool_2d_dilations": _DILATED,
            "test_averagepool_3d_default": _THREE_AXES,
            "test_averagepool_3d_dilations_small": _THREE_AXES,
            **{
                f"test_averagepool_3d_dilations_large_count_include_pad_is_{counted}_ceil_mode_is_{up}": _THREE_AXES
                for counted in (0, 1)
                for up in (True, False)
            },
        },
    ),
    "GlobalAveragePool": Operator(
        _global_average_pool, applied=("test_globalaveragepool", "test_globalaveragepool_precomputed")
    ),
}
