"""Right answers to the chapter `pooling`, written otherwise."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from variants import joined, pooling_students


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


@dataclass
class Geometry:
    """A layer's numbers, one by one, as many students' constructors hold them."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        height, width = self.shape[2:]
        self.rows = (height + 2 * self.padding[0] - self.kernel[0]) // self.stride[0] + 1
        self.columns = (width + 2 * self.padding[1] - self.kernel[1]) // self.stride[1] + 1
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"windows of {self.kernel} do not fit into {self.shape} with padding {self.padding}")

    @classmethod
    def of(cls, x, kernel_size, stride, padding) -> Geometry:
        kernel = pair(kernel_size)
        return cls(kernel, kernel if stride is None else pair(stride), pair(padding), x.shape)

    @property
    def sides(self):
        return (0, 0), (0, 0), (self.padding[0],) * 2, (self.padding[1],) * 2

    @property
    def padded_shape(self):
        return (*self.shape[:2], *(size + 2 * p for size, p in zip(self.shape[2:], self.padding, strict=True)))

    def unpadded(self, array):
        (top, left), (height, width) = self.padding, self.shape[2:]
        return array[:, :, top : top + height, left : left + width]

    def taps(self):
        """Each place in the window, with the pixels of the padded image that stand there in all windows."""
        for i, j in itertools.product(range(self.kernel[0]), range(self.kernel[1])):
            below, right = i + self.rows * self.stride[0], j + self.columns * self.stride[1]
            yield i, j, np.s_[:, :, i : below : self.stride[0], j : right : self.stride[1]]


# --- max-pooling ---------------------------------------------------------------------------------------------------


def max_loops(x, kernel_size, stride=None, padding=0):
    g = Geometry.of(x, kernel_size, stride, padding)
    out = np.zeros((x.shape[0], x.shape[1], g.rows, g.columns), dtype=x.dtype)
    chosen = {}
    for n, c, h, w in itertools.product(*map(range, out.shape)):
        best = None
        for i, j in itertools.product(range(g.kernel[0]), range(g.kernel[1])):
            row, column = h * g.stride[0] + i - g.padding[0], w * g.stride[1] + j - g.padding[1]
            if not (0 <= row < x.shape[2] and 0 <= column < x.shape[3]):
                continue
            if best is None or x[n, c, row, column] > x[best]:
                best = n, c, row, column
        out[n, c, h, w] = x[best]
        chosen[n, c, h, w] = best
    return out, (chosen, x.shape)


def max_loops_backward(dout, cache):
    chosen, shape = cache
    dx = np.zeros(shape, dtype=dout.dtype)
    for place, pixel in chosen.items():
        dx[pixel] += dout[place]
    return dx


def max_argmax(x, kernel_size, stride=None, padding=0):
    g = Geometry.of(x, kernel_size, stride, padding)
    padded = np.pad(x, g.sides, constant_values=-np.inf)
    windows = sliding_window_view(padded, g.kernel, axis=(2, 3))[:, :, :: g.stride[0], :: g.stride[1]]
    flat = windows.reshape(*windows.shape[:4], -1)
    places = flat.argmax(axis=-1)
    return np.take_along_axis(flat, places[..., None], axis=-1)[..., 0], {"places": places, "geometry": g}


def max_argmax_backward(dout, cache):
    g, places = cache["geometry"], cache["places"]
    n, c, h, w = np.indices(dout.shape)
    i, j = np.unravel_index(places, g.kernel)
    dpadded = np.zeros(g.padded_shape, dout.dtype)
    np.add.at(dpadded, (n, c, h * g.stride[0] + i, w * g.stride[1] + j), dout)
    return g.unpadded(dpadded)


