"""How the outcomes of one case deviate from the expected ones: each deviation a fact with its check and its words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder import compare, pace
from autograder.answers import judged, without_values
from autograder.exercise import GLOBAL_STATE, Call, Case, Exercise, Observed, Outcome, Pace, Raised, Result
from autograder.measures import Measures

# WebAssembly, in which the book's pages run Python, does not tell NumPy of overflow and the like: nobody warns there,
# and a mistake that would elsewhere is known by its values.
WARNS = sys.platform != "emscripten"


@dataclass(frozen=True)
class Deviation:
    """One fault of one call. `output` is the returned value's name, or "" where the call as a whole went wrong."""

    case: int
    call: int
    check: str
    kind: str  # missing, untried, raised, silent, count, kind, shape, dtype, value, changed, warned, slow
    output: str
    message: str
    got: Any = None
    expected: Any = None
    difference: compare.ValueDifference | None = None
    lines: tuple[str, ...] = ()
    item: str = ""  # which item of a list it is, as "[2]"
    measured: str = ""  # what of a random result was compared, where it is not the result itself

    @property
    def fault(self) -> tuple[int, str, str, str, str]:
        return (self.call, self.kind, self.output, self.item, self.measured)

    @property
    def by_value(self) -> bool:
        """Whether the result itself was compared, and not a measure of it."""
        return self.kind == "value" and not self.measured

    @property
    def spoils_values(self) -> bool:
        """Whether the result cannot count as right; a changed input or another dtype has points of its own."""
        return self.kind not in ("changed", "dtype")

    def same_as(self, other: Deviation, case: Case) -> bool:
        return self.fault == other.fault and compare.equal(self.got, other.got, case.tolerance, case.yardstick)


def deviations(
    exercise: Exercise,
    number: int,
    case: Case,
    outcomes: Sequence[Outcome],
    expected: Sequence[Outcome],
    measures: Callable[[], Measures | None],
    expected_measures: Measures | None,
) -> list[Deviation]:
    """All deviations of the exercise's own calls in case `number`; a call that was stopped has none.

    `measures` are taken only where results have the form that is expected: whatever else came may be of any size.
    """
    found = [
        deviation
        for position in judged(exercise.name, case)
        if not outcomes[position].stopped
        for deviation in _of_call(exercise, number, case, position, outcomes, expected[position])
    ]
    if expected_measures is not None and not any(deviation.spoils_values for deviation in found):
        found += _of_measures(exercise, number, case, measures() or {}, expected_measures)
    if case.pace is not None and not found and not any(outcome.stopped for outcome in outcomes):
        found = list(_of_pace(exercise, number, case, case.pace, outcomes))
    return found


def _of_call(
    exercise: Exercise, number: int, case: Case, position: int, outcomes: Sequence[Outcome], expected: Outcome
) -> Iterator[Deviation]:
    call, got = case.calls[position], outcomes[position]
    if got.missing:
        yield Deviation(number, position, "exists", "missing", "", f"There is no function called {call.function}.")
    elif expected.raised is not None:
        yield from _of_error(number, case, position, got, expected.raised)
    elif got.raised is not None and got.raised.type == "NoResult":
        message = f"{call.function} could not be tried here: {_why_untried(case, position, outcomes)}."
        yield Deviation(number, position, case.check, "untried", "", message)
    elif got.raised is not None:
        yield _raised(number, case, position, got.raised, f"{call.function} {_says(got.raised)}")
    elif not exercise.design:
        yield from _of_values(number, case, position, got, expected)
    for name in got.changed:
        if exercise.design and name.partition("[")[0] not in call.arguments:
            continue  # what an object returned earlier is its own: its parameters change as it learns
        message = f"{call.function} changes {_whose(name)}: work on a copy or make a new array."
        if name == GLOBAL_STATE:
            message = f"{call.function} draws from np.random, or seeds it: every random number is to come from rng."
        yield Deviation(number, position, "inputs", "changed", "", message, got=name)
    if case.silent and got.warned and WARNS:
        message = f"{call.function} lets NumPy warn: {got.warned[0]}"
        yield Deviation(number, position, case.check, "warned", "", message)


def _of_error(number: int, case: Case, position: int, got: Outcome, expected: Raised) -> Iterator[Deviation]:
    function = case.calls[position].function
    if got.raised is None:
        message = f"{function} accepts what does not fit; it should raise {expected.type}: {expected.message}"
        yield Deviation(number, position, case.check, "silent", "", message)
    elif got.raised.type != expected.type:
        message = f"{function} {_says(got.raised)}; here it should raise {expected.type}."
        yield _raised(number, case, position, got.raised, message)


