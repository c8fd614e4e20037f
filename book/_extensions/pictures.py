"""The figures, looking the same at a fraction of their weight. A Sphinx extension.

matplotlib writes coordinates to a millionth of a point, and a picture inside a figure as PNG of four bytes a pixel.
In the finished book numbers have five digits, and each picture is WebP: exactly the same pixels where that is small,
and in a photograph pixels that look the same.
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

from PIL import Image
from scour import scour
from sphinx.application import Sphinx

PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
QUALITY = 80
SMALL = 6000  # bytes
OPTIONS = scour.parse_args(
    ["--set-precision=5", "--enable-comment-stripping", "--remove-metadata", "--no-line-breaks", "--indent=none"]
)


def as_webp(picture: Image.Image) -> bytes:
    """The picture exactly, where that is small or smaller; else nearly."""
    exact, near = io.BytesIO(), io.BytesIO()
    picture.save(exact, "WEBP", lossless=True, quality=50, method=3)  # more effort takes minutes and gains little
    picture.save(near, "WEBP", quality=QUALITY, method=4)
    small = len(exact.getvalue()) <= max(SMALL, len(near.getvalue()))
    return exact.getvalue() if small else near.getvalue()


def in_a_page(picture: Image.Image) -> str:
    """An address that holds the picture."""
    return "data:image/webp;base64," + base64.b64encode(as_webp(picture)).decode()


def lighter(figure: str) -> str:
    """The text of an SVG figure, shortened, with its pictures as WebP."""
    with_webp = PNG.sub(lambda found: in_a_page(Image.open(io.BytesIO(base64.b64decode(found[1])))), figure)
    text: str = scour.scourString(with_webp, OPTIONS)
    return text


def make_lighter(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        for path in (Path(app.outdir) / app.builder.imagedir).glob("*.svg"):
            path.write_text(lighter(path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", make_lighter)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
