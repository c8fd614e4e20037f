"""Known wrong answers of the chapter `normalization`: the way back through batch norm, in both modes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.normalization_batch import layout_of
from autograder.mistakes.normalization_gradient_slips import (
    Gradients,
    Kept,
    enter_backward_slips,
    gradients,
    of_parameters,
    straight,
    through_statistics,
)
from autograder.mistakes.normalization_slips import Array
from solutions.normalization import batch_norm_backward, batch_norm_forward

catalogue = Catalogue()

Out = tuple[Any, ...]


def _keeping(
    x: Array,
    weight: Array,
    bias: Array,
    running_mean: Array,
    running_var: Array,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Out:
    """The right forward, with a cache from which the wrong backwards can work."""
    right = batch_norm_forward(x, weight, bias, running_mean, running_var, training, momentum, eps)
    layout = layout_of(x)
    columns = running_mean.reshape(layout.column), running_var.reshape(layout.column)
    return right[0], Kept(x, weight, eps, layout, None if training else columns), *right[2:]


def _keeping_nothing_in_evaluation(*arguments: Any, **options: Any) -> Out:
    out, cache, mean, var = batch_norm_forward(*arguments, **options)
    return out, cache if options.get("training", True) else None, mean, var


# --- evaluation ----------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "batch_norm_backward",
    "In evaluation your dx still has the shares of mean and variance, as in training. There both are given and do not "
    "depend on x: dx is weight · dout / √(running_var + eps), and no more.",
    batch_norm_forward=_keeping,
)
def training_formula_in_evaluation(dout: Array, kept: Kept) -> Gradients:
    slope, axes = kept.column * kept.inverse_std, kept.layout.axes
    dweight, dbias = of_parameters(kept, dout)
    mean, share = dout.mean(axis=axes, keepdims=True), (dout * kept.x_hat).mean(axis=axes, keepdims=True)
    return slope * (dout - mean - kept.x_hat * share), dweight, dbias


@catalogue.wrong(
    "batch_norm_backward",
    "In evaluation your gradients are those of training, as if the batch's own statistics had been used. The forward "
    "divided by √(running_var + eps) there: keep in the cache what it really used.",
    batch_norm_forward=_keeping,
)
def batch_statistics_in_evaluation(dout: Array, kept: Kept) -> Gradients:
    return gradients(dout, replace(kept, given=None))


@catalogue.wrong(
    "batch_norm_backward",
    "In evaluation there is nothing in your cache, and backward falls over it. Gradients pass in that mode too, for "
    "saliency maps or a frozen layer: keep x_hat, the spread and weight in both modes.",
    batch_norm_forward=_keeping_nothing_in_evaluation,
)
def no_cache_in_evaluation(dout: Array, cache: Any) -> Gradients:
    x_hat, inverse_std, weight, training = cache
    return batch_norm_backward(dout, (x_hat, inverse_std, weight, training))


@catalogue.wrong(
    "batch_norm_backward",
    "In evaluation your dx is dout itself. Evaluation is not the identity here: out still has the slope "
    "weight / √(running_var + eps).",
    batch_norm_forward=_keeping,
)
def dout_handed_on_in_evaluation(dout: Array, kept: Kept) -> Gradients:
    found = gradients(dout, kept)
    return found if kept.given is None else (dout.copy(), *found[1:])


@catalogue.wrong(
    "batch_norm_backward",
    "In evaluation your dx is divided by running_var + eps where it should be divided by its root.",
    batch_norm_forward=_keeping,
)
def no_root_in_evaluation(dout: Array, kept: Kept) -> Gradients:
    found = gradients(dout, kept)
    return found if kept.given is None else (found[0] * kept.inverse_std, *found[1:])


@catalogue.wrong(
    "batch_norm_backward",
    "In evaluation weight is not in your dx. Only the paths through the statistics fall away there; weight · dout / "
    "√(running_var + eps) is left.",
    batch_norm_forward=_keeping,
)
def no_weight_in_evaluation(dout: Array, kept: Kept) -> Gradients:
    found = gradients(dout, kept)
    return found if kept.given is None else (dout * kept.inverse_std, *found[1:])


@catalogue.wrong(
    "batch_norm_backward",
    "In evaluation your dweight and dbias are zero. Evaluation says where the statistics come from, not that nothing is to "
    "be learnt: weight and bias act on out as before, and have their gradients.",
    batch_norm_forward=_keeping,
)
def no_parameters_in_evaluation(dout: Array, kept: Kept) -> Gradients:
    dx, dweight, dbias = gradients(dout, kept)
    return (dx, dweight, dbias) if kept.given is None else (dx, np.zeros_like(dweight), np.zeros_like(dbias))


# --- over which axes -----------------------------------------------------------------------------------------------


@catalogue.wrong(
    "batch_norm_backward",
    "For images the means in your dx are divided by N where they should be divided by N · H · W: a channel's statistics "
    "were taken over all its pixels, so each pixel's share is that much smaller.",
    batch_norm_forward=_keeping,
)
def images_counted_for_values(dout: Array, kept: Kept) -> Gradients:
    more = kept.layout.count / len(dout)
    dx_hat, x_hat, axes = dout * kept.column, kept.x_hat, kept.layout.axes
    if kept.given is not None:
        return gradients(dout, kept)
    mean = dx_hat.mean(axis=axes, keepdims=True) * more
    share = (dx_hat * x_hat).mean(axis=axes, keepdims=True) * more
    return kept.inverse_std * (dx_hat - mean - x_hat * share), *of_parameters(kept, dout)


@catalogue.wrong(
    "batch_norm_backward",
    "For images your sums run over the batch only, and leave one for each pixel. A channel has one weight and one bias, and "
    "one mean and variance, for all its pixels: sum over the axes 0, 2 and 3.",
    batch_norm_forward=_keeping,
)
def summed_over_the_batch_only(dout: Array, kept: Kept) -> Gradients:
    path = through_statistics if kept.given is None else straight
    dx = path(dout * kept.column, kept.x_hat, kept.inverse_std, (0,))
    return dx, (dout * kept.x_hat).sum(axis=0), dout.sum(axis=0)


@catalogue.wrong(
    "batch_norm_backward",
    "The means in your dx are taken over each example, as layer norm takes them. What shares statistics on the way there, "
    "a feature or channel over the batch, shares gradients on the way back.",
    batch_norm_forward=_keeping,
)
def means_over_each_example(dout: Array, kept: Kept) -> Gradients:
    path = through_statistics if kept.given is None else straight
    axes = tuple(range(1, dout.ndim))
    return path(dout * kept.column, kept.x_hat, kept.inverse_std, axes), *of_parameters(kept, dout)


@catalogue.wrong(
    "batch_norm_backward",
    "dweight and dbias were summed over the features. Each feature or channel has a weight and a bias of its own: sum over "
    "the batch, and for images over the pixels.",
    batch_norm_forward=_keeping,
)
def parameters_summed_over_channels(dout: Array, kept: Kept) -> Gradients:
    axes = tuple(range(1, dout.ndim))
    return gradients(dout, kept)[0], (dout * kept.x_hat).sum(axis=axes), dout.sum(axis=axes)


@catalogue.wrong(
    "batch_norm_backward",
    "dweight and dbias have kept axes of length 1. They have to have the shapes of weight and bias, (C,): sum without "
    "keepdims.",
    batch_norm_forward=_keeping,
)
def parameters_with_keepdims(dout: Array, kept: Kept) -> Gradients:
    axes = kept.layout.owners
    dweight, dbias = (dout * kept.x_hat).sum(axis=axes, keepdims=True), dout.sum(axis=axes, keepdims=True)
    return gradients(dout, kept)[0], dweight, dbias


@catalogue.wrong(
    "batch_norm_backward",
    "A second call with the same cache gives something else: x_hat was changed in the cache. Make new arrays on the way "
    "back.",
)
def cache_changed_in_place(dout: Array, cache: Any) -> Gradients:
    found = batch_norm_backward(dout, cache)
    cache[0][...] *= dout
    return found


enter_backward_slips(catalogue, "batch_norm_backward", "a feature or channel", _keeping)
