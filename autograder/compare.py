"""Compare what a function returned with what was expected. Pure: plain values in, differences out, no crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.exercise import Opaque

# Arrays of up to this many entries are shown whole.
_SHOWN_WHOLE = 20


@dataclass(frozen=True)
class ValueDifference:
    """Where two arrays of one shape first differ (row-major), and in how many entries."""

    index: tuple[int, ...]
    got: Any
    expected: Any
    count: int
    size: int

    def told(self, with_expected: bool) -> str:
        """The difference in words, to be put behind the array's name."""
        where = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        right = f", expected {number(self.expected)}" if with_expected else ""
        share = "" if self.size == 1 else f"; {self.count} of {self.size} entries differ"
        return f"{where} is {number(self.got)}{right}{share}"


def is_numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray | bool | int | float | complex)


def shape_of(value: Any) -> tuple[int, ...]:
    return value.shape if isinstance(value, np.ndarray) else ()


def kind_difference(got: Any, expected: Any) -> str | None:
    """Whether `got` is a number or array where one is expected; what it is instead if not."""
    if not is_numeric(expected) or is_numeric(got):
        return None
    wanted = "an array" if isinstance(expected, np.ndarray) else "a number"
    return f"{wanted} is expected here, not {describe(got)}"


def shape_difference(got: Any, expected: Any) -> str | None:
    if shape_of(got) == shape_of(expected):
        return None
    return f"the shape is {shape_of(got)}, expected {shape_of(expected)}"


def dtype_difference(got: Any, expected: Any) -> str | None:
    """Arrays keep their dtype, whole numbers stay whole; for a plain float any float will do."""
    if type(expected) is int and np.asarray(got).dtype.kind not in "iu":
        return "a whole number (int) is expected here, not a float; it is used as a length or an index"
    if not isinstance(expected, np.ndarray):
        return None
    dtype = got.dtype if isinstance(got, np.ndarray) else np.asarray(got).dtype
    if dtype == expected.dtype:
        return None
    return f"the dtype is {dtype}, expected {expected.dtype}{_why(dtype, expected.dtype)}"


def value_difference(got: Any, expected: Any, tolerance: float, yardstick: float = 0.0) -> ValueDifference | None:
    """None where ‖got − expected‖ ≤ tolerance · max(‖expected‖, yardstick); shapes must agree.

    A result of a lower precision than expected is held to that precision: its dtype is a finding of its own.
    """
    g, e = np.asarray(got), np.asarray(expected)
    if g.dtype == np.float32 and e.dtype != np.float32:
        tolerance = max(tolerance, 1e-5)
    with np.errstate(all="ignore"):
        g, e = _wide(g), _wide(e)
        apart = float(np.linalg.norm(g - e))
        if np.isfinite(apart) and apart <= tolerance * max(float(np.linalg.norm(e)), yardstick, 1e-100):
            return None  # as mostly: all is finite, and right
        finite = np.isfinite(e)
        scale = max(float(np.linalg.norm(e[finite])), yardstick, 1e-100)
        off = np.where(finite, np.abs(g - np.where(finite, e, 0)), 0.0)
        wrong = np.where(finite, ~np.isfinite(g), ~((g == e) | (np.isnan(g) & np.isnan(e))))
        total = float(np.linalg.norm(np.where(wrong, 0.0, off)))
        if not wrong.any() and total <= tolerance * scale:
            return None
        bar = tolerance * scale / max(1.0, e.size) ** 0.5
        wrong = wrong | (off > bar)
    positions = np.argwhere(wrong)
    index = tuple(int(i) for i in positions[0])
    return ValueDifference(
        index, np.asarray(got)[index].item(), np.asarray(expected)[index].item(), len(positions), e.size
    )


def equal(got: Any, expected: Any, tolerance: float, yardstick: float = 0.0) -> bool:
    """Whether two plain values are the same in kind, shape, dtype and value."""
    if is_numeric(got) and is_numeric(expected):
        return (
            shape_difference(got, expected) is None
            and dtype_difference(got, expected) is None
            and value_difference(got, expected, tolerance, yardstick) is None
        )
    if isinstance(got, list | tuple) and type(got) is type(expected):
        return len(got) == len(expected) and all(
            equal(a, b, tolerance, yardstick) for a, b in zip(got, expected, strict=True)
        )
    return type(got) is type(expected) and bool(got == expected)


def describe(value: Any) -> str:
    """A few words on a plain value: its kind and shape."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, Opaque):
        return f"an object of type {value.type_name}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if value is None:
        return "None"
    return f"the number {number(value)}"


def shown_short(value: Any) -> bool:
    """Whether `shown` gives no more than a description."""
    return isinstance(value, np.ndarray) and value.size > _SHOWN_WHOLE


def shown(value: Any) -> str:
    """A plain value itself where it is small, else its description."""
    if isinstance(value, np.ndarray) and not shown_short(value):
        return np.array2string(value, precision=4, separator=", ", suppress_small=True, threshold=50)
    if is_numeric(value) and not isinstance(value, np.ndarray):
        return number(value)
    return describe(value)


def number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _why(dtype: np.dtype[Any], expected: np.dtype[Any]) -> str:
    if expected.kind == "f" and dtype.kind in "iu":
        return "; whole numbers lose what comes after the decimal point"
    if expected == np.float32 and dtype == np.float64:
        return "; np.zeros and np.array make float64 unless told otherwise"
    return ""


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
