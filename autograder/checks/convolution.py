"""The chapter `convolution`: its exercises in the order of the course, gathered from the files beside this one."""

from autograder.checks import (
    convolution_columns,
    convolution_layers,
    convolution_plane,
    convolution_transposed,
)

EXERCISES = (
    *convolution_plane.EXERCISES,
    *convolution_layers.EXERCISES,
    *convolution_columns.EXERCISES,
    *convolution_layers.FAST_EXERCISES,
    *convolution_columns.LINEAR_EXERCISES,
    *convolution_transposed.EXERCISES,
)
