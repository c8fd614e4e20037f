"""The answer data: keys written as one .npz file a chapter, for machines that have no `solutions` and no mistakes.

The file is arrays and one JSON text, never pickle. In a checkout of the course a file that is missing, or older than
the answers, checks, mistakes and texts that it is made of, is made anew when it is asked for.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from autograder import answers, exercise
from autograder.answers import AnswerKey, Answers, KnownMistake

_PACKAGE = Path(__file__).parent
_COURSE = _PACKAGE.parent
DATA = _PACKAGE / "data"

_FORMAT = 1
_DATACLASSES: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (
        *(exercise.Call, exercise.Case, exercise.Opaque, exercise.Outcome, exercise.Raised),
        *(exercise.Result, exercise.Rng, exercise.View, AnswerKey, Answers, KnownMistake),
    )
}


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
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
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
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return True


def source_digest(chapter: str) -> str | None:
    """A digest of all that the chapter's keys are made of; None where the course's sources are not."""
    parts = [
        _COURSE / "solutions" / f"{chapter}.py",
        _COURSE / "exercises" / f"{chapter}.md",
        *sorted((_PACKAGE / "mistakes").glob(f"{chapter}*.py")),
        _PACKAGE / "checks" / f"{chapter}.py",
        _PACKAGE / "checks" / "drawing.py",
        *(_PACKAGE / f"{name}.py" for name in ("answers", "answer_data", "calls", "exercise", "measures")),
    ]
    if not (_PACKAGE / "mistakes").is_dir() or not all(part.is_file() for part in parts):
        return None
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()


# --- the file ------------------------------------------------------------------------------------------------------


def write(digest: str, keys: Mapping[str, AnswerKey]) -> bytes:
    """The keys as the bytes of an .npz file."""
    arrays: list[np.ndarray] = []
    tree = {"format": _FORMAT, "digest": digest, "keys": {name: _packed(key, arrays) for name, key in keys.items()}}
    text = np.frombuffer(json.dumps(tree, separators=(",", ":")).encode(), np.uint8)
    out = io.BytesIO()
    named = {"tree": text} | {f"a{number}": array for number, array in enumerate(arrays)}
    np.savez_compressed(out, allow_pickle=False, **named)
    return out.getvalue()


def read(data: bytes) -> tuple[str, dict[str, AnswerKey]]:
    """The digest and the keys in the bytes of an .npz file. Raises ValueError or KeyError where they are not that."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        tree = json.loads(bytes(stored["tree"]))
        if tree["format"] != _FORMAT:
            raise ValueError("the answer data is of another version of the course")
        arrays = [stored[f"a{number}"] for number in range(len(stored.files) - 1)]
    return tree["digest"], {name: _unpacked(key, arrays) for name, key in tree["keys"].items()}


def _packed(value: Any, arrays: list[np.ndarray]) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _packed(getattr(value, f.name), arrays) for f in dataclasses.fields(value)}
        return {"is": type(value).__name__, **fields}
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"is": "array", "number": len(arrays) - 1}
    if isinstance(value, Mapping):
        return {"is": "mapping", "items": [[key, _packed(item, arrays)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"is": "tuple", "items": [_packed(item, arrays) for item in value]}
    if isinstance(value, list):
        return [_packed(item, arrays) for item in value]
    return value


def _unpacked(tree: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(tree, list):
        return [_unpacked(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    kind = tree["is"]
    if kind == "array":
        return arrays[tree["number"]]
    if kind == "mapping":
        return {key: _unpacked(item, arrays) for key, item in tree["items"]}
    if kind == "tuple":
        return tuple(_unpacked(item, arrays) for item in tree["items"])
    fields = {name: _unpacked(item, arrays) for name, item in tree.items() if name != "is"}
    return _DATACLASSES[kind](**fields)


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
