"""Known wrong answers of the chapter `lstm`, continued: what may go wrong with right gradients, in either cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.lstm_parts import GRU, LSTM, Array, Gradients, Layer

catalogue = Catalogue()

# From the layer, the upstream gradients and the right gradients to wrong ones.
Slip = Callable[[Layer, tuple[Array, ...], Gradients], Gradients]


def _slip(sentence: str) -> Callable[[Slip], Slip]:
    """Entered for both cells; {upstream} stands for their upstream gradients."""

    def enter(slip: Slip) -> Slip:
        for layer in (LSTM, GRU):
            words = " or ".join(f"d{state}_next" for state in layer.states)
            catalogue.wrong(f"{layer.name}_cell_backward", sentence.format(upstream=words))(_backward(layer, slip))
        return slip

    return enter


def _backward(layer: Layer, slip: Slip) -> Callable[..., Gradients]:
    def backward(*given: Any) -> Gradients:
        upstream = given[:-1]
        kept = tuple(array.copy() for array in upstream)
        return slip(layer, upstream, layer.function("cell_backward")(*kept, given[-1]))

    backward.__name__ = slip.__name__
    return backward


def _divided(gradient: Array, count: int) -> Any:
    return gradient / np.asarray(count, gradient.dtype)


def _parameters(layer: Layer) -> int:
    """Where those of the weights begin."""
    return 1 + len(layer.states)


@_slip(
    "The gradients of the weights and biases are exactly 1/N of what is expected. The layer sums over the batch; where the loss "
    "is a mean, {upstream} holds the 1/N already."
)
def parameters_averaged(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    first = _parameters(layer)
    return *right[:first], *(_divided(gradient, len(upstream[0])) for gradient in right[first:])


@_slip(
    "The gradients of the biases are exactly 1/N of what is expected: you took the mean over the batch. The sum belongs here; the "
    "1/N of a mean loss is in {upstream} already."
)
def biases_averaged(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    first = _parameters(layer) + 2
    return *right[:first], *(_divided(gradient, len(upstream[0])) for gradient in right[first:])


@_slip("The gradients of the biases keep the axis of the batch: a row (1, …), where a bias has no such axis.")
def biases_keep_the_axis(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    first = _parameters(layer) + 2
    return *right[:first], *(gradient[None] for gradient in right[first:])


@_slip("Your dweight_ih is transposed: it has the shape of weight_ih, with x.T first.")
def dweight_ih_transposed(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    first = _parameters(layer)
    return *right[:first], right[first].T, *right[first + 1 :]


@_slip("Your dweight_hh is transposed: it has the shape of weight_hh, with h.T first.")
def dweight_hh_transposed(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    first = _parameters(layer) + 1
    return *right[:first], right[first].T, *right[first + 1 :]


@_slip(
    "Both weights' gradients are transposed: they have the shapes of weight_ih and weight_hh, with x.T and h.T first."
)
def dweights_transposed(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    first = _parameters(layer)
    return *right[:first], right[first].T, right[first + 1].T, *right[first + 2 :]


@_slip("Your dx and dh have changed places. The gradients come in the order of the forward's arguments.")
def dx_and_dh_exchanged(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    return right[1], right[0], *right[2:]


@_slip(
    "Your dweight_ih and dweight_hh have changed places. The gradients come in the order of the forward's arguments."
)
def dweights_exchanged(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    first = _parameters(layer)
    return *right[:first], right[first + 1], right[first], *right[first + 2 :]


@_slip(
    "All gradients have the wrong sign. A gradient points uphill; the minus belongs to the step of gradient descent."
)
def negated(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    return tuple(-gradient for gradient in right)


@_slip("The values are right, but float32 arrays gave float64 gradients: np.zeros makes float64 unless told otherwise.")
def gradients_in_double_precision(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    return tuple(gradient.astype(np.float64) for gradient in right)


@_slip("The gradients are right, but {upstream} was changed on the way: `*=` and `+=` work in the caller's own array.")
def upstream_changed(layer: Layer, upstream: tuple[Array, ...], right: Gradients) -> Gradients:
    upstream[-1][...] *= 2
    return right


def _untransposed(layer: Layer) -> Callable[..., Gradients]:
    def weights_not_transposed(*given: Any) -> Gradients:
        kept = layer.kept(*given[-1])
        return (np.zeros((len(kept.x), kept.weight_ih.shape[1]), kept.x.dtype) @ kept.weight_ih,)

    return weights_not_transposed


for _layer in (LSTM, GRU):
    catalogue.wrong(
        f"{_layer.name}_cell_backward",
        "The product for dx fails because weight_ih was not transposed: x @ weight_ih went forward, so its transpose leads back. "
        "The same holds for weight_hh.",
    )(_untransposed(_layer))
