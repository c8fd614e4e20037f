"""Bytes to plain values and back: the only form in which anything crosses between a submission's process and ours.

A frame is a prefix (the sizes of what follows), a header (JSON, ASCII) and a body (the arrays' bytes, end to end).
In the header a scalar stands for itself and everything else is a list that begins with its kind:

    ["list", item, …]   ["tuple", item, …]   ["dict", [key, item], …]
    ["array", dtype, shape]   ["complex", re, im]   ["opaque", type name]

`decode` turns any bytes whatever into a value made of exact built-in types and plain arrays, or raises Malformed. It
checks every size before it makes room for it, runs nothing and imports nothing. What it calls is bound when it is
imported, before a student's code could put anything in its place.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from json import dumps, loads
from typing import Any

import numpy as np
from numpy import frombuffer

from autograder.exercise import Opaque

PREFIX = struct.Struct("<IQ")

_DEEPEST = 12
_MOST_AXES = 16
_MOST_ITEMS = 2**28
_MOST_BITS = 512  # so that a number always fits a float
_DTYPES = frozenset(
    np.dtype(code).str for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
)
_LEAVES = (["complex", float, float], ["opaque", str])


class Malformed(ValueError):
    """The bytes are no frame, or one larger than was allowed."""


class Unsendable(ValueError):
    """The value is not of the kinds that a frame holds."""


@dataclass(frozen=True)
class Bounds:
    """The largest frame that is read, in bytes."""

    header: int = 2 * 1024 * 1024
    body: int = 256 * 1024 * 1024


# --- writing -------------------------------------------------------------------------------------------------------


def encode(value: Any) -> list[bytes]:
    """The pieces of the frame that holds `value`, to be written one after the other."""
    arrays: list[bytes] = []
    header = dumps(_tree(value, arrays, 0), separators=(",", ":")).encode("ascii")
    return [PREFIX.pack(len(header), sum(map(len, arrays))), header, *arrays]


def body_size(pieces: list[bytes]) -> int:
    """What the arrays of an encoded frame take."""
    return sum(map(len, pieces[2:]))


def _tree(value: Any, arrays: list[bytes], depth: int) -> Any:
    if depth > _DEEPEST:
        raise Unsendable(f"nested deeper than {_DEEPEST}")
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if kind is str:
        return _text(value)
    if kind is int:
        return value if value.bit_length() <= _MOST_BITS else ["opaque", "int"]
    if kind is complex:
        return ["complex", value.real, value.imag]
    if kind is list or kind is tuple:
        return [kind.__name__, *(_tree(item, arrays, depth + 1) for item in value)]
    if kind is dict:
        return ["dict", *([_key(key), _tree(item, arrays, depth + 1)] for key, item in value.items())]
    if kind is np.ndarray:
        return _array_tree(value, arrays)
    if kind is Opaque:
        name = value.type_name
        return ["opaque", _text(name) if type(name) is str else "object"]
    raise Unsendable(f"a value of type {kind.__name__}")


def _array_tree(array: np.ndarray, arrays: list[bytes]) -> list[Any]:
    native = array.dtype.newbyteorder("=")
    if native.str not in _DTYPES or array.ndim > _MOST_AXES:
        return ["opaque", f"array of dtype {array.dtype}" if array.ndim <= _MOST_AXES else "array of many axes"]
    arrays.append(array.astype(native, order="C", copy=False).tobytes())
    return ["array", native.str, list(array.shape)]


def _key(key: Any) -> str:
    if type(key) is not str:
        raise Unsendable("a key that is no text")
    return _text(key)


def _text(text: str) -> str:
    """The text with nothing in it that cannot be written as UTF-8."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# --- reading -------------------------------------------------------------------------------------------------------


def sizes(prefix: bytes, bounds: Bounds) -> tuple[int, int]:
    """The sizes of the header and of the body that a prefix announces, both within bounds."""
    if len(prefix) != PREFIX.size:
        raise Malformed("the frame ends in its prefix")
    header, body = PREFIX.unpack(prefix)
    if header > bounds.header or body > bounds.body:
        raise Malformed("the frame is larger than allowed")
    return header, body


