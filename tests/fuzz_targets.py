"""What the fuzzers try: the notebook reader and the frame decoder, each with what must hold for any bytes whatever,
real inputs to begin from, changes that keep a damaged input deep enough to matter, and Hypothesis's way to make one.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

from autograder.demo.classroom import chapters, notebook_text, submissions
from autograder.exercise import Call, Opaque, Outcome, Raised, Result, Rng, View
from autograder.notebook.read import MOST_CELLS, Unreadable, parse
from autograder.sandbox import messages
from autograder.sandbox.frames import PREFIX, Malformed, decode, encode
from autograder.sandbox.limits import CellOutcome

EXERCISES = Path(__file__).parents[1] / "exercises"


@dataclass(frozen=True)
class Target:
    """`check` raises for an input that shows a fault; `mutated` is another input like the one it is given."""

    check: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    mutated: Callable[[bytes, Random], bytes]
    made: Callable[[], st.SearchStrategy[bytes]]
    words: tuple[str, ...]  # of the format


# --- what must hold ------------------------------------------------------------------------------------------------


def check_reader(data: bytes) -> None:
    """As a notebook and as a Python file: cells of clean text, or one line that says why there are none."""
    for python in (False, True):
        try:
            found = parse(data, python)
        except Unreadable as error:
            assert error.reason.isprintable(), error.reason  # noqa: PT017
            assert error.reason, "no reason"  # noqa: PT017
            continue
        assert found.chapter is None or found.chapter.isidentifier(), found.chapter
        assert len(found.cells) <= MOST_CELLS
        for cell in found.cells:
            assert cell.kind in ("code", "markdown"), cell.kind
            for text in (cell.source, cell.id, cell.grade_id or "", *cell.tags):
                assert type(text) is str
                text.encode()
                assert "\r" not in text


def check_decoder(data: bytes) -> None:
    """A value of plain kinds that a frame holds, which comes back as it is, or Malformed; and so for what reads it."""
    try:
        value = decode(data)
    except Malformed:
        return
    assert plain(value), value
    assert same(decode(b"".join(encode(value))), value), value
    for read in (messages.outcome_from_plain, lambda said: messages.cell_from_plain(said, 100), _reply):
        with contextlib.suppress(Malformed):
            read(value)


def _reply(said: Any) -> None:
    outcome = messages.outcome_from_plain(messages.reply(said, 7))
    assert outcome.stopped in (None, *messages.STOPS), outcome
    assert outcome.came_back or outcome.returned is None, outcome


def plain(value: Any) -> bool:
    """Whether a value is made of exact built-in types and arrays of numbers, and nothing else."""
    if type(value) in (list, tuple):
        return all(map(plain, value))
    if type(value) is dict:
        return all(type(key) is str and plain(item) for key, item in value.items())
    if type(value) is np.ndarray:
        return value.dtype.kind in "biufc" and value.flags.owndata | (value.base is not None)
    return value is None or type(value) in (bool, int, float, complex, str, Opaque)


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


# --- what they begin from ------------------------------------------------------------------------------------------


@cache
def notebooks() -> list[bytes]:
    """The course's own, those of the demo's class with all their damage, old ones, cut ones, and Python files."""
    stubs = {path.stem: path.read_text(encoding="utf-8") for path in sorted(EXERCISES.glob("*.ipynb"))}
    texts = list(stubs.values())
    for chapter in chapters():
        texts += [notebook_text(json.loads(stubs[chapter]), chapter, one) for one in submissions(chapter)]
    short = [_shortened(text) for text in stubs.values()]
    python = "import numpy\n# %% [markdown]\n# # Title\n# %% forward\na = 1\n#%%\n%time\n# In[ ]:\n\nb = 2\n"
    found = [text.encode() for text in [*texts, *short, python, "<<<<<<< HEAD\n{\n=======\n>>>>>>> theirs\n"]]
    found += [short[0].encode(code) for code in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1")]
    found += [
        b"",
        b"\0" * 64,
        b"PK\x03\x04",
        b'{"cells": [',
        b"[" * 3000,
        b'{"n":' + b"1" * 5000 + b"," + short[0].encode()[1:],
        short[0].encode() + b"\0" * 512,
    ]
    return list(dict.fromkeys(found))


def _shortened(text: str) -> str:
    """A few cells of a notebook with the beginnings of their sources: small enough for a change to hit what counts."""
    document = json.loads(text)
    answers = [cell for cell in document["cells"] if cell["metadata"].get("nbgrader")]
    cells = [*document["cells"][:2], *answers[:2]]
    return json.dumps(document | {"cells": [cell | {"source": "".join(cell["source"])[:40]} for cell in cells]})


@cache
def real_frames() -> list[bytes]:
    """Frames as they cross the pipe: calls, outcomes of every state, cells, and arrays of every dtype."""
    array = np.arange(6.0).reshape(2, 3)
    arguments = {"x": array, "view": View(array, "reversed"), "rng": Rng(7), "cache": Result(0, 1), "pair": (1, 2)}
    said: list[Any] = [messages.call_to_plain(Call("f", arguments, ("out", "cache"), {"stride": 2}))]
    outcomes = [
        Outcome(returned=(array, Opaque("cache")), changed=("x",), warned=("W: w",), printed=3, seconds=0.25),
        Outcome(returned=[1, 2.5, None, True, 1 + 2j, "text"]),
        Outcome(raised=Raised("ValueError", "no", ("line 1 in f: x",))),
        Outcome(missing=True),
        *(Outcome(stopped=state, reason="no") for state in sorted(messages.STOPS)),
    ]
    said += [{"request": 7, "says": messages.outcome_to_plain(outcome)} for outcome in outcomes]
    cells = [
        CellOutcome(printed="hello", value="3"),
        CellOutcome(raised=Raised("E", "m"), stopped="refused", reason="r"),
    ]
    said += [{"request": 7, "says": messages.cell_to_plain(cell)} for cell in cells]
    said += [np.ones((2, 1, 3), code) for code in ("?", "i1", "i8", "u2", "u8", "f2", "f4", "f8", "c8", "c16")]
    said += [np.zeros((0, 7)), np.array(3.0), None, True, 2**500, float("nan"), "\U0001f600", [], (), {}]
    return [b"".join(encode(value)) for value in said]


# --- changes -------------------------------------------------------------------------------------------------------

_LEAVES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 7, 2**31, 2**63, -(2**600), 0.5, -0.0, 1e308, math.nan, math.inf, "", "\ud800"),
    *("\r\n", "\0", "x" * 300, "\U0001f600", [], {}, [[]]),
)
NOTEBOOK_WORDS = (
    *("cells", "worksheets", "source", "input", "cell_type", "metadata", "nbgrader", "tags", "id", "layers_by_hand"),
    *("chapter", "code", "markdown", "raw", "grade_id", "solution", "outputs", "execution_count", "# %%", "# In[1]:"),
    *("<<<<<<< ", ">>>>>>> ", "linear"),
)
FRAME_WORDS = (
    *("list", "tuple", "dict", "array", "complex", "opaque", "<f8", "|b1", "|O", "<U3", "<M8[s]", "<c16", "|i1"),
    *("request", "says", "returned", "raised", "missing", "changed", "warned", "printed", "seconds", "stopped"),
    *("reason", "timed_out", "refused", "complained", "value"),
)


def mutated_notebook(data: bytes, rng: Random) -> bytes:
    """Its JSON changed, where it has any that is not too deep, in an encoding that some editor writes."""
    try:
        text = json.dumps(_changed(json.loads(data), rng, NOTEBOOK_WORDS), ensure_ascii=rng.random() < 0.5)
    except (ValueError, RecursionError):
        return _scrambled(data, rng)
    code = rng.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32-be"))
    return text.encode(code, "surrogatepass")


def mutated_frame(data: bytes, rng: Random) -> bytes:
    """Its header changed, with sizes and a body that fit it more often than not: what fits nothing is soon refused."""
    size = PREFIX.unpack(data[: PREFIX.size])[0] if len(data) >= PREFIX.size else 0
    try:
        changed = _changed(json.loads(data[PREFIX.size : PREFIX.size + size]), rng, FRAME_WORDS)
        header, wanted = json.dumps(changed).encode(), _body_size(changed)
    except (ValueError, RecursionError):  # no JSON, or deeper than the walks through it go
        return _scrambled(data, rng)
    body = data[PREFIX.size + size :]
    if wanted < 4096 and rng.random() < 0.8:
        body = ((body or b"\1\2") * (wanted // max(len(body), 1) + 1))[:wanted]
    return forged(header, body)


def _body_size(tree: Any) -> int:
    """What the arrays of a header take, as far as they are any. Not by the decoder's own sums, which are on trial."""
    if not isinstance(tree, list):
        return 0
    if len(tree) == 3 and tree[0] == "array" and isinstance(tree[2], list):
        if any(type(size) is not int for size in tree[2]):  # a text times a number is a text without end
            return 0
        with contextlib.suppress(TypeError, ValueError):
            return max(0, np.dtype(tree[1]).itemsize * math.prod(tree[2]))
    return sum(map(_body_size, tree))


