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


def both_ways(layers: Mapping[str, Mapping[str, tuple[Callable, Callable]]]) -> Variants:
    """The variants of each layer's two exercises; `layers` maps a layer to pairs of forward and backward by style.

    A pair stays together: a backward reads its own forward's cache.
    """
    return {
        f"{layer}_{way}": {
            style: {f"{layer}_forward": forward, f"{layer}_backward": backward}
            for style, (forward, backward) in styles.items()
        }
        for layer, styles in layers.items()
        for way in ("forward", "backward")
    }
