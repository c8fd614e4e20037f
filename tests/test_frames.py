"""What crosses the pipe: every value comes back as it was, and any other bytes are refused by one exception."""

from __future__ import annotations

import contextlib
import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.exercise import Call, Opaque, Outcome, Raised, Result, Rng, SameRng, View
from autograder.sandbox.frames import PREFIX, Bounds, Malformed, Unsendable, decode, encode
from autograder.sandbox.limits import CellOutcome
from autograder.sandbox.messages import (
    call_from_plain,
    call_to_plain,
    cell_from_plain,
    cell_to_plain,
    outcome_from_plain,
    outcome_to_plain,
    reply,
)

_texts = st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace").decode())
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | _texts
    | st.builds(Opaque, _texts)
)
_dtypes = st.sampled_from(["?", "i1", "i8", "u2", "u8", "f2", "f4", "f8", "c8", "c16"])
_arrays = _dtypes.flatmap(
    lambda code: arrays.arrays(code, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
_values = st.recursive(
    _scalars | _arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(_texts, inner, max_size=3)
    ),
    max_leaves=10,
)


def frame(value: Any) -> bytes:
    return b"".join(encode(value))


def forged(header: Any, body: bytes = b"") -> bytes:
    """A frame with a header of one's own."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(len(text), len(body)) + text + body


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return repr(one) == repr(other)


@given(_values)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert same(decode(frame(value)), value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.0, 2**512 - 1, complex(0, float("nan"))])
def test_a_number_at_the_edge_comes_back_as_it_was(value: Any) -> None:
    assert same(decode(frame(value)), value)


def test_an_array_s_layout_and_byte_order_are_made_plain() -> None:
    array = np.arange(6.0).reshape(2, 3)
    for other in (np.asfortranarray(array), array[::-1][::-1], array.astype(">f8")):
        assert same(decode(frame(other)), array)


def test_what_is_read_is_the_readers_own() -> None:
    array = decode(frame(np.zeros(3)))
    array += 1
    assert array.base is None or array.base.flags.owndata


@given(st.binary(max_size=200))
@example(b"")
@example(PREFIX.pack(2**32 - 1, 2**64 - 1))
@example(forged(b"\xff\xfe"))
@example(forged(b"[" * 100_000))
@example(forged(b"9" * 5000))
@example(forged(b'"\\ud800"'))
def test_any_bytes_are_a_value_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode(data)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["list", "tuple", "dict", "array", "complex", "opaque", "<f8", "|b1", "|O", "<U3", "<M8[s]"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=12,
)


@given(_json, st.binary(max_size=64))
def test_any_header_is_a_value_or_malformed(header: Any, body: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode(forged(header, body))


@given(_values, st.data())
def test_a_damaged_frame_is_a_value_or_malformed(value: Any, data: st.DataObject) -> None:
    damaged = bytearray(frame(value))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed):
        decode(bytes(damaged))


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (["array", "|O", [1]], bytes(8)),
        (["array", "<U1", [1]], bytes(4)),
        (["array", "<M8[s]", [1]], bytes(8)),
        (["array", "<f8", [2]], bytes(8)),
        (["array", "<f8", [1]], bytes(16)),
        (["array", "<f8", [-1]], b""),
        (["array", "<f8", [True]], bytes(8)),
        (["array", "<f8", [1.0]], bytes(8)),
        (["array", "<f8", [0, 2**60]], b""),
        (["array", "<f8", [2**32, 2**32]], b""),
        (["array", "<f8", [1] * 40], bytes(8)),
        (["array", "<f8"], b""),
        (["opaque", 3], b""),
        (["complex", "1", 2.0], b""),
        (["dict", ["one"]], b""),
        (["dict", [1, 2]], b""),
        (["unheard of"], b""),
        ([], b""),
        ({}, b""),
        (2**600, b""),
    ],
)
def test_what_is_no_value_of_ours_is_malformed(header: Any, body: bytes) -> None:
    with pytest.raises(Malformed):
        decode(forged(header, body))


def test_the_right_header_of_the_same_kind_is_read() -> None:
    assert same(decode(forged(["array", "<f8", [1]], bytes(8))), np.zeros(1))
    assert same(decode(forged(["array", "<f8", [0, 7]])), np.zeros((0, 7)))


def test_no_room_is_made_for_what_is_only_announced() -> None:
    header = json.dumps(["array", "<f8", [2**27]]).encode()
    tracemalloc.start()
    with pytest.raises(Malformed):
        decode(PREFIX.pack(len(header), 2**30) + header, Bounds(body=2**31))
    with pytest.raises(Malformed):
        decode(forged(header))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**20


def test_a_frame_beyond_its_bounds_is_malformed() -> None:
    data = frame(np.zeros(100))
    assert same(decode(data, Bounds(body=800)), np.zeros(100))
    with pytest.raises(Malformed):
        decode(data, Bounds(body=799))
    with pytest.raises(Malformed):
        decode(data, Bounds(header=5))


def test_a_byte_that_is_neither_true_nor_false_is_true() -> None:
    flags = decode(forged(["array", "|b1", [3]], bytes([0, 1, 255])))
    assert flags.view(np.uint8).tolist() == [0, 1, 1]


def test_half_a_letter_is_replaced() -> None:
    assert decode(frame("a\ud800b")) == "a\N{REPLACEMENT CHARACTER}b"
    assert decode(forged(b'"a\\ud800b"')) == "a\N{REPLACEMENT CHARACTER}b"
    assert decode(frame("\N{SNAKE}")) == "\N{SNAKE}"


@pytest.mark.parametrize("value", [object(), {1: 2}, {1, 2}, np.float64, type("Text", (str,), {})("x")])
def test_a_value_of_another_kind_is_not_sent(value: Any) -> None:
    with pytest.raises(Unsendable):
        encode(value)


@pytest.mark.parametrize("value", [np.array([object()]), np.array(["text"]), 2**600, np.zeros(1, "M8[s]")])
def test_a_value_that_has_no_bytes_of_ours_is_only_named(value: Any) -> None:
    assert isinstance(decode(frame(value)), Opaque)


# --- calls and outcomes --------------------------------------------------------------------------------------------


def through(value: Any) -> Any:
    return decode(frame(value))


def test_a_call_comes_back_as_it_was() -> None:
    array = np.arange(4.0)
    arguments = {
        "x": array,
        "view": View(array, "reversed"),
        "rng": Rng(2**64),
        "same rng": SameRng(3),
        "cache": Result(0, 1),
        "pair": (1, 2),
        "arrays": [array, View(array, "read-only")],
        "scalar": np.float32(0.5),
        "none": None,
    }
    call = call_from_plain(through(call_to_plain(Call("f", arguments, ("out", "cache"), {"stride": 2}))))
    assert (call.function, call.returns, call.options) == ("f", ("out", "cache"), {"stride": 2})
    assert list(call.arguments) == list(arguments)
    assert same(call.arguments["x"], array)
    assert call.arguments["view"].layout == "reversed"
    assert call.arguments["rng"] == Rng(2**64)
    assert call.arguments["same rng"] == SameRng(3)
    assert call.arguments["cache"] == Result(0, 1)
    assert call.arguments["pair"] == (1, 2)
    assert isinstance(call.arguments["arrays"][1], View)
    assert type(call.arguments["scalar"]) is np.float32


def test_an_outcome_comes_back_as_it_was() -> None:
    for outcome in (
        Outcome(returned=(1.5, [2, None]), changed=("x",), warned=("W: w",), printed=3, seconds=0.25),
        Outcome(raised=Raised("ValueError", "no", ("line 1 in f: x",))),
        Outcome(missing=True),
        Outcome(stopped="refused", reason="no"),
    ):
        assert outcome_from_plain(through(outcome_to_plain(outcome))) == outcome
    for cell in (CellOutcome(printed="hello"), CellOutcome(raised=Raised("E", "m"), stopped="refused", reason="r")):
        assert cell_from_plain(through(cell_to_plain(cell)), 100) == cell


@pytest.mark.parametrize(
    "forgery",
    [
        {"stopped": "passed"},
        {"stopped": "not_attempted"},
        {"stopped": ["crashed"]},
        {"raised": ["E"]},
        {"raised": ["E", "m", ["x"] * 1000]},
        {"raised": ["E", "m" * 10**5, []]},
        {"missing": 1},
        {"missing": True, "returned": 1.0},
        {"stopped": "crashed", "returned": 1.0},
        {"seconds": float("nan")},
        {"seconds": -1.0},
        {"seconds": "1"},
        {"printed": -1},
        {"printed": True},
        {"changed": "x"},
        {"changed": [None]},
        {"returned": {"a": 1}},
        {"returned": [({"a": 1},)]},
        {"verdict": "passed"},
    ],
)
def test_a_forged_outcome_is_malformed(forgery: dict[str, Any]) -> None:
    honest = outcome_to_plain(Outcome())
    assert outcome_from_plain(honest) == Outcome()
    with pytest.raises(Malformed):
        outcome_from_plain(honest | forgery)


@given(_values)
def test_any_value_is_an_outcome_or_malformed(value: Any) -> None:
    for read in (outcome_from_plain, lambda plain: cell_from_plain(plain, 10), lambda plain: reply(plain, 1)):
        with contextlib.suppress(Malformed):
            read(value)


@given(st.sampled_from(list(outcome_to_plain(Outcome()))), _values)
def test_any_value_in_any_field_is_an_outcome_or_malformed(name: str, value: Any) -> None:
    try:
        outcome = outcome_from_plain(outcome_to_plain(Outcome()) | {name: value})
    except Malformed:
        return
    assert outcome.stopped in (None, "timed_out", "out_of_memory", "crashed", "refused")
    assert outcome.came_back or outcome.returned is None


def test_a_reply_counts_for_its_own_request_alone() -> None:
    assert reply({"request": 7, "says": "yes"}, 7) == "yes"
    for other in ({"request": 8, "says": "yes"}, {"request": 7.0, "says": "yes"}, {"says": "yes"}, None, [7, "yes"]):
        with pytest.raises(Malformed):
            reply(other, 7)
