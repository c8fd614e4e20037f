"""Functions applied to every entry on its own (ReLU, sigmoid, tanh), and the softmax with its cross-entropy loss."""

from __future__ import annotations

from typing import Any

import numpy as np


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
    """Apply the rectified linear unit to every entry.

        out = max(x, 0)

    Args:
        x: any shape.

    Returns:
        out: the shape of x.
        cache: whatever your relu_backward will need.

    Source:
        Nair & Hinton, Rectified linear units improve restricted Boltzmann machines (2010), section 2.
    """
    return np.maximum(x, 0), x


def relu_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Carry the gradient back through the ReLU.

        dx = dout * (d relu(x) / d x),   where the derivative at exactly 0 is taken as 0

    Args:
        dout: gradient of the loss with respect to out, the shape of x.
        cache: what relu_forward returned beside out.

    Returns:
        dx: the shape of x.

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        Glorot, Bordes & Bengio, Deep sparse rectifier neural networks (2011), section 3.
    """
    x: np.ndarray = cache
    _require_same_shape(dout, x)
    return dout * (x > 0)


def sigmoid_forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
    """Apply the logistic sigmoid to every entry.

        out = 1 / (1 + exp(-x))  =  exp(x) / (1 + exp(x))

    The result is finite, and no warning is raised, for every finite x however large.

    Args:
        x: any shape.

    Returns:
        out: the shape of x.
        cache: whatever your sigmoid_backward will need.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 3.10.
    """
    # exp(-x) of a very negative x is inf, and 1 / inf is 0: the right answer, so the overflow is no error here.
    with np.errstate(over="ignore", under="ignore"):
        out = 1 / (1 + np.exp(-x))
    return out, out


def sigmoid_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Carry the gradient back through the sigmoid.

        dx = dout * (d sigmoid(x) / d x)

    Args:
        dout: gradient of the loss with respect to out, the shape of x.
        cache: what sigmoid_forward returned beside out.

    Returns:
        dx: the shape of x.

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 3.10.
    """
    out: np.ndarray = cache
    _require_same_shape(dout, out)
    dx: np.ndarray = dout * out * (1 - out)
    return dx


def tanh_forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
    """Apply the hyperbolic tangent to every entry.

        out = tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))

    Args:
        x: any shape; entries may be large, where tanh is 1 or -1.

    Returns:
        out: the shape of x.
        cache: whatever your tanh_backward will need.

    Source:
        LeCun, Bottou, Orr & Müller, Efficient BackProp (1998), section 4.4.
    """
    out = np.tanh(x)
    return out, out


def tanh_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Carry the gradient back through tanh.

        dx = dout * (d tanh(x) / d x)

    Args:
        dout: gradient of the loss with respect to out, the shape of x.
        cache: what tanh_forward returned beside out.

    Returns:
        dx: the shape of x.

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        LeCun, Bottou, Orr & Müller, Efficient BackProp (1998), section 4.4.
    """
    out: np.ndarray = cache
    _require_same_shape(dout, out)
    dx: np.ndarray = dout * (1 - out * out)
    return dx


def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """The cross-entropy loss of a softmax classifier, the mean over the batch, and its gradient.

        p[n, c] = exp(logits[n, c]) / (sum over k of exp(logits[n, k]))
        loss    = -1/N * (sum over n of log p[n, labels[n]])
        dlogits = d loss / d logits

    Both are right for logits of 1000 and -1000 too.

    Args:
        logits: one row of C scores for each example, shape (N, C).
        labels: the right class of each example, integers from 0 to C - 1, shape (N,).

    Returns:
        loss: a Python float.
        dlogits: shape (N, C).

    Raises:
        ValueError: if logits is not (N, C) or labels is not (N,), or if a label is not a class; the message names
            the sizes.

    Source:
        Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4.
    """
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(f"logits must be (N, C) and labels (N,), not {logits.shape} and {labels.shape}")
    examples, classes = logits.shape
    if np.any((labels < 0) | (labels >= classes)):
        raise ValueError(f"labels must lie between 0 and {classes - 1}, not {labels.min()} to {labels.max()}")
    own = np.arange(examples), labels
    # Shifting a row leaves its softmax as it is, and with 0 as the largest score nothing overflows.
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(totals[:, 0]) - shifted[own])
    dlogits = exponentials / totals
    dlogits[own] -= 1
    dlogits /= examples
    return float(loss), dlogits


def _require_same_shape(dout: np.ndarray, x: np.ndarray) -> None:
    if dout.shape != x.shape:
        raise ValueError(f"dout must have the shape of x, {x.shape}, not {dout.shape}")
