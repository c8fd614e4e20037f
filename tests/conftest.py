"""Shared by all tests: counts that are worth reading at the end of a run."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from courses import course, released
from hypothesis import settings
from pages import address, browser, site

__all__ = ["address", "browser", "course", "released", "site"]

# No test is judged by the clock: another job on the machine must not fail it. Where CI decides what lands, every run
# draws the same examples; on a desk each run looks further.
settings.register_profile("ours", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("ours")

_COUNTS: dict[str, list[bool]] = {}


@pytest.fixture
def tally() -> Callable[[str, bool], None]:
    """`tally("mistakes refused", True)` adds one to a line of the summary: how many of how many."""

    def count(label: str, good: bool) -> None:
        _COUNTS.setdefault(label, []).append(good)

    return count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _COUNTS:
        terminalreporter.section("counts")
        for label, results in _COUNTS.items():
            terminalreporter.write_line(f"{label}: {sum(results)} of {len(results)}")
