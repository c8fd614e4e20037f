"""Gradients for the experiments of the pages: each array remembers how it came about, and passes gradients back.

What a page compares are networks, not derivations; so here every gradient follows from those of a few simple steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Pull = Callable[[np.ndarray], np.ndarray]


class Tape:
    """An array, and by which functions its gradient goes back to the arrays that it was made of."""

    def __init__(self, value: np.ndarray, origins: Sequence[tuple[Tape, Pull]] = ()) -> None:
        self.value, self.origins = np.asarray(value), tuple(origins)
        self.gradient: np.ndarray = np.zeros(())  # until there is one

    def __add__(self, other: Tape) -> Tape:
        return Tape(self.value + other.value, [(self, lambda g: g), (other, lambda g: g)])

    def __sub__(self, other: Tape) -> Tape:
        return Tape(self.value - other.value, [(self, lambda g: g), (other, lambda g: -g)])

    def __mul__(self, other: Tape) -> Tape:
        a, b = self.value, other.value
        return Tape(a * b, [(self, lambda g: g * b), (other, lambda g: g * a)])

    def __matmul__(self, other: Tape) -> Tape:
        a, b = self.value, other.value
        return Tape(a @ b, [(self, lambda g: g @ b.T), (other, lambda g: a.T @ g)])

    def reshape(self, *shape: int) -> Tape:
        return Tape(self.value.reshape(shape), [(self, lambda g: g.reshape(self.value.shape))])

    def mean(self, axis: int | tuple[int, ...]) -> Tape:
        mean = self.value.mean(axis=axis, keepdims=True)
        share = mean.size / self.value.size
        return Tape(mean, [(self, lambda g: np.broadcast_to(g * share, self.value.shape))])

    def power(self, exponent: float) -> Tape:
        slope = exponent * self.value ** (exponent - 1)
        return Tape(self.value**exponent, [(self, lambda g: g * slope)])

    def relu(self) -> Tape:
        return Tape(np.maximum(self.value, 0), [(self, lambda g: g * (self.value > 0))])

    def tanh(self) -> Tape:
        out = np.tanh(self.value)
        return Tape(out, [(self, lambda g: g * (1 - out**2))])

    def sigmoid(self) -> Tape:
        out = 0.5 + 0.5 * np.tanh(0.5 * self.value)
        return Tape(out, [(self, lambda g: g * out * (1 - out))])

    def blocks(self, count: int) -> list[Tape]:
        """The columns, cut into equal blocks."""
        width = self.value.shape[1] // count
        return [self._columns(slice(start, start + width)) for start in range(0, count * width, width)]

    def _columns(self, part: slice) -> Tape:
        def back(g: np.ndarray) -> np.ndarray:
            whole = np.zeros_like(self.value)
            whole[:, part] = g
            return whole

        return Tape(self.value[:, part], [(self, back)])

    def cross_entropy(self, labels: np.ndarray) -> Tape:
        scores = self.value - self.value.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        hot = np.eye(scores.shape[1])[labels]
        return Tape(-(hot * logs).sum() / len(labels), [(self, lambda g: g * (np.exp(logs) - hot) / len(labels))])

    def backward(self) -> None:
        """Fill in the gradient of this number with respect to every array that it came from."""
        self.gradient = np.ones_like(self.value, dtype=float)
        for node in reversed(_in_order(self)):
            for origin, pull in node.origins:
                origin.gradient = origin.gradient + _summed(pull(node.gradient), origin.value.shape)


def _in_order(end: Tape) -> list[Tape]:
    """All that `end` came from, each after its own origins."""
    order: list[Tape] = []
    seen: set[int] = set()
    waiting: list[tuple[Tape, bool]] = [(end, False)]
    while waiting:
        node, ready = waiting.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting += [(origin, False) for origin, _ in node.origins]
    return order


def _summed(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Where broadcasting repeated an array, the gradients of all its uses, added up."""
    if gradient.shape == shape:
        return gradient
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis] != 1)
    return gradient.sum(axis=repeated, keepdims=True)
