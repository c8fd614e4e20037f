"""What the built book needs to stand alone: notebooks to download, and no mute picture.

A Sphinx extension. It does three things:

- the way in: `index.html` leads on to the first page, with an icon, since a browser asks the host for one otherwise;
- notebooks: `{download}` links to a notebook lead to the stable address `notebooks/<chapter>.ipynb`;
- pictures: an image without alternative text is a warning, so it fails the strict build.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

WAY_IN = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="_static/favicon.svg">
<meta http-equiv="refresh" content="0; url={first}.html">
<a href="{first}.html">{title}</a>
</html>
"""


def lead_in(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        text = WAY_IN.format(title=app.config.html_title, first=app.config.root_doc)
        (Path(app.outdir) / "index.html").write_text(text, encoding="utf-8")


def link_notebooks(app: Sphinx, doctree: nodes.document) -> None:
    """Lead every `{download}` of a notebook to `notebooks/`, and remember the notebook for `copy_notebooks`."""
    for link in doctree.findall(addnodes.download_reference):
        path = Path(app.env.relfn2path(link["reftarget"], app.env.docname)[1])
        if path.suffix == ".ipynb" and path.is_file():
            up = "../" * app.env.docname.count("/")
            link["refuri"] = f"{up}notebooks/{path.name}"
            link.attributes.pop("filename", None)
            app.env.metadata[app.env.docname].setdefault("notebooks", []).append(str(path))
            for known in [known for known in app.env.dlfiles if known.endswith(path.name)]:
                del app.env.dlfiles[known]


def copy_notebooks(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html":
        return
    target = Path(app.outdir) / "notebooks"
    for page in app.env.metadata.values():
        for path in page.get("notebooks", []):
            target.mkdir(exist_ok=True)
            shutil.copyfile(path, target / Path(path).name)


def ask_for_alternative_text(app: Sphinx, doctree: nodes.document) -> None:
    for image in doctree.findall(nodes.image):
        if not image.get("alt"):
            page = app.env.docname
            logger.warning(f"an image in {page} has no alternative text: say in words what it shows", location=image)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", ask_for_alternative_text)
    app.connect("doctree-read", link_notebooks, priority=900)  # after Sphinx has noted the files to download
    app.connect("build-finished", copy_notebooks)
    app.connect("build-finished", lead_in, priority=400)  # before sphinx_external_toc makes one of its own
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
