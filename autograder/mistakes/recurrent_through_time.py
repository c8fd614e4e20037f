"""Known wrong answers of the chapter `recurrent`, continued: a whole sequence backward, through time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.recurrent import rnn_backward, rnn_cell_backward

catalogue = Catalogue()

Array = np.ndarray
Gradients = tuple[Any, ...]


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
    "Each step gets dhs[t-1], and step 0 the last of all: the index is one too small. dhs[t] belongs to the state after "
    "step t.",
)
def arriving_one_step_late(dhs: Array, cache: Any) -> Gradients:
    return _gathered(_steps_back(dhs, cache, lambda t, carried: dhs[t - 1] + carried))


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


def _by_hand(dhs: Array, cache: Any, through: Callable[[Array, Array, Array, Array], tuple[Array, Array]]) -> Gradients:
    """Step by step; `through` makes da, and what the parameters are given, of dhs[t], the carry and both states."""
    x, states, weight_ih, weight_hh = cache
    carried = np.zeros(states.shape[1:], dhs.dtype)
    steps: list[Gradients] = []
    for t in reversed(range(len(x))):
        da, own = through(dhs[t], carried, states[t], states[t + 1])
        carried = da @ weight_hh.T
        steps.insert(0, (da @ weight_ih.T, carried, x[t].T @ own, states[t].T @ own, own.sum(axis=0)))
    return _gathered(steps)


@catalogue.wrong(
    "rnn_backward",
    "The slope of tanh is only on what arrives: dhs[t] * (1 - hs[t]²) + dh. First the two are added, then the sum goes "
    "through the tanh: brackets are missing.",
)
def slope_on_what_arrives_only(dhs: Array, cache: Any) -> Gradients:
    def through(arriving: Array, carried: Array, _: Array, after: Array) -> tuple[Array, Array]:
        da = arriving * (1 - after**2) + carried
        return da, da

    return _by_hand(dhs, cache, through)


@catalogue.wrong(
    "rnn_backward",
    "The slope of tanh is taken at the state before each step. Its place is the state after it: 1 - hs[t]² at step t.",
)
def slope_at_the_old_state(dhs: Array, cache: Any) -> Gradients:
    def through(arriving: Array, carried: Array, before: Array, _: Array) -> tuple[Array, Array]:
        da = (arriving + carried) * (1 - before**2)
        return da, da

    return _by_hand(dhs, cache, through)


@catalogue.wrong(
    "rnn_backward",
    "The gradients of weights and bias lack the slope of tanh: they are made of the gradient of the sum inside, as dx and dh "
    "are, not of that of the state.",
)
def parameters_without_the_slope(dhs: Array, cache: Any) -> Gradients:
    def through(arriving: Array, carried: Array, _: Array, after: Array) -> tuple[Array, Array]:
        return (arriving + carried) * (1 - after**2), arriving + carried

    return _by_hand(dhs, cache, through)


@catalogue.wrong(
    "rnn_backward",
    "What each step carries back is added to all that was carried before: dh += … where dh = … belongs. The dh of a step "
    "holds everything from later steps already.",
)
def carry_piles_up(dhs: Array, cache: Any) -> Gradients:
    piled = np.zeros_like(dhs[0])

    def given(t: int, carried: Array) -> Array:
        nonlocal piled
        piled = piled + carried
        return np.asarray(dhs[t] + piled)

    steps = _steps_back(dhs, cache, given)
    dx, dh0, *parameters = _gathered(steps)
    return dx, piled + dh0, *parameters


@catalogue.wrong(
    "rnn_backward",
    "dhs[-1] counts twice: the carry begins with it, and it is added once more at the last step. Behind the last step "
    "nothing is carried: begin with zeros.",
)
def last_arrives_twice(dhs: Array, cache: Any) -> Gradients:
    return _gathered(_steps_back(dhs, cache, lambda t, carried: dhs[t] * (1 + (t == len(dhs) - 1)) + carried))


@catalogue.wrong(
    "rnn_backward",
    "The loop stops before step 0: dx[0] is 0, and nothing of the first step is in the sums. range(T - 1, 0, -1) leaves 0 out; "
    "reversed(range(T)) does not.",
)
def first_step_left_out(dhs: Array, cache: Any) -> Gradients:
    first, *later = _steps_back(dhs, cache, lambda t, carried: dhs[t] + carried)
    dx, *parameters = (np.zeros_like(first[i]) for i in (0, 2, 3, 4))
    dh0 = later[0][1] if later else np.zeros_like(dhs[0])
    return _gathered([(dx, dh0, *parameters), *later])
