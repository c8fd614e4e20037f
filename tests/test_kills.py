"""Nothing is lost: killed at random moments and resumed, grading leaves what an undisturbed run leaves, to the byte."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from kills import left

KILLS = 15
STARTS = "from autograder.sandbox import Sandbox\nSandbox().__enter__()"


def test_killed_at_random_moments_and_resumed_a_run_leaves_what_an_undisturbed_one_leaves(
    released: Path, tmp_path: Path
) -> None:
    shutil.copytree(released, tmp_path / "course")
    command = [sys.executable, str(Path(__file__).parent / "kills.py"), str(tmp_path)]
    done = subprocess.run(
        [*command, "--kills", str(KILLS), "--students", "10", "--seed", "3"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout) if done.stdout else {}
    assert found, done.stderr
    assert found["differing"] == []
    assert found["left running"] == []
    assert sum(found["kills"].values()) == KILLS
    assert set(found["kills"]) == {"group", "worker", "sandbox"}
    assert done.returncode == 0


def test_a_sandbox_killed_while_it_starts_leaves_nothing_running(tmp_path: Path) -> None:
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", STARTS], env={**os.environ, "TMPDIR": str(tmp_path)}, stderr=subprocess.DEVNULL
        ) as grader:
            # bubblewrap's child waits for a word from it, and no longer has a parent to wait for
            while not (outer := [pid for pid in _children(grader.pid) if any(map(_is_bubblewrap, _children(pid)))]):
                assert grader.poll() is None
                time.sleep(0.0005)
            os.kill(outer[0], signal.SIGKILL)
            grader.wait(60)
    assert left(tmp_path) == []


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _is_bubblewrap(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == "bwrap"
    except OSError:
        return False
