"""The fuzzers find nothing on a short run, and what is broken they do find: the long run is `python tests/fuzz.py`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from fuzz import FUZZERS, TARGETS
from fuzz_targets import TARGETS as CHOSEN
from fuzz_targets import forged

INPUTS = 2000
COMMAND = [sys.executable, str(Path(__file__).with_name("fuzz.py"))]

# A change to the code under test that a fuzzer must see, by target: a guard that is gone.
BROKEN = {
    "reader": ("autograder/notebook/read.py", "if not isinstance(document, dict):", "if document is None:"),
    "decoder": ("autograder/sandbox/frames.py", "type(size) is not int or size < 0", "size < 0"),
}


def test_every_fuzzer_tries_its_inputs_on_every_target_and_finds_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--inputs", str(INPUTS), "--keep", str(tmp_path)], capture_output=True, text=True, check=False
    )
    rows = re.findall(r"^(\w+) +(\w+) +(\d+) inputs, (\d+) found$", done.stdout, re.MULTILINE)
    assert {row[:2] for row in rows} == {(target, fuzzer) for target in TARGETS for fuzzer in FUZZERS}, done.stdout
    assert all(int(inputs) >= INPUTS and found == "0" for *_, inputs, found in rows), done.stdout
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_is_too_deep_to_be_changed(target: str) -> None:
    for depth in (*range(900, 1000), 3000):
        nested = b"[" * depth + b"]" * depth
        data = forged(nested) if target == "decoder" else nested
        assert len({CHOSEN[target].mutated(data, Random(number)) for number in range(9)}) > 4


@pytest.mark.parametrize("fuzzer", FUZZERS)
@pytest.mark.parametrize("target", TARGETS)
def test_a_guard_that_is_gone_is_found_and_its_input_kept(target: str, fuzzer: str, tmp_path: Path) -> None:
    checkout = _broken_checkout(tmp_path, *BROKEN[target])
    command = [sys.executable, str(checkout / "tests" / "fuzz.py"), "--only", target, "--fuzzer", fuzzer]
    done = subprocess.run(
        [*command, "--inputs", str(3 * INPUTS), "--keep", str(tmp_path / "kept")],
        env={"PYTHONPATH": str(checkout), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 found" in done.stdout
    kept = [path for path in (tmp_path / "kept").rglob("*-*") if path.is_file()]
    assert len(kept) == 1, done.stdout
    assert re.search(rf"{re.escape(str(kept[0]))}: (\w+)Error: ", done.stdout), done.stdout


def _broken_checkout(folder: Path, file: str, guard: str, without: str) -> Path:
    """A copy of the course's code with one guard taken out."""
    root = Path(__file__).parents[1]
    checkout = folder / "checkout"
    for name in ("autograder", "exercises", "solutions"):
        shutil.copytree(root / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
    (checkout / "tests").mkdir()
    for name in ("fuzz.py", "fuzz_targets.py"):
        shutil.copyfile(root / "tests" / name, checkout / "tests" / name)
    text = (checkout / file).read_text()
    assert guard in text
    (checkout / file).write_text(text.replace(guard, without))
    return checkout
