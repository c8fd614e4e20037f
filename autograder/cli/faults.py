"""What can be wrong, said in one line with its mend."""

from __future__ import annotations

import sys

from autograder.sandbox.faults import no_linux

# Faults whose message is meant for whoever typed the command; by name, since their modules may not be installed.
_KNOWN = frozenset({"BookError", "CourseError", "CourseFault", "NoAnswerData", "SandboxUnavailable", "Unreadable"})


class Fault(Exception):
    """The command cannot be done. The message is one line that names the fault and the mend."""


def is_known(error: Exception) -> bool:
    """Whether the message of an error says all that its reader needs."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, Fault | OSError) or not _KNOWN.isdisjoint(names)


def in_one_line(error: Exception) -> str:
    """The message of an error; of several faults, one line each."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    lines = [" ".join(line.split()) for line in str(error).splitlines()]
    return "\n  ".join(line for line in lines if line) or type(error).__name__


def missing_module(error: ModuleNotFoundError, extra: str) -> str:
    """What to do where a module is not installed: an extra's, or the course's own sources."""
    name = error.name or "a module"
    if name in sys.stdlib_module_names:  # Python's own, but not on every system: fcntl, on which recording relies
        return no_linux()
    if name.partition(".")[0] in ("autograder", "solutions"):
        return "this needs the course's own checkout, not the installed package; clone the repository and run it there"
    return f'{name} is not installed; pip install "layers-by-hand[{extra}]"'
