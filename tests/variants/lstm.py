"""Right answers to the chapter `lstm`, written otherwise: the LSTM here, the GRU in a room of its own."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from variants import lstm_gru


def sigmoid(a):
    """Without a warning at any finite number: by the sign of a."""
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, small) / (1 + small)


# --- one step ------------------------------------------------------------------------------------------------------


def gate_by_gate_forward(x, h, c, weight_ih, weight_hh, bias):
    """Four products of each kind; the cache is a dictionary."""
    units = h.shape[1]
    sums = {}
    for place, gate in enumerate("ifgo"):
        block = slice(place * units, (place + 1) * units)
        sums[gate] = x @ weight_ih[:, block] + h @ weight_hh[:, block] + bias[block]
    i, f, g, o = sigmoid(sums["i"]), sigmoid(sums["f"]), np.tanh(sums["g"]), sigmoid(sums["o"])
    c_next = f * c + i * g
    cache = {"x": x, "h": h, "c": c, "w": weight_ih, "u": weight_hh, "gates": (i, f, g, o), "c_next": c_next}
    return o * np.tanh(c_next), c_next, cache


def gate_by_gate_backward(dh_next, dc_next, cache):
    x, h, c, w, u = (cache[name] for name in ("x", "h", "c", "w", "u"))
    i, f, g, o = cache["gates"]
    tanh_c = np.tanh(cache["c_next"])
    dc_all = dc_next + dh_next * o * (1 - tanh_c**2)
    sums = [dc_all * g * i * (1 - i), dc_all * c * f * (1 - f), dc_all * i * (1 - g**2), dh_next * tanh_c * o * (1 - o)]
    dx, dh = np.zeros_like(x), np.zeros_like(h)
    dw, du, db = np.zeros_like(w), np.zeros_like(u), np.zeros(u.shape[1], u.dtype)
    units = h.shape[1]
    for place, da in enumerate(sums):
        block = slice(place * units, (place + 1) * units)
        dx += da @ w[:, block].T
        dh += da @ u[:, block].T
        dw[:, block] = x.T @ da
        du[:, block] = h.T @ da
        db[block] = da.sum(axis=0)
    return dx, dh, dc_all * f, dw, du, db


def joined_forward(x, h, c, weight_ih, weight_hh, bias):
    """Input and state side by side and one product, then np.split."""
    both, weight = np.hstack([x, h]), np.vstack([weight_ih, weight_hh])
    a_i, a_f, a_g, a_o = np.split(both @ weight + bias, 4, axis=1)
    with np.errstate(over="ignore"):
        i, f, o = (1 / (1 + np.exp(-a)) for a in (a_i, a_f, a_o))
    g = np.tanh(a_g)
    c_next = np.add(f * c, i * g)
    tanh_c = np.tanh(c_next)
    return o * tanh_c, c_next, (both, weight, x.shape[1], c, i, f, g, o, tanh_c)


def joined_backward(dh_next, dc_next, cache):
    both, weight, cut, c, i, f, g, o, tanh_c = cache
    do = dh_next * tanh_c
    dc = dh_next * o
    dc = dc - dc * tanh_c * tanh_c + dc_next
    da = np.hstack([dc * g * (i - i * i), dc * c * (f - f * f), dc * (i - i * g * g), do * (o - o * o)])
    dboth, dweight = da @ weight.T, both.T @ da
    return dboth[:, :cut], dboth[:, cut:], dc * f, dweight[:cut], dweight[cut:], np.add.reduce(da)


def loops_forward(x, h, c, weight_ih, weight_hh, bias):
    """No array arithmetic at all."""
    (examples, units), inputs = h.shape, x.shape[1]
    h_next, c_next = np.zeros(h.shape, h.dtype), np.zeros(c.shape, c.dtype)
    gates = np.zeros((4, examples, units), h.dtype)
    for n in range(examples):
        for j in range(units):
            for gate in range(4):
                column = gate * units + j
                total = float(bias[column])
                for d in range(inputs):
                    total += float(x[n, d]) * float(weight_ih[d, column])
                for k in range(units):
                    total += float(h[n, k]) * float(weight_hh[k, column])
                gates[gate, n, j] = math.tanh(total) if gate == 2 else 0.5 * (1 + math.tanh(total / 2))
            i, f, g, o = (float(value) for value in gates[:, n, j])
            c_next[n, j] = f * float(c[n, j]) + i * g
            h_next[n, j] = o * math.tanh(c_next[n, j])
    return h_next, c_next, [x, h, c, weight_ih, weight_hh, gates, c_next.copy()]


def loops_backward(dh_next, dc_next, cache):
    x, h, c, weight_ih, weight_hh, gates, c_next = cache
    dx, dh, dc, dw, du = (np.zeros(array.shape, array.dtype) for array in (x, h, c, weight_ih, weight_hh))
    db = np.zeros(weight_hh.shape[1], weight_hh.dtype)
    units = h.shape[1]
    for n in range(len(x)):
        for j in range(units):
            i, f, g, o = gates[:, n, j]
            shown = math.tanh(c_next[n, j])
            through = dc_next[n, j] + dh_next[n, j] * o * (1 - shown * shown)
            dc[n, j] = through * f
            slopes = (
                through * g * i * (1 - i),
                through * c[n, j] * f * (1 - f),
                through * i * (1 - g * g),
                dh_next[n, j] * shown * o * (1 - o),
            )
            for gate, da in enumerate(slopes):
                column = gate * units + j
                db[column] += da
                for d in range(x.shape[1]):
                    dx[n, d] += da * weight_ih[d, column]
                    dw[d, column] += da * x[n, d]
                for k in range(units):
                    dh[n, k] += da * weight_hh[k, column]
                    du[k, column] += da * h[n, k]
    return dx, dh, dc, dw, du, db


def einsum_forward(x, h, c, weight_ih, weight_hh, bias):
    """Weights with an axis for the gates; the cache holds the sums, and the way back works everything out again."""
    units = h.shape[1]
    w, u, b = (array.reshape(*array.shape[:-1], 4, units) for array in (weight_ih, weight_hh, bias))
    a = np.einsum("nd,dgj->gnj", x, w) + np.einsum("nk,kgj->gnj", h, u) + b[:, None, :]
    i, f, g, o = sigmoid(a[0]), sigmoid(a[1]), np.tanh(a[2]), sigmoid(a[3])
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, SimpleNamespace(x=x, h=h, c=c, w=w, u=u, a=a)


def einsum_backward(dh_next, dc_next, cache):
    i, f, g, o = sigmoid(cache.a[0]), sigmoid(cache.a[1]), np.tanh(cache.a[2]), sigmoid(cache.a[3])
    c_next = f * cache.c + i * g
    dc = dc_next + dh_next * o / np.cosh(c_next) ** 2
    da = np.stack(
        [
            dc * g * i * sigmoid(-cache.a[0]),
            dc * cache.c * f * sigmoid(-cache.a[1]),
            dc * i / np.cosh(cache.a[2]) ** 2,
            dh_next * np.tanh(c_next) * o * sigmoid(-cache.a[3]),
        ]
    )
    columns = 4 * cache.h.shape[1]
    return (
        np.einsum("gnj,dgj->nd", da, cache.w),
        np.einsum("gnj,kgj->nk", da, cache.u),
        dc * f,
        np.einsum("nd,gnj->dgj", cache.x, da).reshape(-1, columns),
        np.einsum("nk,gnj->kgj", cache.h, da).reshape(-1, columns),
        np.einsum("gnj->gj", da).reshape(columns),
    )


@dataclass
class Step:
    """The cache as an object with a method; it owns copies of all it was given."""

    x: np.ndarray
    h: np.ndarray
    c: np.ndarray
    weights: tuple[np.ndarray, np.ndarray]
    gates: np.ndarray
    c_next: np.ndarray

    def back(self, dh_next, dc_next):
        units = self.h.shape[1]
        i, f, g, o = (self.gates[:, k * units : (k + 1) * units] for k in range(4))
        da = np.empty_like(self.gates)
        shown = np.tanh(self.c_next)
        whole = np.array(dc_next)
        whole += dh_next * o * (1 - shown**2)
        da[:, :units] = whole * g
        da[:, units : 2 * units] = whole * self.c
        da[:, 2 * units : 3 * units] = whole * i
        da[:, 3 * units :] = dh_next * shown
        slopes = self.gates * (1 - self.gates)
        slopes[:, 2 * units : 3 * units] = 1 - g**2
        da *= slopes
        w, u = self.weights
        return np.dot(w, da.T).T, np.dot(u, da.T).T, whole * f, np.dot(da.T, self.x).T, np.dot(da.T, self.h).T, sum(da)


def object_forward(x, h, c, weight_ih, weight_hh, bias):
    a = np.add(np.dot(x, weight_ih), np.dot(h, weight_hh)) + bias[None, :]
    units = h.shape[1]
    candidates = np.zeros(4 * units, bool)
    candidates[2 * units : 3 * units] = True
    gates = np.where(candidates, np.tanh(a), sigmoid(a))
    i, f, g, o = (gates[:, k * units : (k + 1) * units] for k in range(4))
    c_next = c.copy()
    c_next *= f
    c_next += i * g
    kept = Step(np.array(x), np.array(h), np.array(c), (np.array(weight_ih), np.array(weight_hh)), gates, c_next.copy())
    return o * np.tanh(c_next), c_next, kept


def object_backward(dh_next, dc_next, cache):
    return cache.back(dh_next, dc_next)


def closure_forward(x, h, c, weight_ih, weight_hh, bias):
    """Example by example; the cache is a list of functions."""
    results, backs = [], []
    for x_n, h_n, c_n in zip(x, h, c, strict=True):
        h_next, c_next, back = _one_example(x_n, h_n, c_n, weight_ih, weight_hh, bias)
        results.append((h_next, c_next))
        backs.append(back)
    return np.stack([h for h, _ in results]), np.stack([c for _, c in results]), backs


def _one_example(x, h, c, w, u, b):
    a = w.T @ x + u.T @ h + b
    i, f, g, o = (act(part) for act, part in zip((sigmoid, sigmoid, np.tanh, sigmoid), a.reshape(4, -1), strict=True))
    c_next = f * c + i * g
    shown = np.tanh(c_next)

    def back(dh, dc):
        dc = dc + dh * o * (1 - shown**2)
        da = np.concatenate([dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2), dh * shown * o * (1 - o)])
        return w @ da, u @ da, dc * f, np.outer(x, da), np.outer(h, da), da

    return o * shown, c_next, back


def closure_backward(dh_next, dc_next, cache):
    found = [back(dh, dc) for back, dh, dc in zip(cache, dh_next, dc_next, strict=True)]
    states = [np.stack([one[place] for one in found]) for place in range(3)]
    return *states, *(sum(one[place] for one in found) for place in range(3, 6))


# --- a sequence ----------------------------------------------------------------------------------------------------


def chained_forward(x, h0, c0, weight_ih, weight_hh, bias):
    """The cell again and again, each with a cache of its own."""
    h, c, states, caches = h0, c0, [], []
    for step in x:
        h, c, cache = joined_forward(step, h, c, weight_ih, weight_hh, bias)
        states.append(h)
        caches.append(cache)
    return np.stack(states), caches


def chained_backward(dhs, cache):
    """Sums that grow as the loop runs back, over reversed views."""
    dh = dc = np.zeros(dhs.shape[1:], dhs.dtype)
    dxs, totals = deque(), [0, 0, 0]
    for dh_here, one in zip(dhs[::-1], cache[::-1], strict=True):
        dx, dh, dc, *parameters = joined_backward(dh_here + dh, dc, one)
        dxs.appendleft(dx)
        totals = [total + part for total, part in zip(totals, parameters, strict=True)]
    return np.stack(dxs), dh, dc, *totals


def filled_forward(x, h0, c0, weight_ih, weight_hh, bias):
    """States in arrays that begin with the first ones, all gates in one array."""
    units, steps = h0.shape[1], len(x)
    hs, cs = np.zeros((steps + 1, *h0.shape), x.dtype), np.zeros((steps + 1, *h0.shape), x.dtype)
    hs[0], cs[0] = h0, c0
    gates = np.zeros((steps, len(h0), 4 * units), x.dtype)
    for t in range(steps):
        gates[t] = x[t] @ weight_ih + hs[t] @ weight_hh + bias
        gates[t, :, : 2 * units] = sigmoid(gates[t, :, : 2 * units])
        gates[t, :, 2 * units : 3 * units] = np.tanh(gates[t, :, 2 * units : 3 * units])
        gates[t, :, 3 * units :] = sigmoid(gates[t, :, 3 * units :])
        i, f, g, o = np.split(gates[t], 4, axis=1)
        cs[t + 1] = f * cs[t] + i * g
        hs[t + 1] = o * np.tanh(cs[t + 1])
    return hs[1:].copy(), {"x": x, "hs": hs, "cs": cs, "gates": gates, "w": weight_ih, "u": weight_hh}


def filled_backward(dhs, cache):
    """Upstream gradients and carries in copies, from the end on; the weights' gradients step by step."""
    x, hs, cs, gates, w, u = cache.values()
    dh_all = np.concatenate([np.zeros_like(dhs[:1]), dhs])
    dc_all = np.zeros_like(dh_all)
    dx, dw, du, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(u), np.zeros(u.shape[1], u.dtype)
    for t in range(len(x) - 1, -1, -1):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        shown = np.tanh(cs[t + 1])
        dc_all[t + 1] += dh_all[t + 1] * o * (1 - shown**2)
        d = dc_all[t + 1]
        da = np.concatenate(
            [d * g * i * (1 - i), d * cs[t] * f * (1 - f), d * i * (1 - g * g), dh_all[t + 1] * shown * o * (1 - o)], 1
        )
        dx[t] = da @ w.T
        dh_all[t] += da @ u.T
        dc_all[t] += d * f
        dw += x[t].T @ da
        du += hs[t].T @ da
        db += da.sum(axis=0)
    return dx, dh_all[0], dc_all[0], dw, du, db


