"""How a subcommand is entered: its help with an example, the function that runs it, and the extra that it needs."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable
from typing import Any

Commands = Any  # argparse publishes no name for what add_subparsers returns
Run = Callable[[argparse.Namespace], int]


def add(
    commands: Commands, name: str, run: Run, brief: str, text: str, extra: str = "course"
) -> argparse.ArgumentParser:
    """Enter a subcommand. `text` is the whole help, example and all."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=brief,
        description=inspect.cleandoc(text),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, extra=extra)
    return parser
