"""A student's own file on the student's own machine: run its cells, and check the functions that they define.

No sandbox: it is their code and their computer. Cells that only try things out (the course's experiments and checks)
are left out, and one that fails does not keep the others from running.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import re
import sys
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import registry
from autograder.calls import describe_exception
from autograder.exercise import Verdict
from autograder.local import check_functions
from autograder.notebook.read import Cell, Notebook, read

_NOT_PYTHON = re.compile(r"^(\s*)([%!].*)$", re.MULTILINE)  # IPython's magics and shell lines


@dataclass(frozen=True)
class OwnCode:
    """What a file's cells have defined, and for each exercise whose cell did not run, why."""

    chapter: str | None
    functions: dict[str, Any]
    broken: dict[str, str]

    def check(self, exercise: str) -> Verdict:
        with _quiet():
            return check_functions(self.functions, exercise, self.broken.get(exercise))

    def exercises(self) -> list[str]:
        """What to check where nothing is named: the chapter's exercises, or whatever has an exercise's name."""
        if self.chapter is not None:
            return list(registry.exercises(self.chapter))
        return [name for name in registry.chapters_by_exercise() if name in self.functions or name in self.broken]


def run_file(path: Path) -> OwnCode:
    """Run the file's own cells. Raises Unreadable."""
    notebook = read(path)
    module = types.ModuleType("__main__")
    broken: dict[str, str] = {}
    os.environ.setdefault("MPLBACKEND", "agg")  # no windows
    with _quiet(), _in_folder(path.resolve().parent):
        for number, cell in enumerate(_own_cells(notebook), 1):
            _run(cell.source, f"cell {number}", vars(module), broken)
    return OwnCode(_chapter(path, notebook), vars(module), broken)


def _own_cells(notebook: Notebook) -> Iterable[Cell]:
    names = registry.chapters_by_exercise()
    return [
        cell
        for cell in notebook.cells
        if cell.kind == "code" and "experiment" not in cell.tags and cell.grade_id not in names
    ]


def _chapter(path: Path, notebook: Notebook) -> str | None:
    if notebook.chapter in registry.CHAPTERS:
        return notebook.chapter
    words = re.split(r"[\W\d_]+", path.stem.lower())
    return next((chapter for chapter in registry.CHAPTERS if chapter in words), None)


def _run(source: str, name: str, around: dict[str, Any], broken: dict[str, str]) -> None:
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    fault = None
    try:
        exec(compile(_NOT_PYTHON.sub(r"\1pass", source), name, "exec"), around)  # noqa: S102 - the student's own code
    except (Exception, SystemExit) as error:
        raised = describe_exception(error)
        fault = f"{raised.type}: {raised.message}" if raised.message else raised.type
    for exercise in registry.chapters_by_exercise():
        if re.search(rf"^(?:def|class)\s+{re.escape(exercise)}\b", source, re.MULTILINE):
            broken.pop(exercise, None)
            if fault is not None:
                broken[exercise] = f"The cell with {exercise} does not run: {fault}"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What the student's code prints is for the notebook; here it would bury the verdicts. No input() is answered."""
    keyboard = sys.stdin
    sys.stdin = io.StringIO()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        sys.stdin = keyboard


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    """As Jupyter does: a notebook's cells run in the notebook's folder."""
    with contextlib.chdir(folder):
        yield
