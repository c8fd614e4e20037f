"""What the wrong answers of the chapter `pooling` share: a layer's settings, its windows, and the way back from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograder.mistakes.catalogue import Catalogue
from solutions._windows import as_pair

Array = np.ndarray
Out = tuple[Any, Any]
Pair = tuple[int, int]
WINDOW = (-2, -1)  # the axes of windows that lie inside a window


class Asked(NamedTuple):
    """What the caller asked for, and in pairs (height, width) what that means."""

    kernel_size: Any
    stride: Any = None
    padding: Any = 0

    @property
    def kernel(self) -> Pair:
        return as_pair(self.kernel_size, "kernel_size")

    @property
    def step(self) -> Pair:
        return self.kernel if self.stride is None else as_pair(self.stride, "stride")

    @property
    def border(self) -> Pair:
        return as_pair(self.padding, "padding")


def padded(x: Array, border: Pair, value: float) -> Array:
    sides = ((0, 0), (0, 0), (border[0], border[0]), (border[1], border[1]))
    return np.pad(x, sides, constant_values=value)


def seen(image: Array, kernel: Pair, step: Pair) -> Array:
    """All windows of a padded image: (N, C, H', W', KH, KW)."""
    return sliding_window_view(image, kernel, (2, 3))[:, :, :: step[0], :: step[1]]


def windows(x: Array, asked: Asked, value: float) -> Array:
    """The right windows, with `value` in the border."""
    return seen(padded(x, asked.border, value), asked.kernel, asked.step)


def added_up(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    """The right way back: what each window (N, C, H', W', KH, KW) gives to its pixels, the border taken off."""
    (top, left), (height, width) = asked.border, shape[2:]
    return on_padded(shares, asked, shape)[:, :, top : top + height, left : left + width]


def on_padded(shares: Array, asked: Asked, shape: tuple[int, ...]) -> Array:
    """The same with the border still on it."""
    dx = np.zeros_like(padded(np.zeros(shape, shares.dtype), asked.border, 0))
    for i, j, place in places(shares, asked):
        dx[place] += shares[:, :, i, j]
    return dx


def places(shares: Array, asked: Asked) -> list[tuple[int, int, Any]]:
    """Each position of the window, and its pixels in the padded image."""
    (height, width), (down, right) = asked.kernel, asked.step
    return [
        (i, j, np.s_[:, :, i * down : i * down + height, j * right : j * right + width])
        for i, j in np.ndindex(*shares.shape[2:4])
    ]


def one_hot(chosen: Array, asked: Asked, dout: Array) -> Array:
    """Shares of max-pooling: all of dout for the pixel whose number in its window was chosen."""
    area = asked.kernel[0] * asked.kernel[1]
    shares: Array = (np.arange(area) == chosen[..., None]) * dout[..., None]
    return shares.reshape(*dout.shape, *asked.kernel)


def first_largest(x: Array, asked: Asked) -> Array:
    """The number in its window of the first largest pixel, row by row."""
    found = windows(x, asked, -np.inf)
    numbers: Array = found.reshape(*found.shape[:4], -1).argmax(axis=-1)
    return numbers


def max_keeping_all(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    """A right max_pool2d_forward with a cache that wrong backwards can read."""
    asked = Asked(kernel_size, stride, padding)
    return windows(x, asked, -np.inf).max(axis=WINDOW), (x, asked)


def avg_keeping_all(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
    """The same for avg_pool2d_forward."""
    asked = Asked(kernel_size, stride, padding)
    return windows(x, asked, 0).mean(axis=WINDOW, dtype=x.dtype), (x, asked)


def max_shares(dout: Array, x: Array, asked: Asked) -> Array:
    return one_hot(first_largest(x, asked), asked, dout)


def avg_shares(dout: Array, x: Array, asked: Asked) -> Array:
    area = asked.kernel[0] * asked.kernel[1]
    return np.broadcast_to((dout / area)[..., None, None], (*dout.shape, *asked.kernel))


def wrong_windows(catalogue: Catalogue, sentence: str) -> Callable[[Callable[..., Array]], None]:
    """Enter a wrong way to cut x into windows as a mistake of the forward of both layers.

    The decorated function gets x, what was asked, and the value of the border. A pixel that is NaN is not there.
    """

    def enter(cut: Callable[[Array, Asked, float], Array]) -> None:
        def by_maximum(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
            return np.nanmax(cut(x, Asked(kernel_size, stride, padding), -np.inf), axis=WINDOW), None

        def by_mean(x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Out:
            return np.nanmean(cut(x, Asked(kernel_size, stride, padding), 0), axis=WINDOW, dtype=x.dtype), None

        for layer, function in (("max_pool2d", by_maximum), ("avg_pool2d", by_mean)):
            function.__name__ = cut.__name__
            catalogue.wrong(f"{layer}_forward", sentence)(function)

    return enter


def wrong_way_back(catalogue: Catalogue, sentence: str) -> Callable[[Callable[..., Array]], None]:
    """Enter a wrong way from the windows' right shares to dx as a mistake of the backward of both layers.

    The decorated function gets the shares, what was asked, and the shape of x.
    """

    def enter(add: Callable[[Array, Asked, tuple[int, ...]], Array]) -> None:
        def of_maximum(dout: Array, cache: Any) -> Any:
            x, asked = cache
            return add(max_shares(dout, x, asked), asked, x.shape)

        def of_mean(dout: Array, cache: Any) -> Any:
            x, asked = cache
            return add(avg_shares(dout, x, asked), asked, x.shape)

        for function, layer, forward in (
            (of_maximum, "max_pool2d", max_keeping_all),
            (of_mean, "avg_pool2d", avg_keeping_all),
        ):
            function.__name__ = add.__name__
            catalogue.wrong(f"{layer}_backward", sentence, **{f"{layer}_forward": forward})(function)

    return enter
