"""Submissions that write on the pipe themselves: a forgery is a wrong answer or a crash, and gains nothing."""

from __future__ import annotations

import select
from collections.abc import Iterator

import numpy as np
import pytest
from boxes import DOUBLE, ROOMY, call, doubles

from autograder.exercise import Call, Outcome
from autograder.sandbox import Sandbox, Submission

# A cell that finds the pipe on which outcomes are written, and the request that is being answered.
FIND = """
import json, os, stat, struct, sys, threading, time

def pipes():
    for fd in range(200):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode):
                yield fd
        except OSError:
            pass

def forge(data):
    for fd in pipes():
        try:
            os.write(fd, data)
        except OSError:
            pass

def frame(value):
    header = json.dumps(value).encode()
    return struct.pack("<IQ", len(header), 0) + header

def request():
    place = sys._getframe()
    while not isinstance(place.f_locals.get("request"), int):
        place = place.f_back
    return place.f_locals["request"]

def outcome(returned, **other):
    fields = {"returned": returned, "raised": None, "missing": False, "changed": ["list"], "warned": ["list"],
              "printed": 0, "seconds": 0.0, "stopped": None, "reason": ""} | other
    return frame(["dict", ["request", request()], ["says", ["dict", *map(list, fields.items())]]])

def forger(x):
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(ROOMY) as sandbox:
        yield sandbox


def ask_forger(submission: Submission) -> list[Outcome]:
    """The outcomes of a forger and of an honest call after it."""
    assert submission.cells[1].raised is None
    return submission.run([Call(name, {"x": np.ones(2)}, ("out",)) for name in ("forger", "double")])


def wait_for_more(submission: Submission) -> None:
    """Until the process has said something that it was not asked."""
    assert submission._pipes is not None
    select.select([submission._pipes.replies], [], [])


@pytest.mark.parametrize(
    "body",
    [
        "forge(b'garbage' * 100)",
        "forge(bytes(100))",
        "forge(struct.pack('<IQ', 2**31, 2**62))",
        "forge(frame({}))",
        "forge(outcome(1.0, stopped='passed'))",
        "forge(frame(['dict', ['request', 1], ['says', None]]))",
        "threading.Thread(target=lambda: [forge(b'x' * 999) for _ in range(99)]).start(); time.sleep(0.2)",
    ],
)
def test_a_malformed_frame_ends_in_crashed_and_the_next_request_is_answered(box: Sandbox, body: str) -> None:
    with box.submission([DOUBLE, FIND + "    " + body]) as submission:
        first, second = ask_forger(submission)
        assert doubles(submission)
    assert first.stopped == second.stopped == "crashed"
    assert first.reason.startswith("forger was stopped: its process sent what is no answer")


def test_a_well_formed_forgery_is_no_more_than_a_returned_value(box: Sandbox) -> None:
    with box.submission([DOUBLE, FIND + "    forge(outcome(42.0))"]) as submission:
        forged, displaced = ask_forger(submission)
        wait_for_more(submission)
        assert doubles(submission)
    assert forged.returned == 42.0  # as if it had returned it
    assert displaced.returned is None  # what it did return stands here now: a wrong value in the place of a right one


def test_answers_written_before_the_question_do_not_count(box: Sandbox) -> None:
    with box.submission([DOUBLE, FIND + "    threading.Timer(0.2, forge, [outcome(42.0)]).start()"]) as submission:
        assert call(submission, "forger", np.ones(2)).came_back
        wait_for_more(submission)
        assert doubles(submission)
        assert submission._starts == 2  # in a fresh process
