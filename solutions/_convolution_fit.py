"""What the convolution layers share: how a window slides over x, groups, and what must fit."""

from __future__ import annotations

import math

import numpy as np

from solutions._windows import Sliding, as_pair
from solutions.convolution_plane import conv_output_size


def slide(
    size: tuple[int, ...],
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, int],
    padding: int | tuple[int, int],
    dilation: int | tuple[int, int],
) -> Sliding:
    """How the window slides over images of this size, or a ValueError where it cannot."""
    kernel, steps = as_pair(kernel_size, "kernel_size"), as_pair(stride, "stride")
    border, spread = as_pair(padding, "padding"), as_pair(dilation, "dilation")
    height, width = (conv_output_size(*axis) for axis in zip(size, kernel, steps, border, spread, strict=True))
    return Sliding(kernel, steps, border, spread, (height, width))


def fit(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    stride: int | tuple[int, int],
    padding: int | tuple[int, int],
    dilation: int | tuple[int, int],
    groups: int,
) -> Sliding:
    """How the window of a convolution layer slides over x, or a ValueError where something does not fit."""
    require_groups(x, weight, groups)
    if x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ValueError(
            f"weight of shape {weight.shape} in {groups} groups does not fit x of shape {x.shape}: weight must be "
            f"(F, C // groups, KH, KW), and groups must divide C and F"
        )
    require_bias(bias, weight.shape[0])
    return slide(x.shape[2:], weight.shape[2:], stride, padding, dilation)


def in_groups(array: np.ndarray, groups: int, axis: int) -> np.ndarray:
    """A view in which `axis` is cut into `groups` blocks: two axes, the block and the place in it."""
    shape = array.shape
    return array.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])


def as_matrices(weight: np.ndarray, groups: int) -> np.ndarray:
    """The filters of each group as the rows of a matrix, (groups, F // groups, C // groups * KH * KW)."""
    return weight.reshape(groups, weight.shape[0] // groups, math.prod(weight.shape[1:]))


def require_groups(x: np.ndarray, weight: np.ndarray, groups: int) -> None:
    if x.ndim != 4 or weight.ndim != 4:
        raise ValueError(f"x and weight must have four axes, not shapes {x.shape} and {weight.shape}")
    if groups < 1:
        raise ValueError(f"groups must be at least 1, not {groups}")


def require_bias(bias: np.ndarray, filters: int) -> None:
    if bias.shape != (filters,):
        raise ValueError(f"bias must have shape {(filters,)}, one number a channel of out, not {bias.shape}")


def require_shape_of_out(dout: np.ndarray, expected: tuple[int, ...]) -> None:
    if dout.shape != expected:
        raise ValueError(f"dout must have the shape of out, {expected}, not {dout.shape}")
