"""Build what is made from an exercise's halves: the student's notebook, and the block that ends the book's chapter.

Both are text that depends on the sources alone, so building again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat

from autograder.exercise import Exercise
from autograder.notebook.source import HARDEST, Chapter, Code, Prose, Task
from autograder.notebook.stub import Solutions
from autograder.show import points

Json = dict[str, Any]

_OPENING = """\
# {title}

{exercises} exercises · {points} points · about {minutes} minutes

{aims}Each exercise is one function. Write its body in place of the line `raise NotImplementedError(…)`, run the cell,
and then run the `check(…)` below it. The check tells you what is right and, where something is not, what went wrong.
Check as often as you like: nobody counts, and an answer that passes here earns full marks when you hand it in.

Stuck? In a terminal, `python -m autograder hint {first}` gives a hint for that exercise and, when you ask again, a
more open one, three in all. From this notebook, `!python -m autograder hint {first}` does the same."""

_DOORS = """\
(in-jupyterlab-{chapter})=
On the book's web pages you can write each function in its box and press *Check*; what you type stays on your
device. Or work in JupyterLab, where each task is explained at length and experiments with your own functions stand
between them:

1. {{download}}`Download the notebook of these exercises <../exercises/{chapter}.ipynb>` into your course's folder,
   the one with `START-HERE.md`. (In a copy of the course's repository it lies there: `exercises/{chapter}.ipynb`.)
2. Open it from a terminal in that folder: `jupyter lab {chapter}.ipynb` (in the repository
   `uv run jupyter lab exercises/{chapter}.ipynb`).
3. Write each function in the cell that has its name, and run the cell with `check(…)` below it."""

_LIVE = """\
```{{live-exercise}} {name}
:given: {given}

{stub}
```"""

_BRINGS = """\
On the web page it may call the functions that you have written on the pages of earlier chapters; its check
takes some minutes."""

_NOTEBOOK = """\
In JupyterLab: {{download}}`open the notebook <../exercises/{chapter}.ipynb>`,
and {{ref}}`what to do next <in-jupyterlab-{chapter}>`."""


def notebook(chapter: Chapter, solutions: Solutions, exercises: Mapping[str, Exercise]) -> str:
    """The stub notebook of a chapter, as the text of an .ipynb file."""
    cells = [
        _markdown("opening", _opening(chapter, exercises)),
        _given("imports", _imports(chapter, solutions), "setup"),
    ]
    counts = {"text": 0, "setup": 0, "experiment": 0}
    for part in chapter.parts:
        if isinstance(part, Task):
            number = list(chapter.tasks).index(part.exercise) + 1
            cells += _exercise(part, number, solutions.stub(part.exercise), exercises[part.exercise].points)
            continue
        kind = part.tag if isinstance(part, Code) else "text"
        counts[kind] += 1
        name = f"{kind}-{counts[kind]}"
        cells.append(_markdown(name, part.text) if isinstance(part, Prose) else _given(name, part.text, part.tag))
    metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
        "layers_by_hand": {"chapter": chapter.name},
    }
    return _written({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def book_block(chapter: Chapter, solutions: Solutions, exercises: Mapping[str, Exercise]) -> str:
    """The exercises as the book's chapter shows them: what to write and what it is worth, and where to write it."""
    blocks = [_DOORS.format(chapter=chapter.name)]
    given = "; ".join([*solutions.imports(chapter.tasks), "import numpy as np"])
    for name, task in chapter.tasks.items():
        blocks += [
            f"(exercise-{name.replace('_', '-')})=\n### Exercise: `{name}`",
            _worth(task, exercises[name].points),
            _LIVE.format(name=name, given=given, stub=solutions.stub(name)),
            f"{_contract(name, solutions)} {_NOTEBOOK.format(chapter=chapter.name)}",
        ]
    return "\n\n".join(blocks) + "\n"


def _contract(name: str, solutions: Solutions) -> str:
    if solutions.is_class(name):
        return f"Contract: `{solutions.signature(name)}`. {_BRINGS}"
    return f"Contract: `{solutions.signature(name)}` returns `{', '.join(solutions.returned(name))}`."


def _opening(chapter: Chapter, exercises: Mapping[str, Exercise]) -> str:
    tasks = chapter.tasks
    aims = "".join(f"- {aim}\n" for aim in chapter.aims)
    return _OPENING.format(
        title=chapter.title,
        exercises=len(tasks),
        points=points(sum(exercises[name].points for name in tasks)),
        minutes=sum(task.minutes for task in tasks.values()),
        aims=f"When you have finished, you can:\n\n{aims}\n" if aims else "",
        first=next(iter(tasks)),
    )


def _imports(chapter: Chapter, solutions: Solutions) -> str:
    blocks = ["\n".join(solutions.imports(chapter.tasks)), "import numpy as np", "from autograder import check"]
    return "\n\n".join(filter(None, blocks))


def _exercise(task: Task, number: int, stub: str, worth: float) -> list[Json]:
    name = task.exercise
    return [
        _markdown(f"{name}-task", f"## Exercise {number}: `{name}`\n\n*{_worth(task, worth)}*\n\n{task.text}"),
        _code(f"{name}-stub", stub, nbgrader=_nbgrader(f"{name}-stub", solution=True)),
        _code(f"{name}-check", f"check({name})", nbgrader=_nbgrader(name, locked=True, worth=worth)),
    ]


def _worth(task: Task, worth: float) -> str:
    dots = "●" * task.difficulty + "○" * (HARDEST - task.difficulty)
    return f"{points(worth)} points · about {task.minutes} minutes · difficulty {dots} ({task.difficulty} of {HARDEST})"


def _given(name: str, code: str, tag: str) -> Json:
    """A code cell that the student runs as it stands."""
    if tag == "setup":
        return _code(name, code, tags=["setup"], nbgrader=_nbgrader(name, locked=True))
    # With this second tag, "run all cells" goes on past an experiment whose function is not written yet.
    return _code(name, code, tags=["experiment", "raises-exception"])


def _nbgrader(grade_id: str, solution: bool = False, locked: bool = False, worth: float | None = None) -> Json:
    metadata = {
        "grade": worth is not None,
        "grade_id": grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if worth is None:
        return metadata
    return metadata | {"points": int(worth) if worth.is_integer() else worth}  # as Jupyter itself would write it


def _markdown(identifier: str, text: str) -> Json:
    return {"cell_type": "markdown", "id": identifier, "metadata": {}, "source": text}


def _code(identifier: str, text: str, **metadata: Any) -> Json:
    return {
        "cell_type": "code",
        "id": identifier,
        "metadata": metadata,
        "source": text,
        "execution_count": None,
        "outputs": [],
    }


def _written(document: Json) -> str:
    node = nbformat.from_dict(document)
    nbformat.validate(node)
    text: str = nbformat.writes(node)
    return text + "\n"
