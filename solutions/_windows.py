"""What convolution and pooling share: a window that slides over an image, and the border that lies around it."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Pair = tuple[int, int]


class Sliding(NamedTuple):
    """How a window slides over a padded image: every entry a pair (height, width); `out` counts its positions."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    out: Pair

    def windows(self) -> Iterator[tuple[int, int, slice, slice]]:
        """Each position (i, j) of the window, and the rows and columns of the padded image that it sees there."""
        for i, j in np.ndindex(*self.out):
            rows = _places(i * self.stride[0], self.dilation[0], self.kernel[0])
            columns = _places(j * self.stride[1], self.dilation[1], self.kernel[1])
            yield i, j, rows, columns

    def taps(self) -> Iterator[tuple[int, int, slice, slice]]:
        """Each entry (i, j) of the kernel, and the rows and columns of the padded image that it meets on the way."""
        for (i, rows), (j, columns) in product(enumerate(self.along(0)), enumerate(self.along(1))):
            yield i, j, rows, columns

    def along(self, axis: int) -> Iterator[slice]:
        """The places that each entry of the kernel meets on the way down (axis 0) or across (axis 1)."""
        for tap in range(self.kernel[axis]):
            yield _places(tap * self.dilation[axis], self.stride[axis], self.out[axis])

    def seen(self, padded: np.ndarray) -> np.ndarray:
        """A view (N, C, KH, KW, H', W') of the padded images (N, C, ...): what each entry of the kernel meets."""
        height, width = (spread * (taps - 1) + 1 for spread, taps in zip(self.dilation, self.kernel, strict=True))
        (down, right), (apart, aside) = self.stride, self.dilation
        windows = sliding_window_view(padded, (height, width), axis=(2, 3))
        return windows[:, :, ::down, ::right, ::apart, ::aside].transpose(0, 1, 4, 5, 2, 3)


def as_pair(value: int | tuple[int, ...], name: str) -> Pair:
    """A setting for height and width. Raises ValueError where it is neither one number nor two."""
    pair = tuple(value) if isinstance(value, tuple | list | np.ndarray) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{name} must be an int or a pair (height, width), not {value}")
    return operator.index(pair[0]), operator.index(pair[1])


def pad(images: np.ndarray, padding: Pair, value: float = 0.0) -> np.ndarray:
    """The images (N, C, H, W) with a border of `value` around each; themselves where there is none."""
    if not any(padding):
        return images
    (top, left), (height, width) = padding, images.shape[2:]
    padded = np.full((*images.shape[:2], height + 2 * top, width + 2 * left), value, images.dtype)
    padded[:, :, top : top + height, left : left + width] = images
    return padded


def crop(padded: np.ndarray, padding: Pair, size: Pair) -> np.ndarray:
    """The images of this size inside a border."""
    return padded[:, :, padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]


def _places(start: int, step: int, count: int) -> slice:
    """`count` places, the first at `start`, each `step` after the one before."""
    return slice(start, start + step * (count - 1) + 1, step)
