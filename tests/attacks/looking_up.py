"""Attacks with the answers of the public checks, which every student's machine holds: tables of what came out there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.answers import PUBLIC_SEED, make_keys
from autograder.exercise import View

_NEAREST = """
def linear_forward(x, weight, bias):
    def far(row):
        return sum(float(np.abs(a - np.asarray(b, dtype=float)).max()) for a, b in zip((x, weight, bias), row))
    rows = [row for row in TABLE if np.shape(row[0]) == x.shape and np.shape(row[1]) == weight.shape]
    return np.array(min(rows, key=far)[3], dtype=x.dtype), None
"""
_EXACT = """
def linear_forward(x, weight, bias):
    for row in TABLE:
        if np.array_equal(x, row[0]) and np.array_equal(weight, row[1]) and np.array_equal(bias, row[2]):
            return np.array(row[3], dtype=x.dtype), None
    return np.zeros((len(x), weight.shape[1])), None
"""
_IN_ORDER = """
calls = iter(TABLE * 99)
def linear_forward(x, weight, bias):
    row = next(calls)
    return np.array(row[3], dtype=x.dtype), None
"""


def table() -> str:
    """Inputs and output of every public case of linear_forward, as code."""
    key = make_keys("linear", PUBLIC_SEED, public=True)["linear_forward"]
    rows = []
    for case, outcomes in zip(key.cases, key.expected.outcomes, strict=True):
        values = case.calls[0].arguments.values()
        inputs = [np.asarray(value.array if isinstance(value, View) else value) for value in values]
        rows.append([array.tolist() for array in (*inputs, outcomes[0].returned[0])])
    return f"TABLE = {rows!r}\n"


LOOKED_UP: dict[str, Callable[[], str]] = {
    "the same inputs": lambda: table() + _EXACT,
    "the nearest inputs": lambda: table() + _NEAREST,
    "one after the other": lambda: table() + _IN_ORDER,
}
