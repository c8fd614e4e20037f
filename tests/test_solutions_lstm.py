"""The reference LSTM and GRU, held to derivatives, closed forms, the cell unrolled and memory layouts."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from complex_step import assert_near, gradients
from hypothesis import given
from hypothesis import strategies as st
from layouts import layouts, normal

from solutions.lstm import (
    gru_backward,
    gru_cell_backward,
    gru_cell_forward,
    gru_forward,
    lstm_backward,
    lstm_cell_backward,
    lstm_cell_forward,
    lstm_forward,
)

sizes = st.integers(1, 3)
steps = st.integers(0, 4)
dtypes = st.sampled_from(["float64", "float32"])
seeds = st.integers(0, 2**32 - 1)
arrivals = st.sampled_from(["everywhere", "at the end", "at some steps"])


def drawn(seed, shapes, dtype="float64"):
    return [normal(seed + i, shape, dtype) for i, shape in enumerate(shapes)]


def lstm_arguments(seed, steps, examples, inputs, units, dtype="float64"):
    """x, h0, c0, weight_ih, weight_hh, bias."""
    state, blocks = (examples, units), 4 * units
    return drawn(seed, [(steps, examples, inputs), state, state, (inputs, blocks), (units, blocks), (blocks,)], dtype)


def gru_arguments(seed, steps, examples, inputs, units, dtype="float64"):
    """x, h0, weight_ih, weight_hh, bias_ih, bias_hh."""
    blocks = 3 * units
    weights = [(inputs, blocks), (units, blocks), (blocks,), (blocks,)]
    return drawn(seed, [(steps, examples, inputs), (examples, units), *weights], dtype)


LAYERS = {"lstm": (lstm_arguments, lstm_forward, lstm_backward), "gru": (gru_arguments, gru_forward, gru_backward)}


def arriving(seed, shape, where):
    """Upstream gradients at every step, at the last alone, or at every other."""
    dhs = normal(seed, shape)
    if where == "at the end":
        dhs[:-1] = 0
    elif where == "at some steps":
        dhs[::2] = 0
    return dhs


# --- by hand -------------------------------------------------------------------------------------------------------


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def test_the_gates_of_an_lstm_stand_in_the_order_i_f_g_o() -> None:
    bias = np.array([1.0, 2.0, 3.0, 4.0])
    h_next, c_next, _ = lstm_cell_forward(
        np.zeros((1, 1)), np.zeros((1, 1)), np.array([[5.0]]), np.zeros((1, 4)), np.zeros((1, 4)), bias
    )
    expected = sigmoid(2) * 5 + sigmoid(1) * math.tanh(3)
    assert_near(c_next, np.array([[expected]]))
    assert_near(h_next, np.array([[sigmoid(4) * math.tanh(expected)]]))


def test_the_reset_gate_of_a_gru_works_on_the_product_with_its_bias() -> None:
    weight_ih, weight_hh = np.array([[0.1, 0.2, 0.3]]), np.array([[0.4, 0.5, 0.6]])
    bias_ih, bias_hh = np.array([0.01, 0.02, 0.03]), np.array([0.04, 0.05, 0.06])
    h_next, _ = gru_cell_forward(np.array([[2.0]]), np.array([[-1.0]]), weight_ih, weight_hh, bias_ih, bias_hh)
    r = sigmoid(0.2 + 0.01 - 0.4 + 0.04)
    z = sigmoid(0.4 + 0.02 - 0.5 + 0.05)
    n = math.tanh(0.6 + 0.03 + r * (-0.6 + 0.06))
    assert_near(h_next, np.array([[(1 - z) * n - z]]))


def test_an_open_forget_gate_carries_state_and_gradient_unchanged_over_any_distance() -> None:
    distance = 200
    bias = np.array([-40.0, 40.0, 0.0, 40.0])
    nothing = np.zeros((1, 4))
    hs, cache = lstm_forward(np.zeros((distance, 1, 1)), np.zeros((1, 1)), np.array([[0.3]]), nothing, nothing, bias)
    assert_near(hs, np.full_like(hs, math.tanh(0.3)))
    dhs = np.zeros_like(hs)
    dhs[-1] = 1
    _, dh0, dc0, *_ = lstm_backward(dhs, cache)
    assert_near(dc0, np.array([[1 - math.tanh(0.3) ** 2]]))
    assert dh0 == 0


# --- derivatives ---------------------------------------------------------------------------------------------------


@given(seeds, sizes, sizes, sizes, st.sampled_from([(1, 1), (1, 0), (0, 1)]))
def test_gradients_of_an_lstm_step_are_the_complex_step_s_by_both_ways(seed, examples, inputs, units, ways) -> None:
    x, *rest = lstm_arguments(seed, 1, examples, inputs, units)
    arguments = [x[0], *rest]
    dh, dc = (way * normal(seed + 9 + i, (examples, units)) for i, way in enumerate(ways))
    _, _, cache = lstm_cell_forward(*arguments)
    expected = gradients(
        lambda *each: np.stack(lstm_cell_forward(*each)[:2]),
        arguments,
        np.stack([dh, dc]),
    )
    for got, right in zip(lstm_cell_backward(dh, dc, cache), expected, strict=True):
        assert_near(got, right)


@given(seeds, sizes, sizes, sizes)
def test_gradients_of_a_gru_step_are_the_complex_step_s(seed, examples, inputs, units) -> None:
    x, *rest = gru_arguments(seed, 1, examples, inputs, units)
    arguments = [x[0], *rest]
    dh = normal(seed + 9, (examples, units))
    _, cache = gru_cell_forward(*arguments)
    expected = gradients(lambda *each: gru_cell_forward(*each)[0], arguments, dh)
    for got, right in zip(gru_cell_backward(dh, cache), expected, strict=True):
        assert_near(got, right)


@pytest.mark.parametrize("layer", LAYERS)
@given(seed=seeds, steps=steps, examples=sizes, inputs=sizes, units=sizes, where=arrivals)
def test_gradients_of_a_sequence_are_the_complex_step_s(layer, seed, steps, examples, inputs, units, where) -> None:
    arguments_of, forward, backward = LAYERS[layer]
    arguments = arguments_of(seed, steps, examples, inputs, units)
    hs, cache = forward(*arguments)
    dhs = arriving(seed + 9, hs.shape, where)
    expected = gradients(lambda *each: forward(*each)[0], arguments, dhs)
    for got, right in zip(backward(dhs, cache), expected, strict=True):
        assert_near(got, right)


@given(seeds, steps, sizes, sizes, sizes)
def test_a_sequence_is_the_cell_unrolled(seed, steps, examples, inputs, units) -> None:
    x, h, c, *weights = lstm_arguments(seed, steps, examples, inputs, units)
    hs, _ = lstm_forward(x, h, c, *weights)
    for step, got in zip(x, hs, strict=True):
        h, c, _ = lstm_cell_forward(step, h, c, *weights)
        assert_near(got, h, 1e-13)
    x, h, *weights = gru_arguments(seed, steps, examples, inputs, units)
    hs, _ = gru_forward(x, h, *weights)
    for step, got in zip(x, hs, strict=True):
        h, _ = gru_cell_forward(step, h, *weights)
        assert_near(got, h, 1e-13)


# --- extremes, dtypes, memory, second calls --------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_saturated_gates_stay_finite_and_silent(layer) -> None:
    arguments_of, forward, backward = LAYERS[layer]
    arguments = [1000 * array for array in arguments_of(3, 4, 3, 2, 5)]
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        hs, cache = forward(*arguments)
        found = backward(np.ones_like(hs), cache)
    assert np.isfinite(hs).all()
    assert all(np.isfinite(array).all() for array in found)


@pytest.mark.parametrize("layer", LAYERS)
@given(seed=seeds, steps=steps, units=sizes, dtype=dtypes, layout=layouts)
def test_dtype_is_kept_and_layout_does_not_matter(layer, seed, steps, units, dtype, layout) -> None:
    arguments_of, forward, backward = LAYERS[layer]
    plain = arguments_of(seed, steps, 3, 2, units, dtype)
    laid = [layout(array) for array in plain]
    copies = [array.copy() for array in laid]
    hs, cache = forward(*laid)
    kept = hs.copy()
    dhs = normal(seed + 9, hs.shape, dtype)
    found, again = backward(layout(dhs), cache), backward(layout(dhs), cache)
    straight, straight_cache = forward(*plain)
    expected = backward(dhs, straight_cache)
    for got, second, right in zip([hs, *found], [kept, *again], [straight, *expected], strict=True):
        assert got.dtype == dtype
        assert np.array_equal(got, second)
        assert_near(got, right, 1e-12 if dtype == "float64" else 1e-4)
    assert all(np.array_equal(array, copy) for array, copy in zip(laid, copies, strict=True))


def test_single_precision_stays_single_in_the_cells() -> None:
    x, *rest = lstm_arguments(0, 1, 3, 2, 4, "float32")
    h, c, cache = lstm_cell_forward(x[0], *rest)
    arrays = [h, c, *lstm_cell_backward(h, c, cache)]
    x, *rest = gru_arguments(0, 1, 3, 2, 4, "float32")
    h, cache = gru_cell_forward(x[0], *rest)
    assert {array.dtype for array in [*arrays, h, *gru_cell_backward(h, cache)]} == {np.dtype("float32")}


# --- what does not fit -----------------------------------------------------------------------------------------------


def replaced(arguments, place, shape):
    return [np.ones(shape) if number == place else array for number, array in enumerate(arguments)]


@pytest.mark.parametrize(
    ("layer", "place", "shape", "says"),
    [
        ("lstm", 0, (5, 2), "time first, not (5, 2)"),
        ("lstm", 1, (2, 4), "not (3, 2) and (2, 4)"),
        ("lstm", 2, (3, 5), "c must have shape (3, 4), not (3, 5)"),
        ("lstm", 3, (2, 12), "weight_ih must have shape (2, 16), not (2, 12)"),
        ("lstm", 4, (16, 4), "weight_hh must have shape (4, 16), not (16, 4)"),
        ("lstm", 5, (4,), "bias must have shape (16,), not (4,)"),
        ("gru", 0, (5, 2), "time first, not (5, 2)"),
        ("gru", 1, (2, 4), "not (3, 2) and (2, 4)"),
        ("gru", 2, (2, 16), "weight_ih must have shape (2, 12), not (2, 16)"),
        ("gru", 3, (12, 4), "weight_hh must have shape (4, 12), not (12, 4)"),
        ("gru", 4, (4,), "bias_ih must have shape (12,), not (4,)"),
        ("gru", 5, (1, 12), "bias_hh must have shape (12,), not (1, 12)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_their_sizes(layer, place, shape, says) -> None:
    arguments_of, forward, _ = LAYERS[layer]
    arguments = replaced(arguments_of(0, 5, 3, 2, 4), place, shape)
    with pytest.raises(ValueError, match=re.escape(says)):
        forward(*arguments)
    if place:
        cell = lstm_cell_forward if layer == "lstm" else gru_cell_forward
        with pytest.raises(ValueError, match=re.escape(says)):
            cell(arguments[0][0], *arguments[1:])


def test_gradients_of_another_shape_are_refused() -> None:
    for arguments_of, forward, backward in LAYERS.values():
        hs, cache = forward(*arguments_of(0, 5, 3, 2, 4))
        with pytest.raises(ValueError, match=r"dhs must have shape \(5, 3, 4\), not \(3, 4\)"):
            backward(hs[0], cache)
    x, *rest = lstm_arguments(0, 1, 3, 2, 4)
    h, c, cache = lstm_cell_forward(x[0], *rest)
    with pytest.raises(ValueError, match=r"dh_next must have shape \(3, 4\)"):
        lstm_cell_backward(h[:1], c, cache)
    with pytest.raises(ValueError, match=r"dc_next must have shape \(3, 4\)"):
        lstm_cell_backward(h, c[0], cache)
    x, *rest = gru_arguments(0, 1, 3, 2, 4)
    h, cache = gru_cell_forward(x[0], *rest)
    with pytest.raises(ValueError, match=r"dh_next must have shape \(3, 4\)"):
        gru_cell_backward(h[:, :2], cache)