def recursive_forward(x, h0, c0, weight_ih, weight_hh, bias):
    """The first step, and the rest of the sequence after it."""
    h, c, here = gate_by_gate_forward(x[0], h0, c0, weight_ih, weight_hh, bias)
    if len(x) == 1:
        return h[None], (here, None)
    rest, later = recursive_forward(x[1:], h, c, weight_ih, weight_hh, bias)
    return np.concatenate([h[None], rest]), (here, later)


def recursive_backward(dhs, cache):
    here, later = cache
    if later is None:
        dx, dh, dc, *parameters = gate_by_gate_backward(dhs[0], np.zeros_like(dhs[0]), here)
        return dx[None], dh, dc, *parameters
    dx_later, dh_carried, dc_carried, *after = recursive_backward(dhs[1:], later)
    dx, dh, dc, *parameters = gate_by_gate_backward(dhs[0] + dh_carried, dc_carried, here)
    return np.concatenate([dx[None], dx_later]), dh, dc, *(a + b for a, b in zip(parameters, after, strict=True))


def batched_forward(x, h0, c0, weight_ih, weight_hh, bias):
    """The products with the inputs first; gates along an axis in front."""
    steps, examples, _ = x.shape
    units = h0.shape[1]
    products = (np.tensordot(x, weight_ih, axes=1) + bias).reshape(steps, examples, 4, units)
    h, c, kept = h0, c0, []
    for product in products:
        a = (product + (h @ weight_hh).reshape(examples, 4, units)).swapaxes(0, 1)
        i, f, o = sigmoid(a[[0, 1, 3]])
        g = np.tanh(a[2])
        before, c = c, f * c + i * g
        h_before, h = h, o * np.tanh(c)
        kept.append((h_before, before, i, f, g, o, c, h))
    hs = np.array([entry[-1] for entry in kept])
    return hs, (np.array(x), kept, weight_ih, weight_hh)


