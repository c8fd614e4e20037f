"""Speed as it is judged: beside the pace setter, in one process, the best of several, whatever a process claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from boxes import ROOMY
from judging import first_failed

from autograder import pace
from autograder.answer_file import read, write
from autograder.answers import AnswerKey, answer
from autograder.calls import Local
from autograder.checking import check_exercise
from autograder.exercise import PACE_SETTER, Call, Case, Drawn, Exercise, Implementation, Outcome, Pace, Verdict
from autograder.sandbox import Sandbox

ADVICE = "Let NumPy add."
X = Drawn(3, (24, 8, 40, 40))
SMALL = np.arange(12.0).reshape(3, 4)

QUICK = """
import numpy as np
def running(x):
    return np.cumsum(x, dtype=np.float64)
"""
SLOW = """
import numpy as np
def running(x):
    out, total = np.empty(x.size), np.float64(0)
    for place, value in enumerate(x.ravel()):
        total += value
        out[place] = total
    return out
"""


def _cases(_: np.random.Generator) -> list[Case]:
    own = Call("running", {"x": X}, ("out",))
    return [
        Case("a small array", "values", (Call("running", {"x": SMALL}, ("out",)),)),
        Case(
            "a large array",
            "speed",
            (pace.setter(X, 1, 1), own) * 2,
            tolerance=1e-6,
            measure="fingerprint",
            pace=Pace(20, ADVICE),
        ),
    ]


EXERCISE = Exercise("running", 10, ("out",), _cases)


def functions(source: str) -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec(source, namespace)
    return namespace


def key(public: bool = False) -> AnswerKey:
    cases = tuple(_cases(np.random.default_rng(0)))
    return AnswerKey("running", public, cases, answer(EXERCISE, cases, Local(functions(QUICK))), ())


def judged(implementation: Implementation, public: bool = False) -> Verdict:
    return check_exercise(EXERCISE, key(public), implementation)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(ROOMY) as sandbox:
        yield sandbox


def in_the_sandbox(box: Sandbox, *cells: str) -> Verdict:
    with box.submission(cells) as submission:
        return judged(submission)


def test_array_code_is_fast_enough_here_and_in_the_sandbox(box: Sandbox) -> None:
    assert judged(Local(functions(QUICK))).passed
    assert in_the_sandbox(box, QUICK).passed


def test_a_loop_is_right_and_too_slow_and_loses_the_share_of_speed_alone(box: Sandbox) -> None:
    for verdict in (judged(Local(functions(SLOW))), in_the_sandbox(box, SLOW)):
        assert verdict.state == "partial"
        assert verdict.score == pytest.approx(10 * 8 / 10)
        finding = first_failed(verdict)
        assert finding.check == "speed"
        assert "is right here, and slow: it takes more than 20 times as long" in finding.message
        assert ADVICE in finding.message


def test_only_the_local_check_tells_the_measured_time() -> None:
    told = [dict(first_failed(judged(Local(functions(SLOW)), public)).details) for public in (True, False)]
    assert "ms, the best of several calls" in told[0]["measured"]
    assert "measured" not in told[1]
    assert told[1]["called"] == "running(x=<24×8×40×40 float32>)"


def test_fast_and_wrong_is_not_fast_enough() -> None:
    verdict = judged(Local({"running": lambda x: np.cumsum(x, dtype=np.float64) if x.size < 99 else np.zeros(x.size)}))
    assert first_failed(verdict).check == "speed"
    assert "is not right for large arrays" in first_failed(verdict).message


def test_what_a_submission_says_of_its_time_or_does_to_the_pace_setter_makes_it_no_faster(box: Sandbox) -> None:
    no_time = "import time\ntime.perf_counter = lambda: 0.0\n"
    long_work = (
        "import numpy as np, time\n_concatenate = np.concatenate\n"
        "def concatenate(*arguments, **options):\n    time.sleep(0.5)\n    return _concatenate(*arguments, **options)\n"
        "np.concatenate = concatenate\n"
    )
    own_setter = f"globals()[{PACE_SETTER!r}] = lambda *a: time.sleep(0.5)\nimport time\n"
    for trick in (no_time, long_work, own_setter):
        assert first_failed(in_the_sandbox(box, trick, VERY_SLOW)).check == "speed", trick


# So slow that what a process's word on its time is trusted for does not matter.
VERY_SLOW = SLOW.replace("        total += value\n", "        total += value + sum([0.0] * 80)\n")


class Timed:
    """Right results, and these seconds for the function and for the pace setter, call by call."""

    def __init__(self, own: Sequence[float], setter: Sequence[float]) -> None:
        self.own, self.setter, self.runs = list(own), list(setter), 0

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        self.runs += len(calls) > 1
        outcomes = Local(functions(QUICK)).run(calls)
        if len(calls) == 1:
            return outcomes
        seconds = {"running": self.own, PACE_SETTER: self.setter}
        return [replace(o, seconds=seconds[c.function].pop(0)) for c, o in zip(calls, outcomes, strict=True)]


def test_the_best_of_several_counts_and_what_was_not_slow_for_long_is_tried_again() -> None:
    assert judged(Timed([9.0, 1e-3], [1e-3, 9e-3])).passed
    busy = Timed([0.3, 0.4, 1e-3, 1e-3], [1e-3] * 4)
    assert judged(busy).passed
    assert busy.runs == 2


def test_far_too_slow_is_not_tried_again() -> None:
    hopeless = Timed([9.0, 9.0], [1e-3, 1e-3])
    assert not judged(hopeless).passed
    assert hopeless.runs == 1


def test_a_key_with_a_pace_survives_its_file_and_holds_no_large_array() -> None:
    data = write("", {"running": key()})
    assert len(data) < 20_000
    _, keys = read(data)
    assert keys["running"].cases[1].pace == Pace(20, ADVICE)
    assert keys["running"].cases[1].calls == key().cases[1].calls
    assert check_exercise(EXERCISE, keys["running"], Local(functions(QUICK))).passed
