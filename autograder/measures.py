"""What is compared where results are random: numbers that every right answer shares, whatever it drew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Measures = dict[str, Any]

_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
QUANTILES = f"quantiles at {', '.join(f'{q:.0%}' for q in _QUANTILES)}"


def distribution(results: Sequence[np.ndarray]) -> Measures:
    """Quantiles from 1 % to 99 % of the values drawn, which tell the family of a distribution and its scale, and how
    many of the values differ from all others: in a row that was drawn once and repeated, hardly any.
    """
    values = results[0].astype(np.float64)
    return {
        QUANTILES: np.quantile(values, _QUANTILES),
        "share of different values": len(np.unique(values)) / values.size,
    }


def bound(results: Sequence[np.ndarray]) -> Measures:
    """The largest magnitude drawn: the bound of a uniform distribution, nearly, when many are drawn."""
    return {"largest magnitude": float(np.abs(results[0]).max())}


def share_changed(results: Sequence[np.ndarray]) -> Measures:
    """The share of entries in which the second result differs from the first: 0 for one seed, 1 for two seeds."""
    first, second = results[0], results[1]
    return {"share of entries that differ": float(np.mean(first != second))}


def fingerprint(results: Sequence[np.ndarray]) -> Measures:
    """The norm of a large result and its product with fixed random values: hardly any other array has both."""
    values = np.mean(results, axis=0, dtype=np.float64).ravel()
    directions = np.random.default_rng(0).standard_normal((2, values.size))
    return {"norm": float(np.linalg.norm(values)), "products with random values": directions @ values}


MEASURES: dict[str, Callable[[Sequence[np.ndarray]], Measures]] = {
    "distribution": distribution,
    "bound": bound,
    "share_changed": share_changed,
    "fingerprint": fingerprint,
}
