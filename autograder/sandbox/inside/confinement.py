"""What a submission's process gives up before the first line of the student's code. Linux only."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
from collections.abc import Sequence

from autograder.sandbox.inside import landlock, seccomp
from autograder.sandbox.limits import Limits

STUDENT = 1000  # the user that the student's code sees itself as
HOME = "/tmp/home"

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_READ_ONLY, _NO_SUID, _NO_DEVICES = 1, 2, 4
_SET_DEATH_SIGNAL, _SET_DUMPABLE, _SET_SUBREAPER, _NO_NEW_PRIVILEGES = 1, 4, 36, 38
_CAPABILITIES_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def become(user: int) -> None:
    """Leave root for an ordinary user, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _prctl(_SET_DUMPABLE, 1)  # leaving root closed /proc/self, through which a child maps its user


def adopt_orphans() -> None:
    """Processes whose parent ends become children of this one, which can then wait for them."""
    _prctl(_SET_SUBREAPER, 1)


def die_with_parent() -> None:
    """End when the process that forked this one does, if it is not a namespace that ends both. `become` undoes it."""
    _prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def enter_namespaces() -> None:
    """User, mount, ipc and network namespaces of its own for this process, and a pid namespace for its children."""
    user, group = os.getuid(), os.getgid()
    _check(_libc.unshare(_NEWUSER | _NEWNS | _NEWPID | _NEWIPC | _NEWNET), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{STUDENT} {user} 1")
    _write("/proc/self/gid_map", f"{STUDENT} {group} 1")
    _write("/proc/self/oom_score_adj", "1000")  # when memory runs out, it is a submission that goes


def furnish(disk_bytes: int, hidden: tuple[str, ...]) -> None:
    """An empty /tmp with a home in it, and nothing to see at the `hidden` paths."""
    _mount_empty("/tmp", _NO_SUID | _NO_DEVICES, f"size={disk_bytes},nr_inodes=4096,mode=0755")
    os.mkdir(HOME)
    os.chdir(HOME)
    for path in hidden:
        _mount_empty(path, _NO_SUID | _NO_DEVICES | _READ_ONLY, "size=4096,nr_inodes=1,mode=0555")


def limit_resources(limits: Limits, address_space: int) -> None:
    """Hard limits. Processes are counted in the user namespace (Linux 5.14), so the user's others do not count."""
    bounds = {
        resource.RLIMIT_AS: address_space + limits.memory_bytes,
        resource.RLIMIT_CPU: int(limits.submission_seconds + limits.long_seconds) + 1,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_CORE: 0,
    }
    for kind, wanted in bounds.items():
        _, most = resource.getrlimit(kind)
        bound = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(kind, (bound, bound))


def give_up_privileges(readable: Sequence[str], writable: Sequence[str]) -> None:
    """No capabilities, no way to any, no files but these, and the filter on system calls. It cannot be undone."""
    _prctl(_NO_NEW_PRIVILEGES, 1)
    header, nothing = struct.pack("Ii", _CAPABILITIES_3, 0), bytes(24)
    _check(_libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(nothing)), "capset")
    landlock.restrict(readable, writable)
    seccomp.install()


def _mount_empty(path: str, flags: int, options: str) -> None:
    arguments = (b"tmpfs", path.encode(), b"tmpfs", ctypes.c_ulong(flags), options.encode())
    _check(_libc.mount(*arguments), f"mount {path}")


def _prctl(option: int, value: int) -> None:
    _check(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl {option}")


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
