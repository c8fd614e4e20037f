"""The cover of the EPUB: three layers, as in the logo, above the book's name."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon

INK, PAPER = "#1c2733", "#f7f5f0"
LAYERS = ("#2f6db5", "#4f9d8a", "#d98a2b")  # from the bottom up


def draw_cover(path: Path) -> None:
    """Write the cover to `path` as a PNG of 1200 by 1800 pixels."""
    figure = Figure(figsize=(6, 9), dpi=200, facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 6), ylim=(0, 9), aspect="equal")
    axes.axis("off")
    for row, colour in enumerate(LAYERS):
        middle = 4.6 + 0.85 * row
        corners = [(3, middle + 0.75), (4.7, middle), (3, middle - 0.75), (1.3, middle)]
        axes.add_patch(Polygon(corners, facecolor=colour, edgecolor=PAPER, linewidth=2, joinstyle="round"))
    for x, low, high, style in ((0.8, 4.3, 6.6, "->"), (5.2, 4.3, 6.6, "<-")):
        arrow = FancyArrowPatch((x, low), (x, high), arrowstyle=style, mutation_scale=26, linewidth=4, color="#808890")
        axes.add_patch(arrow)
    axes.text(3, 2.75, "Layers by Hand", ha="center", fontsize=33, fontweight="bold", color=INK)
    lines = "Every layer of a neural network in NumPy,\nforward and backward"
    axes.text(3, 1.75, lines, ha="center", fontsize=13.5, color=INK, linespacing=1.5)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, facecolor=PAPER)
