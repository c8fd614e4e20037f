"""Each notebook in a real Jupyter kernel: solved it runs through and passes, untouched it fails cleanly."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.build import COURSE
from autograder.registry import CHAPTERS, exercises

SECONDS_A_CELL = 300


def run(name: str, folder: Path, solved: bool) -> dict[str, Any]:
    """The code cells by id, after "run all cells" in an empty folder."""
    notebook = nbformat.read(COURSE / "exercises" / f"{name}.ipynb", as_version=4)
    if solved:
        answers = bodies(name)
        for cell in notebook.cells:
            exercise = cell.id.removesuffix("-stub")
            if cell.id.endswith("-stub"):
                cell.source = answers[exercise]
    client = NotebookClient(notebook, timeout=SECONDS_A_CELL, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


def bodies(name: str) -> dict[str, str]:
    """Each exercise's answer as a student's cell would hold it, with what it needs of the module around it."""
    found = {}
    for path in (COURSE / "solutions" / f"{name}.py", *(COURSE / "solutions").glob(f"{name}_*.py")):
        nodes = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if not isinstance(node, ast.Expr)]
        definitions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        public = [node for node in definitions if node.name in exercises(name)]
        around = [node for node in nodes if node not in public and "__future__" not in ast.unparse(node)]
        needed = "\n\n".join(ast.unparse(node) for node in around)
        found |= {node.name: f"{needed}\n\n{ast.unparse(node)}" for node in public}
    return found


def errors(cell: Any) -> list[str]:
    return [f"{output.ename}: {output.evalue}" for output in cell.outputs if output.output_type == "error"]


def verdict(cell: Any) -> Any:
    (shown,) = [output.data for output in cell.outputs if output.output_type == "execute_result"]
    return shown


def assert_learned(name: str, printed: str) -> None:
    """The experiments' networks tell most of what they had not seen."""
    if name == "dropout":  # whose labels are wrong in part, so that what is dropped makes the difference
        none, units, pixels = map(float, re.findall(r"([\d.]+)% at the end", printed))
        assert none + 3 < units < pixels - 3
        assert pixels > 85
        return
    reached = [float(percent) for percent in re.findall(r"step 300.*right on ([\d.]+)%", printed)]
    assert reached, "the experiments train a network"
    assert min(reached) > 90


@pytest.mark.parametrize("name", CHAPTERS)
def test_solved_notebook_runs_through_and_passes(name: str, tmp_path: Path) -> None:
    cells = run(name, tmp_path, solved=True)
    assert {identifier: errors(cell) for identifier, cell in cells.items() if errors(cell)} == {}
    for exercise in exercises(name).values():
        shown = verdict(cells[f"{exercise.name}-check"])
        assert shown["text/plain"].startswith(f"✓ {exercise.name}: all checks passed"), shown["text/plain"]
        assert "text/html" in shown
    printed = "".join(output.get("text", "") for cell in cells.values() for output in cell.outputs)
    assert "Warning" not in printed
    assert_learned(name, printed)
    assert list(tmp_path.iterdir()) == [], "the notebook leaves nothing behind"


@pytest.mark.parametrize("name", CHAPTERS)
def test_untouched_notebook_fails_cleanly(name: str, tmp_path: Path) -> None:
    cells = run(name, tmp_path, solved=False)
    for exercise in exercises(name):
        assert "not attempted" in verdict(cells[f"{exercise}-check"])["text/plain"]
    for identifier, cell in cells.items():
        said = errors(cell)
        if identifier.startswith("experiment"):
            assert len(said) == 1
            assert said[0].startswith("NotImplementedError: your turn: ")
            assert len(cell.outputs) == 1, "nothing is drawn before the error"
        else:
            assert said == []
