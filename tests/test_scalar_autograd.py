"""The numbers of the outlook: their gradients are those of complex steps, and their layers those of the solutions."""

from __future__ import annotations

import cmath
import operator
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from complex_step import assert_near

from solutions.activations import softmax_cross_entropy, tanh_backward, tanh_forward
from solutions.linear import linear_backward, linear_forward

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))
from scalar_autograd import Number, cross_entropy, linear


def of(name: str) -> Callable[[Any], Any]:
    """A function by name, for a Number and for a complex number."""
    return lambda z: getattr(z, name)() if isinstance(z, Number) else getattr(cmath, name)(z)


exp, log, tanh = of("exp"), of("log"), of("tanh")

FORMULAS: dict[str, Callable[[Any, Any], Any]] = {
    "sum": operator.add,
    "difference": operator.sub,
    "product": operator.mul,
    "quotient": operator.truediv,
    "power": lambda a, b: a**3 + b**-2 + b**0.5,
    "negative": lambda a, b: -a - (-b),
    "numbers on the left": lambda a, b: (2 + a) * (3 * b) - (1 - a) / (4 / b),
    "numbers on the right": lambda a, b: (a + 2) * (b * 3) - (a - 1) / (b / 4),
    "exp": lambda a, b: exp(a * b),
    "log": lambda a, b: log(a * a + b),
    "tanh": lambda a, b: tanh(a - b) * b,
    "one number used five times": lambda a, b: a * a + a * exp(a) - b / a,
    "twice the same": lambda a, b: (a * b + a) * (a * b + a),
}


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=list(FORMULAS))
def test_gradients_are_those_of_a_complex_step(formula: Callable[[Any, Any], Any]) -> None:
    for a, b in [(0.7, 1.3), (-1.1, 2.5)]:
        first, second = Number(a), Number(b)
        out = formula(first, second)
        out.backward()
        step = 1e-30
        assert_near(np.array(out.value), np.array(formula(complex(a), complex(b)).real))
        assert_near(np.array(first.gradient), np.array(formula(complex(a, step), complex(b)).imag / step))
        assert_near(np.array(second.gradient), np.array(formula(complex(a), complex(b, step)).imag / step))


@pytest.mark.parametrize(("at", "value", "slope"), [(2.5, 2.5, 1.0), (-2.5, 0.0, 0.0), (0.0, 0.0, 0.0)])
def test_relu_has_no_slope_at_zero(at: float, value: float, slope: float) -> None:
    number = Number(at)
    out = number.relu()
    out.backward()
    assert (out.value, number.gradient) == (value, slope)


def test_a_network_of_numbers_is_that_of_the_layers() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal((5, 3))
    labels = rng.integers(0, 4, 5)
    arrays = [rng.standard_normal(shape) for shape in ((3, 6), (6,), (6, 4), (4,))]

    first, first_cache = linear_forward(x, *arrays[:2])
    hidden, tanh_cache = tanh_forward(first)
    logits, second_cache = linear_forward(hidden, *arrays[2:])
    expected, dlogits = softmax_cross_entropy(logits, labels)
    dhidden, *second_gradients = linear_backward(dlogits, second_cache)
    _, *first_gradients = linear_backward(tanh_backward(dhidden, tanh_cache), first_cache)

    numbers = [np.vectorize(Number, otypes=[object])(array) for array in arrays]
    losses = []
    for row, label in zip(x, labels, strict=True):
        inner = [each.tanh() for each in linear(row.tolist(), numbers[0].tolist(), numbers[1].tolist())]
        losses.append(cross_entropy(linear(inner, numbers[2].tolist(), numbers[3].tolist()), label))
    loss = sum(losses, Number(0.0)) / len(losses)
    loss.backward()

    assert_near(np.array(loss.value), np.array(expected))
    for array, gradient in zip(numbers, [*first_gradients, *second_gradients], strict=True):
        assert_near(np.array([number.gradient for number in array.ravel()]), gradient.ravel())


def test_backward_begins_anew_each_time() -> None:
    number = Number(3.0)
    out = number * number
    out.backward()
    out.backward()
    assert number.gradient == 6.0


def test_the_loss_of_large_logits_is_finite() -> None:
    logits = [Number(1000.0), Number(-1000.0), Number(999.0)]
    loss = cross_entropy(logits, 2)
    loss.backward()
    assert_near(np.array(loss.value), np.array(1 + np.log1p(np.exp(-1.0))))
    assert_near(np.array(sum(logit.gradient for logit in logits) + 1), np.array(1.0))


def test_a_sum_of_ten_thousand_goes_back_without_recursion() -> None:
    number = Number(1.0)
    out = sum((number for _ in range(10_000)), Number(0.0))
    out.backward()
    assert number.gradient == 10_000
