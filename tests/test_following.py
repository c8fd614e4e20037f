"""Credit that follows through: a wrong function costs those that build on it nothing, where they are right for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from judging import first_failed, judge

from autograder.answers import AnswerKey, answer
from autograder.calls import Local
from autograder.checking import check_exercise
from autograder.exercise import Call, Case, Exercise, Result, Verdict, Walk

Functions = Mapping[str, Callable]


# --- a forward with two outputs, and its backward -------------------------------------------------------------------


def turn_forward(x, weight):
    """Two outputs, as a cell with two states has."""
    return x * weight, x + weight, (x, weight)


def turn_backward(da, db, cache):
    x, weight = cache
    return da * weight + db, da * x + db


def _turn_cases(rng: np.random.Generator) -> list[Case]:
    x, weight, da, db = rng.standard_normal((4, 3))
    forward = Call("turn_forward", {"x": x, "weight": weight}, ("a", "b", "cache"))
    backward = Call("turn_backward", {"da": da, "db": db, "cache": Result(0, 2)}, ("dx", "dweight"))
    return [Case("three numbers", "gradients", (forward, backward))]


TURN = Exercise(
    "turn_backward",
    10,
    ("dx", "dweight"),
    _turn_cases,
    forward="turn_forward",
    gradient_of={"dx": "x", "dweight": "weight"},
)
RIGHT_TURN = {"turn_forward": turn_forward, "turn_backward": turn_backward}

# --- a step, and the walk that repeats it ---------------------------------------------------------------------------


def step(x, h):
    return 0.5 * h + x, None


def walk(x, h0):
    states = [h0]
    for each in x:
        states.append(step(each, states[-1])[0])
    return np.array(states[1:]), None


def _steps(calls: Sequence[Call], position: int) -> Walk:
    x, h = calls[position].arguments.values()
    steps = (
        Call("step", {"x": each, "h": h if t == 0 else Result(t - 1, 0)}, ("h_next", "cache"))
        for t, each in enumerate(x)
    )
    return Walk(tuple(steps), lambda taken: [np.stack([h_next for (h_next,) in taken])])


def _walk_cases(rng: np.random.Generator) -> list[Case]:
    x, h0 = rng.standard_normal((4, 3)), rng.standard_normal(3)
    return [Case("four steps", "values", (Call("walk", {"x": x, "h0": h0}, ("hs", "cache")),))]


WALK = Exercise("walk", 10, ("hs", "cache"), _walk_cases, steps=_steps)
RIGHT_WALK = {"step": step, "walk": walk}


def judged(exercise: Exercise, reference: Functions, functions: Functions) -> Verdict:
    cases = tuple(exercise.cases(np.random.default_rng(0)))
    key = AnswerKey(exercise.name, False, cases, answer(exercise, cases, Local(reference)), ())
    return check_exercise(exercise, key, Local(functions))


def test_the_right_functions_pass() -> None:
    assert judged(TURN, RIGHT_TURN, RIGHT_TURN).passed
    assert judged(WALK, RIGHT_WALK, RIGHT_WALK).passed


def test_a_backward_of_two_outputs_that_fits_its_own_wrong_forward_is_right() -> None:
    def forward(x, weight):
        return x * weight, x - weight, (x, weight)

    def backward(da, db, cache):
        x, weight = cache
        return da * weight + db, da * x - db

    verdict = judged(TURN, RIGHT_TURN, {"turn_forward": forward, "turn_backward": backward})
    assert verdict.passed
    assert "right for your own forward" in verdict.findings[-1].message


def test_a_backward_that_leaves_out_its_second_upstream_gradient_is_wrong_for_any_forward() -> None:
    def forward(x, weight):
        return x * weight, x - weight, (x, weight)

    def backward(da, db, cache):
        x, weight = cache
        return da * weight, da * x

    for first in (turn_forward, forward):
        assert not judged(TURN, RIGHT_TURN, {"turn_forward": first, "turn_backward": backward}).passed


def test_a_walk_of_wrong_steps_is_right_where_it_carries_rightly() -> None:
    def wrong_step(x, h):
        return 0.4 * h + x, None

    def own_walk(x, h0):
        states = [h0]
        for each in x:
            states.append(wrong_step(each, states[-1])[0])
        return np.array(states[1:]), None

    verdict = judged(WALK, RIGHT_WALK, {"step": wrong_step, "walk": own_walk})
    assert verdict.passed
    assert "right for your own step, which is not right itself yet" in [f.message for f in verdict.findings]


def test_a_walk_that_does_not_carry_is_wrong_whatever_its_steps() -> None:
    def forgetful(function):
        return lambda x, h0: (np.array([function(each, h0)[0] for each in x]), None)

    for own in (step, lambda x, h: (0.4 * h + x, None)):
        verdict = judged(WALK, RIGHT_WALK, {"step": own, "walk": forgetful(own)})
        assert first_failed(verdict).check == "values"
        assert verdict.score == 0


def test_steps_that_lead_nowhere_earn_nothing() -> None:
    standing = {"step": lambda x, h: (h, None), "walk": lambda x, h0: (np.array([h0] * len(x)), None)}
    assert judged(WALK, RIGHT_WALK, standing).score == 0


# --- a wrong recurrent cell, as a student has it ---------------------------------------------------------------------


def sequence_of(cell: Callable, first: Callable = lambda h0: h0) -> Callable:
    """rnn_forward, built on a cell; `first` makes the state before the first step of h0."""

    def rnn_forward(x, h0, *weights):
        states, caches = [first(h0)], []
        for each in x:
            h, cache = cell(each, states[-1], *weights)
            states.append(h)
            caches.append(cache)
        return np.array(states[1:]), caches

    return rnn_forward


def transposed_cell(x, h, weight_ih, weight_hh, bias):
    h_next = np.tanh(x @ weight_ih + h @ weight_hh.T + bias)
    return h_next, (x, h, weight_ih, weight_hh, h_next)


def transposed_backward(dhs, caches):
    """The right way back through the transposed cell."""
    dh, dxs, sums = 0, [], [0, 0, 0]
    for upstream, (x, h, weight_ih, weight_hh, h_next) in zip(dhs[::-1], caches[::-1], strict=True):
        da = (upstream + dh) * (1 - h_next**2)
        dh = da @ weight_hh
        dxs.append(da @ weight_ih.T)
        sums = [total + part for total, part in zip(sums, (x.T @ da, da.T @ h, da.sum(axis=0)), strict=True)]
    return np.array(dxs[::-1]), dh, *sums


WRONG_CELLS = {
    "transposed": transposed_cell,
    "no tanh": lambda x, h, w, u, b: (x @ w + h @ u + b, None),
    "state left out": lambda x, h, w, u, b: (np.tanh(x @ w + b), None),
    "input left out": lambda x, h, w, u, b: (np.tanh(h @ u + b), None),
    "state added outside": lambda x, h, w, u, b: (h + np.tanh(x @ w + h @ u + b), None),
}


@pytest.mark.parametrize("wrong", WRONG_CELLS)
def test_a_wrong_recurrent_cell_costs_the_sequence_nothing_where_it_carries_rightly(wrong: str) -> None:
    cell = WRONG_CELLS[wrong]
    assert not judge("rnn_cell_forward", {"rnn_cell_forward": cell}).passed
    verdict = judge("rnn_forward", {"rnn_cell_forward": cell, "rnn_forward": sequence_of(cell)})
    assert verdict.passed
    assert verdict.score == verdict.max_score


@pytest.mark.parametrize("wrong", sorted(WRONG_CELLS.keys() - {"state left out"}))
def test_a_sequence_of_wrong_cells_that_does_not_begin_with_the_first_state_is_wrong(wrong: str) -> None:
    cell = WRONG_CELLS[wrong]
    wrong_start = {"rnn_cell_forward": cell, "rnn_forward": sequence_of(cell, np.zeros_like)}
    assert judge("rnn_forward", wrong_start).score == 0


def test_the_way_back_through_a_wrong_sequence_is_right_where_it_fits_that_sequence() -> None:
    own = {"rnn_cell_forward": transposed_cell, "rnn_forward": sequence_of(transposed_cell)}
    assert judge("rnn_backward", {**own, "rnn_backward": transposed_backward}).passed

    def forgets_the_carry(dhs, caches):
        steps = [transposed_backward(upstream[None], [cache]) for upstream, cache in zip(dhs, caches, strict=True)]
        sums = (sum(step[position] for step in steps) for position in (2, 3, 4))
        return np.concatenate([step[0] for step in steps]), steps[0][1], *sums

    assert not judge("rnn_backward", {**own, "rnn_backward": forgets_the_carry}).passed


# --- a wrong batch norm: options, running averages, and three gradients ----------------------------------------------


def batch_norm(scale: Callable) -> tuple[Callable, Callable]:
    """Batch norm and its way back; `scale` gives the divisor and its slope in the variance, of variance and eps."""

    def over(x):
        return tuple(axis for axis in range(x.ndim) if axis != 1)

    def wide(values, x):
        return values.reshape(1, -1, *[1] * (x.ndim - 2))

    def batch_norm_forward(
        x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5
    ):  # fmt: skip
        mean, var = (x.mean(over(x)), x.var(over(x))) if training else (running_mean, running_var)
        divisor, slope = scale(var, eps)
        centred = x - wide(mean, x)
        out = wide(weight, x) * centred / wide(divisor, x) + wide(bias, x)
        if training:
            count = x.size / x.shape[1]
            if count < 2:
                raise ValueError(f"one value a channel in {x.shape}")
            running_mean = (1 - momentum) * running_mean + momentum * mean
            running_var = (1 - momentum) * running_var + momentum * var * count / (count - 1)
        return out, (centred, divisor, slope, weight, training), running_mean, running_var

    def batch_norm_backward(dout, cache):
        centred, divisor, slope, weight, training = cache
        x_hat = centred / wide(divisor, dout)
        dweight, dbias = (dout * x_hat).sum(over(dout)), dout.sum(over(dout))
        dx = wide(weight / divisor, dout) * dout
        if training:
            count = dout.size / dout.shape[1]
            dx = dx - wide(weight / divisor * dbias / count, dout)
            dx = dx - wide(weight * dweight / divisor * slope * 2 / count, dout) * centred
        return dx, dweight, dbias

    return batch_norm_forward, batch_norm_backward


def right_scale(var, eps):
    return np.sqrt(var + eps), 0.5 / np.sqrt(var + eps)


def no_root(var, eps):
    return var + eps, np.ones_like(var)


def own_eps(var, eps):
    return np.sqrt(var + 0.1), 0.5 / np.sqrt(var + 0.1)


@pytest.mark.parametrize("scale", [no_root, own_eps])
def test_the_way_back_through_a_wrong_batch_norm_is_right_where_it_fits_that_forward(scale: Callable) -> None:
    forward, backward = batch_norm(scale)
    assert not judge("batch_norm_forward", {"batch_norm_forward": forward}).passed
    verdict = judge("batch_norm_backward", {"batch_norm_forward": forward, "batch_norm_backward": backward})
    assert verdict.passed, str(verdict)
    assert any("right for your own forward" in finding.message for finding in verdict.findings)


@pytest.mark.parametrize("scale", [right_scale, no_root, own_eps])
def test_a_way_back_with_the_variance_for_a_constant_fits_no_batch_norm(scale: Callable) -> None:
    forward, _ = batch_norm(scale)
    _, backward = batch_norm(lambda var, eps: (scale(var, eps)[0], np.zeros_like(var)))

    def constant_variance(dout, cache):
        centred, divisor, slope, weight, training = cache
        return backward(dout, (centred, divisor, np.zeros_like(slope), weight, training))

    functions = {"batch_norm_forward": forward, "batch_norm_backward": constant_variance}
    assert not judge("batch_norm_backward", functions).passed


def test_the_right_batch_norm_of_these_passes() -> None:
    forward, backward = batch_norm(right_scale)
    functions = {"batch_norm_forward": forward, "batch_norm_backward": backward}
    assert judge("batch_norm_forward", functions).passed
    assert judge("batch_norm_backward", functions).passed


# --- results that are lists ------------------------------------------------------------------------------------------


def halved(arrays):
    return [array / 2 for array in arrays]


def _halved_cases(rng: np.random.Generator) -> list[Case]:
    arrays = [rng.standard_normal((2, 3)), rng.standard_normal(4)]
    return [Case("two arrays", "values", (Call("halved", {"arrays": arrays}, ("halves",)),))]


HALVED = Exercise("halved", 10, ("halves",), _halved_cases)


def halving(function: Callable) -> Verdict:
    return judged(HALVED, {"halved": halved}, {"halved": function})


def test_a_list_is_judged_item_by_item() -> None:
    assert halving(halved).passed
    assert halving(lambda arrays: tuple(halved(arrays))).passed
    verdict = halving(lambda arrays: [arrays[0] / 2, arrays[1] / 3])
    assert verdict.score == 0
    assert first_failed(verdict).message == "halves[1] is exactly 2/3 of what is expected, in every entry."
    assert dict(first_failed(verdict).details)["first difference"].startswith("halves[1][0] is ")


def test_a_list_of_another_length_is_said_to_be_one() -> None:
    for wrong in (lambda arrays: halved(arrays)[:1], lambda arrays: halved(arrays)[0], lambda arrays: None):
        assert "halves: a list of 2 arrays is expected here, not " in first_failed(halving(wrong)).message


def test_arrays_in_a_list_are_inputs_that_must_not_change() -> None:
    def in_place(arrays):
        for array in arrays:
            np.divide(array, 2, out=array)
        return arrays

    finding = first_failed(halving(in_place))
    assert (finding.check, finding.passed) == ("inputs", False)
    assert "halved changes arrays[0], which belongs to the caller" in finding.message
