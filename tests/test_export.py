"""The exports: what other systems read, and that none of them is told a nought where there is no mark."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from courses import HALF_RIGHT, RIGHT, hand_in, notebook

from autograder.grading.course import Course, open_course
from autograder.grading.export import CSV_COLUMNS, FORMATS, export, without_mark
from autograder.grading.grade import grade
from autograder.grading.results import records
from autograder.grading.roster import Person, enrol, roster_of

ROSTER = {
    "ada": Person("Ada", "Okafor", "ada@example.org", "1017"),
    "eve": Person("=HYPERLINK(1)", "@SUM(A1)", "eve@example.org", ""),
}


def exercise(name: str, state: str, score: float, message: str = "", mistake: str | None = None) -> dict[str, Any]:
    findings = [
        {
            "check": "values",
            "passed": state == "passed",
            "message": message,
            "mistake": mistake,
        }
    ]
    return {
        "name": name,
        "state": state,
        "score": score,
        "max_score": 10.0,
        "findings": findings,
    }


RECORDS: list[dict[str, Any]] = [
    {
        "student": "ada",
        "chapter": "activations",
        "state": "graded",
        "reason": None,
        "score": 6.5,
        "max_score": 20.0,
        "exercises": [
            exercise("relu_forward", "passed", 5.0),
            exercise(
                "relu_backward",
                "partial",
                1.5,
                "the mask is\x1b[31m dout's",
                "relu_backward.mask_on_dout",
            ),
        ],
    },
    {
        "student": "ada",
        "chapter": "linear",
        "state": "graded",
        "reason": None,
        "score": 0.0,
        "max_score": 10.0,
        "exercises": [exercise("linear_forward", "not_attempted", 0.0)],
    },
    {
        "student": "-eve",
        "chapter": "linear",
        "state": "unreadable",
        "reason": "the file is empty",
        "score": None,
        "max_score": None,
        "exercises": [],
    },
]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_csv_has_nbgraders_columns_in_order_and_then_state_and_reason() -> None:
    nbgraders = [
        "assignment",
        "duedate",
        "timestamp",
        "student_id",
        "last_name",
        "first_name",
        "email",
        "raw_score",
        "late_submission_penalty",
        "score",
        "max_score",
    ]
    header, *body = rows(export(RECORDS, "csv", ROSTER))
    assert header == [*nbgraders, "state", "reason"] == list(CSV_COLUMNS)
    by_key = [dict(zip(header, row, strict=True)) for row in body]
    assert [(row["student_id"], row["assignment"]) for row in by_key] == [
        ("'-eve", "linear"),
        ("ada", "linear"),
        ("ada", "activations"),
    ]
    assert by_key[2]["score"] == "6.5"
    assert by_key[2]["max_score"] == "20.0"
    assert by_key[2]["email"] == "ada@example.org"


def test_no_mark_is_empty_with_its_reason_and_a_nought_that_was_earned_stays() -> None:
    header, *body = rows(export(RECORDS, "csv", ROSTER))
    eve, ada = (dict(zip(header, row, strict=True)) for row in body[:2])
    assert (eve["score"], eve["raw_score"], eve["state"], eve["reason"]) == (
        "",
        "",
        "unreadable",
        "the file is empty",
    )
    assert (ada["score"], ada["state"]) == ("0.0", "graded")
    assert [record["student"] for record in without_mark(RECORDS)] == ["-eve"]


def test_where_there_is_a_mark_csv_holds_what_nbgraders_own_export_holds(course: Course) -> None:
    config = course.folder / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    course = open_course(course.folder)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment("linear", duedate="2030-05-02 00:00:00 UTC")
    enrol(course, {"ada": Person("Ada", "Okafor", "ada@example.org", "1017")})
    for student, text, day in (("ada", HALF_RIGHT, 1), ("bob", RIGHT, 3), ("cyd", None, 3), ("dee", RIGHT, None)):
        path = hand_in(course, student, "{" if text is None else notebook(course, text))
        if day is not None:
            (path.parent / "timestamp.txt").write_text(f"2030-05-0{day} 12:00:00.250000 UTC")
    grade(course, "linear", seed=1)
    with course.gradebook() as gradebook:  # a person takes off two points
        cell = gradebook.find_submission_notebook("linear", "linear", "dee").grades[0]
        cell.manual_score = cell.auto_score - 2
        gradebook.db.commit()

    command = [sys.executable, "-m", "nbgrader", "export"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    subprocess.run(command, cwd=course.folder, env=environment, check=True, capture_output=True)
    theirs = {row["student_id"]: row for row in csv.DictReader((course.folder / "grades.csv").open())}
    mine = {
        row["student_id"]: row for row in csv.DictReader(io.StringIO(export(records(course), "csv", roster_of(course))))
    }
    assert mine.keys() == theirs.keys() == {"ada", "bob", "cyd", "dee"}
    assert (mine["cyd"]["state"], mine["cyd"]["raw_score"], mine["cyd"]["score"]) == ("unreadable", "", "")
    for student in ("ada", "bob", "dee"):
        for column in CSV_COLUMNS[:-2]:
            assert mine[student][column] == theirs[student][column], column
    assert (mine["bob"]["raw_score"], mine["bob"]["late_submission_penalty"], mine["bob"]["score"]) == (
        "26.0",
        "26.0",
        "0.0",
    )
    assert mine["ada"]["duedate"] == "2030-05-02 00:00:00"
    assert mine["ada"]["timestamp"] == "2030-05-01 12:00:00.250000"
    assert mine["dee"]["score"] == "24.0"
    canvas = {row[3]: row[5] for row in rows(export(records(course), "canvas"))[2:]}
    assert canvas == {"ada": mine["ada"]["score"], "bob": "0.0", "cyd": "", "dee": "24.0"}


def test_canvas_has_the_points_possible_and_leaves_cells_without_a_mark_empty() -> None:
    header, possible, eve, ada = rows(export(RECORDS, "canvas", ROSTER))
    assert header == [
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        "linear",
        "activations",
    ]
    assert possible == ["    Points Possible", "", "", "", "", "10.0", "20.0"]
    assert ada == ["Okafor, Ada", "1017", "", "ada", "", "0.0", "6.5"]
    assert eve == ["'-eve", "", "", "'-eve", "", "", ""]


@pytest.mark.parametrize("form", ["csv", "canvas"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_a_formula(form: str, start: str) -> None:
    record = RECORDS[2] | {"student": f"{start}cmd|calc", "reason": f"{start}1+1"}
    roster = {record["student"]: Person(f"{start}Ada", f"{start}Okafor", f"{start}a@b", f"{start}7")}
    cells = [cell for row in rows(export([record], form, roster)) for cell in row]
    assert any("cmd|calc" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_gradescope_has_results_by_student_and_chapter() -> None:
    results = json.loads(export(RECORDS, "gradescope", ROSTER))
    assert list(results) == ["-eve", "ada"]
    assert list(results["ada"]) == [
        "linear",
        "activations",
    ]
    ours = results["ada"]["activations"]
    assert ours["score"] == 6.5
    assert [(test["name"], test["status"], test["score"]) for test in ours["tests"]] == [
        ("relu_forward", "passed", 5.0),
        ("relu_backward", "failed", 1.5),
    ]
    assert "the mask is" in ours["tests"][1]["output"]
    assert "\x1b" not in ours["tests"][1]["output"]
    unread = results["-eve"]["linear"]
    assert "score" not in unread
    assert "tests" not in unread
    assert "the file is empty" in unread["output"]


def test_json_is_one_array_with_the_form_of_commands() -> None:
    array = json.loads(export([RECORDS[0] | {"internal": 1}], "json"))
    assert set(array[0]) == {
        "student",
        "chapter",
        "state",
        "reason",
        "score",
        "max_score",
        "exercises",
    }
    assert array[0]["exercises"] == RECORDS[0]["exercises"]


def test_every_format_takes_a_course_without_submissions() -> None:
    assert set(FORMATS) == {"csv", "canvas", "gradescope", "json"}
    assert json.loads(export([], "json")) == []
    assert json.loads(export([], "gradescope")) == {}
    assert len(rows(export([], "csv"))) == 1
    assert len(rows(export([], "canvas"))) == 2
