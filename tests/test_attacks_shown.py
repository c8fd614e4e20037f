"""Attacks on whoever reads feedback, report, exports or the terminal: nothing of a submission acts there."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from attacks.showing import FORMULA, SHOWN, Shown, source
from courses import RIGHT, hand_in, marks, notebook

from autograder.cli import main
from autograder.grading.course import Course, open_course

WRONG = "def linear_forward(x, weight, bias):\n    return np.zeros((len(x), weight.shape[1])), None\n"
LIVELY = frozenset({"script", "img", "iframe", "object", "embed", "svg", "base", "form", "link", "meta"})


class Acting(html.parser.HTMLParser):
    """What a browser would act on: lively tags, and attributes that run something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in LIVELY:
            self.found[tag] += 1
        for name, value in attributes:
            if name.startswith("on") or "javascript:" in str(value):
                self.found[f"{tag} {name}={value}"] += 1


def acts(payload: str) -> bool:
    """The control: whether the payload does something where it is put as it stands, in page, terminal or table."""
    in_page = bool(Acting(f"<p>{payload}</p>").found)
    return in_page or bool(commands(payload)) or payload.startswith("=")


def commands(text: str) -> set[str]:
    """What a terminal would obey, and what shows a text as another."""
    return {sign for sign in text if sign in "\x1b\x07\x9b\u202e\u2066"}


@dataclass(frozen=True)
class Graded:
    """The class once it is graded, and all that was told of it."""

    course: Course
    terminal: str
    report: str
    exports: dict[str, str]

    def feedback(self, student: str) -> str:
        return (self.course.path("feedback", "linear", student) / "linear.html").read_text(encoding="utf-8")


def student_of(shown: Shown) -> str:
    return shown.student or f"s{SHOWN.index(shown):02}"


@pytest.fixture(scope="module")
def graded(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("shown") / "course"
    shutil.copytree(released, folder)
    course = open_course(folder)
    hand_in(course, "ada", notebook(course, RIGHT))
    hand_in(course, "quiet", source(Shown("", ""), WRONG))
    for shown in SHOWN:
        hand_in(course, student_of(shown), source(shown, WRONG))
    _hand_in_paths(course)
    with pytest.MonkeyPatch.context() as patch:
        out, err = io.StringIO(), io.StringIO()
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", err)
        where = ["--course", str(folder)]
        main(["grade", "linear", *where, "--seed", "77"])
        main(["report", *where])
        loose = course.path("submitted", "linear", "s00") / "linear.ipynb"
        main(["grade", str(loose), "--chapter", "linear"])
        told = out.getvalue() + err.getvalue()
        exports = {}
        for form in ("csv", "canvas", "gradescope", "json"):
            main(["export", *where, "--format", form, "--output", str(folder / form)])
            exports[form] = (folder / form).read_text(encoding="utf-8")
    return Graded(course, told, (folder / "report.html").read_text(encoding="utf-8"), exports)


def _hand_in_paths(course: Course) -> None:
    """Ways to others' work, and a file that nobody ever writes to."""
    ada = course.path("submitted", "linear", "ada")
    linked = hand_in(course, "linked file", "").with_name("linear.ipynb")
    linked.unlink()
    linked.symlink_to(ada / "linear.ipynb")
    above = course.path("submitted", "linear", "linked folder")
    above.parent.mkdir()
    above.symlink_to(ada)
    waiting = hand_in(course, "waiting", "").with_name("linear.ipynb")
    waiting.unlink()
    os.mkfifo(waiting)
    beside = hand_in(course, "beside", source(Shown("", ""), WRONG))
    (beside.parent / "notes.txt").symlink_to(course.folder / "gradebook.db")


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.name)
def test_nothing_acts(shown: Shown, graded: Graded, tally: Callable[[str, bool], None]) -> None:
    assert acts(shown.payload), "the control: the attack is none"
    page = graded.feedback(student_of(shown))
    more = Acting(page).found - Acting(graded.feedback("quiet")).found
    faults = [*more, *commands(page)]
    tally("attacks that show nothing", not faults)
    assert not faults
    assert marks(graded.course, student_of(shown))["linear_forward"] == 0
    assert marks(graded.course, "ada") == {
        "linear_forward": 6,
        "linear_backward": 12,
        "xavier_uniform": 4,
        "kaiming_normal": 4,
    }


def test_feedback_does_tell_what_was_sent(graded: Graded) -> None:
    """In a page that told nothing, nothing would act either."""
    assert graded.feedback(student_of(SHOWN[0])).count("&lt;script&gt;alert(") > 0
    assert "owned" in graded.terminal


def test_the_report_acts_for_nobody(graded: Graded) -> None:
    found = Acting(graded.report).found
    assert not [what for what in found if what in {"script", "img", "iframe", "object", "embed"} or " on" in what]
    assert not commands(graded.report)
    assert "owned" in graded.report


def test_a_terminal_obeys_nobody(graded: Graded) -> None:
    assert not commands(graded.terminal)


@pytest.mark.parametrize("form", ["csv", "canvas"])
def test_a_spreadsheet_runs_no_formula(form: str, graded: Graded) -> None:
    cells = [cell for row in csv.reader(io.StringIO(graded.exports[form])) for cell in row]
    assert f"'{FORMULA}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
    assert not commands(graded.exports[form])


@pytest.mark.parametrize("form", ["gradescope", "json"])
def test_exports_for_machines_are_sound(form: str, graded: Graded) -> None:
    text = graded.exports[form]
    assert len(json.loads(text)) == len(SHOWN) + 6
    assert not commands(text)


@pytest.mark.parametrize("student", ["linked file", "linked folder", "waiting"])
def test_ways_to_others_work_lead_nowhere(student: str, graded: Graded, tally: Callable[[str, bool], None]) -> None:
    way = graded.course.path("submitted", "linear", student) / "linear.ipynb"
    # The control: whoever just opens it gets another's work, or waits for ever.
    assert way.is_fifo() or RIGHT["linear_forward"].splitlines()[0] in way.read_text()
    record = next(record for record in json.loads(graded.exports["json"]) if record["student"] == student)
    tally("attacks that show nothing", record["score"] is None)
    assert (record["state"], record["score"]) == ("unreadable", None)
    assert "def linear_forward" not in graded.feedback(student)


def test_a_link_beside_a_notebook_brings_nothing_along(graded: Graded) -> None:
    assert (graded.course.path("submitted", "linear", "beside") / "notes.txt").read_bytes()[:6] == b"SQLite"
    assert not (graded.course.path("autograded", "linear", "beside") / "notes.txt").exists()
