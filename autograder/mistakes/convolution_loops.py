"""Known wrong answers of the chapter `convolution`: slips of those who write the layer as loops over its places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.convolution_gradients import forward, right
from autograder.mistakes.convolution_parts import Array, Gradients, Out
from solutions.convolution import conv2d_forward, conv_transpose2d_forward, convolve2d, cross_correlate2d

catalogue = Catalogue()

_NOT_RESET = (
    "Your out grows from place to place: each holds its own sum and those of all places before it. The sum of the products "
    "begins at 0 for every place; set it to 0 inside the loop."
)
_ONE_SHORT = (
    "The last row and the last column of your out were never filled in: the loops over the places end one too early. "
    "range(H') runs to H' − 1 by itself."
)


def _in_the_plane(operation: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    def sum_not_reset(image: Array, kernel: Array) -> Array:
        return _running(operation(image, kernel))

    return sum_not_reset


for operation in (cross_correlate2d, convolve2d):
    catalogue.wrong(operation.__name__, _NOT_RESET)(_in_the_plane(operation))


@catalogue.wrong("conv2d_forward", _NOT_RESET)
@catalogue.wrong("conv2d_im2col_forward", _NOT_RESET)
def sum_not_reset(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    conv2d_forward(x, weight, bias, *how, **options)
    sums, cache = conv2d_forward(x, weight, 0 * bias, *how, **options)
    return _running(sums) + bias[:, None, None], cache


def _running(sums: Array) -> Array:
    return sums.cumsum(dtype=sums.dtype).reshape(sums.shape)


@catalogue.wrong("conv2d_forward", _ONE_SHORT)
@catalogue.wrong("conv2d_im2col_forward", _ONE_SHORT)
def last_places_missing(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    out[:, :, -1] = 0
    out[:, :, :, -1] = 0
    return out, cache


_FIRST_FILTER = (
    "Every channel of your out is made with the first filter, weight[0]. Channel f has a filter of its own, weight[f]."
)


@catalogue.wrong("conv2d_forward", _FIRST_FILTER)
@catalogue.wrong("conv2d_im2col_forward", _FIRST_FILTER)
def first_filter_for_all(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, np.broadcast_to(weight[:1], weight.shape), bias, *how, **options)


_LAST_IMAGE = (
    "Your dbias is that of the last image only: in the loop over the batch each replaces the one before it. All images use "
    "the same bias, so their shares are added up."
)


@catalogue.wrong("conv2d_backward", _LAST_IMAGE, conv2d_forward=forward)
@catalogue.wrong("conv2d_im2col_backward", _LAST_IMAGE, conv2d_im2col_forward=forward)
def dbias_of_the_last_image(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], dout[-1].sum(axis=(1, 2))


@catalogue.wrong(
    "conv_transpose2d_forward",
    "Your out is that of a plain convolution, with windows that read from x. Here it is the other way round: every pixel of x "
    "writes a copy of the kernel into an output that is larger than x.",
)
def a_plain_convolution(
    x: Array,
    weight: Array,
    bias: Array,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Out:
    conv_transpose2d_forward(x, weight, bias, stride, padding, output_padding, dilation, groups)
    blocks = weight.reshape(groups, -1, *weight.shape[1:]).swapaxes(1, 2)
    return conv2d_forward(x, blocks.reshape(len(bias), -1, *weight.shape[2:]), bias, stride, padding, dilation, groups)
