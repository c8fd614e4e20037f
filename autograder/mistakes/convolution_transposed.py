"""Known wrong answers of the chapter `convolution`: the transposed convolution, forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.convolution_parts import Array, Out, interleaved, pair, swapped
from solutions.convolution import conv_transpose2d_forward

catalogue = Catalogue()


def _wrong(sentence: str) -> Callable[[Callable[..., Any]], Any]:
    return catalogue.wrong("conv_transpose2d_forward", sentence)


class Layer:
    """A transposed convolution that is given x, with all its numbers; wrong answers change one of them."""

    def __init__(
        self,
        x: Array,
        weight: Array,
        bias: Array,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> None:
        self.x, self.weight, self.bias, self.groups = x, weight, bias, groups
        self.how = (stride, padding, output_padding, dilation, groups)
        self.stride, self.padding = pair(stride), pair(padding)
        self.output_padding, self.dilation = pair(output_padding), pair(dilation)
        # Whether the sizes fit is the reference's business.
        self.right, self.cache = conv_transpose2d_forward(x, weight, bias, *self.how)
        self.out: tuple[int, int] = self.right.shape[2:]

    def channels(self, c: int) -> slice:
        """The channels of out that channel c of x reaches."""
        per_group = self.weight.shape[1]
        first = c // (len(self.weight) // self.groups) * per_group
        return slice(first, first + per_group)

    def canvas(self) -> Array:
        """Zeros for all copies, before the border is cut off."""
        height, width = (size + 2 * border for size, border in zip(self.out, self.padding, strict=True))
        return np.zeros((len(self.x), len(self.bias), height, width), self.x.dtype)

    def stamped(
        self, stride: Any = None, dilation: Any = None, weight: Array | None = None, overwrite: bool = False
    ) -> Array:
        """The canvas with a copy of the kernel for every pixel, without bias; what falls outside is lost."""
        (sh, sw), (dh, dw) = stride or self.stride, dilation or self.dilation
        used, canvas = self.weight if weight is None else weight, self.canvas()
        for c, h, w, i, j in np.ndindex(self.x.shape[1], *self.x.shape[2:], *used.shape[2:]):
            row, column = h * sh + i * dh, w * sw + j * dw
            if row < canvas.shape[2] and column < canvas.shape[3]:
                share = self.x[:, c, h, w, None] * used[c, :, i, j]
                if overwrite:
                    canvas[:, self.channels(c), row, column] = share
                else:
                    canvas[:, self.channels(c), row, column] += share
        return canvas

    def cut(self, canvas: Array) -> Array:
        (top, left), (height, width) = self.padding, self.out
        return canvas[:, :, top : top + height, left : left + width]

    def with_bias(self, canvas: Array) -> Array:
        out: Array = self.cut(canvas) + self.bias[:, None, None]
        return out


# --- forward: the copies -------------------------------------------------------------------------------------------


@_wrong(
    "Where copies overlap, the later one replaces the earlier: = stands where += belongs. A pixel of out that several copies reach gets "
    "their sum."
)
def overlaps_overwritten(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return layer.with_bias(layer.stamped(overwrite=True)), None


@_wrong(
    "The copies of the kernel lie one pixel apart, whatever the stride. Pixel (h, w) of x puts its copy stride times h rows down and "
    "stride times w columns across: that is what spreads the picture out."
)
def stride_forgotten(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return layer.with_bias(layer.stamped(stride=(1, 1))), None


@_wrong(
    "The stride makes your out smaller, as in a convolution. Here it works the other way round: the copies of the kernel lie stride "
    "pixels apart in out, so out is about stride times larger than x."
)
def stride_of_a_convolution(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    whole, _ = conv_transpose2d_forward(layer.x, layer.weight, layer.bias, 1, 0, 0, layer.dilation, layer.groups)
    return whole[:, :, :: layer.stride[0], :: layer.stride[1]].copy(), None


@_wrong(
    "The kernels are flipped: out is what the kernel turned by 180 degrees gives. Every pixel of x puts a copy of the kernel as it "
    "stands into out. (If you put zeros between the pixels and convolve, that convolution needs the turned one.)"
)
def kernel_flipped(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return layer.with_bias(layer.stamped(weight=layer.weight[:, :, ::-1, ::-1])), None


@_wrong(
    "The kernels are transposed: rows have become columns. weight[c, f, i, j] goes i rows down and j columns across."
)
def kernel_transposed(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return conv_transpose2d_forward(layer.x, layer.weight.swapaxes(2, 3), layer.bias, *layer.how)


@_wrong(
    "Only the last channel of x is in your out: each channel's copies replace those before. The channels are added up."
)
def last_channel_only(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    used = np.zeros_like(layer.weight)
    per_group = len(used) // layer.groups
    used[per_group - 1 :: per_group] = layer.weight[per_group - 1 :: per_group]
    return layer.with_bias(layer.stamped(weight=used)), None


@_wrong(
    "The sums were divided by the number of copies that reach each pixel. That would hide the checkerboard, but the layer is the adjoint "
    "of a convolution, and that adds up."
)
def averaged_over_the_copies(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    counting = Layer(np.ones_like(layer.x[:, :1]), np.ones_like(layer.weight[:1, :1]), layer.bias[:1], *layer.how[:4])
    return layer.cut(layer.stamped()) / np.maximum(counting.cut(counting.stamped()), 1) + layer.bias[
        :, None, None
    ], None


@_wrong(
    "The dilation is forgotten: the entries of each copy are neighbours in out. They are to lie dilation pixels apart."
)
def dilation_forgotten(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return layer.with_bias(layer.stamped(dilation=(1, 1))), None


@_wrong("Height and width of the stride are confused. A pair is (height, width): its first number spreads the rows.")
def stride_swapped(x: Array, weight: Array, bias: Array, stride: Any = 1, *how: Any, **options: Any) -> Out:
    return conv_transpose2d_forward(x, weight, bias, swapped(stride), *how, **options)


# --- forward: the size ---------------------------------------------------------------------------------------------


@_wrong(
    "The padding makes your out larger. It is the padding of the convolution that this layer transposes: that one added a border, so here "
    "it is cut off again."
)
def padding_added(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    (top, left), canvas = layer.padding, layer.stamped()
    return np.pad(canvas, ((0, 0), (0, 0), (top, top), (left, left))) + layer.bias[:, None, None], None


@_wrong("The padding is ignored: your out is too large. Cut padding rows and columns off at each side.")
def padding_ignored(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return layer.stamped() + layer.bias[:, None, None], None


@_wrong(
    "The whole of the padding was cut off below and on the right. It is a border: one half goes above and on the left."
)
def padding_cut_at_the_end(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return layer.stamped()[:, :, : layer.out[0], : layer.out[1]] + layer.bias[:, None, None], None


@_wrong(
    "The padding was cut off once only, above and on the left. It is a border: the same goes below and on the right."
)
def padding_cut_once(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    (top, left) = layer.padding
    return layer.stamped()[:, :, top:, left:] + layer.bias[:, None, None], None


@_wrong(
    "Your out is empty, or has lost an axis, where the padding is 0: [padding:-padding] is [0:0] there, since −0 is 0. Cut from the "
    "padding on for as many rows and columns as the output has."
)
def cut_with_minus_padding(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    (top, left) = layer.padding
    return layer.stamped()[:, :, top:-top, left:-left] + layer.bias[:, None, None], None


@_wrong(
    "Height and width of the padding are confused. A pair is (height, width): its first number is cut off above and below."
)
def padding_swapped(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, *how: Any, **options: Any
) -> Out:
    return conv_transpose2d_forward(x, weight, bias, stride, swapped(padding), *how, **options)


@_wrong("output_padding is ignored: your out is too small. It makes out longer below and on the right.")
def output_padding_ignored(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    stride, padding, _, *rest = layer.how
    return conv_transpose2d_forward(layer.x, layer.weight, layer.bias, stride, padding, 0, *rest)


@_wrong("output_padding was added on both sides. It is no border: it makes out longer below and on the right only.")
def output_padding_on_both_sides(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    (more, wider), (top, left) = layer.output_padding, layer.padding
    wide = np.pad(layer.stamped(), ((0, 0), (0, 0), (more, 0), (wider, 0)))
    return wide[:, :, top : top + layer.out[0] + more, left : left + layer.out[1] + wider] + layer.bias[
        :, None, None
    ], None


@_wrong(
    "output_padding was added above and on the left, so your out is shifted. It makes out longer below and on the right."
)
def output_padding_at_the_start(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    (more, wider), canvas = layer.output_padding, layer.stamped()
    shifted = np.pad(canvas, ((0, 0), (0, 0), (more, 0), (wider, 0)))[:, :, : canvas.shape[2], : canvas.shape[3]]
    return layer.with_bias(shifted), None


@_wrong(
    "The rows and columns of output_padding hold zeros: they were added after everything else. They are part of out, which may still "
    "be reached by copies where there is padding, and always gets the bias."
)
def output_padding_of_zeros(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    out = layer.with_bias(layer.stamped())
    height, width = (size - extra for size, extra in zip(layer.out, layer.output_padding, strict=True))
    out[:, :, height:] = 0
    out[:, :, :, width:] = 0
    return out, None


@_wrong("Height and width of output_padding are confused. A pair is (height, width): its first number adds rows.")
def output_padding_swapped(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    stride, padding, output_padding, *rest = layer.how
    return conv_transpose2d_forward(layer.x, layer.weight, layer.bias, stride, padding, swapped(output_padding), *rest)


@_wrong(
    "Your out has stride times as many rows and columns as x. The copies of the last row and column of x reach further when the kernel "
    "is larger than the stride, and less far when it is smaller: see the formula for the size."
)
def size_times_stride(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    height, width = (n * step for n, step in zip(layer.x.shape[2:], layer.stride, strict=True))
    room = np.pad(layer.cut(layer.stamped()), ((0, 0), (0, 0), (0, height), (0, width)))
    return room[:, :, :height, :width] + layer.bias[:, None, None], None


# --- forward: groups and bias --------------------------------------------------------------------------------------


@_wrong(
    "The groups are ignored: all channels of x write into the first channels of out. The second block of channels reaches the second "
    "block of out, and so on."
)
def groups_all_reach_the_first_channels(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    per_group = layer.weight.shape[1]
    first, _ = conv_transpose2d_forward(layer.x, layer.weight, 0 * layer.bias[:per_group], *layer.how[:4])
    out = np.zeros_like(layer.right) + layer.bias[:, None, None]
    out[:, :per_group] += first
    return out, None


@_wrong(
    "The channels were dealt to the groups one by one: channel c goes with group c % groups. Groups are blocks of channels that follow "
    "each other."
)
def channels_interleaved(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    order = interleaved(layer.x.shape[1], layer.groups)
    return conv_transpose2d_forward(layer.x[:, order], layer.weight[order], layer.bias, *layer.how)


@_wrong("Your out is right but for bias, which is not in it. Every place of channel f gets bias[f], once.")
def bias_forgotten(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return layer.right - layer.bias[:, None, None], None


@_wrong(
    "The bias comes with every copy of the kernel, so pixels that several copies reach have it several times, and others not at all. Add "
    "it once to everything, when all copies are there."
)
def bias_with_every_copy(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    counting = Layer(np.ones_like(layer.x[:, :1]), np.ones_like(layer.weight[:1, :1]), layer.bias[:1], *layer.how[:4])
    copies = counting.cut(counting.stamped()) * (len(layer.weight) // layer.groups)
    return layer.cut(layer.stamped()) + copies * layer.bias[:, None, None], None


@_wrong("The values are right, but float32 inputs gave a float64 out. np.zeros makes float64 unless told otherwise.")
def always_float64(*arguments: Any, **options: Any) -> Out:
    layer = Layer(*arguments, **options)
    return layer.right.astype(np.float64), None
