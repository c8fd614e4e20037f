"""Known wrong answers of the chapter `lstm`, continued: a wrong step back of the GRU, in the cell and in the sequence."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.lstm_parts import GRU, Array, Gradients, GruKept, backward_slip

catalogue = Catalogue()

_slip = partial(backward_slip, catalogue, GRU)


def _right(dh_next: Array, kept: GruKept) -> Gradients:
    return kept.from_blocks(dh_next, *kept.sums(dh_next))


# --- the old state's ways --------------------------------------------------------------------------------------------


@_slip(
    "The direct way is missing in your dh: h_next holds z * h, so dh_next * z is added to what comes by way of weight_hh.",
    "The direct way is missing in what is carried: a state holds z times the one before, so the gradient times z is added to what "
    "comes by way of weight_hh.",
)
def direct_way_forgotten(dh_next: Array, kept: GruKept) -> Gradients:
    dx, dh, *parameters = _right(dh_next, kept)
    return dx, dh - dh_next * kept.parts[1], *parameters


@_slip("The direct way into your dh has the factor 1 - z. The share of the old state in the new one is z.")
def direct_way_with_the_other_share(dh_next: Array, kept: GruKept) -> Gradients:
    dx, dh, *parameters = _right(dh_next, kept)
    return dx, dh + dh_next * (1 - 2 * kept.parts[1]), *parameters


@_slip("The direct way into your dh lacks its factor: h_next holds z * h, so it is dh_next * z that is added.")
def direct_way_whole(dh_next: Array, kept: GruKept) -> Gradients:
    dx, dh, *parameters = _right(dh_next, kept)
    return dx, dh + dh_next * (1 - kept.parts[1]), *parameters


@_slip(
    "Your dh holds the direct way z * dh_next alone. The old state also moves gates and candidate, by way of weight_hh.",
    "Only the direct way is carried. The old state also moves gates and candidate, by way of weight_hh.",
)
def only_the_direct_way(dh_next: Array, kept: GruKept) -> Gradients:
    dx, _, *parameters = _right(dh_next, kept)
    return dx, dh_next * kept.parts[1], *parameters


# --- the candidate -------------------------------------------------------------------------------------------------


def _with_candidate(dh_next: Array, da_n: Any, kept: GruKept) -> Gradients:
    """The gradient of the candidate's sum replaced, with what follows for the reset gate."""
    r, _, _, b_n = kept.parts
    _, da_z, _ = kept.sums(dh_next)
    return kept.from_blocks(dh_next, da_n * b_n * r * (1 - r), da_z, da_n)


@_slip("The slope of the candidate's tanh is missing: 1 - n².")
def candidate_slope_forgotten(dh_next: Array, kept: GruKept) -> Gradients:
    return _with_candidate(dh_next, dh_next * (1 - kept.parts[1]), kept)


@_slip("The slope of the candidate's tanh is 1 - n², not 1 - n: the square is missing.")
def candidate_slope_without_square(dh_next: Array, kept: GruKept) -> Gradients:
    _, z, n, _ = kept.parts
    return _with_candidate(dh_next, dh_next * (1 - z) * (1 - n), kept)


@_slip("The candidate has the slope of a sigmoid in your gradients, n (1 - n). It is a tanh: 1 - n².")
def candidate_slope_of_a_sigmoid(dh_next: Array, kept: GruKept) -> Gradients:
    _, z, n, _ = kept.parts
    return _with_candidate(dh_next, dh_next * (1 - z) * n * (1 - n), kept)


@_slip("The candidate's share is missing in its gradient: h_next holds (1 - z) * n.")
def candidate_without_its_share(dh_next: Array, kept: GruKept) -> Gradients:
    return _with_candidate(dh_next, dh_next * (1 - kept.parts[2] ** 2), kept)


@_slip("The candidate's gradient has the factor z. Its share in h_next is 1 - z.")
def candidate_with_the_other_share(dh_next: Array, kept: GruKept) -> Gradients:
    _, z, n, _ = kept.parts
    return _with_candidate(dh_next, dh_next * z * (1 - n**2), kept)


# --- the update gate -----------------------------------------------------------------------------------------------


def _with_update(dh_next: Array, da_z: Any, kept: GruKept) -> Gradients:
    da_r, _, da_n = kept.sums(dh_next)
    return kept.from_blocks(dh_next, da_r, da_z, da_n)


@_slip("The update gate's gradient has the wrong sign: h_next = (1 - z) * n + z * h grows with z by h - n.")
def update_gate_negated(dh_next: Array, kept: GruKept) -> Gradients:
    return _with_update(dh_next, -kept.sums(dh_next)[1], kept)


