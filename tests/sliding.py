"""Layers with windows as Hypothesis draws them, and the convolution layer as SciPy has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from layouts import normal
from scipy import signal

Pair = tuple[int, int]

seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from(["float64", "float32"])


@dataclass(frozen=True)
class Layer:
    """Sizes and settings of a convolution layer; `size` is that of the images (of the output, if transposed)."""

    seed: int
    batch: int
    groups: int
    channels: int  # in each group
    filters: int  # in each group
    size: Pair
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    @property
    def settings(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}

    @property
    def positions(self) -> Pair:
        height, width = (
            len(range(0, size + 2 * border - spread * (taps - 1), step))
            for size, border, spread, taps, step in zip(
                self.size, self.padding, self.dilation, self.kernel, self.stride, strict=True
            )
        )
        return height, width

    def arrays(self, dtype: str = "float64") -> list[np.ndarray]:
        """x, weight, bias and dout."""
        channels, filters = self.groups * self.channels, self.groups * self.filters
        shapes = (
            (self.batch, channels, *self.size),
            (filters, self.channels, *self.kernel),
            (filters,),
            (self.batch, filters, *self.positions),
        )
        return [normal(self.seed + number, shape, dtype) for number, shape in enumerate(shapes)]


def _pairs(low: int, high: int) -> st.SearchStrategy[Pair]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def layers(draw: st.DrawFn, least: int = 0) -> Layer:
    """Layers whose window fits, with strides below and above it and with pixels left over at the end."""
    kernel, padding, dilation = draw(_pairs(1, 3)), draw(_pairs(0, 2)), draw(_pairs(1, 3))
    more = draw(_pairs(0, 3))
    height, width = (
        max(spread * (taps - 1) + 1 - 2 * border, 1) + extra
        for taps, border, spread, extra in zip(kernel, padding, dilation, more, strict=True)
    )
    few = st.integers(1, 2)
    return Layer(
        draw(seeds),
        draw(st.integers(least, 2)),
        draw(st.integers(1, 3)),
        draw(few),
        draw(few),
        (height, width),
        kernel,
        draw(_pairs(1, 4)),
        padding,
        dilation,
    )


def spread_out(kernel: np.ndarray, dilation: Pair) -> np.ndarray:
    """A kernel with zeros between its entries."""
    height, width = (spread * (taps - 1) + 1 for spread, taps in zip(dilation, kernel.shape, strict=True))
    spread = np.zeros((height, width), kernel.dtype)
    spread[:: dilation[0], :: dilation[1]] = kernel
    return spread


def convolution_by_scipy(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, layer: Layer) -> np.ndarray:
    """Every filter over every image, channel by channel. SciPy steps by one: a stride picks from what it gives."""
    (top, left), (down, right) = layer.padding, layer.stride
    padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
    out = np.empty((len(x), len(weight), *layer.positions))
    for n, f in np.ndindex(out.shape[:2]):
        first = f // layer.filters * layer.channels
        by_channel = [
            signal.correlate2d(padded[n, first + c], spread_out(weight[f, c], layer.dilation), "valid")
            for c in range(layer.channels)
        ]
        out[n, f] = sum(by_channel)[::down, ::right] + bias[f]
    return out
