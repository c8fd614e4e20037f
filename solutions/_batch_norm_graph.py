"""Batch norm's gradient walked node by node through the graph of its forward: what the short formula comes from.

The two are the same function; a test holds one to the other.
"""

from __future__ import annotations

import numpy as np


def walk_back(
    dout: np.ndarray, x: np.ndarray, weight: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dx, dweight and dbias of batch norm in training, for x of shape (N, C).

    The forward as a graph, each node with a name of its own:

        mean = sum(x) / N            variance = sum(square) / N        out = scaled + bias
        centred = x - mean           std = sqrt(variance + eps)        scaled = weight * x_hat
        square = centred ** 2        inverse_std = 1 / std             x_hat = centred * inverse_std

    The walk visits the nodes in the opposite order. A node that is used twice gets the sum of what comes back.
    """
    examples = len(x)
    mean = x.sum(axis=0) / examples
    centred = x - mean
    square = centred**2
    variance = square.sum(axis=0) / examples
    std = np.sqrt(variance + eps)
    inverse_std = 1 / std
    x_hat = centred * inverse_std

    # out = scaled + bias
    dscaled = dout
    dbias = dout.sum(axis=0)
    # scaled = weight * x_hat
    dx_hat = dscaled * weight
    dweight = (dscaled * x_hat).sum(axis=0)
    # x_hat = centred * inverse_std
    dcentred = dx_hat * inverse_std
    dinverse_std = (dx_hat * centred).sum(axis=0)
    # inverse_std = 1 / std
    dstd = dinverse_std * -1 / std**2
    # std = sqrt(variance + eps)
    dvariance = dstd / (2 * std)
    # variance = sum(square) / N
    dsquare = np.ones_like(x) * dvariance / examples
    # square = centred ** 2: the second use of centred
    dcentred = dcentred + 2 * centred * dsquare
    # centred = x - mean
    dx = dcentred
    dmean = -dcentred.sum(axis=0)
    # mean = sum(x) / N: the second use of x
    dx = dx + np.ones_like(x) * dmean / examples
    return dx, dweight, dbias
