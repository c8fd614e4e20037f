"""All that the pages load at a reader's wish, in one folder: the editor, the engine, its answer data, and Python."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder.live.editor import assemble_editor
from autograder.live.engine import assemble_engine
from autograder.live.python import assemble_python

# Names the folder to the book's extension (book/_extensions/live.py), which puts it among the pages.
VARIABLE = "LAYERS_BY_HAND_LIVE"


def assemble(folder: Path, python: bool) -> None:
    """Write the folder anew; without `python` the pages get theirs from elsewhere. Raises NoPackages."""
    shutil.rmtree(folder, ignore_errors=True)
    assemble_editor(folder / "editor")
    if python:
        assemble_python(folder / "python")
    assemble_engine(folder)
