"""Grading, from what lies in `submitted/` or is named loose to records: whatever is handed in, in the sandbox."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from courses import HALF_RIGHT, RIGHT, Document, hand_in, marks, notebook

from autograder.exercise import Verdict
from autograder.grading import workers
from autograder.grading.course import Course, CourseError
from autograder.grading.grade import Progress, grade, grade_loose
from autograder.grading.record import Graded

ROOT = Path(__file__).parent.parent
SEED = 4_611_686_018_427_387_904
FULL = {"linear_forward": 6.0, "linear_backward": 12.0, "xavier_uniform": 4.0, "kaiming_normal": 4.0}

LOOP = "def linear_backward(dout, cache):\n    while True:\n        pass\n"
EXIT = "import os\ndef linear_backward(dout, cache):\n    os._exit(0)\n"
HUGE = "def linear_backward(dout, cache):\n    return np.ones((1 << 20, 1 << 20))\n"
CELL_EXIT = RIGHT["linear_backward"] + "import os\nos._exit(0)\n"
BORROWED = RIGHT["linear_forward"].replace("    flat", "    load_digits  # from a cell that the course gives\n    flat")
TYPO = "def linear_backward(dout, cache)\n    pass\n"


def states(result: Graded) -> dict[str, str]:
    return {verdict.exercise: verdict.state for verdict in result.verdicts}


def scores(result: Graded) -> dict[str, float]:
    return {verdict.exercise: verdict.score for verdict in result.verdicts}


def verdict(result: Graded, name: str) -> Verdict:
    return next(verdict for verdict in result.verdicts if verdict.exercise == name)


def others_have_full_marks(result: Graded, but: str) -> bool:
    return all(scores(result)[name] == FULL[name] for name in FULL if name != but)


# --- loose notebooks, as COMMANDS has them -------------------------------------------------------------------------


def nbformat_3(document: Document) -> None:
    cells = [
        {"cell_type": "code", "input": c["source"], "outputs": [], "language": "python", "metadata": c["metadata"]}
        for c in document.pop("cells")
        if c["cell_type"] == "code"
    ]
    document.update(worksheets=[{"cells": cells, "metadata": {}}], nbformat=3, nbformat_minor=0)


def duplicate_ids(document: Document) -> None:
    for cell in document["cells"]:
        cell["id"] = "same"


def delete_checks(document: Document) -> None:
    document["cells"] = [c for c in document["cells"] if not c["metadata"].get("nbgrader", {}).get("grade")]


def copy_checks(document: Document) -> None:
    document["cells"] += [c for c in document["cells"] if c["metadata"].get("nbgrader", {}).get("grade")]


def strip_metadata(document: Document) -> None:
    document["metadata"] = {}
    for cell in document["cells"]:
        cell["metadata"] = {}


def delete_imports(document: Document) -> None:
    document["cells"] = [c for c in document["cells"] if c["metadata"].get("tags") != ["setup"]]


def award_oneself(document: Document) -> None:
    for cell in document["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["source"] = "26.0"
            cell["metadata"]["nbgrader"]["points"] = 1000
            cell["metadata"]["tags"] = ["skip-execution"]


HARMLESS = [nbformat_3, duplicate_ids, delete_checks, copy_checks, strip_metadata, delete_imports, award_oneself]


@pytest.fixture(scope="module")
def loose(released: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Every kind of loose notebook, graded in one run; the lines of `--json` by file name."""
    from autograder.grading.course import open_course

    course = open_course(released)
    folder = tmp_path_factory.mktemp("loose")
    whole = notebook(course, RIGHT)
    files = {
        "linear_right.ipynb": whole,
        "linear_half.ipynb": notebook(course, HALF_RIGHT),
        "linear_stubs.ipynb": notebook(course, {}),
        "linear_empty.ipynb": "",
        "linear_truncated.ipynb": whole[: len(whole) // 2],
        "linear_loop.ipynb": notebook(course, {**RIGHT, "linear_backward": LOOP}),
        "linear_exit.ipynb": notebook(course, {**RIGHT, "linear_backward": EXIT}),
        "linear_huge.ipynb": notebook(course, {**RIGHT, "linear_backward": HUGE}),
        "linear_cell_exit.ipynb": notebook(course, {**RIGHT, "linear_backward": CELL_EXIT}),
        "linear_typo.ipynb": notebook(course, {**RIGHT, "linear_backward": TYPO}),
        "linear_borrowed.ipynb": notebook(course, {**RIGHT, "linear_forward": BORROWED}),
        "linear_answers.py": "import numpy as np\n" + "\n".join(RIGHT.values()),
        "mystery.ipynb": notebook(course, RIGHT, edit=strip_metadata),
        **{f"linear_{edit.__name__}.ipynb": notebook(course, RIGHT, edit=edit) for edit in HARMLESS},
    }
    paths = []
    for name, text in files.items():
        paths.append(folder / name)
        paths[-1].write_text(text)
    paths.insert(3, folder / "linear_absent.ipynb")
    lines = [json.loads(json.dumps(result.as_dict())) for result in grade_loose(paths, seed=SEED)]
    assert [line["notebook"] for line in lines] == [str(path) for path in paths]
    return {Path(line["notebook"]).name: line for line in lines}


def test_a_right_notebook_has_full_marks_in_the_form_of_commands(loose: dict[str, dict[str, Any]]) -> None:
    line = loose["linear_right.ipynb"]
    assert list(line) == ["notebook", "chapter", "state", "reason", "score", "max_score", "exercises"]
    assert (line["chapter"], line["state"], line["reason"]) == ("linear", "graded", None)
    assert (line["score"], line["max_score"]) == (26.0, 26.0)
    assert {exercise["name"]: exercise["score"] for exercise in line["exercises"]} == FULL
    assert all(list(e) == ["name", "state", "score", "max_score", "findings"] for e in line["exercises"])
    keys = [list(finding) for exercise in line["exercises"] for finding in exercise["findings"]]
    assert keys
    assert all(found == ["check", "passed", "message", "mistake"] for found in keys)


@pytest.mark.parametrize("edit", HARMLESS, ids=lambda edit: edit.__name__)
def test_what_befell_the_file_costs_no_points(loose: dict[str, dict[str, Any]], edit: Callable[..., None]) -> None:
    line = loose[f"linear_{edit.__name__}.ipynb"]
    assert (line["state"], line["score"], line["max_score"]) == ("graded", 26.0, 26.0)


def test_a_python_file_is_graded_as_well(loose: dict[str, dict[str, Any]]) -> None:
    assert loose["linear_answers.py"]["score"] == 26.0


def test_an_answer_may_lean_on_what_the_course_defines_elsewhere(loose: dict[str, dict[str, Any]]) -> None:
    assert loose["linear_borrowed.ipynb"]["score"] == 26.0


def test_a_known_mistake_is_named(loose: dict[str, dict[str, Any]]) -> None:
    (backward,) = [e for e in loose["linear_half.ipynb"]["exercises"] if e["name"] == "linear_backward"]
    assert backward["state"] == "partial"
    assert "linear_backward.mean_over_batch" in [finding["mistake"] for finding in backward["findings"]]


def test_stubs_are_not_attempted(loose: dict[str, dict[str, Any]]) -> None:
    line = loose["linear_stubs.ipynb"]
    assert (line["state"], line["score"]) == ("graded", 0.0)
    assert {exercise["state"] for exercise in line["exercises"]} == {"not_attempted"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("linear_empty.ipynb", "empty"),
        ("linear_truncated.ipynb", "breaks off"),
        ("linear_absent.ipynb", "no such file"),
        ("mystery.ipynb", "--chapter"),
    ],
)
def test_what_cannot_be_read_says_why(loose: dict[str, dict[str, Any]], name: str, reason: str) -> None:
    line = loose[name]
    assert (line["state"], line["score"], line["exercises"]) == ("unreadable", None, [])
    assert reason in line["reason"]
    assert "\n" not in line["reason"]
    assert line["max_score"] == (None if name == "mystery.ipynb" else 26.0)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("linear_loop.ipynb", "timed_out"),
        ("linear_exit.ipynb", "crashed"),
        ("linear_cell_exit.ipynb", "crashed"),
        ("linear_huge.ipynb", "out_of_memory"),
        ("linear_typo.ipynb", "failed"),
    ],
)
def test_one_bad_function_costs_its_own_points_alone(loose: dict[str, dict[str, Any]], name: str, state: str) -> None:
    by_name = {exercise["name"]: exercise for exercise in loose[name]["exercises"]}
    assert (by_name["linear_backward"]["state"], by_name["linear_backward"]["score"]) == (state, 0.0)
    assert by_name["linear_backward"]["findings"][0]["message"]
    assert loose[name]["score"] == 14.0


