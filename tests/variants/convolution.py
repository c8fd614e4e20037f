"""Right answers to the chapter `convolution`, written otherwise: gathered from their rooms."""

from __future__ import annotations

from variants import (
    convolution_columns,
    convolution_layer,
    convolution_plane,
    convolution_students,
    convolution_transposed,
    joined,
)

VARIANTS = joined(
    convolution_plane.VARIANTS,
    convolution_layer.VARIANTS,
    convolution_columns.VARIANTS,
    convolution_transposed.VARIANTS,
    convolution_students.VARIANTS,
)
