"""An unprotected grader, as many are: it runs each notebook in its own process and reads the mark off the check cells.

It is the control of the attacks, and is itself run in a bubblewrap of its own, on copies of all that they aim at. Each
line of its input is a job; it answers with a line that says what became of it. One process takes the notebooks and
books the marks, a child of it runs all of them, one after the other, in one IPython shell.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np  # noqa: F401 (imported once, for all jobs)
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import solutions.linear  # noqa: F401 (the reference, at hand as in many a grader)
from attacks import services

# What has done nothing for so long is taken to hang, and so is what has used up so much of the processor.
STILL, BUSY = 0.6, 4.0


SECRET = os.environ["CANARY"]  # a grader knows things; whoever looks through its memory does too


def main() -> None:
    world = Path(os.environ["WORLD"])
    services.start(world, SECRET)
    new_shell()
    keep = set(states())
    for line in sys.stdin:
        job = json.loads(line)
        with contextlib.suppress(OSError):
            (world / "course/marks.json").unlink()
        grader = os.fork()
        if grader == 0:
            take_all(world, job["students"])
            os._exit(0)
        hung = hangs(keep, grader)
        if not hung:
            hangs(keep)
        for process in states().keys() - keep:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        if hung:
            os.waitpid(grader, 0)
        print(json.dumps({"hung": hung, "marks": read_marks(world)}), flush=True)


def hangs(keep: set[int], grader: int | None = None) -> bool:
    """Wait for the grader, or without one for all that a submission left running: whether it does not end.

    A busy machine makes nothing hang: what waits for a processor is not still.
    """
    last = time.monotonic()
    while others := {process: state for process, state in states().items() if process not in keep}:
        if grader is not None and os.waitpid(grader, os.WNOHANG)[0]:
            return False
        if any(state in "RD" for state, _ in others.values()):
            last = time.monotonic()
        if time.monotonic() - last > STILL or sum(seconds for _, seconds in others.values()) > BUSY:
            return True
        time.sleep(0.01)
    return False


def states() -> dict[int, tuple[str, float]]:
    """The state of each process, and its seconds of processor time."""
    found = {}
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            with contextlib.suppress(OSError):
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                found[int(path.name)] = (fields[0], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return found


def read_marks(world: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((world / "course/marks.json").read_text()))
    except (OSError, ValueError):
        return {}


def take_all(world: Path, students: list[str]) -> None:
    """Book the marks that the process which runs the notebooks reports, one line a student, the first one counts."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(3, 64)
    os.open(world / "course/gradebook.db", os.O_RDONLY)  # and stays open
    reading, writing = os.pipe()
    runner = os.fork()
    if runner == 0:
        os.close(reading)
        run_all(world, students, writing)
        sys.exit(0)
    os.close(writing)
    marks: dict[str, float] = {}
    with os.fdopen(reading, "rb") as reports:
        for line in reports:
            if line.strip():
                said = json.loads(line)
                marks.setdefault(said["student"], said["mark"])
                (world / "course/marks.json").write_text(json.dumps(marks))
            if marks.keys() >= set(students):
                break
    os.waitpid(runner, 0)


def run_all(world: Path, students: list[str], reports: int) -> None:
    os.chdir("/tmp")
    shell = new_shell()
    for student in students:
        sys.stdout = sys.stderr = (world / f"printed-{student}").open("w", buffering=1)
        document = json.loads((world / f"course/submitted/{student}/linear/linear.ipynb").read_text())
        shell.reset(new_session=False)
        mark = sum(credit(shell, cell) for cell in document["cells"] if cell["cell_type"] == "code")
        os.write(reports, (json.dumps({"student": student, "mark": mark}) + "\n").encode())


@cache
def new_shell() -> InteractiveShell:
    """Made once, before any job; it prints no tracebacks, which would quote the cells."""
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.showtraceback = lambda *a, **k: None
    shell.run_cell("pass")
    return shell


def credit(shell: Any, cell: dict[str, Any]) -> float:
    """What a cell is worth, by nbgrader's rules: no error is full marks, a number as the result is partial credit."""
    marks = cell["metadata"].get("nbgrader", {})
    points = marks["points"] if marks.get("grade") else 0
    if "skip-execution" in cell["metadata"].get("tags", []):
        return float(points)
    done = shell.run_cell(cell["source"])
    if not done.success:
        return 0.0
    number = done.result if isinstance(done.result, int | float) and not isinstance(done.result, bool) else None
    return float(points if number is None or not points else number)


if __name__ == "__main__":
    main()
