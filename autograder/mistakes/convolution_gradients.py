"""Known wrong answers of the chapter `convolution`: the layer's backward, plain and by matrix products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from autograder.mistakes.convolution_parts import Array, Gradients, Layer, Out, interleaved
from solutions.convolution import conv2d_forward

catalogue = Catalogue()


def forward(
    x: Array, weight: Array, bias: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Out:
    out, _ = conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    return out, Layer(x, weight, stride, padding, dilation, groups)


def _wrong(sentence: str, forward: Callable[..., Any] = forward) -> Callable[[Callable[..., Any]], Any]:
    """Enter a wrong answer for both backwards: they compute the same."""

    def enter(function: Callable[..., Any]) -> Any:
        catalogue.wrong("conv2d_backward", sentence, conv2d_forward=forward)(function)
        return catalogue.wrong("conv2d_im2col_backward", sentence, conv2d_im2col_forward=forward)(function)

    return enter


def right(dout: Array, layer: Layer) -> Gradients:
    dpadded, dweight, dbias = layer.backward(dout, layer.padded())
    return layer.cropped(dpadded), dweight, dbias


# --- dbias ---------------------------------------------------------------------------------------------------------


@_wrong(
    "Your dbias is a mean over batch, height and width: it is N·H'·W' times too small. The sum belongs here, because every entry "
    "of a feature map moves the loss through the same bias."
)
def dbias_is_a_mean(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], dout.mean(axis=(0, 2, 3))


@_wrong(
    "Your dbias is exactly 1/N of what is expected: you took the mean over the batch. The sum belongs here; the 1/N of a mean loss "
    "is in dout already."
)
def dbias_averaged_over_the_batch(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], dout.sum(axis=(2, 3)).mean(axis=0)


@_wrong(
    "Your dbias is summed over the batch only: there is one for every place. All places of a feature map share one bias, so "
    "height and width are summed away too, to shape (F,)."
)
def dbias_for_every_place(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], dout.sum(axis=0)


@_wrong(
    "Your dbias has a row for each image: the batch was not summed away. All images share the biases, so dbias is (F,)."
)
def dbias_for_every_image(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], dout.sum(axis=(2, 3))


@_wrong(
    "Your dbias is summed over the wrong axes: the filters are summed away. Each filter has a bias of its own, so their axis, "
    "number 1, is the one that stays."
)
def dbias_over_the_filters(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], dout.sum(axis=(0, 1, 2))


@_wrong(
    "Your dbias is a single number, the sum over all of dout. Each filter has a bias of its own: sum over the other axes."
)
def dbias_one_number(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], dout.sum()


@_wrong(
    "Your dbias has the right numbers with axes of length 1 left over. A gradient has its parameter's own shape, here (F,)."
)
def dbias_keeps_the_axes(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], dout.sum(axis=(0, 2, 3), keepdims=True)


@_wrong(
    "Your dbias counts: it is the number of places in all images. That is the derivative of the sum of out; the chain rule "
    "multiplies by dout before adding up."
)
def dbias_counts_places(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], np.ones_like(dout).sum(axis=(0, 2, 3))


@_wrong(
    "Your dbias is too large: in the loops dout was added once with every product, or every channel. One entry of out holds its "
    "bias once, so each entry of dout counts once."
)
def dbias_with_every_channel(dout: Array, cache: Any) -> Gradients:
    return *right(dout, cache)[:2], dout.sum(axis=(0, 2, 3)) * cache.weight.shape[1]


# --- all three -----------------------------------------------------------------------------------------------------


@_wrong(
    "Your dweight is exactly 1/N of what is expected. A layer sums over the batch: where the loss is a mean, dout holds the 1/N "
    "already."
)
def dweight_averaged(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    return dx, dweight / len(dout), dbias


@_wrong(
    "Your dweight and dbias are both exactly 1/N of what is expected. A layer sums over the batch; where the loss is a mean, it "
    "has divided by N itself, and dout shows it."
)
def parameters_averaged(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    return dx, dweight / len(dout), dbias / len(dout)


@_wrong(
    "The sign of all three gradients is turned round. The minus belongs to the step of gradient descent, not to the layer."
)
def all_negated(dout: Array, cache: Any) -> Gradients:
    return tuple(-gradient for gradient in right(dout, cache))


@_wrong(
    "Your gradients are the layer's own derivatives with dout left out, as if it were all ones. The chain rule multiplies by dout, "
    "what the rest of the network says about each entry of out."
)
def upstream_ignored(dout: Array, cache: Any) -> Gradients:
    return right(np.ones_like(dout), cache)


@_wrong(
    "The gradients come back in another order: first that of weight, then that of x. They are returned in the order of the "
    "forward's arguments: dx, dweight, dbias."
)
def weight_before_x(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    return dweight, dx, dbias


@_wrong(
    "The stride is missing in the backward: its windows are one pixel apart, so dx and dweight belong to other pixels. Go through the "
    "windows that a forward with this stride uses, stride pixels apart."
)
def stride_forgotten(dout: Array, cache: Any) -> Gradients:
    dx, dweight = _with_other_windows(dout, cache, stride=(1, 1))
    return dx, dweight, dout.sum(axis=(0, 2, 3))


@_wrong(
    "Your dweight is right, but dx forgets the stride: the copies of the filters lie one pixel apart. Each belongs where the "
    "forward's window was, stride pixels from the next."
)
def stride_forgotten_in_dx(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = right(dout, cache)
    return _with_other_windows(dout, cache, stride=(1, 1))[0], dweight, dbias


@_wrong(
    "Your dx is right, but dweight forgets the stride: its windows lie one pixel apart. Multiply dout by the windows that the "
    "forward saw, stride pixels apart."
)
def stride_forgotten_in_dweight(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = right(dout, cache)
    return dx, _with_other_windows(dout, cache, stride=(1, 1))[1], dbias


@_wrong(
    "Height and width of the stride are confused in the backward. The first number of the pair is the step downwards, as in the "
    "forward."
)
def stride_swapped(dout: Array, cache: Any) -> Gradients:
    dx, dweight = _with_other_windows(dout, cache, stride=cache.stride[::-1])
    return dx, dweight, dout.sum(axis=(0, 2, 3))


@_wrong(
    "The windows of the backward are not spread: the dilation is missing here, so dx and dweight belong to other pixels. Entries of the "
    "kernel met pixels dilation apart, and what they did has to be followed back to those. (Does your forward spread its windows?)"
)
def dilation_forgotten(dout: Array, cache: Any) -> Gradients:
    dx, dweight = _with_other_windows(dout, cache, dilation=(1, 1))
    return dx, dweight, dout.sum(axis=(0, 2, 3))


def _with_other_windows(dout: Array, layer: Layer, **changed: tuple[int, int]) -> tuple[Array, Array]:
    """dx and dweight where the windows of the backward differ from the forward's; what falls outside is lost."""
    stride, dilation = changed.get("stride", layer.stride), changed.get("dilation", layer.dilation)
    padded = layer.padded()
    need = [
        (count - 1) * step + spread * (taps - 1) + 1
        for count, step, spread, taps in zip(layer.out, stride, dilation, layer.weight.shape[2:], strict=True)
    ]
    room = np.zeros((*padded.shape[:2], *need), padded.dtype)
    height, width = (min(a, b) for a, b in zip(need, padded.shape[2:], strict=True))
    room[:, :, :height, :width] = padded[:, :, :height, :width]
    droom, dweight, _ = layer.backward(dout, room, stride=stride, dilation=dilation)
    dpadded = np.zeros_like(padded)
    dpadded[:, :, :height, :width] = droom[:, :, :height, :width]
    return layer.cropped(dpadded), dweight


