"""ONNX's cases for the chapter `lstm`: its gates stand in another order, and its weights transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx_case import Arrays, Operator
from onnx_cases.recurrent import TWO_LAYERS, as_onnx, as_ours, blocks

from solutions import lstm

_LSTM = (0, 2, 3, 1)  # ONNX has i, o, f, c
_GRU = (1, 0, 2)  # ONNX has z, r, h
_RESET_BEFORE = "its reset gate is applied before the product with the state, not after it as in cuDNN"


def _lstm(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    x, weight_ih, weight_hh, *rest = inputs
    x, batch_first, backwards = as_ours(x, attributes)
    units = weight_hh.shape[2]
    bias = sum(np.split(rest[0], 2, axis=1)) if rest else np.zeros((1, 4 * units), x.dtype)
    zeros = np.zeros((x.shape[1], units), x.dtype)
    weights = blocks(weight_ih, _LSTM), blocks(weight_hh, _LSTM), blocks(bias[..., None], _LSTM)[0]
    hs, _ = lstm.lstm_forward(x, zeros, zeros, *weights)
    h, c = zeros, zeros
    for step in x:
        h, c, _ = lstm.lstm_cell_forward(step, h, c, *weights)
    return [*as_onnx(hs, batch_first, backwards), c[None]]


def _gru(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    x, weight_ih, weight_hh, *rest = inputs
    x, batch_first, backwards = as_ours(x, attributes)
    units = weight_hh.shape[2]
    both = np.split(rest[0], 2, axis=1) if rest else [np.zeros((1, 3 * units), x.dtype)] * 2
    weights = [blocks(weight, _GRU) for weight in (weight_ih, weight_hh)]
    biases = [blocks(bias[..., None], _GRU)[0] for bias in both]
    hs, _ = lstm.gru_forward(x, np.zeros((x.shape[1], units), x.dtype), *weights, *biases)
    return as_onnx(hs, batch_first, backwards)


OPERATORS = {
    "LSTM": Operator(
        _lstm,
        applied=(
            "test_lstm_batchwise",
            "test_lstm_defaults",
            "test_lstm_reverse",
            "test_lstm_with_initial_bias",
        ),
        left_out={
            "test_lstm_bidirectional": TWO_LAYERS,
            "test_lstm_with_peepholes": "its gates look at the cell state; those of the contract do not",
        },
    ),
    "GRU": Operator(
        _gru,
        applied=("test_gru_batchwise", "test_gru_defaults", "test_gru_reverse", "test_gru_with_initial_bias"),
        left_out={
            "test_gru_bidirectional": TWO_LAYERS,
            "test_gru_seq_length": _RESET_BEFORE,
        },
    ),
}
