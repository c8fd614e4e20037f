"""What a class did, in numbers: pure functions of the records that grading leaves.

A record is the dict of COMMANDS: student, chapter, state, reason, score, max_score and exercises. Marks are shares of
the points there were to get, between 0 and 1; NaN stands where there is no mark, and never counts as nought.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.registry import CHAPTERS

Record = dict[str, Any]

# A correlation over fewer students than this says more about chance than about the exercise.
FEWEST_FOR_CORRELATION = 10
BINS = 10


@dataclass(frozen=True)
class ScoreTable:
    """One chapter's students by exercises: `shares (S, E)`, NaN where there is no mark, and `states (S, E)`.

    `marks (S,)` are the shares of the whole chapter. Only graded notebooks are in it, the best mark first.
    """

    students: tuple[str, ...]
    exercises: tuple[str, ...]
    max_scores: tuple[float, ...]
    shares: np.ndarray
    states: tuple[tuple[str, ...], ...]
    marks: np.ndarray


@dataclass(frozen=True)
class MistakeCount:
    """A recognised mistake, how many students made it, and the sentence that they were told."""

    id: str
    chapter: str
    exercise: str
    students: tuple[str, ...]
    sentence: str


def chapters_of(records: Iterable[Record]) -> list[str]:
    """The chapters that the records are about: the course's in its order, then any others by name."""
    found = {record["chapter"] for record in records}
    return [name for name in CHAPTERS if name in found] + sorted(found - set(CHAPTERS))


def mark(record: Record) -> float:
    """The share of the points that a record got; NaN where the notebook was not graded."""
    score, most = record["score"], record["max_score"]
    if record["state"] != "graded" or score is None or not most:
        return float("nan")
    return float(score) / float(most)


def overall_marks(records: Sequence[Record]) -> dict[str, float]:
    """Each student's points over all graded notebooks, as a share of what these could give; the best first."""
    got: dict[str, float] = defaultdict(float)
    most: dict[str, float] = defaultdict(float)
    for record in records:
        if np.isfinite(mark(record)):
            got[record["student"]] += record["score"]
            most[record["student"]] += record["max_score"]
    marks = {student: got[student] / most[student] for student in got}
    return dict(sorted(marks.items(), key=lambda pair: (-pair[1], pair[0])))


def score_table(records: Sequence[Record], chapter: str) -> ScoreTable:
    """The chapter's graded notebooks as a table. A mark stands wherever an exercise has a score."""
    graded = [record for record in records if record["chapter"] == chapter and np.isfinite(mark(record))]
    graded.sort(key=lambda record: (-mark(record), record["student"]))
    most: dict[str, float] = {}
    for record in graded:
        for exercise in record["exercises"]:
            most.setdefault(exercise["name"], float(exercise["max_score"]))
    shares = np.full((len(graded), len(most)), np.nan)
    states: list[tuple[str, ...]] = []
    for row, record in enumerate(graded):
        by_name = {exercise["name"]: exercise for exercise in record["exercises"]}
        states.append(tuple(by_name[name]["state"] if name in by_name else "not_attempted" for name in most))
        for column, (name, points) in enumerate(most.items()):
            if name in by_name and by_name[name]["score"] is not None and points:
                shares[row, column] = by_name[name]["score"] / points
    return ScoreTable(
        tuple(record["student"] for record in graded),
        tuple(most),
        tuple(most.values()),
        shares,
        tuple(states),
        np.array([mark(record) for record in graded], dtype=float),
    )


def distribution(marks: np.ndarray) -> np.ndarray:
    """How many marks lie in each tenth, `(10,)`; full marks count in the last. NaN counts nowhere."""
    finite = np.clip(marks[np.isfinite(marks)], 0.0, 1.0)
    # A share such as 0.3 may come out as 0.29999…: what is within rounding of a border belongs above it.
    tenths = np.minimum(np.floor(finite * BINS + 1e-9), BINS - 1).astype(int)
    counts: np.ndarray = np.bincount(tenths, minlength=BINS)
    return counts


def difficulty(table: ScoreTable) -> np.ndarray:
    """The mean share of points of those who attempted an exercise, `(E,)`; NaN where nobody did. Low is hard."""
    attempted = _attempted(table)
    count = attempted.sum(axis=0)
    total = np.where(attempted, np.nan_to_num(table.shares), 0.0).sum(axis=0)
    means = np.full(len(table.exercises), np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means


def discrimination(table: ScoreTable) -> np.ndarray:
    """The correlation of each exercise's score with the rest of the same notebook's, `(E,)`.

    NaN with fewer than FEWEST_FOR_CORRELATION students, or where the exercise or the rest is the same for all. What
    was not attempted earned nothing, and counts so here: this asks who earned the points.
    """
    scores = np.nan_to_num(table.shares) * np.array(table.max_scores)
    result = np.full(len(table.exercises), np.nan)
    if len(scores) < FEWEST_FOR_CORRELATION:
        return result
    for column in range(len(table.exercises)):
        own = scores[:, column]
        rest = scores.sum(axis=1) - own
        if np.ptp(own) > 1e-9 and np.ptp(rest) > 1e-9:
            result[column] = np.corrcoef(own, rest)[0, 1]
    return result


def state_counts(table: ScoreTable) -> list[Counter[str]]:
    """For each exercise, how many notebooks are in each state."""
    return [Counter(row[column] for row in table.states) for column in range(len(table.exercises))]


def frequent_mistakes(records: Iterable[Record]) -> list[MistakeCount]:
    """The recognised mistakes, the most frequent first. A student counts once for each, however often it was found."""
    students: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    sentences: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for record in records:
        for exercise in record["exercises"]:
            told: set[str] = set()
            for finding in exercise["findings"]:
                if finding["mistake"] and finding["mistake"] not in told:
                    told.add(finding["mistake"])  # further findings only say: by the same mistake
                    key = (finding["mistake"], record["chapter"], exercise["name"])
                    students[key].add(record["student"])
                    sentences[key][finding["message"].partition("\n")[0]] += 1
    counts = [
        MistakeCount(
            *key,
            students=tuple(sorted(made_by)),
            sentence=sentences[key].most_common(1)[0][0],
        )
        for key, made_by in students.items()
    ]
    return sorted(counts, key=lambda count: (-len(count.students), count.id))


def unrecognised(records: Iterable[Record]) -> int:
    """How many wrong answers match no known mistake: these are the ones to read."""
    return sum(
        exercise["state"] in ("partial", "failed") and not any(finding["mistake"] for finding in exercise["findings"])
        for record in records
        for exercise in record["exercises"]
    )


def _attempted(table: ScoreTable) -> np.ndarray:
    states = np.array(table.states, dtype=object).reshape(table.shares.shape)
    attempted: np.ndarray = np.isfinite(table.shares) & (states != "not_attempted")
    return attempted
