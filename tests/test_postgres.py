"""A gradebook on PostgreSQL, by nbgrader's own setting: a real server, started here and stopped at the end."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from courses import HALF_RIGHT, RIGHT, hand_in, marks, notebook
from kills import begin, state
from sqlalchemy import NullPool, create_engine, text

from autograder.cli import main
from autograder.grading.course import CONFIG_FILE, Course, open_course
from autograder.grading.results import records

SEED = "20"
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{}'"


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty database. The server listens on a socket in a folder of its own, and nowhere else."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    # PostgreSQL does not run as root.
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as place:
        shutil.chown(place, user)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [programs / program, *arguments], user=user, cwd=place, check=True, stdout=subprocess.DEVNULL
            )

        data = f"{place}/data"
        run("initdb", "-D", data, "-U", "grader", "--auth=trust", "--encoding=UTF8", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off"
        run("pg_ctl", "start", "-w", "-D", data, "-o", settings, "-l", f"{place}/log")
        try:
            run("createdb", "-h", place, "-U", "grader", "autumn")
            yield f"postgresql+psycopg://grader@/autumn?host={place}"
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)


def students(course: Course) -> None:
    hand_in(course, "ada", notebook(course, RIGHT))
    hand_in(course, "bob", notebook(course, HALF_RIGHT))
    hand_in(course, "eve", "{")


def run(*arguments: str) -> int:
    return main([str(argument) for argument in arguments])


def test_a_course_on_postgresql_gets_the_marks_that_it_gets_on_sqlite(
    database: str, course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "autumn"
    assert run("new", str(folder), "--gradebook", database) == 0
    assert not (folder / "gradebook.db").exists()
    there = open_course(folder)
    assert run("release", "linear", "--course", str(folder)) == 0
    for each in (course, there):
        students(each)
        assert run("grade", "linear", "--course", str(each.folder), "--seed", SEED, "--jobs", "1") == 1
    assert records(there) == records(course)
    for student in ("ada", "bob", "eve"):
        assert marks(there, student) == marks(course, student)
    with create_engine(database).connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM grade WHERE auto_score > 0")).scalar_one()
    assert found == 8

    capsys.readouterr()
    exported = []
    for each in (course, there):
        assert run("report", "--course", str(each.folder)) == 0
        capsys.readouterr()
        assert run("export", "--course", str(each.folder), "--format", "csv") == 0
        exported.append(capsys.readouterr().out)
    assert exported[0] == exported[1]
    assert (there.folder / "report.html").is_file()
    assert not (folder / "gradebook.db").exists()


def test_connections_cut_at_random_moments_cost_nothing_that_grading_again_does_not_bring_back(
    database: str, tmp_path: Path
) -> None:
    # As where a server is started anew in the midst of a run.
    states, rng, cut = {}, random.Random(1), 0
    for name, cuts in (("undisturbed", 0), ("disturbed", 8)):
        _ask(database, f"CREATE DATABASE {name}")
        assert run("new", str(tmp_path / name), "--gradebook", database.replace("/autumn", f"/{name}")) == 0
        assert run("release", "linear", "--course", str(tmp_path / name)) == 0
        there = open_course(tmp_path / name)
        for number, answers in enumerate([RIGHT, HALF_RIGHT, {}, HALF_RIGHT, RIGHT, {}]):
            hand_in(there, f"s{number}", notebook(there, answers))
        finished = False
        while not finished:
            grading = begin(there.folder, jobs=1)
            while grading.status() != psutil.STATUS_ZOMBIE:
                time.sleep(rng.uniform(0, 0.2))
                if cut < cuts:
                    cut += _ask(database, CUT.format(name))
            finished = os.waitpid(grading.pid, 0)[1] == 0
            assert finished or cut
        states[name] = state(there.folder)
    assert cut >= 8
    assert states["disturbed"] == states["undisturbed"]
    assert states["undisturbed"]["graded more than once"] == states["undisturbed"]["not noted as written"] == []


def _ask(database: str, words: str) -> int:
    """What the server answers to a command: a number, or 0."""
    with create_engine(database, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        found = connection.execute(text(words))
        return int(found.scalar_one()) if found.returns_rows else 0


@pytest.mark.parametrize("address", ["postgresql+nothing://host/x", "nonsense", "oracle://host/x"])
def test_an_address_that_is_none_is_told_in_one_line(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("new", str(tmp_path / "course"), "--gradebook", address) == 2
    said = capsys.readouterr().err.strip()
    assert said.count("\n") == 0
    assert "address" in said
    assert "report it" not in said


def test_where_no_server_answers_one_line_says_so(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    config = course.folder / CONFIG_FILE
    address = "postgresql+psycopg://grader:secret@127.0.0.1:9/autumn"
    config.write_text(config.read_text() + f"\nc.CourseDirectory.db_url = {address!r}\n")
    students(course)
    assert run("grade", "linear", "--course", str(course.folder)) == 2
    said = capsys.readouterr().err.strip()
    assert said.count("\n") == 0
    assert "cannot be opened" in said
    assert "secret" not in said