def batched_backward(dhs, cache):
    """All gradients of the sums first, then everything else at once."""
    x, kept, w, u = cache
    dh, dc, das = 0, 0, []
    for dh_here, (_, before, i, f, g, o, c, _) in zip(reversed(dhs), reversed(kept), strict=True):
        dh = dh_here + dh
        shown = np.tanh(c)
        dc = dc + dh * o * (1 - shown**2)
        das.append(
            np.hstack([dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g**2), dh * shown * o * (1 - o)])
        )
        dh, dc = das[-1] @ u.T, dc * f
    da = np.array(das[::-1])
    hs_before = np.array([entry[0] for entry in kept])
    dw, du = np.einsum("tnd,tna->da", x, da), np.einsum("tnk,tna->ka", hs_before, da)
    return np.einsum("tna,da->tnd", da, w), dh, dc, dw, du, np.einsum("tna->a", da)


def examples_forward(x, h0, c0, weight_ih, weight_hh, bias):
    """Each example by itself, through all its steps."""
    hs = np.empty((x.shape[0], *h0.shape), x.dtype)
    backs = []
    for n in range(x.shape[1]):
        h, c, chain = h0[n], c0[n], []
        for t in range(x.shape[0]):
            h, c, back = _one_example(x[t, n], h, c, weight_ih, weight_hh, bias)
            hs[t, n] = h
            chain.append(back)
        backs.append(chain)
    return hs, (backs, x.shape, x.dtype, weight_ih.shape, weight_hh.shape)


