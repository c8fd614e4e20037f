"""A student's functions of earlier notebooks, brought into the one that builds on them."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import check, registry
from autograder.bring import FROM_REFERENCE, MARK, from_reference, marked
from autograder.exercise import Finding, Verdict
from autograder.local import check_functions

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


def brought(folder: Path, shell: Shell | None = None, reference: Any = ()) -> dict[str, Any]:
    namespace: dict[str, Any] = {"folder": folder, "reference": reference}
    if shell is not None:
        namespace["get_ipython"] = lambda: shell
    exec("from autograder import bring\nbring(folder, reference)", namespace)
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


# --- from the reference --------------------------------------------------------------------------------------------


def test_what_is_missing_comes_from_the_reference_with_its_other_half_and_is_marked(tmp_path: Path, capsys) -> None:
    """The reference's backward reads its own forward's cache, so that a student's forward gives way to it."""
    class_of_two(tmp_path)
    shell = Shell()
    mine = brought(tmp_path, shell, reference=["linear_backward", "conv_transpose2d_forward"])
    (cell,) = shell.cells
    alone: dict[str, Any] = {}
    exec(cell, alone)
    for names in (mine, alone):
        out, cache = names["linear_forward"](np.ones((2, 1, 3)), np.ones((3, 1)), np.ones(1))
        assert [each.shape for each in names["linear_backward"](out, cache)] == [(2, 1, 3), (3, 1), (1,)]
        out, cache = names["conv_transpose2d_forward"](np.ones((1, 2, 3, 4)), np.ones((2, 1, 2, 2)), np.ones(1))
        assert names["conv_transpose2d_backward"](out, cache)[0].shape == (1, 2, 3, 4)
        assert names["relu_forward"].__doc__ == "Mine."
        assert "max_pool2d_forward" not in names
    taken = ["linear_forward", "linear_backward", "conv_transpose2d_forward", "conv_transpose2d_backward"]
    assert list(alone[FROM_REFERENCE]) == from_reference(["x = 1", cell]) == taken
    said = capsys.readouterr().out
    assert said.startswith(
        "Brought 1 functions from linear.ipynb, activations.ipynb.\nFrom the reference: linear_forward"
    )
    assert "still a stub: xavier_uniform, " in said


def test_every_function_of_the_reference_stands_alone_and_is_right(tmp_path: Path) -> None:
    mine = brought(tmp_path, reference=True)
    for chapter in registry.CHAPTERS[:-1]:
        for name in registry.exercises(chapter):
            assert check_functions(mine, name).passed, name


def test_what_no_chapter_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'lstm_foward': did you mean lstm_forward"):
        brought(tmp_path, reference=["lstm_foward"])


def test_without_the_reference_at_hand_it_says_so(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules["autograder.bring"], "REFERENCE", tmp_path / "nowhere")
    assert "linear_forward" not in brought(tmp_path, reference=["linear_forward"])
    assert "your instructor can hand it out" in capsys.readouterr().out


def test_a_verdict_on_a_network_tells_what_was_not_the_student_s_own() -> None:
    passed = Verdict("ConvNet", "passed", 30.0, 30.0, (Finding("values", True, "right"),))
    told = marked(passed, ["linear_forward", "linear_backward"])
    assert (told.passed, told.score) == (True, 30.0)
    words = "Built with the reference's linear_forward, linear_backward."
    assert words in str(told)
    assert words in told.as_dict()["findings"][-1]["message"]
    assert "linear_backward" in told._repr_mimebundle_()["text/html"]
    assert marked(passed, []) == passed
    step = Verdict("sgd_step", "passed", 6.0, 6.0, ())
    assert marked(step, ["linear_forward"]) == step


def test_the_local_check_reads_the_mark_beside_the_network(monkeypatch) -> None:
    notebook = types.ModuleType("notebook_at_work")
    monkeypatch.setitem(sys.modules, notebook.__name__, notebook)
    setattr(notebook, FROM_REFERENCE, ("lstm_forward", 3))
    exec("class ConvNet:\n    def __init__(self, rng):\n        raise OSError", vars(notebook))
    finding = check(notebook.ConvNet).findings[-1]
    assert (finding.check, finding.passed) == ("reference", True)
    assert "the reference's lstm_forward." in finding.message
