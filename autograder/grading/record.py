"""What grading one notebook gave: a frozen record, as COMMANDS prints it and as the journal keeps it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from autograder.exercise import Finding, Verdict


@dataclass(frozen=True)
class Graded:
    """One notebook's result. An unreadable one has a reason and no score: nobody is given a nought unsaid."""

    student: str | None
    chapter: str | None
    notebook: str
    state: Literal["graded", "unreadable"]
    reason: str | None
    score: float | None
    max_score: float | None
    verdicts: tuple[Verdict, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The line of COMMANDS."""
        return {
            "notebook": self.notebook,
            "chapter": self.chapter,
            "state": self.state,
            "reason": self.reason,
            "score": self.score,
            "max_score": self.max_score,
            "exercises": [verdict.as_dict() for verdict in self.verdicts],
        }


def graded(student: str | None, chapter: str, notebook: str, verdicts: list[Verdict]) -> Graded:
    """The record of a notebook that was read and judged."""
    return Graded(
        student,
        chapter,
        notebook,
        "graded",
        None,
        round(float(sum(verdict.score for verdict in verdicts)), 2),
        float(sum(verdict.max_score for verdict in verdicts)),
        tuple(verdicts),
    )


def unreadable(student: str | None, chapter: str | None, notebook: str, reason: str, max_score: float | None) -> Graded:
    """The record of a notebook that holds nothing to judge. `reason` is one line: the fault and the mend."""
    return Graded(student, chapter, notebook, "unreadable", " ".join(reason.split()), None, max_score)


def to_json(result: Graded) -> dict[str, Any]:
    """The whole record, details included, in plain types."""
    return dataclasses.asdict(result)


def from_json(data: dict[str, Any]) -> Graded:
    """What `to_json` gave, read back."""
    verdicts = tuple(
        Verdict(**{**verdict, "findings": tuple(_finding(finding) for finding in verdict["findings"])})
        for verdict in data["verdicts"]
    )
    return Graded(**{**data, "verdicts": verdicts})


def _finding(data: dict[str, Any]) -> Finding:
    details = tuple((label, text) for label, text in data["details"])
    return Finding(**{**data, "details": details})
