"""The students' bundle: the released notebooks and the part of the package that checks them, in one zip."""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import autograder
from autograder import answer_data, registry
from autograder.bring import REFERENCE
from autograder.grading.course import Course, CourseError
from autograder.grading.files import write_whole

PACKAGE = Path(autograder.__file__).parent

# What a student's copy of the package leaves out: wherever there are answers. pyproject.toml keeps the same folders
# out of the wheel.
NOT_FOR_STUDENTS = ("mistakes", "demo")

_PASSING = (".pyc", "")  # what Python keeps for itself, and answer data that is being written

TOP = "layers-by-hand"

_START_HERE = """\
# Start here

This folder holds the notebooks of *Layers by Hand* and, in `autograder/`, the checks that go with them.

1. Install Python 3.11 or later, then, in this folder, what the notebooks need:

       python -m pip install -r requirements.txt

   For the checks alone, NumPy is enough: `python -m pip install "numpy>=2.0"`.

2. Open a notebook:

       jupyter lab {first}

3. Write each function in the cell that has its name, and run the cell below it. It says at once what is right, what
   is wrong and, often, why. Check as often as you like.

The same without a notebook, in a terminal in this folder:

    python -m autograder check {first}        checks every exercise of a notebook or a .py file
    python -m autograder status                shows how far you are
    python -m autograder hint {exercise}    gives a hint, a more open one each time

What passes here gets full marks when it is graded: grading makes the same checks on other numbers. Before you hand a
notebook in, restart its kernel, run all cells from the top, and save it.
"""


def student_files() -> list[Path]:
    """The files of the package that a student gets, relative to it: the one place where that is decided."""
    files = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*") if path.is_file()]
    return sorted(path for path in files if path.parts[0] not in NOT_FOR_STUDENTS and path.suffix not in _PASSING)


def write_bundle(course: Course, notebooks: Mapping[str, Path]) -> Path:
    """Write `bundle/layers-by-hand.zip` in the course's folder, the same bytes for the same contents."""
    if not notebooks:
        raise CourseError("no chapter is released yet; run `autograder release --course FOLDER`")
    for chapter in registry.CHAPTERS:
        answer_data.build(chapter)
    first = next(iter(notebooks))
    contents: dict[str, bytes] = {
        "START-HERE.md": _start_here(first).encode(),
        "requirements.txt": _requirements().encode(),
        **{f"{chapter}.ipynb": path.read_bytes() for chapter, path in notebooks.items()},
        **{f"{PACKAGE.name}/{path.as_posix()}": (PACKAGE / path).read_bytes() for path in student_files()},
    }
    target = course.folder / "bundle" / f"{TOP}.zip"
    target.parent.mkdir(exist_ok=True)
    for path in sorted((target.parent / REFERENCE.name).glob("*.py")):
        contents[f"{REFERENCE.name}/{path.name}"] = path.read_bytes()
    unfinished = target.with_suffix(".zip.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(f"{TOP}/{name}")
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    unfinished.replace(target)
    return target


def hand_out_solutions(course: Course) -> None:
    """Put the answers of all chapters but the last into `bundle/solutions`, and so into every bundle from now on."""
    target = course.folder / "bundle" / REFERENCE.name
    for path in REFERENCE.glob("*.py"):
        if path.stem != registry.CHAPTERS[-1]:
            write_whole(target / path.name, path.read_text(encoding="utf-8"))


def _start_here(chapter: str) -> str:
    return _START_HERE.format(first=f"{chapter}.ipynb", exercise=next(iter(registry.exercises(chapter))))


def _requirements() -> str:
    """What the notebooks need, as pyproject.toml has it."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return "\n".join([*project["dependencies"], *project["optional-dependencies"]["notebook"]]) + "\n"
