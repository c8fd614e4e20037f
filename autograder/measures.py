"""What is compared where results are random: numbers that every right answer shares, whatever it drew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.exercise import Made, Measure

Measures = dict[str, Any]

QUANTILES_AT = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
QUANTILES = f"quantiles at {', '.join(f'{q:.0%}' for q in QUANTILES_AT)}"


def own(made: Sequence[Made]) -> list[np.ndarray]:
    """What the exercise's own calls returned."""
    return [one.first for one in made if one.own and one.first is not None]


def distribution(made: Sequence[Made]) -> Measures:
    """Quantiles from 1 % to 99 % of the values drawn, which tell the family of a distribution and its scale, and how
    many of the values differ from all others: in a row that was drawn once and repeated, hardly any.

    The values are sorted once for both. Where one of them is infinite or no number, no quantile is a number either.
    """
    ordered = np.sort(own(made)[0], axis=None).astype(np.float64, copy=False)
    last = ordered.size - 1
    at = np.multiply(QUANTILES_AT, last)
    below = at.astype(int)
    steps = ordered[np.minimum(below + 1, last)] - ordered[below]
    quantiles = ordered[below] + (at - below) * steps
    return {
        QUANTILES: quantiles if np.isfinite(ordered[[0, -1]]).all() else np.full(len(QUANTILES_AT), np.nan),
        "share of different values": (1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))) / ordered.size,
    }


def bounded_distribution(made: Sequence[Made]) -> Measures:
    """The same, and the largest magnitude drawn: the bound of a uniform distribution, nearly, when many are drawn."""
    return {**distribution(made), "largest magnitude": float(np.abs(own(made)[0]).max())}


def share_changed(made: Sequence[Made]) -> Measures:
    """The share of entries in which the second result differs from the first: 0 for one seed, 1 for two seeds."""
    first, second = own(made)[:2]
    return {"share of entries that differ": float(np.mean(first != second))}


def fingerprint(made: Sequence[Made]) -> Measures:
    """The norm of a large result and its product with fixed random values: hardly any other array has both."""
    values = np.mean(own(made), axis=0, dtype=np.float64).ravel()
    directions = np.random.default_rng(0).standard_normal((2, values.size))
    return {"norm": float(np.linalg.norm(values)), "products with random values": directions @ values}


MEASURES: Mapping[str, Measure] = {
    "distribution": distribution,
    "bounded_distribution": bounded_distribution,
    "share_changed": share_changed,
    "fingerprint": fingerprint,
}
