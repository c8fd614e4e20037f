"""Right answers to the chapter `dropout`, written otherwise. Each draws another mask than the reference does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from variants import both_ways, dropout_students, joined


def require(p):
    if p < 0 or p >= 1:
        raise ValueError(f"p = {p} is not in [0, 1)")


# --- single entries ------------------------------------------------------------------------------------------------


def loops_forward(x, p, training, rng):
    """Entry by entry, each with a draw of its own; the cache is a flat list."""
    require(p)
    out, factors = np.zeros_like(x), []
    for index in np.ndindex(x.shape):
        factor = 1.0
        if training:
            factor = 0.0 if rng.uniform() < p else 1 / (1 - p)
        out[index] = x[index] * factor
        factors.append(factor)
    return out, factors


def loops_backward(dout, factors):
    dx = np.zeros(dout.shape, dtype=dout.dtype)
    for index, factor in zip(np.ndindex(dout.shape), factors, strict=True):
        dx[index] = dout[index] * factor
    return dx


def binomial_forward(x, p, training, rng):
    """Ones and zeros of a binomial distribution; the scale apart from the mask."""
    require(p)
    if not training:
        return x, None
    kept = rng.binomial(1, 1 - p, size=x.shape)
    return (x * kept / (1 - p)).astype(x.dtype), (kept, p)


def binomial_backward(dout, cache):
    if cache is None:
        return dout
    kept, p = cache
    return (dout * kept / (1 - p)).astype(dout.dtype)


def choice_forward(x, p, training, rng):
    """A choice of two factors, drawn in single precision of its own."""
    if not 0 <= p < 1:
        raise ValueError("not a probability that can be used")
    mask = rng.choice([0, 1 / (1 - p)], p=[p, 1 - p], size=x.shape) if training else np.ones(x.shape)
    mask = mask.astype(x.dtype)
    return mask * x, SimpleNamespace(mask=mask)


def choice_backward(dout, cache):
    return np.multiply(cache.mask, dout)


def zeroed_forward(x, p, training, rng):
    """A copy whose dropped entries are overwritten; the cache keeps where they are."""
    require(p)
    out = x.copy()
    if not training:
        return out, {"mode": "evaluation"}
    dropped = rng.random(x.shape, dtype=np.float32) < np.float32(p)
    out[dropped] = 0
    out[~dropped] /= 1 - p
    return out, {"mode": "training", "dropped": dropped, "p": p}


def zeroed_backward(dout, cache):
    if cache["mode"] == "evaluation":
        return dout.copy()
    dx = np.where(cache["dropped"], 0, dout / (1 - cache["p"]))
    return dx.astype(dout.dtype)


@dataclass
class Kept:
    where: np.ndarray
    scale: float


def backwards_drawn_forward(x, p, training, rng):
    """Drawn transposed and with the inequality turned round; a keep probability inside."""
    require(p)
    keep = 1.0 - p
    if not training:
        return 1 * x, Kept(np.ones(x.shape, dtype=bool), 1.0)
    where = (rng.uniform(0, 1, x.shape[::-1]) < keep).T
    return np.where(where, x, 0).astype(x.dtype) * (1 / keep), Kept(where, 1 / keep)


def backwards_drawn_backward(dout, cache):
    return dout * cache.where * cache.scale


def integers_forward(x, p, training, rng):
    """Large whole numbers below a threshold; the cache is a function."""
    require(p)
    if not training or p == 0:
        return x, lambda dout: dout
    keys = rng.integers(0, 2**53, size=x.size).reshape(x.shape)
    mask = np.zeros(x.shape, x.dtype)
    mask[keys >= int(p * 2**53)] = 1 / (1 - p)
    return np.einsum("...,...->...", x, mask), lambda dout: np.einsum("...,...->...", dout, mask)


def integers_backward(dout, cache):
    return cache(dout)


def rows_forward(x, p, training, rng):
    """Example after example from the one generator; numbers are drawn in evaluation too, and not used."""
    require(p)
    masks = np.stack([(rng.random(example.shape) > p) / np.float64(1 - p) for example in x])
    masks = masks.astype(x.dtype) if training else np.ones_like(x)
    return x * masks, [masks]


def rows_backward(dout, cache):
    return np.stack([d * m for d, m in zip(dout, cache[0], strict=True)])


# --- whole channels ------------------------------------------------------------------------------------------------


def loops2d_forward(x, p, training, rng):
    """Channel by channel."""
    require(p)
    out = x.copy()
    factors = np.ones(x.shape[:2], x.dtype)
    if training:
        for n in range(x.shape[0]):
            for c in range(x.shape[1]):
                factors[n, c] = 0 if rng.random() < p else 1 / (1 - p)
                out[n, c] *= factors[n, c]
    return out, factors


def loops2d_backward(dout, factors):
    dx = np.empty_like(dout)
    for n, row in enumerate(factors):
        for c, factor in enumerate(row):
            dx[n, c] = factor * dout[n, c]
    return dx


def einsum2d_forward(x, p, training, rng):
    require(p)
    shape = x.shape[:2]
    mask = rng.binomial(1, 1 - p, shape) / (1 - p) if training else np.ones(shape)
    mask = mask.astype(x.dtype)
    return np.einsum("nchw,nc->nchw", x, mask), (mask,)


def einsum2d_backward(dout, cache):
    return np.einsum("nchw,nc->nchw", dout, cache[0])


def repeated2d_forward(x, p, training, rng):
    """The mask spread to the shape of x by hand."""
    require(p)
    if not training:
        return x, None
    kept = rng.random(x.shape[:2]) >= p
    spread = np.repeat(np.repeat(kept[:, :, None, None], x.shape[2], axis=2), x.shape[3], axis=3)
    return np.where(spread, x / (1 - p), 0).astype(x.dtype), (spread, p)


def repeated2d_backward(dout, cache):
    if cache is None:
        return dout
    spread, p = cache
    return np.where(spread, dout / (1 - p), 0).astype(dout.dtype)


def zeroed2d_forward(x, p, training, rng):
    """Dropped channels are overwritten by their index pairs."""
    require(p)
    out = np.array(x)
    if not training:
        return out, (None, 1)
    gone = np.nonzero(rng.uniform(size=x.shape[:2]) < p)
    out /= 1 - p
    out[gone] = 0
    return out, (gone, 1 - p)


def zeroed2d_backward(dout, cache):
    gone, keep = cache
    dx = dout / keep
    if gone is not None:
        dx[gone] = 0
    return dx


def flattened2d_forward(x, p, training, rng):
    """Dropout of one entry a channel, for the channels as rows of pixels."""
    require(p)
    rows = x.reshape(-1, x.shape[2] * x.shape[3])
    scale = np.ones((len(rows), 1), x.dtype)
    if training:
        scale[:, 0] = rng.choice([0.0, 1.0], len(rows), p=[p, 1 - p])
        scale /= 1 - p
    return (rows * scale).reshape(x.shape), scale


def flattened2d_backward(dout, cache):
    return (dout.reshape(len(cache), -1) * cache).reshape(dout.shape)


# --- columns -------------------------------------------------------------------------------------------------------


def norm_loops(weight, max_value):
    out = weight.copy()
    for m in range(weight.shape[1]):
        length = math.sqrt(sum(float(w) ** 2 for w in weight[:, m]))
        if length > max_value:
            for d in range(weight.shape[0]):
                out[d, m] = weight[d, m] * max_value / length
    return out


def norm_chosen_columns(weight, max_value):
    norms = np.linalg.norm(weight, axis=0)
    out = np.copy(weight)
    long = norms > max_value
    out[:, long] *= max_value / norms[long]
    return out


def norm_where(weight, max_value):
    squares = np.einsum("dm,dm->m", weight, weight)
    norms = np.sqrt(np.where(squares > 0, squares, 1))
    scale = np.where(norms > max_value, max_value / norms, 1)
    return (weight * scale).astype(weight.dtype)


def norm_clip(weight, max_value):
    norms = np.sqrt((weight**2).sum(axis=0, keepdims=True))
    wanted = np.clip(norms, 0, max_value)
    return weight * np.divide(wanted, norms, out=np.ones_like(norms), where=norms > 0)


def norm_transposed(weight, max_value):
    rows = [row if np.hypot.reduce(row) <= max_value else row / np.hypot.reduce(row) * max_value for row in weight.T]
    return np.array(rows, dtype=weight.dtype).T


def norm_diagonal(weight, max_value):
    scale = [min(1.0, max_value / length) if length else 1.0 for length in np.sqrt(np.diag(weight.T @ weight))]
    return weight @ np.diag(scale).astype(weight.dtype)


_ENTRIES = {
    "loops": (loops_forward, loops_backward),
    "binomial": (binomial_forward, binomial_backward),
    "a choice of two factors": (choice_forward, choice_backward),
    "zeros written into a copy": (zeroed_forward, zeroed_backward),
    "drawn transposed": (backwards_drawn_forward, backwards_drawn_backward),
    "whole numbers": (integers_forward, integers_backward),
    "example by example": (rows_forward, rows_backward),
}
_CHANNELS = {
    "loops": (loops2d_forward, loops2d_backward),
    "einsum": (einsum2d_forward, einsum2d_backward),
    "mask repeated": (repeated2d_forward, repeated2d_backward),
    "zeros written into a copy": (zeroed2d_forward, zeroed2d_backward),
    "channels as rows": (flattened2d_forward, flattened2d_backward),
}

_OURS = both_ways({"dropout": _ENTRIES, "dropout2d": _CHANNELS}) | {
    "max_norm": {
        "loops": {"max_norm": norm_loops},
        "chosen columns": {"max_norm": norm_chosen_columns},
        "where": {"max_norm": norm_where},
        "clipped norms": {"max_norm": norm_clip},
        "transposed": {"max_norm": norm_transposed},
        "a diagonal matrix": {"max_norm": norm_diagonal},
    }
}

VARIANTS = joined(_OURS, dropout_students.VARIANTS)