def forged(header: bytes, body: bytes = b"") -> bytes:
    """A frame with a header of one's own."""
    return PREFIX.pack(len(header), len(body)) + header + body


def _scrambled(data: bytes, rng: Random) -> bytes:
    """A piece of it replaced by a few bytes."""
    start = rng.randint(0, len(data))
    stop = min(len(data), start + rng.choice((0, 1, 1, 4, 40)))
    return data[:start] + bytes(rng.randrange(256) for _ in range(rng.randint(0, 4))) + data[stop:]


def _changed(tree: Any, rng: Random, words: Sequence[str]) -> Any:
    """The tree with one to four places in it changed: replaced, dropped, doubled, wrapped, or put in another place."""
    root = [tree]
    for _ in range(rng.randint(1, 4)):
        places = _places(root)
        holder, key = rng.choice(places)
        other, other_key = rng.choice(places)
        action = rng.randrange(6)
        if action == 0:
            holder[key] = rng.choice((*_LEAVES, *words))
        elif action == 1 and holder is not root:
            del holder[key]
        elif action == 2 and isinstance(holder, list) and holder is not root:
            holder.insert(key, holder[key])
        elif action == 3:
            holder[key] = rng.choice(([holder[key]], {rng.choice(words): holder[key]}))
        elif action == 4:
            holder[key] = json.loads(json.dumps(other[other_key]))  # a copy, so that the tree stays one
        elif isinstance(holder, dict):
            holder[rng.choice(words)] = holder.pop(key)
    return root[0]


