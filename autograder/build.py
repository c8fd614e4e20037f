"""Join the halves of every exercise, and write what is made of them: notebooks, and the blocks that end book chapters.

build() writes what is missing or stale; a fault in the sources stops it
stale() says, a line each, what build() would write and what is at fault; it writes nothing
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from autograder import registry
from autograder.exercise import Exercise, Mistake
from autograder.notebook.build import book_block, notebook
from autograder.notebook.source import Chapter, CourseFault, read_chapter
from autograder.notebook.stub import Solutions, read_solutions

COURSE = Path(__file__).parents[1]
FEWEST_MISTAKES = 3

_AGAIN = "then run `autograder build`"


class Incomplete(CourseFault):
    """What is wrong with the sources, a line for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def build(course: Path = COURSE) -> list[Path]:
    """Write every derived file that is missing or stale, and return their paths. Raises Incomplete."""
    derived, faults = _derived(course)
    faults += _stray(course)
    if faults:
        raise Incomplete(faults)
    written = [path for path, text in derived.items() if _content(path) != text.encode()]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(derived[path].encode())
    return written


def stale(course: Path = COURSE) -> list[str]:
    """What is missing, stale, stray or at fault: a line each, with the mend. Empty where all is well."""
    derived, faults = _derived(course)
    faults += _stray(course)
    for path, text in derived.items():
        content = _content(path)
        if content != text.encode():
            state = "missing" if content is None else "stale: its sources have changed, or it was edited by hand"
            faults.append(f"{path.relative_to(course)} is {state}; run `autograder build`")
    return faults


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _derived(course: Path) -> tuple[dict[Path, str], list[str]]:
    """The text of every derived file, and the faults because of which a chapter has none."""
    if not (course / "exercises").is_dir() or not (course / "solutions").is_dir():
        return {}, ["the course's sources are not here; run `autograder build` in a checkout of the course"]
    derived: dict[Path, str] = {}
    faults: list[str] = []
    for name in registry.CHAPTERS:
        try:
            exercises = _exercises(name)
            chapter = read_chapter(course / "exercises" / f"{name}.md")
            solutions = _solutions(course, name)
            chapter_faults = _unjoined(chapter, solutions.functions, exercises, _mistakes(name))
            if not chapter_faults:
                derived[course / "exercises" / f"{name}.ipynb"] = notebook(chapter, solutions, exercises)
                derived[course / "book" / "exercises" / f"{name}.md"] = book_block(chapter, solutions, exercises)
            faults += chapter_faults
        except CourseFault as fault:
            faults.append(f"{fault}; {_AGAIN}")
    return derived, faults


def _exercises(chapter: str) -> Mapping[str, Exercise]:
    try:
        return registry.exercises(chapter)
    except ModuleNotFoundError as error:
        raise CourseFault(f"{error}; write autograder/checks/{chapter}.py") from None


def _mistakes(chapter: str) -> Sequence[Mistake]:
    try:
        mistakes: Sequence[Mistake] = import_module(f"autograder.mistakes.{chapter}").MISTAKES
    except ModuleNotFoundError as error:
        raise CourseFault(f"{error}; write autograder/mistakes/{chapter}.py") from None
    return mistakes


def _solutions(course: Path, chapter: str) -> Solutions:
    path = course / "solutions" / f"{chapter}.py"
    if not path.is_file():
        raise CourseFault(f"solutions/{chapter}.py is missing; write the answers there")
    return read_solutions(path.parent, chapter)


def _unjoined(
    chapter: Chapter, functions: Sequence[str], exercises: Mapping[str, Exercise], mistakes: Sequence[Mistake]
) -> list[str]:
    """Each exercise of which a half is missing, and each half that belongs to no exercise."""
    room = chapter.name
    rooms = {
        f"autograder/checks/{room}.py": list(exercises),
        f"solutions/{room}.py": functions,
        f"exercises/{room}.md": list(chapter.tasks),
    }
    counts = {name: sum(mistake.id.startswith(f"{name}.") for mistake in mistakes) for name in exercises}
    known = {name: None for names in rooms.values() for name in names}
    return [
        *(
            f"{name} has no half in {place}; write it there, or take it out of "
            f"{' and '.join(other for other, others in rooms.items() if name in others)}, {_AGAIN}"
            for name in known
            for place, names in rooms.items()
            if name not in names
        ),
        *(
            f"{name} has {count} mistakes in autograder/mistakes/{room}.py; enter at least {FEWEST_MISTAKES}, {_AGAIN}"
            for name, count in counts.items()
            if count < FEWEST_MISTAKES
        ),
        *(
            f"the mistake {mistake.id} in autograder/mistakes/{room}.py belongs to no exercise; rename it, {_AGAIN}"
            for mistake in mistakes
            if mistake.id.partition(".")[0] not in exercises
        ),
    ]


def _stray(course: Path) -> list[str]:
    """Files that belong to no chapter."""
    rooms = [
        ("exercises", "*.ipynb"),
        ("exercises", "*.md"),
        ("book/exercises", "*.md"),
        ("solutions", "[!_]*.py"),
    ]
    return [
        f"{path.relative_to(course)} belongs to no chapter; take it away with `git rm`, or enter the chapter in "
        f"autograder/registry.py, {_AGAIN}"
        for folder, pattern in rooms
        for path in sorted((course / folder).glob(pattern))
        if path.stem not in registry.CHAPTERS and not (folder == "solutions" and _gathered(path))
    ]


def _gathered(part: Path) -> bool:
    """Whether a chapter takes answers from this file beside its own."""
    chapters = [part.with_name(f"{name}.py") for name in registry.CHAPTERS if part.stem.startswith(f"{name}_")]
    wanted = f"from solutions.{part.stem} import "
    return any(chapter.is_file() and wanted in chapter.read_text(encoding="utf-8") for chapter in chapters)
