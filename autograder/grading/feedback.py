"""The feedback page: nbgrader's own, made by its own template, one submission at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from autograder.grading.course import Course


class FeedbackPages:
    """Makes feedback pages as `nbgrader generate_feedback` does, but keeps the template between pages."""

    def __init__(self, course: Course) -> None:
        directory: CourseDirectory = course.directory
        self._db_url = directory.db_url
        converter = GenerateFeedback(coursedir=directory, config=course.config)
        self._exporter: Any = converter.exporter_class(parent=converter, config=converter.config)
        for preprocessor in converter.preprocessors:
            self._exporter.register_preprocessor(preprocessor)

    def page(self, autograded: Path, chapter: str, student: str) -> str:
        """The page for an autograded notebook, with the marks and comments that stand in the gradebook."""
        resources = {
            "unique_key": chapter,
            "nbgrader": {"student": student, "assignment": chapter, "notebook": chapter, "db_url": self._db_url},
        }
        page, _ = self._exporter.from_filename(str(autograded), resources=resources)
        return str(page)
