"""ONNX's cases for the chapter `recurrent`, and what those of all recurrent operators share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx_case import Arrays, Operator, require_nothing_left

from solutions import recurrent

TWO_LAYERS = "it runs two layers at once, one for each direction; a layer here reads in one direction"


def as_ours(x: np.ndarray, attributes: dict[str, Any]) -> tuple[np.ndarray, bool, bool]:
    """The sequence time first and in reading order; whether the batch came first, and whether it was read backwards."""
    batch_first, backwards = attributes.pop("layout", 0) == 1, attributes.pop("direction", b"forward") == b"reverse"
    attributes.pop("hidden_size")  # the weights show it
    require_nothing_left(attributes)
    x = x.swapaxes(0, 1) if batch_first else x
    return (x[::-1] if backwards else x), batch_first, backwards


def as_onnx(hs: np.ndarray, batch_first: bool, backwards: bool) -> list[np.ndarray]:
    """Y and Y_h, with an axis for the one direction."""
    every, last = (hs[::-1] if backwards else hs)[:, None], hs[-1][None]
    return [every.transpose(2, 0, 1, 3), last.swapaxes(0, 1)] if batch_first else [every, last]


def blocks(weight: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """ONNX's (1, blocks * H, D), transposed as a product `x @ weight` wants it, with its blocks in another order."""
    parts = np.split(weight[0], len(order))
    return np.concatenate([parts[position] for position in order]).T


def _rnn(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    x, weight_ih, weight_hh, *rest = inputs
    x, batch_first, backwards = as_ours(x, attributes)
    units = weight_hh.shape[2]
    bias = sum(np.split(rest[0][0], 2)) if rest else np.zeros(units, x.dtype)
    h0 = np.zeros((x.shape[1], units), x.dtype)
    hs, _ = recurrent.rnn_forward(x, h0, blocks(weight_ih, [0]), blocks(weight_hh, [0]), bias)
    return as_onnx(hs, batch_first, backwards)


def _gather(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """Slices of an array along one axis are rows of a table, once that axis is first and the others are one."""
    data, indices = inputs
    axis = attributes.pop("axis")
    require_nothing_left(attributes)
    slices = np.moveaxis(data, axis, 0)
    rows, _ = recurrent.embedding_forward(indices, slices.reshape(len(slices), -1))
    out = rows.reshape(*indices.shape, *slices.shape[1:])
    taken = range(indices.ndim)
    return [np.moveaxis(out, taken, [axis + place for place in taken])]


OPERATORS = {
    "RNN": Operator(
        _rnn,
        applied=(
            "test_rnn_seq_length",
            "test_simple_rnn_batchwise",
            "test_simple_rnn_defaults",
            "test_simple_rnn_reverse",
            "test_simple_rnn_with_initial_bias",
        ),
        left_out={"test_simple_rnn_bidirectional": TWO_LAYERS},
    ),
    "Gather": Operator(
        _gather,
        applied=("test_gather_0", "test_gather_1", "test_gather_2d_indices"),
        left_out={"test_gather_negative_indices": "it counts from the end; a token is the number of a row"},
    ),
}
