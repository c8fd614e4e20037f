"""Read whatever a student hands in: any notebook, however damaged, as far as it holds code. Standard library alone.

    read(path)  -> Notebook, or raises Unreadable with a reason of one line; nothing else, and it never hangs
    parse(data) -> the same from the file's bytes

A notebook is JSON of which only the code counts, so what stands beside it may be wrong in any way: the format's
version, ids, metadata, outputs and counts are taken where they make sense and passed over where they do not.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

# A notebook with a hundred figures has about ten million bytes. What is larger in any of these ways holds runaway
# output, or was made to fill the memory of whoever reads it.
LARGEST = 32_000_000
MOST_CELLS = 10_000
_MOST_BRACKETS = 1_000_000

_TOO_LARGE = "clear the outputs, save it and hand it in again"

_SAVE_AGAIN = "open the notebook in Jupyter, save it and hand in the saved file"

# How files begin that are handed in under a notebook's name.
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a zip archive", "unpack it and hand in the notebook inside"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and hand in the notebook inside"),
    (b"%PDF", "a PDF", "hand in the .ipynb file itself"),
    (b"\x89PNG", "a picture", "hand in the .ipynb file itself"),
    (b"version https://git-lfs", "a Git LFS pointer", "run `git lfs pull` and hand in the file that it fetches"),
)

# What begins a cell in a Python file: `# %%`, or what Jupyter writes when it saves a notebook as a script.
_CELL_MARK = re.compile(r"# ?%%(.*)|# In\[[ \d]*\]:()")


class Unreadable(Exception):
    """The file holds no notebook. `reason` is one line that names the fault and the mend."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Cell:
    """One cell. `id` is what the file says, or "": it may be missing, and two cells may share one."""

    source: str
    kind: Literal["code", "markdown"]
    id: str = ""
    tags: tuple[str, ...] = ()
    grade_id: str | None = None


@dataclass(frozen=True)
class Notebook:
    """The cells in their order, and the chapter where the metadata names one."""

    chapter: str | None
    cells: tuple[Cell, ...]


def read(path: Path) -> Notebook:
    """The notebook, or the .py file, at `path`."""
    path = Path(path)
    try:
        if not path.exists():
            raise Unreadable("there is no such file; check the name")
        if not path.is_file():
            raise Unreadable("it is not a file; name the notebook itself")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        detail = error.strerror if isinstance(error, OSError) and error.strerror else "its name is not a valid one"
        raise Unreadable(f"it cannot be opened: {detail}") from None
    return parse(data, python=path.suffix.lower() == ".py")


def parse(data: bytes, python: bool = False) -> Notebook:
    """The notebook, or where `python` is true the Python file, whose bytes are `data`."""
    if len(data) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST // 1_000_000} MB; {_TOO_LARGE}")
    for beginning, name, mend in _OTHER_FORMATS:
        if data.startswith(beginning):
            raise Unreadable(f"it is {name}, not a notebook; {mend}")
    text = _decoded(data)
    if not text.strip("\0 \t\r\n"):
        raise Unreadable(f"it is empty; {_SAVE_AGAIN}")
    return _from_python(text) if python else _from_json(text)


