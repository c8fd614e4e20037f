"""The reference dropout and max-norm, held to what each must satisfy: exact counts, closed forms, memory layouts.

Randomness is held to the binomial distribution itself, whose sums are held to exact fractions and to SciPy. Every test
draws from fixed seeds, so none of them fails by chance.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from complex_step import assert_near, gradients
from hypothesis import given
from hypothesis import strategies as st
from judging import SEED, first_failed, judge, keys
from layouts import layouts, normal
from scipy import stats

from autograder import registry
from autograder.answers import measures_of
from autograder.calls import Local
from autograder.checks import dropout_binomial as binomial
from autograder.exercise import Observed
from solutions import dropout
from solutions.dropout import (
    dropout2d_backward,
    dropout2d_forward,
    dropout_backward,
    dropout_forward,
    max_norm,
)

seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from(["float64", "float32"])
probabilities = st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.8, 0.99])

KINDS = {"entries": (dropout_forward, dropout_backward), "channels": (dropout2d_forward, dropout2d_backward)}
kinds = pytest.mark.parametrize("kind", KINDS)


def new(seed=0):
    return np.random.default_rng(seed)


def expected_mask(kind, shape, p, seed):
    """The mask as the docstring has it, drawn as the reference draws."""
    units = shape if kind == "entries" else (*shape[:2], 1, 1)
    return np.broadcast_to(np.where(new(seed).random(units) < p, 0, 1 / (1 - p)), shape)


# --- values and gradients ------------------------------------------------------------------------------------------


@kinds
@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.75, 0.999])
def test_training_multiplies_by_the_mask_and_so_does_the_way_back(kind, p) -> None:
    forward, backward = KINDS[kind]
    x, dout = normal(1, (5, 4, 3, 6)), normal(2, (5, 4, 3, 6))
    mask = expected_mask(kind, x.shape, p, 7)
    out, cache = forward(x, p, True, new(7))
    assert_near(out, x * mask, 1e-15)
    assert_near(backward(dout, cache), dout * mask, 1e-15)


@kinds
def test_the_gradient_is_that_of_the_forward_with_its_mask(kind) -> None:
    forward, backward = KINDS[kind]
    x, dout = normal(3, (3, 4, 2, 2)), normal(4, (3, 4, 2, 2))
    x[0, 1:3] = 0
    (expected,) = gradients(lambda z: forward(z, 0.4, True, new(5))[0], [x], dout)
    dx = backward(dout, forward(x, 0.4, True, new(5))[1])
    assert_near(dx, expected)
    assert np.count_nonzero(dx == 0) not in (0, dx.size)
    assert np.any(dx[0, 1:3] != 0)


@kinds
@pytest.mark.parametrize("p", [0.0, 0.3, 0.9])
def test_evaluation_is_the_identity_both_ways(kind, p) -> None:
    forward, backward = KINDS[kind]
    x, dout = normal(6, (3, 4, 2, 5)), normal(7, (3, 4, 2, 5))
    rng = new()
    out, cache = forward(x, p, False, rng)
    assert np.array_equal(out, x)
    assert np.array_equal(backward(dout, cache), dout)
    assert rng.random() == new().random(), "nothing was drawn"


@kinds
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("p", [1.0, 1, -1e-9, 1.5, -math.inf, math.nan])
def test_what_is_no_probability_below_1_is_refused_in_both_modes(kind, training, p) -> None:
    with pytest.raises(ValueError, match=re.escape(f"0 <= p < 1, not {p}")):
        KINDS[kind][0](np.ones((2, 3, 2, 2)), p, training, new())


@kinds
@given(seeds, probabilities, dtypes, st.booleans(), layouts, layouts)
def test_layout_in_memory_changes_nothing_and_nothing_is_changed(
    kind, seed, p, dtype, training, lay_x, lay_dout
) -> None:
    forward, backward = KINDS[kind]
    plain, plain_dout = normal(seed, (3, 2, 4, 3), dtype), normal(seed + 1, (3, 2, 4, 3), dtype)
    x, dout = lay_x(plain), lay_dout(plain_dout)
    state = np.random.get_state()[1].copy()
    out, cache = forward(x, p, training, new(seed))
    kept = out.copy()
    first, second = backward(dout, cache), backward(dout, cache)

    mask = expected_mask(kind, plain.shape, p, seed) if training else np.ones(plain.shape)
    tolerance = 1e-15 if dtype == "float64" else 1e-6
    assert_near(out, plain * mask, tolerance)
    assert_near(first, plain_dout * mask, tolerance)
    assert np.array_equal(first, second)
    assert np.array_equal(out, kept)
    assert out.dtype == first.dtype == plain.dtype
    assert np.array_equal(x, plain)
    assert np.array_equal(dout, plain_dout)
    assert not np.shares_memory(out, x)
    assert np.array_equal(np.random.get_state()[1], state)


@kinds
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 1), (3, 2, 4, 5), (2, 3, 1, 5)])
def test_a_dout_that_does_not_fit_names_the_sizes(kind, training, shape) -> None:
    forward, backward = KINDS[kind]
    _, cache = forward(np.zeros((2, 3, 4, 5)), 0.5, training, new())
    with pytest.raises(ValueError, match=re.escape(f"(2, 3, 4, 5), not {shape}")):
        backward(np.zeros(shape), cache)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (1, 2, 3, 4, 5)])
def test_channels_are_those_of_images(shape) -> None:
    with pytest.raises(ValueError, match=re.escape(f"(N, C, H, W), not {shape}")):
        dropout2d_forward(np.zeros(shape), 0.5, True, new())


@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 0), (2, 3, 2, 2, 2)])
def test_entries_are_those_of_any_shape(shape) -> None:
    out, cache = dropout_forward(np.ones(shape), 0.5, True, new())
    assert np.shape(out) == shape
    assert dropout_backward(np.ones(shape), cache).shape == shape


# --- what is drawn -------------------------------------------------------------------------------------------------


@kinds
@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.9])
def test_the_share_of_dropped_units_is_that_of_the_binomial_distribution(kind, p) -> None:
    """Over 200 seeds: every count within the exact bounds, and all of them together spread as they should be."""
    shape = (40, 30) if kind == "entries" else (40, 30, 1, 2)
    units = 1200
    counts = []
    for seed in range(200):
        out, _ = KINDS[kind][0](np.ones(shape), p, True, new(seed))
        assert np.allclose(out[out != 0], 1 / (1 - p), rtol=1e-15)
        counts.append(int(np.sum(out.reshape(units, -1)[:, 0] == 0)))
    low, high = binomial.bounds(units, p)
    assert all(low <= count <= high for count in counts)
    assert stats.binomtest(sum(counts), 200 * units, p).pvalue > 1e-6
    spread = 199 * np.var(counts, ddof=1) / (units * p * (1 - p))
    assert 1e-6 < stats.chi2(199).cdf(spread) < 1 - 1e-6


@kinds
def test_units_are_independent_of_each_other_and_channels_whole(kind) -> None:
    """Over 4000 draws, each unit is dropped as often as p says, and each pair of units as often as p squared."""
    p, draws = 0.3, 4000
    shape = (2, 4) if kind == "entries" else (2, 4, 2, 3)
    rng, dropped = new(8), []
    for _ in range(draws):
        out, _ = KINDS[kind][0](np.ones(shape), p, True, rng)
        zero = (out == 0).reshape(8, -1)
        assert np.all(zero == zero[:, :1])
        dropped.append(zero[:, 0])
    dropped = np.array(dropped)
    together = dropped.T.astype(int) @ dropped
    for a in range(8):
        for b in range(a, 8):
            low, high = binomial.bounds(draws, p if a == b else p * p)
            assert low <= together[a, b] <= high


@kinds
def test_the_mean_of_many_outputs_is_the_input(kind) -> None:
    """The mean of `draws` outputs has the standard deviation |x| sqrt(p / (1 - p) / draws) around x."""
    x, p, draws = normal(9, (3, 4, 1, 1)), 0.4, 20_000
    rng = new(10)
    mean = sum(KINDS[kind][0](x, p, True, rng)[0] for _ in range(draws)) / draws
    deviations = (mean - x) / (np.abs(x) * math.sqrt(p / (1 - p) / draws))
    assert np.abs(deviations).max() < 5
    assert np.sqrt(np.mean(deviations**2)) > 0.3, "and not nearer than chance would have it"


@kinds
def test_the_generator_given_is_followed_and_goes_on(kind) -> None:
    forward = KINDS[kind][0]
    x, rng = np.ones((20, 15, 2, 2)), new(11)
    first, second = forward(x, 0.3, True, rng)[0], forward(x, 0.3, True, rng)[0]
    assert not np.array_equal(first, second)
    assert np.array_equal(first, forward(x, 0.3, True, new(11))[0])
    assert not np.array_equal(first, forward(x, 0.3, True, new(12))[0])


# --- the exact bounds that a student's masks are held to -----------------------------------------------------------


@pytest.mark.parametrize(("trials", "p"), [(1, 0.3), (12, 0.5), (60, 0.3), (90, 0.95), (40, 0.0), (40, 1.0)])
def test_the_distribution_is_that_of_exact_fractions(trials, p) -> None:
    success = Fraction(p)
    exact = [float(math.comb(trials, k) * success**k * (1 - success) ** (trials - k)) for k in range(trials + 1)]
    assert binomial.distribution(trials, p) == pytest.approx(exact, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(("trials", "p"), [(468, 0.8), (2880, 0.68), (9000, 0.58), (18000, 0.3), (18000, 0.95)])
def test_the_bounds_are_the_narrowest_at_their_false_alarm_rate(trials, p) -> None:
    low, high = binomial.bounds(trials, p)
    count, half = stats.binom(trials, p), binomial.FALSE_ALARM / 2
    assert count.cdf(low - 1) <= half < count.cdf(low)
    assert count.sf(high) <= half < count.sf(high - 1)
    assert binomial.outside(trials, p, low, high) == pytest.approx(count.cdf(low - 1) + count.sf(high), rel=1e-9)


def _counts_asked(monkeypatch, name):
    """The (trials, p) of each count that judging a right answer to the exercise looks at."""
    exercise, key, asked = registry.exercises("dropout")[name], keys("dropout")[name], []
    exact = binomial.bounds

    def noted(trials, p, *rest):
        asked.append((trials, p))
        return exact(trials, p, *rest)

    monkeypatch.setattr(binomial, "bounds", noted)
    for case in key.cases:
        measures_of(exercise, case, Local(vars(dropout)).run(case.calls))
    return asked


def test_an_exercise_refuses_a_right_answer_less_often_than_once_in_a_thousand_million(monkeypatch) -> None:
    """All that is left to chance, added up: the counts, and that ten counts are alike or two masks one and the same."""
    for name in registry.exercises("dropout"):
        asked = _counts_asked(monkeypatch, name)
        monkeypatch.undo()
        rates = [binomial.outside(trials, p, *binomial.bounds(trials, p)) for trials, p in asked]
        if name.endswith("_forward"):
            assert len(rates) > 5
            units = 600 if name == "dropout_forward" else 300
            rates.append(float(np.sum(binomial.distribution(units, 0.3) ** 10)))
            rates += 2 * [(0.3**2 + 0.7**2) ** units]
        assert sum(rates) < 1e-9, name


@pytest.mark.parametrize("name", ["dropout_forward", "dropout_backward", "dropout2d_forward", "dropout2d_backward"])
def test_the_reference_is_right_whatever_it_draws(name) -> None:
    """Judged with other generators than the key's, twenty-five times over, it never looks otherwise."""
    exercise, key = registry.exercises("dropout")[name], keys("dropout")[name]
    measured = [(case, right) for case, right in zip(key.cases, key.expected.measures, strict=True) if case.measure]
    assert measured
    for shift in range(25):

        def drawn(x, p, training, rng, shift=shift, forward=KINDS["channels" if "2d" in name else "entries"][0]):
            rng.random(shift)
            return forward(x, p, training, rng)

        functions = {**vars(dropout), name.replace("backward", "forward"): drawn}
        for case, right in measured:
            seen = measures_of(exercise, case, Local(functions).run(case.calls))
            assert seen == right, (case.name, seen)
            assert all(isinstance(value, Observed) for value in seen.values())


