"""The reference normalization layers, held to derivatives, closed forms, identities, memory layouts and ill numbers."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from complex_step import assert_near, gradients
from hypothesis import given
from hypothesis import strategies as st
from layouts import layouts, normal

from solutions import normalization
from solutions._batch_norm_graph import walk_back
from solutions.normalization import (
    batch_norm_backward,
    batch_norm_forward,
    group_norm_backward,
    group_norm_forward,
    instance_norm_backward,
    instance_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
    rms_norm_backward,
    rms_norm_forward,
)

seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from(["float64", "float32"])

# A layer, the shape of its x and that of its parameters, and what stands between x and them.
LAYERS = {
    "batch": ("batch_norm", (6, 4), (4,), (), {}),
    "batch, square": ("batch_norm", (5, 5), (5,), (), {"eps": 0.1}),
    "batch, images": ("batch_norm", (3, 5, 4, 2), (5,), (), {"eps": 1e-3}),
    "batch, one image": ("batch_norm", (1, 3, 2, 2), (3,), (), {}),
    "batch, evaluation": ("batch_norm", (6, 4), (4,), (), {"training": False}),
    "batch, evaluation of one": ("batch_norm", (1, 4), (4,), (), {"training": False}),
    "batch, evaluation of images": ("batch_norm", (3, 5, 4, 2), (5,), (), {"training": False, "eps": 0.1}),
    "layer": ("layer_norm", (5, 4), (4,), (), {}),
    "layer, sequences": ("layer_norm", (3, 2, 6), (6,), (), {"eps": 0.1}),
    "layer, two axes": ("layer_norm", (4, 3, 5), (3, 5), (), {}),
    "layer, all axes": ("layer_norm", (3, 5), (3, 5), (), {}),
    "group, 2 of 3": ("group_norm", (3, 6, 2, 4), (6,), (2,), {}),
    "group, 4 of 2": ("group_norm", (2, 8, 3, 2), (8,), (4,), {"eps": 0.1}),
    "group, one": ("group_norm", (2, 4, 2, 3), (4,), (1,), {}),
    "group, vectors": ("group_norm", (3, 6), (6,), (2,), {}),
    "instance": ("instance_norm", (3, 4, 5, 2), (4,), (), {}),
    "instance, eps": ("instance_norm", (2, 3, 2, 3), (3,), (), {"eps": 0.1}),
    "rms": ("rms_norm", (5, 4), (4,), (), {}),
    "rms, sequences": ("rms_norm", (3, 2, 6), (6,), (), {"eps": 0.1}),
    "rms, one vector": ("rms_norm", (6,), (6,), (), {}),
}
layers = pytest.mark.parametrize("layer", LAYERS)


def drawn(layer, seed=0, dtype="float64"):
    """x, weight and (but for RMS norm) bias, and a dout; nothing is centred, and no weight is 1."""
    name, shape, parameters, _, _ = LAYERS[layer]
    x = 1.5 * normal(seed, shape, dtype) + 1
    weight = normal(seed + 1, parameters, dtype)
    weight = weight + np.sign(weight)
    bias = [] if name == "rms_norm" else [normal(seed + 2, parameters, dtype)]
    return [x, weight, *bias], normal(seed + 3, shape, dtype)


def run(layer, x, *parameters):
    """The forward of a layer: out and cache."""
    name, _, shape, between, options = LAYERS[layer]
    running = []
    if name == "batch_norm":
        running = [normal(9, shape, x.real.dtype), normal(10, shape, x.real.dtype) ** 2 + np.ones(shape, x.real.dtype)]
    return getattr(normalization, f"{name}_forward")(x, *between, *parameters, *running, **options)[:2]


def back(layer, dout, cache):
    return getattr(normalization, f"{LAYERS[layer][0]}_backward")(dout, cache)


def running(channels):
    return np.zeros(channels), np.ones(channels)


# --- by hand -------------------------------------------------------------------------------------------------------


def test_batch_norm_worked_out_by_hand() -> None:
    """Means 2 and 0, biased variances 2 and 32, unbiased 3 and 48 (with a third example in the middle)."""
    x = np.array([[2 - math.sqrt(3), -math.sqrt(48)], [2.0, 0.0], [2 + math.sqrt(3), math.sqrt(48)]])
    weight, bias = np.array([2.0, 0.5]), np.array([10.0, -1.0])
    mean, var = np.array([1.0, 1.0]), np.array([4.0, 8.0])
    out, _, new_mean, new_var = batch_norm_forward(x, weight, bias, mean, var, eps=0.0)
    step = math.sqrt(1.5)
    assert_near(out, np.array([[10 - 2 * step, -1 - step / 2], [10, -1], [10 + 2 * step, -1 + step / 2]]))
    assert_near(new_mean, np.array([0.9 + 0.2, 0.9]))
    assert_near(new_var, np.array([3.6 + 0.3, 7.2 + 4.8]))
    assert (mean.tolist(), var.tolist()) == ([1, 1], [4, 8])

    out, _, same_mean, same_var = batch_norm_forward(x[1:2], weight, bias, mean, var, training=False, eps=1.0)
    assert_near(out, np.array([[10 + 2 / math.sqrt(5), -1 - 0.5 / 3]]))
    assert same_mean is mean
    assert same_var is var


def test_what_is_remembered_is_the_exact_average() -> None:
    x = np.random.default_rng(0).integers(-8, 8, (3, 2, 2, 2)).astype(float)
    values = [[Fraction(int(v)) for v in x[:, c].ravel()] for c in range(2)]
    means = [sum(v) / 12 for v in values]
    unbiased = [sum((v - m) ** 2 for v in vs) / 11 for vs, m in zip(values, means, strict=True)]
    _, _, mean, var = batch_norm_forward(x, np.ones(2), np.zeros(2), np.full(2, 3.0), np.full(2, 5.0), momentum=0.25)
    assert_near(mean, np.array([float(Fraction(9, 4) + m / 4) for m in means]))
    assert_near(var, np.array([float(Fraction(15, 4) + v / 4) for v in unbiased]))


def test_running_averages_reach_the_data_s_own_mean_and_variance() -> None:
    rng = np.random.default_rng(1)
    mean, var = running(3)
    for _ in range(400):
        x = rng.normal([1.0, -2.0, 0.0], [1.0, 3.0, 0.5], (32, 3))
        _, _, mean, var = batch_norm_forward(x, np.ones(3), np.zeros(3), mean, var, momentum=0.02)
    # The averages hold about 50 batches of 32: their spread is that of a mean of 1600 or so.
    assert np.abs((mean - [1, -2, 0]) / [1, 3, 0.5]).max() < 0.15
    assert np.abs(var / [1, 9, 0.25] - 1).max() < 0.2


@pytest.mark.parametrize(("shape", "axes"), [((6, 4), (0,)), ((3, 5, 4, 2), (0, 2, 3))])
def test_batch_norm_gives_each_channel_mean_bias_and_spread_weight(shape, axes) -> None:
    x = 7 * normal(0, shape) + 3
    weight, bias = normal(1, shape[1:2]) + 3, normal(2, shape[1:2])
    out, *_ = batch_norm_forward(x, weight, bias, *running(shape[1]), eps=0.0)
    assert_near(out.mean(axis=axes), bias)
    assert_near(out.std(axis=axes), weight)


def test_the_layers_differ_in_what_shares_statistics_alone() -> None:
    x, weight, bias = normal(0, (3, 6, 4, 2)), normal(1, (6,)), normal(2, (6,))
    whole = weight[:, None, None] * np.ones((4, 2)), bias[:, None, None] * np.ones((4, 2))
    assert_near(group_norm_forward(x, 1, weight, bias)[0], layer_norm_forward(x, *whole)[0])
    assert_near(group_norm_forward(x, 6, weight, bias)[0], instance_norm_forward(x, weight, bias)[0])
    one_by_one = [batch_norm_forward(image[None], weight, bias, *running(6))[0] for image in x]
    assert_near(instance_norm_forward(x, weight, bias)[0], np.concatenate(one_by_one))
    halves = [group_norm_forward(x[:, c], 1, weight[c], bias[c])[0] for c in (np.s_[:3], np.s_[3:])]
    assert_near(group_norm_forward(x, 2, weight, bias)[0], np.concatenate(halves, axis=1))
    rows = x.reshape(-1, 2) - x.reshape(-1, 2).mean(axis=1, keepdims=True)
    expected = layer_norm_forward(rows, weight[:2], np.zeros(2))[0]
    assert_near(rms_norm_forward(rows, weight[:2])[0], expected)
    examples = normal(3, (5, 4))
    turned = batch_norm_forward(examples.T.copy(), np.ones(5), np.zeros(5), *running(5))[0].T
    assert_near(layer_norm_forward(examples, np.ones(4), np.zeros(4))[0], turned)


@given(seeds, st.floats(0.1, 100), st.floats(-100, 100))
def test_scale_and_shift_of_x_change_nothing(seed, scale, shift) -> None:
    x, weight, bias = normal(seed, (6, 4)), normal(seed + 1, (4,)), normal(seed + 2, (4,))
    for forward in (
        lambda x: batch_norm_forward(x, weight, bias, *running(4), eps=0.0)[0],
        lambda x: layer_norm_forward(x, weight, bias, eps=0.0)[0],
    ):
        assert_near(forward(scale * x + shift), forward(x), 1e-9)
    assert_near(rms_norm_forward(scale * x, weight, 0.0)[0], rms_norm_forward(x, weight, 0.0)[0])


# --- derivatives ---------------------------------------------------------------------------------------------------


@layers
def test_gradients_are_the_complex_step_s(layer) -> None:
    arguments, dout = drawn(layer)
    _, cache = run(layer, *arguments)
    expected = gradients(lambda *each: run(layer, *each)[0], arguments, dout)
    for got, right in zip(back(layer, dout, cache), expected, strict=True):
        assert_near(got, right)


@given(seeds, st.integers(2, 7), st.integers(1, 5))
def test_the_short_formula_is_the_walk_through_the_graph(seed, examples, features) -> None:
    x, weight, bias = 2 * normal(seed, (examples, features)) + 1, normal(seed + 1, (features,)), np.zeros(features)
    dout = normal(seed + 2, x.shape)
    _, cache, _, _ = batch_norm_forward(x, weight, bias, *running(features), eps=1e-3)
    scale = np.linalg.norm(dout) * (1 + np.linalg.norm(weight)) / math.sqrt(1e-3)  # a batch of two cancels nearly all
    for short, walked in zip(batch_norm_backward(dout, cache), walk_back(dout, x, weight, 1e-3), strict=True):
        assert np.linalg.norm(short - walked) <= 1e-13 * scale


@given(seeds, st.sampled_from([1e-8, 1e-5, 0.1, 3.0]))
def test_sums_over_what_shares_statistics(seed, eps) -> None:
    """Shifting all of x changes no output: Σ dx = 0. Scaling changes it by eps alone: Σ dx·x_hat is not quite 0, but

    Σ dx · x_hat = eps / (var + eps)^(3/2) · Σ (weight · dout) · x_hat
    """
    x, weight, dout = normal(seed, (6, 4)) + 1, normal(seed + 1, (4,)), normal(seed + 2, (6, 4))
    bias = np.zeros(4)
    out, cache, _, _ = batch_norm_forward(x, weight, bias, *running(4), eps=eps)
    cases = [(0, x.var(axis=0), batch_norm_backward(dout, cache)[0], out / weight)]
    out, cache = layer_norm_forward(x, weight, bias, eps)
    cases.append((1, x.var(axis=1), layer_norm_backward(dout, cache)[0], out / weight))
    for axis, variance, dx, x_hat in cases:
        assert np.abs(dx.sum(axis=axis)).max() <= 1e-12 * (1 + np.linalg.norm(dx))
        expected = eps / (variance + eps) ** 1.5 * (weight * dout * x_hat).sum(axis=axis)
        assert np.abs((dx * x_hat).sum(axis=axis) - expected).max() <= 1e-12 * (1 + np.linalg.norm(dx))
    out, cache = rms_norm_forward(x, weight, eps)
    dx, x_hat, square = rms_norm_backward(dout, cache)[0], out / weight, (x**2).mean(axis=1)
    expected = eps / (square + eps) ** 1.5 * (weight * dout * x_hat).sum(axis=1)
    assert np.abs((dx * x_hat).sum(axis=1) - expected).max() <= 1e-12 * (1 + np.linalg.norm(dx))


def test_a_dout_of_ones_moves_nothing_through_batch_norm() -> None:
    out, cache, _, _ = batch_norm_forward(normal(0, (6, 4)), normal(1, (4,)), np.zeros(4), *running(4))
    dx, _, dbias = batch_norm_backward(np.ones_like(out), cache)
    assert np.abs(dx).max() < 1e-14
    assert dbias.tolist() == [6, 6, 6, 6]


# --- numbers that are hard -----------------------------------------------------------------------------------------


@layers
def test_constant_numbers_come_out_as_bias_and_have_a_finite_gradient(layer) -> None:
    (x, *parameters), dout = drawn(layer)
    out, cache = run(layer, np.full_like(x, 0.7), *parameters)
    dx, *_ = back(layer, dout, cache)
    assert np.isfinite(out).all()
    assert np.isfinite(dx).all()
    name, _, _, _, options = LAYERS[layer]
    if name in ("layer_norm", "batch_norm") and options.get("training", True):
        bias = parameters[1].reshape(-1, *[1] * (x.ndim - 2)) if name == "batch_norm" else parameters[1]
        assert np.abs(out - bias).max() < 1e-12


@pytest.mark.parametrize("layer", [name for name in LAYERS if not name.startswith("rms") and "evaluation" not in name])
@pytest.mark.parametrize("far", [1e4, 1e8])
def test_a_large_mean_costs_no_more_digits_than_x_has_lost(layer, far) -> None:
    """X is a multiple of 1/64, so that a far mean is added to it without any rounding."""
    (x, *parameters), _ = drawn(layer)
    x = np.round(64 * x) / 64
    out, _ = run(layer, x, *parameters)
    moved, _ = run(layer, x + far, *parameters)
    assert_near(moved, out, 1e-15 * far)


def test_a_large_mean_in_float32() -> None:
    x = np.round(64 * normal(0, (64, 4))) / 64
    args = normal(1, (4,)), normal(2, (4,)), *running(4)
    out, *_ = batch_norm_forward(x, *args)
    moved, *_ = batch_norm_forward((x + 4096).astype(np.float32), *(each.astype(np.float32) for each in args))
    assert_near(moved, out, 1e-3)


# --- memory and types ----------------------------------------------------------------------------------------------


@layers
@given(seeds, dtypes, st.tuples(layouts, layouts, layouts, layouts))
def test_layout_in_memory_changes_nothing_and_nothing_is_changed(layer, seed, dtype, laid_out) -> None:
    plain, dout = drawn(layer, seed, dtype)
    *arrays, upstream = [lay_out(array) for lay_out, array in zip(laid_out, [*plain, dout], strict=False)]
    out, cache = run(layer, *arrays)
    kept = out.copy()
    first, second = back(layer, upstream, cache), back(layer, upstream, cache)

    expected, fresh = run(layer, *plain)
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    assert_near(out, expected, tolerance)
    scale = 1 + np.linalg.norm(dout) * np.linalg.norm(plain[1])
    for got, again, right, argument in zip(first, second, back(layer, dout, fresh), plain, strict=True):
        assert np.array_equal(got, again)
        assert got.dtype == argument.dtype
        assert got.shape == argument.shape
        assert np.linalg.norm(got - right) <= 10 * tolerance * scale
    assert out.dtype == plain[0].dtype
    assert np.array_equal(out, kept)
    for array, copy in zip([*arrays, upstream], [*plain, dout], strict=True):
        assert np.array_equal(array, copy)


def test_running_statistics_keep_shape_and_dtype_and_are_new() -> None:
    for dtype in (np.float32, np.float64):
        for shape in ((6, 4), (2, 4, 3, 3)):
            mean, var = (each.astype(dtype) for each in running(4))
            ones = np.ones(4, dtype)
            _, _, new_mean, new_var = batch_norm_forward(normal(0, shape, dtype), ones, ones, mean, var)
            assert (new_mean.dtype, new_var.dtype) == (dtype, dtype)
            assert (new_mean.shape, new_var.shape) == ((4,), (4,))
            assert not np.shares_memory(new_mean, mean)
            assert (mean.tolist(), var.tolist()) == ([0] * 4, [1] * 4)


@layers
def test_float32_is_float64_to_single_precision(layer) -> None:
    arguments, dout = drawn(layer)
    out, cache = run(layer, *arguments)
    narrow = [array.astype(np.float32) for array in arguments]
    single, single_cache = run(layer, *narrow)
    assert_near(single, out, 1e-6)
    for got, right in zip(back(layer, dout.astype(np.float32), single_cache), back(layer, dout, cache), strict=True):
        assert_near(got, right, 3e-6)


def test_an_empty_batch_is_normalized_where_no_statistics_of_it_are_needed() -> None:
    weight, bias = np.ones(4), np.zeros(4)
    out, cache, *_ = batch_norm_forward(np.zeros((0, 4)), weight, bias, *running(4), training=False)
    assert out.shape == (0, 4)
    assert [each.shape for each in batch_norm_backward(out, cache)] == [(0, 4), (4,), (4,)]
    out, cache = layer_norm_forward(np.zeros((0, 4)), weight, bias)
    assert [each.shape for each in layer_norm_backward(out, cache)] == [(0, 4), (4,), (4,)]
    out, cache = group_norm_forward(np.zeros((0, 4, 2, 2)), 2, weight, bias)
    assert [each.shape for each in group_norm_backward(out, cache)] == [(0, 4, 2, 2), (4,), (4,)]
    out, cache = instance_norm_forward(np.zeros((0, 4, 2, 2)), weight, bias)
    assert [each.shape for each in instance_norm_backward(out, cache)] == [(0, 4, 2, 2), (4,), (4,)]
    out, cache = rms_norm_forward(np.zeros((0, 4)), weight)
    assert [each.shape for each in rms_norm_backward(out, cache)] == [(0, 4), (4,)]


# --- what does not fit ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 4), (1, 4, 1, 1), (0, 4), (0, 4, 2, 2), (3, 4, 0, 2)])
def test_training_needs_two_values_a_channel(shape) -> None:
    values = shape[0] * math.prod(shape[2:])
    with pytest.raises(ValueError, match=re.escape(f"{shape} has {values}")):
        batch_norm_forward(np.zeros(shape), np.ones(4), np.zeros(4), *running(4))


def test_two_values_a_channel_are_enough() -> None:
    for shape in ((2, 4), (1, 4, 2, 1)):
        out, *_ = batch_norm_forward(normal(0, shape), np.ones(4), np.zeros(4), *running(4), eps=0.0)
        assert_near(np.abs(out), np.ones(shape))


@pytest.mark.parametrize("position", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(3,), (5,), (4, 1), (1, 4), ()])
def test_batch_norm_s_parameters_have_one_number_a_channel(position, shape) -> None:
    arguments = [np.zeros((6, 4)), np.ones(4), np.zeros(4), *running(4)]
    arguments[position] = np.zeros(shape)
    name = ("weight", "bias", "running_mean", "running_var")[position - 1]
    with pytest.raises(ValueError, match=f"{name} .*{re.escape('(4,)')}.*{re.escape(str(shape))}"):
        batch_norm_forward(*arguments)


@pytest.mark.parametrize("shape", [(), (4,)])
def test_batch_norm_needs_a_batch(shape) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not {shape}")):
        batch_norm_forward(np.zeros(shape), np.ones(4), np.zeros(4), *running(4))


@pytest.mark.parametrize("groups", [4, 5, 7, 12, 0, -1])
def test_groups_that_do_not_divide_the_channels(groups) -> None:
    with pytest.raises(ValueError, match=f"6 channels .* {groups} groups"):
        group_norm_forward(np.zeros((2, 6, 2, 2)), groups, np.ones(6), np.zeros(6))


@pytest.mark.parametrize(
    ("forward", "arguments", "named"),
    [
        (layer_norm_forward, ((5, 4), (5,), (5,)), ["(5, 4)", "(5,)"]),
        (layer_norm_forward, ((5, 4), (), ()), ["(5, 4)", "()"]),
        (layer_norm_forward, ((4,), (5, 4), (5, 4)), ["(4,)", "(5, 4)"]),
        (layer_norm_forward, ((5, 4), (4,), (5,)), ["(4,)", "(5,)"]),
        (layer_norm_forward, ((5, 4), (4,), (1, 4)), ["(4,)", "(1, 4)"]),
        (instance_norm_forward, ((2, 4, 3, 3), (3,), (4,)), ["weight", "(4,)", "(3,)"]),
        (instance_norm_forward, ((2, 4, 3, 3), (4,), (3,)), ["bias", "(4,)", "(3,)"]),
        (rms_norm_forward, ((5, 4), (5,)), ["(5, 4)", "(5,)"]),
        (rms_norm_forward, ((5, 4), (5, 4)), ["(5, 4)", "(5, 4)"]),
        (rms_norm_forward, ((), ()), ["()", "()"]),
    ],
)
def test_what_does_not_fit_names_the_sizes(forward, arguments, named) -> None:
    with pytest.raises(ValueError, match=".*".join(map(re.escape, named))):
        forward(*map(np.zeros, arguments))


@layers
def test_a_dout_that_does_not_fit_names_the_sizes(layer) -> None:
    arguments, dout = drawn(layer)
    _, cache = run(layer, *arguments)
    for wrong in (dout[..., :-1], dout[None], dout.T[..., None]):
        with pytest.raises(ValueError, match=re.escape(f"{dout.shape}, not {wrong.shape}")):
            back(layer, wrong, cache)
