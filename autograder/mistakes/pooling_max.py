"""Known wrong answers of the chapter `pooling`: max-pooling, and where its gradient goes."""

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
    avg_shares,
    first_largest,
    max_keeping_all,
    max_shares,
    on_padded,
    one_hot,
    places,
    windows,
)
from solutions.pooling import max_pool2d_forward

catalogue = Catalogue()


@catalogue.wrong(
    "max_pool2d_forward",
    "The border is made of zeros, and a zero is larger than every negative number: a window at the edge without a positive "
    "pixel gives 0. Only -inf is never the largest.",
)
def border_of_zeros(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    return windows(x, Asked(kernel_size, stride, padding), 0).max(axis=WINDOW), None


@catalogue.wrong(
    "max_pool2d_forward",
    "A window without a positive pixel gives 0: the search for the largest begins at 0, which no pixel said. Begin at -inf, "
    "or at the window's first pixel.",
)
def search_begins_at_zero(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    out = windows(x, Asked(kernel_size, stride, padding), -np.inf).max(axis=WINDOW)
    return np.maximum(out, 0), None


@catalogue.wrong(
    "max_pool2d_forward",
    "Your border is -1e9, and there are numbers below that: the border becomes the largest. -np.inf is below every number.",
)
def border_of_a_large_number(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    return windows(x, Asked(kernel_size, stride, padding), -1e9).max(axis=WINDOW), None


@catalogue.wrong(
    "max_pool2d_forward",
    "Your out holds the smallest pixel of each window. Wanted is the largest.",
)
def smallest_instead(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    return windows(x, Asked(kernel_size, stride, padding), np.inf).min(axis=WINDOW), None


@catalogue.wrong(
    "max_pool2d_forward",
    "Your out holds the mean of each window: that is average pooling, the layer after this one. Wanted is the largest pixel.",
)
def mean_instead(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    return windows(x, Asked(kernel_size, stride, padding), 0).mean(axis=WINDOW, dtype=x.dtype), None


@catalogue.wrong(
    "max_pool2d_forward",
    "No entry of your out is negative: the largest absolute value was taken. -3 is smaller than 1, whatever its size.",
)
def largest_in_size(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    return windows(np.abs(x), Asked(kernel_size, stride, padding), 0).max(axis=WINDOW), None


@catalogue.wrong(
    "max_pool2d_forward",
    "Your out says where in its window the largest pixel stands: that is argmax. The backward will want to know it; out "
    "itself holds the pixel's value.",
)
def place_instead_of_value(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    return first_largest(x, Asked(kernel_size, stride, padding)), None


@catalogue.wrong(
    "max_pool2d_forward",
    "The values are right, but a float32 x gave a float64 out. np.zeros, np.full and np.array make float64 unless told "
    "otherwise; let the result take the dtype of x.",
)
def always_float64(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    out, cache = max_pool2d_forward(x, kernel_size, stride, padding)
    return out.astype(np.float64), cache


@catalogue.wrong(
    "max_pool2d_forward",
    "Your out is right wherever the window fits. Where it is larger than the padded image there is nothing to return: raise "
    "a ValueError that names the sizes, before an empty array puzzles the next layer.",
)
def too_large_a_window_accepted(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    try:
        return max_pool2d_forward(x, kernel_size, stride, padding)
    except ValueError:
        return x[:, :, :0], None


def _back(dout: Array, cache: Any, choose: Any) -> Array:
    """dx where `choose` gives the share of each pixel of a window: (N, C, H', W', KH, KW)."""
    x, asked = cache
    return added_up(choose(windows(x, asked, -np.inf)) * dout[..., None, None], asked, x.shape)


def _ties(found: Array) -> Array:
    largest: Array = found == found.max(axis=WINDOW, keepdims=True)
    return largest


def _flat(found: Array) -> Array:
    return found.reshape(*found.shape[:4], -1)


@catalogue.wrong(
    "max_pool2d_backward",
    "Where several pixels of a window are the largest, each of them gets the whole gradient: a comparison with the maximum "
    "finds them all. More comes out than went in. By the convention here only the first one, row by row, gets it.",
    max_pool2d_forward=max_keeping_all,
)
def every_tie_gets_all(dout: Array, cache: Any) -> Any:
    return _back(dout, cache, lambda found: _ties(found).astype(dout.dtype))


@catalogue.wrong(
    "max_pool2d_backward",
    "Where several pixels of a window are the largest, they share the gradient in your dx. That is a sound choice, but the "
    "convention here is another: the first one, row by row, gets all of it.",
    max_pool2d_forward=max_keeping_all,
)
def ties_share(dout: Array, cache: Any) -> Any:
    return _back(
        dout, cache, lambda found: _ties(found) / _ties(found).sum(axis=WINDOW, keepdims=True, dtype=dout.dtype)
    )


@catalogue.wrong(
    "max_pool2d_backward",
    "Where several pixels of a window are the largest, your dx gives the gradient to the last of them. It belongs to the "
    "first, row by row: a later pixel takes over only if it is larger, > and not >=.",
    max_pool2d_forward=max_keeping_all,
)
def last_of_the_ties(dout: Array, cache: Any) -> Any:
    x, asked = cache
    found = _flat(windows(x, asked, -np.inf))
    return added_up(one_hot(found.shape[-1] - 1 - found[..., ::-1].argmax(axis=-1), asked, dout), asked, x.shape)


@catalogue.wrong(
    "max_pool2d_backward",
    "Where several pixels of a window are the largest, your dx gives the gradient to the first one column by column. The "
    "convention here goes row by row, as NumPy's argmax does.",
    max_pool2d_forward=max_keeping_all,
)
def first_by_columns(dout: Array, cache: Any) -> Any:
    x, asked = cache
    column, row = np.divmod(_flat(windows(x, asked, -np.inf).swapaxes(-2, -1)).argmax(axis=-1), asked.kernel[0])
    return added_up(one_hot(row * asked.kernel[1] + column, asked, dout), asked, x.shape)


@catalogue.wrong(
    "max_pool2d_backward",
    "A pixel that is the largest of several windows gets the gradient of only one of them. It wants their sum: += in a loop, "
    "or np.add.at where pixels are named by arrays of indices, because += counts each of those once.",
    max_pool2d_forward=max_keeping_all,
)
def chosen_twice_counted_once(dout: Array, cache: Any) -> Any:
    x, asked = cache
    shares, chosen = max_shares(dout, x, asked), one_hot(first_largest(x, asked), asked, np.ones_like(dout))
    (top, left), (height, width) = asked.border, x.shape[2:]
    dx = on_padded(np.zeros_like(shares), asked, x.shape)
    for i, j, place in places(shares, asked):
        dx[place] = np.where(chosen[:, :, i, j] > 0, shares[:, :, i, j], dx[place])
    return dx[:, :, top : top + height, left : left + width]


@catalogue.wrong(
    "max_pool2d_backward",
    "Every pixel of a window gets an equal share: that is the way back of average pooling. Here the largest pixel gets "
    "all, and the others, which out did not depend on, nothing.",
    max_pool2d_forward=max_keeping_all,
)
def shared_by_all(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return added_up(avg_shares(dout, x, asked), asked, x.shape)


@catalogue.wrong(
    "max_pool2d_backward",
    "Every pixel of a window gets the whole gradient. Only the largest one had a part in out; a small change of the others "
    "changes nothing.",
    max_pool2d_forward=max_keeping_all,
)
def all_to_every_pixel(dout: Array, cache: Any) -> Any:
    return _back(dout, cache, lambda found: np.ones_like(found))


@catalogue.wrong(
    "max_pool2d_backward",
    "The right pixels get too little: the gradient was divided by the size of the window. Where the largest pixel grows by "
    "1, out grows by 1.",
    max_pool2d_forward=max_keeping_all,
)
def divided_by_the_window(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return added_up(max_shares(dout, x, asked), asked, x.shape) / (asked.kernel[0] * asked.kernel[1])


@catalogue.wrong(
    "max_pool2d_backward",
    "All gradient of a channel lands on the largest pixel of the whole image. Each window has a largest pixel of its own: "
    "look for it inside that window.",
    max_pool2d_forward=max_keeping_all,
)
def largest_of_the_whole_image(dout: Array, cache: Any) -> Any:
    x, _ = cache
    largest = x.reshape(*x.shape[:2], -1).argmax(axis=-1)
    dx = (np.arange(x[0, 0].size) == largest[..., None]) * dout.sum(axis=(2, 3))[..., None]
    return dx.reshape(x.shape)


@catalogue.wrong(
    "max_pool2d_backward",
    "Of all channels only one gets the gradient at each place: the largest pixel was looked for across the channels. Each "
    "channel has its own.",
    max_pool2d_forward=max_keeping_all,
)
def one_channel_takes_all(dout: Array, cache: Any) -> Any:
    return _back(dout, cache, lambda found: found == found.max(axis=(1, -2, -1), keepdims=True))


@catalogue.wrong(
    "max_pool2d_backward",
    "Your dx is 1 for every window that chose a pixel: the mask alone. The chain rule multiplies it by dout.",
    max_pool2d_forward=max_keeping_all,
)
def dout_left_out(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return added_up(max_shares(np.ones_like(dout), x, asked), asked, x.shape)


@catalogue.wrong(
    "max_pool2d_backward",
    "Your dx holds pixels of x where gradients belong: the maxima were put back in their places. What goes there is dout.",
    max_pool2d_forward=max_keeping_all,
)
def values_put_back(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return added_up(max_shares(windows(x, asked, -np.inf).max(axis=WINDOW), x, asked), asked, x.shape)


@catalogue.wrong(
    "max_pool2d_backward",
    "Your dx is the gradient times the largest pixel. out is that pixel and not its square: the derivative is 1.",
    max_pool2d_forward=max_keeping_all,
)
def multiplied_by_the_value(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return added_up(max_shares(dout, x, asked), asked, x.shape) * x


@catalogue.wrong(
    "max_pool2d_backward",
    "Negative gradients do not come through: dout was sent through a ReLU, or compared with 0. What decides is which pixel "
    "was the largest; the sign of dout decides nothing.",
    max_pool2d_forward=max_keeping_all,
)
def positive_gradients_only(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return added_up(max_shares(np.maximum(dout, 0), x, asked), asked, x.shape)


@catalogue.wrong(
    "max_pool2d_backward",
    "The smallest pixel of each window gets the gradient. It belongs to the largest, which is the one that out shows.",
    max_pool2d_forward=max_keeping_all,
)
def smallest_gets_it(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return added_up(one_hot(_flat(windows(x, asked, np.inf)).argmin(axis=-1), asked, dout), asked, x.shape)


@catalogue.wrong(
    "max_pool2d_backward",
    "At the edges some gradient is lost: on the way back the border holds zeros, and in a window of negative pixels a zero "
    "takes the gradient with it when the border is cut off. Look for the largest in the image padded with -inf.",
    max_pool2d_forward=max_keeping_all,
)
def border_takes_the_gradient(dout: Array, cache: Any) -> Any:
    x, asked = cache
    return added_up(one_hot(_flat(windows(x, asked, 0)).argmax(axis=-1), asked, dout), asked, x.shape)


@catalogue.wrong(
    "max_pool2d_backward",
    "The place inside a window was worked out with the wrong divisor: argmax counts row by row, so the row is the quotient "
    "by the window's width and the column the remainder. Square windows hide this; np.unravel_index does it for you.",
    max_pool2d_forward=max_keeping_all,
)
def divided_by_the_height(dout: Array, cache: Any) -> Any:
    x, asked = cache
    (height, width), dx = asked.kernel, on_padded(np.zeros((*dout.shape, *asked.kernel), dout.dtype), asked, x.shape)
    for n, c, i, j in np.ndindex(*dout.shape):
        row, column = divmod(int(first_largest(x, asked)[n, c, i, j]), height)
        dx[n, c, i * asked.step[0] + row, j * asked.step[1] + column] += dout[n, c, i, j]
    return dx[:, :, asked.border[0] :, asked.border[1] :][:, :, : x.shape[2], : x.shape[3]]


@catalogue.wrong(
    "max_pool2d_backward",
    "Your dx is right the first time, but the mask in your cache was multiplied by dout in place: a second call would find "
    "it changed. Write mask * dout, which makes a new array.",
    max_pool2d_forward=lambda x, kernel_size, stride=None, padding=0: _keeping_mask(x, kernel_size, stride, padding),
)
def mask_multiplied_in_place(dout: Array, cache: Any) -> Any:
    mask, shape, asked = cache
    mask *= dout[..., None, None]
    return added_up(mask, asked, shape)


def _keeping_mask(x: Array, kernel_size: Any, stride: Any, padding: Any) -> Out:
    out, (_, asked) = max_keeping_all(x, kernel_size, stride, padding)
    return out, (max_shares(np.ones_like(out), x, asked), x.shape, asked)