def max_running(x, kernel_size, stride=None, padding=0):
    g = Geometry.of(x, kernel_size, stride, padding)
    padded = np.pad(x, g.sides, constant_values=np.finfo(x.dtype).min)
    out = winner = None
    for number, (_, _, pixels) in enumerate(g.taps()):
        found = padded[pixels]
        if out is None:
            out, winner = found.copy(), np.zeros(found.shape, int)
        else:
            better = found > out
            out, winner = np.where(better, found, out), np.where(better, number, winner)
    return out, [winner, g]


def max_running_backward(dout, cache):
    winner, g = cache
    dpadded = np.zeros(g.padded_shape, dout.dtype)
    for number, (_, _, pixels) in enumerate(g.taps()):
        dpadded[pixels] += dout * (winner == number)
    return np.ascontiguousarray(g.unpadded(dpadded))


def max_columns(x, kernel_size, stride=None, padding=0):
    """By im2col with arrays of indices, each channel taken for an image of its own."""
    g = Geometry.of(x, kernel_size, stride, padding)
    padded = np.pad(x, g.sides, mode="constant", constant_values=(-np.inf,))
    alone = padded.reshape(-1, *padded.shape[2:])
    i, j = (index.reshape(-1, 1) for index in np.indices(g.kernel))
    h, w = (index.reshape(1, -1) for index in np.indices((g.rows, g.columns)))
    rows, columns = h * g.stride[0] + i, w * g.stride[1] + j
    cols = alone[:, rows, columns]
    winner = np.argmax(cols, axis=1)
    out = cols.max(axis=1).reshape(*x.shape[:2], g.rows, g.columns)
    return out, (winner, rows, columns, g)


def max_columns_backward(dout, cache):
    winner, rows, columns, g = cache
    positions = np.arange(winner.shape[1])
    height, width = g.padded_shape[2:]
    flat = rows[winner, positions] * width + columns[winner, positions]
    flat = flat + np.arange(len(flat))[:, None] * height * width
    gathered = np.bincount(flat.ravel(), weights=dout.ravel(), minlength=len(winner) * height * width)
    return g.unpadded(gathered.reshape(g.padded_shape).astype(dout.dtype))


def max_clipped(x, kernel_size, stride=None, padding=0):
    """No border at all: windows end where the image ends."""
    g = Geometry.of(x, kernel_size, stride, padding)
    out = np.empty((*x.shape[:2], g.rows, g.columns), x.dtype)
    for h, w in np.ndindex(g.rows, g.columns):
        out[:, :, h, w] = x[_clipped(g, h, w)].max(axis=(2, 3))
    return out, (x.copy(), g)


def _clipped(g, h, w):
    top, left = h * g.stride[0] - g.padding[0], w * g.stride[1] - g.padding[1]
    return np.s_[:, :, max(top, 0) : top + g.kernel[0], max(left, 0) : left + g.kernel[1]]


def max_clipped_backward(dout, cache):
    x, g = cache
    dx = np.zeros(x.shape, dout.dtype)
    for h, w in np.ndindex(g.rows, g.columns):
        window = x[_clipped(g, h, w)]
        flat = window.reshape(*window.shape[:2], -1)
        first = (np.arange(flat.shape[2]) == flat.argmax(axis=2)[:, :, None]).reshape(window.shape)
        dx[_clipped(g, h, w)] += first * dout[:, :, h, w, None, None]
    return dx


def max_rows_then_columns(x, kernel_size, stride=None, padding=0):
    """Along the width first, then along the height."""
    g = Geometry.of(x, kernel_size, stride, padding)
    padded = np.pad(x, g.sides, constant_values=-np.inf)
    along = sliding_window_view(padded, g.kernel[1], axis=3)[:, :, :, :: g.stride[1]]
    widest = along.max(axis=-1)
    down = sliding_window_view(widest, g.kernel[0], axis=2)[:, :, :: g.stride[0]]
    return down.max(axis=-1), (along.argmax(axis=-1), down.argmax(axis=-1), g)


