"""`autograder demo`: the bundled class is whole, and grading it finds in every notebook what was put there."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from autograder import registry
from autograder.cli import demonstration
from autograder.cli.faults import Fault
from autograder.demo import classroom, damage
from autograder.demo.people import PEOPLE
from autograder.demo.submission import Submission

EXERCISES = Path(__file__).parents[1] / "exercises"
CLASS = [(chapter, submission) for chapter in classroom.chapters() for submission in classroom.submissions(chapter)]
STATES = {"passed", "partial", "failed", "not_attempted", "timed_out", "out_of_memory", "crashed", "refused"}


def name_of(value: Any) -> str:
    return value.student if isinstance(value, Submission) else str(value)


# --- the class itself ----------------------------------------------------------------------------------------------


def test_the_class_covers_every_chapter_and_every_damage_with_at_least_24_students() -> None:
    assert classroom.chapters() == list(registry.CHAPTERS)
    assert len({submission.student for _, submission in CLASS}) >= 24
    damages = {
        value
        for name, value in vars(damage).items()
        if callable(value) and getattr(value, "__module__", "") == damage.__name__ and not name.startswith("_")
    } - {damage.code_cell}
    assert {submission.damage for _, submission in CLASS} == damages
    assert sum(submission.hostile for _, submission in CLASS) >= 3


def test_everything_that_was_written_is_handed_in_and_everybody_has_a_name() -> None:
    handed_in = {(chapter, submission.student) for chapter, submission in CLASS}
    written = {(path.parent.name, path.stem) for path in classroom._WORK.glob("*/*.py")}
    # Nothing was written by those who hand in an empty or an untouched notebook, or one that cannot be read.
    assert written <= handed_in
    unwritten = [submission for chapter, submission in CLASS if (chapter, submission.student) not in written]
    assert all(work.unreadable or set(work.expected.values()) == {"not_attempted"} for work in unwritten)
    assert {submission.student for _, submission in CLASS} == set(PEOPLE)


@pytest.mark.parametrize("chapter", classroom.chapters())
def test_what_is_expected_names_exercises_and_mistakes_that_there_are(chapter: str) -> None:
    known = {mistake.id for mistake in import_module(f"autograder.mistakes.{chapter}").MISTAKES}
    for submission in classroom.submissions(chapter):
        assert set(submission.expected) <= set(registry.exercises(chapter))
        for exercise, what in submission.expected.items():
            assert what in STATES or f"{exercise}.{what}" in known


def test_a_cell_for_an_exercise_that_there_is_not_is_a_fault() -> None:
    released = json.loads((EXERCISES / "linear.ipynb").read_text(encoding="utf-8"))
    with pytest.raises(classroom.ClassFault, match="no stub of liner_forward"):
        classroom.filled_in(released, [("liner_forward", "pass")])


def test_added_cells_stand_before_the_next_answer_and_at_the_end() -> None:
    released = json.loads((EXERCISES / "linear.ipynb").read_text(encoding="utf-8"))
    pieces = classroom.read_work("# %%\nfirst\n\n# %% [markdown]\n# text\n# %% linear_backward\nanswer\n# %%\nlast\n")
    cells = classroom.filled_in(released, pieces)["cells"]
    sources = [cell["source"] for cell in cells]
    position = sources.index("first")
    assert sources[position : position + 3] == ["first", "text", "answer"]
    assert cells[position + 1]["cell_type"] == "markdown"
    assert cells[position + 2]["id"] == "linear_backward-stub"
    assert sources[-1] == "last"


def test_without_a_sandbox_the_harmful_ones_are_left_out(tmp_path: Path) -> None:
    for chapter in classroom.chapters():
        target = tmp_path / "release" / chapter / f"{chapter}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_bytes((EXERCISES / target.name).read_bytes())
    harmless = classroom.write_class(tmp_path, hostile=False)
    assert [(work.chapter, work.submission) for work in harmless] == [
        (chapter, submission) for chapter, submission in CLASS if not submission.hostile
    ]
    assert all(work.path.is_file() for work in harmless)
    assert len(list(tmp_path.glob("submitted/*/*/*.ipynb"))) == len(harmless) < len(CLASS)


def test_only_what_the_demo_made_is_replaced(tmp_path: Path) -> None:
    demonstration._make_room(tmp_path / "new" / "course")
    (tmp_path / "new" / "course" / "old").touch()
    demonstration._make_room(tmp_path / "new" / "course")
    assert not (tmp_path / "new" / "course" / "old").exists()
    mine = tmp_path / "course"
    mine.mkdir()
    (mine / "thesis.tex").touch()
    with pytest.raises(Fault, match="was not made by the demo"):
        demonstration._make_room(mine)
    assert (mine / "thesis.tex").exists()


# --- graded --------------------------------------------------------------------------------------------------------


def autograder(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which the demo has run, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = autograder("demo", "--no-book", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module")
def records(ran: tuple[Path, str]) -> dict[tuple[str, str], dict[str, Any]]:
    done = autograder("export", "--course", "demo/autumn", "--format", "json", folder=ran[0])
    assert done.returncode == 0, done.stderr
    return {(record["chapter"], record["student"]): record for record in json.loads(done.stdout)}


def test_every_notebook_has_a_record(records: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert set(records) == {(chapter, submission.student) for chapter, submission in CLASS}


@pytest.mark.parametrize(("chapter", "submission"), CLASS, ids=name_of)
def test_grading_finds_what_was_put_there(
    records: dict[tuple[str, str], dict[str, Any]], chapter: str, submission: Submission
) -> None:
    record = records[chapter, submission.student]
    if submission.unreadable:
        assert (record["state"], record["score"]) == ("unreadable", None)
        assert submission.unreadable in record["reason"]
        return
    assert record["state"] == "graded"
    most = {name: exercise.points for name, exercise in registry.exercises(chapter).items()}
    assert {exercise["name"]: exercise["max_score"] for exercise in record["exercises"]} == most
    found = {exercise["name"]: _told(exercise, submission) for exercise in record["exercises"]}
    assert found == {name: submission.expected.get(name, "passed") for name in most}
    if not submission.expected:
        assert record["score"] == sum(most.values())


def _told(exercise: dict[str, Any], submission: Submission) -> str:
    """The state, or the mistake that was recognised first where one is expected."""
    if submission.expected.get(exercise["name"], "passed") in STATES:
        return str(exercise["state"])
    assert exercise["state"] in ("partial", "failed")
    first = next(finding for finding in exercise["findings"] if not finding["passed"])
    return str(first["mistake"]).partition(".")[2]


def test_a_network_built_on_the_reference_has_full_points_and_says_so(
    records: dict[tuple[str, str], dict[str, Any]],
) -> None:
    of_network = next(each for each in records["training", "uhoffmann"]["exercises"] if each["name"] == "CharLSTM")
    assert of_network["score"] == of_network["max_score"]
    (told,) = [finding for finding in of_network["findings"] if finding["check"] == "reference"]
    assert told["passed"]
    assert "the reference's embedding_forward, embedding_backward, lstm_cell_forward" in told["message"]


def test_feedback_and_report_are_there_and_no_name_is_missing(ran: tuple[Path, str]) -> None:
    course = ran[0] / "demo" / "autumn"
    assert len(list(course.glob("feedback/*/*/*.html"))) == len(CLASS)
    report = (course / "report.html").read_text(encoding="utf-8")
    assert all(person.name in report for person in PEOPLE.values())
    assert "linear_backward.parameters_averaged" in report


def test_it_says_what_to_open_and_type_next_and_both_are_so(ran: tuple[Path, str]) -> None:
    folder, printed = ran
    assert all(person.name in printed for person in PEOPLE.values())
    opened = printed.partition("Open in a browser:")[2]
    for path in [word for word in opened.split() if word.startswith("demo/")]:
        assert (folder / path).exists(), path
    line = next(line for line in opened.splitlines() if " check " in line)
    done = autograder("check", line.split(" check ")[1].split()[0], folder=folder)
    assert done.returncode == 1
    assert "mean over the batch" in done.stdout
