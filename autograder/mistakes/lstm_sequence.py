"""Known wrong answers of the chapter `lstm`, continued: a sequence read wrongly, by either layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.lstm_parts import GRU, LSTM, Array, Function, Layer, LstmStep

catalogue = Catalogue()

Out = tuple[Any, Any]


def _enter(layer: Layer, name: str, sentence: str, function: Function) -> None:
    function.__name__ = name
    catalogue.wrong(f"{layer.name}_forward", sentence)(function)


# --- which states a step begins with -----------------------------------------------------------------------------------

# From the number of the step and the states so far, those before the first step at their head, to those that it gets.
Before = Callable[[int, list[Any]], Sequence[Any]]


def _carrying(layer: Layer, before: Before) -> Function:
    def forward(*arguments: Array) -> Out:
        history = layer.walk(layer.function("cell_forward"), arguments, before)
        return np.array([states[0] for states in history[1:]]), None

    return forward


def _zeros(states: Sequence[Array]) -> tuple[Any, ...]:
    return tuple(np.zeros_like(state) for state in states)


_BOTH: dict[str, tuple[str, Before]] = {
    "first_states_ignored": (
        "The first step begins with zeros, whatever {states} hold. Before the first step stands what the caller gives; later "
        "steps begin with what the step before has left.",
        lambda t, history: history[t] if t else _zeros(history[0]),
    ),
    "every_step_from_the_first_states": (
        "Every step begins with {states}, so only the first one is right. Each step begins with what the step before it has left.",
        lambda t, history: history[0],
    ),
    "nothing_carried": (
        "Only the first step has something to begin with, {states}; the later ones begin with zeros. What a step leaves has "
        "to be carried to the next.",
        lambda t, history: _zeros(history[0]) if t else history[0],
    ),
    "states_of_two_steps_before": (
        "Each step begins with what two steps before have left. It begins with what was left last.",
        lambda t, history: history[max(t - 1, 0)],
    ),
}

_LSTM_ONLY: dict[str, tuple[str, Before]] = {
    "h0_ignored": (
        "The hidden state before the first step is zero, whatever h0 is; c0 is used as it should be.",
        lambda t, history: history[t] if t else (np.zeros_like(history[0][0]), history[0][1]),
    ),
    "c0_ignored": (
        "The cell state before the first step is zero, whatever c0 is; h0 is used as it should be.",
        lambda t, history: history[t] if t else (history[0][0], np.zeros_like(history[0][1])),
    ),
    "cell_state_reset_at_every_step": (
        "The cell state begins with zeros at every step but the first: only h is carried. The cell state is the memory of an "
        "LSTM; carry both.",
        lambda t, history: (history[t][0], np.zeros_like(history[t][1])) if t else history[0],
    ),
    "every_step_from_c0": (
        "Every step gets c0 for its cell state: only h is carried. The cell state is the memory of an LSTM; carry both.",
        lambda t, history: (history[t][0], history[0][1]),
    ),
    "every_step_from_h0": (
        "Every step gets h0 for its hidden state: only the cell state is carried. Carry both.",
        lambda t, history: (history[0][0], history[t][1]),
    ),
    "states_exchanged_at_the_start": (
        "h0 and c0 have changed places on their way into the first step.",
        lambda t, history: history[t] if t else (history[0][1], history[0][0]),
    ),
    "states_exchanged_at_every_step": (
        "h and c change places from each step to the next: the cell returns h_next first, then c_next.",
        lambda t, history: (history[t][1], history[t][0]) if t else history[0],
    ),
    "hidden_state_handed_on_as_cell_state": (
        "Each step but the first gets the hidden state for its cell state, too. The cell returns both: hand on c_next.",
        lambda t, history: (history[t][0], history[t][0]) if t else history[0],
    ),
}

for _layer in (LSTM, GRU):
    _named = " and ".join(f"{state}0" for state in _layer.states)
    for _name, (_sentence, _before) in _BOTH.items():
        _enter(_layer, _name, _sentence.format(states=_named), _carrying(_layer, _before))
for _name, (_sentence, _before) in _LSTM_ONLY.items():
    _enter(LSTM, _name, _sentence, _carrying(LSTM, _before))


# --- what is read and what is returned ---------------------------------------------------------------------------------

# From the layer and the arguments of its forward to what comes out.
Reading = Callable[[Layer, Sequence[Array]], Any]


def _slip(sentence: str) -> Callable[[Reading], Reading]:
    """Entered for both layers."""

    def enter(slip: Reading) -> Reading:
        for layer in (LSTM, GRU):
            _enter(layer, slip.__name__, sentence, _reading(layer, slip))
        return slip

    return enter


def _reading(layer: Layer, slip: Reading) -> Function:
    return lambda *arguments: (slip(layer, arguments), None)


def _hs(layer: Layer, arguments: Sequence[Array]) -> Any:
    hs, _ = layer.function("forward")(*arguments)
    return hs


@_slip(
    "The sequence is read from its end to its beginning, so the states carry the future into the past. Time runs from step 0 on."
)
def read_backwards(layer: Layer, arguments: Sequence[Array]) -> Any:
    x, *others = arguments
    return _hs(layer, (x[::-1], *others))[::-1].copy()


@_slip("The states are right, but they stand in hs in the order of time turned round: hs[0] is the state after step 0.")
def states_in_reverse(layer: Layer, arguments: Sequence[Array]) -> Any:
    return _hs(layer, arguments)[::-1].copy()


@_slip("Your hs begins with h0 and lacks the state after the last step. hs[t] is the state after step t.")
def states_before_the_steps(layer: Layer, arguments: Sequence[Array]) -> Any:
    return np.concatenate([arguments[1][None], _hs(layer, arguments)[:-1]])


@_slip("Your hs has one state too many: h0 stands at its beginning. hs has T states, those after the steps.")
def first_state_among_them(layer: Layer, arguments: Sequence[Array]) -> Any:
    return np.concatenate([arguments[1][None], _hs(layer, arguments)])


@_slip("You return the last hidden state only. hs holds those after all steps, (T, N, H).")
def last_state_only(layer: Layer, arguments: Sequence[Array]) -> Any:
    return _hs(layer, arguments)[-1].copy()


@_slip(
    "All states in your hs are the last one: the same array was put into the list at every step and overwritten at the next. "
    "Each step needs an array of its own."
)
def one_array_for_all_states(layer: Layer, arguments: Sequence[Array]) -> Any:
    hs = _hs(layer, arguments)
    return np.repeat(hs[-1:], len(hs), axis=0)


@_slip("The batch stands first in your hs. Time is the first axis here, in x as in hs: (T, N, H).")
def batch_first(layer: Layer, arguments: Sequence[Array]) -> Any:
    return _hs(layer, arguments).swapaxes(0, 1).copy()


@_slip(
    "You go through x as if the batch came first: x[:, t] is one example in all its steps. Time is the first axis: x[t] is step t "
    "of all examples."
)
def steps_taken_from_the_batch(layer: Layer, arguments: Sequence[Array]) -> Any:
    x, *others = arguments
    return np.array([states[0] for states in layer.walk(_any_cell(layer), (x.swapaxes(0, 1), *others))[1:]])


def _any_cell(layer: Layer) -> Function:
    """A cell that lets NumPy say what does not fit, as a student's does who writes the sums where they are needed."""

    def cell(*arguments: Array) -> tuple[Any, ...]:
        step = layer.given(*arguments)
        found: tuple[Any, ...] = step.result(*((step.sums,) if layer is LSTM else (step.of_input, step.of_state)))
        return found

    return cell


