"""The journal of a course: what grading found, one JSON line after the other, on the disk before anything else is done.

Whatever is killed at whatever moment, a line is there or it is not; a torn last line is passed over. The gradebook, the
autograded notebooks and the feedback are written from here and can be written again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autograder.grading.course import Course, CourseError
from autograder.grading.record import Graded, from_json, to_json


@dataclass(frozen=True)
class Key:
    """What a result depends on: the file handed in, the version of the course, and the seed of the inputs."""

    content: str
    version: str
    seed: int


@dataclass(frozen=True)
class Entry:
    """A student's last result. `recorded` says that gradebook, notebook and feedback were written."""

    key: Key
    result: Graded
    recorded: bool = False


class Journal:
    """One chapter's journal. It holds the seeds: nobody but the grader may read it."""

    def __init__(self, course: Course, chapter: str) -> None:
        self.path = course.private / "journal" / f"{chapter}.jsonl"

    def read(self) -> dict[str, Entry]:
        """Each student's last result, the one graded last at the end."""
        return {student: entries[-1] for student, entries in self.history().items()}

    def history(self) -> dict[str, list[Entry]]:
        """All results of each student, of every file handed in and every regrading, the last at the end."""
        found: dict[str, list[Entry]] = {}
        for line in self._lines():
            student = line["student"]
            if "result" in line:
                earlier = found.pop(student, [])
                found[student] = [*earlier, Entry(Key(**line["key"]), from_json(line["result"]))]
            elif student in found and found[student][-1].key == Key(**line["recorded"]):
                found[student][-1] = replace(found[student][-1], recorded=True)
        return found

    def graded(self, key: Key, result: Graded) -> None:
        """Note a result."""
        self._append({"student": result.student, "key": vars(key), "result": to_json(result)})

    def recorded(self, keys: Mapping[str, Key]) -> None:
        """Note that students' results stand in the gradebook, the autograded notebook and the feedback."""
        self._append(*({"student": student, "recorded": vars(key)} for student, key in keys.items()))

    def _lines(self) -> list[dict[str, Any]]:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        lines = []
        for line in data.split(b"\n"):
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue  # the last line of a run that was killed
        return lines

    def _append(self, *lines: Mapping[str, Any]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(handle).st_size
                torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
                rest = (b"\n" if torn else b"") + b"".join(json.dumps(line).encode() + b"\n" for line in lines)
                while rest:
                    rest = rest[os.write(handle, rest) :]
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise CourseError(
                f"the journal {self.path} cannot be written: {error.strerror or error}; mend that and grade again, "
                "what was graded before stands"
            ) from None
