"""Convolution: in the plane, over channels, as one matrix product, and transposed; gathered from files beside this."""

from solutions.convolution_columns import col2im, conv2d_im2col_backward, conv2d_im2col_forward, im2col
from solutions.convolution_layer import conv2d_backward, conv2d_forward, linear_to_conv
from solutions.convolution_plane import conv_output_size, convolve2d, cross_correlate2d
from solutions.convolution_transposed import conv_transpose2d_backward, conv_transpose2d_forward

__all__ = [
    "col2im",
    "conv2d_backward",
    "conv2d_forward",
    "conv2d_im2col_backward",
    "conv2d_im2col_forward",
    "conv_output_size",
    "conv_transpose2d_backward",
    "conv_transpose2d_forward",
    "convolve2d",
    "cross_correlate2d",
    "im2col",
    "linear_to_conv",
]
