"""Weights converted for other frameworks: ONNX's evaluator and the equations of each documentation give our states."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from complex_step import assert_near
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from solutions.lstm import gru_forward, lstm_forward

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))
import gate_orders

FRAMEWORKS = ("pytorch", "keras", "onnx", "flax")
STEPS, EXAMPLES, INPUTS, UNITS = 4, 3, 2, 5


def drawn(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(20_261_128)
    return [rng.standard_normal(shape) for shape in shapes]


def sequence_and_states() -> list[np.ndarray]:
    return drawn((STEPS, EXAMPLES, INPUTS), (EXAMPLES, UNITS), (EXAMPLES, UNITS))


def weights(layer: str) -> list[np.ndarray]:
    columns, biases = (4 * UNITS, 1) if layer == "lstm" else (3 * UNITS, 2)
    return drawn((INPUTS, columns), (UNITS, columns), *[(columns,)] * biases)


def converted(layer: str, framework: str, *arguments):
    return getattr(gate_orders, f"{layer}_to_{framework}")(*arguments)


def returned(layer: str, framework: str, kept):
    back = getattr(gate_orders, f"{layer}_from_{framework}")
    return back(*kept) if framework == "onnx" else back(kept)


# --- ONNX ----------------------------------------------------------------------------------------------------------


def onnx_run(operator: str, arrays: dict[str, np.ndarray], **attributes: int) -> np.ndarray:
    """Y of one node, by ONNX's own evaluator, without the axis of the one direction."""
    node = helper.make_node(operator, list(arrays), ["Y"], hidden_size=UNITS, **attributes)
    given = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, array.shape) for name, array in arrays.items() if name
    ]
    asked = helper.make_tensor_value_info("Y", TensorProto.DOUBLE, None)
    model = helper.make_model(helper.make_graph([node], "one node", given, [asked]))
    (y,) = ReferenceEvaluator(model).run(["Y"], {name: array for name, array in arrays.items() if name})
    return y[:, 0]


def test_onnx_reads_our_lstm() -> None:
    x, h0, c0 = sequence_and_states()
    w, r, b = converted("lstm", "onnx", *weights("lstm"))
    absent = np.empty(0)
    states = {"": absent, "initial_h": h0[None], "initial_c": c0[None]}
    assert_near(
        onnx_run("LSTM", {"X": x, "W": w, "R": r, "B": b, **states}), lstm_forward(x, h0, c0, *weights("lstm"))[0]
    )


def test_onnx_reads_our_gru() -> None:
    x, h0, _ = sequence_and_states()
    w, r, b = converted("gru", "onnx", *weights("gru"))
    given = {"X": x, "W": w, "R": r, "B": b, "": np.empty(0), "initial_h": h0[None]}
    assert_near(onnx_run("GRU", given, linear_before_reset=1), gru_forward(x, h0, *weights("gru"))[0])
    before = onnx_run("GRU", given, linear_before_reset=0)
    assert np.abs(before - gru_forward(x, h0, *weights("gru"))[0]).max() > 0.01


