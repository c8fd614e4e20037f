"""Normalization beside loops over single values, beside the graph walked node by node as courses do, and PyTorch.

The rivals see a matrix: a column is what is normalized together, whichever norm it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from contest import Contest, Rival, torch_here

from solutions.normalization import (
    batch_norm_backward,
    batch_norm_forward,
    group_norm_backward,
    group_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)

EPS = 1e-5
GROUPS = 8
# The loops run on this many columns.
LOOPED = 4


@dataclass(frozen=True)
class Norm:
    """A norm: our pair of functions, its columns and the way back from them, and PyTorch's function."""

    name: str
    shape: tuple[int, ...]
    weight_axis: int
    forward: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, Any]]
    backward: Callable[[np.ndarray, Any], tuple[np.ndarray, np.ndarray, np.ndarray]]
    columns: Callable[[np.ndarray], np.ndarray]
    back: Callable[[np.ndarray, tuple[int, ...]], np.ndarray]
    torch: Callable[[Any, Any, Any, Any], Any]


def _batch_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, Any]:
    return batch_norm_forward(x, weight, bias, np.zeros_like(weight), np.ones_like(weight))[:2]


NORMS = (
    Norm(
        "batch norm",
        (256, 512),
        1,
        _batch_norm,
        batch_norm_backward,
        lambda x: x,
        lambda matrix, _: matrix,
        lambda functional, x, weight, bias: functional.batch_norm(x, None, None, weight, bias, True),
    ),
    Norm(
        "batch norm",
        (8, 64, 28, 28),
        1,
        _batch_norm,
        batch_norm_backward,
        lambda x: x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1]),
        lambda matrix, shape: matrix.reshape(shape[0], *shape[2:], shape[1]).transpose(0, 3, 1, 2),
        lambda functional, x, weight, bias: functional.batch_norm(x, None, None, weight, bias, True),
    ),
    Norm(
        "group norm",
        (8, 64, 28, 28),
        1,
        lambda x, weight, bias: group_norm_forward(x, GROUPS, weight, bias),
        group_norm_backward,
        lambda x: x.reshape(len(x) * GROUPS, -1).T,
        lambda matrix, shape: matrix.T.reshape(shape),
        lambda functional, x, weight, bias: functional.group_norm(x, GROUPS, weight, bias),
    ),
    Norm(
        "layer norm",
        (32, 64, 256),
        2,
        layer_norm_forward,
        layer_norm_backward,
        lambda x: x.reshape(-1, x.shape[-1]).T,
        lambda matrix, shape: matrix.T.reshape(shape),
        lambda functional, x, weight, bias: functional.layer_norm(x, weight.shape, weight, bias),
    ),
)


def contests(dtype: Any) -> Iterator[Contest]:
    """Forward and backward of each norm."""
    for norm in NORMS:
        yield from _both_ways(norm, dtype)


def _both_ways(norm: Norm, dtype: Any) -> Iterator[Contest]:
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((2, *norm.shape), dtype=dtype)
    weight, bias = rng.standard_normal((2, norm.shape[norm.weight_axis]), dtype=dtype)
    out, cache = norm.forward(x, weight, bias)
    walked_out, walked_cache = walk_forward(norm, x, weight, bias)
    assert np.allclose(walked_out, out, atol=1e-4)
    for mine, other in zip(norm.backward(dout, cache), walk_backward(norm, dout, walked_cache), strict=True):
        assert np.linalg.norm(mine - other) <= 1e-4 * np.linalg.norm(other)
    columns, dcolumns = norm.columns(x), norm.columns(dout)
    times = columns.shape[1] // LOOPED
    forward = {
        "loops": Rival(lambda: loops_forward(columns[:, :LOOPED]), times),
        "graph": Rival(lambda: walk_forward(norm, x, weight, bias)),
    }
    backward = {
        "loops": Rival(lambda: loops_backward(dcolumns[:, :LOOPED], columns[:, :LOOPED]), times),
        "graph": Rival(lambda: walk_backward(norm, dout, walked_cache)),
    }
    torchs = torch_calls(norm, x, weight, bias, dout)
    if torchs is not None:
        forward["torch"], backward["torch"] = torchs
    name = "×".join(map(str, norm.shape))
    yield Contest(f"{norm.name} forward  {name}", lambda: norm.forward(x, weight, bias), forward)
    yield Contest(f"{norm.name} backward {name}", lambda: norm.backward(dout, cache), backward)