@_slip("The update gate's gradient leaves the candidate out: z stands in (1 - z) * n, too. The factor is h - n.")
def update_gate_without_candidate(dh_next: Array, kept: GruKept) -> Gradients:
    z = kept.parts[1]
    return _with_update(dh_next, dh_next * kept.h * z * (1 - z), kept)


@_slip("The update gate's gradient leaves the old state out: z stands in z * h, too. The factor is h - n.")
def update_gate_without_state(dh_next: Array, kept: GruKept) -> Gradients:
    _, z, n, _ = kept.parts
    return _with_update(dh_next, -dh_next * n * z * (1 - z), kept)


@_slip("In the update gate's gradient n and h were added. (1 - z) * n falls as z grows: the factor is h - n.")
def update_gate_with_the_sum(dh_next: Array, kept: GruKept) -> Gradients:
    _, z, n, _ = kept.parts
    return _with_update(dh_next, dh_next * (kept.h + n) * z * (1 - z), kept)


@_slip("The slope of the update gate's sigmoid is missing: z (1 - z).")
def update_gate_slope_forgotten(dh_next: Array, kept: GruKept) -> Gradients:
    return _with_update(dh_next, dh_next * (kept.h - kept.parts[2]), kept)


@_slip("The update gate was taken for a constant: nothing reaches its block. h_next grows with z by h - n.")
def update_gate_constant(dh_next: Array, kept: GruKept) -> Gradients:
    return _with_update(dh_next, np.zeros_like(kept.h), kept)


# --- the reset gate --------------------------------------------------------------------------------------------------


def _with_reset(dh_next: Array, da_r: Any, kept: GruKept) -> Gradients:
    _, da_z, da_n = kept.sums(dh_next)
    return kept.from_blocks(dh_next, da_r, da_z, da_n)


@_slip(
    "The reset gate's gradient was made with h. That would be right if r met h before the product; here r multiplies "
    "h @ weight_hh + bias_hh of block n, and that is its factor."
)
def reset_gate_meets_the_state(dh_next: Array, kept: GruKept) -> Gradients:
    r = kept.parts[0]
    return _with_reset(dh_next, kept.sums(dh_next)[2] * kept.h * r * (1 - r), kept)


@_slip("The reset gate's gradient leaves bias_hh out: r multiplies h @ weight_hh + bias_hh of block n, bias included.")
def reset_gate_without_bias(dh_next: Array, kept: GruKept) -> Gradients:
    r = kept.parts[0]
    product = kept.h @ np.split(kept.weight_hh, 3, axis=1)[2]
    return _with_reset(dh_next, kept.sums(dh_next)[2] * product * r * (1 - r), kept)


@_slip("The reset gate's gradient was made with the candidate n. r multiplies h @ weight_hh + bias_hh of block n.")
def reset_gate_meets_the_candidate(dh_next: Array, kept: GruKept) -> Gradients:
    r, _, n, _ = kept.parts
    return _with_reset(dh_next, kept.sums(dh_next)[2] * n * r * (1 - r), kept)


@_slip("The reset gate's gradient was made with the input's part of the candidate. r multiplies the state's part.")
def reset_gate_meets_the_input(dh_next: Array, kept: GruKept) -> Gradients:
    r, _, n, b_n = kept.parts
    return _with_reset(dh_next, kept.sums(dh_next)[2] * (np.arctanh(n) - r * b_n) * r * (1 - r), kept)


@_slip(
    "The reset gate's gradient went round the candidate's tanh: r stands inside it, so it gets the gradient of the sum, "
    "with 1 - n² in it."
)
def reset_gate_without_tanh(dh_next: Array, kept: GruKept) -> Gradients:
    r, z, _, b_n = kept.parts
    return _with_reset(dh_next, dh_next * (1 - z) * b_n * r * (1 - r), kept)


@_slip("The slope of the reset gate's sigmoid is missing: r (1 - r).")
def reset_gate_slope_forgotten(dh_next: Array, kept: GruKept) -> Gradients:
    return _with_reset(dh_next, kept.sums(dh_next)[2] * kept.parts[3], kept)


@_slip("The reset gate was taken for a constant: nothing reaches its block. It moves the loss by way of the candidate.")
def reset_gate_constant(dh_next: Array, kept: GruKept) -> Gradients:
    return _with_reset(dh_next, np.zeros_like(kept.h), kept)


