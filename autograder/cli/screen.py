"""What long work shows: a bar on a terminal, plain lines where there is none. Both go to standard error."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

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
        TimeRemainingColumn(),
        TextColumn("{task.fields[student]}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, student="")

        def report(now: Progress) -> None:
            student = clean(str(now.latest.student)) if now.latest else ""
            bar.update(task, completed=now.done, total=now.total, student=student)

        yield report