# --- loops over the values of a column, as textbooks have them -------------------------------------------------------


def _statistics(column: np.ndarray) -> tuple[float, float]:
    mean = variance = 0.0
    for value in column:
        mean += float(value) / len(column)
    for value in column:
        variance += (float(value) - mean) ** 2 / len(column)
    return mean, variance


def loops_forward(columns: np.ndarray) -> np.ndarray:
    out = np.zeros_like(columns)
    for place, column in enumerate(columns.T):
        mean, variance = _statistics(column)
        for row, value in enumerate(column):
            out[row, place] = (value - mean) / np.sqrt(variance + EPS)
    return out


def loops_backward(dcolumns: np.ndarray, columns: np.ndarray) -> np.ndarray:
    dx = np.zeros_like(columns)
    for place, column in enumerate(columns.T):
        mean, variance = _statistics(column)
        std = np.sqrt(variance + EPS)
        straight = along = 0.0
        for row, value in enumerate(column):
            straight += dcolumns[row, place] / len(column)
            along += dcolumns[row, place] * (value - mean) / std / len(column)
        for row, value in enumerate(column):
            dx[row, place] = (dcolumns[row, place] - straight - (value - mean) / std * along) / std
    return dx


# --- every node of the graph an array, as courses walk it ------------------------------------------------------------


def _broadcast(norm: Norm, values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), *[1] * (len(norm.shape) - norm.weight_axis - 1))


def walk_forward(norm: Norm, x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, Any]:
    columns = norm.columns(x)
    mean = np.sum(columns, axis=0) / len(columns)
    centred = columns - mean
    variance = np.sum(centred**2, axis=0) / len(columns)
    std = np.sqrt(variance + EPS)
    inverse = 1 / std
    x_hat = norm.back(centred * inverse, norm.shape)
    return _broadcast(norm, weight) * x_hat + _broadcast(norm, bias), (x_hat, centred, inverse, std, weight)


def walk_backward(norm: Norm, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x_hat, centred, inverse, std, weight = cache
    others = tuple(axis for axis in range(dout.ndim) if axis != norm.weight_axis)
    dbias, dweight = np.sum(dout, axis=others), np.sum(dout * x_hat, axis=others)
    dx_hat = norm.columns(dout * _broadcast(norm, weight))
    dinverse = np.sum(dx_hat * centred, axis=0)
    dstd = -dinverse / std**2
    dvariance = 0.5 * dstd / std
    dsquares = dvariance * np.ones_like(centred) / len(centred)
    dcentred = dx_hat * inverse + 2 * centred * dsquares
    dmean = -np.sum(dcentred, axis=0)
    dx = dcentred + dmean * np.ones_like(centred) / len(centred)
    return norm.back(dx, norm.shape), dweight, dbias


# --- PyTorch, where it is installed ----------------------------------------------------------------------------------


def torch_calls(
    norm: Norm, x: np.ndarray, weight: np.ndarray, bias: np.ndarray, dout: np.ndarray
) -> tuple[Rival, Rival] | None:
    torch = torch_here()
    if torch is None:
        return None
    arrays = [torch.from_numpy(array).requires_grad_() for array in (x, weight, bias)]
    upstream = torch.from_numpy(dout)
    kept = norm.torch(torch.nn.functional, *arrays)

    def forward() -> object:
        with torch.no_grad():
            return norm.torch(torch.nn.functional, *arrays)

    return Rival(forward), Rival(lambda: torch.autograd.grad(kept, arrays, upstream, retain_graph=True))
