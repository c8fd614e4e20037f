"""What the wrong convolutions of the chapter `convolution` are made of: the layer's sizes, windows and groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from solutions.convolution import conv2d_backward, conv2d_forward

Array = np.ndarray
Out = tuple[Any, Any]
Gradients = tuple[Any, ...]


def pair(value: Any) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def swapped(value: Any) -> Any:
    """A pair the other way round."""
    return value[::-1] if isinstance(value, tuple) else value


class Layer:
    """A convolution layer that is given x, with all its numbers; wrong answers change one of them."""

    def __init__(
        self, x: Array, weight: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
    ) -> None:
        self.x, self.weight, self.groups = x, weight, groups
        self.stride, self.padding, self.dilation = pair(stride), pair(padding), pair(dilation)
        # Whether the sizes fit is the reference's business.
        out, _ = conv2d_forward(x[:1], weight, np.zeros(len(weight), x.dtype), stride, padding, dilation, groups)
        self.out: tuple[int, int] = out.shape[2:]

    @property
    def reach(self) -> tuple[int, int]:
        height, width = (d * (k - 1) + 1 for d, k in zip(self.dilation, self.weight.shape[2:], strict=True))
        return height, width

    def padded(self, mode: Any = "constant") -> Array:
        (top, left), rest = self.padding, ((0, 0), (0, 0))
        return np.pad(self.x, (*rest, (top, top), (left, left)), mode=mode)

    def window(self, h: int, w: int, stride: tuple[int, int] | None = None) -> tuple[slice, slice]:
        steps = stride or self.stride
        rows, columns = (
            slice(place * step, place * step + reach, spread)
            for place, step, reach, spread in zip((h, w), steps, self.reach, self.dilation, strict=True)
        )
        return rows, columns

    def tap(self, i: int, j: int) -> tuple[slice, slice]:
        rows, columns = (
            slice(entry * spread, entry * spread + (count - 1) * step + 1, step)
            for entry, spread, count, step in zip((i, j), self.dilation, self.out, self.stride, strict=True)
        )
        return rows, columns

    def channels(self, f: int) -> slice:
        """The channels that filter f sees."""
        per_group = self.weight.shape[1]
        first = f // (len(self.weight) // self.groups) * per_group
        return slice(first, first + per_group)

    def cropped(self, dpadded: Array) -> Array:
        (top, left), (height, width) = self.padding, self.x.shape[2:]
        return dpadded[:, :, top : top + height, left : left + width]

    def backward(self, dout: Array, padded: Array, weight: Array | None = None, **changed: Any) -> Gradients:
        """The right gradients for this padded input, uncropped, with some setting changed."""
        how = {"stride": self.stride, "dilation": self.dilation, "groups": self.groups, **changed}
        filters = self.weight if weight is None else weight
        _, cache = conv2d_forward(padded, filters, np.zeros(len(filters), padded.dtype), **how)
        return conv2d_backward(dout, cache)


def interleaved(count: int, groups: int) -> Array:
    """The order in which `count` channels stand when they were dealt to the groups one by one, as cards are."""
    return np.arange(count).reshape(-1, groups).T.ravel()
