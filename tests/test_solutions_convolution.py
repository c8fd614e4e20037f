"""The reference convolutions, in the plane and as layers, held to SciPy, derivatives, identities and memory layouts."""

from __future__ import annotations

import re

import numpy as np
import pytest
from complex_step import assert_near, gradients
from hypothesis import given
from hypothesis import strategies as st
from layouts import layouts, normal
from scipy import signal
from sliding import convolution_by_scipy, dtypes, layers, seeds

from solutions.convolution import (
    conv2d_backward,
    conv2d_forward,
    conv2d_im2col_backward,
    conv2d_im2col_forward,
    conv_output_size,
    convolve2d,
    cross_correlate2d,
)

FORMS = {
    "plain": (conv2d_forward, conv2d_backward),
    "matrix product": (conv2d_im2col_forward, conv2d_im2col_backward),
}
forms = pytest.mark.parametrize("form", FORMS)


# --- the output size -----------------------------------------------------------------------------------------------


@given(*[st.integers(1, 12)] * 3, st.integers(0, 4), st.integers(1, 4))
def test_the_output_size_counts_the_positions_of_the_window(size, kernel, stride, padding, dilation) -> None:
    inside = [
        start
        for start in range(0, size + 2 * padding, stride)
        if start + dilation * (kernel - 1) <= size + 2 * padding - 1
    ]
    if inside:
        count = conv_output_size(size, kernel, stride, padding, dilation)
        assert count == len(inside)
        assert type(count) is int
    else:
        with pytest.raises(ValueError, match=f"more than the {size + 2 * padding} of an axis of {size}"):
            conv_output_size(size, kernel, stride, padding, dilation)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [((227, 11, 4), 55), ((224, 7, 2, 3), 112), ((5, 3, 2, 1), 3), ((7, 3), 5), ((32, 3, 1, 2, 2), 32), ((2, 2), 1)],
)
def test_output_sizes_known_by_heart(arguments, count) -> None:
    assert conv_output_size(*arguments) == count
    numpys = conv_output_size(*map(np.int64, arguments))
    assert numpys == count
    assert type(numpys) is int


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"size": 0}, "size=0"),
        ({"kernel": 0}, "kernel=0"),
        ({"stride": 0}, "stride=0"),
        ({"stride": -1}, "stride=-1"),
        ({"padding": -1}, "padding=-1"),
        ({"dilation": 0}, "dilation=0"),
        (
            {"kernel": 8},
            "a kernel of 8 with dilation 1 covers 8 pixels: more than the 7 of an axis of 7 with padding 0",
        ),
        ({"dilation": 4}, "a kernel of 3 with dilation 4 covers 9 pixels"),
    ],
)
def test_an_output_size_that_does_not_exist_names_the_sizes(wrong, named) -> None:
    with pytest.raises(ValueError, match=re.escape(named)):
        conv_output_size(**{"size": 7, "kernel": 3, **wrong})


# --- in the plane --------------------------------------------------------------------------------------------------

planes = st.tuples(*[st.integers(1, 4)] * 4).map(
    lambda four: ((four[0] + four[2] - 1, four[1] + four[3] - 1), four[:2])
)


@given(seeds, planes, dtypes, layouts, layouts)
def test_in_the_plane_as_scipy_has_it(seed, sizes, dtype, lay_image, lay_kernel) -> None:
    plain, plain_kernel = (normal(seed + number, size, dtype) for number, size in enumerate(sizes))
    image, kernel = lay_image(plain), lay_kernel(plain_kernel)
    for ours, theirs in ((convolve2d, signal.convolve2d), (cross_correlate2d, signal.correlate2d)):
        out = ours(image, kernel)
        right = theirs(plain.astype(float), plain_kernel.astype(float), "valid")
        assert out.shape == right.shape
        assert np.linalg.norm(out - right) <= (1e-12 if dtype == "float64" else 1e-5) * (1 + np.linalg.norm(right))
        assert out.dtype == dtype
    assert np.array_equal(image, plain)
    assert np.array_equal(kernel, plain_kernel)


def test_two_dice_and_a_step() -> None:
    """The sum of two dice is their faces' convolution; a difference sees an edge."""
    die = np.full((1, 6), 1 / 6)
    sums = convolve2d(np.pad(die, ((0, 0), (5, 5))), die)
    assert (36 * sums[0]).round().tolist() == [1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1]
    step = np.array([[0, 0, 5, 5]], np.uint8)
    assert cross_correlate2d(step, np.array([[-1.0, 1.0]])).tolist() == [[0, 5, 0]]
    assert convolve2d(step, np.array([[-1.0, 1.0]])).tolist() == [[0, -5, 0]]


