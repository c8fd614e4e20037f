"""The command line: all subcommands, and what happens when one of them cannot be done.

What a subcommand needs beyond NumPy is imported when it runs, so that a student's `check`, `status` and `hint` work
where nothing else is installed. Errors are one line that names the fault and the mend, exit code 2.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from autograder.cli import anyone, author, instructor, student
from autograder.cli.faults import in_one_line, is_known, missing_module
from autograder.show import clean

_DESCRIPTION = """\
Layers by Hand: build every layer of a neural network in NumPy, and learn at once what is right, what is wrong and why.

for anyone        demo
for students      check, status, hint
for instructors   new, release, grade, report, export
for authors       build, book
"""

_EPILOG = """\
`autograder COMMAND --help` says everything about a command.

exit codes: 0 done, and nothing to object to; 1 done, with something that is not right or not graded;
2 not done: wrong usage, or something is missing
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line. Options are written out: an abbreviation means another one tomorrow."""

    def __init__(self, prog: str, **settings: Any) -> None:
        super().__init__(prog, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; `{self.prog} --help` shows how\n")


def parser() -> argparse.ArgumentParser:
    """The command line of `autograder` with all its subcommands."""
    top = _Parser(
        "autograder",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(metavar="COMMAND", dest="command", required=True, parser_class=_Parser)
    for room in (anyone, student, instructor, author):
        room.register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    options = parser().parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _say(options.command, "stopped", 130)
    except ModuleNotFoundError as error:
        return _say(options.command, missing_module(error, options.extra), 2)
    except Exception as error:
        return _say(options.command, in_one_line(error) if is_known(error) else _fault(error), 2)
    return code


def _say(command: str, message: str, code: int) -> int:
    print(clean(f"autograder {command}: {message}"), file=sys.stderr)
    return code


def _fault(error: Exception) -> str:
    """An unforeseen error, with its place: in a chapter's own rooms it is the author's to mend, elsewhere ours."""
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename:
        frames.append(traceback.FrameSummary(error.filename, error.lineno, ""))
    for frame in reversed(frames):
        if Path(frame.filename).parent.name in ("solutions", "checks", "mistakes"):
            where = "/".join(Path(frame.filename).parts[-2:])
            return f"{where}, line {frame.lineno}: {type(error).__name__}: {in_one_line(error)}; mend it there"
    last = frames[-1]
    where = f"{Path(last.filename).name}, line {last.lineno}"
    return f"a fault of autograder's own, please report it: {type(error).__name__} in {where}: {in_one_line(error)}"
