"""How fast a function is: its time beside that of a fixed piece of array work, done in the same process by turns.

Seconds differ from machine to machine and from moment to moment; such a ratio differs little. What a process says of
its own seconds is a claim: the pace setter's cannot be stretched far beyond what the same work takes here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache

import numpy as np

from autograder.exercise import PACE_SETTER, Call, Case, Drawn, Outcome

# How much slower than here the pace setter may have been where the function ran.
_MOST_SLOWER = 3.0
_ROUNDS = 3


def work(x: np.ndarray, copies: int, outputs: int) -> None:
    """Lay `copies` of x side by side, its axis 1 as rows, and multiply them by a matrix with `outputs` rows."""
    rows = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    columns = np.concatenate([rows] * copies)
    np.ones((outputs, len(columns)), x.dtype) @ columns


def draw(drawn: Drawn) -> np.ndarray:
    values = np.random.default_rng(drawn.seed).standard_normal(drawn.shape, dtype=np.float32)
    return values.astype(drawn.dtype)


def setter(x: Drawn, copies: int, outputs: int) -> Call:
    """The call that a case with a pace makes before each call of the function."""
    return Call(PACE_SETTER, {"x": x, "copies": copies, "outputs": outputs}, ("nothing",))


def best(exercise: str, case: Case, outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """The best time of the exercise's own calls in seconds, and over the best time of the pace setter's."""
    own = [o.seconds for call, o in zip(case.calls, outcomes, strict=True) if call.function == exercise]
    setters = [(call, o.seconds) for call, o in zip(case.calls, outcomes, strict=True) if call.function == PACE_SETTER]
    here = _seconds_here(*setters[0][0].arguments.values())
    return min(own), min(own) / max(min(here * _MOST_SLOWER, *(seconds for _, seconds in setters)), 1e-9)


@cache
def _seconds_here(x: Drawn, copies: int, outputs: int) -> float:
    """What the pace setter takes in this process, at its best."""
    array, best = draw(x), float("inf")
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        work(array, copies, outputs)
        best = min(best, time.perf_counter() - start)
    return best
