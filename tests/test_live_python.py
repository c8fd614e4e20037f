"""The engine in the pages' Python, under Node: Pyodide judges every exercise as any other Python does."""

from __future__ import annotations

import html
import json
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answer_search import answers_in
from judging import is_design
from live_folder import ROOT, answers, judged_under_node, live_folder, ran_under_node, stubs

from autograder import registry
from autograder.book import BookError, _live, pages
from autograder.live.packages import EDITOR, PYTHON, NoPackages, Pin, fetch, unpacked
from autograder.live.python import numpy_wheel
from autograder.show import clean

__all__ = ["live_folder"]

Tally = Callable[[str, bool], None]
EXERCISES = [(chapter, name) for chapter in registry.CHAPTERS for name in registry.exercises(chapter)]


def first_mistakes() -> Iterator[Any]:
    """Of each exercise, the first known mistake; networks, whose training takes a minute here, are right ones above."""
    for chapter, name in EXERCISES:
        if is_design(name):
            continue
        mistakes = import_module(f"autograder.mistakes.{chapter}").MISTAKES
        yield chapter, next(mistake for mistake in mistakes if mistake.id.startswith(f"{name}."))


def test_every_answer_passes_and_every_stub_is_not_attempted(live_folder: Path, tmp_path: Path, tally: Tally) -> None:
    tasks = [(chapter, name, answers(chapter)) for chapter, name in EXERCISES]
    tasks += [(chapter, name, stubs(chapter)) for chapter, name in EXERCISES]
    verdicts = judged_under_node(live_folder, tasks, tmp_path)
    assert [verdict["exercise"] for verdict in verdicts] == [name for _, name in EXERCISES] * 2
    assert [verdict for verdict in verdicts if "error" in verdict] == []
    right, untouched = verdicts[: len(EXERCISES)], verdicts[len(EXERCISES) :]
    for verdict in right:
        tally("answers that pass in the page's Python", verdict["state"] == "passed")
    assert {verdict["exercise"]: verdict["state"] for verdict in right} == {name: "passed" for _, name in EXERCISES}
    assert {verdict["state"] for verdict in untouched} == {"not_attempted"}
    # WebAssembly tells NumPy of no overflow, and the verdicts that this touches say so.
    unheard = {verdict["exercise"] for verdict in verdicts if "does not notice overflow" in verdict["html"]}
    assert unheard == {"sigmoid_forward", "max_norm"}


def test_a_mistake_of_each_exercise_is_told_in_its_own_words(live_folder: Path, tmp_path: Path) -> None:
    tasks, sentences = [], []
    for chapter, mistake in first_mistakes():
        cell = (
            f"from autograder.mistakes.{chapter} import MISTAKES\n"
            f"globals().update(next(known.functions for known in MISTAKES if known.id == '{mistake.id}'))"
        )
        name = mistake.id.partition(".")[0]
        tasks.append((chapter, name, answers(chapter) | dict.fromkeys(mistake.functions, cell)))
        sentences.append(html.escape(clean(mistake.sentence)))
    for task, sentence, verdict in zip(tasks, sentences, judged_under_node(live_folder, tasks, tmp_path), strict=True):
        assert verdict["state"] in ("failed", "partial"), task[1]
        assert sentence in verdict["html"], verdict


def test_the_cells_to_try_run_from_the_top_of_their_page(live_folder: Path, tmp_path: Path) -> None:
    cells = {page.stem: live_cells(page) for page in pages(ROOT / "book")}
    assert sum(map(len, cells.values())) >= 12
    for answer in ran_under_node(live_folder, cells, tmp_path):
        assert "error" not in answer, answer


def test_large_arrays_are_computed_with(live_folder: Path, tmp_path: Path) -> None:
    """NumPy takes the room of a large intermediate result for the next, after a look at who called."""
    (answer,) = ran_under_node(live_folder, {"any": ["a = np.ones(10**6)\nfloat(((a + 1) / 2).sum())"]}, tmp_path)
    assert answer["text"] == "1000000.0"


def live_cells(page: Path) -> list[str]:
    """The code of the cells tagged `live`."""
    found, cell = [], None
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```{code-cell}"):
            cell = []
        elif line == "```" and cell is not None:
            if any("live" in option for option in cell if option.startswith(":tags:")):
                found.append("\n".join(line for line in cell if not line.startswith(":tags:")))
            cell = None
        elif cell is not None:
            cell.append(line)
    return found


# --- what is assembled ---------------------------------------------------------------------------------------------


def test_a_package_that_is_not_the_pinned_one_is_refused() -> None:
    with pytest.raises(NoPackages, match=r"crelt 1\.0\.7.*SHA-512"):
        unpacked("crelt", EDITOR["crelt"], b"something else")


def test_a_package_that_does_not_exist_is_said_in_a_line() -> None:
    with pytest.raises(NoPackages) as caught:
        fetch({"crelt": Pin("0.0.0-none", "")})
    assert "\n" not in str(caught.value)
    assert "could not fetch" in str(caught.value)


def test_a_published_book_takes_python_from_where_its_setting_says(tmp_path: Path) -> None:
    _live(tmp_path / "live", ROOT / "book", publish=True)
    assert (tmp_path / "live" / "autograder.zip").is_file()
    assert not (tmp_path / "live" / "python").exists()
    (tmp_path / "_config.yml").write_text("sphinx:\n  config:\n    live_python: ''\n")
    _live(tmp_path / "live", tmp_path, publish=True)
    assert (tmp_path / "live" / "python" / "pyodide.mjs").is_file()


def test_without_packages_the_book_is_built_to_be_read_and_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "empty"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    assert _live(tmp_path / "live", ROOT / "book", publish=False) == {}
    said = capsys.readouterr().err
    assert "npm could not fetch" in said
    assert "built without Run and Check" in said
    assert said.count("\n") == 1
    with pytest.raises(BookError, match="has to have them"):
        _live(tmp_path / "live", ROOT / "book", publish=True)


def test_the_wheel_is_numpy_alone_and_the_same_each_time(live_folder: Path) -> None:
    lock = json.loads((live_folder / "python" / "pyodide-lock.json").read_text())
    assert list(lock["packages"]) == ["numpy"]
    assert np.lib.NumpyVersion(lock["packages"]["numpy"]["version"]) >= "2.0.0"
    package = fetch({"@emscripten-forge/numpy": PYTHON["@emscripten-forge/numpy"]})["@emscripten-forge/numpy"]
    _, wheel = numpy_wheel(package)
    assert wheel == (live_folder / "python" / lock["packages"]["numpy"]["file_name"]).read_bytes()


def test_the_engine_of_the_pages_holds_no_answer(live_folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(live_folder / "autograder.zip") as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert "autograder/checking.py" in names
    assert [name for name in names if "mistakes" in name or "solutions" in name] == []
    assert answers_in(tmp_path) == {}
