"""A full disk, a read-only folder, a locked gradebook: one clear line, nothing lost, and grading again mends it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from courses import HALF_RIGHT, RIGHT, hand_in, marks, notebook

from autograder.grading.course import Course, CourseError
from autograder.grading.grade import grade
from autograder.grading.journal import Journal

SEED = 20
STUDENTS = [f"s{number}" for number in range(8)]

# A course on a small disk of its own, with room for a few pages of feedback; then without; then with room for all.
SMALL_DISK = """
set -u
mount -t tmpfs -o size=64m none "$1" && cp -r "$2" "$1/course" && cd "$1" || exit 9
room=$(( $(du -sk . | cut -f1) + 700 ))
grade() { "$3" -m autograder grade linear --course course --seed 20 --jobs 1 --trust-submissions; echo "exit $?"; }
echo read-only; mount -o remount,ro "$1"; grade "$@"; mount -o remount,rw "$1"
echo full; mount -o remount,size=${room}k "$1"; grade "$@"
find course -name '*.part' | sed 's/^/left /'
echo mended; mount -o remount,size=64m "$1"; grade "$@"
cp -r course "$2-graded"
"""


def test_on_a_read_only_and_on_a_full_disk_one_line_says_so_and_grading_again_mends_it(
    course: Course, tmp_path: Path
) -> None:
    for student in STUDENTS:
        hand_in(course, student, notebook(course, HALF_RIGHT))
    disk = tmp_path / "disk"
    disk.mkdir()
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    script = ["sh", "-c", SMALL_DISK, "sh", str(disk), str(course.folder), sys.executable]
    done = subprocess.run(
        [*namespace, *script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    said, _, mended = done.stdout.partition("mended\n")
    read_only, _, full = said.partition("full\n")
    assert "Traceback" not in done.stdout
    assert "a fault of autograder's own" not in done.stdout
    assert not [line for line in full.splitlines() if line.startswith("left ")]
    faults = [line for line in read_only.splitlines() if line.startswith("autograder grade: ")]
    assert len(faults) == 1
    assert "Read-only file system" in faults[0]
    assert "exit 2" in read_only
    assert "disk is full" in full or "No space left on device" in full
    assert "exit 1" in full or "exit 2" in full
    assert "exit 0" in mended
    assert "linear: 8 of 8 notebooks graded" in mended
    copy = Course(course.folder.with_name(course.folder.name + "-graded"), course.config)
    history = Journal(copy, "linear").history()
    assert {student: len(entries) for student, entries in history.items()} == dict.fromkeys(STUDENTS, 1)
    for student in STUDENTS:
        scores = {verdict.exercise: verdict.score for verdict in history[student][0].result.verdicts}
        assert marks(copy, student) == scores
        assert "</html>" in (copy.path("feedback", "linear", student) / "linear.html").read_text()


def test_a_journal_that_is_cut_off_by_a_full_disk_is_taken_up_again(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob"):
        hand_in(course, student, notebook(course, RIGHT))
    write = os.write
    room = [3000]

    def full(handle: int, data: bytes) -> int:
        if b'"student"' not in data and room[0] == 3000:
            return write(handle, data)
        if not room[0]:
            raise OSError(28, "No space left on device")
        written = write(handle, data[: room[0]])
        room[0] -= written
        return written

    with monkeypatch.context() as patched:
        patched.setattr("autograder.grading.journal.os.write", full)
        with pytest.raises(CourseError, match=r"linear\.jsonl cannot be written: No space left on device; mend that"):
            grade(course, "linear", jobs=1)
    assert grade(course, "linear", jobs=1).problems == ()
    assert set(Journal(course, "linear").history()) == {"ada", "bob"}
    assert sum(marks(course, "ada").values()) == sum(marks(course, "bob").values()) == 26


def test_a_gradebook_that_formgrader_is_writing_to_is_told_and_written_later(course: Course) -> None:
    hand_in(course, "ada", notebook(course, RIGHT))
    other = sqlite3.connect(course.folder / "gradebook.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    (problem,) = grade(course, "linear", jobs=1).problems
    assert problem == "ada is graded but not written down (database is locked); grade again to mend it"
    other.execute("ROLLBACK")
    again = grade(course, "linear", jobs=1)
    assert (again.kept, again.problems) == (1, ())
    assert sum(marks(course, "ada").values()) == 26
    other.close()


def test_what_fails_again_and_again_is_one_line(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.grading.recorder import Recorder

    for student in STUDENTS:
        hand_in(course, student, "{")
    tried: list[str] = []

    def full(_: Recorder, submission: object, result: object) -> None:
        tried.append("once")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Recorder, "write", full)
        (problem,) = grade(course, "linear", jobs=1).problems
    assert problem.startswith("8 are graded but not written down, first s")
    assert len(tried) == 3
    again = grade(course, "linear", jobs=1)
    assert (again.kept, again.problems) == (8, ())
