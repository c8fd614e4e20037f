"""Known wrong answers of the chapter `lstm`, continued: the gates' blocks in another order.

All orders there are, where the blocks are read; where gradients are put together, those that somebody might think of.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.lstm_parts import (
    GRU,
    LSTM,
    Array,
    GruKept,
    GruStep,
    LstmKept,
    LstmStep,
    enter_backward,
    enter_forward,
)

catalogue = Catalogue()

_LSTM_ORDER, _GRU_ORDER = "ifgo", "rzn"

# Whoever copied code or weights from there will want to know.
_HOMES = {
    "iofg": "ONNX's order",
    "ifog": "the order of the Stanford course CS231n",
    "igfo": "the order of TensorFlow's first LSTM",
    "zrn": "the order of Keras and ONNX",
}


def _listed(order: str) -> str:
    home = f", which is {_HOMES[order]}" if order in _HOMES else ""
    return ", ".join(order) + home


def _moved(order: str, right: str) -> list[str]:
    return [gate for gate, belongs in zip(order, right, strict=True) if gate != belongs]


def _taken(order: str, right: str) -> str:
    """If only two gates have changed places, that may as well have happened in a formula."""
    moved = _moved(order, right)
    otherwise = (
        f" If you cut them so, then {moved[0]} and {moved[1]} are mixed up in a formula." if len(moved) == 2 else ""
    )
    return f"You used the order {_listed(order)}. The blocks stand in the order {', '.join(right)}.{otherwise}"


def _put(order: str, right: str) -> str:
    return (
        f"You put the gradients of the blocks together in the order {_listed(order)}. They belong in the order of the "
        f"weights' columns, {', '.join(right)}."
    )


def _as_read(order: str, right: str, blocks: Sequence[Any]) -> Any:
    """The sums as somebody sees them who reads the blocks in another order."""
    return np.concatenate([blocks[order.index(gate)] for gate in right], axis=1)


def _as_written(order: str, right: str, blocks: Sequence[Any]) -> Any:
    return np.concatenate([blocks[right.index(gate)] for gate in order], axis=1)


def _enter_lstm(order: str) -> None:
    def forward(step: LstmStep) -> tuple[Any, Any]:
        return step.result(_as_read(order, _LSTM_ORDER, step.cut(step.sums)))

    def backward(dh_next: Array, dc_next: Array, kept: LstmKept) -> tuple[Any, ...]:
        dc_total = kept.into_cell(dh_next, dc_next)
        da = _as_written(order, _LSTM_ORDER, kept.sums(dh_next, dc_total))
        return kept.gradients(da, dc_total * kept.cut()[1])

    enter_forward(catalogue, LSTM, f"order_{order}", _taken(order, _LSTM_ORDER), forward)
    if order in _HOMES or len(_moved(order, _LSTM_ORDER)) == 2:
        enter_backward(catalogue, LSTM, f"order_{order}", _put(order, _LSTM_ORDER), backward)


def _enter_gru(order: str) -> None:
    def forward(step: GruStep) -> tuple[Any]:
        of_input, of_state = step.cut(step.of_input), step.cut(step.of_state)
        return step.result(_as_read(order, _GRU_ORDER, of_input), _as_read(order, _GRU_ORDER, of_state))

    def backward(dh_next: Array, kept: GruKept) -> tuple[Any, ...]:
        r, z, _, _ = kept.parts
        da_r, da_z, da_n = kept.sums(dh_next)
        da = _as_written(order, _GRU_ORDER, (da_r, da_z, da_n))
        return kept.gradients(da, _as_written(order, _GRU_ORDER, (da_r, da_z, da_n * r)), dh_next * z)

    enter_forward(catalogue, GRU, f"order_{order}", _taken(order, _GRU_ORDER), forward)
    enter_backward(catalogue, GRU, f"order_{order}", _put(order, _GRU_ORDER), backward)


for _letters in list(permutations(_LSTM_ORDER))[1:]:
    _enter_lstm("".join(_letters))
for _letters in list(permutations(_GRU_ORDER))[1:]:
    _enter_gru("".join(_letters))
