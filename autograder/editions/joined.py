"""All pages of the built book in one HTML page: a cover, the contents, then page after page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from autograder.editions.plain import make_plain, parsed, unlink_files

# Attributes that name an id of the same page.
_NAMING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
# Blocks of code with so many lines, and tables with so many rows, are kept on one page.
_LINES, _ROWS = 18, 8
# So many characters of code fit in a line; blocks with longer lines are set smaller. Three lines of text hold so many.
_CODE_WIDTH, _THREE_LINES = 100, 300


@dataclass(frozen=True)
class Heading:
    """An entry of the contents: where it leads, what it says, and how deep it stands (1 for a chapter)."""

    place: str
    text: str
    level: int


def joined(site: Path, names: Sequence[str], front: str, style: str) -> str:
    """One HTML page of the pages `names` of `site`, whose addresses in the site stay as they are.

    `front` stands before the contents and `style` comes after the site's own. Ids get the name of their page in
    front, so that links between the pages lead to places in the one page.
    """
    pages = {name: parsed((site / f"{name}.html").read_text(encoding="utf-8")) for name in names}
    articles = [article(page, name, names) for name, page in pages.items()]
    # Some pages have sheets of their own: those of their players.
    sheets = "".join(
        dict.fromkeys(str(link) for page in pages.values() for link in page.select("head link[rel=stylesheet]"))
    )
    head = pages[names[0]]
    mathjax = "".join(str(script) for script in head.select("head script") if "mathjax" in str(script).lower())
    contents = "".join(map(_entry, (heading for part in articles for heading in headings(part))))
    return (
        '<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{escape(_title(head))}</title>{sheets}<style>{style}{_running_heads(articles)}</style>{mathjax}</head>"
        f'<body>{front}<nav class="contents"><h1>Contents</h1><ol>{contents}</ol></nav>'
        f"<main>{''.join(map(str, articles))}</main></body></html>"
    )


def article(page: BeautifulSoup, name: str, names: Sequence[str]) -> Tag:
    """The text of a page, plain, with ids and links as they are in the one page."""
    text = page.select_one("article.bd-article")
    if text is None:
        raise ValueError(f"{name}.html has no article: the theme writes its pages otherwise than joined.py thinks")
    make_plain(text)
    unlink_files(text, {f"{other}.html" for other in names})
    _lead_to_headings(text)
    _rename_places(text, name, names)
    _fit_to_paper(text)
    text["id"] = _place(name, "")
    text["class"] = "bd-article chapter"
    text["style"] = f"page: {name}"
    return text


def _lead_to_headings(text: Tag) -> None:
    """Links to a section lead to its heading, which the printer may move to the page after."""
    for section in text.select("section[id]"):
        heading = section.find(["h1", "h2", "h3", "h4", "h5", "h6"], recursive=False)
        if isinstance(heading, Tag) and not heading.get("id"):
            heading["id"] = section["id"]
            del section["id"]


def _rename_places(text: Tag, name: str, names: Sequence[str]) -> None:
    for part in text.select("[id]"):
        part["id"] = _place(name, str(part["id"]))
    for part in text.select(", ".join(f"[{key}]" for key in _NAMING)):
        for key in filter(part.get, _NAMING):
            part[key] = " ".join(_place(name, place) for place in str(part[key]).split())
    for link in text.select("a[href]"):
        page_name, mark, place = str(link["href"]).partition("#")
        if page_name.removesuffix(".html") in names or (mark and not page_name):
            link["href"] = "#" + _place(page_name.removesuffix(".html") or name, place)


def _fit_to_paper(text: Tag) -> None:
    """Mark what is short, and shall be kept whole or with what follows, and code that is wide."""
    for paragraph in text.select("p:not([class])"):
        if len(paragraph.get_text()) <= _THREE_LINES:
            paragraph["class"] = "short"
    for block in text.select("div.highlight"):
        lines = block.get_text().rstrip().split("\n")
        kinds = {"short": len(lines) <= _LINES, "wide": max(map(len, lines)) > _CODE_WIDTH}
        block["class"] = " ".join(["highlight", *(kind for kind, so in kinds.items() if so)])
    for table in text.select("table"):
        if len(table.select("tr")) <= _ROWS:
            table["class"] = " ".join([*map(str, table.get_attribute_list("class")), "short"])


def headings(text: Tag) -> list[Heading]:
    """The headings of an article, down to its sections."""
    found = []
    for heading in text.select("h1, h2"):
        level = int(heading.name[1])
        place = text["id"] if level == 1 else heading["id"]
        found.append(Heading(str(place), heading.get_text(" ", strip=True), level))
    return found


def _place(page: str, place: str) -> str:
    return f"{page}--{place}" if place else page


def _entry(heading: Heading) -> str:
    return (
        f'<li class="level-{heading.level}"><a href="#{heading.place}"><span>{escape(heading.text)}</span>'
        f'<span class="page-number" data-place="{heading.place}"></span></a></li>'
    )


def _running_heads(articles: Sequence[Tag]) -> str:
    """What stands at the top of the pages of each article: its title."""
    titles = [(str(text["id"]), headings(text)[0].text.replace('"', "'")) for text in articles]
    return "".join(f'@page {name} {{ @top-left {{ content: "{title}" }} }}' for name, title in titles)


def _title(head: Tag) -> str:
    title = head.select_one("title")
    return title.get_text().rpartition("—")[2].strip() if title else ""
