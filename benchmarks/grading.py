"""What grading costs a submission: `autograder grade` beside stock nbgrader, the same notebooks, by turns in one run.

uv run python benchmarks/grading.py                      # 10 submissions
uv run python benchmarks/grading.py --sizes 10 100 1000  # hours, nearly all of them nbgrader's
uv run python benchmarks/grading.py --sizes 1000 --ours  # without stock nbgrader
uv run python benchmarks/grading.py --bare               # notebooks without the chapter's experiments

The notebooks are those of the demo's class that are whole and honest, right and half right by turns. Each side has a
course of its own. The submissions are graded in blocks, one command a block (two with stock nbgrader: autograde and
generate_feedback), now one side first and now the other. Everything counts: starting Python, the sandbox, gradebook,
autograded notebooks and feedback. CPU is that of the commands and of all the processes that came of them; memory is
that of the largest of these processes.

Stock nbgrader runs whole notebooks, and with them the chapter's experiments, which draw curves and train a network;
`autograder grade` leaves out what the course gave and nobody changed. `--bare` takes these cells out of the notebooks
beforehand, so that on both sides nothing is left but answers and checks.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from autograder.demo import classroom
from autograder.demo.damage import whole
from autograder.grading.course import new, open_course
from autograder.grading.release import release

CHAPTER = "linear"
_PR_SET_CHILD_SUBREAPER = 36


@dataclass
class Cost:
    """What the commands of one side took so far."""

    cpu: float = 0.0
    wall: float = 0.0
    megabytes: float = 0.0

    def add(self, words: Sequence[str], folder: Path) -> None:
        """Run a command and add its cost. Exit code 1 says that a notebook could not be graded: here all can."""
        start = time.monotonic()
        with (folder / "benchmark.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", *words], cwd=folder, stdout=log, stderr=log)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(words)[:80]} failed; {folder}/benchmark.log says why")
        self.wall += time.monotonic() - start
        for one in (used, *orphans()):
            self.cpu += one.ru_utime + one.ru_stime
            self.megabytes = max(self.megabytes, one.ru_maxrss / 1024)

    def row(self, name: str, size: int) -> str:
        return f"{size:5}  {name:16} {self.cpu / size:9.3f} {self.wall / size:9.3f} {self.megabytes:9.0f}"


def adopt_orphans() -> None:
    """Let processes whose parent has ended become ours: sandboxes and kernels may outlive the command for a moment."""
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise SystemExit("this kernel does not let a process adopt orphans, so not all costs could be seen")


def orphans() -> Iterator[resource.struct_rusage]:
    """What each adopted process used, once it has ended."""
    while True:
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return


def ours(cost: Cost, folder: Path, students: Sequence[str]) -> None:
    chosen = [word for student in students for word in ("--student", student)]
    cost.add(["autograder", "grade", CHAPTER, "--course", ".", *chosen], folder)


def stock(cost: Cost, folder: Path, students: Sequence[str]) -> None:
    block = students[0].partition("-")[0]
    for command in ("autograde", "generate_feedback"):
        cost.add(["nbgrader", command, CHAPTER, f"--student={block}-*"], folder)


def make_course(folder: Path) -> None:
    new(folder)
    release(open_course(folder), [CHAPTER])


def hand_in(folder: Path, size: int, block: int, bare: bool) -> list[list[str]]:
    """Write the submissions, and return the students block by block."""
    released = json.loads((folder / "release" / CHAPTER / f"{CHAPTER}.ipynb").read_text(encoding="utf-8"))
    if bare:
        released["cells"] = [cell for cell in released["cells"] if not is_for_experiments(cell)]
    honest = [work for work in classroom.submissions(CHAPTER) if work.damage is whole and not work.hostile]
    texts = [classroom.notebook_text(released, CHAPTER, work) for work in honest]
    blocks: list[list[str]] = [[] for _ in range(-(-size // block))]
    for number in range(size):
        student = f"b{number // block:03}-s{number:04}"
        blocks[number // block].append(student)
        path = folder / "submitted" / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(texts[number % len(texts)], encoding="utf-8")
    return blocks


def is_for_experiments(cell: dict[str, Any]) -> bool:
    """Whether neither answers nor checks need the cell: experiments, and every setup but the chapter's imports."""
    tags = cell["metadata"].get("tags", [])
    return "experiment" in tags or ("setup" in tags and cell["metadata"]["nbgrader"]["grade_id"] != "imports")


def feedback_pages(folder: Path) -> int:
    return len(list(folder.glob(f"feedback/*/{CHAPTER}/{CHAPTER}.html")))


def compare(course: Path, folder: Path, size: int, options: argparse.Namespace) -> None:
    """Grade `size` submissions on both sides and print their rows."""
    graders = {"autograder": ours} if options.ours else {"autograder": ours, "stock nbgrader": stock}
    courses = {name: folder / f"{size}-{name.replace(' ', '-')}" for name in graders}
    for copy in courses.values():
        shutil.copytree(course, copy)
        blocks = hand_in(copy, size, options.block, options.bare)
    costs = {name: Cost() for name in graders}
    for number, students in enumerate(blocks):
        for name in sorted(graders, reverse=number % 2 == 1):
            graders[name](costs[name], courses[name], students)
    for name, cost in costs.items():
        assert feedback_pages(courses[name]) == size, f"{name} did not grade all"
        print(cost.row(name, size), flush=True)
    if not options.ours:
        mine, theirs = costs["autograder"], costs["stock nbgrader"]
        print(f"{size:5}  {'ratio':16} {theirs.cpu / mine.cpu:9.1f} {theirs.wall / mine.wall:9.1f}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10], help="how many submissions (default: 10)")
    parser.add_argument("--block", type=int, default=50, help="how many a command grades at most (default: 50)")
    parser.add_argument("--ours", action="store_true", help="leave stock nbgrader out")
    parser.add_argument("--bare", action="store_true", help="take the experiments out of the notebooks")
    options = parser.parse_args()
    if min(*options.sizes, options.block, 10**6) < 1:
        parser.error("sizes and block must be at least 1")
    print(
        f"{date.today()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, chapter {CHAPTER}"
    )
    adopt_orphans()
    print(" size  grader           CPU s/sub wall s/sub  peak MB", flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        folder = Path(scratch)
        make_course(folder / "course")
        for size in options.sizes:
            compare(folder / "course", folder, size, options)


if __name__ == "__main__":
    main()
