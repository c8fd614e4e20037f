"""Cutting a font to the signs that are shown."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont


def cut(font: bytes, signs: Collection[int], **options: Any) -> bytes:
    """The font with these signs alone, as WOFF2, its licence in it; `options` are fontTools' for cutting.

    Each sign is placed by itself: no kerning is lost.
    """
    loaded = TTFont(io.BytesIO(font))
    cutter = subset.Subsetter(subset.Options(flavor="woff2", layout_features=[], name_IDs=[0, 13, 14], **options))
    cutter.populate(unicodes=signs)
    cutter.subset(loaded)
    out = io.BytesIO()
    loaded.flavor = "woff2"
    loaded.save(out)
    return out.getvalue()
