"""Grading on a Dask cluster: a real scheduler and real worker processes, on loopback, ended with the tests."""

from __future__ import annotations

import importlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import pytest
from courses import HALF_RIGHT, RIGHT, hand_in, marks, notebook
from distributed import Client, LocalCluster

from autograder.cli import main
from autograder.grading import cluster as engine
from autograder.grading import version
from autograder.grading.course import Course, CourseError, open_course
from autograder.grading.grade import grade
from autograder.grading.journal import Journal
from autograder.grading.record import to_json
from autograder.grading.submissions import collect

SEED = 20


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with two_workers(tmp_path_factory.mktemp("dask")) as started:
        yield started


@contextmanager
def two_workers(folder: Path) -> Iterator[LocalCluster]:
    """Two worker processes that start anew when they die, in a folder that is no course."""
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):  # by default 3: the same, but longer
        started = LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(folder),
            silence_logs=logging.CRITICAL,
        )
    with started:
        yield started


@pytest.fixture(scope="module")
def class_of_ten(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Handed in, ungraded: right and wrong answers, endless and deadly ones, and a file that is no notebook."""
    folder = tmp_path_factory.mktemp("cluster") / "course"
    shutil.copytree(released, folder)
    course = open_course(folder)
    for number in range(4):
        hand_in(course, f"right{number}", notebook(course, RIGHT))
        hand_in(course, f"wrong{number}", notebook(course, HALF_RIGHT))
    hand_in(course, "exits", notebook(course, {**RIGHT, "kaiming_normal": "import os\nos._exit(0)"}))
    hand_in(course, "broken", "{")
    return course


def own(course: Course, tmp_path: Path, name: str) -> Course:
    shutil.copytree(course.folder, tmp_path / name)
    return open_course(tmp_path / name)


@pytest.fixture(scope="module")
def undisturbed(class_of_ten: Course, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What grading on this machine gives."""
    course = own(class_of_ten, tmp_path_factory.mktemp("local"), "course")
    return everything(course, grade(course, "linear", seed=SEED))


def everything(course: Course, outcome: Any) -> dict[str, Any]:
    """What grading gave, to the last digit: the records, and the marks in the gradebook."""
    records = {str(result.student): to_json(result) for result in outcome.results}
    return {"records": records, "gradebook": {student: marks(course, student) for student in records}}


def lethal(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Stands in for a fault of ours: one student's notebook kills every worker that takes it up."""
    if b"os._exit" in asked["data"]:
        time.sleep(3)  # what dies while it is being started is not started again
        os.kill(os.getpid(), signal.SIGKILL)
    return engine.judge_there(dict(asked))


def test_the_same_marks_bit_for_bit_as_on_one_machine(
    cluster: LocalCluster,
    class_of_ten: Course,
    undisturbed: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    there = own(class_of_ten, tmp_path, "there")
    address = cluster.scheduler_address
    folder = str(there.folder)
    assert main(["grade", "linear", "--course", folder, "--scheduler", address, "--seed", str(SEED)]) == 1
    assert "broken: its JSON breaks off" in capsys.readouterr().out
    distributed = grade(there, "linear")
    assert distributed.kept == len(distributed.results) == 10
    assert everything(there, distributed) == undisturbed
    assert 0 < marks(there, "wrong0")["linear_backward"] < marks(there, "right0")["linear_backward"]


def test_a_worker_that_is_killed_costs_nothing_but_time(
    class_of_ten: Course, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    course = own(class_of_ten, tmp_path, "course")
    killed: list[int] = []
    with two_workers(tmp_path) as cluster, Client(cluster.scheduler_address, set_as_default=False) as client:
        pids = client.run(os.getpid)

        def kill_one(progress: Any) -> None:
            if progress.done == 2 and not killed:
                killed.append(next(iter(pids.values())))
                os.kill(killed[0], signal.SIGKILL)

        outcome = grade(course, "linear", seed=SEED, scheduler=cluster.scheduler_address, progress=kill_one)
        client.wait_for_workers(2, timeout=60)
        assert killed
        assert killed[0] not in client.run(os.getpid).values()
    assert everything(course, outcome) == undisturbed


def test_what_kills_its_worker_each_time_ends_with_a_state(class_of_ten: Course, tmp_path: Path) -> None:
    found = collect(class_of_ten, "linear", ["exits", "right0", "right1", "wrong0", "broken"])
    # Dask does not always start a worker anew that dies again and again, so this cluster serves nothing else.
    with two_workers(tmp_path) as cluster:
        results = {
            submission.student: result
            for submission, result in engine.judge_all(found, SEED, cluster.scheduler_address, task=lethal)
        }
    assert results.keys() == {"exits", "right0", "right1", "wrong0", "broken"}
    assert {verdict.state for verdict in results["exits"].verdicts} == {"crashed"}
    assert "died each time" in results["exits"].verdicts[0].findings[0].message
    assert results["right0"].score == results["right1"].score == results["right0"].max_score
    assert results["broken"].state == "unreadable"


def test_workers_are_not_told_whose_notebook_they_have(course: Course) -> None:
    hand_in(course, "zebedee", notebook(course, RIGHT))
    asked: list[dict[str, Any]] = []

    class Listening:
        def submit(self, task: Any, told: dict[str, Any], pure: bool) -> None:
            asked.append(told)

    submission = collect(course, "linear", ["zebedee"])[0]
    engine._sent(Listening(), submission, engine._contents(submission) or b"", SEED, None)  # type: ignore[arg-type]
    assert "zebedee" not in repr(asked)
    assert str(course.folder) not in repr(asked)
    assert {type(value) for value in asked[0].values()} == {str, bytes, int, dict}


def test_workers_with_other_sources_are_refused(
    cluster: LocalCluster, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(course, "ada", notebook(course, RIGHT))
    ours = dict(engine.sources())
    monkeypatch.setattr(engine, "sources", lambda: {**ours, "NumPy": "0.1"})
    with pytest.raises(CourseError, match="other versions of NumPy"):
        grade(course, "linear", scheduler=cluster.scheduler_address)


def test_workers_with_another_engine_are_refused(cluster: LocalCluster, course: Course) -> None:
    """A rule of the engine differs there, and nothing else: their marks would not be ours."""

    def change() -> None:
        version.parts = lambda chapter: []
        engine.sources.cache_clear()

    def change_back() -> None:
        importlib.reload(version)
        engine.course_version = version.course_version
        engine.sources.cache_clear()

    hand_in(course, "ada", notebook(course, RIGHT))
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        client.run(change)
        try:
            with pytest.raises(CourseError, match="other versions of the chapter linear, the chapter activations"):
                grade(course, "linear", scheduler=cluster.scheduler_address)
        finally:
            client.run(change_back)
    assert not Journal(course, "linear").read()
    assert grade(course, "linear", scheduler=cluster.scheduler_address).results[0].score == 26


def test_a_scheduler_that_is_lost_in_the_middle_costs_nothing_but_time(
    class_of_ten: Course, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    course = own(class_of_ten, tmp_path, "course")
    with scheduler_and_worker(tmp_path) as (address, process):

        def kill_it(progress: Any) -> None:
            if progress.done == 3:
                process.kill()

        with pytest.raises(CourseError, match=r"the scheduler at tcp://\S+ is gone; start it and grade again") as lost:
            grade(course, "linear", seed=SEED, scheduler=address, progress=kill_it)
        assert "\n" not in str(lost.value)
    outcome = grade(course, "linear")
    assert 3 <= outcome.kept < len(outcome.results) == 10
    assert everything(course, outcome) == undisturbed
    assert all(len(entries) == 1 for entries in Journal(course, "linear").history().values())


@contextmanager
def scheduler_and_worker(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler's address and process, with one worker, each started as a user starts it."""
    found = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    common = ["--scheduler-file", str(found), "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    scheduler = subprocess.Popen([*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", *common], **quiet)
    worker = subprocess.Popen([*dask, "worker", *common, "--nthreads", "1", "--no-nanny"], **quiet)
    try:
        while not found.exists():
            assert scheduler.poll() is None
            time.sleep(0.1)
        yield json.loads(found.read_text())["address"], scheduler
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()


def test_where_no_scheduler_answers_one_line_says_so(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(course, "ada", notebook(course, RIGHT))
    for address, words in (("tcp://127.0.0.1:9", "no Dask scheduler answers"), ("nonsense://x", "nonsense")):
        assert main(["grade", "linear", "--course", str(course.folder), "--scheduler", address]) == 2
        said = capsys.readouterr().err.strip().splitlines()[-1]
        assert words in said
    assert main(["grade", "linear", "--course", "x", "--scheduler", "tcp://x", "--jobs", "2"]) == 2
    assert "--jobs is for this machine alone" in capsys.readouterr().err