def examples_backward(dhs, cache):
    backs, shape, dtype, of_inputs, of_states = cache
    dx, dh0, dc0 = np.zeros(shape, dtype), np.zeros(dhs.shape[1:], dtype), np.zeros(dhs.shape[1:], dtype)
    dw, du, db = np.zeros(of_inputs, dtype), np.zeros(of_states, dtype), np.zeros(of_states[1], dtype)
    for n, chain in enumerate(backs):
        for t in reversed(range(len(chain))):
            dx[t, n], dh0[n], dc0[n], *parts = chain[t](dhs[t, n] + dh0[n], dc0[n])
            dw, du, db = dw + parts[0], du + parts[1], db + parts[2]
    return dx, dh0, dc0, dw, du, db


_CELLS = {
    "gate by gate": (gate_by_gate_forward, gate_by_gate_backward),
    "input and state side by side": (joined_forward, joined_backward),
    "loops": (loops_forward, loops_backward),
    "einsum": (einsum_forward, einsum_backward),
    "an object for the cache": (object_forward, object_backward),
    "functions for the cache": (closure_forward, closure_backward),
}
_SEQUENCES = {
    "a cache for each step": (chained_forward, chained_backward),
    "states in two arrays": (filled_forward, filled_backward),
    "recursive": (recursive_forward, recursive_backward),
    "the inputs' products first": (batched_forward, batched_backward),
    "example by example": (examples_forward, examples_backward),
}


def pairs(layers, forward, backward):
    return {
        forward: {name: {forward: one} for name, (one, _) in layers.items()},
        backward: {name: {forward: one, backward: other} for name, (one, other) in layers.items()},
    }


VARIANTS = {
    **pairs(_CELLS, "lstm_cell_forward", "lstm_cell_backward"),
    **pairs(_SEQUENCES, "lstm_forward", "lstm_backward"),
    **pairs(lstm_gru.CELLS, "gru_cell_forward", "gru_cell_backward"),
    **pairs(lstm_gru.SEQUENCES, "gru_forward", "gru_backward"),
}
