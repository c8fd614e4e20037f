"""The chapter `normalization`: batch, layer, group, instance and RMS norm.

Every row and every channel has a mean and a spread of its own, no weight is near 1, and no two axes are equally long
except where a case says so: then an axis can be confused without an error, and only the values tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from autograder.checks.drawing import forward_then_backward
from autograder.exercise import Call, Case, Exercise, Result, View

_SINGLE = 1e-5  # the tolerance for float32
_GRADIENTS = ("dx", "dweight", "dbias")
_GRADIENT_OF = {"dx": "x", "dweight": "weight", "dbias": "bias"}
_LAYOUTS: tuple[Literal["reversed", "strided", "read-only"], ...] = ("reversed", "strided", "read-only")

Array = np.ndarray


# --- inputs --------------------------------------------------------------------------------------------------------


def _signals(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal values, with another mean and another spread for each index along the first two axes."""
    trailing = (1,) * (len(shape) - 2)
    rows, columns = (shape[0], 1, *trailing), (1, shape[1], *trailing)
    spread = rng.uniform(0.7, 1.4, rows) * rng.uniform(0.7, 1.4, columns)
    values: Array = rng.standard_normal(shape) * spread + rng.uniform(-1, 1, rows) + rng.uniform(-1, 1, columns)
    return values


