"""Known wrong answers of the chapter `normalization`: instance norm."""

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
    standardized,
)
from solutions.normalization import instance_norm_forward

catalogue = Catalogue()

Out = tuple[Any, Any]


def _layout(x: Array) -> Layout:
    return by_channel(x.shape, (2,), (*x.shape[:2], x.shape[2] * x.shape[3]))


def _over(x: Array, weight: Array, bias: Array, eps: float, axes: tuple[int, ...]) -> Any:
    return standardized(x, *mean_and_variance(x, axes), eps) * weight[:, None, None] + bias[:, None, None]


@catalogue.wrong(
    "instance_norm_forward",
    "Your statistics are shared by the batch: that is batch norm. Instance norm gives each image statistics of its own, so "
    "axis 0 takes no part.",
)
def statistics_over_the_batch(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return _over(x, weight, bias, eps, (0, 2, 3)), None


@catalogue.wrong(
    "instance_norm_forward",
    "All channels of an image share your statistics, as in layer norm. In instance norm every channel has its own.",
)
def all_channels_together(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return _over(x, weight, bias, eps, (1, 2, 3)), None


@catalogue.wrong(
    "instance_norm_forward",
    "Your statistics are those of each row of pixels, the last axis alone. The whole picture of a channel shares them: the "
    "axes 2 and 3.",
)
def rows_by_themselves(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return _over(x, weight, bias, eps, (3,)), None


@catalogue.wrong(
    "instance_norm_forward",
    "Your statistics are taken over the channels at each pixel. It is the other way about: the pixels of one channel share "
    "statistics.",
)
def pixels_by_themselves(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return _over(x, weight, bias, eps, (1,)), None


@catalogue.wrong(
    "instance_norm_forward",
    "weight and bias were multiplied and added as they are, of shape (C,), which NumPy lays along the last axis, the columns "
    "of the image. Reshape them to (C, 1, 1) so that they meet the channels.",
)
def parameters_on_the_last_axis(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return weight * standardized(x, *mean_and_variance(x, (2, 3)), eps) + bias, None


@catalogue.wrong(
    "instance_norm_forward",
    "Your out is right, but the mean was taken away in the caller's x: -= changes an argument. Make a new array.",
)
def x_changed_in_place(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    found = instance_norm_forward(x, weight, bias, eps)
    x -= x.mean(axis=(2, 3), keepdims=True)
    return found


def _with(**steps: Any) -> Callable[..., Out]:
    def forward(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
        return normalized(x, weight, bias, eps, _layout(x), **steps), None

    return forward


enter_forward_slips(catalogue, "instance_norm_forward", "a channel in one image", _with)


# --- backward ------------------------------------------------------------------------------------------------------


def _keeping(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return instance_norm_forward(x, weight, bias, eps)[0], Kept(x, weight, eps, _layout(x))


def _over_axes(dout: Array, kept: Kept, axes: tuple[int, ...]) -> Any:
    dx_hat, x_hat = dout * kept.column, kept.x_hat.reshape(dout.shape)
    mean, share = (value.mean(axis=axes, keepdims=True) for value in (dx_hat, dx_hat * x_hat))
    return kept.inverse_std[..., None] * (dx_hat - mean - x_hat * share)


@catalogue.wrong(
    "instance_norm_backward",
    "The means in your dx are taken over the batch too, as in batch norm. Each image had statistics of its own on the way "
    "there, and has on the way back.",
    instance_norm_forward=_keeping,
)
def means_over_the_batch(dout: Array, kept: Kept) -> Gradients:
    return _over_axes(dout, kept, (0, 2, 3)), *gradients(dout, kept)[1:]


@catalogue.wrong(
    "instance_norm_backward",
    "The means in your dx are taken over all channels of an image. In instance norm each channel is by itself.",
    instance_norm_forward=_keeping,
)
def means_of_all_channels(dout: Array, kept: Kept) -> Gradients:
    return _over_axes(dout, kept, (1, 2, 3)), *gradients(dout, kept)[1:]


@catalogue.wrong(
    "instance_norm_backward",
    "dweight and dbias are one for each image and channel. The statistics belong to an image, weight and bias do not: sum "
    "over the batch as well.",
    instance_norm_forward=_keeping,
)
def parameters_of_each_image(dout: Array, kept: Kept) -> Gradients:
    x_hat = kept.x_hat.reshape(dout.shape)
    return gradients(dout, kept)[0], (dout * x_hat).sum(axis=(2, 3)), dout.sum(axis=(2, 3))


@catalogue.wrong(
    "instance_norm_backward",
    "The means in your dx are divided by N · H · W, as in batch norm. A channel in one image has H · W values.",
    instance_norm_forward=_keeping,
)
def batch_counted_too(dout: Array, kept: Kept) -> Gradients:
    dx_hat, x_hat = dout * kept.column, kept.x_hat.reshape(dout.shape)
    mean, share = (value.mean(axis=(2, 3), keepdims=True) / len(dout) for value in (dx_hat, dx_hat * x_hat))
    return kept.inverse_std[..., None] * (dx_hat - mean - x_hat * share), *gradients(dout, kept)[1:]


enter_backward_slips(catalogue, "instance_norm_backward", "a channel in one image", _keeping)
