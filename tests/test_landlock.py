"""Landlock: what a process may open once it has restricted itself, beside one that has not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from boxes import ROOMY

from autograder.sandbox import OtherUser, Trusted
from autograder.sandbox.inside import landlock

TRY = """
import ctypes, json, os, socket, sys
from autograder.sandbox.inside import landlock
readable, writable, other, port, restricted = json.loads(sys.argv[1])
if restricted:
    assert ctypes.CDLL(None).prctl(38, 1, 0, 0, 0) == 0
    assert landlock.restrict([readable], [writable, "/dev/null"])

def may(action):
    try:
        action()
    except PermissionError:
        return False
    return True

print(json.dumps([
    may(lambda: open(readable + "/file").read()),
    may(lambda: open(readable + "/new", "w")),
    may(lambda: open(writable + "/new", "w").write("1")),
    may(lambda: os.rename(writable + "/new", writable + "/folder/new")),
    may(lambda: open("/dev/null", "w").write("1")),
    may(lambda: os.listdir(other)),
    may(lambda: open(other + "/file").read()),
    may(lambda: open(other + "/file", "a")),
    may(lambda: os.remove(other + "/file")),
    may(lambda: os.kill(os.getppid(), 0)),
    may(lambda: socket.create_connection(("127.0.0.1", port))),
]))
"""
WITHOUT = [True] * 11


def allowed(folder: Path, restricted: bool) -> list[bool]:
    for name in ("readable", "writable/folder", "other"):
        (folder / name).mkdir(parents=True)
    for name in ("readable", "other"):
        (folder / name / "file").write_text("text")
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = [
            *(str(folder / name) for name in ("readable", "writable", "other")),
            server.getsockname()[1],
            restricted,
        ]
        command = [sys.executable, "-c", TRY, json.dumps(asked)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def with_landlock() -> list[bool]:
    """What this kernel can close."""
    known = landlock.version()
    return [True, False, True, True, True, True, False, False, False, known < 6, known < 4]


def test_only_what_is_named_can_be_opened(tmp_path: Path) -> None:
    assert allowed(tmp_path / "control", restricted=False) == WITHOUT
    assert landlock.version() >= 2, "this kernel has no Landlock (Linux 5.19)"
    assert allowed(tmp_path / "restricted", restricted=True) == with_landlock()


READ = """
import json
found = []
for path in ("/etc/passwd", "/proc/self/status", {file!r}):
    try:
        found.append(bool(open(path).read()))
    except OSError:
        found.append(False)
open("mine", "w").write("1")
print(json.dumps(found))
"""


@pytest.mark.parametrize("user", ["ours", "another"])
def test_without_mounts_it_closes_what_everybody_may_read(user: str) -> None:
    """Another user's processes can only be made by root; whoever else runs this sees the control alone."""
    file = Path(__file__).resolve()
    kind = OtherUser if user == "another" and os.getuid() == 0 else Trusted
    with kind(ROOMY) as place, place.submission([READ.format(file=str(file))]) as submission:
        (cell,) = submission.cells
    assert cell.raised is None, cell
    assert json.loads(cell.printed) == [kind is Trusted] * 3