def _decoded(data: bytes) -> str:
    """The text, with or without a byte-order mark, in any UTF; what is none is taken for Windows' Western encoding."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _from_json(text: str) -> Notebook:
    text = text.lstrip()
    if text.count("{") + text.count("[") > _MOST_BRACKETS:
        raise Unreadable(f"it holds too much data; {_TOO_LARGE}")
    # Integers are read as floats: Python refuses to convert those of more than 4300 digits, and none is needed here.
    decoder = json.JSONDecoder(strict=False, parse_int=float)
    try:
        # What follows the notebook is passed over: a shorter file saved over a longer one leaves such a rest.
        document, _ = decoder.raw_decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(_why_no_json(text, error)) from None
    except RecursionError:
        raise Unreadable("its JSON is nested too deeply for a notebook") from None
    except MemoryError:
        raise Unreadable(f"it needs too much memory; {_TOO_LARGE}") from None
    if not isinstance(document, dict):
        raise Unreadable("it is JSON but not a notebook; hand in the .ipynb file itself")
    lists = [document.get("cells")]
    worksheets = document.get("worksheets")  # nbformat 2 and 3
    if isinstance(worksheets, list):
        lists += [sheet.get("cells") for sheet in worksheets if isinstance(sheet, dict)]
    if not any(isinstance(cells, list) for cells in lists):
        raise Unreadable("it is JSON but not a notebook: it has no list of cells; hand in the .ipynb file itself")
    found = [cell for cells in lists if isinstance(cells, list) for cell in cells if isinstance(cell, dict)]
    _refuse_too_many(len(found))
    return Notebook(_chapter(document), tuple(_cell(cell) for cell in found))


def _refuse_too_many(cells: int) -> None:
    if cells > MOST_CELLS:
        raise Unreadable(f"it has more than {MOST_CELLS} cells; begin anew from the course's notebook")


def _why_no_json(text: str, error: json.JSONDecodeError) -> str:
    if _in_conflict(text):
        return "it holds merge-conflict markers (<<<<<<< … >>>>>>>); resolve the conflict and save it again"
    if text.startswith("<"):
        return "it is a web page or XML, not a notebook; download the notebook itself, not the page that shows it"
    if not text.startswith("{"):
        binary = "\0" in text or "\N{REPLACEMENT CHARACTER}" in text
        return f"it is {'binary data' if binary else 'no JSON'}, not a notebook; hand in the .ipynb file itself"
    where = f"in line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip("\0 \t\r\n")) or error.msg.startswith("Unterminated string"):
        return f"its JSON breaks off {where}: the file is not complete; {_SAVE_AGAIN}"
    return f"its JSON is damaged {where}: {error.msg}; {_SAVE_AGAIN}"


def _in_conflict(text: str) -> bool:
    return bool(re.search(r"^<<<<<<< ", text, re.MULTILINE) and re.search(r"^>>>>>>> ", text, re.MULTILINE))


def _chapter(document: dict[str, Any]) -> str | None:
    name = _mapping(_mapping(document.get("metadata")).get("layers_by_hand")).get("chapter")
    # Whoever gets the name may look for files by it.
    return name if isinstance(name, str) and len(name) <= 100 and name.isidentifier() else None


def _cell(cell: dict[str, Any]) -> Cell:
    metadata = _mapping(cell.get("metadata"))
    nbgrader = _mapping(metadata.get("nbgrader"))
    tags = metadata.get("tags")
    identifier, grade_id = cell.get("id"), nbgrader.get("grade_id")
    return Cell(
        source=_source(cell),
        kind="code" if _is_code(cell, nbgrader) else "markdown",
        id=_text(identifier) if isinstance(identifier, str) else "",
        tags=tuple(_text(tag) for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        grade_id=_text(grade_id) if isinstance(grade_id, str) else None,
    )


def _is_code(cell: dict[str, Any], nbgrader: dict[str, Any]) -> bool:
    if cell.get("cell_type") == "code":
        return True
    if nbgrader.get("solution") is True:  # an answer's cell, retyped by a slip of the keyboard
        return True
    return "cell_type" not in cell and not {"outputs", "execution_count", "input"}.isdisjoint(cell)


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input"))  # nbformat 3 calls it input
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return _text(source) if isinstance(source, str) else ""


def _text(text: str) -> str:
    """Lines end in a line feed, and lone halves of surrogate pairs are replaced: no encoding takes them."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\r\n", "\n").replace("\r", "\n")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _from_python(text: str) -> Notebook:
    """A .py file: cells where `# %%` begins them (`# %% [markdown]` those of text), else one cell."""
    text = _text(text)
    if _in_conflict(text):
        raise Unreadable("it holds merge-conflict markers (<<<<<<< … >>>>>>>); resolve the conflict and save it again")
    cells: list[Cell] = []
    kind: Literal["code", "markdown"] = "code"
    lines: list[str] = []
    for line in [*text.split("\n"), "# %%"]:
        mark = _CELL_MARK.match(line)
        if not mark:
            lines.append(line)
            continue
        source = "\n".join(lines).strip("\n")
        if source:
            cells.append(Cell(source, kind))
        title = mark[1] or ""
        kind = "markdown" if any(word in title for word in ("[markdown]", "[md]", "[raw]")) else "code"
        lines = []
    _refuse_too_many(len(cells))
    return Notebook(None, tuple(cells))