def test_the_key_of_another_seed_holds_the_same_observations() -> None:
    for name in registry.exercises("dropout"):
        here, there = (keys("dropout", seed)[name].expected.measures for seed in (SEED, SEED + 1))
        assert here == there


# --- max_norm ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "max_value", "expected"),
    [
        ([[3.0, 0.3], [4.0, 0.4]], 1.0, [[0.6, 0.3], [0.8, 0.4]]),
        ([[3.0, -6.0], [4.0, 8.0]], 5.0, [[3.0, -3.0], [4.0, 4.0]]),
        ([[0.0, -7.0]], 2, [[0.0, -2.0]]),
        ([[0.0], [0.0]], 1.0, [[0.0], [0.0]]),
    ],
)
def test_columns_known_by_heart(weight, max_value, expected) -> None:
    assert max_norm(np.array(weight), max_value) == pytest.approx(np.array(expected), rel=1e-15, abs=0)


@given(seeds, st.integers(1, 6), st.integers(1, 6), dtypes, st.sampled_from([0.1, 1, 2.5, 100.0]), layouts)
def test_no_column_is_too_long_after_it_and_none_turns(seed, rows, columns, dtype, max_value, lay) -> None:
    plain = 2 * normal(seed, (rows, columns), dtype)
    weight = lay(plain)
    with np.errstate(all="raise"):
        out = max_norm(weight, max_value)
    assert out.dtype == plain.dtype
    assert np.array_equal(weight, plain)
    assert not np.shares_memory(out, weight)
    rounding = 1e-14 if dtype == "float64" else 1e-6
    for before, after in zip(plain.T.astype(np.float64), out.T.astype(np.float64), strict=True):
        length = math.hypot(*before)
        assert math.hypot(*after) == pytest.approx(min(length, max_value), rel=rounding)
        if length <= max_value * (1 - rounding):
            assert np.array_equal(before, after)
        assert np.dot(before, after) == pytest.approx(length * math.hypot(*after), rel=10 * rounding)
    assert np.allclose(max_norm(out, max_value), out, rtol=rounding)


