"""The chapter `convolution`: the layer over channels, and a linear layer written as one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from solutions._convolution_fit import fit, in_groups, require_shape_of_out
from solutions._windows import crop, pad


def conv2d_forward(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> tuple[np.ndarray, Any]:
    """Apply a convolution layer to a batch of images. As everywhere in the field, the kernel is not flipped.

        out[n, f, h, w] = bias[f] + sum over c, i, j of
            padded[n, first + c, h * stride_h + i * dilation_h, w * stride_w + j * dilation_w] * weight[f, c, i, j]

    where padded is x with `padding` rows and columns of zeros on each side. With groups, the channels and the filters
    are each cut into `groups` blocks of equal length, and a filter sees its own block of channels only, which begins
    at channel `first`; with groups=1 it sees them all, and first is 0. H' and W' are as conv_output_size has them.

    Args:
        x: a batch of images, shape (N, C, H, W).
        weight: F filters, shape (F, C // groups, KH, KW).
        bias: shape (F,).
        stride: step of the window, an int or a pair (height, width).
        padding: width of the border, an int or a pair.
        dilation: distance between entries of the kernel, an int or a pair.
        groups: number of blocks; divides C and F.

    Returns:
        out: shape (N, F, H', W').
        cache: whatever your conv2d_backward will need.

    Raises:
        ValueError: if the shapes do not fit together, if groups does not divide C and F, if the kernel, dilation
            included, is larger than the padded image, if padding is negative, or if a stride, a dilation or groups is
            less than 1; the message names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 9.5; Dumoulin & Visin, A guide to convolution
        arithmetic for deep learning (2016), section 2; groups: Krizhevsky, Sutskever & Hinton, ImageNet classification
        with deep convolutional neural networks (2012), section 3.5.
    """
    sliding = fit(x, weight, bias, stride, padding, dilation, groups)
    images = in_groups(pad(x, sliding.padding), groups, axis=1)
    filters = in_groups(weight, groups, axis=0)
    out = np.empty((x.shape[0], weight.shape[0], *sliding.out), np.result_type(x, weight, bias))
    results = in_groups(out, groups, axis=1)
    for h, w, rows, columns in sliding.windows():
        results[..., h, w] = np.einsum("ngcij,gfcij->ngf", images[..., rows, columns], filters)
    out += bias[:, None, None]
    return out, (x, weight, sliding, groups)


def conv2d_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient of a loss L back through the convolution layer.

    With dout = dL/dout, the chain rule sums over every entry of out that an input reaches:

        dx[n, c, y, x]       = sum over f, h, w of    dout[n, f, h, w] * (d out[n, f, h, w] / d x[n, c, y, x])
        dweight[f, c, i, j]  = sum over n, h, w of    dout[n, f, h, w] * (d out[n, f, h, w] / d weight[f, c, i, j])
        dbias[f]             = sum over n, h, w of    dout[n, f, h, w]

    Args:
        dout: gradient of the loss with respect to out, shape (N, F, H', W').
        cache: what conv2d_forward returned beside out.

    Returns:
        dx: the shape of x, (N, C, H, W).
        dweight: the shape of weight, (F, C // groups, KH, KW).
        dbias: shape (F,).

    Raises:
        ValueError: if dout does not have the shape of out; the message names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 9.5, equations 9.11 and 9.13.
    """
    x, weight, sliding, groups = cache
    require_shape_of_out(dout, (x.shape[0], weight.shape[0], *sliding.out))
    padded = pad(x, sliding.padding)
    dpadded, dweight = np.zeros(padded.shape, dout.dtype), np.zeros(weight.shape, dout.dtype)
    images, dimages = in_groups(padded, groups, axis=1), in_groups(dpadded, groups, axis=1)
    filters, dfilters = in_groups(weight, groups, axis=0), in_groups(dweight, groups, axis=0)
    douts = in_groups(dout, groups, axis=1)
    for h, w, rows, columns in sliding.windows():
        dfilters += np.einsum("ngf,ngcij->gfcij", douts[..., h, w], images[..., rows, columns])
        dimages[..., rows, columns] += np.einsum("ngf,gfcij->ngcij", douts[..., h, w], filters)
    return crop(dpadded, sliding.padding, x.shape[2:]), dweight, dout.sum(axis=(0, 2, 3))


def linear_to_conv(
    weight: np.ndarray, bias: np.ndarray, in_shape: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Turn a linear layer that reads a whole image into a convolution layer of the same result.

        conv2d_forward(x, *linear_to_conv(weight, bias, in_shape))[:, :, 0, 0] = linear_forward(x, weight, bias)

    for images x of shape (N, C, H, W), which the linear layer reads as rows of C * H * W numbers.

    Args:
        weight: the linear layer's, shape (C * H * W, M).
        bias: shape (M,).
        in_shape: (C, H, W), the shape of one image.

    Returns:
        weight: the convolution layer's, shape (M, C, H, W).
        bias: shape (M,).

    Raises:
        ValueError: if weight does not have C * H * W rows, or bias not one number for each of its columns; the message
            names the sizes.

    Source:
        Long, Shelhamer & Darrell, Fully convolutional networks for semantic segmentation (2015), section 3.1.
    """
    if weight.ndim != 2 or weight.shape[0] != math.prod(in_shape) or len(in_shape) != 3:
        raise ValueError(f"weight of shape {weight.shape} must be (C * H * W, M) for in_shape {tuple(in_shape)}")
    if bias.shape != weight.shape[1:]:
        raise ValueError(f"bias must have shape {weight.shape[1:]}, one number a column of weight, not {bias.shape}")
    return weight.T.reshape(weight.shape[1], *in_shape), bias
