"""A page's text without what needs a screen or a script, for paper and for e-readers."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

# Buttons and links of the pages, and the code of the figures, which is folded there.
_LEFT_OUT = "script, style, template, noscript, button, .headerlink, .sd-summary-state-marker, details.hide"
_ELSEWHERE = re.compile(r"[a-z]+:|#")


def parsed(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def make_plain(soup: Tag) -> None:
    """Leave out what cannot be used, open what is folded, and give custom elements (`<live-cell>`) a common name."""
    for part in soup.select(_LEFT_OUT):
        part.decompose()
    for fold in soup.select("details"):
        summary = fold.find("summary", recursive=False)
        if isinstance(summary, Tag):
            summary.name = "p"
        fold.name = "div"
        fold["class"] = "answer"
    for part in soup.find_all(re.compile("-")):
        part.name = "div"
        part.attrs = {key: value for key, value in part.attrs.items() if key == "class"}


def unlink_files(soup: Tag, pages: set[str]) -> None:
    """Links to what is beside the pages of the site, notebooks above all, become the words that they are."""
    for link in soup.select("a[href]"):
        target = str(link["href"])
        if not _ELSEWHERE.match(target) and target.partition("#")[0] not in pages:
            for code in link.select("code.download"):  # Sphinx sets what is downloaded as code
                code.replace_with(code.get_text())
            link.unwrap()
