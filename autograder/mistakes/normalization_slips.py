"""Slips on the way through a normalizing layer that batch, layer, group and instance norm have in common.

A slip replaces one step of three: the statistics, the division by the spread, or scale and shift.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue

Array = np.ndarray
Axes = tuple[int, ...]
Statistics = Callable[[Array, Axes], tuple[Array, Array]]
Division = Callable[[Array, Array, Array, float], Any]
Affine = Callable[[Array, Array, Array], Any]


@dataclass(frozen=True)
class Layout:
    """How x lies for one layer: numbers of x in the shape `grouped` share statistics along `axes`.

    A parameter meets x in the shape `column`, and its gradient is summed over the axes `owners` of x.
    """

    grouped: tuple[int, ...]
    axes: Axes
    column: tuple[int, ...]
    owners: Axes

    @property
    def count(self) -> int:
        return math.prod(self.grouped[axis] for axis in self.axes)


def by_channel(shape: tuple[int, ...], axes: Axes, grouped: tuple[int, ...] | None = None) -> Layout:
    """The layout of a layer with one weight a channel."""
    return Layout(grouped or shape, axes, (-1, *[1] * (len(shape) - 2)), (0, *range(2, len(shape))))


def trailing(shape: tuple[int, ...], count: int) -> Layout:
    """The layout of layer norm over the last `count` axes."""
    first = len(shape) - count
    return Layout(shape, tuple(range(first, len(shape))), shape[first:], tuple(range(first)))


# --- each step done right ------------------------------------------------------------------------------------------


def mean_and_variance(x: Array, axes: Axes) -> tuple[Array, Array]:
    """Computed as the reference does, to the last digit: the answer data keeps equal arrays once."""
    mean = x.mean(axis=axes, keepdims=True)
    return mean, ((x - mean) * (x - mean)).mean(axis=axes, keepdims=True)


def standardized(x: Array, mean: Array, variance: Array, eps: float) -> Any:
    return (x - mean) * (1 / np.sqrt(variance + eps))


def scaled_and_shifted(x_hat: Array, weight: Array, bias: Array) -> Any:
    return x_hat * weight + bias


def normalized(
    x: Array,
    weight: Array,
    bias: Array,
    eps: float,
    layout: Layout,
    statistics: Statistics = mean_and_variance,
    division: Division = standardized,
    affine: Affine = scaled_and_shifted,
) -> Any:
    """The output of a layer; a slip takes the place of a step."""
    grouped = x.reshape(layout.grouped)
    x_hat = division(grouped, *statistics(grouped, layout.axes), eps).reshape(x.shape)
    return affine(x_hat, weight.reshape(layout.column), bias.reshape(layout.column))


# --- the slips -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slip:
    """`sentence` has {values} where the layer says which numbers share statistics."""

    name: str
    sentence: str
    step: str
    function: Callable[..., Any]


class Slips(list[Slip]):
    """Slips in the order in which they are tried."""

    def at(self, step: str, sentence: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Enter the decorated function as a slip at one step."""

        def enter(function: Callable[..., Any]) -> Callable[..., Any]:
            self.append(Slip(function.__name__, sentence, step, function))
            return function

        return enter


SLIPS = Slips()


def enter_forward_slips(
    catalogue: Catalogue, exercise: str, values: str, forward_with: Callable[..., Callable[..., Any]]
) -> None:
    """Enter all slips of a layer: `forward_with(step=slip)` gives its forward with the slip in it."""
    for slip in SLIPS:
        forward = forward_with(**{slip.step: slip.function})
        forward.__name__ = slip.name
        catalogue.wrong(exercise, slip.sentence.format(values=values))(forward)


@SLIPS.at(
    "statistics",
    "Your x_hat is too small: with m numbers in {values}, by the factor √((m − 1)/m). The variance was divided by m − 1 "
    "(ddof=1), which estimates the spread of a larger population. To normalize these very numbers, divide by m.",
)
def variance_unbiased(x: Array, axes: Axes) -> tuple[Array, Array]:
    return x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True, ddof=1)


@SLIPS.at(
    "statistics",
    "The squares were summed and not averaged, so x_hat is too small by the root of how many there are. The variance is "
    "the mean of the squared distances over {values}.",
)
def squares_summed(x: Array, axes: Axes) -> tuple[Array, Array]:
    mean = x.mean(axis=axes, keepdims=True)
    return mean, ((x - mean) ** 2).sum(axis=axes, keepdims=True)


@SLIPS.at(
    "statistics",
    "The mean of x² stands where the variance belongs. The two agree only where the mean is 0: take the mean of {values} "
    "away before you square.",
)
def mean_square_for_variance(x: Array, axes: Axes) -> tuple[Array, Array]:
    return x.mean(axis=axes, keepdims=True), (x**2).mean(axis=axes, keepdims=True)


@SLIPS.at(
    "statistics",
    "The spread was taken as the mean distance from the mean. The standard deviation squares the distances, averages, and "
    "takes the root at the end.",
)
def mean_distance_for_spread(x: Array, axes: Axes) -> tuple[Array, Array]:
    mean = x.mean(axis=axes, keepdims=True)
    return mean, np.abs(x - mean).mean(axis=axes, keepdims=True) ** 2