@pytest.mark.parametrize(("shape", "max_value"), [((3,), 1.0), ((2, 3, 4), 1.0), ((3, 4), 0), ((3, 4), -2.0)])
def test_no_weight_or_no_limit_is_refused(shape, max_value) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not {shape} and {max_value}")):
        max_norm(np.ones(shape), max_value)


def _training_times(factors):
    """A forward that multiplies by `factors(x, p, rng)` in training, and the backward that goes with it."""

    def forward(x, p, training, rng):
        if not 0 <= p < 1:
            raise ValueError(p)
        mask = np.asarray(factors(x, p, rng), x.dtype) if training else np.ones_like(x)
        return x * mask, mask

    return {"dropout_forward": forward, "dropout_backward": lambda dout, mask: dout * mask}


@pytest.mark.parametrize(
    ("factors", "told"),
    [
        pytest.param(lambda x, p, rng: (rng.random(x.shape) >= p) / np.sqrt(1 - p), "multiplied by 1.19523", id="root"),
        pytest.param(lambda x, p, rng: (rng.random(x.shape) >= p) * (1 + p), "multiplied by 1.3", id="1 + p"),
        pytest.param(
            lambda x, p, rng: np.where(rng.random(x.shape) >= p, 1 / (1 - p), -1), "0.0 % of 18000", id="-1 for 0"
        ),
    ],
)
def test_a_factor_that_no_known_mistake_has_is_told_by_its_number(factors, told) -> None:
    finding = first_failed(judge("dropout_forward", _training_times(factors)))
    assert told in finding.message
    assert finding.mistake is None