@_slip(
    "The slopes of both sigmoids are missing: the weights stand before the gates, whose slopes are r (1 - r) and z (1 - z)."
)
def gate_slopes_forgotten(dh_next: Array, kept: GruKept) -> Gradients:
    _, _, n, b_n = kept.parts
    da_n = kept.sums(dh_next)[2]
    return kept.from_blocks(dh_next, da_n * b_n, dh_next * (kept.h - n), da_n)


@_slip(
    "The gates have the slope of a tanh in your gradients, 1 - r² and 1 - z². They are sigmoids: r (1 - r), z (1 - z)."
)
def gate_slopes_of_a_tanh(dh_next: Array, kept: GruKept) -> Gradients:
    r, z, n, b_n = kept.parts
    da_n = kept.sums(dh_next)[2]
    return kept.from_blocks(dh_next, da_n * b_n * (1 - r**2), dh_next * (kept.h - n) * (1 - z**2), da_n)


# --- from the sums to inputs, states and weights ---------------------------------------------------------------------


@_slip(
    "The state's sum of block n got the same gradient as the input's. It comes into the candidate times r, so the gradient "
    "has r in it: in dh, dweight_hh and dbias_hh."
)
def reset_gate_missing_on_the_state_s_side(dh_next: Array, kept: GruKept) -> Gradients:
    da = np.concatenate(kept.sums(dh_next), axis=1)
    return kept.gradients(da, da, dh_next * kept.parts[1])


@_slip(
    "The input's sum of block n got the reset gate as a factor. r multiplies the state's part alone: dx, dweight_ih and dbias_ih "
    "have no r in it."
)
def reset_gate_on_the_input_s_side(dh_next: Array, kept: GruKept) -> Gradients:
    da_r, da_z, da_n = kept.sums(dh_next)
    db = np.concatenate([da_r, da_z, da_n * kept.parts[0]], axis=1)
    return kept.gradients(db, db, dh_next * kept.parts[1])


@_slip("Your dbias_hh is the same as dbias_ih. In block n they differ: bias_hh is multiplied by the reset gate.")
def dbias_hh_like_dbias_ih(dh_next: Array, kept: GruKept) -> Gradients:
    *others, dbias_ih, _ = _right(dh_next, kept)
    return *others, dbias_ih, dbias_ih.copy()


@_slip("Your dweight_hh lacks the reset gate in block n: the state's part of the candidate comes in times r.")
def dweight_hh_without_reset(dh_next: Array, kept: GruKept) -> Gradients:
    dx, dh, dweight_ih, _, *biases = _right(dh_next, kept)
    return dx, dh, dweight_ih, kept.h.T @ np.concatenate(kept.sums(dh_next), axis=1), *biases


@_slip("Your dweight_hh has the reset gate on h: the gradient of h before the product, where r comes after it.")
def dweight_hh_with_the_reset_state(dh_next: Array, kept: GruKept) -> Gradients:
    dx, dh, dweight_ih, dweight_hh, *biases = _right(dh_next, kept)
    gates = np.split(dweight_hh, 3, axis=1)[:2]
    block = (kept.parts[0] * kept.h).T @ kept.sums(dh_next)[2]
    return dx, dh, dweight_ih, np.concatenate([*gates, block], axis=1), *biases


@_slip("Your dweight_hh was made with the new state. weight_hh met the state before the step: h, not h_next.")
def dweight_hh_with_the_new_state(dh_next: Array, kept: GruKept) -> Gradients:
    r, z, n, _ = kept.parts
    da_r, da_z, da_n = kept.sums(dh_next)
    dx, dh, dweight_ih, _, *biases = _right(dh_next, kept)
    new = (1 - z) * n + z * kept.h
    return dx, dh, dweight_ih, new.T @ np.concatenate([da_r, da_z, da_n * r], axis=1), *biases


@_slip("Your dx was made with weight_hh, so it has the width of h. x met weight_ih.")
def dx_by_the_state_s_weights(dh_next: Array, kept: GruKept) -> Gradients:
    da = np.concatenate(kept.sums(dh_next), axis=1)
    _, *others = _right(dh_next, kept)
    return da @ kept.weight_hh.T, *others


@catalogue.wrong(
    "gru_cell_backward",
    "Your dbias_ih and dbias_hh have changed places. In the blocks of the gates they are alike; in block n the reset gate "
    "stands in dbias_hh.",
)
def dbiases_exchanged(dh_next: Array, cache: Any) -> Gradients:
    *others, dbias_ih, dbias_hh = _right(dh_next, GruKept(*cache))
    return *others, dbias_hh, dbias_ih
