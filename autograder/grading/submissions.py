"""What lies in `submitted/`: for each student the one file to grade, or why there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.grading.course import Course, CourseError
from autograder.grading.handed_in import SUFFIXES, linked, notebook_in
from autograder.grading.submission import Submission, chapter_by_name
from autograder.notebook.read import LARGEST, Unreadable

_LONGEST_TIMESTAMP = 100


def collect(course: Course, chapter: str, students: Sequence[str] = ()) -> list[Submission]:
    """The submissions of the named students, or of all."""
    there = course.students(chapter)
    strays = [student for student in students if student not in there]
    if strays:
        where = course.path("submitted", chapter, strays[0])
        raise CourseError(f"{strays[0]} has handed in nothing: there is no folder {where}; check the name")
    return [_submission(course, chapter, student) for student in dict.fromkeys(students or there)]


def misplaced(course: Course, chapter: str) -> list[tuple[Path, Path]]:
    """Files that lie beside the chapters' folders or the students', as (file, folder for it). They are not graded."""
    place = course.path("submitted", chapter, "STUDENT")
    if place.name != chapter or place.parent.name != "STUDENT":
        return []  # nbgrader's configuration has another order of folders
    submitted = place.parent.parent
    files = [*submitted.glob("*"), *submitted.glob("*/*")]
    found = (file for file in sorted(files) if file.suffix.lower() in SUFFIXES and file.is_file())
    return [
        (file, course.path("submitted", chapter, "STUDENT" if file.parent == submitted else file.parent.name))
        for file in found
        if chapter_by_name(file.stem) in (None, chapter)
    ]


def handed_in(course: Course, submission: Submission) -> datetime | None:
    """When it was handed in, as nbgrader's timestamp.txt says in UTC."""
    folder = course.path("submitted", str(submission.chapter), str(submission.student))
    path = folder / "timestamp.txt"
    if folder.is_symlink() or path.is_symlink() or not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LONGEST_TIMESTAMP + 1).strip()
        timestamp: datetime | None = parse_utc(text) if 0 < len(text) <= _LONGEST_TIMESTAMP else None
    except (OSError, ValueError, OverflowError):
        return None
    return timestamp


def other_files(course: Course, submission: Submission) -> list[tuple[Path, Path]]:
    """What was handed in beside notebooks, as (file, path within the folder): nothing that a link leads to."""
    folder = course.path("submitted", str(submission.chapter), str(submission.student))
    if folder.is_symlink():
        return []
    ignored = [*course.directory.ignore, "*.ipynb"]
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not linked(path, folder))
    pairs = ((path, path.relative_to(folder)) for path in found)
    return [(path, inner) for path, inner in pairs if not any(_matches(inner, pattern) for pattern in ignored)]


def _submission(course: Course, chapter: str, student: str) -> Submission:
    folder = course.path("submitted", chapter, student)
    expected = folder / f"{chapter}.ipynb"
    try:
        path = notebook_in(folder, chapter)
        content = hashlib.sha256(path.name.encode() + _bytes(path)).hexdigest()
    except Unreadable as error:
        content = hashlib.sha256(error.reason.encode()).hexdigest()
        return Submission(student, chapter, _called(course, expected), None, error.reason, content)
    return Submission(student, chapter, _called(course, path), path, None, content)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror or error}") from None


def _called(course: Course, path: Path) -> str:
    return path.relative_to(course.folder).as_posix() if path.is_relative_to(course.folder) else str(path)


def _matches(path: Path, pattern: str) -> bool:
    return any(Path(part).match(pattern) for part in path.parts)
