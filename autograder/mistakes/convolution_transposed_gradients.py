"""Known wrong answers of the chapter `convolution`: the transposed convolution, backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.convolution_parts import Array, Gradients, Out
from autograder.mistakes.convolution_transposed import Layer
from solutions.convolution import conv_transpose2d_backward

catalogue = Catalogue()


def _forward(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return layer.right, layer


def _wrong_backward(sentence: str, forward: Callable[..., Any] = _forward) -> Callable[[Callable[..., Any]], Any]:
    return catalogue.wrong("conv_transpose2d_backward", sentence, conv_transpose2d_forward=forward)


def _right(dout: Array, layer: Layer) -> Gradients:
    return conv_transpose2d_backward(dout, layer.cache)


def _read(
    wide: Array, layer: Layer, stride: Any = None, dilation: Any = None, weight: Array | None = None
) -> tuple[Array, Array]:
    """dx and dweight from a dout with its border; what lies outside counts as nothing."""
    (sh, sw), (dh, dw) = stride or layer.stride, dilation or layer.dilation
    used = layer.weight if weight is None else weight
    dx, dweight = np.zeros_like(layer.x), np.zeros_like(layer.weight)
    for c, h, w, i, j in np.ndindex(layer.x.shape[1], *layer.x.shape[2:], *used.shape[2:]):
        row, column = h * sh + i * dh, w * sw + j * dw
        if row < wide.shape[2] and column < wide.shape[3]:
            seen = wide[:, layer.channels(c), row, column]
            dx[:, c, h, w] += seen @ used[c, :, i, j]
            dweight[c, :, i, j] += layer.x[:, c, h, w] @ seen
    return dx, dweight


def _wide(dout: Array, layer: Layer) -> Array:
    (top, left) = layer.padding
    return np.pad(dout, ((0, 0), (0, 0), (top, top), (left, left)))


@_wrong_backward(
    "Your dbias is a mean over batch, height and width. The sum belongs here: every entry of a feature map moves the loss through the "
    "same bias."
)
def dbias_is_a_mean(dout: Array, cache: Any) -> Gradients:
    return *_right(dout, cache)[:2], dout.mean(axis=(0, 2, 3))


@_wrong_backward(
    "Your dbias is exactly 1/N of what is expected: you took the mean over the batch. The sum belongs here."
)
def dbias_averaged_over_the_batch(dout: Array, cache: Any) -> Gradients:
    return *_right(dout, cache)[:2], dout.sum(axis=(2, 3)).mean(axis=0)


@_wrong_backward(
    "Your dbias is summed over the batch only: there is one for every place. All places share a bias; dbias is (F,)."
)
def dbias_for_every_place(dout: Array, cache: Any) -> Gradients:
    return *_right(dout, cache)[:2], dout.sum(axis=0)


@_wrong_backward("Your dbias has a row for each image. All images share the biases, so the batch is summed away too.")
def dbias_for_every_image(dout: Array, cache: Any) -> Gradients:
    return *_right(dout, cache)[:2], dout.sum(axis=(2, 3))


@_wrong_backward("Your dbias is a single number. Each channel of out has a bias of its own: sum over the other axes.")
def dbias_one_number(dout: Array, cache: Any) -> Gradients:
    return *_right(dout, cache)[:2], dout.sum()


@_wrong_backward(
    "Your dbias has the right numbers with axes of length 1 left over. A gradient has its parameter's shape, (F,)."
)
def dbias_keeps_the_axes(dout: Array, cache: Any) -> Gradients:
    return *_right(dout, cache)[:2], dout.sum(axis=(0, 2, 3), keepdims=True)


@_wrong_backward(
    "Your dweight is exactly 1/N of what is expected. A layer sums over the batch; the 1/N of a mean loss is in dout already."
)
def dweight_averaged(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = _right(dout, cache)
    return dx, dweight / len(dout), dbias


@_wrong_backward(
    "Your dweight and dbias are both exactly 1/N of what is expected. A layer sums over the batch; where the loss is a mean, it has "
    "divided by N itself."
)
def parameters_averaged(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = _right(dout, cache)
    return dx, dweight / len(dout), dbias / len(dout)


@_wrong_backward(
    "The sign of all three gradients is turned round. The minus belongs to the step of gradient descent, not to the layer."
)
def all_negated(dout: Array, cache: Any) -> Gradients:
    return tuple(-gradient for gradient in _right(dout, cache))


@_wrong_backward(
    "Your gradients are the layer's own derivatives with dout left out, as if it were all ones. The chain rule multiplies by dout."
)
def upstream_ignored(dout: Array, cache: Any) -> Gradients:
    return _right(np.ones_like(dout), cache)


@_wrong_backward(
    "The gradients come back in another order: that of weight first. They are dx, dweight, dbias, as the forward's arguments."
)
def weight_before_x(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = _right(dout, cache)
    return dweight, dx, dbias


@_wrong_backward(
    "dx and dweight forget the stride: they read dout one pixel apart. Pixel (h, w) wrote stride times h rows down and stride times w "
    "columns across, so that is where its gradient is read."
)
def stride_forgotten_in_the_backward(dout: Array, cache: Any) -> Gradients:
    return *_read(_wide(dout, cache), cache, stride=(1, 1)), _right(dout, cache)[2]


@_wrong_backward(
    "dx and dweight forget the dilation: they read neighbouring pixels of dout. The copies had their entries dilation apart."
)
def dilation_forgotten_in_the_backward(dout: Array, cache: Any) -> Gradients:
    return *_read(_wide(dout, cache), cache, dilation=(1, 1)), _right(dout, cache)[2]


@_wrong_backward(
    "dx and dweight are shifted where there is padding: dout was read without its border. The forward cut padding rows and columns off; "
    "put that many zeros back on each side of dout before you read."
)
def border_not_put_back(dout: Array, cache: Any) -> Gradients:
    return *_read(dout, cache), _right(dout, cache)[2]


@_wrong_backward(
    "Your dx is what the flipped kernel gives. The gradient of pixel (h, w) is its window of dout times the kernel as it stands: this is a "
    "plain cross-correlation."
)
def dx_with_the_kernel_flipped(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = _right(dout, cache)
    return _read(_wide(dout, cache), cache, weight=cache.weight[:, :, ::-1, ::-1])[0], dweight, dbias


@_wrong_backward(
    "Your dweight is flipped along height and width. Entry (i, j) wrote i rows down and j columns across; nothing is turned."
)
def dweight_flipped(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = _right(dout, cache)
    return dx, dweight[:, :, ::-1, ::-1], dbias


@_wrong_backward(
    "Your dweight has its first two axes swapped: it is (F, C, KH, KW), as for a convolution. Here the weight is (C, F, KH, KW), the "
    "channels of x first, and so is its gradient."
)
def dweight_filters_first(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = _right(dout, cache)
    return dx, dweight.swapaxes(0, 1), dbias


@_wrong_backward(
    "Your dweight holds the last image's share only: each replaces the one before it. Their shares are to be added up."
)
def dweight_of_the_last_image(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = _right(dout, cache)
    last = np.zeros_like(dout)
    last[-1] = dout[-1]
    return dx, _right(last, cache)[1], dbias


@_wrong_backward(
    "Your dweight holds the share of the last pixel of the last image only: each pixel's share replaces the one before it. A kernel is "
    "copied by every pixel, so the shares are to be added up."
)
def dweight_of_the_last_pixel(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = _right(dout, cache)
    only = np.zeros_like(cache.x)
    only[-1, :, -1, -1] = cache.x[-1, :, -1, -1]
    return dx, _right(dout, Layer(only, cache.weight, cache.bias, *cache.how))[1], dbias


@_wrong_backward(
    "Your dx holds the share of the last channel of out only. A pixel wrote into all channels of its group; add up."
)
def dx_of_the_last_channel(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = _right(dout, cache)
    per_group = cache.weight.shape[1]
    last = np.zeros_like(dout)
    last[:, per_group - 1 :: per_group] = dout[:, per_group - 1 :: per_group]
    return _right(last, cache)[0], dweight, dbias


@_wrong_backward(
    "The groups are missing in the backward: all channels of x read the first channels of dout. Each reads those that its group wrote to "
    "in the forward."
)
def groups_forgotten(dout: Array, cache: Any) -> Gradients:
    first = np.ascontiguousarray(dout[:, : cache.weight.shape[1]])
    alone = Layer(cache.x, cache.weight, cache.bias[: cache.weight.shape[1]], *cache.how[:4])
    dx, dweight, _ = _right(first, alone)
    return dx, dweight, dout.sum(axis=(0, 2, 3))


@_wrong_backward(
    "The gradients are right, but weight has changed during the call. A backward reports the gradients; others take the step."
)
def weight_updated_here(dout: Array, cache: Any) -> Gradients:
    gradients = _right(dout, cache)
    weight = cache.weight
    weight -= 0.01 * gradients[1]
    return gradients


@_wrong_backward(
    "The values are right, but float32 inputs gave float64 gradients. np.zeros makes float64 unless told otherwise."
)
def gradients_always_float64(dout: Array, cache: Any) -> Gradients:
    return tuple(gradient.astype(np.float64) for gradient in _right(dout, cache))


def _forward_with_totals(*arguments: Any, **options: Any) -> Out:
    out, layer = _forward(*arguments, **options)
    return out, (layer, [np.zeros_like(array) for array in (layer.x, layer.weight, layer.bias)])


@_wrong_backward(
    "The first call is right, but a second one with the same dout gives twice as much: gradients are being added up in the cache. Each "
    "call stands for itself.",
    _forward_with_totals,
)
def accumulated_over_calls(dout: Array, cache: Any) -> Gradients:
    layer, totals = cache
    for total, gradient in zip(totals, _right(dout, layer), strict=True):
        total += gradient
    return tuple(total.copy() for total in totals)


def _forward_without_cache(*arguments: Any, **options: Any) -> Out:
    return _forward(*arguments, **options)[0], None


@_wrong_backward(
    "Your cache is None, so there is nothing to take out of it. What the backward needs, x, weight and the settings, has to be put into "
    "the cache by the forward.",
    _forward_without_cache,
)
def cache_is_none(dout: Array, cache: Any) -> Gradients:
    x, weight, bias, *how = cache
    return _right(dout, Layer(x, weight, bias, *how))
