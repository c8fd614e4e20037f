"""The places where submissions run: confined, or plain for submissions that are trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Self

from autograder.sandbox.faults import SandboxUnavailable
from autograder.sandbox.forkserver import ForkServer
from autograder.sandbox.launch import NOBODY
from autograder.sandbox.limits import DEFAULTS, Limits
from autograder.sandbox.submission import Submission


class Trusted:
    """Runs submissions in an ordinary child process, which sees and may do what its user may. Limits on time hold."""

    _confined = False
    _user: int | None = None

    def __init__(self, limits: Limits = DEFAULTS) -> None:
        self.limits = limits
        self._server = ForkServer(limits, self._confined, self._user)

    def __enter__(self) -> Self:
        """Start the fork server. Raises SandboxUnavailable."""
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @contextmanager
    def submission(self, cells: Sequence[str], values: bool = False) -> Iterator[Submission]:
        """Run the code cells of one submission in a fresh process; one submission at a time.

        With `values`, each cell's outcome has the text of its last expression, as a notebook shows it.
        """
        submission = Submission(self._server, self.limits, cells, values)
        try:
            submission.start()
            yield submission
        finally:
            submission.close()


class Sandbox(Trusted):
    """Runs submissions confined: one bubblewrap with a warm fork server, and in it a fresh process for each of them.

    Enter it in the thread that uses it: it ends with that thread. Raises SandboxUnavailable where it cannot be had.
    """

    _confined = True

    def try_out(self) -> None:
        """Run one harmless cell. Raises SandboxUnavailable where even that does not run: no submission is to blame."""
        with self.submission(["one = 1"]) as submission:
            fault = submission.cells[0].reason
        if fault:
            raise SandboxUnavailable(fault)


class OtherUser(Trusted):
    """Runs submissions as nobody, under the limits and behind the filter on system calls, but in no namespaces.

    For a container that is thrown away with its one submission and in which none can be made, as may be Gradescope's.
    Submissions see whatever any user may read there; what they must not see has to be closed to them. Needs root.
    """

    _user = NOBODY


@cache
def availability() -> str | None:
    """None where submissions can be confined here, which is tried once; otherwise the reason and the mend, one line."""
    try:
        with Sandbox() as sandbox:
            sandbox.try_out()
    except SandboxUnavailable as fault:
        return str(fault)
    return None
