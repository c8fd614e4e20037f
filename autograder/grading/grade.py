"""Grade a chapter's submissions, or loose notebooks: read, run in the sandbox, judge, write down.

`grade(course, chapter)` writes what it finds to the gradebook, the autograded notebooks and the feedback;
`grade_loose(paths)` gives records one by one, in the order of the paths, and writes nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import answer_data, registry
from autograder.grading import cluster, submissions, workers
from autograder.grading.course import Course, CourseError, booked_points, strays
from autograder.grading.journal import Entry, Journal, Key
from autograder.grading.record import Graded
from autograder.grading.recorder import Recorder
from autograder.grading.submission import Submission, loose
from autograder.grading.version import course_version
from autograder.sandbox import SandboxUnavailable, missing

_NO_SOURCES = (
    "grading needs the course's own checkout, with solutions/ and autograder/mistakes/; "
    "clone the repository and run `autograder` there"
)


_BATCH = 20  # how many results are written down together, at most
_TRIES = 3  # how often the same fault may keep a result from being written before no more is tried


@dataclass(frozen=True)
class Progress:
    """How far grading is. `kept` of the `done` were graded before and stand as they were."""

    done: int
    total: int
    kept: int
    latest: Graded | None = None


@dataclass(frozen=True)
class Outcome:
    """What grading a chapter gave: a record for each submission, in the order of the students.

    `problems` are lines on what could not be written. The results are safe in the journal; grading again writes them.
    """

    results: tuple[Graded, ...]
    kept: int
    seed: int
    problems: tuple[str, ...] = ()


def grade(
    course: Course,
    chapter: str,
    *,
    students: Sequence[str] = (),
    jobs: int | None = None,
    seed: int | None = None,
    regrade: bool = False,
    trust: bool = False,
    scheduler: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Grade what lies in `submitted/` for a chapter.

    What was graded before, and has not changed since, is not graded again unless `regrade` says so. Without a seed the
    last run's is used, so that a run which was stopped goes on; a first run and a regrading draw a secret one.
    With the address of a Dask scheduler the cluster's workers judge, and here results are only written down.
    Raises CourseError where nothing can be graded.
    """
    version = _ready(course, chapter, trust or scheduler is not None)
    with _alone(course):
        journal = Journal(course, chapter)
        before = journal.read()
        if seed is None:
            seed = _seed(before, regrade)
        found = submissions.collect(course, chapter, students)
        keys = {str(submission.student): Key(submission.content, version, seed) for submission in found}
        stands = {s: e for s, e in before.items() if s in keys and e.key == keys[s] and not regrade}
        with Recorder(course, chapter) as recorder:
            run = _Run(len(found), progress, recorder, journal)
            for submission in found:
                entry = stands.get(str(submission.student))
                if entry is not None:
                    if not (entry.recorded and recorder.is_written(submission)):
                        run.write(submission, entry)
                    run.add(entry.result, kept=True)
            todo = [submission for submission in found if submission.student not in stands]
            with contextlib.closing(_judged(todo, seed, jobs, trust, scheduler)) as judged:
                for submission, result in judged:
                    entry = Entry(keys[str(submission.student)], result)
                    journal.graded(entry.key, result)
                    run.write(submission, entry)
                    run.add(result)
            run.write_rest()
    by_student = sorted(run.results, key=lambda result: str(result.student))
    return Outcome(tuple(by_student), run.kept, seed, run.problems)


def grade_loose(
    notebooks: Iterable[Path],
    chapter: str | None = None,
    seed: int | None = None,
    trust: bool = False,
    jobs: int | None = None,
    scheduler: str | None = None,
) -> Iterator[Graded]:
    """Grade notebooks outside any course, in the order given. The chapter is as told, or as each notebook says."""
    if chapter is not None:
        _known(chapter)
    _sandboxed(trust or scheduler is not None)
    if any(answer_data.source_digest(name) is None for name in registry.CHAPTERS):
        raise CourseError(_NO_SOURCES)
    listed = [loose(number, Path(path), chapter) for number, path in enumerate(notebooks)]
    if seed is None:
        seed = secrets.randbits(63)
    return _in_order(_judged(listed, seed, jobs, trust, scheduler))


def _judged(
    todo: Sequence[Submission], seed: int, jobs: int | None, trust: bool, scheduler: str | None
) -> Generator[tuple[Submission, Graded], None, None]:
    try:
        if scheduler is not None:
            yield from cluster.judge_all(todo, seed, scheduler)
        else:
            yield from workers.judge_all(todo, seed, jobs or _cores(), trust)
    except (SandboxUnavailable, cluster.ClusterFault) as fault:
        raise CourseError(str(fault)) from None


