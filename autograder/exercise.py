"""The vocabulary: what an exercise, a case, a mistake and a verdict are. Frozen data, no input or output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from autograder import show

# The order in which an exercise is checked, and in which its findings are told: what explains the rest comes first.
CHECKS = (
    "exists",
    "returns",
    "shapes",
    "dtype",
    "inputs",
    "values",
    "gradients",
    "modes",
    "special",
    "speed",
)

# What a function is for. The other checks show how it fares at the edges, and whether it keeps to the form.
HEART = ("values", "gradients")

# What stands among the changed arguments when a function that was given a generator drew from np.random, or seeded it.
GLOBAL_STATE = "NumPy's global random state"

# The share of an exercise's points that each check carries, unless the exercise says otherwise. Shares of checks for
# which an exercise has no case are spread over the others.
WEIGHTS: Mapping[str, float] = {
    "shapes": 1,
    "dtype": 1,
    "inputs": 1,
    "values": 5,
    "gradients": 6,
    "modes": 2,
    "special": 2,
    "speed": 2,
}

State = Literal["passed", "partial", "failed", "not_attempted", "timed_out", "out_of_memory", "crashed", "refused"]


# --- what is asked -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rng:
    """An argument: a fresh `numpy.random.Generator` with this seed."""

    seed: int


@dataclass(frozen=True)
class SameRng:
    """An argument: the generator that call number `call` of the same case was given, as that call left it."""

    call: int


@dataclass(frozen=True)
class Result:
    """An argument: the value at `position` of what call number `call` of the same case returned (a cache, say)."""

    call: int
    position: int


@dataclass(frozen=True)
class Sum:
    """An argument: `array` plus an earlier result, which must be an array of its shape."""

    array: np.ndarray
    result: Result


@dataclass(frozen=True)
class View:
    """An argument: `array`, laid out in memory as `layout` says. Functions must not care."""

    array: np.ndarray
    layout: Literal["transposed", "reversed", "strided", "read-only"]


@dataclass(frozen=True)
class Drawn:
    """An argument: normal values drawn from this seed where the function runs. Large arrays take no room in a key."""

    seed: int
    shape: tuple[int, ...]
    dtype: str = "float32"


# The function of a call that is ours and not the student's: what `Pace` compares with (autograder/pace.py).
PACE_SETTER = "<pace setter>"

# Calls of an object of a student's class `Name`, as `Name.<train>`, that are ours too (autograder/training_loop.py).
TRAIN = "<train>"
NUDGE = "<nudge>"


@dataclass(frozen=True)
class Pace:
    """How fast a case asks a function to be: its best call takes at most `times` as long as the best of PACE_SETTER's.

    Both kinds of calls stand in the case, by turns. `advice` tells the student of a slow function where the time goes.
    """

    times: float
    advice: str


@dataclass(frozen=True)
class Call:
    """One call of a student's function: `arguments` by position in this order, `options` by keyword.

    `returns` names the returned values. A value named "cache" is the implementer's own: it stays where the function
    runs and reaches a later call of the same case by `Result`. So does the object that the call of a class makes, if
    "cache" is all that it returns; a call of `Name.method` is given it as its first argument.

    `seconds` is how long the call may take in a sandbox, where that is more than other calls may.
    """

    function: str
    arguments: Mapping[str, Any]
    returns: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None

    @property
    def of(self) -> str:
        """The exercise that the call belongs to: its function, or the class of its method."""
        return self.function.partition(".")[0]

    @property
    def method(self) -> str:
        return self.function.partition(".")[2]


@dataclass(frozen=True)
class Made:
    """A call as a measure sees it: what was asked, whether of the exercise's own function, all that came back, and the
    first value of it, if that is an array of real numbers.
    """

    call: Call
    own: bool
    first: np.ndarray | None
    returned: Any = None


@dataclass(frozen=True)
class Observed:
    """What a measure saw of random results: `what` is compared, `evidence` is told where it is not as it should be.

    The evidence is a sentence with the numbers of the draw at hand, which no two right answers share.
    """

    what: str
    evidence: str = field(default="", compare=False)


# What is compared of a case with random results, by name.
Measure = Callable[..., dict[str, Any]]  # of a Sequence[Made], and by keyword of what the case withholds


@dataclass(frozen=True)
class Case:
    """Calls made one after the other. Those of the exercise's own function are judged against the reference.

    `check` is the check that wrong values of the case count under: values, gradients, modes or special. `measure` names
    a function, of `autograder.measures` or of the exercise's own, that is applied to the returned values before they
    are compared (for random results). `tolerance` is relative to the norm of the expected array, or to `yardstick`
    where that is larger (for results that cancel to nearly nothing). `withheld` is what the measure knows and no call
    is given: the labels of images on which a network is tried.

    A case that says what is `asked` of its measure takes long: the reference is not run on it, nor any known mistake.
    """

    name: str
    check: str
    calls: tuple[Call, ...]
    tolerance: float = 1e-9
    yardstick: float = 0.0
    measure: str | None = None
    withheld: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] | None = None
    silent: bool = False  # no warning may be raised
    pace: Pace | None = None  # known mistakes are not tried on a case that asks for speed


@dataclass(frozen=True)
class Walk:
    """One call of a function that repeats another, taken apart: the calls of that other one are `steps`.

    `before` are calls that those need something of. `gathered` makes the function's results, in order, of what each
    step returned, its cache aside.
    """

    steps: tuple[Call, ...]
    gathered: Callable[[Sequence[Sequence[np.ndarray]]], Sequence[np.ndarray]]
    before: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Detour:
    """The walk of somebody who makes these known mistakes of the exercise, named as its catalogue names them."""

    slips: tuple[str, ...]
    walk: Walk


@dataclass(frozen=True)
class Exercise:
    """One function of the contract. `cases(rng)` draws its inputs; `forward` names the forward of a backward.

    For a backward, `gradient_of` maps each returned gradient to the forward's argument that it belongs to, so that
    the gradient can be held to the student's own forward where that one is not yet right. For a function that repeats
    another, `steps` takes apart the call at a position of a case's calls, so that it can be held to the student's own
    step, and `detours` does so in wrong ways, the simple ones first. `measures` are those that only this exercise's
    cases ask for.

    An exercise of `design` is a class whose methods are judged by measures alone: its arrays, their number and their
    shapes are the implementer's own. `returns` then names what is measured, and each measure earns its share.
    """

    name: str
    points: float
    returns: tuple[str, ...]
    cases: Callable[[np.random.Generator], Sequence[Case]]
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    forward: str | None = None
    gradient_of: Mapping[str, str] = field(default_factory=dict)
    steps: Callable[[Sequence[Call], int], Walk] | None = None
    detours: Callable[[Sequence[Call], int], Iterable[Detour]] | None = None
    measures: Mapping[str, Measure] = field(default_factory=dict)
    design: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", float(self.points))


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer: what stands in the place of the right functions, and the sentence for the student."""

    id: str
    sentence: str
    functions: Mapping[str, Callable[..., Any]]


