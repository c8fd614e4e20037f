"""What goes wrong with us while we grade: a worker or the run dies, a result cannot be written, no sandbox starts."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from courses import RIGHT, hand_in, notebook

from autograder import answers
from autograder.grading import grade as grading
from autograder.grading import workers
from autograder.grading.course import Course, CourseError
from autograder.grading.grade import Progress, grade, grade_loose
from autograder.grading.journal import Journal


def test_a_worker_that_dies_is_replaced_and_its_submission_tried_again(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob", "cem"):
        hand_in(course, student, notebook(course, RIGHT))
    killed: list[str] = []
    give = workers._Worker.give

    def kill_once(worker: Any, task: Any) -> None:
        give(worker, task)
        if task.submission.student == "bob" and not killed:
            killed.append("bob")
            os.kill(worker._process.pid, signal.SIGKILL)

    monkeypatch.setattr(workers._Worker, "give", kill_once)
    assert [result.score for result in grade(course, "linear", jobs=1).results] == [26.0] * 3
    assert killed == ["bob"]


def test_a_submission_whose_worker_dies_twice_is_crashed_and_the_others_are_graded(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob", "cem"):
        hand_in(course, student, notebook(course, RIGHT))
    give = workers._Worker.give

    def kill_always(worker: Any, task: Any) -> None:
        give(worker, task)
        if task.submission.student == "bob":
            os.kill(worker._process.pid, signal.SIGKILL)

    monkeypatch.setattr(workers._Worker, "give", kill_always)
    ada, bob, cem = grade(course, "linear", jobs=1).results
    assert (ada.score, cem.score) == (26.0, 26.0)
    assert {verdict.state for verdict in bob.verdicts} == {"crashed"}
    assert "died, twice" in bob.verdicts[0].findings[0].message


def test_a_run_that_was_killed_goes_on_where_it_was(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    for student in ("ada", "bob", "cem"):
        hand_in(course, student, notebook(course, RIGHT))

    def stop_after_first(progress: Progress) -> None:
        if progress.done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(course, "linear", jobs=1, progress=stop_after_first)
    begun = Journal(course, "linear").read()
    outcome = grade(course, "linear", jobs=1)
    assert len(begun) == outcome.kept == 1
    assert next(iter(begun.values())).key.seed == outcome.seed
    assert [result.score for result in outcome.results] == [26.0] * 3


def test_a_result_that_could_not_be_written_is_told_and_mended_by_grading_again(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob"):
        hand_in(course, student, notebook(course, RIGHT))
    from autograder.grading import recorder

    whole = recorder.write_whole

    def full_for_ada(path: Path, *arguments: Any) -> None:
        if "ada" in path.parts:
            raise OSError(28, "No space left on device")
        whole(path, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(recorder, "write_whole", full_for_ada)
        outcome = grade(course, "linear")
    (problem,) = outcome.problems
    assert problem.startswith("ada is graded but not written down")
    assert (course.path("feedback", "linear", "bob") / "linear.html").is_file()
    again = grade(course, "linear")
    assert (again.problems, again.kept) == ((), 2)
    assert (course.path("feedback", "linear", "ada") / "linear.html").is_file()


def test_two_runs_at_once_are_refused(course: Course) -> None:
    hand_in(course, "ada", notebook(course, RIGHT))

    def second(_: Progress) -> None:
        with pytest.raises(CourseError, match="is being graded already; wait"):
            grade(course, "linear")

    grade(course, "linear", progress=second)


def test_without_a_sandbox_nothing_runs_unless_trusted(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(course, "ada", notebook(course, RIGHT))
    line = "bubblewrap is not installed: sudo apt-get install bubblewrap"
    monkeypatch.setattr(grading, "missing", lambda confined: line)
    with pytest.raises(CourseError, match=line):
        grade(course, "linear")
    with pytest.raises(CourseError, match=line):
        grade_loose([course.path("submitted", "linear", "ada") / "linear.ipynb"])
    assert not Journal(course, "linear").path.exists()
    assert grade(course, "linear", trust=True).results[0].score == 26.0


def test_where_the_sandbox_starts_but_runs_nothing_no_submission_is_blamed(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(course, "ada", notebook(course, RIGHT))
    folder = course.folder.parent / "bin"
    folder.mkdir()
    (folder / "bwrap").write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    (folder / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    with pytest.raises(CourseError, match="setting up uid map"):
        grade(course, "linear")
    assert not Journal(course, "linear").path.exists()


def test_keys_are_made_once_for_all_workers_and_the_one_that_takes_the_place_of_another(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        hand_in(course, f"s{number}", notebook(course, RIGHT))
    sent: list[str] = []
    make = answers.make_keys

    def counted(*arguments: Any) -> Any:
        sent.append("made")
        return make(*arguments)

    give = workers._Worker.give

    def kill_once(worker: Any, task: Any) -> None:
        give(worker, task)
        if task.submission.student == "s1" and task.tries == 1:
            os.kill(worker._process.pid, signal.SIGKILL)

    monkeypatch.setattr(answers, "make_keys", counted)
    monkeypatch.setattr(workers._Worker, "give", kill_once)
    assert [result.score for result in grade(course, "linear", jobs=2).results] == [26.0] * 4
    assert sent == ["made"]


def test_what_cannot_be_graded_is_told_in_one_line(course: Course) -> None:
    for arguments, line in {
        ("liner",): "there is no chapter 'liner'; the chapters are",
        ("linear", "zoe"): "zoe has handed in nothing: there is no folder",
    }.items():
        with pytest.raises(CourseError, match=line):
            grade(course, arguments[0], students=arguments[1:])
    with course.gradebook() as gradebook:
        gradebook.find_grade_cell("linear_backward", "linear", "linear").max_score = 10.0
        gradebook.db.commit()
    with pytest.raises(CourseError, match="linear was released before linear_backward changed; run `autograder rel"):
        grade(course, "linear")
    with course.gradebook() as gradebook:
        gradebook.remove_assignment("linear")
    with pytest.raises(CourseError, match="linear is not released in this course; run `autograder release linear"):
        grade(course, "linear")
