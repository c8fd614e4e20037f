"""Known wrong answers that max-pooling and average pooling share: about where the windows lie, and the way back."""

from __future__ import annotations

import math

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.pooling_windows import (
    Array,
    Asked,
    Pair,
    added_up,
    on_padded,
    padded,
    places,
    seen,
    windows,
    wrong_way_back,
    wrong_windows,
)

catalogue = Catalogue()


# --- forward: which pixels does a window see? ----------------------------------------------------------------------


@wrong_windows(
    catalogue,
    "Your settings must be single numbers: kernel_size, stride and padding may also be pairs (height, width). Make a pair "
    "of each at the start, and use its two numbers from there on.",
)
def pairs_not_taken(x: Array, asked: Asked, border: float) -> Array:
    stride = asked.kernel_size if asked.stride is None else asked.stride
    rows = (x.shape[2] + 2 * asked.padding - asked.kernel_size) // stride + 1
    return windows(x, asked, border)[:, :, :rows]


@wrong_windows(
    catalogue,
    "The size of out is no whole number where the window does not end at the edge: / gives a float, and an array cannot have "
    "such a size. Rows that are left over are dropped, which is what // does.",
)
def size_not_floored(x: Array, asked: Asked, border: float) -> Array:
    height, width = (
        (size + 2 * edge - window) / step + 1
        for size, edge, window, step in zip(x.shape[2:], asked.border, asked.kernel, asked.step, strict=True)
    )
    np.zeros((*x.shape[:2], height, width))
    return windows(x, asked, border)


@wrong_windows(
    catalogue,
    "Your out is one row and one column short: the windows were counted without the first one. It is floor((size + 2 padding "
    "- kernel) / stride) plus 1.",
)
def plus_one_forgotten(x: Array, asked: Asked, border: float) -> Array:
    return windows(x, asked, border)[:, :, :-1, :-1]


@wrong_windows(
    catalogue,
    "Your out is too large where rows or columns are left over: the size was rounded up, and the last windows hang over the "
    "edge. Only windows that fit count: round down.",
)
def size_rounded_up(x: Array, asked: Asked, border: float) -> Array:
    image = padded(x, asked.border, border)
    return _as_many(
        image,
        asked,
        *(
            math.ceil((size - window) / step) + 1
            for size, window, step in zip(image.shape[2:], asked.kernel, asked.step, strict=True)
        ),
    )


