"""Known wrong answers of the chapter `normalization`: batch norm's forward, in training and evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.normalization_slips import (
    Affine,
    Array,
    Division,
    Layout,
    Statistics,
    by_channel,
    enter_forward_slips,
    mean_and_variance,
    normalized,
    scaled_and_shifted,
    standardized,
)
from solutions.normalization import batch_norm_forward

catalogue = Catalogue()

Out = tuple[Any, ...]


def layout_of(x: Array) -> Layout:
    return by_channel(x.shape, (0, *range(2, x.ndim)))


def _column(values: Array, x: Array) -> Any:
    return values.reshape(-1, *[1] * (x.ndim - 2))


def _given(mean: Array, var: Array, x: Array) -> Statistics:
    return lambda *_: (_column(mean, x), _column(var, x))


@dataclass(frozen=True)
class Given:
    """The arguments of a call."""

    x: Array
    weight: Array
    bias: Array
    mean: Array
    var: Array
    training: bool
    momentum: float
    eps: float

    @property
    def layout(self) -> Layout:
        return layout_of(self.x)

    def right(self, **changed: Any) -> Out:
        """What the reference gives, for the same arguments or with some changed."""
        return batch_norm_forward(*vars(replace(self, **changed)).values())

    def out(self, **steps: Any) -> Any:
        """The output with the batch's own statistics, and slips in the place of steps."""
        return normalized(self.x, self.weight, self.bias, self.eps, self.layout, **steps)


