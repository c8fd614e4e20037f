"""The instructor's folder: `autograder new` and `release`, and what nbgrader makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import RIGHT, hand_in, notebook

from autograder import registry
from autograder.grading import gradebook as marks_book
from autograder.grading.bundle import NOT_FOR_STUDENTS, PACKAGE
from autograder.grading.course import Course, CourseError, new, open_course
from autograder.grading.record import unreadable
from autograder.grading.release import EXERCISES, release
from autograder.grading.template import read_template

NBGRADER = [sys.executable, "-m", "nbgrader"]


def sources(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def run(command: list[str], folder: Path, **environment: str) -> str:
    """Run a command and return what it said; it must succeed."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


# --- new -----------------------------------------------------------------------------------------------------------


def test_a_new_course_is_one_that_nbgrader_lists_as_empty(tmp_path: Path) -> None:
    folder = tmp_path / "autumn" / "course"
    new(folder)
    assert {path.name for path in folder.iterdir()} == {
        "gradebook.db",
        "nbgrader_config.py",
        "release",
        "source",
        "submitted",
    }
    assert "There are 0 students" in run([*NBGRADER, "db", "student", "list"], folder)


def test_a_new_gradebook_needs_nothing_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    new(tmp_path / "course")
    assert os.environ["PATH"] == "/nowhere"


@pytest.mark.parametrize("name", ["nbgrader_config.py", "gradebook.db", "source", "release", "submitted"])
def test_new_touches_nothing_that_is_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(CourseError, match=f"already has {name}: choose another folder"):
        new(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"


def test_new_takes_no_folder_with_anything_in_it_but_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(CourseError, match="is not empty: choose a folder that is empty, or is not there yet"):
        new(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    (tmp_path / "empty" / ".git").mkdir(parents=True)
    new(tmp_path / "empty")
    assert open_course(tmp_path / "empty").students("linear") == []


def test_new_says_in_one_line_where_a_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match=r"^[^\n]*cannot be made: [^\n]*; choose another folder$"):
        new(tmp_path / "file" / "course")


# --- open ----------------------------------------------------------------------------------------------------------


def test_what_is_no_course_is_told_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"^there is no folder .*; make a course with `autograder new"):
        open_course(tmp_path / "nowhere")
    with pytest.raises(CourseError, match=r"is no course: it has no nbgrader_config.py; make one with `autograder new"):
        open_course(tmp_path)