@pytest.mark.parametrize("convolve", [convolve2d, cross_correlate2d])
@pytest.mark.parametrize(
    ("image", "kernel", "named"),
    [
        ((3, 5), (4, 2), "a kernel of 4"),
        ((3, 5), (2, 6), "a kernel of 6"),
        ((3, 5, 1), (2, 2), "(3, 5, 1)"),
        ((3, 5), (2,), "(2,)"),
        ((3, 0), (1, 1), "size=0"),
    ],
)
def test_a_plane_that_does_not_fit_names_the_sizes(convolve, image, kernel, named) -> None:
    with pytest.raises(ValueError, match=re.escape(named)):
        convolve(np.zeros(image), np.zeros(kernel))


# --- layers: values and derivatives --------------------------------------------------------------------------------


@forms
def test_numbers_worked_out_by_hand(form) -> None:
    forward, backward = FORMS[form]
    x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    weight, bias = np.array([[[[1.0, -1.0]]], [[[0.0, 2.0]]]]), np.array([0.5, 0.0])
    out, cache = forward(x, weight, bias)
    assert out.tolist() == [[[[-0.5, -0.5], [-0.5, -0.5]], [[4, 6], [10, 12]]]]
    dout = np.array([[[[1.0, 0.0], [0.0, 2.0]], [[0.0, 3.0], [0.0, 0.0]]]])
    dx, dweight, dbias = backward(dout, cache)
    assert dx.tolist() == [[[[1, -1, 6], [0, 2, -2]]]]
    assert dweight.tolist() == [[[[11, 14]]], [[[6, 9]]]]
    assert dbias.tolist() == [3, 3]


@forms
@given(layers())
def test_layers_as_scipy_has_them(form, layer) -> None:
    x, weight, bias, _ = layer.arrays()
    out, _ = FORMS[form][0](x, weight, bias, **layer.settings)
    assert_near(out, convolution_by_scipy(x, weight, bias, layer))


@forms
@given(layers())
def test_adjoint_identities(form, layer) -> None:
    """The layer is linear in x and in weight: its backward is its adjoint in each, and the bias's is a sum."""
    forward, backward = FORMS[form]
    x, weight, bias, dout = layer.arrays()
    out, cache = forward(x, weight, bias, **layer.settings)
    dx, dweight, dbias = backward(dout, cache)
    assert (dx.shape, dweight.shape, dbias.shape) == (x.shape, weight.shape, bias.shape)
    products = [np.vdot(dout, out - bias[:, None, None]), np.vdot(dx, x), np.vdot(dweight, weight)]
    scale = 1 + np.linalg.norm(dout) * (np.linalg.norm(out) + np.linalg.norm(bias))
    assert np.ptp(products) <= 1e-12 * scale
    assert np.allclose(dbias, dout.sum(axis=(0, 2, 3)), rtol=1e-12, atol=1e-12)


@forms
@given(layers(least=1))
def test_derivatives_along_random_directions(form, layer) -> None:
    """The adjoint identity for other arrays than the layer's own: together with linearity it says all."""
    forward, backward = FORMS[form]
    x, weight, bias, dout = layer.arrays()
    _, cache = forward(x, weight, bias, **layer.settings)
    dx, dweight, _ = backward(dout, cache)
    nothing = np.zeros_like(bias)
    for gradient, towards, moved in (
        (dx, normal(layer.seed + 9, x.shape), lambda v: (v, weight, nothing)),
        (dweight, normal(layer.seed + 8, weight.shape), lambda v: (x, v, nothing)),
    ):
        change, _ = forward(*moved(towards), **layer.settings)
        scale = 1 + np.linalg.norm(dout) * np.linalg.norm(change)
        assert abs(np.vdot(gradient, towards) - np.vdot(dout, change)) <= 1e-12 * scale


