"""Attacks on the grader's own time and memory: what it reads, keeps and shows of a submission has an end."""

from __future__ import annotations

import os
import shutil
import signal
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from boxes import ROOMY
from courses import RIGHT, Document, hand_in, marks, notebook
from fuzz import raise_hang, watched
from judging import SEED, keys

from autograder.calls import Local
from autograder.checking import check_exercise
from autograder.grading.course import Course, open_course
from autograder.grading.grade import grade
from autograder.registry import exercises
from autograder.sandbox import Sandbox

BLANK = "x = 1\n" + "\n" * 200_000 + "y = 2"
CHAIN = "a." * 100_000 + "a"
CELLS: Mapping[str, Sequence[tuple[str, str]]] = {
    "blank lines": [("code", BLANK)],
    "blank lines in a text": [("markdown", BLANK)],
    "a chain of names": [("code", CHAIN)],
    "many cells": [("code", "x = 1")] * 900,
    "much code": [("code", "#" * 15_000)] * 50,
}
TIMESTAMPS: Mapping[str, Callable[[Path], object]] = {
    "a link to what has no end": lambda path: path.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
    "a long text": lambda path: path.write_text("2030-05-01 12:00:00 UTC" + " and" * 2_000_000),
}


@pytest.fixture(scope="module", autouse=True)
def hang() -> Iterator[None]:
    """What took minutes or hours before it had an end raises Hang; else it takes seconds."""
    before = signal.signal(signal.SIGPROF, raise_hang)
    yield
    signal.signal(signal.SIGPROF, before)


def with_cells(cells: Sequence[tuple[str, str]]) -> Callable[[Document], None]:
    def edit(document: Document) -> None:
        document["cells"] += [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in cells]

    return edit


@pytest.fixture(scope="module")
def class_of(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A student for each attack, who beside it has all answers right; graded once."""
    folder = tmp_path_factory.mktemp("class") / "course"
    shutil.copytree(released, folder)
    course = open_course(folder)
    for name, cells in CELLS.items():
        hand_in(course, name, notebook(course, RIGHT, edit=with_cells(cells)))
    for name, make in TIMESTAMPS.items():
        make(hand_in(course, name, notebook(course, RIGHT)).parent / "timestamp.txt")
    with watched():
        outcome = grade(course, "linear", jobs=1)
    assert outcome.problems == ()
    return course


@pytest.mark.parametrize("student", [*CELLS, *TIMESTAMPS])
def test_what_is_made_to_take_long_is_graded(class_of: Course, student: str) -> None:
    assert sum(marks(class_of, student).values()) == 26


@pytest.mark.parametrize("student", CELLS)
def test_of_what_is_too_much_a_part_is_shown(class_of: Course, student: str) -> None:
    written = nbformat.read(class_of.path("autograded", "linear", student) / "linear.ipynb", as_version=4)
    shown = [cell.source for cell in written.cells]
    assert sum(map(len, shown)) < 250_000
    assert not any("\n" * 25 in source for source in shown)
    for answer in RIGHT.values():
        assert answer in shown
    if student in ("a chain of names", "much code"):
        assert "more characters stand in the file that was handed in" in shown[-1]
    assert (class_of.path("feedback", "linear", student) / "linear.html").stat().st_size < 5_000_000


def test_a_cell_of_blank_lines_is_looked_through_once() -> None:
    with Sandbox(ROOMY) as sandbox, watched(), sandbox.submission([BLANK, "import matplotlib"]) as running:
        assert [cell.raised for cell in running.cells] == [None, None]


def test_what_all_cells_print_together_is_kept_up_to_a_limit() -> None:
    loud = "import sys\nprint('x' * 100_000)\nprint('x' * 100_000, file=sys.stderr)"
    count = 2 * ROOMY.outputs_bytes // ROOMY.output_bytes
    with Sandbox(ROOMY) as sandbox, sandbox.submission([*[loud] * count, "1 / 0"]) as running:
        assert ROOMY.outputs_bytes // 2 < sum(cell.size for cell in running.cells) <= ROOMY.outputs_bytes + 1000
        assert [cell.raised is None for cell in running.cells] == [True] * count + [False]
        assert running.cells[-1].raised is not None
        assert running.cells[-1].raised.type == "ZeroDivisionError"


def test_large_results_are_not_kept_from_case_to_case() -> None:
    size = 2**20  # numbers

    def linear_forward(x: Any, weight: Any, bias: Any) -> Any:
        return np.full(size, 0.5), None

    key = keys("linear", SEED)["linear_forward"]
    assert len(key.cases) >= 6
    tracemalloc.start()
    verdict = check_exercise(exercises("linear")["linear_forward"], key, Local({"linear_forward": linear_forward}))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert verdict.findings[0].message == f"out: the shape is ({size},), expected (5, 3)."
    assert most < 6 * 8 * size
