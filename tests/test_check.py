"""The student's door: what `check(function)` says of functions as students write them, in the order it says it."""

from __future__ import annotations

import functools
import math
import signal

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


# --- the right name, or none ---------------------------------------------------------------------------------------


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


# --- in a notebook -------------------------------------------------------------------------------------------------


def test_while_nbgrader_grades_the_text_is_the_bare_score(monkeypatch) -> None:
    verdict = checked(linear_forward=lambda x, w, b: (right_forward(x, w, b)[0][:, ::-1], None))
    assert verdict._repr_mimebundle_()["text/plain"] == str(verdict)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert float(verdict._repr_mimebundle_()["text/plain"]) == verdict.score
