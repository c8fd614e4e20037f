"""Which of the files that a student handed in is the one to grade. Standard library and our own alone."""

from __future__ import annotations

from pathlib import Path

from autograder.notebook.read import Unreadable

SUFFIXES = (".ipynb", ".py")


def notebook_in(folder: Path, chapter: str) -> Path:
    """The one notebook or .py file in the folder; among several the one with the chapter's name."""
    if folder.is_symlink():
        raise Unreadable("its folder is only a link to another place; hand in the file itself")
    files = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not _hidden(path, folder)]
    links = [path for path in files if linked(path, folder)]
    files = [path for path in files if path not in links and path.is_file()]
    for suffix in SUFFIXES:
        same_kind = [path for path in files if path.suffix.lower() == suffix]
        named = [path for path in same_kind if path.stem.lower() == chapter]
        for choice in ([path for path in named if path.parent == folder], named, same_kind):
            if len(choice) == 1:
                return choice[0]
        if same_kind:
            names = ", ".join(sorted(path.relative_to(folder).as_posix() for path in same_kind)[:4])
            raise Unreadable(f"there are several files ({names}); name the one that counts {chapter}{suffix}")
    if links:
        name = links[0].relative_to(folder).as_posix()
        raise Unreadable(f"{name} is only a link to another place; hand in the file itself")
    raise Unreadable(f"there is no notebook in the folder; hand in {chapter}.ipynb")


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)


def linked(path: Path, folder: Path) -> bool:
    """Whether a symbolic link stands anywhere between the folder and the file: it may lead to anybody's work."""
    inner = path.relative_to(folder)
    return any((folder / part).is_symlink() for part in (inner, *inner.parents) if part != Path())
