"""Known wrong answers of the chapter `convolution`: images as columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.convolution_parts import Array, pair, swapped
from solutions.convolution import conv_output_size, im2col

catalogue = Catalogue()


def places_of(size: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, int]:
    height, width = (
        conv_output_size(*axis) for axis in zip(size, *map(pair, (kernel_size, stride, padding, dilation)), strict=True)
    )
    return height, width


def entries_of(cols: Array, kernel_size: Any, places: tuple[int, int]) -> Array:
    """The columns with all their axes: (N, C, KH, KW, H', W')."""
    return cols.reshape(len(cols), -1, *pair(kernel_size), *places)


def _one_more(dilation: Any) -> tuple[int, int]:
    height, width = pair(dilation)
    return height + 1, width + 1


# --- im2col --------------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "im2col",
    "The rows of your columns stand in the order (KH, KW, C): the channel runs fastest. It is to run slowest, (C, KH, KW), so that "
    "a column is laid out as a filter is.",
)
def channel_fastest(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    cols = im2col(x, kernel_size, stride, padding, dilation)
    return cols.reshape(len(x), x.shape[1], -1, cols.shape[2]).swapaxes(1, 2).reshape(cols.shape)


@catalogue.wrong(
    "im2col",
    "Within each channel the window's columns run before its rows: entry (i, j) stands at j·KH + i. Down a column it is the row of "
    "the window that runs slower, i·KW + j, as in memory.",
)
def window_column_major(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    cols = im2col(x, kernel_size, stride, padding, dilation)
    places = places_of(x.shape[2:], kernel_size, stride, padding, dilation)
    return entries_of(cols, kernel_size, places).swapaxes(2, 3).reshape(cols.shape)


@catalogue.wrong(
    "im2col",
    "The places stand in the wrong order: they run down first, then across. The first W' columns are to be the first row of places, "
    "from left to right.",
)
def places_column_major(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    cols = im2col(x, kernel_size, stride, padding, dilation)
    places = places_of(x.shape[2:], kernel_size, stride, padding, dilation)
    return cols.reshape(*cols.shape[:2], *places).swapaxes(2, 3).reshape(cols.shape)


@catalogue.wrong(
    "im2col",
    "Your windows lie in rows: the result is (N, L, C·KH·KW). Each window is to be a column, so the places are the last axis.",
)
def windows_in_rows(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    return im2col(x, kernel_size, stride, padding, dilation).swapaxes(1, 2)


@catalogue.wrong(
    "im2col",
    "Your result has its numbers in the wrong places: the windows lay in rows, (N, L, C·KH·KW), and were reshaped to columns. "
    "Reshaping keeps the order in memory; the two axes have to be swapped.",
)
def rows_reshaped_to_columns(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    cols = im2col(x, kernel_size, stride, padding, dilation)
    return cols.swapaxes(1, 2).reshape(cols.shape)


@catalogue.wrong(
    "im2col",
    "The columns of all images stand in one matrix, without an axis for the batch. Here each image keeps its own: (N, C·KH·KW, L).",
)
def one_matrix_for_the_batch(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    cols = im2col(x, kernel_size, stride, padding, dilation)
    return cols.transpose(1, 2, 0).reshape(cols.shape[1], -1)


@catalogue.wrong(
    "im2col",
    "Your result still has more than three axes. The right numbers are there; join channel, row and column of the window to one axis, "
    "and the two axes of places to another.",
)
def axes_not_joined(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    cols = im2col(x, kernel_size, stride, padding, dilation)
    return entries_of(cols, kernel_size, places_of(x.shape[2:], kernel_size, stride, padding, dilation))


@catalogue.wrong(
    "im2col",
    "Your windows are turned by 180 degrees. A column holds the window as it lies in the image, its upper left pixel first.",
)
def windows_turned(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    cols = im2col(x, kernel_size, stride, padding, dilation)
    places = places_of(x.shape[2:], kernel_size, stride, padding, dilation)
    return entries_of(cols, kernel_size, places)[:, :, ::-1, ::-1].reshape(cols.shape)


@catalogue.wrong(
    "im2col",
    "There are as many columns as there should be, but their windows lie one pixel apart: the stride is missing where they are cut "
    "out.",
)
def stride_forgotten(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    height, width = places_of(x.shape[2:], kernel_size, stride, padding, dilation)
    every = entries_of(
        im2col(x, kernel_size, 1, padding, dilation),
        kernel_size,
        places_of(x.shape[2:], kernel_size, 1, padding, dilation),
    )
    return every[..., :height, :width].reshape(len(x), -1, height * width)


@catalogue.wrong(
    "im2col",
    "The stride is ignored: there is a column for every pixel at which the window fits. It is to move stride pixels at a time.",
)
def stride_ignored(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    im2col(x, kernel_size, stride, padding, dilation)
    return im2col(x, kernel_size, 1, padding, dilation)


@catalogue.wrong(
    "im2col",
    "The padding is ignored: columns are missing. Lay a border of zeros around each channel first, and let the window hang over the "
    "edge.",
)
def padding_ignored(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    im2col(x, kernel_size, stride, padding, dilation)
    return im2col(x, kernel_size, stride, 0, dilation)


@catalogue.wrong(
    "im2col",
    "The border repeats the pixels at the edge of the image. It is to be zeros: what lies outside is taken to be nothing.",
)
def padding_repeats_the_edge(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    im2col(x, kernel_size, stride, padding, dilation)
    (top, left) = pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)), mode="edge")
    return im2col(padded, kernel_size, stride, 0, dilation)


@catalogue.wrong(
    "im2col",
    "All of the padding was put below and on the right, so the windows begin too late by the width of the border. Half of it goes "
    "above and on the left.",
)
def padding_at_the_end(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    im2col(x, kernel_size, stride, padding, dilation)
    (top, left) = pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (0, 2 * top), (0, 2 * left)))
    return im2col(padded, kernel_size, stride, 0, dilation)


@catalogue.wrong(
    "im2col",
    "The dilation is ignored: neighbouring entries of the window are neighbouring pixels. They are to lie dilation pixels apart, and "
    "the window then fits at fewer places.",
)
def dilation_ignored(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    im2col(x, kernel_size, stride, padding, dilation)
    return im2col(x, kernel_size, stride, padding, 1)


@catalogue.wrong(
    "im2col",
    "The dilation is off by one: it was taken for the number of unused pixels between two entries of the window. It is their "
    "distance, so a dilation of 1 leaves none between.",
)
def dilation_counts_the_gaps(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    im2col(x, kernel_size, stride, padding, dilation)
    return im2col(x, kernel_size, stride, padding, _one_more(dilation))


@catalogue.wrong(
    "im2col",
    "Height and width are confused in the pairs: the second number was used for the rows. Every pair is (height, width).",
)
def pairs_swapped(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    return im2col(x, swapped(kernel_size), swapped(stride), swapped(padding), swapped(dilation))


@catalogue.wrong(
    "im2col",
    "Of each pair of settings only the first number is used. kernel_size, stride, padding and dilation may differ along the two axes.",
)
def first_of_each_pair(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    return im2col(x, pair(kernel_size)[0], pair(stride)[0], pair(padding)[0], pair(dilation)[0])


@catalogue.wrong(
    "im2col",
    "Your columns hold the first channel only. A window has all channels of its place, one below the other.",
)
def first_channel_only(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    return im2col(x[:, :1], kernel_size, stride, padding, dilation)


@catalogue.wrong(
    "im2col",
    "The values are right, but float32 images gave float64 columns. np.zeros makes float64 unless told otherwise.",
)
def always_float64(x: Array, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    return im2col(x, kernel_size, stride, padding, dilation).astype(np.float64)
