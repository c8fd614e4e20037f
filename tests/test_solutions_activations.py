"""The reference activations and loss, held to derivatives, closed forms, exact arithmetic and memory layouts."""

from __future__ import annotations

import math
import re
import warnings
from decimal import Decimal, localcontext

import numpy as np
import pytest
from complex_step import assert_near, gradients
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from layouts import layouts, normal

from solutions.activations import (
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    softmax_cross_entropy,
    tanh_backward,
    tanh_forward,
)

seeds = st.integers(0, 2**32 - 1)
shapes = st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple)
dtypes = st.sampled_from(["float64", "float32"])
finite = st.sampled_from([np.float64, np.float32]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(), elements={"allow_nan": False, "allow_infinity": False})
)

PAIRS = {
    "relu": (relu_forward, relu_backward),
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
}
# The same functions written once more, so that a complex step can be taken through them.
CLOSED_FORMS = {
    "relu": lambda x: np.where(x.real > 0, x, 0),
    "sigmoid": lambda x: np.exp(x) / (1 + np.exp(x)),
    "tanh": lambda x: np.sinh(x) / np.cosh(x),
}
kinds = pytest.mark.parametrize("kind", PAIRS)


# --- the elementwise functions -------------------------------------------------------------------------------------


@kinds
@pytest.mark.parametrize("shape", [(7,), (4, 5), (2, 3, 2, 3)])
def test_values_and_gradients_are_those_of_the_closed_form(kind, shape) -> None:
    forward, backward = PAIRS[kind]
    x, dout = 3 * normal(1, shape), normal(2, shape)
    out, cache = forward(x)
    assert_near(out, CLOSED_FORMS[kind](x))
    (expected,) = gradients(CLOSED_FORMS[kind], [x], dout)
    assert_near(backward(dout, cache), expected)


@kinds
def test_gradients_are_those_of_our_own_forward(kind) -> None:
    forward, backward = PAIRS[kind]
    x, dout = normal(3, (4, 6)), normal(4, (4, 6))
    (expected,) = gradients(lambda z: forward(z)[0], [x], dout)
    assert_near(backward(dout, forward(x)[1]), expected)


@pytest.mark.parametrize(
    ("kind", "x", "out", "slope"),
    [
        ("relu", [-2.0, -0.0, 0.0, 5e-324, 3.0], [0, 0, 0, 5e-324, 3], [0, 0, 0, 1, 1]),
        (
            "sigmoid",
            [0.0, math.log(3), -math.log(3), 1000.0, -1000.0],
            [0.5, 0.75, 0.25, 1, 0],
            [0.25, 0.1875, 0.1875, 0, 0],
        ),
        ("tanh", [0.0, math.log(2), -math.log(2), 1000.0, -1000.0], [0, 0.6, -0.6, 1, -1], [1, 0.64, 0.64, 0, 0]),
    ],
)
def test_values_known_by_heart(kind, x, out, slope) -> None:
    forward, backward = PAIRS[kind]
    got, cache = forward(np.array(x))
    assert got == pytest.approx(out, rel=1e-15, abs=0)
    assert backward(np.full(5, -2.0), cache) == pytest.approx(-2 * np.array(slope), rel=1e-14, abs=0)


@kinds
@given(seeds, shapes, dtypes, layouts, layouts)
def test_layout_in_memory_changes_nothing_and_nothing_is_changed(kind, seed, shape, dtype, lay_x, lay_dout) -> None:
    forward, backward = PAIRS[kind]
    plain, plain_dout = normal(seed, shape, dtype), normal(seed + 1, shape, dtype)
    x, dout = lay_x(plain), lay_dout(plain_dout)
    out, cache = forward(x)
    kept = out.copy()
    first, second = backward(dout, cache), backward(dout, cache)

    tolerance = 1e-14 if dtype == "float64" else 1e-6
    expected, fresh = forward(plain)
    assert_near(out, expected, tolerance)
    assert_near(first, backward(plain_dout, fresh), tolerance)
    assert np.array_equal(first, second)
    assert np.array_equal(out, kept)
    assert out.dtype == first.dtype == plain.dtype
    assert out.shape == first.shape == shape
    assert np.array_equal(x, plain)
    assert np.array_equal(dout, plain_dout)


