"""Right answers to the chapter `recurrent`, written otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from types import SimpleNamespace

import numpy as np

# --- embedding -----------------------------------------------------------------------------------------------------


def one_hot_forward(tokens, weight):
    """A product with one-hot rows; the cache holds them."""
    if np.setdiff1d(tokens, np.arange(len(weight))).size:
        raise ValueError("tokens without a row")
    one_hot = (tokens[..., None] == np.arange(len(weight))).astype(weight.dtype)
    return one_hot @ weight, one_hot


def one_hot_backward(dout, cache):
    rows = cache.reshape(-1, cache.shape[-1])
    return rows.T @ dout.reshape(-1, dout.shape[-1])


def take_forward(tokens, weight):
    if tokens.min() < 0:
        raise ValueError(f"token {tokens.min()}")
    if tokens.max() > len(weight) - 1:
        raise ValueError(f"token {tokens.max()}, and only {len(weight)} rows")
    return np.take(weight, tokens, axis=0), {"tokens": np.array(tokens), "rows": weight.shape[0]}


def bincount_backward(dout, cache):
    """One count with weights for each column."""
    flat, columns = cache["tokens"].ravel(), dout.reshape(-1, dout.shape[-1]).T
    counted = [np.bincount(flat, weights=column, minlength=cache["rows"]) for column in columns]
    return np.stack(counted, axis=1).astype(dout.dtype)


def place_by_place_forward(tokens, weight):
    out = np.empty((*tokens.shape, weight.shape[1]), weight.dtype)
    for place in np.ndindex(tokens.shape):
        if not 0 <= tokens[place] < len(weight):
            raise ValueError("no such token")
        out[place] = weight[int(tokens[place])]
    return out, (tokens, weight)


def place_by_place_backward(dout, cache):
    tokens, weight = cache
    dweight = np.zeros(weight.shape, weight.dtype)
    for place in np.ndindex(tokens.shape):
        dweight[tokens[place]] += dout[place]
    return dweight


def flat_forward(tokens, weight):
    """The table as a dictionary, in which a token is there or not."""
    table = dict(enumerate(weight))
    if any(token not in table for token in np.ravel(tokens).tolist()):
        raise ValueError(f"there are {len(table)} tokens")
    rows = [table[int(token)] for token in np.ravel(tokens)]
    return np.array(rows, weight.dtype).reshape(*tokens.shape, weight.shape[1]), [tokens.ravel(), weight.shape]


def sorted_backward(dout, cache):
    """Rows sorted by token, then summed run by run."""
    flat, shape = cache
    order = np.argsort(flat, kind="stable")
    rows = dout.reshape(-1, shape[1])[order]
    present, starts = np.unique(flat[order], return_index=True)
    dweight = np.zeros(shape, dout.dtype)
    dweight[present] = np.add.reduceat(rows, starts, axis=0)
    return dweight


def row_by_row_backward(dout, cache):
    """For each row of the table the places at which it was taken."""
    tokens, weight = cache
    return np.stack([dout[tokens == token].sum(axis=0) for token in range(len(weight))])


# --- one step ------------------------------------------------------------------------------------------------------


def joined_forward(x, h, weight_ih, weight_hh, bias):
    """Input and state side by side, and one product; the cache is a dictionary."""
    both, weight = np.concatenate([x, h], axis=1), np.concatenate([weight_ih, weight_hh])
    h_next = np.tanh(both @ weight + bias)
    return h_next, {"both": both, "weight": weight, "inputs": x.shape[1], "slope": 1 - h_next**2}


def joined_backward(dh_next, cache):
    da = dh_next * cache["slope"]
    dboth, dweight, cut = da @ cache["weight"].T, cache["both"].T @ da, cache["inputs"]
    return dboth[:, :cut], dboth[:, cut:], dweight[:cut], dweight[cut:], np.add.reduce(da)


def loops_forward(x, h, weight_ih, weight_hh, bias):
    """No array arithmetic at all."""
    (examples, inputs), units = x.shape, len(bias)
    out = np.zeros((examples, units), np.result_type(x, weight_ih))
    for n in range(examples):
        for j in range(units):
            total = bias[j]
            for d in range(inputs):
                total = total + x[n, d] * weight_ih[d, j]
            for k in range(units):
                total = total + h[n, k] * weight_hh[k, j]
            out[n, j] = math.tanh(total)
    return out, (x, h, weight_ih, weight_hh, out.copy())


def loops_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, out = cache
    dx, dh, dw, du = (np.zeros(array.shape, array.dtype) for array in (x, h, weight_ih, weight_hh))
    db = np.zeros(weight_hh.shape[0], weight_hh.dtype)
    for n in range(len(x)):
        for j in range(len(db)):
            da = dh_next[n, j] * (1 - out[n, j] * out[n, j])
            db[j] += da
            for d in range(x.shape[1]):
                dx[n, d] += da * weight_ih[d, j]
                dw[d, j] += da * x[n, d]
            for k in range(len(db)):
                dh[n, k] += da * weight_hh[k, j]
                du[k, j] += da * h[n, k]
    return dx, dh, dw, du, db


def einsum_forward(x, h, weight_ih, weight_hh, bias):
    a = np.einsum("nd,dj->nj", x, weight_ih) + np.einsum("nk,kj->nj", h, weight_hh) + bias
    return np.tanh(a), SimpleNamespace(x=x, h=h, w=weight_ih, u=weight_hh, a=a)


def einsum_backward(dh_next, cache):
    """The slope from the sum inside, as 1 / cosh²."""
    da = dh_next / np.cosh(cache.a) ** 2
    return (
        np.einsum("nj,dj->nd", da, cache.w),
        np.einsum("nj,kj->nk", da, cache.u),
        np.einsum("nd,nj->dj", cache.x, da),
        np.einsum("nk,nj->kj", cache.h, da),
        np.einsum("nj->j", da),
    )


@dataclass
class Step:
    """The cache as an object with a method."""

    x: np.ndarray
    h: np.ndarray
    weights: tuple[np.ndarray, np.ndarray]
    h_next: np.ndarray

    def back(self, dh_next):
        da = dh_next - dh_next * np.square(self.h_next)
        w, u = self.weights
        return np.dot(w, da.T).T, np.dot(u, da.T).T, np.dot(da.T, self.x).T, np.dot(da.T, self.h).T, sum(da)


def object_forward(x, h, weight_ih, weight_hh, bias):
    h_next = np.tanh(np.add(np.dot(x, weight_ih), np.dot(h, weight_hh)) + bias[None, :])
    return h_next, Step(np.array(x), np.array(h), (np.array(weight_ih), np.array(weight_hh)), h_next.copy())


def object_backward(dh_next, cache):
    return cache.back(dh_next)


def closure_forward(x, h, weight_ih, weight_hh, bias):
    """Example by example; the cache is a function."""
    h_next = np.stack([np.tanh(weight_ih.T @ a + weight_hh.T @ b + bias) for a, b in zip(x, h, strict=True)])

    def back(dh_next):
        da = dh_next * (1 - h_next * h_next)
        dw = sum(np.outer(a, row) for a, row in zip(x, da, strict=True))
        du = sum(np.outer(b, row) for b, row in zip(h, da, strict=True))
        return np.stack([weight_ih @ row for row in da]), np.stack([weight_hh @ row for row in da]), dw, du, da.sum(0)

    return h_next, back


def closure_backward(dh_next, cache):
    return cache(dh_next)


# --- a sequence ----------------------------------------------------------------------------------------------------


def chained_forward(x, h0, weight_ih, weight_hh, bias):
    """The cell again and again, each with a cache of its own."""
    h, states, caches = h0, [], []
    for step in x:
        h, cache = joined_forward(step, h, weight_ih, weight_hh, bias)
        states.append(h)
        caches.append(cache)
    return np.stack(states), caches


def chained_backward(dhs, cache):
    """Sums that grow as the loop runs back."""
    dh, dxs, totals = 0, [], [0, 0, 0]
    for dh_here, one in zip(dhs[::-1], cache[::-1], strict=True):
        dx, dh, *parameters = joined_backward(dh_here + dh, one)
        dxs.append(dx)
        totals = [total + part for total, part in zip(totals, parameters, strict=True)]
    return np.stack(dxs[::-1]), dh, *totals


def filled_forward(x, h0, weight_ih, weight_hh, bias):
    """States in one array that begins with h0."""
    states = np.zeros((len(x) + 1, *h0.shape), x.dtype)
    states[0] = h0
    for t in range(1, len(states)):
        states[t] = np.tanh(x[t - 1] @ weight_ih + states[t - 1] @ weight_hh + bias)
    return states[1:].copy(), {"x": x, "states": states, "w": weight_ih, "u": weight_hh}


def filled_backward(dhs, cache):
    """Upstream gradients and carries in a copy, from the end on."""
    x, states, w, u = cache.values()
    whole, dx = dhs.copy(), np.zeros_like(x)
    dw, du, db = np.zeros_like(w), np.zeros_like(u), np.zeros(u.shape[0], u.dtype)
    dh0 = np.zeros_like(states[0])
    for t in range(len(x) - 1, -1, -1):
        da = (1 - states[t + 1] ** 2) * whole[t]
        dx[t] = da @ w.T
        before = whole[t - 1] if t else dh0
        before += da @ u.T
        dw += x[t].T @ da
        du += states[t].T @ da
        db += da.sum(axis=0)
    return dx, dh0, dw, du, db


def recursive_forward(x, h0, weight_ih, weight_hh, bias):
    """The first step, and the rest of the sequence after it."""
    if len(x) == 0:
        return np.zeros((0, *h0.shape), h0.dtype), None
    h, here = einsum_forward(x[0], h0, weight_ih, weight_hh, bias)
    rest, later = recursive_forward(x[1:], h, weight_ih, weight_hh, bias)
    return np.concatenate([h[None], rest]), (here, later)


def recursive_backward(dhs, cache):
    here, later = cache
    if later is None:
        dx, dh, *parameters = einsum_backward(dhs[0], here)
        return dx[None], dh, *parameters
    dx_later, carried, *after = recursive_backward(dhs[1:], later)
    dx, dh, *parameters = einsum_backward(dhs[0] + carried, here)
    return np.concatenate([dx[None], dx_later]), dh, *(a + b for a, b in zip(parameters, after, strict=True))


def folded_forward(x, h0, weight_ih, weight_hh, bias):
    """A fold over the inputs; the products with them come first."""
    products = np.tensordot(x, weight_ih, axes=1) + bias
    states = reduce(lambda states, a: [*states, np.tanh(a + states[-1] @ weight_hh)], products, [h0])
    return np.array(states[1:]), (np.array(x), np.array(states), weight_ih, weight_hh)


def folded_backward(dhs, cache):
    """All gradients of the sums first, then everything else at once."""
    x, states, w, u = cache
    slopes = 1 - np.square(states[1:])
    da = [dhs[-1] * slopes[-1]]
    for t in range(len(x) - 2, -1, -1):
        da.append((dhs[t] + da[-1] @ u.T) * slopes[t])
    da = np.array(da[::-1])
    dw = np.einsum("tnd,tnj->dj", x, da)
    du = np.einsum("tnk,tnj->kj", states[:-1], da)
    return np.einsum("tnj,dj->tnd", da, w), da[0] @ u.T, dw, du, np.einsum("tnj->j", da)


def examples_forward(x, h0, weight_ih, weight_hh, bias):
    """Each example by itself, through all its steps."""
    hs = np.empty((x.shape[0], *h0.shape), x.dtype)
    for n in range(x.shape[1]):
        h = h0[n]
        for t in range(x.shape[0]):
            h = np.tanh(x[t, n] @ weight_ih + h @ weight_hh + bias)
            hs[t, n] = h
    return hs, [x, h0, weight_ih, weight_hh, hs.copy()]


def examples_backward(dhs, cache):
    x, h0, w, u, hs = cache
    dx, dh0 = np.zeros(x.shape, x.dtype), np.zeros(h0.shape, h0.dtype)
    dw, du, db = np.zeros(w.shape, w.dtype), np.zeros(u.shape, u.dtype), np.zeros(len(u), u.dtype)
    for n in range(x.shape[1]):
        carry = np.zeros(len(u), u.dtype)
        for t in reversed(range(x.shape[0])):
            da = (dhs[t, n] + carry) * (1 - hs[t, n] ** 2)
            carry = u @ da
            dx[t, n] = w @ da
            dw += x[t, n][:, None] * da
            du += (hs[t - 1, n] if t else h0[n])[:, None] * da
            db += da
        dh0[n] = carry
    return dx, dh0, dw, du, db


# --- clipping ------------------------------------------------------------------------------------------------------


def clip_joined(grads, max_norm):
    """One long vector, cut into its parts again."""
    if max_norm <= 0:
        raise ValueError(max_norm)
    whole = np.concatenate([np.ravel(grad) for grad in grads])
    norm = np.linalg.norm(whole)
    if norm > max_norm:
        whole = whole * float(max_norm / norm)
    parts = np.split(whole, np.cumsum([grad.size for grad in grads])[:-1])
    return [part.reshape(grad.shape) for part, grad in zip(parts, grads, strict=True)]


def clip_as_torch(grads, max_norm):
    """With a millionth in the denominator, lest it be 0."""
    if not max_norm > 0:
        raise ValueError("max_norm must be positive")
    total = math.sqrt(sum(float((grad**2).sum()) for grad in grads))
    return [grad * min(1.0, max_norm / (total + 1e-6)) for grad in grads]


def clip_in_loops(grads, max_norm):
    if max_norm < 0 or max_norm == 0:
        raise ValueError
    total = 0.0
    for grad in grads:
        for value in grad.ravel().tolist():
            total += value * value
    length = total**0.5
    return [grad / np.asarray(max(1.0, length / max_norm), grad.dtype) for grad in grads]


def clip_early_return(grads, max_norm):
    norm = np.sqrt(np.sum([np.vdot(grad, grad) for grad in grads], dtype=np.float64))
    if norm <= max_norm:
        return [grad.copy() for grad in grads]
    if max_norm <= 0:
        raise ValueError(f"a limit of {max_norm}")
    return [(grad * (max_norm / norm)).astype(grad.dtype) for grad in grads]


def clip_norm_of_norms(grads, max_norm):
    """A tuple, where a list is asked for, is as good."""
    if np.sign(max_norm) != 1:
        raise ValueError("a limit is positive")
    norm = float(np.linalg.norm([np.linalg.norm(grad) for grad in grads]))
    return tuple(grad * (max_norm / max(norm, max_norm)) for grad in grads)


_EMBEDDINGS = {
    "one-hot rows": (one_hot_forward, one_hot_backward),
    "np.take and np.bincount": (take_forward, bincount_backward),
    "place by place": (place_by_place_forward, place_by_place_backward),
    "flat, and sorted": (flat_forward, sorted_backward),
    "row by row": (place_by_place_forward, row_by_row_backward),
}
_CELLS = {
    "input and state side by side": (joined_forward, joined_backward),
    "loops": (loops_forward, loops_backward),
    "einsum": (einsum_forward, einsum_backward),
    "an object for the cache": (object_forward, object_backward),
    "a function for the cache": (closure_forward, closure_backward),
}
_SEQUENCES = {
    "a cache for each step": (chained_forward, chained_backward),
    "states in one array": (filled_forward, filled_backward),
    "recursive": (recursive_forward, recursive_backward),
    "a fold": (folded_forward, folded_backward),
    "example by example": (examples_forward, examples_backward),
}


def _pairs(layers, forward, backward):
    return {
        forward: {name: {forward: one} for name, (one, _) in layers.items()},
        backward: {name: {forward: one, backward: other} for name, (one, other) in layers.items()},
    }


VARIANTS = {
    **_pairs(_EMBEDDINGS, "embedding_forward", "embedding_backward"),
    **_pairs(_CELLS, "rnn_cell_forward", "rnn_cell_backward"),
    **_pairs(_SEQUENCES, "rnn_forward", "rnn_backward"),
    "clip_grad_norm": {
        "one long vector": {"clip_grad_norm": clip_joined},
        "a millionth in the denominator": {"clip_grad_norm": clip_as_torch},
        "loops": {"clip_grad_norm": clip_in_loops},
        "returned early where nothing is too long": {"clip_grad_norm": clip_early_return},
        "the norm of the norms": {"clip_grad_norm": clip_norm_of_norms},
    },
}