# --- what came back ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opaque:
    """A returned value that is no array, number, text or list of these: only its type is known."""

    type_name: str


@dataclass(frozen=True)
class Raised:
    """An exception of the student's code; `lines` are the student's own lines that led to it, the innermost last."""

    type: str
    message: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What one call gave. `returned` is plain: arrays, numbers, texts, None, lists and tuples of these, or Opaque.

    `changed` names the arguments, and earlier results as "out of linear_forward", that the call changed. `stopped` is
    the state of a call that never came back (timed_out, out_of_memory, crashed, refused), with `reason`.
    """

    returned: Any = None
    raised: Raised | None = None
    missing: bool = False
    changed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    printed: int = 0
    seconds: float = 0.0
    stopped: State | None = None
    reason: str = ""

    @property
    def came_back(self) -> bool:
        return self.raised is None and not self.missing and self.stopped is None


class Implementation(Protocol):
    """Anything whose functions can be called by name: in this process, or in a sandbox."""

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Make the calls of one case in order. One outcome a call, always: no answer raises."""
        ...


# --- the judgement -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One thing found. `details` are (label, text) pairs: what was called, returned, expected, where it differs.

    `followed`: it passed, for the sake of another function of the student's that is wrong.
    """

    check: str
    passed: bool
    message: str
    mistake: str | None = None
    details: tuple[tuple[str, str], ...] = ()
    followed: bool = False


@dataclass(frozen=True)
class Verdict:
    """What an exercise's check says. Shows itself: HTML in a notebook, text elsewhere."""

    exercise: str
    state: State
    score: float
    max_score: float
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        return self.state == "passed"

    def as_dict(self) -> dict[str, Any]:
        """The form of COMMANDS: what `grade --json` prints for an exercise."""
        return {
            "name": self.exercise,
            "state": self.state,
            "score": self.score,
            "max_score": self.max_score,
            "findings": [
                {
                    "check": finding.check,
                    "passed": finding.passed,
                    "message": show.finding_as_text(finding),
                    "mistake": finding.mistake,
                }
                for finding in self.findings
            ],
        }

    def __str__(self) -> str:
        return show.as_text(self)

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return show.as_mimebundle(self)
