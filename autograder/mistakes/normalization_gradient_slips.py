"""Slips on the way back through a normalizing layer that batch, layer, group and instance norm have in common.

A slip replaces one step of three: the way through the statistics to dx, the gradient by x_hat, or those by weight and
bias. Each wrong backward comes with a forward that keeps what it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.normalization_slips import Array, Axes, Layout, Slip, Slips, mean_and_variance

Gradients = tuple[Any, ...]
Path = Callable[[Array, Array, Array, Axes], Any]
Upstream = Callable[[Array, Array], Any]
Parameters = Callable[["Kept", Array], tuple[Array, Array]]


@dataclass(frozen=True)
class Kept:
    """What the forward of a wrong backward keeps. In evaluation mean and variance are given, and no path leads to them."""

    x: Array
    weight: Array
    eps: float
    layout: Layout
    given: tuple[Array, Array] | None = None

    @property
    def statistics(self) -> tuple[Array, Array]:
        return self.given or mean_and_variance(self.x.reshape(self.layout.grouped), self.layout.axes)

    @property
    def inverse_std(self) -> Any:
        return 1 / np.sqrt(self.statistics[1] + self.eps)

    @property
    def x_hat(self) -> Any:
        """In the shape of the groups."""
        return (self.x.reshape(self.layout.grouped) - self.statistics[0]) * self.inverse_std

    @property
    def column(self) -> Any:
        return self.weight.reshape(self.layout.column)

    def summed(self, values: Array) -> Any:
        return values.reshape(self.x.shape).sum(axis=self.layout.owners)


# --- each step done right ------------------------------------------------------------------------------------------


def _mean(values: Array, axes: Axes) -> Any:
    return values.mean(axis=axes, keepdims=True)


def through_statistics(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat - _mean(dx_hat, axes) - x_hat * _mean(dx_hat * x_hat, axes))


def straight(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    """In evaluation the statistics are constants."""
    return inverse_std * dx_hat


def times_weight(dout: Array, column: Array) -> Any:
    return dout * column


def of_parameters(kept: Kept, dout: Array) -> tuple[Array, Array]:
    return kept.summed(dout * kept.x_hat.reshape(dout.shape)), kept.summed(dout)


def gradients(
    dout: Array,
    kept: Kept,
    path: Path = through_statistics,
    upstream: Upstream = times_weight,
    parameters: Parameters = of_parameters,
) -> Gradients:
    """dx, dweight and dbias; a slip takes the place of a step."""
    if kept.given is not None:
        path = straight
    dx_hat = upstream(dout, kept.column).reshape(kept.layout.grouped)
    dx = path(dx_hat, kept.x_hat, kept.inverse_std, kept.layout.axes).reshape(dout.shape)
    return dx, *parameters(kept, dout)


# --- the slips -----------------------------------------------------------------------------------------------------


SLIPS = Slips()


def enter_backward_slips(catalogue: Catalogue, exercise: str, values: str, forward: Callable[..., Any]) -> None:
    """Enter the slips of a layer whose `forward` keeps a `Kept`."""
    beside = {exercise.replace("backward", "forward"): forward}
    for slip in SLIPS:
        catalogue.wrong(exercise, slip.sentence.format(values=values), **beside)(_backward_with(slip))


def _backward_with(slip: Slip) -> Callable[..., Any]:
    def backward(dout: Array, cache: Any) -> Gradients:
        if slip.step == "whole":
            found: Gradients = slip.function(dout, cache)
            return found
        return gradients(dout, cache, **{slip.step: slip.function})

    backward.__name__ = slip.name
    return backward


# --- the way to dx -------------------------------------------------------------------------------------------------


@SLIPS.at(
    "path",
    "Your dx takes mean and variance for constants: it is weight · dout / √(var + eps). But both are made of {values}: "
    "moving one of these numbers moves them, and with them every output. Two more paths lead back to x.",
)
def statistics_taken_as_constants(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * dx_hat


@SLIPS.at(
    "path",
    "Your dx takes the variance for a constant: the path through the mean is there, and the one through the variance is "
    "missing. The sign of it: dx · x_hat, summed over {values}, should be almost 0, and is not.",
)
def variance_taken_as_constant(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat - _mean(dx_hat, axes))


@SLIPS.at(
    "path",
    "Your dx takes the mean for a constant: the path through the variance is there, and the one through the mean is "
    "missing. The sign of it: dx does not add up to 0 over {values}. Shifting them all by one number changes no output, "
    "so it has to.",
)
def mean_taken_as_constant(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat - x_hat * _mean(dx_hat * x_hat, axes))


@SLIPS.at(
    "path",
    "The share of the variance in your dx is half of what it should be. The variance is a mean of squares, and a square "
    "has the slope 2 · (x − mean): the 2 is missing.",
)
def factor_two_left_out(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat - _mean(dx_hat, axes) - x_hat * _mean(dx_hat * x_hat, axes) / 2)


@SLIPS.at(
    "path",
    "The share of the variance in your dx is twice what it should be. The root has the slope 1/(2 · √(var + eps)): its ½ "
    "is missing, which the 2 of the square would have cancelled.",
)
def half_of_the_root_left_out(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat - _mean(dx_hat, axes) - x_hat * _mean(dx_hat * x_hat, axes) * 2)


@SLIPS.at(
    "path",
    "The share of the variance has the wrong sign in your dx. A larger variance makes every x_hat smaller: the slope of "
    "1/√(var + eps) is negative.",
)
def variance_path_added(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat - _mean(dx_hat, axes) + x_hat * _mean(dx_hat * x_hat, axes))


@SLIPS.at(
    "path",
    "The share of the mean has the wrong sign in your dx. A larger mean makes every x − mean smaller, so what comes back "
    "through it is taken away.",
)
def mean_path_added(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat + _mean(dx_hat, axes) - x_hat * _mean(dx_hat * x_hat, axes))


@SLIPS.at(
    "path",
    "The shares of mean and variance in your dx are sums where they should be means. Each number has a share of 1/m in a "
    "mean of m numbers, here of {values}: that 1/m is missing in both.",
)
def sums_for_means(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    total = dx_hat.sum(axis=axes, keepdims=True)
    return inverse_std * (dx_hat - total - x_hat * (dx_hat * x_hat).sum(axis=axes, keepdims=True))


@SLIPS.at(
    "path",
    "The share of the mean in your dx is a sum where it should be a mean: each of {values} moves their mean by 1/m of its "
    "own move, and that 1/m is missing.",
)
def mean_path_summed(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat - dx_hat.sum(axis=axes, keepdims=True) - x_hat * _mean(dx_hat * x_hat, axes))


@SLIPS.at(
    "path",
    "The share of the variance in your dx is a sum where it should be a mean: the variance is a mean over {values}, and "
    "its 1/m is missing on the way back.",
)
def variance_path_summed(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat - _mean(dx_hat, axes) - x_hat * (dx_hat * x_hat).sum(axis=axes, keepdims=True))


@SLIPS.at(
    "path",
    "Your dx is m times too large, m being how many {values} are. In the short formula that multiplies dout by m, a 1/m "
    "stands before the bracket.",
)
def bracket_not_divided(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    count = dx_hat.size // inverse_std.size
    return count * through_statistics(dx_hat, x_hat, inverse_std, axes)


@SLIPS.at(
    "path",
    "In the share of the variance x − mean stands where x_hat belongs: a division by √(var + eps) is missing in it. The "
    "slope of (var + eps)^(−½) has the power −3/2: one root for each x_hat, and one for the way back.",
)
def distance_for_x_hat(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * (dx_hat - _mean(dx_hat, axes) - x_hat / inverse_std * _mean(dx_hat * x_hat, axes))


@SLIPS.at(
    "path",
    "The share of the variance has the wrong power in your dx: the slope of (var + eps)^(−½) is −½ · (var + eps)^(−3/2). "
    "The power falls by one; yours stayed at −½.",
)
def power_of_the_root_kept(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    variance_path = x_hat / inverse_std**2 * _mean(dx_hat * x_hat, axes)
    return inverse_std * (dx_hat - _mean(dx_hat, axes) - variance_path)


@SLIPS.at(
    "path",
    "Your dx lacks the division by √(var + eps): x was divided by it on the way there, so the gradient is on the way back.",
)
def spread_left_out_of_dx(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return dx_hat - _mean(dx_hat, axes) - x_hat * _mean(dx_hat * x_hat, axes)


@SLIPS.at(
    "path",
    "Your dx is divided by var + eps where it should be divided by its root.",
)
def root_left_out_of_dx(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return inverse_std * through_statistics(dx_hat, x_hat, inverse_std, axes)


@SLIPS.at(
    "path",
    "eps is missing on the way back: your dx is off by a few millionths where the spread is near 1, and by much where it "
    "is small. The root that x was divided by is √(var + eps); keep it in the cache.",
)
def eps_left_out_of_dx(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    count = dx_hat.size // inverse_std.size
    # x_hat has the mean square var / (var + eps), from which var can be told.
    inverse_spread = inverse_std / np.sqrt((x_hat**2).sum(axis=axes, keepdims=True) / count)
    bare = x_hat / inverse_std * inverse_spread
    return through_statistics(dx_hat, bare, inverse_spread, axes)


@SLIPS.at(
    "path",
    "Your dx divides by m − 1 where the forward's statistics divide by m: shares of mean and variance are a little too "
    "large. The normalization uses plain means over {values}, and so does its gradient.",
)
def one_less_than_the_count(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    count = dx_hat.size // inverse_std.size
    more = count / (count - 1)
    return inverse_std * (dx_hat - _mean(dx_hat, axes) * more - x_hat * _mean(dx_hat * x_hat, axes) * more)


@SLIPS.at(
    "path",
    "The sign of your dx is turned round. A gradient points uphill; the minus belongs to the step of gradient descent.",
)
def dx_negated(dx_hat: Array, x_hat: Array, inverse_std: Array, axes: Axes) -> Any:
    return -through_statistics(dx_hat, x_hat, inverse_std, axes)


# --- weight in dx --------------------------------------------------------------------------------------------------


@SLIPS.at(
    "upstream",
    "weight is not in your dx: x_hat was multiplied by it on the way to out, so dout is multiplied by it first on the way "
    "back. Checks with a weight of ones would not have shown it.",
)
def weight_left_out_of_dx(dout: Array, column: Array) -> Any:
    return dout * np.ones_like(column)


@SLIPS.at(
    "upstream",
    "weight is in your dx twice. The gradient by x_hat is weight · dout; from there on weight plays no part.",
)
def weight_in_dx_twice(dout: Array, column: Array) -> Any:
    return dout * column * column


@SLIPS.at(
    "upstream", "Your dx is divided by weight. x_hat was multiplied by it, and so is the gradient that comes back."
)
def dx_divided_by_weight(dout: Array, column: Array) -> Any:
    return dout / column


# --- weight and bias -----------------------------------------------------------------------------------------------


@SLIPS.at(
    "parameters",
    "Your dweight pairs dout with x. weight multiplies x_hat, the normalized numbers, so they are its slope.",
)
def dweight_of_x(kept: Kept, dout: Array) -> tuple[Array, Array]:
    return kept.summed(dout * kept.x), kept.summed(dout)


@SLIPS.at(
    "parameters",
    "Your dweight pairs dout with x − mean. weight multiplies x_hat, which is divided by √(var + eps) as well.",
)
def dweight_of_distances(kept: Kept, dout: Array) -> tuple[Array, Array]:
    distances = (kept.x_hat / kept.inverse_std).reshape(dout.shape)
    return kept.summed(dout * distances), kept.summed(dout)


@SLIPS.at(
    "parameters",
    "Your dweight pairs dout with out. out has weight and bias in it already; what weight multiplies is x_hat.",
)
def dweight_of_out(kept: Kept, dout: Array) -> tuple[Array, Array]:
    return kept.summed(dout * kept.x_hat.reshape(dout.shape) * kept.column), kept.summed(dout)


@SLIPS.at(
    "parameters", "Your dbias has weight in it. bias is added at the very end, past weight: dbias is the sum of dout."
)
def weight_in_dbias(kept: Kept, dout: Array) -> tuple[Array, Array]:
    return of_parameters(kept, dout)[0], kept.summed(dout * kept.column)


@SLIPS.at(
    "parameters",
    "Your dweight and dbias are means. Everything that one parameter touches adds to its gradient, so they are sums; "
    "where the loss is a mean, dout holds its factor already.",
)
def parameters_averaged(kept: Kept, dout: Array) -> tuple[Array, Array]:
    dweight, dbias = of_parameters(kept, dout)
    count = dout.size // dweight.size
    return dweight / count, dbias / count


@SLIPS.at(
    "parameters",
    "Your dbias is a mean of dout. Everything that one bias is added to adds to its gradient: it is the sum.",
)
def dbias_averaged(kept: Kept, dout: Array) -> tuple[Array, Array]:
    dweight, dbias = of_parameters(kept, dout)
    return dweight, dbias / (dout.size // dbias.size)


@SLIPS.at(
    "parameters",
    "Your dweight is a mean. Everything that one weight multiplies adds to its gradient: it is the sum of dout · x_hat.",
)
def dweight_averaged(kept: Kept, dout: Array) -> tuple[Array, Array]:
    dweight, dbias = of_parameters(kept, dout)
    return dweight / (dout.size // dweight.size), dbias


@SLIPS.at(
    "parameters",
    "dweight and dbias have changed places. Return dx, dweight, dbias: the order of the forward's arguments.",
)
def dweight_and_dbias_swapped(kept: Kept, dout: Array) -> tuple[Array, Array]:
    return of_parameters(kept, dout)[::-1]


@SLIPS.at(
    "parameters",
    "dout is not in your dweight: it is the sum of x_hat alone, which is nearly 0. By the chain rule dout multiplies it.",
)
def dout_left_out_of_dweight(kept: Kept, dout: Array) -> tuple[Array, Array]:
    return kept.summed(kept.x_hat), kept.summed(dout)


@SLIPS.at(
    "parameters",
    "Your dweight and dbias are not summed: they have the shape of dout. One weight and one bias serve many entries, and "
    "the shares of all of them are added up.",
)
def parameters_not_summed(kept: Kept, dout: Array) -> tuple[Array, Array]:
    return dout * kept.x_hat.reshape(dout.shape), dout.copy()


# --- arrays --------------------------------------------------------------------------------------------------------


@SLIPS.at(
    "whole",
    "Your gradients are right, but dout was multiplied in place: it belongs to the caller, who may need it as it was. "
    "Make a new array.",
)
def dout_changed_in_place(dout: Array, kept: Kept) -> Gradients:
    found = gradients(dout, kept)
    dout *= kept.column
    return found


@SLIPS.at(
    "whole",
    "The values are right, but float32 came out as float64. np.zeros, np.ones and np.array make float64 unless told "
    "otherwise; let the gradients take the dtype of dout.",
)
def gradients_always_float64(dout: Array, kept: Kept) -> Gradients:
    return tuple(gradient.astype(np.float64) for gradient in gradients(dout, kept))


@SLIPS.at("whole", "The gradients come in the wrong order: dx belongs first, then dweight, then dbias.")
def dx_last(dout: Array, kept: Kept) -> Gradients:
    dx, dweight, dbias = gradients(dout, kept)
    return dweight, dbias, dx


@SLIPS.at(
    "whole",
    "Your gradients do not depend on dout, as if it were all ones. By the chain rule it multiplies the layer's own slopes.",
)
def upstream_ignored(dout: Array, kept: Kept) -> Gradients:
    return gradients(np.ones_like(dout), kept)
