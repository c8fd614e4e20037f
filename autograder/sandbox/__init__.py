"""The untrusted side: a submission's cells run, and its functions are called, in a process that can harm nothing."""

from autograder.sandbox.faults import SandboxUnavailable, missing
from autograder.sandbox.limits import CellOutcome, Limits
from autograder.sandbox.sandbox import OtherUser, Sandbox, Trusted, availability
from autograder.sandbox.submission import Submission

__all__ = [
    "CellOutcome",
    "Limits",
    "OtherUser",
    "Sandbox",
    "SandboxUnavailable",
    "Submission",
    "Trusted",
    "availability",
    "missing",
]
