"""The reference transposed convolution, held to the convolution that it transposes, derivatives and memory layouts."""

from __future__ import annotations

import re

import numpy as np
import pytest
from complex_step import assert_near, gradients
from hypothesis import given
from hypothesis import strategies as st
from layouts import layouts, normal
from sliding import dtypes, layers

from solutions.convolution import (
    conv2d_backward,
    conv2d_forward,
    conv_transpose2d_backward,
    conv_transpose2d_forward,
)


def transposed(layer):
    """The settings with which the transposed layer leads from a drawn layer's output back to images of its size."""
    extra = tuple(
        size - ((count - 1) * step - 2 * border + spread * (taps - 1) + 1)
        for size, count, step, border, spread, taps in zip(
            layer.size, layer.positions, layer.stride, layer.padding, layer.dilation, layer.kernel, strict=True
        )
    )
    return {**layer.settings, "output_padding": extra}


def drawn(layer, dtype="float64"):
    """x, weight, bias and dout of the transposed layer."""
    images, weight, _, x = layer.arrays(dtype)
    return [x, weight, normal(layer.seed + 5, images.shape[1:2], dtype), images]


# --- values and derivatives ----------------------------------------------------------------------------------------


def test_numbers_worked_out_by_hand() -> None:
    x = np.array([[[[1.0, 2.0]]]])
    weight = np.array([[[[1.0, 10.0, 100.0]]]])
    out, cache = conv_transpose2d_forward(x, weight, np.array([0.5]), stride=(1, 2))
    assert out.tolist() == [[[[1.5, 10.5, 102.5, 20.5, 200.5]]]]
    dx, dweight, dbias = conv_transpose2d_backward(np.array([[[[1.0, 0.0, 2.0, 0.0, 3.0]]]]), cache)
    assert dx.tolist() == [[[[201, 302]]]]
    assert dweight.tolist() == [[[[5, 0, 8]]]]
    assert dbias.tolist() == [6]


def test_where_copies_overlap_out_is_uneven() -> None:
    """The checkerboard: how many copies reach each pixel."""
    ones = [np.ones(shape) for shape in ((1, 1, 1, 4), (1, 1, 1, 3))]
    out, _ = conv_transpose2d_forward(*ones, np.zeros(1), stride=(1, 2))
    assert out[0, 0, 0].tolist() == [1, 1, 2, 1, 2, 1, 2, 1, 1]


@given(layers())
def test_it_is_the_gradient_of_the_convolution(layer) -> None:
    x, weight, bias, images = drawn(layer)
    _, cache = conv2d_forward(images, weight, np.zeros(len(weight)), **layer.settings)
    dimages, _, _ = conv2d_backward(x, cache)
    out, _ = conv_transpose2d_forward(x, weight, bias, **transposed(layer))
    assert out.shape == images.shape
    assert_near(out, dimages + bias[:, None, None])


@given(layers())
def test_its_gradient_is_the_convolution(layer) -> None:
    x, weight, bias, dout = drawn(layer)
    _, cache = conv_transpose2d_forward(x, weight, bias, **transposed(layer))
    dx, _, dbias = conv_transpose2d_backward(dout, cache)
    convolved, _ = conv2d_forward(dout, weight, np.zeros(len(weight)), **layer.settings)
    assert_near(dx, convolved)
    assert np.allclose(dbias, dout.sum(axis=(0, 2, 3)), rtol=1e-12, atol=1e-12)


