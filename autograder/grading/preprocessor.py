"""The sandbox and the checks inside nbgrader: `nbgrader autograde`, and the Autograde button of its formgrader.

One line in nbgrader_config.py turns it on:

    from autograder.grading.preprocessor import use; use(c)

Then no cell of a submission is run by a Jupyter kernel, which sees all that its user sees. An exercise of this course
is judged as `autograder grade` does. All other cells run in the sandbox in their order, and leave the outputs by which
nbgrader finds their marks.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets.config import Config
from traitlets.config.loader import LazyConfigValue

from autograder import answer_data, registry
from autograder.exercise import Verdict
from autograder.grading import submissions
from autograder.grading.autograded import verdict_output
from autograder.grading.course import Course, CourseError
from autograder.grading.feedback import dress
from autograder.grading.journal import Journal, Key
from autograder.grading.judge import judge
from autograder.grading.submission import Submission
from autograder.grading.template import read_template
from autograder.grading.version import course_version
from autograder.sandbox import Sandbox
from autograder.show import clean

if TYPE_CHECKING:
    from autograder.sandbox.limits import CellOutcome

Node = Any  # a cell or an output: nbformat gives them no type


def use(config: Config) -> None:
    """Put ExecuteInSandbox in the place of Execute among the steps of `nbgrader autograde`, and dress the feedback."""
    dress(config)
    steps = config.Autograde.get("autograde_preprocessors")
    default = Autograde.class_traits()["autograde_preprocessors"].default()
    if steps is None:
        steps = default
    elif isinstance(steps, LazyConfigValue):
        steps = steps.get_value(default)
    config.Autograde.autograde_preprocessors = [_OURS if _is_execute(step) else step for step in steps]


class ExecuteInSandbox(NbGraderPreprocessor):  # type: ignore[misc]
    """Instead of nbgrader's Execute: gives every code cell its outputs, and runs none outside the sandbox."""

    def preprocess(self, nb: Node, resources: Any) -> tuple[Node, Any]:
        """The notebook with its outputs. nbgrader shows whatever is raised here, and goes on with the next student."""
        about = resources["nbgrader"]
        directory = CourseDirectory(config=self.config)
        course = Course(Path(directory.root), self.config)
        chapters = self._add_missing_checks(nb, course, about)
        graded = [cell for cell in nb.cells if utils.is_grade(cell) and cell.cell_type == "code"]
        foreign = [cell for cell in graded if not utils.is_solution(cell) and not _exercise_of(cell, chapters)]
        with Sandbox() as sandbox:
            if foreign or not chapters:
                _run_all(nb, sandbox)
            for chapter in chapters:
                verdicts = _verdicts(nb, course, about, chapter, sandbox)
                _enter(nb, chapter, verdicts)
        return nb, resources

    def _add_missing_checks(self, nb: Node, course: Course, about: Any) -> list[str]:
        """Put checks that a student deleted back to the end. The chapters whose exercises are graded here."""
        with course.gradebook() as gradebook:
            booked = {cell.name: cell.max_score for cell in gradebook.find_notebook(*_names(about)).grade_cells}
        chapters = [chapter for chapter in registry.CHAPTERS if booked.keys() & registry.exercises(chapter).keys()]
        ours = {name: e.points for chapter in chapters for name, e in registry.exercises(chapter).items()}
        differing = [name for name in booked if name in ours and booked[name] != ours[name]]
        if differing:
            raise CourseError(
                f"{about['notebook']} was released before {', '.join(differing)} changed; release it again"
            )
        there = {cell.metadata.nbgrader.grade_id for cell in nb.cells if utils.is_grade(cell)}
        missing = [name for name in booked if name in ours and name not in there]
        if missing:
            released = course.path("release", about["assignment"]) / f"{about['notebook']}.ipynb"
            checks = read_template(released).checks
            nb.cells += [checks[name] for name in missing]
        return chapters


_OURS = f"{ExecuteInSandbox.__module__}.{ExecuteInSandbox.__name__}"