@forms
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(
    ("stride", "padding", "dilation"),
    [(1, 0, 1), (2, 1, 1), ((3, 1), (0, 2), 1), (1, (2, 0), (1, 2)), ((1, 4), 1, (2, 1))],
)
def test_gradients_are_the_complex_step_s(form, groups, stride, padding, dilation) -> None:
    forward, backward = FORMS[form]
    arguments = [normal(1, (2, 4, 5, 4)), normal(2, (4, 4 // groups, 3, 2)), normal(3, (4,))]

    def out_of(*arrays):
        return forward(*arrays, stride, padding, dilation, groups)

    out, cache = out_of(*arguments)
    dout = normal(4, out.shape)
    expected = gradients(lambda *arrays: out_of(*arrays)[0], arguments, dout)
    for got, right in zip(backward(dout, cache), expected, strict=True):
        assert_near(got, right)


@given(layers(), dtypes)
def test_both_forms_are_one_layer(layer, dtype) -> None:
    x, weight, bias, dout = layer.arrays(dtype)
    (out, cache), (fast, fast_cache) = (forward(x, weight, bias, **layer.settings) for forward, _ in FORMS.values())
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    assert_near(fast, out, tolerance)
    scale = 1 + np.linalg.norm(dout) * (np.linalg.norm(x) + np.linalg.norm(weight))
    for got, right in zip(conv2d_im2col_backward(dout, fast_cache), conv2d_backward(dout, cache), strict=True):
        assert got.dtype == right.dtype == dtype
        assert np.linalg.norm(got - right) <= tolerance * scale


@forms
def test_an_empty_batch_gives_zero_gradients(form) -> None:
    forward, backward = FORMS[form]
    out, cache = forward(np.zeros((0, 2, 4, 5)), normal(1, (3, 2, 2, 2)), normal(2, (3,)))
    assert out.shape == (0, 3, 3, 4)
    dx, dweight, dbias = backward(out, cache)
    assert dx.shape == (0, 2, 4, 5)
    assert np.array_equal(dweight, np.zeros((3, 2, 2, 2)))
    assert np.array_equal(dbias, np.zeros(3))


# --- layers: settings, memory and types ----------------------------------------------------------------------------


@forms
@given(seeds, st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))
def test_one_number_stands_for_a_pair(form, seed, stride, padding, dilation) -> None:
    forward, _ = FORMS[form]
    arrays = normal(seed, (2, 2, 6, 5)), normal(seed + 1, (3, 2, 2, 3)), normal(seed + 2, (3,))
    out, _ = forward(*arrays, stride, padding, dilation)
    for kind in (lambda n: (n, n), lambda n: [n, n], np.int64, lambda n: np.array([n, n])):
        same, _ = forward(*arrays, kind(stride), kind(padding), kind(dilation))
        assert np.array_equal(same, out)


@forms
@given(layers(), dtypes, st.tuples(*[layouts] * 4))
def test_layout_in_memory_changes_nothing_and_nothing_is_changed(form, layer, dtype, laid_out) -> None:
    forward, backward = FORMS[form]
    plain = layer.arrays(dtype)
    arrays = [lay_out(array) for lay_out, array in zip(laid_out, plain, strict=True)]
    out, cache = forward(*arrays[:3], **layer.settings)
    kept = out.copy()
    first, second = backward(arrays[3], cache), backward(arrays[3], cache)

    tolerance = 1e-12 if dtype == "float64" else 1e-5
    expected, fresh = forward(*plain[:3], **layer.settings)
    assert_near(out, expected, tolerance)
    scale = 1 + np.linalg.norm(plain[3]) * (np.linalg.norm(plain[0]) + np.linalg.norm(plain[1]))
    for got, again, right, argument in zip(first, second, backward(plain[3], fresh), plain, strict=False):
        assert np.array_equal(got, again)
        assert got.dtype == argument.dtype
        assert got.shape == argument.shape
        assert np.linalg.norm(got - right) <= tolerance * scale
    assert out.dtype == plain[0].dtype
    assert np.array_equal(out, kept)
    for array, copy in zip(arrays, plain, strict=True):
        assert array.shape == copy.shape
        assert np.array_equal(array, copy)


@forms
def test_float32_is_float64_to_single_precision(form) -> None:
    forward, backward = FORMS[form]
    arrays = [normal(5, (3, 4, 9, 8)), normal(6, (6, 2, 3, 2)), normal(7, (6,)), normal(8, (3, 6, 4, 8))]
    settings = {"stride": (2, 1), "padding": (0, 1), "dilation": (1, 2), "groups": 2}
    narrow = [array.astype(np.float32) for array in arrays]
    (out, cache), (single, single_cache) = (forward(*each[:3], **settings) for each in (arrays, narrow))
    assert_near(single, out, 1e-6)
    for got, right in zip(backward(narrow[3], single_cache), backward(arrays[3], cache), strict=True):
        assert got.dtype == np.float32
        assert_near(got, right, 1e-6)


@forms
def test_what_backward_returns_can_be_changed_without_harm(form) -> None:
    """No gradient shares memory with an argument, the cache or dout."""
    forward, backward = FORMS[form]
    arrays = normal(1, (2, 2, 4, 4)), normal(2, (2, 2, 1, 1)), normal(3, (2,))
    out, cache = forward(*arrays)
    dout = normal(4, out.shape)
    first = backward(dout, cache)
    kept = [gradient.copy() for gradient in first]
    for gradient in first:
        np.add(gradient, 1, out=gradient)
    for got, right in zip(backward(dout, cache), kept, strict=True):
        assert np.array_equal(got, right)


# --- layers: what does not fit -------------------------------------------------------------------------------------


@forms
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"x": (2, 4, 5)}, ["(2, 4, 5)"]),
        ({"weight": (6, 4, 3)}, ["(6, 4, 3)"]),
        ({"x": (2, 3, 5, 6)}, ["(6, 4, 3, 2)", "(2, 3, 5, 6)"]),
        ({"bias": (4,)}, ["(6,)", "(4,)"]),
        ({"bias": (6, 1)}, ["(6,)", "(6, 1)"]),
        ({"bias": ()}, ["(6,)", "()"]),
        ({"groups": 2}, ["(6, 4, 3, 2) in 2 groups", "(2, 4, 5, 6)"]),
        ({"weight": (5, 2, 3, 2), "bias": (5,), "groups": 2}, ["(5, 2, 3, 2) in 2 groups"]),
        ({"groups": 0}, ["groups", "0"]),
        ({"groups": -1}, ["groups", "-1"]),
        ({"weight": (6, 4, 6, 2)}, ["a kernel of 6", "the 5"]),
        ({"weight": (6, 4, 3, 7)}, ["a kernel of 7", "the 6"]),
        ({"dilation": 3}, ["a kernel of 3 with dilation 3 covers 7 pixels", "the 5"]),
        ({"stride": 0}, ["stride=0"]),
        ({"stride": (1, 0)}, ["stride=0"]),
        ({"padding": -1}, ["padding=-1"]),
        ({"padding": (0, -1)}, ["padding=-1"]),
        ({"dilation": 0}, ["dilation=0"]),
        ({"stride": (1, 2, 3)}, ["stride", "(1, 2, 3)"]),
        ({"padding": [1]}, ["padding", "[1]"]),
        ({"dilation": ()}, ["dilation", "()"]),
    ],
)
def test_a_layer_that_does_not_fit_names_the_sizes(form, wrong, named) -> None:
    fitting = {"x": (2, 4, 5, 6), "weight": (6, 4, 3, 2), "bias": (6,)}
    asked = {**fitting, **wrong}
    arrays = [np.zeros(asked.pop(name)) for name in fitting]
    with pytest.raises(ValueError, match=".*".join(map(re.escape, named))):
        FORMS[form][0](*arrays, **asked)


