"""What grading costs a submission: `autograder grade` beside stock nbgrader, the same notebooks, by turns in one run.

uv run python benchmarks/grading.py                                   # 10 submissions
uv run python benchmarks/grading.py --sizes 10 100 1000 --sample 10   # stock nbgrader grades 10 of each size
uv run python benchmarks/grading.py --sizes 1000 --sample 0           # without stock nbgrader
uv run python benchmarks/grading.py --bare                            # notebooks without the chapter's experiments

The notebooks are those of the demo's class that are whole and honest, right and half right by turns. Each side has a
course of its own. The submissions are graded in blocks, one command a block (two with stock nbgrader: autograde and
generate_feedback), now one side first and now the other. Everything counts: starting Python, the sandbox, gradebook,
autograded notebooks and feedback. CPU is that of the commands and of all the processes that came of them; memory is
that of the largest of these processes. Beforehand each side grades one submission that does not count, so that what
Python compiles once is compiled.

Stock nbgrader would take hours for a thousand whole notebooks. With `--sample` it grades only so many of them, spread
evenly over the run; the table says how many. Its row is what they cost each beyond starting up, and of starting up as
much as if it had graded all, in as many commands; what starting up costs is measured by asking for nobody's notebook.

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
from collections.abc import Callable, Iterator, Sequence
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

    def add(self, words: Sequence[str], folder: Path, fails: bool = False) -> None:
        """Run a command and add its cost. Exit code 1 says that a notebook could not be graded: here all can."""
        start = time.monotonic()
        with (folder / "benchmark.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", *words], cwd=folder, stdout=log, stderr=log)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if (process.returncode != 0) is not fails:
            raise SystemExit(f"{' '.join(words)[:80]} ended wrongly; {folder}/benchmark.log says why")
        self.wall += time.monotonic() - start
        for one in (used, *orphans()):
            self.cpu += one.ru_utime + one.ru_stime
            self.megabytes = max(self.megabytes, one.ru_maxrss / 1024)

    def less(self, times: int, start: Cost) -> Cost:
        return Cost(self.cpu - times * start.cpu, self.wall - times * start.wall, self.megabytes)

    def each(self, number: int) -> Cost:
        return Cost(self.cpu / number, self.wall / number, self.megabytes)

    def row(self, size: int, name: str, graded: int) -> str:
        return f"{size:5}  {name:16} {graded:6} {self.cpu:9.3f} {self.wall:9.3f} {self.megabytes:9.0f}"


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


def stock(cost: Cost, folder: Path, pattern: str, fails: bool = False) -> None:
    for command in ("autograde", "generate_feedback"):
        cost.add(["nbgrader", command, CHAPTER, f"--student={pattern}"], folder, fails)


def make_course(folder: Path) -> None:
    new(folder)
    release(open_course(folder), [CHAPTER])


def make_stock(folder: Path) -> None:
    """Take out of a course what makes `nbgrader autograde` judge as `autograder grade` does."""
    config = folder / "nbgrader_config.py"
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "autograder" not in line]
    assert len(kept) == len(lines) - 2, "the comment and the line that sets our preprocessor"
    config.write_text("".join(kept), encoding="utf-8")


def hand_in(folder: Path, size: int, sample: int, options: argparse.Namespace) -> list[list[str]]:
    """Write the submissions, and return the students block by block; those of the sample have a t in their names."""
    released = json.loads((folder / "release" / CHAPTER / f"{CHAPTER}.ipynb").read_text(encoding="utf-8"))
    if options.bare:
        released["cells"] = [cell for cell in released["cells"] if not is_for_experiments(cell)]
    honest = [work for work in classroom.submissions(CHAPTER) if work.damage is whole and not work.hostile]
    texts = [classroom.notebook_text(released, CHAPTER, work) for work in honest]
    # Notebooks of every kind are in the sample, as often as among all: some cost stock nbgrader twice what others do.
    sampled = {(2 * turn + 1) * size // (2 * sample): turn * len(texts) // sample for turn in range(sample)}
    blocks: list[list[str]] = [[] for _ in range(-(-size // options.block))]
    for number in range(size):
        student = f"b{number // options.block:03}-{'t' if number in sampled else 's'}{number:04}"
        blocks[number // options.block].append(student)
        path = folder / "submitted" / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(texts[sampled.get(number, number % len(texts))], encoding="utf-8")
    return blocks


def is_for_experiments(cell: dict[str, Any]) -> bool:
    """Whether neither answers nor checks need the cell: experiments, and every setup but the chapter's imports."""
    tags = cell["metadata"].get("tags", [])
    return "experiment" in tags or ("setup" in tags and cell["metadata"]["nbgrader"]["grade_id"] != "imports")


