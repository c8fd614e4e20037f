"""The class report's pictures: small SVGs and bars drawn from numbers, each with its content in words.

Colours are the page's: every shape has a class. Texts are escaped on their way in by `Markup.format`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from autograder.show import points

STATE_WORDS = {
    "passed": "right",
    "partial": "partly right",
    "failed": "not right",
    "not_attempted": "not attempted",
    "timed_out": "timed out",
    "out_of_memory": "out of memory",
    "crashed": "crashed",
    "refused": "refused",
}

# What stands in a cell in place of points where an exercise gave no result.
STATE_LETTERS = {"not_attempted": "–", "timed_out": "T", "out_of_memory": "M", "crashed": "C", "refused": "R"}

_WIDTH, _HEIGHT, _FOOT, _HEAD = 330, 120, 22, 16


def percent(share: float) -> str:
    return "–" if not np.isfinite(share) else f"{100 * share:.0f} %"


def shade(share: float) -> str:
    """The class of a cell: five steps from nothing to full marks."""
    if not np.isfinite(share):
        return "none"
    if share <= 0:
        return "s0"
    return "s4" if share >= 1 - 1e-9 else f"s{1 + min(int(share * 10 / 4), 2)}"


def cell_class(state: str, share: float) -> str:
    return "quiet" if state == "not_attempted" else "stopped" if state in STATE_LETTERS else shade(share)


def cell_text(state: str, score: float) -> str:
    return STATE_LETTERS.get(state) or points(round(score, 2))


def histogram(counts: Sequence[int], what: str) -> Markup:
    """Ten bars, one for each tenth of the marks."""
    highest = max(*counts, 1)
    width = _WIDTH / len(counts)
    bars = []
    for number, count in enumerate(counts):
        height = _HEIGHT * count / highest
        bars.append(
            Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                number * width + 1.5, _HEAD + _HEIGHT - height, width - 3, height
            )
        )
        if count:
            bars.append(
                Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
                    (number + 0.5) * width, _HEAD + _HEIGHT - height - 4, count
                )
            )
    foot = _HEAD + _HEIGHT + 15
    labels = Markup("").join(
        Markup('<text class="axis" x="{}" y="{}" text-anchor="{}">{} %</text>').format(x, foot, anchor, label)
        for x, anchor, label in ((0, "start", 0), (_WIDTH / 2, "middle", 50), (_WIDTH, "end", 100))
    )
    words = ", ".join(
        f"{count} from {10 * number} to {10 * number + 10} %" for number, count in enumerate(counts) if count
    )
    return Markup(
        '<svg class="histogram" role="img" viewBox="0 0 {} {}"><title>{}: {}</title>{}'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/>{}</svg>'
    ).format(
        _WIDTH,
        _HEAD + _HEIGHT + _FOOT,
        what,
        words or "no marks yet",
        Markup("").join(bars),
        _WIDTH,
        _HEAD + _HEIGHT,
        _HEAD + _HEIGHT,
        labels,
    )


def strip(classes: Sequence[str], what: str) -> Markup:
    """Many students in one thin row, one column each, neighbours of one colour drawn in one piece."""
    pieces = []
    start = 0
    for name, group in itertools.groupby(classes):
        length = len(list(group))
        pieces.append(Markup('<rect class="{}" x="{}" width="{}" height="1"/>').format(name, start, length))
        start += length
    return Markup(
        '<svg class="strip" role="img" preserveAspectRatio="none" viewBox="0 0 {} 1"><title>{}</title>{}</svg>'
    ).format(max(start, 1), what, Markup("").join(pieces))


def bar(share: float) -> Markup:
    """A share as the length of a bar; the number stands beside it in the page."""
    width = 100 * float(np.clip(np.nan_to_num(share), 0, 1))
    return Markup(
        '<svg class="share" aria-hidden="true" viewBox="0 0 100 8" preserveAspectRatio="none">'
        '<rect class="back" width="100" height="8"/><rect class="bar" width="{:.1f}" height="8"/></svg>'
    ).format(width)


def in_words(counts: Counter[str]) -> str:
    """How many are in each state: "12 right, 3 not attempted"."""
    return ", ".join(f"{counts[state]} {words}" for state, words in STATE_WORDS.items() if counts[state])
