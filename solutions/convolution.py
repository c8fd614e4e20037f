"""Convolution: in the plane, over channels, as one matrix product, and transposed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from solutions._windows import Sliding, as_pair, crop, pad


def conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Count the positions of a window that slides along one axis of an image.

        floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1

    Args:
        size: pixels along the axis.
        kernel: entries of the kernel along the axis.
        stride: pixels from one position to the next.
        padding: pixels added at each end.
        dilation: pixels from one entry of the kernel to the next.

    Returns:
        The number of positions, a Python int, at least 1.

    Raises:
        ValueError: if the kernel, dilation included, is longer than the padded axis, if padding is negative, or if
            another argument is less than 1; the message names the sizes.

    Source:
        Dumoulin & Visin, A guide to convolution arithmetic for deep learning (2016), relationships 6 and 15.
    """
    if min(size, kernel, stride, dilation) < 1 or padding < 0:
        raise ValueError(
            f"size={size}, kernel={kernel}, stride={stride} and dilation={dilation} must be at least 1, "
            f"padding={padding} at least 0"
        )
    reach = dilation * (kernel - 1) + 1
    if reach > size + 2 * padding:
        raise ValueError(
            f"a kernel of {kernel} with dilation {dilation} covers {reach} pixels: more than the {size + 2 * padding} "
            f"of an axis of {size} with padding {padding}"
        )
    return int(size + 2 * padding - reach) // int(stride) + 1


def cross_correlate2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide a kernel over a grey image and take the sum of products wherever it lies inside.

        out[h, w] = sum over i < KH, j < KW of image[h + i, w + j] * kernel[i, j]

    Args:
        image: shape (H, W).
        kernel: shape (KH, KW).

    Returns:
        out: shape (H - KH + 1, W - KW + 1).

    Raises:
        ValueError: if image or kernel does not have two axes, or the kernel is larger than the image; the message
            names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 9.1, equation 9.6.
    """
    if image.ndim != 2 or kernel.ndim != 2:
        raise ValueError(f"image must be (H, W) and kernel (KH, KW), not {image.shape} and {kernel.shape}")
    kernel_height, kernel_width = kernel.shape
    height = conv_output_size(image.shape[0], kernel_height)
    width = conv_output_size(image.shape[1], kernel_width)
    out = np.empty((height, width), np.result_type(image, kernel))
    for h in range(height):
        for w in range(width):
            out[h, w] = np.sum(image[h : h + kernel_height, w : w + kernel_width] * kernel)
    return out


def convolve2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve a grey image with a kernel, wherever the kernel lies inside: the one true convolution of this chapter.

        out[h, w] = sum over i < KH, j < KW of image[h + KH - 1 - i, w + KW - 1 - j] * kernel[i, j]

    Args:
        image: shape (H, W).
        kernel: shape (KH, KW).

    Returns:
        out: shape (H - KH + 1, W - KW + 1).

    Raises:
        ValueError: if image or kernel does not have two axes, or the kernel is larger than the image; the message
            names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 9.1, equation 9.5.
    """
    if kernel.ndim != 2:
        raise ValueError(f"kernel must be (KH, KW), not {kernel.shape}")
    return cross_correlate2d(image, kernel[::-1, ::-1])


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
    sliding = _fit(x, weight, bias, stride, padding, dilation, groups)
    images = _in_groups(pad(x, sliding.padding), groups, axis=1)
    filters = _in_groups(weight, groups, axis=0)
    out = np.empty((x.shape[0], weight.shape[0], *sliding.out), np.result_type(x, weight, bias))
    results = _in_groups(out, groups, axis=1)
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
    _require_shape_of_out(dout, (x.shape[0], weight.shape[0], *sliding.out))
    padded = pad(x, sliding.padding)
    dpadded, dweight = np.zeros(padded.shape, dout.dtype), np.zeros(weight.shape, dout.dtype)
    images, dimages = _in_groups(padded, groups, axis=1), _in_groups(dpadded, groups, axis=1)
    filters, dfilters = _in_groups(weight, groups, axis=0), _in_groups(dweight, groups, axis=0)
    douts = _in_groups(dout, groups, axis=1)
    for h, w, rows, columns in sliding.windows():
        dfilters += np.einsum("ngf,ngcij->gfcij", douts[..., h, w], images[..., rows, columns])
        dimages[..., rows, columns] += np.einsum("ngf,gfcij->ngcij", douts[..., h, w], filters)
    return crop(dpadded, sliding.padding, x.shape[2:]), dweight, dout.sum(axis=(0, 2, 3))


