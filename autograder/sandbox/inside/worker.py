"""The process of one submission: runs its cells, then answers calls until the pipe is closed.

Everything here shares its memory with the student's code, so nothing here decides anything: it only reports, and the
other side of the pipe takes each report for a claim.
"""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

from autograder.calls import describe_exception, each_outcome
from autograder.exercise import Call, Outcome, Raised, State
from autograder.sandbox.channel import Closed, receive, send
from autograder.sandbox.frames import Bounds, Unsendable, body_size, encode
from autograder.sandbox.inside.shell import Shell
from autograder.sandbox.limits import MIB, CellOutcome, Limits
from autograder.sandbox.messages import call_from_plain, cell_to_plain, outcome_to_plain

_REQUESTS = Bounds(header=1024 * MIB, body=4096 * MIB)  # what we are asked is trusted
_REPLIES = Bounds()
_RECURSION = sys.getrecursionlimit()
_TOO_LARGE = "What came back is too large to be judged."
_OUT_OF_MEMORY = frozenset({"MemoryError", "_ArrayMemoryError"})
_NOT_PERMITTED = frozenset({"PermissionError", "gaierror"})
# Not permitted, or beyond a limit: processes, files, sizes; or the network, which is not there.
_ERRNO = re.compile(r"\[Errno (1|11|13|24|27|28|30|-2|-3)\]")


class TimeUp(BaseException):
    """Raised in the student's code when its time is up; not an Exception, so that few handlers swallow it."""


class Sink(io.TextIOBase):
    """Takes whatever is printed and keeps the beginning."""

    encoding = "utf-8"

    def __init__(self, longest: int) -> None:
        self._left = longest
        self._kept: list[str] = []

    def write(self, text: str) -> int:
        if self._left > 0:
            self._kept.append(text[: self._left])
            self._left -= len(text)
        return len(text)

    def writable(self) -> bool:
        return True

    @property
    def text(self) -> str:
        return "".join(self._kept)


