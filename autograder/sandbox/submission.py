"""One submission in its process: its cells run, its functions called, and every end of it turned into an outcome."""

from __future__ import annotations

import os
import re
import secrets
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from autograder.exercise import Call, Outcome, State
from autograder.sandbox.channel import Closed, Late, receive, send, waiting
from autograder.sandbox.forkserver import Ended, ForkServer, Pipes
from autograder.sandbox.frames import Bounds, Malformed, encode
from autograder.sandbox.limits import CellOutcome, Limits
from autograder.sandbox.messages import call_to_plain, cell_from_plain, outcome_from_plain, reply

# What is imported before the fork where a cell imports it: it takes a second each time otherwise.
_WORTH_IMPORTING = {"matplotlib": "matplotlib.pyplot", "sklearn": "sklearn.datasets"}
# (Blanks by name: \s would look through all blank lines anew from each of them, as long as there are any.)
_IMPORT = re.compile(rf"^[ \t]*(?:import|from)[ \t]+({'|'.join(_WORTH_IMPORTING)})\b", re.MULTILINE)
# A call's own word on its seconds is taken unless more than this passed here that it does not account for.
_UNACCOUNTED = 0.25
_PATIENCE = 2.0  # seconds for a process that closed its pipe to be seen ending


class _Stopped(Exception):
    """The process is gone, with this state and reason; `reason` follows the name of what it was doing.

    `innocent` says that it was not the submission that ended it.
    """

    def __init__(self, state: State, reason: str, innocent: bool = False) -> None:
        self.state, self.reason, self.innocent = state, reason, innocent


