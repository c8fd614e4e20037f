"""Right answers to the chapter `linear`, written otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

# --- the layer -----------------------------------------------------------------------------------------------------


def loops_forward(x, weight, bias):
    """Three loops and no array arithmetic; the cache is a dictionary of copies."""
    flat = np.array([np.ravel(example) for example in x])
    (examples, inputs), outputs = flat.shape, len(bias)
    out = np.zeros((examples, outputs), dtype=np.result_type(x, weight))
    for n in range(examples):
        for m in range(outputs):
            total = bias[m]
            for d in range(inputs):
                total = total + flat[n, d] * weight[d, m]
            out[n, m] = total
    return out, {"flat": flat, "weight": weight.copy(), "shape": x.shape}


def loops_backward(dout, cache):
    flat, weight, shape = cache["flat"], cache["weight"], cache["shape"]
    dx, dweight = np.zeros_like(flat), np.zeros(weight.shape, weight.dtype)
    dbias = np.zeros(weight.shape[1], weight.dtype)
    for n in reversed(range(len(flat))):
        for m in range(weight.shape[1]):
            dbias[m] += dout[n, m]
            for d in range(weight.shape[0]):
                dx[n, d] += dout[n, m] * weight[d, m]
                dweight[d, m] += dout[n, m] * flat[n, d]
    return dx.reshape(shape), dweight, dbias


def einsum_forward(x, weight, bias):
    """Index notation; the cache is a list."""
    out = np.einsum("nd,dm->nm", x.reshape(len(x), -1), weight) + bias
    return out, [x, weight, bias]


def einsum_backward(dout, cache):
    x, weight, _ = cache
    dx = np.einsum("nm,dm->nd", dout, weight).reshape(x.shape)
    dweight = np.einsum("nd,nm->dm", x.reshape(len(x), -1), dout)
    return dx, dweight, np.einsum("nm->m", dout)


def tensordot_forward(x, weight, bias):
    """The weight unfolded to the shape of an example, so that x is never flattened."""
    unfolded = weight.reshape(*x.shape[1:], -1)
    return np.tensordot(x, unfolded, axes=x.ndim - 1) + bias, SimpleNamespace(x=x, unfolded=unfolded, weight=weight)


def tensordot_backward(dout, cache):
    dx = np.tensordot(dout, cache.unfolded, axes=(1, -1))
    dweight = np.tensordot(cache.x, dout, axes=(0, 0)).reshape(cache.weight.shape)
    return [dx, dweight, np.ones(len(dout), dout.dtype) @ dout]


@dataclass
class Remembered:
    rows: np.ndarray  # with a column of ones, whose weights are the bias
    weight: np.ndarray
    shape: tuple[int, ...]


def column_of_ones_forward(x, weight, bias):
    """The bias as one more row of the weight; the cache is an object, and out is computed transposed."""
    rows = np.concatenate([x.reshape(len(x), -1), np.ones((len(x), 1), x.dtype)], axis=1)
    whole = np.vstack([weight, bias[None]])
    return (whole.T @ rows.T).T, Remembered(rows, whole, x.shape)


def column_of_ones_backward(dout, cache):
    dwhole = (dout.T @ cache.rows).T
    dx = (cache.weight @ dout.T).T[:, :-1]
    return dx.reshape(cache.shape), dwhole[:-1], dwhole[-1]


def examples_forward(x, weight, bias):
    """One example after the other; the cache is a function, which holds what it needs."""
    out = np.stack([np.dot(weight.T, example.ravel()) + bias for example in x])

    def backward(dout):
        dx = np.stack([np.dot(weight, row).reshape(x.shape[1:]) for row in dout])
        dweight = sum(np.outer(example.ravel(), row) for example, row in zip(x, dout, strict=True))
        return dx, dweight, sum(dout)

    return out, backward


def examples_backward(dout, cache):
    return cache(dout)


def in_place_forward(x, weight, bias):
    """In place, but on its own array only."""
    out = np.matmul(np.array(x).reshape(x.shape[0], -1), weight)
    out += bias
    return out, (np.array(x), np.array(weight))


def in_place_backward(dout, cache):
    x, weight = cache
    dx = np.empty_like(x).reshape(len(x), -1)
    np.matmul(dout, weight.T, out=dx)
    dweight = np.zeros_like(weight)
    for example, row in zip(x, dout, strict=True):
        dweight += example.reshape(-1, 1) * row
    return dx.reshape(x.shape), dweight, np.add.reduce(dout)


# --- the first weights ---------------------------------------------------------------------------------------------


def xavier_from_unit_interval(fan_in, fan_out, rng):
    limit = np.sqrt(6.0 / (fan_in + fan_out))
    return (2 * rng.random((fan_in, fan_out)) - 1) * limit


def xavier_size_and_sign(fan_in, fan_out, rng):
    size = rng.uniform(0, math.sqrt(6 / (fan_in + fan_out)), (fan_in, fan_out))
    return size * rng.choice([-1.0, 1.0], size=(fan_in, fan_out))


def xavier_drawn_transposed(fan_in, fan_out, rng):
    bound = math.sqrt(3.0) * math.sqrt(2.0 / (fan_in + fan_out))
    return rng.uniform(low=-bound, high=bound, size=fan_in * fan_out).reshape(fan_out, fan_in).T


def xavier_row_by_row(fan_in, fan_out, rng):
    limit = (6 / (fan_in + fan_out)) ** 0.5
    return np.array([rng.uniform(-limit, limit, fan_out) for _ in range(fan_in)])


def kaiming_scaled(fan_in, fan_out, rng):
    return rng.standard_normal((fan_in, fan_out)) * np.sqrt(2.0 / fan_in)


def kaiming_divided(fan_in, fan_out, rng):
    return rng.normal(size=(fan_out, fan_in)).T / math.sqrt(fan_in / 2)


def kaiming_box_muller(fan_in, fan_out, rng):
    radius = np.sqrt(-2 * np.log(1 - rng.random((fan_in, fan_out))))
    return math.sqrt(2 / fan_in) * radius * np.cos(2 * np.pi * rng.random((fan_in, fan_out)))


def kaiming_column_by_column(fan_in, fan_out, rng):
    columns = [rng.normal(loc=0.0, scale=(2 / fan_in) ** 0.5, size=fan_in) for _ in range(fan_out)]
    return np.stack(columns, axis=1)


_LAYERS = {
    "loops": (loops_forward, loops_backward),
    "einsum": (einsum_forward, einsum_backward),
    "tensordot": (tensordot_forward, tensordot_backward),
    "a column of ones": (column_of_ones_forward, column_of_ones_backward),
    "example by example": (examples_forward, examples_backward),
    "in place on its own arrays": (in_place_forward, in_place_backward),
}

VARIANTS = {
    "linear_forward": {name: {"linear_forward": forward} for name, (forward, _) in _LAYERS.items()},
    "linear_backward": {
        name: {"linear_forward": forward, "linear_backward": backward} for name, (forward, backward) in _LAYERS.items()
    },
    "xavier_uniform": {
        "from the unit interval": {"xavier_uniform": xavier_from_unit_interval},
        "size and sign drawn apart": {"xavier_uniform": xavier_size_and_sign},
        "drawn transposed": {"xavier_uniform": xavier_drawn_transposed},
        "row by row": {"xavier_uniform": xavier_row_by_row},
    },
    "kaiming_normal": {
        "standard normal, scaled": {"kaiming_normal": kaiming_scaled},
        "standard normal, divided": {"kaiming_normal": kaiming_divided},
        "Box and Muller's method": {"kaiming_normal": kaiming_box_muller},
        "column by column": {"kaiming_normal": kaiming_column_by_column},
    },
}
