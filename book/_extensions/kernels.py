"""The directive `{kernel-bench}`: a photograph, a kernel of 3×3 that the reader can change, and what comes of them.

A Sphinx extension and a widget (see widgets.py). The still shows one kernel and its result; `_widgets/kernels.js` makes
the numbers editable and computes the result anew.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pictures import in_a_page
from PIL import Image
from scipy.signal import correlate2d
from sklearn.datasets import load_sample_image
from sphinx.application import Sphinx
from widgets import Widget

KERNELS = {
    "upright edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "level edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "blur": [[0.11, 0.11, 0.11], [0.11, 0.12, 0.11], [0.11, 0.11, 0.11]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "nothing": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}


def as_picture(values: np.ndarray, alt: str) -> str:
    """A picture inside the page: values from 0 to 1, in grey."""
    picture = Image.fromarray(np.uint8(np.clip(values, 0, 1) * 255 + 0.5))
    height, width = values.shape
    return f'<img alt="{alt}" class="as-is" width="{width}" height="{height}" src="{in_a_page(picture)}">'


def number(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


class KernelBench(Widget):
    name_of_files = "kernels"

    def still(self) -> str:
        photograph = load_sample_image("china.jpg")[24:220, 80:340] @ [0.299, 0.587, 0.114] / 255
        name, kernel = next(iter(KERNELS.items()))
        result = 0.5 + correlate2d(photograph, np.array(kernel), mode="valid") / 4
        rows = "".join(f"<tr>{''.join(f'<td>{number(tap)}</td>' for tap in row)}</tr>" for row in kernel)
        choices = "".join(
            f'<option value="{" ".join(f"{tap:g}" for row in taps for tap in row)}">{choice}</option>'
            for choice, taps in KERNELS.items()
        )
        return (
            '<kernel-bench class="kernel-bench"><div class="stage">'
            + as_picture(photograph, "A pagoda in shades of grey: tiled roofs, columns, windows.")
            + f'<div class="middle"><table class="kernel"><caption>kernel</caption>{rows}</table>'
            + '<p class="sum">sum of the kernel: 0</p></div>'
            + as_picture(result, f"The pagoda after the kernel for {name}: grey, with light and dark lines.")
            + f"</div><template><select>{choices}</select></template></kernel-bench>"
        )


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("kernel-bench", KernelBench)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
