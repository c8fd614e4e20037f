"""The zip that an instructor uploads to Gradescope as a programming assignment's autograder. It holds the answers."""

from __future__ import annotations

import json
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import autograder
from autograder import answer_data, registry
from autograder.grading.course import CourseError
from autograder.grading.gradescope import SETTINGS

PACKAGE = Path(autograder.__file__).parent
COURSE = PACKAGE.parent

# What grading needs, then what submissions may import: in the versions of this machine, so that marks are the same.
_PACKAGES = ("numpy", "ipython", "matplotlib", "scipy", "scikit-learn")
_NOT_NEEDED = ("demo", "data", "cli", "__pycache__")
_SCRIPTS = {"setup.sh": "gradescope_setup.sh", "run_autograder": "gradescope_run_autograder.sh"}


def write_gradescope_zip(chapter: str, seed: int, target: Path) -> float:
    """Write the zip for one chapter, and return the points that it gives."""
    if chapter not in registry.CHAPTERS:
        raise CourseError(f"there is no chapter {chapter!r}; the chapters are {', '.join(registry.CHAPTERS)}")
    if answer_data.source_digest(chapter) is None:
        raise CourseError(
            "Gradescope needs the answers; run this in the course's own checkout, with solutions/ and exercises/"
        )
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    contents = {name: (PACKAGE / "grading" / file).read_bytes() for name, file in _SCRIPTS.items()}
    contents["requirements.txt"] = _requirements().encode()
    contents["python-version"] = f"{python}\n".encode()
    contents[SETTINGS] = json.dumps({"chapter": chapter, "seed": seed}).encode()
    contents |= {f"course/{path.relative_to(COURSE).as_posix()}": path.read_bytes() for path in _files(chapter)}
    unfinished = target.with_name(f"{target.name}.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name in _SCRIPTS else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    unfinished.replace(target)
    return float(sum(exercise.points for exercise in registry.exercises(chapter).values()))


def _files(chapter: str) -> list[Path]:
    """The engine, the answers, and the chapter's notebook."""
    engine = [path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in _NOT_NEEDED]
    return [*sorted(engine), *sorted((COURSE / "solutions").rglob("*.py")), COURSE / "exercises" / f"{chapter}.ipynb"]


def _requirements() -> str:
    lines = []
    for name in _PACKAGES:
        try:
            lines.append(f"{name}=={version(name)}\n")
        except PackageNotFoundError:
            continue  # then submissions do without it here, too
    return "".join(lines)
