"""Known wrong answers of the chapter `activations`: tanh."""

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
    "tanh_forward",
    "exp(x) and exp(-x) cannot both be small: for x of 1000 or -1000 your quotient becomes inf / inf, which is nan. tanh is "
    "1 or -1 there; NumPy has a function that knows.",
)
def quotient_of_exponentials(x: Array) -> Out:
    rising, falling = np.exp(x), np.exp(-x)
    out = (rising - falling) / (rising + falling)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "For large positive x your out is nan: exp(2x) overflows and the quotient becomes inf / inf. tanh is 1 there; NumPy "
    "has a function that knows.",
)
def quotient_of_doubled_exponential(x: Array) -> Out:
    doubled = np.exp(2 * x)
    out = (doubled - 1) / (doubled + 1)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "For large negative x your out is nan: exp(-2x) overflows and the quotient becomes inf / inf. tanh is -1 there; NumPy "
    "has a function that knows.",
)
def quotient_of_falling_exponential(x: Array) -> Out:
    falling = np.exp(-2 * x)
    out = (1 - falling) / (1 + falling)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "Parentheses are missing around your denominator: the difference is divided by exp(x) alone, and exp(-x) is added "
    "after that.",
)
def denominator_without_parentheses(x: Array) -> Out:
    out = (np.exp(x) - np.exp(-x)) / np.exp(x) + np.exp(-x)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "math.tanh takes a single number, and x is a whole array. NumPy's tanh does all entries at once.",
)
def tanh_of_math(x: Array) -> Out:
    out: Any = math.tanh(x)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "Your out runs from 0 to 1: that is the sigmoid. tanh runs from -1 to 1 and is 0 at 0.",
)
def sigmoid_instead(x: Array) -> Out:
    return sigmoid_forward(x)


@catalogue.wrong(
    "tanh_forward",
    "Your out is the tanh of x / 2: it rises half as fast as it should. Written with the sigmoid, tanh takes twice x.",
)
def argument_not_doubled(x: Array) -> Out:
    out = np.tanh(x / 2)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "Your out runs from 0 to 2: it is larger than tanh by 1 everywhere. Something still has to be taken away.",
)
def not_centred(x: Array) -> Out:
    out = np.tanh(x) + 1
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "The sign of your out is turned round: it falls where tanh rises. Look at the order of the difference.",
)
def falling(x: Array) -> Out:
    out = -np.tanh(x)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "Your out grows without end: it is sinh, half the difference of the exponentials. tanh divides that difference by "
    "their sum.",
)
def hyperbolic_sine(x: Array) -> Out:
    out = np.sinh(x)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "Your out is 1 divided by tanh: numerator and denominator are swapped.",
)
def quotient_upside_down(x: Array) -> Out:
    out = 1 / np.tanh(x)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "Your out is the tangent of an angle, np.tan. The hyperbolic tangent is another function, with an h in its name.",
)
def tangent_of_an_angle(x: Array) -> Out:
    out = np.tan(x)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "Your out is the arcus tangent, np.arctan: it has the look of tanh but runs to 1.57 on either side, not to 1.",
)
def arcus_tangent(x: Array) -> Out:
    out = np.arctan(x)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "Your out is x, cut off at -1 and 1. That hard tanh has corners; the one asked for bends smoothly.",
)
def hard_tanh(x: Array) -> Out:
    out = np.clip(x, -1, 1)
    return out, out


@catalogue.wrong(
    "tanh_forward",
    "Your out is 1 minus the square of tanh: its derivative. The forward gives tanh itself.",
)
def derivative_in_the_forward(x: Array) -> Out:
    out = np.tanh(x)
    return 1 - out**2, out


@catalogue.wrong(
    "tanh_forward",
    "The values are right, but they were written into the caller's x. No function here may change its inputs; leave out "
    "the out= argument or work on a copy.",
)
def written_into_x(x: Array) -> Out:
    np.tanh(x, out=x)
    return x.copy(), x.copy()


@catalogue.wrong(
    "tanh_forward",
    "tanh is right, but for a float32 x it comes back as float64. An array that you make yourself is float64 unless "
    "it is given a dtype; np.tanh alone keeps that of x.",
)
def always_float64(x: Array) -> Out:
    out = np.tanh(x).astype(np.float64)
    return out, out


@catalogue.wrong(
    "tanh_backward",
    "Your derivative is 1 minus the output: the output has to be squared. As it stands the slope of 1 at 0 is right, but "
    "where x is negative it grows above 1.",
)
def square_missing(dout: Array, cache: Any) -> Any:
    return dout * (1 - cache)


