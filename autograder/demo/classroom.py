"""Write the class's submissions: what each student wrote, put into the notebook that was released to them.

A file of `work/` is cut into cells by lines that begin with `# %%`:

    # %% linear_forward       the answer to that exercise: it takes the stub's place
    # %%                      a cell that the student added before the next answer (or at the end)
    # %% [markdown]           the same, as text

An exercise without a cell keeps its stub, untouched.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from autograder.demo.damage import Cell, Document, code_cell
from autograder.demo.submission import Submission
from autograder.registry import CHAPTERS

_WORK = Path(__file__).parent / "work"
_MARK = "# %%"


class ClassFault(Exception):
    """A piece of the class does not fit the course. The message is one line that names the fault and the mend."""


@dataclass(frozen=True)
class Written:
    """A submission that was written, and where."""

    chapter: str
    submission: Submission
    path: Path


def chapters() -> list[str]:
    """The chapters that the class has handed something in for, in the order of the course."""
    found = {module.name for module in iter_modules([str(Path(__file__).parent / "chapters")])}
    return [chapter for chapter in CHAPTERS if chapter in found]


def submissions(chapter: str) -> Sequence[Submission]:
    listed: tuple[Submission, ...] = import_module(f"autograder.demo.chapters.{chapter}").SUBMISSIONS
    return listed


def write_class(course_folder: Path, hostile: bool = True) -> list[Written]:
    """Write `submitted/<student>/<chapter>/<chapter>.ipynb` for all, from the course's released notebooks.

    With `hostile` false those whose code does harm outside a sandbox are left out.
    """
    written = []
    for chapter in chapters():
        name = f"{chapter}/{chapter}.ipynb"
        released = json.loads((course_folder / "release" / name).read_text(encoding="utf-8"))
        for submission in submissions(chapter):
            if submission.hostile and not hostile:
                continue
            path = course_folder / "submitted" / submission.student / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(notebook_text(released, chapter, submission), encoding="utf-8", newline="\n")
            written.append(Written(chapter, submission, path))
    return written


def notebook_text(released: Document, chapter: str, submission: Submission) -> str:
    """The file that the student hands in."""
    work = _WORK / chapter / f"{submission.student}.py"
    pieces = read_work(work.read_text(encoding="utf-8")) if work.exists() else []
    return submission.damage(filled_in(released, pieces))


def read_work(text: str) -> list[tuple[str, str]]:
    """The cells of a file of `work/`: what stands behind the mark, and the source."""
    pieces: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(_MARK):
            pieces.append((line.removeprefix(_MARK).strip(), []))
        elif pieces:
            pieces[-1][1].append(line)
    return [(title, "\n".join(lines).strip("\n")) for title, lines in pieces]


def filled_in(released: Document, pieces: Sequence[tuple[str, str]]) -> Document:
    """The released notebook with the student's cells in it."""
    document = copy.deepcopy(released)
    cells: list[Cell] = document["cells"]
    added: list[Cell] = []
    for title, source in pieces:
        if title in ("", "[markdown]"):
            added.append(_added_cell(title, source))
            continue
        position = _stub(cells, title)
        cells[position] = {**cells[position], "source": source}
        cells[position:position] = added
        added = []
    cells += added
    return document


def _added_cell(title: str, source: str) -> Cell:
    cell = code_cell(source)
    if title:
        text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in source.splitlines())
        cell = {"cell_type": "markdown", "id": cell["id"], "metadata": {}, "source": text}
    return cell


def _stub(cells: Sequence[Cell], exercise: str) -> int:
    for position, cell in enumerate(cells):
        if cell.get("id") == f"{exercise}-stub":
            return position
    raise ClassFault(f"the released notebook has no stub of {exercise}; mend the mark in autograder/demo/work")
