"""Known wrong answers of the chapter `recurrent`, continued: a whole sequence forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.recurrent import rnn_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]


def _read(x: Array, h0: Array, weights: tuple[Array, Array, Array], before: Callable[[Array, list[Array]], Any]) -> Out:
    """The sequence step by step; `before` says which state a step begins with."""
    weight_ih, weight_hh, bias = weights
    states: list[Array] = []
    for step in x:
        states.append(np.tanh(step @ weight_ih + before(h0, states) @ weight_hh + bias))
    hs = np.array(states)
    return hs, (x, np.concatenate([h0[None], hs]), weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_forward",
    "The first step begins with zeros, whatever h0 is. h0 is the state before it; later steps begin with the state of the "
    "step before.",
)
def first_state_ignored(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return rnn_forward(x, np.zeros_like(h0), weight_ih, weight_hh, bias)


@catalogue.wrong(
    "rnn_forward",
    "Every step begins with h0, so only the first one is right. Each step begins with the state that the step before it "
    "has left.",
)
def every_step_from_the_first_state(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _read(x, h0, (weight_ih, weight_hh, bias), lambda h0, states: h0)


@catalogue.wrong(
    "rnn_forward",
    "Only the first step has a state to begin with, h0; the later ones begin with zeros. The state has to be carried from "
    "step to step.",
)
def state_not_carried(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _read(x, h0, (weight_ih, weight_hh, bias), lambda h0, states: np.zeros_like(h0) if states else h0)


@catalogue.wrong(
    "rnn_forward",
    "Each step begins with the state of two steps before. It begins with the one that was left last.",
)
def state_of_two_steps_before(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return _read(x, h0, (weight_ih, weight_hh, bias), lambda h0, states: [h0, h0, *states][len(states)])


@catalogue.wrong(
    "rnn_forward",
    "The sequence is read from its end to its beginning, so the state carries the future into the past. Time runs from "
    "step 0 on.",
)
def read_backwards(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    hs, (_, states, *rest) = rnn_forward(x[::-1], h0, weight_ih, weight_hh, bias)
    return hs[::-1].copy(), (x, states, *rest)


@catalogue.wrong(
    "rnn_forward",
    "The states are right, but they stand in hs in the order of time turned round: hs[0] is the state after step 0.",
)
def states_in_reverse(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    hs, cache = rnn_forward(x, h0, weight_ih, weight_hh, bias)
    return hs[::-1].copy(), cache


@catalogue.wrong(
    "rnn_forward",
    "Your hs begins with h0 and lacks the state after the last step. hs[t] is the state after step t.",
)
def states_before_the_steps(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    _, cache = rnn_forward(x, h0, weight_ih, weight_hh, bias)
    return cache[1][:-1].copy(), cache


@catalogue.wrong(
    "rnn_forward",
    "Your hs has one state too many: h0 stands at its beginning. hs has T states, those after the steps.",
)
def first_state_among_them(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    _, cache = rnn_forward(x, h0, weight_ih, weight_hh, bias)
    return cache[1].copy(), cache


@catalogue.wrong(
    "rnn_forward",
    "You return the last state only. hs holds the states after all steps, (T, N, H).",
)
def last_state_only(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    hs, cache = rnn_forward(x, h0, weight_ih, weight_hh, bias)
    return hs[-1].copy(), cache


@catalogue.wrong(
    "rnn_forward",
    "All states in your hs are the last one: the same array was put into the list at every step and overwritten at the "
    "next. Each step needs an array of its own.",
)
def one_array_for_all_states(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    hs, cache = rnn_forward(x, h0, weight_ih, weight_hh, bias)
    return np.repeat(hs[-1:], len(hs), axis=0), cache


@catalogue.wrong(
    "rnn_forward",
    "The batch stands first in your hs. Time is the first axis here, in x as in hs: (T, N, H).",
)
def batch_first(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    hs, cache = rnn_forward(x, h0, weight_ih, weight_hh, bias)
    return hs.swapaxes(0, 1).copy(), cache


@catalogue.wrong(
    "rnn_forward",
    "You go through x as if the batch came first: x[:, t] is one example in all its steps. Time is the first axis: x[t] is "
    "step t of all examples.",
)
def steps_taken_from_the_batch(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    h, states = h0, []
    for n in range(x.shape[1]):
        h = np.tanh(x[:, n] @ weight_ih + h @ weight_hh + bias)
        states.append(h)
    return np.array(states), (x, np.array([h0, *states]), weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_forward",
    "Every step reads the first input: the index of the step is missing in x[t].",
)
def first_input_at_every_step(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return rnn_forward(np.repeat(x[:1], len(x), axis=0), h0, weight_ih, weight_hh, bias)


@catalogue.wrong(
    "rnn_forward",
    "weight_hh was transposed. It is square, so NumPy does not complain; its rows belong to the state that comes in: "
    "h @ weight_hh.",
)
def weight_hh_transposed(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return rnn_forward(x, h0, weight_ih, weight_hh.T, bias)


@catalogue.wrong(
    "rnn_forward",
    "hs is right, but h0 was changed: a step wrote its state into the caller's array. Let h be a new array at each step.",
)
def first_state_changed(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    hs, cache = rnn_forward(x, h0.copy(), weight_ih, weight_hh, bias)
    h0[...] = hs[-1]
    return hs, cache


@catalogue.wrong(
    "rnn_forward",
    "The values are right, but a float32 sequence gave float64 states: np.zeros makes float64 unless told otherwise.",
)
def always_float64(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    hs, cache = rnn_forward(x, h0, weight_ih, weight_hh, bias)
    return hs.astype(np.float64), cache


@catalogue.wrong(
    "rnn_forward",
    "Your states are the weighted sums themselves: the tanh around each is missing.",
)
def tanh_forgotten(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    states = [h0]
    for step in x:
        states.append(step @ weight_ih + states[-1] @ weight_hh + bias)
    every = np.array(states)
    return every[1:].copy(), (x, np.tanh(every), weight_ih, weight_hh)


@catalogue.wrong(
    "rnn_forward",
    "bias is in none of your steps. It is added at every one, to every example.",
)
def bias_forgotten(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    return rnn_forward(x, h0, weight_ih, weight_hh, np.zeros_like(bias))


@catalogue.wrong(
    "rnn_forward",
    "At each step the old state is added to the new one, outside the tanh. It comes in by way of weight_hh alone.",
)
def state_added_outside(x: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias: Array) -> Out:
    states = [h0]
    for step in x:
        states.append(states[-1] + np.tanh(step @ weight_ih + states[-1] @ weight_hh + bias))
    every = np.array(states)
    return every[1:].copy(), (x, every, weight_ih, weight_hh)
