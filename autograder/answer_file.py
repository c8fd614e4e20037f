"""Answer keys as the bytes of an .npz file, and back: one JSON text and one block of all arrays, never pickle."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder import exercise
from autograder.answers import AnswerKey, Answers, KnownMistake

_FORMAT = 3
_DATACLASSES: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (
        *(exercise.Call, exercise.Case, exercise.Observed, exercise.Opaque, exercise.Outcome, exercise.Raised),
        *(exercise.Drawn, exercise.Pace, exercise.Result, exercise.Rng, exercise.SameRng, exercise.View),
        *(AnswerKey, Answers, KnownMistake),
    )
}


def write(digest: str, keys: Mapping[str, AnswerKey]) -> bytes:
    """The keys, with the digest of what they were made of."""
    block = _Block()
    tree = {"format": _FORMAT, "digest": digest, "keys": {name: _packed(key, block) for name, key in keys.items()}}
    text = np.frombuffer(json.dumps(tree, separators=(",", ":")).encode(), np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, tree=text, block=np.frombuffer(bytes(block.data), np.uint8))
    return out.getvalue()


def read(data: bytes) -> tuple[str, dict[str, AnswerKey]]:
    """The digest and the keys. Raises ValueError, KeyError, TypeError or BadZipFile where the bytes are not that."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        tree, block = json.loads(bytes(stored["tree"])), bytes(stored["block"])
    if tree["format"] != _FORMAT:
        raise ValueError("the answer data is of another version of the course")
    return tree["digest"], {name: _unpacked(key, block) for name, key in tree["keys"].items()}


class _Block:
    """The bytes of all arrays, end to end, each kept once however often it is met."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._places: dict[bytes, int] = {}

    def place(self, array: np.ndarray) -> int:
        content = array.tobytes()
        if content not in self._places:
            self.data.extend(bytes(-len(self.data) % 16))
            self._places[content] = len(self.data)
            self.data.extend(content)
        return self._places[content]


def _packed(value: Any, block: _Block) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"is": type(value).__name__} | {
            field.name: _packed(getattr(value, field.name), block)
            for field in dataclasses.fields(value)
            if not _is_default(getattr(value, field.name), field)
        }
    if isinstance(value, np.ndarray):
        if value.size > 1 and not any(value.strides):  # one number, shown to be many: only shape and dtype count
            return {"is": "shape", "of": value.shape, "dtype": value.dtype.str}
        return {"is": "array", "at": block.place(value), "of": value.shape, "dtype": value.dtype.str}
    if isinstance(value, Mapping):
        return {"is": "mapping", "items": [[key, _packed(item, block)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"is": "tuple", "items": [_packed(item, block) for item in value]}
    if isinstance(value, list):
        return [_packed(item, block) for item in value]
    return value


def _is_default(value: Any, field: dataclasses.Field[Any]) -> bool:
    return (value is None and field.default is None) or (
        type(value) in (str, bool, int, float, tuple) and type(field.default) is type(value) and value == field.default
    )


def _unpacked(tree: Any, block: bytes) -> Any:
    if isinstance(tree, list):
        return [_unpacked(item, block) for item in tree]
    if not isinstance(tree, dict):
        return tree
    kind = tree["is"]
    if kind == "array":
        shape = tuple(tree["of"])
        return np.frombuffer(block, tree["dtype"], math.prod(shape), tree["at"]).reshape(shape)
    if kind == "shape":
        return np.broadcast_to(np.zeros((), tree["dtype"]), tuple(tree["of"]))
    if kind == "mapping":
        return {key: _unpacked(item, block) for key, item in tree["items"]}
    if kind == "tuple":
        return tuple(_unpacked(item, block) for item in tree["items"])
    return _DATACLASSES[kind](**{name: _unpacked(item, block) for name, item in tree.items() if name != "is"})
