"""What a wrong result looks like, said without knowing the code: plain relations between it and the right one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from autograder.compare import is_numeric

_CLOSE = 1e-7
_ROUGHLY = 0.02
_TELLING = 100  # a fraction of two larger numbers says no more than its decimals
_MOST_AXES = 4
_PRODUCT = re.compile(r"matmul: .*core dimension 0, .*\(size (\d+) is different from (\d+)\)")


def relation(name: str, got: Any, expected: Any) -> str | None:
    """A sentence on how `got` is related to `expected`, or None where no simple relation holds."""
    if not (is_numeric(got) and is_numeric(expected)):
        return None
    g, e = np.asarray(got), np.asarray(expected)
    if g.dtype.kind == "c" or e.dtype.kind == "c" or e.size == 0:
        return None
    with np.errstate(all="ignore"):
        g, e = g.astype(np.float64), e.astype(np.float64)
        if g.shape != e.shape:
            return _other_shape(name, g, e)
        if not np.isfinite(g).all():
            bad = f"holds {_bad_numbers(g)}" if g.size > 1 else f"is {g.flat[0]}"
            return f"{name} {bad}: somewhere a number overflows, is divided by zero or has no logarithm."
        if not np.isfinite(e).all():
            return None
        if not g.any():
            return f"{name} is zero everywhere."
        return _ratio(name, g, e) or _moved_entries(name, g, e) or _offset(name, g, e) or _missing_part(name, g, e)


def same_factor(name: str, pairs: Sequence[tuple[Any, Any]]) -> str | None:
    """For single numbers: whether those of several cases are all off by one and the same factor."""
    numbers = all(type(value) in (int, float) for pair in pairs for value in pair)
    if len(pairs) < 2 or not numbers or not all(expected for _, expected in pairs):
        return None
    ratios = [got / expected for got, expected in pairs]
    if not all(abs(ratio - ratios[0]) <= _CLOSE * abs(ratios[0]) for ratio in ratios):
        return None
    if abs(ratios[0] + 1) < _CLOSE:
        return f"{name} has the wrong sign."
    return f"{name} is exactly {_times(ratios[0])} what is expected, in every case."


def product_sizes(message: str) -> str | None:
    """What NumPy's error of a matrix product that does not fit means, in plain words; None for any other error."""
    found = _PRODUCT.search(message)
    return found and f"the left factor of @ has {found[2]} columns and the right one {found[1]} rows; they must agree"


def spread(name: str, got: Any, expected: Any) -> str | None:
    """How the quantiles of random values are related to those expected: another spread, or all of them shifted."""
    g, e = np.asarray(got), np.asarray(expected)
    if g.shape != e.shape or g.ndim != 1 or not np.isfinite(g).all():
        return None
    ratio = float(np.vdot(g, e) / np.vdot(e, e))
    if ratio > 0 and np.linalg.norm(g - ratio * e) <= _ROUGHLY * np.linalg.norm(ratio * e):
        return f"the values of {name} are spread about {ratio:.3g} times as far as they should be."
    off = float(np.mean(g - e))
    if np.linalg.norm(g - e - off) <= _ROUGHLY * np.linalg.norm(e):
        return f"the values of {name} are all shifted by about {off:.3g}."
    return None


def _other_shape(name: str, g: np.ndarray, e: np.ndarray) -> str | None:
    if g.size == e.size and g.size > 1 and _near(g.reshape(e.shape), e):
        return f"{name} holds the right numbers in the right order, in another shape: {g.shape} for {e.shape}."
    if g.ndim == e.ndim:
        for axes in itertools.permutations(range(e.ndim)):
            if e.ndim <= _MOST_AXES and g.shape == e.transpose(axes).shape and _near(g, e.transpose(axes)):
                return f"{name} is the right array with its axes in another order: it wants transposing."
    if e.size == 1 and g.size > 1 and _near(np.asarray(g.sum()), e.reshape(())):
        return f"the entries of {name} add up to what is expected: a sum is missing."
    if e.size > 1 and g.size == 1 and _near(g.reshape(()), np.asarray(e.sum())):
        return f"{name} is the sum over everything; only some axes are to be summed."
    return None


def _ratio(name: str, g: np.ndarray, e: np.ndarray) -> str | None:
    square = float(np.vdot(e, e))
    if square == 0 or g.size < 2:
        return None
    ratio = float(np.vdot(g, e)) / square
    if ratio == 0 or abs(ratio - 1) < _CLOSE or not _near(g, ratio * e):
        return None
    if abs(ratio + 1) < _CLOSE:
        return f"{name} has the wrong sign everywhere."
    return f"{name} is exactly {_times(ratio)} what is expected, in every entry."


def _moved_entries(name: str, g: np.ndarray, e: np.ndarray) -> str | None:
    if e.ndim > _MOST_AXES or e.size < 2:
        return None
    for axes in itertools.permutations(range(e.ndim)):
        if axes != tuple(range(e.ndim)) and e.transpose(axes).shape == g.shape and _near(g, e.transpose(axes)):
            return f"{name} is the right array with its axes in another order: it wants transposing."
    for count in range(1, e.ndim + 1):
        for flipped in itertools.combinations(range(e.ndim), count):
            if _near(g, np.flip(e, flipped)):
                return f"{name} is the right array, reversed along axis {', '.join(map(str, flipped))}."
    return None


def _offset(name: str, g: np.ndarray, e: np.ndarray) -> str | None:
    off = g - e
    if g.size > 1 and off.any() and _near(off, np.full_like(off, off.flat[0])):
        return f"{name} is off by the same amount, {off.flat[0]:.6g}, in every entry."
    return None


def _missing_part(name: str, g: np.ndarray, e: np.ndarray) -> str | None:
    """Along one axis, a part that is right and a part that is not: a loop that stops early, say."""
    for axis in range(e.ndim):
        pairs = zip(np.moveaxis(g, axis, 0), np.moveaxis(e, axis, 0), strict=True)
        right = [_near(a, b) for a, b in pairs]
        if any(right) and not all(right):
            mostly = 2 * sum(right) >= len(right)
            places = [str(i) for i, fine in enumerate(right) if fine != mostly]
            named = ", ".join(places[:6]) + (" …" if len(places) > 6 else "")
            return f"{name} is right {'except' if mostly else 'only'} at {named} along axis {axis}."
    return None


def _bad_numbers(g: np.ndarray) -> str:
    nans, infinities = int(np.isnan(g).sum()), int(np.isinf(g).sum())
    return " and ".join(text for count, text in ((nans, f"{nans} nan"), (infinities, f"{infinities} inf")) if count)


def _times(ratio: float) -> str:
    simple = Fraction(ratio).limit_denominator(1000)
    telling = simple and min(abs(simple.numerator), simple.denominator) <= _TELLING
    if telling and abs(float(simple) - ratio) < _CLOSE * abs(ratio):
        return f"{simple} of" if simple.denominator > 1 else f"{simple} times"
    return f"{ratio:.6g} times"


def _near(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.linalg.norm(a - b) <= _CLOSE * max(float(np.linalg.norm(b)), 1e-300))
