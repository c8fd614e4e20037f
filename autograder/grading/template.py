"""A chapter's notebook as it was released: which cells are the course's own, and which are for answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat


@dataclass(frozen=True)
class Template:
    """`checks` are the graded cells by exercise; `answers` maps an exercise to the grade_id of its answer's cell.

    `texts` are the sources of the course's own markdown cells.
    """

    metadata: dict[str, Any]
    checks: dict[str, nbformat.NotebookNode]
    answers: dict[str, nbformat.NotebookNode]
    texts: frozenset[str]


def read_template(path: Path) -> Template:
    """The released notebook at `path`, one of ours and therefore sound."""
    notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
    checks: dict[str, nbformat.NotebookNode] = {}
    answers: dict[str, nbformat.NotebookNode] = {}
    answer = None
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("solution"):
            answer = cell
        elif marks.get("grade"):
            checks[marks["grade_id"]] = cell
            if answer is not None:
                answers[marks["grade_id"]] = answer
    texts = frozenset(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return Template(dict(notebook.metadata), checks, answers, texts)
