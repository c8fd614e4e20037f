"""The book as one file. A Sphinx extension.

- the EPUB, where Sphinx is asked for one: the same pages without scripts, formulas as MathML, a cover, its own style;
- the links to the files in the site's sidebar, where `autograder book` says that it makes any.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cover import draw_cover
from formulas import mathjax_folder
from sphinx.application import Sphinx
from sphinx.config import Config

from autograder.book import OFFERED
from autograder.editions.formulas import formulas_to_mathml
from autograder.editions.plain import make_plain, parsed, unlink_files

STYLES = Path(__file__).resolve().parent.parent / "_epub"
COVER = "_static/cover.png"
KINDS = {".pdf": "PDF", ".epub": "EPUB", ".zip": "all notebooks (zip)"}
HTML = '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">'


def describe(_app: Sphinx, config: Config) -> None:
    """What cannot stand in `_config.yml`; said for the pages, too, as they are read anew where a setting differs."""
    config.version = version("layers-by-hand")
    config.epub_cover = (COVER, "epub-cover.html")


def prepare(app: Sphinx) -> None:
    """Draw the cover. The site's own scripts and styles stay out of the file."""
    if app.builder.name == "epub":
        app.config.html_static_path = [str(STYLES)]
        app.registry.js_files.clear()
        app.registry.css_files.clear()
        draw_cover(Path(app.outdir) / COVER)


def offer_files(app: Sphinx, _page: str, _template: str, context: dict[str, Any], *_others: Any) -> None:
    if app.builder.name == "html":
        context["files"] = [(name, KINDS[Path(name).suffix]) for name in os.environ.get(OFFERED, "").split()]


def make_readable(app: Sphinx, _page: str, _template: str, context: dict[str, Any], *_others: Any) -> None:
    if app.builder.name != "epub":
        return
    context["html_tag"], context["script_files"], context["css_files"] = HTML, [], ["_static/book.css"]
    if "body" in context:
        soup = parsed(context["body"])
        make_plain(soup)
        unlink_files(soup, {f"{name}.xhtml" for name in app.env.found_docs})
        formulas_to_mathml(soup, mathjax_folder())
        context["body"] = str(soup)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", describe)
    app.connect("builder-inited", prepare, priority=900)  # after the themes have entered their scripts
    app.connect("html-page-context", offer_files)
    app.connect("html-page-context", make_readable, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
