"""Write results where nbgrader looks for them: the gradebook, `autograded/` and `feedback/`, in this order."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import nbformat
from nbgrader.utils import find_all_files

from autograder import answer_data
from autograder.grading import gradebook, submissions
from autograder.grading.autograded import autograded
from autograder.grading.course import Course
from autograder.grading.feedback import FeedbackPages
from autograder.grading.files import write_whole
from autograder.grading.record import Graded
from autograder.grading.submission import Submission
from autograder.grading.template import read_template
from autograder.notebook.read import Cell, Unreadable, read

# As nbgrader leaves them: what is graded is not to be edited, what is handed back may be.
_AUTOGRADED_MODE = 0o444
_FEEDBACK_MODE = 0o644

# By these `nbgrader release_feedback` knows which attempt a page is for. Whatever else a student handed in stays out of
# the page's folder: it hands on every page that lies there.
_ATTEMPT = frozenset({"timestamp.txt", "submission_secret.txt"})


class Recorder:
    """Keeps the gradebook open and the templates at hand for one chapter. Writing a result twice changes nothing."""

    def __init__(self, course: Course, chapter: str) -> None:
        self._course = course
        self._chapter = chapter
        self._template = read_template(course.path("release", chapter) / f"{chapter}.ipynb")
        self._hints = first_hints(chapter)
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._gradebook: Any = self._open.enter_context(self._course.gradebook())
        self._pages = FeedbackPages(self._course)
        submitted = self._gradebook.assignment_submissions(self._chapter)
        self._booked = {submission.student_id for submission in submitted}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def is_written(self, submission: Submission) -> bool:
        """Whether the three places still hold something for the submission."""
        student = str(submission.student)
        files = (self._autograded(student), self._feedback(student))
        return student in self._booked and all(file.is_file() for file in files)

    def book(self, batch: Sequence[tuple[Submission, Graded]]) -> None:
        """Write the marks of some submissions to the gradebook: of all, or of none."""
        results = {str(submission.student): result for submission, result in batch}
        times = {str(submission.student): submissions.handed_in(self._course, submission) for submission, _ in batch}
        for student in gradebook.record(self._gradebook, results, self._template, times):
            gradebook.apply_late_penalty(self._course, self._chapter, student)
        self._pages.marks = gradebook.standing(self._gradebook, self._chapter, results)

    def write(self, submission: Submission, result: Graded) -> None:
        """Write the notebook and the page of a submission of the batch that was booked last."""
        student = str(submission.student)
        notebook = autograded(result, _cells(submission, result), self._template, self._hints)
        self._copy_other_files(submission)
        text = nbformat.writes(notebook, version=4)  # held to its schema there, as a whole and once
        write_whole(self._autograded(student), text, _AUTOGRADED_MODE)
        page = self._pages.page(notebook, self._chapter, student)
        write_whole(self._feedback(student), page, _FEEDBACK_MODE)

    def _autograded(self, student: str) -> Path:
        return self._course.path("autograded", self._chapter, student) / f"{self._chapter}.ipynb"

    def _feedback(self, student: str) -> Path:
        return self._course.path("feedback", self._chapter, student) / f"{self._chapter}.html"

    def _copy_other_files(self, submission: Submission) -> None:
        """What lies beside the notebook, and over it the course's own files, as nbgrader does."""
        source = self._course.path("source", self._chapter)
        ignored = [*self._course.directory.ignore, "*.ipynb"]
        own = {Path(name).relative_to(source): Path(name) for name in find_all_files(str(source), ignored)}
        theirs = {inner: file for file, inner in submissions.other_files(self._course, submission)}
        about = {inner: file for inner, file in theirs.items() if str(inner) in _ATTEMPT}
        written = [self._autograded(str(submission.student)), self._feedback(str(submission.student))]
        _copy(theirs | own, written[0].parent, written, _AUTOGRADED_MODE)
        _copy(about | own, written[1].parent, written, _FEEDBACK_MODE)


def _copy(files: Mapping[Path, Path], folder: Path, keep: Collection[Path], mode: int) -> None:
    """Make `files`, by their place in the folder, all that lies there but `keep`: an earlier attempt's files go."""
    for left in folder.rglob("*"):
        if left not in keep and left.relative_to(folder) not in files and (left.is_symlink() or not left.is_dir()):
            left.unlink()
    for inner, file in files.items():
        (folder / inner).parent.mkdir(parents=True, exist_ok=True)
        (folder / inner).unlink(missing_ok=True)
        shutil.copyfile(file, folder / inner)
        (folder / inner).chmod(mode)


def first_hints(chapter: str) -> Mapping[str, str]:
    """Each exercise's first hint; the further ones are the student's to ask for."""
    return {name: key.hints[0] for name, key in answer_data.load(chapter).items() if key.hints}


def _cells(submission: Submission, result: Graded) -> tuple[Cell, ...]:
    if submission.path is None or result.state == "unreadable":
        return ()
    try:
        return read(submission.path).cells
    except Unreadable:
        return ()
