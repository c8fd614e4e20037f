"""What a page asks of its Python, by any Python: cells in one namespace, their output and errors, and checks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from autograder import answer_data, deviations
from autograder.session import MOST_OUTPUT, Session

RIGHT = "def relu_forward(x):\n    return np.maximum(x, 0), x > 0\n"
GIVEN = "import numpy as np"


@pytest.fixture
def printed() -> list[str]:
    return []


@pytest.fixture
def session(printed: list[str]) -> Session:
    return Session(printed.append)


def test_cells_share_names_and_show_their_last_line(session: Session, printed: list[str]) -> None:
    assert session.run("one", "a = 2\nprint('a')", GIVEN) == {}
    assert session.run("two", "np.full(a, 7)") == {"text": "array([7, 7])"}
    assert "".join(printed) == "a\n"


def test_an_error_is_told_from_the_cell_on(session: Session) -> None:
    assert session.run("mine", "def f():\n    return 1 / 0\n\nf()")["error"] == (
        "Traceback (most recent call last):\n"
        '  File "<mine>", line 4, in <module>\n    f()\n'
        '  File "<mine>", line 2, in f\n    return 1 / 0\n           ~~^~~\n'
        "ZeroDivisionError: division by zero"
    )
    assert "SyntaxError" in session.run("mine", "def f(")["error"]
    assert "EOFError" in session.run("mine", "input()")["error"]
    assert "SystemExit" in session.run("mine", "raise SystemExit")["error"]


def test_the_annotations_of_a_cell_are_its_own_business(session: Session) -> None:
    """A notebook would raise here; our own files' future imports do not reach into the reader's cells."""
    assert "NameError" in session.run("mine", "def f(x: nothing): pass")["error"]


def test_output_has_an_end(session: Session, printed: list[str]) -> None:
    session.run("mine", f"for i in range({MOST_OUTPUT}): print(i)")
    assert len("".join(printed)) < MOST_OUTPUT + 100
    assert printed[-1].strip() == "… what is printed after this is not shown"


def test_a_check_runs_the_cells_as_they_stand(session: Session, printed: list[str]) -> None:
    stub = "def relu_forward(x: Any):\n    raise NotImplementedError"
    assert (
        session.check("relu_forward", {"relu_forward": stub}, f"{GIVEN}\nfrom typing import Any")["state"]
        == "not_attempted"
    )
    answer = session.check("relu_forward", {"relu_backward": "print('half", "relu_forward": RIGHT})
    assert answer["state"] == "passed"
    assert "all checks passed" in answer["html"]
    broken = session.check("relu_forward", {"relu_forward": "def relu_forward(x"})
    assert broken["state"] == "failed"
    assert "does not run: SyntaxError" in broken["html"]
    assert "SyntaxError" in broken["error"]
    assert printed == []


def test_check_works_in_a_cell_too(session: Session) -> None:
    answer = session.run("mine", f"{RIGHT}\ncheck(relu_forward)", GIVEN)
    assert (answer["exercise"], answer["state"]) == ("relu_forward", "passed")


def test_it_needs_numpy_alone() -> None:
    code = "import sys, autograder.session; print(sorted({'yaml', 'nbformat', 'rich', 'solutions'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


SIGMOID = "def sigmoid_forward(x):\n    out = 1 / (1 + np.exp(-x))\n    return out, out\n"


def test_where_python_sees_no_warnings_a_verdict_that_rests_on_that_says_so(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    noticed = session.check("sigmoid_forward", {"sigmoid_forward": SIGMOID}, GIVEN)
    assert noticed["state"] == "partial"
    assert "lets NumPy warn" in noticed["html"]
    assert "does not notice overflow" not in noticed["html"]
    monkeypatch.setattr(deviations, "WARNS", False)
    unheard = session.check("sigmoid_forward", {"sigmoid_forward": SIGMOID}, GIVEN)
    assert unheard["state"] == "passed"
    assert "does not notice overflow" in unheard["html"]
    assert "does not notice" not in session.check("relu_forward", {"relu_forward": RIGHT}, GIVEN)["html"]


def test_a_check_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int, float]] = []
    session = Session(print, lambda *news: told.append(news))
    session.check("relu_forward", {"relu_forward": RIGHT}, GIVEN)
    cases = answer_data.load("activations")["relu_forward"].cases
    assert told == [(number, len(cases), 0) for number in range(1, len(cases) + 1)]
    assert session.seconds("relu_forward") == 0
    long = [replace(case, calls=tuple(replace(call, seconds=30.0) for call in case.calls)) for case in cases[:2]]
    monkeypatch.setattr("autograder.session._cases", lambda _: long)
    assert session.seconds("relu_forward") == 30.0 * sum(len(case.calls) for case in long)


def test_what_was_written_on_other_pages_is_there_with_its_own_helpers(session: Session) -> None:
    brought = {
        "linear": {"linear_forward": "def _pad(x):\n    return x + 1\n\ndef linear_forward(x):\n    return _pad(x)\n"},
        "pooling": {
            "max_pool2d_forward": "def _pad(x):\n    return x + 10\n\ndef max_pool2d_forward(x):\n    return _pad(x)\n",
            "max_pool2d_backward": "def max_pool2d_backward(",
        },
    }
    cell = "print(linear_forward(0), max_pool2d_forward(0))\n" + RIGHT
    answer = session.check("relu_forward", {"relu_forward": cell}, GIVEN, brought)
    assert answer["text"] == "With your functions of earlier pages: linear_forward, max_pool2d_forward."
    assert answer["state"] == "passed"
    assert session.run("after", "linear_forward(0), max_pool2d_forward(0)") == {"text": "(1, 10)"}
    assert "Nothing is kept" in session.check("relu_forward", {"relu_forward": RIGHT}, GIVEN, {})["text"]
