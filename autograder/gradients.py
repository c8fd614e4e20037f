"""Numerical derivatives of a function that can only be called, along random directions.

For a loss L = ⟨dout, f(x)⟩, a sum of such products where f has several outputs, the derivative along v is ⟨dx, v⟩, and
it is also (L(x + hv) − L(x − hv)) / 2h up to terms in h². A wrong dx agrees along a random direction with probability
0, so a few directions judge a whole array.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.exercise import Call, Implementation, Outcome, View

_STEP = 1e-6
_DIRECTIONS = 3
_TOLERANCE = {"float64": 1e-5, "float32": 1e-3}


def consistent(
    implementation: Implementation,
    forward: Call,
    douts: Sequence[np.ndarray],
    gradients: Mapping[str, np.ndarray],
) -> dict[str, bool]:
    """For each argument of `forward`, whether the gradient given for it is that of the implementation's own forward.

    `gradients` maps an argument's name to the gradient returned for it. The values that `forward` returns first are the
    outputs that `douts` belong to. All evaluations are asked for at once, in float64 whatever the gradients' precision.
    """
    rng = np.random.default_rng(0)
    directions = {
        name: [rng.standard_normal(np.shape(_array(forward.arguments[name]))) for _ in range(_DIRECTIONS)]
        for name in gradients
    }
    calls = [
        _moved(forward, name, sign * _STEP * direction)
        for name, several in directions.items()
        for direction in several
        for sign in (1, -1)
    ]
    outcomes = iter(implementation.run(calls))
    verdicts = {}
    for name, several in directions.items():
        verdicts[name] = True
        for direction in several:
            ahead, behind = (_loss(next(outcomes), douts) for _ in range(2))
            numerical = (ahead - behind) / (2 * _STEP)
            gradient = gradients[name].astype(np.float64)
            tolerance = _TOLERANCE.get(str(gradients[name].dtype), 0.0)
            with np.errstate(all="ignore"):
                analytic = float(np.vdot(gradient, direction).real)
                scale = float(np.linalg.norm(gradient) * np.linalg.norm(direction))
                if not abs(numerical - analytic) <= tolerance * max(scale, 1e-6):
                    verdicts[name] = False
    return verdicts


def _array(argument: object) -> np.ndarray:
    return argument.array if isinstance(argument, View) else np.asarray(argument)


def _moved(forward: Call, name: str, by: np.ndarray) -> Call:
    wide = {key: _wide(value) for key, value in forward.arguments.items()}
    return replace(forward, arguments={**wide, name: wide[name] + by})


def _wide(argument: object) -> Any:
    """A float array in float64, laid out plainly; anything else as it is."""
    array = _array(argument)
    return array.astype(np.float64) if array.dtype.kind == "f" and array.ndim else argument


def _loss(outcome: Outcome, douts: Sequence[np.ndarray]) -> float:
    returned = outcome.returned if isinstance(outcome.returned, tuple) else (outcome.returned,)
    if len(returned) < len(douts):
        return float("nan")
    total = 0.0
    for out, dout in zip(returned, douts, strict=False):
        if not isinstance(out, np.ndarray) or out.shape != dout.shape or out.dtype.kind not in "fiu":
            return float("nan")
        with np.errstate(all="ignore"):
            total += float(np.vdot(dout, out))
    return total
