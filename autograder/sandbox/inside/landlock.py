"""Landlock: which files a submission's process may open, as the process itself tells the kernel. Linux only.

Behind the mounts it is a second wall. Where there are no mounts (see `OtherUser`) it is the only one in the file
system: nothing can be read there but the interpreter, libraries and packages, whatever its permissions say. Ports, and
signals and abstract sockets to processes outside, are closed as well where the kernel can. A kernel without it (before
5.19), or a container that forbids it, is left as it is.

Source: the kernel's documentation, userspace-api/landlock; the numbers are those of its header, linux/landlock.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
from collections.abc import Sequence

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_ASK_VERSION, _PATH_BENEATH = 1, 1
_FIRST_USEFUL = 2  # version 1 lets nothing be moved from one folder to another

_EXECUTE, _WRITE, _READ, _READ_FOLDER, _TRUNCATE, _DEVICE_CONTROL = 1, 2, 4, 8, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE_CONTROL
_KNOWN_SINCE = ((5, (1 << 16) - 1), (3, (1 << 15) - 1), (2, (1 << 14) - 1))  # all rights, by version
_BIND_AND_CONNECT, _SOCKETS_AND_SIGNALS = 3, 3
_PORTS_SINCE, _SCOPES_SINCE = 4, 6

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The interface's version in this kernel; less than 1 where it has none or does not let us."""
    return int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION))


def restrict(readable: Sequence[str], writable: Sequence[str]) -> bool:
    """Open nothing from now on but what lies below these paths, and what is open already. False: not in this kernel.

    Folders may be listed everywhere. The process must have given up gaining privileges. It cannot be undone.
    """
    known = version()
    if known < _FIRST_USEFUL:
        return False
    rights = next(bits for since, bits in _KNOWN_SINCE if known >= since)
    asked = [rights]
    if known >= _PORTS_SINCE:
        asked.append(_BIND_AND_CONNECT)
    if known >= _SCOPES_SINCE:
        asked.append(_SOCKETS_AND_SIGNALS)
    attributes = struct.pack(f"{len(asked)}Q", *asked)
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    try:
        _allow(ruleset, "/", _READ_FOLDER)
        for path in readable:
            _allow(ruleset, path, _EXECUTE | _READ | _READ_FOLDER)
        for path in writable:
            _allow(ruleset, path, rights)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _allow(ruleset: int, path: str, rights: int) -> None:
    with contextlib.suppress(FileNotFoundError, PermissionError):  # what we cannot reach is no path to anything
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(beneath).st_mode):
                rights &= _OF_FILES
            _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, beneath), 0)
        finally:
            os.close(beneath)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result
