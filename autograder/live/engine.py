"""The engine for the pages: the part of this package that checks, in a zip, and the answer data of every chapter."""

from __future__ import annotations

import zipfile
from pathlib import Path

from autograder import answer_data, registry

_PACKAGE = Path(__file__).parents[1]

# All that a check needs. Neither mistakes nor what only an instructor's machine runs.
_FILES = ("*.py", "checks/*.py")


def assemble_engine(folder: Path) -> None:
    """Write `autograder.zip` and `answers/<chapter>.npz`."""
    (folder / "answers").mkdir(parents=True)
    with zipfile.ZipFile(folder / "autograder.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for pattern in _FILES for path in _PACKAGE.glob(pattern)):
            entry = zipfile.ZipInfo(path.relative_to(_PACKAGE.parent).as_posix())
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    for chapter in registry.CHAPTERS:
        answer_data.build(chapter)
        data = answer_data.path_of(chapter).read_bytes()
        (folder / "answers" / f"{chapter}.npz").write_bytes(data)
