"""The memory that all processes of a submission hold together, as the fork server sees them from outside.

A limit on address space binds each process by itself; only a control group would bind all of them, and an ordinary user
can rarely make one. So they are looked at while they run: private memory is counted here, memory in files is bounded by
the size of /tmp, and memory that is shared without a file cannot be had (see `seccomp`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

# Without asking for more than anybody may read: what is resident, and what has been swapped out.
_RESIDENT = re.compile(rb"^(?:RssAnon|VmSwap):\s+(\d+) kB", re.MULTILINE)
# Each page divided by the number of processes that share it. A process can hide this, not the other.
_PROPORTIONAL = re.compile(rb"^(?:Pss_Anon|SwapPss):\s+(\d+) kB", re.MULTILINE)


def too_much(most: int) -> bool:
    """Whether all processes in sight but this one and the first hold more than `most` bytes."""
    processes = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    others = [process for process in processes if process not in (1, os.getpid())]
    if _sum(_resident(process) for process in others) <= most:
        return False
    return _sum(_exactly(process) for process in others) > most


def _sum(amounts: Iterable[int | None]) -> int:
    return 1024 * sum(amount or 0 for amount in amounts)


def _resident(process: int) -> int | None:
    """In kB; what a fork shares with its parent counts for both."""
    return _read(f"/proc/{process}/status", _RESIDENT)


def _exactly(process: int) -> int | None:
    exact = _read(f"/proc/{process}/smaps_rollup", _PROPORTIONAL)
    return _resident(process) if exact is None else exact


def _read(path: str, fields: re.Pattern[bytes]) -> int | None:
    try:
        with open(path, "rb") as file:
            found = fields.findall(file.read())
    except OSError:  # it has ended, or hides
        return None
    return sum(map(int, found)) if found else None
