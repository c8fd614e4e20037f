"""Known wrong answers of the chapter `normalization`: what batch norm remembers of its batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.normalization_batch import Given, Out, enter
from autograder.mistakes.normalization_slips import Array, mean_and_variance

catalogue = Catalogue()

Pair = tuple[Array, Array]
Rule = Callable[[Array, Array, Array, Array, float, int], Pair]


def _wrong(sentence: str) -> Callable[[Callable[[Given], Out]], Callable[..., Out]]:
    return enter(catalogue, sentence)


def _remembering(
    sentence: str,
) -> Callable[[Rule], Callable[..., Out]]:
    """Enter a wrong rule for the running statistics: (given mean, given var, batch mean, biased var, momentum, m)."""

    def enter(remember: Rule) -> Callable[..., Out]:
        def forward(given: Given) -> Out:
            out, cache, _, _ = given.right()
            if not given.training:
                return out, cache, given.mean, given.var
            layout = given.layout
            batch_mean, batch_var = (value.ravel() for value in mean_and_variance(given.x, layout.axes))
            return out, cache, *remember(given.mean, given.var, batch_mean, batch_var, given.momentum, layout.count)

        forward.__name__ = remember.__name__
        return _wrong(sentence)(forward)

    return enter


def _average(old: Array, new: Array, momentum: float) -> Any:
    return (1 - momentum) * old + momentum * new


@_remembering(
    "momentum is used the other way round: your running statistics keep a share of momentum of the old and take 1 − "
    "momentum of the new. In this course, as in PyTorch, momentum is the share of the new; Keras and ONNX "
    "count the other way, and write 0.9 for what is 0.1 here."
)
def momentum_swapped(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return _average(mean, new_mean, 1 - momentum), _average(var, new_var * m / (m - 1), 1 - momentum)


@_remembering(
    "Your running_var remembers the biased variance. The batch is a sample of the data: its spread around its own mean is "
    "too small by (m − 1)/m on average, so what is remembered is var · m/(m − 1)."
)
def running_var_biased(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return _average(mean, new_mean, momentum), _average(var, new_var, momentum)


@_remembering(
    "Your running_var is corrected the wrong way: the biased variance, which is too small, was made smaller still. "
    "Multiply it by m/(m − 1)."
)
def running_var_corrected_twice(
    mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int
) -> Pair:
    return _average(mean, new_mean, momentum), _average(var, new_var * (m - 1) / m, momentum)


@_remembering(
    "Your running_var remembers standard deviations. It is an average of variances; the root is taken when x is divided."
)
def running_standard_deviation(
    mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int
) -> Pair:
    return _average(mean, new_mean, momentum), _average(var, np.sqrt(new_var * m / (m - 1)), momentum)


@_remembering(
    "The running statistics come back as they were given, in training too: evaluation would then use what the layer began "
    "with. In training each takes a share of momentum of the batch's."
)
def running_not_updated(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return mean.copy(), var.copy()


@_remembering(
    "running_var comes back as it was given, in training too; only running_mean learns from the batch. Evaluation divides by "
    "what running_var remembers, so it takes its share of momentum likewise."
)
def running_var_not_updated(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return _average(mean, new_mean, momentum), var.copy()


@_remembering(
    "Your running statistics are this batch's alone: the ones given are forgotten. They are averages over many batches; "
    "keep a share of 1 − momentum of the old."
)
def running_replaced(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return new_mean, new_var * m / (m - 1)


@_remembering(
    "Your running statistics start from zero each time: momentum · batch, without the share of those that were given. "
    "Evaluation would then divide by far too little."
)
def running_ones_ignored(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return momentum * new_mean, momentum * new_var * m / (m - 1)


@_remembering(
    "Your running statistics keep all of the old and add a share of the new, so they grow with every batch. The shares are "
    "1 − momentum and momentum, which add up to 1."
)
def running_sums(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return mean + momentum * new_mean, var + momentum * new_var * m / (m - 1)


@_remembering("The argument momentum is not used: 0.1 stands in your code as a number.")
def momentum_not_the_callers(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return _average(mean, new_mean, 0.1), _average(var, new_var * m / (m - 1), 0.1)


@_remembering(
    "Your running_mean is right, and running_var is averaged the other way round: (1 − momentum) is the share of the old "
    "in both."
)
def momentum_swapped_in_one(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return _average(mean, new_mean, momentum), _average(var, new_var * m / (m - 1), 1 - momentum)


@_remembering(
    "running_mean and running_var come back in each other's place. Return out, cache, running_mean, running_var."
)
def running_ones_swapped(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return _average(var, new_var * m / (m - 1), momentum), _average(mean, new_mean, momentum)


@_remembering(
    "The running statistics that you return are right, but they were updated in the caller's own arrays: += and *= change "
    "an argument. Return new arrays."
)
def running_changed_in_place(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    for old, new in ((mean, new_mean), (var, new_var * m / (m - 1))):
        old *= 1 - momentum
        old += momentum * new
    return mean, var


@_remembering(
    "Your running statistics have lost their shape: keepdims left them with axes of length 1. Of (C,) they were, and of "
    "(C,) they have to be, or they grow at every step."
)
def running_ones_with_extra_axes(
    mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int
) -> Pair:
    return _average(mean, new_mean, momentum)[None], _average(var, new_var * m / (m - 1), momentum)[None]


@_remembering(
    "The values are right, but float32 statistics came back as float64: a number from np.float64 or an array of np.zeros "
    "has crept in."
)
def running_ones_float64(mean: Array, var: Array, new_mean: Array, new_var: Array, momentum: float, m: int) -> Pair:
    return (
        _average(mean, new_mean, momentum).astype(np.float64),
        _average(var, new_var * m / (m - 1), momentum).astype(np.float64),
    )


@_wrong(
    "For images your running_var counts the images only: the correction m/(m − 1) has to count all values of a channel, "
    "m = N · H · W.",
)
def images_counted_for_values(given: Given) -> Out:
    out, cache, new_mean, new_var = given.right()
    if given.training and len(given.x) > 1:
        _, variance = mean_and_variance(given.x, given.layout.axes)
        new_var = _average(given.var, variance.ravel() * len(given.x) / (len(given.x) - 1), given.momentum)
    return out, cache, new_mean, new_var


@_wrong(
    "The two variances have changed places: x is normalized with the unbiased one (ddof=1), and the biased one is "
    "remembered. Divide by m to normalize; what is remembered has the factor m/(m − 1).",
)
def variances_swapped(given: Given) -> Out:
    out, cache, new_mean, new_var = given.right()
    if given.training:
        batch_mean, variance = mean_and_variance(given.x, given.layout.axes)
        unbiased = variance * (given.layout.count / (given.layout.count - 1))
        out = given.out(statistics=lambda *_: (batch_mean, unbiased))
        new_var = _average(given.var, variance.ravel(), given.momentum)
    return out, cache, new_mean, new_var


@_wrong(
    "eps is in your running_var: it was added to the variance before that was remembered. Add it only under the root, "
    "when you divide.",
)
def eps_remembered(given: Given) -> Out:
    out, cache, new_mean, new_var = given.right()
    if given.training:
        m = given.layout.count
        new_var = new_var + given.momentum * given.eps * m / (m - 1)
    return out, cache, new_mean, new_var


@_wrong(
    "Your function returns out and cache alone. The caller also needs the running statistics: out, cache, running_mean, "
    "running_var, in both modes.",
)
def running_ones_not_returned(given: Given) -> Out:
    return given.right()[:2]
