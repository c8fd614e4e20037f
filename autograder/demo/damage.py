"""What happens to notebooks between the editor and the hand-in: each takes a document and gives the file's text."""

from __future__ import annotations

import copy
import json
import uuid
from typing import Any

Document = dict[str, Any]
Cell = dict[str, Any]


def whole(document: Document) -> str:
    """Nothing happened."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def cut_short(document: Document) -> str:
    """The upload broke off."""
    text = whole(document)
    return text[: len(text) * 2 // 3]


def empty(_document: Document) -> str:
    """The disk was full."""
    return ""


def merge_conflict(document: Document) -> str:
    """Two partners changed the same line, and the file went into the hand-in as git left it."""
    lines = whole(document).splitlines(keepends=True)
    middle = len(lines) // 2
    theirs = lines[middle].replace("weight", "w")
    conflict = ["<<<<<<< HEAD\n", lines[middle], "=======\n", theirs, ">>>>>>> partner/tuesday\n"]
    return "".join([*lines[:middle], *conflict, *lines[middle + 1 :]])


def old_format(document: Document) -> str:
    """Saved by an editor that still writes nbformat 3: worksheets, `input` for `source`, no cell ids."""
    cells = []
    for cell in document["cells"]:
        old = {key: value for key, value in cell.items() if key not in ("id", "source", "outputs", "execution_count")}
        if cell["cell_type"] == "code":
            old |= {"input": cell["source"], "language": "python", "outputs": [], "collapsed": False}
        else:
            old |= {"source": cell["source"]}
        cells.append(old)
    worksheets = [{"cells": cells, "metadata": {}}]
    return whole({"metadata": document["metadata"], "nbformat": 3, "nbformat_minor": 0, "worksheets": worksheets})


def stripped(document: Document) -> str:
    """A tool that makes notebooks "clean" took every piece of metadata and every id out."""
    cells = [
        {key: value for key, value in cell.items() if key != "id"} | {"metadata": {}} for cell in document["cells"]
    ]
    return whole({**document, "metadata": {}, "nbformat_minor": 4, "cells": cells})


def checks_deleted(document: Document) -> str:
    """The check cells were in the way."""
    return whole({**document, "cells": [cell for cell in document["cells"] if not _graded(cell)]})


def checks_copied(document: Document) -> str:
    """Each check cell stands there twice, with the same grade_id, and every cell of the notebook has the same id."""
    cells = []
    for cell in document["cells"]:
        cells.append(cell)
        if _graded(cell):
            cells.append(copy.deepcopy(cell))
    return whole({**document, "cells": [{**cell, "id": "cell"} for cell in cells]})


def points_raised(document: Document) -> str:
    """The points in the metadata were raised and the check cells made to show full marks, unlocked and skipped."""

    def forged(cell: Cell) -> Cell:
        if not _graded(cell):
            return cell
        metadata = copy.deepcopy(cell["metadata"])
        metadata["nbgrader"] |= {"points": 1000, "locked": False}
        metadata["tags"] = ["skip-execution"]
        data = {"text/plain": ["1000.0"]}
        output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}
        return {**cell, "metadata": metadata, "source": "1000.0", "outputs": [output]}

    return whole({**document, "cells": [forged(cell) for cell in document["cells"]]})


def code_cell(source: str) -> Cell:
    """A new cell, as Jupyter makes one."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": uuid.uuid5(uuid.NAMESPACE_OID, source).hex[:8],
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def _graded(cell: Cell) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get("grade"))
