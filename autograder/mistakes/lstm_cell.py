"""Known wrong answers of the chapter `lstm`, continued: a wrong step of the LSTM, in the cell and in the sequence."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.lstm_parts import LSTM, Array, LstmStep, forward_slip, sigmoid
from solutions.lstm import lstm_cell_forward

catalogue = Catalogue()

States = tuple[Any, Any]
_slip = partial(forward_slip, catalogue, LSTM)


# --- the sums ------------------------------------------------------------------------------------------------------


@_slip(
    "The columns were cut into H groups of four, as if the gates of each unit stood side by side. They stand in four blocks of "
    "H: columns 0 to H-1 are the input gates of all units."
)
def gates_interleaved(step: LstmStep) -> States:
    sums = step.sums.reshape(len(step.x), -1, 4)
    return step.result(np.concatenate([sums[:, :, gate] for gate in range(4)], axis=1))


@_slip("Your states do not depend on h: the hidden state is left out of the sums. All four gates see h @ weight_hh.")
def hidden_state_left_out(step: LstmStep) -> States:
    return step.result(step.x @ step.weight_ih + step.bias)


@_slip("Your states do not depend on x: the input is left out of the sums. All four gates see x @ weight_ih.")
def input_left_out(step: LstmStep) -> States:
    return step.result(step.h @ step.weight_hh + step.bias)


@_slip("bias is not in your sums. It is added once, to every example.")
def bias_forgotten(step: LstmStep) -> States:
    return step.result(step.sums - step.bias)


@_slip("bias is in your sums twice, once with the input and once with the state. This cell has a single one.")
def bias_twice(step: LstmStep) -> States:
    return step.result(step.sums + step.bias)


@_slip(
    "1 was added to the sums of the forget gate. That is a good first value for its block of bias, set once where the "
    "weights are drawn; the cell itself adds nothing."
)
def forget_bias_in_the_cell(step: LstmStep) -> States:
    a_i, a_f, a_g, a_o = step.cut(step.sums)
    return step.result(np.concatenate([a_i, a_f + 1, a_g, a_o], axis=1))


@_slip("The cell state was used where h belongs: the sums are made of x and h, and no gate sees c.")
def cell_state_in_the_sums(step: LstmStep) -> States:
    return step.result(step.x @ step.weight_ih + step.c @ step.weight_hh + step.bias)


@_slip(
    "The product with the input fails because weight_ih was transposed first. It is stored as (D, 4H): x @ weight_ih fits as it "
    "stands."
)
def weight_ih_transposed(step: LstmStep) -> States:
    return step.result(step.x @ step.weight_ih.T + step.h @ step.weight_hh + step.bias)


@_slip(
    "The product with the hidden state fails because weight_hh was transposed first. It is stored as (H, 4H): h @ weight_hh fits "
    "as it stands."
)
def weight_hh_transposed(step: LstmStep) -> States:
    return step.result(step.x @ step.weight_ih + step.h @ step.weight_hh.T + step.bias)


# --- gates and candidate ---------------------------------------------------------------------------------------------


@_slip(
    "Your candidate g went through a sigmoid, like the gates. It is what is written into the cell, and may be negative: tanh."
)
def candidate_with_sigmoid(step: LstmStep) -> States:
    i, f, _, o = step.gates()
    c_next = f * step.c + i * sigmoid(step.cut(step.sums)[2])
    return o * np.tanh(c_next), c_next


@_slip("The tanh of the candidate g is missing: what is written into the cell is the bare sum.")
def candidate_without_tanh(step: LstmStep) -> States:
    i, f, _, o = step.gates()
    c_next = f * step.c + i * step.cut(step.sums)[2]
    return o * np.tanh(c_next), c_next


@_slip(
    "Your gates went through tanh. A gate says how much passes, from 0 to 1: i, f and o take a sigmoid, only g a tanh."
)
def gates_with_tanh(step: LstmStep) -> States:
    i, f, g, o = (np.tanh(a) for a in step.cut(step.sums))
    c_next = f * step.c + i * g
    return o * np.tanh(c_next), c_next


@_slip(
    "The sigmoid of the three gates is missing: i, f and o are the bare sums, and nothing keeps them between 0 and 1."
)
def gates_without_sigmoid(step: LstmStep) -> States:
    a_i, a_f, a_g, a_o = step.cut(step.sums)
    c_next = a_f * step.c + a_i * np.tanh(a_g)
    return a_o * np.tanh(c_next), c_next


@_slip("The sigmoid of the output gate is missing: o is the bare sum.")
def output_gate_without_sigmoid(step: LstmStep) -> States:
    _, c_next = step.result(step.sums)
    return step.cut(step.sums)[3] * np.tanh(c_next), c_next


# --- the new cell state ----------------------------------------------------------------------------------------------


@_slip("The forget gate is not in your c_next: the old cell state is kept whole. It is f * c that goes on.")
def forget_gate_left_out(step: LstmStep) -> States:
    i, _, g, o = step.gates()
    c_next = step.c + i * g
    return o * np.tanh(c_next), c_next


@_slip("Your forget gate forgets where it should keep: (1 - f) * c. In spite of its name f is the share that is kept.")
def forget_gate_reversed(step: LstmStep) -> States:
    i, f, g, o = step.gates()
    c_next = (1 - f) * step.c + i * g
    return o * np.tanh(c_next), c_next


@_slip(
    "You keep 1 - i of the old cell state, as a GRU does with its one gate. An LSTM has a gate of its own for that: f * c."
)
def forget_gate_tied_to_input_gate(step: LstmStep) -> States:
    i, _, g, o = step.gates()
    c_next = (1 - i) * step.c + i * g
    return o * np.tanh(c_next), c_next


@_slip(
    "You keep f of the old cell state and 1 - f of the candidate. How much of g is written is the input gate's to say: i * g."
)
def input_gate_tied_to_forget_gate(step: LstmStep) -> States:
    _, f, g, o = step.gates()
    c_next = f * step.c + (1 - f) * g
    return o * np.tanh(c_next), c_next


@_slip("The input gate is not in your c_next: the candidate is written whole. It is i * g that is added.")
def input_gate_left_out(step: LstmStep) -> States:
    _, f, g, o = step.gates()
    c_next = f * step.c + g
    return o * np.tanh(c_next), c_next


@_slip("The candidate is not in your c_next: what is added is the input gate alone. It is i * g.")
def candidate_left_out(step: LstmStep) -> States:
    i, f, _, o = step.gates()
    c_next = f * step.c + i
    return o * np.tanh(c_next), c_next


@_slip("The old cell state is not in your c_next: nothing is remembered. f * c belongs into the sum.")
def old_cell_state_left_out(step: LstmStep) -> States:
    i, _, g, o = step.gates()
    c_next = i * g
    return o * np.tanh(c_next), c_next


@_slip("f multiplies the old hidden state in your c_next. It is the cell state that is kept or forgotten: f * c.")
def hidden_state_for_cell_state(step: LstmStep) -> States:
    i, f, g, o = step.gates()
    c_next = f * step.h + i * g
    return o * np.tanh(c_next), c_next


@_slip("Your forget gate also multiplies what is new: f * (c + i * g). What is written passes the input gate alone.")
def forget_gate_on_the_sum(step: LstmStep) -> States:
    i, f, g, o = step.gates()
    c_next = f * (step.c + i * g)
    return o * np.tanh(c_next), c_next


@_slip(
    "Your cell state went through a tanh. c_next is f * c + i * g as it is, with nothing that squeezes it: that is what lets it "
    "pass through many steps unchanged."
)
def cell_state_squeezed(step: LstmStep) -> States:
    i, f, g, o = step.gates()
    c_next = np.tanh(f * step.c + i * g)
    return o * c_next, c_next


# --- what is shown -------------------------------------------------------------------------------------------------


@_slip("The tanh of the cell state is missing: h_next is o * tanh(c_next).")
def shown_without_tanh(step: LstmStep) -> States:
    *_, o = step.gates()
    _, c_next = step.result(step.sums)
    return o * c_next, c_next


@_slip("The cell state went through a sigmoid on its way out: h_next is o * tanh(c_next).")
def shown_with_sigmoid(step: LstmStep) -> States:
    *_, o = step.gates()
    _, c_next = step.result(step.sums)
    return o * sigmoid(c_next), c_next


@_slip("The output gate is missing: all of tanh(c_next) is shown. h_next is o * tanh(c_next).")
def output_gate_left_out(step: LstmStep) -> States:
    _, c_next = step.result(step.sums)
    return np.tanh(c_next), c_next


@_slip("Your h_next shows the old cell state. The new one is worked out first: h_next is o * tanh(c_next).")
def old_cell_state_shown(step: LstmStep) -> States:
    *_, o = step.gates()
    _, c_next = step.result(step.sums)
    return o * np.tanh(step.c), c_next


@_slip("The output gate stands inside the tanh in your h_next. It comes last: h_next is o * tanh(c_next).")
def output_gate_inside_the_tanh(step: LstmStep) -> States:
    *_, o = step.gates()
    _, c_next = step.result(step.sums)
    return np.tanh(o * c_next), c_next


# --- the cell alone --------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "lstm_cell_forward",
    "Your two states have changed places. First h_next, then c_next, then the cache.",
)
def states_exchanged(*arguments: Array) -> tuple[Any, ...]:
    h_next, c_next, cache = lstm_cell_forward(*arguments)
    return c_next, h_next, cache


@catalogue.wrong(
    "lstm_cell_forward",
    "Your h_next is right, but the old cell state is returned as the new one: c_next is what this step made of c.",
)
def old_cell_state_returned(x: Array, h: Array, c: Array, *weights: Array) -> tuple[Any, ...]:
    h_next, _, cache = lstm_cell_forward(x, h, c, *weights)
    return h_next, c.copy(), cache


@catalogue.wrong(
    "lstm_cell_forward",
    "Only one state is returned beside the cache. An LSTM hands on two: h_next, c_next.",
)
def one_state_returned(*arguments: Array) -> tuple[Any, ...]:
    h_next, _, cache = lstm_cell_forward(*arguments)
    return h_next, cache


@catalogue.wrong(
    "lstm_cell_forward",
    "Your states are right, but c was changed: `c *= f` or `c += …` works in the caller's own array. The caller, and your own "
    "backward, need the old one as it was.",
)
def written_into_c(*arguments: Array) -> tuple[Any, ...]:
    step = LstmStep(*arguments)
    i, f, g, o = step.gates()
    c = step.c
    c *= f
    c += i * g
    return o * np.tanh(c), c.copy(), None


@catalogue.wrong(
    "lstm_cell_forward",
    "The values are right, but float32 inputs gave float64 states. np.zeros makes float64 unless told otherwise; let the "
    "result take the dtype of x.",
)
def always_float64(*arguments: Array) -> tuple[Any, ...]:
    h_next, c_next, cache = lstm_cell_forward(*arguments)
    return h_next.astype(np.float64), c_next.astype(np.float64), cache
