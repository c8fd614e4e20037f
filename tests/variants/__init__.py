"""Right answers written otherwise, one room a chapter: what a checker that refuses one of them gets wrong.

A chapter's `VARIANTS` maps an exercise to its variants by name, and a variant to the functions that it puts in the
place of the reference's. All keep the contract: float32 stays float32, inputs stay as they are, a backward can be
called again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Variants = Mapping[str, Mapping[str, Mapping[str, Callable]]]


def joined(*rooms: Variants) -> Variants:
    """The variants of several files for the same exercises."""
    names = dict.fromkeys(name for room in rooms for name in room)
    return {name: {style: way for room in rooms for style, way in room.get(name, {}).items()} for name in names}
