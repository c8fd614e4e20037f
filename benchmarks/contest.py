"""What a contest between a reference layer and others is. To be imported before NumPy, which here gets one thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # read once, when NumPy is first imported


@dataclass(frozen=True)
class Rival:
    """Another way to the same result; `times` says how often its call would have to run to do the whole work."""

    call: Callable[[], object]
    times: int = 1


@dataclass(frozen=True)
class Contest:
    """`columns` is how many bytes the columns of the whole batch would take, where that is a question."""

    name: str
    ours: Callable[[], object]
    rivals: Mapping[str, Rival]
    columns: int = 0


def torch_here() -> Any:
    """PyTorch on one thread, or None where it does not happen to be installed."""
    try:
        torch = import_module("torch")
    except ModuleNotFoundError:
        return None
    torch.set_num_threads(1)
    return torch
