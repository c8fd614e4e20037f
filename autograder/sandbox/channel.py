"""Whole frames over a pair of pipes, against a deadline or without one. Both sides use it.

What reads and writes is bound here when the process starts, before a student's code could put anything in its place.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from os import read, write
from time import monotonic
from typing import Any

from autograder.sandbox.frames import PREFIX, Bounds, build, parse, sizes

_AT_ONCE = 65536  # bytes: what an empty pipe holds


class Closed(Exception):
    """The other side is gone."""


class Late(Exception):
    """The deadline has passed."""


def send(pipe: int, pieces: Sequence[bytes], deadline: float | None = None) -> None:
    """Write the pieces of a frame, small ones at once: each write wakes the other side. Raises Closed or Late."""
    for piece in [b"".join(pieces)] if sum(map(len, pieces)) <= _AT_ONCE else pieces:
        rest = memoryview(piece)
        while rest:
            try:
                rest = rest[write(pipe, rest) :]
            except BlockingIOError:
                _wait(pipe, select.POLLOUT, deadline)
            except OSError:
                raise Closed from None


def receive(pipe: int, bounds: Bounds, deadline: float | None = None) -> tuple[Any, int]:
    """The next frame's value and the size of its body. Raises Malformed, Closed or Late."""
    header_size, body_size = sizes(bytes(_read(pipe, PREFIX.size, deadline)), bounds)
    tree = parse(_read(pipe, header_size, deadline), body_size)
    return build(tree, _read(pipe, body_size, deadline)), body_size


def waiting(pipe: int) -> bool:
    """Whether there is something to read, the end included."""
    poller = select.poll()
    poller.register(pipe, select.POLLIN)
    return bool(poller.poll(0))


def _read(pipe: int, size: int, deadline: float | None) -> bytearray:
    buffer = bytearray(size)
    rest = memoryview(buffer)
    while rest:
        try:
            piece = read(pipe, len(rest))
        except BlockingIOError:
            _wait(pipe, select.POLLIN, deadline)
            continue
        except OSError:
            raise Closed from None
        if not piece:
            raise Closed
        rest[: len(piece)] = piece
        rest = rest[len(piece) :]
    return buffer


def _wait(pipe: int, event: int, deadline: float | None) -> None:
    """Return when the pipe is ready. Without a deadline a blocking pipe waits by itself."""
    if deadline is None:
        return
    poller = select.poll()
    poller.register(pipe, event)
    left = deadline - monotonic()
    if left <= 0 or not poller.poll(left * 1000):
        raise Late