def max_rows_then_columns_backward(dout, cache):
    column, row, g = cache
    dwidest = np.zeros(column.shape, dout.dtype)
    for n, c, h, w in np.ndindex(*dout.shape):
        dwidest[n, c, h * g.stride[0] + row[n, c, h, w], w] += dout[n, c, h, w]
    dpadded = np.zeros(g.padded_shape, dout.dtype)
    for n, c, h, w in np.ndindex(*column.shape):
        dpadded[n, c, h, w * g.stride[1] + column[n, c, h, w]] += dwidest[n, c, h, w]
    return g.unpadded(dpadded).copy()


def max_edge(x, kernel_size, stride=None, padding=0):
    """A border that repeats the image's edge adds no value to a window that is not there already."""
    g = Geometry.of(x, kernel_size, stride, padding)
    padded = np.pad(x, g.sides, mode="edge")
    return np.stack([padded[pixels] for _, _, pixels in g.taps()]).max(axis=0), None


# --- average pooling -----------------------------------------------------------------------------------------------


def avg_loops(x, kernel_size, stride=None, padding=0):
    g = Geometry.of(x, kernel_size, stride, padding)
    out = np.zeros((x.shape[0], x.shape[1], g.rows, g.columns), dtype=x.dtype)
    for n, c, h, w in itertools.product(*map(range, out.shape)):
        total = 0.0
        for i, j in itertools.product(range(g.kernel[0]), range(g.kernel[1])):
            row, column = h * g.stride[0] + i - g.padding[0], w * g.stride[1] + j - g.padding[1]
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                total += float(x[n, c, row, column])
        out[n, c, h, w] = total / (g.kernel[0] * g.kernel[1])
    return out, g


def avg_loops_backward(dout, g):
    dx = np.zeros(g.shape, dtype=dout.dtype)
    for n, c, h, w in itertools.product(*map(range, dout.shape)):
        for i, j in itertools.product(range(g.kernel[0]), range(g.kernel[1])):
            row, column = h * g.stride[0] + i - g.padding[0], w * g.stride[1] + j - g.padding[1]
            if 0 <= row < g.shape[2] and 0 <= column < g.shape[3]:
                dx[n, c, row, column] += dout[n, c, h, w] / (g.kernel[0] * g.kernel[1])
    return dx


def avg_windows(x, kernel_size, stride=None, padding=0):
    g = Geometry.of(x, kernel_size, stride, padding)
    padded = np.pad(x, g.sides)
    windows = sliding_window_view(padded, g.kernel, axis=(2, 3))[:, :, :: g.stride[0], :: g.stride[1]]
    return windows.mean(axis=(-1, -2)), {"geometry": g}


def avg_windows_backward(dout, cache):
    g = cache["geometry"]
    dpadded = np.zeros(g.padded_shape, dout.dtype)
    windows = as_strided(
        dpadded,
        (*dout.shape, *g.kernel),
        (*dpadded.strides[:2], *np.multiply(dpadded.strides[2:], g.stride), *dpadded.strides[2:]),
    )
    for h, w in np.ndindex(*dout.shape[2:]):
        windows[:, :, h, w] += dout[:, :, h, w, None, None] / np.prod(g.kernel).astype(dout.dtype)
    return g.unpadded(dpadded)


def avg_summed_table(x, kernel_size, stride=None, padding=0):
    """Four corners of a table of sums for each window."""
    g = Geometry.of(x, kernel_size, stride, padding)
    table = np.pad(np.pad(x.astype(float), g.sides), ((0, 0), (0, 0), (1, 0), (1, 0))).cumsum(axis=2).cumsum(axis=3)
    top, left = np.arange(g.rows)[:, None] * g.stride[0], np.arange(g.columns) * g.stride[1]
    bottom, right = top + g.kernel[0], left + g.kernel[1]
    total = table[:, :, bottom, right] - table[:, :, top, right] - table[:, :, bottom, left] + table[:, :, top, left]
    return (total / (g.kernel[0] * g.kernel[1])).astype(x.dtype), g


