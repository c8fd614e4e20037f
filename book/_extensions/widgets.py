"""What the book's directives for things that move have in common: a numbered figure, and files for their pages alone.

A widget is a custom element. Its directive writes a still of it into the page, which needs no script: it can be read
without JavaScript, printed and read aloud. Its script and style, `_widgets/<name>.*`, are loaded by
the pages that have it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

FOLDER = Path(__file__).resolve().parent.parent / "_widgets"


class Widget(SphinxDirective):
    """A directive whose argument is the figure's name and whose text is its caption."""

    name_of_files: ClassVar[str]
    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {}

    def still(self) -> str:
        """The widget before its script has come, as HTML."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        self.env.metadata[self.env.docname].setdefault("widgets", []).append(self.name_of_files)
        figure = nodes.figure("", nodes.raw("", self.still(), format="html"))
        words, messages = self.parse_inline("\n".join(self.content))
        figure += nodes.caption("", "", *words)
        figure["names"].append(nodes.fully_normalize_name(self.arguments[0]))
        self.set_source_info(figure)
        self.state.document.note_explicit_target(figure, figure)
        return [figure, *messages]


def add_folder(_app: Sphinx, config: Config) -> None:
    # Not in `_static/`: jupyter-book puts every script that lies there into every page.
    config.html_static_path.append(str(FOLDER))


def load_files(app: Sphinx, page: str, *_others: Any) -> None:
    for name in app.env.metadata.get(page, {}).get("widgets", []):
        app.add_js_file(f"{name}.js", type="module")
        app.add_css_file(f"{name}.css")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", add_folder)
    app.connect("html-page-context", load_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
