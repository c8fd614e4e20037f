"""An instructor's course folder: nbgrader's own, with the settings that this course needs.

`new(folder)` makes one; `open_course(folder)` gives a Course, or raises CourseError with one line that names the
fault and the mend.
"""

from __future__ import annotations

import contextlib
import os
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder import registry

Step = Literal["source", "release", "submitted", "autograded", "feedback"]

CONFIG_FILE = "nbgrader_config.py"
_STEPS: tuple[Step, ...] = ("source", "release", "submitted")
_GRADEBOOK = "gradebook.db"

# nbgrader replaces every answer cell by one and the same stub; ours are stubs already, with signature and docstring.
_RELEASE_STEPS = (
    "IncludeHeaderFooter",
    "InstantiateTests",
    "LockCells",
    "ClearOutput",
    "CheckCellMetadata",
    "ComputeChecksums",
    "SaveCells",
    "ClearHiddenTests",
    "ClearMarkScheme",
    "ComputeChecksums",
    "CheckCellMetadata",
)

_CONFIG = '''"""nbgrader's settings for this course; `nbgrader --help-all` lists them all."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = {course_id!r}

# nbgrader's own steps but one: ClearSolutions would replace the stubs by one of its own, without their docstrings.
c.GenerateAssignment.preprocessors = [
{steps}
]

# `nbgrader autograde`, and formgrader's Autograde button, judge in the sandbox as `autograder grade` does.
from autograder.grading.preprocessor import use; use(c)  # noqa: E402, E702
'''

_MOVED = """
# Where the gradebook is.
c.CourseDirectory.db_url = {db_url!r}
"""


class CourseError(Exception):
    """A course folder is not as it must be. The message is one line that names the fault and the mend."""


@dataclass(frozen=True)
class Course:
    """An open course folder. Where things lie is nbgrader's to say: its configuration may move them."""

    folder: Path
    config: Config

    @property
    def directory(self) -> Any:
        """The folder as nbgrader sees it."""
        if "root" in self.config.CourseDirectory:
            return CourseDirectory(config=self.config)
        return CourseDirectory(config=self.config, root=str(self.folder))

    def path(self, step: Step, chapter: str, student: str = ".") -> Path:
        """The folder of one chapter, of one student where the step has any."""
        directory = self.directory
        return Path(directory.format_path(getattr(directory, f"{step}_directory"), student, chapter))

    @property
    def private(self) -> Path:
        """Where we keep what is nobody's but the grader's: the journal, with its secret seeds."""
        return self.folder / ".autograder"

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Any]:
        """The gradebook, closed at the end."""
        with _gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
            yield gradebook

    def students(self, chapter: str) -> list[str]:
        """Who has handed in something for the chapter, in order: the folders in `submitted/`."""
        pattern = self.path("submitted", chapter, "*")
        position = pattern.parts.index("*")
        folders = Path(*pattern.parts[:position]).glob(str(Path(*pattern.parts[position:])))
        names = {folder.parts[position] for folder in folders if folder.is_dir()}
        return sorted(name for name in names if not name.startswith("."))


def new(folder: Path, db_url: str | None = None) -> None:
    """Make a course folder: nbgrader's settings, source/, release/, submitted/ and an empty gradebook.

    A folder with more than hidden files in it is refused: nothing of anybody's is to be mixed with a course's files.
    The gradebook is a file in the folder, or at `db_url`, such as "postgresql+psycopg://user@host/database".
    """
    folder = Path(folder).absolute()
    for name in (CONFIG_FILE, _GRADEBOOK, *_STEPS):
        if (folder / name).exists():
            raise CourseError(f"{folder} already has {name}: choose another folder, or go on with this course")
    if folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
        raise CourseError(f"{folder} is not empty: choose a folder that is empty, or is not there yet")
    try:
        for step in _STEPS:
            (folder / step).mkdir(parents=True)
        with _gradebook(db_url or f"sqlite:///{folder / _GRADEBOOK}", folder.name):
            pass
        moved = "" if db_url is None else _MOVED.format(db_url=db_url)
        steps = "\n".join(f'    "nbgrader.preprocessors.{name}",' for name in _RELEASE_STEPS)
        (folder / CONFIG_FILE).write_text(_CONFIG.format(course_id=folder.name, steps=steps) + moved, encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{folder} cannot be made: {error.strerror or error}; choose another folder") from None


def open_course(folder: Path) -> Course:
    """The course in `folder`."""
    folder = Path(folder).absolute()
    if not folder.is_dir():
        raise CourseError(f"there is no folder {folder}; make a course with `autograder new {folder}`")
    if not (folder / CONFIG_FILE).is_file():
        raise CourseError(f"{folder} is no course: it has no {CONFIG_FILE}; make one with `autograder new FOLDER`")
    try:
        config = PyFileConfigLoader(CONFIG_FILE, path=str(folder)).load_config()
    except Exception as error:
        where = f"{folder / CONFIG_FILE} cannot be read: {type(error).__name__}: {error}"
        raise CourseError(f"{' '.join(where.split())}; mend that file") from None
    return Course(folder, config)


def keeps_stubs(course: Course) -> bool:
    """Whether nbgrader, told to make the release version in this course, would leave our stubs as they are."""
    steps = course.config.GenerateAssignment.get("preprocessors", None)
    return steps is not None and not any("ClearSolutions" in str(step) for step in steps)


def booked_points(gradebook: Any, chapter: str) -> dict[str, float] | None:
    """The points of each exercise as the gradebook has them; None where the chapter is not released."""
    try:
        notebook = gradebook.find_notebook(chapter, chapter)
    except MissingEntry:
        return None
    return {cell.name: cell.max_score for cell in notebook.grade_cells}


def strays(booked: Mapping[str, float], chapter: str) -> list[str]:
    """The exercises whose name or points differ between the gradebook and the checks; marks are booked by both."""
    listed = {name: exercise.points for name, exercise in registry.exercises(chapter).items()}
    return sorted(name for name in booked.keys() | listed.keys() if booked.get(name) != listed.get(name))


@contextlib.contextmanager
def _gradebook(db_url: str, course_id: str) -> Iterator[Any]:
    try:
        with _scripts_on_path():
            gradebook = Gradebook(db_url, course_id)
    except ModuleNotFoundError as error:
        mend = 'begin it with postgresql+psycopg:// and pip install "layers-by-hand[course,cluster]"'
        raise CourseError(f"the gradebook's address asks for {error.name}, which is not installed; {mend}") from None
    except ArgumentError as error:
        raise CourseError(f"{db_url} is no address of a gradebook: {error}") from None
    except DatabaseError as error:
        fault = str(error.orig).splitlines()[0]
        address = make_url(db_url)
        if address.get_backend_name() == "sqlite":
            mend = "restore a copy of it, or run `nbgrader db upgrade` if it is from an older nbgrader"
        else:
            mend = f"mend db_url in {CONFIG_FILE}, or see to its server"
        shown = address.render_as_string(hide_password=True)
        raise CourseError(f"the gradebook {shown} cannot be opened: {fault}; {mend}") from None
    try:
        yield gradebook
    finally:
        gradebook.close()


@contextlib.contextmanager
def _scripts_on_path() -> Iterator[None]:
    """Let nbgrader find `alembic`, which it calls by name: it is beside this Python but not on everybody's PATH."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join(part for part in (sysconfig.get_path("scripts"), before) if part)
    try:
        yield
    finally:
        os.environ["PATH"] = before
