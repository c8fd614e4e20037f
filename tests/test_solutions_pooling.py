"""The reference pooling layers, held to windows, derivatives, identities, ties and memory layouts."""

from __future__ import annotations

import re

import numpy as np
import pytest
from complex_step import assert_near, gradients
from hypothesis import assume, given
from hypothesis import strategies as st
from layouts import layouts, normal
from sliding import dtypes, layers, seeds

from solutions.convolution import conv2d_backward, conv2d_forward
from solutions.pooling import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)

PAIRS = {"max": (max_pool2d_forward, max_pool2d_backward), "avg": (avg_pool2d_forward, avg_pool2d_backward)}
kinds = pytest.mark.parametrize("kind", PAIRS)


@st.composite
def pools(draw, dtype="float64", least=0):
    """x and what is passed with it: a window that fits, strides below and above it, a border narrower than it."""
    layer = draw(layers(least))
    kernel = layer.kernel
    padding = tuple(min(border, taps - 1) for border, taps in zip(layer.padding, kernel, strict=True))
    size = [max(extent, taps - 2 * border) for extent, taps, border in zip(layer.size, kernel, padding, strict=True)]
    x = normal(layer.seed, (layer.batch, layer.groups, *size), dtype)
    return x, (kernel, draw(st.sampled_from([layer.stride, None])), padding)


def windows(x, kernel, stride, padding, border):
    """Each position, and what the window sees there, written out."""
    (top, left), (down, right) = padding, stride or kernel
    padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)), constant_values=border)
    for h, row in enumerate(range(0, padded.shape[2] - kernel[0] + 1, down)):
        for w, column in enumerate(range(0, padded.shape[3] - kernel[1] + 1, right)):
            yield h, w, padded[:, :, row : row + kernel[0], column : column + kernel[1]]


# --- values --------------------------------------------------------------------------------------------------------


@given(pools())
def test_out_is_the_maximum_and_the_mean_of_each_window(pool) -> None:
    x, settings = pool
    for forward, border, statistic in ((max_pool2d_forward, -np.inf, np.max), (avg_pool2d_forward, 0, np.mean)):
        out, _ = forward(x, *settings)
        count = 0
        for h, w, window in windows(x, *settings, border):
            assert_near(out[:, :, h, w], statistic(window, axis=(2, 3)))
            count += 1
        assert count == out.shape[2] * out.shape[3]
        assert out.shape[:2] == x.shape[:2]


def test_numbers_worked_out_by_hand() -> None:
    x = np.array([[[[1.0, 3.0, 2.0, 8.0], [5.0, -1.0, 7.0, 0.0]]]])
    dout = np.array([[[[10.0, 100.0]]]])
    out, cache = max_pool2d_forward(x, 2)
    assert out.tolist() == [[[[5, 8]]]]
    assert max_pool2d_backward(dout, cache).tolist() == [[[[0, 0, 0, 100], [10, 0, 0, 0]]]]
    out, cache = avg_pool2d_forward(x, 2)
    assert out.tolist() == [[[[2, 4.25]]]]
    assert avg_pool2d_backward(dout, cache).tolist() == [[[[2.5, 2.5, 25, 25], [2.5, 2.5, 25, 25]]]]
    out, cache = global_avg_pool2d_forward(x)
    assert out.tolist() == [[3.125]]
    assert global_avg_pool2d_backward(np.array([[8.0]]), cache).tolist() == [[[[1] * 4] * 2]]


def test_the_border_is_never_the_largest_and_counts_in_the_mean() -> None:
    x = -np.ones((1, 1, 2, 2))
    out, cache = max_pool2d_forward(x, 2, 2, 1)
    assert out.tolist() == [[[[-1, -1], [-1, -1]]]]
    assert max_pool2d_backward(out, cache).tolist() == [[[[-1, -1], [-1, -1]]]]
    assert avg_pool2d_forward(x, 2, 2, 1)[0].tolist() == [[[[-0.25, -0.25], [-0.25, -0.25]]]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_whole_numbers_are_pooled_as_floats(dtype) -> None:
    x = np.array([[[[200, 251], [252, 250]]]], dtype)
    for forward, expected in ((max_pool2d_forward, 252), (avg_pool2d_forward, 238.25)):
        out, _ = forward(x, 2)
        assert out.tolist() == [[[[expected]]]]
        assert out.dtype == np.float64
        assert forward(x, 2, 2, 1)[0].tolist() == forward(x.astype(np.float64), 2, 2, 1)[0].tolist()


# --- gradients -----------------------------------------------------------------------------------------------------


@kinds
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [
        (2, None, 0),
        ((3, 2), 1, 0),
        ((3, 2), (2, 3), (1, 0)),
        (3, (1, 2), (2, 1)),
        ((2, 1), 3, (1, 0)),
        ((1, 4), 2, (0, 3)),
    ],
)
def test_gradients_are_the_complex_step_s(kind, kernel, stride, padding) -> None:
    forward, backward = PAIRS[kind]
    x = normal(1, (2, 3, 6, 5))
    out, cache = forward(x, kernel, stride, padding)
    dout = normal(2, out.shape)
    (expected,) = gradients(lambda z: forward(z, kernel, stride, padding)[0], [x], dout)
    assert_near(backward(dout, cache), expected)