class Worker:
    """Answers the requests that come through one pipe on another."""

    def __init__(self, requests: int, replies: int, limits: Limits) -> None:
        self.requests, self.replies, self.limits = requests, replies, limits
        self.shell = Shell()
        self.process = os.getpid()

    def serve(self) -> None:
        while True:
            try:
                request, _ = receive(self.requests, _REQUESTS)
            except Closed:
                return
            if "cells" in request:
                for cell in self._cells(request["cells"], request["values"]):
                    self._say(request["request"], cell_to_plain(cell), self.limits.answer_bytes)
            else:
                self._answer(request["request"], [call_from_plain(call) for call in request["calls"]])

    # --- cells ---

    def _cells(self, cells: Sequence[tuple[int, str]], values: bool) -> Iterator[CellOutcome]:
        end = monotonic() + self.limits.cells_seconds
        for number, source in cells:
            left = min(self.limits.cell_seconds, end - monotonic())
            if left <= 0:
                reason = f"This cell was not run: those before it took {self.limits.cells_seconds:g} s together."
                yield CellOutcome(stopped="timed_out", reason=reason)
            else:
                yield self._cell(number, source, left, values)

    def _cell(self, number: int, source: str, seconds: float, value: bool) -> CellOutcome:
        printed, complained = self._fresh_streams()
        shown: str | None = None
        raised: Raised | None = None
        stopped: State | None = None
        reason = ""
        try:
            with alarm(seconds):
                shown = self.shell.run(number, source, value)
        except TimeUp:
            stopped, reason = "timed_out", f"This cell was stopped: it took longer than {seconds:.3g} s."
        except BaseException as error:
            raised = described(error)
            stopped = stop_of(raised)
            reason = told("This cell", raised, stopped)
        shown = None if shown is None else shown[: self.limits.output_bytes]
        return CellOutcome(raised, stopped, reason, printed.text, complained.text, shown)

    # --- calls ---

    def _answer(self, request: int, calls: Sequence[Call]) -> None:
        left = self.limits.answer_bytes
        for outcome in self._outcomes(calls):
            left -= self._say(request, outcome_to_plain(outcome), left)

    def _outcomes(self, calls: Sequence[Call]) -> Iterator[Outcome]:
        """One outcome a call. After a stop the remaining calls are stopped too: they were not made."""
        seconds = self.limits.seconds_of(calls)
        end = monotonic() + seconds
        made = each_outcome(self.shell.namespace, calls)
        ended: Outcome | None = None
        for call in calls:
            if ended is None:
                self._fresh_streams()
                outcome, ended = self._outcome(call.function, made, end - monotonic(), seconds)
                yield outcome
            else:
                yield ended

    def _outcome(
        self, function: str, made: Iterator[Outcome], seconds: float, together: float
    ) -> tuple[Outcome, Outcome | None]:
        """The outcome of the next call and, where no further call can be made, the outcome of all that follow."""
        try:
            with alarm(seconds):
                outcome = next(made)
        except TimeUp:
            reason = f"{function} was stopped: it took longer than {together:g} s."
            return _stopped_after("timed_out", reason, function)
        except BaseException as error:
            raised = described(error)
            stopped = stop_of(raised)
            if stopped is None:
                lost = Raised("NoResult", f"{function} ended with {raised.type} before")
                return Outcome(raised=raised), Outcome(raised=lost)
            return _stopped_after(stopped, told(function, raised, stopped), function)
        stopped = stop_of(outcome.raised)
        if outcome.raised is None or stopped is None:
            return outcome, None
        return replace(outcome, raised=None, stopped=stopped, reason=told(function, outcome.raised, stopped)), None

    # --- both ---

    def _say(self, request: int, says: dict[str, Any], room: int) -> int:
        """Send one reply and return the size of its arrays. What cannot be sent is replaced by the reason."""
        if os.getpid() != self.process:  # a fork of the student's that came back from the cell: one of us is enough
            os._exit(0)
        pieces = _frame(request, says, room)
        send(self.replies, pieces)
        return body_size(pieces)

    def _fresh_streams(self) -> tuple[Sink, Sink]:
        """Give the next piece of the student's code its streams, whatever the last did to them."""
        sys.stdout, sys.stderr = sinks = Sink(self.limits.output_bytes), Sink(self.limits.output_bytes)
        return sinks


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise TimeUp inside after `seconds`. Afterwards there is room for recursion again, if the code took it away."""
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if sys.getrecursionlimit() < _RECURSION:
            sys.setrecursionlimit(_RECURSION)


def described(error: BaseException) -> Raised:
    """The exception in words, even where its own methods fail or never end."""
    try:
        with alarm(1):
            return describe_exception(error)
    except BaseException:
        return Raised("Exception", "an exception that cannot be described")


def stop_of(raised: Raised | None) -> State | None:
    """The state that an exception stands for: too much memory, or something that is not allowed here."""
    if raised is None:
        return None
    if raised.type in _OUT_OF_MEMORY:
        return "out_of_memory"
    if raised.type in _NOT_PERMITTED or (raised.type.endswith("Error") and _ERRNO.search(raised.message)):
        return "refused"
    return None


def told(who: str, raised: Raised, stopped: State | None) -> str:
    if stopped is None:
        return ""
    did = (
        "tried what is not allowed while it is graded"
        if stopped == "refused"
        else "needed more memory than it may have"
    )
    where = f" ({raised.lines[-1]})" if raised.lines else ""
    return f"{who} {did}: {raised.type}: {raised.message}{where}"


def _stopped_after(stopped: State, reason: str, function: str) -> tuple[Outcome, Outcome]:
    lost = Outcome(stopped=stopped, reason=f"This was not called: {function} was stopped before.")
    return Outcome(stopped=stopped, reason=reason), lost


def _frame(request: int, says: dict[str, Any], room: int) -> list[bytes]:
    try:
        pieces = encode({"request": request, "says": says})
    except (Unsendable, RecursionError):
        return _instead(request, says, "crashed", "What came back cannot be handed on.")
    except MemoryError:
        return _instead(request, says, "out_of_memory", _TOO_LARGE)
    if body_size(pieces) > room or len(pieces[1]) > _REPLIES.header:
        return _instead(request, says, "out_of_memory", _TOO_LARGE)
    return pieces


def _instead(request: int, says: dict[str, Any], stopped: State, reason: str) -> list[bytes]:
    empty = cell_to_plain(CellOutcome()) if "returned" not in says else outcome_to_plain(Outcome())
    return encode({"request": request, "says": empty | {"stopped": stopped, "reason": reason}})


def _ring(*_: Any) -> None:
    raise TimeUp
