"""Known wrong answers of the chapter `dropout`: those of each function are in a room of their own."""

from __future__ import annotations

from autograder.mistakes import dropout_backward, dropout_channels, dropout_columns, dropout_forward

MISTAKES = [
    *dropout_forward.catalogue.mistakes,
    *dropout_backward.catalogue.mistakes,
    *dropout_channels.catalogue.mistakes,
    *dropout_columns.catalogue.mistakes,
]
