"""All that the pages load at a reader's wish, in one folder: the editor, the engine, its answer data, and Python."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from autograder.live.editor import assemble_editor
from autograder.live.engine import assemble_engine
from autograder.live.packages import BUNDLER, EDITOR, PYTHON, Pin
from autograder.live.python import assemble_python

# Names the folder to the book's extension (book/_extensions/live.py), which puts it among the pages.
VARIABLE = "LAYERS_BY_HAND_LIVE"
# Beside each part a note of what it was made of.
NOTE = ".made-of"


def assemble(folder: Path, python: bool) -> None:
    """Bring the folder up to date; without `python` the pages get theirs from elsewhere. Raises NoPackages."""
    _make(folder / "editor", EDITOR | BUNDLER, assemble_editor)
    if python:
        _make(folder / "python", PYTHON, assemble_python)
    else:
        _forget(folder / "python")
    _forget(folder / "answers")
    assemble_engine(folder)


def _make(part: Path, pins: Mapping[str, Pin], make: Callable[[Path], None]) -> None:
    """Make a part, unless the one that is there was made of the same packages by the same code."""
    code = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.*")))
    digest = hashlib.sha256(repr(pins).encode() + code).hexdigest()
    note = part.with_name(part.name + NOTE)
    if not note.is_file() or note.read_text(encoding="utf-8") != digest:
        _forget(part)
        make(part)
        note.write_text(digest, encoding="utf-8")


def _forget(part: Path) -> None:
    shutil.rmtree(part, ignore_errors=True)
    part.with_name(part.name + NOTE).unlink(missing_ok=True)
