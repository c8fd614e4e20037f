"""What a student is told of a trial: the failed checks first, in order, each with its diagnosis and its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograder import compare
from autograder.answers import KnownMistake
from autograder.deviations import Deviation
from autograder.diagnose import relation, same_factor
from autograder.exercise import CHECKS, Call, Finding, Rng, View
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
_FOLLOWED = "right for your own forward, which is not right itself yet"


def findings(trial: Trial) -> list[Finding]:
    """The findings of a trial in which there was something to judge."""
    failed = _stopped(trial) + _failed(trial)
    wrong = {finding.check for finding in failed}
    if trial.stopped or "returns" in wrong or not trial.something_came_back:
        return failed
    present = {"returns", *STRUCTURE, *(case.check for case in trial.cases)}
    return failed + [
        Finding(check, True, _FOLLOWED if check == "gradients" and trial.followed else _RIGHT[check])
        for check in CHECKS
        if check in present - wrong
    ]


def _stopped(trial: Trial) -> list[Finding]:
    if trial.stopped is None:
        return []
    case = trial.cases[-1]
    called = ("called", _calls_text(case.calls))
    return [Finding(case.check, False, trial.stopped.reason, details=(called, ("case", case.name)))]


def _failed(trial: Trial) -> list[Finding]:
    groups: dict[tuple[str, str], list[Deviation]] = {}
    for found in trial.found:
        for deviation in found:
            groups.setdefault((deviation.check, deviation.output), []).append(deviation)
    outputs = (*trial.exercise.returns, "")
    order = sorted(groups, key=lambda group: (CHECKS.index(group[0]), outputs.index(group[1])))
    recogniser = Recogniser(trial)
    told: list[Finding] = []
    for check, output in order:
        untried = groups[check, output][0].kind == "untried"
        mistake = None if untried else recogniser.explains(output)
        if mistake is not None and any(finding.mistake == mistake.id for finding in told):
            message = f"{output or trial.exercise.name} is wrong here by the same mistake."
            told.append(Finding(check, False, message, mistake.id))
        elif mistake is None and check == "special" and _values_wrong(groups, output):
            told.append(
                Finding(check, False, f"{output or trial.exercise.name} is wrong here too: mend the rest first.")
            )
        else:
            told.append(_finding(trial, check, groups[check, output], mistake))
    return told


def _values_wrong(groups: Iterable[tuple[str, str]], output: str) -> bool:
    return any(group in (("values", output), ("gradients", output)) for group in groups)


def _finding(trial: Trial, check: str, group: Sequence[Deviation], mistake: KnownMistake | None) -> Finding:
    first = group[0]
    case = trial.cases[first.case]
    message = mistake.sentence if mistake else _plain_message(trial, group)
    details = [("called", _calls_text(case.calls[: first.call + 1]))]
    if first.lines:
        details.append(("your code", "\n".join(first.lines)))
    if first.kind != "value" and message != first.message:
        details.append(("found", first.message))
    if first.kind in ("value", "shape", "kind") and not (first.difference and compare.shown_short(first.got)):
        details.append(("returned", _named(first.output, first.got)))
        if trial.key.public and compare.is_numeric(first.expected):
            details.append(("expected", _named(first.output, first.expected)))
    if first.difference:
        told = first.difference.told(with_expected=trial.key.public)
        details.append(("first difference", f"{first.output}{told}"))
    details.append(("case", case.name))
    return Finding(check, False, message, mistake.id if mistake else None, tuple(details))


def _plain_message(trial: Trial, group: Sequence[Deviation]) -> str:
    first = group[0]
    if first.kind in ("value", "shape"):
        pairs = [(d.got, d.expected) for d in group if d.kind == first.kind]
        related = relation(first.output, first.got, first.expected) or same_factor(first.output, pairs)
        if related is not None:
            return related
    if first.kind != "value":
        return first.message
    check = trial.cases[first.case].check
    asked = sum(case.check == check for case in trial.key.cases)
    return f"{first.message}, in {len({d.case for d in group})} of {asked} cases."


def _named(output: str, value: Any) -> str:
    return f"{output} = {compare.shown(value)}"


def _calls_text(calls: Sequence[Call]) -> str:
    """Calls as a student would write them, with shapes in the place of arrays."""
    return "; ".join(_call_text(call) for call in calls)


def _call_text(call: Call) -> str:
    arguments = [
        name if name == "cache" else f"{name}={_argument_text(value)}" for name, value in call.arguments.items()
    ]
    arguments += [f"{name}={_argument_text(value)}" for name, value in call.options.items()]
    return f"{call.function}({', '.join(arguments)})"


def _argument_text(value: Any) -> str:
    if isinstance(value, View):
        return f"{_argument_text(value.array)} {value.layout}"
    if isinstance(value, np.ndarray):
        return f"<{'×'.join(map(str, value.shape))} {value.dtype}>"
    if isinstance(value, Rng):
        return "<a random generator>"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_argument_text, value))}]"
    return repr(value)
