"""Known wrong answers of the chapter `activations`: the softmax with its cross-entropy loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.activations import sigmoid_forward, softmax_cross_entropy

catalogue = Catalogue()

Array = np.ndarray
LossAndGradient = tuple[Any, Any]


def _softmax(logits: Array, axis: int = 1) -> Array:
    exponentials = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=axis, keepdims=True))


def _own(logits: Array, labels: Array) -> tuple[Array, Array]:
    return np.arange(len(logits)), labels


def _by_probabilities(p: Array, labels: Array) -> LossAndGradient:
    """Loss and gradient as they follow from probabilities, be they right or wrong."""
    own = _own(p, labels)
    loss = -np.log(p[own]).mean()
    dlogits = p.copy()
    dlogits[own] -= 1
    return float(loss), dlogits / len(p)


# --- the softmax ---------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "softmax_cross_entropy",
    "A logit of 1000 gives nan or inf, as exp(1000) overflows. Adding one number to a whole row leaves its softmax as it "
    "is; choose that number well.",
)
def no_shift(logits: Array, labels: Array) -> LossAndGradient:
    exponentials = np.exp(logits)
    return _by_probabilities(exponentials / exponentials.sum(axis=1, keepdims=True), labels)


@catalogue.wrong(
    "softmax_cross_entropy",
    "The shift keeps exp from overflowing, but where the right class lies far below the others its probability underflows "
    "to 0 and the loss becomes inf: the true loss at a distance of 1000 is 1000. Take the logarithm of the quotient apart "
    "before computing it.",
)
def logarithm_of_underflow(logits: Array, labels: Array) -> LossAndGradient:
    return _by_probabilities(_softmax(logits), labels)


@catalogue.wrong(
    "softmax_cross_entropy",
    "The loss is a little too small: something like 1e-8 was added inside the logarithm. It hides the log of 0 instead of "
    "avoiding it, and at logits of 1000 the loss stops at 18; work with log-probabilities and none is needed.",
)
def epsilon_in_the_logarithm(logits: Array, labels: Array) -> LossAndGradient:
    p = _softmax(logits)
    return float(-np.log(p[_own(p, labels)] + 1e-8).mean()), softmax_cross_entropy(logits, labels)[1]


@catalogue.wrong(
    "softmax_cross_entropy",
    "The probabilities were clipped at 1e-12 before the logarithm, so the loss of a far-off example stops at 27.6, where "
    "1000 may be right. Work with log-probabilities and no clipping is needed.",
)
def probabilities_clipped(logits: Array, labels: Array) -> LossAndGradient:
    p = np.clip(_softmax(logits), 1e-12, 1)
    return float(-np.log(p[_own(p, labels)]).mean()), softmax_cross_entropy(logits, labels)[1]


@catalogue.wrong(
    "softmax_cross_entropy",
    "One number, the largest of all logits, was taken from every row. A row that lies far below it then underflows, and "
    "its sum of exponentials is 0: each row needs the largest of its own.",
)
def one_shift_for_all_rows(logits: Array, labels: Array) -> LossAndGradient:
    exponentials = np.exp(logits - logits.max())
    totals = exponentials.sum(axis=1, keepdims=True)
    log_p = (logits - logits.max()) - np.log(totals)
    dlogits = exponentials / totals
    dlogits[_own(logits, labels)] -= 1
    return float(-log_p[_own(logits, labels)].mean()), dlogits / len(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "The smallest logit of each row was taken away instead of the largest: the others are then positive, and exp still "
    "overflows. With the largest taken away no exponential is above 1.",
)
def smallest_for_largest(logits: Array, labels: Array) -> LossAndGradient:
    shifted = logits - logits.min(axis=1, keepdims=True)
    totals = np.exp(shifted).sum(axis=1, keepdims=True)
    log_p = shifted - np.log(totals)
    dlogits = np.exp(log_p)
    dlogits[_own(logits, labels)] -= 1
    return float(-log_p[_own(logits, labels)].mean()), dlogits / len(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "The row maxima have shape (N,), which does not go with (N, C): NumPy would lay them along the classes, and does so "
    "unasked where N equals C. keepdims=True leaves them a column, (N, 1).",
)
def maxima_without_keepdims(logits: Array, labels: Array) -> LossAndGradient:
    exponentials = np.exp(logits - logits.max(axis=1))
    return _by_probabilities(exponentials / exponentials.sum(axis=1, keepdims=True), labels)


@catalogue.wrong(
    "softmax_cross_entropy",
    "The row sums have shape (N,), which does not go with (N, C): NumPy would lay them along the classes, and does so "
    "unasked where N equals C. keepdims=True leaves them a column, (N, 1).",
)
def sums_without_keepdims(logits: Array, labels: Array) -> LossAndGradient:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return _by_probabilities(exponentials / exponentials.sum(axis=1), labels)


@catalogue.wrong(
    "softmax_cross_entropy",
    "The shift was taken along the wrong axis: the largest logit of each column instead of each row. That changes the "
    "softmax, which is left alone only if a whole row moves by one number.",
)
def shifted_by_columns(logits: Array, labels: Array) -> LossAndGradient:
    return softmax_cross_entropy(logits - logits.max(axis=0), labels)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your softmax runs over the batch: the columns add up to 1 and the rows do not. An example's probabilities are those "
    "of its classes, so each row has to add up to 1.",
)
def softmax_over_the_batch(logits: Array, labels: Array) -> LossAndGradient:
    return _by_probabilities(_softmax(logits, axis=0), labels)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your softmax divides by the sum over the whole array, so all probabilities of the batch add up to 1 together. Each "
    "row has a sum of its own.",
)
def one_total_for_all_rows(logits: Array, labels: Array) -> LossAndGradient:
    exponentials = np.exp(logits - logits.max())
    return _by_probabilities(exponentials / exponentials.sum(), labels)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your probabilities are sigmoids of single logits, and they do not add up to 1. With one right class out of several "
    "the softmax is needed, where the classes compete.",
)
def sigmoid_for_softmax(logits: Array, labels: Array) -> LossAndGradient:
    return _by_probabilities(sigmoid_forward(logits)[0], labels)


@catalogue.wrong(
    "softmax_cross_entropy",
    "The softmax was taken twice: your probabilities went through it again as if they were logits.",
)
def softmax_twice(logits: Array, labels: Array) -> LossAndGradient:
    return softmax_cross_entropy(_softmax(logits), labels)


# --- the labels ----------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "softmax_cross_entropy",
    "The labels were used as if they were one-hot rows. Each label is the number of the right class: use it to look up an "
    "entry in its row.",
)
def labels_as_one_hot(logits: Array, labels: Array) -> LossAndGradient:
    p = _softmax(logits)
    return float(-(labels * np.log(p)).sum() / len(p)), (p - labels) / len(p)


@catalogue.wrong(
    "softmax_cross_entropy",
    "In your gradient the labels themselves are taken from the probabilities. A label is the number of a class: it says "
    "at which entry of its row 1 is to be taken away.",
)
def labels_subtracted(logits: Array, labels: Array) -> LossAndGradient:
    return softmax_cross_entropy(logits, labels)[0], (_softmax(logits) - labels) / len(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Each label is read as one class too low: they count from 0 here, as Python does, so nothing has to be taken from "
    "them.",
)
def labels_counted_from_one(logits: Array, labels: Array) -> LossAndGradient:
    return softmax_cross_entropy(logits, (labels - 1) % logits.shape[1])


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss and gradient are those of the class with the highest score, whatever the label says. It is the right class "
    "that counts: pick the entry that labels names.",
)
def highest_score_for_the_label(logits: Array, labels: Array) -> LossAndGradient:
    return softmax_cross_entropy(logits, logits.argmax(axis=1))


@catalogue.wrong(
    "softmax_cross_entropy",
    "Indexing with a colon and labels picks the columns of all labels in every row. Each row has one label: pair the rows' "
    "numbers with the labels.",
)
def all_labels_in_every_row(logits: Array, labels: Array) -> LossAndGradient:
    p = _softmax(logits)
    dlogits = p.copy()
    dlogits[:, labels] -= 1
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_p[:, labels].mean()), dlogits / len(p)


# --- the loss ------------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss and your gradient are both N times too large: they are summed over the batch. Here the loss is the mean "
    "over the batch.",
)
def summed_over_the_batch(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return loss * len(logits), dlogits * len(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss is N times too large: it is the sum over the batch. The loss asked for, to which the gradient belongs, is "
    "the mean.",
)
def loss_summed(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return loss * len(logits), dlogits


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss is one number for each example. They still have to be averaged over the batch, to a single float.",
)
def loss_of_each_example(logits: Array, labels: Array) -> LossAndGradient:
    pairs = zip(logits, labels, strict=True)
    losses = [softmax_cross_entropy(row[None], np.array([label]))[0] for row, label in pairs]
    return np.array(losses), softmax_cross_entropy(logits, labels)[1]


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss is too small by the number of classes: the mean ran over all entries of an (N, C) array. Only one entry a "
    "row counts, so the sum is divided by N alone.",
)
def averaged_over_classes_too(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return loss / logits.shape[1], dlogits


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss is negative: it is the mean log-probability itself. A probability is at most 1 and its logarithm at most 0, "
    "hence the minus sign in the loss.",
)
def minus_forgotten(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return -loss, dlogits


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss is nan: the 1 was taken away in the very array of probabilities that the loss is worked out from afterwards. "
    "A second name for an array is no copy; work out the loss first, or copy.",
)
def probabilities_overwritten(logits: Array, labels: Array) -> LossAndGradient:
    p = _softmax(logits)
    p[_own(p, labels)] -= 1
    return float(-np.log(p[_own(p, labels)]).mean()), p / len(p)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss mixes shifted and unshifted scores: the sum under the logarithm is of shifted ones, the right class's score "
    "is not. What was taken away from one has to be taken away from the other.",
)
def score_not_shifted(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return float(loss - logits.max(axis=1).mean()), dlogits


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss is too large by 1 / log(2): the logarithm was taken to base 2. Here it is the natural one, so the loss "
    "comes in nats.",
)
def logarithm_to_base_two(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return loss / float(np.log(2)), dlogits


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your loss is 1 minus the probability of the right class. The cross-entropy takes that probability's logarithm, so "
    "that a confident error costs much.",
)
def no_logarithm(logits: Array, labels: Array) -> LossAndGradient:
    p = _softmax(logits)
    return float((1 - p[_own(p, labels)]).mean()), softmax_cross_entropy(logits, labels)[1]


# --- the gradient --------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your gradient is exactly N times what is expected. The loss is the mean over the batch, so each example's share of "
    "the gradient is divided by N as well.",
)
def gradient_not_averaged(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return loss, dlogits * len(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your gradient is exactly 1/N of what is expected: it was divided by N twice. The mean over the batch gives that "
    "factor once.",
)
def gradient_averaged_twice(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return loss, dlogits / len(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "The sign of your gradient is turned round. It has to be negative at the right class, whose score should rise for the "
    "loss to fall.",
)
def gradient_negated(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return loss, -dlogits


@catalogue.wrong(
    "softmax_cross_entropy",
    "You return the probabilities themselves, divided by N. The gradient differs from them at the right class: its rows "
    "have to add up to 0.",
)
def averaged_probabilities_as_gradient(logits: Array, labels: Array) -> LossAndGradient:
    return softmax_cross_entropy(logits, labels)[0], _softmax(logits) / len(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "You return the probabilities in the place of the gradient. Derive the loss by the logits: the probabilities are a "
    "part of it, but the right class and the 1/N are missing.",
)
def probabilities_as_gradient(logits: Array, labels: Array) -> LossAndGradient:
    return softmax_cross_entropy(logits, labels)[0], _softmax(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your gradient has 1 taken away in every entry. Only the right class of each row loses 1, so that the row adds up to 0.",
)
def one_taken_everywhere(logits: Array, labels: Array) -> LossAndGradient:
    return softmax_cross_entropy(logits, labels)[0], (_softmax(logits) - 1) / len(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "At the right class your gradient has 1 added where it has to be taken away: the rows should add up to 0.",
)
def one_added_at_the_label(logits: Array, labels: Array) -> LossAndGradient:
    dlogits = _softmax(logits)
    dlogits[_own(logits, labels)] += 1
    return softmax_cross_entropy(logits, labels)[0], dlogits / len(logits)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your gradient is right at the right class and 0 at the others. The sum under the fraction holds every score, so each "
    "class takes part in the gradient.",
)
def gradient_at_the_label_only(logits: Array, labels: Array) -> LossAndGradient:
    loss, right = softmax_cross_entropy(logits, labels)
    dlogits = np.zeros_like(right)
    own = _own(logits, labels)
    dlogits[own] = right[own]
    return loss, dlogits


@catalogue.wrong(
    "softmax_cross_entropy",
    "Your gradient is that by the probabilities, -1/p at the right class. It has to be carried back through the softmax "
    "too, to the logits.",
)
def gradient_by_probabilities(logits: Array, labels: Array) -> LossAndGradient:
    loss, right = softmax_cross_entropy(logits, labels)
    dlogits = np.zeros_like(right)
    own = _own(logits, labels)
    dlogits[own] = -1 / _softmax(logits)[own] / len(logits)
    return loss, dlogits


# --- arrays --------------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "softmax_cross_entropy",
    "Loss and gradient are right, but the shift was applied to the caller's logits. -= on an argument changes it; make a "
    "new array.",
)
def shifted_in_place(logits: Array, labels: Array) -> LossAndGradient:
    logits -= logits.max(axis=1, keepdims=True)
    return softmax_cross_entropy(logits, labels)


@catalogue.wrong(
    "softmax_cross_entropy",
    "The values are right, but float32 logits gave a float64 gradient. One-hot rows from np.zeros or np.eye are float64 "
    "unless told otherwise; let the gradient take the dtype of logits.",
)
def gradient_always_float64(logits: Array, labels: Array) -> LossAndGradient:
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return loss, dlogits.astype(np.float64)


@catalogue.wrong(
    "softmax_cross_entropy",
    "Loss and gradient are right but come in the other order. Return the loss first, then dlogits.",
)
def gradient_before_loss(logits: Array, labels: Array) -> LossAndGradient:
    return softmax_cross_entropy(logits, labels)[::-1]
