"""Fuzz what reads bytes that we did not write: the notebook reader and the frame decoder.

python tests/fuzz.py [--inputs 100000] [--seed 1] [--keep FOLDER] [--only TARGET] [--fuzzer FUZZER]

tries at least so many inputs on each with each fuzzer, Hypothesis and Atheris (which is guided by the lines that an
input reaches), and prints the counts. Whatever is neither a clean answer nor a clean refusal is found: an exception, a
broken promise of fuzz_targets.py, too much memory, or more than ten seconds of CPU. What is found is kept in FOLDER,
and the exit code is 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

TARGETS = ("reader", "decoder")
# Atheris has no wheels for every system; on Linux pyproject.toml asks for it.
FUZZERS = ("hypothesis", "atheris") if importlib.util.find_spec("atheris") else ("hypothesis",)

_SECONDS = 10  # of CPU for one input: the largest take a tenth of a second
_MEMORY = 4 * 1024**3
_LONGEST = 100_000  # bytes: longer than the course's notebooks
_BATCH = 1000  # Hypothesis remembers what it has tried, and slows down as that grows
_INSTRUMENTED = [f"autograder.{name}" for name in ("notebook.read", "sandbox.frames", "sandbox.messages", "exercise")]


@dataclass(frozen=True)
class Found:
    """What one fuzzer did on one target: how many inputs it tried, and what came of the bad ones."""

    target: str
    fuzzer: str
    inputs: int
    faults: tuple[str, ...]


def fuzz(target: str, fuzzer: str, inputs: int, seed: int, keep: Path) -> Found:
    """One fuzzer on one target, in a process of its own: a crash or a hang ends that process alone."""
    folder = keep / f"{target}-{fuzzer}"
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, "--child", target, fuzzer, str(inputs), str(seed), str(folder)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    said = done.stdout + done.stderr
    counts = re.findall(r"^(?:tried|stat::number_of_executed_units):\s+(\d+)$", said, re.MULTILINE)
    faults = [f"{path}: {_cause(said)}" for path in sorted(folder.glob("*-*")) if path.is_file()]
    if done.returncode != 0 and not faults:
        faults = [f"it ended with {done.returncode}: {_cause(said)}"]
    return Found(target, fuzzer, int(counts[-1]) if counts else 0, tuple(faults))


def _cause(said: str) -> str:
    """The line of a traceback, or of a fuzzer's report, that names the fault."""
    lines = [line.strip(" |") for line in said.splitlines()]
    causes = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception|Hang|Malformed|Unreadable)\b", line)]
    return (causes or [line for line in lines if "ERROR: libFuzzer" in line] or ["no word of the cause"])[-1][:300]


# --- in a process of its own ---------------------------------------------------------------------------------------


def _child(target: str, fuzzer: str, inputs: str, seed: str, folder: str) -> int:
    run = {"hypothesis": _with_hypothesis, "atheris": _with_atheris}[fuzzer]
    return run(target, int(inputs), int(seed), Path(folder))


class Hang(BaseException):
    """An input took too long. No `except Exception` keeps it."""


@contextmanager
def watched() -> Iterator[None]:
    """Raise Hang where what is inside takes too much CPU; another job on the machine costs it nothing."""
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def raise_hang(*_: object) -> None:
    raise Hang(f"more than {_SECONDS} s of CPU")


def _with_hypothesis(target: str, inputs: int, seed: int, folder: Path) -> int:
    import hypothesis
    from fuzz_targets import TARGETS as ALL

    signal.signal(signal.SIGPROF, raise_hang)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    tried = 0
    last = b""

    def trial(data: bytes) -> None:
        nonlocal tried, last
        tried, last = tried + 1, data
        with watched():
            ALL[target].check(data)

    made = ALL[target].made()
    settings = hypothesis.settings(
        max_examples=_BATCH,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    code = 0
    while tried < inputs:
        try:
            hypothesis.seed(seed + tried)(settings(hypothesis.given(made)(trial)))()
        except (Exception, Hang):
            traceback.print_exc()
            (folder / f"input-{tried}").write_bytes(last)  # the smallest that it found comes last
            code = 1
            break
    print(f"tried: {tried}")
    return code


def _with_atheris(target: str, inputs: int, seed: int, folder: Path) -> int:
    import atheris

    with atheris.instrument_imports(include=_INSTRUMENTED):
        from fuzz_targets import TARGETS as ALL
    signal.signal(signal.SIGPROF, raise_hang)
    chosen = ALL[target]

    def trial(data: bytes) -> None:
        with watched():
            chosen.check(data)

    def mutated(data: bytes, longest: int, number: int) -> bytes:
        rng = Random(number)
        if rng.random() < 0.5:
            return bytes(atheris.Mutate(data, longest))
        return chosen.mutated(data, rng)[:longest]

    with tempfile.TemporaryDirectory() as scratch:
        corpus = Path(scratch, "corpus")
        corpus.mkdir()
        for number, data in enumerate(chosen.seeds()):
            (corpus / f"{number}").write_bytes(data)
        words = Path(scratch, "words")
        words.write_text("".join(f'"{word}"\n' for word in chosen.words))
        atheris.Setup(
            [
                "fuzz",
                f"-runs={inputs}",
                f"-seed={seed}",
                f"-max_len={_LONGEST}",
                f"-dict={words}",
                f"-artifact_prefix={folder}/",
                f"-rss_limit_mb={_MEMORY // 1024**2}",
                # A day: not by the clock, which runs on while others have the machine (see watched). Nor 0, for which
                # Atheris rings every second, and so ends a process that is about to write down what it found.
                "-timeout=86400",
                f"-report_slow_units={10**6}",  # seconds; else a slow one is kept as if it were a fault
                "-print_final_stats=1",
                str(corpus),
            ],
            trial,
            custom_mutator=mutated,
        )
        atheris.Fuzz()  # ends the process
    return 0


# --- the command ---------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--inputs", type=int, default=100_000, help="for each target and each fuzzer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="where to put inputs that show a fault")
    parser.add_argument("--only", choices=TARGETS, help="fuzz one of the targets alone")
    parser.add_argument("--fuzzer", choices=FUZZERS, help="with one of the fuzzers alone")
    options = parser.parse_args()
    keep = options.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    pairs = [
        (target, fuzzer)
        for target in ([options.only] if options.only else TARGETS)
        for fuzzer in ([options.fuzzer] if options.fuzzer else FUZZERS)
    ]

    def one(pair: tuple[str, str]) -> Found:
        return _told(fuzz(*pair, options.inputs, options.seed, keep))

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = list(pool.map(one, pairs))
    if "atheris" not in FUZZERS:
        print("Atheris is not installed: no input was tried by a fuzzer that is guided by coverage")
    return 1 if any(result.faults or result.inputs < options.inputs for result in found) else 0


def _told(found: Found) -> Found:
    print(f"{found.target:8} {found.fuzzer:11} {found.inputs:8} inputs, {len(found.faults)} found", flush=True)
    for fault in found.faults:
        print(f"  {fault}", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(_child(*sys.argv[2:]) if sys.argv[1:2] == ["--child"] else main())
