"""Known wrong answers of the chapter `convolution`: what goes wrong only in the layer as a matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.convolution_gradients import forward, right
from autograder.mistakes.convolution_parts import Array, Gradients, Out
from solutions.convolution import conv2d_forward, im2col

catalogue = Catalogue()


def _product(filters: Array, cols: Array, groups: int) -> Array:
    """(F, K) filters times (N, C·KH·KW, L) columns, group by group: (N, F, L)."""
    parts = np.split(cols, groups, axis=1)
    return np.concatenate([own @ part for own, part in zip(np.split(filters, groups), parts, strict=True)], axis=1)


@catalogue.wrong(
    "conv2d_im2col_forward",
    "The rows of your columns are in another order than the weights of a filter: the channel runs fastest in them. weight[f] has "
    "all of its first channel first, so the columns need the channel as their slowest index.",
)
def channel_fastest_in_the_columns(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    out, cache = conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    cols = im2col(x, weight.shape[2:], stride, padding, dilation)
    shuffled = cols.reshape(len(x), x.shape[1], -1, cols.shape[2]).swapaxes(1, 2).reshape(cols.shape)
    product = _product(weight.reshape(len(weight), -1), shuffled, groups).reshape(out.shape)
    return product + bias[:, None, None], cache


@catalogue.wrong(
    "conv2d_im2col_forward",
    "weight was reshaped to (C·KH·KW, F) and then transposed, which mixes the weights of different filters. Reshape it to one row "
    "for each filter, (F, C·KH·KW): that is the order in which it lies in memory.",
)
def weight_reshaped_to_columns(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    mixed = np.concatenate([own.reshape(-1, len(own)).T for own in np.split(weight, groups)])
    return conv2d_forward(x, mixed.reshape(weight.shape), bias, stride, padding, dilation, groups)


@catalogue.wrong(
    "conv2d_im2col_forward",
    "Your out has the right numbers in the wrong places: the product has the places before the filters, and was reshaped where it "
    "had to be transposed. Reshaping keeps the order in memory.",
)
def places_first_then_reshaped(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    return np.moveaxis(out, 1, -1).reshape(out.shape), cache


@catalogue.wrong(
    "conv2d_im2col_forward",
    "Your out has the right numbers in the wrong places: the product of the whole batch has the filters first, (F, N·L), and was "
    "reshaped to (N, F, H', W'). Give it its axes first, then move the batch to the front.",
)
def filters_first_then_reshaped(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    return out.swapaxes(0, 1).reshape(out.shape), cache


@catalogue.wrong(
    "conv2d_im2col_forward",
    "Your out is still (N, F, L): the places stand in one row. Give them back their two axes, H' and W'.",
)
def places_left_in_a_row(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    return out.reshape(*out.shape[:2], -1), cache


@catalogue.wrong(
    "conv2d_im2col_backward",
    "Your dweight has a first axis of length N: there is one for each image. All images share the weights, so their shares are added "
    "up, to the shape of weight.",
    conv2d_im2col_forward=forward,
)
def dweight_for_every_image(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = right(dout, cache)
    shares = []
    for n in range(len(dout)):
        own = np.zeros_like(dout)
        own[n] = dout[n]
        shares.append(right(own, cache)[1])
    return dx, np.stack(shares), dbias


@catalogue.wrong(
    "conv2d_im2col_backward",
    "Your dweight is still a matrix with a row for each filter. It has the right numbers; give it the shape of weight, (F, C, KH, "
    "KW).",
    conv2d_im2col_forward=forward,
)
def dweight_left_a_matrix(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    return dx, dweight.reshape(len(dweight), -1), dbias


@catalogue.wrong(
    "conv2d_im2col_backward",
    "In dx the filters' matrix was reshaped where it had to be transposed: the shapes fit, but the weights get mixed. .T turns a "
    "matrix round; reshape keeps the order in memory.",
    conv2d_im2col_forward=forward,
)
def filters_reshaped_for_transposed(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = right(dout, cache)
    mixed = [own.reshape(-1, len(own)).T.reshape(own.shape) for own in np.split(cache.weight, cache.groups)]
    dpadded, _, _ = cache.backward(dout, cache.padded(), np.concatenate(mixed))
    return cache.cropped(dpadded), dweight, dbias


@catalogue.wrong(
    "conv2d_im2col_backward",
    "dout was reshaped to (F, …) with the batch still in front, so images and filters get mixed. Move the filters' axis to the "
    "front first, then reshape.",
    conv2d_im2col_forward=forward,
)
def dout_reshaped_for_transposed(dout: Array, cache: Any) -> Gradients:
    count, filters, height, width = dout.shape
    mixed = dout.reshape(filters, count, height, width).swapaxes(0, 1)
    dx, dweight, _ = right(np.ascontiguousarray(mixed), cache)
    return dx, dweight, dout.sum(axis=(0, 2, 3))


@catalogue.wrong(
    "conv2d_im2col_backward",
    "Your dweight has its numbers in the wrong places: the rows of the columns run through the channels fastest, and dweight was reshaped "
    "as if they ran slowest. The columns need the order of a filter, (C, KH, KW).",
    conv2d_im2col_forward=forward,
)
def dweight_of_columns_with_the_channel_fastest(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = right(dout, cache)
    stride, padding, dilation = cache.stride, cache.padding, cache.dilation
    cols = im2col(cache.x, cache.weight.shape[2:], stride, padding, dilation)
    shuffled = cols.reshape(len(cols), cache.x.shape[1], -1, cols.shape[2]).swapaxes(1, 2).reshape(cols.shape)
    parts = zip(np.split(dout, cache.groups, axis=1), np.split(shuffled, cache.groups, axis=1), strict=True)
    shares = [np.einsum("nfl,nkl->fk", own.reshape(*own.shape[:2], -1), part) for own, part in parts]
    return dx, np.concatenate(shares).reshape(cache.weight.shape), dbias