@catalogue.wrong(
    "tanh_backward",
    "Your derivative is the square of 1 minus the output. It is the output alone that is squared, and taken from 1 after "
    "that.",
)
def difference_squared(dout: Array, cache: Any) -> Any:
    return dout * (1 - cache) ** 2


@catalogue.wrong(
    "tanh_backward",
    "In Python ^ is no power but an operation on bits, which floats do not have. A power is written with **.",
)
def caret_for_power(dout: Array, cache: Any) -> Any:
    return dout * (1 - cache ^ 2)


@catalogue.wrong(
    "tanh_backward",
    "Your derivative is 1 / cosh, the root of the right one: 1 minus the square of the output is 1 / cosh squared.",
)
def root_of_the_slope(dout: Array, cache: Any) -> Any:
    return dout * np.sqrt(1 - cache**2)


@catalogue.wrong(
    "tanh_backward",
    "Your derivative is 1 plus the square of the output, as it is for the tangent of an angle. For tanh the square is "
    "taken away: its slope never exceeds 1.",
)
def plus_for_minus(dout: Array, cache: Any) -> Any:
    return dout * (1 + cache**2)


@catalogue.wrong(
    "tanh_backward",
    "Your derivative is the square of the output: it has to be taken from 1. Where x is 0 the slope of tanh is at its "
    "steepest, not 0.",
)
def one_minus_missing(dout: Array, cache: Any) -> Any:
    return dout * cache**2


@catalogue.wrong(
    "tanh_backward",
    "tanh was applied twice: your cache holds out already, and the backward takes tanh of it again. Either keep x and apply "
    "it, or keep out and use it as it is.",
)
def tanh_of_the_output(dout: Array, cache: Any) -> Any:
    return tanh_backward(dout, np.tanh(cache))


def _forward_keeping_x(x: Array) -> Out:
    return np.tanh(x), x


@catalogue.wrong(
    "tanh_backward",
    "Your dx uses x where the output belongs: 1 - x squared would be right if x were the value of tanh. Look at what your "
    "cache holds.",
    tanh_forward=_forward_keeping_x,
)
def input_for_output(dout: Array, cache: Any) -> Any:
    return dout * (1 - cache**2)


@catalogue.wrong(
    "tanh_backward",
    "Your derivative is the output times 1 minus the output, which is that of the sigmoid. tanh has another one.",
)
def derivative_of_sigmoid(dout: Array, cache: Any) -> Any:
    return sigmoid_backward(dout, cache)


@catalogue.wrong(
    "tanh_backward",
    "Your dx holds the slope of tanh at dout. The slope belongs to the point where the forward was, which your cache "
    "remembers; dout only multiplies it.",
)
def slope_at_dout(dout: Array, cache: Any) -> Any:
    return tanh_backward(dout, np.tanh(dout))


@catalogue.wrong(
    "tanh_backward",
    "Your dx is the derivative of tanh alone. The chain rule still multiplies it by dout.",
)
def dout_left_out(dout: Array, cache: Any) -> Any:
    return tanh_backward(np.ones_like(dout), cache)


@catalogue.wrong(
    "tanh_backward",
    "Parentheses are missing in your dx: dout is multiplied by 1 only, and the square of the output is taken away after "
    "that.",
)
def parentheses_missing(dout: Array, cache: Any) -> Any:
    return dout * 1 - cache**2


@catalogue.wrong(
    "tanh_backward",
    "The sign of your dx is turned round. tanh rises everywhere, so its derivative is positive; look at the order of the "
    "difference.",
)
def slope_negative(dout: Array, cache: Any) -> Any:
    return -tanh_backward(dout, cache)


@catalogue.wrong(
    "tanh_backward",
    "Your dx is right, but it was worked out inside the caller's dout, which has lost its values. dout *= ... changes "
    "the array itself; dout * ... makes a new one.",
)
def dout_multiplied_in_place(dout: Array, cache: Any) -> Any:
    dout *= 1 - cache**2
    return dout.copy()


@catalogue.wrong(
    "tanh_backward",
    "The first call is right, but a second one is not, and the forward's out has changed: your cache is out itself, and it "
    "was squared in place. Make a new array.",
)
def output_squared_in_place(dout: Array, cache: Any) -> Any:
    cache **= 2
    return dout * (1 - cache)


@catalogue.wrong(
    "tanh_backward",
    "The slope of tanh is right, but with float32 going in, dx comes out as float64. Somewhere on the way a float64 "
    "array was made; give it the dtype of dout.",
)
def gradient_always_float64(dout: Array, cache: Any) -> Any:
    return tanh_backward(dout, cache).astype(np.float64)
