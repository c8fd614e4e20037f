"""Submissions judged on a Dask cluster. A worker gets a notebook's bytes, its chapter and the seed, and gives a record.

A worker process keeps a sandbox open as a local one does, and judges by the same code; it needs the course's checkout
but neither the course folder nor the gradebook, and is not told whose notebook it has. Only plain data goes either way.
"""

from __future__ import annotations

import atexit
import platform
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder import registry
from autograder.grading.judge import without_result
from autograder.grading.record import Graded, from_json, to_json
from autograder.grading.submission import Submission
from autograder.grading.version import course_version
from autograder.grading.workers import judged
from autograder.notebook.read import LARGEST
from autograder.sandbox import Sandbox, SandboxUnavailable

if TYPE_CHECKING:
    from distributed import Client, Future

Plain = dict[str, Any]

_AHEAD = 2  # tasks sent out for each thread of the cluster: none waits while a result is written down
_PATIENCE = 30.0  # seconds without a result, or without a worker, until we look for the cause
_DIED = "The worker that graded this submission died each time; nothing is known of this exercise."


class ClusterFault(Exception):
    """The cluster cannot be used. The message is one line: the fault and the mend."""


def judge_all(
    submissions: Iterable[Submission], seed: int, scheduler: str, task: Callable[[Plain], Plain] | None = None
) -> Iterator[tuple[Submission, Graded]]:
    """Each submission with its record, as they are done. `task` is what a worker does with one of them.

    Dask gives the tasks of a worker that died to others, and up a task whose workers die again and again. Others may
    have been at work beside it, so such a task is tried once more by itself before the fault is put down to it.
    Raises ClusterFault and SandboxUnavailable: these are no submission's fault.
    """
    waiting, alone = deque(submissions), deque[Submission]()
    running: dict[Future[Plain], Submission] = {}
    with _connected(scheduler) as client:
        room = _AHEAD * _threads(client, scheduler)
        while waiting or running or alone:
            while waiting and len(running) < room:
                submission = waiting.popleft()
                data = _contents(submission)
                if data is None:  # then there is nothing to run
                    yield submission, judged(submission, None, seed)
                else:
                    running[_sent(client, submission, data, seed, task)] = submission
            by_itself = not running
            if by_itself and alone:
                submission = alone.popleft()
                running[_sent(client, submission, _contents(submission) or b"", seed, task)] = submission
            for future in _done(client, running, scheduler):
                submission = running.pop(future)
                said = _said(future, scheduler)
                if said is not None:
                    result = from_json(said)
                    yield submission, replace(result, student=submission.student, notebook=submission.notebook)
                elif by_itself:
                    yield submission, without_result(submission, "crashed", _DIED)
                else:
                    alone.append(submission)


# --- what the process that asks does --------------------------------------------------------------------------------


def _connected(scheduler: str) -> Client:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise ClusterFault('Dask is not installed; pip install "layers-by-hand[course,cluster]"') from None
    try:
        return Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise ClusterFault(
            f"no Dask scheduler answers at {scheduler} ({why}); start one with `dask scheduler`"
        ) from None


def _threads(client: Client, scheduler: str) -> int:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        raise ClusterFault(_no_workers(scheduler)) from None
    return sum(client.nthreads().values()) or 1


def _gone(scheduler: str) -> str:
    return f"the scheduler at {scheduler} is gone; start it and grade again"


def _no_workers(scheduler: str) -> str:
    return f"the cluster has no workers; start some with `dask worker {scheduler} --nworkers -1` and grade again"


def _contents(submission: Submission) -> bytes | None:
    """The file's bytes; None where there are none to be had."""
    path = submission.path
    try:
        if path is None or not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError):
        return None


def _sent(
    client: Client, submission: Submission, data: bytes, seed: int, task: Callable[[Plain], Plain] | None
) -> Future[Plain]:
    assert submission.path is not None
    asked = {
        "chapter": submission.chapter,
        "name": submission.path.name,
        "data": data,
        "seed": seed,
        "sources": sources(),
    }
    return client.submit(task or judge_there, asked, pure=False)


def _done(client: Client, running: Iterable[Future[Plain]], scheduler: str) -> list[Future[Plain]]:
    """Those of the tasks that have come to an end, at least one where any is running."""
    from distributed import wait
    from distributed.client import FutureCancelledError, FuturesCancelledError

    futures = list(running)
    while futures:
        try:
            return list(wait(futures, timeout=_PATIENCE, return_when="FIRST_COMPLETED").done)
        except (FutureCancelledError, FuturesCancelledError):
            raise ClusterFault(_gone(scheduler)) from None
        except TimeoutError:
            if not client.nthreads():
                raise ClusterFault(_no_workers(scheduler)) from None
    return []


def _said(future: Future[Plain], scheduler: str) -> Plain | None:
    """What the task gave; None where its workers died."""
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError, FuturesCancelledError
    from distributed.comm.core import CommClosedError

    try:
        said: Plain = future.result()
    except KilledWorker:
        return None
    except (CommClosedError, FutureCancelledError, FuturesCancelledError):
        raise ClusterFault(_gone(scheduler)) from None
    except Exception as error:
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        mend = "install the same checkout with the same packages there"
        raise ClusterFault(f"the workers of {scheduler} cannot grade ({why}); {mend}") from None
    if "unavailable" in said:
        raise SandboxUnavailable(f"on a worker, {said['unavailable']}")
    if "differs" in said:
        raise ClusterFault(f"a worker has other versions of {said['differs']} than this machine; make them the same")
    result: Plain = said["result"]
    return result


# --- what a worker does ---------------------------------------------------------------------------------------------


def judge_there(asked: Plain) -> Plain:
    """Judge one submission: the record in plain types, or why this worker cannot."""
    own = sources()
    differing = [name for name in asked["sources"] if asked["sources"][name] != own.get(name)]
    if differing:  # where Python or NumPy differs, so does every chapter
        return {"differs": ", ".join([name for name in differing if name in _TOOLS] or differing)}
    try:
        return {"result": to_json(_bench().judge(asked))}
    except SandboxUnavailable as fault:
        return {"unavailable": str(fault)}


_TOOLS = {"Python": platform.python_version(), "NumPy": np.__version__}


@cache
def sources() -> dict[str, str | None]:
    """What marks depend on beside the submission and the seed: for each chapter the version that the journal has.

    It holds the versions of Python and of NumPy, which stand here once more so that a difference is called by its name.
    Python's counts to the last digit: what students' code may do, and what its errors say, changes with it.
    """
    return {**_TOOLS, **{f"the chapter {chapter}": course_version(chapter) for chapter in registry.CHAPTERS}}


class _Bench:
    """A process's sandbox and the one thread that uses it: a sandbox ends with the thread that opened it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "judge")
        self._sandbox = self._thread.submit(Sandbox().__enter__).result()
        atexit.register(self._sandbox.__exit__, None, None, None)

    def judge(self, asked: Plain) -> Graded:
        return self._thread.submit(self._judge, asked).result()

    def _judge(self, asked: Plain) -> Graded:
        with TemporaryDirectory(prefix="autograder-worker-") as folder:
            path = Path(folder) / asked["name"]
            path.write_bytes(asked["data"])
            submission = Submission(None, asked["chapter"], asked["name"], path, None, "")
            return judged(submission, self._sandbox, asked["seed"])


_opening = threading.Lock()
_benches: list[_Bench] = []


def _bench() -> _Bench:
    """This process's bench, opened when it is first needed, by whichever of Dask's threads comes first."""
    with _opening:
        if not _benches:
            _benches.append(_Bench())
        return _benches[0]
