"""`autograder demo`: take the bundled class the whole way, from the sources to the report."""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder import answer_data
from autograder.book import build_book
from autograder.build import build
from autograder.cli.faults import Fault
from autograder.cli.instructor import write_report
from autograder.cli.screen import progress
from autograder.demo.classroom import Written, chapters, submissions, write_class
from autograder.demo.people import PEOPLE
from autograder.grading.course import Course, new, open_course
from autograder.grading.grade import grade
from autograder.grading.record import Graded
from autograder.grading.release import release
from autograder.grading.roster import display_name, enrol
from autograder.sandbox import availability
from autograder.show import points

# Lies in the course folder from the beginning: what has it was made here and may be replaced.
_MARK = ".made-by-autograder-demo"

Results = Mapping[str, Sequence[Graded]]


def demo(folder: Path, book: bool) -> int:
    """Build, release, grade the class, write feedback and report, build the book, and say where everything lies."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    fault = availability()
    course_folder = folder / "autumn"
    _make_room(course_folder)
    console.print("Building the notebooks …")
    build()
    for chapter in chapters():
        answer_data.build(chapter)
    console.print(f"Releasing {' and '.join(chapters())} …")
    new(course_folder)
    course = open_course(course_folder)
    release(course, chapters())
    enrol(course, PEOPLE)
    written = write_class(course_folder, hostile=fault is None)
    console.print(f"{len({work.submission.student for work in written})} students handed in {len(written)} notebooks.")
    if fault is not None:
        left_out = sum(len(submissions(chapter)) for chapter in chapters()) - len(written)
        console.print(f"There is no sandbox here: {fault}")
        console.print(f"So {left_out} notebooks that do harm are left out, and the others run without a sandbox.")
    results = {chapter: _graded(course, chapter, trust=fault is not None) for chapter in chapters()}
    report = course_folder / "report.html"
    write_report(course, report)
    front = None
    if book:
        console.print("Building the book, which takes longest …")
        front = build_book()
    console.print(_by_student(written, results))
    console.print(_manners(written))
    console.print(_by_chapter(results))
    console.print(_next(course, report, front))
    return 0


def _make_room(course_folder: Path) -> None:
    """An empty folder for the course. What stands there is taken away only if the demo made it."""
    if course_folder.exists():
        if not (course_folder / _MARK).is_file():
            raise Fault(f"{course_folder} was not made by the demo; move it away, or name another --folder")
        shutil.rmtree(course_folder)
    course_folder.mkdir(parents=True)
    (course_folder / _MARK).touch()


def _graded(course: Course, chapter: str, trust: bool) -> Sequence[Graded]:
    with progress(chapter) as report:
        outcome = grade(course, chapter, trust=trust, progress=report)
    if outcome.problems:
        raise Fault("\n".join(outcome.problems))
    return outcome.results


def _by_student(written: Sequence[Written], results: Results) -> Table:
    """Everybody's marks. Of a chapter's name there is room for its beginning; the next table has the whole."""
    table = Table("student", *(f"{chapter[:4]}." for chapter in results))
    table.columns[0].no_wrap = True
    found = {(chapter, str(result.student)): result for chapter, graded in results.items() for result in graded}
    for student in dict.fromkeys(work.submission.student for work in written):
        marks = [_mark(found.get((chapter, student))) for chapter in results]
        table.add_row(display_name(student, PEOPLE), *marks)
    return table


def _manners(written: Sequence[Written]) -> Table:
    """What everybody handed in for the first chapter of theirs."""
    table = Table("student", "what they handed in")
    table.columns[0].no_wrap = True
    manners: dict[str, str] = {}
    for work in written:
        manners.setdefault(work.submission.student, work.submission.manner)
    for student, manner in manners.items():
        table.add_row(display_name(student, PEOPLE), manner)
    return table


def _mark(result: Graded | None) -> str:
    if result is None:
        return "–"
    return "no mark" if result.score is None else points(result.score)


def _by_chapter(results: Results) -> Table:
    table = Table("chapter", "notebooks", "graded", "no mark", "points", "median", "full")
    for chapter, graded in results.items():
        scores = [result.score for result in graded if result.score is not None]
        most = max(result.max_score or 0.0 for result in graded)
        table.add_row(
            chapter,
            str(len(graded)),
            str(len(scores)),
            str(len(graded) - len(scores)),
            points(most),
            points(round(statistics.median(scores), 2)),
            str(sum(score == most for score in scores)),
        )
    return table


def _next(course: Course, report: Path, front: Path | None) -> str:
    """What to open and what to type next, with paths as they are from here."""
    run = "uv run " if "UV" in os.environ else ""
    chapter = chapters()[0]
    shown = next(work.student for work in submissions(chapter) if work.expected)
    folder = _from_here(course.folder)
    feedback = course.path("feedback", chapter, shown) / f"{chapter}.html"
    handed_in = course.path("submitted", chapter, shown) / f"{chapter}.ipynb"
    notebook = course.path("release", chapter) / f"{chapter}.ipynb"
    lines = [
        "Open in a browser:",
        f"  {_from_here(report)}   the class report",
        f"  {_from_here(feedback)}   feedback to one student",
        f"  {_from_here(front)}   the book" if front else f"  the book: {run}autograder book --serve",
        "Type next:",
        f"  {run}jupyter lab {_from_here(notebook)}   solve a notebook yourself",
        f"  {run}autograder check {_from_here(handed_in)}   what a student sees",
        f"  {run}autograder export --course {folder} --format csv   the marks",
        f"  {run}autograder grade {chapter} --course {folder} --regrade   grade again, on fresh inputs",
    ]
    return "\n".join(lines)


def _from_here(path: Path) -> Path:
    path, here = path.resolve(), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
