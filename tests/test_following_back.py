"""A wrong cell backward costs its sequence's backward nothing where that carries rightly, and earns it nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from boxes import ROOMY
from judging import SEED, judge, keys

from autograder import check, registry
from autograder.checking import check_exercise
from autograder.exercise import Verdict
from autograder.sandbox import Sandbox
from solutions import lstm, recurrent

STATES = {"rnn": 1, "lstm": 2, "gru": 1}
REFERENCE = {**vars(recurrent), **vars(lstm)}
FOLLOWED = "right for your own step, which is not right itself yet"

# Known wrong cells whose gradients are wrong in their numbers alone.
WRONG_CELLS = {
    "rnn": ("slope_forgotten", "weight_hh_not_transposed", "everything_averaged"),
    "lstm": ("order_ifog", "way_through_h_without_slope", "dc_not_carried", "dh_and_dc_exchanged"),
    "gru": ("direct_way_forgotten", "reset_gate_meets_the_state"),
}
CASES = [(layer, name) for layer, names in WRONG_CELLS.items() for name in names]


def wrong_cell(layer: str, name: str) -> Callable[..., Any]:
    exercise = f"{layer}_cell_backward"
    mistakes = import_module(f"autograder.mistakes.{registry.chapters_by_exercise()[exercise]}").MISTAKES
    return next(mistake.functions[exercise] for mistake in mistakes if mistake.id == f"{exercise}.{name}")


# --- a sequence as students build it on their cell -------------------------------------------------------------------


def sequence_of(cell: Callable, states: int) -> Callable:
    def forward(x, *arguments):
        before, weights, hs, caches = arguments[:states], arguments[states:], [], []
        for each in x:
            *before, cache = cell(each, *before, *weights)
            hs.append(before[0])
            caches.append(cache)
        return np.array(hs), caches

    return forward


def carried_and_arriving(dhs, t, carried):
    """What reaches the states of step t."""
    return dhs[t] + carried[0], *carried[1:]


def sequence_back(cell_backward: Callable, states: int, upstream: Callable, added: Callable) -> Callable:
    def backward(dhs, caches):
        carried = [np.zeros_like(dhs[0]) for _ in range(states)]
        steps = []
        for t in reversed(range(len(dhs))):
            steps.append(cell_backward(*upstream(dhs, t, carried), caches[t]))
            carried = steps[-1][1 : 1 + states]
        parameters = [added([step[place] for step in steps]) for place in range(1 + states, len(steps[0]))]
        return np.array([step[0] for step in reversed(steps)]), *carried, *parameters

    return backward


def own(
    layer: str,
    cell_backward: Callable,
    upstream: Callable = carried_and_arriving,
    added: Callable = sum,
    cell_forward: Callable | None = None,
) -> dict[str, Callable]:
    """A layer of which the cell's functions are these, and the sequence's are built on them."""
    cell_forward = cell_forward or REFERENCE[f"{layer}_cell_forward"]
    return {
        f"{layer}_cell_forward": cell_forward,
        f"{layer}_cell_backward": cell_backward,
        f"{layer}_forward": sequence_of(cell_forward, STATES[layer]),
        f"{layer}_backward": sequence_back(cell_backward, STATES[layer], upstream, added),
    }


@pytest.mark.parametrize(("layer", "name"), CASES)
def test_a_wrong_cell_backward_costs_the_sequence_nothing_where_it_carries_rightly(layer: str, name: str) -> None:
    functions = own(layer, wrong_cell(layer, name))
    assert not judge(f"{layer}_cell_backward", functions).passed
    verdict = judge(f"{layer}_backward", functions)
    assert verdict.passed, str(verdict)
    assert verdict.score == verdict.max_score
    assert FOLLOWED in [finding.message for finding in verdict.findings]


@pytest.mark.parametrize("layer", STATES)
def test_the_right_cell_backward_is_not_spoken_of(layer: str) -> None:
    verdict = judge(f"{layer}_backward", own(layer, REFERENCE[f"{layer}_cell_backward"]))
    assert verdict.passed
    assert "your own" not in str(verdict)


WRONG_CARRIES: dict[str, Callable] = {
    "nothing carried": lambda dhs, t, carried: (dhs[t], *(0 * each for each in carried[1:])),
    "added twice": lambda dhs, t, carried: (dhs[t] + 2 * carried[0], *carried[1:]),
    "arriving at the last step only": lambda dhs, t, carried: (
        dhs[t] * (t == len(dhs) - 1) + carried[0],
        *carried[1:],
    ),
}


@pytest.mark.parametrize("carry", WRONG_CARRIES)
@pytest.mark.parametrize(("layer", "name"), [("rnn", "weight_hh_not_transposed"), ("lstm", "order_ifog")])
def test_a_sequence_of_wrong_cells_that_carries_wrongly_earns_nothing_for_it(layer: str, name: str, carry: str) -> None:
    """But where a gradient arrives at the last step alone, one that counts no other is right."""
    verdict = judge(f"{layer}_backward", own(layer, wrong_cell(layer, name), WRONG_CARRIES[carry]))
    assert verdict.score < verdict.max_score / (2 if "last" in carry else 10), str(verdict)


@pytest.mark.parametrize("name", ["order_ifog", "dh_and_dc_exchanged"])
def test_a_sequence_of_wrong_cells_that_loses_the_cell_state_s_gradient_is_wrong(name: str) -> None:
    lost = own("lstm", wrong_cell("lstm", name), lambda dhs, t, carried: (dhs[t] + carried[0], 0 * carried[1]))
    assert judge("lstm_backward", lost).score == 0


@pytest.mark.parametrize(("layer", "name"), [("rnn", "slope_forgotten"), ("gru", "direct_way_forgotten")])
def test_a_sequence_of_wrong_cells_that_overwrites_the_parameters_gradients_loses_those(layer: str, name: str) -> None:
    verdict = judge(f"{layer}_backward", own(layer, wrong_cell(layer, name), added=lambda uses: uses[-1]))
    parameters = {name for name in returned(layer) if name.startswith(("dweight", "dbias"))}
    assert named(verdict, layer).keys() == parameters
    assert 0 < verdict.score < verdict.max_score


def returned(layer: str) -> tuple[str, ...]:
    return registry.exercises(registry.chapters_by_exercise()[f"{layer}_backward"])[f"{layer}_backward"].returns


# --- two mistakes at once --------------------------------------------------------------------------------------------


def named(verdict: Verdict, layer: str) -> dict[str, str]:
    """The mistake that is named for each gradient that is wrong in the ordinary cases."""
    told = {}
    for finding in verdict.findings:
        if finding.check == "gradients" and not finding.passed:
            first = dict(finding.details).get("first difference", finding.message)  # or "dh0 is wrong here by …"
            told[first.split("[")[0].split()[0]] = (finding.mistake or "").removeprefix(f"{layer}_backward.")
    return told


# The cell, the carry, how gradients are added; and which mistakes show in dx and in the weights' gradients.
PAIRS = {
    "wrong cell and nothing": (
        "wrong",
        "nothing carried",
        sum,
        "carry_forgotten",
        "carry_forgotten",
    ),
    "wrong cell and overwritten": (
        *("wrong", None, lambda uses: uses[-1]),
        *(None, "parameters_overwritten"),
    ),
    "nothing and overwritten": (
        *("right", "nothing carried", lambda uses: uses[-1]),
        *("carry_forgotten", "parameters_overwritten"),
    ),
    "only the last and averaged": (
        *("right", "arriving at the last step only", lambda uses: sum(uses) / np.asarray(len(uses), uses[0].dtype)),
        *("only_the_last_arrives", "parameters_averaged_over_time"),
    ),
}


@pytest.mark.parametrize(("layer", "pair"), [*(("rnn", pair) for pair in PAIRS), ("lstm", "nothing and overwritten")])
def test_two_mistakes_at_once_are_both_named(layer: str, pair: str) -> None:
    which, carry, added, of_inputs, of_weights = PAIRS[pair]
    right, wrong = REFERENCE[f"{layer}_cell_backward"], wrong_cell(layer, WRONG_CELLS[layer][0])
    upstream = WRONG_CARRIES[carry] if carry else carried_and_arriving
    verdict = judge(f"{layer}_backward", own(layer, right if which == "right" else wrong, upstream, added))
    told = named(verdict, layer)
    assert told.get("dx") == of_inputs
    assert {told[name] for name in returned(layer) if name.startswith(("dweight", "dbias"))} == {of_weights}


def test_time_run_forwards_with_gradients_overwritten_leaves_those_of_the_last_step() -> None:
    cell_backward = recurrent.rnn_cell_backward

    def forwards_in_time(dhs, caches):
        dh, dxs = np.zeros_like(dhs[0]), []
        for arriving, cache in zip(dhs, caches, strict=True):
            dx, dh, *parameters = cell_backward(arriving + dh, cache)
            dxs.append(dx)
        return np.array(dxs), dh, *parameters

    functions = {**own("rnn", cell_backward), "rnn_backward": forwards_in_time}
    told = named(judge("rnn_backward", functions), "rnn")
    assert (told["dx"], told["dbias"]) == ("time_run_forwards", "parameters_of_the_last_step")


def test_what_is_no_known_mistake_of_a_sequence_is_not_named_as_one() -> None:
    """Where a cell hands back nothing, the walk without a carry gives the same: no word of a carry, then."""

    def nothing_back(dh_next, cache):
        dx, dh, *others = recurrent.rnn_cell_backward(dh_next, cache)
        return dx, 0 * dh, *others

    halved = own("rnn", wrong_cell("rnn", "slope_forgotten"), lambda dhs, t, carried: (dhs[t] + carried[0] / 2,))
    for functions in (own("rnn", nothing_back), halved):
        told = named(judge("rnn_backward", functions), "rnn")
        assert {told[name] for name in ("dx", "dweight_ih", "dweight_hh", "dbias")} == {""}


# --- what nobody has worked out --------------------------------------------------------------------------------------

CHEAP: dict[str, Callable] = {
    "zeros": lambda dh_next, arguments: [np.zeros_like(each) for each in arguments],
    "ones": lambda dh_next, arguments: [np.ones_like(each) for each in arguments],
    "what the forward was given": lambda dh_next, arguments: [2 * each for each in arguments],
    "one factor for all, and nothing handed back": lambda dh_next, arguments: [
        arguments[0] * dh_next.sum(),
        *(np.zeros_like(each) for each in arguments[1:]),
    ],
}


@pytest.mark.parametrize("cheap", CHEAP)
@pytest.mark.parametrize("layer", STATES)
def test_a_cell_backward_that_hands_nothing_back_earns_the_sequence_nothing(layer: str, cheap: str) -> None:
    cell = REFERENCE[f"{layer}_cell_forward"]

    def cell_forward(*arguments):
        *states, _ = cell(*arguments)
        return *states, arguments

    def cell_backward(dh_next, *rest):
        return tuple(CHEAP[cheap](dh_next, rest[-1]))

    assert judge(f"{layer}_backward", own(layer, cell_backward, cell_forward=cell_forward)).score == 0


# --- by the doors that students and graders come in by ---------------------------------------------------------------

# The cell's forward has a transposed weight, its backward no slope of tanh; the sequence is right for both.
NOTEBOOK = """
import numpy as np