def avg_summed_table_backward(dout, g):
    """The transpose of that: four corners for each window, and two cumulative sums."""
    height, width = g.padded_shape[2:]
    corners = np.zeros((*dout.shape[:2], height + 1, width + 1))
    share = dout.astype(float) / (g.kernel[0] * g.kernel[1])
    for h, w in np.ndindex(*dout.shape[2:]):
        top, left = h * g.stride[0], w * g.stride[1]
        bottom, right = top + g.kernel[0], left + g.kernel[1]
        corners[:, :, top, left] += share[:, :, h, w]
        corners[:, :, bottom, right] += share[:, :, h, w]
        corners[:, :, top, right] -= share[:, :, h, w]
        corners[:, :, bottom, left] -= share[:, :, h, w]
    return g.unpadded(corners.cumsum(axis=2).cumsum(axis=3)[:, :, :-1, :-1]).astype(dout.dtype)


def _averages(size, window, step, border, dtype):
    """The matrix (out, in) that averages along one axis."""
    count = (size + 2 * border - window) // step + 1
    first = np.arange(count)[:, None] * step - border
    pixels = np.arange(size)
    return (((pixels >= first) & (pixels < first + window)) / window).astype(dtype)


def avg_two_matrices(x, kernel_size, stride=None, padding=0):
    g = Geometry.of(x, kernel_size, stride, padding)
    down, along = (_averages(*axis, x.dtype) for axis in zip(x.shape[2:], g.kernel, g.stride, g.padding, strict=True))
    return down @ x @ along.T, (down, along)


def avg_two_matrices_backward(dout, cache):
    down, along = cache
    return down.T @ dout @ along


def avg_depthwise(x, kernel_size, stride=None, padding=0):
    """A convolution of each channel with equal weights."""
    g = Geometry.of(x, kernel_size, stride, padding)
    weight = np.full(g.kernel, 1 / (g.kernel[0] * g.kernel[1]), x.dtype)
    padded = np.pad(x, g.sides)
    windows = sliding_window_view(padded, g.kernel, axis=(2, 3))[:, :, :: g.stride[0], :: g.stride[1]]
    return np.einsum("nchwij,ij->nchw", windows, weight), (weight, g)


def avg_depthwise_backward(dout, cache):
    """The same turned round: zeros between the entries of dout, and a full convolution."""
    weight, g = cache
    spread = np.zeros((*dout.shape[:2], *g.padded_shape[2:]), dout.dtype)
    spread[:, :, : g.rows * g.stride[0] : g.stride[0], : g.columns * g.stride[1] : g.stride[1]] = dout
    grown = np.pad(spread, ((0, 0), (0, 0), (g.kernel[0] - 1, 0), (g.kernel[1] - 1, 0)))
    full = np.einsum("nchwij,ij->nchw", sliding_window_view(grown, g.kernel, axis=(2, 3)), weight[::-1, ::-1])
    return g.unpadded(full)


def avg_added_at(x, kernel_size, stride=None, padding=0):
    g = Geometry.of(x, kernel_size, stride, padding)
    padded = np.pad(x, g.sides)
    total = sum(padded[pixels] for _, _, pixels in g.taps())
    return total / (g.kernel[0] * g.kernel[1]), (g,)


def avg_added_at_backward(dout, cache):
    (g,) = cache
    dpadded = np.zeros(g.padded_shape, dout.dtype)
    n, c, h, w, i, j = np.indices((*dout.shape, *g.kernel))
    share = np.broadcast_to(dout[..., None, None] / (g.kernel[0] * g.kernel[1]), n.shape)
    np.add.at(dpadded, (n, c, h * g.stride[0] + i, w * g.stride[1] + j), share)
    return g.unpadded(dpadded)


# --- global average pooling ----------------------------------------------------------------------------------------


