"""Known wrong answers of the chapter `convolution`: the layer's forward, plain and as a matrix product."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.convolution_parts import Array, Layer, Out, interleaved, pair, swapped
from solutions.convolution import conv2d_forward

catalogue = Catalogue()


def _wrong(sentence: str) -> Callable[[Callable[..., Any]], Any]:
    """Enter a wrong answer for both forwards: they compute the same."""

    def enter(function: Callable[..., Any]) -> Any:
        catalogue.wrong("conv2d_forward", sentence)(function)
        return catalogue.wrong("conv2d_im2col_forward", sentence)(function)

    return enter


# --- the kernel and the sum ----------------------------------------------------------------------------------------


@_wrong(
    "Your out is what a flipped kernel gives: that is the true convolution. Layers use cross-correlation, with the kernel as it "
    "stands; only convolve2d turns it."
)
def kernel_flipped(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight[:, :, ::-1, ::-1], bias, *how, **options)


@_wrong("Your kernels are turned upside down. Layers use each kernel as it stands, first row on top.")
def kernel_upside_down(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight[:, :, ::-1], bias, *how, **options)


@_wrong("Your kernels are turned left to right. Layers use each kernel as it stands, first column on the left.")
def kernel_left_to_right(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight[:, :, :, ::-1], bias, *how, **options)


@_wrong(
    "Your kernels are transposed: weight[f, c, i, j] meets a pixel j rows down and i columns across. The first index goes down, "
    "the second across."
)
def kernel_transposed(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight.swapaxes(2, 3), bias, *how, **options)


@_wrong(
    "Only the first channel that a filter sees is in your out. A filter has a kernel for each of its channels, and what they "
    "find is added up."
)
def first_channel_only(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    used = np.zeros_like(weight)
    used[:, 0] = weight[:, 0]
    return conv2d_forward(x, used, bias, *how, **options)


@_wrong(
    "Only the last channel that a filter sees is in your out: in the loop over the channels each replaces the one before it. "
    "Their sums are to be added up."
)
def last_channel_only(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    used = np.zeros_like(weight)
    used[:, -1] = weight[:, -1]
    return conv2d_forward(x, used, bias, *how, **options)


@_wrong(
    "Your out holds means over the window where sums of the products belong: it is C·KH·KW times too small before bias."
)
def mean_over_the_window(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight / weight[0].size, bias, *how, **options)


@_wrong(
    "Your out has the mean over the channels where their sum belongs. What the kernels of a filter find is added up, however "
    "many channels there are."
)
def mean_over_the_channels(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight / weight.shape[1], bias, *how, **options)


@_wrong("Your out is right but for bias, which is not in it. Filter f adds bias[f] to every place of its feature map.")
def bias_forgotten(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    conv2d_forward(x, weight, bias, *how, **options)
    return conv2d_forward(x, weight, 0 * bias, *how, **options)


@_wrong("Your out has bias taken away where it is to be added: it is off by twice the bias.")
def bias_subtracted(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight, -bias, *how, **options)


@_wrong(
    "The bias is added too often: once with every product, so C·KH·KW times. It belongs to the sum as a whole; add it after "
    "the loops over the kernel."
)
def bias_with_every_product(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight, bias * math.prod(weight.shape[1:]), *how, **options)


@_wrong(
    "The bias is added too often: once for every entry of a kernel, so KH·KW times. It belongs to the sum as a whole; add it "
    "after the loops over the kernel."
)
def bias_with_every_kernel_entry(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight, bias * math.prod(weight.shape[2:]), *how, **options)


@_wrong(
    "The bias is added too often: once with every channel. A filter has one bias, however many channels it sees; add it after "
    "the loop over the channels."
)
def bias_with_every_channel(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return conv2d_forward(x, weight, bias * weight.shape[1], *how, **options)


@_wrong("All filters add the same bias, bias[0]. Each has its own: filter f adds bias[f].")
def first_bias_for_all(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    conv2d_forward(x, weight, bias, *how, **options)
    return conv2d_forward(x, weight, np.full_like(bias, bias[0]), *how, **options)


@_wrong("The negative entries of your out have become 0: that is a ReLU on top. Activations are layers of their own.")
def activation_added(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    return np.maximum(out, 0), cache


# --- stride --------------------------------------------------------------------------------------------------------


@_wrong(
    "Your out has the right size, but its windows are one pixel apart: the stride is missing where they are cut out. Place (h, "
    "w) of out has its window begin stride times h rows down and stride times w columns across."
)
def stride_forgotten(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    out, cache = conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    every, _ = conv2d_forward(x, weight, bias, 1, padding, dilation, groups)
    return every[:, :, : out.shape[2], : out.shape[3]].copy(), cache


@_wrong(
    "The stride is ignored: your out has a place for every pixel. With a stride of s the window moves s pixels at a time, and "
    "out is about s times smaller along each axis."
)
def stride_ignored(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    return conv2d_forward(x, weight, bias, 1, padding, dilation, groups)


@_wrong(
    "Height and width of the stride are confused. A pair is (height, width): its first number is the step downwards."
)
def stride_swapped(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    return conv2d_forward(x, weight, bias, swapped(stride), padding, dilation, groups)


@_wrong(
    "Of each pair only the first number is used, for height and width alike. stride, padding and dilation may differ along the "
    "two axes."
)
def first_of_each_pair(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    return conv2d_forward(x, weight, bias, pair(stride)[0], pair(padding)[0], pair(dilation)[0], groups)


# --- padding -------------------------------------------------------------------------------------------------------


def _padded_by_hand(x: Array, weight: Array, bias: Array, padded: Array, *how: Any) -> Out:
    stride, padding, dilation, groups = how
    conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    return conv2d_forward(padded, weight, bias, stride, 0, dilation, groups)


@_wrong(
    "The padding is ignored: your out is too small. Lay a border of zeros around each channel before the window slides."
)
def padding_ignored(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    return _padded_by_hand(x, weight, bias, x, stride, padding, dilation, groups)


@_wrong(
    "Height and width of the padding are confused. A pair is (height, width): its first number is for above and below."
)
def padding_swapped(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    return conv2d_forward(x, weight, bias, stride, swapped(padding), dilation, groups)


@_wrong(
    "Your out is too small: the padding was put above and on the left only. It is a border, so the same width goes below and on "
    "the right."
)
def padding_on_one_side(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    top, left = pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (top, 0), (left, 0)))
    return _padded_by_hand(x, weight, bias, padded, stride, padding, dilation, groups)


@_wrong(
    "All of the padding was put below and on the right, so your windows begin too late by the width of the border. Half of it "
    "goes above and on the left."
)
def padding_at_the_end(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    top, left = pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (0, 2 * top), (0, 2 * left)))
    return _padded_by_hand(x, weight, bias, padded, stride, padding, dilation, groups)


@_wrong(
    "All of the padding was put above and on the left, so your windows begin too early by the width of the border. Half of it "
    "goes below and on the right."
)
def padding_at_the_start(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    top, left = pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (2 * top, 0), (2 * left, 0)))
    return _padded_by_hand(x, weight, bias, padded, stride, padding, dilation, groups)


@_wrong(
    "The border repeats the pixels at the edge of the image (mode 'edge'). It is to be zeros: what lies outside is taken to be "
    "nothing."
)
def padding_repeats_the_edge(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    padded = Layer(x, weight, stride, padding, dilation, groups).padded("edge")
    return _padded_by_hand(x, weight, bias, padded, stride, padding, dilation, groups)


@_wrong("The border mirrors the image (mode 'symmetric'). It is to be zeros: what lies outside is taken to be nothing.")
def padding_mirrors_the_image(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    padded = Layer(x, weight, stride, padding, dilation, groups).padded("symmetric")
    return _padded_by_hand(x, weight, bias, padded, stride, padding, dilation, groups)


@_wrong("The border wraps round to the opposite side of the image (mode 'wrap'). It is to be zeros.")
def padding_wraps_round(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    padded = Layer(x, weight, stride, padding, dilation, groups).padded("wrap")
    return _padded_by_hand(x, weight, bias, padded, stride, padding, dilation, groups)


@_wrong(
    "np.pad got a single number and padded all four axes, so there are images and channels of nothing but zeros. Only height "
    "and width get a border: give np.pad a pair for each axis."
)
def padded_on_all_axes(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    top, left = pair(padding)
    layer = Layer(x, weight, stride, padding, dilation, groups)
    padded = np.pad(x, ((top, top), (top, top), (top, top), (left, left)))
    images, filters = padded.shape[0], len(weight)
    out = np.zeros((images, filters, *layer.out), x.dtype)
    for n, f, h, w in np.ndindex(*out.shape):
        channels = slice(None) if groups == 1 else layer.channels(f)
        out[n, f, h, w] = np.sum(padded[n, channels, *layer.window(h, w)] * weight[f]) + bias[f]
    return out, None


@_wrong(
    "The padded array cannot be filled where the padding is 0: [padding:-padding] is [0:0] there, since −0 is 0. Put x in from the "
    "padding on, for as many rows and columns as x has."
)
def put_in_with_minus_padding(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    (top, left), (count, channels, height, width) = pair(padding), x.shape
    padded = np.zeros((count, channels, height + 2 * top, width + 2 * left), x.dtype)
    padded[:, :, top:-top, left:-left] = x
    return _padded_by_hand(x, weight, bias, padded, stride, padding, dilation, groups)


# --- dilation ------------------------------------------------------------------------------------------------------


@_wrong(
    "The dilation is ignored: your out is too large. With a dilation of d neighbouring entries of the kernel meet pixels that lie "
    "d apart."
)
def dilation_ignored(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    return conv2d_forward(x, weight, bias, stride, padding, 1, groups)


@_wrong(
    "Your out has the size that the dilation asks for, but the windows are not spread: the entries of the kernel meet "
    "neighbouring pixels. They have to be dilation apart, which a slice with a step gives."
)
def window_not_spread(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    out, cache = conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    every, _ = conv2d_forward(x, weight, bias, stride, padding, 1, groups)
    return every[:, :, : out.shape[2], : out.shape[3]].copy(), cache


@_wrong(
    "The dilation is off by one: it was taken for the number of unused pixels between two entries of the kernel. It is their "
    "distance, so a dilation of 1 leaves none between."
)
def dilation_counts_the_gaps(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    height, width = pair(dilation)
    return conv2d_forward(x, weight, bias, stride, padding, (height + 1, width + 1), groups)


@_wrong("Height and width of the dilation are confused. A pair is (height, width): its first number spreads the rows.")
def dilation_swapped(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    return conv2d_forward(x, weight, bias, stride, padding, swapped(dilation), groups)


# --- groups --------------------------------------------------------------------------------------------------------


@_wrong(
    "All filters look at the first C/groups channels. The filters of the second group belong to the second block of channels, "
    "and so on."
)
def groups_all_see_the_first_channels(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    return conv2d_forward(x[:, : weight.shape[1]], weight, bias, stride, padding, dilation)


@_wrong(
    "The channels were dealt to the groups one by one, like cards: group g got every groups-th channel. Groups are blocks: the "
    "first C/groups channels that follow each other are the first group's."
)
def channels_interleaved(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    dealt = x[:, interleaved(x.shape[1], groups)]
    return conv2d_forward(dealt, weight, bias, stride, padding, dilation, groups)


@_wrong(
    "The filters were dealt to the groups one by one: filter f looks at the channels of group f % groups. Groups are blocks: the "
    "first F/groups filters that follow each other belong to the first."
)
def filters_interleaved(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    order = interleaved(len(weight), groups) if len(weight) % groups == 0 else slice(None)
    dealt, cache = conv2d_forward(x, weight[order], bias[order], stride, padding, dilation, groups)
    out = np.empty_like(dealt)
    out[:, order] = dealt
    return out, cache


# --- the output ----------------------------------------------------------------------------------------------------


@_wrong(
    "Your out has the right numbers in the wrong places: they were collected going down first and then across, and laid out row by row. "
    "The loop over rows belongs outside, the one over columns inside."
)
def places_column_major(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    return out.swapaxes(2, 3).reshape(out.shape), cache


@_wrong("Your feature maps are transposed: out is (N, F, H', W'), the place down before the place across.")
def out_transposed(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    return out.swapaxes(2, 3), cache


@_wrong(
    "The axes of your out are in another order: the filters stand last. Images are (N, channels, height, width), so out is too."
)
def filters_last(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    return np.moveaxis(out, 1, -1), cache


@_wrong(
    "Your out is square: its width was computed from the height of image and kernel. Both axes have their own size, kernel, "
    "stride, padding and dilation."
)
def width_from_the_height(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    side = out.shape[2]
    square = np.zeros((*out.shape[:3], side), out.dtype)
    square[..., : out.shape[3]] = out[..., :side]
    return square, cache


@_wrong(
    "Your out has a row or column too many where the stride leaves pixels over: the size was rounded up. The window would hang "
    "over the end there; what does not fit is left out."
)
def size_rounded_up(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    layer = Layer(x, weight, stride, padding, dilation, groups)
    padded = layer.padded()
    sizes = zip(padded.shape[2:], layer.reach, layer.stride, layer.out, strict=True)
    more = [
        ((count if (n - reach) % step == 0 else count + 1) - 1) * step + reach - n for n, reach, step, count in sizes
    ]
    grown = np.pad(padded, ((0, 0), (0, 0), (0, max(0, more[0])), (0, max(0, more[1]))))
    return _padded_by_hand(x, weight, bias, grown, stride, padding, dilation, groups)


@_wrong(
    "The size of out is a float, since / was used, and NumPy cannot make an array of it. The number of places is a whole number: "
    "divide with //, which rounds down."
)
def float_size(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    layer = Layer(x, weight, stride, padding, dilation, groups)
    return np.zeros((len(x), len(weight), float(layer.out[0]), float(layer.out[1]))), None


@_wrong("Only the first image of the batch is in your out; the others are zeros. Go through all N images.")
def first_image_only(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    out[1:] = 0
    return out, cache


@_wrong("The values are right, but float32 inputs gave a float64 out. np.zeros makes float64 unless told otherwise.")
def always_float64(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, cache = conv2d_forward(x, weight, bias, *how, **options)
    return out.astype(np.float64), cache
