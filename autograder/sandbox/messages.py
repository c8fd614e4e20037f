"""What is said over the pipe: calls and cells one way, outcomes the other, as plain values that a frame can hold.

What comes from a submission's process is read here once more: an Outcome is built only from exact types, known states
and bounded texts. All else is Malformed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.exercise import Call, Drawn, Outcome, Raised, Result, Rng, SameRng, State, Sum, View
from autograder.sandbox.frames import Malformed
from autograder.sandbox.limits import CellOutcome

# The states that a process may report of itself. That it crashed may also be seen from outside.
STOPS: frozenset[State] = frozenset({"timed_out", "out_of_memory", "crashed", "refused"})

_LONGEST_TEXT = 2000
_MOST_TEXTS = 64


# --- calls: from us, hence trusted ---------------------------------------------------------------------------------


def call_to_plain(call: Call) -> dict[str, Any]:
    return {
        "function": call.function,
        "arguments": {name: _argument_to_plain(value) for name, value in call.arguments.items()},
        "options": {name: _argument_to_plain(value) for name, value in call.options.items()},
        "returns": list(call.returns),
        "seconds": call.seconds,
    }


def call_from_plain(plain: dict[str, Any]) -> Call:
    return Call(
        function=plain["function"],
        arguments={name: _argument_from_plain(value) for name, value in plain["arguments"].items()},
        options={name: _argument_from_plain(value) for name, value in plain["options"].items()},
        returns=tuple(plain["returns"]),
        seconds=plain["seconds"],
    )


def _argument_to_plain(value: Any) -> Any:
    if isinstance(value, Rng):
        return {"rng": value.seed}
    if isinstance(value, SameRng):
        return {"same rng": value.call}
    if isinstance(value, Drawn):
        return {"drawn": value.seed, "shape": value.shape, "dtype": value.dtype}
    if isinstance(value, Result):
        return {"result": [value.call, value.position]}
    if isinstance(value, Sum):
        return {"sum": value.array, "and": _argument_to_plain(value.result)}
    if isinstance(value, View):
        return {"view": value.array, "layout": value.layout}
    if isinstance(value, list | tuple):
        return type(value)(_argument_to_plain(item) for item in value)
    if isinstance(value, np.generic):
        return {"scalar": np.asarray(value)}
    return value


def _argument_from_plain(plain: Any) -> Any:
    if isinstance(plain, list | tuple):
        return type(plain)(_argument_from_plain(item) for item in plain)
    if not isinstance(plain, dict):
        return plain
    if "rng" in plain:
        return Rng(plain["rng"])
    if "same rng" in plain:
        return SameRng(plain["same rng"])
    if "drawn" in plain:
        return Drawn(plain["drawn"], tuple(plain["shape"]), plain["dtype"])
    if "result" in plain:
        return Result(*plain["result"])
    if "sum" in plain:
        return Sum(plain["sum"], _argument_from_plain(plain["and"]))
    if "view" in plain:
        return View(plain["view"], plain["layout"])
    return plain["scalar"][()]


# --- outcomes: from a submission's process, hence not trusted ------------------------------------------------------


def _short(texts: Sequence[str]) -> list[str]:
    """At most as many texts, each at most as long, as `outcome_from_plain` takes."""
    return [text[:_LONGEST_TEXT] for text in texts[:_MOST_TEXTS]]


def outcome_to_plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "returned": outcome.returned,
        "raised": _raised_to_plain(outcome.raised),
        "missing": outcome.missing,
        "changed": _short(outcome.changed),
        "warned": _short(outcome.warned),
        "printed": outcome.printed,
        "seconds": outcome.seconds,
        "stopped": outcome.stopped,
        "reason": outcome.reason[:_LONGEST_TEXT],
    }


def outcome_from_plain(plain: Any) -> Outcome:
    fields = _fields(
        plain, "returned", "raised", "missing", "changed", "warned", "printed", "seconds", "stopped", "reason"
    )
    outcome = Outcome(
        returned=_returned(fields["returned"]),
        raised=_raised(fields["raised"]),
        missing=_exactly(bool, fields["missing"]),
        changed=_texts(fields["changed"]),
        warned=_texts(fields["warned"]),
        printed=_exactly(int, fields["printed"]),
        seconds=_exactly(float, fields["seconds"]),
        stopped=_stopped(fields["stopped"]),
        reason=_text(fields["reason"]),
    )
    if not outcome.came_back and outcome.returned is not None:
        raise Malformed("a value from a call that did not come back")
    if not (math.isfinite(outcome.seconds) and outcome.seconds >= 0 and outcome.printed >= 0):
        raise Malformed("an impossible measure")
    return outcome


def cell_to_plain(cell: CellOutcome) -> dict[str, Any]:
    return {
        "raised": _raised_to_plain(cell.raised),
        "stopped": cell.stopped,
        "reason": cell.reason[:_LONGEST_TEXT],
        "printed": cell.printed,
        "complained": cell.complained,
        "value": cell.value,
    }


def cell_from_plain(plain: Any, output_bytes: int) -> CellOutcome:
    fields = _fields(plain, "raised", "stopped", "reason", "printed", "complained", "value")
    return CellOutcome(
        raised=_raised(fields["raised"]),
        stopped=_stopped(fields["stopped"]),
        reason=_text(fields["reason"]),
        printed=_text(fields["printed"], output_bytes),
        complained=_text(fields["complained"], output_bytes),
        value=None if fields["value"] is None else _text(fields["value"], output_bytes),
    )


def reply(plain: Any, request: int) -> Any:
    """What a frame says in reply to `request`; Malformed where it replies to another one."""
    fields = _fields(plain, "request", "says")
    if type(fields["request"]) is not int or fields["request"] != request:
        raise Malformed("a reply to no request of ours")
    return fields["says"]


def _raised_to_plain(raised: Raised | None) -> list[Any] | None:
    if raised is None:
        return None
    return [raised.type[:_LONGEST_TEXT], raised.message[:_LONGEST_TEXT], _short(raised.lines)]


def _raised(plain: Any) -> Raised | None:
    if plain is None:
        return None
    if type(plain) is not list or len(plain) != 3:
        raise Malformed("an exception without type, message and lines")
    return Raised(_text(plain[0]), _text(plain[1]), _texts(plain[2]))


def _returned(plain: Any) -> Any:
    """Arrays, numbers, texts and sequences of these pass; a dictionary is no answer to any exercise."""
    if type(plain) is dict:
        raise Malformed("a dictionary as a result")
    if type(plain) in (list, tuple):
        for item in plain:
            _returned(item)
    return plain


def _fields(plain: Any, *names: str) -> dict[str, Any]:
    if type(plain) is not dict or plain.keys() != set(names):
        raise Malformed("a message with other fields than agreed")
    return plain


def _exactly(kind: type, plain: Any) -> Any:
    if type(plain) is not kind:
        raise Malformed(f"{type(plain).__name__} where {kind.__name__} was agreed")
    return plain


def _text(plain: Any, longest: int = _LONGEST_TEXT) -> str:
    if type(plain) is not str or len(plain) > longest:
        raise Malformed("no text, or one longer than agreed")
    return plain


def _texts(plain: Any) -> tuple[str, ...]:
    if type(plain) is not list or len(plain) > _MOST_TEXTS:
        raise Malformed("no list of texts, or one longer than agreed")
    return tuple(_text(item) for item in plain)


def _stopped(plain: Any) -> State | None:
    if plain is None:
        return None
    if type(plain) is not str or plain not in STOPS:
        raise Malformed("no state that a process can be stopped in")
    return plain
