"""Known wrong answers of the chapter `linear`, continued: the way back through the layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.linear import linear_backward, linear_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]
Gradients = tuple[Any, ...]


def _rows(x: Array, order: Any = "C") -> Array:
    return x.reshape(x.shape[0], math.prod(x.shape[1:]), order=order)


@catalogue.wrong(
    "linear_backward",
    "Your dbias is exactly 1/N of what is expected: you took the mean over the batch. The sum belongs here, because every "
    "example moves the loss through the same bias; the 1/N of a mean loss is in dout already.",
)
def mean_over_batch(dout: Array, cache: Any) -> Gradients:
    dx, dweight, _ = linear_backward(dout, cache)
    return dx, dweight, dout.mean(axis=0)


@catalogue.wrong(
    "linear_backward",
    "Your dweight is exactly 1/N of what is expected. Where the loss is a mean over the batch, dout holds the 1/N already: "
    "dividing again counts it twice.",
)
def dweight_averaged(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return dx, dweight / len(dout), dbias


@catalogue.wrong(
    "linear_backward",
    "Your dweight and dbias are both exactly 1/N of what is expected. A layer sums over the batch; where the loss is a "
    "mean, it has divided by N itself, and dout shows it.",
)
def parameters_averaged(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return dx, dweight / len(dout), dbias / len(dout)


@catalogue.wrong(
    "linear_backward",
    "All three gradients are exactly 1/N of what is expected. Nothing in this layer divides by N: where the loss is a "
    "mean over the batch, dout holds that factor already.",
)
def everything_averaged(dout: Array, cache: Any) -> Gradients:
    return tuple(gradient / len(dout) for gradient in linear_backward(dout, cache))


@catalogue.wrong(
    "linear_backward",
    "The sign of all three gradients is turned round. A gradient points uphill, as the chain rule gives it; the minus "
    "belongs to the step of gradient descent, not to the layer.",
)
def all_negated(dout: Array, cache: Any) -> Gradients:
    return tuple(-gradient for gradient in linear_backward(dout, cache))


@catalogue.wrong(
    "linear_backward",
    "Your gradients are the layer's own derivatives with dout left out, as if it were all ones. The chain rule multiplies "
    "by dout, what the rest of the network says about each entry of out.",
)
def upstream_ignored(dout: Array, cache: Any) -> Gradients:
    return linear_backward(np.ones_like(dout), cache)


@catalogue.wrong(
    "linear_backward",
    "Your dbias is all ones. That is the derivative of out with respect to bias; the chain rule still has to multiply it "
    "by dout and to add up the examples.",
)
def dbias_of_ones(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return dx, dweight, np.ones_like(dbias)


@catalogue.wrong(
    "linear_backward",
    "Your dbias is the number 1. That is how fast an entry of out grows with its own bias; the chain rule still multiplies "
    "by dout and adds up the examples, for each of the M outputs.",
)
def dbias_is_one(dout: Array, cache: Any) -> Gradients:
    return *linear_backward(dout, cache)[:2], 1


@catalogue.wrong(
    "linear_backward",
    "Your dx holds the last output's share only: in the loop over the outputs each replaces the one before it. An entry of "
    "x reaches all M outputs of its example, so their shares are to be added up.",
)
def dx_of_last_output(dout: Array, cache: Any) -> Gradients:
    x, weight = cache
    return (dout[:, -1:] * weight[:, -1]).reshape(x.shape), *linear_backward(dout, cache)[1:]


@catalogue.wrong(
    "linear_backward",
    "Your dweight and dbias hold the last example's share only: in the loop over the batch each example replaces the one "
    "before it. Their shares are to be added up.",
)
def last_example_only(dout: Array, cache: Any) -> Gradients:
    x, weight = cache
    return linear_backward(dout, cache)[0], np.outer(_rows(x)[-1], dout[-1]), dout[-1].copy()


@catalogue.wrong(
    "linear_backward",
    "Your dbias is the whole of dout: it has a row for each example. There is one bias for all examples, so their shares "
    "have to be added up, to shape (M,).",
)
def dbias_not_summed(dout: Array, cache: Any) -> Gradients:
    return *linear_backward(dout, cache)[:2], dout.copy()


@catalogue.wrong(
    "linear_backward",
    "Your dbias has the right numbers in shape (1, M). A gradient has its parameter's own shape, here (M,): the summed "
    "axis is not to be kept.",
)
def dbias_keeps_the_axis(dout: Array, cache: Any) -> Gradients:
    return *linear_backward(dout, cache)[:2], dout.sum(axis=0, keepdims=True)


@catalogue.wrong(
    "linear_backward",
    "Your dbias has the right numbers as a column, (M, 1). A gradient has its parameter's own shape, and bias is (M,).",
)
def dbias_as_column(dout: Array, cache: Any) -> Gradients:
    return *linear_backward(dout, cache)[:2], dout.sum(axis=0).reshape(-1, 1)


@catalogue.wrong(
    "linear_backward",
    "Your dbias has one number for each example: the sum ran over the outputs. It is the examples that share a bias, so "
    "it is their axis that is summed away.",
)
def dbias_over_the_outputs(dout: Array, cache: Any) -> Gradients:
    return *linear_backward(dout, cache)[:2], dout.sum(axis=1)


@catalogue.wrong(
    "linear_backward",
    "Your dbias is a single number, the sum over all of dout. Each output has a bias of its own: sum over the examples "
    "only.",
)
def dbias_one_number(dout: Array, cache: Any) -> Gradients:
    return *linear_backward(dout, cache)[:2], dout.sum()


@catalogue.wrong(
    "linear_backward",
    "Your dweight is the right one transposed: it is (M, D), and weight is (D, M). A gradient has its parameter's own "
    "shape; look at which factor of the product comes first.",
)
def dweight_transposed(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return dx, dweight.T, dbias


@catalogue.wrong(
    "linear_backward",
    "Your dweight has the right numbers in the wrong places: an (M, D) array was reshaped where it had to be transposed. "
    "Reshaping keeps the order in memory, so rows and columns get mixed.",
)
def dweight_scrambled_by_reshape(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return dx, dweight.T.reshape(dweight.shape), dbias


@catalogue.wrong(
    "linear_backward",
    "In your dweight x was reshaped to (D, N) where it had to be transposed: the shapes fit, but numbers of different "
    "examples and features get mixed. Flatten to (N, D) first, then take .T.",
)
def x_reshaped_for_transposed(dout: Array, cache: Any) -> Gradients:
    x, weight = cache
    dx, _, dbias = linear_backward(dout, cache)
    return dx, x.reshape(weight.shape[0], x.shape[0]) @ dout, dbias


@catalogue.wrong(
    "linear_backward",
    "dweight comes out wrong, or not at all, for x of more than two axes: x went into the product unflattened. The "
    "forward saw its examples as rows of D numbers, so the backward has to as well.",
)
def dweight_of_unflattened_x(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = linear_backward(dout, cache)
    return dx, cache[0].T @ dout, dbias


@catalogue.wrong(
    "linear_backward",
    "dweight belongs to examples flattened in column-major order: its rows are shuffled where x has several axes. Flatten "
    "as the forward does, the last axis running fastest.",
)
def dweight_column_major(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = linear_backward(dout, cache)
    return dx, _rows(cache[0], "F").T @ dout, dbias


@catalogue.wrong(
    "linear_backward",
    "The product for dx does not fit, since weight is used as it stands. Going forwards it leads from D inputs to M "
    "outputs; going back you need to get from M to D.",
)
def weight_not_transposed(dout: Array, cache: Any) -> Gradients:
    x, weight = cache
    return (dout @ weight).reshape(x.shape), *linear_backward(dout, cache)[1:]


@catalogue.wrong(
    "linear_backward",
    "In your dx weight was reshaped to (M, D) where it had to be transposed: the shapes fit, but its rows and columns get "
    "mixed. .T turns an array round; reshape keeps the order in memory.",
)
def weight_reshaped_for_transposed(dout: Array, cache: Any) -> Gradients:
    x, weight = cache
    return (dout @ weight.reshape(weight.shape[::-1])).reshape(x.shape), *linear_backward(dout, cache)[1:]


@catalogue.wrong(
    "linear_backward",
    "Your dx is still flat, (N, D). The caller gave x as (N, d1, ..., dk) and expects its gradient in that very shape.",
)
def dx_left_flat(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return _rows(dx), dweight, dbias


@catalogue.wrong(
    "linear_backward",
    "Your dx is the right one transposed, with the inputs first and the examples last. The batch always comes first; look "
    "at the order of the two factors.",
)
def dx_transposed(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return _rows(dx).T, dweight, dbias


@catalogue.wrong(
    "linear_backward",
    "Your dx has the right numbers in the wrong places: a (D, N) array was reshaped where it had to be transposed. "
    "Reshaping keeps the order in memory, so examples and inputs get mixed.",
)
def dx_scrambled_by_reshape(dout: Array, cache: Any) -> Gradients:
    x, weight = cache
    return (weight @ dout.T).reshape(x.shape), *linear_backward(dout, cache)[1:]


@catalogue.wrong(
    "linear_backward",
    "Your dx has the right numbers in the wrong places where x has several axes: the rows were unfolded in column-major "
    "order. Undo the forward's flattening in the same order, the last axis fastest.",
)
def dx_column_major(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return _rows(dx).reshape(dx.shape, order="F"), dweight, dbias


@catalogue.wrong(
    "linear_backward",
    "The gradients come back in another order: first that of weight, then that of x. They are returned in the order of "
    "the forward's arguments: dx, dweight, dbias.",
)
def weight_before_x(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return dweight, dx, dbias


@catalogue.wrong(
    "linear_backward",
    "The gradients come back in another order: dbias stands before dweight. They are returned in the order of the "
    "forward's arguments: dx, dweight, dbias.",
)
def bias_before_weight(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    return dx, dbias, dweight


@catalogue.wrong(
    "linear_backward",
    "The gradients are right, but weight has changed during the call: the step of gradient descent was taken here, on the "
    "caller's array. A backward only reports the gradients; whoever trains takes the step.",
)
def weight_updated_here(dout: Array, cache: Any) -> Gradients:
    gradients = linear_backward(dout, cache)
    weight = cache[1]
    weight -= 0.01 * gradients[1]
    return gradients


@catalogue.wrong(
    "linear_backward",
    "The gradients are right, but dx was written into the caller's x, whose values are now lost. Put the result in an "
    "array of your own.",
)
def dx_written_into_x(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = linear_backward(dout, cache)
    cache[0][...] = dx
    return dx, dweight, dbias


@catalogue.wrong(
    "linear_backward",
    "The values are right, but float32 inputs gave float64 gradients. np.zeros makes float64 unless told otherwise; let "
    "each gradient take the dtype of its argument.",
)
def gradients_always_float64(dout: Array, cache: Any) -> Gradients:
    return tuple(gradient.astype(np.float64) for gradient in linear_backward(dout, cache))


def _forward_with_totals(x: Array, weight: Array, bias: Array) -> Out:
    out, cache = linear_forward(x, weight, bias)
    return out, {"cache": cache, "totals": [np.zeros_like(array) for array in (x, weight, bias)]}


@catalogue.wrong(
    "linear_backward",
    "The first call is right, but a second one with the same dout gives twice as much: gradients are being added up in "
    "the cache. Each call stands for itself; start from fresh arrays.",
    linear_forward=_forward_with_totals,
)
def accumulated_over_calls(dout: Array, cache: Any) -> Gradients:
    for total, gradient in zip(cache["totals"], linear_backward(dout, cache["cache"]), strict=True):
        total += gradient
    return tuple(total.copy() for total in cache["totals"])


def _forward_with_list(x: Array, weight: Array, bias: Array) -> Out:
    out, cache = linear_forward(x, weight, bias)
    return out, list(cache)


@catalogue.wrong(
    "linear_backward",
    "The first call is right, but a second one fails: the cache was emptied by taking things out of it. Read from the "
    "cache and leave it whole, so that it can be used again.",
    linear_forward=_forward_with_list,
)
def cache_emptied(dout: Array, cache: Any) -> Gradients:
    weight, x = cache.pop(), cache.pop()
    return linear_backward(dout, (x, weight))


@catalogue.wrong(
    "linear_backward",
    "x and weight have changed places: the backward takes them out of the cache in another order than that in which the "
    "forward puts them in.",
)
def cache_in_another_order(dout: Array, cache: Any) -> Gradients:
    weight, x = cache
    dx = (dout @ weight.T).reshape(x.shape)
    return dx, _rows(x).T @ dout, dout.sum(axis=0)


def _forward_without_cache(x: Array, weight: Array, bias: Array) -> Out:
    return linear_forward(x, weight, bias)[0], None


@catalogue.wrong(
    "linear_backward",
    "Your cache is None, so there is nothing to take out of it. What the backward needs, x and weight, has to be put into "
    "the cache by linear_forward.",
    linear_forward=_forward_without_cache,
)
def cache_is_none(dout: Array, cache: Any) -> Gradients:
    x, weight = cache
    return linear_backward(dout, (x, weight))