@forms
@pytest.mark.parametrize("shape", [(2, 6, 3, 4), (1, 6, 3, 5), (2, 1, 3, 5), (6, 3, 5), (2, 6, 3, 5, 1)])
def test_a_dout_that_does_not_fit_names_the_sizes(form, shape) -> None:
    forward, backward = FORMS[form]
    _, cache = forward(np.zeros((2, 4, 5, 6)), np.zeros((6, 4, 3, 2)), np.zeros(6))
    with pytest.raises(ValueError, match=re.escape(f"(2, 6, 3, 5), not {shape}")):
        backward(np.zeros(shape), cache)


def test_the_columns_of_a_whole_batch_never_lie_in_memory_at_once() -> None:
    """What the fast form holds beside its arguments and results is the columns of one image, however many there are."""
    import tracemalloc

    arrays = normal(1, (16, 8, 32, 32), "float32"), normal(2, (8, 8, 3, 3), "float32"), normal(3, (8,), "float32")
    tracemalloc.start()
    try:
        out, cache = conv2d_im2col_forward(*arrays, padding=1)
        forward = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        conv2d_im2col_backward(out, cache)
        backward = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    all_columns = 9 * arrays[0].nbytes
    assert forward < 0.5 * all_columns
    assert backward < 0.75 * all_columns