def parse(header: bytes | bytearray, body_size: int) -> Any:
    """The header's tree, once it is certain that it is well formed and that its arrays fill the body exactly."""
    try:
        tree = loads(header.decode("ascii"))
    except (ValueError, RecursionError, MemoryError):
        raise Malformed("the header is no JSON") from None
    if sum(_array_sizes(tree, 0)) != body_size:
        raise Malformed("the body is not as long as the header says")
    return tree


def build(tree: Any, body: bytes | bytearray | memoryview) -> Any:
    """The value that a parsed tree stands for, its arrays copied out of `body`."""
    return _value(tree, memoryview(body), [0])


def decode(frame: bytes, bounds: Bounds | None = None) -> Any:
    """The value in one whole frame; Malformed for all other bytes."""
    bounds = bounds or Bounds()
    header_size, body_size = sizes(frame[: PREFIX.size], bounds)
    if len(frame) != PREFIX.size + header_size + body_size:
        raise Malformed("the frame is not as long as its prefix says")
    body = memoryview(frame)[PREFIX.size + header_size :]
    return build(parse(frame[PREFIX.size : PREFIX.size + header_size], body_size), body)


def _array_sizes(tree: Any, depth: int) -> Iterator[int]:
    """The bytes that each array of the tree takes in the body, in order; Malformed at the first fault."""
    if depth > _DEEPEST:
        raise Malformed(f"nested deeper than {_DEEPEST}")
    if type(tree) is not list:
        _check_scalar(tree)
        return
    kind, parts = (tree[0], tree[1:]) if tree and type(tree[0]) is str else (None, [])
    if kind == "array":
        yield _array_size(parts)
    elif kind in {"list", "tuple"}:
        for item in parts:
            yield from _array_sizes(item, depth + 1)
    elif kind == "dict":
        for pair in parts:
            if type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str:
                raise Malformed("a dictionary's entry is no pair")
            yield from _array_sizes(pair[1], depth + 1)
    elif [kind, *map(type, parts)] not in _LEAVES:
        raise Malformed("a value that is none of ours")


def _check_scalar(value: Any) -> None:
    if type(value) is dict or (type(value) is int and value.bit_length() > _MOST_BITS):
        raise Malformed("a value that is none of ours")


def _array_size(parts: list[Any]) -> int:
    if [type(part) for part in parts] != [str, list] or parts[0] not in _DTYPES:
        raise Malformed("an array without dtype and shape")
    code, shape = parts
    if len(shape) > _MOST_AXES or any(type(size) is not int or size < 0 for size in shape):
        raise Malformed("an array of impossible shape")
    # The other axes of an empty array count too: a sum over its empty axis makes room for them.
    if math.prod(size for size in shape if size) > _MOST_ITEMS:
        raise Malformed("an array of impossible shape")
    return int(math.prod(shape) * np.dtype(code).itemsize)


def _value(tree: Any, body: memoryview, offset: list[int]) -> Any:
    if type(tree) is str:
        return _text(tree)
    if type(tree) is not list:
        return tree
    kind, *parts = tree
    if kind == "array":
        return _array(parts[0], parts[1], body, offset)
    if kind == "complex":
        return complex(*parts)
    if kind == "opaque":
        return Opaque(_text(parts[0]))
    if kind == "dict":
        return {_text(key): _value(item, body, offset) for key, item in parts}
    items = [_value(item, body, offset) for item in parts]
    return items if kind == "list" else tuple(items)


def _array(code: str, shape: list[int], body: memoryview, offset: list[int]) -> np.ndarray:
    dtype, count = np.dtype(code), math.prod(shape)
    piece = body[offset[0] : offset[0] + count * dtype.itemsize]
    offset[0] += len(piece)
    if dtype.kind == "b":  # a byte other than 0 and 1 would be neither true nor false
        flags: np.ndarray = frombuffer(piece, np.uint8) != 0
        return flags.reshape(shape)
    array: np.ndarray = frombuffer(piece, dtype)
    return array.reshape(shape).copy()
