"""Right answers to the chapter `pooling` in students' own styles: indices, nan borders, dictionaries, tiles."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from variants import both_ways


def pair(value):
    return (value, value) if isinstance(value, (int, np.integer)) else tuple(value)


def sizes(x, kernel_size, stride, padding):
    kernel, border = pair(kernel_size), pair(padding)
    step = kernel if stride is None else pair(stride)
    if min(*kernel, *step) < 1 or min(border) < 0 or any(p >= k for p, k in zip(border, kernel, strict=True)):
        raise ValueError(f"{kernel} {step} {border}")
    if any(k > n + 2 * p for n, p, k in zip(x.shape[2:], border, kernel, strict=True)):
        raise ValueError(f"{kernel} does not fit into {x.shape}")
    return kernel, step, border


def framed(x, border, value):
    return np.pad(x, ((0, 0), (0, 0), (border[0],) * 2, (border[1],) * 2), constant_values=value)


def unframed(dx, border, shape):
    return dx[:, :, border[0] : border[0] + shape[2], border[1] : border[1] + shape[3]]


def max_gathered(x, kernel_size, stride=None, padding=0):
    """argmax of every window at once; lists come back."""
    kernel, step, border = sizes(x, kernel_size, stride, padding)
    frame = framed(x, border, -np.inf)
    seen = sliding_window_view(frame, kernel, axis=(2, 3))[:, :, :: step[0], :: step[1]]
    flat = seen.reshape(*seen.shape[:4], -1)
    best = flat.argmax(-1)
    return [np.take_along_axis(flat, best[..., None], -1)[..., 0], [best, frame.shape, x.shape, kernel, step, border]]


def max_gathered_backward(dout, cache):
    best, frame, shape, kernel, step, border = cache
    n, c, h, w = np.indices(dout.shape)
    i, j = np.unravel_index(best, kernel)
    place = np.ravel_multi_index((n, c, h * step[0] + i, w * step[1] + j), frame)
    added = np.bincount(place.ravel(), dout.ravel(), np.prod(frame)).reshape(frame)
    return unframed(added, border, shape).astype(dout.dtype)


def max_with_nan(x, kernel_size, stride=None, padding=0):
    """A border of nan, which nanmax passes over."""
    kernel, step, border = sizes(x, kernel_size, stride, padding)
    frame = framed(x, border, np.nan)
    seen = sliding_window_view(frame, kernel, axis=(2, 3))[:, :, :: step[0], :: step[1]]
    out = np.nanmax(seen, axis=(4, 5))
    return out, {"frame": frame, "out": out.copy(), "how": (kernel, step, border), "shape": x.shape}


def max_with_nan_backward(dout, cache):
    """All that equal the maximum, and of these the first: where their running count is 1."""
    kernel, step, border = cache["how"]
    dframe = np.zeros(cache["frame"].shape, dout.dtype)
    for h, w in np.ndindex(dout.shape[2:]):
        place = ..., slice(h * step[0], h * step[0] + kernel[0]), slice(w * step[1], w * step[1] + kernel[1])
        window = cache["frame"][place]
        hit = (window == cache["out"][:, :, h, w, None, None]).reshape(*window.shape[:2], -1)
        first = (hit & (hit.cumsum(axis=-1) == 1)).reshape(window.shape)
        dframe[place] += first * dout[:, :, h, w, None, None]
    return unframed(dframe, border, cache["shape"])


def max_noted(x, kernel_size, stride=None, padding=0):
    """No border at all: windows are cut at the edge, and a dictionary notes which pixel each has chosen."""
    kernel, step, border = sizes(x, kernel_size, stride, padding)
    high, wide = ((n + 2 * p - k) // s + 1 for n, p, k, s in zip(x.shape[2:], border, kernel, step, strict=True))
    out, chosen = np.zeros((*x.shape[:2], high, wide), x.dtype), {}
    for n, c, h, w in np.ndindex(out.shape):
        top, left = h * step[0] - border[0], w * step[1] - border[1]
        rows = range(max(0, top), min(x.shape[2], top + kernel[0]))
        columns = range(max(0, left), min(x.shape[3], left + kernel[1]))
        chosen[n, c, h, w] = max(product(rows, columns), key=lambda place: x[n, c, *place])
        out[n, c, h, w] = x[n, c, *chosen[n, c, h, w]]
    return out, (chosen, x.shape)


def max_noted_backward(dout, cache):
    chosen, shape = cache
    dx = np.zeros(shape, dout.dtype)
    for (n, c, h, w), (row, column) in chosen.items():
        dx[n, c, row, column] += dout[n, c, h, w]
    return dx


def avg_in_tiles(x, kernel_size, stride=None, padding=0):
    """A reshape where the windows are tiles, windows elsewhere."""
    kernel, step, border = sizes(x, kernel_size, stride, padding)
    cache = x.shape, kernel, step, border
    if step == kernel and not any(border):
        high, wide = x.shape[2] // kernel[0], x.shape[3] // kernel[1]
        tiles = x[:, :, : high * kernel[0], : wide * kernel[1]]
        return tiles.reshape(*x.shape[:2], high, kernel[0], wide, kernel[1]).mean(axis=(3, 5)), cache
    seen = sliding_window_view(framed(x, border, 0), kernel, axis=(-2, -1))
    return seen[..., :: step[0], :: step[1], :, :].mean((-1, -2)), cache


def avg_in_tiles_backward(dout, cache):
    shape, kernel, step, border = cache
    share = dout / (kernel[0] * kernel[1])
    if step == kernel and not any(border):
        dx = np.zeros(shape, dout.dtype)
        spread = share.repeat(kernel[0], axis=2).repeat(kernel[1], axis=3)
        dx[:, :, : spread.shape[2], : spread.shape[3]] = spread
        return dx
    dframe = framed(np.zeros(shape, dout.dtype), border, 0)
    for h, w in np.ndindex(dout.shape[2:]):
        window = dframe[:, :, h * step[0] : h * step[0] + kernel[0], w * step[1] : w * step[1] + kernel[1]]
        window += share[:, :, h, w, None, None]
    return unframed(dframe, border, shape)


def global_averaged(x):
    return [np.average(np.average(x, axis=-1), axis=-1), x]


def global_averaged_backward(dout, x):
    return np.ones_like(x) * (dout / (x.shape[2] * x.shape[3])).reshape(*x.shape[:2], 1, 1)


_STYLES = {
    "max_pool2d": {
        "argmax gathered, bincount": (max_gathered, max_gathered_backward),
        "a border of nan": (max_with_nan, max_with_nan_backward),
        "a dictionary of places": (max_noted, max_noted_backward),
    },
    "avg_pool2d": {"tiles": (avg_in_tiles, avg_in_tiles_backward)},
    "global_avg_pool2d": {"np.average twice": (global_averaged, global_averaged_backward)},
}

VARIANTS = both_ways(_STYLES)
