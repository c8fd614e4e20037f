"""Exercises that are classes: an object lives where the student's code does; what it computes and learns is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from boxes import ROOMY, SHORT

from autograder.answer_file import read, write
from autograder.answers import AnswerKey, KnownMistake, answer
from autograder.calls import Local, run_calls
from autograder.checking import check_exercise
from autograder.exercise import NUDGE, TRAIN, Call, Case, Exercise, Made, Observed, Outcome, Result, Rng, Verdict
from autograder.notebook.source import CourseFault
from autograder.notebook.stub import Solutions
from autograder.sandbox import Sandbox
from autograder.training_loop import direction

LINE = Result(0, 0)
X = np.linspace(-1, 1, 12)
HELD_OUT = np.array([3.0, -2.0])


def _right(good: bool, what: str, evidence: str) -> Observed:
    return Observed("right") if good else Observed(what, evidence)


def slope(made: Sequence[Made]) -> dict[str, Observed]:
    loss, gradients = made[2].returned
    return {
        "loss": _right(isinstance(loss, float), "no float", "The loss is no float."),
        "sign": _right(bool(gradients[0] < 0), "uphill", "The gradient points the wrong way."),
    }


def learned(made: Sequence[Made], labels: np.ndarray) -> dict[str, Observed]:
    off = float(np.abs(made[-1].first - labels).max())
    return {f"within {most}": _right(off < most, "off", f"{off:.2f} off") for most in (1, 0.01)}


def _cases(_: np.random.Generator) -> list[Case]:
    made = Call("Line", {"rng": Rng(1)}, ("cache",))
    forward = Call("Line.forward", {"line": LINE, "x": HELD_OUT}, ("y",))
    loss = Call("Line.loss_and_gradients", {"line": LINE, "x": X, "y": 9 * X}, ("loss", "gradients"))
    training = {"line": LINE, "data": [X, 2 * X], "batch": 6, "span": None, "steps": 200, "rate": 0.1, "seed": 2}
    train = Call(f"Line.{TRAIN}", {**training, "draws": False}, ("losses",), seconds=9.0)
    return [
        Case("untrained", "values", (made, forward, loss), measure="slope"),
        Case(
            "trained",
            "special",
            (made, train, forward),
            measure="learned",
            withheld={"labels": 2 * HELD_OUT},
            asked={"within 1": Observed("right"), "within 0.01": Observed("right")},
        ),
    ]


EXERCISE = Exercise(
    "Line",
    10,
    ("loss", "sign", "within 1", "within 0.01"),
    _cases,
    weights={"shapes": 0, "dtype": 0, "inputs": 1, "values": 5, "special": 4},
    measures={"slope": slope, "learned": learned},
    design=True,
)

SOURCE = """
import numpy as np

class Line:
    def __init__(self, rng):
        self.slope = rng.standard_normal(1)

    def forward(self, x):
        return self.slope * x

    def loss_and_gradients(self, x, y):
        error = self.slope * x - y
        return float(np.mean(error**2)) / 2, [np.array([np.mean(error * x)])]

    def parameters(self):
        return [self.slope]
