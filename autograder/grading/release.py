"""Release chapters: nbgrader's source and release versions, registered in the gradebook, and the students' bundle."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException

import autograder
from autograder import registry
from autograder.grading.bundle import hand_out_solutions, write_bundle
from autograder.grading.course import CONFIG_FILE, Course, CourseError, booked_points, keeps_stubs, strays
from autograder.grading.files import write_whole

EXERCISES = Path(autograder.__file__).parents[1] / "exercises"

_LOG = logging.getLogger(f"{__name__}.nbgrader")
_LOG.propagate = False


@dataclass(frozen=True)
class Released:
    """What `release` wrote: each chapter's release version, and the bundle with all released chapters."""

    notebooks: tuple[Path, ...]
    bundle: Path


def release(
    course: Course, chapters: Sequence[str] = (), exercises: Path = EXERCISES, solutions: bool = False
) -> Released:
    """Release the named chapters, or all. Released again, a chapter keeps its submissions and marks.

    With `solutions` the answers of the chapters before the last are in the bundle from now on.
    """
    unknown = [chapter for chapter in chapters if chapter not in registry.CHAPTERS]
    if unknown:
        raise CourseError(f"there is no chapter {unknown[0]!r}; the chapters are {', '.join(registry.CHAPTERS)}")
    if not keeps_stubs(course):
        raise CourseError(
            f"{course.folder / CONFIG_FILE} lets nbgrader's ClearSolutions overwrite the stubs; set "
            "c.GenerateAssignment.preprocessors there as `autograder new` writes it"
        )
    notebooks = tuple(_release_chapter(course, chapter, exercises) for chapter in chapters or registry.CHAPTERS)
    if solutions:
        hand_out_solutions(course)
    return Released(notebooks, write_bundle(course, _released_notebooks(course)))


def _release_chapter(course: Course, chapter: str, exercises: Path) -> Path:
    stub = exercises / f"{chapter}.ipynb"
    if not stub.is_file():
        raise CourseError(f"{stub} is missing; make it with `autograder build`")
    write_whole(course.path("source", chapter) / stub.name, stub.read_text(encoding="utf-8"))
    _generate(course, chapter)
    _compare_with_checks(course, chapter, stub)
    return course.path("release", chapter) / stub.name


def _generate(course: Course, chapter: str) -> None:
    """What `nbgrader generate_assignment CHAPTER --force` does."""
    directory = course.directory
    directory.assignment_id = chapter
    converter = GenerateAssignment(coursedir=directory, config=course.config)
    converter.force = True
    said = _Said()
    converter.log = _LOG
    _LOG.addHandler(said)
    try:
        converter.start()
    except NbGraderException as error:
        why = said.first_error() or str(error)
        raise CourseError(f"nbgrader could not release {chapter}: {why}") from None
    finally:
        _LOG.removeHandler(said)


class _Said(logging.Handler):
    """Keeps what nbgrader logs instead of showing it; its errors are tracebacks, of which the last line counts."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.errors.append(record.getMessage())

    def first_error(self) -> str | None:
        tracebacks = [text for text in self.errors if text.startswith("Traceback")]
        return (tracebacks or self.errors or [""])[0].strip().rpartition("\n")[2] or None


def _compare_with_checks(course: Course, chapter: str, stub: Path) -> None:
    with course.gradebook() as gradebook:
        differing = strays(booked_points(gradebook, chapter) or {}, chapter)
    if differing:
        raise CourseError(
            f"{stub} and autograder/checks/{chapter}.py differ in {', '.join(differing)}; run `autograder build`"
        )


def _released_notebooks(course: Course) -> dict[str, Path]:
    with course.gradebook() as gradebook:
        chapters = [chapter for chapter in registry.CHAPTERS if booked_points(gradebook, chapter) is not None]
    notebooks = {chapter: course.path("release", chapter) / f"{chapter}.ipynb" for chapter in chapters}
    return {chapter: path for chapter, path in notebooks.items() if path.is_file()}
