"""How fast the reference layers are, on one thread, beside loops as textbooks have them and NumPy as courses do.

uv run python benchmarks/layers.py                                # float32
uv run python benchmarks/layers.py --dtype float64 training       # one room of contests, in float64
uv run --with torch python benchmarks/layers.py

All take turns in the same process, and a figure is the ratio of medians of their processor time: how many times as long
the other takes. Above 1 the reference layer is faster. Where PyTorch happens to be installed it takes part too. The
last columns are the most memory that a forward held at once, beside the columns of the whole batch.
"""

from __future__ import annotations

import argparse
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
import contests_simple
import contests_training
import numpy as np

ROUNDS = 7
WIDTH = 10
RIVALS = ("loops", "im2col", "reshape", "graph", "cells", "torch")
ROOMS = {
    "simple": contests_simple,
    "convolution": contests_convolution,
    "pooling": contests_pooling,
    "normalization": contests_normalization,
    "sequences": contests_sequences,
    "gates": contests_gates,
    "training": contests_training,
}
DTYPES = {"float32": np.float32, "float64": np.float64}


def medians(calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The median processor time of each call, all taking turns; one that takes long takes fewer turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(ROUNDS):
        for name, call in calls.items():
            # By its best turn: a first call may have to start threads or compile.
            best = min(times[name], default=0.0)
            if turn > 1 and best > 1.0:
                continue
            if turn and best < 0.1:
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"default: all of {', '.join(ROOMS)}")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="default: float32")
    options = parser.parse_args()
    if unknown := set(options.rooms) - set(ROOMS):
        parser.error(f"there is no room {unknown.pop()!r}; there are {', '.join(ROOMS)}")
    print(row([options.dtype, "ours", *RIVALS, "peak", "columns"]))
    for room in options.rooms or ROOMS:
        for match in ROOMS[room].contests(DTYPES[options.dtype]):
            print(line(match), flush=True)


if __name__ == "__main__":
    main()
