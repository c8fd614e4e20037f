"""Known wrong answers of the chapter `recurrent`: embedding and clipping here, cell and sequence in rooms of their own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.mistakes import recurrent_cell, recurrent_sequence, recurrent_through_time
from autograder.mistakes.catalogue import Catalogue
from solutions.recurrent import clip_grad_norm, embedding_backward, embedding_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]


# --- embedding -----------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "embedding_forward",
    "Your out is made of columns of weight. A token's vector is its row: weight is (V, D), one row a token.",
)
def columns_taken(tokens: Array, weight: Array) -> Out:
    return np.moveaxis(weight[:, tokens], 0, -1), (tokens, weight)


@catalogue.wrong(
    "embedding_forward",
    "Each token gets the row after its own, or there is none: the rows are counted from 1. Tokens are numbered from 0, "
    "as NumPy numbers rows.",
)
def rows_counted_from_one(tokens: Array, weight: Array) -> Out:
    return weight[tokens + 1], (tokens, weight)


@catalogue.wrong(
    "embedding_forward",
    "Each token gets the row before its own, and token 0 the last of all: one was taken off the tokens. They are numbered "
    "from 0 already.",
)
def one_taken_off(tokens: Array, weight: Array) -> Out:
    return weight[tokens - 1], (tokens, weight)


@catalogue.wrong(
    "embedding_forward",
    "Your out has lost the shape of tokens: all places stand in one row. It has the axes of tokens, with D behind them.",
)
def places_in_one_row(tokens: Array, weight: Array) -> Out:
    return weight[tokens.ravel()], (tokens, weight)


@catalogue.wrong(
    "embedding_forward",
    "Where tokens have several axes, their first two came out exchanged: out has the axes of tokens in the order in "
    "which they are.",
)
def axes_exchanged(tokens: Array, weight: Array) -> Out:
    out = weight[tokens]
    return (out.swapaxes(0, 1) if tokens.ndim > 1 else out), (tokens, weight)


@catalogue.wrong(
    "embedding_forward",
    "D stands in front of the axes of tokens; it belongs behind them, so that out[n] is the vector of tokens[n].",
)
def width_in_front(tokens: Array, weight: Array) -> Out:
    return np.moveaxis(weight[tokens], -1, 0), (tokens, weight)


@catalogue.wrong(
    "embedding_forward",
    "Every vector was divided by its length. An embedding hands on the rows of weight as they are.",
)
def rows_normalised(tokens: Array, weight: Array) -> Out:
    rows = weight[tokens]
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True), (tokens, weight)


@catalogue.wrong(
    "embedding_forward",
    "This goes through the tokens with a loop over the first axis only and takes each for a single number. Tokens may have "
    "any number of axes, none among them; weight can be indexed with the whole array at once.",
)
def one_axis_only(tokens: Array, weight: Array) -> Out:
    return np.array([weight[int(token)] for token in tokens]), (tokens, weight)


@catalogue.wrong(
    "embedding_forward",
    "Tokens that have no row are not refused: NumPy takes -1 for the last row, and complains of "
    "V with an error of its own. Raise a ValueError for both before you look anything up.",
)
def tokens_not_checked(tokens: Array, weight: Array) -> Out:
    return weight[tokens], (tokens, weight)


@catalogue.wrong(
    "embedding_forward",
    "A token below 0 passes your check, and NumPy counts it from the end: -1 is the last row. Refuse it, too.",
)
def negative_tokens_accepted(tokens: Array, weight: Array) -> Out:
    return embedding_forward(np.where(tokens < 0, tokens + len(weight), tokens), weight)


@catalogue.wrong(
    "embedding_forward",
    "The values are right, but float32 weights gave a float64 out. A product with a one-hot matrix of float64 does that, "
    "and so does np.zeros unless told otherwise; indexing keeps the dtype.",
)
def single_precision_lost(tokens: Array, weight: Array) -> Out:
    return weight[tokens].astype(np.float64), (tokens, weight)


@catalogue.wrong(
    "embedding_backward",
    "A token that occurs several times has only one of its gradients in dweight. `dweight[tokens] += dout` reads all rows "
    "before it writes any, so the last of them wins. Each occurrence has to be added: np.add.at does that, or a loop.",
)
def repeated_tokens_counted_once(dout: Array, cache: Any) -> Array:
    tokens, weight = cache
    dweight: Array = np.zeros_like(weight)
    dweight[tokens] += dout
    return dweight


@catalogue.wrong(
    "embedding_backward",
    "A token that is repeated within one row of tokens counts once there: your loop goes over the first axis only, and adds "
    "a whole row at a time, for which NumPy reads before it writes. Go over all places, or use np.add.at.",
)
def repeated_in_a_row_counted_once(dout: Array, cache: Any) -> Array:
    tokens, weight = cache
    dweight: Array = np.zeros_like(weight)
    for row in range(len(tokens)):
        dweight[tokens[row]] += dout[row]
    return dweight


@catalogue.wrong(
    "embedding_backward",
    "A token that occurs several times has the mean of its gradients in dweight. They are to be added: each occurrence "
    "moves the loss by itself.",
)
def repeated_tokens_averaged(dout: Array, cache: Any) -> Array:
    tokens, weight = cache
    counts = np.bincount(tokens.ravel(), minlength=len(weight))[:, None]
    return (embedding_backward(dout, cache) / np.maximum(counts, 1)).astype(dout.dtype)


@catalogue.wrong(
    "embedding_backward",
    "Your dweight has a row for each place in tokens, where it should have one for each row of weight, (V, D). It is the "
    "table's gradient: rows whose token does not occur are 0.",
)
def rows_of_the_places(dout: Array, cache: Any) -> Array:
    return dout.copy()


@catalogue.wrong(
    "embedding_backward",
    "Your dweight holds the gradient of the rows that occur, one row for each different token. It has the shape of weight, "
    "with zeros in the rows of all other tokens.",
)
def only_rows_that_occur(dout: Array, cache: Any) -> Array:
    tokens, _ = cache
    rows: Array = embedding_backward(dout, cache)[np.unique(tokens)]
    return rows


@catalogue.wrong(
    "embedding_backward",
    "Your gradients are added to the weights themselves: dweight begins as weight, not as zeros.",
)
def begun_with_the_weights(dout: Array, cache: Any) -> Array:
    _, weight = cache
    return np.asarray(weight + embedding_backward(dout, cache))


@catalogue.wrong(
    "embedding_backward",
    "Every gradient is divided by the number of places in tokens. Nothing is averaged in an embedding; where the loss is "
    "a mean, dout holds that factor already.",
)
def divided_by_the_places(dout: Array, cache: Any) -> Array:
    tokens, _ = cache
    return np.asarray(embedding_backward(dout, cache) / np.asarray(tokens.size, dout.dtype))


@catalogue.wrong(
    "embedding_backward",
    "dout is not in your dweight: it counts how often each token occurs. Each occurrence adds its own row of dout.",
)
def occurrences_counted(dout: Array, cache: Any) -> Array:
    return embedding_backward(np.ones_like(dout), cache)


@catalogue.wrong(
    "embedding_backward",
    "The sign of dweight is turned round. A gradient points uphill; the minus belongs to the step of gradient descent.",
)
def negated(dout: Array, cache: Any) -> Array:
    return -embedding_backward(dout, cache)


@catalogue.wrong(
    "embedding_backward",
    "The values are right, but a float32 dout gave a float64 dweight: np.zeros makes float64 unless told otherwise.",
)
def gradient_in_double_precision(dout: Array, cache: Any) -> Array:
    return embedding_backward(dout, cache).astype(np.float64)


@catalogue.wrong(
    "embedding_backward",
    "The values are right, but weight was changed on the way: the gradients were added to the caller's own table. Make a "
    "new array of zeros for them.",
    embedding_forward=lambda tokens, weight: (weight[tokens], (tokens, weight)),
)
def table_changed(dout: Array, cache: Any) -> Array:
    tokens, weight = cache
    dweight = embedding_backward(dout, (tokens, weight))
    weight[...] = dweight
    return dweight


# --- clipping ------------------------------------------------------------------------------------------------------


def _norm(grads: list[Array]) -> float:
    return math.sqrt(sum(float(np.sum(np.square(grad, dtype=np.float64))) for grad in grads))


@catalogue.wrong(
    "clip_grad_norm",
    "Every array was shortened by its own norm. The norm is that of all gradients together, and all are scaled by the same "
    "factor: only so the direction of the step stays as it is.",
)
def each_by_its_own_norm(grads: list[Array], max_norm: float) -> list[Array]:
    return [grad for one in grads for grad in clip_grad_norm([one], max_norm)]


@catalogue.wrong(
    "clip_grad_norm",
    "The entries were cut off at ±max_norm, each by itself. That bends the direction of the step, and bounds no norm. Scale "
    "all gradients by one factor instead.",
)
def entries_cut_off(grads: list[Array], max_norm: float) -> list[Array]:
    return [np.clip(grad, -max_norm, max_norm) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "The gradients are scaled to max_norm even where they were shorter. Clipping only shortens: what is short enough stays "
    "as it is.",
)
def short_ones_stretched(grads: list[Array], max_norm: float) -> list[Array]:
    norm = _norm(grads)
    return [grad * (max_norm / norm) if norm else grad.copy() for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "Where all gradients are 0 you divide 0 by 0 and get nan. Divide only where the norm is greater than max_norm.",
)
def zero_divided_by_zero(grads: list[Array], max_norm: float) -> list[Array]:
    norm = _norm(grads)
    scale = min(1.0, max_norm / norm) if norm else np.nan
    return [grad * scale for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "You compare with the square of the norm, and divide by it: its root was forgotten.",
)
def root_forgotten(grads: list[Array], max_norm: float) -> list[Array]:
    square = _norm(grads) ** 2
    return [grad * (max_norm / square if square > max_norm else 1.0) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "You add up the norms of the arrays. The norm of all together is the root of the sum of all squares.",
)
def norms_added(grads: list[Array], max_norm: float) -> list[Array]:
    norm = sum(float(np.linalg.norm(grad)) for grad in grads)
    return [grad * (max_norm / norm if norm > max_norm else 1.0) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "You measure by the sum of the absolute values, the L1 norm. The one that is asked for is the L2 norm: the root of the "
    "sum of the squares.",
)
def sum_of_magnitudes(grads: list[Array], max_norm: float) -> list[Array]:
    norm = sum(float(np.abs(grad).sum()) for grad in grads)
    return [grad * (max_norm / norm if norm > max_norm else 1.0) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "You measure by the largest entry. The norm that is asked for is the root of the sum of all squares.",
)
def largest_entry(grads: list[Array], max_norm: float) -> list[Array]:
    norm = max(float(np.abs(grad).max()) for grad in grads)
    return [grad * (max_norm / norm if norm > max_norm else 1.0) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "You measure by the root of the mean of the squares. The squares are to be summed, whatever their number.",
)
def mean_for_sum(grads: list[Array], max_norm: float) -> list[Array]:
    norm = _norm(grads) / math.sqrt(sum(grad.size for grad in grads))
    return [grad * (max_norm / norm if norm > max_norm else 1.0) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "Your factor is norm/max_norm and makes long gradients longer. It is upside down: max_norm/norm.",
)
def factor_upside_down(grads: list[Array], max_norm: float) -> list[Array]:
    norm = _norm(grads)
    return [grad * (norm / max_norm if norm > max_norm else 1.0) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "What is too long was divided by its norm, and so has the norm 1. It is to have the norm max_norm.",
)
def clipped_to_one(grads: list[Array], max_norm: float) -> list[Array]:
    norm = _norm(grads)
    return [grad / norm if norm > max_norm else grad.copy() for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "Gradients that are too long came back as they were, and those that are short enough were stretched: the comparison "
    "is the wrong way round.",
)
def wrong_way_round(grads: list[Array], max_norm: float) -> list[Array]:
    norm = _norm(grads)
    return [grad * (max_norm / norm if 0 < norm < max_norm else 1.0) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "All that is too long became 0. Clipping keeps the direction and takes length away.",
)
def long_ones_thrown_away(grads: list[Array], max_norm: float) -> list[Array]:
    return [grad * (0.0 if _norm(grads) > max_norm else 1.0) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "Any max_norm is taken. A limit of 0 or below would stop all learning or turn the gradients "
    "round: raise a ValueError unless max_norm is greater than 0.",
)
def limit_not_checked(grads: list[Array], max_norm: float) -> list[Array]:
    norm = _norm(grads)
    return [grad * min(1.0, max_norm / max(norm, 1e-300)) for grad in grads]


@catalogue.wrong(
    "clip_grad_norm",
    "A max_norm of exactly 0 passes your check. It makes all gradients 0, and nothing would be learnt: refuse it as you "
    "refuse those below 0.",
)
def limit_of_zero_accepted(grads: list[Array], max_norm: float) -> list[Array]:
    return [grad * 0 for grad in grads] if max_norm == 0 else clip_grad_norm(grads, max_norm)


@catalogue.wrong(
    "clip_grad_norm",
    "The values are right, but the caller's own arrays were changed: `grad *= scale` works in place. Return new arrays.",
)
def scaled_in_place(grads: list[Array], max_norm: float) -> list[Array]:
    clipped = clip_grad_norm(grads, max_norm)
    for grad, new in zip(grads, clipped, strict=True):
        grad[...] = new
    return clipped


@catalogue.wrong(
    "clip_grad_norm",
    "The values are right, but float32 gradients came back in float64: a scale that is a NumPy float64 takes them along. "
    "Python's own float leaves the dtype to the array.",
)
def scaled_by_a_numpy_float(grads: list[Array], max_norm: float) -> list[Array]:
    return [grad.astype(np.float64) for grad in clip_grad_norm(grads, max_norm)]


MISTAKES = [
    *catalogue.mistakes,
    *recurrent_cell.catalogue.mistakes,
    *recurrent_sequence.catalogue.mistakes,
    *recurrent_through_time.catalogue.mistakes,
]
