"""The student's subcommands: check, status, hint. NumPy is all they need."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path

from autograder import answer_data, registry, show
from autograder.cli.commands import Commands, add
from autograder.cli.faults import Fault
from autograder.cli.hints import next_hint
from autograder.cli.own_code import OwnCode, run_file
from autograder.exercise import Verdict
from autograder.notebook.read import Unreadable

_SIGNS = {"passed": "✓", "not_attempted": "○"}


def register(commands: Commands) -> None:
    """Enter check, status and hint."""
    check = add(
        commands,
        "check",
        _check,
        "check a notebook or a .py file, as check() does in the notebook",
        """
        Run the cells of a notebook, or a .py file, on this machine, and check its functions as check() does in the
        notebook. Without exercises, the whole chapter is checked. Exit code 0 means that everything is right.

        example:
          autograder check linear.ipynb
          autograder check linear.ipynb linear_backward
        """,
    )
    check.add_argument("file", metavar="FILE", type=Path, help="a notebook, or a .py file with the functions")
    check.add_argument(
        "exercises", metavar="EXERCISE", nargs="*", default=[], help="a function's name, as linear_forward"
    )

    status = add(
        commands,
        "status",
        _status,
        "how far you are in every chapter",
        """
        Check the notebooks of all chapters that are in a folder, and show how far each is: ✓ right, ✗ not right yet,
        ○ not attempted.

        example:
          autograder status
        """,
    )
    status.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, default=Path(), help="default: this folder")

    hint = add(
        commands,
        "hint",
        _hint,
        "the next, more open hint for an exercise",
        """
        Show a hint for an exercise. Each time you ask there is one more, and each says more than the one before;
        there are three. Asking costs no points.

        example:
          autograder hint linear_backward
        """,
    )
    hint.add_argument("exercise", metavar="EXERCISE", help="a function's name, as linear_backward")


def _check(options: argparse.Namespace) -> int:
    for name in options.exercises:
        _require_exercise(name)
    code = _read(options.file)
    for name in options.exercises:
        _require_its_chapter(name, code, options.file)
    names = options.exercises or code.exercises()
    if not names:
        known = ", ".join(registry.CHAPTERS)
        raise Fault(f"{options.file} defines no function of the course; its chapters are {known}")
    verdicts = [code.check(name) for name in names]
    for verdict in verdicts:
        print(show.as_text(verdict))
    if len(verdicts) > 1:
        print(_in_sum(verdicts))
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def _status(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    if folder.is_file():
        raise Fault(f"{folder} is a file; name the folder that it is in, or see `autograder check {folder}`")
    if not folder.is_dir():
        raise Fault(f"there is no folder {folder}; name the folder that your notebooks are in")
    files = {chapter: _find(folder, chapter) for chapter in registry.CHAPTERS}
    if not any(files.values()):
        raise Fault(
            f"{folder} holds no notebook of the course, such as {registry.CHAPTERS[0]}.ipynb; name their folder"
        )
    width = max(len(name) for name in registry.chapters_by_exercise())
    for chapter, path in files.items():
        if path is None:
            print(f"{chapter}: no notebook here\n")
            continue
        try:
            code = run_file(path)
        except Unreadable as error:
            print(f"{chapter}: {path} cannot be read: {error.reason}\n")
            continue
        verdicts = [code.check(name) for name in registry.exercises(chapter)]
        print(f"{chapter}: {_in_sum(verdicts)}")
        for verdict in verdicts:
            sign = _SIGNS.get(verdict.state, "✗")
            print(
                f"  {sign} {verdict.exercise:{width}}  {show.points(verdict.score)} of {show.points(verdict.max_score)}"
            )
        print()
    return 0


def _hint(options: argparse.Namespace) -> int:
    chapter = _require_exercise(options.exercise)
    hints = answer_data.load(chapter)[options.exercise].hints
    if not hints:
        raise Fault('the hints cannot be read without the course\'s extras; pip install "layers-by-hand[course]"')
    shown = next_hint(options.exercise, len(hints))
    for number, hint in enumerate(hints[:shown], 1):
        print(f"hint {number} of {len(hints)}: {show.clean(hint)}")
    if shown < len(hints):
        print("Ask again for a more open one.")
    return 0


def _require_exercise(name: str) -> str:
    """The chapter of an exercise."""
    chapters = registry.chapters_by_exercise()
    if name not in chapters:
        near = difflib.get_close_matches(name, chapters, 1)
        mend = f"did you mean {near[0]}?" if near else f"the exercises are {', '.join(chapters)}"
        raise Fault(f"there is no exercise called {name}; {mend}")
    return chapters[name]


def _require_its_chapter(name: str, code: OwnCode, path: Path) -> None:
    chapter = registry.chapters_by_exercise()[name]
    missing = name not in code.functions and name not in code.broken
    if missing and code.chapter not in (None, chapter):
        raise Fault(f"{path} is of chapter {code.chapter}, and {name} of {chapter}; name the file of that chapter")


def _read(path: Path) -> OwnCode:
    if not path.exists():
        near = _near(path)
        raise Fault(f"{path}: there is no such file; {f'did you mean {near}?' if near else 'check the name'}")
    try:
        return run_file(path)
    except Unreadable as error:
        raise Fault(f"{path}: {error.reason}") from None


def _near(path: Path) -> Path | None:
    """A file with nearly that name, in the same folder."""
    try:
        names = [file.name for file in path.parent.iterdir() if file.suffix in (".ipynb", ".py")]
    except OSError:
        return None
    found = [name for name in names if Path(name).stem == path.name] or difflib.get_close_matches(path.name, names, 1)
    return path.parent / found[0] if found else None


def _find(folder: Path, chapter: str) -> Path | None:
    """The chapter's notebook where a bundle, a checkout or a course folder has it, else a .py file."""
    places = (folder, folder / "exercises", folder / chapter)
    names = (f"{chapter}.ipynb", f"{chapter}.py")
    return next((place / name for name in names for place in places if (place / name).is_file()), None)


def _in_sum(verdicts: Sequence[Verdict]) -> str:
    passed = sum(verdict.passed for verdict in verdicts)
    score = show.points(round(sum(verdict.score for verdict in verdicts), 2))
    most = show.points(sum(verdict.max_score for verdict in verdicts))
    return f"{passed} of {len(verdicts)} exercises right, {score} of {most} points"
