"""Imports run one way: each room of the engine imports from the rooms below it, and nothing in it knows a layer."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "autograder"

# From the bottom up; rooms in one line do not know each other.
FLOORS = (
    ("show",),
    ("exercise",),
    ("pace", "training_loop"),
    ("calls", "compare", "measures", "gradients"),
    ("diagnose", "checks", "mistakes"),
    ("registry",),
    ("answers", "brought"),
    ("bring",),
    ("deviations", "answer_file"),
    ("following",),
    ("trial",),
    ("marks", "recognise", "detours"),
    ("findings",),
    ("checking",),
    ("notebook",),
    ("answer_data",),
    ("local", "build", "sandbox", "packaging_hook", "live", "editions"),
    ("session", "grading", "book"),
    ("demo",),
    ("cli",),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The rooms that a file imports from, whether at its top or inside a function."""
    rooms = set()
    tree = ast.parse(path.read_text())
    tree.body = [
        node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "autograder":
            rooms |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograder."):
            rooms.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            rooms |= {a.name.split(".")[1] for a in node.names if a.name.startswith("autograder.")}
    return rooms & FLOOR_OF.keys()


FILES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if room_of(path) not in ("__init__", "__main__") and "work" not in path.relative_to(PACKAGE).parts
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_from_below(path: Path) -> None:
    own = room_of(path)
    above = {room for room in imported(path) - {own} if FLOOR_OF[room] >= FLOOR_OF[own]}
    assert above == set()


def test_every_room_has_its_floor() -> None:
    assert {room_of(path) for path in FILES} == FLOOR_OF.keys()


def test_the_engine_knows_no_layer() -> None:
    """Outside checks, mistakes and the demo no code names a function of the contract."""
    telling = [
        path
        for path in FILES
        if room_of(path) not in ("checks", "mistakes", "demo")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute)
        and str(getattr(node, "id", getattr(node, "attr", ""))).startswith(("linear_", "relu_", "conv2d_", "softmax_"))
    ]
    assert telling == []
