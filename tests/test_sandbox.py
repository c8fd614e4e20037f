"""Submissions in the real sandbox: cells run, calls are answered, and whatever the code does ends in an outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from boxes import DOUBLE, ROOMY, SHORT, call, doubles

from autograder.exercise import Call, Opaque, Result, Rng, SameRng, View
from autograder.sandbox import CellOutcome, Limits, Sandbox, Submission, Trusted, availability


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(ROOMY) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def hasty() -> Iterator[Sandbox]:
    with Sandbox(SHORT) as sandbox:
        yield sandbox


def test_the_sandbox_is_available_where_the_tests_run() -> None:
    assert availability() is None


# --- cells ---------------------------------------------------------------------------------------------------------


def test_cells_run_in_one_namespace_and_an_exception_ends_only_its_cell(box: Sandbox) -> None:
    cells = ["x = 1", "x = 2\nundefined\nx = 3", "print(x, __name__)", "def broken(:"]
    with box.submission(cells) as submission:
        first, second, third, fourth = submission.cells
    assert first == CellOutcome()
    assert second.raised is not None
    assert second.stopped is None
    assert second.raised.type == "NameError"
    assert second.raised.lines == ("line 2 in <module>: undefined",)
    assert third == CellOutcome(printed="2 __main__\n")
    assert fourth.raised is not None
    assert fourth.raised.type == "SyntaxError"


@pytest.mark.parametrize(
    ("cell", "printed"),
    [
        ("%matplotlib inline\nprint(1)", "1\n"),
        ("files = !ls /\nprint(files)", "[]\n"),
        ("!touch here\nprint(1)", "1\n"),
        ("len?\nprint(1)", "1\n"),
        ("%%time\nprint(1)", "1\n"),
        ("%%bash\nexit 1", ""),
        ("%time x = 4\nprint(x)", "4\n"),
        ("get_ipython().run_line_magic('load_ext', 'autoreload')\nprint(get_ipython().anything.at.all())", "\n"),
        ("from IPython import get_ipython as other\nprint(other() is get_ipython())", "True\n"),
        ("import asyncio\nprint(await asyncio.sleep(0, 'awaited'))", "awaited\n"),
        ("display(3, 'x')", "3 'x'\n"),
        ("text = '''\n%matplotlib inline\n!ls\n'''\nprint(len(text))", "24\n"),
        ("from __future__ import annotations\nprint(1)", "1\n"),
        ("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint(plt.get_backend().lower())", "agg\n"),
    ],
)
def test_what_notebooks_contain_runs(box: Sandbox, cell: str, printed: str) -> None:
    with box.submission([cell]) as submission:
        [outcome] = submission.cells
    assert outcome.raised is None
    assert outcome.printed.endswith(printed)


def test_a_released_notebook_s_check_cells_do_nothing(box: Sandbox) -> None:
    cells = [DOUBLE, "from autograder import check\ncheck(double)", "print(check(double).passed, check(1) == 2)"]
    with box.submission(cells) as submission:
        assert [outcome.raised for outcome in submission.cells] == [None] * 3
        assert submission.cells[2].printed == " False\n"
        assert doubles(submission)


@pytest.mark.parametrize("module", ["autograder.checks", "autograder.mistakes", "autograder.calls", "solutions"])
def test_the_course_cannot_be_imported(box: Sandbox, module: str) -> None:
    with box.submission([f"import {module}"]) as submission:
        [outcome] = submission.cells
    assert outcome.raised is not None
    assert outcome.raised.type == "ModuleNotFoundError"


def test_prints_are_kept_up_to_a_limit(box: Sandbox) -> None:
    with box.submission(
        ["print('x' * 10**6)\nfor _ in range(1000): print('y' * 10**6)", "print('after')"]
    ) as submission:
        first, second = submission.cells
    assert first.printed == "x" * ROOMY.output_bytes
    assert second == CellOutcome(printed="after\n")


# --- calls ---------------------------------------------------------------------------------------------------------

LAYER = """
def forward(x, weight):
    return x @ weight, {"x": x, "weight": weight, "secret": object()}

