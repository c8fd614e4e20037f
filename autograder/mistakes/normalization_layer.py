"""Known wrong answers of the chapter `normalization`: layer norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.normalization_gradient_slips import Gradients, Kept, enter_backward_slips, gradients
from autograder.mistakes.normalization_slips import (
    Array,
    Layout,
    enter_forward_slips,
    mean_and_variance,
    normalized,
    standardized,
    trailing,
)
from solutions.normalization import layer_norm_forward

catalogue = Catalogue()

Out = tuple[Any, Any]


def _layout(x: Array, weight: Array) -> Layout:
    return trailing(x.shape, weight.ndim)


def _over(x: Array, weight: Array, bias: Array, eps: float, axes: tuple[int, ...]) -> Any:
    return standardized(x, *mean_and_variance(x, axes), eps) * weight + bias


@catalogue.wrong(
    "layer_norm_forward",
    "Your statistics are taken over the batch: that is batch norm. Layer norm looks at each example by itself, over the "
    "last axes, those that weight has.",
)
def statistics_over_the_batch(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return _over(x, weight, bias, eps, (0,)), None


@catalogue.wrong(
    "layer_norm_forward",
    "One mean and one variance serve your whole batch. Every example has its own.",
)
def one_statistic_for_all(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return _over(x, weight, bias, eps, tuple(range(x.ndim))), None


@catalogue.wrong(
    "layer_norm_forward",
    "Your statistics are always those of the last axis. Where weight has two axes, the last two are normalized together: "
    "weight.ndim says how many.",
)
def last_axis_only(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return _over(x, weight, bias, eps, (-1,)), None


@catalogue.wrong(
    "layer_norm_forward",
    "Your statistics are taken over all axes but the first. Where weight has one axis, only the last is normalized: every "
    "position of a sequence has a mean and a variance of its own.",
)
def all_axes_but_the_batch(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return _over(x, weight, bias, eps, tuple(range(1, x.ndim))), None


@catalogue.wrong(
    "layer_norm_forward",
    "Your statistics lie along axis 1 whatever the shape of x. Count from the end: the normalized axes are the last ones.",
)
def second_axis_always(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return _over(x, weight, bias, eps, (1,)), None


@catalogue.wrong(
    "layer_norm_forward",
    "The means have shape (N,), which does not go with (N, D): NumPy would lay them along the features, and does so unasked "
    "where N equals D. keepdims=True leaves them a column, (N, 1).",
)
def statistics_without_keepdims(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    axes = _layout(x, weight).axes
    return (x - x.mean(axis=axes)) / np.sqrt(x.var(axis=axes) + eps) * weight + bias, None


@catalogue.wrong(
    "layer_norm_forward",
    "Your x_hat has length 1 where it should have spread 1: x − mean was divided by its norm, the root of the sum of "
    "squares. The standard deviation is the root of their mean.",
)
def divided_by_the_length(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    axes = _layout(x, weight).axes
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / (np.sqrt((centred**2).sum(axis=axes, keepdims=True)) + eps) * weight + bias, None


@catalogue.wrong(
    "layer_norm_forward",
    "The mean is not taken away, neither in the numerator nor in the variance: that is RMS norm. Layer norm centres each "
    "example first.",
)
def rms_norm_for_layer_norm(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    square = (x**2).mean(axis=_layout(x, weight).axes, keepdims=True)
    return x / np.sqrt(square + eps) * weight + bias, None


@catalogue.wrong(
    "layer_norm_forward",
    "Your out is right, but the mean was taken away in the caller's x: -= changes an argument. Make a new array.",
)
def x_changed_in_place(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    found = layer_norm_forward(x, weight, bias, eps)
    x -= x.mean(axis=_layout(x, weight).axes, keepdims=True)
    return found


def _with(**steps: Any) -> Callable[..., Out]:
    def forward(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
        return normalized(x, weight, bias, eps, _layout(x, weight), **steps), None

    return forward


enter_forward_slips(catalogue, "layer_norm_forward", "an example", _with)


# --- backward ------------------------------------------------------------------------------------------------------


def _keeping(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Out:
    return layer_norm_forward(x, weight, bias, eps)[0], Kept(x, weight, eps, _layout(x, weight))


@catalogue.wrong(
    "layer_norm_backward",
    "weight stands before the bracket in your dx, as batch norm's short formula has it. There it is one number for all that "
    "share statistics; here it differs from feature to feature, so it has to be inside the means: start from weight · dout.",
    layer_norm_forward=_keeping,
)
def weight_before_the_bracket(dout: Array, kept: Kept) -> Gradients:
    dx, dweight, dbias = gradients(dout, kept, upstream=lambda dout, _: dout)
    return dx * kept.weight, dweight, dbias


@catalogue.wrong(
    "layer_norm_backward",
    "The means in your dx are taken over the batch, as batch norm takes them. What shares statistics on the way there, the "
    "numbers of one example, shares gradients on the way back.",
    layer_norm_forward=_keeping,
)
def means_over_the_batch(dout: Array, kept: Kept) -> Gradients:
    _, dweight, dbias = gradients(dout, kept)
    dx_hat, x_hat = dout * kept.weight, kept.x_hat
    mean, share = (value.mean(axis=0, keepdims=True) for value in (dx_hat, dx_hat * x_hat))
    return kept.inverse_std * (dx_hat - mean - x_hat * share), dweight, dbias


@catalogue.wrong(
    "layer_norm_backward",
    "dweight and dbias were summed over the axes that are normalized. Each weight belongs to one feature, and what adds up "
    "for it are the examples: sum over all axes before those of weight.",
    layer_norm_forward=_keeping,
)
def parameters_summed_over_features(dout: Array, kept: Kept) -> Gradients:
    axes = kept.layout.axes
    return gradients(dout, kept)[0], (dout * kept.x_hat).sum(axis=axes), dout.sum(axis=axes)


@catalogue.wrong(
    "layer_norm_backward",
    "dweight and dbias were summed over the first axis only. Where x has more axes before those of weight, as a batch of "
    "sequences has, all of them are summed.",
    layer_norm_forward=_keeping,
)
def parameters_summed_over_first_axis(dout: Array, kept: Kept) -> Gradients:
    return gradients(dout, kept)[0], (dout * kept.x_hat).sum(axis=0), dout.sum(axis=0)


@catalogue.wrong(
    "layer_norm_backward",
    "dweight and dbias were summed over all axes but the last. Where weight has two axes, so have its gradients: sum over "
    "the axes that weight does not have.",
    layer_norm_forward=_keeping,
)
def parameters_summed_to_one_axis(dout: Array, kept: Kept) -> Gradients:
    axes = tuple(range(dout.ndim - 1))
    return gradients(dout, kept)[0], (dout * kept.x_hat).sum(axis=axes), dout.sum(axis=axes)


enter_backward_slips(catalogue, "layer_norm_backward", "an example", _keeping)
