"""The subcommand for anyone who wants to see what there is: demo."""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.cli.commands import Commands, add


def register(commands: Commands) -> None:
    """Enter demo."""
    demo = add(
        commands,
        "demo",
        _demo,
        "the whole course at work, with a bundled class",
        """
        Build the notebooks and the book, make a course folder, release the chapters, grade the bundled class in a
        sandbox, and write feedback and the class report. It takes a few minutes and says where everything lies and
        what to type next. Run again, it replaces what it made.

        Without bubblewrap, which confines submissions, those that do harm are left out.

        example:
          autograder demo --no-book
        """,
    )
    demo.add_argument("--folder", type=Path, default=Path("demo"), help="where to put the course; default: demo")
    demo.add_argument("--no-book", action="store_true", help="leave the book out, which takes longest")


def _demo(options: argparse.Namespace) -> int:
    from autograder.cli.demonstration import demo

    return demo(options.folder, book=not options.no_book)
