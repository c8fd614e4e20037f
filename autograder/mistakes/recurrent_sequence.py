"""Known wrong answers of the chapter `recurrent`, continued: a whole sequence, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.recurrent import rnn_backward, rnn_cell_backward, rnn_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]
Gradients = tuple[Any, ...]


# --- forward -------------------------------------------------------------------------------------------------------


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


# --- backward ------------------------------------------------------------------------------------------------------


def _steps_back(dhs: Array, cache: Any, upstream: Callable[[int, Array], Array]) -> list[Gradients]:
    """The gradients of each step, the first step first; `upstream` gives what a step is given, from what was carried."""
    x, states, weight_ih, weight_hh = cache
    carried = np.zeros(states.shape[1:], dhs.dtype)
    steps: list[Gradients] = []
    for t in reversed(range(len(x))):
        gradients = rnn_cell_backward(upstream(t, carried), (x[t], states[t], weight_ih, weight_hh, states[t + 1]))
        carried = gradients[1]
        steps.insert(0, gradients)
    return steps


def _gathered(steps: list[Gradients]) -> Gradients:
    return np.array([step[0] for step in steps]), steps[0][1], *(sum(step[i] for step in steps) for i in (2, 3, 4))


@catalogue.wrong(
    "rnn_backward",
    "Nothing is carried from step to step: each step gets its own dhs[t] alone. A state also moves the loss by way of the "
    "steps after it; add the dh of the step after to dhs[t].",
)
def carry_forgotten(dhs: Array, cache: Any) -> Gradients:
    return _gathered(_steps_back(dhs, cache, lambda t, carried: dhs[t]))


@catalogue.wrong(
    "rnn_backward",
    "Only the last step gets its dhs[t]; earlier steps get what is carried and nothing else. A gradient may arrive at every "
    "step: both parts are to be added.",
)
def only_the_last_arrives(dhs: Array, cache: Any) -> Gradients:
    return _gathered(_steps_back(dhs, cache, lambda t, carried: carried + dhs[t] * (t == len(dhs) - 1)))


@catalogue.wrong(
    "rnn_backward",
    "What is carried was added twice at each step. It belongs to the gradient of the state once.",
)
def carried_twice(dhs: Array, cache: Any) -> Gradients:
    return _gathered(_steps_back(dhs, cache, lambda t, carried: dhs[t] + 2 * carried))


@catalogue.wrong(
    "rnn_backward",
    "dhs[t] was added twice at every step but the last: once when the gradient was carried there, once more by itself.",
)
def arriving_twice(dhs: Array, cache: Any) -> Gradients:
    return _gathered(_steps_back(dhs, cache, lambda t, carried: carried + dhs[t] * (1 + (t < len(dhs) - 1))))


@catalogue.wrong(
    "rnn_backward",
    "The gradients of the weights and of bias are those of step 0 only: each step overwrites what the one after it has "
    "left. The same weights are used at every step, so their gradients add up.",
)
def parameters_overwritten(dhs: Array, cache: Any) -> Gradients:
    steps = _steps_back(dhs, cache, lambda t, carried: dhs[t] + carried)
    return np.array([step[0] for step in steps]), *steps[0][1:]


@catalogue.wrong(
    "rnn_backward",
    "The gradients of the weights and of bias are those of the last step only. The same weights are used at every step, so "
    "their gradients add up over all of them.",
)
def parameters_of_the_last_step(dhs: Array, cache: Any) -> Gradients:
    steps = _steps_back(dhs, cache, lambda t, carried: dhs[t] + carried)
    return np.array([step[0] for step in steps]), steps[0][1], *steps[-1][2:]


@catalogue.wrong(
    "rnn_backward",
    "The gradients of the weights and of bias are exactly 1/T of what is expected: they were averaged over the steps. They "
    "add up, for the loss feels every use of a weight.",
)
def parameters_averaged_over_time(dhs: Array, cache: Any) -> Gradients:
    dx, dh0, *parameters = rnn_backward(dhs, cache)
    return dx, dh0, *(gradient / np.asarray(len(dhs), gradient.dtype) for gradient in parameters)


@catalogue.wrong(
    "rnn_backward",
    "The gradients of the weights and of bias are exactly 1/N of what is expected. The layer sums over the batch; where the "
    "loss is a mean, dhs holds the 1/N already.",
)
def parameters_averaged_over_the_batch(dhs: Array, cache: Any) -> Gradients:
    dx, dh0, *parameters = rnn_backward(dhs, cache)
    return dx, dh0, *(gradient / np.asarray(dhs.shape[1], gradient.dtype) for gradient in parameters)


@catalogue.wrong(
    "rnn_backward",
    "The steps are gone through from the first to the last, so each gets a gradient carried from the past. Gradients are "
    "carried the other way: the last step comes first.",
)
def time_run_forwards(dhs: Array, cache: Any) -> Gradients:
    x, states, weight_ih, weight_hh = cache
    carried = np.zeros(states.shape[1:], dhs.dtype)
    steps = []
    for t in range(len(x)):
        gradients = rnn_cell_backward(dhs[t] + carried, (x[t], states[t], weight_ih, weight_hh, states[t + 1]))
        carried = gradients[1]
        steps.append(gradients)
    dx, _, *parameters = _gathered(steps)
    return dx, carried, *parameters


@catalogue.wrong(
    "rnn_backward",
    "Your dx stands in the order of time turned round: it was filled as the loop runs, from the last step to the first. "
    "dx[t] belongs to x[t].",
)
def dx_in_reverse(dhs: Array, cache: Any) -> Gradients:
    dx, *others = rnn_backward(dhs, cache)
    return dx[::-1].copy(), *others


@catalogue.wrong(
    "rnn_backward",
    "weight_hh was not transposed when the gradient was carried. It is square, so NumPy does not complain; but dx of the "
    "last step alone is right.",
)
def weight_hh_not_transposed(dhs: Array, cache: Any) -> Gradients:
    x, states, weight_ih, weight_hh = cache
    da = np.empty_like(dhs)
    dh = np.zeros(states.shape[1:], dhs.dtype)
    for t in reversed(range(len(x))):
        da[t] = (dhs[t] + dh) * (1 - states[t + 1] ** 2)
        dh = da[t] @ weight_hh
    flat = da.reshape(-1, da.shape[-1])
    dweight_hh = states[:-1].reshape(-1, states.shape[-1]).T @ flat
    return da @ weight_ih.T, dh, x.reshape(-1, x.shape[-1]).T @ flat, dweight_hh, flat.sum(axis=0)


@catalogue.wrong(
    "rnn_backward",
    "Your dweight_hh was made with the states after the steps. At step t weight_hh met the state before it: h0 at the first "
    "step, hs[t-1] later.",
)
def dweight_hh_with_the_new_states(dhs: Array, cache: Any) -> Gradients:
    x, states, weight_ih, weight_hh = cache
    dx, dh0, dweight_ih, _, dbias = rnn_backward(dhs, cache)
    _, _, _, dweight_hh, _ = _gathered(
        [
            rnn_cell_backward(given, (x[t], states[t + 1], weight_ih, weight_hh, states[t + 1]))
            for t, given in enumerate(_given(dhs, cache))
        ]
    )
    return dx, dh0, dweight_ih, dweight_hh, dbias


def _given(dhs: Array, cache: Any) -> list[Array]:
    """The whole gradient of every state: what arrives and what is carried."""
    given: list[Array] = []

    def note(t: int, carried: Array) -> Array:
        given.insert(0, dhs[t] + carried)
        return given[0]

    _steps_back(dhs, cache, note)
    return given


@catalogue.wrong(
    "rnn_backward",
    "Your dweight_hh leaves the first step out: it begins with hs[0]. h0 was multiplied with weight_hh as well.",
)
def first_state_left_out_of_dweight_hh(dhs: Array, cache: Any) -> Gradients:
    x, states, *weights = cache
    dx, dh0, dweight_ih, _, dbias = rnn_backward(dhs, cache)
    without = np.concatenate([np.zeros_like(states[:1]), states[1:]])
    return dx, dh0, dweight_ih, rnn_backward(dhs, (x, without, *weights))[3], dbias


@catalogue.wrong(
    "rnn_backward",
    "Your dh0 is zero. The state before the first step moves the loss like any other: it is what the first step carries "
    "back.",
)
def dh0_zero(dhs: Array, cache: Any) -> Gradients:
    dx, dh0, *parameters = rnn_backward(dhs, cache)
    return dx, np.zeros_like(dh0), *parameters


@catalogue.wrong(
    "rnn_backward",
    "Your dh0 is the gradient of the state after the first step. It still has to go through that step: through its tanh and "
    "weight_hh.",
)
def dh0_one_step_short(dhs: Array, cache: Any) -> Gradients:
    dx, _, *parameters = rnn_backward(dhs, cache)
    return dx, _given(dhs, cache)[0], *parameters


@catalogue.wrong(
    "rnn_backward",
    "The slope of tanh is missing: each step has a tanh on its way out, whose slope is 1 - hs[t]².",
)
def slope_forgotten(dhs: Array, cache: Any) -> Gradients:
    x, states, weight_ih, weight_hh = cache
    carried = np.zeros(states.shape[1:], dhs.dtype)
    steps: list[Gradients] = []
    for t in reversed(range(len(x))):
        da = dhs[t] + carried
        carried = da @ weight_hh.T
        steps.insert(0, (da @ weight_ih.T, carried, x[t].T @ da, states[t].T @ da, da.sum(axis=0)))
    return _gathered(steps)


@catalogue.wrong(
    "rnn_backward",
    "The slope of tanh is missing in what is carried: from one state to the one before the gradient goes through the tanh, "
    "too.",
)
def carried_without_the_slope(dhs: Array, cache: Any) -> Gradients:
    x, states, weight_ih, weight_hh = cache
    carried = np.zeros(states.shape[1:], dhs.dtype)
    steps: list[Gradients] = []
    for t in reversed(range(len(x))):
        given = dhs[t] + carried
        carried = given @ weight_hh.T
        one = rnn_cell_backward(given, (x[t], states[t], weight_ih, weight_hh, states[t + 1]))
        steps.insert(0, (one[0], carried, *one[2:]))
    return _gathered(steps)


@catalogue.wrong(
    "rnn_backward",
    "The gradients are right, but dhs was changed: what is carried was added into the caller's own array. Add it to a copy.",
)
def upstream_changed(dhs: Array, cache: Any) -> Gradients:
    gradients = rnn_backward(dhs.copy(), cache)
    dhs[...] = _given(dhs.copy(), cache)
    return gradients
