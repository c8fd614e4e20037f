"""The exercises' texts: the format is read as written, its faults are named, and every number in them is true."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from autograder.build import COURSE
from autograder.notebook.source import Code, CourseFault, Prose, Task, read_chapter
from autograder.registry import CHAPTERS, exercises

SOUND = """\
---
title: Sums
aims:
  - add
---

Before.

```python
this_is_prose = True
```

````{exercise} add
---
minutes: 5
difficulty: 2
hints:
  - What is a sum?
  - "There is a sign for it: +."
  - >-
    It stands
    between the two.
---
Add `a` and `b`.

```python
>>> add(1, 2)
3
```
````

```{code-cell} python
:tags: [experiment]
print(add(3, 4))
```
After.
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "exercises" / "sums.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_chapter(path)


def test_a_sound_text(tmp_path: Path) -> None:
    chapter = read(tmp_path, SOUND)
    assert (chapter.name, chapter.title, chapter.aims) == ("sums", "Sums", ("add",))
    assert chapter.parts == (
        Prose("Before.\n\n```python\nthis_is_prose = True\n```"),
        Task(
            "add",
            5,
            2,
            ("What is a sum?", "There is a sign for it: +.", "It stands between the two."),
            "Add `a` and `b`.\n\n```python\n>>> add(1, 2)\n3\n```",
        ),
        Code("print(add(3, 4))", "experiment"),
        Prose("After."),
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("title: Sums", "titel: Sums", "line 1: title is missing"),
        ("title: Sums", "title: Sums\nauthor: x", "line 1: unknown entry author"),
        ("title: Sums", "title: [", "line 4: no valid YAML"),
        ("title: Sums\naims:\n  - add", "- a\n- b", "line 1: the head"),
        ("aims:\n  - add", "aims: add", "line 1: aims is not a list of texts"),
        ("title: Sums", "title: 3", "line 1: title is not a text"),
        ("{exercise} add", "{exercise}", "line 13: the exercise has no name"),
        ("{exercise} add", "{exercize} add", "line 13: unknown block {exercize}"),
        ("minutes: 5", "minutes: five", "line 14: minutes is five; give a whole number from 1 to 600"),
        ("minutes: 5\n", "", "line 14: minutes is missing"),
        ("difficulty: 2", "difficulty: 6", "line 14: difficulty is 6; give a whole number from 1 to 5"),
        ("difficulty: 2", "difficulty: true", "line 14: difficulty is True"),
        ("  - What is a sum?\n", "", "line 13: add has 2 hints; give exactly three"),
        ('"There is a sign for it: +."', "There is a sign: +.", "line 14: hints is not a list of texts"),
        ("minutes: 5", "minutes: 5: 6", "line 15: no valid YAML"),
        ("minutes: 5", "points: 5\nminutes: 5", "line 14: unknown entry points"),
        ("Add `a` and `b`.\n\n```python\n>>> add(1, 2)\n3\n```\n", "", "line 13: add has no task text"),
        ("{code-cell} python", "{code-cell} julia", "line 32: a code cell is in Python"),
        (":tags: [experiment]", ":tags: [experiments]", "line 32: the code cell has no tag"),
        (":tags: [experiment]\n", "", "line 32: the code cell has no tag"),
        ("print(add(3, 4))\n```\n", "print(add(3, 4))\n", "line 32: the block is never closed"),
        (
            "After.",
            "After.\n\n- a\n\n  ```{code-cell} python\n  :tags: [setup]\n  a\n  ```",
            "line 40: the block stands",
        ),
        ("After.", SOUND[SOUND.index("````{") : SOUND.index("```{code")], "the exercise add stands there twice"),
    ],
)
def test_each_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in SOUND
    with pytest.raises(CourseFault) as caught:
        read(tmp_path, SOUND.replace(old, new))
    message = str(caught.value)
    assert message.startswith("exercises/sums.md")
    assert says in message
    assert ";" in message, "the mend stands after the fault"
    assert "\n" not in message


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(CourseFault, match="is missing"):
        read_chapter(tmp_path / "none.md")
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseFault, match="cannot be read"):
        read_chapter(tmp_path / "binary.md")


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_number_in_the_task_texts_is_what_the_reference_gives(name: str) -> None:
    chapter = read_chapter(COURSE / "exercises" / f"{name}.md")
    assert list(chapter.tasks) == list(exercises(name)), "the tasks stand in the order of the checks"
    for task in chapter.tasks.values():
        functions = {**vars(import_module(f"solutions.{name}")), "np": np}
        text = task.text.replace("```", "")
        example = doctest.DocTestParser().get_doctest(text, functions, task.exercise, f"{name}.md", 0)
        assert example.examples, f"{task.exercise} has no worked example"
        report: list[str] = []
        failed = doctest.DocTestRunner().run(example, out=report.append).failed
        assert not failed, "".join(report)


def test_prose_of_the_course_holds_what_each_task_promises() -> None:
    for name in CHAPTERS:
        for task in read_chapter(COURSE / "exercises" / f"{name}.md").tasks.values():
            for part in ("**By hand.**", "**Return**", "**Do not**"):
                assert part in task.text, f"{task.exercise} has no paragraph {part}"