@_slip("Every step reads the first input: the index of the step is missing in x[t].")
def first_input_at_every_step(layer: Layer, arguments: Sequence[Array]) -> Any:
    x, *others = arguments
    return _hs(layer, (np.repeat(x[:1], len(x), axis=0), *others))


@_slip("Every step reads the input of the step before, and the first one the last of all: x[t - 1] for x[t].")
def input_of_the_step_before(layer: Layer, arguments: Sequence[Array]) -> Any:
    x, *others = arguments
    return _hs(layer, (np.roll(x, 1, axis=0), *others))


@_slip(
    "hs is right, but h0 was changed: a step wrote its state into the caller's array. Let h be a new array at each step."
)
def first_state_changed(layer: Layer, arguments: Sequence[Array]) -> Any:
    x, h0, *others = arguments
    hs = _hs(layer, (x, h0.copy(), *others))
    h0[...] = hs[-1]
    return hs


@_slip(
    "The values are right, but a float32 sequence gave float64 states: np.zeros makes float64 unless told otherwise."
)
def always_float64(layer: Layer, arguments: Sequence[Array]) -> Any:
    return _hs(layer, arguments).astype(np.float64)


def _cell_states_returned(*arguments: Array) -> Out:
    return np.array([states[1] for states in LSTM.walk(LSTM.function("cell_forward"), arguments)[1:]]), None


def _cell_state_changed(*arguments: Array) -> Out:
    def cell(*given: Array) -> tuple[Any, Any]:
        step = LstmStep(*given)
        i, f, g, o = step.gates()
        c = step.c
        c *= f
        c += i * g
        return o * np.tanh(c), c

    return np.array([states[0] for states in LSTM.walk(cell, arguments)[1:]]), None


_enter(
    LSTM,
    "cell_states_returned",
    "Your hs holds the cell states. What an LSTM shows to the world are its hidden states.",
    _cell_states_returned,
)
_enter(
    LSTM,
    "first_cell_state_changed",
    "hs is right, but c0 was changed: `c *= f` or `c += …` works in the caller's own array. Let c be a new array at each step.",
    _cell_state_changed,
)
