"""Right answers to the chapter `convolution` in students' own styles: recursion, lists, other layouts, float64."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from variants import both_ways


def pair(value):
    return (value, value) if isinstance(value, (int, np.integer)) else tuple(value)


def length(size, kernel, stride, padding, dilation):
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if room < 0 or min(size, kernel, stride, dilation) < 1 or padding < 0:
        raise ValueError(f"{size=} {kernel=} {stride=} {padding=} {dilation=}")
    return room // stride + 1


def lengths(size, kernel, stride, padding, dilation):
    return [length(*axis) for axis in zip(size, kernel, stride, padding, dilation, strict=True)]


def spans(h, w, kernel, stride, dilation):
    """What the window sees whose number is h, w."""
    top, left = h * stride[0], w * stride[1]
    rows = slice(top, top + dilation[0] * (kernel[0] - 1) + 1, dilation[0])
    return ..., rows, slice(left, left + dilation[1] * (kernel[1] - 1) + 1, dilation[1])


def bordered(x, padding):
    border = np.zeros((*x.shape[:-2], x.shape[-2] + 2 * padding[0], x.shape[-1] + 2 * padding[1]), x.dtype)
    inside(border, padding, x.shape)[...] = x
    return border


def inside(border, padding, shape):
    return border[..., padding[0] : padding[0] + shape[-2], padding[1] : padding[1] + shape[-1]]


def require(x, weight, bias, groups):
    if x.ndim != 4 or weight.ndim != 4 or groups < 1:
        raise ValueError(f"{x.shape} {weight.shape} {groups=}")
    if x.shape[1] != weight.shape[1] * groups or len(weight) % groups or bias.shape != (len(weight),):
        raise ValueError(f"{x.shape} {weight.shape} {bias.shape} {groups=}")


# --- sizes and the plane -------------------------------------------------------------------------------------------


def size_by_divmod(size, kernel, stride=1, padding=0, dilation=1):
    if stride <= 0 or dilation <= 0 or padding < 0 or kernel <= 0 or size <= 0:
        raise ValueError(f"{size=} {kernel=} {stride=} {padding=} {dilation=}")
    steps, _ = divmod(size + 2 * padding - dilation * (kernel - 1) - 1, stride)
    if steps < 0:
        raise ValueError(f"{kernel=} does not fit into {size=}")
    return steps + 1


def size_by_ceiling(size, kernel, stride=1, padding=0, dilation=1):
    covered = kernel + (kernel - 1) * (dilation - 1)
    free = size + padding + padding - covered
    if free < 0 or min(stride, dilation, size, kernel) < 1 or padding < 0:
        raise ValueError(f"a kernel that covers {covered} of {size}")
    return math.ceil((free + 1) / stride)


def size_by_recursion(size, kernel, stride=1, padding=0, dilation=1):
    if padding < 0 or min(stride, dilation, size, kernel) < 1:
        raise ValueError(f"{size=} {kernel=}")
    if padding:
        return size_by_recursion(size + 2 * padding, kernel, stride, 0, dilation)
    reach = dilation * (kernel - 1) + 1
    if size < reach:
        raise ValueError(f"{size=} {kernel=}")
    return 1 + (size_by_recursion(size - stride, reach, stride) if size - stride >= reach else 0)


def require_room(image, kernel):
    if image.ndim != 2 or kernel.ndim != 2 or any(k > n for n, k in zip(image.shape, kernel.shape, strict=True)):
        raise ValueError(f"{image.shape} {kernel.shape}")


def correlate_by_rows(image, kernel):
    require_room(image, kernel)
    places = range(len(image) - len(kernel) + 1)
    rows = [[np.correlate(image[h + i], line, "valid") for i, line in enumerate(kernel)] for h in places]
    return np.array([np.sum(row, axis=0) for row in rows]).astype(np.result_type(image, kernel))


def correlate_in_a_list(image, kernel):
    require_room(image, kernel)
    (high, wide), flat = kernel.shape, kernel.ravel()
    down, across = range(len(image) - high + 1), range(image.shape[1] - wide + 1)
    return np.array([[image[h : h + high, w : w + wide].reshape(-1).dot(flat) for w in across] for h in down])


def correlate_in_float64(image, kernel):
    require_room(image, kernel)
    out = np.zeros(np.subtract(image.shape, kernel.shape) + 1)
    pixels, weights = image.astype(float), kernel.astype(float)
    for h, w in np.ndindex(out.shape):
        out[h, w] = (pixels[h : h + kernel.shape[0], w : w + kernel.shape[1]] * weights).sum()
    return out.astype(np.result_type(image.dtype, kernel.dtype))


def convolve_by_rows(image, kernel):
    require_room(image, kernel)
    last = len(kernel) - 1
    rows = range(len(image) - last)
    return np.stack([sum(np.convolve(image[r + last - i], k, "valid") for i, k in enumerate(kernel)) for r in rows])


# --- the layer -----------------------------------------------------------------------------------------------------


def recursive(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """One group after the other by calling itself; lists come back, and caches lie in a list."""
    require(x, weight, bias, groups)
    if groups > 1:
        parts = zip(np.split(x, groups, 1), np.split(weight, groups), np.split(bias, groups), strict=True)
        outs, caches = zip(*(recursive(*part, stride, padding, dilation) for part in parts), strict=True)
        return [np.concatenate(outs, axis=1), list(caches)]
    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    high, wide = lengths(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    border = bordered(x, padding)
    out = np.zeros((len(x), len(weight), high, wide), x.dtype)
    out += bias.reshape(1, -1, 1, 1)
    for i, j in product(*map(range, weight.shape[2:])):
        met = border[spans(i, j, (high, wide), dilation, stride)]
        out += np.tensordot(weight[:, :, i, j], met, (1, 1)).transpose(1, 0, 2, 3)
    return [out, {"border": border, "weight": weight, "how": (stride, padding, dilation), "shape": x.shape}]


def recursive_backward(dout, cache):
    if isinstance(cache, list):
        pieces = zip(np.split(dout, len(cache), axis=1), cache, strict=True)
        dxs, dweights, dbiases = zip(*(recursive_backward(*piece) for piece in pieces), strict=True)
        return [np.concatenate(dxs, 1), np.concatenate(dweights), np.concatenate(dbiases)]
    border, weight, (stride, padding, dilation) = cache["border"], cache["weight"], cache["how"]
    dborder, dweight = np.zeros_like(border), np.zeros_like(weight)
    for i, j in product(*map(range, weight.shape[2:])):
        met = spans(i, j, dout.shape[2:], dilation, stride)
        dweight[:, :, i, j] = np.tensordot(dout, border[met], ((0, 2, 3), (0, 2, 3)))
        dborder[met] += np.tensordot(dout, weight[:, :, i, j], (1, 0)).transpose(0, 3, 1, 2)
    return [inside(dborder, padding, cache["shape"]), dweight, dout.sum((0, 2, 3))]


def channels_last(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """The batch as (N, H, W, C), windows as the rows of a matrix."""
    require(x, weight, bias, groups)
    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    high, wide = lengths(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    image = np.moveaxis(bordered(x, padding), 1, -1)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:], strict=True)]
    seen = sliding_window_view(image, reach, axis=(1, 2))
    seen = seen[:, :: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]]
    rows = [np.ascontiguousarray(part).reshape(len(x) * high * wide, -1) for part in np.split(seen, groups, axis=3)]
    filters = [part.reshape(len(part), -1) for part in np.split(weight, groups)]
    out = np.hstack([matrix @ bank.T for matrix, bank in zip(rows, filters, strict=True)]) + bias
    shape = (len(x), high, wide, len(weight))
    return out.reshape(shape).transpose(0, 3, 1, 2), (rows, filters, weight.shape, x.shape, stride, padding, dilation)


def channels_last_backward(dout, cache):
    rows, filters, weight_shape, shape, stride, padding, dilation = cache
    kernel = weight_shape[2:]
    flat = np.split(dout.transpose(0, 2, 3, 1).reshape(-1, weight_shape[0]), len(filters), axis=1)
    dborder = bordered(np.zeros(shape, dout.dtype), padding)
    canvases = np.split(dborder, len(filters), axis=1)  # views
    for canvas, part, bank in zip(canvases, flat, filters, strict=True):
        dcols = (part @ bank).reshape(len(dout), *dout.shape[2:], -1, *kernel)
        for h, w in np.ndindex(dout.shape[2:]):
            canvas[spans(h, w, kernel, stride, dilation)] += dcols[:, h, w]
    dweight = np.concatenate([(part.T @ matrix) for part, matrix in zip(flat, rows, strict=True)]).reshape(weight_shape)
    return inside(dborder, padding, shape), dweight, np.concatenate(flat, axis=1).sum(axis=0)


def spread(array, step):
    """Zeros between the entries of the last two axes."""
    sizes = ((n - 1) * s + 1 for n, s in zip(array.shape[-2:], step, strict=True))
    out = np.zeros((*array.shape[:-2], *sizes))
    out[..., :: step[0], :: step[1]] = array
    return out


def textbook(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """A kernel with holes, in float64 inside; the way back is a full correlation with the kernel turned."""
    require(x, weight, bias, groups)
    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    lengths(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    kernels, border = spread(weight, dilation), bordered(x, padding).astype(float)
    seen = sliding_window_view(border, kernels.shape[2:], axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    banks = zip(np.split(seen, groups, axis=1), np.split(kernels, groups), strict=True)
    out = np.concatenate([np.einsum("nchwij,fcij->nfhw", *bank, optimize=True) for bank in banks], axis=1)
    out += bias[:, None, None]
    return out.astype(x.dtype), (border, kernels, x, stride, padding, dilation, groups)


def textbook_backward(dout, cache):
    border, kernels, x, stride, padding, dilation, groups = cache
    holes = spread(dout, stride)
    high, wide = (a + b - 1 for a, b in zip(holes.shape[2:], kernels.shape[2:], strict=True))
    full = bordered(holes, (kernels.shape[2] - 1, kernels.shape[3] - 1))
    seen = sliding_window_view(full, kernels.shape[2:], axis=(2, 3))
    met = sliding_window_view(border[:, :, :high, :wide], holes.shape[2:], axis=(2, 3))
    met = met[:, :, :: dilation[0], :: dilation[1]]
    dborder, dweights = np.zeros(border.shape), []
    turned = np.split(np.flip(kernels, axis=(2, 3)), groups)
    parts = zip(np.split(dborder, groups, 1), np.split(seen, groups, 1), turned, strict=True)
    for canvas, window, bank in parts:
        canvas[:, :, :high, :wide] = np.einsum("nfhwij,fcij->nchw", window, bank, optimize=True)
    for part, window in zip(np.split(holes, groups, 1), np.split(met, groups, 1), strict=True):
        dweights.append(np.einsum("nfij,nchwij->fchw", part, window, optimize=True))
    gradients = inside(dborder, padding, x.shape), np.concatenate(dweights), dout.sum(-1).sum(-1).sum(0)
    return tuple(gradient.astype(dout.dtype) for gradient in gradients)


# --- columns -------------------------------------------------------------------------------------------------------


def im2col_stacked(x, kernel_size, stride=1, padding=0, dilation=1):
    if x.ndim != 4:
        raise ValueError(f"{x.shape}")
    kernel, stride, padding, dilation = map(pair, (kernel_size, stride, padding, dilation))
    high, wide = lengths(x.shape[2:], kernel, stride, padding, dilation)
    border = bordered(x, padding)
    seen = [border[spans(h, w, kernel, stride, dilation)] for h in range(high) for w in range(wide)]
    return np.stack([window.reshape(len(x), -1) for window in seen], axis=-1)


def col2im_popped(cols, image_size, kernel_size, stride=1, padding=0, dilation=1):
    kernel, stride, padding, dilation = map(pair, (kernel_size, stride, padding, dilation))
    high, wide = lengths(image_size, kernel, stride, padding, dilation)
    if cols.ndim != 3 or cols.shape[1] % math.prod(kernel) or cols.shape[2] != high * wide:
        raise ValueError(f"{cols.shape} {image_size}")
    canvas = bordered(np.zeros((len(cols), cols.shape[1] // math.prod(kernel), *image_size), cols.dtype), padding)
    waiting = [cols[:, :, place] for place in range(high * wide)]
    for h, w in product(range(high), range(wide)):
        canvas[spans(h, w, kernel, stride, dilation)] += waiting.pop(0).reshape(len(cols), -1, *kernel)
    if padding[0]:
        canvas = canvas[:, :, padding[0] : -padding[0]]
    return canvas[..., padding[1] : -padding[1]] if padding[1] else canvas


def col2im_counted(cols, image_size, kernel_size, stride=1, padding=0, dilation=1):
    """bincount adds up what has the same number; it works in float64."""
    kernel, stride, padding, dilation = map(pair, (kernel_size, stride, padding, dilation))
    high, wide = lengths(image_size, kernel, stride, padding, dilation)
    if cols.ndim != 3 or cols.shape[1] % math.prod(kernel) or cols.shape[2] != high * wide:
        raise ValueError(f"{cols.shape} {image_size}")
    shape = cols.shape[1] // math.prod(kernel), image_size[0] + 2 * padding[0], image_size[1] + 2 * padding[1]
    c, i, j = np.indices((shape[0], *kernel)).reshape(3, -1, 1)
    h, w = np.indices((high, wide)).reshape(2, 1, -1)
    places = np.ravel_multi_index((c + 0 * h, i * dilation[0] + h * stride[0], j * dilation[1] + w * stride[1]), shape)
    added = [np.bincount(places.ravel(), one.ravel(), math.prod(shape)).reshape(shape) for one in cols]
    return inside(np.array(added), padding, image_size).astype(cols.dtype)


def linear_column_by_column(weight, bias, in_shape):
    if math.prod(in_shape) != len(weight):
        raise ValueError(f"{weight.shape} {in_shape}")
    return [np.array([column.reshape(in_shape) for column in weight.T], dtype=weight.dtype), bias.copy()]


_LAYERS = {
    "groups by recursion, lists": (recursive, recursive_backward),
    "channels last": (channels_last, channels_last_backward),
    "the textbook's, float64 inside": (textbook, textbook_backward),
}
_FAST = ("groups by recursion, lists",)

VARIANTS = {
    "conv_output_size": {
        "divmod": {"conv_output_size": size_by_divmod},
        "the ceiling": {"conv_output_size": size_by_ceiling},
        "recursion": {"conv_output_size": size_by_recursion},
    },
    "cross_correlate2d": {
        "np.correlate of rows": {"cross_correlate2d": correlate_by_rows},
        "a list of lists": {"cross_correlate2d": correlate_in_a_list},
        "float64 inside": {"cross_correlate2d": correlate_in_float64},
    },
    "convolve2d": {
        "np.flip": {"convolve2d": lambda image, kernel: correlate_in_a_list(image, np.flip(kernel))},
        "two quarter turns": {"convolve2d": lambda image, kernel: correlate_in_float64(image, np.rot90(kernel, 2))},
        "np.convolve of rows": {"convolve2d": convolve_by_rows},
    },
    "im2col": {"stacked windows": {"im2col": im2col_stacked}},
    "col2im": {"columns popped": {"col2im": col2im_popped}, "bincount": {"col2im": col2im_counted}},
    "linear_to_conv": {"a list of columns": {"linear_to_conv": linear_column_by_column}},
    **both_ways({"conv2d": _LAYERS, "conv2d_im2col": {style: _LAYERS[style] for style in _FAST}}),
}
