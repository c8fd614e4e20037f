"""What is seen of a dropped-out array: its mask, whatever was drawn. All that is counted has exact bounds.

A mask is True where the entry was kept. It is read from the result, so the inputs of these cases hold no zeros. A
count is held to the bounds of `dropout_binomial`; the rest is equal or not. For dropout of whole channels a mask has
one entry a channel, the channel's first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.checks import dropout_binomial as binomial
from autograder.exercise import Call, Made, Measure, Observed, Result, View
from autograder.measures import Measures, own

Array = np.ndarray

# Two factors are one where they differ by less: by rounding, in the precision at hand.
_ROUNDING = {"float64": 1e-12, "float32": 1e-5}


# --- the forward ---------------------------------------------------------------------------------------------------


def share(made: Sequence[Made]) -> Measures:
    """Whether as many entries were dropped as p says."""
    call, p, out = _forward(made)
    mask = _units(call.function, out != 0)
    mask = _without_repetition(mask) if _is_mixed(mask) else mask
    dropped, entries = int(np.sum(~mask)), mask.size
    low, high = binomial.bounds(entries, p)
    evidence = (
        f"{_percent(dropped / entries)} of {entries} {_noun(call.function)} came back as 0 where p = {p:g}: "
        f"p is the probability of being dropped, and chance keeps the share between {_percent(low / entries)} and "
        f"{_percent(high / entries)}."
    )
    return _torn(made) | {"share dropped": Observed(_share_named(dropped, entries, p), evidence)}


def scale(made: Sequence[Made]) -> Measures:
    """By what the kept entries were multiplied."""
    call, p, out = _forward(made)
    x = _plain(call.arguments["x"])
    factors = (out[out != 0] / x[out != 0]).astype(np.float64)
    what, factor = _factor(factors, p, str(out.dtype), out.size / max(1, factors.size))
    evidence = f"The entries that are kept are multiplied by {factor} where 1/(1 - p) = {1 / (1 - p):.6g} is expected."
    return {"scale of what is kept": Observed(what, evidence)}


def independence(made: Sequence[Made]) -> Measures:
    """Whether every entry was decided on its own: along each axis, neighbours agree as often as chance has it."""
    call, p, out = _forward(made)
    mask = _units(call.function, out != 0)
    return _torn(made) | {f"independence along axis {axis}": _along(mask, axis, p) for axis in range(mask.ndim)}


def _torn(made: Sequence[Made]) -> Measures:
    """Where channels are asked for, whether each of each image was dropped or kept as a whole."""
    call, _, out = _forward(made)
    if not call.function.startswith("dropout2d"):
        return {}
    zeros = (out == 0).mean(axis=(2, 3))
    torn = int(np.sum((zeros != 0) & (zeros != 1)))
    evidence = f"{torn} of {zeros.size} channels came back with some entries dropped and others kept."
    return {"whole channels": Observed("torn" if torn else "whole", evidence)}


def count_varies(made: Sequence[Made]) -> Measures:
    """Whether the number of dropped entries is left to chance, or the same in every draw."""
    counts = [int(np.sum(out == 0)) for out in own(made)]
    what = "always the same number" if len(set(counts)) == 1 else "a number left to chance"
    evidence = (
        f"In {len(counts)} draws exactly {counts[0]} entries came back as 0 each time. Each entry is to be decided by "
        "itself, so that the number varies around p times the number of entries."
    )
    return {"number dropped": Observed(what, evidence)}


def sameness(made: Sequence[Made]) -> Measures:
    """Whether the results of two calls are one and the same."""
    first, second = own(made)[-2:]
    what = "the same" if np.array_equal(first, second) else "different"
    evidence = f"The results of the two calls are {what}."
    return {"two draws": Observed(what, evidence)}


# --- the backward --------------------------------------------------------------------------------------------------


def passes(made: Sequence[Made]) -> Measures:
    """Whether the gradient goes back where the forward let the signal through, and nowhere else."""
    mask, _, dx = _both_ways(made)
    return {"entries that the gradient passes": _compared(mask, dx != 0)}


def passes_at_zeros(made: Sequence[Made]) -> Measures:
    """The same for an input with zeros in it, of which an earlier call, with the same seed, shows the mask."""
    return {"entries that the gradient passes": _compared(_first(made[0]) != 0, own(made)[-1] != 0)}


def gradient_scale(made: Sequence[Made]) -> Measures:
    """Whether dx / dout is the very factor out / x of the forward."""
    mask, factor, dx = _both_ways(made)
    p, dout = float(made[0].call.arguments["p"]), _plain(made[-1].call.arguments["dout"])
    both = mask & (dx != 0)
    if both.any() and np.allclose(dx[both], factor[both], rtol=_rounding(str(dx.dtype)), atol=0):
        evidence = "dx is the same for every dout: it holds the factors of the forward, and dout is not in it."
        return {"scale of the gradient": Observed("dout left out", evidence)}
    factors = (dx[both] / dout[both] / factor[both]).astype(np.float64)
    what, times = _factor(factors, p, str(dx.dtype))
    evidence = f"Where it passes, the gradient is {times} times what it should be: dx / dout is not out / x."
    return {"scale of the gradient": Observed(what, evidence)}


# --- what they have in common --------------------------------------------------------------------------------------


def _forward(made: Sequence[Made]) -> tuple[Call, float, Array]:
    """The last forward: the call, its p and its out."""
    call = made[-1].call
    return call, float(call.arguments["p"]), _first(made[-1])


def _both_ways(made: Sequence[Made]) -> tuple[Array, Array, Array]:
    """Of the last backward and the forward that its cache came from: the mask, the factor out / x, and dx."""
    cache: Result = made[-1].call.arguments["cache"]
    forward = made[cache.call]
    out = _first(forward)
    return out != 0, out / _plain(forward.call.arguments["x"]), _first(made[-1])


def _first(one: Made) -> Array:
    assert one.first is not None  # as `_where_shapes_fit` has seen to
    return one.first


def _plain(argument: Any) -> Array:
    return np.asarray(argument.array if isinstance(argument, View) else argument)


def _units(function: str, mask: Array) -> Array:
    """What is decided one by one: the entries, or the channels of each image."""
    return mask[:, :, 0, 0] if function.startswith("dropout2d") else mask


def _noun(function: str) -> str:
    return "channels" if function.startswith("dropout2d") else "entries"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _is_mixed(mask: Array) -> bool:
    return bool(mask.any() and not mask.all())


def _without_repetition(mask: Array, spared: int | None = None) -> Array:
    """The mask with one entry left of each axis along which it does not change."""
    for axis in range(mask.ndim):
        first = np.take(mask, [0], axis)
        if axis != spared and np.array_equal(mask, np.broadcast_to(first, mask.shape)):
            mask = first
    return mask


def _share_named(dropped: int, entries: int, p: float) -> str:
    if dropped in (0, entries):
        return "all" if dropped else "none"
    for name, probability in (("p", p), ("1 - p", 1 - p), ("one half", 0.5)):
        low, high = binomial.bounds(entries, probability)
        if low <= dropped <= high:
            return name
    return "another share"


def _along(mask: Array, axis: int, p: float) -> Observed:
    if not _is_mixed(mask):
        return Observed("nothing to see", f"{'Nothing' if mask.all() else 'Everything'} was dropped.")
    mask = _without_repetition(mask, spared=axis)
    slices = np.moveaxis(mask, axis, 0).reshape(mask.shape[axis], -1)
    if np.array_equal(slices, np.broadcast_to(slices[:1], slices.shape)):
        return Observed("the same all along", f"What is dropped does not change along axis {axis} of x at all.")
    share = {"p": p, "1 - p": 1 - p, "one half": 0.5}.get(_share_named(int(np.sum(~mask)), mask.size, p))
    if share is None:
        evidence = f"Whether the entries along axis {axis} of x were drawn one by one is not to be seen."
        return Observed("not to be seen", evidence)
    agreement = share**2 + (1 - share) ** 2  # the probability that two entries share one fate
    count = len(slices)
    different = len(np.unique(slices, axis=0))
    if different < count and count**2 * agreement ** slices.shape[1] < binomial.FALSE_ALARM:
        evidence = f"Along axis {axis} of x only {different} of {count} masks are different: some are used again."
        return Observed("used again", evidence)
    even = count // 2 * 2
    pairs = slices[0:even:2] == slices[1:even:2]
    agreeing = int(pairs.sum())
    low, high = binomial.bounds(pairs.size, agreement)
    evidence = (
        f"Of {pairs.size} pairs of neighbours along axis {axis} of x {agreeing} were dropped or kept together; entries "
        f"that are drawn one by one do so between {low} and {high} times."
    )
    return Observed("independent" if low <= agreeing <= high else "related", evidence)


def _rounding(dtype: str) -> float:
    return _ROUNDING.get(dtype, _ROUNDING["float64"])


def _factor(factors: Array, p: float, dtype: str, entries_per_kept: float = math.nan) -> tuple[str, str]:
    """The name of the one factor among those of `factors`, and its value as text."""
    if not factors.size:
        return "nothing passes", "nothing"
    if not np.isfinite(factors).all():
        return "no number", "NaN or infinity in places"
    rounding = _rounding(dtype)
    factor = float(np.median(factors))
    if np.abs(factors - factor).max() > rounding * abs(factor):
        sign = ", some below 0" if factors.min() < 0 else ""
        return f"several factors{sign}", f"factors from {factors.min():.6g} to {factors.max():.6g}"
    named = {
        "1": 1.0,
        "1/(1 - p)": 1 / (1 - p),
        "1 - p": 1 - p,
        "1/p": 1 / p,
        "p": p,
        "1/(1 - p) twice": 1 / (1 - p) ** 2,
        "1 - p twice": (1 - p) ** 2,
        "p/(1 - p)": p / (1 - p),
        "(1 - p)/p": (1 - p) / p,
        "2": 2.0,
        "2 (1 - p)": 2 * (1 - p),
        "1/(the share kept in this draw)": entries_per_kept,
    }
    near = (name for name, value in named.items() if abs(factor - value) <= rounding * value)
    return next(near, "another factor"), f"{factor:.6g}"


def _compared(mask: Array, passed: Array) -> Observed:
    if not _is_mixed(mask):
        amount = "nothing" if mask.all() else "everything"
        return Observed(
            "nothing to see", f"Your forward drops {amount} here, so there is nothing to see of a backward."
        )
    wrong = int(np.sum(mask != passed))
    evidence = f"{wrong} of {mask.size} entries are 0 in one of out and dx and not in the other."
    for what, other in (("kept", mask), ("dropped", ~mask), ("all", True), ("none", False)):
        if np.array_equal(passed, np.broadcast_to(other, mask.shape)):
            return Observed(what, evidence)
    return Observed("others", evidence)


def _where_shapes_fit(measure: Measure) -> Measure:
    """Nothing is measured unless all that came back has the shape of x."""

    def measured(made: Sequence[Made]) -> Measures:
        shape = next(_plain(one.call.arguments["x"]).shape for one in made if "x" in one.call.arguments)
        if any(one.first is None or one.first.shape != shape for one in made):
            return {}
        return measure(made)

    return measured


FORWARD: Mapping[str, Measure] = {
    measure.__name__: _where_shapes_fit(measure) for measure in (share, scale, independence, count_varies, sameness)
}
BACKWARD: Mapping[str, Measure] = {
    measure.__name__: _where_shapes_fit(measure) for measure in (passes, passes_at_zeros, gradient_scale, sameness)
}
