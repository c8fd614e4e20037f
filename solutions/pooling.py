"""Pooling: the maximum or the mean of each window, or the mean of a whole channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from solutions._windows import Sliding, as_pair, crop, pad
from solutions.convolution import conv_output_size


def max_pool2d_forward(
    x: np.ndarray,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> tuple[np.ndarray, Any]:
    """Keep the largest value of each window, channel by channel.

        out[n, c, h, w] = max over i < KH, j < KW of padded[n, c, h * stride_h + i, w * stride_w + j]

    where padded is x with `padding` rows and columns of minus infinity on each side, so that a border is never the
    largest. (KH, KW) is kernel_size; H' and W' are as conv_output_size has them.

    Args:
        x: a batch of images, shape (N, C, H, W).
        kernel_size: size of the window, an int or a pair (height, width).
        stride: step of the window, an int or a pair; None means kernel_size.
        padding: width of the border, an int or a pair; less than kernel_size.

    Returns:
        out: shape (N, C, H', W').
        cache: whatever your max_pool2d_backward will need.

    Raises:
        ValueError: if x does not have four axes, if the window is larger than the padded image, if a stride is less
            than 1, or a padding is negative or not less than kernel_size; the message names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 9.3; Dumoulin & Visin, A guide to convolution
        arithmetic for deep learning (2016), section 3.
    """
    sliding = _fit(x, kernel_size, stride, padding)
    x = _floating(x)
    padded = pad(x, sliding.padding, -np.inf)
    largest = np.full((*x.shape[:2], *sliding.out), -np.inf, x.dtype)
    for _, _, rows, columns in sliding.taps():
        np.maximum(largest, padded[:, :, rows, columns], out=largest)
    return largest, (padded, largest, x.shape, sliding)


def max_pool2d_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Carry the gradient back through max-pooling: each entry of dout goes to the pixel that was the largest.

        dx[n, c, y, x] = sum of dout[n, c, h, w] over the windows (h, w) whose largest value is at (y, x)

    Of several equal largest values of a window the first one in row-major order takes the gradient. A pixel that
    several windows chose gets the sum.

    Args:
        dout: gradient of the loss with respect to out, shape (N, C, H', W').
        cache: what max_pool2d_forward returned beside out.

    Returns:
        dx: the shape of x, (N, C, H, W).

    Raises:
        ValueError: if dout does not have the shape of out; the message names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 9.3.
    """
    padded, largest, shape, sliding = cache
    _require_shape_of_out(dout, largest.shape)
    dpadded = np.zeros(padded.shape, dout.dtype)
    unclaimed = np.ones(dout.shape, bool)
    for _, _, rows, columns in sliding.taps():
        # Not "equal to the largest": where that is NaN, nothing is, and the gradient would be lost.
        first = ~(padded[:, :, rows, columns] < largest)
        first &= unclaimed
        unclaimed ^= first
        dpadded[:, :, rows, columns] += dout * first
    return crop(dpadded, sliding.padding, shape[2:])


