"""What a student is told of a trial: the failed checks first, in order, each with its diagnosis and its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder import compare
from autograder.answers import KnownMistake
from autograder.detours import Detours
from autograder.deviations import Deviation
from autograder.diagnose import product_sizes, relation, same_factor, spread
from autograder.exercise import (
    CHECKS,
    HEART,
    NUDGE,
    PACE_SETTER,
    Call,
    Drawn,
    Finding,
    Implementation,
    Observed,
    Result,
    Rng,
    SameRng,
    View,
)
from autograder.following import FORWARD, STEP
from autograder.marks import STRUCTURE
from autograder.recognise import Recogniser
from autograder.trial import Trial

_RIGHT = {
    "returns": "the right number and kind of values come back",
    "shapes": "every result has its right shape",
    "dtype": "float64 stays float64, float32 stays float32",
    "inputs": "the arrays passed in are left as they were",
    "values": "right in all cases",
    "gradients": "right in all cases",
    "modes": "right in every mode",
    "special": "right in the special cases too",
    "speed": "fast enough",
}
_FOLLOWED = "right for your own {}, which is not right itself yet"

# The deviations of one check in one result ("" for the call as a whole).
_Group = tuple[str, str]
_Groups = Mapping[_Group, Sequence[Deviation]]


def findings(trial: Trial, implementation: Implementation) -> list[Finding]:
    """The findings of a trial of an implementation, in which there was something to judge."""
    failed = _stopped(trial) + _failed(trial, implementation)
    wrong = {finding.check for finding in failed}
    if trial.stopped or "returns" in wrong or not trial.something_came_back:
        return failed
    wrong |= {trial.cases[d.case].check for found in trial.found for d in found if d.spoils_values}
    weighed = [check for check in STRUCTURE if trial.exercise.weights[check]]
    present = {"returns", *weighed, *(case.check for case in trial.cases)}
    return failed + [_passed(trial, check) for check in CHECKS if check in present - wrong]


def _passed(trial: Trial, check: str) -> Finding:
    whose = {own for followed, own in trial.followed if followed == check and check in HEART}
    message = _FOLLOWED.format(STEP if STEP in whose else FORWARD) if whose else _RIGHT[check]
    return Finding(check, True, message, followed=bool(whose))


def _stopped(trial: Trial) -> list[Finding]:
    if trial.stopped is None:
        return []
    case = trial.cases[-1]
    called = ("called", _calls_text(case.calls))
    return [Finding(case.check, False, trial.stopped.reason, details=(called, ("case", case.name)))]


def _failed(trial: Trial, implementation: Implementation) -> list[Finding]:
    groups: dict[_Group, list[Deviation]] = {}
    for found in trial.found:
        for deviation in found:
            groups.setdefault((deviation.check, deviation.output), []).append(deviation)
    recogniser, detours = Recogniser(trial), Detours(trial, implementation)
    mistakes = {
        group: recogniser.explains(*group) or detours.explains(group[1])
        for group, found in groups.items()
        if found[0].kind != "untried"
    }
    told: list[Finding] = []
    for group in sorted(groups, key=lambda group: _rank(trial, groups, mistakes, group)):
        check, output = group
        mistake = mistakes.get(group)
        name = output or trial.exercise.name
        if mistake is not None and any(finding.mistake == mistake.id for finding in told):
            told.append(Finding(check, False, f"{name} is wrong here by the same mistake.", mistake.id))
        elif mistake is None and _nothing_new(trial, groups, group):
            told.append(Finding(check, False, f"{name} is wrong here too: mend the rest first."))
        else:
            told.append(_finding(trial, check, groups[group], mistake))
    return told


def _rank(
    trial: Trial, groups: _Groups, mistakes: Mapping[_Group, KnownMistake | None], group: _Group
) -> tuple[int, int, int]:
    """What explains the rest comes first: an error in the simplest case, then the checks in their order.

    What shows at the edges alone comes later, and so does a dtype that explains no wrong value.
    """
    check, output = group
    first = groups[group][0]
    order = CHECKS.index(check)
    outputs = (*trial.exercise.returns, "")
    if first.kind == "raised" and first.case == 0:
        return 0, 0, 0
    if trial.cases[first.case].check == "special":
        return CHECKS.index("special"), order, outputs.index(output)
    if check == "dtype" and not _explains_values(groups, mistakes, group):
        return CHECKS.index("special"), 0, outputs.index(output)
    return order, 0, outputs.index(output)


def _explains_values(groups: _Groups, mistakes: Mapping[_Group, KnownMistake | None], group: _Group) -> bool:
    """Whether a wrong dtype may be why values are wrong, or is all that is wrong: more digits spoil nothing."""
    wrong = [other for other in groups if other[0] in ("shapes", *HEART)]
    if all(str(deviation.got).startswith("float") for deviation in groups[group]):
        return not wrong
    return not any(mistakes.get(other) for other in wrong if other[1] == group[1])


def _nothing_new(trial: Trial, groups: _Groups, group: _Group) -> bool:
    """Whether an unexplained fault follows from one that is told before it: at the edges, or of a result's values."""
    check, output = group
    first = groups[group][0]
    if trial.cases[first.case].check in ("special", "speed"):
        return first.kind not in ("changed", "warned", "slow") and any(
            name == output or found[0].kind == "raised"
            for (_, name), found in groups.items()
            if trial.cases[found[0].case].check in HEART
        )
    return check in HEART and output != "" and ("shapes", output) in groups


