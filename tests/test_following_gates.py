"""A wrong LSTM or GRU cell costs its sequence nothing where that carries rightly, forward and backward."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from judging import first_failed, judge

from solutions import lstm


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm_cell(sums=lambda a: a, remember=lambda i, f, g, c: f * c + i * g, show=lambda o, c: o * np.tanh(c)):
    """An LSTM's step with a part of it exchanged."""

    def cell(x, h, c, weight_ih, weight_hh, bias):
        i, f, g, o = sums(np.split(x @ weight_ih + h @ weight_hh + bias, 4, axis=1))
        c_next = remember(sigmoid(i), sigmoid(f), np.tanh(g), c)
        return show(sigmoid(o), c_next), c_next, None

    return cell


def gru_cell(
    candidate=lambda a, r, b, h, u, d: np.tanh(a + r * b), mix=lambda z, n, h: (1 - z) * n + z * h, sums=lambda a: a
):
    def cell(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
        (a_r, a_z, a_n), (b_r, b_z, b_n) = (
            sums(np.split(each, 3, axis=1)) for each in (x @ weight_ih + bias_ih, h @ weight_hh + bias_hh)
        )
        u, d = np.split(weight_hh, 3, axis=1)[2], np.split(bias_hh, 3)[2]
        return mix(sigmoid(a_z + b_z), candidate(a_n, sigmoid(a_r + b_r), b_n, h, u, d), h), None

    return cell


WRONG_CELLS: dict[str, dict[str, Callable]] = {
    "lstm": {
        "another order": lstm_cell(sums=lambda a: [a[0], a[1], a[3], a[2]]),
        "forget gate reversed": lstm_cell(remember=lambda i, f, g, c: (1 - f) * c + i * g),
        "nothing forgotten": lstm_cell(remember=lambda i, f, g, c: c + i * g),
        "nothing remembered": lstm_cell(remember=lambda i, f, g, c: i * g),
        "shown without tanh": lstm_cell(show=lambda o, c: o * c),
        "output gate left out": lstm_cell(show=lambda o, c: np.tanh(c)),
    },
    "gru": {
        "another order": gru_cell(sums=lambda a: [a[1], a[0], a[2]]),
        "update gate reversed": gru_cell(mix=lambda z, n, h: z * n + (1 - z) * h),
        "reset before the product": gru_cell(candidate=lambda a, r, b, h, u, d: np.tanh(a + (r * h) @ u + d)),
        "candidate without tanh": gru_cell(candidate=lambda a, r, b, h, u, d: a + r * b),
    },
}
STATES = {"lstm": 2, "gru": 1}
CASES = [(layer, wrong) for layer, cells in WRONG_CELLS.items() for wrong in cells]


def sequence_of(cell: Callable, states: int, begin: Callable = lambda t, before, first: before) -> Callable:
    """The sequence built on a cell; `begin` gives a step its states, from those left last and the first ones."""

    def forward(x, *arguments):
        first, weights = arguments[:states], arguments[states:]
        before, hs = first, []
        for t, each in enumerate(x):
            *before, _ = cell(each, *begin(t, before, first), *weights)
            hs.append(before[0])
        return np.array(hs), None

    return forward


def judged(layer: str, cell: Callable, **begin: Callable):
    own = {f"{layer}_cell_forward": cell, f"{layer}_forward": sequence_of(cell, STATES[layer], **begin)}
    return judge(f"{layer}_forward", own)


@pytest.mark.parametrize(("layer", "wrong"), CASES)
def test_a_wrong_cell_costs_the_sequence_nothing_where_it_carries_rightly(layer: str, wrong: str) -> None:
    cell = WRONG_CELLS[layer][wrong]
    assert not judge(f"{layer}_cell_forward", {f"{layer}_cell_forward": cell}).passed
    verdict = judged(layer, cell)
    assert verdict.passed
    assert verdict.score == verdict.max_score


@pytest.mark.parametrize(("layer", "wrong"), CASES)
def test_a_sequence_of_wrong_cells_that_begins_with_zeros_is_wrong(layer: str, wrong: str) -> None:
    def zeros_first(t, before, first):
        return before if t else [np.zeros_like(state) for state in first]

    assert judged(layer, WRONG_CELLS[layer][wrong], begin=zeros_first).score == 0


@pytest.mark.parametrize("wrong", sorted(WRONG_CELLS["lstm"].keys() - {"nothing remembered"}))
def test_a_sequence_of_wrong_cells_that_loses_its_cell_state_is_wrong(wrong: str) -> None:
    verdict = judged("lstm", WRONG_CELLS["lstm"][wrong], begin=lambda t, before, first: (before[0], first[1]))
    assert not verdict.passed
    assert verdict.score < verdict.max_score / 4


# --- the way back --------------------------------------------------------------------------------------------------


def columns(order: str, right: str, units: int) -> np.ndarray:
    """Which column of the weights stands where, for somebody who reads the blocks in another order."""
    return np.concatenate([np.arange(units) + order.index(gate) * units for gate in right])


def in_another_order(layer: str, order: str, right: str, carried: bool = True):
    """A whole layer that reads its blocks in another order, and goes back through what it has read."""
    states = STATES[layer]
    forward_right, backward_right = getattr(lstm, f"{layer}_forward"), getattr(lstm, f"{layer}_backward")

    def forward(x, *arguments):
        taken = columns(order, right, arguments[0].shape[1])
        weights = [array[..., taken] for array in arguments[states:]]
        hs, cache = forward_right(x, *arguments[:states], *weights)
        return hs, (cache, taken)

    def backward(dhs, kept):
        cache, taken = kept
        if not carried:
            dhs = dhs * (np.arange(len(dhs)) == len(dhs) - 1)[:, None, None]
        dx, *gradients = backward_right(dhs, cache)
        back = np.argsort(taken)
        return dx, *gradients[:states], *(gradient[..., back] for gradient in gradients[states:])

    return {f"{layer}_forward": forward, f"{layer}_backward": backward}


@pytest.mark.parametrize(("layer", "order", "right"), [("lstm", "ifog", "ifgo"), ("gru", "zrn", "rzn")])
def test_the_way_back_through_a_wrong_sequence_is_right_where_it_fits_that_sequence(
    layer: str, order: str, right: str
) -> None:
    own = in_another_order(layer, order, right)
    assert first_failed(judge(f"{layer}_forward", own)).mistake == f"{layer}_forward.order_{order}"
    assert judge(f"{layer}_backward", own).passed
    assert not judge(f"{layer}_backward", in_another_order(layer, order, right, carried=False)).passed
