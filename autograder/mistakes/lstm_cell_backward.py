"""Known wrong answers of the chapter `lstm`, continued: a wrong step back of the LSTM, in the cell and in the sequence."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.lstm_parts import LSTM, Array, Gradients, LstmKept, backward_slip

catalogue = Catalogue()

_slip = partial(backward_slip, catalogue, LSTM)


# --- the two ways into the cell state --------------------------------------------------------------------------------


@_slip(
    "What reaches c_next by way of h_next is missing. h_next is o * tanh(c_next), so dh_next * o * (1 - tanh(c_next)²) has to be "
    "added to dc_next before anything else.",
    "What reaches a cell state by way of its hidden state is missing: the gradient of hs[t] goes through o and the slope of tanh "
    "into c, and is added to what c is carried.",
)
def way_through_h_forgotten(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    return kept.from_blocks(kept.sums(dh_next, dc_next), dc_next)


@_slip(
    "The way from h_next into c_next lacks the slope of its tanh: h_next is o * tanh(c_next), so the factor is "
    "o * (1 - tanh(c_next)²)."
)
def way_through_h_without_slope(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    dc_total = dc_next + dh_next * kept.cut()[3]
    return kept.from_blocks(kept.sums(dh_next, dc_total), dc_total)


@_slip(
    "The way from h_next into c_next lacks the output gate: h_next is o * tanh(c_next), so the factor is "
    "o * (1 - tanh(c_next)²)."
)
def way_through_h_without_gate(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    dc_total = dc_next + dh_next * (1 - kept.tanh_c**2)
    return kept.from_blocks(kept.sums(dh_next, dc_total), dc_total)


@_slip(
    "dh_next was added to dc_next as it is. It belongs to h_next; on its way into c_next it passes o and the slope of tanh."
)
def way_through_h_bare(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    dc_total = dc_next + dh_next
    return kept.from_blocks(kept.sums(dh_next, dc_total), dc_total)


@_slip(
    "The slope of the tanh in h_next was taken at h_next: 1 - h_next². h_next has o in it; the tanh gave tanh(c_next)."
)
def slope_at_h_next(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    o = kept.cut()[3]
    dc_total = dc_next + dh_next * o * (1 - (o * kept.tanh_c) ** 2)
    return kept.from_blocks(kept.sums(dh_next, dc_total), dc_total)


@_slip("The slope of the tanh in h_next is 1 - tanh(c_next)², not 1 - c_next²: the square is of what the tanh gave.")
def slope_at_c_next(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    i, f, g, o = kept.cut()
    dc_total = dc_next + dh_next * o * (1 - (f * kept.c + i * g) ** 2)
    return kept.from_blocks(kept.sums(dh_next, dc_total), dc_total)


@_slip("The slope of the tanh in h_next is 1 - tanh(c_next)², not 1 - tanh(c_next): the square is missing.")
def slope_without_square(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    dc_total = dc_next + dh_next * kept.cut()[3] * (1 - kept.tanh_c)
    return kept.from_blocks(kept.sums(dh_next, dc_total), dc_total)


@_slip(
    "The slope of the tanh in h_next was taken twice over: the tanh that you have is tanh(c_next) already; square that."
)
def tanh_twice(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    dc_total = dc_next + dh_next * kept.cut()[3] * (1 - np.tanh(kept.tanh_c) ** 2)
    return kept.from_blocks(kept.sums(dh_next, dc_total), dc_total)


@_slip(
    "dc_next is not in your gradients: c_next gets what comes by way of h_next and nothing else. The step after this one read "
    "c_next directly, and what it says is dc_next.",
    "The gradient of the cell state is not carried: each step gets what comes by way of hs[t] alone. The step after it read "
    "its cell state directly, and hands back dc.",
)
def dc_not_carried(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    return _only_through_h(dh_next, dc_next, kept)


def _only_through_h(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    dc_total = kept.into_cell(dh_next, 0 * dc_next)
    return kept.from_blocks(kept.sums(dh_next, dc_total), dc_total)


@_slip("The forget gate is missing in your dc: c_next is f * c + …, so what reaches c_next reaches c times f.")
def dc_without_forget_gate(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    gradients = _right(dh_next, dc_next, kept)
    return *gradients[:2], kept.into_cell(dh_next, dc_next), *gradients[3:]


@_slip(
    "Your dc is dc_next * f: what reaches c_next by way of h_next reaches c, too. Take the whole gradient of c_next times f.",
    "Of the cell state's gradient only what was carried is carried on. What reaches c by way of hs[t] goes on to the step "
    "before, too: take the whole of it times f.",
)
def dc_without_the_way_through_h(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    gradients = _right(dh_next, dc_next, kept)
    return *gradients[:2], dc_next * kept.cut()[1], *gradients[3:]


@_slip("Your dc has the input gate where the forget gate belongs: the old cell state was multiplied by f.")
def dc_with_input_gate(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    gradients = _right(dh_next, dc_next, kept)
    return *gradients[:2], kept.into_cell(dh_next, dc_next) * kept.cut()[0], *gradients[3:]


def _right(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    dc_total = kept.into_cell(dh_next, dc_next)
    return kept.from_blocks(kept.sums(dh_next, dc_total), dc_total)


# --- the four gates --------------------------------------------------------------------------------------------------


def _with_block(place: int, block: Any, dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    """The gradient of one block of sums replaced."""
    dc_total = kept.into_cell(dh_next, dc_next)
    blocks = kept.sums(dh_next, dc_total)
    blocks[place] = block
    return kept.from_blocks(blocks, dc_total)


@_slip(
    "The slopes of the sigmoids are missing: the weights stand before the gates, so the gradients of i, f and o still have to go "
    "through i (1 - i), f (1 - f) and o (1 - o)."
)
def gate_slopes_forgotten(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    _, _, g, _ = kept.cut()
    dc_total = kept.into_cell(dh_next, dc_next)
    _, _, da_g, _ = kept.sums(dh_next, dc_total)
    return kept.from_blocks([dc_total * g, dc_total * kept.c, da_g, dh_next * kept.tanh_c], dc_total)


@_slip("The slope of the sigmoid of the input gate is missing: i (1 - i).")
def input_gate_slope_forgotten(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    block = kept.into_cell(dh_next, dc_next) * kept.cut()[2]
    return _with_block(0, block, dh_next, dc_next, kept)


@_slip("The slope of the sigmoid of the forget gate is missing: f (1 - f).")
def forget_gate_slope_forgotten(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    return _with_block(1, kept.into_cell(dh_next, dc_next) * kept.c, dh_next, dc_next, kept)


@_slip("The slope of the sigmoid of the output gate is missing: o (1 - o).")
def output_gate_slope_forgotten(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    return _with_block(3, dh_next * kept.tanh_c, dh_next, dc_next, kept)


@_slip("The slope of the tanh of the candidate is missing: 1 - g².")
def candidate_slope_forgotten(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    return _with_block(2, kept.into_cell(dh_next, dc_next) * kept.cut()[0], dh_next, dc_next, kept)


@_slip("The candidate has the slope of a sigmoid in your gradients, g (1 - g). It is a tanh: 1 - g².")
def candidate_slope_of_a_sigmoid(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    i, _, g, _ = kept.cut()
    return _with_block(2, kept.into_cell(dh_next, dc_next) * i * g * (1 - g), dh_next, dc_next, kept)


@_slip("The slope of the candidate's tanh is 1 - g², not 1 - g: the square is missing.")
def candidate_slope_without_square(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    i, _, g, _ = kept.cut()
    return _with_block(2, kept.into_cell(dh_next, dc_next) * i * (1 - g), dh_next, dc_next, kept)


@_slip("The gates have the slope of a tanh in your gradients, 1 - i² and so on. They are sigmoids: i (1 - i).")
def gate_slopes_of_a_tanh(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    i, f, g, o = kept.cut()
    dc_total = kept.into_cell(dh_next, dc_next)
    blocks = kept.sums(dh_next, dc_total)
    blocks[0], blocks[1] = dc_total * g * (1 - i**2), dc_total * kept.c * (1 - f**2)
    blocks[3] = dh_next * kept.tanh_c * (1 - o**2)
    return kept.from_blocks(blocks, dc_total)


@_slip(
    "Your input gate's gradient has the old cell state in it. i multiplies g in c_next = f * c + i * g; f multiplies c."
)
def input_gate_meets_the_cell_state(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    i = kept.cut()[0]
    block = kept.into_cell(dh_next, dc_next) * kept.c * i * (1 - i)
    return _with_block(0, block, dh_next, dc_next, kept)


@_slip("Your forget gate's gradient was made with the new cell state. f met the state before the step: c, not c_next.")
def forget_gate_meets_the_new_cell_state(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    i, f, g, _ = kept.cut()
    block = kept.into_cell(dh_next, dc_next) * (f * kept.c + i * g) * f * (1 - f)
    return _with_block(1, block, dh_next, dc_next, kept)


@_slip(
    "Your forget gate's gradient was made with the candidate. f multiplies c in c_next = f * c + i * g; i multiplies g."
)
def forget_gate_meets_the_candidate(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    _, f, g, _ = kept.cut()
    return _with_block(1, kept.into_cell(dh_next, dc_next) * g * f * (1 - f), dh_next, dc_next, kept)


@_slip("Your forget gate's gradient was made with the old hidden state. f multiplies the cell state: c, not h.")
def forget_gate_meets_the_hidden_state(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    f = kept.cut()[1]
    return _with_block(1, kept.into_cell(dh_next, dc_next) * kept.h * f * (1 - f), dh_next, dc_next, kept)


@_slip("The input gate is missing in the candidate's gradient: g comes into c_next times i.")
def candidate_without_input_gate(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    block = kept.into_cell(dh_next, dc_next) * (1 - kept.cut()[2] ** 2)
    return _with_block(2, block, dh_next, dc_next, kept)


@_slip("The candidate's gradient has the forget gate in it: g comes into c_next times i.")
def candidate_with_forget_gate(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    _, f, g, _ = kept.cut()
    return _with_block(2, kept.into_cell(dh_next, dc_next) * f * (1 - g**2), dh_next, dc_next, kept)


@_slip("The tanh is missing in your output gate's gradient: o multiplies tanh(c_next), not c_next.")
def output_gate_meets_the_bare_cell_state(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    i, f, g, o = kept.cut()
    block = dh_next * (f * kept.c + i * g) * o * (1 - o)
    return _with_block(3, block, dh_next, dc_next, kept)


@_slip(
    "Your output gate's gradient was made of the cell state's. o stands in h_next = o * tanh(c_next) alone: dh_next is its own."
)
def output_gate_from_the_cell_state(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    o = kept.cut()[3]
    block = kept.into_cell(dh_next, dc_next) * kept.tanh_c * o * (1 - o)
    return _with_block(3, block, dh_next, dc_next, kept)


@_slip(
    "The gradients of i, f and g were made of dc_next alone. They get the whole gradient of c_next: by way of h_next, too."
)
def gates_without_the_way_through_h(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    return kept.from_blocks(kept.sums(dh_next, dc_next), kept.into_cell(dh_next, dc_next))


# --- from the sums to inputs and weights -----------------------------------------------------------------------------


@_slip("Your dx was made with weight_hh, so it has the width of h. x met weight_ih: da @ weight_ih.T.")
def dx_by_the_state_s_weights(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    _, *others = _right(dh_next, dc_next, kept)
    return others[0].copy(), *others


@_slip(
    "In your dh, dh_next itself was added to what comes by way of weight_hh. The old hidden state has no direct way into the new "
    "one; it is the cell state that has."
)
def dh_with_a_direct_way(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    dx, dh, *others = _right(dh_next, dc_next, kept)
    return dx, dh + dh_next, *others


@_slip("Your dweight_hh was made with the new hidden state. weight_hh met the state before the step: h, not h_next.")
def dweight_hh_with_the_new_state(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    *first, _, dbias = _right(dh_next, dc_next, kept)
    dc_total = kept.into_cell(dh_next, dc_next)
    da = _joined(kept.sums(dh_next, dc_total))
    return *first, (kept.cut()[3] * kept.tanh_c).T @ da, dbias


@_slip("Your dweight_hh was made with the cell state. weight_hh met the hidden state: h.")
def dweight_hh_with_the_cell_state(dh_next: Array, dc_next: Array, kept: LstmKept) -> Gradients:
    *first, _, dbias = _right(dh_next, dc_next, kept)
    return *first, kept.c.T @ _joined(kept.sums(dh_next, kept.into_cell(dh_next, dc_next))), dbias


def _joined(blocks: list[Any]) -> Any:
    return np.concatenate(blocks, axis=1)


@catalogue.wrong(
    "lstm_cell_backward",
    "Your dh and dc have changed places. The gradients come in the order of the forward's arguments: dx, dh, dc, then the "
    "weights and bias.",
)
def dh_and_dc_exchanged(dh_next: Array, dc_next: Array, cache: Any) -> Gradients:
    dx, dh, dc, *others = _right(dh_next, dc_next, LstmKept(*cache))
    return dx, dc, dh, *others


@catalogue.wrong(
    "lstm_cell_backward",
    "Your gradients take dh_next for dc_next and the other way round: the arguments come in the order dh_next, dc_next, cache.",
)
def upstream_exchanged(dh_next: Array, dc_next: Array, cache: Any) -> Gradients:
    return _right(dc_next, dh_next, LstmKept(*cache))
