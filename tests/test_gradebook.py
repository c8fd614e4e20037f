"""What becomes of a result in the course's folder: the gradebook, the autograded notebook and the feedback page."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from courses import HALF_RIGHT, RIGHT, hand_in, marks, notebook
from judging import SEED, keys
from nbgrader.converters import GenerateFeedback
from nbgrader.utils import determine_grade
from sqlalchemy import event

from autograder import answer_data
from autograder.calls import Local
from autograder.checking import check_chapter
from autograder.exercise import Finding, Verdict
from autograder.grading.course import Course, open_course
from autograder.grading.journal import Journal, Key
from autograder.grading.record import Graded, graded, unreadable
from autograder.grading.recorder import Recorder
from autograder.grading.results import records
from autograder.grading.submission import Submission
from autograder.grading.submissions import collect

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=alert(1)> [a](javascript:alert(1)) "
    "$\\href{javascript:alert(1)}{b}$ \\(c\\) ``` <b> &lt;i&gt; \ud800 \x1b[31m"
)
VERDICT = Verdict(
    "linear_forward", "partial", 2.5, 6.0, (Finding("values", False, HOSTILE, None, (("found", HOSTILE),)),)
)


def judged(student: str, answers: Mapping[str, str]) -> Graded:
    """The record of our own answers, run in this process."""
    functions: dict[str, Any] = {}
    exec("import numpy as np\n" + "\n".join(answers.values()), functions)
    verdicts = check_chapter("linear", keys("linear", SEED), Local(functions))
    return graded(student, "linear", f"submitted/{student}/linear/linear.ipynb", verdicts)


def write(course: Course, result: Graded) -> None:
    with Recorder(course, "linear") as recorder:
        one = submission(course, str(result.student))
        recorder.book([(one, result)])
        recorder.write(one, result)


def submission(course: Course, student: str) -> Submission:
    return collect(course, "linear", [student])[0]


def autograded(course: Course, student: str) -> Any:
    written = nbformat.read(course.path("autograded", "linear", student) / "linear.ipynb", as_version=4)
    nbformat.validate(written)
    return written


def feedback(course: Course, student: str) -> str:
    return (course.path("feedback", "linear", student) / "linear.html").read_text()


def graded_cells(written: Any) -> dict[str, Any]:
    found = [cell for cell in written.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    by_name = {cell.metadata.nbgrader.grade_id: cell for cell in found}
    assert len(by_name) == len(found)
    return by_name


# --- the gradebook -------------------------------------------------------------------------------------------------


def test_marks_stand_in_the_gradebook_by_exercise(course: Course) -> None:
    hand_in(course, "ada", notebook(course, HALF_RIGHT))
    result = judged("ada", HALF_RIGHT)
    write(course, result)
    assert marks(course, "ada") == {verdict.exercise: verdict.score for verdict in result.verdicts}
    assert 0 < marks(course, "ada")["linear_backward"] < 12
    with course.gradebook() as gradebook:
        (row,) = gradebook.notebook_submission_dicts("linear", "linear")
    assert (row["score"], row["needs_manual_grade"], row["failed_tests"]) == (result.score, False, True)


def test_the_comment_beside_an_answer_says_what_is_wrong(course: Course) -> None:
    hand_in(course, "ada", notebook(course, HALF_RIGHT))
    write(course, judged("ada", HALF_RIGHT))
    with course.gradebook() as gradebook:
        comment = gradebook.find_comment("linear_backward-stub", "linear", "linear", "ada").comment
    assert comment.startswith("linear_backward: partly right")
    assert "mean" in comment


def test_an_unreadable_submission_waits_for_a_person_and_is_given_no_nought(course: Course) -> None:
    hand_in(course, "eve", "")
    write(course, unreadable("eve", "linear", "submitted/eve/linear/linear.ipynb", "it is empty; save it again", 26.0))
    with course.gradebook() as gradebook:
        grades = gradebook.find_submission_notebook("linear", "linear", "eve").grades
        assert [(grade.auto_score, grade.needs_manual_grade) for grade in grades] == [(None, True)] * 4
        comment = gradebook.find_comment("linear_forward-stub", "linear", "linear", "eve").comment
    assert comment == "Not graded: it is empty; save it again"
    assert "could not be read" in feedback(course, "eve")
    for cell in graded_cells(autograded(course, "eve")).values():
        assert determine_grade(cell, logging.getLogger())[0] == 0  # and not full marks, as for a cell without output


def test_writing_again_keeps_what_people_wrote(course: Course) -> None:
    hand_in(course, "ada", notebook(course, HALF_RIGHT))
    write(course, judged("ada", HALF_RIGHT))
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade("linear_backward", "linear", "linear", "ada")
        grade.manual_score, grade.extra_credit = 11.0, 0.5
        gradebook.find_comment("linear_backward-stub", "linear", "linear", "ada").manual_comment = "Nearly there."
        gradebook.db.commit()
    write(course, judged("ada", RIGHT))
    assert marks(course, "ada")["linear_backward"] == 11.5
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade("linear_backward", "linear", "linear", "ada")
        assert (grade.auto_score, grade.needs_manual_grade) == (12.0, True)
        assert gradebook.find_grade("linear_forward", "linear", "linear", "ada").needs_manual_grade is False
        assert gradebook.find_comment("linear_backward-stub", "linear", "linear", "ada").comment == "Nearly there."
    assert "Nearly there." in feedback(course, "ada")


def test_one_students_marks_leave_the_others_alone(course: Course) -> None:
    for student, answers in {"ada": RIGHT, "bob": HALF_RIGHT}.items():
        hand_in(course, student, notebook(course, answers))
        write(course, judged(student, answers))
    before = marks(course, "ada")
    write(course, judged("bob", {}))
    assert marks(course, "ada") == before
    assert sum(marks(course, "bob").values()) == 0


def test_a_batch_that_is_broken_off_leaves_nothing_in_the_gradebook(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.grading import gradebook as ours

    mark = ours._mark

    def killed(notebook: Any, *rest: Any) -> None:
        if notebook.student.id == "bob":
            raise KeyboardInterrupt
        mark(notebook, *rest)

    for student in ("ada", "bob"):
        hand_in(course, student, notebook(course, RIGHT))
    batch = [(submission(course, student), judged(student, RIGHT)) for student in ("ada", "bob")]
    monkeypatch.setattr(ours, "_mark", killed)
    with Recorder(course, "linear") as recorder, pytest.raises(KeyboardInterrupt):
        recorder.book(batch)
    with course.gradebook() as gradebook:
        assert (gradebook.students, gradebook.assignment_submissions("linear")) == ([], [])


def test_a_batch_is_committed_once(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    commits: list[str] = []
    for student in ("ada", "bob", "cem"):
        hand_in(course, student, notebook(course, RIGHT))
    batch = [(submission(course, student), judged(student, RIGHT)) for student in ("ada", "bob", "cem")]
    with Recorder(course, "linear") as recorder:
        event.listen(recorder._gradebook.engine, "commit", lambda _: commits.append("commit"))
        recorder.book(batch)
    assert len(commits) == 1
    for student in ("ada", "bob", "cem"):
        assert sum(marks(course, student).values()) == 26


def test_late_submissions_are_penalised_as_the_course_says(course: Course) -> None:
    config = course.folder / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    strict = open_course(course.folder)
    for student, day in {"ada": 1, "bob": 3}.items():
        path = hand_in(strict, student, notebook(strict, RIGHT))
        (path.parent / "timestamp.txt").write_text(f"2030-05-0{day} 12:00:00 UTC")
    with strict.gradebook() as gradebook:
        gradebook.update_or_create_assignment("linear", duedate="2030-05-02 00:00:00 UTC")
    for student in ("ada", "bob"):
        write(strict, judged(student, RIGHT))
    with strict.gradebook() as gradebook:
        penalties = [gradebook.find_submission("linear", name).late_submission_penalty for name in ("ada", "bob")]
        assert gradebook.find_submission("linear", "ada").timestamp == datetime(2030, 5, 1, 12)
    assert penalties == [0, 26.0]


def test_a_timestamp_that_is_none_costs_nothing(course: Course) -> None:
    path = hand_in(course, "ada", notebook(course, RIGHT))
    (path.parent / "timestamp.txt").write_text("the day before yesterday")
    write(course, judged("ada", RIGHT))
    assert sum(marks(course, "ada").values()) == 26


# --- the autograded notebook ---------------------------------------------------------------------------------------


def test_nbgrader_reads_the_same_mark_from_every_cell(course: Course) -> None:
    hand_in(course, "ada", notebook(course, HALF_RIGHT))
    result = judged("ada", HALF_RIGHT)
    write(course, result)
    cells = graded_cells(autograded(course, "ada"))
    for verdict in result.verdicts:
        assert determine_grade(cells[verdict.exercise], logging.getLogger()) == (verdict.score, verdict.max_score)


def delete_checks(document: dict[str, Any]) -> None:
    document["cells"] = [c for c in document["cells"] if not c["metadata"].get("nbgrader", {}).get("grade")]


def copy_checks(document: dict[str, Any]) -> None:
    document["cells"] = [c for cell in document["cells"] for c in [cell, cell]]


def edit_checks(document: dict[str, Any]) -> None:
    for cell in document["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["source"] = "26.0"
            cell["metadata"]["nbgrader"]["points"] = 1000
            cell["metadata"]["tags"] = ["skip-execution"]


def retype_checks(document: dict[str, Any]) -> None:
    for cell in document["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["cell_type"] = "markdown"


def strip_metadata(document: dict[str, Any]) -> None:
    document["metadata"] = {}
    for cell in document["cells"]:
        cell["metadata"] = {}


def swap_names(document: dict[str, Any]) -> None:
    names: Sequence[str] = list(RIGHT)
    for cell in document["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        if marks.get("grade"):
            marks["grade_id"] = names[-1 - names.index(marks["grade_id"])]


@pytest.mark.parametrize("damage", [delete_checks, copy_checks, edit_checks, retype_checks, strip_metadata, swap_names])
def test_whatever_a_submission_did_to_them_the_check_cells_are_the_courses_own(course: Course, damage: Any) -> None:
    hand_in(course, "ada", notebook(course, HALF_RIGHT, edit=damage))
    result = judged("ada", HALF_RIGHT)
    write(course, result)
    written = autograded(course, "ada")
    cells = graded_cells(written)
    assert {name: cell.source for name, cell in cells.items()} == {name: f"check({name})" for name in RIGHT}
    assert {name: cell.metadata.nbgrader.points for name, cell in cells.items()} == {
        verdict.exercise: verdict.max_score for verdict in result.verdicts
    }
    assert not any("tags" in cell.metadata for cell in cells.values())
    code = [cell.source for cell in written.cells]
    assert sorted(source for source in code if source.startswith(("check(", "26"))) == sorted(
        f"check({n})" for n in RIGHT
    )
    for name, answer in HALF_RIGHT.items():
        assert answer.strip() in [source.strip() for source in code]
        marked = [c for c in written.cells if c.metadata.get("nbgrader", {}).get("grade_id") == f"{name}-stub"]
        assert [cell.source for cell in marked] == [answer]


def test_other_files_come_along_but_not_through_links(course: Course) -> None:
    folder = hand_in(course, "ada", notebook(course, RIGHT)).parent
    secret = hand_in(course, "bob", notebook(course, HALF_RIGHT)).parent / "secret.txt"
    secret.write_text("Bob's own")
    (folder / "data").mkdir()
    (folder / "data" / "notes.txt").write_text("mine")
    (folder / "bobs.txt").symlink_to(secret)
    (folder / "bob").symlink_to(secret.parent)
    write(course, judged("ada", RIGHT))
    target = course.path("autograded", "linear", "ada")
    assert (target / "data" / "notes.txt").read_text() == "mine"
    assert {path.name for path in target.iterdir()} == {"data", "linear.ipynb"}


# --- the feedback page ---------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """What a browser would act on: tags by name, and links that run code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.acting: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.acting += [f"{k}={v}" for k, v in attributes if k.startswith("on") or "javascript:" in str(v)]