def test_a_broken_configuration_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = (")
    with pytest.raises(CourseError, match=r"^[^\n]*nbgrader_config.py cannot be read: SyntaxError: [^\n]*; mend that"):
        open_course(tmp_path)


def test_a_damaged_gradebook_is_told_in_one_line(course: Course) -> None:
    (course.folder / "gradebook.db").write_bytes(b"this is not a database, however long one looks at it" * 100)
    with (
        pytest.raises(CourseError, match=r"^the gradebook [^\n]* cannot be opened: [^\n]*; restore"),
        course.gradebook(),
    ):
        pass


def test_folders_lie_where_the_configuration_says(course: Course) -> None:
    config = course.folder / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.CourseDirectory.submitted_directory = 'incoming'\n")
    moved = open_course(course.folder)
    hand_in(moved, "ada", "{}")
    assert (course.folder / "incoming" / "ada" / "linear" / "linear.ipynb").is_file()
    assert moved.students("linear") == ["ada"]


# --- release -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", registry.CHAPTERS)
def test_the_release_has_our_stubs_and_locked_checks(course: Course, chapter: str) -> None:
    path = course.path("release", chapter) / f"{chapter}.ipynb"
    assert sources(path) == sources(EXERCISES / f"{chapter}.ipynb")
    template = read_template(path)
    assert list(template.checks) == list(registry.exercises(chapter)) == list(template.answers)
    assert all(
        cell.metadata.editable is False and cell.metadata.deletable is False for cell in template.checks.values()
    )


@pytest.mark.parametrize("chapter", registry.CHAPTERS)
def test_the_gradebook_has_each_exercise_as_a_graded_cell(course: Course, chapter: str) -> None:
    with course.gradebook() as gradebook:
        booked = {cell.name: cell.max_score for cell in gradebook.find_notebook(chapter, chapter).grade_cells}
        assert [found.name for found in gradebook.find_assignment(chapter).notebooks] == [chapter]
    assert booked == {name: exercise.points for name, exercise in registry.exercises(chapter).items()}


def test_nbgraders_own_command_gives_the_same_release(course: Course) -> None:
    path = course.path("release", "linear") / "linear.ipynb"
    ours = path.read_text()
    path.unlink()
    run([*NBGRADER, "generate_assignment", "linear", "--force"], course.folder)
    assert path.read_text() == ours


def test_released_again_a_chapter_keeps_its_submissions(course: Course) -> None:
    template = read_template(course.path("release", "linear") / "linear.ipynb")
    with course.gradebook() as gradebook:
        empty = unreadable("ada", "linear", "linear.ipynb", "empty", 26.0)
        marks_book.record(gradebook, {"ada": empty}, template, {"ada": None})
    release(course, ["linear"])
    with course.gradebook() as gradebook:
        assert gradebook.find_submission("linear", "ada").student_id == "ada"


def test_a_configuration_that_would_wipe_the_stubs_is_refused(course: Course) -> None:
    (course.folder / "nbgrader_config.py").write_text("c = get_config()\n")
    before = (course.path("release", "linear") / "linear.ipynb").read_text()
    with pytest.raises(CourseError, match=r"overwrite the stubs; set c\.GenerateAssignment\.preprocessors"):
        release(open_course(course.folder), ["linear"])
    assert (course.path("release", "linear") / "linear.ipynb").read_text() == before


def test_unknown_and_missing_chapters_are_told(course: Course, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="there is no chapter 'liner'; the chapters are linear, activations"):
        release(course, ["liner"])
    with pytest.raises(CourseError, match=r"linear.ipynb is missing; make it with `autograder build`"):
        release(course, ["linear"], exercises=tmp_path)


def test_a_notebook_that_does_not_fit_the_checks_is_told(course: Course, tmp_path: Path) -> None:
    def without_last_exercise(document: dict[str, Any]) -> None:
        marked = [c for c in document["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "kaiming_normal"]
        document["cells"].remove(marked[0])

    (tmp_path / "linear.ipynb").write_text(notebook(course, {}, edit=without_last_exercise))
    with pytest.raises(CourseError, match=r"differ in kaiming_normal; run `autograder build`"):
        release(course, ["linear"], exercises=tmp_path)


# --- the bundle ----------------------------------------------------------------------------------------------------

# Everything but NumPy and the standard library is hidden, as on a student's bare machine.
_NUMPY_ALONE = """\
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if path is None and name.partition(".")[0] not in {*sys.stdlib_module_names, "numpy", "autograder"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hidden())
sys.path.insert(0, "")
sys.dont_write_bytecode = True
"""


@pytest.fixture
def bundle(course: Course, tmp_path: Path) -> Path:
    with zipfile.ZipFile(course.folder / "bundle" / "layers-by-hand.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "layers-by-hand"


def test_the_bundle_holds_notebooks_instructions_and_the_students_part(bundle: Path) -> None:
    assert {path.name for path in bundle.iterdir()} == {
        "START-HERE.md",
        "requirements.txt",
        "autograder",
        *(f"{chapter}.ipynb" for chapter in registry.CHAPTERS),
    }
    for name in NOT_FOR_STUDENTS:
        assert (PACKAGE / name).is_dir()
        assert not (bundle / "autograder" / name).exists()
    assert all((bundle / "autograder" / "data" / f"{chapter}.npz").is_file() for chapter in registry.CHAPTERS)
    assert not list(bundle.rglob("__pycache__"))


def test_solutions_handed_out_once_are_in_every_bundle_and_fill_what_a_student_lacks(
    course: Course, tmp_path: Path
) -> None:
    release(course, ["linear"], solutions=True)
    with zipfile.ZipFile(release(course, ["linear"]).bundle) as archive:
        archive.extractall(tmp_path)
    bundle = tmp_path / "layers-by-hand"
    assert (bundle / "solutions" / "lstm.py").is_file()
    assert not (bundle / "solutions" / "training.py").exists()
    code = "from autograder import bring\nbring(reference=['lstm_forward'])\nprint(lstm_backward.__name__)"
    said = run([sys.executable, "-I", "-c", _NUMPY_ALONE + code], bundle)
    assert "From the reference: lstm_forward, lstm_backward." in said


def test_the_wheel_leaves_out_the_same_folders() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["exclude"] == [f"autograder/{name}" for name in NOT_FOR_STUDENTS]


def test_the_same_release_gives_the_same_bundle(course: Course) -> None:
    first = release(course, ["linear"]).bundle.read_bytes()
    assert release(course, ["linear"]).bundle.read_bytes() == first


def test_in_the_bundle_check_works_with_numpy_alone(bundle: Path) -> None:
    code = (
        "from autograder import check\nimport numpy as np\n" + RIGHT["linear_forward"] + "print(check(linear_forward))"
    )
    said = run([sys.executable, "-I", "-c", _NUMPY_ALONE + code], bundle)
    assert "✓ linear_forward: all checks passed" in said


def test_in_the_bundle_the_command_works_with_numpy_alone(course: Course, bundle: Path) -> None:
    (bundle / "linear.ipynb").write_text(notebook(course, {"linear_forward": RIGHT["linear_forward"]}))
    code = (
        "import runpy\nsys.argv = ['autograder', 'check', 'linear.ipynb', 'linear_forward']\n"
        "runpy.run_module('autograder', run_name='__main__')"
    )
    assert "linear_forward: all checks passed" in run([sys.executable, "-I", "-c", _NUMPY_ALONE + code], bundle)
