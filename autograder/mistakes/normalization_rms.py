"""Known wrong answers of the chapter `normalization`: RMS norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.normalization_slips import Array
from solutions.normalization import rms_norm_backward, rms_norm_forward

catalogue = Catalogue()

Out = tuple[Any, Any]


def _mean(values: Array, axis: Any = -1) -> Any:
    return values.mean(axis=axis, keepdims=True)


@catalogue.wrong(
    "rms_norm_forward",
    "The mean was taken away from x first: that is layer norm. RMS norm leaves the mean in, and divides by the root mean "
    "square of the numbers as they are.",
)
def layer_norm_for_rms_norm(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    centred = x - _mean(x)
    return centred / np.sqrt(_mean(centred**2) + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "You divide by the standard deviation. It measures the spread around the mean; the root mean square measures the "
    "distance from 0, so nothing is taken away before squaring.",
)
def standard_deviation_for_rms(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(x.var(axis=-1, keepdims=True) + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "The squares were summed and not averaged: your out is too small by √D. It is the root of the mean square.",
)
def squares_summed(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt((x**2).sum(axis=-1, keepdims=True) + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "Your out is multiplied by 1 + weight, as in networks whose weight begins at 0. Here weight itself is the factor, and begins at 1.",
)
def one_added_to_weight(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return rms_norm_forward(x, 1 + weight, eps)


@catalogue.wrong("rms_norm_forward", "The root is missing: you divide by the mean square itself.")
def root_left_out(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / (_mean(x**2) + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "You divide by the mean of the sizes |x|. The root mean square squares first, averages, and takes the root at the end.",
)
def mean_size_for_rms(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / (_mean(np.abs(x)) + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "You divide by the root of the squared mean, which is the size of the mean. Square first, then average.",
)
def mean_squared(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(_mean(x) ** 2 + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "eps was added after the root. It belongs under it, beside the mean square: √(mean(x²) + eps).",
)
def eps_outside_the_root(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / (np.sqrt(_mean(x**2)) + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "eps is missing: your out is off by a few millionths for ordinary numbers, by much for small ones, and nan for a row of "
    "zeros. Divide by √(mean(x²) + eps).",
)
def eps_left_out(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(_mean(x**2)) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "1e-8 stands in your code where eps belongs. It is an argument, 1e-5 unless the caller says otherwise.",
)
def eps_of_its_own(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(_mean(x**2) + 1e-8) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "Your out is right with the usual eps and wrong with another: 1e-5 stands in your code as a number, and the argument "
    "eps is not used.",
)
def eps_not_the_callers(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(_mean(x**2) + 1e-5) * weight, None


@catalogue.wrong("rms_norm_forward", "weight is not in your out: what was normalized still has to be multiplied by it.")
def weight_left_out(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(_mean(x**2) + eps), None


@catalogue.wrong("rms_norm_forward", "weight was added like a bias. It multiplies; RMS norm has no bias.")
def weight_added(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(_mean(x**2) + eps) + weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "x was multiplied by weight before the mean square was taken, so weight is normalized as well. First divide by the root "
    "mean square of x, then multiply.",
)
def weighted_before_normalized(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    weighted = x * weight
    return weighted / np.sqrt(_mean(weighted**2) + eps), None


@catalogue.wrong(
    "rms_norm_forward", "Your mean square is taken over the batch. Each row has its own, along the last axis."
)
def mean_square_over_the_batch(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(_mean(x**2, 0) + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward", "One mean square serves your whole batch. Each row has its own, along the last axis."
)
def one_mean_square_for_all(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(np.mean(x**2) + eps).astype(x.dtype) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "Your mean square is taken over all axes but the first. Every position of a sequence has its own: only the last axis is "
    "averaged.",
)
def all_axes_but_the_batch(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt(_mean(x**2, tuple(range(1, x.ndim))) + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "The mean squares have shape (N,), which does not go with (N, D): NumPy would lay them along the features, and does so "
    "unasked where N equals D. keepdims=True leaves them a column, (N, 1).",
)
def mean_square_without_keepdims(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    return x / np.sqrt((x**2).mean(axis=-1) + eps) * weight, None


@catalogue.wrong(
    "rms_norm_forward",
    "Your out is right, but the caller's x was divided in place: /= changes an argument. Make a new array.",
)
def x_changed_in_place(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    found = rms_norm_forward(x, weight, eps)
    x /= np.sqrt(_mean(x**2) + eps)
    return found


@catalogue.wrong(
    "rms_norm_forward",
    "The values are right, but float32 came out as float64. np.zeros, np.ones and np.array make float64 unless told "
    "otherwise; let out take the dtype of x.",
)
def out_always_float64(x: Array, weight: Array, eps: float = 1e-5) -> Out:
    out, cache = rms_norm_forward(x, weight, eps)
    return out.astype(np.float64), cache


# --- backward ------------------------------------------------------------------------------------------------------

Gradients = tuple[Any, ...]


@catalogue.wrong(
    "rms_norm_backward",
    "Your dx takes the root mean square for a constant: it is weight · dout / rms. But every number of a row is in it: moving "
    "one moves them all. A second path leads back to x.",
)
def rms_taken_as_constant(dout: Array, cache: Any) -> Gradients:
    x_hat, inverse_rms, weight = cache
    return inverse_rms * dout * weight, rms_norm_backward(dout, cache)[1]


def _dx(dout: Array, cache: Any, share: float = 1, power: int = 0) -> Any:
    """dx with the path through the mean square taken `share` times and divided by `power` roots too few."""
    x_hat, inverse_rms, weight = cache
    dx_hat = dout * weight
    return inverse_rms * (dx_hat - share * x_hat / inverse_rms**power * _mean(dx_hat * x_hat))


@catalogue.wrong(
    "rms_norm_backward",
    "The share of the mean square in your dx is half of what it should be: a square has the slope 2x, and the 2 is missing.",
)
def factor_two_left_out(dout: Array, cache: Any) -> Gradients:
    return _dx(dout, cache, 1 / 2), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "The share of the mean square in your dx is twice what it should be: the root has the slope 1/(2 · √…), and its ½ is "
    "missing.",
)
def half_of_the_root_left_out(dout: Array, cache: Any) -> Gradients:
    return _dx(dout, cache, 2), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "The share of the mean square has the wrong sign in your dx. A larger root mean square makes every output smaller.",
)
def mean_square_path_added(dout: Array, cache: Any) -> Gradients:
    return _dx(dout, cache, -1), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "The share of the mean square in your dx is a sum where it should be a mean: the 1/D of the mean is missing on the way "
    "back.",
)
def mean_square_path_summed(dout: Array, cache: Any) -> Gradients:
    return _dx(dout, cache, dout.shape[-1]), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "In the share of the mean square x stands where x / rms belongs: a division by the root mean square is missing in it.",
)
def x_for_x_hat(dout: Array, cache: Any) -> Gradients:
    return _dx(dout, cache, power=1), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "The share of the mean square has the wrong power in your dx: the slope of s^(−½) is −½ · s^(−3/2). The power falls by "
    "one; yours stayed at −½.",
)
def power_of_the_root_kept(dout: Array, cache: Any) -> Gradients:
    return _dx(dout, cache, power=2), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "Your dx is that of layer norm: it takes away the mean of weight · dout as well. There is no mean in RMS norm, so no path "
    "leads through one.",
)
def mean_path_of_layer_norm(dout: Array, cache: Any) -> Gradients:
    x_hat, inverse_rms, weight = cache
    return _dx(dout, cache) - inverse_rms * _mean(dout * weight), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "weight stands before the bracket in your dx. It differs from feature to feature, so it has to be inside the mean: start "
    "from weight · dout.",
)
def weight_before_the_bracket(dout: Array, cache: Any) -> Gradients:
    x_hat, inverse_rms, weight = cache
    return weight * _dx(dout, (x_hat, inverse_rms, np.ones_like(weight))), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "weight is not in your dx. The output was multiplied by it, so dout is multiplied by it first on the way back. Checks "
    "with a weight of ones would not have shown it.",
)
def weight_left_out_of_dx(dout: Array, cache: Any) -> Gradients:
    x_hat, inverse_rms, weight = cache
    return _dx(dout, (x_hat, inverse_rms, np.ones_like(weight))), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "Your dx lacks the division by the root mean square: x was divided by it on the way there, so the gradient is on the way "
    "back.",
)
def rms_left_out_of_dx(dout: Array, cache: Any) -> Gradients:
    return _dx(dout, cache) / cache[1], rms_norm_backward(dout, cache)[1]


@catalogue.wrong("rms_norm_backward", "Your dx is divided by the mean square where it should be divided by its root.")
def root_left_out_of_dx(dout: Array, cache: Any) -> Gradients:
    return _dx(dout, cache) * cache[1], rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "The sign of your dx is turned round. A gradient points uphill; the minus belongs to the step of gradient descent.",
)
def dx_negated(dout: Array, cache: Any) -> Gradients:
    return -_dx(dout, cache), rms_norm_backward(dout, cache)[1]


@catalogue.wrong(
    "rms_norm_backward",
    "Your dweight pairs dout with x. weight multiplies x / rms, so that is its slope.",
)
def dweight_of_x(dout: Array, cache: Any) -> Gradients:
    x_hat, inverse_rms, _ = cache
    return rms_norm_backward(dout, cache)[0], _summed(dout * x_hat / inverse_rms)


@catalogue.wrong(
    "rms_norm_backward", "Your dweight pairs dout with out, which has weight in it already. Its slope is x / rms."
)
def dweight_of_out(dout: Array, cache: Any) -> Gradients:
    x_hat, _, weight = cache
    return rms_norm_backward(dout, cache)[0], _summed(dout * x_hat * weight)


@catalogue.wrong(
    "rms_norm_backward",
    "Your dweight is a mean. Every row that a weight multiplies adds to its gradient: it is the sum; where the loss is a mean, "
    "dout holds its factor already.",
)
def dweight_averaged(dout: Array, cache: Any) -> Gradients:
    dx, dweight = rms_norm_backward(dout, cache)
    return dx, dweight / (dout.size // dweight.size)


@catalogue.wrong(
    "rms_norm_backward",
    "Your dweight was summed over the first axis only. A batch of sequences has two axes before the last: sum over all of them.",
)
def dweight_summed_over_first_axis(dout: Array, cache: Any) -> Gradients:
    return rms_norm_backward(dout, cache)[0], (dout * cache[0]).sum(axis=0)


@catalogue.wrong(
    "rms_norm_backward",
    "Your dweight was summed over the features. Each weight belongs to one of them, and what adds up for it are the rows.",
)
def dweight_summed_over_features(dout: Array, cache: Any) -> Gradients:
    return rms_norm_backward(dout, cache)[0], (dout * cache[0]).sum(axis=-1)


@catalogue.wrong(
    "rms_norm_backward",
    "Your dweight is not summed: it has the shape of dout. One weight serves all rows, and their shares are added up.",
)
def dweight_not_summed(dout: Array, cache: Any) -> Gradients:
    return rms_norm_backward(dout, cache)[0], dout * cache[0]


@catalogue.wrong("rms_norm_backward", "The gradients come in the wrong order: dx belongs first, then dweight.")
def dweight_first(dout: Array, cache: Any) -> Gradients:
    return rms_norm_backward(dout, cache)[::-1]


@catalogue.wrong(
    "rms_norm_backward",
    "Your gradients are right, but dout was multiplied in place: it belongs to the caller, who may need it as it was. Make a "
    "new array.",
)
def dout_changed_in_place(dout: Array, cache: Any) -> Gradients:
    found = rms_norm_backward(dout, cache)
    dout *= cache[2]
    return found


@catalogue.wrong(
    "rms_norm_backward",
    "The values are right, but float32 came out as float64. np.zeros, np.ones and np.array make float64 unless told "
    "otherwise; let the gradients take the dtype of dout.",
)
def gradients_always_float64(dout: Array, cache: Any) -> Gradients:
    return tuple(gradient.astype(np.float64) for gradient in rms_norm_backward(dout, cache))


@catalogue.wrong(
    "rms_norm_backward",
    "Your gradients do not depend on dout, as if it were all ones. By the chain rule it multiplies the layer's own slopes.",
)
def upstream_ignored(dout: Array, cache: Any) -> Gradients:
    return rms_norm_backward(np.ones_like(dout), cache)


def _summed(values: Array) -> Any:
    return values.sum(axis=tuple(range(values.ndim - 1)))
