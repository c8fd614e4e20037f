"""Known wrong answers of the chapter `lstm`: each topic is in a room of its own.

A step that is wrong shows in the cell and in the sequence; what is wrong about time is the same for LSTM and GRU.
"""

from __future__ import annotations

from autograder.mistakes import (
    lstm_cell,
    lstm_cell_backward,
    lstm_gradients,
    lstm_gru,
    lstm_gru_backward,
    lstm_orders,
    lstm_sequence,
    lstm_sequence_backward,
)

MISTAKES = [
    *lstm_orders.catalogue.mistakes,
    *lstm_cell.catalogue.mistakes,
    *lstm_cell_backward.catalogue.mistakes,
    *lstm_gru.catalogue.mistakes,
    *lstm_gru_backward.catalogue.mistakes,
    *lstm_gradients.catalogue.mistakes,
    *lstm_sequence.catalogue.mistakes,
    *lstm_sequence_backward.catalogue.mistakes,
]
