"""The feedback page: nbgrader's own cells in a head and a list of marks of ours, one submission at a time.

It is what `nbgrader generate_feedback` makes, for a fraction of its processor time: the template stays compiled, the
course's own cells are rendered once for the whole class, the marks are read for a batch of students at once, the
notebook is not read once more or held to its schema after every step, and the finished page is not parsed once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import nbgrader
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import GetGrades
from nbgrader.preprocessors.base import NbGraderPreprocessor
from traitlets.config import Config

from autograder.grading.course import Course

_OUR_PAGES = Path(__file__).with_name("pages")
_NBGRADERS_PAGES = str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates")

# More than the cells of the longest chapter; a student's own cells pass through and fall out again.
_REMEMBERED = 512

# What nbconvert mends in a page that it has parsed: pictures without a description, and JupyterLab's own markup. Plain
# searches, since a pattern without regard to case takes a tenth of the time that writing a submission down does.
_TO_MEND = ("<img", "<IMG", "jp-Notebook")


def dress(config: Config) -> None:
    """Let nbgrader make its feedback pages by our template, unless the course names another.

    The settings are those of GenerateFeedback's exporter alone: formgrader has pages and an exporter of its own.
    """
    if not config.HTMLExporter and not config.GenerateFeedback.HTMLExporter:
        config.GenerateFeedback.HTMLExporter.template_file = "page.html.j2"
        config.GenerateFeedback.HTMLExporter.extra_template_basedirs = [_NBGRADERS_PAGES, str(_OUR_PAGES)]


class FeedbackPages:
    """Makes feedback pages as `nbgrader generate_feedback` does, for one course.

    `marks` are the students' notebooks as they stand in the gradebook (see `gradebook.standing`).
    """

    def __init__(self, course: Course) -> None:
        self.marks: Mapping[str, Any] = {}
        directory: CourseDirectory = course.directory
        self._db_url = directory.db_url
        converter = GenerateFeedback(coursedir=directory, config=course.config)
        ours = converter.exporter_class is HTMLExporter  # a course may name another
        exporter_class = _Exporter if ours else converter.exporter_class
        self._exporter: Any = exporter_class(parent=converter, config=converter.config)
        self._exporter.optimistic_validation = True
        for preprocessor in converter.preprocessors:
            grades = _Grades(self, parent=self._exporter) if preprocessor is GetGrades else preprocessor
            self._exporter.register_preprocessor(grades)

    def page(self, autograded: NotebookNode, chapter: str, student: str) -> str:
        """The page for an autograded notebook, with the marks and comments that stand in the gradebook."""
        resources = {
            "metadata": {"name": chapter},
            "unique_key": chapter,
            "nbgrader": {"student": student, "assignment": chapter, "notebook": chapter, "db_url": self._db_url},
        }
        page, _ = self._exporter.from_notebook_node(autograded, resources=resources)
        return str(page)


class _Exporter(HTMLExporter):  # type: ignore[misc]
    """nbconvert's, which remembers what it has rendered and parses a finished page only where there is need."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._highlights: dict[str | None, _Highlight] = {}
        self._rendered = lru_cache(_REMEMBERED)(partial(super().markdown2html, {}))

    @pass_context
    def markdown2html(self, context: Any, source: str) -> Any:
        """A text cell as HTML. Ours have no attachments, so that the source alone decides."""
        if context.get("cell", {}).get("attachments"):
            return super().markdown2html(context, source)
        return self._rendered(source)

    def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> Any:
        """What HTMLExporter does, but that a page in which nothing is to be mended is not parsed and printed again."""
        language = nb.metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name", None))
        if lexer not in self._highlights:
            self._highlights[lexer] = _Highlight(pygments_lexer=lexer, parent=self)
        ours = self._init_resources(deepcopy(resources))
        self.register_filter("highlight_code", self._highlights[lexer])
        widgets = WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self, resources=ours)
        self.register_filter("filter_data_type", widgets)
        page, ours = TemplateExporter.from_notebook_node(self, nb, ours, **options)
        if any(word in page for word in _TO_MEND):
            return super().from_notebook_node(nb, resources, **options)
        return page, ours


class _Highlight(Highlight2HTML):  # type: ignore[misc]
    """nbconvert's, which remembers the course's own cells."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._remembered = lru_cache(_REMEMBERED)(super().__call__)

    def __call__(self, source: str, language: str | None = None, metadata: Any = None) -> Any:
        if metadata is not None and "magics_language" in metadata:
            return super().__call__(source, language, metadata)
        return self._remembered(source, language)


class _Grades(GetGrades):  # type: ignore[misc]
    """nbgrader's own, which puts marks and comments into the notebook, from what was read for the whole batch."""

    def __init__(self, pages: FeedbackPages, **options: Any) -> None:
        super().__init__(**options)
        self._pages = pages

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        names = resources["nbgrader"]
        notebook = self._pages.marks[names["student"]]
        self._grades = {grade.name: grade for grade in notebook.grades}
        self._comments = {comment.name: comment for comment in notebook.comments}
        nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
        penalty = notebook.late_submission_penalty or 0
        names.update(score=notebook.score - penalty, max_score=notebook.max_score, late_penalty=penalty)
        return nb, resources

    def _get_comment(self, cell: Any, resources: Any) -> None:  # noqa: ARG002 (nbgrader's to call)
        marks = cell.metadata["nbgrader"]
        marks["comment"] = self._comments[marks["grade_id"]].comment

    def _get_score(self, cell: Any, resources: Any) -> None:  # noqa: ARG002 (nbgrader's to call)
        marks = cell.metadata["nbgrader"]
        grade = self._grades[marks["grade_id"]]
        marks["score"], marks["points"] = grade.score, grade.max_score
