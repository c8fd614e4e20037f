"""The look of the book's figures, for the pages' code cells: `import figures; figures.use_style()`.

Figures are SVG, with a transparent ground and dark lines. On dark pages the style sheet inverts their lightness and
keeps their hues, so a figure never names a colour as light or dark; the colours below read well both ways.
"""

from __future__ import annotations

import matplotlib as mpl
from matplotlib_inline.backend_inline import set_matplotlib_formats

INK = "#24292f"
GREY = "#6e7781"
BLUE = "#1f6fc4"
ORANGE = "#c2560c"
GREEN = "#1a7f5a"
PURPLE = "#7d4fc4"
RED = "#c9303e"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED, GREY)
# Beside colour, for readers who do not see it: give each line its own marker or dashes.
MARKERS = ("o", "s", "^", "D", "v", "P")

STYLE = {
    "figure.figsize": (5.0, 3.2),  # legible on a phone, too
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "savefig.bbox": "tight",
    "axes.facecolor": "none",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.labelsize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.prop_cycle": mpl.cycler(color=COLOURS),
    "grid.color": GREY,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same on every machine
    "font.size": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4,
    "svg.hashsalt": "layers-by-hand",  # the same figure gives the same file
}


def use_style() -> None:
    """Set the book's style for every figure that follows in this page."""
    mpl.rcParams.update(STYLE)
    set_matplotlib_formats("svg", metadata={"Date": None})
