"""Known wrong answers of the chapter `pooling`: those of each layer, and those that two share, in rooms of their own."""

from __future__ import annotations

from autograder.mistakes import pooling_average, pooling_both, pooling_global, pooling_max

MISTAKES = [
    *pooling_both.catalogue.mistakes,
    *pooling_max.catalogue.mistakes,
    *pooling_average.catalogue.mistakes,
    *pooling_global.catalogue.mistakes,
]
