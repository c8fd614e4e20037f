"""Marks for other systems, as text: nbgrader's CSV, Canvas, Gradescope, JSON.

No format turns a missing mark into a nought: where a notebook was not graded, the score is left out and the state and
reason say why, wherever the format has room for words.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autograder.grading.roster import Person, Roster
from autograder.grading.statistics import Record, chapters_of
from autograder.show import clean

NOBODY: Roster = MappingProxyType({})

# nbgrader's own columns in its order, then the two that say why there is no score.
CSV_COLUMNS = (
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
    "state",
    "reason",
)

# What a terminal or an editor would obey; in JSON, where names must stay as they are, it is written as an escape.
_UNSEEN = re.compile(r"[\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def export(records: Sequence[Record], form: str, roster: Roster = NOBODY) -> str:
    """The marks in the given form, one of FORMATS, sorted by student and then in the order of the course."""
    position = {chapter: number for number, chapter in enumerate(chapters_of(records))}
    ordered = sorted(records, key=lambda record: (record["student"], position[record["chapter"]]))
    return FORMATS[form](ordered, roster)


def without_mark(records: Iterable[Record]) -> list[Record]:
    """The records that have no mark, for a word to whoever exports them."""
    return [record for record in records if _score(record) is None]


def as_csv(records: Sequence[Record], roster: Roster) -> str:
    """One row for each notebook, in the columns of `nbgrader export` and two more: state and reason.

    Where there is a mark the columns hold what nbgrader's hold. Where there is none it has noughts, which are empty
    here, and students who handed in nothing have no row.
    """
    rows = []
    for record in records:
        person = roster.get(record["student"], Person())
        row = {
            "assignment": record["chapter"],
            "duedate": record.get("duedate"),
            "timestamp": record.get("timestamp"),
            "student_id": record["student"],
            "last_name": person.last_name,
            "first_name": person.first_name,
            "email": person.email,
            "raw_score": _score(record),
            "late_submission_penalty": record.get("late_submission_penalty"),
            "score": _after_penalty(record),
            "max_score": record["max_score"],
            "state": record["state"],
            "reason": record["reason"],
        }
        rows.append([row.get(column) for column in CSV_COLUMNS])
    return _table([CSV_COLUMNS, *rows])


def as_canvas(records: Sequence[Record], roster: Roster) -> str:
    """Canvas's gradebook import: a row for each student, a column for each chapter, "Points Possible" first.

    Canvas reads numbers only, so a cell without a mark stays empty. What being late costs is taken off. Its ID is the
    gradebook's `lms_user_id`.
    """
    chapters = chapters_of(records)
    most = {record["chapter"]: record["max_score"] for record in records if record["max_score"]}
    scores: dict[str, dict[str, float | None]] = {}
    for record in records:
        scores.setdefault(record["student"], {})[record["chapter"]] = _after_penalty(record)
    rows: list[Sequence[Any]] = [
        ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *chapters),
        (
            "    Points Possible",
            "",
            "",
            "",
            "",
            *(most.get(chapter) for chapter in chapters),
        ),
    ]
    for student, by_chapter in scores.items():
        person = roster.get(student, Person())
        name = ", ".join(part for part in (person.last_name, person.first_name) if part) or student
        marks = [by_chapter.get(chapter) for chapter in chapters]
        rows.append((name, person.lms_user_id, "", student, "", *marks))
    return _table(rows)


def as_gradescope(records: Sequence[Record], _roster: Roster) -> str:
    """Gradescope's results.json for every notebook, in one object: first by student, then by chapter.

    Gradescope takes the results of one submission at a time: `jq '.["ada"]["linear"]'` cuts one out. A notebook that
    was not graded has neither score nor tests, which Gradescope shows as a failed run with our words, not as a nought.
    """
    results: dict[str, dict[str, Any]] = {}
    for record in records:
        results.setdefault(record["student"], {})[record["chapter"]] = results_json(record)
    return as_text(results)


def as_json(records: Sequence[Record], _roster: Roster) -> str:
    """One array with an object for each notebook, as COMMANDS has it."""
    keys = ("student", "chapter", "state", "reason", "score", "max_score", "exercises")
    return as_text([{key: record[key] for key in keys} for record in records])


FORMATS: Mapping[str, Callable[[Sequence[Record], Roster], str]] = MappingProxyType(
    {"csv": as_csv, "canvas": as_canvas, "gradescope": as_gradescope, "json": as_json}
)


def results_json(record: Record) -> dict[str, Any]:
    """Gradescope's results.json for one notebook."""
    if _score(record) is None:
        return {"output": clean(f"Not graded ({record['state']}): {record['reason'] or 'no reason given'}")}
    return {
        "score": _score(record),
        "output_format": "text",
        "tests": [
            {
                "name": exercise["name"],
                "score": exercise["score"],
                "max_score": exercise["max_score"],
                "status": "passed" if exercise["state"] == "passed" else "failed",
                "output": _told(exercise),
                "output_format": "text",
                "visibility": "visible",
            }
            for exercise in record["exercises"]
        ],
    }


def _told(exercise: Mapping[str, Any]) -> str:
    failed = [f"{finding['check']}: {finding['message']}" for finding in exercise["findings"] if not finding["passed"]]
    return clean("\n".join([exercise["state"].replace("_", " "), *failed]))


def _score(record: Record) -> float | None:
    score = record["score"]
    return float(score) if record["state"] == "graded" and score is not None else None


def _after_penalty(record: Record) -> float | None:
    """The score less what being late costs, as nbgrader works it out."""
    score = _score(record)
    return None if score is None else max(0.0, score - (record.get("late_submission_penalty") or 0.0))


def _table(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet runs: an apostrophe before a text that would begin a formula."""
    if not isinstance(value, str):
        return value
    value = clean(value)
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def as_text(value: Any) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