# --- the equations of each documentation ---------------------------------------------------------------------------


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def pytorch_lstm(x, h, c, state):
    """torch.nn.LSTM: (W_ii|W_if|W_ig|W_io) are rows of weight_ih_l0."""
    a = state["weight_ih_l0"] @ x + state["bias_ih_l0"] + state["weight_hh_l0"] @ h + state["bias_hh_l0"]
    i, f, g, o = np.split(a, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def pytorch_gru(x, h, _, state):
    """torch.nn.GRU: (W_ir|W_iz|W_in) are rows of weight_ih_l0."""
    i_r, i_z, i_n = np.split(state["weight_ih_l0"] @ x + state["bias_ih_l0"], 3)
    h_r, h_z, h_n = np.split(state["weight_hh_l0"] @ h + state["bias_hh_l0"], 3)
    z = sigmoid(i_z + h_z)
    return (1 - z) * np.tanh(i_n + sigmoid(i_r + h_r) * h_n) + z * h, None


def keras_lstm(x, h, c, layer):
    """keras.layers.LSTM: z0, z1, z2, z3 are i, f, c, o."""
    kernel, recurrent_kernel, bias = layer
    z0, z1, z2, z3 = np.split(x @ kernel + h @ recurrent_kernel + bias, 4)
    c = sigmoid(z1) * c + sigmoid(z0) * np.tanh(z2)
    return sigmoid(z3) * np.tanh(c), c


def keras_gru(x, h, _, layer):
    """keras.layers.GRU with reset_after=True: the blocks are z, r, h; the rows of bias are input's and state's."""
    kernel, recurrent_kernel, (input_bias, recurrent_bias) = layer
    x_z, x_r, x_h = np.split(x @ kernel + input_bias, 3)
    recurrent_z, recurrent_r, recurrent_h = np.split(h @ recurrent_kernel + recurrent_bias, 3)
    z = sigmoid(x_z + recurrent_z)
    return z * h + (1 - z) * np.tanh(x_h + sigmoid(x_r + recurrent_r) * recurrent_h), None


def onnx_lstm(x, h, c, kept):
    (w,), (r,), (b,) = kept
    i, o, f, g = np.split(w @ x + r @ h + b[: 4 * UNITS] + b[4 * UNITS :], 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def onnx_gru(x, h, _, kept):
    (w,), (r,), (b,) = kept
    (w_z, w_r, w_h), (r_z, r_r, r_h) = np.split(w @ x + b[: 3 * UNITS], 3), np.split(r @ h + b[3 * UNITS :], 3)
    z = sigmoid(w_z + r_z)
    return (1 - z) * np.tanh(w_h + sigmoid(w_r + r_r) * r_h) + z * h, None


def dense(layer, inputs):
    return inputs @ layer["kernel"] + layer.get("bias", 0)


def flax_lstm(x, h, c, params):
    i, f, g, o = (dense(params["i" + gate], x) + dense(params["h" + gate], h) for gate in "ifgo")
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def flax_gru(x, h, _, params):
    r, z = (sigmoid(dense(params["i" + gate], x) + dense(params["h" + gate], h)) for gate in "rz")
    n = np.tanh(dense(params["in"], x) + r * dense(params["hn"], h))
    return (1 - z) * n + z * h, None


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("layer", ["lstm", "gru"])
def test_each_framework_s_own_equations_give_our_states(layer: str, framework: str) -> None:
    x, h0, c0 = sequence_and_states()
    step = globals()[f"{framework}_{layer}"]
    kept = converted(layer, framework, *weights(layer))
    hs, _ = lstm_forward(x, h0, c0, *weights(layer)) if layer == "lstm" else gru_forward(x, h0, *weights(layer))
    for n in range(EXAMPLES):
        h, c = h0[n], c0[n]
        for t in range(STEPS):
            h, c = step(x[t, n], h, c, kept)
            assert_near(h, hs[t, n])


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("layer", ["lstm", "gru"])
def test_what_comes_back_computes_the_same(layer: str, framework: str) -> None:
    x, h0, c0 = sequence_and_states()
    given = weights(layer)
    back = returned(layer, framework, converted(layer, framework, *given))
    assert [array.shape for array in back] == [array.shape for array in given]
    if layer == "lstm":
        assert_near(lstm_forward(x, h0, c0, *back)[0], lstm_forward(x, h0, c0, *given)[0])
    else:
        assert_near(gru_forward(x, h0, *back)[0], gru_forward(x, h0, *given)[0])


def test_a_second_bias_of_another_framework_is_not_lost() -> None:
    """Ours give zeros for it, so it takes weights of others to see it."""
    weight_ih, weight_hh, bias = weights("lstm")
    state = converted("lstm", "pytorch", weight_ih, weight_hh, bias)
    assert_near(gate_orders.lstm_from_pytorch(state | {"bias_hh_l0": 2 * bias})[2], 3 * bias)
    w, r, b = converted("lstm", "onnx", weight_ih, weight_hh, bias)
    twice = np.concatenate([b[:, : 4 * UNITS], 2 * b[:, : 4 * UNITS]], axis=1)
    assert_near(gate_orders.lstm_from_onnx(w, r, twice)[2], 3 * bias)


def test_the_orders_in_the_table_are_those_that_the_converters_use() -> None:
    names = {"pytorch": "PyTorch", "keras": "Keras", "onnx": "ONNX", "flax": "Flax"}
    for framework, name in names.items():
        for layer, ours, orders in (("lstm", "ifgo", gate_orders.LSTM_ORDERS), ("gru", "rzn", gate_orders.GRU_ORDERS)):
            marks = np.repeat(np.arange(len(ours)), UNITS).astype(float)
            kept = converted(layer, framework, np.tile(marks, (INPUTS, 1)), *weights(layer)[1:])
            first = next(iter(kept.values())) if isinstance(kept, dict) else kept[0]
            if framework == "flax":
                found = "".join(ours[int(kept["i" + gate]["kernel"][0, 0])] for gate in orders[name])
            else:
                along = first if framework == "keras" else np.swapaxes(first, -1, -2)
                found = "".join(ours[int(mark)] for mark in along.reshape(-1, along.shape[-1])[0, ::UNITS])
            assert found == orders[name]


# --- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "order", "new_order", "says"),
    [
        (8, "ifgo", "ifgz", "ifgo and ifgz do not name the same gates"),
        (9, "ifgo", "iofg", "9 columns cannot be cut into 4 blocks"),
    ],
)
def test_orders_that_do_not_fit_are_refused(columns: int, order: str, new_order: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        gate_orders.reordered(np.zeros((2, columns)), order, new_order)


def test_weights_of_another_function_are_refused() -> None:
    kernel, recurrent_kernel, bias = converted("gru", "keras", *weights("gru"))
    with pytest.raises(ValueError, match="reset_after=False is another function"):
        gate_orders.gru_from_keras([kernel, recurrent_kernel, bias[0]])
    w, r, b = converted("lstm", "onnx", *weights("lstm"))
    with pytest.raises(ValueError, match="weights of 2 directions"):
        gate_orders.lstm_from_onnx(np.concatenate([w, w]), r, b)
