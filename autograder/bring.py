"""A student's own functions of the earlier chapters, brought into a notebook that builds on them.

The notebook has to carry them: when it is graded, nothing else is there. So they are defined at once, and their code is
put into a cell below, where it is handed in with the rest.

What a student has not written may come from the reference, where the reference is at hand: in a checkout of the course,
and in a bundle with which the instructor has handed it out (`autograder release --solutions`). The cell then says so
in an assignment, from which the verdict takes it.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autograder import registry
from autograder.brought import Brought, cells, of_notebook, of_reference
from autograder.exercise import Finding, Verdict

MARK = "# Your functions of the earlier chapters, brought here by bring(). Change them in their own notebooks."
FROM_REFERENCE = "FROM_REFERENCE"  # the name that is assigned what was taken from there
REFERENCE = Path(__file__).parents[1] / "solutions"
_ASSIGNED = re.compile(rf"^{FROM_REFERENCE} = (.*)$", re.MULTILINE)
_PARTS = ("_forward", "_backward")
_MOST = 6  # names in a verdict


def bring(folder: Path | str = ".", reference: Sequence[str] | bool = ()) -> None:
    """Define, where the call stands, the functions that the notebooks in `folder` hold, and say which are missing.

    Those that `reference` names are taken from the reference, if it is at hand; with True all that are missing. In a
    notebook the code also becomes a cell below, unless a notebook of the folder carries it already.

    Raises:
        ValueError: if `reference` names what is no function of an earlier chapter.
    """
    earlier = registry.CHAPTERS[:-1]
    own = {chapter: found for chapter in earlier if (found := of_notebook(Path(folder), chapter))}
    written = {name for found in own.values() for name in found.names}
    missing = [name for name in _known() if name not in written]
    asked = (missing if reference else ()) if isinstance(reference, bool) else reference
    taken = _taken(asked) if REFERENCE.is_dir() else []
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    namespace = frame.f_back.f_globals
    code = "\n\n\n".join([MARK, *_codes(own, taken)])
    exec(compile(code, "<brought>", "exec"), namespace)  # noqa: S102 (the student's own code, on their machine)
    _tell(own, missing, taken, bool(reference))
    if (own or taken) and "get_ipython" in namespace and not _carried(Path(folder)):
        namespace["get_ipython"]().set_next_input(code)


def from_reference(sources: Iterable[str]) -> list[str]:
    """Which functions of earlier chapters a notebook's cells say are the reference's."""
    said = {word for source in sources for line in _ASSIGNED.findall(source) for word in re.findall(r"\w+", line)}
    return [name for name in _known() if name in said]


def marked(verdict: Verdict, names: Sequence[str]) -> Verdict:
    """The verdict, with a word on what was taken from the reference if it is one on a network. No point is lost."""
    exercise = registry.exercises(registry.CHAPTERS[-1]).get(verdict.exercise)
    if not names or exercise is None or not exercise.design or verdict.state == "not_attempted":
        return verdict
    listed = ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
    told = f"Built with the reference's {listed}. It costs no points here, and earns none in their own chapters."
    return replace(verdict, findings=(*verdict.findings, Finding("reference", True, told)))


def _codes(own: Mapping[str, Brought], taken: Sequence[str]) -> list[str]:
    codes = [found.code for found in own.values()]
    if taken:
        codes.append(f"{FROM_REFERENCE} = {tuple(taken)!r}")
    for chapter in registry.CHAPTERS[:-1]:
        names = [name for name in registry.exercises(chapter) if name in taken]
        if names:
            codes.append(of_reference(REFERENCE, chapter, names).code)
    return codes


def _taken(asked: Sequence[str]) -> list[str]:
    """The functions asked for, and the other half of each: a backward reads nobody's cache but its own forward's."""
    known = _known()
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            mend = f"did you mean {near[0]}?" if near else "name functions as their exercises do"
            raise ValueError(f"no earlier chapter has a function {name!r}: {mend}")
    halves = {name.removesuffix(part) for name in asked for part in _PARTS if name.endswith(part)}
    wanted = {*asked, *(half + part for half in halves for part in _PARTS)}
    return [name for name in known if name in wanted]


def _tell(own: Mapping[str, Brought], missing: Sequence[str], taken: Sequence[str], reference: bool) -> None:
    count = sum(name not in taken for found in own.values() for name in found.names)
    print(f"Brought {count} functions from {', '.join(f'{chapter}.ipynb' for chapter in own) or 'nowhere'}.")
    if taken:
        print(f"From the reference: {', '.join(taken)}. The verdicts on your networks will say so.")
    if left := [name for name in missing if name not in taken]:
        print(f"Not there, or still a stub: {', '.join(left)}.")
        if REFERENCE.is_dir():
            print(f'What you need of them can come from the reference: bring(reference=["{left[0]}"]).')
    if reference and not REFERENCE.is_dir():
        print("The reference is not at hand: your instructor can hand it out. Until then, write them.")
    if not own:
        print("Lay this notebook into the folder with your earlier ones, and run this cell again.")


def _known() -> list[str]:
    return [name for chapter in registry.CHAPTERS[:-1] for name in registry.exercises(chapter)]


def _carried(folder: Path) -> bool:
    return any(MARK in source for path in folder.glob("*.ipynb") for source in cells(path))
