"""The weights of an LSTM and a GRU as other frameworks keep them, and back.

Four things differ: whether a matrix has a row or a column for each input, how many biases there are, in which order
the gates' blocks stand, and where the reset gate of a GRU acts. The last two do not show in any shape. Every GRU here
is the one of cuDNN, whose reset gate works on `h @ weight_hh + bias_hh`: PyTorch's only one, Keras' `reset_after=True`,
ONNX's with `linear_before_reset=1`, Flax's `GRUCell`.

Each framework has four functions, `lstm_to_…`, `lstm_from_…`, `gru_to_…`, `gru_from_…`. Ours take or give the arguments
of `lstm_forward` (weight_ih (D, 4H), weight_hh (H, 4H), bias (4H,)) or `gru_forward` (weight_ih (D, 3H), weight_hh
(H, 3H), bias_ih (3H,), bias_hh (3H,)); the other side has the framework's own names and containers.

Sources: the documentation of torch.nn.LSTM and torch.nn.GRU; keras.layers.LSTM and keras.layers.GRU; the operators LSTM
and GRU of ONNX; flax.linen.LSTMCell and flax.linen.GRUCell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

Array = np.ndarray

# One letter a gate, named as in this book: g and n are the candidates, which Keras and ONNX call c and h.
LSTM_ORDERS = {"this book": "ifgo", "PyTorch": "ifgo", "Keras": "ifgo", "ONNX": "iofg", "Flax": "ifgo"}
GRU_ORDERS = {"this book": "rzn", "PyTorch": "rzn", "Keras": "zrn", "ONNX": "zrn", "Flax": "rzn"}


def reordered(columns: Array, order: str, new_order: str) -> Array:
    """The blocks along the last axis, which stand in one order, in another: `reordered(weight, "ifgo", "iofg")`."""
    if sorted(order) != sorted(new_order):
        raise ValueError(f"{order} and {new_order} do not name the same gates")
    if columns.shape[-1] % len(order):
        raise ValueError(f"{columns.shape[-1]} columns cannot be cut into {len(order)} blocks of one width")
    blocks = dict(zip(order, np.split(columns, len(order), axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in new_order], axis=-1)


# --- PyTorch: the same order; a row for each column of ours; two biases -----------------------------------------------


def lstm_to_pytorch(weight_ih: Array, weight_hh: Array, bias: Array) -> dict[str, Array]:
    """As `torch.nn.LSTM.state_dict()` names them. The second bias is zero: only the sum of the two counts."""
    return _named(weight_ih.T, weight_hh.T, bias, np.zeros_like(bias))


def lstm_from_pytorch(state: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    weight_ih, weight_hh, bias_ih, bias_hh = (state[name] for name in _PYTORCH)
    return weight_ih.T, weight_hh.T, bias_ih + bias_hh


def gru_to_pytorch(weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array) -> dict[str, Array]:
    """As `torch.nn.GRU.state_dict()` names them."""
    return _named(weight_ih.T, weight_hh.T, bias_ih, bias_hh)


def gru_from_pytorch(state: Mapping[str, Array]) -> tuple[Array, Array, Array, Array]:
    weight_ih, weight_hh, bias_ih, bias_hh = (state[name] for name in _PYTORCH)
    return weight_ih.T, weight_hh.T, bias_ih, bias_hh


_PYTORCH = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def _named(*arrays: Array) -> dict[str, Array]:
    return dict(zip(_PYTORCH, arrays, strict=True))


# --- Keras: a column for each column of ours; the GRU's update gate first, its biases two rows of one array -----------


def lstm_to_keras(weight_ih: Array, weight_hh: Array, bias: Array) -> list[Array]:
    """As `keras.layers.LSTM.get_weights()` lists them: kernel, recurrent_kernel, bias; blocks i, f, c, o."""
    return [weight_ih, weight_hh, bias]


def lstm_from_keras(weights: Sequence[Array]) -> tuple[Array, Array, Array]:
    kernel, recurrent_kernel, bias = weights
    return kernel, recurrent_kernel, bias


def gru_to_keras(weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array) -> list[Array]:
    """As `keras.layers.GRU(reset_after=True).get_weights()` lists them: kernel, recurrent_kernel, bias (2, 3H)."""
    return [reordered(array, "rzn", "zrn") for array in (weight_ih, weight_hh, np.stack([bias_ih, bias_hh]))]


def gru_from_keras(weights: Sequence[Array]) -> tuple[Array, Array, Array, Array]:
    kernel, recurrent_kernel, bias = (reordered(array, "zrn", "rzn") for array in weights)
    if bias.ndim != 2:
        raise ValueError("bias has no two rows: a GRU with reset_after=False is another function, not other weights")
    return kernel, recurrent_kernel, *bias


# --- ONNX: a row for each column of ours, an axis for the directions; i o f c and z r h; both biases in one row -------


def lstm_to_onnx(weight_ih: Array, weight_hh: Array, bias: Array) -> tuple[Array, Array, Array]:
    """W (1, 4H, D), R (1, 4H, H) and B (1, 8H) of the operator LSTM in one direction."""
    weight_ih, weight_hh, bias = (reordered(array, "ifgo", "iofg") for array in (weight_ih, weight_hh, bias))
    return weight_ih.T[None], weight_hh.T[None], np.concatenate([bias, np.zeros_like(bias)])[None]


def lstm_from_onnx(w: Array, r: Array, b: Array) -> tuple[Array, Array, Array]:
    parts = (_one_direction(w).T, _one_direction(r).T, sum(np.split(_one_direction(b), 2)))
    weight_ih, weight_hh, bias = (reordered(array, "iofg", "ifgo") for array in parts)
    return weight_ih, weight_hh, bias


def gru_to_onnx(weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array) -> tuple[Array, Array, Array]:
    """W (1, 3H, D), R (1, 3H, H) and B (1, 6H) of the operator GRU in one direction, with linear_before_reset=1."""
    arrays = (weight_ih, weight_hh, bias_ih, bias_hh)
    weight_ih, weight_hh, bias_ih, bias_hh = (reordered(array, "rzn", "zrn") for array in arrays)
    return weight_ih.T[None], weight_hh.T[None], np.concatenate([bias_ih, bias_hh])[None]


def gru_from_onnx(w: Array, r: Array, b: Array) -> tuple[Array, Array, Array, Array]:
    arrays = (_one_direction(w).T, _one_direction(r).T, *np.split(_one_direction(b), 2))
    weight_ih, weight_hh, bias_ih, bias_hh = (reordered(array, "zrn", "rzn") for array in arrays)
    return weight_ih, weight_hh, bias_ih, bias_hh


def _one_direction(array: Array) -> Array:
    if len(array) != 1:
        raise ValueError(f"these are the weights of {len(array)} directions; convert one at a time, as array[:1]")
    return array[0]


# --- Flax: a dense layer for each block, "ii" from the input and "hi" from the state; biases only where needed --------


def lstm_to_flax(weight_ih: Array, weight_hh: Array, bias: Array) -> dict[str, dict[str, Array]]:
    """As `flax.linen.LSTMCell.init` nests them under "params"."""
    cut = [np.split(array, 4, axis=-1) for array in (weight_ih, weight_hh, bias)]
    params = {}
    for gate, kernel, recurrent_kernel, of_gate in zip("ifgo", *cut, strict=True):
        params["i" + gate] = {"kernel": kernel}
        params["h" + gate] = {"kernel": recurrent_kernel, "bias": of_gate}
    return params


def lstm_from_flax(params: Mapping[str, Mapping[str, Array]]) -> tuple[Array, Array, Array]:
    return (
        _joined(params, "i", "ifgo", "kernel"),
        _joined(params, "h", "ifgo", "kernel"),
        _joined(params, "h", "ifgo", "bias"),
    )


def gru_to_flax(weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array) -> dict[str, dict[str, Array]]:
    """As `flax.linen.GRUCell.init` nests them under "params". Only the candidate needs both of its biases."""
    cut = [np.split(array, 3, axis=-1) for array in (weight_ih, weight_hh, bias_ih, bias_hh)]
    params = {}
    for gate, kernel, recurrent_kernel, of_input, of_state in zip("rzn", *cut, strict=True):
        candidate = gate == "n"
        params["i" + gate] = {"kernel": kernel, "bias": of_input if candidate else of_input + of_state}
        params["h" + gate] = {"kernel": recurrent_kernel} | ({"bias": of_state} if candidate else {})
    return params


def gru_from_flax(params: Mapping[str, Mapping[str, Array]]) -> tuple[Array, Array, Array, Array]:
    of_candidate = params["hn"]["bias"]
    bias_hh = np.concatenate([np.zeros_like(of_candidate), np.zeros_like(of_candidate), of_candidate])
    weight_ih, weight_hh = (_joined(params, side, "rzn", "kernel") for side in "ih")
    return weight_ih, weight_hh, _joined(params, "i", "rzn", "bias"), bias_hh


def _joined(params: Mapping[str, Mapping[str, Array]], side: str, gates: str, name: str) -> Array:
    return np.concatenate([params[side + gate][name] for gate in gates], axis=-1)