def avg_pool2d_forward(
    x: np.ndarray,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> tuple[np.ndarray, Any]:
    """Take the mean of each window, channel by channel.

        out[n, c, h, w] = 1/(KH*KW) * sum over i < KH, j < KW of padded[n, c, h * stride_h + i, w * stride_w + j]

    where padded is x with `padding` rows and columns of zeros on each side; these zeros count in the mean. (KH, KW) is
    kernel_size; H' and W' are as conv_output_size has them.

    Args:
        x: a batch of images, shape (N, C, H, W).
        kernel_size: size of the window, an int or a pair (height, width).
        stride: step of the window, an int or a pair; None means kernel_size.
        padding: width of the border, an int or a pair; less than kernel_size.

    Returns:
        out: shape (N, C, H', W').
        cache: whatever your avg_pool2d_backward will need.

    Raises:
        ValueError: if x does not have four axes, if the window is larger than the padded image, if a stride is less
            than 1, or a padding is negative or not less than kernel_size; the message names the sizes.

    Source:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition (1998), section II.B;
        Dumoulin & Visin, A guide to convolution arithmetic for deep learning (2016), section 3.
    """
    sliding = _fit(x, kernel_size, stride, padding)
    x = _floating(x)
    padded = pad(x, sliding.padding)
    out = np.zeros((*x.shape[:2], *sliding.out), x.dtype)
    for _, _, rows, columns in sliding.taps():
        out += padded[:, :, rows, columns]
    out /= sliding.kernel[0] * sliding.kernel[1]
    return out, (x.shape, padded.shape, sliding)


def avg_pool2d_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Carry the gradient back through average pooling.

        dx[n, c, y, x] = 1/(KH*KW) * sum of dout[n, c, h, w] over the windows (h, w) that see the pixel (y, x)

    Args:
        dout: gradient of the loss with respect to out, shape (N, C, H', W').
        cache: what avg_pool2d_forward returned beside out.

    Returns:
        dx: the shape of x, (N, C, H, W).

    Raises:
        ValueError: if dout does not have the shape of out; the message names the sizes.

    Source:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition (1998), section II.B.
    """
    shape, padded_shape, sliding = cache
    _require_shape_of_out(dout, (*shape[:2], *sliding.out))
    share = dout / (sliding.kernel[0] * sliding.kernel[1])
    # First across, then down: KW + KH additions instead of KW * KH.
    spread = np.zeros((*dout.shape[:3], padded_shape[3]), share.dtype)
    for columns in sliding.along(1):
        spread[:, :, :, columns] += share
    dpadded = np.zeros(padded_shape, share.dtype)
    for rows in sliding.along(0):
        dpadded[:, :, rows] += spread
    return crop(dpadded, sliding.padding, shape[2:])


def global_avg_pool2d_forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
    """Take the mean of each channel over the whole image.

        out[n, c] = 1/(H*W) * sum over h, w of x[n, c, h, w]

    Args:
        x: a batch of images, shape (N, C, H, W).

    Returns:
        out: shape (N, C).
        cache: whatever your global_avg_pool2d_backward will need.

    Raises:
        ValueError: if x does not have four axes, or an image has no pixel; the message names the sizes.

    Source:
        Lin, Chen & Yan, Network in network (2014), section 3.2.
    """
    if x.ndim != 4 or x.shape[2] * x.shape[3] == 0:
        raise ValueError(f"x must have shape (N, C, H, W) with at least one pixel an image, not {x.shape}")
    return x.mean(axis=(2, 3)), x.shape


def global_avg_pool2d_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Carry the gradient back through global average pooling.

        dx[n, c, h, w] = dout[n, c] / (H*W)

    Args:
        dout: gradient of the loss with respect to out, shape (N, C).
        cache: what global_avg_pool2d_forward returned beside out.

    Returns:
        dx: the shape of x, (N, C, H, W).

    Raises:
        ValueError: if dout does not have the shape of out; the message names the sizes.

    Source:
        Lin, Chen & Yan, Network in network (2014), section 3.2.
    """
    shape = cache
    _require_shape_of_out(dout, shape[:2])
    share = dout / (shape[2] * shape[3])
    return np.broadcast_to(share[:, :, None, None], shape).copy()


def _fit(
    x: np.ndarray,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None,
    padding: int | tuple[int, int],
) -> Sliding:
    """How the window slides over x, or a ValueError where it cannot."""
    kernel = as_pair(kernel_size, "kernel_size")
    steps = kernel if stride is None else as_pair(stride, "stride")
    border = as_pair(padding, "padding")
    if x.ndim != 4:
        raise ValueError(f"x must have shape (N, C, H, W), not {x.shape}")
    height, width = (conv_output_size(*axis) for axis in zip(x.shape[2:], kernel, steps, border, strict=True))
    if border[0] >= kernel[0] or border[1] >= kernel[1]:
        raise ValueError(f"padding {border} must be less than kernel_size {kernel}: a window may not see border alone")
    return Sliding(kernel, steps, border, (1, 1), (height, width))


def _floating(x: np.ndarray) -> np.ndarray:
    """Whole numbers as float64, since they know neither minus infinity nor a mean; floats as they are."""
    return np.asarray(x, np.result_type(x.dtype, 1.0))


def _require_shape_of_out(dout: np.ndarray, expected: tuple[int, ...]) -> None:
    if dout.shape != expected:
        raise ValueError(f"dout must have the shape of out, {expected}, not {dout.shape}")
