"""MathJax beside the pages: the few files that a page can ask for, and its fonts in parts of which a page loads some.

A Sphinx extension. A font of MathJax holds several hundred signs, and a page shows a handful of most of them: a bold
letter, the R of the real numbers. Each large font is cut into parts, none of its signs left out; the style sheet that
MathJax writes names the range of each part, and a browser fetches the parts that it needs.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from fonts import cut
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

# Of MathJax's 24 MB: the parts that _config.yml names with what they need, its fonts, and what a formula can ask for.
FONT_DATA = "output/chtml/fonts/tex.js"
FONTS = "output/chtml/fonts/woff-v2"
FILES = (
    "startup.js",
    "core.js",
    "input/tex.js",
    "output/chtml.js",
    FONT_DATA,
    "a11y/assistive-mml.js",
    f"{FONTS}/*.woff",
    "input/tex/extensions/*.js",
)

# The fonts that are cut, and where: letters and digits; operators, arrows and dots; all the rest is a third part.
CUT = ("AMS-Regular", "Main-Bold", "Main-Regular", "Math-Italic", "Typewriter-Regular")
RANGES = ((range(0x20, 0x7F),), (range(0xA0, 0x100), range(0x2000, 0x2070), range(0x2190, 0x2300)))

# Tables of the fonts' editor, and of marks that MathJax places itself.
UNUSED = ["FFTM", "GDEF"]

# How the font data names a font: `"@font-face /* 10 */":{"font-family":"MJXTEX-A",src:'url("…") format("woff")'}`.
FACE = r"""("@font-face /\* \d+)( \*/":\{{"font-family":"[^"]+",)src:'url\("%%URL%%/{}\.woff"\) format\("woff"\)'\}}"""


def mathjax_folder() -> Path:
    """Where the package sphinx-mathjax-offline keeps MathJax."""
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    if package is None or package.origin is None:
        raise ExtensionError("MathJax is not there: install the book's packages with `uv sync --extra book`")
    return Path(package.origin).parent / "static" / "mathjax"


def parts(signs: Collection[int]) -> Iterator[list[int]]:
    """The signs of a font by the part that each belongs to."""
    known = [{sign for sign in signs if any(sign in part for part in ranges)} for ranges in RANGES]
    for part in (*known, set(signs).difference(*known)):
        if part:
            yield sorted(part)


def unicode_range(signs: Collection[int]) -> str:
    return ",".join(f"U+{sign:X}" for sign in signs)


def cut_fonts(target: Path) -> None:
    """Replace each large font by its parts, in the folder and in the font data."""
    data = target / FONT_DATA
    text = data.read_text(encoding="utf-8")
    for name in CUT:
        font = target / FONTS / f"MathJax_{name}.woff"
        faces = []
        for number, signs in enumerate(parts(TTFont(font).getBestCmap())):
            font.with_name(f"MathJax_{name}-{number}.woff2").write_bytes(
                cut(font.read_bytes(), signs, drop_tables=UNUSED)
            )
            source = f"""'url("%%URL%%/MathJax_{name}-{number}.woff2") format("woff2")'"""
            faces.append(f"""\\1.{number}\\2"unicode-range":"{unicode_range(signs)}",src:{source}}}""")
        text, found = re.subn(FACE.format(f"MathJax_{name}"), ",".join(faces), text)
        if found != 1:
            raise ExtensionError(f"MathJax names its font {name} otherwise than formulas.py thinks: mend FACE there")
        font.unlink()
    data.write_text(text, encoding="utf-8")


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html" or not app.env.domains["math"].has_equations():  # type: ignore[attr-defined]
        return
    source = mathjax_folder()
    target = Path(app.outdir) / "_static" / "mathjax"
    for pattern in FILES:
        found = sorted(source.glob(pattern))
        if not found:
            raise ExtensionError(f"MathJax in {source} lacks {pattern}: install sphinx-mathjax-offline again")
        for path in found:
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    cut_fonts(target)


def setup(app: Sphinx) -> dict[str, Any]:
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    app.config.mathjax_path = "mathjax/startup.js"  # type: ignore[attr-defined]
    app.connect("build-finished", copy_mathjax)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
