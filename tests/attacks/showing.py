"""Attacks on whoever reads: HTML, commands to a terminal, formulas and paths, in all that a submission brings along."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HTML = "<script>alert('owned')</script><img src=x onerror=alert('owned')>"
LINK = "[click](javascript:alert('owned')) <a href=javascript:alert('owned')>here</a>"
TERMINAL = "\x1b]0;owned\x07\x1b[2J\x1b[31m"
BACKWARDS = "owned \u202e\u2066"
FORMULA = "=HYPERLINK(1,2)+owned"

_RAISE = "def linear_forward(x, weight, bias):\n    raise {what}\n"


@dataclass(frozen=True)
class Shown:
    """A hostile student: `payload` is what must not act, `code` what brings it; or the folder's name does."""

    name: str
    payload: str
    code: str = ""
    student: str = ""
    edit: Callable[[dict[str, Any]], None] | None = None


def _markdown(text: str) -> Callable[[dict[str, Any]], None]:
    def edit(document: dict[str, Any]) -> None:
        document["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": text})

    return edit


def _output(document: dict[str, Any]) -> None:
    shown = {"text/html": HTML, "application/javascript": "alert('owned')", "text/plain": HTML}
    document["cells"][0]["outputs"] = [
        {"output_type": "display_data", "data": shown, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": HTML + TERMINAL},
    ]


def _names(document: dict[str, Any]) -> None:
    document["metadata"] = {
        "kernelspec": {"name": HTML, "display_name": HTML, "language": HTML},
        "language_info": {"name": HTML, "pygments_lexer": HTML, "file_extension": HTML},
        "title": HTML,
        "authors": [{"name": HTML}],
    }


def _cells(document: dict[str, Any]) -> None:
    for cell in document["cells"]:
        cell["id"] = HTML
        cell["metadata"] = {"tags": [HTML], "name": HTML, "nbgrader": {"grade_id": HTML, "solution": True}}


def _attachment(document: dict[str, Any]) -> None:
    cell = {"cell_type": "markdown", "metadata": {}, "source": "![x](attachment:x.svg)"}
    document["cells"].insert(0, cell | {"attachments": {"x.svg": {"image/svg+xml": f"<svg onload=alert(1)>{HTML}"}}})


_PAYLOADS = {"HTML": HTML, "a link": LINK, "terminal commands": TERMINAL, "text backwards": BACKWARDS}

SHOWN = [
    *(
        Shown(f"{kind} in a message", text, _RAISE.format(what=f"ValueError({text!r})"))
        for kind, text in _PAYLOADS.items()
    ),
    *(
        Shown(f"{kind} in an exception's name", text, _RAISE.format(what=f"type({text!r}, (Exception,), {{}})()"))
        for kind, text in _PAYLOADS.items()
    ),
    *(
        Shown(
            f"{kind} in a result's name", text, f"def linear_forward(*a):\n    return type({text!r}, (), {{}})(), 0\n"
        )
        for kind, text in _PAYLOADS.items()
    ),
    Shown("HTML in a result", HTML, f"def linear_forward(*a):\n    return {HTML!r}, 0\n"),
    Shown("HTML in a cell that fails", HTML, f"def linear_forward(*a):\n    pass\nraise ValueError({HTML!r})\n"),
    Shown(
        "terminal commands in a warning",
        TERMINAL,
        f"import warnings\ndef linear_forward(*a):\n    warnings.warn({TERMINAL!r})\n",
    ),
    Shown("HTML in the line that fails", HTML, _RAISE.format(what=f'ValueError("x")  # {HTML}')),
    Shown(
        "HTML in a function's name", HTML, f"def linear_forward(*a):\n    1 / 0\nlinear_forward.__name__ = {HTML!r}\n"
    ),
    Shown("HTML printed", HTML, f"def linear_forward(*a):\n    print({HTML!r})\nprint({HTML!r})\n"),
    Shown("HTML in a text cell", HTML, edit=_markdown(HTML)),
    Shown("a link in a text cell", LINK, edit=_markdown(LINK)),
    Shown("HTML out of a fence", HTML, edit=_markdown("```\n````\n" + HTML)),
    Shown("HTML as a cell's output", HTML, edit=_output),
    Shown("HTML in the notebook's metadata", HTML, edit=_names),
    Shown("HTML in cells' metadata", HTML, edit=_cells),
    Shown("a picture that acts", HTML, edit=_attachment),
    Shown("a formula as a student", FORMULA, student=FORMULA),
    Shown("HTML as a student", "<img src=x onerror=alert('owned')>", student="<img src=x onerror=alert('owned')>"),
    Shown("terminal commands as a student", "\x1b[31mowned", student="\x1b[31mowned"),
    Shown("text backwards as a student", BACKWARDS, student=BACKWARDS),
]


def source(shown: Shown, wrong: str) -> str:
    """The student's notebook."""
    cells = ["import numpy as np", wrong, shown.code]
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [], "execution_count": None} for cell in cells
    ]
    document = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    if shown.edit is not None:
        shown.edit(document)
    return json.dumps(document)