class Submission:
    """An Implementation whose functions live in a process of their own. Nothing that happens there raises here."""

    def __init__(self, server: ForkServer, limits: Limits, cells: Sequence[str], values: bool = False) -> None:
        self.cells: tuple[CellOutcome, ...] = ()
        self._server, self._limits = server, limits
        self._values = values
        self._sources = dict(enumerate(cells, 1))
        self._modules = sorted({_WORTH_IMPORTING[name] for cell in cells for name in _IMPORT.findall(cell)})
        self._pipes: Pipes | None = None
        self._starts = 0
        self._left = limits.submission_seconds
        self._left_for_long = limits.long_seconds
        self._deadly: dict[int, CellOutcome] = {}  # cells that ended the process: they are not run again
        self._strikes: Counter[str] = Counter()
        self._last_stop: dict[str, Outcome] = {}

    def start(self) -> None:
        """Run the cells; a cell that ends the process is left out and the others run again."""
        while self._pipes is None:
            outcomes = dict(self._deadly)
            try:
                self._begin()
                self._run_cells(outcomes)
            except _Stopped as stop:
                current = next((number for number in self._sources if number not in outcomes), None)
                if current is not None and not stop.innocent:
                    self._deadly[current] = CellOutcome(stopped=stop.state, reason=f"This cell {stop.reason}.")
                if self._exhausted() is not None:
                    rest = CellOutcome(
                        stopped=stop.state, reason="This cell was not run: the notebook was stopped before."
                    )
                    outcomes = {number: outcomes.get(number, rest) for number in self._sources} | self._deadly
                    break
        if not self.cells:
            self.cells = tuple(outcomes[number] for number in self._sources)

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Make the calls of one case in order: one outcome a call, always."""
        allowed = 0
        while allowed < len(calls) and self._strikes[calls[allowed].function] < self._limits.strikes:
            allowed += 1
        outcomes = self._make(calls[:allowed]) if allowed else []
        if allowed < len(calls):
            outcomes += [self._last_stop[calls[allowed].function]] * (len(calls) - allowed)
        return outcomes

    def close(self) -> None:
        """End the process and all that came of it."""
        self._end()

    # --- the conversation ---

    def _make(self, calls: Sequence[Call], again: bool = True) -> list[Outcome]:
        outcomes: list[Outcome] = []
        limit = self._limits.seconds_of(calls)
        if again:
            self._lend(limit - self._limits.call_seconds)
        try:
            if self._pipes is not None and waiting(self._pipes.replies):
                self._end()  # it says something that nobody asked: a forgery of some earlier call
            if self._pipes is None:
                self._start_again()
            asked = {"calls": [call_to_plain(call) for call in calls]}
            before = monotonic()
            for said in self._replies(asked, len(calls), limit, limit):
                now = monotonic()
                outcomes.append(_timed(outcome_from_plain(said), now - before))
                before = now
        except (_Stopped, Malformed, Closed, Late) as fault:
            stop = self._stop(fault, limit)
            if stop.innocent and again:
                return self._make(calls, again=False)
            function = calls[len(outcomes)].function
            outcomes.append(Outcome(stopped=stop.state, reason=f"{function} {stop.reason}."))
            lost = Outcome(stopped=stop.state, reason=f"This was not called: {function} was stopped before.")
            outcomes += [lost] * (len(calls) - len(outcomes))
        self._count_strike(calls, outcomes)
        return outcomes

    def _run_cells(self, outcomes: dict[int, CellOutcome]) -> None:
        """Fill in the outcomes of the cells that may be run, one by one."""
        cells = [(number, source) for number, source in self._sources.items() if number not in self._deadly]
        limits = self._limits
        asked = {"cells": cells, "values": self._values}
        try:
            replies = self._replies(asked, len(cells), limits.cell_seconds, limits.cells_seconds)
            room = limits.outputs_bytes
            for (number, _), said in zip(cells, replies, strict=True):
                cell = cell_from_plain(said, limits.output_bytes)
                room -= cell.size
                outcomes[number] = cell if room >= 0 else cell.silent()
        except (Malformed, Closed, Late) as fault:
            raise self._stop(fault, limits.cell_seconds) from None

    def _replies(self, asked: dict[str, Any], count: int, each: float, together: float) -> Iterator[Any]:
        """What the process says to one request, reply by reply. Raises Malformed, Closed or Late."""
        assert self._pipes is not None
        grace, room = self._limits.grace_seconds, self._limits.answer_bytes
        start = monotonic()
        end = start + min(together + grace, self._left)
        try:
            request = secrets.randbits(62)
            send(self._pipes.requests, encode({"request": request, **asked}), end)
            for _ in range(count):
                deadline = min(end, monotonic() + each + grace)
                said, size = receive(self._pipes.replies, Bounds(body=room), deadline)
                room -= size
                yield reply(said, request)
        finally:
            self._left -= monotonic() - start

    def _lend(self, seconds: float) -> None:
        """Time for calls that are known to take long, as far as there is any left: others do not go short of it."""
        lent = min(seconds, self._left_for_long)
        self._left_for_long -= lent
        self._left += lent

    # --- beginnings and ends ---

    def _begin(self) -> None:
        self._starts += 1
        self._pipes = self._server.begin(self._modules)

    def _start_again(self) -> None:
        exhausted = self._exhausted()
        if exhausted is not None:
            raise exhausted
        self.start()
        if self._pipes is None:
            raise _Stopped("crashed", "was not called: the notebook's cells could not be run again")

    def _end(self, patience: float = 0.0) -> Ended | None:
        """End the process and all that came of it."""
        if self._pipes is None:
            return None
        self._pipes.close()
        self._pipes = None
        return self._server.end(patience)

    def _exhausted(self) -> _Stopped | None:
        """Why the submission is not started once more, if it is not."""
        if self._left <= 0:
            return _Stopped("timed_out", f"was not called: {self._too_long()}")
        if self._starts > self._limits.restarts:
            return _Stopped("crashed", f"was not called: the submission ended its process {self._starts} times")
        return None

    def _too_long(self) -> str:
        return f"the submission used up its {self._limits.submission_seconds:g} s"

    def _stop(self, fault: Exception, seconds: float) -> _Stopped:
        """End the process after a fault; the state and the reason that the fault stands for."""
        if isinstance(fault, _Stopped):
            return fault
        ended = self._end(_PATIENCE if isinstance(fault, Closed) else 0.0)
        if isinstance(fault, Late):
            over = self._too_long() if self._left <= 0 else f"it took longer than {seconds:g} s"
            return _Stopped("timed_out", f"was stopped: {over}")
        if isinstance(fault, Malformed):
            return _Stopped("crashed", f"was stopped: its process sent what is no answer ({fault})")
        if ended is None:
            return _Stopped("crashed", "was stopped: its process was ended from outside", innocent=True)
        if ended.status is None:
            return _Stopped("crashed", "was stopped: its process closed the pipe on which it answers")
        return _Stopped(*_read_status(ended.status))

    def _count_strike(self, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> None:
        """Remember the function that was stopped, so that it cannot use up the whole submission's time."""
        for call, outcome in zip(calls, outcomes, strict=True):
            if outcome.stopped in ("timed_out", "crashed"):
                self._strikes[call.function] += 1
                self._last_stop[call.function] = outcome
                return


def _read_status(status: int) -> tuple[State, str]:
    """The state and the reason that a process's wait status stands for."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return "timed_out", "used up its processor time and was stopped"
        if number == signal.SIGKILL:
            return "out_of_memory", "was killed by the system, most likely for want of memory"
        return "crashed", f"was stopped: its process died of {signal.Signals(number).name}"
    return "crashed", f"ended its process with exit code {os.waitstatus_to_exitcode(status)}"


def _timed(outcome: Outcome, passed: float) -> Outcome:
    """The outcome with seconds that are true: its own word where that fits what passed here."""
    if outcome.seconds <= passed <= 2 * outcome.seconds + _UNACCOUNTED:
        return outcome
    return replace(outcome, seconds=passed)
