"""The book as a PDF, printed by Chromium: with an outline, tags for screen readers, links, and its fonts inside."""

from __future__ import annotations

import importlib.util
import logging
import mimetypes
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from autograder.editions.unavailable import Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
NEEDED = ("playwright", "pypdf")
# Where the page is said to be: the name is nobody's (RFC 2606), and all that it asks for is answered from folders.
ADDRESS = "http://book.invalid/"
PATIENCE = 600_000  # milliseconds, for thousands of formulas on a busy machine


def find_chromium() -> str:
    """The program that prints. Raises Unavailable where it, or what speaks to it, is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(f"{' and '.join(missing)} not installed: get what a PDF needs with `uv sync --extra book`")
    for name in CHROMIUM:
        if (found := shutil.which(name)) is not None:
            return found
    raise Unavailable("Chromium, which prints the PDF, is not installed: get it with `sudo apt-get install chromium`")


def print_pdf(html: str, folders: Mapping[str, Path], out: Path, about: Mapping[str, str]) -> None:
    """Print the page `html` to `out`, and the page numbers into its contents.

    `folders` says where the files are whose addresses begin so; `about` is what the PDF says of itself (`/Title`).
    Raises Unavailable where something is not installed, and ValueError where the page asks for a file that is not
    there or has a formula that MathJax cannot read.
    """
    chromium = find_chromium()
    from playwright.sync_api import sync_playwright

    lost: list[str] = []

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path.lstrip("/")
        if not path:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
            return
        for prefix, folder in folders.items():
            file = folder / unquote(path.removeprefix(prefix))
            if route.request.url.startswith(ADDRESS) and path.startswith(prefix) and file.is_file():
                route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])
                return
        lost.append(route.request.url)
        route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.route("**/*", answer)
        _open(page)
        unread = page.locator("mjx-merror").all_text_contents()
        if lost or unread:
            raise ValueError(f"the book cannot be printed: missing are {lost}; MathJax does not understand {unread}")
        _print(page, out, whole=False)
        # Printed a second time, the same page may break otherwise: a fresh one does not.
        _open(page)
        page.evaluate(_FILL_IN, pages_of_places(out))
        _print(page, out)
        browser.close()
    _describe(out, about)


def _open(page: Page) -> None:
    """Load the book, and wait until its formulas are set."""
    page.goto(ADDRESS)
    if page.locator(".math").count():
        page.wait_for_function("window.MathJax?.startup?.promise")
        page.evaluate("MathJax.startup.promise")


_FILL_IN = """pages => document.querySelectorAll("[data-place]").forEach(
    (entry) => (entry.textContent = pages[entry.dataset.place]))"""


def _print(page: Page, out: Path, whole: bool = True) -> None:
    """Without outline and tags it takes half as long, and the pages are the same."""
    page.pdf(path=out, prefer_css_page_size=True, print_background=True, outline=whole, tagged=whole)


def pages_of_places(pdf: Path) -> dict[str, int]:
    """The page, counted from 1, of every place that a link of the PDF leads to."""
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    numbers = {name: reader.get_destination_page_number(place) for name, place in reader.named_destinations.items()}
    return {unquote(name).lstrip("/"): number + 1 for name, number in numbers.items() if number is not None}


def _describe(pdf: Path, about: Mapping[str, str]) -> None:
    from pypdf import PdfWriter

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it counts more objects than Chromium says, and no harm is done
    writer = PdfWriter(clone_from=pdf)
    writer.add_metadata(dict(about))
    writer.write(pdf)
