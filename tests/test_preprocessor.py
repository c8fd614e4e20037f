"""`nbgrader autograde` with our step in the place of its own: nbgrader's quickstart course, and our notebooks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import HALF_RIGHT, RIGHT, Document, hand_in, marks, notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.cli import main
from autograder.grading.course import Course, open_course
from autograder.grading.grade import grade
from autograder.grading.journal import Journal
from autograder.grading.release import _generate

LINE = "\nfrom autograder.grading.preprocessor import use; use(c)\n"

SQUARES = "def squares(n):\n    if n < 1:\n        raise ValueError('n')\n    return [i ** 2 for i in range(1, n + 1)]"
SUM = "def sum_of_squares(n):\n    return sum(squares(n))"
PS1 = {
    "right": {"squares": SQUARES, "sum_of_squares": SUM, "sum_of_squares_application": "sum_of_squares(3)"},
    "careless": {
        "squares": "def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]",
        "sum_of_squares": SUM.replace(":", ":\n    import sys; print('!', file=sys.stderr)", 1),
        "sum_of_squares_application": "raise KeyError('so')",
    },
}


def nbgrader(folder: Path, *arguments: str) -> str:
    scripts = sysconfig.get_path("scripts")
    done = subprocess.run(
        [f"{scripts}/nbgrader", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nbgrader's own course as it copies it, released, with two students' answers."""
    place = tmp_path_factory.mktemp("quickstart")
    nbgrader(place, "quickstart", "course101")
    folder = place / "course101"
    course = open_course(folder)
    with course.gradebook():  # made here, with all that nbgrader needs for that
        pass
    _generate(course, "ps1")
    for student, answers in PS1.items():
        shutil.copytree(folder / "release" / "ps1", folder / "submitted" / student / "ps1")
        path = folder / "submitted" / student / "ps1" / "problem1.ipynb"
        document = json.loads(path.read_text())
        for cell in document["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = answers.get(name, cell["source"])
        path.write_text(json.dumps(document))
    return folder


def press_autograde(course: Course, assignment: str, student: str) -> None:
    """What formgrader's button does."""
    said = NbGraderAPI(course.directory, config=course.config).autograde(assignment, student)
    assert said["success"], said


def gradebook(folder: Path) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as found:
        return {
            (submission.student_id, grade.notebook.name, grade.name): (
                grade.auto_score,
                grade.max_score,
                grade.needs_manual_grade,
            )
            for submission in found.assignment_submissions("ps1")
            for part in submission.notebooks
            for grade in part.grades
        }


def test_the_quickstart_course_gets_the_marks_that_nbgrader_gives(quickstart: Path, tmp_path: Path) -> None:
    stock, ours = tmp_path / "stock", tmp_path / "ours"
    for folder in (stock, ours):
        shutil.copytree(quickstart, folder)
    config = ours / "nbgrader_config.py"
    config.write_text(config.read_text() + LINE)
    for folder in (stock, ours):
        for student in PS1:
            press_autograde(open_course(folder), "ps1", student)
    expected = gradebook(stock)
    assert len(expected) == 2 * 9
    assert len({score for score, *_ in expected.values()}) > 3
    assert gradebook(ours) == expected
    for student in PS1:
        for name in ("problem1", "problem2"):
            inner = Path("autograded", student, "ps1", f"{name}.ipynb")
            assert shown(ours / inner) == shown(stock / inner)


def shown(path: Path) -> list[list[Any]]:
    """What the cells' outputs are, in the words that nbgrader looks at."""
    written = nbformat.read(path, as_version=4)
    nbformat.validate(written)
    code = [cell for cell in written.cells if cell.cell_type == "code"]
    return [[(o.output_type, o.get("name"), o.get("ename"), o.get("data")) for o in cell.outputs] for cell in code]


def add_a_question(document: Document) -> None:
    """A graded cell of nbgrader's kind behind the course's own: half of its two points."""
    document["cells"] += [
        {
            "cell_type": "code",
            "id": "a-question",
            "execution_count": None,
            "outputs": [],
            "metadata": {"nbgrader": {**GRADED, "grade_id": "question"}},
            "source": "print('asked')\n1.0",
        }
    ]


GRADED = {"grade": True, "solution": False, "locked": True, "task": False, "points": 2, "schema_version": 3}


def test_our_notebooks_get_the_marks_that_our_command_gives(course: Course) -> None:
    def without_a_check(document: Document) -> None:
        document["cells"] = [
            cell
            for cell in document["cells"]
            if cell["metadata"].get("nbgrader", {}).get("grade_id") != "xavier_uniform"
        ]

    hand_in(course, "ada", notebook(course, RIGHT))
    hand_in(course, "bob", notebook(course, HALF_RIGHT, edit=without_a_check))
    for student in ("ada", "bob"):
        press_autograde(course, "linear", student)
    pressed = {student: marks(course, student) for student in ("ada", "bob")}
    seeds = {entry.key.seed for entry in Journal(course, "linear").read().values()}
    assert len(seeds) == 1
    outcome = grade(course, "linear")
    assert outcome.kept == 2  # what nbgrader's command found stands
    assert outcome.seed in seeds
    assert pressed == {student: marks(course, student) for student in pressed}
    assert pressed["ada"]["linear_backward"] > pressed["bob"]["linear_backward"] > 0
    assert pressed["bob"]["xavier_uniform"] == pressed["ada"]["xavier_uniform"] > 0
    assert main(["report", "--course", str(course.folder)]) == 0


def test_cells_that_are_not_ours_run_beside_ours_in_the_sandbox(course: Course) -> None:
    document = json.loads((course.path("source", "linear") / "linear.ipynb").read_text())
    add_a_question(document)
    path = course.path("source", "hw1") / "mixed.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(document))
    _generate(course, "hw1")
    target = course.path("submitted", "hw1", "eve")
    shutil.copytree(course.path("release", "hw1"), target)
    document = json.loads(notebook(course, RIGHT))
    spying = f"import os; print(os.path.exists({str(course.folder)!r}), os.environ.get('HOME'))"
    add_a_question(document)
    document["cells"][0] = {**document["cells"][-1], "id": "spy", "metadata": {}, "source": spying}
    (target / "mixed.ipynb").write_text(json.dumps(document))
    press_autograde(course, "hw1", "eve")
    with course.gradebook() as found:
        mixed = found.find_submission_notebook("mixed", "hw1", "eve")
        assert {grade.name: grade.auto_score for grade in mixed.grades} == {
            **{grade.name: grade.max_score for grade in mixed.grades},
            "question": 1.0,
        }
    written = nbformat.read(course.path("autograded", "hw1", "eve") / "mixed.ipynb", as_version=4)
    assert written.cells[0].outputs[0].text == "False /tmp/home\n"
    assert [output.output_type for output in written.cells[-1].outputs] == ["stream", "execute_result"]