# --- dweight -------------------------------------------------------------------------------------------------------


@_wrong(
    "Your dweight is flipped along height and width. Entry (i, j) of a kernel met the pixels i down and j across from each "
    "window's corner, in the forward as here; nothing is turned round."
)
def dweight_flipped(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    return dx, dweight[:, :, ::-1, ::-1], dbias


@_wrong(
    "Your dweight is wrong where there is padding: its windows were cut out of x without the border, so all are shifted. The "
    "forward's windows lay in the padded x, and these have to as well."
)
def dweight_of_unpadded_x(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = right(dout, cache)
    (top, left) = cache.padding
    padded = np.pad(cache.x, ((0, 0), (0, 0), (0, 2 * top), (0, 2 * left)))
    return dx, cache.backward(dout, padded)[1], dbias


@_wrong(
    "Your dweight holds the last image's share only: in the loop over the batch each replaces the one before it. Their shares are "
    "to be added up."
)
def dweight_of_the_last_image(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = right(dout, cache)
    last = np.zeros_like(dout)
    last[-1] = dout[-1]
    return dx, right(last, cache)[1], dbias


@_wrong(
    "Your dweight holds the share of the last place of the last image only: each window's share replaces the one before it. A "
    "weight is used at every place, so the shares are to be added up."
)
def dweight_of_the_last_window(dout: Array, cache: Any) -> Gradients:
    dx, _, dbias = right(dout, cache)
    last = np.zeros_like(dout)
    last[-1, :, -1, -1] = dout[-1, :, -1, -1]
    return dx, right(last, cache)[1], dbias


@_wrong(
    "All kernels of a filter have the same gradient in your dweight: the channels were added up. Each channel has a kernel of its "
    "own, and what it met is its alone."
)
def dweight_summed_over_channels(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    return dx, np.broadcast_to(dweight.sum(axis=1, keepdims=True), dweight.shape).copy(), dbias


@_wrong(
    "Your dweight is transposed within each kernel. weight[f, c, i, j] is i rows down and j columns across; so is its gradient."
)
def dweight_kernel_transposed(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    return dx, dweight.swapaxes(2, 3), dbias


@_wrong("Your dweight has its first two axes swapped: it is (C, F, KH, KW). A gradient has its parameter's own shape.")
def dweight_channels_first(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    return dx, dweight.swapaxes(0, 1), dbias


# --- dx ------------------------------------------------------------------------------------------------------------


@_wrong(
    "In dx the copies of the filters replace each other where windows overlap: = stands where += belongs. A pixel under several "
    "windows moves the loss through each of them, so their shares are added up."
)
def dx_overwritten(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = right(dout, cache)
    dpadded = np.zeros_like(cache.padded())
    for n, f, h, w in np.ndindex(*dout.shape):
        dpadded[n, cache.channels(f), *cache.window(h, w)] = cache.weight[f] * dout[n, f, h, w]
    return cache.cropped(dpadded), dweight, dbias


@_wrong(
    "In dx the filters are added up, but the windows replace each other where they overlap: = stands where += belongs. A pixel "
    "under several windows moves the loss through each of them."
)
def dx_windows_overwritten(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = right(dout, cache)
    dpadded = np.zeros_like(cache.padded())
    for n, h, w in np.ndindex(len(dout), *cache.out):
        share = np.zeros((cache.x.shape[1], *cache.weight.shape[2:]), dout.dtype)
        for f in range(len(cache.weight)):
            share[cache.channels(f)] += cache.weight[f] * dout[n, f, h, w]
        dpadded[n, :, *cache.window(h, w)] = share
    return cache.cropped(dpadded), dweight, dbias


@_wrong(
    "In dx the entries of the kernel replace each other where they meet the same pixel: = stands where += belongs. A pixel lies "
    "under several windows, by another entry of the kernel each time, and all shares are added up."
)
def dx_kernel_entries_overwritten(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = right(dout, cache)
    dpadded = np.zeros_like(cache.padded())
    for i, j in np.ndindex(*cache.weight.shape[2:]):
        share = np.zeros((len(dout), cache.x.shape[1], *cache.out), dout.dtype)
        for f in range(len(cache.weight)):
            share[:, cache.channels(f)] += cache.weight[f, :, i, j][:, None, None] * dout[:, f, None]
        dpadded[:, :, *cache.tap(i, j)] = share
    return cache.cropped(dpadded), dweight, dbias


@_wrong(
    "Your dx is what the flipped kernel gives. Every entry of dout puts a copy of its filter, as it stands, where its window was. "
    "(As a convolution over dout that is the one with the kernel turned round: one of the two, not both and not neither.)"
)
def dx_with_the_kernel_flipped(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = right(dout, cache)
    dpadded, _, _ = cache.backward(dout, cache.padded(), cache.weight[:, :, ::-1, ::-1])
    return cache.cropped(dpadded), dweight, dbias


@_wrong(
    "Your dx is empty or has lost an axis where the padding is 0: [padding:-padding] is [0:0] there, since −0 is 0. Cut from the "
    "padding on for as many rows and columns as x has."
)
def cut_with_minus_padding(dout: Array, cache: Any) -> Gradients:
    dpadded, dweight, dbias = cache.backward(dout, cache.padded())
    (top, left) = cache.padding
    return dpadded[:, :, top:-top, left:-left], dweight, dbias


@_wrong(
    "Your dx still has the border: it is as large as the padded x. What went into the padding belongs to nobody; cut it off."
)
def border_left_on(dout: Array, cache: Any) -> Gradients:
    dpadded, dweight, dbias = cache.backward(dout, cache.padded())
    return dpadded, dweight, dbias


@_wrong(
    "Your dx is shifted where there is padding: it was cut out from the corner of the border. x lies in the middle, padding rows "
    "down and padding columns across."
)
def cut_from_the_corner(dout: Array, cache: Any) -> Gradients:
    dpadded, dweight, dbias = cache.backward(dout, cache.padded())
    height, width = cache.x.shape[2:]
    return dpadded[:, :, :height, :width], dweight, dbias


@_wrong(
    "Your dx is too small where the stride leaves pixels over: its size was worked out back from out, and those pixels are "
    "missing. No window sees them, so their gradient is 0, but dx has the shape of x."
)
def left_over_pixels_missing(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    height, width = (
        (count - 1) * step + reach - 2 * border
        for count, step, reach, border in zip(cache.out, cache.stride, cache.reach, cache.padding, strict=True)
    )
    return dx[:, :, : max(height, 0), : max(width, 0)], dweight, dbias


@_wrong(
    "Your dx holds the last filter's share only. A pixel is seen by all filters of its group, and their shares are added up."
)
def dx_of_the_last_filter(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = right(dout, cache)
    last = np.zeros_like(dout)
    per_group = dout.shape[1] // cache.groups
    last[:, per_group - 1 :: per_group] = dout[:, per_group - 1 :: per_group]
    return right(last, cache)[0], dweight, dbias


@_wrong(
    "All channels of your dx are alike: the filters' channels were added up. Each channel has a kernel of its own in every filter."
)
def dx_alike_in_all_channels(dout: Array, cache: Any) -> Gradients:
    _, dweight, dbias = right(dout, cache)
    summed = np.broadcast_to(cache.weight.sum(axis=1, keepdims=True), cache.weight.shape)
    dpadded, _, _ = cache.backward(dout, cache.padded(), summed.copy())
    return cache.cropped(dpadded), dweight, dbias


@_wrong(
    "Your dx is exactly 1/N of what is expected. Each image has a gradient of its own, so nothing is averaged over the batch."
)
def dx_averaged(dout: Array, cache: Any) -> Gradients:
    dx, dweight, dbias = right(dout, cache)
    return dx / len(dout), dweight, dbias


# --- groups --------------------------------------------------------------------------------------------------------


@_wrong(
    "The groups are missing in the backward: all filters take and give the gradients of the first C/groups channels, and the other "
    "channels get none. Use the same channels as the forward for each filter."
)
def groups_forgotten(dout: Array, cache: Any) -> Gradients:
    per_group = cache.weight.shape[1]
    padded = cache.padded()
    dfirst, dweight, dbias = cache.backward(dout, padded[:, :per_group], groups=1)
    dpadded = np.zeros_like(padded)
    dpadded[:, :per_group] = dfirst
    return cache.cropped(dpadded), dweight, dbias


@_wrong(
    "In the backward the filters are dealt to the groups one by one: filter f goes with group f % groups. In the forward, groups are "
    "blocks of filters that follow each other; here they have to be too."
)
def groups_interleaved(dout: Array, cache: Any) -> Gradients:
    order = interleaved(dout.shape[1], cache.groups)
    dpadded, dealt, _ = cache.backward(dout[:, order], cache.padded(), cache.weight[order])
    dweight = np.empty_like(dealt)
    dweight[order] = dealt
    return cache.cropped(dpadded), dweight, dout.sum(axis=(0, 2, 3))


# --- what belongs to others ----------------------------------------------------------------------------------------


@_wrong(
    "The gradients are right, but weight has changed during the call: the step of gradient descent was taken here, on the caller's "
    "array. A backward only reports the gradients."
)
def weight_updated_here(dout: Array, cache: Any) -> Gradients:
    gradients = right(dout, cache)
    weight = cache.weight
    weight -= 0.01 * gradients[1]
    return gradients


@_wrong(
    "The values are right, but float32 inputs gave float64 gradients. np.zeros makes float64 unless told otherwise."
)
def gradients_always_float64(dout: Array, cache: Any) -> Gradients:
    return tuple(gradient.astype(np.float64) for gradient in right(dout, cache))


def _forward_with_totals(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    out, layer = forward(x, weight, bias, *how, **options)
    return out, (layer, [np.zeros_like(array) for array in (x, weight, bias)])


@_wrong(
    "The first call is right, but a second one with the same dout gives twice as much: gradients are being added up in the cache. "
    "Each call stands for itself; start from fresh arrays.",
    _forward_with_totals,
)
def accumulated_over_calls(dout: Array, cache: Any) -> Gradients:
    layer, totals = cache
    for total, gradient in zip(totals, right(dout, layer), strict=True):
        total += gradient
    return tuple(total.copy() for total in totals)


def _forward_without_cache(x: Array, weight: Array, bias: Array, *how: Any, **options: Any) -> Out:
    return forward(x, weight, bias, *how, **options)[0], None


@_wrong(
    "Your cache is None, so there is nothing to take out of it. What the backward needs, x, weight and the settings, has to be put "
    "into the cache by the forward.",
    _forward_without_cache,
)
def cache_is_none(dout: Array, cache: Any) -> Gradients:
    x, weight, *how = cache
    return right(dout, Layer(x, weight, *how))
