"""The student's door: what `check(function)` says of functions as students write them, in the order it says it."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from judging import first_failed, judge

from autograder import check
from autograder.local import check_functions
from solutions import activations, linear


def right_forward(x, weight, bias):
    return x.reshape(len(x), -1) @ weight + bias, (x, weight)


def right_backward(dout, cache):
    x, weight = cache
    return (dout @ weight.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)


def checked(**functions):
    """The local verdict on the last of the functions, defined beside the others."""
    return check_functions(functions, list(functions)[-1])


def test_a_right_function_passes_with_full_marks() -> None:
    verdict = checked(linear_forward=right_forward)
    assert verdict.passed
    assert verdict.score == verdict.max_score == 6
    assert str(verdict).startswith("✓ linear_forward: all checks passed (6 of 6 points)")


def test_check_finds_the_forward_that_is_defined_beside_a_backward() -> None:
    source = "def linear_forward(x, weight, bias):\n    return x.reshape(len(x), -1) @ weight + bias, (x, weight)\n"
    namespace = {"linear_backward": None}
    exec(source, namespace)
    exec(
        "def linear_backward(dout, cache):\n    x, w = cache\n"
        "    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)\n",
        namespace,
    )
    assert check(namespace["linear_backward"]).passed


def test_a_stub_is_not_attempted_and_not_wrong() -> None:
    def linear_forward(x, weight, bias):
        raise NotImplementedError("your turn: linear_forward")

    verdict = check(linear_forward)
    assert (verdict.state, verdict.score) == ("not_attempted", 0)
    assert "waits for your code" in str(verdict)


def test_a_missing_function_is_not_attempted() -> None:
    verdict = check_functions({}, "linear_forward")
    assert verdict.state == "not_attempted"


def test_a_backward_without_its_forward_names_the_forward() -> None:
    verdict = checked(linear_backward=right_backward)
    assert verdict.state == "failed"
    assert "linear_forward" in first_failed(verdict).message
    assert "not written yet" in first_failed(verdict).message


@pytest.mark.parametrize("thing", [3, None, "linear_forward", np.dot, lambda x: x, functools.partial(right_forward)])
def test_what_is_no_exercise_gets_a_sentence_and_no_traceback(thing) -> None:
    verdict = check(thing)
    assert not verdict.passed
    assert "There is no exercise called" in str(verdict)


def test_a_misspelt_name_gets_a_suggestion() -> None:
    def linear_foward(x, weight, bias):
        return right_forward(x, weight, bias)

    assert "did you mean linear_forward?" in str(check(linear_foward))


# --- the order of findings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "check_name", "words"),
    [
        (lambda x, w, b: None, "returns", "return statement"),
        (lambda x, w, b: right_forward(x, w, b)[0], "returns", "2 are expected: out, cache"),
        (lambda x, w, b: (*right_forward(x, w, b), 1), "returns", "3 values"),
        (lambda x, w, b: ("out", None), "returns", "the text 'out'"),
        (lambda x, w, b: (right_forward(x, w, b)[0].tolist(), None), "returns", "a list of"),
        (lambda x, w, b: (right_forward(x, w, b)[0][None], None), "shapes", "another shape"),
        (lambda x, w, b: (right_forward(x, w, b)[0].astype(complex), None), "dtype", "complex128"),
        (lambda x, w, b: (right_forward(x, w, b)[0].astype(object), None), "returns", "dtype object"),
        (lambda x, w, b: (np.full((len(x), w.shape[1]), np.nan, x.dtype), None), "values", "nan"),
        (lambda x, w, b: (np.zeros((len(x), w.shape[1]), x.dtype), None), "values", "zero everywhere"),
        (lambda x, w, b: (3 * right_forward(x, w, b)[0], None), "values", "exactly 3 times"),
        (lambda x, w, b: (-right_forward(x, w, b)[0], None), "values", "wrong sign"),
        (lambda x, w, b: (right_forward(x, w, b)[0] + 0.25, None), "values", "off by the same amount, 0.25"),
        (lambda x, w, b: (right_forward(x, w, b)[0][::-1], None), "values", "reversed along axis 0"),
        (lambda x, w, b: x.no_such_thing, "values", "AttributeError"),
        (lambda x, w, b: exec("exit()"), "values", "SystemExit"),
        (lambda x: (x, None), "values", "TypeError"),
    ],
)
def test_the_first_finding_says_what_is_wrong(wrong, check_name, words) -> None:
    finding = first_failed(checked(linear_forward=wrong))
    assert finding.check == check_name
    assert words in finding.message or any(words in text for _, text in finding.details)


def test_a_failure_says_what_was_called_returned_expected_and_where_it_differs() -> None:
    def wrong(x, weight, bias):
        out = right_forward(x, weight, bias)[0].copy()
        out[1, 2] += 0.5
        return out, (x, weight)

    labels = dict(first_failed(checked(linear_forward=wrong)).details)
    assert labels["called"] == "linear_forward(x=<5×4 float64>, weight=<4×3 float64>, bias=<3 float64>)"
    assert labels["first difference"].startswith("out[1, 2] is ")
    assert "1 of 15 entries differ" in labels["first difference"]
    assert {"returned", "expected", "case"} <= labels.keys()


def test_an_exception_shows_the_students_lines_and_none_of_ours() -> None:
    def helper(x):
        return x[0, 0, 0]

    def linear_forward(x, weight, bias):
        return helper(x), None

    verdict = checked(linear_forward=linear_forward)
    text = str(verdict)
    assert "return x[0, 0, 0]" in text
    assert "IndexError" in text
    assert "autograder/calls.py" not in text
    assert "_one_call" not in text


def test_another_error_of_the_same_type_is_not_taken_for_a_known_mistake() -> None:
    def linear_forward(x, weight, bias):
        raise ValueError("I gave up")

    finding = first_failed(check(linear_forward))
    assert finding.mistake is None
    assert "I gave up" in finding.message


def test_grading_shows_no_expected_array_and_no_input() -> None:
    scaled = {"linear_forward": lambda x, w, b: (right_forward(x, w, b)[0] * x.sum(), 0)}
    finding = first_failed(judge("linear_forward", scaled))
    details = dict(finding.details)
    assert details["first difference"].startswith("out[0, 0] is ")
    assert "expected" not in f"{details} {finding.message}".replace("what is expected", "")


def test_what_a_student_returns_cannot_put_markup_or_control_characters_into_the_verdict() -> None:
    def linear_forward(x, weight, bias):
        raise ValueError("<script>alert(1)</script>\x1b[2J")

    verdict = check(linear_forward)
    assert "<script>" not in verdict._repr_mimebundle_()["text/html"]
    assert "&lt;script&gt;" in verdict._repr_mimebundle_()["text/html"]
    assert "\x1b" not in str(verdict)


def test_objects_that_lie_are_findings() -> None:
    class Liar(np.ndarray):
        __hash__ = None

        def __eq__(self, other):
            return True

        def __array__(self, *args, **kwargs):
            raise RuntimeError("no")

        shape = property(lambda self: (5, 3))

    class Hostile:
        __class__ = np.ndarray

        def __getattr__(self, name):
            raise SystemExit

    for answer in (np.zeros(2).view(Liar), Hostile(), range(3), {"out": 1}, [[1, 2], [3]], 10**400, "x" * 10**6):
        verdict = checked(linear_forward=lambda x, w, b, answer=answer: (answer, None))
        assert not verdict.passed
        assert verdict.score == 0


# --- marks ---------------------------------------------------------------------------------------------------------


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
    assert "could not be tried here" in str(verdict)
    assert "NoResult" not in str(verdict)


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


# --- in a notebook -------------------------------------------------------------------------------------------------


def test_while_nbgrader_grades_the_text_is_the_bare_score(monkeypatch) -> None:
    verdict = checked(linear_forward=lambda x, w, b: (right_forward(x, w, b)[0][:, ::-1], None))
    assert verdict._repr_mimebundle_()["text/plain"] == str(verdict)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert float(verdict._repr_mimebundle_()["text/plain"]) == verdict.score
