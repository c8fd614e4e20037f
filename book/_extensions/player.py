"""The directive `{convolution-player}`: a small convolution, one output number at a time.

A Sphinx extension and a widget (see widgets.py). The still shows the first step as tables; `_widgets/player.js` goes on
from there. The numbers come from `played.py`, from which the page computes the same output.
"""

from __future__ import annotations

import html
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
from sphinx.application import Sphinx
from widgets import Widget

BOOK = Path(__file__).resolve().parent.parent


def _played() -> Any:
    """The module with the numbers, which stands beside the pages and is on no path while the book is built."""
    spec = importlib.util.spec_from_file_location("played", BOOK / "played.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def signed(number: float) -> str:
    """With a real minus sign."""
    return str(int(number)).replace("-", "\N{MINUS SIGN}")


def table(values: np.ndarray, caption: str, kind: str, window: int = 0, margin: int = 0) -> str:
    """A table of numbers; the first `window` rows and columns are marked, and a margin of padding is told apart."""
    rows = []
    for row, numbers in enumerate(values):
        cells = []
        for column, number in enumerate(numbers):
            in_margin = min(row, column, len(values) - 1 - row, len(numbers) - 1 - column) < margin
            marks = ["window"] * (max(row, column) < window) + ["margin"] * in_margin
            cells.append(
                f'<td class="{" ".join(marks)}">{signed(number)}</td>' if marks else f"<td>{signed(number)}</td>"
            )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table class="{kind}"><caption>{html.escape(caption)}</caption>{"".join(rows)}</table>'


def sentence(sums: np.ndarray, bias: int, place: tuple[int, int, int]) -> str:
    """What happens in one step, in words; player.js says the same."""
    f, i, j = place
    parts = " and ".join((", ".join(map(signed, sums[:-1])), signed(sums[-1])))
    return (
        f"Filter {f}, output row {i}, column {j}: the channels add up to {parts}, together {signed(sums.sum())}. "
        f"With the bias {signed(bias)} the output is {signed(sums.sum() + bias)}."
    )


def still() -> str:
    """The player before its script has come: its first step, with all outputs filled in."""
    played = _played()
    x, weight, bias = played.numbers()
    stride, padding = played.STRIDE, played.PADDING
    size = weight.shape[-1]
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    out = np.einsum("cijuv,fcuv->fij", windows, weight) + bias[:, None, None]
    products = windows[:, 0, 0] * weight[0]
    sums = products.sum(axis=(1, 2))
    channels = "".join(
        '<div class="channel">'
        + table(padded[c], f"input channel {c}, padded", "input", window=size, margin=padding)
        + '<span class="sign" aria-hidden="true">·</span>'
        + table(weight[0, c], f"filter 0, kernel {c}", "kernel")
        + '<span class="sign" aria-hidden="true">=</span>'
        + table(products[c], "products", "products")
        + f'<span class="sum">sum <b>{signed(sums[c])}</b></span></div>'
        for c in range(len(x))
    )
    outputs = "".join(table(out[f], f"output of filter {f}", "output", window=f == 0) for f in range(len(weight)))
    data = {"padded": padded.tolist(), "weight": weight.tolist(), "bias": bias.tolist(), "stride": stride}
    return (
        '<convolution-player class="convolution-player">'
        f'<script type="application/json">{json.dumps(data)}</script>'
        f'<div class="stage"><div class="channels">{channels}</div><div class="outputs">{outputs}</div></div>'
        f'<p class="said">{sentence(sums, bias[0], (0, 0, 0))}</p>'
        "</convolution-player>"
    )


class ConvolutionPlayer(Widget):
    name_of_files = "player"

    def still(self) -> str:
        return still()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("convolution-player", ConvolutionPlayer)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
