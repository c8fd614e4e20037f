"""The student's door: what `check(function)` says of functions as students write them, in the order it says it."""

from __future__ import annotations

import functools
import signal

import numpy as np
import pytest
from judging import first_failed, judge
from linear_attempts import checked, right_backward, right_forward

from autograder import check
from autograder.local import check_functions


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


def test_an_interrupted_kernel_leaves_a_verdict_that_names_the_call_without_end() -> None:
    def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
        count, place = 0, -padding
        while place + dilation * (kernel - 1) < size + padding:
            count, place = count + 1, place + stride
            if stride == 0:  # where a student's loop would run on, and the interrupt button be pressed
                signal.raise_signal(signal.SIGINT)
        return count

    verdict = check(conv_output_size)
    assert verdict.state == "timed_out"
    assert 0 < verdict.score < verdict.max_score
    assert first_failed(verdict).message == "conv_output_size had not come back when you stopped it."
    assert ("called", "conv_output_size(size=6, kernel=3, stride=0)") in first_failed(verdict).details


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
        (
            lambda x, w, b: (right_forward(x, w, b)[0] * (np.arange(w.shape[1]) != 1), None),
            "values",
            "right except at 1 along axis 1",
        ),
        (
            lambda x, w, b: (right_forward(x, w, b)[0] * (np.arange(w.shape[1]) == 1), None),
            "values",
            "right only at 1 along axis 1",
        ),
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


def test_an_error_called_like_one_of_ours_is_a_finding_like_any_other() -> None:
    class NoResult(Exception):
        pass

    def linear_forward(x, weight, bias):
        raise NoResult

    verdict = check(linear_forward)
    assert (verdict.state, verdict.score) == ("failed", 0)


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


# --- in a notebook -------------------------------------------------------------------------------------------------


def test_while_nbgrader_grades_the_text_is_the_bare_score(monkeypatch) -> None:
    verdict = checked(linear_forward=lambda x, w, b: (right_forward(x, w, b)[0][:, ::-1], None))
    assert verdict._repr_mimebundle_()["text/plain"] == str(verdict)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert float(verdict._repr_mimebundle_()["text/plain"]) == verdict.score