def _is_execute(step: Any) -> bool:
    return step is Execute or step in (f"{Execute.__module__}.Execute", "nbgrader.preprocessors.Execute")


def _names(about: Any) -> tuple[str, str]:
    return about["notebook"], about["assignment"]


# --- exercises of this course ---------------------------------------------------------------------------------------


def _verdicts(nb: Node, course: Course, about: Any, chapter: str, sandbox: Sandbox) -> Sequence[Verdict]:
    """What judging gave. Where `autograder grade` would grade the same file, it is noted as if it had."""
    notebook, assignment = _names(about)
    version = course_version(chapter)
    if version is None:
        raise CourseError("grading needs the course's own checkout, with solutions/ and autograder/mistakes/")
    if notebook == assignment == chapter:
        submission = submissions.collect(course, chapter, [about["student"]])[0]
        journal = Journal(course, chapter)
        before = list(journal.read().values())
        key = Key(submission.content, version, before[-1].key.seed if before else secrets.randbits(63))
        result = judge(submission, sandbox, key.seed)
        journal.graded(key, result)
    else:
        with TemporaryDirectory(prefix="autograder-") as folder:
            path = Path(folder) / f"{notebook}.ipynb"
            path.write_text(nbformat.writes(nb), encoding="utf-8")
            result = judge(Submission(None, chapter, path.name, path, None, ""), sandbox, secrets.randbits(63))
    if result.state != "graded":
        raise CourseError(f"{about['student']}'s {notebook} cannot be graded: {result.reason}")
    return result.verdicts


def _enter(nb: Node, chapter: str, verdicts: Iterable[Verdict]) -> None:
    """Make the verdicts the outputs of their check cells."""
    hints = {name: key.hints[0] for name, key in answer_data.load(chapter).items() if key.hints}
    by_name = {verdict.exercise: verdict for verdict in verdicts}
    for cell in nb.cells:
        name = _exercise_of(cell, [chapter])
        if name is not None:
            cell.outputs = [nbformat.from_dict(verdict_output(by_name[name], hints.get(name)))]


def _exercise_of(cell: Node, chapters: Iterable[str]) -> str | None:
    """The exercise that a check cell is for."""
    if cell.cell_type != "code" or not utils.is_grade(cell):
        return None
    name = str(cell.metadata.nbgrader.grade_id)
    return name if any(name in registry.exercises(chapter) for chapter in chapters) else None


# --- all other cells ------------------------------------------------------------------------------------------------


def _run_all(nb: Node, sandbox: Sandbox) -> None:
    """Run the code cells in their order and give each its outputs."""
    language = nb.metadata.get("kernelspec", {}).get("language") or nb.metadata.get("language_info", {}).get("name")
    if language and str(language).lower() != "python":
        raise CourseError(f"the sandbox runs Python, not {language}; grade this assignment without `use(c)`")
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    with sandbox.submission([cell.source for cell in cells], values=True) as running:
        for number, (cell, outcome) in enumerate(zip(cells, running.cells, strict=True), 1):
            cell.execution_count = number
            cell.outputs = _outputs(cell.source, outcome, number)


def _outputs(source: str, outcome: CellOutcome, number: int) -> list[Node]:
    """What the cell would show in a notebook: its streams, its value, its error."""
    streams = (("stdout", outcome.printed), ("stderr", outcome.complained))
    outputs = [new_output("stream", name=name, text=clean(text)) for name, text in streams if text]
    if outcome.stopped is not None:
        told = clean(outcome.reason)
        outputs.append(new_output("error", ename=outcome.stopped, evalue=told, traceback=[told]))
    elif outcome.raised is not None:
        raised = outcome.raised
        kind, message = clean(raised.type), clean(raised.message)
        lines = [*map(clean, raised.lines), f"{kind}: {message}"]
        outputs.append(new_output("error", ename=kind, evalue=message, traceback=lines))
    elif outcome.value is not None and not source.rstrip().endswith(";"):
        text = {"text/plain": clean(outcome.value)}
        outputs.append(new_output("execute_result", data=text, execution_count=number))
    return outputs
