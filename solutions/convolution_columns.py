"""The chapter `convolution`: what a window sees as columns, and the layer as one matrix product."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from solutions._convolution_fit import as_matrices, fit, require_shape_of_out, slide
from solutions._windows import as_pair, crop, pad


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
    sliding = slide(x.shape[2:], kernel_size, stride, padding, dilation)
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
    sliding = slide(size, kernel_size, stride, padding, dilation)
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
    sliding = fit(x, weight, bias, stride, padding, dilation, groups)
    filters = as_matrices(weight, groups)
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
    require_shape_of_out(dout, (x.shape[0], weight.shape[0], *sliding.out))
    filters = as_matrices(weight, groups)
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