"""


def functions(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace


UPHILL = SOURCE.replace("[np.array([np", "[-np.array([np")


def key() -> AnswerKey:
    cases = tuple(EXERCISE.cases(np.random.default_rng(0)))
    expected, wrong = (answer(EXERCISE, cases, Local(functions(source))) for source in (SOURCE, UPHILL))
    return AnswerKey("Line", True, cases, expected, (KnownMistake("Line.uphill", "You go uphill.", wrong),))


def judged(source: str, with_key: AnswerKey | None = None) -> Verdict:
    return check_exercise(EXERCISE, with_key or key(), Local(functions(source)))


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(ROOMY) as sandbox:
        yield sandbox


# --- verdicts ------------------------------------------------------------------------------------------------------

VERDICTS: Mapping[str, tuple[str, str, float]] = {
    "right": (SOURCE, "passed", 10.0),
    "another design": (SOURCE.replace("[self.slope]", "(self.slope,)").replace("(1)", "((1, 1))[0]"), "passed", 10.0),
    "a stub": (
        SOURCE.replace("self.slope = rng.standard_normal(1)", "raise NotImplementedError"),
        "not_attempted",
        0.0,
    ),
    "missing": ("", "not_attempted", 0.0),
    "learns too little": (SOURCE.replace("np.array([np.mean(error * x)])", "-np.ones(1)"), "partial", 6.0),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_is_the_same_here_and_in_the_sandbox(name: str, box: Sandbox) -> None:
    source, state, score = VERDICTS[name]
    verdict = judged(source)
    assert (verdict.state, verdict.score) == (state, score), str(verdict)
    with box.submission([source]) as submission:
        assert check_exercise(EXERCISE, key(), submission) == verdict


def test_each_thing_measured_earns_its_share_and_is_told_with_its_evidence() -> None:
    verdict = judged(SOURCE.replace("float(np.mean(error**2)) / 2", "0"))
    assert verdict.score == 7.5  # half of values
    assert [finding.message for finding in verdict.findings if not finding.passed] == ["The loss is no float."]
    assert "shapes" not in {finding.check for finding in verdict.findings}, "nothing is asked of them"


def test_a_known_mistake_is_named_though_it_was_never_tried_where_it_takes_long() -> None:
    verdict = judged(UPHILL)
    first = next(finding for finding in verdict.findings if not finding.passed)
    assert (first.mistake, first.message) == ("Line.uphill", "You go uphill.")
    assert all(outcome == Outcome() for outcome in key().mistakes[0].answers.outcomes[1])


def test_what_a_method_raises_is_told() -> None:
    verdict = judged(SOURCE.replace("return self.slope * x\n", "return self.slop * x\n"))
    assert verdict.findings[0].message.startswith("Line.forward raised AttributeError: 'Line' object has no attribute")
    assert judged(SOURCE.replace("def forward", "def backward")).findings[0].message.endswith("attribute 'forward'")


def test_what_a_case_withholds_reaches_no_call() -> None:
    class Spy(Local):
        def run(self, calls):
            seen.extend(calls)
            return super().run(calls)

    seen: list[Call] = []
    check_exercise(EXERCISE, key(), Spy(functions(SOURCE)))
    assert len(seen) == 6
    assert not any(np.array_equal(value, 2 * HELD_OUT) for call in seen for value in call.arguments.values())


def test_a_key_goes_through_a_file() -> None:
    assert {outcome.returned for outcomes in key().expected.outcomes for outcome in outcomes} == {None}
    _, keys = read(write("", {"Line": key()}))
    assert judged(SOURCE, keys["Line"]).passed
    assert judged(UPHILL, keys["Line"]).findings[0].mistake == "Line.uphill"


# --- the loop ------------------------------------------------------------------------------------------------------


def outcomes(*calls: Call, source: str = SOURCE) -> list[Outcome]:
    return run_calls(functions(source), [Call("Line", {"rng": Rng(1)}, ("cache",)), *calls])[1:]


def test_a_nudge_moves_one_parameter_along_its_direction_and_back() -> None:
    def nudge(size: float) -> Call:
        return Call(f"Line.{NUDGE}", {"line": LINE, "place": 3, "seed": 8, "size": size}, ("nothing",))

    forward = Call("Line.forward", {"line": LINE, "x": np.ones(1)}, ("y",))
    before, _, moved, _, back = outcomes(forward, nudge(0.5), forward, nudge(-0.5), forward)
    assert np.allclose(moved.returned - before.returned, 0.5 * direction(8, (1,)))
    assert np.allclose(back.returned, before.returned)


def test_training_cuts_texts_into_pieces_and_stops_at_gradients_that_do_not_fit() -> None:
    source = (
        SOURCE.replace(
            "        error = self.slope * x - y\n",
            "        shapes.append(x.tolist())\n        error = self.slope - 1\n",
        )
        .replace("(self, x, y)", "(self, x)")
        .replace("np.mean(error * x)", "error[0]")
        .replace("import numpy as np", "import numpy as np\nshapes = []")
    )
    text = {"line": LINE, "data": [np.arange(20)], "batch": 4, "span": 5, "steps": 3, "rate": 0.1, "seed": 2}
    kept = functions(source)
    made = Call("Line", {"rng": Rng(1)}, ("cache",))
    _, trained = run_calls(kept, [made, Call(f"Line.{TRAIN}", {**text, "draws": False}, ("losses",))])
    assert len(trained.returned) == 3
    for piece in map(np.array, kept["shapes"]):
        assert piece.shape == (5, 4)
        assert np.all(np.diff(piece, axis=0) == 1)
    misfit = source.replace("[np.array([error[0]])]", "[np.zeros(2)]")
    _, failed = run_calls(functions(misfit), [made, Call(f"Line.{TRAIN}", {**text, "draws": False}, ("losses",))])
    assert failed.raised is not None
    assert failed.raised.message == "the gradients have shapes [(2,)], the parameters [(1,)]: each needs its own"


def test_calls_that_say_so_may_take_longer_in_the_sandbox() -> None:
    nap = "import time\ndef nap(seconds):\n    time.sleep(seconds)\n    return 1.0\n"
    with Sandbox(SHORT) as sandbox, sandbox.submission([nap]) as submission:
        long, short = (Call("nap", {"seconds": 2.5}, ("one",), seconds=seconds) for seconds in (60.0, None))
        assert submission.run([long])[0].returned == 1.0
        assert submission.run([short])[0].stopped == "timed_out"


# --- stubs ---------------------------------------------------------------------------------------------------------

ANSWER = '''
class Line(Module):
    """A line."""

    scale = 2

    def __init__(self, rng: np.random.Generator) -> None:
        """Draw it."""
        self.slope = rng.standard_normal()

    def forward(self, x: np.ndarray, *, raised: bool = False) -> np.ndarray:  # type: ignore[override]
        """Its values."""
        return self._product(x)

    def _product(self, x):
        return self.slope * x
'''

STUB = '''class Line:
    """A line."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Draw it."""
        raise NotImplementedError("your turn: Line.__init__")

    def forward(self, x: np.ndarray, *, raised: bool = False) -> np.ndarray:
        """Its values."""
        raise NotImplementedError("your turn: Line.forward")'''


def test_the_stub_of_a_class_has_its_public_methods_and_no_base() -> None:
    solutions = Solutions("solutions/lines.py", ANSWER)
    assert solutions.functions == ("Line",)
    assert solutions.stub("Line") == STUB
    assert solutions.signature("Line") == "Line(rng)` with `.forward(x, *, raised=False)"


def test_a_method_without_docstring_stops_the_build() -> None:
    with pytest.raises(CourseFault, match=r"Line\.forward has no docstring"):
        Solutions("solutions/lines.py", ANSWER.replace('        """Its values."""\n', "")).stub("Line")
