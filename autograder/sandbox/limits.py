"""What a submission may use, and what is known of a cell that ran. Plain data for both sides of the pipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.exercise import Call, Raised, State

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Seconds are wall time; sizes are bytes."""

    cell_seconds: float = 20.0  # one cell
    cells_seconds: float = 60.0  # all cells together
    call_seconds: float = 20.0  # the calls of one `run`, that is, of one case
    submission_seconds: float = 300.0  # all waiting for this submission, started again or not
    long_seconds: float = 900.0  # what calls that are known to take long may use beyond that, together
    grace_seconds: float = 1.0  # from the alarm, which Python code sees, to the kill
    memory_bytes: int = 1024 * MIB  # address space beyond what the preloaded interpreter takes, each process
    together_bytes: int = 1536 * MIB  # what all processes of a submission together hold in memory
    file_bytes: int = 16 * MIB  # one file
    disk_bytes: int = 64 * MIB  # all files: they lie in memory
    processes: int = 32  # processes and threads together
    open_files: int = 128
    output_bytes: int = 64 * 1024  # what is kept of a cell's prints, of its complaints and of its value, each
    outputs_bytes: int = 4 * MIB  # what is kept of all of these together, and of what cells raised
    answer_bytes: int = 256 * MIB  # what comes back from one `run`
    restarts: int = 8  # how often a submission that killed its own process is started again
    strikes: int = 2  # how often one function may be stopped before it is called no more

    def seconds_of(self, calls: Sequence[Call]) -> float:
        """What the calls of one `run` may take together."""
        return max(self.call_seconds, sum(call.seconds or 0.0 for call in calls))


DEFAULTS = Limits()


@dataclass(frozen=True)
class CellOutcome:
    """What one cell gave: nothing, an exception, or a stop with its state and reason; and what it printed.

    `complained` is what went to standard error. `value` is the text of the last expression, where that was asked for.
    """

    raised: Raised | None = None
    stopped: State | None = None
    reason: str = ""
    printed: str = ""
    complained: str = ""
    value: str | None = None

    @property
    def size(self) -> int:
        """How many characters it holds."""
        raised = (self.raised.type, self.raised.message, *self.raised.lines) if self.raised else ()
        return sum(map(len, (self.reason, self.printed, self.complained, self.value or "", *raised)))

    def silent(self) -> CellOutcome:
        """The same without what it printed, showed or told of its exception's way."""
        raised = Raised(self.raised.type[:100], self.raised.message[:300]) if self.raised else None
        return CellOutcome(raised, self.stopped, self.reason[:300])
