"""The reader takes any notebook a student can produce, however damaged, and says in one line why it cannot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.notebook.read import LARGEST, MOST_CELLS, Notebook, Unreadable, parse, read

STUB = "def linear_forward(x, weight, bias):\n    return x @ weight + bias, None"


def notebook(*cells: Any, **more: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


def code(source: Any = STUB, **more: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": []}
    return {**cell, "source": source, **more}


def as_bytes(document: Any) -> bytes:
    return json.dumps(document).encode()


def sources(data: bytes) -> list[str]:
    return [cell.source for cell in parse(data).cells if cell.kind == "code"]


def reason(data: bytes, python: bool = False) -> str:
    with pytest.raises(Unreadable) as caught:
        parse(data, python)
    assert "\n" not in caught.value.reason
    assert str(caught.value) == caught.value.reason
    return caught.value.reason


def test_a_sound_notebook_is_read_whole(tmp_path: Path) -> None:
    ours = {"nbgrader": {"grade_id": "linear_forward-stub", "solution": True}, "tags": ["setup"]}
    text = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": ["# Hallo\n", "π"]}
    metadata = {"layers_by_hand": {"chapter": "linear"}}
    path = tmp_path / "linear.ipynb"
    path.write_bytes(as_bytes(notebook(text, code(metadata=ours), metadata=metadata)))
    found = read(path)
    assert found.chapter == "linear"
    assert [(cell.kind, cell.source, cell.id) for cell in found.cells] == [
        ("markdown", "# Hallo\nπ", "b"),
        ("code", STUB, "a"),
    ]
    assert found.cells[1].tags == ("setup",)
    assert found.cells[1].grade_id == "linear_forward-stub"


# --- damaged, and read all the same --------------------------------------------------------------------------------


@pytest.mark.parametrize("minor", range(6))
def test_every_version_4(minor: int) -> None:
    cell = code()
    if minor < 5:
        del cell["id"]
    document = nbformat.from_dict(notebook(cell, nbformat_minor=minor))
    nbformat.validate(document)
    assert sources(nbformat.writes(document).encode()) == [STUB]


def test_version_3() -> None:
    document = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(
                cells=[nbformat.v3.new_heading_cell("Linear"), nbformat.v3.new_code_cell(input=STUB)]
            )
        ]
    )
    data = nbformat.v3.writes_json(document).encode()
    assert sources(data) == [STUB]
    assert [cell.kind for cell in parse(data).cells] == ["markdown", "code"]


@pytest.mark.parametrize("version", [1, 5, 99, "4", None, float("nan")])
def test_the_stated_version_does_not_matter(version: Any) -> None:
    assert sources(as_bytes(notebook(code(), nbformat=version))) == [STUB]


def test_missing_and_doubled_ids() -> None:
    without = code()
    del without["id"]
    found = parse(as_bytes(notebook(code(), code(), without, code(id=7))))
    assert [cell.id for cell in found.cells] == ["a", "a", "", ""]


def test_bare_cells() -> None:
    assert sources(b'{"cells": [{"cell_type": "code", "source": "a = 1"}]}') == ["a = 1"]
    assert sources(b'{"cells": [{"outputs": [], "source": "a = 1"}]}') == ["a = 1"]
    assert sources(b'{"cells": [{"source": "text"}]}') == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\nb", "a\nb"),
        (["a\n", "b"], "a\nb"),
        (["a\r\n", "b\r\n"], "a\nb\n"),
        ("a\rb", "a\nb"),
        (["a\n", None, 3, ["x"], "b"], "a\nb"),
        ([], ""),
        (None, ""),
        (3, ""),
        ({"a": 1}, ""),
        ("\ud800 half", "\N{REPLACEMENT CHARACTER} half"),
        ("\ud83d\ude00", "\N{GRINNING FACE}"),
    ],
)
def test_sources_of_any_kind(source: Any, expected: str) -> None:
    assert sources(as_bytes(notebook(code(source)))) == [expected]


@pytest.mark.parametrize("metadata", [None, [], "x", {"tags": "setup"}, {"nbgrader": []}, {"tags": [1, None]}])
def test_stripped_and_broken_metadata(metadata: Any) -> None:
    found = parse(as_bytes(notebook(code(metadata=metadata), metadata=metadata)))
    assert found == Notebook(None, parse(as_bytes(notebook(code()))).cells)


@pytest.mark.parametrize("chapter", [None, 1, "../../etc", "", "a b", "x" * 101, ["linear"]])
def test_a_chapter_that_is_no_name_is_none(chapter: Any) -> None:
    assert parse(as_bytes(notebook(metadata={"layers_by_hand": {"chapter": chapter}}))).chapter is None


def test_cells_of_unknown_type_are_no_code() -> None:
    assert sources(as_bytes(notebook(code(cell_type="raw"), code(cell_type=None), 3, "x", None, code("a")))) == ["a"]


def test_an_answer_retyped_to_text_is_still_an_answer() -> None:
    answer = {"nbgrader": {"grade_id": "linear_forward-stub", "solution": True}}
    assert sources(as_bytes(notebook(code(cell_type="markdown", metadata=answer)))) == [STUB]


def test_check_cells_deleted_copied_or_edited_change_no_code() -> None:
    check = code("check(linear_forward)", metadata={"nbgrader": {"grade_id": "linear_forward", "grade": True}})
    for cells in ([code()], [code(), check], [code(), check, check], [check, code()]):
        assert STUB in sources(as_bytes(notebook(*cells)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding: str) -> None:
    text = json.dumps(notebook(code("π = 3  # über")), ensure_ascii=False)
    assert sources(text.encode(encoding)) == ["π = 3  # über"]


def test_an_old_windows_encoding() -> None:
    text = json.dumps(notebook(code("a = 1  # über")), ensure_ascii=False)
    assert sources(text.encode("cp1252")) == ["a = 1  # über"]


def test_odd_json_that_still_holds_the_code() -> None:
    body = json.dumps(notebook(code(), outputs=[float("nan"), float("inf"), 10**400]), indent=1)
    assert "NaN" in body
    assert sources(body.encode()) == [STUB]
    assert sources(body.replace("\n", "\r\n").encode()) == [STUB]
    assert sources(b'{"n": ' + b"1" * 5000 + b"," + body.encode()[1:]) == [STUB]
    assert sources(f"\n\n {body}\n}}\n  ]rest of an older, longer file".encode()) == [STUB]
    assert sources(body.encode() + b"\0" * 512) == [STUB]
    assert sources(b'{"cells": [{"cell_type": "code", "source": "a\tb\nc"}]}') == ["a\tb\nc"]


# --- unreadable, with the reason -----------------------------------------------------------------------------------

SOUND = json.dumps(notebook(code()), indent=1).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"\0" * 4096, "empty"),
        (SOUND[:-40], "breaks off in line"),
        (SOUND[: SOUND.index(b"linear_forward") + 3], "breaks off in line"),
        (SOUND.replace(b'"cells": [', b'"cells": [,'), "damaged in line 2"),
        (b"{}", "no list of cells"),
        (b'{"cells": {"a": 1}}', "no list of cells"),
        (b'{"worksheets": [3, {}]}', "no list of cells"),
        (b"[1, 2]", "not a notebook"),
        (b'"text"', "not a notebook"),
        (b"null", "not a notebook"),
        (b"def f(): pass", "no JSON"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"\n<html>", "web page"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"\x1f\x8brest", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (bytes(range(256)), "binary"),
        (b"[" * 500_000, "nested too deeply"),
        (b'{"cells":' * 500_000, "nested too deeply"),
        (b'{"cells": [' + b"{}," * 1_000_000 + b"{}]}", "too much data"),
        (as_bytes(notebook(*[{}] * (MOST_CELLS + 1))), "more than"),
        (b" " * (LARGEST + 1), "larger than 32 MB"),
        (
            SOUND.replace(b' "cells"', b'<<<<<<< HEAD\n "cells": [],\n=======\n "cells"') + b"\n>>>>>>> theirs\n",
            "merge-conflict",
        ),
    ],
)
def test_what_is_no_notebook(data: bytes, says: str) -> None:
    assert says in reason(data)


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    paths = [tmp_path, tmp_path / "pipe.ipynb", tmp_path / "missing.ipynb", Path("a\0b"), tmp_path / ("x" * 5000)]
    for path in [*paths, Path("/dev/zero")]:
        with pytest.raises(Unreadable) as caught:
            read(path)
        assert "\n" not in caught.value.reason


# --- Python files --------------------------------------------------------------------------------------------------


def test_python_files(tmp_path: Path) -> None:
    path = tmp_path / "linear.PY"
    path.write_bytes(b"\xef\xbb\xbfimport numpy as np\r\n\r\n# a % b\r\nx = 1\r\n")
    assert [cell.source for cell in read(path).cells] == ["import numpy as np\n\n# a % b\nx = 1"]
    path.write_text("import numpy\n# %% [markdown]\n# # Title\n# %% forward\n\na = 1\n#%%\n%time\n# In[ ]:\n\nb = 2\n")
    cells = read(path).cells
    assert [cell.source for cell in cells] == ["import numpy", "# # Title", "a = 1", "%time", "b = 2"]
    assert [cell.kind for cell in cells] == ["code", "markdown", "code", "code", "code"]


def test_python_files_that_cannot_be_read() -> None:
    assert "empty" in reason(b"\n", python=True)
    assert "merge-conflict" in reason(b"<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> b\n", python=True)
    assert "more than" in reason(b"# %%\na\n" * (MOST_CELLS + 1), python=True)


# --- anything at all -----------------------------------------------------------------------------------------------

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
keys = st.sampled_from(
    ["cells", "worksheets", "source", "input", "cell_type", "metadata", "nbgrader", "tags", "id", "layers_by_hand"]
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(), inner, max_size=6)
)
cells_of_any_kind = st.dictionaries(keys, values | st.sampled_from(["code", "markdown", "raw"]))


def survives(data: bytes, python: bool = False) -> None:
    try:
        found = parse(data, python)
    except Unreadable as error:
        assert error.reason.isprintable()  # noqa: PT017
        return
    for cell in found.cells:
        assert cell.kind in ("code", "markdown")
        for text in (cell.source, cell.id, cell.grade_id or "", *cell.tags):
            text.encode()
            assert "\r" not in text


@given(st.binary(max_size=2000), st.booleans())
def test_any_bytes(data: bytes, python: bool) -> None:
    survives(data, python)


@given(values | st.fixed_dictionaries({"cells": st.lists(cells_of_any_kind), "metadata": values}))
def test_any_json(document: Any) -> None:
    survives(json.dumps(document).encode())


@given(st.data())
def test_a_notebook_with_bytes_changed_or_cut(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SOUND)))
    stop = data.draw(st.integers(start, len(SOUND)))
    survives(SOUND[:start] + data.draw(st.binary(max_size=20)) + SOUND[stop:])
