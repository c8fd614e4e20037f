"""What earns points and what costs them."""

from __future__ import annotations

import math

import numpy as np
from judging import first_failed, judge
from linear_attempts import right_backward, right_forward

from solutions import activations, linear


def test_zeros_of_the_right_shape_earn_nothing() -> None:
    zeros = {"linear_forward": lambda x, w, b: (np.zeros((len(x), w.shape[1]), x.dtype), None)}
    verdict = judge("linear_forward", zeros)
    assert (verdict.state, verdict.score) == ("failed", 0)


def test_constants_in_the_place_of_random_weights_earn_nothing() -> None:
    constant = {"xavier_uniform": lambda fan_in, fan_out, rng: np.full((fan_in, fan_out), 0.01)}
    verdict = judge("xavier_uniform", constant)
    assert (verdict.state, verdict.score) == ("failed", 0)


def test_each_gradient_has_its_share() -> None:
    def one_wrong(dout, cache):
        dx, dweight, dbias = linear.linear_backward(dout, cache)
        return dx, dweight, dbias * 1.5

    def two_wrong(dout, cache):
        dx, dweight, dbias = linear.linear_backward(dout, cache)
        return dx, dweight * 1.5, dbias * 1.5

    one, two = (judge("linear_backward", {"linear_backward": wrong}) for wrong in (one_wrong, two_wrong))
    assert one.state == two.state == "partial"
    assert 0 < two.score < one.score < one.max_score


def test_a_wrong_forward_does_not_cost_the_backward_its_points() -> None:
    def doubled_forward(x, weight, bias):
        return 2 * right_forward(x, weight, bias)[0], (x, weight)

    def doubled_backward(dout, cache):
        return tuple(2 * gradient for gradient in right_backward(dout, cache))

    functions = {"linear_forward": doubled_forward, "linear_backward": doubled_backward}
    assert not judge("linear_forward", functions).passed
    verdict = judge("linear_backward", functions)
    told = {finding.check: finding.message for finding in verdict.findings}
    assert "own forward" in told["gradients"]
    assert verdict.score >= 0.8 * verdict.max_score


def test_a_backward_that_fits_neither_forward_is_refused() -> None:
    def doubled_forward(x, weight, bias):
        return 2 * right_forward(x, weight, bias)[0], (x, weight)

    def tripled_backward(dout, cache):
        return tuple(3 * gradient for gradient in right_backward(dout, cache))

    verdict = judge("linear_backward", {"linear_forward": doubled_forward, "linear_backward": tripled_backward})
    assert verdict.score == 0


def test_zeros_do_not_follow_a_forward_of_zeros() -> None:
    zeros = {
        "linear_forward": lambda x, w, b: (np.zeros((len(x), w.shape[1]), x.dtype), (x, w, b)),
        "linear_backward": lambda dout, cache: tuple(np.zeros_like(array) for array in cache),
    }
    assert judge("linear_backward", zeros).score == 0


def test_a_forward_that_fails_in_one_case_costs_the_backward_that_case_alone() -> None:
    def only_rows(x, weight, bias):
        return x @ weight + bias, (x, weight)

    verdict = judge("linear_backward", {"linear_forward": only_rows, "linear_backward": right_backward})
    assert verdict.state == "partial"
    assert 0.4 * verdict.max_score < verdict.score < verdict.max_score
    assert "could not be tried here: linear_forward raised ValueError: " in str(verdict)
    assert "NoResult" not in str(verdict)


def test_what_the_forward_changes_the_backward_is_not_blamed_for() -> None:
    def relu_forward(x):
        if x.flags.writeable:
            x[x < 0] = 0
        return np.maximum(x, 0), x

    def relu_backward(dout, cache):
        return dout * (cache > 0)

    functions = {"relu_forward": relu_forward, "relu_backward": relu_backward}
    assert "changes x" in first_failed(judge("relu_forward", functions)).message
    assert judge("relu_backward", functions).passed


def test_a_forward_without_bias_leaves_the_backward_right() -> None:
    forward = {"linear_forward": lambda x, w, b: (right_forward(x, w, 0 * b)[0], (x, w))}
    assert judge("linear_backward", forward | {"linear_backward": right_backward}).state in ("passed", "partial")


def test_loss_and_gradient_have_shares_of_their_own() -> None:
    def wrong_gradient(logits, labels):
        loss, dlogits = activations.softmax_cross_entropy(logits, labels)
        return loss, dlogits * len(labels)

    verdict = judge("softmax_cross_entropy", {"softmax_cross_entropy": wrong_gradient})
    assert verdict.state == "partial"
    assert first_failed(verdict).mistake is not None


def test_one_wrong_entry_in_a_thousand_is_seen() -> None:
    def nearly(x):
        out = np.tanh(x)
        out.flat[-1] += 1e-7
        return out, np.tanh(x)

    assert not judge("tanh_forward", {"tanh_forward": nearly}).passed


def test_rounding_is_forgiven() -> None:
    def other_order(x, weight, bias):
        flat = x.reshape(len(x), -1)
        return np.stack([[math.fsum(row * column) for column in weight.T] for row in flat]).astype(x.dtype) + bias, (
            x,
            weight,
        )

    assert judge("linear_forward", {"linear_forward": other_order}).passed
