"""A mistake is named only where all that its sentence says is so; else what can be said is said in plain words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from judging import first_failed, judge
from linear_attempts import checked, right_backward, right_forward

from autograder import check
from solutions import activations, linear


def gradients_by(dx=1, dweight=1, dbias=1, also=lambda dout: None):
    """A right backward whose gradients are changed by functions, or multiplied by numbers."""

    def linear_backward(dout, cache):
        also(dout)
        changes = zip(right_backward(dout, cache), (dx, dweight, dbias), strict=True)
        return tuple(change(array, len(dout)) if callable(change) else array * change for array, change in changes)

    return {"linear_forward": right_forward, "linear_backward": linear_backward}


def mean(array, examples):
    return array / examples


def transposed(array, examples):
    return array.T if array.ndim == 2 else array


def softmax_of(logits, axis=1, shift=True):
    p = np.exp(logits - (logits.max(axis=1, keepdims=True) if shift else 0))
    return p / p.sum(axis=axis, keepdims=True)


def loss_by(probabilities, averaged=True, loss_of=lambda p, own: -np.log(p[own]).mean()):
    def softmax_cross_entropy(logits, labels):
        p, own = probabilities(logits), (np.arange(len(labels)), labels)
        loss, dlogits = loss_of(p, own), p.copy()
        dlogits[own] -= 1
        return loss, dlogits / len(labels) if averaged else dlogits

    return {"softmax_cross_entropy": softmax_cross_entropy}


def named(verdict):
    """What was recognised in the first of the findings on each result or call."""
    return [finding.mistake.split(".")[1] for finding in verdict.findings if finding.mistake and finding.details]


@pytest.mark.parametrize(
    ("functions", "mistakes"),
    [
        (gradients_by(dx=mean), []),
        (gradients_by(dx=mean, dweight=mean), ["dweight_averaged"]),
        (gradients_by(dweight=mean, dbias=mean), ["parameters_averaged"]),
        (gradients_by(dx=mean, dweight=mean, dbias=mean), ["everything_averaged"]),
        (gradients_by(dx=mean, dweight=transposed, dbias=mean), ["dweight_transposed", "mean_over_batch"]),
        (
            gradients_by(dweight=lambda a, n: a.astype(float), dbias=lambda a, n: (a / n).astype(float)),
            ["mean_over_batch"],
        ),
        (loss_by(softmax_of, averaged=False), ["gradient_not_averaged", "logarithm_of_underflow"]),
        (loss_by(lambda x: softmax_of(x, shift=False), averaged=False), ["gradient_not_averaged", "no_shift"]),
        (loss_by(lambda x: softmax_of(x, axis=0, shift=False)), ["softmax_over_the_batch"]),
        (loss_by(softmax_of, loss_of=lambda p, own: -np.log(p.max(axis=1)).mean()), []),
    ],
)
def test_a_mistake_is_named_only_where_all_that_it_says_is_so(functions, mistakes) -> None:
    with np.errstate(all="ignore"):
        assert named(checked(**functions)) == mistakes


def test_values_are_not_called_right_where_they_are_wrong() -> None:
    def linear_forward(x, weight, bias):
        out = np.zeros((len(x), len(bias)))
        for n, example in enumerate(x):
            out[n] = example.ravel() @ weight
        return out, None

    verdict = check(linear_forward)
    assert first_failed(verdict).mistake == "linear_forward.bias_forgotten"
    assert "values are right" not in str(verdict)
    assert "float64, expected float32" in str(verdict)


def test_a_warning_is_not_taken_for_a_wrong_formula() -> None:
    def sigmoid_forward(x):
        out = 1 / (1 + np.exp(x))
        return out, out

    verdict = check(sigmoid_forward)
    assert named(verdict) == ["exponent_sign_flipped"]
    assert "overflow" in str(verdict)


def test_what_fails_in_the_simplest_case_comes_before_what_an_odd_case_gives() -> None:
    verdict = checked(linear_forward=lambda x, w, b: (x.reshape(len(x), -1) * w + b, None))
    assert "could not be broadcast" in first_failed(verdict).message
    assert named(verdict) == []


def test_a_product_that_does_not_fit_is_explained_in_plain_words() -> None:
    verdict = checked(linear_forward=lambda x, w, b: (x.reshape(len(x), -1) @ np.ones((64, 10)), None))
    assert "the left factor of @ has 4 columns and the right one 64 rows" in str(verdict)


def test_results_of_another_shape_are_not_called_right() -> None:
    verdict = checked(linear_forward=lambda x, w, b: (np.ones((len(x), len(b) + 1), x.dtype), None))
    assert {finding.check for finding in verdict.findings if finding.passed} == {"returns", "dtype", "inputs"}


def test_numbers_alone_are_related_to_nothing_by_chance() -> None:
    verdict = checked(**gradients_by(dbias=lambda array, n: array.squeeze()))
    assert "sum over everything" not in str(verdict)
    clipped = checked(sigmoid_forward=lambda x: (activations.sigmoid_forward(np.clip(x, -20, 20))[0], None))
    assert "exactly 1 times" not in str(clipped)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda i, o, rng: rng.uniform(-0.5, 0.5, (i, o)) * math.sqrt(6 / (i + o)), "spread about 0.5 times as far"),
        (lambda i, o, rng: rng.random((i, o)) * 2 * math.sqrt(6 / (i + o)), "shifted by about 0.0926"),
        (lambda i, o, rng: rng.uniform(0, 1, (i, o)), "quantiles at 1%, 5%, 25%"),
        (lambda i, o, rng: rng.uniform(-1, 1, i * o), "the shape is (120000,), expected (400, 300)"),
        (lambda i, o, rng: np.repeat(linear.xavier_uniform(i, o, rng)[:, : o // 2], 2, 1), "share of different values"),
    ],
)
def test_random_weights_are_described_by_how_they_are_spread(draw, words) -> None:
    finding = first_failed(checked(xavier_uniform=draw))
    assert words in finding.message
    assert "in every entry" not in finding.message


@pytest.mark.parametrize("columns", [1, 50, 280])
def test_columns_drawn_once_and_repeated_are_refused(columns) -> None:
    def repeated(fan_in, fan_out, rng):
        drawn = rng.normal(0, math.sqrt(2 / fan_in), (fan_in, columns))
        return np.tile(drawn, fan_out // columns + 1)[:, :fan_out]

    for seed in range(5):
        assert not judge("kaiming_normal", {"kaiming_normal": repeated}, seed).passed


def test_a_loss_in_extended_precision_is_a_number() -> None:
    def softmax_cross_entropy(logits, labels):
        loss, dlogits = activations.softmax_cross_entropy(logits, labels)
        return np.longdouble(loss), dlogits

    assert check(softmax_cross_entropy).passed


def test_arrays_in_a_verdict_stand_in_columns() -> None:
    text = str(checked(linear_forward=lambda x, w, b: (right_forward(x, w, b)[0] * x.sum(), None)))
    rows = [line for line in text.splitlines() if "[" in line and "difference" not in line]
    assert len(rows) == 10
    assert len({line.index("[[") + 1 if "[[" in line else line.index("[") for line in rows}) == 1