def _of_values(number: int, case: Case, position: int, got: Outcome, expected: Outcome) -> Iterator[Deviation]:
    call = case.calls[position]
    values = got.returned if len(call.returns) > 1 else (got.returned,)
    if not isinstance(values, tuple) or len(values) != len(call.returns):
        yield Deviation(
            number,
            position,
            "returns",
            "count",
            "",
            _count_message(call, got.returned),
            got=compare.describe(got.returned),
        )
        return
    rights = expected.returned if len(call.returns) > 1 else (expected.returned,)
    for name, value, right in zip(call.returns, values, rights, strict=True):
        if isinstance(right, list):
            yield from _of_list(number, case, position, name, value, right)
        elif name != "cache":
            yield from _of_value(number, case, position, name, value, right)


def _of_list(number: int, case: Case, position: int, name: str, value: Any, right: list[Any]) -> Iterator[Deviation]:
    """Each item of a list is judged like a result of its own, under the list's name."""
    if not isinstance(value, list | tuple) or len(value) != len(right):
        came = compare.describe(value)
        message = f"{name}: a list of {len(right)} arrays is expected here, not {came}."
        yield Deviation(number, position, "returns", "kind", name, message, came, f"a list of {len(right)}")
        return
    for place, (item, other) in enumerate(zip(value, right, strict=True)):
        for deviation in _of_value(number, case, position, f"{name}[{place}]", item, other):
            yield replace(deviation, output=name, item=f"[{place}]")


def _of_value(number: int, case: Case, position: int, name: str, value: Any, right: Any) -> Iterator[Deviation]:
    if case.measure is not None:
        value = without_values(value)
    if problem := compare.kind_difference(value, right):
        yield Deviation(number, position, "returns", "kind", name, f"{name}: {problem}.", value, right)
        return
    if problem := compare.shape_difference(value, right):
        yield Deviation(number, position, "shapes", "shape", name, f"{name}: {problem}.", value, right)
        return
    if problem := compare.dtype_difference(value, right):
        dtype = str(getattr(value, "dtype", type(value).__name__))
        yield Deviation(number, position, "dtype", "dtype", name, f"{name}: {problem}.", dtype, right)
    if case.measure is not None:
        return
    difference = compare.value_difference(value, right, case.tolerance, case.yardstick)
    if difference is not None:
        message = f"{name} differs from what is expected"
        yield Deviation(number, position, case.check, "value", name, message, value, right, difference)


def _of_measures(
    exercise: Exercise, number: int, case: Case, measures: Measures, expected: Measures
) -> Iterator[Deviation]:
    position, output = judged(exercise.name, case)[-1], exercise.returns[0]
    for name, right in expected.items():
        value = measures.get(name)
        if not compare.equal(value, right, case.tolerance, case.yardstick):
            wrong = "right for large arrays" if case.pace else "drawn as it should be"
            message = f"{output} is not {wrong}: see the {name}"
            if isinstance(value, Observed):
                message = value.evidence
            elif isinstance(right, Observed):
                message = f"{output} holds something other than real numbers."
            output = name if exercise.design else output
            yield Deviation(number, position, case.check, "value", output, message, value, right, measured=name)


def _of_pace(
    exercise: Exercise, number: int, case: Case, asked: Pace, outcomes: Sequence[Outcome]
) -> Iterator[Deviation]:
    seconds, ratio = pace.best(exercise.name, case, outcomes)
    if not ratio <= asked.times:
        position = judged(exercise.name, case)[-1]
        message = (
            f"{exercise.name} is right here, and slow: it takes more than {asked.times:g} times as long as NumPy needs "
            f"to copy and multiply as many numbers. {asked.advice}"
        )
        yield Deviation(
            number, position, case.check, "slow", "", message, got=seconds, expected=seconds / ratio * asked.times
        )


def _why_untried(case: Case, position: int, outcomes: Sequence[Outcome]) -> str:
    """What became of the call whose result this one was to be given."""
    asked = next((v.call for v in case.calls[position].arguments.values() if isinstance(v, Result)), None)
    if asked is None:  # whatever it was that raised an error of this name
        return "there was no result"
    function, raised = case.calls[asked].function, outcomes[asked].raised
    return f"{function} {_says(raised)}" if raised is not None else f"{function} did not return what it needs"


def _whose(name: str) -> str:
    if name == "cache":
        return "the cache, which a second call would find changed"
    return f"{name}, which belongs to the caller"


def _raised(number: int, case: Case, position: int, raised: Raised, message: str) -> Deviation:
    # The message counts too: two ValueErrors are one mistake only if they complain of the same thing.
    return Deviation(number, position, case.check, "raised", "", message, got=_says(raised), lines=raised.lines)


def _says(raised: Raised) -> str:
    return f"raised {raised.type}: {raised.message}" if raised.message else f"raised {raised.type}"


def _count_message(call: Call, returned: Any) -> str:
    names = ", ".join(call.returns)
    if len(call.returns) == 1:
        return f"{call.function} returned {compare.describe(returned)}; one value is expected: {names}."
    if returned is None:
        return f"{call.function} returned None: is its return statement there? Expected are {names}."
    came = f"{len(returned)} values" if isinstance(returned, tuple) else f"only {compare.describe(returned)}"
    return f"{call.function} returned {came}; {len(call.returns)} are expected: {names}."
