"""What long work shows: a bar on a terminal, plain lines where there is none. Both go to standard error."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from time import monotonic

from autograder.grading.grade import Progress
from autograder.grading.record import Graded
from autograder.show import clean, points

Report = Callable[[Progress], None]


@contextlib.contextmanager
def progress(title: str) -> Iterator[Report]:
    """How far grading is, for `grade(…, progress=…)`."""
    if sys.stderr.isatty():
        with _bar(title) as report:
            yield report
    else:
        yield lambda now: _line(title, now)


def result_in_words(result: Graded) -> str:
    """A notebook's result in a few words."""
    if result.state != "graded" or result.score is None or result.max_score is None:
        return f"{result.state}: {result.reason}"
    stopped = [
        f"{verdict.exercise} {verdict.state.replace('_', ' ')}" for verdict in result.verdicts if _ended(verdict.state)
    ]
    return ", ".join([f"{points(result.score)} of {points(result.max_score)} points", *stopped])


class RunningMarks:
    """The mean of the marks so far, and how many notebooks have none."""

    def __init__(self) -> None:
        self._shares: list[float] = []
        self._without = 0

    def add(self, result: Graded) -> None:
        if result.state == "graded" and result.score is not None and result.max_score:
            self._shares.append(result.score / result.max_score)
        else:
            self._without += 1

    def __str__(self) -> str:
        said = [f"mean {sum(self._shares) / len(self._shares):.0%}"] if self._shares else []
        return ", ".join([*said, *([f"{self._without} without a mark"] if self._without else [])])


def _ended(state: str) -> bool:
    return state in ("timed_out", "out_of_memory", "crashed", "refused")


def _line(title: str, now: Progress) -> None:
    if now.latest is None:
        print(f"{title}: {now.total} to grade", file=sys.stderr, flush=True)
    else:
        said = clean(f"{title} {now.done}/{now.total} {now.latest.student}: {result_in_words(now.latest)}")
        print(said, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _bar(title: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[marks]}"),
        TextColumn("{task.fields[student]}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, rate="", marks="", student="")
        running = RunningMarks()
        start = monotonic()

        def report(now: Progress) -> None:
            if now.latest is not None:
                running.add(now.latest)
            fresh, passed = now.done - now.kept, monotonic() - start
            bar.update(
                task,
                completed=now.done,
                total=now.total,
                rate=f"{fresh / passed:.1f}/s" if fresh and passed else "",
                marks=str(running),
                student=clean(str(now.latest.student)) if now.latest else "",
            )

        yield report
