"""The numbers of the convolution that the player shows step by step; its page computes the same output from them."""

from __future__ import annotations

import numpy as np

STRIDE, PADDING = 2, 1

INPUT = """
    01202  20110  10021
    12010  02101  21010
    20121  11020  00212
    01102  20211  12100
    22010  01102  01021
"""  # three channels side by side

FILTERS = """
    +0-  0+0  -00
    +00  +-+  0+0
    0+-  00-  +0-

    -+0  00+  0+0
    0+-  -+0  +00
    +00  0-+  0-+
"""  # two filters below each other, each with a kernel for every channel

BIAS = (1, -1)


def numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The input (3, 5, 5), the weight (2, 3, 3, 3) and the bias (2,)."""
    rows = [[list(map(int, channel)) for channel in line.split()] for line in INPUT.strip().splitlines()]
    x = np.array(rows).swapaxes(0, 1)
    lines = [[["-0+".index(sign) - 1 for sign in kernel] for kernel in line.split()] for line in FILTERS.split("\n")]
    taps = np.array([line for line in lines if line])  # (6, 3, 3): the rows of both filters, channels, columns
    return x, taps.reshape(2, 3, 3, 3).swapaxes(1, 2), np.array(BIAS)
