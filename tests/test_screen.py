"""The progress bar of a long run: how many, how fast, how long still, and the marks so far."""

from __future__ import annotations

import sys

import pytest

from autograder.cli.screen import progress
from autograder.exercise import Verdict
from autograder.grading.grade import Progress
from autograder.grading.record import graded, unreadable


def test_the_bar_tells_count_rate_and_running_marks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = [
        graded(student, "linear", "linear.ipynb", [Verdict("linear_forward", "partial", score, 6.0, ())])
        for student, score in (("ada", 6.0), ("bob", 3.0))
    ]
    results.append(unreadable("cem", "linear", "linear.ipynb", "it is empty", 6.0))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    with progress("linear") as report:
        report(Progress(0, 4, 0))
        for done, result in enumerate(results, 1):
            report(Progress(done, 4, 0, result))
    said = capsys.readouterr().err
    for words in ("linear", "3/4", "/s", "mean 75%", "1 without a mark", "cem"):
        assert words in said, said
