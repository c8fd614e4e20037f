"""The autograded notebook: the student's cells, the course's own check cells, and in these our verdicts as outputs.

nbgrader reads the same mark from it as stands in the gradebook, and its formgrader and feedback show it. Whatever a
submission did to the check cells (deleted, copied, edited or retagged them), each stands here once, as it was released.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
from nbformat import from_dict

from autograder import show
from autograder.exercise import Verdict
from autograder.grading.markdown import inactive, verbatim
from autograder.grading.record import Graded
from autograder.grading.template import Template
from autograder.notebook.read import Cell

Node = dict[str, Any]  # a cell or an output, as it stands in the file

_UNREADABLE = """\
**This submission could not be read, and has no mark yet.** The scores of 0 on this page are only what nbgrader shows
where there is none. The reason:

{reason}
"""
# What of a submission is shown, in characters: several times what the longest chapter takes. What colours code for a
# page takes a time that grows with the square of blank lines in a row: some thousands take seconds.
_LONGEST_CELL = 12_000
_LONGEST = 150_000
_MOST_BLANK_LINES = 20
_CUT = "# … {} more characters stand in the file that was handed in; they are too many to be shown here."
_MISSING = "# There is no cell for this answer in what was handed in."


def autograded(
    result: Graded, cells: Sequence[Cell], template: Template, hints: Mapping[str, str]
) -> nbformat.NotebookNode:
    """The notebook. `cells` are the student's, none where they could not be read."""
    verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
    answer_at = _answers(cells, template)
    check_after = _check_positions(cells, template, answer_at)
    exercise_at = {position: name for name, position in answer_at.items()}

    def check(name: str) -> list[Node]:
        missing = [] if name in answer_at else _missing_answer(name, template)
        output = verdict_output(verdicts[name], hints.get(name)) if name in verdicts else _no_result()
        return [*missing, _code_cell(template.checks[name].source, template.checks[name].metadata, output)]

    shown = _shown(cells)
    made: list[Node] = []
    if result.state == "unreadable":
        made.append(_text_cell(_UNREADABLE.format(reason=inactive(result.reason or ""))))
    for position, cell in enumerate(cells):
        if _check_of(cell, template) is None:
            name = exercise_at.get(position)
            made.append(_student_cell(cell, shown[position], template, template.answers[name] if name else None))
        made += [new for name in template.checks if check_after[name] == position for new in check(name)]
    made += [new for name in template.checks if check_after[name] == len(cells) for new in check(name)]
    for number, node in enumerate(made):
        node["id"] = f"cell-{number}"
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": template.metadata, "cells": made}
    written: nbformat.NotebookNode = from_dict(notebook)
    return written


def _answers(cells: Sequence[Cell], template: Template) -> dict[str, int]:
    """Where each exercise's answer stands: the last cell with its mark, else the last that defines the function."""
    found: dict[str, int] = {}
    for name in template.checks:
        mark = template.answers[name].metadata.nbgrader.grade_id if name in template.answers else None
        defines = re.compile(rf"^def\s+{re.escape(name)}\b", re.MULTILINE)
        code = [(position, cell) for position, cell in enumerate(cells) if cell.kind == "code"]
        marked = [position for position, cell in code if mark is not None and cell.grade_id == mark]
        defining = [position for position, cell in code if defines.search(cell.source)]
        for position in reversed(defining + marked):
            if position not in found.values():
                found[name] = position
                break
    return found


def _check_of(cell: Cell, template: Template) -> str | None:
    """The exercise whose check cell this is, or was: known by its source, else by its mark."""
    by_source = {check.source.strip(): name for name, check in template.checks.items()}
    by_mark = cell.grade_id if cell.grade_id in template.checks else None
    return by_source.get(cell.source.strip(), by_mark)


def _check_positions(cells: Sequence[Cell], template: Template, answer_at: Mapping[str, int]) -> dict[str, int]:
    """After which of the student's cells each check cell goes: where it stood, else after the answer, else the end."""
    stood = {_check_of(cell, template): position for position, cell in enumerate(cells)}
    return {name: stood.get(name, answer_at.get(name, len(cells))) for name in template.checks}


def _shown(cells: Sequence[Cell]) -> list[str]:
    """The sources of the cells as far as they are shown."""
    room = _LONGEST
    shown = []
    for cell in cells:
        source = _with_few_blank_lines(cell.source)
        most = min(_LONGEST_CELL, room)
        room -= min(len(source), most)
        cut = f"{source[:most]}\n{_CUT.format(len(source) - most)}"
        shown.append(source if len(source) <= most else cut)
    return shown


def _with_few_blank_lines(source: str) -> str:
    kept: list[str] = []
    blank = 0
    for line in source.split("\n"):
        blank = 0 if line.strip() else blank + 1
        if blank <= _MOST_BLANK_LINES:
            kept.append(line)
    return "\n".join(kept)


def _student_cell(cell: Cell, shown: str, template: Template, answer: nbformat.NotebookNode | None) -> Node:
    if cell.kind == "code":
        return _code_cell(shown, answer.metadata if answer is not None else {}, None)
    if cell.source in template.texts:
        return _text_cell(cell.source)
    return _text_cell(verbatim(shown))


def _missing_answer(name: str, template: Template) -> list[Node]:
    answer = template.answers.get(name)
    return [] if answer is None else [_code_cell(_MISSING, answer.metadata, None)]


def _text_cell(source: str) -> Node:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code_cell(source: str, metadata: Mapping[str, Any], output: Node | None) -> Node:
    outputs = [] if output is None else [output]
    return {
        "cell_type": "code",
        "metadata": dict(metadata),
        "source": source,
        "execution_count": None,
        "outputs": outputs,
    }


def verdict_output(verdict: Verdict, hint: str | None) -> Node:
    """The verdict as the cell's result. nbgrader reads the mark from the text, a page shows the HTML."""
    shown = show.as_html(verdict)
    if hint is not None and not verdict.passed:
        told = re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(hint))
        shown += f'<div style="padding:.2em 1em .6em"><b>Hint</b>: {told}</div>'
    data = {"text/plain": str(verdict.score), "text/html": shown}
    return {"output_type": "execute_result", "metadata": {}, "data": data, "execution_count": None}


def _no_result() -> Node:
    """A check cell without any output would count as full marks in nbgrader."""
    return {"output_type": "stream", "name": "stderr", "text": "Not graded."}
