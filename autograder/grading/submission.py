"""One thing to grade. The processes that judge know no more of a course than this."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autograder import registry


@dataclass(frozen=True)
class Submission:
    """One thing to grade: a file, or the reason why there is none. `notebook` is how it is called in records.

    `content` is a digest of the file, which tells whether it has changed. `student` is None for a loose notebook,
    and `chapter` where it is yet to be found out.
    """

    student: str | None
    chapter: str | None
    notebook: str
    path: Path | None
    reason: str | None
    content: str
    number: int = 0


def loose(number: int, path: Path, chapter: str | None) -> Submission:
    """A notebook outside any course, called as it was named; `number` is its place among those given."""
    return Submission(None, chapter, str(path), path, None, "", number)


def chapter_by_name(name: str) -> str | None:
    """The chapter that a file's name speaks of, where it speaks of just one."""
    words = re.split(r"[\W\d_]+", name.lower())
    found = [chapter for chapter in registry.CHAPTERS if chapter in words]
    return found[0] if len(found) == 1 else None
