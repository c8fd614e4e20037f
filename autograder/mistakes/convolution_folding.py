"""Known wrong answers of the chapter `convolution`: columns folded back to images, and a dense layer as a convolution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.convolution_columns import entries_of, places_of
from autograder.mistakes.convolution_parts import Array, pair
from solutions.convolution import col2im, linear_to_conv

catalogue = Catalogue()

# --- col2im --------------------------------------------------------------------------------------------------------


def _folded(
    cols: Array,
    image_size: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    by_window: bool | None = None,
) -> Array:
    """The image with its border; with `by_window` given, what comes later overwrites what came before."""
    (top, left), (height, width) = pair(padding), image_size
    col2im(cols, image_size, kernel_size, stride, padding, dilation)
    if by_window is None:
        return col2im(cols, (height + 2 * top, width + 2 * left), kernel_size, stride, 0, dilation)
    places = places_of(image_size, kernel_size, stride, padding, dilation)
    entries = entries_of(cols, kernel_size, places)
    padded = np.zeros((*entries.shape[:2], height + 2 * top, width + 2 * left), cols.dtype)
    (sh, sw), (dh, dw), (kh, kw) = pair(stride), pair(dilation), pair(kernel_size)
    outer, inner = (places, (kh, kw)) if by_window else ((kh, kw), places)
    for a, b in np.ndindex(*outer):
        for c, d in np.ndindex(*inner):
            (h, w), (i, j) = ((a, b), (c, d)) if by_window else ((c, d), (a, b))
            padded[:, :, h * sh + i * dh, w * sw + j * dw] = entries[:, :, i, j, h, w]
    return padded


def _cut(padded: Array, image_size: Any, padding: Any) -> Array:
    (top, left), (height, width) = pair(padding), image_size
    return padded[:, :, top : top + height, left : left + width]


@catalogue.wrong(
    "col2im",
    "Where windows overlap, the later one replaces the earlier: = stands where += belongs. A pixel that was copied to several columns "
    "gets the sum of what comes back from them.",
)
def overlaps_overwritten(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    folded = _folded(cols, image_size, kernel_size, stride, padding, dilation, by_window=True)
    return _cut(folded, image_size, padding)


@catalogue.wrong(
    "col2im",
    "Going through the entries of the window, each replaces what an earlier one has left at the same pixel: = stands where += belongs. "
    "A pixel gets the sum of all that comes back to it.",
)
def kernel_entries_overwritten(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    folded = _folded(cols, image_size, kernel_size, stride, padding, dilation, by_window=False)
    return _cut(folded, image_size, padding)


@catalogue.wrong(
    "col2im",
    "The sums were divided by the number of windows that cover each pixel. That would undo im2col; the adjoint adds up, and a gradient "
    "needs the adjoint.",
)
def averaged_over_the_windows(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    counts = col2im(np.ones_like(cols), image_size, kernel_size, stride, padding, dilation)
    return col2im(cols, image_size, kernel_size, stride, padding, dilation) / np.maximum(counts, 1)


@catalogue.wrong(
    "col2im",
    "Your images still have their border. image_size is their size without it: what belongs to the padding is cut off.",
)
def border_left_on(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    return _folded(cols, image_size, kernel_size, stride, padding, dilation)


@catalogue.wrong(
    "col2im",
    "Your images are shifted where there is padding: they were cut out from the corner of the border. The image lies in the middle, "
    "padding rows down and padding columns across.",
)
def cut_from_the_corner(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    return _cut(_folded(cols, image_size, kernel_size, stride, padding, dilation), image_size, 0)


@catalogue.wrong(
    "col2im",
    "Your images are empty, or have lost an axis, where the padding is 0: [padding:-padding] is [0:0] there, since −0 is 0. Cut from "
    "the padding on for as many rows and columns as image_size says.",
)
def cut_with_minus_padding(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    (top, left) = pair(padding)
    return _folded(cols, image_size, kernel_size, stride, padding, dilation)[:, :, top:-top, left:-left]


@catalogue.wrong(
    "col2im",
    "The rows of cols are read in the order (KH, KW, C), with the channel running fastest. im2col puts the channel slowest, (C, KH, "
    "KW), and the way back has to take the same order.",
)
def channel_read_fastest(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    col2im(cols, image_size, kernel_size, stride, padding, dilation)
    taps = math.prod(pair(kernel_size))
    read = cols.reshape(len(cols), taps, -1, cols.shape[2]).swapaxes(1, 2).reshape(cols.shape)
    return col2im(read, image_size, kernel_size, stride, padding, dilation)


@catalogue.wrong(
    "col2im",
    "Within a channel the rows of cols are read with the window's columns running slower than its rows. Entry (i, j) stands at "
    "i·KW + j.",
)
def window_read_column_major(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    col2im(cols, image_size, kernel_size, stride, padding, dilation)
    kh, kw = pair(kernel_size)
    read = cols.reshape(len(cols), -1, kw, kh, cols.shape[2]).swapaxes(2, 3).reshape(cols.shape)
    return col2im(read, image_size, kernel_size, stride, padding, dilation)


@catalogue.wrong(
    "col2im",
    "The places are read in the wrong order, down first and then across. The first W' columns are the first row of places, from left "
    "to right.",
)
def places_read_column_major(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    col2im(cols, image_size, kernel_size, stride, padding, dilation)
    height, width = places_of(image_size, kernel_size, stride, padding, dilation)
    read = cols.reshape(*cols.shape[:2], width, height).swapaxes(2, 3).reshape(cols.shape)
    return col2im(read, image_size, kernel_size, stride, padding, dilation)


@catalogue.wrong(
    "col2im",
    "Your images are turned by 180 degrees, window by window: the entries of each column were put back in reverse. Nothing is turned "
    "round on the way back.",
)
def windows_turned(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    col2im(cols, image_size, kernel_size, stride, padding, dilation)
    split = cols.reshape(len(cols), -1, math.prod(pair(kernel_size)), cols.shape[2])
    return col2im(split[:, :, ::-1].reshape(cols.shape), image_size, kernel_size, stride, padding, dilation)


@catalogue.wrong(
    "col2im",
    "The windows were put back one pixel apart: the stride is missing. Each column goes back to where im2col found it, stride pixels "
    "from the next.",
)
def stride_forgotten(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    col2im(cols, image_size, kernel_size, stride, padding, dilation)
    (height, width), (kh, kw), (dh, dw) = (
        places_of(image_size, kernel_size, stride, padding, dilation),
        pair(kernel_size),
        pair(dilation),
    )
    covered = (height + dh * (kh - 1), width + dw * (kw - 1))
    folded = col2im(cols, covered, kernel_size, 1, 0, dilation)
    (top, left) = pair(padding)
    padded = np.zeros((*folded.shape[:2], image_size[0] + 2 * top, image_size[1] + 2 * left), cols.dtype)
    padded[:, :, : covered[0], : covered[1]] = folded
    return _cut(padded, image_size, padding)


@catalogue.wrong(
    "col2im",
    "The windows were put back without their dilation: neighbouring entries landed on neighbouring pixels. They came from pixels that "
    "lie dilation apart, and go back there.",
)
def dilation_forgotten(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    col2im(cols, image_size, kernel_size, stride, padding, dilation)
    places = places_of(image_size, kernel_size, stride, padding, dilation)
    height, width = (
        (count - 1) * step + taps for count, step, taps in zip(places, pair(stride), pair(kernel_size), strict=True)
    )
    covered = (height, width)
    folded = col2im(cols, covered, kernel_size, stride, 0, 1)
    (top, left) = pair(padding)
    padded = np.zeros((*folded.shape[:2], image_size[0] + 2 * top, image_size[1] + 2 * left), cols.dtype)
    padded[:, :, : covered[0], : covered[1]] = folded
    return _cut(padded, image_size, padding)


@catalogue.wrong(
    "col2im", "Your images are transposed. image_size is (height, width): rows come first, in the result too."
)
def images_transposed(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    return col2im(cols, image_size, kernel_size, stride, padding, dilation).swapaxes(2, 3)


@catalogue.wrong(
    "col2im",
    "The values are right, but float32 columns gave float64 images. np.zeros makes float64 unless told otherwise.",
)
def images_always_float64(
    cols: Array, image_size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    return col2im(cols, image_size, kernel_size, stride, padding, dilation).astype(np.float64)


# --- linear_to_conv ------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "linear_to_conv",
    "weight was reshaped to (M, C, H, W) as it stands. Its rows are pixels and its columns outputs, so the numbers of different filters "
    "get mixed: make the outputs its first axis before you reshape.",
)
def reshaped_as_it_stands(weight: Array, bias: Array, in_shape: Any) -> Any:
    linear_to_conv(weight, bias, in_shape)
    return weight.reshape(weight.shape[1], *in_shape), bias


@catalogue.wrong(
    "linear_to_conv",
    "Your weight has the filters as its last axis, (C, H, W, M). A convolution's weight has them first; move that axis to the front.",
)
def filters_last(weight: Array, bias: Array, in_shape: Any) -> Any:
    linear_to_conv(weight, bias, in_shape)
    return weight.reshape(*in_shape, -1), bias


@catalogue.wrong(
    "linear_to_conv",
    "Each filter is turned by 180 degrees. The layer that will use them is a cross-correlation, which turns nothing, so neither may you.",
)
def filters_turned(weight: Array, bias: Array, in_shape: Any) -> Any:
    filters, offset = linear_to_conv(weight, bias, in_shape)
    return filters[:, :, ::-1, ::-1], offset


@catalogue.wrong(
    "linear_to_conv",
    "The rows of weight were taken to run through the channels fastest, as in an image stored (H, W, C). Our images are (C, H, W), and "
    "were made flat in that order: all of channel 0 first.",
)
def channel_fastest_in_the_rows(weight: Array, bias: Array, in_shape: Any) -> Any:
    linear_to_conv(weight, bias, in_shape)
    channels, height, width = in_shape
    return weight.T.reshape(-1, height, width, channels).transpose(0, 3, 1, 2), bias


@catalogue.wrong(
    "linear_to_conv",
    "The rows of weight were unfolded in column-major order, the first axis running fastest. The linear layer made its pictures flat in "
    "NumPy's order, the last axis fastest.",
)
def unfolded_column_major(weight: Array, bias: Array, in_shape: Any) -> Any:
    linear_to_conv(weight, bias, in_shape)
    return np.stack([column.reshape(in_shape, order="F") for column in weight.T]), bias


@catalogue.wrong(
    "linear_to_conv",
    "Height and width of your filters are swapped. in_shape is (C, H, W), and a filter has the same order.",
)
def height_and_width_swapped(weight: Array, bias: Array, in_shape: Any) -> Any:
    filters, offset = linear_to_conv(weight, bias, in_shape)
    return filters.swapaxes(2, 3), offset


@catalogue.wrong(
    "linear_to_conv",
    "Your weight is only transposed: (M, C·H·W). A filter has the three axes of the image that it looks at, (C, H, W).",
)
def filters_left_flat(weight: Array, bias: Array, in_shape: Any) -> Any:
    linear_to_conv(weight, bias, in_shape)
    return weight.T, bias


@catalogue.wrong(
    "linear_to_conv",
    "Your bias has been given more axes. A convolution's bias is (F,), one number for each filter, just as it was.",
)
def bias_with_more_axes(weight: Array, bias: Array, in_shape: Any) -> Any:
    filters, offset = linear_to_conv(weight, bias, in_shape)
    return filters, offset.reshape(1, -1, 1, 1)


@catalogue.wrong(
    "linear_to_conv",
    "Your bias is zeros. The convolution is to give what the linear layer gave, and that added its bias.",
)
def bias_of_zeros(weight: Array, bias: Array, in_shape: Any) -> Any:
    filters, offset = linear_to_conv(weight, bias, in_shape)
    return filters, np.zeros_like(offset)
