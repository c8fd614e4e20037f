"""Known wrong answers of the chapter `linear`: its forward here, the rest in rooms of their own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.mistakes import linear_gradients, linear_initialisers
from autograder.mistakes.catalogue import Catalogue
from solutions.linear import linear_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]


def _rows(x: Array, order: Any = "C") -> Array:
    return x.reshape(x.shape[0], math.prod(x.shape[1:]), order=order)


@catalogue.wrong(
    "linear_forward",
    "Your out is the right product of x and weight, but bias is not in it. Every example gets the same bias added, one "
    "number for each column of out.",
)
def bias_forgotten(x: Array, weight: Array, bias: Array) -> Out:
    return _rows(x) @ weight, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "Your out has bias taken away where it is to be added: it is off by twice the bias. Look at the sign in front of it.",
)
def bias_subtracted(x: Array, weight: Array, bias: Array) -> Out:
    return _rows(x) @ weight - bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "The negative entries of your out have become 0: that is a ReLU on top of the linear layer. A linear layer ends with "
    "the bias; activations are layers of their own, in the next chapter.",
)
def activation_added(x: Array, weight: Array, bias: Array) -> Out:
    return np.maximum(_rows(x) @ weight + bias, 0), (x, weight)


@catalogue.wrong(
    "linear_forward",
    "Your out is right up to its size: the products of x and weight were averaged over the inputs, so they are D times "
    "too small. A linear layer sums them.",
)
def mean_over_inputs(x: Array, weight: Array, bias: Array) -> Out:
    return _rows(x) @ weight / weight.shape[0] + bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "Each entry of your out holds the product with the last input only: inside the loop each product replaces the one "
    "before it. The products are to be added up.",
)
def last_product_only(x: Array, weight: Array, bias: Array) -> Out:
    return _rows(x)[:, -1:] * weight[-1] + bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "The examples with several axes were flattened in column-major order, the first axis running fastest, so the inputs "
    "meet the wrong rows of weight. NumPy's default order, the last axis fastest, is the one wanted.",
)
def flattened_column_major(x: Array, weight: Array, bias: Array) -> Out:
    return _rows(x, "F") @ weight + bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "Your out has one row for each output and one column for each example: the two are swapped. The batch always comes "
    "first, so out is (N, M).",
)
def output_transposed(x: Array, weight: Array, bias: Array) -> Out:
    return weight.T @ _rows(x).T + bias[:, None], (x, weight)


@catalogue.wrong(
    "linear_forward",
    "The product fails because weight was transposed first. In this course weight is stored as (D, M), inputs by outputs, "
    "so that x times weight fits as it stands.",
)
def weight_transposed(x: Array, weight: Array, bias: Array) -> Out:
    return _rows(x) @ weight.T + bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "The product fails because weight stands on the left. With one example in each row of x, x comes first: each row of "
    "x meets each column of weight.",
)
def weight_on_the_left(x: Array, weight: Array, bias: Array) -> Out:
    return weight @ _rows(x) + bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "* multiplies entry by entry, for which x and weight would need fitting shapes. A matrix product, each row of x with "
    "each column of weight, is written with @.",
)
def entry_by_entry(x: Array, weight: Array, bias: Array) -> Out:
    return x * weight + bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "The whole batch was flattened into one long row, where each example should keep a row of its own. flatten() and "
    "ravel() spare no axis; reshape can leave the first one as it is.",
)
def whole_batch_flattened(x: Array, weight: Array, bias: Array) -> Out:
    return x.ravel() @ weight + bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "The rows of your x hold numbers of several examples: x was reshaped to (D, N) and turned round after that. Reshaping "
    "keeps the order in memory; keep N in front, and nothing needs turning.",
)
def reshaped_then_transposed(x: Array, weight: Array, bias: Array) -> Out:
    return x.reshape(weight.shape[0], x.shape[0]).T @ weight + bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "The bias was added once for each input, D times in all: it stands inside the loop over the inputs. It belongs behind "
    "that loop, once for each entry of out.",
)
def bias_inside_the_loop(x: Array, weight: Array, bias: Array) -> Out:
    return _rows(x) @ weight + weight.shape[0] * bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "The bias was turned into a column, so NumPy tries to give one number to each example. It belongs to the outputs, one "
    "number for each column of out: broadcasting does that with bias as it comes.",
)
def bias_as_column(x: Array, weight: Array, bias: Array) -> Out:
    return _rows(x) @ weight + bias.reshape(-1, 1), (x, weight)


@catalogue.wrong(
    "linear_forward",
    "This works for x of two axes but not for images: an example of shape (d1, ..., dk) must be flattened to one row of D "
    "numbers before the product.",
)
def not_flattened(x: Array, weight: Array, bias: Array) -> Out:
    return x @ weight + bias, (x, weight)


@catalogue.wrong(
    "linear_forward",
    "Your out is right, but the caller's x has changed its shape: assigning to x.shape changes the very array that was "
    "passed in. Make a reshaped one under a name of your own.",
)
def callers_x_reshaped(x: Array, weight: Array, bias: Array) -> Out:
    out = linear_forward(x, weight, bias)
    x.shape = _rows(x).shape
    return out


@catalogue.wrong(
    "linear_forward",
    "The mean over the batch was taken away from x, in the caller's own array. A linear layer uses x as it comes, and no "
    "function here may change its inputs.",
)
def x_centred_in_place(x: Array, weight: Array, bias: Array) -> Out:
    x -= x.mean(axis=0)
    return linear_forward(x, weight, bias)


@catalogue.wrong(
    "linear_forward",
    "Your out holds whole numbers only: what comes after the decimal point was cut off. An array made with an integer "
    "dtype does that to everything written into it.",
)
def whole_numbers(x: Array, weight: Array, bias: Array) -> Out:
    out, cache = linear_forward(x, weight, bias)
    return out.astype(np.int64), cache


@catalogue.wrong(
    "linear_forward",
    "The values are right, but float32 inputs gave a float64 out. np.zeros and np.array make float64 unless told "
    "otherwise; let the result take the dtype of x.",
)
def always_float64(x: Array, weight: Array, bias: Array) -> Out:
    out, cache = linear_forward(x, weight, bias)
    return out.astype(np.float64), cache


MISTAKES = [
    *catalogue.mistakes,
    *linear_gradients.catalogue.mistakes,
    *linear_initialisers.catalogue.mistakes,
]
