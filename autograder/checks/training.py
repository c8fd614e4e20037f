"""The chapter `training`: two optimisers, held to the reference; two networks, judged by what they compute and learn.

Parameters of several shapes, gradients that differ from step to step, momentum and weight decay together and apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.checks.drawing import Array
from autograder.checks.training_images import CONV_NET
from autograder.checks.training_text import CHAR_LSTM
from autograder.exercise import Call, Case, Exercise, Result, View

_SINGLE = 1e-5  # the tolerance for float32
_SHAPES = ((3, 4), (4,), (2, 1, 3))


def _drawn(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]], dtype: str = "float64") -> list[Array]:
    return [np.asarray(rng.standard_normal(shape), dtype) for shape in shapes]


def _steps(
    rng: np.random.Generator,
    function: str,
    state: str,
    count: int,
    options: Mapping[str, Any],
    shapes: Sequence[tuple[int, ...]] = _SHAPES,
    dtype: str = "float64",
) -> tuple[Call, ...]:
    """Steps one after the other, each from what the one before it returned beside the parameters.

    Each is given parameters of its own, so that a fault of one step does not spoil the next.
    """
    kept = "cache" if state == "state" else state
    return tuple(
        Call(
            function,
            {
                "params": _drawn(rng, shapes, dtype),
                "grads": _drawn(rng, shapes, dtype),
                state: Result(number - 1, 1) if number else None,
                "learning_rate": 0.1,
            },
            ("params", kept),
            options,
        )
        for number in range(count)
    )


def _misfits(rng: np.random.Generator, function: str, state: str) -> list[Case]:
    params = _drawn(rng, [(2, 3), (3,)])

    def call(grads: list[Array]) -> Call:
        arguments = {"params": params, "grads": grads, state: None, "learning_rate": 0.1}
        return Call(function, arguments, ("params", "cache" if state == "state" else state))

    return [
        Case("one gradient too few", "special", (call(_drawn(rng, [(2, 3)])),)),
        Case("a gradient that lies the other way round", "special", (call(_drawn(rng, [(3, 2), (3,)])),)),
    ]


def _read_only(call: Call) -> Call:
    lists = {name: [View(array, "read-only") for array in call.arguments[name]] for name in ("params", "grads")}
    return Call(call.function, {**call.arguments, **lists}, call.returns, call.options)


def _sgd_cases(rng: np.random.Generator) -> list[Case]:
    def steps(count: int, dtype: str = "float64", **options: float) -> tuple[Call, ...]:
        return _steps(rng, "sgd_step", "velocity", count, options, dtype=dtype)

    (first,) = steps(1, momentum=0.9, weight_decay=0.1)
    none = _steps(rng, "sgd_step", "velocity", 1, {}, shapes=())
    return [
        Case("one step, without momentum", "values", steps(1)),
        Case("three steps with momentum 0.8", "values", steps(3, momentum=0.8)),
        Case("one step with weight decay 0.3", "values", steps(1, weight_decay=0.3)),
        Case("three steps with both", "values", steps(3, momentum=0.7, weight_decay=0.2)),
        Case("two steps in float32", "values", steps(2, "float32", momentum=0.9, weight_decay=0.1), _SINGLE),
        Case("a parameter without axes", "special", _steps(rng, "sgd_step", "velocity", 2, {"momentum": 0.9}, [()])),
        Case("no parameters at all", "special", none),
        Case("read-only arrays", "special", (_read_only(first),)),
        *_misfits(rng, "sgd_step", "velocity"),
    ]


def _adam_cases(rng: np.random.Generator) -> list[Case]:
    def steps(count: int, dtype: str = "float64", **options: float) -> tuple[Call, ...]:
        return _steps(rng, "adam_step", "state", count, options, dtype=dtype)

    (first,) = steps(1)
    tiny = Call(
        "adam_step",
        {"params": [np.array([1.0, -2.0])], "grads": [np.array([3e-8, -1e-9])], "state": None, "learning_rate": 0.1},
        ("params", "cache"),
    )
    return [
        Case("the first step", "values", steps(1)),
        Case("three steps", "values", steps(3)),
        Case("four steps with other betas", "values", steps(4, beta1=0.7, beta2=0.95)),
        Case("two steps with a large eps", "values", steps(2, eps=0.3)),
        Case("three steps in float32", "values", steps(3, "float32"), _SINGLE),
        Case("gradients as small as eps", "special", (tiny,)),
        Case("a parameter without axes", "special", _steps(rng, "adam_step", "state", 2, {}, [()])),
        Case("read-only arrays", "special", (_read_only(first),)),
        *_misfits(rng, "adam_step", "state"),
    ]


EXERCISES = (
    Exercise("sgd_step", 6, ("params", "velocity"), _sgd_cases),
    Exercise("adam_step", 8, ("params", "cache"), _adam_cases),
    CONV_NET,
    CHAR_LSTM,
)
