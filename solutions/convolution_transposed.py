"""The chapter `convolution`: the layer that puts copies of its kernels into the output."""

from __future__ import annotations

from typing import Any

import numpy as np

from solutions._convolution_fit import in_groups, require_bias, require_groups, require_shape_of_out
from solutions._windows import Sliding, as_pair, crop, pad


def conv_transpose2d_forward(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    output_padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> tuple[np.ndarray, Any]:
    """Apply a transposed convolution layer: every pixel of x puts a copy of the kernel, times its value, into out.

        padded[n, f, h * stride_h + i * dilation_h, w * stride_w + j * dilation_w]
            gets, added up over c, h, w, i, j,   x[n, c, h, w] * weight[c, f, i, j]
        out = padded without `padding` rows and columns on each side  +  bias[f]

    so that, but for bias, it does to x what the backward of a convolution layer with the same weight and settings does
    to its dout. Along each axis, with its own settings,

        H' = (H - 1) * stride - 2 * padding + dilation * (KH - 1) + 1 + output_padding

    where output_padding adds rows and columns at the lower and right end only. With groups, the channels of x and of
    out are cut into `groups` blocks of equal length, and block g of x reaches block g of out only.

    Args:
        x: a batch of images, shape (N, C, H, W).
        weight: shape (C, F // groups, KH, KW).
        bias: shape (F,).
        stride: distance between the copies, an int or a pair (height, width).
        padding: width of the border that is cut off, an int or a pair.
        output_padding: rows and columns added, an int or a pair; less than stride or less than dilation.
        dilation: distance between entries of the kernel, an int or a pair.
        groups: number of blocks; divides C and F.

    Returns:
        out: shape (N, F, H', W').
        cache: whatever your conv_transpose2d_backward will need.

    Raises:
        ValueError: if the shapes do not fit together, if groups does not divide C, if padding leaves nothing of the
            output, if padding or output_padding is negative, if output_padding is neither less than stride nor less
            than dilation, or if a stride, a dilation or groups is less than 1; the message names the sizes.

    Source:
        Zeiler, Krishnan, Taylor & Fergus, Deconvolutional networks (2010), section 3; Dumoulin & Visin, A guide to
        convolution arithmetic for deep learning (2016), section 4.
    """
    sliding, size = _fit_transposed(x, weight, bias, stride, padding, output_padding, dilation, groups)
    inputs, filters = in_groups(x, groups, axis=1), in_groups(weight, groups, axis=0)
    padded = pad(np.zeros((x.shape[0], bias.shape[0], *size), np.result_type(x, weight, bias)), sliding.padding)
    images = in_groups(padded, groups, axis=1)
    for i, j, rows, columns in sliding.taps():
        images[..., rows, columns] += np.einsum("ngchw,gcf->ngfhw", inputs, filters[..., i, j])
    return crop(padded, sliding.padding, size) + bias[:, None, None], (x, weight, sliding, size, groups)


def conv_transpose2d_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient of a loss L back through the transposed convolution layer.

    With dout = dL/dout, the chain rule sums over every entry of out that an input reaches:

        dx[n, c, h, w]       = sum over f, y, x' of    dout[n, f, y, x'] * (d out[n, f, y, x'] / d x[n, c, h, w])
        dweight[c, f, i, j]  = sum over n, y, x' of    dout[n, f, y, x'] * (d out[n, f, y, x'] / d weight[c, f, i, j])
        dbias[f]             = sum over n, y, x' of    dout[n, f, y, x']

    Args:
        dout: gradient of the loss with respect to out, shape (N, F, H', W').
        cache: what conv_transpose2d_forward returned beside out.

    Returns:
        dx: the shape of x, (N, C, H, W).
        dweight: the shape of weight, (C, F // groups, KH, KW).
        dbias: shape (F,).

    Raises:
        ValueError: if dout does not have the shape of out; the message names the sizes.

    Source:
        Dumoulin & Visin, A guide to convolution arithmetic for deep learning (2016), section 4.
    """
    x, weight, sliding, size, groups = cache
    require_shape_of_out(dout, (x.shape[0], weight.shape[1] * groups, *size))
    dx, dweight = np.zeros(x.shape, dout.dtype), np.zeros(weight.shape, dout.dtype)
    inputs, dinputs = in_groups(x, groups, axis=1), in_groups(dx, groups, axis=1)
    filters, dfilters = in_groups(weight, groups, axis=0), in_groups(dweight, groups, axis=0)
    images = in_groups(pad(dout, sliding.padding), groups, axis=1)
    for i, j, rows, columns in sliding.taps():
        reached = images[..., rows, columns]
        dfilters[..., i, j] = np.einsum("ngchw,ngfhw->gcf", inputs, reached)
        dinputs += np.einsum("ngfhw,gcf->ngchw", reached, filters[..., i, j])
    return dx, dweight, dout.sum(axis=(0, 2, 3))


def _fit_transposed(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    stride: int | tuple[int, int],
    padding: int | tuple[int, int],
    output_padding: int | tuple[int, int],
    dilation: int | tuple[int, int],
    groups: int,
) -> tuple[Sliding, tuple[int, int]]:
    """How the window slides over the output, and the output's size; a ValueError where something does not fit."""
    require_groups(x, weight, groups)
    if x.shape[1] != weight.shape[0] or weight.shape[0] % groups:
        raise ValueError(
            f"weight of shape {weight.shape} in {groups} groups does not fit x of shape {x.shape}: weight must be "
            f"(C, F // groups, KH, KW), and groups must divide C"
        )
    require_bias(bias, weight.shape[1] * groups)
    steps, border = as_pair(stride, "stride"), as_pair(padding, "padding")
    extra, spread = as_pair(output_padding, "output_padding"), as_pair(dilation, "dilation")
    if min(extra) < 0 or any(more >= max(both) for more, *both in zip(extra, steps, spread, strict=True)):
        raise ValueError(
            f"output_padding {extra} must be at least 0, and less than stride {steps} or less than dilation {spread}"
        )
    sliding = Sliding(as_pair(weight.shape[2:], "kernel"), steps, border, spread, as_pair(x.shape[2:], "size"))
    height, width = (
        (count - 1) * step - 2 * cut + apart * (taps - 1) + 1 + more
        for taps, step, cut, apart, count, more in zip(*sliding, extra, strict=True)
    )
    if min(*sliding.kernel, *steps, *spread, *sliding.out, height, width) < 1 or min(border) < 0:
        raise ValueError(
            f"x of {sliding.out}, a kernel of {sliding.kernel}, stride {steps}, dilation {spread} and padding {border} "
            f"would make an output of {(height, width)}: padding must be at least 0, all others at least 1"
        )
    return sliding, (height, width)
