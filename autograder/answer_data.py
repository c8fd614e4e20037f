"""The answer data: keys kept as one file a chapter, for machines that have no `solutions` and no mistakes.

In a checkout of the course a file that is missing, or older than the answers, checks, mistakes and texts that it is
made of, is made anew when it is asked for.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import tempfile
import zipfile
import zlib
from functools import cache
from pathlib import Path

from autograder import answers
from autograder.answer_file import read, write
from autograder.answers import AnswerKey

_PACKAGE = Path(__file__).parent
_COURSE = _PACKAGE.parent
DATA = _PACKAGE / "data"

# The engine's part in what a key holds.
_ENGINE = ("answers", "answer_data", "answer_file", "calls", "exercise", "measures", "pace", "training_loop")

# What reading a damaged file can raise.
_DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


class NoAnswerData(Exception):
    """There are no keys for a chapter here; the message says what to do."""


def path_of(chapter: str) -> Path:
    return DATA / f"{chapter}.npz"


@cache
def load(chapter: str) -> dict[str, AnswerKey]:
    """The public keys of a chapter by exercise. Raises NoAnswerData, with the mend, where there are none."""
    path, digest = path_of(chapter), source_digest(chapter)
    if path.is_file():
        try:
            stored_digest, keys = read(path.read_bytes())
        except _DAMAGE:
            stored_digest, keys = None, {}
        if keys and (digest is None or digest == stored_digest):
            return keys
    if digest is None:
        raise NoAnswerData(
            f"the answer data of chapter {chapter!r} is missing or damaged ({path.name}): "
            "unpack the course's bundle again, or install it again with pip install --force-reinstall layers-by-hand"
        )
    keys = make(chapter)
    if all(key.hints for key in keys.values()):
        _store(path, write(digest, keys))
    return keys


def make(chapter: str) -> dict[str, AnswerKey]:
    """The public keys, with the hints of the exercise texts. Only where the course's sources are."""
    hints = _hints(chapter)
    return {
        name: dataclasses.replace(key, hints=hints.get(name, ()))
        for name, key in answers.make_keys(chapter, answers.PUBLIC_SEED, public=True).items()
    }


def _hints(chapter: str) -> dict[str, tuple[str, ...]]:
    try:
        from autograder.notebook.source import Task, read_chapter
    except ModuleNotFoundError:  # a checkout with NumPy alone checks all the same, only without hints
        return {}
    parts = read_chapter(_COURSE / "exercises" / f"{chapter}.md").parts
    return {part.exercise: part.hints for part in parts if isinstance(part, Task)}


def build(chapter: str) -> Path | None:
    """Write the chapter's file if it is missing or stale; return its path if it was written."""
    path, digest = path_of(chapter), source_digest(chapter)
    if digest is None:
        raise NoAnswerData(f"the sources of chapter {chapter!r} are not here: this is not a checkout of the course")
    if not is_stale(chapter):
        return None
    _store(path, write(digest, make(chapter)))
    load.cache_clear()
    return path


def is_stale(chapter: str) -> bool:
    """Whether the file is missing, damaged, or older than what it is made of."""
    try:
        return read(path_of(chapter).read_bytes())[0] != source_digest(chapter)
    except _DAMAGE:
        return True


def source_digest(chapter: str) -> str | None:
    """A digest of all that the chapter's keys are made of; None where the course's sources are not."""
    parts = [
        *solutions_of(chapter),
        _COURSE / "exercises" / f"{chapter}.md",
        *sorted((_PACKAGE / "mistakes").glob(f"{chapter}*.py")),
        *sorted((_PACKAGE / "checks").glob(f"{chapter}*.py")),
        *(_PACKAGE / "checks" / f"{name}.py" for name in ("drawing", "sequences", "training_data")),
        *(_PACKAGE / f"{name}.py" for name in _ENGINE),
    ]
    if not (_PACKAGE / "mistakes").is_dir() or not all(part.is_file() for part in parts):
        return None
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def solutions_of(module: str) -> list[Path]:
    """A file of `solutions` and all those that it imports from, one after the other."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _COURSE / "solutions" / f"{name.replace('.', '/')}.py"
            text = found[name].read_text(encoding="utf-8") if found[name].is_file() else ""
            waiting += re.findall(r"^from solutions\.([\w.]+) import", text, re.MULTILINE)
    return list(found.values())


def _store(path: Path, data: bytes) -> None:
    """Write whole or not at all; where the folder cannot be written, the keys in memory do."""
    try:
        path.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
            temporary.write(data)
        Path(temporary.name).chmod(0o644)
        Path(temporary.name).replace(path)
    except OSError:
        return