def _places(root: list[Any]) -> list[tuple[Any, Any]]:
    """The places of a tree, as (what holds it, index or key): those near the top more often than those far down."""
    found: list[tuple[Any, Any]] = []
    level: list[Any] = [root]
    for _ in range(8):
        here = [
            (holder, key) for holder in level for key in (holder if isinstance(holder, dict) else range(len(holder)))
        ]
        found += here
        level = [holder[key] for holder, key in here if isinstance(holder[key], list | dict)]
    return found or [(root, 0)]


# --- Hypothesis ----------------------------------------------------------------------------------------------------


def _made_like(seeds: Sequence[bytes], change: Callable[[bytes, Random], bytes]) -> st.SearchStrategy[bytes]:
    """Real inputs changed in depth, or with a piece of their bytes replaced."""
    of_real = st.sampled_from(seeds)
    deep = st.builds(change, of_real, st.randoms(use_true_random=False))
    return deep | st.builds(_scrambled, of_real, st.randoms(use_true_random=False)) | st.binary(max_size=200)


def _any_json(words: Sequence[str]) -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
    names = st.sampled_from(words) | st.text(max_size=3)
    return st.recursive(
        leaves | names,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=3),
        max_leaves=6,
    )


def _made_notebooks() -> st.SearchStrategy[bytes]:
    anything = _any_json(NOTEBOOK_WORDS)
    cells = st.dictionaries(st.sampled_from(NOTEBOOK_WORDS[:16]), anything, max_size=3)
    whole = st.fixed_dictionaries({"cells": st.lists(cells, max_size=2), "metadata": anything})
    return _made_like(notebooks(), mutated_notebook) | (whole | anything).map(json.dumps).map(str.encode)


def _made_frames() -> st.SearchStrategy[bytes]:
    headers = _any_json(FRAME_WORDS).map(json.dumps).map(str.encode)
    return _made_like(real_frames(), mutated_frame) | st.builds(forged, headers, st.binary(max_size=64))


TARGETS = {
    "reader": Target(check_reader, notebooks, mutated_notebook, _made_notebooks, NOTEBOOK_WORDS),
    "decoder": Target(check_decoder, real_frames, mutated_frame, _made_frames, FRAME_WORDS),
}
