"""Pooling beside four loops, beside im2col with argmax, beside the reshaping trick for tiles, and beside PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from contest import Contest, Rival, torch_here

from solutions.pooling import avg_pool2d_backward, avg_pool2d_forward, max_pool2d_backward, max_pool2d_forward

# Batch, channels, height, width; kernel, stride.
SIZES = ((8, 16, 32, 32, 2, 2), (8, 32, 55, 55, 3, 2))


def contests(dtype: Any) -> Iterator[Contest]:
    """Forward and backward of each size; the loops run on one image of the batch."""
    for batch, channels, height, width, kernel, stride in SIZES:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((batch, channels, height, width), dtype=dtype)
        settings = kernel, stride
        name = f"{batch}×{channels}×{height}×{width}, window {kernel}, stride {stride}"
        for kind, ours, ours_backward in (
            ("max", max_pool2d_forward, max_pool2d_backward),
            ("avg", avg_pool2d_forward, avg_pool2d_backward),
        ):
            yield from _both_ways(kind, name, x, settings, ours, ours_backward, rng)


def _both_ways(
    kind: str, name: str, x: np.ndarray, settings: tuple[int, int], ours: Any, ours_backward: Any, rng: Any
) -> Iterator[Contest]:
    out, cache = ours(x, *settings)
    dout = rng.standard_normal(out.shape, dtype=x.dtype)
    loops_out = loops_forward(kind, x[:1], *settings)
    columns_out, columns_cache = columns_forward(kind, x, *settings)
    for other in (loops_out, columns_out):
        assert np.allclose(other, out[: len(other)], atol=1e-5)
    assert np.allclose(columns_backward(kind, dout, columns_cache), ours_backward(dout, cache), atol=1e-5)
    assert np.allclose(loops_backward(kind, dout[:1], x[:1], *settings), ours_backward(dout, cache)[:1], atol=1e-5)
    forward = {
        "loops": Rival(lambda: loops_forward(kind, x[:1], *settings), len(x)),
        "im2col": Rival(lambda: columns_forward(kind, x, *settings)),
    }
    backward = {
        "loops": Rival(lambda: loops_backward(kind, dout[:1], x[:1], *settings), len(x)),
        "im2col": Rival(lambda: columns_backward(kind, dout, columns_cache)),
    }
    if settings[0] == settings[1]:
        tiles_out, tiles_cache = tiles_forward(kind, x, settings[0])
        assert np.allclose(tiles_out, out, atol=1e-5)
        assert np.allclose(tiles_backward(kind, dout, tiles_cache), ours_backward(dout, cache), atol=1e-5)
        forward["reshape"] = Rival(lambda: tiles_forward(kind, x, settings[0]))
        backward["reshape"] = Rival(lambda: tiles_backward(kind, dout, tiles_cache))
    torchs = torch_calls(kind, x, *settings, dout)
    if torchs is not None:
        forward["torch"], backward["torch"] = torchs
    yield Contest(f"{kind}-pooling forward  {name}", lambda: ours(x, *settings), forward)
    yield Contest(f"{kind}-pooling backward {name}", lambda: ours_backward(dout, cache), backward)


# --- loops over images, channels, rows and columns, as textbooks have them -------------------------------------------


def _size(x: np.ndarray, kernel: int, stride: int) -> tuple[int, int]:
    return (x.shape[2] - kernel) // stride + 1, (x.shape[3] - kernel) // stride + 1


def loops_forward(kind: str, x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    statistic = {"max": np.max, "avg": np.mean}[kind]
    out = np.zeros((*x.shape[:2], *_size(x, kernel, stride)), x.dtype)
    for n, c, h, w in np.ndindex(out.shape):
        out[n, c, h, w] = statistic(x[n, c, h * stride : h * stride + kernel, w * stride : w * stride + kernel])
    return out


def loops_backward(kind: str, dout: np.ndarray, x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    dx = np.zeros_like(x)
    for n, c, h, w in np.ndindex(dout.shape):
        place = n, c, slice(h * stride, h * stride + kernel), slice(w * stride, w * stride + kernel)
        window = x[place]
        if kind == "max":
            dx[place] += dout[n, c, h, w] * (window == np.max(window))
        else:
            dx[place] += dout[n, c, h, w] / window.size
    return dx


# --- every channel an image of its own, its windows as columns, as courses have it -----------------------------------


def columns_forward(kind: str, x: np.ndarray, kernel: int, stride: int) -> tuple[np.ndarray, Any]:
    images = x.reshape(-1, *x.shape[2:])
    (height, width), taps = _size(x, kernel, stride), np.arange(kernel)
    rows = np.repeat(taps, kernel)[:, None] + stride * np.repeat(np.arange(height), width)
    columns = np.tile(taps, kernel)[:, None] + stride * np.tile(np.arange(width), height)
    cols = images[:, rows, columns].transpose(1, 2, 0).reshape(kernel * kernel, -1)
    largest = np.argmax(cols, axis=0)
    flat = cols[largest, np.arange(cols.shape[1])] if kind == "max" else cols.mean(axis=0)
    out = flat.reshape(height, width, *x.shape[:2]).transpose(2, 3, 0, 1)
    return out, (x.shape, cols.shape, largest, rows, columns)


def columns_backward(kind: str, dout: np.ndarray, cache: Any) -> np.ndarray:
    shape, cols_shape, largest, rows, columns = cache
    dcols = np.zeros(cols_shape, dout.dtype)
    flat = dout.transpose(2, 3, 0, 1).ravel()
    if kind == "max":
        dcols[largest, np.arange(cols_shape[1])] = flat
    else:
        dcols[:] = flat / cols_shape[0]
    dimages = np.zeros((shape[0] * shape[1], *shape[2:]), dout.dtype)
    np.add.at(dimages, (slice(None), rows, columns), dcols.reshape(cols_shape[0], -1, len(dimages)).transpose(2, 0, 1))
    return dimages.reshape(shape)


# --- tiles by reshaping, where windows neither overlap nor leave anything over ---------------------------------------


def tiles_forward(kind: str, x: np.ndarray, kernel: int) -> tuple[np.ndarray, Any]:
    batch, channels, height, width = x.shape
    tiles = x.reshape(batch, channels, height // kernel, kernel, width // kernel, kernel)
    out = tiles.max(axis=3).max(axis=4) if kind == "max" else tiles.mean(axis=(3, 5))
    return out, (tiles, out)


def tiles_backward(kind: str, dout: np.ndarray, cache: Any) -> np.ndarray:
    tiles, out = cache
    shape = (*tiles.shape[:2], tiles.shape[2] * tiles.shape[3], tiles.shape[4] * tiles.shape[5])
    spread = np.broadcast_to(dout[:, :, :, None, :, None], tiles.shape)
    if kind == "avg":
        return (spread / (tiles.shape[3] * tiles.shape[5])).reshape(shape)
    chosen = tiles == out[:, :, :, None, :, None]
    dtiles = np.zeros_like(tiles)
    dtiles[chosen] = spread[chosen]
    dtiles /= np.sum(chosen, axis=(3, 5), keepdims=True)
    return dtiles.reshape(shape)


# --- PyTorch, where it is installed ----------------------------------------------------------------------------------


def torch_calls(kind: str, x: np.ndarray, kernel: int, stride: int, dout: np.ndarray) -> tuple[Rival, Rival] | None:
    torch = torch_here()
    if torch is None:
        return None
    pool = {"max": torch.nn.functional.max_pool2d, "avg": torch.nn.functional.avg_pool2d}[kind]
    images, upstream = torch.from_numpy(x).requires_grad_(), torch.from_numpy(dout)
    kept = pool(images, kernel, stride)

    def forward() -> object:
        with torch.no_grad():
            return pool(images, kernel, stride)

    return Rival(forward), Rival(lambda: torch.autograd.grad(kept, images, upstream, retain_graph=True))
