"""Random results: judged by measures that a chapter brings, with generators that go on, and with no other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.answer_file import read, write
from autograder.answers import AnswerKey, KnownMistake, answer
from autograder.calls import Local
from autograder.checking import check_exercise
from autograder.exercise import Call, Case, Exercise, Made, Observed, Rng, SameRng, Verdict
from autograder.measures import own


def heads(made: Sequence[Made]) -> dict[str, object]:
    share = float(own(made)[0].mean())
    what = "always" if share == 1 else "fair" if abs(share - 0.5) < 0.2 else "loaded"
    return {"share of heads": Observed(what, f"{share:.4f} are heads.")}


def _cases(_: np.random.Generator) -> list[Case]:
    def flip(rng: Rng | SameRng) -> Call:
        return Call("flip", {"count": 1000, "rng": rng}, ("flips",))

    return [
        Case("a thousand", "values", (flip(Rng(1)),), measure="heads"),
        Case("the same generator again", "special", (flip(Rng(2)), flip(SameRng(0))), 0.2, measure="share_changed"),
    ]


EXERCISE = Exercise("flip", 10, ("flips",), _cases, measures={"heads": heads})


def right(count, rng):
    return rng.integers(0, 2, count)


def loaded(count, rng):
    return (rng.random(count) < 0.9).astype(int)


def key() -> AnswerKey:
    cases = tuple(EXERCISE.cases(np.random.default_rng(0)))
    answers = [answer(EXERCISE, cases, Local({"flip": function})) for function in (right, loaded)]
    known = KnownMistake("flip.loaded", "The coin is loaded.", answers[1])
    return AnswerKey("flip", True, cases, answers[0], (known,))


def judged(function, with_key: AnswerKey | None = None) -> Verdict:
    return check_exercise(EXERCISE, with_key or key(), Local({"flip": function}))


def test_another_draw_is_as_right() -> None:
    assert judged(right).passed
    assert judged(lambda count, rng: (rng.standard_normal(count) > 0).astype(int)).passed


def test_a_mistake_is_known_by_what_was_seen_and_the_evidence_is_the_students_own() -> None:
    for with_key in (key(), read(write("", {"flip": key()}))[1]["flip"]):
        finding = judged(lambda count, rng: (rng.uniform(size=count) > 0.1).astype(int), with_key).findings[0]
        assert (finding.mistake, finding.message) == ("flip.loaded", "The coin is loaded.")
        (evidence,) = [text for label, text in finding.details if label == "found"]
        assert evidence.endswith("are heads.")
        assert 0.85 < float(evidence.split()[0]) < 0.95


def test_where_no_mistake_fits_the_evidence_is_the_message() -> None:
    finding = judged(lambda count, rng: np.ones(count, int) + 0 * right(count, rng)).findings[0]
    assert (finding.mistake, finding.message) == (None, "1.0000 are heads.")


def test_what_cannot_be_measured_is_said() -> None:
    findings = judged(lambda count, rng: right(count, rng).astype(complex)).findings
    assert [(f.check, f.message) for f in findings if not f.passed][1] == (
        "values",
        "flips holds something other than real numbers.",
    )


def test_a_generator_goes_on_where_the_call_before_left_it() -> None:
    run = Local({"draw": lambda rng: rng.random(3), "skip": lambda rng: None}).run
    calls = [Call("draw", {"rng": rng}, ("values",)) for rng in (Rng(5), SameRng(0), Rng(5), SameRng(1))]
    drawn = [outcome.returned for outcome in run(calls)]
    expected = np.random.default_rng(5).random(9)
    assert np.array_equal(np.concatenate([drawn[0], drawn[1], drawn[3]]), expected)
    assert np.array_equal(drawn[2], expected[:3])


def copying(count, rng):
    return np.random.default_rng(rng.bit_generator.seed_seq).integers(0, 2, count)


def test_a_generator_that_does_not_go_on_is_refused() -> None:
    assert [(f.check, f.passed) for f in judged(copying).findings if not f.passed] == [("special", False)]


def test_numpys_global_state_is_nobodys() -> None:
    def seeding(count, rng):
        np.random.seed(7)
        return right(count, rng)

    def drawing(count, rng):
        return (np.random.random(count) < 0.5).astype(int)

    for function in (seeding, drawing):
        finding = next(f for f in judged(function).findings if not f.passed)
        assert finding.check == "inputs"
        assert finding.message == "flip draws from np.random, or seeds it: every random number is to come from rng."
