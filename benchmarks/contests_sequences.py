"""Recurrent layers beside loops over steps, examples and units, beside their cell called step by step, and PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from contest import Contest, Rival, torch_here

from solutions.recurrent import rnn_backward, rnn_cell_backward, rnn_cell_forward, rnn_forward

# Steps, batch, inputs, units.
SIZES = ((50, 32, 64, 64), (100, 16, 128, 256))


def contests(dtype: Any) -> Iterator[Contest]:
    """Forward and backward of each size; the loops run on one example of the batch."""
    for size in SIZES:
        yield from _rnn(dtype, *size)


def _rnn(dtype: Any, steps: int, batch: int, inputs: int, units: int) -> Iterator[Contest]:
    rng = np.random.default_rng(0)
    shapes = ((steps, batch, inputs), (batch, units), (inputs, units), (units, units), (units,))
    arguments = [rng.standard_normal(shape, dtype=dtype) / dtype(shape[0] ** 0.5) for shape in shapes]
    x, h0, *weights = arguments
    dhs = rng.standard_normal((steps, batch, units), dtype=dtype)
    hs, cache = rnn_forward(*arguments)
    one = x[:, :1], h0[:1]
    loops_hs, loops_cache = loops_forward(*one, *weights)
    cells_hs, cells_cache = cells_forward(*arguments)
    assert np.allclose(loops_hs, hs[:, :1], atol=1e-3)
    assert np.allclose(cells_hs, hs, atol=1e-3)
    for mine, other in zip(rnn_backward(dhs, cache), cells_backward(dhs, cells_cache), strict=True):
        assert np.linalg.norm(mine - other) <= 1e-3 * np.linalg.norm(other)
    assert np.allclose(loops_backward(dhs[:, :1], loops_cache)[0], rnn_backward(dhs, cache)[0][:, :1], atol=1e-2)
    forward = {
        "loops": Rival(lambda: loops_forward(*one, *weights), batch),
        "cells": Rival(lambda: cells_forward(*arguments)),
    }
    backward = {
        "loops": Rival(lambda: loops_backward(dhs[:, :1], loops_cache), batch),
        "cells": Rival(lambda: cells_backward(dhs, cells_cache)),
    }
    torchs = torch_calls(*arguments, dhs)
    if torchs is not None:
        forward["torch"], backward["torch"] = torchs
    name = f"{steps} steps, {batch}×{inputs}, {units} units"
    yield Contest(f"RNN forward  {name}", lambda: rnn_forward(*arguments), forward)
    yield Contest(f"RNN backward {name}", lambda: rnn_backward(dhs, cache), backward)


# --- loops over steps, examples and units, as textbooks have them ----------------------------------------------------


def loops_forward(x: np.ndarray, h0: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray) -> Any:
    states = np.zeros((len(x) + 1, *h0.shape), x.dtype)
    states[0] = h0
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            for j in range(len(bias)):
                a = np.dot(x[t, n], weight_ih[:, j]) + np.dot(states[t, n], weight_hh[:, j]) + bias[j]
                states[t + 1, n, j] = np.tanh(a)
    return states[1:], (x, states, weight_ih, weight_hh)


def loops_backward(dhs: np.ndarray, cache: Any) -> tuple[Any, ...]:
    x, states, weight_ih, weight_hh = cache
    dx, dh = np.zeros_like(x), np.zeros_like(states[0])
    dweight_ih, dweight_hh = np.zeros_like(weight_ih), np.zeros_like(weight_hh)
    dbias = np.zeros(len(weight_hh), dhs.dtype)
    for t in reversed(range(x.shape[0])):
        carried = np.zeros_like(dh)
        for n in range(x.shape[1]):
            for j in range(len(dbias)):
                da = (dhs[t, n, j] + dh[n, j]) * (1 - states[t + 1, n, j] ** 2)
                dx[t, n] += da * weight_ih[:, j]
                carried[n] += da * weight_hh[:, j]
                dweight_ih[:, j] += da * x[t, n]
                dweight_hh[:, j] += da * states[t, n]
                dbias[j] += da
        dh = carried
    return dx, dh, dweight_ih, dweight_hh, dbias


# --- the cell again and again, each step with a cache and all its products, as courses have it -----------------------


def cells_forward(x: np.ndarray, h0: np.ndarray, *weights: np.ndarray) -> tuple[np.ndarray, Any]:
    h, states, caches = h0, [], []
    for step in x:
        h, cache = rnn_cell_forward(step, h, *weights)
        states.append(h)
        caches.append(cache)
    return np.stack(states), caches


def cells_backward(dhs: np.ndarray, caches: Any) -> tuple[Any, ...]:
    dxs, sums = [], []
    dh = np.zeros_like(dhs[0])
    for upstream, cache in zip(dhs[::-1], caches[::-1], strict=True):
        dx, dh, *parameters = rnn_cell_backward(upstream + dh, cache)
        dxs.append(dx)
        sums = [total + part for total, part in zip(sums, parameters, strict=True)] if sums else parameters
    return np.stack(dxs[::-1]), dh, *sums


# --- PyTorch, where it is installed ----------------------------------------------------------------------------------


def torch_calls(
    x: np.ndarray, h0: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray, dhs: np.ndarray
) -> tuple[Rival, Rival] | None:
    torch = torch_here()
    if torch is None:
        return None
    layer = torch.nn.RNN(weight_ih.shape[0], len(bias)).to(torch.from_numpy(x).dtype)
    with torch.no_grad():
        for name, value in (("weight_ih_l0", weight_ih.T), ("weight_hh_l0", weight_hh.T), ("bias_ih_l0", bias)):
            getattr(layer, name).copy_(torch.from_numpy(np.ascontiguousarray(value)))
        layer.bias_hh_l0.zero_()
    inputs = [torch.from_numpy(x).requires_grad_(), torch.from_numpy(h0[None]).requires_grad_()]
    wanted, upstream = [*inputs, *layer.parameters()], torch.from_numpy(dhs)
    kept = layer(*inputs)[0]

    def forward() -> object:
        with torch.no_grad():
            return layer(*inputs)

    def backward() -> object:
        return torch.autograd.grad(kept, wanted, upstream, retain_graph=True)

    backward()  # the first call prepares itself for seconds
    return Rival(forward), Rival(backward)