def rnn_cell_forward(x, h, weight_ih, weight_hh, bias):
    h_next = np.tanh(x @ weight_ih + h @ weight_hh.T + bias)
    return h_next, (x, h, weight_ih, weight_hh)

def rnn_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh = cache
    return dh_next @ weight_ih.T, dh_next @ weight_hh, x.T @ dh_next, dh_next.T @ h, dh_next.sum(axis=0)

def rnn_forward(x, h0, weight_ih, weight_hh, bias):
    h, hs, caches = h0, [], []
    for step in x:
        h, cache = rnn_cell_forward(step, h, weight_ih, weight_hh, bias)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs), caches

def rnn_backward(dhs, caches):
    dh, dxs, sums = np.zeros_like(dhs[0]), [], [0, 0, 0]
    for t in reversed(range(len(dhs))):
        dx, dh, *uses = rnn_cell_backward(dhs[t] + dh, caches[t])
        dxs.insert(0, dx)
        sums = [total + use for total, use in zip(sums, uses)]
    return np.stack(dxs), dh, *sums
"""
FORGETFUL = NOTEBOOK.replace("dhs[t] + dh", "dhs[t]")


def test_the_student_s_check_holds_the_way_back_to_the_student_s_own_steps() -> None:
    namespace: dict[str, Any] = {}
    exec(NOTEBOOK, namespace)
    assert not check(namespace["rnn_cell_backward"]).passed
    verdict = check(namespace["rnn_backward"])
    assert verdict.passed, str(verdict)
    assert FOLLOWED in str(verdict)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(ROOMY) as sandbox:
        yield sandbox


def graded(box: Sandbox, source: str) -> Verdict:
    with box.submission([source]) as submission:
        exercise = registry.exercises("recurrent")["rnn_backward"]
        return check_exercise(exercise, keys("recurrent", SEED)["rnn_backward"], submission)


def test_grading_holds_the_way_back_to_the_student_s_own_steps(box: Sandbox) -> None:
    verdict = graded(box, NOTEBOOK)
    assert verdict.score == verdict.max_score, str(verdict)
    assert FOLLOWED in [finding.message for finding in verdict.findings]
    assert graded(box, FORGETFUL).score == 0