@SLIPS.at(
    "statistics",
    "Your out is right where the mean is small. Where it is large beside the spread, mean(x²) − mean(x)² takes two large "
    "and nearly equal numbers from each other, and their digits are lost: in float32 a mean of 1000 with a spread of 1 "
    "leaves hardly one. Take the mean of {values} away first, then square.",
)
def variance_by_difference(x: Array, axes: Axes) -> tuple[Array, Array]:
    mean = x.mean(axis=axes, keepdims=True)
    return mean, (x**2).mean(axis=axes, keepdims=True) - mean**2


@SLIPS.at(
    "division",
    "eps was added to the standard deviation, after the root. It belongs under the root, beside the variance: √(var + eps). "
    "The difference is small for ordinary numbers and large where the variance is.",
)
def eps_outside_the_root(x: Array, mean: Array, variance: Array, eps: float) -> Any:
    return (x - mean) / (np.sqrt(variance) + eps)


@SLIPS.at(
    "division",
    "eps is missing: your out is off by a few millionths where the spread is near 1, by much where it is small, and nan "
    "where all numbers are alike. Divide by √(var + eps).",
)
def eps_left_out(x: Array, mean: Array, variance: Array, eps: float) -> Any:
    return (x - mean) / np.sqrt(variance)


@SLIPS.at(
    "division",
    "1e-8 stands in your code where eps belongs. It is an argument, 1e-5 unless the caller says otherwise; out is off by a "
    "few millionths, and by far more where the variance is small.",
)
def eps_of_its_own(x: Array, mean: Array, variance: Array, eps: float) -> Any:
    return (x - mean) / np.sqrt(variance + 1e-8)


@SLIPS.at(
    "division",
    "Your out is right with the usual eps and wrong with another: 1e-5 stands in your code as a number, and the argument "
    "eps is not used.",
)
def eps_not_the_callers(x: Array, mean: Array, variance: Array, eps: float) -> Any:
    return (x - mean) / np.sqrt(variance + 1e-5)


@SLIPS.at(
    "division",
    "You divide by the variance itself. x_hat should have a spread of 1, so divide by the standard deviation, the root of "
    "var + eps.",
)
def root_left_out(x: Array, mean: Array, variance: Array, eps: float) -> Any:
    return (x - mean) / (variance + eps)


@SLIPS.at(
    "division",
    "The mean is still in your x_hat: x was divided by the spread, but the mean of {values} was not taken away from it.",
)
def mean_left_in(x: Array, mean: Array, variance: Array, eps: float) -> Any:
    return x / np.sqrt(variance + eps)


@SLIPS.at(
    "division",
    "Your x_hat has mean 0, but the spread it came with: it was not divided by √(var + eps).",
)
def spread_left_in(x: Array, mean: Array, variance: Array, eps: float) -> Any:
    return x - mean


@SLIPS.at(
    "division",
    "You multiply by √(var + eps) where you should divide: what is spread widely is to be drawn together, not further apart.",
)
def multiplied_by_the_spread(x: Array, mean: Array, variance: Array, eps: float) -> Any:
    return (x - mean) * np.sqrt(variance + eps)


@SLIPS.at("affine", "weight is not in your out: x_hat still has to be multiplied by it before bias is added.")
def weight_left_out(x_hat: Array, weight: Array, bias: Array) -> Any:
    return x_hat + bias


@SLIPS.at("affine", "bias is not in your out. After the multiplication by weight it is added.")
def bias_left_out(x_hat: Array, weight: Array, bias: Array) -> Any:
    return x_hat * weight


@SLIPS.at(
    "affine", "Your out is x_hat itself: neither weight nor bias is in it. The layer ends with weight · x_hat + bias."
)
def scale_and_shift_left_out(x_hat: Array, weight: Array, bias: Array) -> Any:
    return x_hat.copy()


@SLIPS.at("affine", "weight and bias have changed places: weight multiplies x_hat, and bias is what is added.")
def weight_and_bias_swapped(x_hat: Array, weight: Array, bias: Array) -> Any:
    return x_hat * bias + weight


@SLIPS.at(
    "affine", "bias was added before the multiplication, so weight scales it too. First weight · x_hat, then + bias."
)
def shifted_before_scaled(x_hat: Array, weight: Array, bias: Array) -> Any:
    return (x_hat + bias) * weight


@SLIPS.at("affine", "bias is taken away where it is to be added: your out is off by twice the bias.")
def bias_subtracted(x_hat: Array, weight: Array, bias: Array) -> Any:
    return x_hat * weight - bias


@SLIPS.at("affine", "weight was added like a second bias. It multiplies x_hat.")
def weight_added(x_hat: Array, weight: Array, bias: Array) -> Any:
    return x_hat + weight + bias


@SLIPS.at("affine", "You divide by weight. It is the spread that out is to have, so x_hat is multiplied by it.")
def divided_by_weight(x_hat: Array, weight: Array, bias: Array) -> Any:
    return x_hat / weight + bias


@SLIPS.at(
    "affine",
    "The values are right, but float32 came out as float64. np.zeros, np.ones and np.array make float64 unless told "
    "otherwise; let out take the dtype of x.",
)
def out_always_float64(x_hat: Array, weight: Array, bias: Array) -> Any:
    return (x_hat * weight + bias).astype(np.float64)