def _cores() -> int:
    """How many cores this process may use; on a Mac, where that is not to be known, how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_order(judged: Iterator[tuple[Submission, Graded]]) -> Iterator[Graded]:
    """What is done early waits for those before it."""
    early: dict[int, Graded] = {}
    position = 0
    for submission, result in judged:
        early[submission.number] = result
        while position in early:
            yield early.pop(position)
            position += 1


class _Run:
    """One run's results so far. They are written down in batches; until then the journal has them."""

    def __init__(
        self, total: int, progress: Callable[[Progress], None] | None, recorder: Recorder, journal: Journal
    ) -> None:
        self.results: list[Graded] = []
        self._unwritten: dict[str, list[str]] = {}
        self.kept = 0
        self._total = total
        self._progress = progress
        self._recorder, self._journal = recorder, journal
        self._batch: list[tuple[Submission, Entry]] = []
        if progress is not None:
            progress(Progress(0, total, 0))

    def add(self, result: Graded, kept: bool = False) -> None:
        self.results.append(result)
        self.kept += kept
        if self._progress is not None:
            self._progress(Progress(len(self.results), self._total, self.kept, result))

    def write(self, submission: Submission, entry: Entry) -> None:
        """Write a result down, with others, as soon as these are a batch."""
        self._batch.append((submission, entry))
        if len(self._batch) == _BATCH:
            self.write_rest()

    def write_rest(self) -> None:
        """Write down what still waits for others. What goes wrong with one concerns no other."""
        batch, self._batch = self._batch, []
        booked = self._booked_together(batch)
        written = {str(one.student): entry.key for one, entry in batch if self._written(one, entry.result, booked)}
        if written:
            self._journal.recorded(written)

    def _booked_together(self, batch: Sequence[tuple[Submission, Entry]]) -> bool:
        if len(batch) < 2 or self._hopeless is not None:
            return False
        try:
            self._recorder.book([(submission, entry.result) for submission, entry in batch])
        except Exception:  # the one that is to blame shows when each is booked by itself
            return False
        return True

    def _written(self, submission: Submission, result: Graded, booked: bool) -> bool:
        student = str(submission.student)
        if self._hopeless is not None:
            self._unwritten[self._hopeless].append(student)
            return False
        try:
            if not booked:
                self._recorder.book([(submission, result)])
            self._recorder.write(submission, result)
        except Exception as error:
            self._unwritten.setdefault(_why(error), []).append(student)
            return False
        return True

    @property
    def _hopeless(self) -> str | None:
        """What goes wrong again and again (the disk is full, somebody has locked the gradebook), and is left be."""
        return next((why for why, students in self._unwritten.items() if len(students) >= _TRIES), None)

    @property
    def problems(self) -> tuple[str, ...]:
        """A line for each cause for which results could not be written."""
        return tuple(_unwritten(why, students) for why, students in self._unwritten.items())


def _why(error: Exception) -> str:
    """What went wrong, in one line: of a database's fault the first, without the name of its driver's exception."""
    lines = str(error).strip().splitlines()
    return re.sub(r"^\([\w.]+\) ", "", lines[0]) if lines else type(error).__name__


def _unwritten(why: str, students: Sequence[str]) -> str:
    if len(students) == 1:
        return f"{students[0]} is graded but not written down ({why}); grade again to mend it"
    return f"{len(students)} are graded but not written down, first {students[0]} ({why}); grade again to mend it"


def _ready(course: Course, chapter: str, elsewhere: bool) -> str:
    """The version of the course's sources for the chapter; CourseError where something is missing."""
    _known(chapter)
    _sandboxed(elsewhere)
    version = course_version(chapter)
    if version is None:
        raise CourseError(_NO_SOURCES)
    mend = f"run `autograder release {chapter} --course {course.folder}`"
    with course.gradebook() as gradebook:
        booked = booked_points(gradebook, chapter)
    if booked is None or not (course.path("release", chapter) / f"{chapter}.ipynb").is_file():
        raise CourseError(f"{chapter} is not released in this course; {mend}")
    differing = strays(booked, chapter)
    if differing:
        raise CourseError(f"{chapter} was released before {', '.join(differing)} changed; {mend}")
    return version


def _known(chapter: str) -> None:
    if chapter not in registry.CHAPTERS:
        raise CourseError(f"there is no chapter {chapter!r}; the chapters are {', '.join(registry.CHAPTERS)}")


def _sandboxed(elsewhere: bool) -> None:
    """CourseError where submissions are to run in a sandbox and plainly cannot; a worker tries its own before use."""
    fault = None if elsewhere else missing(confined=True)
    if fault is not None:
        raise CourseError(str(fault))


def _seed(before: dict[str, Entry], regrade: bool) -> int:
    entries = list(before.values())
    return entries[-1].key.seed if entries and not regrade else secrets.randbits(63)


@contextlib.contextmanager
def _alone(course: Course) -> Iterator[None]:
    """Two runs at once on one course would grade everything twice."""
    with contextlib.ExitStack() as stack:
        try:
            course.private.mkdir(mode=0o700, exist_ok=True)
            lock = stack.enter_context((course.private / "lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(f"{course.folder} is being graded already; wait for that run to end") from None
        except OSError as error:
            raise CourseError(
                f"{course.private} cannot be written: {error.strerror or error}; grading writes to the course folder, "
                "so let it, or grade a copy of the course"
            ) from None
        yield
