"""Derivatives by a complex step: exact to rounding, because nothing is subtracted.

    df/dx = imag(f(x + i h)) / h   up to terms in h^2, and h may be as small as 1e-30

The function has to be analytic along the way: compare by the real part only, and take no absolute values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

_STEP = 1e-30


def gradients(
    function: Callable[..., np.ndarray], arguments: Sequence[np.ndarray], dout: np.ndarray | float = 1.0
) -> list[np.ndarray]:
    """The gradient of sum(dout * function(*arguments)) by each argument."""
    found = []
    for position, argument in enumerate(arguments):
        gradient = np.empty(argument.shape)
        for index in np.ndindex(argument.shape):
            moved = argument.astype(complex)
            moved[index] += 1j * _STEP
            out = function(*arguments[:position], moved, *arguments[position + 1 :])
            gradient[index] = np.sum(dout * np.imag(out)) / _STEP
        found.append(gradient)
    return found


def assert_near(got: np.ndarray, expected: np.ndarray, tolerance: float = 1e-12) -> None:
    """The difference's norm against that of what is expected."""
    assert got.shape == expected.shape
    assert np.linalg.norm(got - expected) <= tolerance * max(np.linalg.norm(expected), 1e-300)
