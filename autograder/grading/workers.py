"""Processes that judge submissions side by side. One that dies is replaced, and its submission tried once more.

Each has a sandbox of its own. They hold no more than a submission's path, the seed and the keys; the gradebook,
the journal and whatever else is written belong to the process that asks.

To start a process takes a second, in which another judges many submissions. So there is one at first, and others join
it as soon as what waits would keep those there busy for several times as long.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any, Protocol

from autograder.grading.judge import PackedKeys, judge, packed_keys, take, without_result
from autograder.grading.record import Graded
from autograder.grading.submission import Submission
from autograder.sandbox import Sandbox, SandboxUnavailable, Trusted

_TRIES = 2
_PAYS = 4.0
_LOOK_EVERY = 0.2  # seconds, whether another process would pay
_DIED = "The process that graded this submission died, twice; nothing is known of this exercise."


def judge_all(
    submissions: Iterable[Submission], seed: int, jobs: int, trust: bool
) -> Iterator[tuple[Submission, Graded]]:
    """Each submission with its record, as they are done, by `jobs` processes at most. `trust` runs them unconfined.

    Raises SandboxUnavailable where a worker cannot have its sandbox: that is no submission's fault.
    """
    waiting = deque(_Task(submission) for submission in submissions)
    workers: list[_Worker] = []
    try:
        while waiting or any(worker.task for worker in workers):
            while len(workers) < min(jobs, len(waiting)) and another_pays(len(waiting), workers):
                workers.append(_Worker(seed, trust))
            _give(waiting, workers)
            busy = [worker for worker in workers if worker.task is not None]
            done = wait([worker.pipe for worker in busy], _LOOK_EVERY if len(workers) < jobs else None)
            taken = [worker.take() for worker in busy if worker.pipe in done]
            _give(waiting, workers)  # so that none is idle while a result is written down
            for task, result in filter(None, taken):
                if result is not None:
                    yield task.submission, result
                elif task.tries < _TRIES:
                    waiting.append(_Task(task.submission, task.tries + 1))
                else:
                    yield task.submission, without_result(task.submission, "crashed", _DIED)
    finally:
        for worker in workers:
            worker.pipe.close()
        for worker in workers:
            worker.end()


def another_pays(waiting: int, workers: Sequence[Timed]) -> bool:
    """Whether to start one more: what waits would keep those there busy for several times as long as a start took.

    A submission that takes long counts before it is done.
    """
    ready = [worker for worker in workers if worker.starting is not None]
    if not ready:
        return not workers
    start = max(worker.starting or 0.0 for worker in ready)
    each = sum(worker.busy for worker in ready) / max(1, sum(worker.done for worker in ready))
    return waiting * each / len(workers) > _PAYS * start


def _give(waiting: deque[_Task], workers: Iterable[_Worker]) -> None:
    for worker in workers:
        if worker.task is None and waiting:
            worker.give(waiting.popleft())


@dataclass(frozen=True)
class _Task:
    submission: Submission
    tries: int = 1


class Timed(Protocol):
    """The seconds that a process took to start (None until then) and was busy since, and how much it has done."""

    starting: float | None
    done: int

    @property
    def busy(self) -> float: ...


class _Worker:
    """One process and our end of its pipe. `task` is what it is busy with, or will be once it has started."""

    def __init__(self, seed: int, trust: bool) -> None:
        self._seed, self._trust = seed, trust
        self.task: _Task | None = None
        self.starting: float | None = None
        self.done = 0
        self._begun = monotonic()
        self._start()

    @property
    def busy(self) -> float:
        return 0.0 if self.starting is None else monotonic() - self._begun - self.starting

    def give(self, task: _Task) -> None:
        """Hand over a submission. A process that died while it was idle is replaced first."""
        try:
            self._send(task.submission)
        except OSError:
            self._replace()
            self._send(task.submission)
        self.task = task

    def take(self) -> tuple[_Task, Graded | None] | None:
        """The task and what has come of it: None where the process has died. Then there is a new one.

        None instead of both, where the process only says that it has started.
        """
        assert self.task is not None
        task, self.task = self.task, None
        try:
            said: Graded | SandboxUnavailable | None = self.pipe.recv()
        except (EOFError, OSError):
            self._replace()
            return task, None
        if isinstance(said, SandboxUnavailable):
            raise said
        if said is None:
            self.task = task
            self.starting = self.starting or monotonic() - self._begun
            return None
        self.done += 1
        return task, said

    def end(self) -> None:
        """Wait for the process, which ends when its pipe is closed, but not for long."""
        self._process.join(timeout=5)
        self._process.kill()

    def _send(self, submission: Submission) -> None:
        """The submission, and before the first of its chapter the keys: they take longer to make than to judge by."""
        chapter = submission.chapter
        if chapter is not None and submission.path is not None and chapter not in self._has_keys:
            self.pipe.send(packed_keys(chapter, self._seed))
            self._has_keys.add(chapter)
        self.pipe.send(submission)

    def _start(self) -> None:
        self._has_keys: set[str] = set()
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, self._seed, self._trust), daemon=True)
        self._process.start()
        theirs.close()

    def _replace(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()
        self._start()


def _work(pipe: Connection, seed: int, trust: bool) -> None:
    """A worker's life: until the pipe closes, a submission comes in and a record goes out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks decides when to stop
    sandbox = Trusted() if trust else Sandbox()
    with contextlib.suppress(EOFError, OSError):  # whoever asks has gone
        try:
            with sandbox:
                if isinstance(sandbox, Sandbox):
                    sandbox.try_out()
                gc.freeze()  # what is imported stays, and need not be looked through for what might go
                pipe.send(None)
                while True:
                    said: Submission | PackedKeys = pipe.recv()
                    if isinstance(said, PackedKeys):
                        take(said)
                    else:
                        pipe.send(judged(said, sandbox, seed))
        except SandboxUnavailable as fault:
            pipe.send(fault)


def judged(submission: Submission, sandbox: Any, seed: int) -> Graded:
    """The record of one submission, whatever happens; only SandboxUnavailable is raised."""
    try:
        return judge(submission, sandbox, seed)
    except SandboxUnavailable:
        raise
    except Exception as error:  # a fault of ours must cost one submission its result, not the class its marks
        reason = f"The grader failed on this submission ({type(error).__name__}: {error}); please report it."
        return without_result(submission, "crashed", reason)