def test_feedback_tells_marks_findings_diagnosis_and_first_hint(course: Course) -> None:
    hand_in(course, "ada", notebook(course, HALF_RIGHT))
    result = judged("ada", HALF_RIGHT)
    write(course, result)
    page = feedback(course, "ada")
    hints = answer_data.load("linear")["linear_backward"].hints
    diagnosis = next(f.message for v in result.verdicts for f in v.findings if f.mistake)
    text = " ".join(page.split())
    assert f"linear (Score: {result.score}" in text
    assert html_of(diagnosis) in text
    assert html_of(hints[0]) in text
    assert html_of(hints[1]) not in text


def html_of(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(" ".join(text.split())))


def test_nothing_a_student_wrote_acts_in_a_page(course: Course) -> None:
    def add_notes(document: dict[str, Any]) -> None:
        note = {"cell_type": "markdown", "metadata": {}, "source": HOSTILE.replace("\ud800", "")}
        code = {"cell_type": "code", "metadata": {}, "source": f"# {HOSTILE[:-8]}", "outputs": [], "execution_count": 1}
        document["cells"] += [note, code]

    hand_in(course, "ada", notebook(course, RIGHT, edit=lambda _: None))
    write(course, judged("ada", RIGHT))
    quiet = Tags(feedback(course, "ada"))
    hand_in(course, "eve", notebook(course, RIGHT, edit=add_notes))
    write(course, graded("eve", "linear", "linear.ipynb", [VERDICT]))
    loud = Tags(feedback(course, "eve"))
    assert "owned" in feedback(course, "eve")
    assert loud.acting == quiet.acting
    for tag in ("script", "img", "iframe"):
        assert loud.found.count(tag) <= quiet.found.count(tag), tag


