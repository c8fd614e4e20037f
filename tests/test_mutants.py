"""Slips in the right answers are refused, listed or not. What stays right in spite of its slip is listed, with why."""

from __future__ import annotations

import warnings

import pytest
from judging import judge
from mutants import Mutant, mutants

from autograder import registry

# (function, change without its line) -> why the changed code still keeps the contract
_EQUALLY_LONG = "what is zipped is equally long, whatever the arguments"
_COPY = "a copy that is not needed costs time alone"
_SPREAD = "zeros for one example are spread over all by the first sum"
_SHIFTED = "logits - logits.max(axis=-1, keepdims=True)"
_SHIFT = "a softmax takes no notice of what is added to all its logits, and those of this model stay small"
STILL_RIGHT: dict[tuple[str, str], str] = {
    ("conv2d_im2col_forward", "True -> False"): _EQUALLY_LONG,
    ("conv2d_im2col_backward", "True -> False"): _EQUALLY_LONG,
    ("slide", "True -> False"): _EQUALLY_LONG,
    ("_fit_transposed", "True -> False"): _EQUALLY_LONG,
    ("seen", "True -> False"): _EQUALLY_LONG,
    ("_fit", "True -> False"): _EQUALLY_LONG,
    ("_floating", "1.0 -> 2.0"): "only the type of the number is asked for",
    ("_mask", "rng.random(shape) >= p -> rng.random(shape) > p"): "a draw is p itself once in 2**53",
    ("lstm_forward", "False -> True"): _COPY,
    ("gru_forward", "False -> True"): _COPY,
    ("lstm_backward", "dhs.shape[1:] -> dhs.shape[2:]"): _SPREAD,
    ("gru_backward", "dhs.shape[1:] -> dhs.shape[2:]"): _SPREAD,
    ("_blocks", "-1 -> -2"): "NumPy takes any length below 0 for the one that is left",
    ("sgd_step", "True -> False"): _EQUALLY_LONG,
    ("adam_step", "True -> False"): _EQUALLY_LONG,
    ("forward", f"{_SHIFTED} -> logits + logits.max(axis=-1, keepdims=True)"): _SHIFT,
    ("forward", f"{_SHIFTED} -> logits * 1"): _SHIFT,
    ("forward", "logits.max -> logits.min"): _SHIFT,
    ("sample", "logits - logits.max() -> logits + logits.max()"): _SHIFT,
    ("sample", "logits - logits.max() -> logits * 1"): _SHIFT,
    ("sample", "logits.max -> logits.min"): _SHIFT,
    ("clip_grad_norm", "norm > max_norm -> norm >= max_norm"): "a norm that is the limit itself gives the factor 1",
}


def _key(mutant: Mutant) -> tuple[str, str]:
    return mutant.function, mutant.change.split(", ", 1)[1]


def _refused(mutant: Mutant) -> bool:
    """Whether some exercise of the chapter fails, untrained; a slip in a helper shows in those that use it."""
    names = [mutant.function] if mutant.function in registry.exercises(mutant.chapter) else []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return any(
            not judge(name, mutant.functions, long=False).passed for name in names or registry.exercises(mutant.chapter)
        )


@pytest.mark.parametrize("chapter", registry.CHAPTERS)
def test_slips_are_refused(chapter: str, tally) -> None:
    accepted = []
    for mutant in mutants(chapter):
        if _key(mutant) in STILL_RIGHT:
            assert not _refused(mutant), f"listed as still right, and yet refused: {mutant}"
            continue
        refused = _refused(mutant)
        tally("slips put into right answers refused", refused)
        if not refused:
            accepted.append(str(mutant))
    assert accepted == []
