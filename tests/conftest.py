"""Shared by all tests: how they are dealt out to processes, and counts that are worth reading at the end of a run."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from courses import course, released
from hypothesis import settings
from pages import address, browser, host, site
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

__all__ = ["address", "browser", "course", "host", "released", "site"]

# No test is judged by the clock: another job on the machine must not fail it. Where CI decides what lands, every run
# draws the same examples; on a desk each run looks further.
settings.register_profile("ours", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("ours")

# Two graders and a browser at once are as much as a test's patience is tuned to. Many tests wait (for a browser, for
# the end of an endless loop): there is work for one process more than there are cores. Each keeps to one thread.
MOST_WORKERS = 4
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs in several processes; a part of it, named by hand, in this one."""
    part = config.args_source is not config.ArgsSource.TESTPATHS or config.option.keyword or config.option.markexpr
    return 0 if part else min(MOST_WORKERS, len(os.sched_getaffinity(0)) + 1)


# The book is built first, since that takes longest; those who open its pages come last, when it is there. In between,
# what takes long comes before what does not, so that in the end no process is left alone with it.
FIRST = "test_book.py::test_the_strict_build_gives_every_page_and_a_way_in"
LONG = ("test_demo.py", "test_live_python.py", "test_attacks.py", "test_notebooks_run.py", "test_live.py",
        "test_mutants.py", "test_author.py")  # fmt: skip
LAST = ("test_book.py", "test_editions.py", "test_player.py", "test_kernels.py", "test_reader.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        file = item.path.name
        if item.nodeid.endswith(FIRST):
            return 0
        return 1 + LONG.index(file) if file in LONG else 1 + len(LONG) + (file in LAST)

    items.sort(key=rank)


class Rooms(LoadScopeScheduling):
    """Tests that share what is costly stay in one process: those of a file.

    Known mistakes, slips and notebooks share nothing but what belongs to their exercises, and the tests of the book
    nothing but the book. (xdist's own groups do nothing under the newest pytest.)
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        if file.endswith(("test_mistakes.py", "test_mutants.py", "test_notebooks_run.py")):
            return f"{file} {test.partition('[')[2].partition('.')[0]}"
        if file.endswith("test_book.py"):
            return f"{file} {test.partition('[')[0]}"
        return file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Rooms:
    return Rooms(config, log)


_COUNTS: dict[str, list[bool]] = {}


@pytest.fixture
def tally() -> Callable[[str, bool], None]:
    """`tally("mistakes refused", True)` adds one to a line of the summary: how many of how many."""

    def count(label: str, good: bool) -> None:
        _COUNTS.setdefault(label, []).append(good)

    return count


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["counts"] = _COUNTS


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    for label, results in getattr(node, "workeroutput", {}).get("counts", {}).items():
        _COUNTS.setdefault(label, []).extend(results)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _COUNTS:
        terminalreporter.section("counts")
        for label, results in _COUNTS.items():
            terminalreporter.write_line(f"{label}: {sum(results)} of {len(results)}")
