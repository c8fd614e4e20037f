"""The class report: its numbers against numbers worked out by hand, and the page as an instructor opens it."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from autograder.grading import statistics
from autograder.grading.report import MOST_ROWS, class_report, notices
from autograder.grading.roster import Person


def exercise(name: str, score: float, most: float = 10.0, **more: Any) -> dict[str, Any]:
    state = more.pop("state", "passed" if score == most else "partial" if score else "failed")
    findings = [
        {"check": "values", "passed": state == "passed", "message": "the values differ", "mistake": None} | more
    ]
    return {"name": name, "state": state, "score": score, "max_score": most, "findings": findings}


def record(student: str, *exercises: dict[str, Any], chapter: str = "linear") -> dict[str, Any]:
    return {
        "student": student,
        "chapter": chapter,
        "state": "graded",
        "reason": None,
        "score": sum(item["score"] for item in exercises),
        "max_score": sum(item["max_score"] for item in exercises),
        "exercises": list(exercises),
    }


def unreadable(student: str, reason: str = "the file is empty", chapter: str = "linear") -> dict[str, Any]:
    empty = {"score": None, "max_score": None, "exercises": []}
    return {"student": student, "chapter": chapter, "state": "unreadable", "reason": reason} | empty


class Page(HTMLParser):
    """What a browser would make of the page: its tags with their attributes, and its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


# --- numbers -------------------------------------------------------------------------------------------------------


def test_distribution_counts_tenths_with_borders_above_and_no_nan() -> None:
    marks = np.array([0.0, 0.05, 0.1, 0.3, 0.95, 1.0, np.nan])
    assert statistics.distribution(marks).tolist() == [2, 1, 0, 1, 0, 0, 0, 0, 0, 2]
    # What is a border but for its rounding, as 1 - 0.9, counts above it.
    assert statistics.distribution(np.array([1 - 0.9]))[1] == 1
    assert statistics.distribution(np.array([])).tolist() == [0] * 10


def test_an_unreadable_notebook_has_no_mark_rather_than_nought() -> None:
    assert math.isnan(statistics.mark(unreadable("a")))
    assert statistics.mark(record("a", exercise("f", 0.0))) == 0.0
    both = [unreadable("a"), record("a", exercise("g", 5.0), chapter="activations"), unreadable("b")]
    assert statistics.overall_marks(both) == {"a": 0.5}


def test_difficulty_is_the_mean_over_those_who_attempted() -> None:
    records = [
        record("a", exercise("f", 10.0), exercise("g", 2.0)),
        record("b", exercise("f", 5.0), exercise("g", 0.0, state="not_attempted")),
        record("c", exercise("f", 0.0), exercise("g", 0.0, state="not_attempted")),
        unreadable("d"),
    ]
    table = statistics.score_table(records, "linear")
    assert table.students == ("a", "b", "c")
    assert statistics.difficulty(table).tolist() == pytest.approx([0.5, 0.2])
    nobody = statistics.score_table([record("a", exercise("f", 0.0, state="not_attempted"))], "linear")
    assert np.isnan(statistics.difficulty(nobody)).all()


def test_discrimination_is_the_correlation_with_the_rest_not_with_the_whole() -> None:
    # f goes with the rest exactly, g against it exactly, h is the same for all.
    scores = [(float(i % 5), float(i % 5), 4.0 - i % 5, 3.0) for i in range(10)]
    records = [
        record(f"s{i}", exercise("e", e, 4.0), exercise("f", f, 4.0), exercise("g", g, 4.0), exercise("h", h, 4.0))
        for i, (e, f, g, h) in enumerate(scores)
    ]
    found = statistics.discrimination(statistics.score_table(records, "linear"))
    # The rest for f is e + g + h, which is constant; so it cannot be told. For g it is e + f + h, falling as g rises.
    assert math.isnan(found[1])
    assert math.isnan(found[3])
    assert found[2] == pytest.approx(-1.0)


def test_discrimination_by_hand_and_silent_for_few_students() -> None:
    f = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    g = [1, 0, 2, 4, 3, 1, 0, 2, 4, 3]
    records = [
        record(f"s{i}", exercise("f", float(a), 4.0), exercise("g", float(b), 4.0))
        for i, (a, b) in enumerate(zip(f, g, strict=True))
    ]
    # Five pairs, twice: the covariance is 8/5, both variances are 10/5, so r = 0.8.
    found = statistics.discrimination(statistics.score_table(records, "linear"))
    assert found.tolist() == pytest.approx([0.8, 0.8])
    assert np.isnan(statistics.discrimination(statistics.score_table(records[:9], "linear"))).all()


