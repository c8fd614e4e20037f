"""What the tests of the sandbox share: limits that are soon reached, and one case with one call."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.exercise import Call, Outcome
from autograder.sandbox import Limits, Submission

# Seconds are long enough for honest code on a busy machine. Tests of time have limits of their own.
ROOMY = Limits(cell_seconds=30, call_seconds=30, memory_bytes=512 * 1024 * 1024, strikes=100, restarts=100)
SHORT = Limits(cell_seconds=1, call_seconds=1, grace_seconds=1)

DOUBLE = "def double(x):\n    return 2 * x\n"


def call(submission: Submission, function: str, *arguments: Any) -> Outcome:
    """The outcome of one call."""
    named = {f"argument {number}": value for number, value in enumerate(arguments)}
    [outcome] = submission.run([Call(function, named, ("out",))])
    return outcome


def doubles(submission: Submission) -> bool:
    """Whether the submission's `double` still answers, and rightly."""
    outcome = call(submission, "double", np.arange(3.0))
    return isinstance(outcome.returned, np.ndarray) and outcome.returned.tolist() == [0.0, 2.0, 4.0]