def with_a_picture(document: dict[str, Any]) -> None:
    document["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "id": "p", "source": "<img src='p.png'>"})


@pytest.mark.parametrize("edit", [None, with_a_picture])
def test_the_page_is_the_one_that_nbgrader_makes(course: Course, edit: Any) -> None:
    """To the letter, once it is printed as nbconvert prints what it has parsed."""
    released = course.path("release", "linear") / "linear.ipynb"
    if edit is not None:
        document = json.loads(released.read_text())
        edit(document)
        released.write_text(json.dumps(document))
    hand_in(course, "ada", notebook(course, HALF_RIGHT))
    write(course, judged("ada", HALF_RIGHT))
    with course.gradebook() as gradebook:
        gradebook.find_grade("linear_backward", "linear", "linear", "ada").manual_score = 11.0
        gradebook.find_comment("linear_backward-stub", "linear", "linear", "ada").manual_comment = "Nearly there."
        gradebook.find_submission_notebook("linear", "linear", "ada").late_submission_penalty = 3.0
        gradebook.db.commit()
        write(course, judged("ada", HALF_RIGHT))
    ours = feedback(course, "ada")
    directory = course.directory
    directory.assignment_id = "linear"
    converter = GenerateFeedback(coursedir=directory, config=course.config)
    converter.force = True
    converter.start()
    theirs = feedback(course, "ada")
    assert "Nearly there." in theirs
    assert str(BeautifulSoup(ours, "html.parser")) == theirs
    assert theirs.count("No description has been provided") == (edit is not None)


# --- the journal, and what reports are made of ---------------------------------------------------------------------


def test_the_journal_gives_back_what_was_noted_and_passes_over_a_torn_line(course: Course) -> None:
    journal = Journal(course, "linear")
    key = Key("content", "version", 2**62)
    first, second = judged("ada", HALF_RIGHT), graded("bob", "linear", "b.ipynb", [VERDICT])
    journal.graded(key, first)
    with journal.path.open("ab") as file:
        file.write(b'{"student": "zoe", "key": {"cont')
    journal.graded(key, second)
    journal.recorded({"bob": key})
    entries = journal.read()
    assert [(name, entry.result, entry.recorded) for name, entry in entries.items()] == [
        ("ada", first, False),
        ("bob", second, True),
    ]
    assert entries["ada"].key == key
    assert journal.path.stat().st_mode & 0o077 == 0


def test_reports_are_made_of_results_and_of_marks_given_by_hand(course: Course) -> None:
    key = Key("content", "version", 1)
    hand_in(course, "ada", notebook(course, HALF_RIGHT))
    hand_in(course, "eve", "")
    results = [judged("ada", HALF_RIGHT), unreadable("eve", "linear", "linear.ipynb", "it is empty", 26.0)]
    for result in results:
        Journal(course, "linear").graded(key, result)
        write(course, result)
    ada, eve = records(course)
    in_time = {"duedate": None, "timestamp": None, "late_submission_penalty": 0.0}
    assert ada == {"student": "ada", **results[0].as_dict(), **in_time}
    assert (eve["state"], eve["score"], eve["exercises"]) == ("unreadable", None, [])
    with course.gradebook() as gradebook:
        gradebook.find_grade("linear_backward", "linear", "linear", "ada").manual_score = 10.0
        for name in RIGHT:
            gradebook.find_grade(name, "linear", "linear", "eve").manual_score = 1.0
        gradebook.db.commit()
    ada, eve = records(course)
    assert ada["score"] == 24.0
    assert (eve["state"], eve["score"], len(eve["exercises"])) == ("graded", 4.0, 4)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.grading.files import write_whole

    path = tmp_path / "page.html"
    write_whole(path, "old", 0o444)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