def global_loops(x):
    out = np.zeros(x.shape[:2], x.dtype)
    for n, c in np.ndindex(*out.shape):
        total = 0.0
        for row in x[n, c]:
            for pixel in row:
                total += float(pixel)
        out[n, c] = total / (x.shape[2] * x.shape[3])
    return out, x.shape


def global_loops_backward(dout, shape):
    dx = np.zeros(shape, dout.dtype)
    for n, c, h, w in np.ndindex(*shape):
        dx[n, c, h, w] = dout[n, c] / (shape[2] * shape[3])
    return dx


def global_flat(x):
    return x.reshape(*x.shape[:2], -1).mean(-1), {"x": x}


def global_flat_backward(dout, cache):
    x = cache["x"]
    return np.repeat(dout / x[0, 0].size, x[0, 0].size, axis=1).reshape(x.shape)


def global_einsum(x):
    return np.einsum("nchw->nc", x) / (x.shape[-1] * x.shape[-2]), [*x.shape]


def global_einsum_backward(dout, cache):
    height, width = cache[2:]
    return np.einsum("nc,hw->nchw", dout, np.full((height, width), 1 / (height * width), dout.dtype))


def global_mean_of_means(x):
    return x.mean(axis=3).mean(axis=2), np.ones_like(x) / x[0, 0].size


def global_mean_of_means_backward(dout, shares):
    return dout[:, :, np.newaxis, np.newaxis] * shares


def global_matmul(x):
    n, c, h, w = x.shape
    return (x.reshape(n * c, h * w) @ np.full(h * w, 1 / (h * w), x.dtype)).reshape(n, c), (n, c, h, w)


def global_matmul_backward(dout, cache):
    n, c, h, w = cache
    return (dout.reshape(-1, 1) @ np.full((1, h * w), 1 / (h * w), dout.dtype)).reshape(n, c, h, w)


def global_broadcast(x):
    return np.add.reduce(np.add.reduce(x, 3), 2) / np.prod(x.shape[2:]).astype(x.dtype), x.shape


def global_broadcast_backward(dout, shape):
    return np.broadcast_to(dout[..., None, None] / np.prod(shape[2:]).astype(dout.dtype), shape)


def _layer(name: str, **styles: Any) -> dict[str, Any]:
    """A layer's variants by the names of their styles: of its forward, and of both together."""
    return {
        f"{name}_forward": {style: {f"{name}_forward": functions[0]} for style, functions in styles.items()},
        f"{name}_backward": {
            style: {f"{name}_forward": functions[0], f"{name}_backward": functions[1]}
            for style, functions in styles.items()
            if len(functions) == 2
        },
    }


_OURS = {
    **_layer(
        "max_pool2d",
        loops=(max_loops, max_loops_backward),
        argmax=(max_argmax, max_argmax_backward),
        running_maximum=(max_running, max_running_backward),
        columns=(max_columns, max_columns_backward),
        clipped_windows=(max_clipped, max_clipped_backward),
        rows_then_columns=(max_rows_then_columns, max_rows_then_columns_backward),
        edge_repeated=(max_edge,),
    ),
    **_layer(
        "avg_pool2d",
        loops=(avg_loops, avg_loops_backward),
        windows=(avg_windows, avg_windows_backward),
        summed_table=(avg_summed_table, avg_summed_table_backward),
        two_matrices=(avg_two_matrices, avg_two_matrices_backward),
        depthwise_convolution=(avg_depthwise, avg_depthwise_backward),
        added_at=(avg_added_at, avg_added_at_backward),
    ),
    **_layer(
        "global_avg_pool2d",
        loops=(global_loops, global_loops_backward),
        flattened=(global_flat, global_flat_backward),
        einsum=(global_einsum, global_einsum_backward),
        mean_of_means=(global_mean_of_means, global_mean_of_means_backward),
        matrix_product=(global_matmul, global_matmul_backward),
        broadcast=(global_broadcast, global_broadcast_backward),
    ),
}

VARIANTS = joined(_OURS, pooling_students.VARIANTS)
