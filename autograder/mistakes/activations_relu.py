"""Known wrong answers of the chapter `activations`: ReLU."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.activations import relu_backward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]


@catalogue.wrong(
    "relu_forward",
    "Your out is right, but the zeros were written into the caller's x as well. No function here may change its inputs; "
    "make a new array.",
)
def zeros_written_into_x(x: Array) -> Out:
    x[x < 0] = 0
    return x.copy(), x


@catalogue.wrong(
    "relu_forward",
    "Your out has lost an axis: np.max looks for the largest entry along one. ReLU compares each entry with 0 by itself, "
    "for which NumPy has a function of two arguments.",
)
def largest_along_an_axis(x: Array) -> Out:
    return np.max(x, 0), x


@catalogue.wrong(
    "relu_forward",
    "Neither an if nor Python's own max can decide about a whole array at once: some entries are positive and others are "
    "not. Compare all entries in one NumPy expression instead.",
)
def if_on_an_array(x: Array) -> Out:
    return (x if x > 0 else np.zeros_like(x)), x


@catalogue.wrong(
    "relu_forward",
    "np.max looks for the largest entry of one array and takes what stands second for the number of an axis. ReLU compares "
    "two things entry by entry, for which NumPy has a function with a longer name.",
)
def max_for_maximum(x: Array) -> Out:
    zero: Any = 0
    largest: Any = np.max
    return largest(zero, x), x


@catalogue.wrong(
    "relu_forward",
    "Your loops take x to have two axes. It may have any number of them: one NumPy expression for the whole array serves "
    "them all, and is much faster.",
)
def loops_over_two_axes(x: Array) -> Out:
    out = np.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if x[i, j] > 0:
                out[i, j] = x[i, j]
    return out, x


@catalogue.wrong(
    "relu_forward",
    "Your out has only the positive entries, in one row. ReLU keeps the shape of x: where an entry is negative, a 0 stands "
    "in its place.",
)
def negatives_left_out(x: Array) -> Out:
    return x[x > 0], x


@catalogue.wrong(
    "relu_forward",
    "Your out holds whole numbers only: what comes after the decimal point was cut off. An integer dtype does that, and "
    "np.vectorize picks one when the first result is the integer 0.",
)
def whole_numbers(x: Array) -> Out:
    return np.maximum(x, 0).astype(np.int64), x


@catalogue.wrong(
    "relu_forward",
    "Your out is 1 where x is positive and 0 elsewhere. That is the derivative of ReLU; the forward passes the positive "
    "entries on as they are.",
)
def step_function(x: Array) -> Out:
    return (x > 0).astype(x.dtype), x


@catalogue.wrong(
    "relu_forward",
    "Your out turns negative entries positive: that is the absolute value. ReLU sets them to 0.",
)
def absolute_value(x: Array) -> Out:
    return np.abs(x), x


@catalogue.wrong(
    "relu_forward",
    "Your out keeps the negative entries and sets the positive ones to 0: the smaller of x and 0 was taken, or the "
    "comparison points the wrong way.",
)
def negative_side_kept(x: Array) -> Out:
    return np.minimum(x, 0), x


@catalogue.wrong(
    "relu_forward",
    "Your out is a hundredth of x where x is negative: that is the leaky ReLU. The plain one, asked for here, is 0 there.",
)
def leaky_out(x: Array) -> Out:
    return np.where(x > 0, x, x * x.dtype.type(0.01)), x


@catalogue.wrong(
    "relu_forward",
    "Your out never gets above 1: large entries were clipped. ReLU passes every positive entry on as it is.",
)
def clipped_at_one(x: Array) -> Out:
    return np.clip(x, 0, 1), x


@catalogue.wrong(
    "relu_forward",
    "The values are right, but a float32 x gave a float64 out. np.zeros makes float64 unless told otherwise; let the "
    "result take the dtype of x.",
)
def always_float64(x: Array) -> Out:
    return np.maximum(x, 0).astype(np.float64), x


@catalogue.wrong(
    "relu_backward",
    "Your dx is right, but the zeros were written into the caller's dout as well. No function here may change its inputs; "
    "make a new array.",
)
def zeros_written_into_dout(dout: Array, cache: Any) -> Any:
    dout[cache <= 0] = 0
    return dout.copy()


@catalogue.wrong(
    "relu_backward",
    "Your dx is 0 where dout is negative: ReLU was applied to dout. What decides is the sign of x in the forward, where "
    "the signal went through; dout may have any sign.",
)
def mask_of_dout(dout: Array, cache: Any) -> Any:
    return np.maximum(dout, 0)


@catalogue.wrong(
    "relu_backward",
    "Your dx is 0 where x is negative, which is right, but also where dout is, which is not. A negative gradient goes "
    "through an open ReLU like any other.",
)
def both_masks(dout: Array, cache: Any) -> Any:
    return np.maximum(dout, 0) * (cache > 0)


@catalogue.wrong(
    "relu_backward",
    "Your dx is right except where x is exactly 0: the gradient is let through there. By the convention here the "
    "derivative at 0 is 0; look at how the comparison treats it.",
)
def open_at_zero(dout: Array, cache: Any) -> Any:
    return dout * (cache >= 0)


@catalogue.wrong(
    "relu_backward",
    "Your dx is right except where x is exactly 0: half of the gradient is let through there. By the convention here the "
    "derivative at 0 is 0.",
)
def half_open_at_zero(dout: Array, cache: Any) -> Any:
    return dout * np.heaviside(cache, cache.dtype.type(0.5))


@catalogue.wrong(
    "relu_backward",
    "Your dx lets the gradient through where x is negative and stops it where x is positive: the mask is the wrong way "
    "round.",
)
def mask_inverted(dout: Array, cache: Any) -> Any:
    return dout * (cache <= 0)


@catalogue.wrong(
    "relu_backward",
    "Your dx turns the sign of dout round where x is negative: that is the gradient of the absolute value. Where ReLU "
    "gave 0, nothing comes back.",
)
def sign_for_step(dout: Array, cache: Any) -> Any:
    return dout * np.sign(cache)


@catalogue.wrong(
    "relu_backward",
    "Your dx lets a hundredth of the gradient through where x is negative: that belongs to the leaky ReLU. The plain one "
    "lets nothing through there.",
)
def leaky_gradient(dout: Array, cache: Any) -> Any:
    return dout * np.where(cache > 0, dout.dtype.type(1), dout.dtype.type(0.01))


@catalogue.wrong(
    "relu_backward",
    "Your dx is ones and zeros: the derivative of ReLU alone. The chain rule still multiplies it by dout.",
)
def dout_left_out(dout: Array, cache: Any) -> Any:
    return (cache > 0).astype(dout.dtype)


@catalogue.wrong(
    "relu_backward",
    "Your dx is the forward once more, applied to x: dout has no part in it. The backward multiplies dout by the slope at "
    "x, which is 1 or 0.",
)
def forward_again(dout: Array, cache: Any) -> Any:
    return np.maximum(cache, 0)


@catalogue.wrong(
    "relu_backward",
    "An if cannot decide about a whole array at once: x is positive in some entries and negative in others. Compare all "
    "entries in one NumPy expression instead.",
)
def if_on_x(dout: Array, cache: Any) -> Any:
    return dout if cache > 0 else np.zeros_like(dout)


@catalogue.wrong(
    "relu_backward",
    "Your dx is dout as it came in. Where x was negative the forward gave 0 whatever x was, so no gradient may come back "
    "there.",
)
def passed_through(dout: Array, cache: Any) -> Any:
    return dout.copy()


@catalogue.wrong(
    "relu_backward",
    "Your dx is dout times the output of ReLU. The derivative where x is positive is 1, not x.",
)
def multiplied_by_output(dout: Array, cache: Any) -> Any:
    return dout * np.maximum(cache, 0)


@catalogue.wrong(
    "relu_backward",
    "Your dx has only the entries that are let through, in one row. It has to keep the shape of x, with a 0 wherever "
    "nothing comes back.",
)
def stopped_entries_left_out(dout: Array, cache: Any) -> Any:
    return dout[cache > 0]


@catalogue.wrong(
    "relu_backward",
    "The values are right, but float32 inputs gave a float64 dx. A float64 array had a part in it: np.zeros makes one "
    "unless told otherwise.",
)
def gradient_always_float64(dout: Array, cache: Any) -> Any:
    return relu_backward(dout, cache).astype(np.float64)
