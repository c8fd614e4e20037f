"""Arrays as a caller may bring them: the same numbers, laid out in memory in every way that NumPy knows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st


def _transposed(array: np.ndarray) -> np.ndarray:
    return np.asfortranarray(array)


def _reversed(array: np.ndarray) -> np.ndarray:
    back = (slice(None, None, -1),) * array.ndim
    return array[back].copy()[back]


def _strided(array: np.ndarray) -> np.ndarray:
    room = np.full([3 * size for size in array.shape], 7, array.dtype)
    inner = (slice(1, None, 3),) * array.ndim
    room[inner] = array
    return room[inner]


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _unaligned(array: np.ndarray) -> np.ndarray:
    room = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    room[...] = array
    return room


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "plain": np.copy,
    "transposed": _transposed,
    "reversed": _reversed,
    "strided": _strided,
    "read-only": _read_only,
    "unaligned": _unaligned,
}

layouts = st.sampled_from(list(LAYOUTS.values()))


def normal(seed: int, shape: tuple[int, ...], dtype: str | type = "float64") -> np.ndarray:
    """Numbers of ordinary size, without the extremes that only special cases are about."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)
