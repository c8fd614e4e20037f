"""The version of the course for one chapter: a digest of all that decides a mark and what is said of it.

A mark is a function of the submission, this version and the seed. Where any of it changes, grading again judges anew.
"""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

import numpy as np

import autograder
from autograder import answer_data

_PACKAGE = Path(autograder.__file__).parent
_COURSE = _PACKAGE.parent

# Of the engine's top floor, what only makes files.
_NO_JUDGES = frozenset({"__main__", "book", "build", "packaging_hook"})


def course_version(chapter: str) -> str | None:
    """The version; None where the course's sources are not here."""
    sources = answer_data.source_digest(chapter)
    if sources is None:
        return None
    digest = hashlib.sha256(f"{sources} Python {platform.python_version()} NumPy {np.__version__}".encode())
    for part in parts(chapter):
        digest.update(f"\0{part.relative_to(_COURSE).as_posix()}\0".encode() + part.read_bytes())
    return digest.hexdigest()


def parts(chapter: str) -> list[Path]:
    """What judges beside the chapter's own sources: the engine, the sandbox, the reader, the released notebook."""
    engine = [path for path in _PACKAGE.glob("*.py") if path.stem not in _NO_JUDGES]
    grading = [_PACKAGE / "grading" / f"{name}.py" for name in ("judge", "record", "submission", "workers")]
    return sorted(
        [
            *engine,
            *grading,
            *(_PACKAGE / "sandbox").rglob("*.py"),
            _PACKAGE / "grading" / "__init__.py",
            _PACKAGE / "mistakes" / "catalogue.py",
            _PACKAGE / "notebook" / "__init__.py",
            _PACKAGE / "notebook" / "read.py",
            _COURSE / "exercises" / f"{chapter}.ipynb",
        ]
    )