@given(pools(), seeds)
def test_max_pooling_hands_each_gradient_to_one_pixel(pool, seed) -> None:
    """Nothing is lost, whatever ties there are, and the pixel is the window's largest, the first of equals."""
    x, settings = pool
    x = (2 * x).round()
    out, cache = max_pool2d_forward(x, *settings)
    dout = normal(seed, out.shape)
    dx = max_pool2d_backward(dout, cache)
    assert np.allclose(dx.sum(axis=(2, 3)), dout.sum(axis=(2, 3)), rtol=1e-12, atol=1e-12)
    kernel, stride, (top, left) = settings
    expected = np.pad(np.zeros_like(x), ((0, 0), (0, 0), (top, top), (left, left)))
    for h, w, window in windows(x, *settings, -np.inf):
        for n, c in np.ndindex(x.shape[:2]):
            i, j = np.unravel_index(np.argmax(window[n, c]), kernel)
            row, column = h * (stride or kernel)[0] + i, w * (stride or kernel)[1] + j
            expected[n, c, row, column] += dout[n, c, h, w]
    assert_near(dx, expected[:, :, top : top + x.shape[2], left : left + x.shape[3]])


def test_a_tie_goes_to_the_first_in_row_major_order() -> None:
    x = np.array([[[[1.0, 2.0, 2.0], [2.0, 2.0, 0.0], [0.0, 0.0, 0.0]]]])
    out, cache = max_pool2d_forward(x, 2, 1)
    assert out.tolist() == [[[[2, 2], [2, 2]]]]
    dout = np.array([[[[1.0, 10.0], [100.0, 1000.0]]]])
    assert max_pool2d_backward(dout, cache).tolist() == [[[[0, 11, 0], [100, 1000, 0], [0, 0, 0]]]]


def test_minus_infinity_in_a_corner_still_gets_its_gradient() -> None:
    x = np.full((1, 1, 2, 2), -np.inf)
    out, cache = max_pool2d_forward(x, 2)
    assert out.tolist() == [[[[-np.inf]]]]
    assert max_pool2d_backward(np.ones((1, 1, 1, 1)), cache).sum() == 1


def test_a_nan_is_the_maximum_of_its_windows_and_its_gradient_is_not_lost() -> None:
    x = normal(1, (1, 2, 4, 4))
    x[0, 0, 1, 1] = np.nan
    out, cache = max_pool2d_forward(x, 2)
    assert np.argwhere(np.isnan(out)).tolist() == [[0, 0, 0, 0]]
    dout = normal(2, out.shape)
    dx = max_pool2d_backward(dout, cache)
    assert np.allclose(dx.sum(axis=(2, 3)), dout.sum(axis=(2, 3)))
    assert np.argwhere(np.isnan(avg_pool2d_forward(x, 2)[0])).tolist() == [[0, 0, 0, 0]]


@given(pools(), seeds)
def test_average_pooling_is_a_depthwise_convolution(pool, seed) -> None:
    x, (kernel, stride, padding) = pool
    channels = x.shape[1]
    weight = np.full((channels, 1, *kernel), 1 / (kernel[0] * kernel[1]))
    settings = {"stride": stride or kernel, "padding": padding, "groups": channels}
    right, right_cache = conv2d_forward(x, weight, np.zeros(channels), **settings)
    out, cache = avg_pool2d_forward(x, kernel, stride, padding)
    assert_near(out, right)
    dout = normal(seed, out.shape)
    dx = avg_pool2d_backward(dout, cache)
    assert_near(dx, conv2d_backward(dout, right_cache)[0])
    products = np.vdot(dout, out), np.vdot(dx, x)
    assert np.ptp(products) <= 1e-12 * (1 + np.linalg.norm(dout) * np.linalg.norm(out))


@given(pools(least=1), seeds)
def test_the_global_mean_is_that_of_one_window_over_all(pool, seed) -> None:
    x, _ = pool
    right, right_cache = avg_pool2d_forward(x, x.shape[2:])
    out, cache = global_avg_pool2d_forward(x)
    assert_near(out, right[:, :, 0, 0])
    dout = normal(seed, out.shape)
    dx = global_avg_pool2d_backward(dout, cache)
    assert_near(dx, avg_pool2d_backward(dout[:, :, None, None], right_cache))
    assert np.allclose(dx.sum(axis=(2, 3)), dout)


# --- memory and types ----------------------------------------------------------------------------------------------


