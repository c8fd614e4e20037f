"""A released course to test on, and students who hand in their notebooks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograder.grading.course import Course

Document = dict[str, Any]

RIGHT: Mapping[str, str] = {
    "linear_forward": """\
def linear_forward(x, weight, bias):
    flat = x.reshape(len(x), -1)
    return flat @ weight + bias, (x, weight)
""",
    "linear_backward": """\
def linear_backward(dout, cache):
    x, weight = cache
    flat = x.reshape(len(x), -1)
    return (dout @ weight.T).reshape(x.shape), flat.T @ dout, dout.sum(axis=0)
""",
    "xavier_uniform": """\
def xavier_uniform(fan_in, fan_out, rng):
    bound = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, (fan_in, fan_out))
""",
    "kaiming_normal": """\
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
""",
}

MEAN_OVER_BATCH = RIGHT["linear_backward"].replace("dout.sum(axis=0)", "dout.mean(axis=0)")
HALF_RIGHT = {**RIGHT, "linear_backward": MEAN_OVER_BATCH}


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with all chapters released and nothing handed in: made once, as a gradebook takes seconds."""
    from autograder.grading.course import new, open_course  # here, for nbgrader takes seconds to import as well
    from autograder.grading.release import release

    folder = tmp_path_factory.mktemp("courses") / "released"
    new(folder)
    release(open_course(folder))
    return folder


@pytest.fixture
def course(released: Path, tmp_path: Path) -> Course:
    """Such a course of one's own."""
    from autograder.grading.course import open_course

    shutil.copytree(released, tmp_path / "course")
    return open_course(tmp_path / "course")


def notebook(
    course: Course,
    answers: Mapping[str, str],
    chapter: str = "linear",
    edit: Callable[[Document], None] | None = None,
) -> str:
    """The released notebook with the answers in the place of their stubs, and edited as told."""
    path = course.path("release", chapter) / f"{chapter}.ipynb"
    document: Document = json.loads(path.read_text(encoding="utf-8"))
    for cell in document["cells"]:
        name = str(cell["metadata"].get("nbgrader", {}).get("grade_id", "")).removesuffix("-stub")
        if cell["metadata"].get("nbgrader", {}).get("solution") and name in answers:
            cell["source"] = answers[name]
    if edit is not None:
        edit(document)
    return json.dumps(document)


def hand_in(
    course: Course, student: str, text: str | bytes, name: str = "linear.ipynb", chapter: str = "linear"
) -> Path:
    """Put a file where submissions lie."""
    path = course.path("submitted", chapter, student) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def marks(course: Course, student: str, chapter: str = "linear") -> dict[str, float]:
    """What nbgrader's gradebook gives a student, by exercise."""
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission_notebook(chapter, chapter, student)
        return {grade.name: grade.score for grade in submission.grades}
