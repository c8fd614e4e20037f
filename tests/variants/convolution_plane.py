"""Right answers to the chapter `convolution`, written otherwise: sizes, the plane, a dense layer as convolution."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

# --- sizes ---------------------------------------------------------------------------------------------------------


def _require_sense(size, kernel, stride, padding, dilation):
    if size < 1 or kernel < 1 or stride < 1 or padding < 0 or dilation < 1:
        raise ValueError(f"{size=}, {kernel=}, {stride=}, {padding=}, {dilation=} make no sense")


def size_by_counting(size, kernel, stride=1, padding=0, dilation=1):
    """Walk along the padded axis and count the places where the kernel fits."""
    _require_sense(size, kernel, stride, padding, dilation)
    padded, reach = size + 2 * padding, dilation * (kernel - 1) + 1
    count, start = 0, 0
    while start + reach <= padded:
        count, start = count + 1, start + stride
    if count == 0:
        raise ValueError(f"a kernel of reach {reach} does not fit into {padded}")
    return count


def size_by_range(size, kernel, stride=1, padding=0, dilation=1):
    _require_sense(size, kernel, stride, padding, dilation)
    places = len(range(-padding, size + padding - dilation * (kernel - 1), stride))
    if not places:
        raise ValueError(f"size {size} with padding {padding} is too small for kernel {kernel}, dilation {dilation}")
    return places


def size_by_floor(size, kernel, stride=1, padding=0, dilation=1):
    _require_sense(size, kernel, stride, padding, dilation)
    out = math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1
    if out <= 0:
        raise ValueError(f"output of size {out} from {size=}, {kernel=}, {stride=}, {padding=}, {dilation=}")
    return out


def size_by_ceiling(size, kernel, stride=1, padding=0, dilation=1):
    """The number of starts over the stride, rounded up: the same number."""
    _require_sense(size, kernel, stride, padding, dilation)
    starts = size + 2 * padding - dilation * (kernel - 1)
    if starts < 1:
        raise ValueError(f"{size=} {kernel=} {padding=} {dilation=}: no start")
    return -(-starts // stride)


def size_in_numpy(size, kernel, stride=1, padding=0, dilation=1):
    _require_sense(size, kernel, stride, padding, dilation)
    effective = kernel + (kernel - 1) * (dilation - 1)
    if size + 2 * padding < effective:
        raise ValueError(f"the kernel reaches over {effective}, the padded input has {size + 2 * padding}")
    return int(np.floor((size - effective + 2 * padding) / stride + 1))


# --- the plane -----------------------------------------------------------------------------------------------------


def _require_fit(image, kernel):
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError(f"a kernel of {kernel.shape} does not fit into an image of {image.shape}")


def correlate_loops(image, kernel):
    _require_fit(image, kernel)
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    out = np.zeros((rows, columns), dtype=np.result_type(image, kernel))
    for i in range(rows):
        for j in range(columns):
            for u in range(kernel.shape[0]):
                for v in range(kernel.shape[1]):
                    out[i, j] += image[i + u, j + v] * kernel[u, v]
    return out


def correlate_windows(image, kernel):
    _require_fit(image, kernel)
    return np.einsum("ijuv,uv->ij", sliding_window_view(image, kernel.shape), kernel)


def correlate_taps(image, kernel):
    """Entry by entry of the kernel, each a shifted picture."""
    _require_fit(image, kernel)
    rows, columns = (n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    shifted = [image[u : u + rows, v : v + columns] * kernel[u, v] for u, v in np.ndindex(*kernel.shape)]
    return np.sum(shifted, axis=0)


def correlate_strided(image, kernel):
    _require_fit(image, kernel)
    image = np.ascontiguousarray(image)
    shape = (image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1)
    windows = as_strided(image, (*shape, *kernel.shape), image.strides * 2, writeable=False)
    return np.tensordot(windows, kernel, axes=((2, 3), (0, 1)))


def correlate_fancy(image, kernel):
    """All windows as rows of one matrix."""
    _require_fit(image, kernel)
    (rows, columns), (height, width) = image.shape, kernel.shape
    starts = (np.arange(rows - height + 1)[:, None] * columns + np.arange(columns - width + 1)).ravel()
    steps = (np.arange(height)[:, None] * columns + np.arange(width)).ravel()
    return (image.ravel()[starts[:, None] + steps] @ kernel.ravel()).reshape(rows - height + 1, columns - width + 1)


def convolve_fourier(image, kernel):
    """A product of spectra is the full convolution; its valid part is cut out."""
    _require_fit(image, kernel)
    full = [n + k - 1 for n, k in zip(image.shape, kernel.shape, strict=True)]
    product = np.fft.rfft2(image.astype(np.float64), full) * np.fft.rfft2(kernel.astype(np.float64), full)
    out = np.fft.irfft2(product, full)
    return out[kernel.shape[0] - 1 : image.shape[0], kernel.shape[1] - 1 : image.shape[1]].astype(
        np.result_type(image, kernel)
    )


def convolve_scattered(image, kernel):
    """Every pixel spreads a copy of the kernel; what the kernel only half covered is cut off."""
    _require_fit(image, kernel)
    (rows, columns), (height, width) = image.shape, kernel.shape
    full = np.zeros((rows + height - 1, columns + width - 1), np.result_type(image, kernel))
    for i, j in np.ndindex(rows, columns):
        full[i : i + height, j : j + width] += image[i, j] * kernel
    return full[height - 1 : rows, width - 1 : columns].copy()


def convolve_definition(image, kernel):
    """The sum as the textbooks write it, with a minus in the index."""
    _require_fit(image, kernel)
    height, width = kernel.shape
    out = np.empty((image.shape[0] - height + 1, image.shape[1] - width + 1), np.result_type(image, kernel))
    for i, j in np.ndindex(*out.shape):
        y, x = i + height - 1, j + width - 1
        out[i, j] = sum(image[y - u, x - v] * kernel[u, v] for u in range(height) for v in range(width))
    return out


def convolve_turned(image, kernel):
    return correlate_windows(image, np.rot90(kernel, 2))


def convolve_flipped(image, kernel):
    return correlate_taps(image, np.flip(kernel))


def convolve_by_rows(image, kernel):
    """One-dimensional convolutions of NumPy, a row of the kernel at a time."""
    _require_fit(image, kernel)
    height = kernel.shape[0]
    rows = range(image.shape[0] - height + 1)
    return np.array(
        [sum(np.convolve(image[i + height - 1 - u], kernel[u], "valid") for u in range(height)) for i in rows]
    )


def correlate_by_rows(image, kernel):
    _require_fit(image, kernel)
    height = kernel.shape[0]
    rows = range(image.shape[0] - height + 1)
    return np.stack([sum(np.correlate(image[i + u], kernel[u], "valid") for u in range(height)) for i in rows])


# --- a dense layer as a convolution --------------------------------------------------------------------------------


def _require_rows(weight, in_shape):
    if len(weight) != math.prod(in_shape):
        raise ValueError(f"weight {weight.shape} has no row for each number of {in_shape}")


def dense_by_loops(weight, bias, in_shape):
    _require_rows(weight, in_shape)
    channels, height, width = in_shape
    out = np.zeros((weight.shape[1], channels, height, width), weight.dtype)
    for m, c, y, x in np.ndindex(*out.shape):
        out[m, c, y, x] = weight[(c * height + y) * width + x, m]
    return out, bias.copy()


def dense_by_moveaxis(weight, bias, in_shape):
    return np.moveaxis(weight.reshape(*in_shape, weight.shape[1]), -1, 0), bias


def dense_by_columns(weight, bias, in_shape):
    return np.stack([column.reshape(in_shape) for column in weight.T]), np.array(bias)


def dense_by_einsum(weight, bias, in_shape):
    return np.einsum("chwm->mchw", weight.reshape((*in_shape, -1))).copy(), bias.copy()


def dense_by_index(weight, bias, in_shape):
    _require_rows(weight, in_shape)
    rows = np.arange(math.prod(in_shape)).reshape(in_shape)
    return weight[rows].transpose(3, 0, 1, 2), bias


VARIANTS = {
    "conv_output_size": {
        "counted": {"conv_output_size": size_by_counting},
        "the length of a range": {"conv_output_size": size_by_range},
        "a true division and a floor": {"conv_output_size": size_by_floor},
        "starts over stride, rounded up": {"conv_output_size": size_by_ceiling},
        "in NumPy, with an effective kernel": {"conv_output_size": size_in_numpy},
    },
    "convolve2d": {
        "Fourier": {"convolve2d": convolve_fourier},
        "scattered and cropped": {"convolve2d": convolve_scattered},
        "the definition": {"convolve2d": convolve_definition},
        "kernel turned by 180 degrees": {"convolve2d": convolve_turned},
        "kernel flipped": {"convolve2d": convolve_flipped},
        "row by row": {"convolve2d": convolve_by_rows},
    },
    "cross_correlate2d": {
        "four loops": {"cross_correlate2d": correlate_loops},
        "windows and einsum": {"cross_correlate2d": correlate_windows},
        "shifted pictures": {"cross_correlate2d": correlate_taps},
        "strides and tensordot": {"cross_correlate2d": correlate_strided},
        "windows by index": {"cross_correlate2d": correlate_fancy},
        "row by row": {"cross_correlate2d": correlate_by_rows},
    },
    "linear_to_conv": {
        "loops": {"linear_to_conv": dense_by_loops},
        "moveaxis": {"linear_to_conv": dense_by_moveaxis},
        "column by column": {"linear_to_conv": dense_by_columns},
        "einsum": {"linear_to_conv": dense_by_einsum},
        "rows by index": {"linear_to_conv": dense_by_index},
    },
}
