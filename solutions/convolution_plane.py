"""The chapter `convolution`: the size of an output, and both operations in the plane."""

from __future__ import annotations

import numpy as np


def conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Count the positions of a window that slides along one axis of an image.

        floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1

    Args:
        size: pixels along the axis.
        kernel: entries of the kernel along the axis.
        stride: pixels from one position to the next.
        padding: pixels added at each end.
        dilation: pixels from one entry of the kernel to the next.

    Returns:
        size: the number of positions, a Python int, at least 1.

    Raises:
        ValueError: if the kernel, dilation included, is longer than the padded axis, if padding is negative, or if
            another argument is less than 1; the message names the sizes.

    Source:
        Dumoulin & Visin, A guide to convolution arithmetic for deep learning (2016), relationships 6 and 15.
    """
    if min(size, kernel, stride, dilation) < 1 or padding < 0:
        raise ValueError(
            f"size={size}, kernel={kernel}, stride={stride} and dilation={dilation} must be at least 1, "
            f"padding={padding} at least 0"
        )
    reach = dilation * (kernel - 1) + 1
    if reach > size + 2 * padding:
        raise ValueError(
            f"a kernel of {kernel} with dilation {dilation} covers {reach} pixels: more than the {size + 2 * padding} "
            f"of an axis of {size} with padding {padding}"
        )
    return int(size + 2 * padding - reach) // int(stride) + 1


def cross_correlate2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide a kernel over a grey image and take the sum of products wherever it lies inside.

        out[h, w] = sum over i < KH, j < KW of image[h + i, w + j] * kernel[i, j]

    Args:
        image: shape (H, W).
        kernel: shape (KH, KW).

    Returns:
        out: shape (H - KH + 1, W - KW + 1).

    Raises:
        ValueError: if image or kernel does not have two axes, or the kernel is larger than the image; the message
            names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 9.1, equation 9.6.
    """
    if image.ndim != 2 or kernel.ndim != 2:
        raise ValueError(f"image must be (H, W) and kernel (KH, KW), not {image.shape} and {kernel.shape}")
    kernel_height, kernel_width = kernel.shape
    height = conv_output_size(image.shape[0], kernel_height)
    width = conv_output_size(image.shape[1], kernel_width)
    out = np.empty((height, width), np.result_type(image, kernel))
    for h in range(height):
        for w in range(width):
            out[h, w] = np.sum(image[h : h + kernel_height, w : w + kernel_width] * kernel)
    return out


def convolve2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve a grey image with a kernel, wherever the kernel lies inside: the one true convolution of this chapter.

        out[h, w] = sum over i < KH, j < KW of image[h + KH - 1 - i, w + KW - 1 - j] * kernel[i, j]

    Args:
        image: shape (H, W).
        kernel: shape (KH, KW).

    Returns:
        out: shape (H - KH + 1, W - KW + 1).

    Raises:
        ValueError: if image or kernel does not have two axes, or the kernel is larger than the image; the message
            names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 9.1, equation 9.5.
    """
    if kernel.ndim != 2:
        raise ValueError(f"kernel must be (KH, KW), not {kernel.shape}")
    return cross_correlate2d(image, kernel[::-1, ::-1])
