"""Known wrong answers of the chapter `convolution`: the output size, and the plane."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.convolution_parts import Array
from solutions.convolution import conv_output_size, convolve2d, cross_correlate2d

catalogue = Catalogue()

# --- conv_output_size ----------------------------------------------------------------------------------------------


def _room(size: int, kernel: int, padding: int, dilation: int) -> int:
    return size + 2 * padding - dilation * (kernel - 1) - 1


@catalogue.wrong(
    "conv_output_size",
    "Your sizes are right but for the type: they are floats, since / was used. A size becomes the length of an array, and "
    "NumPy takes whole numbers only; divide so that the result is one.",
)
def float_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    return float(conv_output_size(size, kernel, stride, padding, dilation))


@catalogue.wrong(
    "conv_output_size",
    "Your sizes have a fraction where the stride leaves pixels over: the division was not rounded down. A last step that "
    "would take the window over the end is not made at all.",
)
def not_rounded(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return _room(size, kernel, padding, dilation) / stride + 1


@catalogue.wrong(
    "conv_output_size",
    "Your size is too large by 1 where the stride leaves pixels over: it was rounded up. The last window would hang over "
    "the end of the axis; what does not fit any more is left out.",
)
def rounded_up(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return math.ceil(_room(size, kernel, padding, dilation) / stride) + 1


@catalogue.wrong(
    "conv_output_size",
    "Your size is sometimes too large by 1: it was rounded to the nearest whole number. Half a step or more still does not "
    "fit, so always round down.",
)
def rounded_to_nearest(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return round(_room(size, kernel, padding, dilation) / stride) + 1


@catalogue.wrong(
    "conv_output_size",
    "Your size is too small by 1: you counted the steps. The window stands somewhere before its first step, and that place "
    "counts too.",
)
def places_for_steps(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    return conv_output_size(size, kernel, stride, padding, dilation) - 1


@catalogue.wrong(
    "conv_output_size",
    "The 1 was added before the division by the stride. That is right for stride 1 only: one place is there before any "
    "step is made, however long the steps are, so it is added afterwards.",
)
def one_added_before_the_division(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return (_room(size, kernel, padding, dilation) + 1) // stride


@catalogue.wrong(
    "conv_output_size",
    "Your size leaves padding out. The border makes the axis longer, so there are more places for the window.",
)
def padding_left_out(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return _room(size, kernel, 0, dilation) // stride + 1


@catalogue.wrong(
    "conv_output_size",
    "Your size counts the padding once. The border lies at both ends of the axis, so it adds to the length twice.",
)
def padding_once(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return (_room(size, kernel, 0, dilation) + padding) // stride + 1


@catalogue.wrong(
    "conv_output_size",
    "Your size leaves the stride out: it is the number of places for a step of 1. With longer steps fewer places are "
    "reached.",
)
def stride_left_out(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return _room(size, kernel, padding, dilation) + 1


@catalogue.wrong(
    "conv_output_size",
    "Your size leaves dilation out. With the entries of the kernel pulled apart it covers more pixels than it has entries, "
    "and fits at fewer places.",
)
def dilation_left_out(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return (size + 2 * padding - kernel) // stride + 1


@catalogue.wrong(
    "conv_output_size",
    "The reach of the dilated kernel is too long: dilation times the number of its entries. Between k entries there are "
    "k − 1 gaps, and only those are stretched.",
)
def dilation_times_kernel(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return (size + 2 * padding - dilation * kernel) // stride + 1


@catalogue.wrong(
    "conv_output_size",
    "The dilation is off by one: it was taken for the number of unused pixels between two entries. It is the distance from "
    "one entry to the next, so a dilation of 1 leaves none between.",
)
def dilation_counts_the_gaps(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return _room(size, kernel, padding, dilation + 1) // stride + 1


@catalogue.wrong(
    "conv_output_size",
    "The reach of the kernel is too short by 1: dilation·(kernel − 1) is the distance from its first entry to its last, and "
    "the pixel under the last entry has to be counted as well.",
)
def reach_without_its_last_pixel(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    conv_output_size(size, kernel, stride, padding, dilation)
    return (_room(size, kernel, padding, dilation) + 1) // stride + 1


@catalogue.wrong(
    "conv_output_size",
    "Your sizes are right wherever the kernel fits. Where it is longer than the padded axis, or a setting makes no sense, "
    "you return a number all the same; raise a ValueError there that names the sizes, before an array of that size is made.",
)
def nothing_refused(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    return _room(size, kernel, padding, dilation) // stride + 1


# --- the plane -----------------------------------------------------------------------------------------------------


def _full(image: Array, kernel: Array) -> Array:
    height, width = kernel.shape[0] - 1, kernel.shape[1] - 1
    return np.pad(image, ((height, height), (width, width)))


def _same(image: Array, kernel: Array) -> Array:
    (height, width) = kernel.shape
    return np.pad(image, (((height - 1) // 2, height // 2), ((width - 1) // 2, width // 2)))


@catalogue.wrong(
    "cross_correlate2d",
    "Your out is the true convolution: the kernel was turned by 180 degrees. A cross-correlation slides it over the image as "
    "it stands.",
)
def kernel_turned(image: Array, kernel: Array) -> Any:
    return convolve2d(image, kernel)


@catalogue.wrong(
    "convolve2d",
    "Your out is the cross-correlation: the kernel was slid over the image as it stands. In a convolution the indices of image "
    "and kernel run against each other, so the kernel has to be turned by 180 degrees first.",
)
def kernel_not_turned(image: Array, kernel: Array) -> Any:
    return cross_correlate2d(image, kernel)


@catalogue.wrong(
    "convolve2d",
    "The kernel was turned upside down, but not left to right. A convolution turns it along both axes, since both coordinates "
    "run against each other.",
)
def turned_upside_down_only(image: Array, kernel: Array) -> Any:
    return cross_correlate2d(image, kernel[::-1])


@catalogue.wrong(
    "convolve2d",
    "The kernel was turned left to right, but not upside down. A convolution turns it along both axes, since both coordinates "
    "run against each other.",
)
def turned_left_to_right_only(image: Array, kernel: Array) -> Any:
    return cross_correlate2d(image, kernel[:, ::-1])


@catalogue.wrong(
    "convolve2d",
    "The kernel was transposed: rows have become columns. To turn it by 180 degrees reverse the order of its rows, and the "
    "order within each row; its shape stays.",
)
def transposed_for_turned(image: Array, kernel: Array) -> Any:
    return cross_correlate2d(image, kernel.T)


@catalogue.wrong(
    "convolve2d",
    "Your out holds the right numbers in reverse: the image was turned instead of the kernel. Turn the kernel, and each number "
    "comes out at the place of its window.",
)
def image_turned(image: Array, kernel: Array) -> Any:
    return cross_correlate2d(image[::-1, ::-1], kernel)


@catalogue.wrong(
    "convolve2d",
    "Image and kernel were both turned, and so was the result: that is a cross-correlation in reverse. One of the two has to "
    "stay as it is.",
)
def both_turned(image: Array, kernel: Array) -> Any:
    return cross_correlate2d(image[::-1, ::-1], kernel[::-1, ::-1])


@catalogue.wrong(
    "convolve2d",
    "The values are right, but kernel is turned round after the call: it was reversed in place. It belongs to the caller; "
    "a slice with a step of −1 is a turned view that leaves it alone.",
)
def kernel_turned_in_place(image: Array, kernel: Array) -> Any:
    kernel[...] = kernel[::-1, ::-1].copy()
    return cross_correlate2d(image, kernel)


def _in_the_plane(exercise: str, right: Any) -> None:
    """What goes wrong in both functions alike."""

    @catalogue.wrong(
        exercise,
        "Your out is larger than the image: it is the full region, in which the kernel may hang over every edge. The valid region "
        "is asked for, where all of the kernel lies inside.",
    )
    def full_region(image: Array, kernel: Array) -> Any:
        return right(_full(image, kernel), kernel)

    @catalogue.wrong(
        exercise,
        "Your out has the size of the image: a border of zeros was put around it. The valid region is asked for, where all of "
        "the kernel lies inside, so out has KH − 1 rows and KW − 1 columns less.",
    )
    def same_size(image: Array, kernel: Array) -> Any:
        return right(_same(image, kernel), kernel)

    @catalogue.wrong(
        exercise,
        "Your out lacks its last row and column: along an axis of length n a kernel of k stands at n − k + 1 places, from 0 to "
        "n − k, both included.",
    )
    def last_place_missing(image: Array, kernel: Array) -> Any:
        return right(image, kernel)[:-1, :-1]

    @catalogue.wrong(
        exercise,
        "Your out is the mean over the window where the sum of the products belongs: it is KH·KW times too small.",
    )
    def mean_of_products(image: Array, kernel: Array) -> Any:
        return right(image, kernel) / kernel.size

    @catalogue.wrong(
        exercise,
        "Your out has rows and columns swapped: the first index of out is the place down, the second the place across, as in the "
        "image.",
    )
    def out_transposed(image: Array, kernel: Array) -> Any:
        return right(image, kernel).T

    @catalogue.wrong(
        exercise,
        "Each entry of your out is one product only: in the innermost loop each replaces the one before it. They are to be "
        "added up.",
    )
    def last_product_only(image: Array, kernel: Array) -> Any:
        last = np.zeros_like(kernel)
        corner = (-1, -1) if exercise == "cross_correlate2d" else (0, 0)
        last[corner] = kernel[corner]
        return right(image, last)

    @catalogue.wrong(
        exercise,
        "Height and width of the kernel are confused: its rows are counted by KW and its columns by KH. kernel.shape is (KH, "
        "KW), height first.",
    )
    def kernel_sides_confused(image: Array, kernel: Array) -> Any:
        height, width = kernel.shape
        rows, columns = image.shape[0] - width + 1, image.shape[1] - height + 1
        out = np.zeros((rows, columns), np.result_type(image, kernel))
        used = kernel if exercise == "cross_correlate2d" else kernel[::-1, ::-1]
        for i in range(rows):
            for j in range(columns):
                out[i, j] = np.sum(image[i : i + width, j : j + height] * used)
        return out

    @catalogue.wrong(
        exercise,
        "For an image of whole numbers your out holds whole numbers: it was made with the image's dtype, which cuts everything "
        "after the decimal point off (and bytes turn over at 256). Give out a dtype that holds image times kernel.",
    )
    def dtype_of_the_image(image: Array, kernel: Array) -> Any:
        out = np.zeros((image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1), image.dtype)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            out[...] = right(image, kernel).astype(np.int64 if image.dtype.kind in "iu" else image.dtype)
        return out

    @catalogue.wrong(
        exercise,
        "The values are right, but float32 inputs gave a float64 out. np.zeros makes float64 unless told otherwise.",
    )
    def always_float64(image: Array, kernel: Array) -> Any:
        return right(image, kernel).astype(np.float64)


_in_the_plane("cross_correlate2d", cross_correlate2d)
_in_the_plane("convolve2d", convolve2d)
