"""Kill a grading run at random moments, resume it until it is done, and compare with a run that nobody disturbed.

python tests/kills.py FOLDER [--kills 200] [--students 100] [--seed 1]

makes a course in FOLDER, hands in right and half-right notebooks, and prints what it found; exit code 1 says that some
run differed, or that processes outlived it. A kill hits the whole process group of the grader, one worker or one
sandbox, at a moment that is drawn. Once a course is graded to the end, kills that are left over begin again with a
fresh copy of it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

SEED = 20
CHAPTER = "linear"
TARGETS = ("group", "worker", "group", "sandbox")


def make(folder: Path, students: int) -> None:
    """A released course with submissions, of which every fourth is damaged."""
    from courses import HALF_RIGHT, RIGHT, hand_in, notebook

    from autograder.grading.course import new, open_course
    from autograder.grading.release import release

    if not folder.exists():
        new(folder)
        release(open_course(folder), [CHAPTER])
    course = open_course(folder)
    texts = [notebook(course, RIGHT), notebook(course, HALF_RIGHT), notebook(course, {}), "{"]
    for number in range(students):
        hand_in(course, f"s{number:03}", texts[number % len(texts)])


def begin(folder: Path, jobs: int) -> psutil.Process:
    """A run in a process group of its own. It is forked, since importing nbgrader takes longer than grading."""
    from autograder.grading.course import open_course
    from autograder.grading.grade import grade
    from autograder.grading.judge import packed_keys

    packed_keys(CHAPTER, SEED)  # made once, and known in every child
    child = os.fork()
    if child:
        return psutil.Process(child)
    code = 1
    try:
        os.setsid()
        code = 2 if grade(open_course(folder), CHAPTER, seed=SEED, jobs=jobs).problems else 0
    finally:
        os._exit(code)


def disturb(folder: Path, kills: int, rng: random.Random) -> Iterator[str]:
    """Grade to the end in spite of `kills` kills at most; what was hit, kill by kill.

    A run survives the kill of a worker or a sandbox, and is hit again: by a kill of its group, since TARGETS alternate
    and a submission is tried no more than twice.
    """
    journal = folder / ".autograder" / "journal" / f"{CHAPTER}.jsonl"
    for _ in range(10 + 4 * kills):
        run = begin(folder, jobs=rng.choice([1, 2]))
        size = _size(journal)
        # Some kills come while everything starts and the last run's results are written down, most after the first
        # line that this run adds to the journal.
        moment = time.monotonic() + rng.uniform(0, 2) if rng.random() < 0.4 else None
        while run.status() != psutil.STATUS_ZOMBIE:
            if moment is None and _size(journal) != size:
                moment = time.monotonic() + rng.uniform(0, 0.25)
            target = TARGETS[kills % len(TARGETS)]
            if kills > 0 and moment is not None and time.monotonic() >= moment and _kill(run, target):
                kills -= 1
                size, moment = _size(journal), None  # the next comes after the next result, if this run gives one
                yield target
            time.sleep(0.002)
        if os.waitpid(run.pid, 0)[1] == 0:
            return
    raise RuntimeError("the run never came to its end")


def _kill(run: psutil.Process, target: str) -> bool:
    try:
        if target == "group":
            os.killpg(run.pid, signal.SIGKILL)
            return True
        name = "spawn_main" if target == "worker" else "bwrap"
        for process in run.children(recursive=True):
            if any(name in word for word in process.cmdline()[:4]):
                process.kill()
                return True
    except (psutil.NoSuchProcess, ProcessLookupError):
        pass
    return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def state(folder: Path) -> dict[str, Any]:
    """All that grading left behind, but for what is different by nature: random row ids, and the journal's order."""
    from autograder.grading.course import open_course
    from autograder.grading.journal import Journal

    course = open_course(folder)
    found: dict[str, Any] = {}
    for step in ("autograded", "feedback"):
        files = [path for path in (folder / step).rglob("*") if path.is_file()]
        found |= {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode) for path in files}
    with course.gradebook() as gradebook:
        found["students"] = sorted(student.id for student in gradebook.students)
        for notebook in gradebook.notebook_submissions(CHAPTER, CHAPTER):
            grades = [(g.name, g.auto_score, g.manual_score, g.needs_manual_grade) for g in notebook.grades]
            comments = [(c.name, c.auto_comment, c.manual_comment) for c in notebook.comments]
            key = f"gradebook {notebook.student.id}"
            assert key not in found
            found[key] = (sorted(grades), sorted(comments), notebook.late_submission_penalty)
    history = Journal(course, CHAPTER).history()
    found["journal"] = {student: (entries[-1].key, entries[-1].result) for student, entries in history.items()}
    found["graded more than once"] = [student for student, entries in history.items() if len(entries) != 1]
    found["not noted as written"] = [student for student, entries in history.items() if not entries[-1].recorded]
    return found


def trial(course: Path, scratch: Path, kills: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How often what was hit, and where a run that was resumed differs from one that nobody disturbed."""
    rng = random.Random(seed)
    shutil.copytree(course, scratch / "undisturbed")
    assert [*disturb(scratch / "undisturbed", 0, rng)] == []
    expected = state(scratch / "undisturbed")
    assert expected["graded more than once"] == expected["not noted as written"] == []
    hits: Counter[str] = Counter()
    differing: list[str] = []
    number = 0
    while hits.total() < kills:
        folder = scratch / f"disturbed-{number}"
        shutil.copytree(course, folder)
        hits.update(disturb(folder, kills - hits.total(), rng))
        found = state(folder)
        differing += [f"{folder}: {n}" for n in expected.keys() | found.keys() if expected.get(n) != found.get(n)]
        number += 1
    return hits, differing


def left(folder: Path) -> list[str]:
    """What still runs, after some seconds of grace, of all that had `folder` for its temporary files."""
    patience = time.monotonic() + 10
    while (found := [*_running(folder)]) and time.monotonic() < patience:
        time.sleep(0.1)
    return found


def _running(folder: Path) -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            words = process.cmdline()  # a sandbox's own environment is empty, but it is shown its files
            if process.environ().get("TMPDIR") == str(folder) or any(f"{folder}/" in word for word in words):
                yield f"{process.pid} {' '.join(words)[:80]}"
        except psutil.Error:
            continue


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scratch = options.folder.resolve() / "tmp"
    scratch.mkdir(exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    make(options.folder / "course", options.students)
    hits, differing = trial(options.folder / "course", options.folder, options.kills, options.seed)
    outliving = left(scratch)
    print(json.dumps({"kills": hits, "differing": sorted(differing), "left running": outliving}))
    return 1 if differing or outliving else 0


if __name__ == "__main__":
    sys.exit(main())
