"""The book as one file, as `autograder book --pdf --epub` makes it: what stands in the PDF and in the EPUB."""

from __future__ import annotations

import importlib.util
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from pages import CHAPTERS, PAGES
from pypdf import PdfReader
from pypdf.generic import Destination, DictionaryObject
from test_book import a_book

from autograder.book import ROOT, BookError, build_book, make_epub, make_pdf
from autograder.editions.formulas import to_mathml

XHTML, MATHML, OPF = (
    "{http://www.w3.org/1999/xhtml}",
    "{http://www.w3.org/1998/Math/MathML}",
    "{http://www.idpf.org/2007/opf}",
)
RAW_TEX = re.compile(r"\\(frac|begin|end|partial|sum|text|mathbf|bar)\b|\\[()\[\]]")


# Printing the whole book takes minutes of a processor: a page of each kind stands for the others.
PRINTED = ("introduction", "normalization", "glossary")


@pytest.fixture(scope="session")
def pdf(site: Path) -> PdfReader:
    return PdfReader(make_pdf(ROOT / "book", site.parent, PRINTED))


@pytest.fixture(scope="session")
def epub(site: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(make_epub(ROOT / "book", site.parent))


@pytest.fixture(scope="session")
def titles(site: Path) -> list[str]:
    """The headings of these pages, down to sections, as the pages have them."""
    pages = [BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser") for name in PRINTED]
    articles = [page.select_one("article.bd-article") for page in pages]
    return [plain(heading.get_text()) for article in articles for heading in article.select("h1, h2")]


def plain(text: str) -> str:
    return re.sub(r"\W", "", text)


# --- the PDF ---------------------------------------------------------------------------------------------------------


def outline(pdf: PdfReader) -> list[Destination]:
    def flat(entries: list) -> Iterator[Destination]:
        for entry in entries:
            yield from flat(entry) if isinstance(entry, list) else [entry]

    return list(flat(pdf.outline))


def test_the_outline_holds_every_heading_in_the_book_s_order(pdf: PdfReader, titles: list[str]) -> None:
    found = iter([plain(str(entry.title)) for entry in outline(pdf)])
    assert [title for title in titles if title not in found] == []  # `in` goes on where the one before was found


def test_every_heading_stands_on_the_page_that_the_contents_name(pdf: PdfReader, titles: list[str]) -> None:
    texts = [page.extract_text() for page in pdf.pages]
    contents = [line for text in texts[2:4] for line in re.findall(r"^(.*\S) +(\d+)$", text, re.MULTILINE)]
    named = {plain(title): int(number) for title, number in contents}
    for title in titles:
        assert plain(title) in plain(texts[named[title] - 1]), title


def test_no_formula_is_left_as_tex(pdf: PdfReader) -> None:
    for number, page in enumerate(pdf.pages, 1):
        assert not RAW_TEX.search(page.extract_text()), f"page {number}"


def test_the_text_is_as_large_as_the_style_sheet_says(pdf: PdfReader) -> None:
    """Chromium shrinks the whole book, and says nothing, where a single thing is wider than its page."""
    style = (ROOT / "book" / "_print" / "paper.css").read_text(encoding="utf-8")
    wanted = re.search(r"html body \{[^}]*font-size: ([\d.]+)pt", style)
    letters: Counter[float] = Counter()

    def count(text: str, transform: list, matrix: list, font: object, size: float) -> None:
        letters[round(size * abs(matrix[3] * transform[3]), 1)] += len(text.strip())

    for page in pdf.pages:
        page.extract_text(visitor_text=count)
    assert wanted
    assert letters.most_common(1)[0][0] == float(wanted[1])


def test_all_fonts_are_inside(pdf: PdfReader) -> None:
    fonts = {
        font.indirect_reference.idnum: font.get_object()
        for page in pdf.pages
        for font in page["/Resources"].get("/Font", DictionaryObject()).values()
    }
    assert fonts
    for font in fonts.values():
        below = font["/DescendantFonts"][0].get_object() if font["/Subtype"] == "/Type0" else font
        inside = font["/Subtype"] == "/Type3" or {"/FontFile", "/FontFile2", "/FontFile3"} & set(
            below["/FontDescriptor"]
        )
        assert inside, font


def test_links_lead_into_the_book_or_to_the_web_and_nowhere_else(pdf: PdfReader) -> None:
    inside = 0
    for page in pdf.pages:
        for note in page.get("/Annots", []):
            action = note.get_object().get("/A", DictionaryObject())
            address = str(action.get("/URI", ""))
            assert re.match(r"https?://(?!book\.invalid)|$", address), address
            inside += not address
    assert inside > 30


def test_the_pdf_says_what_it_is_and_reads_aloud(pdf: PdfReader) -> None:
    assert "Layers by Hand" in pdf.metadata["/Title"]
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.trailer["/Root"]["/Lang"] == "en"


# --- the EPUB --------------------------------------------------------------------------------------------------------


def parts(epub: zipfile.ZipFile) -> dict[str, ET.Element]:
    """All pages of the EPUB; that they are XML is the first thing that an e-reader asks."""
    return {name: ET.fromstring(epub.read(name)) for name in epub.namelist() if name.endswith(".xhtml")}


def test_the_epub_has_all_pages_in_the_order_of_the_book(epub: zipfile.ZipFile) -> None:
    assert epub.testzip() is None
    first = epub.infolist()[0]
    assert (first.filename, first.compress_type, epub.read(first)) == (
        "mimetype",
        zipfile.ZIP_STORED,
        b"application/epub+zip",
    )
    package = ET.fromstring(epub.read("content.opf"))
    items = {item.get("id"): item.get("href") for item in package.iter(f"{OPF}item")}
    assert {unquote(href) for href in items.values()} <= set(epub.namelist())
    assert not any(name.endswith(".js") for name in epub.namelist())
    read = [items[entry.get("idref")].removesuffix(".xhtml") for entry in package.iter(f"{OPF}itemref")]
    assert [name for name in read if name in PAGES] == PAGES
    assert read[0] == "epub-cover"
    links = [link.get("href") for link in ET.fromstring(epub.read("nav.xhtml")).iter(f"{XHTML}a")]
    assert {f"{name}.xhtml" for name in PAGES} <= set(links)


@pytest.mark.parametrize("name", PAGES)
def test_every_formula_of_a_page_is_mathml_in_the_epub(epub: zipfile.ZipFile, site: Path, name: str) -> None:
    page = ET.fromstring(epub.read(f"{name}.xhtml"))
    formulas = list(page.iter(f"{MATHML}math"))
    on_the_site = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser").select(
        "article .math"
    )
    assert len(formulas) == len(on_the_site)
    if name in CHAPTERS:
        assert len(formulas) > 10
    assert not RAW_TEX.search("".join(page.itertext()))
    assert next(page.iter(f"{MATHML}merror"), None) is None


def test_pictures_have_words_and_nothing_waits_for_a_script(epub: zipfile.ZipFile) -> None:
    tags = [element for page in parts(epub).values() for element in page.iter()]
    pictures = [element for element in tags if element.tag == f"{XHTML}img"]
    assert len(pictures) > 50
    assert all(
        len((picture.get("alt") or "").split()) >= 6 for picture in pictures if "cover" not in picture.get("src")
    )
    for waiting in ("script", "button", "details", "template", "input", "live-cell"):
        assert not [element for element in tags if element.tag == f"{XHTML}{waiting}"], waiting


def test_links_in_the_epub_lead_to_places_in_it(epub: zipfile.ZipFile) -> None:
    pages = parts(epub)
    places = {name: {element.get("id") for element in page.iter()} for name, page in pages.items()}
    for name, page in pages.items():
        for link in page.iter(f"{XHTML}a"):
            path, place = map(unquote, urldefrag(link.get("href") or ""))
            if not re.match(r"[a-z]+:", path):
                target = posixpath.normpath(path) if path else name
                assert target in places, f"{name}: {path}"
                assert not place or place in places[target], f"{name}: {path}#{place}"


# --- what cannot be made ---------------------------------------------------------------------------------------------


def test_without_chromium_the_command_says_so_before_it_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = a_book(tmp_path, "# A page\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BookError, match="apt-get install chromium") as caught:
        build_book(root=course, editions=["pdf"])
    assert "\n" not in str(caught.value)
    assert not (course / "book" / "_build").exists()


def test_a_formula_that_mathjax_cannot_read_is_named() -> None:
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    assert package is not None
    assert package.origin is not None
    mathjax = Path(package.origin).parent / "static" / "mathjax"
    assert "<mfrac>" in to_mathml([(r"\frac12", False)], mathjax)[0]
    with pytest.raises(ValueError, match=r"cannot read \\frac\{"):
        to_mathml([(r"x", False), (r"\frac{", True)], mathjax)
