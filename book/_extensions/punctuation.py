"""A formula and the marks beside it stay on one line. A Sphinx extension.

The theme makes a box of every formula in a sentence, and a browser may break a line beside a box: before the comma that
follows it, too, or after the bracket that opens before it. So a formula goes into one unbroken piece with its marks.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

BEFORE = re.compile(r"[(\[“‘—–-]+\Z")
AFTER = re.compile(r"\A(?:[,.;:!?)\]”’]|-\w+|th\b)+")


class MarksBesideFormulas(SphinxPostTransform):
    """Each formula in a sentence, with the marks that touch it, in a node of the class `unbroken`."""

    default_priority = 700
    formats = ("html",)

    def run(self, **_: Any) -> None:
        for formula in list(self.document.findall(nodes.math)):
            opening, closing = _taken(formula, -1, BEFORE), _taken(formula, 1, AFTER)
            if opening or closing:
                piece = nodes.inline(classes=["unbroken"])
                formula.replace_self(piece)
                piece += [nodes.Text(opening), formula, nodes.Text(closing)]


def _taken(formula: nodes.math, step: int, marks: re.Pattern[str]) -> str:
    """The marks of the text before a formula (step -1) or after it (step 1) that touch it, taken from there."""
    place = formula.parent.index(formula) + step
    beside = formula.parent[place] if 0 <= place < len(formula.parent) else None
    if not isinstance(beside, nodes.Text):
        return ""
    text = beside.astext()
    found = marks.search(text)
    if found is None:
        return ""
    formula.parent[place] = nodes.Text(text[: found.start()] + text[found.end() :])
    return found[0]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_post_transform(MarksBesideFormulas)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
