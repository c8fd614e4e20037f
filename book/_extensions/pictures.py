"""Photographs and maps of numbers inside the figures, a fraction of their weight. A Sphinx extension.

matplotlib writes a picture into an SVG figure as PNG, four bytes a pixel before compression. In the finished book
each is WebP: exactly the same pixels where that is small, and in a photograph pixels that look the same.
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

from PIL import Image
from sphinx.application import Sphinx

PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
QUALITY = 82
SMALL = 6000  # bytes


def as_webp(picture: Image.Image) -> bytes:
    """The picture exactly, where that is small or smaller; else nearly."""
    exact, near = io.BytesIO(), io.BytesIO()
    picture.save(exact, "WEBP", lossless=True, quality=50, method=3)  # more effort gains little
    picture.save(near, "WEBP", quality=QUALITY, method=4)
    small = len(exact.getvalue()) <= max(SMALL, len(near.getvalue()))
    return exact.getvalue() if small else near.getvalue()


def in_a_page(picture: Image.Image) -> str:
    """An address that holds the picture."""
    return "data:image/webp;base64," + base64.b64encode(as_webp(picture)).decode()


def recoded(figure: str) -> str:
    """The text of an SVG figure with its pictures as WebP."""
    return PNG.sub(lambda found: in_a_page(Image.open(io.BytesIO(base64.b64decode(found[1])))), figure)


def recode(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        for path in (Path(app.outdir) / app.builder.imagedir).glob("*.svg"):
            figure = path.read_text(encoding="utf-8")
            if PNG.search(figure):
                path.write_text(recoded(figure), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", recode)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
