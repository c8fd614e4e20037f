"""Known wrong answers of the chapter `pooling`: global average pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.pooling import global_avg_pool2d_backward, global_avg_pool2d_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your out keeps two axes of length 1: its shape is (N, C, 1, 1). A linear layer will follow, which wants (N, C): leave "
    "out keepdims.",
)
def axes_kept(x: Array) -> Out:
    return x.mean(axis=(2, 3), keepdims=True), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your out is the sum over all pixels, H·W times too large. The mean still divides by their number.",
)
def summed(x: Array) -> Out:
    return x.sum(axis=(2, 3)), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your out holds the largest pixel of each channel: that is global max-pooling. Here the mean is wanted.",
)
def largest_pixel(x: Array) -> Out:
    return x.max(axis=(2, 3)), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your mean runs over the channels, and the pixels are still there. It is the other way round: the pixels go, axes 2 and "
    "3, and each channel keeps a number of its own.",
)
def mean_over_channels(x: Array) -> Out:
    return x.mean(axis=1), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your out has one number for each image: the mean ran over its channels too. Each channel keeps its own; only axes 2 "
    "and 3 go.",
)
def one_number_an_image(x: Array) -> Out:
    return x.mean(axis=(1, 2, 3)), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your out has one number for each channel of the whole batch. Each image keeps its own; only axes 2 and 3 go.",
)
def mean_over_the_batch(x: Array) -> Out:
    return x.mean(axis=(0, 2, 3)), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your out is a single number: the mean of everything. Only axes 2 and 3, the pixels, are to go.",
)
def one_number_in_all(x: Array) -> Out:
    return x.mean(), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your mean runs over the rows alone, and the columns are still there. Both axes of the image go: axis=(2, 3).",
)
def rows_alone(x: Array) -> Out:
    return x.mean(axis=2), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your mean runs over the columns alone, and the rows are still there. Both axes of the image go: axis=(2, 3).",
)
def columns_alone(x: Array) -> Out:
    return x.mean(axis=3), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your mean runs over axes 1 and 2, as if the channels came last. Images here are (N, C, H, W): the pixels are axes 2 "
    "and 3.",
)
def channels_taken_to_be_last(x: Array) -> Out:
    return x.mean(axis=(1, 2)), x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your sum over the pixels is divided by the height alone. There are H·W pixels.",
)
def divided_by_the_height(x: Array) -> Out:
    return x.sum(axis=(2, 3)) / x.shape[2], x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your sum over the pixels is divided by C·H·W. A channel has H·W pixels, however many channels there are.",
)
def divided_by_the_channels_too(x: Array) -> Out:
    return x.mean(axis=(2, 3)) / x.shape[1], x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "Your out is the right one transposed: (C, N). The batch always comes first.",
)
def transposed(x: Array) -> Out:
    return x.mean(axis=(2, 3)).T, x.shape


@catalogue.wrong(
    "global_avg_pool2d_forward",
    "The values are right, but a float32 x gave a float64 out. An array that you make yourself is float64 unless it is "
    "given a dtype.",
)
def always_float64(x: Array) -> Out:
    return global_avg_pool2d_forward(x)[0].astype(np.float64), x.shape


def _keeping_x(x: Array) -> Out:
    return x.mean(axis=(2, 3)), x


def _spread(each: Array, x: Array) -> Array:
    return np.broadcast_to(each[:, :, None, None], x.shape).copy()


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "Your dx is H·W times too large: every pixel gets the whole gradient. Each had a weight of 1/(H·W) in the mean.",
    global_avg_pool2d_forward=_keeping_x,
)
def share_not_divided(dout: Array, cache: Any) -> Any:
    return _spread(dout, cache)


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "The gradient is divided by the height alone. The mean was over H·W pixels, and each gets that part of it.",
    global_avg_pool2d_forward=_keeping_x,
)
def share_of_the_height(dout: Array, cache: Any) -> Any:
    return _spread(dout / cache.shape[2], cache)


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "The gradient is divided by C·H·W. The mean of a channel was over its own H·W pixels.",
    global_avg_pool2d_forward=_keeping_x,
)
def share_of_all_channels(dout: Array, cache: Any) -> Any:
    return _spread(dout / cache[0].size, cache)


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "The gradient is divided by the size of the whole batch, N·C·H·W. The mean was over H·W pixels; where the loss is a "
    "mean over the batch, dout holds that factor already.",
    global_avg_pool2d_forward=_keeping_x,
)
def share_of_the_batch(dout: Array, cache: Any) -> Any:
    return _spread(dout / cache.size, cache)


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "The right shares, but not yet spread: dx has one number for each channel. It wants the shape of x, the same number at "
    "every pixel of a channel.",
    global_avg_pool2d_forward=_keeping_x,
)
def not_spread(dout: Array, cache: Any) -> Any:
    return dout / cache[0, 0].size


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "Your dx is (N, C, 1, 1): it would broadcast to the shape of x, but does not have it. Fill an array of that shape.",
    global_avg_pool2d_forward=_keeping_x,
)
def left_to_broadcasting(dout: Array, cache: Any) -> Any:
    return (dout / cache[0, 0].size)[:, :, None, None]


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "(N, C) does not broadcast to (N, C, H, W): NumPy lines shapes up from the end. Give dout two axes of length 1 first, "
    "dout[:, :, None, None].",
    global_avg_pool2d_forward=_keeping_x,
)
def axes_not_added(dout: Array, cache: Any) -> Any:
    return np.ones_like(cache) * dout / cache[0, 0].size


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "The right numbers at the wrong pixels: np.tile repeats the whole list of channels, where each number should fill its "
    "own channel. Give dout two axes of length 1 and broadcast.",
    global_avg_pool2d_forward=_keeping_x,
)
def tiled_in_the_wrong_order(dout: Array, cache: Any) -> Any:
    pixels = cache[0, 0].size
    return (np.tile(dout, (1, pixels)) / pixels).reshape(cache.shape)


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "Your dx is 1/(H·W) everywhere: dout has no part in it. The chain rule multiplies the share by dout.",
    global_avg_pool2d_forward=_keeping_x,
)
def upstream_left_out(dout: Array, cache: Any) -> Any:
    return np.full_like(cache, 1 / cache[0, 0].size)


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "Your dx depends on x: the shares were multiplied by the pixels. A mean is linear, so its derivative is 1/(H·W) "
    "whatever the pixels are.",
    global_avg_pool2d_forward=_keeping_x,
)
def multiplied_by_the_pixels(dout: Array, cache: Any) -> Any:
    return _spread(dout / cache[0, 0].size, cache) * cache


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "The largest pixel of each channel gets all the gradient: that is the way back of global max-pooling. In a mean all "
    "pixels have the same part.",
    global_avg_pool2d_forward=_keeping_x,
)
def all_to_the_largest_pixel(dout: Array, cache: Any) -> Any:
    return _spread(dout, cache) * (cache == cache.max(axis=(2, 3), keepdims=True))


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "All images get the same gradient: the mean was taken over the batch. Each image has a dout of its own.",
    global_avg_pool2d_forward=_keeping_x,
)
def averaged_over_images(dout: Array, cache: Any) -> Any:
    return _spread(np.broadcast_to(dout.mean(axis=0), dout.shape) / cache[0, 0].size, cache)


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "dx is right, but dout was divided in place: /= changes the caller's array. Put the quotient under a name of your own.",
    global_avg_pool2d_forward=_keeping_x,
)
def upstream_divided_in_place(dout: Array, cache: Any) -> Any:
    dout /= cache[0, 0].size
    return _spread(dout, cache)


@catalogue.wrong(
    "global_avg_pool2d_backward",
    "The values are right, but float32 inputs gave a float64 dx. np.ones and np.zeros make float64 unless told otherwise; "
    "let dx take the dtype of dout.",
)
def dx_always_float64(dout: Array, cache: Any) -> Any:
    return global_avg_pool2d_backward(dout, cache).astype(np.float64)
