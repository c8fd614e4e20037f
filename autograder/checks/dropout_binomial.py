"""How far chance can carry a count: exact bounds, by adding up the binomial distribution itself."""

from __future__ import annotations

from functools import cache

import numpy as np

# How often a right answer may fall outside the bounds of one count. The counts of an exercise are less than fifty, so
# that all of them together refuse fewer right answers than one in a thousand million.
FALSE_ALARM = 2e-11


@cache
def bounds(trials: int, p: float, false_alarm: float = FALSE_ALARM) -> tuple[int, int]:
    """The smallest and the largest number of successes in `trials` that are not too rare.

    Either side is left with a probability of at most half of `false_alarm`; no approximation is made.
    """
    chances = distribution(trials, p)
    below = np.cumsum(chances)  # P(count <= k)
    above = np.cumsum(chances[::-1])[::-1]  # P(count >= k)
    kept = np.flatnonzero((below > false_alarm / 2) & (above > false_alarm / 2))
    return int(kept[0]), int(kept[-1])


def outside(trials: int, p: float, low: int, high: int) -> float:
    """The probability that the number of successes lies outside the bounds."""
    chances = distribution(trials, p)
    return float(chances[:low].sum() + chances[high + 1 :].sum())


def distribution(trials: int, p: float) -> np.ndarray:
    """The probability of 0, 1, ..., `trials` successes.

    The logarithms are added up: n choose k overflows long before the probabilities underflow.
    """
    if p in (0.0, 1.0):
        return np.asarray(np.arange(trials + 1) == trials * p, dtype=np.float64)
    successes = np.arange(trials + 1)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, trials + 1)))])
    chances = factorial[-1] - factorial - factorial[::-1] + successes * np.log(p) + successes[::-1] * np.log1p(-p)
    return np.asarray(np.exp(chances))
