"""Make the calls of a case against functions of this process. The same code runs in the notebook and in the sandbox.

Whatever the functions do, an `Outcome` comes back for every call: results as plain copies, exceptions with the lines
of the student's own code, and the names of what was changed that should not have been.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograder import pace, training_loop
from autograder.exercise import (
    GLOBAL_STATE,
    PACE_SETTER,
    Call,
    Drawn,
    Opaque,
    Outcome,
    Raised,
    Result,
    Rng,
    SameRng,
    Sum,
    View,
)

# Lists nested deeper, or longer in all, are no answer to any exercise.
_DEEPEST = 4
_LONGEST = 10_000
# In bits: what is longer fits no float, and no array.
_LONGEST_INTEGER = 512
# The numbers that every machine has alike: no extended precision.
_PLAIN = "?" + np.typecodes["AllInteger"] + "efdFD"
_MISSING = object()
# As it was before any code of a student could put something else in its place.
_get_global_state = np.random.get_state
# Lines below these are not the student's: ours, the standard library's, an installed package's.
_NOT_THEIRS = (str(Path(__file__).parent), str(Path(os.__file__).parent))


class Local:
    """An implementation whose functions live in this process: a mapping from name to function."""

    def __init__(self, functions: Mapping[str, Any]) -> None:
        self.functions = functions

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        return run_calls(self.functions, calls)


def run_calls(functions: Mapping[str, Any], calls: Sequence[Call]) -> list[Outcome]:
    """Make `calls` in order and return an outcome for each; after a call that gave nothing, its dependents fail."""
    return list(each_outcome(functions, calls))


def each_outcome(functions: Mapping[str, Any], calls: Sequence[Call]) -> Iterator[Outcome]:
    """The same, one by one: an outcome is given out before the next call is made."""
    earlier: list[_Earlier] = []
    # What later calls must leave alone: its name, the array, a copy.
    kept: list[tuple[str, np.ndarray, np.ndarray]] = []
    for number, call in enumerate(calls, 1):
        function = _function(functions, call)
        if function is _MISSING:
            yield Outcome(missing=True)
            earlier.append(_Earlier())
            continue
        try:
            arguments = {name: _argument(value, earlier) for name, value in call.arguments.items()}
            options = {name: _argument(value, earlier) for name, value in call.options.items()}
        except _NotThere as error:
            yield error.stub if call.method and error.stub else _not_called(call, function, str(error))
            earlier.append(_Earlier())
            continue
        given = dict(_arrays(arguments | options))
        before = {name: array.copy() for name, array in given.items()}
        generator = next((value for value in arguments.values() if isinstance(value, np.random.Generator)), None)
        state = _global_state() if generator else None
        value, outcome = _one_call(function, list(arguments.values()), options)
        changed = [name for name, copy in before.items() if not _same(given[name], copy)]
        changed += [name for name, array, copy in kept if not _same(array, copy)]
        changed += [GLOBAL_STATE] if generator and _global_state() != state else []
        # An object is not taken apart.
        made = (value,) if call.returns == ("cache",) and outcome.came_back else value
        earlier.append(_Earlier(made, generator, outcome))
        if number < len(calls):
            # What this call has changed, no later one is blamed for.
            kept = [(name, array, copy if name not in changed else array.copy()) for name, array, copy in kept]
            for name, copy in before.items():
                array = given[name]
                kept.append((f"{name} of {call.function}", array, copy if name not in changed else array.copy()))
            parts = value if isinstance(value, tuple) else (value,)
            results = {name: part for name, part in zip(call.returns, parts, strict=False) if name != "cache"}
            kept += [(f"{name} of {call.function}", part, part.copy()) for name, part in _arrays(results)]
        if outcome.came_back:
            outcome = Outcome(
                returned=_plain_result(value, call.returns),
                changed=tuple(changed),
                warned=outcome.warned,
                printed=outcome.printed,
                seconds=outcome.seconds,
            )
        yield outcome


def describe_exception(error: BaseException) -> Raised:
    """The exception with the student's own lines: neither ours nor a library's."""
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(_NOT_THEIRS) or "site-packages" in frame.filename:
            continue
        source = frame.line or linecache.getline(frame.filename, frame.lineno or 0).strip()
        lines.append(f"line {frame.lineno} in {frame.name}: {source}" if source else f"in {frame.name}")
    try:
        message = str(error)
    except Exception:
        message = ""
    return Raised(type(error).__name__, message[:300], tuple(lines[-4:]))


def plain(value: Any, depth: int = 0, room: list[int] | None = None) -> Any:
    """A copy of `value` made of nothing but exact built-in types and exact arrays; `Opaque` for all else."""
    if type(value) is int and value.bit_length() > _LONGEST_INTEGER:
        return Opaque("int")
    if value is None or type(value) in (bool, int, float, complex, str):
        return value
    room = [_LONGEST] if room is None else room
    # By its type, not by isinstance: an object can say of itself that it is an array.
    if issubclass(type(value), np.ndarray):
        array = np.array(value, subok=False, copy=True, order="C")
        return array if array.dtype.char in _PLAIN else Opaque(f"array of dtype {array.dtype}")
    if issubclass(type(value), np.longdouble):
        return float(value)
    if issubclass(type(value), np.generic) and value.dtype.char in _PLAIN:
        return value.item()
    if type(value) in (list, tuple) and depth < _DEEPEST and len(value) <= room[0]:
        room[0] -= len(value)
        return type(value)(plain(item, depth + 1, room) for item in value)
    return Opaque(type(value).__name__)


class _Counter(io.TextIOBase):
    """Counts what is printed and keeps none of it, however much there is."""

    length = 0

    def write(self, text: str) -> int:
        self.length += len(text)
        return len(text)


class _NotThere(LookupError):
    """For want of a result; `stub` is the outcome of the call of a class that is still a stub."""

    def __init__(self, reason: str, stub: Outcome | None = None) -> None:
        super().__init__(reason)
        self.stub = stub


class _Earlier(NamedTuple):
    """What an earlier call of the case returned, the generator that it was given, and its outcome."""

    value: Any = None
    generator: np.random.Generator | None = None
    outcome: Outcome = Outcome()


def _arrays(values: Mapping[str, Any]) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays among values, those in lists too, with their names."""
    for name, value in values.items():
        if type(value) is np.ndarray:
            yield name, value
        elif type(value) in (list, tuple):
            yield from _arrays({f"{name}[{place}]": item for place, item in enumerate(value[:_LONGEST])})


