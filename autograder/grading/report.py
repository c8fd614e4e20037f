"""The class report: one HTML page that needs nothing beside itself.

This room decides what the page says; `statistics` computes it, `report_figures` draws, `report.html.jinja` lays it out.
The template escapes whatever it is given, and the finished page loses every control character.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder.grading import report_figures as figures
from autograder.grading import statistics
from autograder.grading.export import NOBODY
from autograder.grading.roster import Roster, display_name
from autograder.grading.statistics import MistakeCount, Record, ScoreTable
from autograder.show import clean, points

# With more students than this a table of numbers is no picture any more: thin strips take its place above it.
MOST_ROWS = 60
# Longer lists of names wait to be opened.
MOST_NAMES = 40
_LONGEST_TEXT = 300


@dataclass(frozen=True)
class Notice:
    """Somebody to write to: in which state, who, where, and what is known of it."""

    state: str
    student: str
    chapter: str
    about: str


@dataclass(frozen=True)
class Cell:
    shade: str
    text: str
    title: str


@dataclass(frozen=True)
class Grid:
    """Students by columns. `strips` are the columns as thin pictures, where there are too many students for a table."""

    columns: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...], str], ...]
    strips: tuple[tuple[str, Markup], ...]


def class_report(records: Sequence[Record], course_name: str, roster: Roster = NOBODY, day: str = "") -> str:
    """The page for the latest records of a course; `day` is when they were taken, in words."""
    names = {record["student"]: display_name(record["student"], roster) for record in records}
    chapters = statistics.chapters_of(records)
    overall = statistics.overall_marks(records)
    template = _environment().get_template("report.html.jinja")
    page = template.render(
        course=course_name,
        day=day,
        students=len(names),
        notebooks=len(records),
        unmarked=sum(record["state"] != "graded" for record in records),
        overall=_marks(np.array(list(overall.values())), "Marks over all chapters"),
        overview=_overview(records, chapters, overall, names),
        groups=_grouped(notices(records, chapters), names),
        mistakes=_mistakes(records),
        unrecognised=statistics.unrecognised(records),
        chapters=[_chapter(records, chapter, names) for chapter in chapters],
        fewest=statistics.FEWEST_FOR_CORRELATION,
        most_names=MOST_NAMES,
    )
    return clean(page).lstrip()


def notices(records: Sequence[Record], chapters: Sequence[str]) -> list[Notice]:
    """Every state other than a result: one for each student, chapter and state, with the exercises together."""
    found: list[Notice] = []
    handed_in: dict[str, set[str]] = defaultdict(set)
    for record in records:
        handed_in[record["student"]].add(record["chapter"])
        if record["state"] != "graded":
            found.append(
                Notice(record["state"], record["student"], record["chapter"], record["reason"] or "no reason given")
            )
        by_state: dict[str, list[str]] = defaultdict(list)
        for exercise in record["exercises"]:
            if exercise["state"] in figures.STATE_LETTERS:
                by_state[exercise["state"]].append(_about(exercise))
        found += [
            Notice(state, record["student"], record["chapter"], "; ".join(about)) for state, about in by_state.items()
        ]
    found += [
        Notice("missing", student, chapter, "")
        for student, there in handed_in.items()
        for chapter in chapters
        if chapter not in there
    ]
    return found


# What to know about each state before writing, the most urgent first.
_ADVICE = {
    "unreadable": ("Unreadable", "These notebooks have no mark. Ask for the file again."),
    "refused": (
        "Refused",
        "This code tried what the sandbox forbids. Read it before you write: a stray line looks like a cheat's.",
    ),
    "crashed": ("Crashed", "The Python process died while this code ran."),
    "out_of_memory": ("Out of memory", "This code asked for more memory than a submission gets."),
    "timed_out": ("Timed out", "This code was stopped. An endless loop is the usual reason."),
    "not_attempted": ("Not attempted", "The stub came back untouched, or was deleted."),
    "missing": ("Not handed in", "A notebook came for another chapter, but none for this one."),
}


def _about(exercise: dict[str, Any]) -> str:
    if exercise["state"] == "not_attempted":
        return str(exercise["name"])
    failed = (finding["message"] for finding in exercise["findings"] if not finding["passed"])
    told = str(next(failed, "")).partition("\n")[0]
    name = str(exercise["name"])
    return told if told.startswith(name) else ": ".join(part for part in (name, told) if part)


def _grouped(found: Sequence[Notice], names: dict[str, str]) -> list[dict[str, Any]]:
    groups = []
    known = [*_ADVICE, *sorted({notice.state for notice in found} - set(_ADVICE))]
    for state in known:
        title, advice = _ADVICE.get(state, (state, ""))
        rows = sorted(
            (names[notice.student], notice.student, notice.chapter, notice.about)
            for notice in found
            if notice.state == state
        )
        if rows:
            groups.append({"title": title, "advice": advice, "rows": rows, "told": any(row[3] for row in rows)})
    return groups


def _marks(marks: np.ndarray, title: str) -> dict[str, Any]:
    finite = marks[np.isfinite(marks)]
    low, middle, high = np.quantile(finite, (0.25, 0.5, 0.75)) if len(finite) else (np.nan,) * 3
    return {
        "title": title,
        "count": len(finite),
        "figure": figures.histogram(statistics.distribution(marks).tolist(), title),
        "mean": figures.percent(float(finite.mean()) if len(finite) else np.nan),
        "median": figures.percent(middle),
        "half": f"{figures.percent(low)} to {figures.percent(high)}",
        "full": int((finite >= 1 - 1e-9).sum()),
    }


def _mistakes(records: Sequence[Record]) -> list[dict[str, Any]]:
    graded: dict[str, int] = defaultdict(int)
    for record in records:
        graded[record["chapter"]] += record["state"] == "graded"
    return [_mistake(count, graded[count.chapter]) for count in statistics.frequent_mistakes(records)]


def _mistake(count: MistakeCount, graded: int) -> dict[str, Any]:
    share = len(count.students) / graded
    return {
        "id": count.id,
        "exercise": count.exercise,
        "chapter": count.chapter,
        "sentence": count.sentence,
        "count": len(count.students),
        "share": figures.percent(share),
        "bar": figures.bar(share),
    }


def _chapter(records: Sequence[Record], chapter: str, names: dict[str, str]) -> dict[str, Any]:
    own = [record for record in records if record["chapter"] == chapter]
    table = statistics.score_table(records, chapter)
    return {
        "name": chapter,
        "notebooks": len(own),
        "graded": len(table.students),
        "points": points(sum(table.max_scores)),
        "marks": _marks(table.marks, f"Marks in {chapter}"),
        "mistakes": _mistakes(own),
        "unrecognised": statistics.unrecognised(own),
        "exercises": _exercises(table),
        "grid": _exercise_grid(table, names),
    }


def _exercises(table: ScoreTable) -> list[dict[str, Any]]:
    """The exercises, the hardest first; those that nobody attempted last."""
    rows = []
    for column, (means, agrees, counts) in enumerate(
        zip(
            statistics.difficulty(table),
            statistics.discrimination(table),
            statistics.state_counts(table),
            strict=True,
        )
    ):
        rows.append(
            {
                "name": table.exercises[column],
                "mean": means,
                "share": figures.percent(means),
                "bar": figures.bar(means),
                "attempted": len(table.students) - counts["not_attempted"],
                "full": counts["passed"],
                "agrees": f"{agrees:.2f}".replace("-", "−") if np.isfinite(agrees) else "–",
                "verdict": _discrimination_in_words(agrees),
                "states": figures.in_words(counts),
            }
        )
    return sorted(rows, key=lambda row: (not np.isfinite(row["mean"]), row["mean"]))


def _discrimination_in_words(agrees: float) -> str:
    if not np.isfinite(agrees):
        return "cannot be told"
    if agrees < 0.1:
        return "look at this exercise"
    return "weak" if agrees < 0.3 else "good"


def _exercise_grid(table: ScoreTable, names: dict[str, str]) -> Grid:
    rows = []
    for row, student in enumerate(table.students):
        cells = tuple(_exercise_cell(names[student], table, row, column) for column in range(len(table.exercises)))
        rows.append((names[student], cells, figures.percent(table.marks[row])))
    heads = tuple(f"of {points(most)}" for most in table.max_scores)
    described = [figures.in_words(counts) for counts in statistics.state_counts(table)]
    return _grid(table.exercises, heads, rows, described)


def _exercise_cell(name: str, table: ScoreTable, row: int, column: int) -> Cell:
    state, share, most = table.states[row][column], table.shares[row, column], table.max_scores[column]
    score = float(np.nan_to_num(share)) * most
    said = figures.STATE_WORDS.get(state, state)
    return Cell(
        figures.cell_class(state, share),
        figures.cell_text(state, score),
        f"{name}, {table.exercises[column]}: {said}, {points(round(score, 2))} of {points(most)} points",
    )


def _overview(
    records: Sequence[Record], chapters: Sequence[str], overall: dict[str, float], names: dict[str, str]
) -> Grid:
    """Students by chapters, in per cent, the best first; then those without any mark."""
    found = {(record["student"], record["chapter"]): record for record in records}
    rows = []
    for student in [*overall, *sorted(set(names) - set(overall))]:
        cells = tuple(_chapter_cell(names[student], chapter, found.get((student, chapter))) for chapter in chapters)
        rows.append((names[student], cells, figures.percent(overall.get(student, np.nan))))
    described = [f"{sum(record['chapter'] == chapter for record in records)} notebooks" for chapter in chapters]
    return _grid(tuple(chapters), ("%",) * len(chapters), rows, described)


def _chapter_cell(name: str, chapter: str, record: Record | None) -> Cell:
    if record is None:
        return Cell("quiet", "–", f"{name}, {chapter}: not handed in")
    share = statistics.mark(record)
    if not np.isfinite(share):
        return Cell("stopped", record["state"][:1].upper(), f"{name}, {chapter}: {record['state']}")
    return Cell(figures.shade(share), f"{100 * share:.0f}", f"{name}, {chapter}: {figures.percent(share)}")


def _grid(
    columns: tuple[str, ...],
    heads: tuple[str, ...],
    rows: list[tuple[str, tuple[Cell, ...], str]],
    described: Sequence[str],
) -> Grid:
    strips: list[tuple[str, Markup]] = []
    if len(rows) > MOST_ROWS:
        for column, name in enumerate(columns):
            shades = [cells[column].shade for _, cells, _ in rows]
            strips.append((name, figures.strip(shades, f"{name}, best mark first: {described[column]}")))
    return Grid(columns, heads, tuple(rows), tuple(strips))


def _short(value: Any) -> Any:
    """A text as the page shows it: a student who sends a novel for a message gets its first lines."""
    if not isinstance(value, str) or isinstance(value, Markup) or len(value) <= _LONGEST_TEXT:
        return value
    return f"{value[:_LONGEST_TEXT]}…"


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_short,
        trim_blocks=True,
        lstrip_blocks=True,
    )