@wrong_windows(
    catalogue,
    "The size of your out is that of the image divided by the stride, which is right only for windows that lie side by side. "
    "The last window must still fit: the kernel has a part in the size.",
)
def size_divided_by_stride(x: Array, asked: Asked, border: float) -> Array:
    sizes = (size // step for size, step in zip(x.shape[2:], asked.step, strict=True))
    return _as_many(padded(x, asked.border, border), asked, *sizes)


def _as_many(image: Array, asked: Asked, rows: int, columns: int) -> Array:
    """So many windows, whether they fit or not: what lies beyond the image is not there."""
    beyond = [
        (0, 0),
        (0, 0),
        (0, rows * asked.step[0] + asked.kernel[0]),
        (0, columns * asked.step[1] + asked.kernel[1]),
    ]
    endless = np.pad(image, beyond, constant_values=np.nan)
    return seen(endless, asked.kernel, asked.step)[:, :, :rows, :columns]


@wrong_windows(
    catalogue,
    "Where there is padding your out is too small: the image got its border, but the number of windows was counted without "
    "it. Each side adds its padding to the size.",
)
def border_not_counted_in_the_size(x: Array, asked: Asked, border: float) -> Array:
    rows, columns = seen(x, asked.kernel, asked.step).shape[2:4]
    return windows(x, asked, border)[:, :, :rows, :columns]


@wrong_windows(
    catalogue,
    "padding has no effect in your layer: out is that of the bare image. A border of that width belongs on all four sides "
    "before the windows are laid.",
)
def padding_ignored(x: Array, asked: Asked, border: float) -> Array:
    return seen(x, asked.kernel, asked.step)


@wrong_windows(
    catalogue,
    "Only the bottom and the right got a border. padding is its width on each side: above and below, left and right.",
)
def border_on_one_side(x: Array, asked: Asked, border: float) -> Array:
    sides = ((0, 0), (0, 0), (0, asked.border[0]), (0, asked.border[1]))
    return seen(np.pad(x, sides, constant_values=border), asked.kernel, asked.step)


@wrong_windows(
    catalogue,
    "Your border goes round every axis, the batch and the channels too, so there are images and channels more than came in. "
    "np.pad takes a pair for each axis: (0, 0) for the first two.",
)
def every_axis_padded(x: Array, asked: Asked, border: float) -> Array:
    return seen(np.pad(x, asked.padding, constant_values=border), asked.kernel, asked.step)


@wrong_windows(
    catalogue,
    "With stride left out your window moves by one pixel at a time. stride=None means a step as long as the window, so "
    "that the windows lie side by side.",
)
def no_stride_as_one(x: Array, asked: Asked, border: float) -> Array:
    return windows(x, asked._replace(stride=1 if asked.stride is None else asked.stride), border)


@wrong_windows(
    catalogue,
    "Your windows always lie side by side: the step is the size of the window whatever stride says. Only stride=None means "
    "that.",
)
def stride_is_the_kernel(x: Array, asked: Asked, border: float) -> Array:
    return windows(x, asked._replace(stride=None), border)


@wrong_windows(
    catalogue,
    "This is pooling in blocks side by side, without stride and without padding: right for the defaults, and for nothing "
    "else. A window starts at its number times the stride, in the padded image.",
)
def blocks_side_by_side(x: Array, asked: Asked, border: float) -> Array:
    return seen(x, asked.kernel, asked.kernel)


@wrong_windows(
    catalogue,
    "Cutting the image into blocks by reshape works only if height and width are multiples of the window, and knows neither "
    "stride nor padding. Lay the windows one by one, or slice with a step.",
)
def blocks_by_reshape(x: Array, asked: Asked, border: float) -> Array:
    (examples, channels, height, width), (rows, columns) = x.shape, asked.kernel
    blocks = x.reshape(examples, channels, height // rows, rows, width // columns, columns)
    return blocks.swapaxes(3, 4)


@wrong_windows(
    catalogue,
    "Your window moves by one pixel, whatever the stride is: the window of out[h, w] starts at row h and column w. It starts "
    "at h times the stride.",
)
def stride_not_in_the_start(x: Array, asked: Asked, border: float) -> Array:
    rows, columns = windows(x, asked, border).shape[2:4]
    return seen(padded(x, asked.border, border), asked.kernel, (1, 1))[:, :, :rows, :columns]


@wrong_windows(
    catalogue,
    "Your window is one row and one column too small: the end of a slice is not part of it. A window of k rows is start : "
    "start + k.",
)
def window_one_short(x: Array, asked: Asked, border: float) -> Array:
    return windows(x, asked, border)[..., :-1, :-1]


def _turned(pair: Pair) -> Pair:
    return pair[1], pair[0]


@wrong_windows(
    catalogue,
    "Height and width of the window are swapped: a pair kernel_size is (height, width). Square windows hide this.",
)
def kernel_sides_swapped(x: Array, asked: Asked, border: float) -> Array:
    return windows(x, Asked(_turned(asked.kernel), asked.step, asked.padding), border)


@wrong_windows(
    catalogue,
    "Height and width of the window are swapped, and with them the step where stride is left out. A pair kernel_size is "
    "(height, width); square windows hide this.",
)
def kernel_and_step_swapped(x: Array, asked: Asked, border: float) -> Array:
    return windows(x, Asked(_turned(asked.kernel), asked.stride, asked.padding), border)


@wrong_windows(
    catalogue,
    "The two steps are swapped: a pair stride is (height, width), the step downwards first. Equal steps hide this.",
)
def strides_swapped(x: Array, asked: Asked, border: float) -> Array:
    return windows(x, asked._replace(stride=_turned(asked.step)), border)


@wrong_windows(
    catalogue,
    "The two borders are swapped: a pair padding is (height, width), rows above and below first. Equal borders hide this.",
)
def borders_swapped(x: Array, asked: Asked, border: float) -> Array:
    return windows(x, asked._replace(padding=_turned(asked.border)), border)


@wrong_windows(
    catalogue,
    "Of each pair you use the first number only, for height and for width. The second one is for the width.",
)
def height_for_both(x: Array, asked: Asked, border: float) -> Array:
    kernel, stride, padding = ((pair[0], pair[0]) for pair in (asked.kernel, asked.step, asked.border))
    return windows(x, Asked(kernel, stride, padding), border)


@wrong_windows(
    catalogue,
    "Your out is the right one with rows and columns swapped. The window at row h and column w belongs at [h, w].",
)
def rows_and_columns_swapped(x: Array, asked: Asked, border: float) -> Array:
    return windows(x, asked, border).swapaxes(2, 3)


@wrong_windows(
    catalogue,
    "All channels of your out are equal: a window reaches through all channels of x. Pooling works on each channel by "
    "itself.",
)
def through_all_channels(x: Array, asked: Asked, border: float) -> Array:
    found = windows(x, asked, border)
    through = np.concatenate(np.moveaxis(found, 1, 0), axis=-1)[:, None]
    return np.broadcast_to(through, (*found.shape[:2], *through.shape[2:]))


@wrong_windows(
    catalogue,
    "Every entry of a channel of your out is the same: each window was taken to be the whole image. It has KH rows and KW "
    "columns, and its own place.",
)
def whole_image_each_time(x: Array, asked: Asked, border: float) -> Array:
    rows, columns = windows(x, asked, border).shape[2:4]
    return np.broadcast_to(x[:, :, None, None], (*x.shape[:2], rows, columns, *x.shape[2:]))


# --- backward: which pixels does a window give its gradient to? ----------------------------------------------------


@wrong_way_back(
    catalogue,
    "Where windows overlap, each one wipes out what the others had put there: = where += belongs. A pixel that several "
    "windows see collects the gradient of all of them.",
)
def overlaps_overwritten(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    dx = on_padded(np.zeros_like(shares), asked, shape)
    for i, j, place in places(shares, asked):
        dx[place] = shares[:, :, i, j]
    return _cropped(dx, asked, shape)


@wrong_way_back(
    catalogue,
    "dx holds the gradient of the last window alone: it is made anew, of zeros, in every turn of the loop. Make it once, "
    "before the loop.",
)
def only_the_last_window(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    last = np.zeros_like(shares)
    last[:, :, -1, -1] = shares[:, :, -1, -1]
    return added_up(last, asked, shape)


@wrong_way_back(
    catalogue,
    "The last row and the last column of windows give nothing back: your loops end one step too soon. range(n) stops before "
    "n by itself.",
)
def last_windows_left_out(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    others = np.zeros_like(shares)
    others[:, :, :-1, :-1] = shares[:, :, :-1, :-1]
    return added_up(others, asked, shape)


@wrong_way_back(
    catalogue,
    "The gradient goes to windows that lie one pixel apart: the stride is missing on the way back. The window of dout[h, w] "
    "starts at h times the stride, as in the forward.",
)
def stride_missing_on_the_way_back(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    return added_up(shares, asked._replace(stride=1), shape)


@wrong_way_back(
    catalogue,
    "The whole share of a window lands on its first pixel, top left. Find the pixels of the window that it belongs to.",
)
def onto_the_first_pixel(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    gathered = np.zeros_like(shares)
    gathered[..., 0, 0] = shares.sum(axis=(-2, -1))
    return added_up(gathered, asked, shape)


@wrong_way_back(
    catalogue,
    "Your dx still has its border on: it has the shape of the padded image. Take the border off again before you return it.",
)
def border_left_on(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    return on_padded(shares, asked, shape)


@wrong_way_back(
    catalogue,
    "Without padding your dx is empty: p:-p is 0:0 there, and holds nothing. Count from the front: p : p + height.",
)
def border_cut_from_the_end(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    (top, left), dx = asked.border, on_padded(shares, asked, shape)
    return dx[:, :, top:-top, left:-left]


@wrong_way_back(
    catalogue,
    "Where there is padding your dx is shifted: its first rows and columns are the border's. The image begins at row and "
    "column number padding of the padded array.",
)
def border_kept_at_the_front(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    return on_padded(shares, asked, shape)[:, :, : shape[2], : shape[3]]


@wrong_way_back(
    catalogue,
    "Your dx ends where the last window ends. Rows and columns of x that no window reached belong to it too: their gradient "
    "is 0.",
)
def leftover_cut_off(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    rows, columns = (
        (count - 1) * step + window
        for count, step, window in zip(shares.shape[2:4], asked.step, asked.kernel, strict=True)
    )
    dx = on_padded(shares, asked, shape)[:, :, :rows, :columns]
    return dx[:, :, asked.border[0] :, asked.border[1] :][:, :, : shape[2], : shape[3]]


@wrong_way_back(
    catalogue,
    "Your dx is the right one with rows and columns swapped. What belongs to row h and column w of x stands at [h, w].",
)
def rows_and_columns_of_dx_swapped(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    return added_up(shares, asked, shape).swapaxes(2, 3)


@wrong_way_back(
    catalogue,
    "Your dx is divided by the number of images. Each image has its own pixels, and where the loss is a mean dout holds that "
    "factor already.",
)
def averaged_over_the_batch(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    return added_up(shares, asked, shape) / shape[0]


@wrong_way_back(
    catalogue,
    "The values are right, but float32 inputs gave a float64 dx. np.zeros makes float64 unless told otherwise; "
    "np.zeros_like, or a dtype, keeps what came in.",
)
def gradient_always_float64(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    return added_up(shares, asked, shape).astype(np.float64)


def _cropped(dx: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    (top, left), (height, width) = asked.border, shape[2:]
    return dx[:, :, top : top + height, left : left + width]
