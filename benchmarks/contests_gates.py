"""LSTM and GRU beside a product and a pass for every gate and step, as courses have them, and beside PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from contest import Contest, Rival, torch_here

from solutions.lstm import gru_backward, gru_forward, lstm_backward, lstm_forward

# Steps, batch, inputs, units.
SIZES = ((50, 32, 64, 64), (100, 16, 128, 256))

Array = np.ndarray


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


@dataclass(frozen=True)
class Layer:
    """A layer of ours, how many states, blocks and biases it has, and a step of it as courses write it."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    states: int
    blocks: int
    biases: int
    step: Callable[..., Any]
    step_backward: Callable[..., Any]


def contests(dtype: Any) -> Iterator[Contest]:
    """Forward and backward of each layer in each size."""
    for steps, batch, inputs, units in SIZES:
        rng = np.random.default_rng(0)
        for layer in LAYERS:
            columns = layer.blocks * units
            shapes = [(inputs, columns), (units, columns), *[(columns,)] * layer.biases]
            weights = [0.1 * rng.standard_normal(shape, dtype=dtype) for shape in shapes]
            states = [rng.standard_normal((batch, units), dtype=dtype) for _ in range(layer.states)]
            x = rng.standard_normal((steps, batch, inputs), dtype=dtype)
            dhs = rng.standard_normal((steps, batch, units), dtype=dtype)
            yield from _both_ways(layer, f"{steps} steps, {batch}×{inputs}, {units} units", x, states, weights, dhs)


def _both_ways(
    layer: Layer, size: str, x: Array, states: Sequence[Array], weights: Sequence[Array], dhs: Array
) -> Iterator[Contest]:
    hs, cache = layer.forward(x, *states, *weights)
    cut = [np.split(weight, layer.blocks, axis=-1) for weight in weights]
    cells_hs, cells_cache = read(layer, x, states, cut)
    assert np.allclose(cells_hs, hs, atol=1e-4)
    ours = layer.backward(dhs, cache)
    assert np.allclose(read_back(layer, dhs, cells_cache)[0], ours[0], atol=1e-3)
    forward = {"cells": Rival(lambda: read(layer, x, states, cut))}
    backward = {"cells": Rival(lambda: read_back(layer, dhs, cells_cache))}
    torchs = torch_calls(layer, x, states, weights, dhs, hs)
    if torchs is not None:
        forward["torch"], backward["torch"] = torchs
    yield Contest(f"{layer.name} forward  {size}", lambda: layer.forward(x, *states, *weights), forward)
    yield Contest(f"{layer.name} backward {size}", lambda: layer.backward(dhs, cache), backward)


# --- a product and a pass for every gate, at every step ---------------------------------------------------------------


def read(layer: Layer, x: Array, states: Sequence[Array], cut: Sequence[Sequence[Array]]) -> tuple[Array, Any]:
    hs, caches = [], []
    for each in x:
        states, cache = layer.step(each, *states, *cut)
        hs.append(states[0])
        caches.append(cache)
    return np.stack(hs), (caches, x, cut)


def read_back(layer: Layer, dhs: Array, kept: Any) -> tuple[Any, ...]:
    """dx, the gradients of the first states, and lists with one gradient for each block of weights and biases."""
    caches, x, cut = kept
    carried = [np.zeros_like(dhs[0]) for _ in range(layer.states)]
    dx = np.zeros_like(x)
    totals = [[np.zeros_like(block) for block in blocks] for blocks in cut]
    for t in reversed(range(len(x))):
        h, of_input, of_state, carried = layer.step_backward([dhs[t] + carried[0], *carried[1:]], caches[t])
        for place, (da, db) in enumerate(zip(of_input, of_state, strict=True)):
            dx[t] += da @ cut[0][place].T
            carried[0] = carried[0] + db @ cut[1][place].T
            totals[0][place] += x[t].T @ da
            totals[1][place] += h.T @ db
            totals[2][place] += da.sum(axis=0)
            if layer.biases > 1:
                totals[3][place] += db.sum(axis=0)
    return dx, carried, totals


def _lstm_step(x: Array, h: Array, c: Array, w: Any, u: Any, b: Any) -> Any:
    i = sigmoid(x @ w[0] + h @ u[0] + b[0])
    f = sigmoid(x @ w[1] + h @ u[1] + b[1])
    g = np.tanh(x @ w[2] + h @ u[2] + b[2])
    o = sigmoid(x @ w[3] + h @ u[3] + b[3])
    c_next = f * c + i * g
    return (o * np.tanh(c_next), c_next), (h, c, i, f, g, o, c_next)


def _lstm_back(upstream: Sequence[Array], cache: Any) -> Any:
    h, c, i, f, g, o, c_next = cache
    dh, dc = upstream
    shown = np.tanh(c_next)
    dc = dc + dh * o * (1 - shown**2)
    da = [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2), dh * shown * o * (1 - o)]
    return h, da, da, [np.zeros_like(h), dc * f]


def _gru_step(x: Array, h: Array, w: Any, u: Any, b: Any, d: Any) -> Any:
    r = sigmoid(x @ w[0] + b[0] + h @ u[0] + d[0])
    z = sigmoid(x @ w[1] + b[1] + h @ u[1] + d[1])
    m = h @ u[2] + d[2]
    n = np.tanh(x @ w[2] + b[2] + r * m)
    return ((1 - z) * n + z * h,), (h, r, z, m, n)


def _gru_back(upstream: Sequence[Array], cache: Any) -> Any:
    h, r, z, m, n = cache
    dh = upstream[0]
    dn = dh * (1 - z) * (1 - n**2)
    dr, dz = dn * m * r * (1 - r), dh * (h - n) * z * (1 - z)
    return h, [dr, dz, dn], [dr, dz, dn * r], [dh * z]


LAYERS = (
    Layer("LSTM", lstm_forward, lstm_backward, 2, 4, 1, _lstm_step, _lstm_back),
    Layer("GRU ", gru_forward, gru_backward, 1, 3, 2, _gru_step, _gru_back),
)


# --- PyTorch, where it is installed ----------------------------------------------------------------------------------


def torch_calls(
    layer: Layer, x: Array, states: Sequence[Array], weights: Sequence[Array], dhs: Array, hs: Array
) -> tuple[Rival, Rival] | None:
    """Forward and backward of torch's layer with our weights: its rows are our columns, in the same order."""
    torch = torch_here()
    if torch is None:
        return None
    theirs = getattr(torch.nn, layer.name.strip())(x.shape[2], hs.shape[2])
    biases = [*weights[2:], np.zeros_like(weights[2])][:2]
    for parameter, ours in zip(theirs.parameters(), [weights[0].T, weights[1].T, *biases], strict=True):
        parameter.data = torch.tensor(np.ascontiguousarray(ours))
    inputs = torch.tensor(x, requires_grad=True)
    first = [torch.tensor(state)[None] for state in states]
    given = tuple(first) if len(first) > 1 else first[0]
    out, _ = theirs(inputs, given)
    assert np.allclose(out.detach().numpy(), hs, atol=1e-4)
    upstream = torch.tensor(dhs)
    return Rival(lambda: theirs(inputs, given)), Rival(lambda: out.backward(upstream, retain_graph=True))
