"""A small book of nothing but exercises, quick to build, in which the tests run and check code as readers do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosting import Host
from playwright.sync_api import ElementHandle, Locator, Page

from autograder import registry
from autograder.book import ROOT, build_book

HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""

FRONT = f"""{HEAD}# Cells to try

```{{code-cell}} ipython3
:tags: [live]
import numpy as np

numbers = np.arange(3)
print("three", "numbers")
```

```{{code-cell}} ipython3
:tags: [live]
numbers + 1
```
"""

CHAPTER = "# {chapter}\n\nA chapter.\n\n## Exercises\n\n```{{include}} exercises/{chapter}.md\n```\n"


def a_course(folder: Path) -> Path:
    """A course in `folder` whose book has a page of cells to try and, for each chapter, a page of its exercises."""
    source = folder / "book"
    shutil.copytree(ROOT / "book", source, ignore=shutil.ignore_patterns("_build", "[!_]*.md"))
    shutil.copytree(ROOT / "book" / "exercises", source / "exercises", dirs_exist_ok=True)
    shutil.copytree(ROOT / "exercises", folder / "exercises")
    (source / "front.md").write_text(FRONT, encoding="utf-8")
    for chapter in registry.CHAPTERS:
        (source / f"{chapter}.md").write_text(CHAPTER.format(chapter=chapter), encoding="utf-8")
    files = "".join(f"  - file: {chapter}\n" for chapter in registry.CHAPTERS)
    (source / "_toc.yml").write_text(f"format: jb-book\nroot: front\nchapters:\n{files}", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def live_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_book(root=a_course(tmp_path_factory.mktemp("live-book"))).parent


@pytest.fixture
def server(live_site: Path) -> Iterator[Host]:
    host = Host(live_site)
    yield host
    host.stop()


class Cell:
    """A live cell, driven as a reader drives it."""

    def __init__(self, page: Page, cell: Locator, touch: bool = False) -> None:
        self.page, self.cell, self.touch = page, cell, touch
        cell.scroll_into_view_if_needed()
        self.editor = cell.locator(".cm-content")
        self.editor.wait_for()

    def press(self, name: str) -> None:
        button = self.cell.get_by_role("button", name=name)
        button.tap() if self.touch else button.click()

    def type(self, source: str) -> None:
        """Put `source` in place of all that is there."""
        self.editor.tap() if self.touch else self.editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    @property
    def text(self) -> str:
        text: str = self.cell.evaluate("cell => cell.text")  # of long texts the page shows the lines in view alone
        return text

    def check(self) -> str:
        """Check and wait; the words of the verdict."""
        self.press("Check")
        self.finished()
        return self.cell.locator(".live-verdict").inner_text()

    def run(self) -> str:
        """Run and wait; what was printed."""
        self.press("Run")
        self.finished()
        return self.printed

    @property
    def handle(self) -> ElementHandle:
        return self.cell.element_handle()

    def finished(self) -> None:
        self.page.wait_for_function("cell => cell.busy === false", arg=self.handle)

    @property
    def printed(self) -> str:
        printed = self.cell.locator(".live-printed")
        return printed.inner_text() if printed.is_visible() else ""

    @property
    def said(self) -> str:
        return self.cell.locator(".live-said").inner_text()


def exercise(page: Page, name: str, touch: bool = False) -> Cell:
    return Cell(page, page.locator(f"live-cell[data-exercise={name}]"), touch)
