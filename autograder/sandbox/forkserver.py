"""Our handle on the fork server: it begins and ends one submission at a time and is replaced if it dies."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from autograder.sandbox import faults, launch
from autograder.sandbox.faults import SandboxUnavailable
from autograder.sandbox.limits import Limits

_PATIENCE = 120.0  # seconds for imports on a busy machine; the orders themselves take milliseconds
_LOOK_EVERY = 0.25  # seconds, whether it still lives while it starts
_FAREWELL = 5.0


class _Lost(Exception):
    """The fork server is gone or does not answer."""


@dataclass(frozen=True)
class Pipes:
    """Our ends of a submission's pipes."""

    requests: int
    replies: int

    def close(self) -> None:
        os.close(self.requests)
        os.close(self.replies)


@dataclass(frozen=True)
class Ended:
    """How a submission's process ended: its wait status, or None where it was killed."""

    status: int | None


class ForkServer:
    """A fork server, in bubblewrap or plain. It ends with the thread that started it.

    A plain one that root starts may have a user for submissions to run as.
    """

    def __init__(self, limits: Limits, confined: bool, user: int | None = None) -> None:
        self.limits, self.confined, self.user = limits, confined, user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until its imports are done; SandboxUnavailable if they never are."""
        fault = faults.missing(self.confined)
        if fault is not None:
            raise SandboxUnavailable(fault)
        self._folder = tempfile.TemporaryDirectory(prefix="autograder-sandbox-")
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `stop`)
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_PATIENCE)
        engine = launch.copy_engine(Path(self._folder.name))
        with theirs:
            self._process = self._spawn(engine, theirs.fileno())
        try:
            self._wait_for_word()
            self._hear()
        except _Lost:
            raise SandboxUnavailable(self._stop_and_explain()) from None

    def begin(self, modules: Sequence[str]) -> Pipes:
        """A fresh process for a submission, with `modules` imported before it was forked."""
        for attempt in (1, 2):
            if self._process is None:
                self.start()
            try:
                return self._begin(modules)
            except _Lost:
                complaint = self._stop_and_explain()
                if attempt == 2:
                    raise SandboxUnavailable(complaint) from None
        raise AssertionError

    def end(self, patience: float = 0.0) -> Ended | None:
        """End the submission's process, by force after `patience` seconds. None: the fork server was gone."""
        if self._process is None:
            return None
        try:
            return Ended(self._order({"end": patience})["ended"])
        except _Lost:
            self.stop()
            return None

    def stop(self) -> None:
        if self._process is not None:
            self._control.close()  # the fork server ends by itself when it hears no more
            try:
                self._process.wait(_FAREWELL)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None
            self._complaints.close()
            self._folder.cleanup()

    def _begin(self, modules: Sequence[str]) -> Pipes:
        their_requests, requests = os.pipe()
        replies, their_replies = os.pipe()
        try:
            said = self._order({"start": list(modules)}, [their_requests, their_replies])
        except _Lost:
            os.close(requests)
            os.close(replies)
            raise
        finally:
            os.close(their_requests)
            os.close(their_replies)
        pipes = Pipes(requests, replies)
        if "started" not in said:
            pipes.close()
            self.stop()
            raise SandboxUnavailable(faults.explained(str(said.get("failed"))))
        for pipe in (requests, replies):
            os.set_blocking(pipe, False)
        return pipes

    def _spawn(self, engine: Path, control: int) -> subprocess.Popen[bytes]:
        folder = self._folder.name
        home = None if self.confined else launch.make_home(Path(folder), self.user)
        settings = json.dumps(
            {
                "confined": self.confined,
                "hidden": ["/proc", launch.ENGINE],
                "readable": launch.readable(self.confined),
                "writable": launch.writable(home or "/tmp"),
                "user": launch.NOBODY if self.confined and os.getuid() == 0 else self.user,
                "limits": asdict(self.limits),
            }
        )
        if home is None:
            command = launch.confined_command(engine, settings)
        else:
            command = launch.plain_command(engine, home, settings)
        return subprocess.Popen(
            command,
            env={},  # bubblewrap's own process keeps its environment in sight of what runs inside
            cwd=folder,
            stdin=subprocess.PIPE,  # closes with us
            stdout=control,
            stderr=self._complaints,
            process_group=0,
        )

    def _wait_for_word(self) -> None:
        """Until the fork server speaks. Killed while it starts, bubblewrap leaves the socket open in its child."""
        assert self._process is not None
        last = time.monotonic() + _PATIENCE
        while not select.select([self._control], [], [], _LOOK_EVERY)[0]:
            if self._process.poll() is not None or time.monotonic() > last:
                raise _Lost

    def _order(self, order: dict[str, Any], files: Sequence[int] = ()) -> dict[str, Any]:
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], list(files))
        except OSError:
            raise _Lost from None
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        line = b""
        try:
            while not line.endswith(b"\n"):
                piece = self._control.recv(65536)
                if not piece:
                    raise _Lost
                line += piece
            said = json.loads(line)
        except (OSError, ValueError):
            raise _Lost from None
        if not isinstance(said, dict):
            raise _Lost
        return said

    def _stop_and_explain(self) -> str:
        complaints = self._complaints
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        complaints.seek(0)
        told = complaints.read(65536).decode(errors="replace")
        self.stop()
        return faults.explained(told)
