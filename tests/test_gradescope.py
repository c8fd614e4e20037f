"""The zip for Gradescope, unpacked and run as there: setup.sh once, then run_autograder for each submission."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from courses import HALF_RIGHT, RIGHT, notebook

from autograder.cli import main
from autograder.grading.course import Course, open_course

# Gradescope's documentation, "Autograder Specifications": every field that results.json may have.
FIELDS = {
    *("score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility"),
    *("stdout_visibility", "extra_data", "tests", "leaderboard"),
}
TEST_FIELDS = {
    *("score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags"),
    *("visibility", "extra_data"),
}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}

# With it and without it: some containers let nobody make namespaces. What is left then needs root.
PLACES = ("bubblewrap", "nobody")
AS_ROOT = os.getuid() == 0


def fits_the_documentation(results: dict[str, Any]) -> None:
    assert set(results) <= FIELDS
    assert type(results.get("score", 0.0)) is float or results["score"] == 0
    assert results.get("output_format", "text") in FORMATS
    assert results.get("stdout_visibility", "hidden") in VISIBILITIES
    for test in results.get("tests", []):
        assert set(test) <= TEST_FIELDS
        assert {type(test[name]) for name in ("score", "max_score")} == {float}
        assert {type(test[name]) for name in ("name", "output")} == {str}
        assert test["status"] in ("passed", "failed")
        assert test.get("output_format", "text") in FORMATS
        assert test.get("visibility", "visible") in VISIBILITIES
    if "score" in results:
        assert results["score"] == pytest.approx(sum(test["score"] for test in results["tests"]))


@pytest.fixture(scope="module")
def container(released: Path) -> Iterator[Path]:
    """A folder laid out as /autograder, set up. As there, every user may pass through it."""
    with tempfile.TemporaryDirectory(prefix="gradescope-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        command = ["export", "--course", str(released), "--format", "gradescope-autograder", "--chapter", "linear"]
        assert main([*command, "--output", str(root / "upload.zip")]) == 0
        for name in ("source", "submission", "results"):
            (root / name).mkdir()
        with zipfile.ZipFile(root / "upload.zip") as archive:
            archive.extractall(root / "source")
        shutil.copyfile(root / "source" / "run_autograder", root / "run_autograder")
        (root / "run_autograder").chmod(0o755)
        environment = {**os.environ, "AUTOGRADER_ROOT": str(root)}
        done = subprocess.run(
            ["bash", root / "source" / "setup.sh"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        yield root


@pytest.fixture
def a_course(released: Path) -> Course:
    return open_course(released)


def run(root: Path, handed_in: dict[str, str], place: str = "bubblewrap") -> tuple[int, dict[str, Any], str]:
    """Exit code, results.json, and what the instructor sees."""
    for name in ("submission", "results"):
        shutil.rmtree(root / name)
        (root / name).mkdir()
    for name, text in handed_in.items():
        (root / "submission" / name).write_text(text)
    path = os.environ["PATH"] if place == "bubblewrap" else "/nowhere"
    done = subprocess.run(
        [shutil.which("bash") or "bash", root / "run_autograder"],
        env={"AUTOGRADER_ROOT": str(root), "PATH": path},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads((root / "results" / "results.json").read_text())
    fits_the_documentation(results)
    return done.returncode, results, done.stdout + done.stderr


def test_the_zip_has_its_scripts_at_the_root_and_they_may_be_run(container: Path) -> None:
    with zipfile.ZipFile(container / "upload.zip") as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        settings = json.loads(archive.read("settings.json"))
    assert {name for name in modes if "/" not in name} == {
        *("setup.sh", "run_autograder", "settings.json", "requirements.txt", "python-version")
    }
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    assert settings["chapter"] == "linear"
    assert settings["seed"] > 0


@pytest.mark.parametrize("place", PLACES)
def test_each_exercise_is_a_test_with_its_points_and_what_was_said(
    container: Path, a_course: Course, place: str
) -> None:
    code, results, said = run(container, {"linear.ipynb": notebook(a_course, HALF_RIGHT)}, place)
    if place == "nobody" and not AS_ROOT:
        assert (code, set(results)) == (1, {"output"})
        assert "bubblewrap" in said
        return
    assert code == 0
    tests = {test["name"]: test for test in results["tests"]}
    assert list(tests) == list(RIGHT)
    assert sum(test["max_score"] for test in tests.values()) == 26
    assert tests["linear_forward"]["status"] == "passed"
    assert tests["linear_backward"]["status"] == "failed"
    assert 0 < tests["linear_backward"]["score"] < tests["linear_backward"]["max_score"]
    assert "mean over the batch" in tests["linear_backward"]["output"]
    assert ("runs as nobody" in said) == (place == "nobody")


def test_the_same_submission_has_the_same_results_each_time_and_in_either_place(
    container: Path, a_course: Course
) -> None:
    handed_in = {"my work.ipynb": notebook(a_course, RIGHT), "notes.txt": "x"}
    first = run(container, handed_in)
    assert first[1]["score"] == 26.0
    assert run(container, handed_in)[1] == first[1]
    assert run(container, handed_in, "nobody")[1] == first[1] or not AS_ROOT


@pytest.mark.parametrize(
    ("handed_in", "says"),
    [
        ({}, "there is no notebook"),
        ({"linear.ipynb": "{"}, "breaks off"),
        ({"a.ipynb": "{}", "b.ipynb": "{}"}, "several files (a.ipynb, b.ipynb)"),
    ],
)
def test_what_cannot_be_read_is_told_to_the_student(container: Path, handed_in: dict[str, str], says: str) -> None:
    code, results, _ = run(container, handed_in)
    assert code == 0
    assert results["score"] == 0
    assert says in results["output"]
    assert says in results["tests"][0]["output"]
    assert results["tests"][0]["max_score"] == 26


HOSTILE = """
import json, os, socket, sys
root = {root!r}
told, canary = [], "CAN" + "ARY"  # in two, for the feedback quotes the student's own line
answers = [root + "/source/course/solutions/linear.py", root + "/source/settings.json"]
for path in (*answers, "/proc/%d/environ" % os.getppid()):
    try:
        told.append(open(path).read())
    except OSError:
        pass
