"""Dropout of single entries and of whole channels, and the limit on a weight's columns that goes well with it."""

from __future__ import annotations

from typing import Any

import numpy as np


def dropout_forward(x: np.ndarray, p: float, training: bool, rng: np.random.Generator) -> tuple[np.ndarray, Any]:
    """Drop each entry of x with probability p in training, and scale up what is kept.

        training:    out = x * kept / (1 - p),   where each entry of kept is 0 with probability p, else 1,
                     independently of all others
        evaluation:  out = x

    Args:
        x: any shape.
        p: the probability of being dropped, 0 <= p < 1.
        training: True in training, False in evaluation.
        rng: the only source of randomness.

    Returns:
        out: the shape of x.
        cache: whatever your dropout_backward will need.

    Raises:
        ValueError: if p is not in 0 <= p < 1, in evaluation too; the message names p.

    Source:
        Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014), sections 4 and 10.
    """
    _require_probability(p)
    mask = _mask(x.shape, x.dtype, p, rng) if training else 1
    return x * mask, (mask, x.shape)


def dropout_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Carry the gradient back through the dropout of single entries, in training and in evaluation.

        dx = dout * (d out / d x),   for the kept entries and the scale of that very forward

    Args:
        dout: gradient of the loss with respect to out, the shape of x.
        cache: what dropout_forward returned beside out.

    Returns:
        dx: the shape of x.

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014), section 5.1.
    """
    mask, shape = cache
    _require_same_shape(dout, shape)
    return np.asarray(dout * mask)


def dropout2d_forward(x: np.ndarray, p: float, training: bool, rng: np.random.Generator) -> tuple[np.ndarray, Any]:
    """Drop whole channels of images: each channel of each image with probability p in training.

        training:    out[n, c] = x[n, c] * kept[n, c] / (1 - p),   where kept[n, c] is 0 with probability p, else 1,
                     independently for each n and c
        evaluation:  out = x

    Args:
        x: images, shape (N, C, H, W).
        p: the probability of being dropped, 0 <= p < 1.
        training: True in training, False in evaluation.
        rng: the only source of randomness.

    Returns:
        out: shape (N, C, H, W).
        cache: whatever your dropout2d_backward will need.

    Raises:
        ValueError: if p is not in 0 <= p < 1, in evaluation too; the message names p. Also if x does not have four
            axes; the message names its shape.

    Source:
        Tompson et al., Efficient object localization using convolutional networks (2015), section 3.2.
    """
    _require_probability(p)
    _require_images(x)
    mask = _mask((*x.shape[:2], 1, 1), x.dtype, p, rng) if training else 1
    return x * mask, (mask, x.shape)


def dropout2d_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Carry the gradient back through the dropout of channels, in training and in evaluation.

        dx = dout * (d out / d x),   for the kept channels and the scale of that very forward

    Args:
        dout: gradient of the loss with respect to out, shape (N, C, H, W).
        cache: what dropout2d_forward returned beside out.

    Returns:
        dx: shape (N, C, H, W).

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        Tompson et al., Efficient object localization using convolutional networks (2015), section 3.2.
    """
    mask, shape = cache
    _require_same_shape(dout, shape)
    return np.asarray(dout * mask)


def max_norm(weight: np.ndarray, max_value: float) -> np.ndarray:
    """Limit the length of each column of a weight, the vector of all that comes into one unit.

        weight[:, m] * max_value / norm(weight[:, m])   where norm(weight[:, m]) > max_value
        weight[:, m]                                    elsewhere

    where norm is the L2 norm: the root of the sum of squares.

    Args:
        weight: shape (D, M).
        max_value: the largest norm that a column may have, more than 0.

    Returns:
        weight: shape (D, M), a new array.

    Raises:
        ValueError: if weight is not (D, M), or max_value not more than 0; the message names them.

    Source:
        Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014), section 5.1.
    """
    if weight.ndim != 2 or not max_value > 0:
        raise ValueError(f"weight must be (D, M) and max_value above 0, not {weight.shape} and {max_value}")
    norms = np.linalg.norm(weight, axis=0)
    return np.asarray(weight * (max_value / np.maximum(norms, max_value)))


def _mask(shape: tuple[int, ...], dtype: np.dtype[Any], p: float, rng: np.random.Generator) -> np.ndarray:
    """0 with probability p, else 1 / (1 - p); a uniform number of [0, 1) is below p with probability p."""
    return (rng.random(shape) >= p).astype(dtype) / (1 - p)


def _require_probability(p: float) -> None:
    if not 0 <= p < 1:
        raise ValueError(f"p is the probability of being dropped, 0 <= p < 1, not {p}")


def _require_images(x: np.ndarray) -> None:
    if x.ndim != 4:
        raise ValueError(f"x must hold images, (N, C, H, W), not {x.shape}")


def _require_same_shape(dout: np.ndarray, shape: tuple[int, ...]) -> None:
    if dout.shape != shape:
        raise ValueError(f"dout must have the shape of x, {shape}, not {dout.shape}")
