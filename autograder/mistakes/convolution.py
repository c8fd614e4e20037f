"""Known wrong answers of the chapter `convolution`, gathered from their rooms."""

from __future__ import annotations

from autograder.mistakes import (
    convolution_columns,
    convolution_folding,
    convolution_forward,
    convolution_gradients,
    convolution_loops,
    convolution_plane,
    convolution_product,
    convolution_transposed,
    convolution_transposed_gradients,
)

MISTAKES = [
    *convolution_plane.catalogue.mistakes,
    *convolution_forward.catalogue.mistakes,
    *convolution_gradients.catalogue.mistakes,
    *convolution_loops.catalogue.mistakes,
    *convolution_product.catalogue.mistakes,
    *convolution_columns.catalogue.mistakes,
    *convolution_folding.catalogue.mistakes,
    *convolution_transposed.catalogue.mistakes,
    *convolution_transposed_gradients.catalogue.mistakes,
]