def test_a_student_counts_once_for_a_mistake_and_the_unrecognised_are_counted() -> None:
    wrong = exercise("f", 1.0, message="You took the mean.\n  expected: 3", mistake="f.mean")
    wrong["findings"] += [wrong["findings"][0] | {"message": "out is wrong here by the same mistake."}] * 2
    records = [
        record("a", wrong, exercise("g", 2.0)),
        record("b", wrong),
        record("c", exercise("f", 0.0, message="Other.", mistake="f.other")),
    ]
    counts = statistics.frequent_mistakes(records)
    assert [(count.id, count.students, count.sentence) for count in counts] == [
        ("f.mean", ("a", "b"), "You took the mean."),
        ("f.other", ("c",), "Other."),
    ]
    assert statistics.unrecognised(records) == 1


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_page_needs_nothing_beside_itself() -> None:
    html = class_report([record("ada", exercise("f", 5.0)), unreadable("bo")], "A course")
    page = Page(html)
    assert not [tag for tag, _ in page.tags if tag in {"script", "link", "img", "iframe", "object"}]
    assert not [attrs for _, attrs in page.tags for name in ("src", "srcset", "data") if name in attrs]
    assert all(attrs["href"].startswith("#") for _, attrs in page.tags if "href" in attrs)  # type: ignore[union-attr]
    assert "url(" not in html
    assert "@import" not in html


def test_every_picture_has_words_and_every_cell_its_number_and_title() -> None:
    html = class_report([record("ada", exercise("f", 5.0), exercise("g", 0.0, state="timed_out"))], "A course")
    page = Page(html)
    pictures = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("aria-hidden") != "true"]
    assert pictures
    assert all(attrs.get("role") == "img" for attrs in pictures)
    assert html.count('role="img"') == html.count("<title>") - 1  # the page has a title too
    titles = [attrs["title"] for tag, attrs in page.tags if tag == "td" and "title" in attrs]
    assert "ada, f: partly right, 5 of 10 points" in titles
    assert "ada, g: timed out, 0 of 10 points" in titles
    assert "per cent of the points. 1 marked; median 25 %" in page.text


def test_nothing_that_a_student_sends_becomes_markup_or_a_command() -> None:
    hostile = '</td><script>alert(1)</script><img src=x onerror="alert(1)">\x1b]0;owned\x07\u202e{{ 7 * 7 }}'
    wrong = exercise(f"f{hostile}", 1.0, message=hostile, mistake=f"m{hostile}")
    stopped = exercise("g", 0.0, state="refused", message=hostile)
    records = [record(f"a{hostile}", wrong, stopped), unreadable("b", hostile, chapter=f"c{hostile}")]
    html = class_report(records, f"Course{hostile}", {"b": Person(hostile, hostile)}, hostile)
    page = Page(html)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "img" not in {tag for tag, _ in page.tags}
    assert not [attrs for _, attrs in page.tags if "onerror" in attrs]
    assert html.count("alert(1)") > 10
    assert "{{ 7 * 7 }}" in html
    assert not {"\x1b", "\x07", "\u202e"} & set(html)


def test_whoever_has_no_result_is_named_with_the_reason() -> None:
    records = [
        record("ada", exercise("f", 0.0, state="timed_out", message="stopped after 10 s\nmore")),
        record("ada", exercise("r", 10.0), chapter="activations"),
        record("bo", exercise("f", 0.0, state="not_attempted"), exercise("g", 0.0, state="not_attempted")),
        unreadable("cy", "ends in the middle", chapter="activations"),
    ]
    found = {
        (item.state, item.student, item.chapter): item.about for item in notices(records, ["linear", "activations"])
    }
    assert found == {
        ("timed_out", "ada", "linear"): "f: stopped after 10 s",
        ("not_attempted", "bo", "linear"): "f; g",
        ("missing", "bo", "activations"): "",
        ("unreadable", "cy", "activations"): "ends in the middle",
        ("missing", "cy", "linear"): "",
    }
    text = Page(class_report(records, "A course", {"cy": Person("Cy", "Marsh")})).text
    assert "Cy Marsh cy activations ends in the middle" in text
    assert text.index("Unreadable: 1") < text.index("Timed out: 1") < text.index("Not attempted: 1")


def test_a_thousand_students_become_strips_with_the_numbers_beneath() -> None:
    few = class_report([record(f"s{i}", exercise("f", 5.0)) for i in range(MOST_ROWS)], "A course")
    many = class_report([record(f"s{i:04}", exercise("f", float(i % 11))) for i in range(1000)], "A course")
    assert 'class="strip"' not in few
    strips = [part for part in many.split("<svg")[1:] if part.startswith(' class="strip"')]
    assert len(strips) == 2  # the chapter among the chapters, and the exercise in its chapter
    assert all(re.search("<title>[^<]*best mark first[^<]*</title>", part) for part in strips)
    # Sorted by mark, so each of the five shades is one piece: neighbours are drawn together.
    assert all(part.split("</svg>")[0].count("<rect") == 5 for part in strips)
    assert many.count('scope="row" class="who"') == 2000


def test_a_course_without_submissions_has_a_page_too() -> None:
    assert "Nothing is marked yet." in class_report([], "A course")
