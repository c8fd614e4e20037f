"""What the recurrent layers ask of the shapes that they are given."""

from __future__ import annotations

import numpy as np


def require_sequence(x: np.ndarray) -> None:
    if x.ndim != 3:
        raise ValueError(f"x must have shape (T, N, D), time first, not {x.shape}")


def require_step(x: tuple[int, ...], h: tuple[int, ...]) -> None:
    if len(x) != 2 or len(h) != 2 or x[0] != h[0]:
        raise ValueError(f"a step takes an input of shape (N, D) and a state of shape (N, H), not {x} and {h}")


def require_shape(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, not {array.shape}")
