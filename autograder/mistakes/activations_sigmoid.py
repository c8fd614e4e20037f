"""Known wrong answers of the chapter `activations`: the sigmoid."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.activations import sigmoid_backward, sigmoid_forward, tanh_backward, tanh_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]


@catalogue.wrong(
    "sigmoid_forward",
    "exp(x) / (1 + exp(x)) turns into inf / inf for large positive x, which is nan. Each of the two forms of the equation "
    "is safe for one sign of x; use each where it is.",
)
def infinity_over_infinity(x: Array) -> Out:
    exponential = np.exp(x)
    out = exponential / (1 + exponential)
    return out, out


@catalogue.wrong(
    "sigmoid_forward",
    "The values are right, but for very large x the exponential overflows and NumPy warns. Take care that exp never sees "
    "a large positive number; note that np.where works out both of its branches for every entry.",
)
def exponential_overflows(x: Array) -> Out:
    out = 1 / (1 + np.exp(-x))
    return out, out


@catalogue.wrong(
    "sigmoid_forward",
    "math.exp takes a single number, and x is a whole array. NumPy's exp does all entries at once.",
)
def exp_of_math(x: Array) -> Out:
    out = 1 / (1 + math.exp(-x))
    return out, out


@catalogue.wrong(
    "sigmoid_forward",
    "An if cannot decide about a whole array at once: some entries are positive and others are not. np.where chooses for "
    "each entry by itself.",
)
def if_on_an_array(x: Array) -> Out:
    return sigmoid_forward(x) if x >= 0 else sigmoid_forward(-x)


@catalogue.wrong(
    "sigmoid_forward",
    "Your out falls where x grows: it is 1 minus the right answer. The sign in the exponent is the wrong way round.",
)
def exponent_sign_flipped(x: Array) -> Out:
    return sigmoid_forward(-x)


@catalogue.wrong(
    "sigmoid_forward",
    "Your out is right for positive x and mirrored for negative x, where it should go on falling towards 0. Check the "
    "numerator of the branch for negative x.",
)
def negative_branch_mirrored(x: Array) -> Out:
    return sigmoid_forward(np.abs(x))


@catalogue.wrong(
    "sigmoid_forward",
    "Your out is 1 + exp(-x), larger than 1 everywhere: without parentheses the division applies to the 1 alone.",
)
def parentheses_missing(x: Array) -> Out:
    out = 1 / 1 + np.exp(-x)
    return out, out


@catalogue.wrong(
    "sigmoid_forward",
    "Your out runs from -1 to 1: that is tanh. The sigmoid runs from 0 to 1.",
)
def tanh_instead(x: Array) -> Out:
    return tanh_forward(x)


@catalogue.wrong(
    "sigmoid_forward",
    "Your out is the sigmoid of 2x: it rises twice as fast as it should. Written with tanh, the sigmoid takes half of x.",
)
def argument_not_halved(x: Array) -> Out:
    return sigmoid_forward(2 * x)


@catalogue.wrong(
    "sigmoid_forward",
    "Your out is out times 1 - out: the derivative of the sigmoid. The forward gives the sigmoid itself.",
)
def derivative_of_sigmoid(x: Array) -> Out:
    out = sigmoid_forward(x)[0]
    return out * (1 - out), out


@catalogue.wrong(
    "sigmoid_forward",
    "Your out holds only zeros and ones: it was rounded to a decision. The sigmoid's values in between are what a network "
    "learns from.",
)
def rounded_to_a_decision(x: Array) -> Out:
    out = np.round(sigmoid_forward(x)[0])
    return out, out


@catalogue.wrong(
    "sigmoid_forward",
    "The entries of your out add up to 1 along the last axis: that is the softmax, where entries compete. The sigmoid "
    "looks at each entry by itself.",
)
def softmax_instead(x: Array) -> Out:
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    out = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return out, out


@catalogue.wrong(
    "sigmoid_forward",
    "Your out stops changing beyond x of 10 or -10, since x was clipped. That keeps the overflow away but gives wrong "
    "values; there is a form of the equation that needs no clipping.",
)
def clipped_at_ten(x: Array) -> Out:
    return sigmoid_forward(np.clip(x, -10, 10))


@catalogue.wrong(
    "sigmoid_forward",
    "The values are right, but the steps on the way were written into the caller's x. No function here may change its "
    "inputs; leave out the out= argument or work on a copy.",
)
def computed_in_place(x: Array) -> Out:
    out = sigmoid_forward(x)[0]
    x[...] = out
    return out, out


@catalogue.wrong(
    "sigmoid_forward",
    "The sigmoid is right, but a float32 x comes back as float64. An array from np.zeros or np.empty is float64 "
    "unless it is given a dtype; give it that of x.",
)
def always_float64(x: Array) -> Out:
    out = sigmoid_forward(x)[0].astype(np.float64)
    return out, out


def _forward_keeping_x(x: Array) -> Out:
    return sigmoid_forward(x)[0], x


@catalogue.wrong(
    "sigmoid_backward",
    "Your dx is dout times the sigmoid: the second factor of its derivative, 1 minus the sigmoid, is missing.",
)
def one_minus_out_missing(dout: Array, cache: Any) -> Any:
    return dout * cache


@catalogue.wrong(
    "sigmoid_backward",
    "Your dx is dout times 1 minus the sigmoid: the first factor of its derivative, the sigmoid itself, is missing.",
)
def out_missing(dout: Array, cache: Any) -> Any:
    return dout * (1 - cache)


@catalogue.wrong(
    "sigmoid_backward",
    "The sigmoid was applied twice: your cache holds out already, and the backward takes the sigmoid of it again. Either "
    "keep x and apply it, or keep out and use it as it is.",
)
def sigmoid_of_the_output(dout: Array, cache: Any) -> Any:
    return sigmoid_backward(dout, sigmoid_forward(cache)[0])


@catalogue.wrong(
    "sigmoid_backward",
    "Your dx uses x where the output belongs: the derivative x * (1 - x) would be right if x were the sigmoid's value. "
    "Look at what your cache holds.",
    sigmoid_forward=_forward_keeping_x,
)
def input_for_output(dout: Array, cache: Any) -> Any:
    return dout * cache * (1 - cache)


@catalogue.wrong(
    "sigmoid_backward",
    "One factor of your derivative is right, but the other is 1 - x where 1 minus the output belongs.",
    sigmoid_forward=_forward_keeping_x,
)
def one_minus_input(dout: Array, cache: Any) -> Any:
    return dout * sigmoid_forward(cache)[0] * (1 - cache)


@catalogue.wrong(
    "sigmoid_backward",
    "Your dx takes the derivative at dout, not at x. dout is what comes from above; the slope is that of the point where "
    "the forward was.",
)
def slope_at_dout(dout: Array, cache: Any) -> Any:
    return sigmoid_backward(dout, sigmoid_forward(dout)[0])


@catalogue.wrong(
    "sigmoid_backward",
    "Your dx is right for moderate x, but for large x it is nan: written with exp(-x), the derivative becomes inf / inf. "
    "Write it by the output alone.",
    sigmoid_forward=_forward_keeping_x,
)
def quotient_overflows(dout: Array, cache: Any) -> Any:
    exponential = np.exp(-cache)
    return dout * exponential / (1 + exponential) ** 2


@catalogue.wrong(
    "sigmoid_backward",
    "Your dx is the sigmoid's derivative alone. The chain rule still multiplies it by dout.",
)
def dout_left_out(dout: Array, cache: Any) -> Any:
    return sigmoid_backward(np.ones_like(dout), cache)


@catalogue.wrong(
    "sigmoid_backward",
    "The sign of your dx is turned round. The sigmoid rises everywhere, so its derivative is positive; look at the order "
    "of the difference.",
)
def slope_negative(dout: Array, cache: Any) -> Any:
    return -sigmoid_backward(dout, cache)


@catalogue.wrong(
    "sigmoid_backward",
    "Your derivative is 1 minus the output squared, which is that of tanh. The sigmoid has another one.",
)
def derivative_of_tanh(dout: Array, cache: Any) -> Any:
    return tanh_backward(dout, cache)


@catalogue.wrong(
    "sigmoid_backward",
    "Parentheses are missing in your dx: dout and the output are multiplied first, and the output is taken away after "
    "that.",
)
def difference_without_parentheses(dout: Array, cache: Any) -> Any:
    return dout * cache * 1 - cache


@catalogue.wrong(
    "sigmoid_backward",
    "Your dx is right, but dout was multiplied in place, so the caller's array has changed. *= on an argument does that; "
    "make a new array.",
)
def dout_multiplied_in_place(dout: Array, cache: Any) -> Any:
    dout *= cache * (1 - cache)
    return dout.copy()


@catalogue.wrong(
    "sigmoid_backward",
    "The values are right, but float32 inputs gave a float64 dx. A float64 array had a part in it: np.zeros and np.ones "
    "make one unless told otherwise.",
)
def gradient_always_float64(dout: Array, cache: Any) -> Any:
    return sigmoid_backward(dout, cache).astype(np.float64)
