"""The reference recurrent layer, embedding and clipping, held to derivatives, closed forms and memory layouts."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from complex_step import assert_near, gradients
from hypothesis import given
from hypothesis import strategies as st
from layouts import layouts, normal

from solutions.recurrent import (
    clip_grad_norm,
    embedding_backward,
    embedding_forward,
    rnn_backward,
    rnn_cell_backward,
    rnn_cell_forward,
    rnn_forward,
)

sizes = st.integers(1, 4)
steps = st.integers(0, 5)
dtypes = st.sampled_from(["float64", "float32"])
seeds = st.integers(0, 2**32 - 1)


def drawn(seed, steps, examples, inputs, units, dtype="float64"):
    """x, h0, weight_ih, weight_hh, bias and dhs, so small that 1 - tanh² keeps its digits."""
    shapes = ((steps, examples, inputs), (examples, units), (inputs, units), (units, units), (units,))
    drawn_of_1 = [normal(seed + i, shape, dtype) for i, shape in enumerate([*shapes, (steps, examples, units)])]
    return [array * 0.3 for array in drawn_of_1]


def unrolled(x, h0, weight_ih, weight_hh, bias):
    """The sequence as its definition says it, cell by cell."""
    h, hs = h0, []
    for step in x:
        h, _ = rnn_cell_forward(step, h, weight_ih, weight_hh, bias)
        hs.append(h)
    return np.array(hs)


# --- by hand -------------------------------------------------------------------------------------------------------


def test_a_step_worked_out_by_hand() -> None:
    x, h = np.array([[1.0, 2.0]]), np.array([[0.5]])
    h_next, cache = rnn_cell_forward(x, h, np.array([[0.25], [0.5]]), np.array([[-2.0]]), np.array([0.75]))
    assert h_next == math.tanh(0.25 + 1 - 1 + 0.75)
    slope = 1 - math.tanh(1) ** 2
    dx, dh, dweight_ih, dweight_hh, dbias = rnn_cell_backward(np.array([[4.0]]), cache)
    assert_near(dx, np.array([[slope, 2 * slope]]))
    assert_near(dh, np.array([[-8 * slope]]))
    assert_near(dweight_ih, np.array([[4 * slope], [8 * slope]]))
    assert_near(dweight_hh, np.array([[2 * slope]]))
    assert_near(dbias, np.array([4 * slope]))


def test_a_sequence_of_two_steps_worked_out_by_hand() -> None:
    x, one = np.array([[[1.0]], [[-1.0]]]), np.ones((1, 1))
    hs, cache = rnn_forward(x, np.zeros((1, 1)), one, 2 * one, np.zeros(1))
    first = math.tanh(1)
    second = math.tanh(2 * first - 1)
    assert_near(hs.ravel(), np.array([first, second]))
    dx, dh0, *_ = rnn_backward(np.array([[[0.0]], [[1.0]]]), cache)
    to_second = 1 - second**2
    to_first = to_second * 2 * (1 - first**2)
    assert_near(dx.ravel(), np.array([to_first, to_second]))
    assert_near(dh0.ravel(), np.array([2 * to_first]))


def test_a_repeated_token_s_gradients_add_up_and_an_absent_one_s_is_zero() -> None:
    weight = np.arange(8.0).reshape(4, 2)
    out, cache = embedding_forward(np.array([[3, 1, 3], [3, 0, 1]]), weight)
    assert out[0].tolist() == [[6, 7], [2, 3], [6, 7]]
    dout = np.array([[[1.0, 0], [2, 0], [4, 0]], [[8, 1], [16, 1], [32, 1]]])
    assert embedding_backward(dout, cache).tolist() == [[16, 1], [34, 1], [0, 0], [13, 1]]


def test_gradients_of_norm_5_are_clipped_to_1_together() -> None:
    clipped = clip_grad_norm([np.array([3.0]), np.array([[0.0, -4.0]])], 1.0)
    assert_near(clipped[0], np.array([0.6]))
    assert_near(clipped[1], np.array([[0.0, -0.8]]))


@pytest.mark.parametrize("max_norm", [5.0, 5.1, 1e300, math.inf])
def test_short_gradients_come_back_as_they_are_and_as_new_arrays(max_norm) -> None:
    grads = [np.array([3.0]), np.array([[0.0, -4.0]])]
    clipped = clip_grad_norm(grads, max_norm)
    for old, new in zip(grads, clipped, strict=True):
        assert np.array_equal(old, new)
        assert not np.shares_memory(old, new)


def test_no_gradients_and_zero_gradients_can_be_clipped() -> None:
    assert clip_grad_norm([], 1.0) == []
    assert clip_grad_norm([np.zeros(3)], 1.0)[0].tolist() == [0, 0, 0]


# --- derivatives ---------------------------------------------------------------------------------------------------


@given(seeds, sizes, sizes, sizes)
def test_gradients_of_a_step_are_the_complex_step_s(seed, examples, inputs, units) -> None:
    x, *rest, dhs = drawn(seed, 1, examples, inputs, units)
    arguments = [x[0], *rest]
    _, cache = rnn_cell_forward(*arguments)
    expected = gradients(lambda *each: rnn_cell_forward(*each)[0], arguments, dhs[0])
    for got, right in zip(rnn_cell_backward(dhs[0], cache), expected, strict=True):
        assert_near(got, right)


@given(seeds, steps, sizes, sizes, sizes, st.sampled_from(["everywhere", "at the end", "at some steps"]))
def test_gradients_of_a_sequence_are_the_complex_step_s(seed, steps, examples, inputs, units, where) -> None:
    *arguments, dhs = drawn(seed, steps, examples, inputs, units)
    if where != "everywhere":
        dhs[: -1 if where == "at the end" else None : 1 if where == "at the end" else 2] = 0
    _, cache = rnn_forward(*arguments)
    expected = gradients(lambda *each: rnn_forward(*each)[0], arguments, dhs)
    for got, right in zip(rnn_backward(dhs, cache), expected, strict=True):
        assert_near(got, right)


@given(seeds, steps, sizes, sizes, sizes)
def test_a_sequence_is_the_cell_unrolled(seed, steps, examples, inputs, units) -> None:
    *arguments, dhs = drawn(seed, steps, examples, inputs, units)
    hs, _ = rnn_forward(*arguments)
    assert_near(hs, unrolled(*arguments).reshape(dhs.shape), 1e-13)


@given(seeds, st.lists(st.integers(0, 4), max_size=12), sizes)
def test_embedding_is_a_product_with_one_hot_rows(seed, tokens, width) -> None:
    tokens, weight = np.array(tokens, dtype=int), normal(seed, (5, width))
    one_hot = np.eye(5)[tokens]
    out, cache = embedding_forward(tokens, weight)
    assert_near(out, one_hot @ weight)
    dout = normal(seed + 1, out.shape)
    assert_near(embedding_backward(dout, cache), one_hot.T @ dout)


@given(seeds, st.lists(st.lists(sizes, max_size=3), max_size=4), st.floats(0.01, 20))
def test_clipped_gradients_keep_their_direction_and_have_the_norm_asked_for(seed, shapes, max_norm) -> None:
    grads = [normal(seed + i, tuple(shape)) for i, shape in enumerate(shapes)]
    whole = np.concatenate([[0.0], *(grad.ravel() for grad in grads)])
    clipped = clip_grad_norm([np.asarray(grad) for grad in grads], max_norm)
    together = np.concatenate([[0.0], *(np.ravel(grad) for grad in clipped)])
    norm = np.linalg.norm(whole)
    assert_near(together, whole * min(1.0, max_norm / norm) if norm else whole, 1e-14)


# --- dtypes, memory, second calls ------------------------------------------------------------------------------------


@given(seeds, steps, sizes, dtypes, layouts)
def test_dtype_is_kept_and_layout_does_not_matter(seed, steps, units, dtype, layout) -> None:
    plain = drawn(seed, steps, 3, 2, units, dtype)
    laid = [layout(array) for array in plain]
    copies = [array.copy() for array in laid]
    hs, cache = rnn_forward(*laid[:-1])
    found = [hs, *rnn_backward(laid[-1], cache)]
    again = [hs, *rnn_backward(laid[-1], cache)]
    straight, straight_cache = rnn_forward(*plain[:-1])
    expected = [straight, *rnn_backward(plain[-1], straight_cache)]
    for got, second, right in zip(found, again, expected, strict=True):
        assert got.dtype == dtype
        assert np.array_equal(got, second)
        assert_near(got, right, 1e-12 if dtype == "float64" else 1e-4)
    assert all(np.array_equal(array, copy) for array, copy in zip(laid, copies, strict=True))


def test_single_precision_stays_single_in_cell_embedding_and_clipping() -> None:
    x, *rest, dhs = drawn(0, 1, 3, 2, 4, "float32")
    h_next, cache = rnn_cell_forward(x[0], *rest)
    out, table = embedding_forward(np.array([1, 0], np.int32), rest[1])
    arrays = [h_next, *rnn_cell_backward(dhs[0], cache), out, embedding_backward(out, table)]
    assert {array.dtype for array in arrays + clip_grad_norm(arrays, 0.1)} == {np.dtype("float32")}


# --- what does not fit -----------------------------------------------------------------------------------------------

X, H, W_IH, W_HH, B = (np.ones(shape) for shape in ((3, 2), (3, 4), (2, 4), (4, 4), (4,)))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((np.ones((2, 2)), H, W_IH, W_HH, B), "(2, 2) and (3, 4)"),
        ((X[None], H, W_IH, W_HH, B), "(N, D)"),
        ((X, H, W_IH.T, W_HH, B), "weight_ih must have shape (2, 4), not (4, 2)"),
        ((X, H, W_IH, W_HH[:3], B), "weight_hh must have shape (4, 4), not (3, 4)"),
        ((X, H, W_IH, W_HH, B[None]), "bias must have shape (4,), not (1, 4)"),
    ],
)
def test_a_step_of_shapes_that_do_not_fit_is_refused_by_their_sizes(arguments, says) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        rnn_cell_forward(*arguments)
    if arguments[0].ndim == 2:
        with pytest.raises(ValueError, match=re.escape(says)):
            rnn_forward(arguments[0][None], *arguments[1:])


def test_other_faults_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"time first, not \(3, 2\)"):
        rnn_forward(X, H, W_IH, W_HH, B)
    with pytest.raises(ValueError, match=r"dh_next must have shape \(3, 4\), not \(3, 1\)"):
        rnn_cell_backward(np.ones((3, 1)), rnn_cell_forward(X, H, W_IH, W_HH, B)[1])
    with pytest.raises(ValueError, match=r"dhs must have shape \(1, 3, 4\), not \(3, 4\)"):
        rnn_backward(H, rnn_forward(X[None], H, W_IH, W_HH, B)[1])
    with pytest.raises(ValueError, match="token 4 has no row in weight, which has 4 rows"):
        embedding_forward(np.array([0, 4]), W_HH)
    with pytest.raises(ValueError, match="token -1 has no row"):
        embedding_forward(np.array([-1]), W_HH)
    with pytest.raises(ValueError, match="integers, not float64"):
        embedding_forward(np.array([1.0]), W_HH)
    with pytest.raises(ValueError, match=r"dout must have shape \(2, 4\), not \(2, 3\)"):
        embedding_backward(np.ones((2, 3)), embedding_forward(np.array([0, 3]), W_HH)[1])
    for wrong in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="max_norm must be greater than 0"):
            clip_grad_norm([B], wrong)
