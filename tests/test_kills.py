"""Nothing is lost: killed at random moments and resumed, grading leaves what an undisturbed run leaves, to the byte."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

KILLS = 15


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
    assert sum(found["kills"].values()) == KILLS
    assert set(found["kills"]) == {"group", "worker", "sandbox"}
    assert done.returncode == 0