def _scales(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Weights of either sign, all well away from 1 and from 0."""
    values: Array = rng.uniform(1.4, 2.6, shape) * rng.choice([-1.0, 1.0], shape)
    return values


def _shifts(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape) + 1


def _steady(x: Array, index: Any) -> Array:
    """The same x, with one and the same value wherever `index` points."""
    x = x.copy()
    x[index] = 2.5
    return x


def _narrow(x: Array) -> Array:
    """The same x, a thousand times smaller: its variance is below eps."""
    return x / 1000


def _far_off(x: Array) -> Array:
    """The same x with a mean of 30 000, which is far larger than its spread."""
    return x + 30_000


def _with(call: Call, change: Callable[[Array], Array]) -> Call:
    """The same call with another x."""
    return Call(call.function, {**call.arguments, "x": change(call.arguments["x"])}, call.returns, call.options)


def _single(call: Call) -> Call:
    return _mapped(call, lambda value, _: value.astype(np.float32))


def _laid_out(call: Call) -> Call:
    """The same call with its arrays in unusual memory."""
    return _mapped(call, lambda value, number: View(value, _LAYOUTS[number % len(_LAYOUTS)]))


def _mapped(call: Call, change: Callable[[Array, int], object]) -> Call:
    arguments = {
        name: change(value, number) if isinstance(value, np.ndarray) else value
        for number, (name, value) in enumerate(call.arguments.items())
    }
    return Call(call.function, arguments, call.returns, call.options)


def _back(
    rng: np.random.Generator, label: str, check: str, forward: Call, times: int = 1, tolerance: float = 1e-9
) -> Case:
    """The backward of a forward call, for a random dout."""
    x: Any = forward.arguments["x"]
    array = x.array if isinstance(x, View) else x
    dout: object = rng.standard_normal(array.shape).astype(array.dtype)
    if isinstance(x, View):
        dout = View(np.asarray(dout), "strided")
    returns = _GRADIENTS if "bias" in forward.arguments else _GRADIENTS[:2]
    backward = forward.function.replace("forward", "backward")
    return forward_then_backward(
        label, check, forward, dout, returns, backward=backward, times=times, tolerance=tolerance
    )


# --- batch norm ----------------------------------------------------------------------------------------------------


def _batch(rng: np.random.Generator, shape: tuple[int, ...], **options: object) -> Call:
    channels = shape[1:2]
    return Call(
        "batch_norm_forward",
        {
            "x": _signals(rng, shape),
            "weight": _scales(rng, channels),
            "bias": _shifts(rng, channels),
            "running_mean": rng.standard_normal(channels),
            "running_var": rng.uniform(0.4, 3, channels),
        },
        ("out", "cache", "running_mean", "running_var"),
        options,
    )


def _train_then_evaluate(rng: np.random.Generator) -> tuple[Call, Call]:
    """One step of training, and then another batch seen with the statistics that came back."""
    first, second = _batch(rng, (6, 4), training=True), _batch(rng, (3, 4), training=False)
    kept = {"weight": first.arguments["weight"], "bias": first.arguments["bias"]}
    remembered = {"running_mean": Result(0, 2), "running_var": Result(0, 3)}
    return first, Call(second.function, {**second.arguments, **kept, **remembered}, second.returns, second.options)


def _batch_forward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("6 examples, 4 features", "values", (_batch(rng, (6, 4)),)),
        Case(
            "3 images of 5 channels, 4×2 pixels",
            "values",
            (_batch(rng, (3, 5, 4, 2), training=True, momentum=0.3, eps=1e-3),),
        ),
        Case("as many examples as features", "values", (_batch(rng, (5, 5), momentum=0.25),)),
        Case("float32", "values", (_single(_batch(rng, (6, 4))),), _SINGLE),
        Case("evaluation", "modes", (_batch(rng, (6, 4), training=False),)),
        Case("evaluation of images", "modes", (_batch(rng, (3, 5, 4, 2), training=False, momentum=0.3, eps=1e-3),)),
        Case("evaluation of a batch of one", "modes", (_batch(rng, (1, 4), training=False),)),
        Case("training, then evaluation with what was remembered", "modes", _train_then_evaluate(rng)),
        Case(
            "a feature that never changes", "special", (_with(_batch(rng, (6, 4)), lambda x: _steady(x, np.s_[:, 1])),)
        ),
        Case("a variance below eps", "special", (_with(_batch(rng, (6, 4)), _narrow),)),
        Case("a mean of 30 000 with a spread of 1", "special", (_with(_batch(rng, (6, 4)), _far_off),)),
        Case("training on one example", "special", (_batch(rng, (1, 4)),)),
        Case("training on one image of one pixel", "special", (_batch(rng, (1, 3, 1, 1)),)),
        Case("training on one image of 2×3 pixels", "special", (_batch(rng, (1, 4, 2, 3)),)),
        Case("arrays in unusual memory", "special", (_laid_out(_batch(rng, (3, 5, 2, 4))),)),
    ]


def _batch_backward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _back(rng, "6 examples, 4 features", "gradients", _batch(rng, (6, 4))),
        _back(rng, "3 images of 5 channels, 4×2 pixels", "gradients", _batch(rng, (3, 5, 4, 2), eps=1e-3)),
        _back(rng, "as many examples as features", "gradients", _batch(rng, (5, 5))),
        _back(rng, "float32", "gradients", _single(_batch(rng, (6, 4))), tolerance=_SINGLE),
        _back(rng, "evaluation", "modes", _batch(rng, (6, 4), training=False)),
        _back(rng, "evaluation of images", "modes", _batch(rng, (3, 5, 4, 2), training=False, eps=1e-3)),
        _back(rng, "evaluation of a batch of one", "modes", _batch(rng, (1, 4), training=False)),
        _back(
            rng,
            "a feature that never changes",
            "special",
            _with(_batch(rng, (6, 4)), lambda x: _steady(x, np.s_[:, 1])),
        ),
        _back(rng, "a variance below eps", "special", _with(_batch(rng, (6, 4)), _narrow)),
        _back(rng, "called twice with one cache", "special", _batch(rng, (6, 4)), times=2),
        _back(rng, "arrays in unusual memory", "special", _laid_out(_batch(rng, (3, 5, 2, 4)))),
    ]


# --- layer norm and RMS norm ---------------------------------------------------------------------------------------


def _layer(rng: np.random.Generator, shape: tuple[int, ...], axes: int = 1, **options: object) -> Call:
    normalized = shape[-axes:]
    return Call(
        "layer_norm_forward",
        {"x": _signals(rng, shape), "weight": _scales(rng, normalized), "bias": _shifts(rng, normalized)},
        ("out", "cache"),
        options,
    )


def _rms(rng: np.random.Generator, shape: tuple[int, ...], **options: object) -> Call:
    arguments = {"x": _signals(rng, shape), "weight": _scales(rng, shape[-1:])}
    return Call("rms_norm_forward", arguments, ("out", "cache"), options)


def _layer_forward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("5 examples, 4 features", "values", (_layer(rng, (5, 4)),)),
        Case("sequences: 3×4 positions, 6 features", "values", (_layer(rng, (3, 4, 6), eps=1e-3),)),
        Case("4 examples of 3×5, normalized together", "values", (_layer(rng, (4, 3, 5), axes=2),)),
        Case("as many examples as features", "values", (_layer(rng, (5, 5)),)),
        Case("float32", "values", (_single(_layer(rng, (5, 4))),), _SINGLE),
        Case(
            "an example that is the same everywhere", "special", (_with(_layer(rng, (5, 4)), lambda x: _steady(x, 1)),)
        ),
        Case("a variance below eps", "special", (_with(_layer(rng, (5, 4)), _narrow),)),
        Case("a mean of 30 000 with a spread of 1", "special", (_with(_layer(rng, (5, 4)), _far_off),)),
        Case("one example", "special", (_layer(rng, (1, 4)),)),
        Case("arrays in unusual memory", "special", (_laid_out(_layer(rng, (3, 2, 5), axes=2)),)),
    ]


def _layer_backward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _back(rng, "5 examples, 4 features", "gradients", _layer(rng, (5, 4))),
        _back(rng, "sequences: 3×4 positions, 6 features", "gradients", _layer(rng, (3, 4, 6), eps=1e-3)),
        _back(rng, "4 examples of 3×5, normalized together", "gradients", _layer(rng, (4, 3, 5), axes=2)),
        _back(rng, "as many examples as features", "gradients", _layer(rng, (5, 5))),
        _back(rng, "float32", "gradients", _single(_layer(rng, (5, 4))), tolerance=_SINGLE),
        _back(
            rng,
            "an example that is the same everywhere",
            "special",
            _with(_layer(rng, (5, 4)), lambda x: _steady(x, 1)),
        ),
        _back(rng, "a variance below eps", "special", _with(_layer(rng, (5, 4)), _narrow)),
        _back(rng, "called twice with one cache", "special", _layer(rng, (5, 4)), times=2),
        _back(rng, "arrays in unusual memory", "special", _laid_out(_layer(rng, (3, 2, 5), axes=2))),
    ]


def _rms_forward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("5 examples, 4 features", "values", (_rms(rng, (5, 4)),)),
        Case("sequences: 3×4 positions, 6 features", "values", (_rms(rng, (3, 4, 6), eps=1e-3),)),
        Case("as many examples as features", "values", (_rms(rng, (5, 5)),)),
        Case("float32", "values", (_single(_rms(rng, (5, 4))),), _SINGLE),
        Case("a row of zeros", "special", (_with(_rms(rng, (5, 4)), _one_row_of_zeros),)),
        Case("squares below eps", "special", (_with(_rms(rng, (5, 4)), _narrow),)),
        Case("one example", "special", (_rms(rng, (1, 4)),)),
        Case("arrays in unusual memory", "special", (_laid_out(_rms(rng, (3, 2, 5))),)),
    ]


def _rms_backward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _back(rng, "5 examples, 4 features", "gradients", _rms(rng, (5, 4))),
        _back(rng, "sequences: 3×4 positions, 6 features", "gradients", _rms(rng, (3, 4, 6), eps=1e-3)),
        _back(rng, "as many examples as features", "gradients", _rms(rng, (5, 5))),
        _back(rng, "float32", "gradients", _single(_rms(rng, (5, 4))), tolerance=_SINGLE),
        _back(rng, "a row of zeros", "special", _with(_rms(rng, (5, 4)), _one_row_of_zeros)),
        _back(rng, "squares below eps", "special", _with(_rms(rng, (5, 4)), _narrow)),
        _back(rng, "called twice with one cache", "special", _rms(rng, (5, 4)), times=2),
        _back(rng, "arrays in unusual memory", "special", _laid_out(_rms(rng, (3, 2, 5)))),
    ]


def _one_row_of_zeros(x: Array) -> Array:
    return np.where(np.arange(len(x))[:, None] == 1, 0.0, x)


# --- group norm and instance norm ----------------------------------------------------------------------------------


def _group(rng: np.random.Generator, shape: tuple[int, ...], num_groups: int, **options: object) -> Call:
    channels = shape[1:2]
    return Call(
        "group_norm_forward",
        {
            "x": _signals(rng, shape),
            "num_groups": num_groups,
            "weight": _scales(rng, channels),
            "bias": _shifts(rng, channels),
        },
        ("out", "cache"),
        options,
    )


def _instance(rng: np.random.Generator, shape: tuple[int, ...], **options: object) -> Call:
    channels = shape[1:2]
    return Call(
        "instance_norm_forward",
        {"x": _signals(rng, shape), "weight": _scales(rng, channels), "bias": _shifts(rng, channels)},
        ("out", "cache"),
        options,
    )


def _group_forward_cases(rng: np.random.Generator) -> list[Case]:
    steady = _with(_group(rng, (2, 4, 3, 5), 2), lambda x: _steady(x, np.s_[1, 2:]))
    return [
        Case("3 images of 6 channels, 2 groups of 3", "values", (_group(rng, (3, 6, 4, 5), 2),)),
        Case("2 images of 8 channels, 4 groups of 2", "values", (_group(rng, (2, 8, 5, 3), 4, eps=1e-3),)),
        Case("as many images as channels, rows and columns", "values", (_group(rng, (4, 4, 4, 4), 2),)),
        Case("float32", "values", (_single(_group(rng, (3, 6, 2, 4), 3)),), _SINGLE),
        Case("a single group", "special", (_group(rng, (3, 4, 2, 5), 1),)),
        Case("as many groups as channels", "special", (_group(rng, (3, 4, 2, 5), 4),)),
        Case("a group that is the same everywhere", "special", (steady,)),
        Case("a variance below eps", "special", (_with(_group(rng, (3, 4, 2, 5), 2), _narrow),)),
        Case("a mean of 30 000 with a spread of 1", "special", (_with(_group(rng, (3, 4, 2, 5), 2), _far_off),)),
        Case("6 channels in 4 groups", "special", (_group(rng, (3, 6, 2, 5), 4),)),
        Case("arrays in unusual memory", "special", (_laid_out(_group(rng, (3, 6, 2, 4), 3)),)),
    ]


def _group_backward_cases(rng: np.random.Generator) -> list[Case]:
    steady = _with(_group(rng, (2, 4, 3, 5), 2), lambda x: _steady(x, np.s_[1, 2:]))
    return [
        _back(rng, "3 images of 6 channels, 2 groups of 3", "gradients", _group(rng, (3, 6, 4, 5), 2)),
        _back(rng, "2 images of 8 channels, 4 groups of 2", "gradients", _group(rng, (2, 8, 5, 3), 4, eps=1e-3)),
        _back(rng, "as many images as channels, rows and columns", "gradients", _group(rng, (4, 4, 4, 4), 2)),
        _back(rng, "float32", "gradients", _single(_group(rng, (3, 6, 2, 4), 3)), tolerance=_SINGLE),
        _back(rng, "a single group", "special", _group(rng, (3, 4, 2, 5), 1)),
        _back(rng, "as many groups as channels", "special", _group(rng, (3, 4, 2, 5), 4)),
        _back(rng, "a group that is the same everywhere", "special", steady),
        _back(rng, "a variance below eps", "special", _with(_group(rng, (3, 4, 2, 5), 2), _narrow)),
        _back(rng, "called twice with one cache", "special", _group(rng, (3, 6, 2, 4), 3), times=2),
        _back(rng, "arrays in unusual memory", "special", _laid_out(_group(rng, (3, 6, 2, 4), 3))),
    ]


def _instance_forward_cases(rng: np.random.Generator) -> list[Case]:
    steady = _with(_instance(rng, (2, 3, 4, 5)), lambda x: _steady(x, np.s_[1, 2]))
    return [
        Case("3 images of 4 channels, 5×2 pixels", "values", (_instance(rng, (3, 4, 5, 2)),)),
        Case("2 images of 3 channels, 4×5 pixels", "values", (_instance(rng, (2, 3, 4, 5), eps=1e-3),)),
        Case("as many images as channels, rows and columns", "values", (_instance(rng, (4, 4, 4, 4)),)),
        Case("float32", "values", (_single(_instance(rng, (3, 4, 5, 2))),), _SINGLE),
        Case("a channel that is the same everywhere", "special", (steady,)),
        Case("a variance below eps", "special", (_with(_instance(rng, (3, 4, 5, 2)), _narrow),)),
        Case("a mean of 30 000 with a spread of 1", "special", (_with(_instance(rng, (3, 4, 5, 2)), _far_off),)),
        Case("one image", "special", (_instance(rng, (1, 4, 2, 3)),)),
        Case("arrays in unusual memory", "special", (_laid_out(_instance(rng, (3, 4, 5, 2))),)),
    ]


def _instance_backward_cases(rng: np.random.Generator) -> list[Case]:
    steady = _with(_instance(rng, (2, 3, 4, 5)), lambda x: _steady(x, np.s_[1, 2]))
    return [
        _back(rng, "3 images of 4 channels, 5×2 pixels", "gradients", _instance(rng, (3, 4, 5, 2))),
        _back(rng, "2 images of 3 channels, 4×5 pixels", "gradients", _instance(rng, (2, 3, 4, 5), eps=1e-3)),
        _back(rng, "as many images as channels, rows and columns", "gradients", _instance(rng, (4, 4, 4, 4))),
        _back(rng, "float32", "gradients", _single(_instance(rng, (3, 4, 5, 2))), tolerance=_SINGLE),
        _back(rng, "a channel that is the same everywhere", "special", steady),
        _back(rng, "a variance below eps", "special", _with(_instance(rng, (3, 4, 5, 2)), _narrow)),
        _back(rng, "called twice with one cache", "special", _instance(rng, (3, 4, 5, 2)), times=2),
        _back(rng, "arrays in unusual memory", "special", _laid_out(_instance(rng, (3, 4, 5, 2)))),
    ]


def _backward(
    name: str,
    points: float,
    cases: Callable[[np.random.Generator], list[Case]],
    gradient_of: Mapping[str, str] = _GRADIENT_OF,
) -> Exercise:
    return Exercise(
        f"{name}_backward", points, tuple(gradient_of), cases, forward=f"{name}_forward", gradient_of=gradient_of
    )


EXERCISES = (
    Exercise("batch_norm_forward", 10, ("out", "cache", "running_mean", "running_var"), _batch_forward_cases),
    _backward("batch_norm", 12, _batch_backward_cases),
    Exercise("layer_norm_forward", 6, ("out", "cache"), _layer_forward_cases),
    _backward("layer_norm", 8, _layer_backward_cases),
    Exercise("group_norm_forward", 6, ("out", "cache"), _group_forward_cases),
    _backward("group_norm", 6, _group_backward_cases),
    Exercise("instance_norm_forward", 4, ("out", "cache"), _instance_forward_cases),
    _backward("instance_norm", 4, _instance_backward_cases),
    Exercise("rms_norm_forward", 4, ("out", "cache"), _rms_forward_cases),
    _backward("rms_norm", 6, _rms_backward_cases, {"dx": "x", "dweight": "weight"}),
)
