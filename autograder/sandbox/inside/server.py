"""The fork server: imports once what submissions import, then forks a process for each of them.

It hears two orders from the process that started it, each a line of JSON: `{"start": [modules]}`, with the two pipes of
a submission, and `{"end": seconds}`, the time that the process has to end by itself. It never sees a submission's code
or answers.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import random
import resource
import select
import signal
import socket
import sys
import time
from typing import Any

import numpy.linalg
import numpy.random

from autograder.sandbox.inside import memory
from autograder.sandbox.inside.shell import pretend_to_be_the_course
from autograder.sandbox.inside.worker import Worker
from autograder.sandbox.limits import Limits

_READY = "ready"
_MOST_FILES = 4096
_LOOK_EVERY = 0.05  # seconds, while a submission runs: in these, one can take a few hundred megabytes at most


def main(control: int, settings: str) -> None:
    """Serve orders from the socket `control` until it closes."""
    Server(socket.socket(fileno=control), json.loads(settings)).serve()


class Server:
    def __init__(self, control: socket.socket, settings: dict[str, Any]) -> None:
        self.control = control
        self.confined: bool = settings["confined"]
        self.hidden = tuple(settings["hidden"])
        self.files = (settings["readable"], settings["writable"])
        self.limits = Limits(**settings["limits"])
        self.user: int | None = settings["user"]
        self.child: int | None = None
        self.process = os.getpid()
        if sys.platform == "linux":  # elsewhere a submission that is trusted runs without
            from autograder.sandbox.inside import confinement

            self.confinement = confinement
        if self.confined:
            if self.user is not None:
                self.confinement.become(self.user)
            self.confinement.adopt_orphans()
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        self._say({"ready": sys.version_info[:3]})
        try:
            while order := self._next_order():
                said, pipes = order
                if "start" in said:
                    self._say(self._start(said["start"], *pipes))
                else:
                    self._say({"ended": self._end(said["end"])})
        finally:
            self._end(0)

    def _next_order(self) -> tuple[dict[str, Any], list[int]] | None:
        self._watch_memory()
        line, pipes, *_ = socket.recv_fds(self.control, 65536, 2)
        return (json.loads(line), pipes) if line else None

    def _watch_memory(self) -> None:
        """Until there is an order: kill the submission if all its processes together hold too much."""
        if not self.confined or self.child is None:
            return
        while not select.select([self.control], [], [], _LOOK_EVERY)[0]:
            if memory.too_much(self.limits.together_bytes):
                os.kill(self.child, signal.SIGKILL)  # not waited for: whoever asks for its end hears how it ended
                return

    def _say(self, said: dict[str, Any]) -> None:
        self.control.sendall(json.dumps(said).encode() + b"\n")

    def _start(self, modules: list[str], requests: int, replies: int) -> dict[str, Any]:
        for name in modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        reading, writing = os.pipe()
        forked = os.fork()
        if forked == 0:
            os.close(reading)
            self._become_submission(writing, requests, replies)
        for pipe in (writing, requests, replies):
            os.close(pipe)
        with os.fdopen(reading) as report:
            lines = report.read().splitlines()
        if self.confined:
            os.waitpid(forked, 0)
            self.child = next((int(line) for line in lines if line.isdecimal()), None)
        else:
            self.child = forked
        if _READY in lines and self.child is not None:
            return {"started": True}
        self._end(0)
        return {"failed": "; ".join(line for line in lines if not line.isdecimal()) or "no report"}

    def _become_submission(self, report: int, requests: int, replies: int) -> None:
        """Enter the namespaces, fork into them, and serve there. Never comes back."""
        report, requests, replies = _only_these_files(report, requests, replies)
        try:
            address_space = _address_space()
            if self.confined:
                self.confinement.enter_namespaces()
                self.confinement.furnish(self.limits.disk_bytes, self.hidden)
                child = os.fork()
                if child != 0:
                    os.write(report, f"{child}\n".encode())
                    os._exit(0)
            self._serve_submission(report, requests, replies, address_space)
            os._exit(0)
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.write(report, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(1)

    def _serve_submission(self, report: int, requests: int, replies: int, address_space: int) -> None:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        pretend_to_be_the_course()
        _seed()
        worker = Worker(requests, replies, self.limits)
        if self.confined or self.user is not None:
            if not self.confined and self.user is not None:  # we stay root, out of the submission's reach
                self.confinement.become(self.user)
                os.chdir(os.environ["HOME"])
                self._end_with_server()
            self.confinement.limit_resources(self.limits, address_space)
            self.confinement.give_up_privileges(*self.files)
        else:
            self._end_with_server()
            _limit_memory(address_space + self.limits.memory_bytes)
        os.write(report, f"{_READY}\n".encode())
        os.close(report)
        worker.serve()

    def _end_with_server(self) -> None:
        """Without a pid namespace of its own it would outlive a server that was killed."""
        if sys.platform == "linux":
            self.confinement.die_with_parent()
            if os.getppid() != self.process:
                os._exit(1)

    def _end(self, patience: float) -> int | None:
        """End the submission. The status that it ended with, or None if it had to be killed."""
        if self.child is None:
            return None
        child, self.child = self.child, None
        status = _ended(child, patience)
        if not self.confined:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        if status is None:
            os.kill(child, signal.SIGKILL)  # where it is the first of its pid namespace, all others go with it
            os.waitpid(child, 0)
        return status


def _ended(child: int, patience: float) -> int | None:
    """The status of a process that ends by itself before the patience does."""
    last = time.monotonic() + patience
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() >= last:
            return None
        time.sleep(0.005)


def _only_these_files(*files: int) -> list[int]:
    """Close everything but `files`, which become 3, 4, …; 0, 1 and 2 lead nowhere."""
    high = [os.dup2(file, 100 + position) for position, file in enumerate(files)]
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    low = [os.dup2(file, 3 + position, inheritable=False) for position, file in enumerate(high)]
    os.closerange(3 + len(files), _MOST_FILES)
    return low


def _seed() -> None:
    """The same random numbers for every submission that does not ask for its own."""
    random.seed(0)
    numpy.random.seed(0)  # noqa: NPY002 (the one that students' np.random.rand draws from)


def _address_space() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _limit_memory(most: int) -> None:
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
