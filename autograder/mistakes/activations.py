"""Known wrong answers of the chapter `activations`: those of each function are in a room of their own."""

from __future__ import annotations

from autograder.mistakes import activations_loss, activations_relu, activations_sigmoid, activations_tanh

MISTAKES = [
    *activations_relu.catalogue.mistakes,
    *activations_sigmoid.catalogue.mistakes,
    *activations_tanh.catalogue.mistakes,
    *activations_loss.catalogue.mistakes,
]
