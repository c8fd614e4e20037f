"""Known wrong answers of the chapter `normalization`: group norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.normalization_gradient_slips import Gradients, Kept, enter_backward_slips, gradients
from autograder.mistakes.normalization_slips import (
    Array,
    Layout,
    by_channel,
    enter_forward_slips,
    mean_and_variance,
    normalized,
    scaled_and_shifted,
    standardized,
)
from solutions.normalization import group_norm_forward

catalogue = Catalogue()

Out = tuple[Any, Any]


def _layout(x: Array, num_groups: int) -> Layout:
    """The groups along the last axis; a number of groups that does not divide the channels raises ValueError."""
    if x.shape[1] % num_groups:
        raise ValueError(f"{x.shape[1]} channels in {num_groups} groups")
    return by_channel(x.shape, (2,), (len(x), num_groups, x[0].size // num_groups))


def _column(values: Array) -> Any:
    return values[:, None, None]


def _over(x: Array, weight: Array, bias: Array, eps: float, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """Statistics over some axes of x in some shape."""
    grouped = x.reshape(shape)
    x_hat = standardized(grouped, *mean_and_variance(grouped, axes), eps)
    return scaled_and_shifted(x_hat.reshape(x.shape), _column(weight), _column(bias))


@catalogue.wrong(
    "group_norm_forward",
    "Your groups hold every num_groups-th channel where they should hold neighbours: the channels were cut into "
    "(C/num_groups, num_groups). The groups come first: (num_groups, C/num_groups).",
)
def channels_dealt_out(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    _layout(x, num_groups)
    n, c, h, w = x.shape
    return _over(x, weight, bias, eps, (n, c // num_groups, num_groups, h, w), (1, 3, 4)), None


@catalogue.wrong(
    "group_norm_forward",
    "num_groups was taken for the size of a group. It says how many groups there are; each has C/num_groups channels.",
)
def number_taken_for_size(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    _layout(x, num_groups)
    n, c, h, w = x.shape
    return _over(x, weight, bias, eps, (n, c // num_groups, num_groups, h, w), (2, 3, 4)), None


@catalogue.wrong(
    "group_norm_forward",
    "Your statistics are shared by the whole batch. Group norm looks at each image by itself, which is why it does not "
    "mind how many there are.",
)
def groups_over_the_batch(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    _layout(x, num_groups)
    n, c, h, w = x.shape
    return _over(x, weight, bias, eps, (n, num_groups, c // num_groups, h, w), (0, 2, 3, 4)), None


@catalogue.wrong(
    "group_norm_forward",
    "Your statistics are those of each channel by itself: that is instance norm. The channels of a group share them.",
)
def channels_by_themselves(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    _layout(x, num_groups)
    return _over(x, weight, bias, eps, x.shape, (2, 3)), None


@catalogue.wrong(
    "group_norm_forward",
    "All channels of an image share your statistics, as in layer norm: num_groups is not looked at.",
)
def all_channels_together(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    _layout(x, num_groups)
    return _over(x, weight, bias, eps, x.shape, (1, 2, 3)), None


@catalogue.wrong(
    "group_norm_forward",
    "Your statistics are taken over the channels of a group, at each pixel by itself. The pixels take part too: all values "
    "of a group in one image share one mean and one variance.",
)
def pixels_by_themselves(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    _layout(x, num_groups)
    n, c, h, w = x.shape
    return _over(x, weight, bias, eps, (n, num_groups, c // num_groups, h, w), (2,)), None


@catalogue.wrong(
    "group_norm_forward",
    "Each group got the weight and bias of its first channel. They are shared by nobody: every channel has its own.",
)
def parameters_of_the_group(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    size = x.shape[1] // num_groups
    first = np.repeat(np.arange(num_groups) * size, size)
    return normalized(x, weight[first], bias[first], eps, _layout(x, num_groups)), None


@catalogue.wrong(
    "group_norm_forward",
    "weight and bias were multiplied and added as they are, of shape (C,), which NumPy lays along the last axis, the columns "
    "of the image. Reshape them to (C, 1, 1) so that they meet the channels.",
)
def parameters_on_the_last_axis(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    ones = np.ones_like(weight)
    return weight * normalized(x, ones, 0 * ones, eps, _layout(x, num_groups)) + bias, None


@catalogue.wrong(
    "group_norm_forward",
    "6 channels cannot be cut into 4 groups of one size, and your function does not mind: the channels left over are "
    "treated as a smaller group, or not at all. Raise ValueError, and name the two numbers.",
)
def channels_left_over(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    if x.shape[1] % num_groups == 0:
        return group_norm_forward(x, num_groups, weight, bias, eps)
    out = x.copy()
    size = x.shape[1] // num_groups
    for first in range(0, num_groups * size, size):
        part = x[:, first : first + size]
        out[:, first : first + size] = standardized(part, *mean_and_variance(part, (1, 2, 3)), eps)
    return out * _column(weight) + _column(bias), None


@catalogue.wrong(
    "group_norm_forward",
    "Your out is right, but the caller's x was normalized in place: a reshaped or sliced array is the same memory. Make a "
    "new array.",
)
def x_changed_in_place(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    found = group_norm_forward(x, num_groups, weight, bias, eps)
    x -= x.mean()
    return found


def _with(**steps: Any) -> Callable[..., Out]:
    def forward(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
        return normalized(x, weight, bias, eps, _layout(x, num_groups), **steps), None

    return forward


enter_forward_slips(catalogue, "group_norm_forward", "a group", _with)


# --- backward ------------------------------------------------------------------------------------------------------


def _keeping(x: Array, num_groups: int, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    out, _ = group_norm_forward(x, num_groups, weight, bias, eps)
    return out, Kept(x, weight, eps, _layout(x, num_groups))


def _regrouped(dout: Array, kept: Kept, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """dx with its two means taken over other axes, the forward being right."""
    dx_hat, x_hat = (dout * kept.column).reshape(shape), kept.x_hat.reshape(shape)
    mean, share = (value.mean(axis=axes, keepdims=True) for value in (dx_hat, dx_hat * x_hat))
    spread = np.broadcast_to(kept.inverse_std, kept.layout.grouped).reshape(shape)
    return (spread * (dx_hat - mean - x_hat * share)).reshape(dout.shape)


@catalogue.wrong(
    "group_norm_backward",
    "weight stands before the bracket in your dx, as batch norm's short formula has it. There it is one number for all that "
    "share statistics; the channels of a group have several, so weight has to be inside the means: start from weight · dout.",
    group_norm_forward=_keeping,
)
def weight_before_the_bracket(dout: Array, kept: Kept) -> Gradients:
    dx, dweight, dbias = gradients(dout, kept, upstream=lambda dout, _: dout)
    return dx * kept.column, dweight, dbias


@catalogue.wrong(
    "group_norm_backward",
    "The means in your dx are taken over each channel by itself, as in instance norm. The channels of a group shared "
    "statistics on the way there, so they share them on the way back.",
    group_norm_forward=_keeping,
)
def means_of_each_channel(dout: Array, kept: Kept) -> Gradients:
    return _regrouped(dout, kept, dout.shape, (2, 3)), *gradients(dout, kept)[1:]


@catalogue.wrong(
    "group_norm_backward",
    "The means in your dx are taken over all channels of an image. Only those of one group shared statistics.",
    group_norm_forward=_keeping,
)
def means_of_all_channels(dout: Array, kept: Kept) -> Gradients:
    return _regrouped(dout, kept, dout.shape, (1, 2, 3)), *gradients(dout, kept)[1:]


@catalogue.wrong(
    "group_norm_backward",
    "The means in your dx are taken over the whole batch. Each image had statistics of its own.",
    group_norm_forward=_keeping,
)
def means_over_the_batch(dout: Array, kept: Kept) -> Gradients:
    return _regrouped(dout, kept, kept.layout.grouped, (0, 2)), *gradients(dout, kept)[1:]


@catalogue.wrong(
    "group_norm_backward",
    "On the way back the groups hold every num_groups-th channel where they held neighbours on the way there. Reshape "
    "to the same (N, num_groups, C/num_groups, H, W).",
    group_norm_forward=_keeping,
)
def channels_dealt_out_again(dout: Array, kept: Kept) -> Gradients:
    n, c, h, w = dout.shape
    groups = kept.layout.grouped[1]
    return _regrouped(dout, kept, (n, c // groups, groups, h, w), (1, 3, 4)), *gradients(dout, kept)[1:]


@catalogue.wrong(
    "group_norm_backward",
    "dweight and dbias are one for each image and channel. The images share weight and bias: sum over the batch as well.",
    group_norm_forward=_keeping,
)
def parameters_of_each_image(dout: Array, kept: Kept) -> Gradients:
    x_hat = kept.x_hat.reshape(dout.shape)
    return gradients(dout, kept)[0], (dout * x_hat).sum(axis=(2, 3)), dout.sum(axis=(2, 3))


enter_backward_slips(catalogue, "group_norm_backward", "a group", _keeping)
