"""ONNX's cases for the chapter `convolution`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx_case import Arrays, Operator, require_nothing_left
from onnx_windows import as_images, surrounded, windows

from solutions import convolution


def _conv(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """Our two convolution layers; the one that is no matrix product comes first, and the other has to agree."""
    x, weight = inputs
    groups = attributes.pop("group", 1)
    seen = windows(attributes, x.shape[2:], weight.shape[2:])
    require_nothing_left(attributes)
    padding = seen.padding
    if padding is None:
        x, padding = surrounded(x, seen.border, 0), (0, 0)
    settings = (seen.stride, padding, seen.dilation, groups)
    bias = np.zeros(weight.shape[0], x.dtype)
    plain, fast = (
        layer(x, weight, bias, *settings)[0]
        for layer in (convolution.conv2d_forward, convolution.conv2d_im2col_forward)
    )
    assert np.allclose(plain, fast, rtol=1e-5, atol=1e-6)
    return [plain]


def _conv_transpose(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """Where ONNX states the size of the output, what is too much of ours is cut off, and what is missing is added."""
    x, weight = inputs
    axes = x.ndim - 2
    x, weight = as_images(x), as_images(weight)
    groups = attributes.pop("group", 1)
    extra = attributes.pop("output_padding", [0] * axes)
    wanted = attributes.pop("output_shape", None)
    same = attributes.pop("auto_pad", b"NOTSET")
    seen = windows(attributes, x.shape[-axes:], weight.shape[-axes:])
    require_nothing_left(attributes)
    size = convolution.conv_transpose2d_forward(
        x, weight, _no_bias(weight, groups), seen.stride, seen.padding, (0, 0), seen.dilation, groups
    )[0].shape[2:]
    if same == b"SAME_UPPER":
        wanted = [extent * step for extent, step in zip(x.shape[2:], seen.stride, strict=True)]
    if wanted is not None:
        extra = [max(stated - ours, 0) for stated, ours in zip(wanted, size, strict=True)]
    out, _ = convolution.conv_transpose2d_forward(
        x, weight, _no_bias(weight, groups), seen.stride, seen.padding, (0, *extra)[-2:], seen.dilation, groups
    )
    if wanted is not None:  # half of what is cut, rounded down, is cut at the beginning
        (top, left) = ((ours - stated) // 2 for stated, ours in zip(wanted, out.shape[2:], strict=True))
        out = out[:, :, top : top + wanted[0], left : left + wanted[1]]
    return [out[:, :, 0] if axes == 1 else out]


def _no_bias(weight: np.ndarray, groups: int) -> np.ndarray:
    return np.zeros(weight.shape[1] * groups, weight.dtype)


def _col2im(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    cols, image_size, kernel = inputs
    seen = windows(attributes, image_size, kernel)
    require_nothing_left(attributes)
    size = (int(image_size[0]), int(image_size[1]))
    return [convolution.col2im(cols, size, seen.kernel, seen.stride, seen.padding, seen.dilation)]


OPERATORS = {
    "Conv": Operator(
        _conv,
        applied=(
            "test_basic_conv_with_padding",
            "test_basic_conv_without_padding",
            "test_conv_with_autopad_same",
            "test_conv_with_strides_and_asymmetric_padding",
            "test_conv_with_strides_no_padding",
            "test_conv_with_strides_padding",
        ),
    ),
    "ConvTranspose": Operator(
        _conv_transpose,
        applied=(
            "test_convtranspose",
            "test_convtranspose_1d",
            "test_convtranspose_autopad_same",
            "test_convtranspose_dilations",
            "test_convtranspose_group_2",
            "test_convtranspose_group_2_image_3",
            "test_convtranspose_kernel_shape",
            "test_convtranspose_output_shape",
            "test_convtranspose_pad",
            "test_convtranspose_pads",
        ),
        left_out={"test_convtranspose_3d": "its images have three axes; ours have two"},
    ),
    "Col2Im": Operator(
        _col2im,
        applied=("test_col2im", "test_col2im_dilations", "test_col2im_pads", "test_col2im_strides"),
        left_out={"test_col2im_5d": "its images have three axes; ours have two"},
    ),
}