@kinds
def test_float32_is_float64_to_single_precision(kind) -> None:
    forward, backward = PAIRS[kind]
    x, dout = 3 * normal(5, (20, 3)), normal(6, (20, 3))
    (out, cache), (single, single_cache) = forward(x), forward(x.astype(np.float32))
    assert_near(single, out, 1e-6)
    dx = backward(dout.astype(np.float32), single_cache)
    assert single.dtype == dx.dtype == np.float32
    assert_near(dx, backward(dout, cache), 1e-5)


@kinds
@pytest.mark.parametrize("shape", [(3, 1), (1, 4), (4,), (4, 3), (3, 4, 1)])
def test_a_dout_that_does_not_fit_names_the_sizes(kind, shape) -> None:
    forward, backward = PAIRS[kind]
    _, cache = forward(np.zeros((3, 4)))
    with pytest.raises(ValueError, match=re.escape(f"(3, 4), not {shape}")):
        backward(np.zeros(shape), cache)


@given(finite)
def test_sigmoid_is_finite_and_silent_for_any_finite_x(x) -> None:
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        out, cache = sigmoid_forward(x)
    assert np.all((out >= 0) & (out <= 1))
    assert out.dtype == x.dtype
    assert np.all(np.isfinite(sigmoid_backward(np.ones_like(x), cache)))


@pytest.mark.parametrize("x", [-30.0, -100.0, -700.0])
def test_sigmoid_keeps_its_digits_far_out(x) -> None:
    out, cache = sigmoid_forward(np.array([x]))
    assert out[0] == pytest.approx(math.exp(x), rel=1e-12, abs=0)
    assert sigmoid_backward(np.ones(1), cache)[0] == pytest.approx(math.exp(x), rel=1e-12, abs=0)


@given(st.lists(st.floats(-1000, 1000), min_size=2))
def test_sigmoid_and_tanh_rise_and_are_mirrored(values) -> None:
    x = np.sort(np.array(values))
    sigmoid, tanh = sigmoid_forward(x)[0], tanh_forward(x)[0]
    # exp may round two neighbours the wrong way round by a last digit.
    assert np.all(np.diff(sigmoid) >= -1e-15)
    assert np.all(np.diff(tanh) >= -1e-15)
    assert np.allclose(sigmoid_forward(-x)[0], 1 - sigmoid, rtol=0, atol=1e-15)
    assert np.array_equal(tanh_forward(-x)[0], -tanh)
    assert np.allclose(tanh, 2 * sigmoid_forward(2 * x)[0] - 1, rtol=0, atol=1e-15)


# --- softmax and cross-entropy -------------------------------------------------------------------------------------


def unshifted_loss(logits, labels):
    """The loss as its docstring has it: good for moderate logits, and for a complex step."""
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(labels)), labels]).mean()


def exact(logits, labels):
    """Loss and gradient in decimal arithmetic, where exp(1000) is a number like any other."""
    with localcontext() as context:
        context.prec = 60
        loss, rows = Decimal(0), []
        for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
            powers = [Decimal(score).exp() for score in row]
            total = sum(powers)
            loss -= (powers[label] / total).ln()
            rows.append([(power / total - (c == label)) / len(labels) for c, power in enumerate(powers)])
        return float(loss / len(labels)), np.array(rows, dtype=np.float64)


def batch(seed, examples, classes, dtype="float64"):
    labels = np.random.default_rng(seed + 1).integers(0, classes, examples)
    return 2 * normal(seed, (examples, classes), dtype), labels


@pytest.mark.parametrize(("examples", "classes"), [(1, 1), (1, 4), (5, 3), (3, 7), (4, 4)])
def test_loss_and_gradient_are_those_of_the_closed_form(examples, classes) -> None:
    logits, labels = batch(7, examples, classes)
    loss, dlogits = softmax_cross_entropy(logits, labels)
    assert loss == pytest.approx(unshifted_loss(logits, labels), rel=1e-12, abs=1e-15)
    (expected,) = gradients(lambda z: unshifted_loss(z, labels), [logits])
    assert np.linalg.norm(dlogits - expected) <= 1e-12 * max(np.linalg.norm(expected), 1e-3)


