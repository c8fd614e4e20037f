"""Known wrong answers of the chapter `normalization`: those of each layer are in a room of their own."""

from __future__ import annotations

from autograder.mistakes import (
    normalization_batch,
    normalization_batch_backward,
    normalization_batch_running,
    normalization_group,
    normalization_instance,
    normalization_layer,
    normalization_rms,
)

MISTAKES = [
    *normalization_batch.catalogue.mistakes,
    *normalization_batch_running.catalogue.mistakes,
    *normalization_batch_backward.catalogue.mistakes,
    *normalization_layer.catalogue.mistakes,
    *normalization_group.catalogue.mistakes,
    *normalization_instance.catalogue.mistakes,
    *normalization_rms.catalogue.mistakes,
]
