"""The convolution layer beside four loops, beside im2col by index arrays over the whole batch, and beside PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from contest import Contest, Rival, torch_here

from solutions.convolution import conv2d_im2col_backward, conv2d_im2col_forward

# Batch, channels, height, width; filters, kernel, stride, padding.
SIZES = (
    (8, 16, 32, 32, 32, 3, 1, 1),
    (8, 64, 28, 28, 64, 3, 1, 1),
    (4, 3, 112, 112, 32, 7, 2, 3),
    (4, 64, 28, 28, 128, 1, 1, 0),
)


def contests(dtype: Any) -> Iterator[Contest]:
    """Forward and backward of each size; the loops run on one image of the batch."""
    for size in SIZES:
        yield from _both_ways(dtype, *size)


def _both_ways(
    dtype: Any, batch: int, channels: int, height: int, width: int, filters: int, kernel: int, stride: int, padding: int
) -> Iterator[Contest]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, channels, height, width), dtype=dtype)
    weight = rng.standard_normal((filters, channels, kernel, kernel), dtype=dtype)
    bias = rng.standard_normal(filters, dtype=dtype)
    layer = weight, bias, stride, padding
    out, cache = conv2d_im2col_forward(x, *layer)
    dout = rng.standard_normal(out.shape, dtype=dtype)
    loops_out, loops_cache = loops_forward(x[:1], *layer)
    indexed_out, indexed_cache = indexed_forward(x, *layer)
    for other in (loops_out, indexed_out):
        assert np.allclose(other, out[: len(other)], rtol=1e-3, atol=1e-3)
    for mine, other in zip(conv2d_im2col_backward(dout, cache), indexed_backward(dout, indexed_cache), strict=True):
        assert np.linalg.norm(mine - other) <= 1e-4 * np.linalg.norm(other)
    forward = {
        "loops": Rival(lambda: loops_forward(x[:1], *layer), batch),
        "im2col": Rival(lambda: indexed_forward(x, *layer)),
    }
    backward = {
        "loops": Rival(lambda: loops_backward(dout[:1], loops_cache), batch),
        "im2col": Rival(lambda: indexed_backward(dout, indexed_cache)),
    }
    torchs = torch_calls(x, *layer, dout)
    if torchs is not None:
        forward["torch"], backward["torch"] = torchs
    name = f"{batch}×{channels}×{height}×{width}, {filters} of {kernel}×{kernel}, stride {stride}"
    columns = batch * channels * kernel * kernel * out.shape[2] * out.shape[3] * x.itemsize
    yield Contest(f"convolution forward  {name}", lambda: conv2d_im2col_forward(x, *layer), forward, columns)
    yield Contest(f"convolution backward {name}", lambda: conv2d_im2col_backward(dout, cache), backward)


# --- loops over images, filters, rows and columns, as textbooks have them --------------------------------------------


def loops_forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int, padding: int) -> tuple[Any, Any]:
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    filters, _, kernel, _ = weight.shape
    height = (padded.shape[2] - kernel) // stride + 1
    width = (padded.shape[3] - kernel) // stride + 1
    out = np.zeros((x.shape[0], filters, height, width), x.dtype)
    for n in range(x.shape[0]):
        for f in range(filters):
            for h in range(height):
                for w in range(width):
                    top, left = h * stride, w * stride
                    window = padded[n, :, top : top + kernel, left : left + kernel]
                    out[n, f, h, w] = np.sum(window * weight[f]) + bias[f]
    return out, (padded, weight, stride, padding)


def loops_backward(dout: np.ndarray, cache: Any) -> tuple[Any, Any, Any]:
    padded, weight, stride, padding = cache
    kernel = weight.shape[2]
    dpadded, dweight, dbias = np.zeros_like(padded), np.zeros_like(weight), np.zeros(len(weight), dout.dtype)
    for n, f, h, w in np.ndindex(dout.shape):
        top, left = h * stride, w * stride
        dweight[f] += dout[n, f, h, w] * padded[n, :, top : top + kernel, left : left + kernel]
        dpadded[n, :, top : top + kernel, left : left + kernel] += dout[n, f, h, w] * weight[f]
        dbias[f] += dout[n, f, h, w]
    inner = slice(padding, -padding or None)
    return dpadded[:, :, inner, inner], dweight, dbias


# --- im2col by index arrays, the whole batch at once, as courses have it ---------------------------------------------


def indexed_forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int, padding: int) -> tuple[Any, Any]:
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    batch, channels, filters, kernel = x.shape[0], x.shape[1], weight.shape[0], weight.shape[2]
    height = (padded.shape[2] - kernel) // stride + 1
    width = (padded.shape[3] - kernel) // stride + 1
    taps = np.arange(kernel)
    rows = np.tile(np.repeat(taps, kernel), channels)[:, None] + stride * np.repeat(np.arange(height), width)
    columns = np.tile(np.tile(taps, kernel), channels)[:, None] + stride * np.tile(np.arange(width), height)
    channel = np.repeat(np.arange(channels), kernel * kernel)[:, None]
    cols = padded[:, channel, rows, columns].transpose(1, 2, 0).reshape(channels * kernel * kernel, -1)
    product = weight.reshape(filters, -1) @ cols + bias[:, None]
    out = product.reshape(filters, height, width, batch).transpose(3, 0, 1, 2)
    return out, (padded.shape, weight, cols, (channel, rows, columns), padding)


def indexed_backward(dout: np.ndarray, cache: Any) -> tuple[Any, Any, Any]:
    shape, weight, cols, (channel, rows, columns), padding = cache
    flat = dout.transpose(1, 2, 3, 0).reshape(len(weight), -1)
    dweight = (flat @ cols.T).reshape(weight.shape)
    dcols = (weight.reshape(len(weight), -1).T @ flat).reshape(len(cols), -1, len(dout)).transpose(2, 0, 1)
    dpadded = np.zeros(shape, dout.dtype)
    np.add.at(dpadded, (slice(None), channel, rows, columns), dcols)
    inner = slice(padding, -padding or None)
    return dpadded[:, :, inner, inner], dweight, dout.sum(axis=(0, 2, 3))


# --- PyTorch, where it is installed ----------------------------------------------------------------------------------


def torch_calls(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int, padding: int, dout: np.ndarray
) -> tuple[Rival, Rival] | None:
    torch = torch_here()
    if torch is None:
        return None
    arrays = [torch.from_numpy(array).requires_grad_() for array in (x, weight, bias)]
    upstream = torch.from_numpy(dout)
    kept = torch.nn.functional.conv2d(*arrays, stride=stride, padding=padding)

    def forward() -> object:
        with torch.no_grad():
            return torch.nn.functional.conv2d(*arrays, stride=stride, padding=padding)

    return Rival(forward), Rival(lambda: torch.autograd.grad(kept, arrays, upstream, retain_graph=True))
