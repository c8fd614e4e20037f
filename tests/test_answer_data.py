"""The file that takes the place of the answers on a student's machine: whole, fresh, small, and kind when damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder import answer_data, registry
from autograder.answer_file import read, write
from autograder.local import check_functions


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of autograder/data."""
    monkeypatch.setattr(answer_data, "DATA", tmp_path / "data")
    answer_data.load.cache_clear()
    yield tmp_path / "data"
    answer_data.load.cache_clear()


@pytest.fixture
def student(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same on a machine without the course's sources."""
    monkeypatch.setattr(answer_data, "source_digest", lambda chapter: None)
    return data


def as_plain(value: object) -> object:
    """A value in which equality can be asked for."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, float):
        return repr(value)  # nan too is itself
    if isinstance(value, dict):
        return {key: as_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    return as_plain(vars(value)) if hasattr(value, "__dataclass_fields__") else value


@pytest.mark.parametrize("chapter", registry.CHAPTERS)
def test_keys_come_back_from_the_file_as_they_were(chapter: str) -> None:
    keys = answer_data.make(chapter)
    digest, stored = read(write("digest", keys))
    assert digest == "digest"
    assert as_plain(stored) == as_plain(keys)


@pytest.mark.parametrize("chapter", registry.CHAPTERS)
def test_keys_hold_three_hints_an_exercise(chapter: str) -> None:
    assert {len(key.hints) for key in answer_data.load(chapter).values()} == {3}


def test_a_missing_file_is_made_where_the_sources_are(data: Path) -> None:
    assert not check_functions({}, "linear_forward").passed
    assert (data / "linear.npz").is_file()
    assert not answer_data.is_stale("linear")


def test_a_stale_file_is_made_anew(data: Path) -> None:
    data.mkdir()
    (data / "linear.npz").write_bytes(write("older", {}))
    assert answer_data.is_stale("linear")
    answer_data.load("linear")
    assert not answer_data.is_stale("linear")


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"not a file of ours" * 99])
def test_a_missing_or_damaged_file_gets_a_sentence_with_the_mend(student: Path, content: bytes | None) -> None:
    if content is not None:
        student.mkdir()
        (student / "linear.npz").write_bytes(content)
    verdict = check_functions({}, "linear_forward")
    assert "unpack the course's bundle again" in str(verdict)


def test_every_cut_of_a_file_counts_as_damaged(student: Path) -> None:
    student.mkdir()
    whole = write("digest", {"linear_forward": answer_data.make("linear")["linear_forward"]})
    for end in range(0, len(whole), max(1, len(whole) // 50)):
        (student / "linear.npz").write_bytes(whole[:end])
        answer_data.load.cache_clear()
        with pytest.raises(answer_data.NoAnswerData):
            answer_data.load("linear")
