"""Automatic differentiation in about a hundred lines: numbers that remember how they were made.

Every operation makes a new Number and notes from which others it came, and with which slope. The chain rule is then one
loop: from the last number back to the first, each hands its gradient on, times that slope, and what arrives adds up.

Source:
    Wengert, A simple automatic derivative evaluation program (1964), for the list of what was computed; Linnainmaa,
    Taylor expansion of the accumulated rounding error (1976), for going through it backwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


class Number:
    """A value, its origins, each with the slope of this value by it, and, after backward(), the gradient by it."""

    def __init__(self, value: float, *origins: tuple[Number, float]) -> None:
        self.value, self.origins = value, origins
        self.gradient = 0.0

    # --- sums and products -------------------------------------------------------------------------------------------

    def __add__(self, other: Number | float) -> Number:
        other = _number(other)
        return Number(self.value + other.value, (self, 1.0), (other, 1.0))

    def __mul__(self, other: Number | float) -> Number:
        other = _number(other)
        return Number(self.value * other.value, (self, other.value), (other, self.value))

    def __pow__(self, exponent: float) -> Number:
        return Number(self.value**exponent, (self, exponent * self.value ** (exponent - 1)))

    # The others are made of these three, so they need no slopes of their own.

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Number:
        return self * -1.0

    def __sub__(self, other: Number | float) -> Number:
        return self + -other

    def __rsub__(self, other: float) -> Number:
        return -self + other

    def __truediv__(self, other: Number | float) -> Number:
        return self * _number(other) ** -1

    def __rtruediv__(self, other: float) -> Number:
        return self**-1 * other

    # --- functions ---------------------------------------------------------------------------------------------------

    def exp(self) -> Number:
        out = math.exp(self.value)
        return Number(out, (self, out))

    def log(self) -> Number:
        return Number(math.log(self.value), (self, 1 / self.value))

    def tanh(self) -> Number:
        out = math.tanh(self.value)
        return Number(out, (self, 1 - out * out))

    def relu(self) -> Number:
        return Number(max(self.value, 0.0), (self, float(self.value > 0)))

    # --- the way back ------------------------------------------------------------------------------------------------

    def backward(self) -> None:
        """Set the gradient of every number that this one came from: the derivative of this one by it."""
        order = _in_order(self)
        for number in order:
            number.gradient = 0.0
        self.gradient = 1.0
        for number in reversed(order):
            for origin, slope in number.origins:
                origin.gradient += number.gradient * slope


def _number(value: Number | float) -> Number:
    return value if isinstance(value, Number) else Number(value)


def _in_order(end: Number) -> list[Number]:
    """All that `end` came from, and itself: each after its own origins. A loop, for long sums go deep."""
    order: list[Number] = []
    seen: set[Number] = set()
    waiting = [(end, False)]
    while waiting:
        number, ready = waiting.pop()
        if ready:
            order.append(number)
        elif number not in seen:
            seen.add(number)
            waiting.append((number, True))
            waiting += [(origin, False) for origin, _ in number.origins]
    return order


# --- two layers made of numbers: nothing here knows a derivative ------------------------------------------------------


def linear(x: Sequence[Number | float], weight: Sequence[Sequence[Number]], bias: Sequence[Number]) -> list[Number]:
    """One example: x (D), weight (D, M) and bias (M) give M numbers."""
    columns = zip(*weight, strict=True)
    return [
        sum((w * each for each, w in zip(x, column, strict=True)), b) for column, b in zip(columns, bias, strict=True)
    ]


def cross_entropy(logits: Sequence[Number], label: int) -> Number:
    """Minus the logarithm of the softmax at the right class. The largest logit is taken away as a plain number."""
    largest = max(logit.value for logit in logits)
    total = sum(((logit - largest).exp() for logit in logits), Number(0.0))
    return total.log() - (logits[label] - largest)