@kinds
@given(dtypes.flatmap(pools), seeds, layouts, layouts)
def test_layout_in_memory_changes_nothing_and_nothing_is_changed(kind, pool, seed, lay_x, lay_dout) -> None:
    forward, backward = PAIRS[kind]
    plain, settings = pool
    x = lay_x(plain)
    out, cache = forward(x, *settings)
    kept = out.copy()
    plain_dout = normal(seed, out.shape, plain.dtype)
    dout = lay_dout(plain_dout)
    first, second = backward(dout, cache), backward(dout, cache)

    tolerance = 1e-12 if plain.dtype == np.float64 else 1e-5
    expected, fresh = forward(plain, *settings)
    assert_near(out, expected, tolerance)
    assert_near(first, backward(plain_dout, fresh), tolerance)
    assert np.array_equal(first, second)
    assert np.array_equal(out, kept)
    assert out.dtype == first.dtype == plain.dtype
    assert first.shape == plain.shape
    assert np.array_equal(x, plain)
    assert np.array_equal(dout, plain_dout)


@given(pools(dtype="float32", least=1), seeds, layouts, layouts)
def test_the_global_mean_whatever_the_layout(pool, seed, lay_x, lay_dout) -> None:
    plain, _ = pool
    assume(plain.size)
    x = lay_x(plain)
    out, cache = global_avg_pool2d_forward(x)
    plain_dout = normal(seed, out.shape, plain.dtype)
    dout = lay_dout(plain_dout)
    dx = global_avg_pool2d_backward(dout, cache)
    assert np.allclose(out, plain.astype(float).mean(axis=(2, 3)), rtol=1e-5, atol=1e-6)
    assert out.dtype == dx.dtype == np.float32
    assert np.array_equal(dx, np.broadcast_to(dx[:, :, :1, :1], plain.shape))
    kept = dx.copy()
    dx += 1  # an array of its own, which its owner may change
    assert np.array_equal(global_avg_pool2d_backward(dout, cache), kept)
    assert np.array_equal(x, plain)
    assert np.array_equal(dout, plain_dout)


@kinds
def test_one_number_stands_for_a_pair_and_none_for_the_kernel(kind) -> None:
    forward, _ = PAIRS[kind]
    x = normal(1, (2, 3, 7, 6))
    out, _ = forward(x, 3, 3, 1)
    for settings in (
        ((3, 3), (3, 3), (1, 1)),
        ([3, 3], [3, 3], [1, 1]),
        (np.int64(3),) * 2 + (np.int64(1),),
        (3, None, 1),
    ):
        assert np.array_equal(forward(x, *settings)[0], out)
    assert np.array_equal(forward(x, (3, 2))[0], forward(x, (3, 2), (3, 2), 0)[0])


# --- what does not fit ---------------------------------------------------------------------------------------------


@kinds
@pytest.mark.parametrize(
    ("shape", "settings", "named"),
    [
        ((2, 4, 5), (2,), ["(2, 4, 5)"]),
        ((2, 3, 4, 5), (5,), ["a kernel of 5", "the 4"]),
        ((2, 3, 4, 5), ((2, 8), 1, (0, 1)), ["a kernel of 8", "the 7"]),
        ((2, 3, 4, 5), (0,), ["kernel=0"]),
        ((2, 3, 4, 5), (2, 0), ["stride=0"]),
        ((2, 3, 4, 5), (2, (1, -1)), ["stride=-1"]),
        ((2, 3, 4, 5), (2, 2, -1), ["padding=-1"]),
        ((2, 3, 4, 5), (2, 2, 2), ["padding (2, 2)", "kernel_size (2, 2)"]),
        ((2, 3, 4, 5), ((3, 2), 2, (1, 2)), ["padding (1, 2)", "kernel_size (3, 2)"]),
        ((2, 3, 4, 5), ((1, 2, 3),), ["kernel_size", "(1, 2, 3)"]),
        ((2, 3, 0, 5), (1,), ["size=0"]),
    ],
)
def test_a_window_that_does_not_fit_names_the_sizes(kind, shape, settings, named) -> None:
    with pytest.raises(ValueError, match=".*".join(map(re.escape, named))):
        PAIRS[kind][0](np.zeros(shape), *settings)


@kinds
@pytest.mark.parametrize("shape", [(2, 3, 2, 3), (2, 3, 2), (1, 3, 2, 2), (2, 1, 2, 2)])
def test_a_dout_that_does_not_fit_names_the_sizes(kind, shape) -> None:
    forward, backward = PAIRS[kind]
    _, cache = forward(np.zeros((2, 3, 4, 5)), 2)
    with pytest.raises(ValueError, match=re.escape(f"(2, 3, 2, 2), not {shape}")):
        backward(np.zeros(shape), cache)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 0, 4), (2, 3, 4, 0), (2, 3)])
def test_a_global_mean_of_nothing_names_the_sizes(shape) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not {shape}")):
        global_avg_pool2d_forward(np.zeros(shape))


def test_a_dout_for_other_channels_names_the_sizes() -> None:
    _, cache = global_avg_pool2d_forward(np.zeros((2, 3, 4, 5)))
    with pytest.raises(ValueError, match=re.escape("(2, 3), not (2, 3, 1, 1)")):
        global_avg_pool2d_backward(np.zeros((2, 3, 1, 1)), cache)