@pytest.mark.parametrize("far", [1.0, 30.0, 700.0, 1000.0])
@pytest.mark.parametrize("seed", range(3))
def test_loss_and_gradient_are_exact_for_large_logits(far, seed) -> None:
    rng = np.random.default_rng(seed)
    logits = far * rng.choice([-1.0, 0.0, 1.0], (6, 4)) + rng.standard_normal((6, 4))
    labels = rng.integers(0, 4, 6)
    loss, dlogits = softmax_cross_entropy(logits, labels)
    expected_loss, expected = exact(logits, labels)
    assert loss == pytest.approx(expected_loss, rel=1e-12, abs=0)
    assert_near(dlogits, expected)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("row", "label", "loss", "gradient"),
    [
        ([0.0, 1000.0], 0, 1000.0, [-1.0, 1.0]),
        ([1000.0, -1000.0], 1, 2000.0, [1.0, -1.0]),
        ([1000.0, -1000.0], 0, 0.0, [0.0, 0.0]),
        ([-1000.0, -1000.0, -1000.0, -1000.0], 2, math.log(4), [0.25, 0.25, -0.75, 0.25]),
        ([1000.0, 1000.0], 0, math.log(2), [-0.5, 0.5]),
    ],
)
def test_losses_known_by_heart(dtype, row, label, loss, gradient) -> None:
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        got, dlogits = softmax_cross_entropy(np.array([row], dtype), np.array([label]))
    assert got == pytest.approx(loss, rel=1e-6 if dtype == np.float32 else 1e-15)
    assert dlogits[0].tolist() == pytest.approx(gradient, abs=1e-15)


def test_rows_far_apart_do_not_disturb_each_other() -> None:
    logits = np.array([[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -1002.0]])
    loss, dlogits = softmax_cross_entropy(logits, np.array([0, 0]))
    alone, dalone = softmax_cross_entropy(np.array([[2.0, 1.0, 0.0]]), np.array([0]))
    assert loss == pytest.approx(alone, rel=1e-14)
    assert_near(dlogits, np.vstack([dalone, dalone]) / 2)


@given(seeds, st.integers(1, 6), st.integers(1, 6), dtypes, layouts, layouts)
def test_loss_whatever_the_layout(seed, examples, classes, dtype, lay_logits, lay_labels) -> None:
    plain, plain_labels = batch(seed, examples, classes, dtype)
    logits, labels = lay_logits(plain), lay_labels(plain_labels)
    loss, dlogits = softmax_cross_entropy(logits, labels)
    assert type(loss) is float
    assert dlogits.dtype == plain.dtype
    assert dlogits.shape == (examples, classes)
    expected_loss, expected = exact(plain.astype(np.float64), plain_labels)
    tolerance = 1e-13 if dtype == "float64" else 1e-5
    assert loss == pytest.approx(expected_loss, rel=tolerance, abs=tolerance)
    assert np.abs(dlogits - expected).max() <= tolerance
    assert np.abs(dlogits.sum(axis=1)).max() <= tolerance
    assert np.array_equal(logits, plain)
    assert np.array_equal(labels, plain_labels)


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int32, np.uint64])
def test_labels_of_any_integer_type(integer) -> None:
    logits, labels = batch(8, 5, 3)
    assert softmax_cross_entropy(logits, labels.astype(integer))[0] == softmax_cross_entropy(logits, labels)[0]


@pytest.mark.parametrize(
    ("logits", "labels"),
    [((5, 3), (4,)), ((5, 3), (5, 3)), ((5, 3), (5, 1)), ((3,), (3,)), ((5, 3, 2), (5,))],
)
def test_a_batch_that_does_not_fit_names_the_sizes(logits, labels) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not {logits} and {labels}")):
        softmax_cross_entropy(np.zeros(logits), np.zeros(labels, int))


@pytest.mark.parametrize(("labels", "named"), [([0, 1, 3], "0 to 3"), ([-1, 0, 2], "-1 to 2")])
def test_a_label_that_is_no_class_is_refused(labels, named) -> None:
    with pytest.raises(ValueError, match=f"between 0 and 2, not {named}"):
        softmax_cross_entropy(np.zeros((3, 3)), np.array(labels))
