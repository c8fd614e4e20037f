"""Several attempts at a chapter, through nbgrader's own exchange: what came before is not lost, and nothing of it stays
in the place of what came after.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from courses import HALF_RIGHT, RIGHT, marks, notebook
from nbgrader.apps import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.exchange import ExchangeFactory

from autograder.grading.course import Course, open_course
from autograder.grading.grade import grade
from autograder.grading.journal import Journal

DAYS = ("2030-05-01 12:00:00.000000 UTC", "2030-05-03 12:00:00.000000 UTC")
SETTINGS = """
c.LateSubmissionPlugin.penalty_method = "zero"
c.Exchange.root = {root!r}
c.Exchange.cache = {cache!r}
c.ExchangeCollect.check_owner = False
"""


@pytest.fixture
def exchange(course: Course, tmp_path: Path) -> Course:
    """A course with an exchange, a day by which to hand in, and a penalty."""
    (tmp_path / "exchange").mkdir(mode=0o777)
    config = course.folder / "nbgrader_config.py"
    places = {"root": str(tmp_path / "exchange"), "cache": str(tmp_path / "cache")}
    config.write_text(config.read_text() + SETTINGS.format(**places))
    opened = open_course(course.folder)
    with opened.gradebook() as gradebook:
        gradebook.update_or_create_assignment("linear", duedate="2030-05-02 00:00:00 UTC")
    said = NbGraderAPI(opened.directory, config=opened.config).release_assignment("linear")
    assert said["success"], said
    return opened


def as_student(course: Course, deed: str, home: Path) -> None:
    """What `nbgrader submit linear` and `nbgrader fetch_feedback linear` do, typed by ada in her folder."""
    directory = course.directory
    directory.assignment_id, directory.student_id = "linear", "ada"
    kind = getattr(ExchangeFactory(config=course.config), deed)
    kind(directory, Authenticator(config=course.config), config=course.config, assignment_dir=str(home)).start()


def attempt(course: Course, home: Path, day: str, files: dict[str, str]) -> Any:
    """Ada hands in on a day; the instructor collects, grades and sends feedback out. What grading gave."""
    for left in home.glob("linear/*.*"):
        left.unlink()
    (home / "linear").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (home / "linear" / name).write_text(text)
    course.config.Exchange.timestamp_format = day
    as_student(course, "Submit", home)
    api = NbGraderAPI(course.directory, config=course.config)
    for said in (api.collect("linear"), graded := grade(course, "linear", jobs=1), api.release_feedback("linear")):
        assert said is graded or said["success"], said
    assert graded.problems == ()
    return graded.results[0]


def test_attempts_keep_their_history_marks_by_hand_and_penalties(exchange: Course, tmp_path: Path) -> None:
    home = tmp_path / "ada"
    first = attempt(
        exchange, home, DAYS[0], {"linear.ipynb": notebook(exchange, HALF_RIGHT), "plan.txt": "mine", "me.html": "hi"}
    )
    autograded, pages = (exchange.path(step, "linear", "ada") for step in ("autograded", "feedback"))
    assert {path.name for path in autograded.iterdir()} >= {"linear.ipynb", "plan.txt", "me.html", "timestamp.txt"}
    with exchange.gradebook() as gradebook:
        assert gradebook.find_submission("linear", "ada").late_submission_penalty == 0
        by_hand = gradebook.find_grade("linear_backward", "linear", "linear", "ada")
        by_hand.manual_score, by_hand.extra_credit = 7.0, 0.5
        gradebook.find_comment("linear_forward-stub", "linear", "linear", "ada").manual_comment = "Well put."
        gradebook.db.commit()

    second = attempt(exchange, home, DAYS[1], {"linear.ipynb": notebook(exchange, RIGHT)})

    # every attempt: the file in the exchange, the result in the journal, the page with the student
    inbound = [path.name.split("+")[2] for path in (tmp_path / "exchange").glob("*/inbound/ada+linear+*")]
    assert sorted(inbound) == list(DAYS)
    entries = Journal(exchange, "linear").history()["ada"]
    assert [entry.result for entry in entries] == [first, second]
    assert len({entry.key.content for entry in entries}) == 2
    assert len({entry.key.seed for entry in entries}) == 1
    as_student(exchange, "FetchFeedback", home)
    one, other = ((home / "linear" / "feedback" / day / "linear.html").read_text() for day in DAYS)
    assert first.score < second.score == 26
    assert f"(Score: {first.score} / 26.0)" in one
    assert "Well put." not in one
    assert "(Score: 0.0 / 26.0)" in " ".join(other.split())  # late
    assert "Well put." in other

    # what people wrote stays, and is to be looked at again where the answer is another
    assert marks(exchange, "ada") == {
        "linear_forward": 6.0,
        "linear_backward": 7.5,
        "xavier_uniform": 4.0,
        "kaiming_normal": 4.0,
    }
    with exchange.gradebook() as gradebook:
        notebooks = gradebook.find_submission_notebook("linear", "linear", "ada")
        assert [grade.name for grade in notebooks.grades if grade.needs_manual_grade] == ["linear_backward"]
        assert gradebook.find_grade("linear_backward", "linear", "linear", "ada").auto_score == 12.0
        assert gradebook.find_submission("linear", "ada").late_submission_penalty == 21.5

    # the folders are the last attempt's alone
    last = {"timestamp.txt", "submission_secret.txt"}
    assert {path.name for path in autograded.iterdir()} == {"linear.ipynb", *last}
    assert {path.name for path in pages.iterdir()} == {"linear.html", *last}
    assert (pages / "timestamp.txt").read_text() == DAYS[1]

    again = grade(exchange, "linear", jobs=1)
    assert (again.kept, again.results) == (1, (second,))
