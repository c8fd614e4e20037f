"""Right answers to the chapter `activations`, written otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from variants import both_ways


def elementwise(function, *arrays):
    """`function` on each entry, one Python float at a time, in an array of the first one's shape and dtype."""
    values = [function(*map(float, entries)) for entries in zip(*map(np.ravel, arrays), strict=True)]
    return np.array(values, dtype=arrays[0].dtype).reshape(arrays[0].shape)


@dataclass(frozen=True)
class Remembered:
    value: np.ndarray


# --- ReLU ----------------------------------------------------------------------------------------------------------


def relu_where(x):
    return np.where(x > 0, x, 0), {"x": x}


def relu_where_backward(dout, cache):
    return np.where(cache["x"] > 0, dout, 0)


def relu_masked(x):
    out = np.array(x, copy=True)
    out[out < 0] = 0
    return out, out > 0


def relu_masked_backward(dout, cache):
    dx = dout.copy()
    dx[~cache] = 0
    return dx


def relu_half_sum(x):
    return (x + np.abs(x)) / 2, Remembered(np.sign(x))


def relu_half_sum_backward(dout, cache):
    return dout * np.maximum(cache.value, 0)


def relu_loop(x):
    return elementwise(lambda entry: entry if entry > 0 else 0.0, x), [x.copy()]


def relu_loop_backward(dout, cache):
    return elementwise(lambda gradient, entry: gradient if entry > 0 else 0.0, dout, cache[0])


# --- sigmoid -------------------------------------------------------------------------------------------------------


def sigmoid_by_tanh(x):
    out = (np.tanh(x / 2) + 1) / 2
    return out, out.copy()


def sigmoid_by_tanh_backward(dout, cache):
    return dout * (0.25 - (cache - 0.5) ** 2)


def sigmoid_two_branches(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small), {"x": x}


def sigmoid_two_branches_backward(dout, cache):
    small = np.exp(-np.abs(cache["x"]))
    return dout * small / (1 + small) ** 2


def sigmoid_masked(x):
    out = np.empty_like(x)
    positive = x > 0
    out[positive] = 1 / (1 + np.exp(-x[positive]))
    exponential = np.exp(x[~positive])
    out[~positive] = exponential / (1 + exponential)
    return out, (out, 1 - out)


def sigmoid_masked_backward(dout, cache):
    return reduce(np.multiply, cache, dout)


def sigmoid_logaddexp(x):
    return np.exp(-np.logaddexp(0, -x)), Remembered(x)


def sigmoid_logaddexp_backward(dout, cache):
    return dout * np.exp(-np.logaddexp(0, -cache.value) - np.logaddexp(0, cache.value))


def _sigmoid_of_number(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def sigmoid_loop(x):
    out = elementwise(_sigmoid_of_number, x)
    return out, [out]


def sigmoid_loop_backward(dout, cache):
    return elementwise(lambda gradient, out: gradient * out * (1 - out), dout, cache[0])


# --- tanh ----------------------------------------------------------------------------------------------------------


def tanh_by_sigmoid(x):
    small = np.exp(-2 * np.abs(x))
    out = np.sign(x) * (1 - small) / (1 + small)
    return out, {"out": out}


def tanh_by_sigmoid_backward(dout, cache):
    return dout * (1 - cache["out"]) * (1 + cache["out"])


def tanh_keeping_slope(x):
    out = np.tanh(x)
    return out, Remembered(1 - np.square(out))


def tanh_keeping_slope_backward(dout, cache):
    return np.multiply(dout, cache.value)


def tanh_keeping_x(x):
    out = np.empty_like(x)
    np.tanh(x, out=out)
    return out, x


def tanh_keeping_x_backward(dout, cache):
    return dout - dout * np.tanh(cache) ** 2


def tanh_loop(x):
    return elementwise(math.tanh, x), (x,)


def tanh_loop_backward(dout, cache):
    return elementwise(lambda gradient, x: gradient * (1 - math.tanh(x) ** 2), dout, cache[0])


# --- softmax and cross-entropy -------------------------------------------------------------------------------------


def loss_one_hot(logits, labels):
    one_hot = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
    shifted = logits - np.max(logits, axis=1)[:, None]
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return float(-np.sum(one_hot * log_p) / len(logits)), (np.exp(log_p) - one_hot) / len(logits)


def loss_logaddexp(logits, labels):
    log_totals = np.logaddexp.reduce(logits, axis=1)
    rows = np.arange(labels.size)
    losses = log_totals - logits[rows, labels]
    dlogits = np.exp(logits - log_totals[:, np.newaxis])
    np.subtract.at(dlogits, (rows, labels), 1)
    return losses.mean().item(), np.divide(dlogits, labels.size)


def loss_row_by_row(logits, labels):
    """One example after the other, each row sorted before it is summed; the loss is a NumPy float."""
    dlogits, total = np.empty_like(logits), np.float64(0)
    for n, (row, label) in enumerate(zip(logits, labels, strict=True)):
        highest = max(row)
        exponentials = np.exp(row - highest)
        denominator = np.sort(exponentials).sum()
        total += np.log(denominator) + highest - row[label]
        dlogits[n] = exponentials / denominator
        dlogits[n, label] -= 1
    return total / len(logits), dlogits / len(logits)


def loss_relative_to_the_label(logits, labels):
    """By differences to the right class's score, with the gradient as minus the sum of the others at the label."""
    rows = np.arange(len(labels))
    margins = logits - np.take_along_axis(logits, labels[:, None], axis=1)
    top = margins.max(axis=1, keepdims=True)
    scaled = np.exp(margins - top)
    loss = float((top[:, 0] + np.log(scaled.sum(axis=1))).mean())
    dlogits = scaled / scaled.sum(axis=1, keepdims=True) / logits.dtype.type(len(labels))
    dlogits[rows, labels] = 0
    dlogits[rows, labels] = -dlogits.sum(axis=1)
    return loss, dlogits


_ELEMENTWISE = {
    "relu": {
        "np.where": (relu_where, relu_where_backward),
        "a copy with a mask": (relu_masked, relu_masked_backward),
        "half of x + |x|": (relu_half_sum, relu_half_sum_backward),
        "loop": (relu_loop, relu_loop_backward),
    },
    "sigmoid": {
        "by tanh": (sigmoid_by_tanh, sigmoid_by_tanh_backward),
        "two branches by np.where": (sigmoid_two_branches, sigmoid_two_branches_backward),
        "two branches by a mask": (sigmoid_masked, sigmoid_masked_backward),
        "logaddexp": (sigmoid_logaddexp, sigmoid_logaddexp_backward),
        "loop": (sigmoid_loop, sigmoid_loop_backward),
    },
    "tanh": {
        "by the exponential of -2|x|": (tanh_by_sigmoid, tanh_by_sigmoid_backward),
        "the slope as cache": (tanh_keeping_slope, tanh_keeping_slope_backward),
        "x as cache": (tanh_keeping_x, tanh_keeping_x_backward),
        "loop": (tanh_loop, tanh_loop_backward),
    },
}

VARIANTS = {
    **both_ways(_ELEMENTWISE),
    "softmax_cross_entropy": {
        "one-hot rows": {"softmax_cross_entropy": loss_one_hot},
        "logaddexp": {"softmax_cross_entropy": loss_logaddexp},
        "row by row": {"softmax_cross_entropy": loss_row_by_row},
        "relative to the label": {"softmax_cross_entropy": loss_relative_to_the_label},
    },
}
