"""Known wrong answers of the chapter `lstm`, continued: a wrong step of the GRU, in the cell and in the sequence."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.lstm_parts import GRU, Array, GruStep, forward_slip, sigmoid
from solutions.lstm import gru_cell_forward

catalogue = Catalogue()

State = tuple[Any]
_slip = partial(forward_slip, catalogue, GRU)


# --- the sums ------------------------------------------------------------------------------------------------------


@_slip(
    "The columns were cut into H groups of three, as if the gates of each unit stood side by side. They stand in three blocks "
    "of H: columns 0 to H-1 are the reset gates of all units."
)
def gates_interleaved(step: GruStep) -> State:
    of_input, of_state = (
        np.concatenate([sums.reshape(len(step.x), -1, 3)[:, :, gate] for gate in range(3)], axis=1)
        for sums in (step.of_input, step.of_state)
    )
    return step.result(of_input, of_state)


@_slip("Gates and candidate do not see h: weight_hh is left out. All three take h @ weight_hh + bias_hh.")
def state_left_out_of_the_sums(step: GruStep) -> State:
    return step.result(step.of_input, 0 * step.of_state + step.bias_hh)


@_slip("Gates and candidate do not see x: weight_ih is left out. All three take x @ weight_ih + bias_ih.")
def input_left_out(step: GruStep) -> State:
    return step.result(0 * step.of_input + step.bias_ih, step.of_state)


@_slip("bias_ih is not in your sums. It is added to x @ weight_ih, for all three blocks.")
def bias_ih_forgotten(step: GruStep) -> State:
    return step.result(step.x @ step.weight_ih, step.of_state)


@_slip("bias_hh is not in your sums. It is added to h @ weight_hh, for all three blocks.")
def bias_hh_forgotten(step: GruStep) -> State:
    return step.result(step.of_input, step.h @ step.weight_hh)


@_slip("Neither bias is in your sums.")
def biases_forgotten(step: GruStep) -> State:
    return step.result(step.x @ step.weight_ih, step.h @ step.weight_hh)


@_slip(
    "The two biases have changed places. For the gates it makes no difference; in the candidate the reset gate multiplies "
    "bias_hh and leaves bias_ih alone."
)
def biases_exchanged(step: GruStep) -> State:
    return step.result(step.x @ step.weight_ih + step.bias_hh, step.h @ step.weight_hh + step.bias_ih)


@_slip(
    "The product with the input fails because weight_ih was transposed first. It is stored as (D, 3H): x @ weight_ih fits as "
    "it stands."
)
def weight_ih_transposed(step: GruStep) -> State:
    return step.result(step.x @ step.weight_ih.T + step.bias_ih, step.of_state)


@_slip(
    "The product with the state fails because weight_hh was transposed first. It is stored as (H, 3H): h @ weight_hh fits as "
    "it stands."
)
def weight_hh_transposed(step: GruStep) -> State:
    return step.result(step.of_input, step.h @ step.weight_hh.T + step.bias_hh)


# --- the reset gate --------------------------------------------------------------------------------------------------


def _with_candidate(step: GruStep, n: Any) -> State:
    _, z, *_ = step.parts()
    return ((1 - z) * n + z * step.h,)


@_slip(
    "The reset gate was applied to h before the product with weight_hh, as in the paper of Cho et al. In the variant in use "
    "here, cuDNN's, it comes after it: r * (h @ weight_hh + bias_hh), with the blocks of n."
)
def reset_before_the_product(step: GruStep) -> State:
    r, _, _, a_n, _ = step.parts()
    weight_n, bias_n = np.split(step.weight_hh, 3, axis=1)[2], np.split(step.bias_hh, 3)[2]
    return _with_candidate(step, np.tanh(a_n + (r * step.h) @ weight_n + bias_n))


@_slip("bias_hh is missing in your candidate: r multiplies h @ weight_hh + bias_hh, with the blocks of n.")
def candidate_without_bias_hh(step: GruStep) -> State:
    r, _, _, a_n, b_n = step.parts()
    return _with_candidate(step, np.tanh(a_n + r * (b_n - np.split(step.bias_hh, 3)[2])))


@_slip("The reset gate leaves bias_hh out: it multiplies all of h @ weight_hh + bias_hh of block n, bias included.")
def bias_outside_the_reset(step: GruStep) -> State:
    r, _, _, a_n, b_n = step.parts()
    bias_n = np.split(step.bias_hh, 3)[2]
    return _with_candidate(step, np.tanh(a_n + r * (b_n - bias_n) + bias_n))


@_slip("The reset gate is not in your candidate: n is tanh(a_n + r * b_n).")
def reset_gate_left_out(step: GruStep) -> State:
    *_, a_n, b_n = step.parts()
    return _with_candidate(step, np.tanh(a_n + b_n))


@_slip(
    "Your reset gate multiplies the input's part of the candidate, too. It decides how much of the state is seen: a_n + r * b_n."
)
def reset_gate_on_the_whole_sum(step: GruStep) -> State:
    r, _, _, a_n, b_n = step.parts()
    return _with_candidate(step, np.tanh(r * (a_n + b_n)))


@_slip(
    "Your reset gate multiplies the input's part of the candidate in place of the state's: n is tanh(a_n + r * b_n)."
)
def reset_gate_on_the_input(step: GruStep) -> State:
    r, _, _, a_n, b_n = step.parts()
    return _with_candidate(step, np.tanh(r * a_n + b_n))


@_slip("Your reset gate is turned round: (1 - r) * b_n. r near 1 lets the state through.")
def reset_gate_reversed(step: GruStep) -> State:
    r, _, _, a_n, b_n = step.parts()
    return _with_candidate(step, np.tanh(a_n + (1 - r) * b_n))


@_slip("The update gate was used in the candidate, where the reset gate belongs: n is tanh(a_n + r * b_n).")
def update_gate_for_reset_gate(step: GruStep) -> State:
    _, z, _, a_n, b_n = step.parts()
    return _with_candidate(step, np.tanh(a_n + z * b_n))


@_slip(
    "Your reset gate multiplies the old state where it is kept, too. It works inside the candidate alone: (1 - z) * n + z * h."
)
def kept_state_reset(step: GruStep) -> State:
    r, z, n, *_ = step.parts()
    return ((1 - z) * n + z * r * step.h,)


# --- gates and candidate ---------------------------------------------------------------------------------------------


@_slip(
    "Your candidate went through a sigmoid, like the gates. It is what may become the state, and may be negative: tanh."
)
def candidate_with_sigmoid(step: GruStep) -> State:
    r, _, _, a_n, b_n = step.parts()
    return _with_candidate(step, sigmoid(a_n + r * b_n))


@_slip("The tanh of the candidate is missing: what goes into the state is the bare sum.")
def candidate_without_tanh(step: GruStep) -> State:
    r, _, _, a_n, b_n = step.parts()
    return _with_candidate(step, a_n + r * b_n)


def _with_gates(step: GruStep, r: Any, z: Any) -> State:
    *_, a_n, b_n = step.parts()
    n = np.tanh(a_n + r * b_n)
    return ((1 - z) * n + z * step.h,)


def _gate_sums(step: GruStep) -> tuple[Any, Any]:
    a_r, a_z, _ = step.cut(step.of_input + step.of_state)
    return a_r, a_z


@_slip("Your gates went through tanh. A gate says how much passes, from 0 to 1: r and z take a sigmoid, only n a tanh.")
def gates_with_tanh(step: GruStep) -> State:
    return _with_gates(step, *(np.tanh(a) for a in _gate_sums(step)))


@_slip("The sigmoid of the gates is missing: r and z are the bare sums, and nothing keeps them between 0 and 1.")
def gates_without_sigmoid(step: GruStep) -> State:
    return _with_gates(step, *_gate_sums(step))


# --- the new state -------------------------------------------------------------------------------------------------


@_slip(
    "Your update gate is turned round: z * n + (1 - z) * h. Here, as in cuDNN, z is the share of the old state that is kept. "
    "(Papers have it both ways.)"
)
def update_gate_reversed(step: GruStep) -> State:
    _, z, n, *_ = step.parts()
    return (z * n + (1 - z) * step.h,)


@_slip("Your new state is the candidate alone: the update gate is missing. It is (1 - z) * n + z * h.")
def update_gate_left_out(step: GruStep) -> State:
    return (step.parts()[2],)


@_slip("The old state is not in your new one: z * h belongs into the sum.")
def old_state_left_out(step: GruStep) -> State:
    _, z, n, *_ = step.parts()
    return ((1 - z) * n,)


@_slip("The old state is kept whole in your new one. Its share is z: (1 - z) * n + z * h.")
def old_state_kept_whole(step: GruStep) -> State:
    _, z, n, *_ = step.parts()
    return ((1 - z) * n + step.h,)


@_slip("The candidate is taken whole into your new state. Its share is 1 - z: (1 - z) * n + z * h.")
def candidate_taken_whole(step: GruStep) -> State:
    _, z, n, *_ = step.parts()
    return (n + z * step.h,)


@_slip("The reset gate mixes your old state and candidate. That is the update gate's work: (1 - z) * n + z * h.")
def reset_gate_for_update_gate(step: GruStep) -> State:
    r, _, n, *_ = step.parts()
    return ((1 - r) * n + r * step.h,)


@_slip("Your new state went through a tanh. It is (1 - z) * n + z * h as it is.")
def new_state_squeezed(step: GruStep) -> State:
    _, z, n, *_ = step.parts()
    return (np.tanh((1 - z) * n + z * step.h),)


# --- the cell alone --------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "gru_cell_forward",
    "Your h_next is right, but h was changed: `h *= z` or `h += …` works in the caller's own array. The caller, and your own "
    "backward, need the old one as it was.",
)
def written_into_h(*arguments: Array) -> tuple[Any, Any]:
    step = GruStep(*arguments)
    _, z, n, *_ = step.parts()
    h = step.h
    h *= z
    h += (1 - z) * n
    return h.copy(), None


@catalogue.wrong(
    "gru_cell_forward",
    "The values are right, but float32 inputs gave a float64 state. np.zeros makes float64 unless told otherwise; let the "
    "result take the dtype of x.",
)
def always_float64(*arguments: Array) -> tuple[Any, Any]:
    h_next, cache = gru_cell_forward(*arguments)
    return h_next.astype(np.float64), cache