forged = json.dumps({{"score": 1000.0, "tests": []}})
for path in ("/results/results.json", "/results/other", "/run_autograder", "/source/settings.json"):
    try:
        open(root + path, "w").write(forged)
    except OSError:
        pass
parent = os.getppid() or 1  # in namespaces of its own it has none, and is itself the first
forbidden = [lambda: os.setuid(0), lambda: socket.socket()]
if parent != 1:
    forbidden.append(lambda: os.kill(parent, 9))
for attempt in forbidden:
    try:
        attempt()
        told.append(f"it was allowed: {{attempt}}")
    except OSError:
        pass
def linear_forward(x, weight, bias):
    raise ValueError(canary * bool(told) + " ".join(told)[:500])
"""


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_submission_reads_no_answer_and_writes_no_mark(container: Path, a_course: Course, place: str) -> None:
    script = (container / "run_autograder").read_bytes()
    hostile = notebook(a_course, {**RIGHT, "linear_forward": HOSTILE.format(root=str(container))})
    code, results, _ = run(container, {"linear.ipynb": hostile}, place)
    assert "CANARY" not in json.dumps(results)
    assert results.get("score", 0.0) < 26
    assert (container / "run_autograder").read_bytes() == script
    assert [path.name for path in (container / "results").iterdir()] == ["results.json"]
    if place == "bubblewrap" or AS_ROOT:
        assert code == 0
        assert results["tests"][0]["score"] == 0
        assert results["score"] > 0  # the rest is right, and counts


def test_the_command_asks_for_what_it_needs(released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = ["export", "--course", str(released), "--format"]
    zipped = [*export, "gradescope-autograder", "--output", str(tmp_path / "a.zip")]
    for arguments, says in (
        (zipped, "name it with --chapter"),
        ([*export, "gradescope-autograder", "--chapter", "linear"], "name it with --output"),
        ([*zipped, "--chapter", "nonsense"], "the chapters are"),
        ([*export, "csv", "--chapter", "linear"], "leave it out"),
    ):
        assert main(arguments) == 2
        assert says in capsys.readouterr().err
    assert main([*zipped, "--chapter", "linear"]) == 0
    said = capsys.readouterr().out
    assert "26 points" in said
    assert "never hand it to students" in said
