"""The linear (fully connected) layer, and two ways to draw its first weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def linear_forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, Any]:
    """Apply a linear layer to each example of a batch.

        out[n, m] = sum over d of x[n, d] * weight[d, m]  +  bias[m]

    An example may have any number of axes, (d1, ..., dk): it is read as one row of D = d1 * ... * dk numbers, the
    last axis running fastest.

    Args:
        x: the batch, shape (N, d1, ..., dk).
        weight: shape (D, M).
        bias: shape (M,).

    Returns:
        out: shape (N, M).
        cache: whatever your linear_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.1.
    """
    if weight.ndim != 2:
        raise ValueError(f"weight must have shape (D, M), not {weight.shape}")
    if x.ndim == 0 or math.prod(x.shape[1:]) != weight.shape[0]:
        raise ValueError(f"x of shape {x.shape} must hold {weight.shape[0]} numbers an example, as weight has rows")
    if bias.shape != weight.shape[1:]:
        raise ValueError(f"bias must have shape {weight.shape[1:]}, one number a column of weight, not {bias.shape}")
    out = _as_rows(x, weight) @ weight + bias
    return out, (x, weight)


def linear_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient of a loss L back through the linear layer.

    With dout = dL/dout, the chain rule sums over every entry of out that an input reaches:

        dx[n, d]      = sum over m of dout[n, m] * (d out[n, m] / d x[n, d])
        dweight[d, m] = sum over n of dout[n, m] * (d out[n, m] / d weight[d, m])
        dbias[m]      = sum over n of dout[n, m] * (d out[n, m] / d bias[m])

    Nothing is divided by the size of the batch: where the loss is a mean, dout holds that factor already.

    Args:
        dout: gradient of the loss with respect to out, shape (N, M).
        cache: what linear_forward returned beside out.

    Returns:
        dx: the shape of x, (N, d1, ..., dk).
        dweight: shape (D, M).
        dbias: shape (M,).

    Raises:
        ValueError: if dout does not have the shape of out; the message names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.5.
    """
    x, weight = cache
    expected = (x.shape[0], weight.shape[1])
    if dout.shape != expected:
        raise ValueError(f"dout must have the shape of out, {expected}, not {dout.shape}")
    dx = (dout @ weight.T).reshape(x.shape)
    dweight = _as_rows(x, weight).T @ dout
    dbias = dout.sum(axis=0)
    return dx, dweight, dbias


def xavier_uniform(fan_in: int, fan_out: int, rng: np.random.Generator) -> np.ndarray:
    """Draw weights that keep the spread of signals and of gradients alike from layer to layer.

        weight[i, j] ~ U(-limit, limit)   with   limit = sqrt(6 / (fan_in + fan_out))

    Args:
        fan_in: number of inputs of the layer.
        fan_out: number of its outputs.
        rng: the only source of randomness.

    Returns:
        weight: shape (fan_in, fan_out), independent draws.

    Raises:
        ValueError: if fan_in or fan_out is less than 1; the message names the sizes.

    Source:
        Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks (2010),
        section 4.2.1, equation 16.
    """
    _require_fans(fan_in, fan_out)
    limit = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, size=(fan_in, fan_out))


def kaiming_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> np.ndarray:
    """Draw weights that keep the spread of signals from layer to layer where ReLU lets only half of them through.

        weight[i, j] ~ N(0, 2 / fan_in)   where 2 / fan_in is the variance

    Args:
        fan_in: number of inputs of the layer.
        fan_out: number of its outputs.
        rng: the only source of randomness.

    Returns:
        weight: shape (fan_in, fan_out), independent draws.

    Raises:
        ValueError: if fan_in or fan_out is less than 1; the message names the sizes.

    Source:
        He, Zhang, Ren & Sun, Delving deep into rectifiers (2015), section 2.2, equation 10.
    """
    _require_fans(fan_in, fan_out)
    return rng.normal(0.0, math.sqrt(2 / fan_in), size=(fan_in, fan_out))


def _as_rows(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """`x` as (N, D). D is named, since NumPy cannot infer it for an empty batch."""
    return x.reshape(x.shape[0], weight.shape[0])


def _require_fans(fan_in: int, fan_out: int) -> None:
    if fan_in < 1 or fan_out < 1:
        raise ValueError(f"a layer has at least one input and one output, not fan_in={fan_in} and fan_out={fan_out}")
