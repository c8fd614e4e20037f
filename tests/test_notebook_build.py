"""The notebooks and the book's blocks are what their sources say, all of it, and no answer."""

from __future__ import annotations

import ast
import inspect
import json
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from autograder import build, registry
from autograder.build import COURSE, Incomplete
from autograder.notebook.read import read
from autograder.notebook.source import CourseFault, read_chapter
from autograder.notebook.stub import Solutions, read_solutions
from autograder.registry import CHAPTERS, exercises

GENERATED = [
    f"{folder}/{name}"
    for name in CHAPTERS
    for folder, name in (("exercises", f"{name}.ipynb"), ("book/exercises", f"{name}.md"))
]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course's sources, with all that is made of them."""
    for folder in ("exercises", "solutions", "book/exercises"):
        shutil.copytree(COURSE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return tmp_path


def cells(name: str) -> dict[str, Any]:
    document = json.loads((COURSE / "exercises" / f"{name}.ipynb").read_text(encoding="utf-8"))
    found = {cell["id"]: cell for cell in document["cells"]}
    assert len(found) == len(document["cells"]), "two cells with one id"
    return found


# --- what is committed ---------------------------------------------------------------------------------------------


def test_committed_files_are_what_the_sources_give() -> None:
    assert build.stale() == []


def test_building_again_gives_the_same_bytes(course: Path) -> None:
    for name in GENERATED:
        (course / name).unlink()
    assert build.build(course) == [course / name for name in GENERATED]
    for name in GENERATED:
        assert (course / name).read_bytes() == (COURSE / name).read_bytes()
    assert build.build(course) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_notebook_is_valid_and_read_back_whole(name: str) -> None:
    path = COURSE / "exercises" / f"{name}.ipynb"
    nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))
    found = read(path)
    assert found.chapter == name
    assert {cell.grade_id for cell in found.cells} >= {*exercises(name), *(f"{one}-stub" for one in exercises(name))}


@pytest.mark.parametrize("name", CHAPTERS)
def test_each_exercise_has_its_task_its_stub_and_its_check(name: str) -> None:
    found = cells(name)
    tasks = read_chapter(COURSE / "exercises" / f"{name}.md").tasks
    for exercise in exercises(name).values():
        task = found[f"{exercise.name}-task"]["source"]
        text = "".join(task)
        assert tasks[exercise.name].text in text
        assert f"{exercise.points:g} points · about {tasks[exercise.name].minutes} minutes" in text
        stub = found[f"{exercise.name}-stub"]["metadata"]["nbgrader"]
        assert (stub["grade_id"], stub["solution"], stub["grade"]) == (f"{exercise.name}-stub", True, False)
        check = found[f"{exercise.name}-check"]
        assert "".join(check["source"]) == f"check({exercise.name})"
        assert check["metadata"]["nbgrader"] == {
            "grade": True,
            "grade_id": exercise.name,
            "locked": True,
            "points": exercise.points,
            "schema_version": 3,
            "solution": False,
            "task": False,
        }
    order = [identifier for identifier in found if identifier.endswith(("-task", "-stub", "-check"))]
    assert order == [f"{one}-{part}" for one in exercises(name) for part in ("task", "stub", "check")]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_stub_has_the_signature_and_docstring_of_its_answer(name: str) -> None:
    found = cells(name)
    namespace: dict[str, Any] = {}
    # Compiled as the notebook compiles it: without this file's `from __future__ import annotations`.
    for cell in ("imports", *(f"{exercise}-stub" for exercise in exercises(name))):
        exec(compile("".join(found[cell]["source"]), cell, "exec", dont_inherit=True), namespace)
    for exercise in exercises(name):
        stub, answer = namespace[exercise], getattr(import_module(f"solutions.{name}"), exercise)
        assert inspect.signature(stub) == inspect.signature(answer, eval_str=True)
        assert stub.__doc__ == answer.__doc__
        arguments = [np.zeros(1) for _ in inspect.signature(stub).parameters]
        with pytest.raises(NotImplementedError, match=f"your turn: {exercise}"):
            stub(*arguments)


