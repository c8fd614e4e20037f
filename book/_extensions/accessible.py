"""What docutils writes and readers without sight stumble over, mended in the finished page. A Sphinx extension.

- the list of references: `doc-biblioentry` is deprecated, and a list has to consist of list items.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def mend_roles(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], *_others: Any) -> None:
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", mend_roles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
