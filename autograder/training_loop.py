"""Train a student's network where it lives, and move its parameters a little: what a case asks of an object as a whole.

Both work on any object with `parameters()`, whose arrays are changed in place, and `loss_and_gradients(...)`. What they
change is seen from outside by what the network then computes: nothing that they return decides a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.exercise import NUDGE, TRAIN

_MEAN_KEPT, _SQUARE_KEPT, _EPS = 0.9, 0.99, 1e-8


def train(
    network: Any,
    data: Sequence[np.ndarray],
    batch: int,
    span: int | None,
    steps: int,
    learning_rate: float,
    seed: int,
    draws: bool,
) -> list[float]:
    """Take `steps` steps of Adam, with a learning rate that falls to 0, and return the losses.

    Args:
        network: trained by its own loss_and_gradients, which is given a batch of each array of `data`, and a generator
            if it `draws`.
        data: arrays with examples along their first axis, or one text of tokens.
        batch: how many examples a step, or how many pieces of the text.
        span: the length of a piece of text, which then has shape (span, batch); None where examples are drawn.
        steps: how many.
        learning_rate: that of the first step.
        seed: of all that is drawn.
        draws: whether the network draws.

    Raises:
        ValueError: if there are not as many gradients as parameters, or a gradient does not have its parameter's shape.
    """
    rng = np.random.default_rng(seed)
    parameters = list(network.parameters())
    means = [np.zeros_like(parameter) for parameter in parameters]
    squares = [np.zeros_like(parameter) for parameter in parameters]
    losses = []
    for step in range(steps):
        picked = _picked(rng, len(data[0]), batch, span)
        given = [array[picked] for array in data]
        loss, gradients = network.loss_and_gradients(*given, *([rng] if draws else []))
        losses.append(float(loss))
        require_pairs(parameters, gradients)
        rate = learning_rate * (1 - step / steps)
        for parameter, gradient, mean, square in zip(parameters, gradients, means, squares, strict=True):
            mean[...] += (1 - _MEAN_KEPT) * (gradient - mean)
            square[...] += (1 - _SQUARE_KEPT) * (gradient * gradient - square)
            right = (1 - _MEAN_KEPT ** (step + 1)), (1 - _SQUARE_KEPT ** (step + 1))
            parameter[...] -= rate * (mean / right[0]) / (np.sqrt(square / right[1]) + _EPS)
    return losses


def nudge(network: Any, place: int, seed: int, size: float) -> None:
    """Move one of the parameters, the one at `place` modulo their number, by `size` along a direction drawn by seed."""
    parameters = list(network.parameters())
    parameter = parameters[place % len(parameters)]
    parameter[...] += size * direction(seed, parameter.shape)


def direction(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """What `nudge` moves along."""
    return np.random.default_rng(seed).standard_normal(shape)


def require_pairs(parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> None:
    found = [np.shape(parameter) for parameter in parameters], [np.shape(gradient) for gradient in gradients]
    if found[0] != found[1]:
        raise ValueError(f"the gradients have shapes {found[1]}, the parameters {found[0]}: each needs its own")


def _picked(rng: np.random.Generator, length: int, batch: int, span: int | None) -> np.ndarray:
    if span is None:
        return rng.choice(length, batch, replace=batch > length)
    return rng.integers(0, length - span + 1, batch) + np.arange(span)[:, None]


OURS: Mapping[str, Callable[..., Any]] = {TRAIN: train, NUDGE: nudge}