def _global_state() -> tuple[Any, ...]:
    _, words, *rest = _get_global_state(legacy=True)
    return np.asarray(words).tobytes(), *rest


def _function(functions: Mapping[str, Any], call: Call) -> Any:
    """What is called: a student's function, a method of a student's class, or one of our own in the place of either."""
    if call.function == PACE_SETTER:
        return pace.work
    function = functions.get(call.of, _MISSING)
    if function is _MISSING or not call.method:
        return function
    return training_loop.OURS.get(call.method) or _Method(call.method)


class _Method:
    """The method of this name, of whatever object comes first."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, instance: Any, *arguments: Any, **options: Any) -> Any:
        return getattr(instance, self.name)(*arguments, **options)


def _not_called(call: Call, function: Any, reason: str) -> Outcome:
    """For want of a result, a stub is told apart: it raises NotImplementedError whatever it is given."""
    if not call.method:
        _, outcome = _one_call(function, [None] * len(call.arguments), {})
        if outcome.raised is not None and outcome.raised.type == "NotImplementedError":
            return outcome
    return Outcome(raised=Raised("NoResult", reason))


def _argument(value: Any, earlier: Sequence[_Earlier]) -> Any:
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    if isinstance(value, SameRng):
        return earlier[value.call].generator
    if isinstance(value, Drawn):
        return pace.draw(value)
    if isinstance(value, View):
        return _laid_out(value)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return type(value)(_argument(item, earlier) for item in value)
    if isinstance(value, Result):
        return _result(value, earlier)
    if isinstance(value, Sum):
        return value.array + _array_like(value.array, _result(value.result, earlier))
    return value


def _result(asked: Result, earlier: Sequence[_Earlier]) -> Any:
    result, outcome = earlier[asked.call].value, earlier[asked.call].outcome
    if not isinstance(result, tuple | list) or len(result) <= asked.position:
        stub = outcome.raised is not None and outcome.raised.type == "NotImplementedError"
        raise _NotThere("an earlier call did not return what this one needs", outcome if stub else None)
    return result[asked.position]


def _array_like(array: np.ndarray, result: Any) -> np.ndarray:
    if type(result) is not np.ndarray or result.shape != array.shape or result.dtype.kind not in "fiu":
        raise _NotThere(f"an earlier call did not return an array of shape {array.shape}")
    return result


def _laid_out(view: View) -> np.ndarray:
    array = view.array
    if view.layout == "transposed":
        return np.asfortranarray(array)
    if view.layout == "reversed":
        return np.ascontiguousarray(array[::-1])[::-1]
    if view.layout == "strided":
        room = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        room[..., ::2] = array
        return room[..., ::2]
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _one_call(function: Any, arguments: list[Any], options: dict[str, Any]) -> tuple[Any, Outcome]:
    printed = _Counter()
    value, raised = None, None
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        start = time.perf_counter()
        try:
            value = function(*arguments, **options)
        except (Exception, SystemExit) as error:
            raised = describe_exception(error)
        seconds = time.perf_counter() - start
    warned = tuple(f"{item.category.__name__}: {item.message}" for item in caught[:5])
    return value, Outcome(raised=raised, warned=warned, printed=printed.length, seconds=seconds)


def _plain_result(value: Any, names: tuple[str, ...]) -> Any:
    """The returned value, plain, with the cache left where it is."""
    if len(names) > 1 and issubclass(type(value), tuple | list):
        parts = [
            Opaque("cache") if position < len(names) and names[position] == "cache" else plain(part)
            for position, part in enumerate(value)
        ]
        return tuple(parts)
    return plain(value)


def _same(array: Any, copy: np.ndarray) -> bool:
    return (
        type(array) is np.ndarray
        and array.shape == copy.shape
        and array.dtype == copy.dtype
        and array.tobytes() == copy.tobytes()
    )
