"""Known wrong answers of the chapter `pooling`: average pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.pooling_windows import (
    WINDOW,
    Array,
    Asked,
    Out,
    added_up,
    avg_keeping_all,
    avg_shares,
    max_shares,
    padded,
    seen,
    windows,
)
from solutions.pooling import avg_pool2d_forward

catalogue = Catalogue()


def _area(asked: Asked) -> int:
    return asked.kernel[0] * asked.kernel[1]


@catalogue.wrong(
    "avg_pool2d_forward",
    "Your out is the sum of each window, KH·KW times too large. The mean still divides by the number of pixels.",
)
def not_divided(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    asked = Asked(kernel_size, stride, padding)
    return windows(x, asked, 0).sum(axis=WINDOW), None


@catalogue.wrong(
    "avg_pool2d_forward",
    "The sum of a window is divided by its height alone. A window has KH·KW pixels.",
)
def divided_by_the_side(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    asked = Asked(kernel_size, stride, padding)
    return windows(x, asked, 0).sum(axis=WINDOW) / asked.kernel[0], None


@catalogue.wrong(
    "avg_pool2d_forward",
    "The sum of a window is divided by the product of the strides. How far the window moves has nothing to do with how "
    "many pixels it sees: that is KH·KW.",
)
def divided_by_the_stride(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    asked = Asked(kernel_size, stride, padding)
    return windows(x, asked, 0).sum(axis=WINDOW) / (asked.step[0] * asked.step[1]), None


@catalogue.wrong(
    "avg_pool2d_forward",
    "Your out is divided twice: it is the mean, divided by the number of pixels once more.",
)
def divided_twice(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    asked = Asked(kernel_size, stride, padding)
    return windows(x, asked, 0).mean(axis=WINDOW, dtype=x.dtype) / _area(asked), None


@catalogue.wrong(
    "avg_pool2d_forward",
    "Your out holds whole numbers: // divides and rounds down. A mean is divided with /.",
)
def rounded_down(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    asked = Asked(kernel_size, stride, padding)
    return windows(x, asked, 0).sum(axis=WINDOW) // _area(asked), None


@catalogue.wrong(
    "avg_pool2d_forward",
    "At the edges your mean runs over the pixels of the image alone. That is a sound choice, but the convention here is "
    "another: the zeros of the border count, and every window is divided by KH·KW.",
)
def border_not_counted(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    asked = Asked(kernel_size, stride, padding)
    return np.nanmean(windows(x, asked, np.nan), axis=WINDOW, dtype=x.dtype), None


@catalogue.wrong(
    "avg_pool2d_forward",
    "Windows at the edge give -inf: your border is made of -inf, as max-pooling wants it. For a mean the border is made of "
    "zeros.",
)
def border_of_minus_infinity(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    return windows(x, Asked(kernel_size, stride, padding), -np.inf).mean(axis=WINDOW, dtype=x.dtype), None


@catalogue.wrong(
    "avg_pool2d_forward",
    "Your border repeats the pixels at the edge. The border here is made of zeros.",
)
def border_repeats_the_edge(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    asked = Asked(kernel_size, stride, padding)
    sides = ((0, 0), (0, 0), (asked.border[0],) * 2, (asked.border[1],) * 2)
    return seen(np.pad(x, sides, mode="edge"), asked.kernel, asked.step).mean(axis=WINDOW, dtype=x.dtype), None


@catalogue.wrong(
    "avg_pool2d_forward",
    "Your out holds the largest pixel of each window: that is max-pooling. Here the mean is wanted.",
)
def maximum_instead(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    return windows(x, Asked(kernel_size, stride, padding), -np.inf).max(axis=WINDOW), None


@catalogue.wrong(
    "avg_pool2d_forward",
    "Your out holds the median of each window, the pixel in the middle. The mean is the sum divided by KH·KW.",
)
def median_instead(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    return np.median(windows(x, Asked(kernel_size, stride, padding), 0), axis=WINDOW), None


@catalogue.wrong(
    "avg_pool2d_forward",
    "The values are right, but a float32 x gave a float64 out. np.zeros and np.array make float64 unless told otherwise; "
    "let the result take the dtype of x.",
)
def always_float64(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    out, cache = avg_pool2d_forward(x, kernel_size, stride, padding)
    return out.astype(np.float64), cache


@catalogue.wrong(
    "avg_pool2d_forward",
    "Your out is right wherever the window fits. Where it is larger than the padded image there is nothing to return: raise "
    "a ValueError that names the sizes, before an empty array puzzles the next layer.",
)
def too_large_a_window_accepted(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    try:
        return avg_pool2d_forward(x, kernel_size, stride, padding)
    except ValueError:
        return x[:, :, :0], None


def _scaled(dout: Array, cache: Any, factor: Any) -> Array:
    """The right dx with the share of each window multiplied by `factor`."""
    x, asked = cache
    return added_up(avg_shares(dout * factor, x, asked), asked, x.shape)


@catalogue.wrong(
    "avg_pool2d_backward",
    "Your dx is KH·KW times too large: every pixel of a window gets the whole gradient. The mean gave each pixel a weight of "
    "1/(KH·KW), and the way back has the same.",
    avg_pool2d_forward=avg_keeping_all,
)
def not_divided_on_the_way_back(dout: Array, cache: Any) -> Any:
    return _scaled(dout, cache, _area(cache[1]))


@catalogue.wrong(
    "avg_pool2d_backward",
    "The gradient of a window is divided by its height alone. It had KH·KW pixels in the mean, and each gets that part of it.",
    avg_pool2d_forward=avg_keeping_all,
)
def share_of_the_side(dout: Array, cache: Any) -> Any:
    return _scaled(dout, cache, cache[1].kernel[1])


@catalogue.wrong(
    "avg_pool2d_backward",
    "The gradient of a window is divided by the product of the strides. What counts is how many pixels were in the mean: "
    "KH·KW.",
    avg_pool2d_forward=avg_keeping_all,
)
def share_of_the_stride(dout: Array, cache: Any) -> Any:
    _, asked = cache
    return _scaled(dout, cache, _area(asked) / (asked.step[0] * asked.step[1]))


@catalogue.wrong(
    "avg_pool2d_backward",
    "The gradient is divided twice by the number of pixels in a window. Once is what the mean did.",
    avg_pool2d_forward=avg_keeping_all,
)
def divided_twice_on_the_way_back(dout: Array, cache: Any) -> Any:
    return _scaled(dout, cache, 1 / _area(cache[1]))


@catalogue.wrong(
    "avg_pool2d_backward",
    "The gradient is divided by the number of windows. The mean was over the pixels of one window, KH·KW of them.",
    avg_pool2d_forward=avg_keeping_all,
)
def divided_by_the_windows(dout: Array, cache: Any) -> Any:
    return _scaled(dout, cache, _area(cache[1]) / dout[0, 0].size)


@catalogue.wrong(
    "avg_pool2d_backward",
    "The gradient is divided by the number of pixels of the whole image. The mean was over one window, KH·KW pixels; "
    "dividing by H·W belongs to global average pooling.",
    avg_pool2d_forward=avg_keeping_all,
)
def divided_by_the_image(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return _scaled(dout, cache, _area(asked) / x[0, 0].size)


@catalogue.wrong(
    "avg_pool2d_backward",
    "At the edges your windows share their gradient among the pixels of the image alone. In the forward the border counted, "
    "by the convention here: a share is 1/(KH·KW) in every window.",
    avg_pool2d_forward=avg_keeping_all,
)
def border_not_counted_on_the_way_back(dout: Array, cache: Any) -> Any:
    x, asked = cache
    inside = seen(padded(np.ones_like(x), asked.border, 0), asked.kernel, asked.step).sum(axis=WINDOW)
    return _scaled(dout, cache, _area(asked) / inside)


@catalogue.wrong(
    "avg_pool2d_backward",
    "The largest pixel of each window gets all the gradient: that is the way back of max-pooling. In a mean all pixels have "
    "the same part.",
    avg_pool2d_forward=avg_keeping_all,
)
def all_to_the_largest(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return added_up(max_shares(dout, x, asked), asked, x.shape)


@catalogue.wrong(
    "avg_pool2d_backward",
    "Your dx depends on x: the shares were multiplied by the pixels. A mean is linear, so its derivative is 1/(KH·KW) "
    "whatever the pixels are.",
    avg_pool2d_forward=avg_keeping_all,
)
def multiplied_by_x(dout: Array, cache: Any) -> Any:
    return _scaled(dout, cache, 1) * cache[0]


@catalogue.wrong(
    "avg_pool2d_backward",
    "Your dx holds the number of windows that see a pixel, divided by KH·KW: dout has no part in it. The chain rule "
    "multiplies each window's share by its dout.",
    avg_pool2d_forward=avg_keeping_all,
)
def gradient_left_out(dout: Array, cache: Any) -> Any:
    return _scaled(np.ones_like(dout), cache, 1)


@catalogue.wrong(
    "avg_pool2d_backward",
    "dx is right, but dout was divided in place: /= changes the caller's array. Put the quotient under a name of your own.",
    avg_pool2d_forward=avg_keeping_all,
)
def dout_divided_in_place(dout: Array, cache: Any) -> Any:
    dx = _scaled(dout, cache, 1)
    dout /= _area(cache[1])
    return dx


@catalogue.wrong(
    "avg_pool2d_backward",
    "Every entry of dout was repeated KH times downwards and KW times to the right. Such blocks fit only where the windows "
    "lie side by side and nothing is left over; elsewhere each window adds its share at its own place.",
    avg_pool2d_forward=avg_keeping_all,
)
def repeated_in_blocks(dout: Array, cache: Any) -> Any:
    _, asked = cache
    return (dout / _area(asked)).repeat(asked.kernel[0], axis=2).repeat(asked.kernel[1], axis=3)