def test_another_chapters_notebook_has_no_mark_unless_it_holds_this_ones_functions(
    course: Course, tmp_path: Path
) -> None:
    def as_activations(document: Document) -> None:
        document["metadata"]["layers_by_hand"]["chapter"] = "activations"

    pasted, other = tmp_path / "pasted.ipynb", ROOT / "exercises" / "activations.ipynb"
    pasted.write_text(notebook(course, RIGHT, edit=as_activations))
    lost, found = grade_loose([other, pasted], chapter="linear", seed=SEED)
    assert (lost.state, lost.score, lost.max_score) == ("unreadable", None, 26.0)
    assert lost.reason == "it is the notebook of chapter activations; hand in that of linear"
    assert (found.state, found.score) == ("graded", 26.0)


def test_the_chapter_is_as_told_before_what_the_notebook_says(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "mystery.ipynb"
    path.write_text(notebook(course, RIGHT, edit=strip_metadata))
    (result,) = grade_loose([path], chapter="linear", seed=SEED)
    assert result.score == 26
    with pytest.raises(CourseError, match="there is no chapter 'liner'; the chapters are"):
        grade_loose([path], chapter="liner")


# --- a course ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def class_of(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A class with what happens in one, graded once: the course, the results by student, and the progress."""
    from autograder.grading.course import open_course

    folder = tmp_path_factory.mktemp("class") / "course"
    shutil.copytree(released, folder)
    course = open_course(folder)
    whole = notebook(course, RIGHT)
    hand_in(course, "ada", whole)
    hand_in(course, "bob", notebook(course, HALF_RIGHT))
    hand_in(course, "cem", whole, name="Linear (final) v2.ipynb")
    hand_in(course, "dag", "import numpy as np\n" + RIGHT["linear_forward"], name="answers.py")
    hand_in(course, "eve", "", name="linear.ipynb")
    hand_in(course, "fay", whole, name="one.ipynb")
    hand_in(course, "fay", whole, name="two.ipynb")
    hand_in(course, "gil", "just a note", name="note.txt")
    hand_in(course, "hana", notebook(course, {**RIGHT, "linear_backward": EXIT}))
    hand_in(course, "ida", "draft", name="draft.ipynb")
    hand_in(course, "ida", whole)
    link = course.path("submitted", "linear", "jon") / "linear.ipynb"
    link.parent.mkdir(parents=True)
    link.symlink_to(course.path("submitted", "linear", "ada") / "linear.ipynb")
    course.path("submitted", "linear", "liv").parent.mkdir(parents=True)
    course.path("submitted", "linear", "liv").symlink_to(link.parent.parent.parent / "ada" / "linear")
    hand_in(course, "kim", whole, name="linear/linear.ipynb")
    seen: list[Progress] = []
    outcome = grade(course, "linear", seed=SEED, progress=seen.append)
    assert outcome.problems == ()
    return course, {str(result.student): result for result in outcome.results}, seen


def test_every_submission_has_a_state_and_none_a_silent_nought(class_of: Any) -> None:
    _, results, _ = class_of
    graded = {name: result.score for name, result in results.items() if result.state == "graded"}
    assert graded == {
        "ada": 26.0,
        "bob": pytest.approx(22, abs=3),
        "cem": 26.0,
        "dag": 6.0,
        "hana": 14.0,
        "ida": 26.0,
        "kim": 26.0,
    }
    reasons = {name: result.reason for name, result in results.items() if result.state == "unreadable"}
    assert reasons["fay"] == "there are several files (one.ipynb, two.ipynb); name the one that counts linear.ipynb"
    assert reasons["gil"] == "there is no notebook in the folder; hand in linear.ipynb"
    assert "only a link" in reasons["jon"]
    assert "only a link" in reasons["liv"]
    assert "empty" in reasons["eve"]
    assert results.keys() == graded.keys() | reasons.keys()
    assert all(results[name].score is None for name in reasons)


def test_what_was_found_stands_in_gradebook_notebook_and_feedback(class_of: Any) -> None:
    course, results, _ = class_of
    for student, result in results.items():
        assert (course.path("autograded", "linear", student) / "linear.ipynb").is_file()
        assert (course.path("feedback", "linear", student) / "linear.html").is_file()
        if result.state == "graded":
            assert marks(course, student) == scores(result)


def test_progress_counts_every_submission_once(class_of: Any) -> None:
    _, results, seen = class_of
    assert [(step.done, step.total) for step in seen] == [(n, len(results)) for n in range(len(results) + 1)]
    assert sorted(str(step.latest.student) for step in seen[1:]) == sorted(results)


def test_graded_again_nothing_is_run_and_nothing_changes(class_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    course, results, _ = class_of

    def nobody(todo: list[Any], *_: object) -> Iterator[Any]:
        assert not todo
        return iter(())

    monkeypatch.setattr(workers, "judge_all", nobody)
    again = grade(course, "linear")
    assert (again.kept, again.seed) == (len(results), SEED)
    assert {str(result.student): result for result in again.results} == results


def test_what_was_deleted_is_written_again_without_being_graded(class_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    course, results, _ = class_of
    page = course.path("feedback", "linear", "bob") / "linear.html"
    before = page.read_text()
    page.unlink()
    monkeypatch.setattr(workers, "judge_all", lambda *_: iter(()))
    assert grade(course, "linear").kept == len(results)
    assert page.read_text() == before


def test_only_what_changed_is_graded_again(class_of: Any) -> None:
    course, results, _ = class_of
    hand_in(course, "dag", notebook(course, RIGHT), name="answers.ipynb")
    outcome = grade(course, "linear", students=["dag", "ada"])
    assert outcome.kept == 1
    assert [(result.student, result.score) for result in outcome.results] == [("ada", 26.0), ("dag", 26.0)]
    assert marks(course, "bob") == scores(results["bob"])


def test_the_same_seed_gives_the_same_marks_and_regrading_draws_another(course: Course) -> None:
    hand_in(course, "bob", notebook(course, HALF_RIGHT))
    first = grade(course, "linear")
    second = grade(course, "linear", regrade=True)
    third = grade(course, "linear", regrade=True, seed=first.seed)
    assert first.seed != second.seed
    assert (second.kept, third.kept) == (0, 0)
    assert third.results == first.results


def test_after_our_grading_nbgraders_own_commands_still_work_and_agree(class_of: Any) -> None:
    course, results, _ = class_of
    for command in ("autograde", "generate_feedback"):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", command, "linear", "--student=bob", "--force"],
            cwd=course.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert marks(course, "bob") == pytest.approx(scores(results["bob"]), abs=0.5)
    assert "mean" in (course.path("feedback", "linear", "bob") / "linear.html").read_text()
    assert marks(course, "ada") == FULL
