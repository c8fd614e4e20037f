"""The filter on a submission's system calls: a short BPF program that lets through what is allowed, and no more.

All other calls fail with EPERM, which Python raises as PermissionError. Calls newer than the table, but for a few
harmless ones, do not exist (ENOSYS), so that libraries fall back to older ones. A foreign architecture's calls kill.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from autograder.sandbox.inside.system_calls import ALLOWED

_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_PERMIT_NOT, _NO_SUCH_CALL = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS
# Offsets in struct seccomp_data, little-endian.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _FOURTH_ARGUMENT = 0, 4, 16, 40

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32_BIT = 0x40000000
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_AF_UNIX = 1
_FIRST_NEW = 424  # from here on every architecture has the same numbers
_HARMLESS_NEW = (436, 439, 441, 449, 452)  # close_range, faccessat2, epoll_pwait2, futex_waitv, fchmodat2

_CLONE, _SOCKETPAIR, _MMAP = (56, 220), (53, 199), (9, 222)
_SHARED_WITHOUT_FILE = 0x21  # MAP_SHARED (and MAP_SHARED_VALIDATE), MAP_ANONYMOUS


def program(machine: str) -> bytes:
    """The filter for a machine as `os.uname` names it."""
    architecture, column = _ARCHITECTURES[machine]
    lines = [
        _line(_LOAD, _ARCHITECTURE),
        _line(_EQUAL, architecture, 1, 0),
        _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER),
        _line(_AT_LEAST, _X32_BIT, 0, 1),
        _line(_RETURN, _NO_SUCH_CALL),
    ]
    # Threads and forks may be made, but no new namespaces; pairs of connected sockets, but only local ones; memory
    # may be shared with a fork in a file, whose size counts, but not without one.
    lines += [
        _line(_EQUAL, _CLONE[column], 0, 4),
        _line(_LOAD, _FIRST_ARGUMENT),
        _line(_ANY_BIT, _NEW_NAMESPACES, 0, 1),
        _line(_RETURN, _PERMIT_NOT),
        _line(_RETURN, _ALLOW),
        _line(_EQUAL, _SOCKETPAIR[column], 0, 4),
        _line(_LOAD, _FIRST_ARGUMENT),
        _line(_EQUAL, _AF_UNIX, 1, 0),
        _line(_RETURN, _PERMIT_NOT),
        _line(_RETURN, _ALLOW),
        _line(_EQUAL, _MMAP[column], 0, 5),
        _line(_LOAD, _FOURTH_ARGUMENT),
        _line(_AND, _SHARED_WITHOUT_FILE),
        _line(_EQUAL, _SHARED_WITHOUT_FILE, 0, 1),
        _line(_RETURN, _PERMIT_NOT),
        _line(_RETURN, _ALLOW),
    ]
    allowed = [numbers[column] for numbers in ALLOWED.values()]
    for number in (*allowed, *_HARMLESS_NEW):
        if number is not None:
            lines += [_line(_EQUAL, number, 0, 1), _line(_RETURN, _ALLOW)]
    lines += [_line(_AT_LEAST, _FIRST_NEW, 0, 1), _line(_RETURN, _NO_SUCH_CALL), _line(_RETURN, _PERMIT_NOT)]
    return b"".join(lines)


def install() -> None:
    """Put the filter on this process and all that come of it. It cannot be taken off. Needs no_new_privs."""
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no list of system calls for {machine}")
    code = program(machine)
    lines = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(lines))
    libc = ctypes.CDLL(None, use_errno=True)
    set_seccomp, filter_mode = 22, 2
    if libc.prctl(set_seccomp, filter_mode, ctypes.c_char_p(filter_), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