def im2col(
    x: np.ndarray,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """Write what a sliding window sees into columns, one column for each of its L = H' * W' positions.

        cols[n, (c * KH + i) * KW + j, h * W' + w]
            = padded[n, c, h * stride_h + i * dilation_h, w * stride_w + j * dilation_w]

    where padded is x with `padding` rows and columns of zeros on each side, and (KH, KW) is kernel_size.

    Args:
        x: a batch of images, shape (N, C, H, W).
        kernel_size: size of the window, an int or a pair (height, width).
        stride: step of the window, an int or a pair.
        padding: width of the border, an int or a pair.
        dilation: distance between entries of the window, an int or a pair.

    Returns:
        cols: shape (N, C * KH * KW, L).

    Raises:
        ValueError: if x does not have four axes, if the window, dilation included, is larger than the padded image,
            if padding is negative, or if a stride or a dilation is less than 1; the message names the sizes.

    Source:
        Chellapilla, Puri & Simard, High performance convolutional neural networks for document processing (2006),
        section 3.
    """
    if x.ndim != 4:
        raise ValueError(f"x must have shape (N, C, H, W), not {x.shape}")
    sliding = _slide(x.shape[2:], kernel_size, stride, padding, dilation)
    seen = sliding.seen(pad(x, sliding.padding))
    return seen.copy().reshape(x.shape[0], x.shape[1] * math.prod(sliding.kernel), math.prod(sliding.out))


def col2im(
    cols: np.ndarray,
    image_size: tuple[int, int],
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """Add every entry of the columns to the pixel that im2col would have read it from: the adjoint of im2col.

        images[n, c, y, x] = sum of cols[n, (c * KH + i) * KW + j, h * W' + w] over all i, j, h, w with
            h * stride_h + i * dilation_h = y + padding_h   and   w * stride_w + j * dilation_w = x + padding_w

    so that <im2col(x), cols> = <x, col2im(cols)> for every x and cols. What im2col would read from the border is lost.

    Args:
        cols: shape (N, C * KH * KW, L), where L = H' * W' counts the positions of the window.
        image_size: (H, W) of the images.
        kernel_size: size (KH, KW) of the window, an int or a pair (height, width).
        stride: step of the window, an int or a pair.
        padding: width of the border, an int or a pair.
        dilation: distance between entries of the window, an int or a pair.

    Returns:
        images: shape (N, C, H, W).

    Raises:
        ValueError: if cols does not have the shape that im2col gives for such images, or the settings are such that
            im2col would refuse them; the message names the sizes.

    Source:
        Chellapilla, Puri & Simard, High performance convolutional neural networks for document processing (2006),
        section 3.
    """
    size = as_pair(image_size, "image_size")
    sliding = _slide(size, kernel_size, stride, padding, dilation)
    taps, positions = math.prod(sliding.kernel), math.prod(sliding.out)
    if cols.ndim != 3 or cols.shape[1] % taps or cols.shape[2] != positions:
        raise ValueError(
            f"cols must have shape (N, C * {taps}, {positions}) for images of {size}, a window of {sliding.kernel}, "
            f"stride {sliding.stride}, padding {sliding.padding} and dilation {sliding.dilation}, not {cols.shape}"
        )
    batch, channels = cols.shape[0], cols.shape[1] // taps
    entries = cols.reshape(batch, channels, *sliding.kernel, *sliding.out)
    padded = pad(np.zeros((batch, channels, *size), cols.dtype), sliding.padding)
    for i, j, rows, columns in sliding.taps():
        padded[:, :, rows, columns] += entries[:, :, i, j]
    return crop(padded, sliding.padding, size)


def conv2d_im2col_forward(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> tuple[np.ndarray, Any]:
    """Apply the convolution layer of conv2d_forward, with the same result, as a matrix product: fast.

        out[n] = weight as (F, C*KH*KW) @ columns of image n, (C*KH*KW, L)  +  bias      (for groups=1)

    Args:
        x: a batch of images, shape (N, C, H, W).
        weight: F filters, shape (F, C // groups, KH, KW).
        bias: shape (F,).
        stride: step of the window, an int or a pair (height, width).
        padding: width of the border, an int or a pair.
        dilation: distance between entries of the kernel, an int or a pair.
        groups: number of blocks of channels and of filters; divides C and F.

    Returns:
        out: shape (N, F, H', W').
        cache: whatever your conv2d_im2col_backward will need.

    Raises:
        ValueError: as conv2d_forward; the message names the sizes.

    Source:
        Chellapilla, Puri & Simard, High performance convolutional neural networks for document processing (2006),
        section 3.
    """
    sliding = _fit(x, weight, bias, stride, padding, dilation, groups)
    filters = _as_matrices(weight, groups)
    out = np.empty((x.shape[0], weight.shape[0], *sliding.out), np.result_type(x, weight, bias))
    # The columns of one image at a time: those of a whole batch would not fit the processor's cache.
    cols = np.empty((x.shape[1], *sliding.kernel, *sliding.out), out.dtype)
    matrices = cols.reshape(groups, filters.shape[2], math.prod(sliding.out))
    results = out.reshape(x.shape[0], *filters.shape[:2], math.prod(sliding.out))
    for seen, result in zip(sliding.seen(pad(x, sliding.padding)), results, strict=True):
        cols[...] = seen
        np.matmul(filters, matrices, out=result)
    out += bias[:, None, None]
    return out, (x, weight, sliding, groups)


def conv2d_im2col_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient of a loss back, with the results of conv2d_backward, by matrix products: fast.

        dx = dL/dx      dweight = dL/dweight      dbias = dL/dbias

    Args:
        dout: gradient of the loss with respect to out, shape (N, F, H', W').
        cache: what conv2d_im2col_forward returned beside out.

    Returns:
        dx: the shape of x, (N, C, H, W).
        dweight: the shape of weight, (F, C // groups, KH, KW).
        dbias: shape (F,).

    Raises:
        ValueError: if dout does not have the shape of out; the message names the sizes.

    Source:
        Chellapilla, Puri & Simard, High performance convolutional neural networks for document processing (2006),
        section 3.
    """
    x, weight, sliding, groups = cache
    _require_shape_of_out(dout, (x.shape[0], weight.shape[0], *sliding.out))
    filters = _as_matrices(weight, groups)
    padded = pad(x, sliding.padding)
    dpadded, dfilters = np.zeros(padded.shape, dout.dtype), np.zeros(filters.shape, dout.dtype)
    cols = np.empty((x.shape[1], *sliding.kernel, *sliding.out), dout.dtype)
    matrices = cols.reshape(groups, filters.shape[2], math.prod(sliding.out))
    dresults = dout.reshape(x.shape[0], *filters.shape[:2], math.prod(sliding.out))
    for seen, dimage, dresult in zip(sliding.seen(padded), dpadded, dresults, strict=True):
        cols[...] = seen
        dfilters += dresult @ matrices.transpose(0, 2, 1)
        np.matmul(filters.transpose(0, 2, 1), dresult, out=matrices)  # from here on cols holds its own gradient
        for i, j, rows, columns in sliding.taps():
            dimage[:, rows, columns] += cols[:, i, j]
    return crop(dpadded, sliding.padding, x.shape[2:]), dfilters.reshape(weight.shape), dout.sum(axis=(0, 2, 3))


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
    inputs, filters = _in_groups(x, groups, axis=1), _in_groups(weight, groups, axis=0)
    padded = pad(np.zeros((x.shape[0], bias.shape[0], *size), np.result_type(x, weight, bias)), sliding.padding)
    images = _in_groups(padded, groups, axis=1)
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
    _require_shape_of_out(dout, (x.shape[0], weight.shape[1] * groups, *size))
    dx, dweight = np.zeros(x.shape, dout.dtype), np.zeros(weight.shape, dout.dtype)
    inputs, dinputs = _in_groups(x, groups, axis=1), _in_groups(dx, groups, axis=1)
    filters, dfilters = _in_groups(weight, groups, axis=0), _in_groups(dweight, groups, axis=0)
    images = _in_groups(pad(dout, sliding.padding), groups, axis=1)
    for i, j, rows, columns in sliding.taps():
        reached = images[..., rows, columns]
        dfilters[..., i, j] = np.einsum("ngchw,ngfhw->gcf", inputs, reached)
        dinputs += np.einsum("ngfhw,gcf->ngchw", reached, filters[..., i, j])
    return dx, dweight, dout.sum(axis=(0, 2, 3))


def _in_groups(array: np.ndarray, groups: int, axis: int) -> np.ndarray:
    """A view in which `axis` is cut into `groups` blocks: two axes, the block and the place in it."""
    shape = array.shape
    return array.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])


def _as_matrices(weight: np.ndarray, groups: int) -> np.ndarray:
    """The filters of each group as the rows of a matrix, (groups, F // groups, C // groups * KH * KW)."""
    return weight.reshape(groups, weight.shape[0] // groups, math.prod(weight.shape[1:]))


def _slide(
    size: tuple[int, ...],
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, int],
    padding: int | tuple[int, int],
    dilation: int | tuple[int, int],
) -> Sliding:
    """How the window slides over images of this size, or a ValueError where it cannot."""
    kernel, steps = as_pair(kernel_size, "kernel_size"), as_pair(stride, "stride")
    border, spread = as_pair(padding, "padding"), as_pair(dilation, "dilation")
    height, width = (conv_output_size(*axis) for axis in zip(size, kernel, steps, border, spread, strict=True))
    return Sliding(kernel, steps, border, spread, (height, width))


def _fit(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    stride: int | tuple[int, int],
    padding: int | tuple[int, int],
    dilation: int | tuple[int, int],
    groups: int,
) -> Sliding:
    """How the window of a convolution layer slides over x, or a ValueError where something does not fit."""
    _require_groups(x, weight, groups)
    if x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ValueError(
            f"weight of shape {weight.shape} in {groups} groups does not fit x of shape {x.shape}: weight must be "
            f"(F, C // groups, KH, KW), and groups must divide C and F"
        )
    _require_bias(bias, weight.shape[0])
    return _slide(x.shape[2:], weight.shape[2:], stride, padding, dilation)


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
    _require_groups(x, weight, groups)
    if x.shape[1] != weight.shape[0] or weight.shape[0] % groups:
        raise ValueError(
            f"weight of shape {weight.shape} in {groups} groups does not fit x of shape {x.shape}: weight must be "
            f"(C, F // groups, KH, KW), and groups must divide C"
        )
    _require_bias(bias, weight.shape[1] * groups)
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


def _require_groups(x: np.ndarray, weight: np.ndarray, groups: int) -> None:
    if x.ndim != 4 or weight.ndim != 4:
        raise ValueError(f"x and weight must have four axes, not shapes {x.shape} and {weight.shape}")
    if groups < 1:
        raise ValueError(f"groups must be at least 1, not {groups}")


def _require_bias(bias: np.ndarray, filters: int) -> None:
    if bias.shape != (filters,):
        raise ValueError(f"bias must have shape {(filters,)}, one number a channel of out, not {bias.shape}")


def _require_shape_of_out(dout: np.ndarray, expected: tuple[int, ...]) -> None:
    if dout.shape != expected:
        raise ValueError(f"dout must have the shape of out, {expected}, not {dout.shape}")
