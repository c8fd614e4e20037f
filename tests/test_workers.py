"""How many processes judge: one at first, and others as soon as they pay, up to as many as are allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from courses import RIGHT, hand_in, notebook

from autograder.grading import workers
from autograder.grading.course import Course
from autograder.grading.grade import grade


@dataclass
class Seen:
    """A process that took a second to start."""

    starting: float | None = 1.0
    busy: float = 0.0
    done: int = 0


@pytest.mark.parametrize(
    ("waiting", "there", "pays"),
    [
        (1, [], True),
        (1000, [Seen(None)], False),  # nobody knows yet how long one takes
        (9, [Seen(busy=0.1, done=1)], False),
        (90, [Seen(busy=0.1, done=1)], True),
        (9, [Seen(busy=1.0, done=1)], True),
        (9, [Seen(busy=0.5, done=0)], True),  # the first takes long
        (9, [Seen(busy=0.4, done=0)], False),
        (9, [Seen(busy=1.0, done=1), Seen(None)], True),
        (9, [Seen(busy=1.0, done=1), Seen(None), Seen(None)], False),
        (1000, [Seen(busy=10.0, done=100)] * 20, True),
        (1000, [Seen(busy=10.0, done=100)] * 30, False),
    ],
)
def test_another_process_pays_where_what_waits_takes_several_times_as_long_as_its_start(
    waiting: int, there: list[Seen], pays: bool
) -> None:
    assert workers.another_pays(waiting, there) is pays


@pytest.mark.parametrize(("pays", "jobs", "started"), [(True, 2, 2), (True, 1, 1), (False, 2, 1)])
def test_there_are_as_many_processes_as_pay_but_no_more_than_allowed(
    course: Course, monkeypatch: pytest.MonkeyPatch, pays: bool, jobs: int, started: int
) -> None:
    begun: list[Any] = []
    start = workers._Worker._start

    def counted(worker: Any) -> None:
        begun.append(worker)
        start(worker)

    monkeypatch.setattr(workers._Worker, "_start", counted)
    monkeypatch.setattr(workers, "another_pays", lambda waiting, there: pays or not there)
    for student in ("ada", "bob", "cem"):
        hand_in(course, student, notebook(course, RIGHT))
    assert [result.score for result in grade(course, "linear", jobs=jobs).results] == [26.0] * 3
    assert len(begun) == started
