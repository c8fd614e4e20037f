"""The theme's icons: a font of those that the pages show, in place of a script of two thousand.

A Sphinx extension. The theme brings each icon twice: a script of 1.5 MB draws them, and where that is not loaded its
style sheet shows the same ones from a font. The script is emptied, and font and sheet are cut to what the pages show.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fonts import cut
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SCRIPT = "scripts/fontawesome.js"
BEHAVIOUR = "scripts/pydata-sphinx-theme.js"  # shows an icon or two itself
SHEET = "styles/pydata-sphinx-theme.css"
FONT = "vendor/fontawesome/webfonts/fa-solid-900.woff2"


# A rule of the sheet for an icon: its names, and its place in the font.
RULE = re.compile(r"((?:\.fa-[a-z0-9-]+:before,?)+)\{content:\"\\([0-9a-f]+)\"\}")


def shown(pages: str, sheet: str) -> set[int]:
    """The places in the font of icons that pages name (`fa-bars`), or the sheet by a variable (`--pst-icon-bell`)."""
    named = set(re.findall(r"\bfa-[a-z0-9-]+", pages))
    places = {
        int(place, 16) for names, place in RULE.findall(sheet) if named & set(re.findall(r"fa-[a-z0-9-]+", names))
    }
    return places | {ord(icon) for icon in re.findall(r"--pst-icon-[a-z-]+:\"(.)\"", sheet)}


def without_others(sheet: str, wanted: set[int]) -> str:
    """The sheet without the rules of icons that are not wanted."""
    return RULE.sub(lambda rule: rule[0] if int(rule[2], 16) in wanted else "", sheet)


def cut_icons(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    script, sheet, font = (static / name for name in (SCRIPT, SHEET, FONT))
    if not (script.is_file() and font.is_file()):
        raise ExtensionError("the theme keeps its icons elsewhere than icons.py thinks: mend the names there")
    showing = [*Path(app.outdir).glob("*.html"), static / BEHAVIOUR]
    pages = "".join(path.read_text(encoding="utf-8") for path in showing)
    rules = sheet.read_text(encoding="utf-8")
    wanted = shown(pages, rules)
    if not RULE.search(rules) or not wanted:
        raise ExtensionError("the pages name no icon: the theme names them otherwise than icons.py thinks")
    script.write_text("// The icons come from a font: see icons.py.\n", encoding="utf-8")
    sheet.write_text(without_others(rules, wanted), encoding="utf-8")
    font.write_bytes(cut(font.read_bytes(), wanted))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", cut_icons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
