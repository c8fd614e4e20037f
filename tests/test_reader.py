"""The book as a reader takes it up: a chapter opened for the first time, an exercise solved in it, the network gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hosting import Host
from live_book import exercise
from pages import PHONE, Visit
from playwright.sync_api import Browser

from autograder.book import ROOT

CHAPTER = "linear"
WRONG = """\
def linear_forward(x, weight, bias):
    return x.reshape(len(x), -1) @ weight, (x, weight)
"""
RIGHT = (ROOT / "solutions" / "linear.py").read_text(encoding="utf-8")

READERS = {
    "at a desk": {"viewport": {"width": 1200, "height": 900}},
    "by touch on a phone": {"viewport": {"width": PHONE, "height": 800}, "is_mobile": True, "has_touch": True},
}


@pytest.mark.parametrize("reader", READERS)
def test_wrong_then_right_then_without_network(browser: Browser, site: Path, reader: str) -> None:
    """From a cold cache. Nothing but the book's own host can be reached; then not even that."""
    host = Host(site)
    with browser.new_context(**READERS[reader]) as context:
        visit = Visit(context.new_page(), host.address)
        visit.open(CHAPTER)
        page, touch = visit.page, "touch" in reader
        cell = exercise(page, "linear_forward", touch)
        assert "raise NotImplementedError" in cell.text
        cell.type(WRONG)
        words = cell.check()
        assert "linear_forward: not right yet" in words
        assert "but bias is not in it" in words
        cell.type(RIGHT)
        assert "all checks passed (6 of 6 points)" in cell.check()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        kept = cell.text
        page.wait_for_function(
            """async () => {
                const used = performance.getEntriesByType("resource").map((entry) => entry.name);
                const kept = await Promise.all([location.href, ...used].map((address) => caches.match(address)));
                return kept.every(Boolean);
            }"""
        )
        visit.open("introduction")
        page.wait_for_function("async () => await caches.match(new URL('searchindex.js', location.href))")
        visit.open(CHAPTER)
        assert visit.faults == []
        host.stop()
        page.reload()
        cell = exercise(page, "linear_forward", touch)
        assert cell.text == kept
        assert cell.said == "✓ all checks passed"
        assert page.locator(".live-count").first.text_content() == "1/4"
        assert page.locator("mjx-container").count() >= page.locator(".math").count() > 0
        assert "all checks passed" in cell.check()
        page.goto(f"{host.address}search.html?q=im2col")
        page.wait_for_selector("#search-results ul.search li")
        assert "convolution.html" in page.inner_html("#search-results")
