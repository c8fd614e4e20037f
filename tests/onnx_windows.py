"""Where ONNX's windows lie, in our words: its attributes of kernels, strides and borders, turned into arguments.

Our layers pad both ends alike. Where a case asks for two ends that differ, for sizes kept the same, or for a last
window that hangs over the end, the border is put around the image here, and the layer gets none to add.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Ends = list[tuple[int, int]]  # along each axis: how much lies before the image, and how much behind


@dataclass(frozen=True)
class Windows:
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    border: Ends
    overhang: Ends  # what the last windows see beyond the border

    @property
    def padding(self) -> tuple[int, int] | None:
        """The border as our layers take it, if it is one that they can add."""
        (top, bottom), (left, right) = self.border
        return (top, left) if (top, left) == (bottom, right) and not np.any(self.overhang) else None


def windows(attributes: dict[str, Any], size: Sequence[int], kernel: Sequence[int]) -> Windows:
    """Take from `attributes` what says where the windows lie. An image of one axis is one of height 1."""
    known = attributes.pop("kernel_shape", list(kernel))
    assert list(known) == list(kernel)
    axes = len(kernel)
    stride, dilation = (_pair(attributes.pop(name, [1] * axes), 1) for name in ("strides", "dilations"))
    pads = attributes.pop("pads", [0] * 2 * axes)
    height_width, taps = _pair(size, 1), _pair(kernel, 1)
    reach = [spread * (count - 1) + 1 for spread, count in zip(dilation, taps, strict=True)]
    border = [(0, 0)] * (2 - axes) + list(zip(pads[:axes], pads[axes:], strict=True))
    if (auto := attributes.pop("auto_pad", b"NOTSET")) != b"NOTSET":
        border = [
            _halves(max((-(-extent // step) - 1) * step + seen - extent, 0), auto)
            for extent, step, seen in zip(height_width, stride, reach, strict=True)
        ]
    overhang = [(0, 0)] * 2
    if attributes.pop("ceil_mode", 0):
        overhang = [
            (0, _overhang(extent, ends, step, seen))
            for extent, ends, step, seen in zip(height_width, border, stride, reach, strict=True)
        ]
    return Windows(taps, stride, dilation, border, overhang)


def as_images(x: np.ndarray) -> np.ndarray:
    """(N, C, W) as images of height 1; (N, C, H, W) as it is."""
    return x[:, :, None] if x.ndim == 3 else x


def surrounded(x: np.ndarray, ends: Ends, value: float) -> np.ndarray:
    return np.pad(x, [(0, 0), (0, 0), *ends], constant_values=value)


def _pair(values: Sequence[int], missing: int) -> tuple[int, int]:
    first, second = [missing] * (2 - len(values)) + [int(value) for value in values]
    return first, second


def _halves(total: int, auto: bytes) -> tuple[int, int]:
    """What "SAME" adds to both ends: where it is odd, one more at the end or at the beginning."""
    less, more = total // 2, total - total // 2
    return {b"SAME_UPPER": (less, more), b"SAME_LOWER": (more, less)}[auto]


def _overhang(size: int, ends: tuple[int, int], step: int, reach: int) -> int:
    """How far the last window hangs over, if it starts before the image's end; a later one does not count."""
    padded = size + sum(ends)
    last = -(-(padded - reach) // step) * step
    if last >= size + ends[0]:
        last -= step
    return max(last + reach - padded, 0)
