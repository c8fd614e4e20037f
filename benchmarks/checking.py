"""What a check costs a student: CPU milliseconds of `check(f)` in a fresh process and in a warm one.

uv run python benchmarks/checking.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from importlib import import_module

from autograder import registry
from autograder.local import check_functions

RUNS = 20
FRESH = """
import time
import numpy
start = time.process_time()
from autograder.local import check_functions
import_done = time.process_time()
check_functions({{}}, "{exercise}")
print(1000 * (import_done - start), 1000 * (time.process_time() - import_done))
"""


def warm(chapter: str, exercise: str) -> float:
    """The median of some checks of the reference, the keys being loaded."""
    functions = vars(import_module(f"solutions.{chapter}"))
    check_functions(functions, exercise)
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        check_functions(functions, exercise)
        times.append(time.process_time() - start)
    return 1000 * statistics.median(times)


def main() -> None:
    """Print a line an exercise."""
    for chapter in registry.CHAPTERS:
        exercise = next(iter(registry.exercises(chapter)))
        done = subprocess.run(
            [sys.executable, "-c", FRESH.format(exercise=exercise)], check=True, capture_output=True, text=True
        )
        importing, first = map(float, done.stdout.split())
        print(f"{chapter}: import of autograder beside NumPy {importing:.0f} ms, first check {first:.0f} ms")
        for name in registry.exercises(chapter):
            print(f"  {name:28} {warm(chapter, name):6.1f} ms")


if __name__ == "__main__":
    main()