def _finding(trial: Trial, check: str, group: Sequence[Deviation], mistake: KnownMistake | None) -> Finding:
    first = group[0]
    case = trial.cases[first.case]
    message = mistake.sentence if mistake else _plain_message(trial, group)
    details = [("called", _calls_text(case.calls[: first.call + 1]))]
    if first.lines:
        details.append(("your code", "\n".join(first.lines)))
    if first.kind == "raised" and mistake is None and (sizes := product_sizes(str(first.got))):
        details.append(("in short", sizes))
    if first.kind != "value" and message != first.message:
        details.append(("found", first.message))
    if isinstance(first.expected, Observed):
        if message != first.message:
            details.append(("found", first.message))
    elif first.kind in ("value", "shape", "kind") and not (first.difference and compare.shown_short(first.got)):
        details.append(("returned", _named(first, first.got)))
        if trial.key.public and compare.is_numeric(first.expected):
            details.append(("expected", _named(first, first.expected)))
    if first.kind == "slow" and trial.key.public:  # not when grading: what is said there is the same every time
        told = f"{1000 * first.got:.3g} ms, the best of several calls; at most {1000 * first.expected:.3g} ms are asked"
        details.append(("measured", told))
    if first.difference:
        told = first.difference.told(with_expected=trial.key.public)
        details.append(("first difference", f"{first.output}{first.item}{told}"))
    details.append(("case", case.name))
    return Finding(check, False, message, mistake.id if mistake else None, tuple(details))


def _plain_message(trial: Trial, group: Sequence[Deviation]) -> str:
    first = group[0]
    measure = trial.cases[first.case].measure
    if first.kind in ("value", "shape") and measure is None:
        pairs = [(d.got, d.expected) for d in group if d.kind == first.kind]
        related = relation(first.output + first.item, first.got, first.expected) or same_factor(first.output, pairs)
        if related is not None:
            return related
    if isinstance(first.expected, Observed):
        return first.message
    if first.measured and (related := spread(first.output, first.got, first.expected)):
        return related
    if first.kind != "value":
        return first.message
    check = trial.cases[first.case].check
    asked = sum(case.check == check for case in trial.key.cases)
    return f"{first.message}, in {len({d.case for d in group})} of {asked} cases."


def _named(deviation: Deviation, value: Any) -> str:
    name = deviation.output + deviation.item
    name = f"{deviation.measured} of {name}" if deviation.measured else name
    return f"{name} = {compare.shown(value)}".replace("\n", "\n" + " " * len(f"{name} = "))


def _calls_text(calls: Sequence[Call]) -> str:
    """Calls as a student would write them, with shapes in the place of arrays."""
    texts = [_call_text(call) for call in calls if call.function != PACE_SETTER and call.method != NUDGE]
    return "; ".join(dict.fromkeys(texts) if len(texts) < len(calls) else texts)


def _call_text(call: Call) -> str:
    arguments = [
        name if name == "cache" or (call.method and isinstance(value, Result)) else f"{name}={_argument_text(value)}"
        for name, value in call.arguments.items()
    ]
    arguments += [f"{name}={_argument_text(value)}" for name, value in call.options.items()]
    return f"{call.function}({', '.join(arguments)})"


def _argument_text(value: Any) -> str:
    if isinstance(value, Drawn):
        return f"<{'×'.join(map(str, value.shape))} {value.dtype}>"
    if isinstance(value, View):
        return f"{_argument_text(value.array)} {value.layout}"
    if isinstance(value, np.ndarray):
        return f"<{'×'.join(map(str, value.shape))} {value.dtype}>" if value.ndim else f"array({value})"
    if isinstance(value, Rng):
        return "<a random generator>"
    if isinstance(value, SameRng):
        return "<the same generator>"
    if isinstance(value, list | tuple):
        inside = ", ".join(map(_argument_text, value))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    return repr(value)
