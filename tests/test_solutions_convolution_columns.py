"""Images as columns and back, and the linear layer as a convolution: held to windows, adjoints and the layers."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from complex_step import assert_near
from hypothesis import given
from hypothesis import strategies as st
from layouts import layouts, normal
from sliding import dtypes, layers, seeds

from solutions.convolution import col2im, conv2d_forward, im2col, linear_to_conv
from solutions.linear import linear_forward


def drawn(layer, dtype="float64"):
    """Images of a drawn layer and the settings of its window."""
    x, *_ = layer.arrays(dtype)
    return x, (layer.kernel, layer.stride, layer.padding, layer.dilation)


# --- columns -------------------------------------------------------------------------------------------------------


def test_numbers_small_enough_to_follow() -> None:
    x = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    cols = im2col(x, 2)
    assert cols.tolist() == [[[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]]
    assert col2im(cols, (3, 3), 2).tolist() == [[[[1, 4, 3], [8, 20, 12], [7, 16, 9]]]]


@given(layers(), dtypes, layouts)
def test_a_column_is_what_the_window_sees(layer, dtype, lay_out) -> None:
    plain, settings = drawn(layer, dtype)
    x = lay_out(plain)
    cols = im2col(x, *settings)
    top, left = layer.padding
    padded = np.pad(plain, ((0, 0), (0, 0), (top, top), (left, left)))
    (kernel_height, kernel_width), (height, width) = layer.kernel, layer.positions
    assert cols.shape == (len(x), x.shape[1] * kernel_height * kernel_width, height * width)
    assert cols.dtype == dtype
    for h, w in np.ndindex(height, width):
        first_row, first_column = h * layer.stride[0], w * layer.stride[1]
        seen = padded[
            :,
            :,
            first_row : first_row + layer.dilation[0] * (kernel_height - 1) + 1 : layer.dilation[0],
            first_column : first_column + layer.dilation[1] * (kernel_width - 1) + 1 : layer.dilation[1],
        ]
        assert np.array_equal(cols[:, :, h * width + w], seen.reshape(cols.shape[:2]))
    assert np.array_equal(x, plain)


@pytest.mark.parametrize("kernel", [1, 2])
def test_columns_are_the_caller_s_own(kernel) -> None:
    x = normal(1, (2, 3, 4, 5))
    kept = x.copy()
    cols = im2col(x, kernel)
    cols += 1
    assert np.array_equal(x, kept)


@given(layers(), dtypes, layouts)
def test_col2im_is_the_adjoint_of_im2col(layer, dtype, lay_out) -> None:
    x, settings = drawn(layer)
    of_x = im2col(x, *settings)
    plain = normal(layer.seed + 7, of_x.shape, dtype)
    cols = lay_out(plain)
    images = col2im(cols, layer.size, *settings)
    assert images.shape == x.shape
    assert images.dtype == dtype
    scale = 1 + np.linalg.norm(plain) * np.linalg.norm(of_x)
    assert abs(np.vdot(of_x, plain) - np.vdot(x, images)) <= (1e-12 if dtype == "float64" else 1e-5) * scale
    assert np.array_equal(cols, plain)


@given(layers())
def test_back_again_each_pixel_is_there_as_often_as_a_window_saw_it(layer) -> None:
    x, settings = drawn(layer)
    seen = col2im(im2col(np.ones_like(x), *settings), layer.size, *settings)
    assert np.array_equal(seen, seen.round())
    assert_near(col2im(im2col(x, *settings), layer.size, *settings), seen * x)


@given(layers())
def test_a_layer_is_a_matrix_product_with_the_columns(layer) -> None:
    x, weight, bias, _ = layer.arrays()
    alone = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
    group = x[:, : layer.channels]
    cols = im2col(group, layer.kernel, *alone.values())
    filters = weight[: layer.filters]
    out, _ = conv2d_forward(group, filters, bias[: layer.filters], **alone)
    product = filters.reshape(layer.filters, -1) @ cols
    assert_near(product.reshape(out.shape) + bias[: layer.filters, None, None], out)


@pytest.mark.parametrize(
    ("shape", "settings", "named"),
    [
        ((2, 3, 4), (2,), ["(2, 3, 4)"]),
        ((2, 3, 4, 5), (5,), ["a kernel of 5", "the 4"]),
        ((2, 3, 4, 5), ((2, 3), 1, 0, 3), ["a kernel of 3 with dilation 3 covers 7", "the 5"]),
        ((2, 3, 4, 5), (2, 0), ["stride=0"]),
        ((2, 3, 4, 5), (2, 1, -1), ["padding=-1"]),
        ((2, 3, 4, 5), (2, 1, 0, 0), ["dilation=0"]),
        ((2, 3, 4, 5), (0,), ["kernel=0"]),
        ((2, 3, 4, 5), ((1, 2, 3),), ["kernel_size", "(1, 2, 3)"]),
    ],
)
def test_a_window_that_does_not_fit_names_the_sizes(shape, settings, named) -> None:
    pattern = ".*".join(map(re.escape, named))
    with pytest.raises(ValueError, match=pattern):
        im2col(np.zeros(shape), *settings)
    if len(shape) == 4:
        with pytest.raises(ValueError, match=pattern):
            col2im(np.zeros((2, 12, 12)), shape[2:], *settings)


@pytest.mark.parametrize("shape", [(2, 12, 11), (2, 12, 13), (2, 10, 12), (12, 12), (2, 3, 4, 12)])
def test_columns_that_do_not_fit_name_the_sizes(shape) -> None:
    with pytest.raises(
        ValueError, match=re.escape("(N, C * 4, 12) for images of (4, 5)") + ".*" + re.escape(f"{shape}")
    ):
        col2im(np.zeros(shape), (4, 5), 2)


def test_an_image_of_three_sizes_is_none() -> None:
    with pytest.raises(
        ValueError, match=re.escape("image_size must be an int or a pair (height, width), not (3, 4, 5)")
    ):
        col2im(np.zeros((2, 12, 12)), (3, 4, 5), 2)


# --- fully connected as convolution --------------------------------------------------------------------------------


@given(seeds, *[st.integers(1, 4)] * 4, dtypes, layouts, layouts)
def test_as_a_convolution_the_linear_layer_gives_the_same(
    seed, channels, height, width, outputs, dtype, lay_weight, lay_bias
) -> None:
    shape = (channels, height, width)
    plain, plain_bias = normal(seed, (math.prod(shape), outputs), dtype), normal(seed + 1, (outputs,), dtype)
    weight, bias = lay_weight(plain), lay_bias(plain_bias)
    filters, same_bias = linear_to_conv(weight, bias, shape)
    assert filters.shape == (outputs, *shape)
    assert np.array_equal(same_bias, plain_bias)
    assert filters.dtype == same_bias.dtype == dtype
    x = normal(seed + 2, (3, *shape), dtype)
    right, _ = linear_forward(x, plain, plain_bias)
    out, _ = conv2d_forward(x, filters, same_bias)
    assert out.shape == (3, outputs, 1, 1)
    scale = 1 + np.linalg.norm(x) * np.linalg.norm(plain)
    assert np.linalg.norm(out[:, :, 0, 0] - right) <= (1e-12 if dtype == "float64" else 1e-5) * scale
    assert np.array_equal(weight, plain)


def test_over_a_larger_image_it_gives_the_linear_layer_of_every_window() -> None:
    weight, bias = normal(1, (2 * 3 * 2, 5)), normal(2, (5,))
    x = normal(3, (2, 2, 5, 6))
    out, _ = conv2d_forward(x, *linear_to_conv(weight, bias, (2, 3, 2)), stride=2)
    for h, w in np.ndindex(2, 3):
        window, _ = linear_forward(x[:, :, 2 * h : 2 * h + 3, 2 * w : 2 * w + 2], weight, bias)
        assert_near(out[:, :, h, w], window)


@pytest.mark.parametrize(
    ("weight", "bias", "shape", "named"),
    [
        ((12, 5), (5,), (2, 3, 3), ["(12, 5)", "(2, 3, 3)"]),
        ((12, 5), (5,), (12,), ["(12, 5)", "(12,)"]),
        ((12,), (5,), (2, 2, 3), ["(12,)"]),
        ((12, 5), (4,), (2, 2, 3), ["(5,)", "(4,)"]),
    ],
)
def test_a_linear_layer_that_does_not_fit_names_the_sizes(weight, bias, shape, named) -> None:
    with pytest.raises(ValueError, match=".*".join(map(re.escape, named))):
        linear_to_conv(np.zeros(weight), np.zeros(bias), shape)
