"""A student's functions of earlier notebooks, brought into the one that builds on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from autograder.bring import MARK

RELU = """
from __future__ import annotations
import numpy as np
_ZERO = 0

def _helper(x):
    return np.maximum(x, _ZERO)

def relu_forward(x):
    '''Mine.'''
    return _helper(x), x
"""
LINEAR = """
import numpy as np
def _helper(x):
    return x.reshape(len(x), -1)
def linear_forward(x, weight, bias):
    return _helper(x) @ weight + bias, x
"""
STUB = 'def linear_backward(dout, cache):\n    """What."""\n    raise NotImplementedError("your turn")'


def notebook(folder: Path, chapter: str, *cells: str, tag: str = "") -> None:
    written = [
        {"cell_type": "code", "metadata": {"tags": [tag]} if tag and not number else {}, "source": cell}
        for number, cell in enumerate(cells)
    ]
    (folder / f"{chapter}.ipynb").write_text(json.dumps({"cells": written}))


class Shell:
    """As much of IPython as bring() asks for."""

    def __init__(self) -> None:
        self.cells: list[str] = []

    def set_next_input(self, text: str) -> None:
        self.cells.append(text)


def brought(folder: Path, shell: Shell | None = None) -> dict[str, Any]:
    namespace: dict[str, Any] = {"folder": folder}
    if shell is not None:
        namespace["get_ipython"] = lambda: shell
    exec("from autograder.bring import bring\nbring(folder)", namespace)
    return namespace


def class_of_two(folder: Path) -> None:
    notebook(folder, "linear", LINEAR, STUB, "x = undefined", "def broken(:", "%matplotlib inline")
    notebook(folder, "activations", RELU)


def test_functions_come_with_their_own_helpers_though_these_have_one_name(tmp_path: Path, capsys) -> None:
    class_of_two(tmp_path)
    mine = brought(tmp_path)
    assert mine["relu_forward"](np.array([-1.0, 2.0]))[0].tolist() == [0.0, 2.0]
    assert mine["linear_forward"](np.ones((2, 1, 3)), np.ones((3, 1)), 1.0)[0].tolist() == [[4.0], [4.0]]
    assert "_helper" not in mine
    assert "linear_backward" not in mine
    said = capsys.readouterr().out
    assert said.startswith("Brought 2 functions from linear.ipynb, activations.ipynb.")
    assert "still a stub: linear_backward, " in said


def test_the_code_becomes_a_cell_that_stands_alone(tmp_path: Path) -> None:
    class_of_two(tmp_path)
    shell = Shell()
    brought(tmp_path, shell)
    (cell,) = shell.cells
    assert cell.startswith(MARK)
    alone: dict[str, Any] = {}
    exec(cell, alone)
    assert alone["relu_forward"](np.array([-1.0, 2.0]))[0].tolist() == [0.0, 2.0]
    notebook(tmp_path, "training", cell)
    brought(tmp_path, shell)
    assert len(shell.cells) == 1, "the notebook carries it already"


def test_experiments_and_damaged_notebooks_bring_nothing(tmp_path: Path, capsys) -> None:
    notebook(tmp_path, "activations", RELU, tag="experiment")
    (tmp_path / "linear.ipynb").write_text("{")
    assert "relu_forward" not in brought(tmp_path)
    assert "Lay this notebook into the folder" in capsys.readouterr().out
