"""Known wrong answers of the chapter `lstm`, continued: the way back through time gone wrongly, in either layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.lstm_parts import GRU, LSTM, Array, Function, Gradients, Layer, right_back

catalogue = Catalogue()


def _enter(layer: Layer, name: str, sentence: str, function: Function) -> None:
    function.__name__ = name
    catalogue.wrong(f"{layer.name}_backward", sentence)(function)


# --- what a step is given ----------------------------------------------------------------------------------------------

# From dhs, the number of the step and what was carried to the upstream gradients of the step.
Upstream = Callable[[Array, int, tuple[Any, ...]], tuple[Any, ...]]


def _carrying(layer: Layer, upstream: Upstream) -> Function:
    def backward(dhs: Array, cache: Any) -> Gradients:
        steps = layer.walk_back(right_back(layer), dhs, cache, lambda t, carried: upstream(dhs, t, carried))
        return layer.gathered(steps)

    return backward


_BOTH: dict[str, tuple[str, Upstream]] = {
    "carry_forgotten": (
        "Nothing is carried from step to step: each step gets its own dhs[t] alone. A state also moves the loss by way of the "
        "steps after it; add what the step after hands back.",
        lambda dhs, t, carried: (dhs[t], *(0 * c for c in carried[1:])),
    ),
    "only_the_last_arrives": (
        "Only the last step gets its dhs[t]; earlier steps get what is carried and nothing else. A gradient may arrive at every "
        "step: both parts are to be added.",
        lambda dhs, t, carried: (carried[0] + dhs[t] * (t == len(dhs) - 1), *carried[1:]),
    ),
    "carried_twice": (
        "What is carried to the hidden state was added twice at each step. It belongs there once.",
        lambda dhs, t, carried: (dhs[t] + 2 * carried[0], *carried[1:]),
    ),
    "arriving_twice": (
        "dhs[t] was added twice at every step but the last: once when the gradient was carried there, once more by itself.",
        lambda dhs, t, carried: (carried[0] + dhs[t] * (1 + (t < len(dhs) - 1)), *carried[1:]),
    ),
    "arriving_one_step_late": (
        "Each step gets dhs[t-1], and step 0 the last of all: the index is one too small. dhs[t] belongs to the state after "
        "step t.",
        lambda dhs, t, carried: (dhs[t - 1] + carried[0], *carried[1:]),
    ),
    "carry_of_the_last_step_only": (
        "The carry was added at the step before the last only; earlier steps get their own dhs[t] and no more. Each step hands "
        "back to the one before it.",
        lambda dhs, t, carried: (
            dhs[t] + carried[0] * (t == len(dhs) - 2),
            *(c * (t == len(dhs) - 2) for c in carried[1:]),
        ),
    ),
}

_LSTM_ONLY: dict[str, tuple[str, Upstream]] = {
    "hidden_carry_forgotten": (
        "Only the gradient of the cell state is carried. A hidden state goes into the next step's four sums: its gradient from "
        "there is added to dhs[t].",
        lambda dhs, t, carried: (dhs[t], carried[1]),
    ),
    "hidden_carry_in_the_cell_s_place": (
        "The two carries have changed places: a step hands back dh, which goes to the hidden state, and dc, which goes to the "
        "cell state.",
        lambda dhs, t, carried: (dhs[t] + carried[1], carried[0]),
    ),
    "cell_carry_twice": (
        "What is carried to the cell state was doubled at each step. It belongs there once.",
        lambda dhs, t, carried: (dhs[t] + carried[0], 2 * carried[1]),
    ),
    "arriving_at_the_cell_state": (
        "dhs[t] was added to the gradient of the cell state as well. It belongs to the hidden state; what of it reaches the cell "
        "state comes through the step.",
        lambda dhs, t, carried: (dhs[t] + carried[0], dhs[t] + carried[1]),
    ),
}

for _layer in (LSTM, GRU):
    for _name, (_sentence, _upstream) in _BOTH.items():
        _enter(_layer, _name, _sentence, _carrying(_layer, _upstream))
for _name, (_sentence, _upstream) in _LSTM_ONLY.items():
    _enter(LSTM, _name, _sentence, _carrying(LSTM, _upstream))


# --- how the steps are put together --------------------------------------------------------------------------------------

# From the layer, dhs, the sequence's cache and the right gradients of all steps to the sequence's gradients.
Gathering = Callable[[Layer, Array, Any, list[Gradients]], Gradients]


def _slip(sentence: str) -> Callable[[Gathering], Gathering]:
    """Entered for both layers."""

    def enter(slip: Gathering) -> Gathering:
        for layer in (LSTM, GRU):
            _enter(layer, slip.__name__, sentence, _gathering(layer, slip))
        return slip

    return enter


def _gathering(layer: Layer, slip: Gathering) -> Function:
    def backward(dhs: Array, cache: Any) -> Gradients:
        return slip(layer, dhs, cache, layer.walk_back(right_back(layer), dhs, cache))

    return backward


def _first_parameter(layer: Layer) -> int:
    return 1 + len(layer.states)


@_slip(
    "The gradients of the weights and biases are those of step 0 only: each step overwrites what the one after it has left. The "
    "same weights are used at every step, so their gradients add up."
)
def parameters_overwritten(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    return np.array([step[0] for step in steps]), *steps[0][1:]


@_slip(
    "The gradients of the weights and biases are those of the last step only. The same weights are used at every step, so their "
    "gradients add up over all of them."
)
def parameters_of_the_last_step(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    first = _first_parameter(layer)
    return np.array([step[0] for step in steps]), *steps[0][1:first], *steps[-1][first:]


def _divided(layer: Layer, steps: list[Gradients], count: int) -> Gradients:
    first = _first_parameter(layer)
    right = layer.gathered(steps)
    return *right[:first], *(gradient / np.asarray(count, gradient.dtype) for gradient in right[first:])


@_slip(
    "The gradients of the weights and biases are exactly 1/T of what is expected: they were averaged over the steps. They add up, "
    "for the loss feels every use of a weight."
)
def parameters_averaged_over_time(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    return _divided(layer, steps, len(dhs))


@_slip(
    "The gradients of the weights and biases are exactly 1/N of what is expected. The layer sums over the batch; where the loss "
    "is a mean, dhs holds the 1/N already."
)
def parameters_averaged_over_the_batch(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    return _divided(layer, steps, dhs.shape[1])


@_slip(
    "The steps are gone through from the first to the last, so each gets a gradient carried from the past. Gradients are carried "
    "the other way: the last step comes first."
)
def time_run_forwards(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    first, back, caches = _first_parameter(layer), right_back(layer), layer.caches(cache)
    carried: tuple[Any, ...] = tuple(np.zeros(dhs.shape[1:], dhs.dtype) for _ in layer.states)
    forwards = []
    for dhs_t, kept in zip(dhs, caches, strict=True):
        forwards.append(back(dhs_t + carried[0], *carried[1:], kept))
        carried = forwards[-1][1:first]
    dx, *others = layer.gathered(forwards)
    return dx, *carried, *others[first - 1 :]


@_slip(
    "Your dx stands in the order of time turned round: it was filled as the loop runs, from the last step to the first."
)
def dx_in_reverse(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    dx, *others = layer.gathered(steps)
    return dx[::-1].copy(), *others


@_slip("The batch stands first in your dx. Time is the first axis, as in x: (T, N, D).")
def dx_batch_first(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    dx, *others = layer.gathered(steps)
    return dx.swapaxes(0, 1).copy(), *others


@_slip("Your dx is that of the first step alone. Each step has an input of its own: dx is (T, N, D).")
def dx_of_the_first_step(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    _, *others = layer.gathered(steps)
    return steps[0][0], *others


@_slip("Your dweight_hh leaves the first step out: it begins with hs[0]. h0 was multiplied with weight_hh as well.")
def first_state_left_out_of_dweight_hh(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    gradients = list(layer.gathered(steps))
    place = _first_parameter(layer) + 1
    gradients[place] = gradients[place] - steps[0][place]
    return tuple(gradients)


@_slip(
    "Your dh0 is zero. The hidden state before the first step moves the loss like any other: its gradient is what the first step "
    "hands back."
)
def dh0_zero(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    dx, dh0, *others = layer.gathered(steps)
    return dx, np.zeros_like(dh0), *others


@_slip("Your dh0 is the gradient of the hidden state after the first step. It still has to go through that step.")
def dh0_one_step_short(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    dx, _, *others = layer.gathered(steps)
    return dx, dhs[0] + (steps[1][1] if len(steps) > 1 else 0), *others


@_slip(
    "The gradients are right, but dhs was changed: what is carried was added into the caller's own array. Add it to a copy."
)
def upstream_changed(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    gradients = layer.gathered(steps)
    dhs[...] *= 2
    return gradients


@_slip("The values are right, but float32 arrays gave float64 gradients: np.zeros makes float64 unless told otherwise.")
def gradients_in_double_precision(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    return tuple(gradient.astype(np.float64) for gradient in layer.gathered(steps))


def _of_lstm(sentence: str) -> Callable[[Gathering], Gathering]:
    def enter(slip: Gathering) -> Gathering:
        _enter(LSTM, slip.__name__, sentence, _gathering(LSTM, slip))
        return slip

    return enter


@_of_lstm(
    "Your dc0 is zero. The cell state before the first step moves the loss like any other: its gradient is what the first step "
    "hands back."
)
def dc0_zero(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    dx, dh0, dc0, *parameters = layer.gathered(steps)
    return dx, dh0, np.zeros_like(dc0), *parameters


@_of_lstm("Your dh0 and dc0 have changed places. The gradients come in the order of the forward's arguments.")
def dh0_and_dc0_exchanged(layer: Layer, dhs: Array, cache: Any, steps: list[Gradients]) -> Gradients:
    dx, dh0, dc0, *parameters = layer.gathered(steps)
    return dx, dc0, dh0, *parameters
