"""How fast the reference layers are: float32, one thread, beside loops as textbooks have them and NumPy as courses do.

uv run python benchmarks/layers.py

All take turns in the same process, and a figure is the ratio of medians of their processor time: how many times as long
the other takes. Above 1 the reference layer is faster. Where PyTorch happens to be installed it takes part too. The
last columns are the most memory that a forward held at once, beside the columns of the whole batch.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence

import contest  # first: it gives NumPy one thread
import contests_convolution
import contests_gates
import contests_normalization
import contests_pooling
import contests_sequences

ROUNDS = 7
WIDTH = 10
RIVALS = ("loops", "im2col", "reshape", "graph", "cells", "torch")
CHAPTERS = (contests_convolution, contests_pooling, contests_normalization, contests_sequences, contests_gates)


def medians(calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The median processor time of each call, all taking turns; one that takes long takes fewer turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(ROUNDS):
        for name, call in calls.items():
            if turn > 1 and times[name][0] > 1.0:
                continue
            if turn and times[name][0] < 0.1:
                call()  # not counted: nobody pays for what another left in the processor's caches
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(each) for name, each in times.items()}


def peak(call: Callable[[], object]) -> int:
    """The most bytes that a call held at once beyond what was there before it."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def row(cells: Sequence[str]) -> str:
    first, *rest = cells
    return f"{first:54}" + "".join(f"{cell:>{WIDTH}}" for cell in rest)


def line(match: contest.Contest) -> str:
    """The contest's ratios, each rival's median over ours, and the memory of our forward."""
    found = medians({"ours": match.ours, **{name: rival.call for name, rival in match.rivals.items()}})
    ratios = {name: rival.times * found[name] / found["ours"] for name, rival in match.rivals.items()}
    cells = [match.name, f"{1000 * found['ours']:.2f} ms"]
    cells += [f"{ratios[name]:.1f}" if name in ratios else "" for name in RIVALS]
    if match.columns:
        cells += [f"{peak(match.ours) / 1e6:.1f} MB", f"{match.columns / 1e6:.1f} MB"]
    return row(cells)


def main() -> None:
    """Print a line a contest."""
    print(row(["", "ours", *RIVALS, "peak", "columns"]))
    for chapter in CHAPTERS:
        for match in chapter.contests():
            print(line(match), flush=True)


if __name__ == "__main__":
    main()
