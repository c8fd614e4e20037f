"""Processes that judge submissions side by side. One that dies is replaced, and its submission tried once more.

Each has a sandbox of its own. They hold no more than a submission's path and the seed; the gradebook, the journal and
whatever else is written belong to the process that asks.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from autograder.grading.judge import judge, without_result
from autograder.grading.record import Graded
from autograder.grading.submissions import Submission

_TRIES = 2
_DIED = "The process that graded this submission died, twice; nothing is known of this exercise."


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    busy: tuple[Submission, int] | None = field(default=None)


def judge_all(
    submissions: Iterable[Submission], seed: int, jobs: int, trust: bool
) -> Iterator[tuple[Submission, Graded]]:
    """Each submission with its record, as they are done. `trust` runs them without a sandbox."""
    waiting = deque((submission, 1) for submission in submissions)
    workers = [_start(seed, trust) for _ in range(min(jobs, len(waiting)))]
    try:
        while waiting or any(worker.busy for worker in workers):
            for number, worker in enumerate(workers):
                if worker.busy is None and waiting:
                    workers[number] = _give(worker, waiting.popleft(), seed, trust)
            done = wait([worker.pipe for worker in workers if worker.busy])
            for number, worker in enumerate(workers):
                if worker.pipe not in done or worker.busy is None:
                    continue
                submission, tries = worker.busy
                try:
                    result = worker.pipe.recv()
                    worker.busy = None
                except (EOFError, OSError):
                    workers[number] = _replace(worker, seed, trust)
                    if tries < _TRIES:
                        waiting.append((submission, tries + 1))
                        continue
                    result = without_result(submission, "crashed", _DIED)
                yield submission, result
    finally:
        for worker in workers:
            worker.pipe.close()
        for worker in workers:
            worker.process.join(timeout=5)
            worker.process.kill()


def _start(seed: int, trust: bool) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, seed, trust), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _give(worker: _Worker, task: tuple[Submission, int], seed: int, trust: bool) -> _Worker:
    """Hand over a submission; a worker that died while it was idle is replaced first."""
    try:
        worker.pipe.send(task[0])
    except OSError:
        worker = _replace(worker, seed, trust)
        worker.pipe.send(task[0])
    worker.busy = task
    return worker


def _replace(worker: _Worker, seed: int, trust: bool) -> _Worker:
    worker.pipe.close()
    worker.process.kill()
    worker.process.join()
    return _start(seed, trust)


def _work(pipe: Connection, seed: int, trust: bool) -> None:
    """A worker's life: until the pipe closes, a submission comes in and a record goes out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks decides when to stop
    with open_sandbox(trust) as sandbox:
        while True:
            try:
                submission = pipe.recv()
            except (EOFError, OSError):
                return
            pipe.send(_judged(submission, sandbox, seed))


def _judged(submission: Submission, sandbox: Any, seed: int) -> Graded:
    try:
        return judge(submission, sandbox, seed)
    except Exception as error:  # a fault of ours must cost one submission its result, not the class its marks
        reason = f"The grader failed on this submission ({type(error).__name__}: {error}); please report it."
        return without_result(submission, "crashed", reason)


def open_sandbox(trust: bool) -> AbstractContextManager[Any]:
    from autograder.sandbox import Limits, Sandbox, Trusted

    return Trusted(Limits()) if trust else Sandbox(Limits())
