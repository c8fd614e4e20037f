"""One submission in, one record out: read the notebook, run its code in the sandbox, judge its functions.

A judge lives in a process of its own and keeps its sandbox open from one submission to the next. Nothing that a
submission can do raises here, or reaches the next one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import autograder
from autograder import answer_file, answers, registry
from autograder.bring import from_reference, marked
from autograder.checking import check_chapter
from autograder.exercise import Finding, State, Verdict
from autograder.grading.record import Graded, graded, unreadable
from autograder.grading.submission import Submission, chapter_by_name
from autograder.notebook.read import Cell, Notebook, Unreadable, read

EXERCISES = Path(autograder.__file__).parents[1] / "exercises"

_GIVEN_TAGS = frozenset({"experiment", "setup"})


def judge(submission: Submission, sandbox: Any, seed: int) -> Graded:
    """The record of one submission. `sandbox` is an open Sandbox, or Trusted."""
    if submission.path is None:
        return _unreadable(submission, submission.chapter, submission.reason or "there is no file")
    try:
        notebook = read(submission.path)
    except Unreadable as error:
        return _unreadable(submission, _chapter(submission, None), error.reason)
    chapter = _chapter(submission, notebook)
    if chapter is None:
        names = ", ".join(registry.CHAPTERS)
        return _unreadable(submission, None, f"it does not say which chapter it is; name it with --chapter ({names})")
    if _of_another(notebook, chapter):
        return _unreadable(
            submission, chapter, f"it is the notebook of chapter {notebook.chapter}; hand in that of {chapter}"
        )
    taken = from_reference(cell.source for cell in notebook.cells if cell.kind == "code")
    verdicts = [marked(verdict, taken) for verdict in _verdicts(notebook, chapter, sandbox, seed)]
    return graded(submission.student, chapter, submission.notebook, verdicts)


def without_result(submission: Submission, state: State, reason: str) -> Graded:
    """The record where grading itself gave nothing for a submission: every exercise in `state`, with the reason."""
    chapter = _chapter(submission, None)
    if chapter is None:
        return _unreadable(submission, None, reason)
    return graded(
        submission.student,
        chapter,
        submission.notebook,
        [
            Verdict(name, state, 0.0, exercise.points, (Finding("exists", False, reason),))
            for name, exercise in registry.exercises(chapter).items()
        ],
    )


def _verdicts(notebook: Notebook, chapter: str, sandbox: Any, seed: int) -> list[Verdict]:
    """First without the course's own experiments and checks; if then a name is missing, with them."""
    code = [cell for cell in notebook.cells if cell.kind == "code"]
    given = given_cells(chapter)
    own = [cell.source for cell in code if cell.source.strip() not in given]
    verdicts = _run([*imports(chapter), *own], chapter, sandbox, seed)
    if len(own) < len(code) and any(_misses_a_name(verdict) for verdict in verdicts):
        return _run([cell.source for cell in code], chapter, sandbox, seed)
    return verdicts


def _run(sources: Sequence[str], chapter: str, sandbox: Any, seed: int) -> list[Verdict]:
    with sandbox.submission(sources) as running:
        broken = broken_cells(sources, running.cells, chapter)
        messages = {name: message for name, (message, _) in broken.items()}
        verdicts = check_chapter(chapter, keys(chapter, seed), running, messages)
    return [
        _with_stop(verdict, *broken[verdict.exercise]) if verdict.exercise in broken else verdict
        for verdict in verdicts
    ]


def broken_cells(sources: Sequence[str], cells: Sequence[Any], chapter: str) -> dict[str, tuple[str, State | None]]:
    """For each exercise whose cell did not run to its end, why, and the state of a cell that had to be stopped."""
    broken: dict[str, tuple[str, State | None]] = {}
    for source, cell in zip(sources, cells, strict=True):
        for name in registry.exercises(chapter):
            if re.search(rf"^(?:def|class)\s+{re.escape(name)}\b", source, re.MULTILINE):
                broken.pop(name, None)
                if cell.stopped is not None:
                    broken[name] = (f"The cell with {name} {cell.reason}.", cell.stopped)
                elif cell.raised is not None:
                    message = f": {cell.raised.message}" if cell.raised.message else ""
                    broken[name] = (f"The cell with {name} does not run: {cell.raised.type}{message}", None)
    return broken


def _with_stop(verdict: Verdict, message: str, state: State | None) -> Verdict:
    """The verdict with the state of its cell, where that is why there is no function."""
    missing = any(finding.message == message for finding in verdict.findings)
    return replace(verdict, state=state) if state is not None and missing else verdict


def _misses_a_name(verdict: Verdict) -> bool:
    return any(not finding.passed and "NameError" in finding.message for finding in verdict.findings)


def _of_another(notebook: Notebook, chapter: str) -> bool:
    """Whether it is the notebook of another chapter, with no word in it of this one's exercises."""
    code = "\n".join(cell.source for cell in notebook.cells)
    names = registry.exercises(chapter)
    return notebook.chapter in set(registry.CHAPTERS) - {chapter} and not any(name in code for name in names)


@dataclass(frozen=True)
class PackedKeys:
    """A chapter's keys as bytes, made once and handed to every process that judges."""

    chapter: str
    seed: int
    data: bytes


@cache
def packed_keys(chapter: str, seed: int) -> PackedKeys:
    return PackedKeys(chapter, seed, answer_file.write("", answers.make_keys(chapter, seed)))


def take(packed: PackedKeys) -> None:
    """Judge by these keys from now on, instead of making the same ones here."""
    _taken[packed.chapter, packed.seed] = packed


_taken: dict[tuple[str, int], PackedKeys] = {}


@cache
def keys(chapter: str, seed: int) -> dict[str, answers.AnswerKey]:
    """The keys, always as they come out of the packed form: wherever they were made, they are the same to the bit."""
    packed = _taken.get((chapter, seed)) or packed_keys(chapter, seed)
    return answer_file.read(packed.data)[1]


@cache
def given_cells(chapter: str) -> frozenset[str]:
    """The code that the course gives. As long as it stands unchanged, it need not be run."""
    cells = _released(chapter)
    return frozenset(cell.source.strip() for cell in cells if _is_given(cell, chapter))


@cache
def imports(chapter: str) -> tuple[str, ...]:
    """The chapter's first setup, its imports. It is run in any case: a student may have deleted the cell."""
    setups = [cell.source for cell in _released(chapter) if cell.kind == "code" and "setup" in cell.tags]
    return tuple(setups[:1])


def _released(chapter: str) -> tuple[Cell, ...]:
    return read(EXERCISES / f"{chapter}.ipynb").cells


def _is_given(cell: Cell, chapter: str) -> bool:
    checks = cell.grade_id in registry.exercises(chapter)
    return cell.kind == "code" and (checks or not _GIVEN_TAGS.isdisjoint(cell.tags))


def _chapter(submission: Submission, notebook: Notebook | None) -> str | None:
    """The chapter as told, else as the notebook's metadata says, else as the file is called."""
    if submission.chapter is not None:
        return submission.chapter
    if notebook is not None and notebook.chapter in registry.CHAPTERS:
        return notebook.chapter
    return chapter_by_name(Path(submission.notebook).stem)


def _unreadable(submission: Submission, chapter: str | None, reason: str) -> Graded:
    most = None if chapter is None else float(sum(e.points for e in registry.exercises(chapter).values()))
    return unreadable(submission.student, chapter, submission.notebook, reason, most)
