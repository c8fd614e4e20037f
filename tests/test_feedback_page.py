"""The feedback page as the student whose mark it is opens it: on a phone, on a dark screen, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audit import COLOURS, EVERYTHING, violations
from courses import HALF_RIGHT, RIGHT, hand_in, notebook
from pages import PHONE
from playwright.sync_api import Browser, Page

from autograder.grading.course import Course
from autograder.grading.grade import grade

FORMULA = "Have a look at $\\sum_n dout_n$ again."


@pytest.fixture
def page(course: Course) -> Path:
    """The page of a student with one answer wrong."""
    hand_in(course, "ada", notebook(course, HALF_RIGHT))
    grade(course, "linear")
    return written(course, "ada")


def written(course: Course, student: str) -> Path:
    return course.path("feedback", "linear", student) / "linear.html"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": PHONE, "height": 800}, is_mobile=True, has_touch=True) as context:
        yield context.new_page()


def test_it_reads_on_a_phone_in_light_and_dark_and_asks_for_nothing(page: Path, phone: Page) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    grounds = {}
    for scheme in ("light", "dark"):
        phone.emulate_media(color_scheme=scheme)
        phone.goto(page.as_uri())
        assert phone.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [PHONE, PHONE]
        assert phone.get_by_text("you took the mean", exact=False).first.is_visible()
        size = "node => parseFloat(getComputedStyle(node).fontSize)"
        sizes = [phone.locator(text).first.evaluate(size) for text in ("p", "pre", ".autograder-verdict")]
        assert min(sizes) > 13
        grounds[scheme] = phone.evaluate("getComputedStyle(document.body).backgroundColor")
        assert violations(phone, EVERYTHING if scheme == "light" else COLOURS) == []
    assert grounds["light"] != grounds["dark"]
    assert asked == [page.as_uri()] * 2


def test_its_list_leads_from_each_exercise_to_its_check(page: Path, phone: Page) -> None:
    phone.goto(page.as_uri())
    entries = phone.locator("#toc li").filter(has=phone.locator("code"))
    assert [entry.locator("code").inner_text() for entry in entries.all()] == list(RIGHT)
    assert "12.0 / 12.0" not in entries.nth(1).inner_text()
    assert "6.0 / 6.0" in entries.first.inner_text()
    entries.nth(1).locator("a").first.click()
    heading = phone.get_by_text("Grade cell: linear_backward").bounding_box()
    assert heading is not None
    assert 0 <= heading["y"] < 100


def test_mathjax_is_there_for_a_formula_and_for_nothing_else(course: Course, page: Path) -> None:
    assert "mathjax/" not in page.read_text(encoding="utf-8").lower()
    with course.gradebook() as gradebook:
        gradebook.find_comment("linear_backward-stub", "linear", "linear", "ada").manual_comment = FORMULA
        gradebook.db.commit()
    grade(course, "linear", regrade=True)
    assert "mathjax/" in page.read_text(encoding="utf-8").lower()