def _as_called(wrong: Callable[[Given], Out]) -> Callable[..., Out]:
    """A function of the contract's arguments, under the wrong one's name."""

    def forward(
        x: Array,
        weight: Array,
        bias: Array,
        running_mean: Array,
        running_var: Array,
        training: bool = True,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Out:
        return wrong(Given(x, weight, bias, running_mean, running_var, training, momentum, eps))

    forward.__name__ = wrong.__name__
    return forward


def enter(catalogue: Catalogue, sentence: str) -> Callable[[Callable[[Given], Out]], Callable[..., Out]]:
    """Enter a wrong answer that is written as a function of what is given."""
    return lambda wrong: catalogue.wrong("batch_norm_forward", sentence)(_as_called(wrong))


def _wrong(sentence: str) -> Callable[[Callable[[Given], Out]], Callable[..., Out]]:
    return enter(catalogue, sentence)


# --- which statistics ----------------------------------------------------------------------------------------------


@_wrong(
    "In evaluation your layer still normalizes with the batch's own statistics: the output for one example depends on the "
    "others beside it, and a batch of one comes out as bias alone. Use running_mean and running_var there.",
)
def batch_statistics_in_evaluation(given: Given) -> Out:
    if given.training:
        return given.right(training=True)
    return given.out(), None, given.mean, given.var


@_wrong(
    "The argument training is not looked at: your layer trains in evaluation too. There it normalizes with running_mean "
    "and running_var, and returns them as they came.",
)
def always_training(given: Given) -> Out:
    return given.right(training=True)


@_wrong(
    "training and evaluation have changed places: your layer normalizes with the running statistics in training and with "
    "the batch's own in evaluation.",
)
def modes_swapped(given: Given) -> Out:
    return given.right(training=not given.training)


@_wrong(
    "In training your layer normalizes with the running statistics. They are for evaluation; in training x is normalized "
    "with the mean and variance of the batch itself, which is what makes the gradient flow through them.",
)
def running_statistics_in_training(given: Given) -> Out:
    out, _, new_mean, new_var = given.right()
    if given.training:
        out = given.out(statistics=_given(given.mean, given.var, given.x))
    return out, None, new_mean, new_var


@_wrong(
    "In training the running statistics were brought up to date first, and x was normalized with them. The batch is "
    "normalized with its own mean and variance; the running ones are only noted for later.",
)
def updated_statistics_in_training(given: Given) -> Out:
    out, _, new_mean, new_var = given.right()
    if given.training:
        out = given.out(statistics=_given(new_mean, new_var, given.x))
    return out, None, new_mean, new_var


@_wrong(
    "Your running statistics change in evaluation. Looking at test data must leave no trace: return them as they came.",
)
def running_updated_in_evaluation(given: Given) -> Out:
    out, cache, new_mean, new_var = given.right()
    if not given.training:
        layout = given.layout
        batch_mean, batch_var = (value.ravel() for value in mean_and_variance(given.x, layout.axes))
        unbiased = batch_var * layout.count / max(layout.count - 1, 1)
        new_mean = (1 - given.momentum) * given.mean + given.momentum * batch_mean
        new_var = (1 - given.momentum) * given.var + given.momentum * unbiased
    return out, cache, new_mean, new_var


def _evaluated(given: Given, x_hat: Callable[[Array, Array, Array], Any]) -> Out:
    """Training done right, and in evaluation scale and shift of an `x_hat` made of x and the running ones."""
    if given.training:
        return given.right(training=True)
    mean, var, scale, shift = (_column(each, given.x) for each in (given.mean, given.var, given.weight, given.bias))
    return x_hat(given.x, mean, var) * scale + shift, None, given.mean, given.var


@_wrong(
    "In evaluation you divide by running_var as if it were a standard deviation. It is a variance: divide by "
    "√(running_var + eps), as in training.",
)
def no_root_in_evaluation(given: Given) -> Out:
    return _evaluated(given, lambda x, mean, var: (x - mean) / (var + given.eps))


@_wrong(
    "In evaluation eps is missing: you divide by √running_var alone. The variance that was remembered may be 0 as well; "
    "divide by √(running_var + eps), as in training."
)
def eps_left_out_in_evaluation(given: Given) -> Out:
    return _evaluated(given, lambda x, mean, var: (x - mean) / np.sqrt(var))


@_wrong(
    "In evaluation eps stands outside the root. It belongs to the variance there as in training: √(running_var + eps)."
)
def eps_outside_the_root_in_evaluation(given: Given) -> Out:
    return _evaluated(given, lambda x, mean, var: (x - mean) / (np.sqrt(var) + given.eps))


@_wrong(
    "In evaluation running_mean is not taken away: x itself is divided by √(running_var + eps). The two running arrays "
    "stand for the batch's mean and variance; both are needed."
)
def mean_left_in_evaluation(given: Given) -> Out:
    return _evaluated(given, lambda x, mean, var: x / np.sqrt(var + given.eps))


@_wrong(
    "In evaluation weight and bias are not applied. Only where the statistics come from differs between the modes; scale "
    "and shift are the same.",
)
def not_scaled_in_evaluation(given: Given) -> Out:
    if given.training:
        return given.right(training=True)
    return (
        (given.x - _column(given.mean, given.x)) / np.sqrt(_column(given.var, given.x) + given.eps),
        None,
        given.mean,
        given.var,
    )


@_wrong(
    "In evaluation your layer hands x on as it is. Evaluation is not the identity here: it normalizes too, with the "
    "running statistics.",
)
def identity_in_evaluation(given: Given) -> Out:
    if given.training:
        return given.right(training=True)
    return given.x.copy(), None, given.mean, given.var


@_wrong(
    "Your layer refuses a batch of one in evaluation. Only training needs a spread of its own; in evaluation the running "
    "statistics serve, and a single example is the usual case.",
)
def one_value_refused_in_evaluation(given: Given) -> Out:
    if given.layout.count < 2:
        raise ValueError("one value a channel")
    return given.right()


@_wrong(
    "Your layer trains on one value a channel, where it should raise ValueError. A single value is its own mean: x_hat is "
    "0, out is bias whatever x was, and nothing can be learnt from it, silently.",
)
def one_value_accepted(given: Given) -> Out:
    if not given.training or given.layout.count > 1:
        return given.right()
    return given.out(), None, given.mean.copy(), given.var.copy()


@_wrong(
    "Your layer refuses every batch of one in training, an image with many pixels too. What counts is the number of values "
    "a channel, N · H · W: a single image of 2×3 pixels has six, which have a spread.",
)
def one_image_refused(given: Given) -> Out:
    if given.training and len(given.x) < 2:
        raise ValueError("a batch of one")
    return given.right()


@_wrong(
    "All that you return is right, but the mean was taken away in the caller's x: -= changes an argument. Make a new array.",
)
def x_changed_in_place(given: Given) -> Out:
    found = given.right()
    x = given.x
    x -= _column(x.mean(axis=given.layout.axes) if given.training else given.mean, x)
    return found


# --- over which axes -----------------------------------------------------------------------------------------------


def _over(sentence: str) -> Callable[[Callable[[Array], tuple[int, ...]]], Callable[..., Out]]:
    """Enter statistics over the wrong axes. What is remembered of them is what has a place for each channel."""

    def enter(axes_of: Callable[[Array], tuple[int, ...]]) -> Callable[..., Out]:
        def forward(given: Given) -> Out:
            found = given.right()
            if not given.training:
                return found
            batch_mean, batch_var = mean_and_variance(given.x, axes_of(given.x))
            x_hat = standardized(given.x, batch_mean, batch_var, given.eps)
            return scaled_and_shifted(x_hat, _column(given.weight, given.x), _column(given.bias, given.x)), *found[1:]

        forward.__name__ = axes_of.__name__
        return _wrong(sentence)(forward)

    return enter


@_over(
    "Your mean and variance are those of each example over its features: that is layer norm. In batch norm each feature or "
    "channel has statistics of its own, over the batch."
)
def statistics_of_each_example(x: Array) -> tuple[int, ...]:
    return tuple(range(1, x.ndim))


@_over(
    "One mean and one variance serve your whole batch. Each feature or channel has its own: leave axis 1 out of the axes."
)
def one_statistic_for_all(x: Array) -> tuple[int, ...]:
    return tuple(range(x.ndim))


@_over(
    "For images your statistics are taken over the batch only, one pair for each pixel. A channel means the same at every "
    "pixel, so it has one pair: average over the axes 0, 2 and 3."
)
def statistics_of_each_pixel(x: Array) -> tuple[int, ...]:
    return (0,)


@_over(
    "For images your statistics are those of each image by itself: that is instance norm. The batch takes part too: "
    "average over the axes 0, 2 and 3."
)
def statistics_of_each_image(x: Array) -> tuple[int, ...]:
    return (0,) if x.ndim == 2 else (2, 3)


@_wrong(
    "For images weight and bias were multiplied and added as they are, of shape (C,), which NumPy lays along the last axis, "
    "the columns of the image. Reshape them to (C, 1, 1) so that they meet the channels.",
)
def parameters_on_the_last_axis(given: Given) -> Out:
    found = given.right(weight=np.ones_like(given.weight), bias=np.zeros_like(given.bias))
    return given.weight * found[0] + given.bias, *found[1:]


def _with(
    statistics: Statistics | None = None, division: Division = standardized, affine: Affine = scaled_and_shifted
) -> Callable[..., Out]:
    def forward(given: Given) -> Out:
        _, _, new_mean, new_var = given.right()
        if given.training:
            out = given.out(statistics=statistics or mean_and_variance, division=division, affine=affine)
        else:
            out = given.out(statistics=_given(given.mean, given.var, given.x), division=division, affine=affine)
        return out, None, new_mean, new_var

    return _as_called(forward)


enter_forward_slips(catalogue, "batch_norm_forward", "a feature or channel", _with)
