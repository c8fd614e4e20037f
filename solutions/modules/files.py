"""A trained module as an .npz file of plain arrays, and back. Never pickle: such a file can run code when read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from solutions.modules.module import Module


def save(module: Module, path: Path | str) -> None:
    """Write the module's parameters and what it keeps beside them, each array under its name.

    A file that stands there already is replaced only when the new one is whole.
    """
    target = Path(path)
    unfinished = target.with_name(target.name + ".unfinished")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **module.state())
    unfinished.replace(target)


def load(module: Module, path: Path | str) -> None:
    """Put what a file holds into the module's arrays, in place. If anything does not fit, nothing is changed.

    Raises:
        ValueError: if the file is not an .npz file of arrays, if it lacks an array or holds one too many, or if a
            shape does not fit; the message names the array and the shapes.
        FileNotFoundError: if there is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = {name: stored[name] for name in stored.files}
    except (zipfile.BadZipFile, ValueError, AttributeError, TypeError, EOFError):
        raise ValueError(f"{path} is no .npz file of arrays: save the module again with save(module, path)") from None
    wanted = module.state()
    for name in (name for name in wanted if name not in found):
        raise ValueError(f"{path} has no array {name}: it is the file of another network")
    for name in (name for name in found if name not in wanted):
        raise ValueError(f"{path} has an array {name} that the module has not: it is the file of another network")
    for name, array in wanted.items():
        if found[name].shape != array.shape or found[name].dtype.kind != "f":
            raise ValueError(
                f"{name} has shape {found[name].shape} and dtype {found[name].dtype} in {path}, and {array.shape} "
                f"and {array.dtype} in the module: it is the file of a network of other sizes"
            )
    for name, array in wanted.items():
        array[...] = found[name]