def feedback_pages(folder: Path) -> int:
    return len(list(folder.glob(f"feedback/*/{CHAPTER}/{CHAPTER}.html")))


def compare(course: Path, folder: Path, size: int, options: argparse.Namespace) -> None:
    """Grade `size` submissions, as many of them as are asked for with stock nbgrader too, and print the rows."""
    sample = size if options.sample is None else min(size, options.sample)
    mine, theirs = folder / f"{size}-ours", folder / f"{size}-stock"
    for copy in (mine, theirs):
        shutil.copytree(course, copy)
        blocks = hand_in(copy, size, sample, options)
    make_stock(theirs)
    cost, their_cost, their_start = Cost(), Cost(), Cost()
    if sample:
        stock(their_start, theirs, "nobody", fails=True)
    for number, students in enumerate(blocks):
        turns: list[Callable[[], None]] = [lambda: ours(cost, mine, students)]  # noqa: B023 (called in this round)
        some = [student for student in students if "-t" in student]
        if some:
            turns.append(lambda: stock(their_cost, theirs, f"{some[0].partition('-')[0]}-t*"))  # noqa: B023
        for turn in turns[:: -1 if number % 2 else 1]:
            turn()
    assert feedback_pages(mine) == size, "autograder did not grade all"
    each = cost.each(size)
    print(each.row(size, "autograder", size), flush=True)
    if sample:
        assert feedback_pages(theirs) == sample, "stock nbgrader did not grade its sample"
        starts = sum(any("-t" in student for student in students) for students in blocks)
        marginal, start = their_cost.less(starts, their_start).each(sample), their_start.each(size)
        their_each = marginal.less(-len(blocks), start)
        print(their_each.row(size, "stock nbgrader", sample))
        print(f"{size:5}  {'ratio':16} {'':6} {their_each.cpu / each.cpu:9.1f} {their_each.wall / each.wall:9.1f}")


def warm_up(course: Path, folder: Path, options: argparse.Namespace) -> None:
    """One submission on each side, which does not count."""
    mine, theirs = folder / "warm-up-ours", folder / "warm-up-stock"
    for copy in (mine, theirs):
        shutil.copytree(course, copy)
        (students,) = hand_in(copy, 1, 1, argparse.Namespace(block=1, bare=True))
    ours(Cost(), mine, students)
    if options.sample != 0:
        make_stock(theirs)
        stock(Cost(), theirs, students[0])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10], help="how many submissions (default: 10)")
    parser.add_argument("--block", type=int, default=100, help="how many a command grades at most (default: 100)")
    parser.add_argument("--sample", type=int, help="how many of each size stock nbgrader grades (default: all)")
    parser.add_argument("--bare", action="store_true", help="take the experiments out of the notebooks")
    options = parser.parse_args()
    if min(*options.sizes, options.block, 10**6) < 1:
        parser.error("sizes and block must be at least 1")
    print(
        f"{date.today()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, chapter {CHAPTER}"
    )
    adopt_orphans()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each command would compile all that it imports
    print(" size  grader           graded CPU s/sub wall s/sub  peak MB", flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        folder = Path(scratch)
        make_course(folder / "course")
        warm_up(folder / "course", folder, options)
        for size in options.sizes:
            compare(folder / "course", folder, size, options)


if __name__ == "__main__":
    main()