def backward(dout, cache):
    return dout @ cache["weight"].T, cache["x"].T @ dout

def draw(rng):
    return rng.random(3)

def options(x, scale=1):
    import warnings
    warnings.warn("careful")
    print("a" * 10)
    x *= scale
    return x

def flags(x):
    return [x.flags.c_contiguous, x.flags.writeable, x.strides[0] > 0]

def fails(x):
    value = 1
    return value / 0
"""


def test_calls_of_a_case_see_each_other_and_the_cache_stays_inside(box: Sandbox) -> None:
    x, weight = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    with box.submission([LAYER]) as submission:
        out, grads = submission.run(
            [
                Call("forward", {"x": x, "weight": weight}, ("out", "cache")),
                Call("backward", {"dout": np.ones((2, 4)), "cache": Result(0, 1)}, ("dx", "dweight")),
            ]
        )
    assert out.returned[1] == Opaque("cache")
    np.testing.assert_array_equal(out.returned[0], x @ weight)
    np.testing.assert_array_equal(grads.returned[1], x.T @ np.ones((2, 4)))


def test_arguments_arrive_as_they_were_meant(box: Sandbox) -> None:
    x = np.arange(6.0).reshape(2, 3)
    with box.submission([LAYER]) as submission:
        draws = [Call("draw", {"rng": rng}, ("values",)) for rng in (Rng(5), SameRng(0), SameRng(1))]
        drawn = [outcome.returned for outcome in submission.run(draws)]
        np.testing.assert_array_equal(np.concatenate(drawn), np.random.default_rng(5).random(9))
        assert call(submission, "flags", View(x, "transposed")).returned == [False, True, True]
        assert call(submission, "flags", View(x, "reversed")).returned == [False, True, False]
        assert call(submission, "flags", View(x, "read-only")).returned == [True, False, True]


def test_what_a_call_did_besides_is_told(box: Sandbox) -> None:
    with box.submission([LAYER]) as submission:
        [outcome] = submission.run([Call("options", {"x": np.ones(2)}, ("out",), {"scale": 3})])
        assert outcome.returned.tolist() == [3.0, 3.0]
        assert outcome.changed == ("x",)
        assert outcome.warned == ("UserWarning: careful",)
        assert outcome.printed == 11
        assert call(submission, "absent").missing
        raised = call(submission, "fails", np.ones(2)).raised
    assert raised is not None
    assert (raised.type, raised.lines) == ("ZeroDivisionError", ("line 23 in fails: return value / 0",))


def test_many_calls_go_in_one_request(box: Sandbox) -> None:
    with box.submission([DOUBLE]) as submission:
        outcomes = submission.run([Call("double", {"x": np.float64(n)}, ("out",)) for n in range(2000)])
        assert [outcome.returned for outcome in outcomes] == [2.0 * n for n in range(2000)]
        assert submission.run([]) == []


def test_the_same_code_gives_the_same_outcomes(box: Sandbox) -> None:
    cell = "import random, numpy as np\ndef draw():\n    return [random.random(), np.random.rand(), hash('x'), id(str)]"
    answers = []
    for _ in range(2):
        with box.submission([cell]) as submission:
            answers.append(call(submission, "draw").returned)
    with Sandbox(ROOMY) as other, other.submission([cell]) as submission:
        answers.append(call(submission, "draw").returned)
    assert answers[0] == answers[1]
    assert answers[0][:3] == answers[2][:3]


# --- code that does not come back ----------------------------------------------------------------------------------

# Bad functions, and what they end in. Each is called between two calls of `double`.
STOPPED = {
    "import os\ndef bad(): os._exit(0)": ("crashed", "bad ended its process with exit code 0."),
    "import ctypes\ndef bad(): ctypes.string_at(0)": ("crashed", "bad was stopped: its process died of SIGSEGV."),
    "import os\ndef bad(): os.closerange(0, 1000)": ("crashed", "bad ended its process with exit code 1."),
    "import os, time\ndef bad(): os.closerange(3, 99), time.sleep(99)": (
        "crashed",
        "bad was stopped: its process closed",
    ),
    "import numpy as np\ndef bad(): return np.ones(10**11)": ("out_of_memory", "bad needed more memory"),
    "import numpy as np\ndef bad(): return np.broadcast_to(0.0, 10**11)": ("out_of_memory", "bad needed more memory"),
    "import numpy as np\ndef bad(): return [np.ones(2**23)] * 5": ("out_of_memory", ""),
    "def bad():\n    data = []\n    while True: data.append(bytes(10**7))": ("out_of_memory", "bad needed more memory"),
    "import socket\ndef bad(): socket.socket()": ("refused", "bad tried what is not allowed"),
    "from urllib.request import urlopen\ndef bad(): urlopen('http://127.0.0.1:9/')": ("refused", "bad tried what"),
    "from urllib.request import urlopen\ndef bad(): urlopen('http://example.org/')": ("refused", "bad tried what"),
    "def bad(): open('/usr/lib/x', 'w')": ("refused", "bad tried what is not allowed"),
    "def bad():\n    with open('x', 'wb') as f: f.write(bytes(2**25))": ("refused", "bad tried what is not allowed"),
}


@pytest.mark.parametrize("source", STOPPED)
def test_a_call_that_is_stopped_has_its_state_and_reason(box: Sandbox, source: str) -> None:
    state, reason = STOPPED[source]
    with box.submission([DOUBLE, source]) as submission:
        before, bad, _ = submission.run([_double(), Call("bad", {}, ("out",)), _double()])
        assert before.returned.tolist() == [2.0, 2.0]
        assert (bad.stopped, bad.returned) == (state, None)
        assert bad.reason.startswith(reason)
        assert doubles(submission)


def test_an_answer_that_is_too_large_is_told(box: Sandbox) -> None:
    source = "import numpy as np\ndef large(n): return np.ones(n)"
    with Sandbox(replace(ROOMY, answer_bytes=2**20)) as sandbox, sandbox.submission([DOUBLE, source]) as submission:
        assert call(submission, "large", 2**17).came_back
        outcome = call(submission, "large", 2**17 + 1)
        assert (outcome.stopped, outcome.reason) == ("out_of_memory", "What came back is too large to be judged.")
        assert submission._starts == 1
        # Together they count too, so that the grader's memory is bounded.
        outcomes = submission.run([Call("large", {"n": 2**16}, ("out",)) for _ in range(3)])
        assert [outcome.stopped for outcome in outcomes] == [None, None, "out_of_memory"]


# Code that must not get in the way of the next call, whether it raises or returns.
HARMLESS = {
    "import sys\ndef bad(): sys.exit(3)": "SystemExit",
    "def bad(): raise KeyboardInterrupt": "KeyboardInterrupt",
    "def bad(): raise type('Own', (BaseException,), {})()": "Own",
    "def bad(): return bad()": "RecursionError",
    "import sys\nsys.stdout = sys.stderr = None\ndef bad(): print('x')": None,
    "import sys\nfor n in range(5, 99):\n    try: sys.setrecursionlimit(n)\n    except RecursionError: continue\n"
    "    break\ndef bad(): pass": None,
    "import signal, os\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\ndef bad(): os.kill(os.getpid(), 9)": None,
    "import os\ndef bad(): os.kill(os.getpid(), 19)": None,
    "import os\nos.fork()\nos.fork()\ndef bad(): pass": None,
    "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(1000)\ndef bad(): pass": None,
    "import json, time, struct\njson.dumps = json.loads = time.monotonic = None\ndef bad(): pass": None,
    "import numpy as np\nnp.array_equal = np.copy = np.asarray = np.frombuffer = None\ndef bad(): pass": None,
    "def bad(): yield 1": None,
    "def bad(): return lambda: 0": None,
    "def bad(): print('x' * 10**8)": None,
    "import os\ndef bad(): [os.write(fd, b'x' * 1000) for fd in (0, 1, 2)]": None,
    "import warnings\ndef bad(): [warnings.warn('w' * 10**6) for _ in range(10)]": None,
}


@pytest.mark.parametrize("source", HARMLESS)
def test_code_that_gets_in_the_way_of_nothing(box: Sandbox, source: str) -> None:
    with box.submission([DOUBLE, source]) as submission:
        assert len(submission.cells) == 2
        assert submission.cells[1].stopped is None
        outcome = call(submission, "bad")
        assert outcome.stopped is None
        assert (outcome.raised.type if outcome.raised else None) == HARMLESS[source]
        assert doubles(submission)


# Results that lie about themselves or fail when looked at. Any outcome will do, but there must be one, quickly.
EVIL = [
    "class Evil:\n    __class__ = property(lambda self: __import__('numpy').ndarray)",
    "class Evil:\n    def __array__(self, *a, **k): raise SystemExit",
    "class Evil:\n    def __eq__(self, other): raise KeyboardInterrupt\n    def __len__(self): return -1",
    "class Evil:\n    def __getattribute__(self, name): raise BaseException",
    "class Meta(type):\n    __name__ = property(lambda self: 1 / 0)\nclass Evil(metaclass=Meta): pass",
    "class Meta(type):\n    __name__ = property(lambda self: 'x' * 10**7)\nclass Evil(metaclass=Meta): pass",
    "class Evil(list):\n    def __iter__(self): return iter(int, 1)",
    "class Evil(str):\n    def __len__(self): return 10**18",
    "import numpy as np\nclass Evil(np.ndarray):\n    def __new__(cls): return np.zeros(3).view(cls)\n"
    "    dtype = property(lambda self: 1 / 0)\n    shape = property(lambda self: 1 / 0)",
    "import numpy as np\nclass Evil(np.float64):\n    def item(self): return object()",
    "import numpy as np\ndef Evil(): return np.zeros(3, [('a', 'i4')])",
    "def Evil():\n    x = []\n    x.append(x)\n    return x",
    "def Evil(): return [[0] * 9999] * 9999",
    "def Evil(): return 10 ** 100_000",
    "def Evil(): return '\\ud800' * 1000",
    "def Evil(): return 'x' * 10**7",
    "class E(Exception):\n    def __str__(self): raise SystemExit\ndef Evil(): raise E",
    "class T(str):\n    def __getitem__(self, index): return 5\n"
    "class E(Exception):\n    def __str__(self): return T()\ndef Evil(): raise E",
    "import builtins\ndef Evil():\n    builtins.len = builtins.isinstance = builtins.type = None",
]


@pytest.mark.parametrize("source", EVIL)
def test_results_that_lie_give_an_outcome_and_do_no_harm(box: Sandbox, source: str) -> None:
    with box.submission([DOUBLE, source]) as submission:
        outcome = call(submission, "Evil")
        assert repr(outcome)
        if "builtins" not in source:
            assert doubles(submission)
    with box.submission([DOUBLE]) as following:
        assert doubles(following)


# --- time ----------------------------------------------------------------------------------------------------------

SPIN = "def spin():\n    while True: pass\n"
DEAF = """
def deaf():
    import signal
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True: pass
"""


@pytest.mark.parametrize(("source", "name", "starts"), [(SPIN, "spin", 1), (DEAF, "deaf", 2)])
@pytest.mark.parametrize("kind", [Sandbox, Trusted])
def test_an_endless_call_is_stopped_and_the_next_is_answered(
    kind: type[Trusted], source: str, name: str, starts: int
) -> None:
    with kind(SHORT) as sandbox, sandbox.submission([DOUBLE + source]) as submission:
        first, endless, last = submission.run([_double(), Call(name, {}, ("out",)), _double()])
        assert first.returned.tolist() == [2.0, 2.0]
        assert (endless.stopped, endless.reason) == ("timed_out", f"{name} was stopped: it took longer than 1 s.")
        assert (last.stopped, last.reason) == ("timed_out", f"This was not called: {name} was stopped before.")
        assert doubles(submission)
        assert submission._starts == starts  # what hears the alarm need not be killed


@pytest.mark.parametrize("endless", ["while True: pass", DEAF + "deaf()"])
def test_an_endless_cell_is_stopped_and_the_others_run(hasty: Sandbox, endless: str) -> None:
    with hasty.submission(["x = 1", endless, DOUBLE, "print(x)"]) as submission:
        assert [outcome.stopped for outcome in submission.cells] == [None, "timed_out", None, None]
        assert submission.cells[1].reason == "This cell was stopped: it took longer than 1 s."
        assert submission.cells[3].printed == "1\n"
        assert doubles(submission)


def test_a_cell_that_ends_the_process_is_left_out(box: Sandbox) -> None:
    with box.submission([DOUBLE, "import os\nos._exit(7)", "print('on')", "os.abort()"]) as submission:
        assert [outcome.stopped for outcome in submission.cells] == [None, "crashed", None, None]
        assert submission.cells[1].reason == "This cell ended its process with exit code 7."
        assert submission.cells[2].printed == "on\n"
        assert submission.cells[3].raised is not None  # NameError: its import was left out
        assert doubles(submission)


def test_all_cells_together_have_a_limit() -> None:
    limits = Limits(cell_seconds=1, cells_seconds=2)
    with Sandbox(limits) as sandbox, sandbox.submission([DOUBLE] + ["while True: pass"] * 8) as submission:
        assert [outcome.stopped for outcome in submission.cells] == [None] + ["timed_out"] * 8
        assert submission.cells[-1].reason == "This cell was not run: those before it took 2 s together."
        assert doubles(submission)


def test_a_function_that_was_stopped_twice_is_called_no_more(hasty: Sandbox) -> None:
    cells = [DOUBLE + "import os\ncalled = 0\ndef die():\n    os._exit(1)"]
    with hasty.submission(cells) as submission:
        reasons = [call(submission, "die").reason for _ in range(20)]
        assert len(set(reasons)) == 1
        assert submission._starts == 2
        assert doubles(submission)


def test_a_submission_that_always_dies_ends_with_a_state() -> None:
    limits = replace(ROOMY, restarts=3)
    cells = [f"def die{n}():\n    import os; os._exit(1)" for n in range(9)]
    with Sandbox(limits) as sandbox, sandbox.submission(cells) as submission:
        outcomes = [call(submission, f"die{n}") for n in range(9)]
    assert {outcome.stopped for outcome in outcomes} == {"crashed"}
    assert outcomes[-1].reason == "die8 was not called: the submission ended its process 4 times."


def test_a_submission_s_time_is_limited_as_a_whole() -> None:
    limits = replace(SHORT, submission_seconds=2, strikes=100)
    with Sandbox(limits) as sandbox, sandbox.submission([SPIN]) as submission:
        outcomes = [call(submission, "spin") for _ in range(6)]
    assert {outcome.stopped for outcome in outcomes} == {"timed_out"}
    assert outcomes[-1].reason.endswith(": the submission used up its 2 s.")


def test_seconds_are_those_that_passed(box: Sandbox) -> None:
    liar = "import time\nclock = time.perf_counter\ntime.perf_counter = lambda: 0.0\n"
    nap = "def nap():\n    end = clock() + 0.6\n    while clock() < end: pass\n"
    with box.submission([liar + nap]) as submission:
        assert call(submission, "nap").seconds >= 0.6


def _double() -> Call:
    return Call("double", {"x": np.ones(2)}, ("out",))


def test_trusted_answers_as_the_sandbox_does(box: Sandbox) -> None:
    def answers(submission: Submission) -> list[object]:
        return [list(submission.cells), call(submission, "double", np.ones(2)).returned.tolist()]

    cells = [DOUBLE, "%matplotlib inline\nprint(1)", "1 / 0"]
    with Trusted(ROOMY) as plain, plain.submission(cells) as submission, box.submission(cells) as confined:
        assert answers(submission) == answers(confined)
