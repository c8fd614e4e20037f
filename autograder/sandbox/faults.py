"""Why the sandbox cannot be had on this machine, in one line with the mend."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NO_BUBBLEWRAP = "bubblewrap, which confines submissions, is not installed: sudo apt-get install bubblewrap"
_ELSEWHERE = {
    "darwin": 'in a container: `podman run --rm -it --privileged -v "$PWD:/course" -w /course debian:trixie`',
    "win32": "in WSL 2: `wsl --install`, then in its Ubuntu `sudo apt-get install bubblewrap`",
}


def no_linux() -> str:
    """What to do on a system without the means to confine anything."""
    where = _ELSEWHERE.get(sys.platform, "on a Linux machine")
    return (
        "submissions are confined by means of Linux, which this system does not have; checking and learning work here, "
        f'but grade {where}; README.md, "Grading without Linux", has each step'
    )


# Kernel settings that keep an ordinary user from making namespaces: file under /proc/sys, value, the mend.
_SETTINGS = (
    ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
    ("user/max_user_namespaces", "0", "user.max_user_namespaces=10000"),
)


class SandboxUnavailable(Exception):
    """The sandbox cannot be had here. The message is one line: the fault and the mend."""


def missing(confined: bool) -> str | None:
    """The fault that can be seen before anything is started."""
    if not hasattr(os, "fork"):
        return no_linux()
    if not confined:
        return None
    if sys.platform != "linux":
        return no_linux()
    return None if shutil.which("bwrap") else NO_BUBBLEWRAP


def explained(complaint: str) -> str:
    """The fault behind what bubblewrap or the fork server said last."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    last = lines[-1] if lines else "it ended without a word"
    if "No module named" in last:
        package = last.rpartition(" ")[2].strip("'")
        return f"the sandbox needs {package}, which is not installed: pip install 'layers-by-hand[course]'"
    for name, value, mend in _SETTINGS:
        if _setting(name) == value:
            return f"this machine does not let an ordinary user confine processes ({last}): sudo sysctl -w {mend}"
    return f"the sandbox does not start here ({last}): try `bwrap --unshare-all --ro-bind / / true` for the cause"


def _setting(name: str) -> str | None:
    try:
        return Path("/proc/sys", name).read_text().strip()
    except OSError:
        return None
