"""The system calls that a submission may not make: a short BPF program for the kernel's own filter.

Calls that would widen what a process sees or holds (sockets, mounts, namespaces, other processes' memory, keys, kernel
interfaces) fail with EPERM, which Python raises as PermissionError. Calls newer than the table, but for a few harmless
ones, do not exist (ENOSYS), so that libraries fall back to older ones. A foreign architecture's calls kill.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

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

# name: its numbers on x86_64 and aarch64
_FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    # reaching out
    "socket": (41, 198),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # another view of the machine
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # memory that no limit counts, and memory with side effects
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "userfaultfd": (323, 282),
    "io_setup": (206, 0),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    # the kernel's own affairs
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "syslog": (103, 116),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "nfsservctl": (180, 42),
    "vhangup": (153, 58),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # old ways around protection
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "uselib": (134, None),
    "_sysctl": (156, None),
}


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
    for numbers in _FORBIDDEN.values():
        number = numbers[column]
        if number is not None:
            lines += [_line(_EQUAL, number, 0, 1), _line(_RETURN, _PERMIT_NOT)]
    for number in _HARMLESS_NEW:
        lines += [_line(_EQUAL, number, 0, 1), _line(_RETURN, _ALLOW)]
    lines += [_line(_AT_LEAST, _FIRST_NEW, 0, 1), _line(_RETURN, _NO_SUCH_CALL)]
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
        _line(_EQUAL, _MMAP[column], 0, 4),
        _line(_LOAD, _FOURTH_ARGUMENT),
        _line(_AND, _SHARED_WITHOUT_FILE),
        _line(_EQUAL, _SHARED_WITHOUT_FILE, 0, 1),
        _line(_RETURN, _PERMIT_NOT),
        _line(_RETURN, _ALLOW),
    ]
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