def lines_of_answers(name: str) -> set[str]:
    """The lines of the bodies in a chapter's solutions: what stands below the docstrings."""
    found = set()
    for path in (COURSE / "solutions" / f"{name}.py", *(COURSE / "solutions").glob(f"{name}_*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                for statement in body:
                    found |= {line.strip() for line in ast.get_source_segment(text, statement).splitlines()}
    return {line for line in found if len(line) >= 12}


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_docstring_of_an_answer_names_what_it_returns(name: str) -> None:
    solutions = read_solutions(COURSE / "solutions", name)
    for exercise in exercises(name).values():
        if not exercise.design:
            named = solutions.returned(exercise.name)
            assert [("cache" if each == "state" else each) for each in named] == list(exercise.returns)


@pytest.mark.parametrize("generated", GENERATED)
def test_no_line_of_an_answer_is_in_anything_generated(generated: str) -> None:
    text = (COURSE / generated).read_text(encoding="utf-8")
    if generated.endswith(".ipynb"):
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    answers = {line for name in CHAPTERS for line in lines_of_answers(name)}
    assert len(answers) > 40
    assert not [line for line in answers if line in text]


@pytest.mark.parametrize("name", CHAPTERS)
def test_book_block_shows_the_exercises_without_tasks_or_metadata(name: str) -> None:
    text = (COURSE / "book" / "exercises" / f"{name}.md").read_text(encoding="utf-8")
    assert f"<../exercises/{name}.ipynb>" in text
    assert "nbgrader" not in text
    for exercise, task in read_chapter(COURSE / "exercises" / f"{name}.md").tasks.items():
        assert f"(exercise-{exercise.replace('_', '-')})=\n### Exercise: `{exercise}`" in text
        assert f'raise NotImplementedError("your turn: {exercise}' in text
        assert task.text not in text
        assert all(hint not in text for hint in task.hints)
    assert "Contract: `relu_forward(x)` returns `out, cache`." in text or name != "activations"


# --- what is missing, stale, stray or at fault ---------------------------------------------------------------------


def faults(course: Path) -> list[str]:
    """What `stale` says; `build` refuses with the same words and writes nothing."""
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    said = build.stale(course)
    assert all("\n" not in line for line in said)
    with pytest.raises(Incomplete) as caught:
        build.build(course)
    assert set(caught.value.faults) <= set(said)
    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == before
    return said


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_stale_or_missing_file_is_named_with_the_command_that_mends_it(course: Path) -> None:
    change(course / "exercises" / "linear.ipynb", "check(linear_forward)", "check(linear_forward) ")
    (course / "book" / "exercises" / "activations.md").unlink()
    stale, missing = build.stale(course)
    assert stale.startswith("exercises/linear.ipynb is stale")
    assert missing.startswith("book/exercises/activations.md is missing")
    assert all(line.endswith("run `autograder build`") for line in (stale, missing))
    assert [path.name for path in build.build(course)] == ["linear.ipynb", "activations.md"]
    assert build.stale(course) == []


def test_a_changed_source_makes_what_is_made_of_it_stale(course: Path) -> None:
    change(course / "solutions" / "linear.py", "The only source of randomness".lower(), "where randomness comes from")
    assert [line.split()[0] for line in build.stale(course)] == ["exercises/linear.ipynb", "book/exercises/linear.md"]


def test_a_missing_or_unknown_half_stops_the_build(course: Path) -> None:
    change(course / "solutions" / "linear.py", "def linear_backward", "def linear_back")
    said = faults(course)
    assert any("linear_backward has no half in solutions/linear.py" in line for line in said)
    assert any("linear_back has no half in exercises/linear.md" in line for line in said)


def test_a_task_left_out_stops_the_build(course: Path) -> None:
    change(course / "exercises" / "linear.md", "{exercise} kaiming_normal", "{exercise} kaiming")
    said = faults(course)
    assert any("kaiming_normal has no half in exercises/linear.md" in line for line in said)
    assert any("kaiming has no half in autograder/checks/linear.py" in line for line in said)


def test_too_few_and_stray_mistakes_stop_the_build(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("autograder.mistakes.linear")
    some = [one for one in module.MISTAKES if not one.id.startswith("linear_forward.")]
    of_another = import_module("autograder.mistakes.activations").MISTAKES[0]
    monkeypatch.setattr(module, "MISTAKES", [*some, of_another])
    said = faults(course)
    assert any("linear_forward has 0 mistakes" in line for line in said)
    assert any(
        f"the mistake {of_another.id} in autograder/mistakes/linear.py belongs to no exercise" in line for line in said
    )


@pytest.mark.parametrize(
    "stray",
    [
        "exercises/old.ipynb",
        "exercises/old.md",
        "book/exercises/old.md",
        "solutions/old.py",
        "solutions/convolution_old.py",
    ],
)
def test_a_stray_file_stops_the_build(course: Path, stray: str) -> None:
    (course / stray).write_text("")
    assert [line.split()[0] for line in faults(course)] == [stray]


def test_a_chapter_without_rooms_is_told_where_to_begin(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "CHAPTERS", (*CHAPTERS, "pooling_2"))
    assert any("write autograder/checks/pooling_2.py" in line for line in faults(course))


def test_no_course_here(tmp_path: Path) -> None:
    assert faults(tmp_path) == ["the course's sources are not here; run `autograder build` in a checkout of the course"]


# --- stubs ---------------------------------------------------------------------------------------------------------

ODD = '''\
from collections.abc import Sequence as Seq, Mapping
import numpy as np
from other import *

def wide(
    x: Seq[int],  # kept as written
    size: int | tuple[int, int] = (2, 3),
    *,
    mode: str = "same",
) -> np.ndarray:
    """Say what.

    And how.
    """
    return _secret(x)

def _secret(x): return x

def bare(x):
    return x

def unknown(x: Array) -> None:
    """Doc."""
'''


def test_a_stub_keeps_the_signature_as_it_is_written() -> None:
    solutions = Solutions("solutions/odd.py", ODD)
    assert solutions.functions == ("wide", "bare", "unknown")
    assert solutions.stub("wide") == ODD[ODD.index("def wide") : ODD.index("    return _secret")] + (
        '    raise NotImplementedError("your turn: wide")'
    )
    assert solutions.signature("wide") == "wide(x, size=(2, 3), *, mode='same')"
    assert solutions.imports(["wide"]) == ("from collections.abc import Sequence as Seq",)


def test_answers_are_gathered_from_the_files_beside_a_chapters_own() -> None:
    own = "from solutions.odd_parts import wide, bare\nfrom solutions.others import old\n\ndef last(y):\n    pass\n"
    solutions = Solutions("solutions/odd.py", own, {"solutions/odd_parts.py": ODD})
    assert solutions.functions == ("last", "wide", "bare")
    assert solutions.stub("wide") == Solutions("solutions/odd_parts.py", ODD).stub("wide")
    assert solutions.imports(["wide"]) == ("from collections.abc import Sequence as Seq",)
    with pytest.raises(CourseFault, match=r"solutions/odd_parts.py, line 19: bare has no docstring"):
        solutions.stub("bare")
    with pytest.raises(CourseFault, match=r"solutions/odd.py has no function unknown"):
        solutions.stub("unknown")


def test_an_answer_of_which_no_stub_can_be_made_is_named() -> None:
    solutions = Solutions("solutions/odd.py", ODD)
    with pytest.raises(CourseFault, match="line 19: bare has no docstring"):
        solutions.stub("bare")
    with pytest.raises(CourseFault, match="a signature uses Array, which is not imported"):
        solutions.imports(["unknown"])
    with pytest.raises(CourseFault, match="has no function missing"):
        solutions.stub("missing")
    with pytest.raises(CourseFault, match=r"solutions/odd.py, line 1: .*mend the syntax"):
        Solutions("solutions/odd.py", "def f(:")
