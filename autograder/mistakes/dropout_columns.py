"""Known wrong answers of the chapter `dropout`: the limit on the columns of a weight."""

from __future__ import annotations

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.dropout import max_norm as right

catalogue = Catalogue()

Array = np.ndarray


def _lengths(weight: Array, axis: int | None = 0) -> Array:
    return np.asarray(np.sqrt(np.sum(weight**2, axis=axis, keepdims=True)))


def _limited(weight: Array, lengths: Array, max_value: float) -> Array:
    return np.asarray(weight * (max_value / np.maximum(lengths, max_value)))


@catalogue.wrong(
    "max_norm",
    "The rows are limited, not the columns. weight is (D, M): the numbers that come into one unit stand below each other, "
    "in a column, so the sum of squares runs over axis 0.",
)
def rows_for_columns(weight: Array, max_value: float) -> Array:
    return _limited(weight, _lengths(weight, 1), max_value)


@catalogue.wrong(
    "max_norm",
    "One norm is taken of the whole matrix, and all columns shrink together. Every column has a norm of its own.",
)
def norm_of_the_whole(weight: Array, max_value: float) -> Array:
    return _limited(weight, _lengths(weight, None), max_value)


@catalogue.wrong(
    "max_norm",
    "All columns shrink by one factor, that of the longest. A column within the limit is to stay as it is.",
)
def longest_decides(weight: Array, max_value: float) -> Array:
    return _limited(weight, _lengths(weight).max(), max_value)


@catalogue.wrong(
    "max_norm",
    "Every column is brought to the limit, the short ones stretched. Only a column that is too long is rescaled; the "
    "others stay as they are.",
)
def all_columns_rescaled(weight: Array, max_value: float) -> Array:
    return np.asarray(weight * (max_value / np.maximum(_lengths(weight), 1e-300)))


@catalogue.wrong(
    "max_norm",
    "It is the short columns that are rescaled, up to the limit, and the long ones stay. The comparison is turned round.",
)
def comparison_turned_round(weight: Array, max_value: float) -> Array:
    return np.asarray(weight * (max_value / np.minimum(np.maximum(_lengths(weight), 1e-300), max_value)))


@catalogue.wrong(
    "max_norm",
    "The root is missing: your norm is the sum of squares, in the comparison and in the division, so long columns come "
    "back far too short, and some that were short enough are changed.",
)
def squared_norm(weight: Array, max_value: float) -> Array:
    return _limited(weight, _lengths(weight) ** 2, max_value)


@catalogue.wrong(
    "max_norm",
    "The factor is right, but it is the sum of squares that is compared with the limit. Compare the norm, its root.",
)
def squares_compared(weight: Array, max_value: float) -> Array:
    lengths = np.maximum(_lengths(weight), 1e-300)
    return np.where(lengths**2 > max_value, weight * (max_value / lengths), weight).astype(weight.dtype)


@catalogue.wrong(
    "max_norm",
    "The norm is that of the mean of squares, not of their sum: your columns may be sqrt(D) times as long as the limit.",
)
def root_mean_square(weight: Array, max_value: float) -> Array:
    return _limited(weight, np.sqrt(np.mean(weight**2, axis=0, keepdims=True)), max_value)


@catalogue.wrong(
    "max_norm",
    "Your norm adds up magnitudes, which is the L1 norm. Asked for is the L2 norm, the root of the sum of squares.",
)
def sum_of_magnitudes(weight: Array, max_value: float) -> Array:
    return _limited(weight, np.sum(np.abs(weight), axis=0, keepdims=True), max_value)


@catalogue.wrong(
    "max_norm",
    "Your norm is the largest magnitude of the column. Asked for is the L2 norm, the root of the sum of squares.",
)
def largest_magnitude(weight: Array, max_value: float) -> Array:
    return _limited(weight, np.max(np.abs(weight), axis=0, keepdims=True), max_value)


@catalogue.wrong(
    "max_norm",
    "Single entries are clipped. That changes the direction of a column; it is to be shortened as a whole, all of its "
    "entries by one factor.",
)
def entries_clipped(weight: Array, max_value: float) -> Array:
    return np.asarray(np.clip(weight, -max_value, max_value), dtype=weight.dtype)


@catalogue.wrong(
    "max_norm",
    "A column that is too long comes back with length 1, not with length max_value: multiply by the limit after dividing "
    "by the norm.",
)
def limit_not_multiplied(weight: Array, max_value: float) -> Array:
    lengths = _lengths(weight)
    return np.where(lengths > max_value, weight / np.maximum(lengths, 1e-300), weight).astype(weight.dtype)


@catalogue.wrong(
    "max_norm",
    "Long columns become longer: they are multiplied by norm / max_value, where max_value / norm belongs.",
)
def factor_upside_down(weight: Array, max_value: float) -> Array:
    return np.asarray(weight * (np.maximum(_lengths(weight), max_value) / max_value))


@catalogue.wrong(
    "max_norm",
    "Columns that are too long become 0. They are to be shortened to the limit, in their own direction.",
)
def long_columns_dropped(weight: Array, max_value: float) -> Array:
    return np.asarray(weight * (_lengths(weight) <= max_value))


@catalogue.wrong(
    "max_norm",
    "A column of zeros becomes nan: its norm is 0, and 0/0 is not a number. The rest is right. Divide only where a column "
    "is too long, or by the larger of norm and limit, which is never 0.",
)
def zero_column_divided(weight: Array, max_value: float) -> Array:
    lengths = _lengths(weight)
    return np.asarray(weight / lengths * np.minimum(lengths, max_value))


@catalogue.wrong(
    "max_norm",
    "The values are right, but a column of zeros makes NumPy warn of a division by zero: max_value / norm is worked out for "
    "every column, also where it is not used. Divide by the larger of norm and limit, which is never 0.",
)
def division_by_zero_hidden(weight: Array, max_value: float) -> Array:
    return np.asarray(weight * np.minimum(1, max_value / _lengths(weight)))


@catalogue.wrong(
    "max_norm",
    "A small number is added to the norm to keep it from 0, so every column that is shortened ends a little below the limit. "
    "Divide by the larger of norm and limit: that is never 0, and exact.",
)
def small_number_added(weight: Array, max_value: float) -> Array:
    lengths = _lengths(weight)
    factor = np.where(lengths > max_value, max_value / (lengths + 1e-7), 1)
    return np.asarray(weight * factor, dtype=weight.dtype)


@catalogue.wrong(
    "max_norm",
    "A small number is added to the norm for all columns alike, so those within the limit come back a little smaller as well. "
    "Leave them as they are.",
)
def every_column_touched(weight: Array, max_value: float) -> Array:
    lengths = _lengths(weight)
    return np.asarray(weight * (np.minimum(lengths, max_value) / (lengths + 1e-7)), dtype=weight.dtype)


@catalogue.wrong(
    "max_norm",
    "weight itself is changed. The values are right, but they stand in the caller's array; make a new one.",
)
def written_into_weight(weight: Array, max_value: float) -> Array:
    weight[...] = right(weight, max_value)
    return weight


@catalogue.wrong(
    "max_norm",
    "The values are right, but a float32 weight has become float64.",
)
def widened(weight: Array, max_value: float) -> Array:
    return right(weight, max_value).astype(np.float64)


@catalogue.wrong(
    "max_norm",
    "You return the norms of the columns, not the columns. The result has the shape of weight.",
)
def norms_returned(weight: Array, max_value: float) -> Array:
    return np.asarray(np.minimum(_lengths(weight)[0], max_value), dtype=weight.dtype)