@given(layers())
def test_adjoint_identities(layer) -> None:
    x, weight, bias, dout = drawn(layer)
    out, cache = conv_transpose2d_forward(x, weight, bias, **transposed(layer))
    dx, dweight, _ = conv_transpose2d_backward(dout, cache)
    assert dweight.shape == weight.shape
    products = [np.vdot(dout, out - bias[:, None, None]), np.vdot(dx, x), np.vdot(dweight, weight)]
    scale = 1 + np.linalg.norm(dout) * (np.linalg.norm(out) + np.linalg.norm(bias))
    assert np.ptp(products) <= 1e-12 * scale
    other = normal(layer.seed + 6, weight.shape)
    change, _ = conv_transpose2d_forward(x, other, np.zeros_like(bias), **transposed(layer))
    scale = 1 + np.linalg.norm(dout) * np.linalg.norm(change)
    assert abs(np.vdot(dweight, other) - np.vdot(dout, change)) <= 1e-12 * scale


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    ("stride", "padding", "output_padding", "dilation"),
    [(1, 0, 0, 1), (2, 1, 1, 1), ((3, 1), (0, 2), (2, 0), 1), (1, (1, 0), (0, 1), (1, 2)), ((1, 4), 1, 0, (2, 1))],
)
def test_gradients_are_the_complex_step_s(groups, stride, padding, output_padding, dilation) -> None:
    arguments = [normal(1, (2, 4, 3, 4)), normal(2, (4, 4 // groups, 3, 2)), normal(3, (4,))]

    def out_of(*arrays):
        return conv_transpose2d_forward(*arrays, stride, padding, output_padding, dilation, groups)

    out, cache = out_of(*arguments)
    dout = normal(4, out.shape)
    expected = gradients(lambda *arrays: out_of(*arrays)[0], arguments, dout)
    for got, right in zip(conv_transpose2d_backward(dout, cache), expected, strict=True):
        assert_near(got, right)


# --- memory and types ----------------------------------------------------------------------------------------------


@given(layers(), dtypes, st.tuples(*[layouts] * 4))
def test_layout_in_memory_changes_nothing_and_nothing_is_changed(layer, dtype, laid_out) -> None:
    plain = drawn(layer, dtype)
    arrays = [lay_out(array) for lay_out, array in zip(laid_out, plain, strict=True)]
    out, cache = conv_transpose2d_forward(*arrays[:3], **transposed(layer))
    kept = out.copy()
    first, second = (conv_transpose2d_backward(arrays[3], cache) for _ in range(2))

    tolerance = 1e-12 if dtype == "float64" else 1e-5
    expected, fresh = conv_transpose2d_forward(*plain[:3], **transposed(layer))
    assert_near(out, expected, tolerance)
    scale = 1 + np.linalg.norm(plain[3]) * (np.linalg.norm(plain[0]) + np.linalg.norm(plain[1]))
    for got, again, right, argument in zip(
        first, second, conv_transpose2d_backward(plain[3], fresh), plain, strict=False
    ):
        assert np.array_equal(got, again)
        assert got.dtype == argument.dtype
        assert got.shape == argument.shape
        assert np.linalg.norm(got - right) <= tolerance * scale
    assert out.dtype == plain[0].dtype
    assert np.array_equal(out, kept)
    for array, copy in zip(arrays, plain, strict=True):
        assert array.shape == copy.shape
        assert np.array_equal(array, copy)


def test_one_number_stands_for_a_pair() -> None:
    arrays = normal(1, (2, 2, 4, 3)), normal(2, (2, 3, 3, 2)), normal(3, (3,))
    out, _ = conv_transpose2d_forward(*arrays, 3, 1, 2, 2)
    for kind in (lambda n: (n, n), lambda n: [n, n], np.int64):
        assert np.array_equal(conv_transpose2d_forward(*arrays, *map(kind, (3, 1, 2, 2)))[0], out)


# --- what does not fit ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"x": (2, 4, 5)}, ["(2, 4, 5)"]),
        ({"weight": (4, 3, 3)}, ["(4, 3, 3)"]),
        ({"x": (2, 3, 5, 6)}, ["(4, 3, 3, 2)", "(2, 3, 5, 6)"]),
        ({"bias": (4,)}, ["(3,)", "(4,)"]),
        ({"groups": 2}, ["(6,)", "(3,)"]),
        ({"groups": 3}, ["(4, 3, 3, 2) in 3 groups"]),
        ({"groups": 0}, ["groups", "0"]),
        ({"stride": 0}, ["stride (0, 0)"]),
        ({"padding": -1}, ["padding (-1, -1)"]),
        ({"padding": (4, 0)}, ["(5, 6)", "(3, 2)", "padding (4, 0)", "(-1, 7)"]),
        ({"dilation": 0}, ["dilation (0, 0)"]),
        ({"output_padding": 1}, ["output_padding (1, 1)", "stride (1, 1)", "dilation (1, 1)"]),
        ({"output_padding": (0, 2), "stride": 2}, ["output_padding (0, 2)", "stride (2, 2)"]),
        ({"output_padding": (3, 0), "dilation": (3, 1)}, ["output_padding (3, 0)", "dilation (3, 1)"]),
        ({"output_padding": -1}, ["output_padding (-1, -1)"]),
        ({"output_padding": (1, 2, 3)}, ["output_padding", "(1, 2, 3)"]),
        ({"x": (2, 4, 0, 6)}, ["(0, 6)"]),
        ({"weight": (4, 3, 0, 2)}, ["(0, 2)"]),
    ],
)
def test_a_layer_that_does_not_fit_names_the_sizes(wrong, named) -> None:
    fitting = {"x": (2, 4, 5, 6), "weight": (4, 3, 3, 2), "bias": (3,)}
    asked = {**fitting, **wrong}
    arrays = [np.zeros(asked.pop(name)) for name in fitting]
    with pytest.raises(ValueError, match=".*".join(map(re.escape, named))):
        conv_transpose2d_forward(*arrays, **asked)


@pytest.mark.parametrize("shape", [(2, 3, 7, 6), (1, 3, 7, 7), (2, 4, 7, 7), (2, 3, 49)])
def test_a_dout_that_does_not_fit_names_the_sizes(shape) -> None:
    _, cache = conv_transpose2d_forward(np.zeros((2, 4, 5, 6)), np.zeros((4, 3, 3, 2)), np.zeros(3))
    with pytest.raises(ValueError, match=re.escape(f"(2, 3, 7, 7), not {shape}")):
        conv_transpose2d_backward(np.zeros(shape), cache)
