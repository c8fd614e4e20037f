"""Known wrong answers of the chapter `recurrent`, continued: one step, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.recurrent import rnn_cell_backward, rnn_cell_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]
Gradients = tuple[Any, ...]


def _stepped(a: Array, x: Array, h: Array, weight_ih: Array, weight_hh: Array) -> Out:
    h_next = np.tanh(a)
    return h_next, (x, h, weight_ih, weight_hh, h_next)


# --- forward -------------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "rnn_cell_forward",
    "Your h_next is the weighted sum itself: the tanh around it is missing. Without it the network would be linear through "
    "all time.",
)
def tanh_forgotten(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    a = x @ weight_ih + h @ weight_hh + bias
    return a, (x, h, weight_ih, weight_hh, np.tanh(a))


@catalogue.wrong(
    "rnn_cell_forward",
    "Your h_next does not depend on h: the state before is left out, and the cell remembers nothing. h @ weight_hh belongs "
    "into the sum.",
)
def state_left_out(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _stepped(x @ weight_ih + bias, x, h, weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_cell_forward",
    "Your h_next does not depend on x: the input of the step is left out. x @ weight_ih belongs into the sum.",
)
def input_left_out(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _stepped(h @ weight_hh + bias, x, h, weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_cell_forward",
    "bias is not in your sum. It is added once, to every example.",
)
def bias_forgotten(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _stepped(x @ weight_ih + h @ weight_hh, x, h, weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_cell_forward",
    "bias is in your sum twice, once with the input and once with the state. This cell has a single one.",
)
def bias_twice(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _stepped(x @ weight_ih + h @ weight_hh + 2 * bias, x, h, weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_cell_forward",
    "bias was added outside the tanh. It belongs to the sum inside.",
)
def bias_outside(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    h_next = np.tanh(x @ weight_ih + h @ weight_hh) + bias
    return h_next, (x, h, weight_ih, weight_hh, h_next)


@catalogue.wrong(
    "rnn_cell_forward",
    "weight_hh was transposed. It is square, so NumPy does not complain; but as for every weight of this course its rows "
    "belong to what comes in: h @ weight_hh.",
)
def weight_hh_transposed(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _stepped(x @ weight_ih + h @ weight_hh.T + bias, x, h, weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_cell_forward",
    "The product with the input fails because weight_ih was transposed first. It is stored as (D, H): x @ weight_ih fits as "
    "it stands.",
)
def weight_ih_transposed(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _stepped(x @ weight_ih.T + h @ weight_hh + bias, x, h, weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_cell_forward",
    "You apply tanh to the part of the input and to the part of the state, and add the two. The sum comes first, then one "
    "tanh of it.",
)
def tanh_of_each_part(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    h_next = np.tanh(x @ weight_ih + bias) + np.tanh(h @ weight_hh)
    return h_next, (x, h, weight_ih, weight_hh, h_next)


@catalogue.wrong(
    "rnn_cell_forward",
    "The tanh ends too early: it squeezes the input's part alone, and the rest is added outside. It goes around the whole "
    "sum.",
)
def tanh_of_the_input_only(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    h_next = np.tanh(x @ weight_ih) + h @ weight_hh + bias
    return h_next, (x, h, weight_ih, weight_hh, h_next)


@catalogue.wrong(
    "rnn_cell_forward",
    "Your h_next lies between 0 and 1: you took the sigmoid. This cell squeezes with tanh, between -1 and 1.",
)
def sigmoid_for_tanh(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    a = x @ weight_ih + h @ weight_hh + bias
    half = np.asarray(0.5, a.dtype)
    h_next = half + half * np.tanh(half * a)
    return h_next, (x, h, weight_ih, weight_hh, h_next)


@catalogue.wrong(
    "rnn_cell_forward",
    "The negative entries of your h_next are 0: that is a ReLU. This cell squeezes with tanh.",
)
def relu_for_tanh(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    h_next = np.maximum(x @ weight_ih + h @ weight_hh + bias, 0)
    return h_next, (x, h, weight_ih, weight_hh, h_next)


@catalogue.wrong(
    "rnn_cell_forward",
    "The state before was added to the new one, outside the tanh. It comes in by way of weight_hh alone.",
)
def state_added_outside(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    h_next, cache = rnn_cell_forward(x, h, weight_ih, weight_hh, bias)
    return h + h_next, cache


@catalogue.wrong(
    "rnn_cell_forward",
    "The state is multiplied with weight_hh entry by entry, with *, for which the shapes would have to fit. A matrix product "
    "is written with @.",
)
def entry_by_entry(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _stepped(x @ weight_ih + h * weight_hh + bias, x, h, weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_cell_forward",
    "Your h_next is right, but h was changed: the new state was written into the array of the old one. The caller, and "
    "your own backward, need the old one as it was.",
)
def written_into_h(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    h_next, cache = rnn_cell_forward(x, h.copy(), weight_ih, weight_hh, bias)
    h[...] = h_next
    return h_next, cache


@catalogue.wrong(
    "rnn_cell_forward",
    "The values are right, but float32 inputs gave a float64 state. np.zeros makes float64 unless told otherwise; let the "
    "result take the dtype of x.",
)
def always_float64(x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    h_next, cache = rnn_cell_forward(x, h, weight_ih, weight_hh, bias)
    return h_next.astype(np.float64), cache


# --- backward ------------------------------------------------------------------------------------------------------


def _from(da: Array, cache: Any) -> Gradients:
    """All gradients as they follow from that of the sum, be it right or wrong."""
    x, h, weight_ih, weight_hh, _ = cache
    return da @ weight_ih.T, da @ weight_hh.T, x.T @ da, h.T @ da, da.sum(axis=0)


@catalogue.wrong(
    "rnn_cell_backward",
    "The slope of tanh is missing in all five gradients: dh_next belongs to the state behind the tanh, the weights stand "
    "before it. Multiply by 1 - h_next² first.",
)
def slope_forgotten(dh_next: Array, cache: Any) -> Gradients:
    return _from(dh_next, cache)


@catalogue.wrong(
    "rnn_cell_backward",
    "The slope of tanh is 1 - h_next², not 1 - h_next: the square is missing.",
)
def slope_without_square(dh_next: Array, cache: Any) -> Gradients:
    return _from(dh_next * (1 - cache[4]), cache)


@catalogue.wrong(
    "rnn_cell_backward",
    "`dh_next * 1 - h_next**2` multiplies by 1 and then subtracts: brackets are missing around 1 - h_next².",
)
def slope_without_brackets(dh_next: Array, cache: Any) -> Gradients:
    return _from(dh_next * 1 - cache[4] ** 2, cache)


@catalogue.wrong(
    "rnn_cell_backward",
    "The gradients of weights and bias lack the slope of tanh: they are made of the gradient of the sum inside, "
    "dh_next (1 - h_next²), as dx and dh are.",
)
def parameters_without_the_slope(dh_next: Array, cache: Any) -> Gradients:
    dx, dh, *_ = rnn_cell_backward(dh_next, cache)
    return dx, dh, *_from(dh_next, cache)[2:]


@catalogue.wrong(
    "rnn_cell_backward",
    "Your dh lacks the slope of tanh: from the new state to the old one the gradient goes through the tanh, then through "
    "weight_hh.",
)
def dh_without_the_slope(dh_next: Array, cache: Any) -> Gradients:
    dx, _, *parameters = rnn_cell_backward(dh_next, cache)
    return dx, _from(dh_next, cache)[1], *parameters


@catalogue.wrong(
    "rnn_cell_backward",
    "The slope of tanh was taken at the state before the step. It belongs to where the tanh was: 1 - h_next².",
)
def slope_at_the_old_state(dh_next: Array, cache: Any) -> Gradients:
    return _from(dh_next * (1 - cache[1] ** 2), cache)


@catalogue.wrong(
    "rnn_cell_backward",
    "You multiply by h_next (1 - h_next), the slope of a sigmoid. This cell has a tanh, whose slope is 1 - h_next².",
)
def slope_of_a_sigmoid(dh_next: Array, cache: Any) -> Gradients:
    return _from(dh_next * cache[4] * (1 - cache[4]), cache)


@catalogue.wrong(
    "rnn_cell_backward",
    "The slope of tanh was taken of the state as if that were the sum inside: 1 - tanh(h_next)². h_next is the tanh "
    "already.",
)
def tanh_twice(dh_next: Array, cache: Any) -> Gradients:
    return _from(dh_next * (1 - np.tanh(cache[4]) ** 2), cache)


@catalogue.wrong(
    "rnn_cell_backward",
    "Your gradients are the cell's own slopes with dh_next left out. The chain rule multiplies by dh_next, what the rest of "
    "the network says about each entry of the state.",
)
def upstream_ignored(dh_next: Array, cache: Any) -> Gradients:
    return rnn_cell_backward(np.ones_like(dh_next), cache)


@catalogue.wrong(
    "rnn_cell_backward",
    "In your dh weight_hh was not transposed. It is square, so NumPy does not complain, but the way back needs its "
    "transpose.",
)
def weight_hh_not_transposed(dh_next: Array, cache: Any) -> Gradients:
    x, h, weight_ih, weight_hh, h_next = cache
    dx, _, dweight_ih, dweight_hh, dbias = rnn_cell_backward(dh_next, cache)
    return dx, (dh_next * (1 - h_next**2)) @ weight_hh, dweight_ih, dweight_hh, dbias


@catalogue.wrong(
    "rnn_cell_backward",
    "Your dh is dh_next, handed through unchanged. The old state moves the loss by way of weight_hh and the tanh, and in no "
    "other way.",
)
def dh_handed_through(dh_next: Array, cache: Any) -> Gradients:
    dx, _, *parameters = rnn_cell_backward(dh_next, cache)
    return dx, dh_next.copy(), *parameters


@catalogue.wrong(
    "rnn_cell_backward",
    "In your dh, dh_next itself was added to what comes by way of weight_hh. The old state has no direct way into the new "
    "one in this cell.",
)
def dh_with_a_direct_way(dh_next: Array, cache: Any) -> Gradients:
    dx, dh, *parameters = rnn_cell_backward(dh_next, cache)
    return dx, dh + dh_next, *parameters


@catalogue.wrong(
    "rnn_cell_backward",
    "Your dweight_hh was made with the new state. weight_hh met the state before the step: h, not h_next.",
)
def dweight_hh_with_the_new_state(dh_next: Array, cache: Any) -> Gradients:
    dx, dh, dweight_ih, _, dbias = rnn_cell_backward(dh_next, cache)
    return dx, dh, dweight_ih, cache[4].T @ (dh_next * (1 - cache[4] ** 2)), dbias


@catalogue.wrong(
    "rnn_cell_backward",
    "Your dweight_hh is transposed. Its rows belong to the state before, its columns to the new one: h.T comes first.",
)
def dweight_hh_transposed(dh_next: Array, cache: Any) -> Gradients:
    dx, dh, dweight_ih, dweight_hh, dbias = rnn_cell_backward(dh_next, cache)
    return dx, dh, dweight_ih, dweight_hh.T, dbias


@catalogue.wrong(
    "rnn_cell_backward",
    "Your dweight_ih is transposed: it has the shape of weight_ih, (D, H), with x.T first.",
)
def dweight_ih_transposed(dh_next: Array, cache: Any) -> Gradients:
    dx, dh, dweight_ih, dweight_hh, dbias = rnn_cell_backward(dh_next, cache)
    return dx, dh, dweight_ih.T, dweight_hh, dbias


@catalogue.wrong(
    "rnn_cell_backward",
    "Your dbias is exactly 1/N of what is expected: you took the mean over the batch. The sum belongs here; the 1/N of a "
    "mean loss is in dh_next already.",
)
def dbias_mean_over_batch(dh_next: Array, cache: Any) -> Gradients:
    *others, dbias = rnn_cell_backward(dh_next, cache)
    return *others, dbias / np.asarray(len(dh_next), dbias.dtype)


@catalogue.wrong(
    "rnn_cell_backward",
    "The gradients of both weights and of bias are exactly 1/N of what is expected. The layer sums over the batch; where the "
    "loss is a mean, dh_next holds the 1/N already.",
)
def parameters_averaged(dh_next: Array, cache: Any) -> Gradients:
    dx, dh, *parameters = rnn_cell_backward(dh_next, cache)
    return dx, dh, *(gradient / np.asarray(len(dh_next), gradient.dtype) for gradient in parameters)


@catalogue.wrong(
    "rnn_cell_backward",
    "All five gradients are exactly 1/N of what is expected. Nothing is averaged in this layer; where the loss is a mean, "
    "dh_next holds the 1/N already.",
)
def everything_averaged(dh_next: Array, cache: Any) -> Gradients:
    gradients = rnn_cell_backward(dh_next, cache)
    return tuple(gradient / np.asarray(len(dh_next), gradient.dtype) for gradient in gradients)


@catalogue.wrong(
    "rnn_cell_backward",
    "Your dbias keeps the axis of the batch: it has the shape (1, H), where bias has (H,).",
)
def dbias_keeps_the_axis(dh_next: Array, cache: Any) -> Gradients:
    *others, dbias = rnn_cell_backward(dh_next, cache)
    return *others, dbias[None]


@catalogue.wrong(
    "rnn_cell_backward",
    "dbias was made of dh_next alone: the bias stands inside the tanh, so its gradient has the slope 1 - h_next² in it.",
)
def dbias_without_the_slope(dh_next: Array, cache: Any) -> Gradients:
    *others, _ = rnn_cell_backward(dh_next, cache)
    return *others, dh_next.sum(axis=0)


@catalogue.wrong(
    "rnn_cell_backward",
    "Your dx and dh have changed places. The gradients come in the order of the forward's arguments: dx, dh, dweight_ih, "
    "dweight_hh, dbias.",
)
def dx_and_dh_exchanged(dh_next: Array, cache: Any) -> Gradients:
    dx, dh, *parameters = rnn_cell_backward(dh_next, cache)
    return dh, dx, *parameters


@catalogue.wrong(
    "rnn_cell_backward",
    "The gradients are right, but dh_next was changed on the way: `dh_next *= …` works in the caller's own array.",
)
def upstream_changed(dh_next: Array, cache: Any) -> Gradients:
    gradients = rnn_cell_backward(dh_next.copy(), cache)
    dh_next *= 1 - cache[4] ** 2
    return gradients
