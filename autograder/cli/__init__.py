"""The one command, `autograder`: one room for each audience."""

from autograder.cli.command_line import main

__all__ = ["main"]
