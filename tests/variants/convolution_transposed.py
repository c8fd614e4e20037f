"""Right answers to the chapter `convolution`, written otherwise: the transposed convolution."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from variants.convolution_columns import fold_add_at, unfold_fancy
from variants.convolution_layer import einsum_backward as conv_backward
from variants.convolution_layer import einsum_forward as conv_forward
from variants.convolution_layer import pair


def _settings(x, weight, stride, padding, output_padding, dilation, groups):
    if x.shape[1] != weight.shape[0] or weight.shape[0] % groups:
        raise ValueError(f"x {x.shape} and weight {weight.shape} do not fit with {groups} groups")
    if min(*pair(stride), *pair(dilation)) < 1:
        raise ValueError(f"{stride=} and {dilation=} must be at least 1")
    (sh, sw), (ph, pw), (oh, ow), (dh, dw) = pair(stride), pair(padding), pair(output_padding), pair(dilation)
    height = (x.shape[2] - 1) * sh - 2 * ph + dh * (weight.shape[2] - 1) + oh + 1
    width = (x.shape[3] - 1) * sw - 2 * pw + dw * (weight.shape[3] - 1) + ow + 1
    if height < 1 or width < 1 or (oh >= max(sh, dh)) or (ow >= max(sw, dw)):
        raise ValueError(f"output of {height}×{width} from {x.shape}, {weight.shape}, {stride=}, {output_padding=}")
    return SimpleNamespace(
        sh=sh, sw=sw, ph=ph, pw=pw, oh=oh, ow=ow, dh=dh, dw=dw, height=height, width=width, groups=groups
    )


def _canvas(x, weight, s):
    """Room for everything, before the padding is cut away."""
    channels = weight.shape[1] * s.groups
    return np.zeros((len(x), channels, s.height + 2 * s.ph, s.width + 2 * s.pw), x.dtype)


def _cut(canvas, s):
    return canvas[:, :, s.ph : s.ph + s.height, s.pw : s.pw + s.width]


def _widened(dout, s):
    return np.pad(dout, ((0, 0), (0, 0), (s.ph, s.ph), (s.pw, s.pw)))


# --- stamped, pixel by pixel ---------------------------------------------------------------------------------------


def _stamp(s, weight, i, j):
    """Where pixel (i, j) puts its copy of the kernel."""
    top, left = i * s.sh, j * s.sw
    bottom, right = top + s.dh * (weight.shape[2] - 1) + 1, left + s.dw * (weight.shape[3] - 1) + 1
    return slice(top, bottom, s.dh), slice(left, right, s.dw)


def stamps_forward(x, weight, bias, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    s = _settings(x, weight, stride, padding, output_padding, dilation, groups)
    canvas, per_group = _canvas(x, weight, s), weight.shape[1]
    for n, c, i, j in np.ndindex(*x.shape):
        first = c // (len(weight) // groups) * per_group
        canvas[n, first : first + per_group, *_stamp(s, weight, i, j)] += x[n, c, i, j] * weight[c]
    return _cut(canvas, s) + bias[:, None, None], (x, weight, s)


def stamps_backward(dout, cache):
    x, weight, s = cache
    wide, per_group = _widened(dout, s), weight.shape[1]
    dx, dweight = np.zeros_like(x), np.zeros_like(weight)
    for n, c, i, j in np.ndindex(*x.shape):
        first = c // (len(weight) // s.groups) * per_group
        seen = wide[n, first : first + per_group, *_stamp(s, weight, i, j)]
        dx[n, c, i, j] = np.sum(seen * weight[c])
        dweight[c] += x[n, c, i, j] * seen
    return dx, dweight, dout.sum(axis=(0, 2, 3))


# --- kernel entry by kernel entry ----------------------------------------------------------------------------------


def _tap(s, x, u, v):
    top, left = u * s.dh, v * s.dw
    return (
        slice(None),
        slice(None),
        slice(top, top + (x.shape[2] - 1) * s.sh + 1, s.sh),
        slice(left, left + (x.shape[3] - 1) * s.sw + 1, s.sw),
    )


def taps_forward(x, weight, bias, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    s = _settings(x, weight, stride, padding, output_padding, dilation, groups)
    canvas = _canvas(x, weight, s)
    xs, ws = x.reshape(len(x), groups, -1, *x.shape[2:]), weight.reshape(groups, -1, *weight.shape[1:])
    for u, v in np.ndindex(*weight.shape[2:]):
        share = np.einsum("ngchw,gcf->ngfhw", xs, ws[..., u, v])
        canvas[_tap(s, x, u, v)] += share.reshape(len(x), -1, *x.shape[2:])
    out = _cut(canvas, s).copy()
    out += bias.reshape(1, -1, 1, 1)
    return out, {"x": x, "weight": weight, "s": s}


def taps_backward(dout, cache):
    x, weight, s = cache["x"], cache["weight"], cache["s"]
    wide = _widened(dout, s)
    xs, ws = x.reshape(len(x), s.groups, -1, *x.shape[2:]), weight.reshape(s.groups, -1, *weight.shape[1:])
    dxs, dws = np.zeros_like(xs), np.empty_like(ws)
    for u, v in np.ndindex(*weight.shape[2:]):
        part = wide[_tap(s, x, u, v)].reshape(len(x), s.groups, -1, *x.shape[2:])
        dxs += np.einsum("ngfhw,gcf->ngchw", part, ws[..., u, v])
        dws[..., u, v] = np.einsum("ngchw,ngfhw->gcf", xs, part)
    return dxs.reshape(x.shape), dws.reshape(weight.shape), np.einsum("nfhw->f", dout)


# --- zeros between the pixels, then a convolution with the flipped kernel ------------------------------------------


def zeros_forward(x, weight, bias, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    s = _settings(x, weight, stride, padding, output_padding, dilation, groups)
    reach_h, reach_w = s.dh * (weight.shape[2] - 1), s.dw * (weight.shape[3] - 1)
    spread = np.zeros((*x.shape[:2], s.height + 2 * s.ph + reach_h, s.width + 2 * s.pw + reach_w), x.dtype)
    rows = slice(reach_h, reach_h + (x.shape[2] - 1) * s.sh + 1, s.sh)
    spread[:, :, rows, reach_w : reach_w + (x.shape[3] - 1) * s.sw + 1 : s.sw] = x
    view = sliding_window_view(spread, (reach_h + 1, reach_w + 1), axis=(2, 3))[..., :: s.dh, :: s.dw]
    parts = [
        np.einsum("nchwuv,cfuv->nfhw", part, own[:, :, ::-1, ::-1], optimize=True)
        for part, own in zip(np.split(view, groups, axis=1), np.split(weight, groups), strict=True)
    ]
    out = np.concatenate(parts, axis=1)

    def backward(dout):
        wide = _widened(dout, s)
        windows = sliding_window_view(wide, (reach_h + 1, reach_w + 1), axis=(2, 3))
        windows = windows[:, :, :: s.sh, :: s.sw, :: s.dh, :: s.dw][:, :, : x.shape[2], : x.shape[3]]
        per_group = weight.shape[1]
        dx, dweight = np.empty_like(x), np.empty_like(weight)
        for c in range(len(weight)):
            first = c // (len(weight) // groups) * per_group
            own = windows[:, first : first + per_group]
            dx[:, c] = np.tensordot(own, weight[c], axes=((1, 4, 5), (0, 1, 2)))
            dweight[c] = np.tensordot(x[:, c], own, axes=((0, 1, 2), (0, 2, 3)))
        return dx, dweight, dout.sum(axis=(0, 2, 3))

    return _cut(out, s) + bias[:, None, None], backward


def zeros_backward(dout, cache):
    return cache(dout)


# --- by way of columns ---------------------------------------------------------------------------------------------


def _covered(x, weight, s):
    """The size of what the stamps cover: the canvas without the rows and columns of the output padding."""
    return (
        (x.shape[2] - 1) * s.sh + s.dh * (weight.shape[2] - 1) + 1,
        (x.shape[3] - 1) * s.sw + s.dw * (weight.shape[3] - 1) + 1,
    )


def columns_forward(x, weight, bias, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    """The backward of im2col: a product makes the columns, and they are folded into the output."""
    s = _settings(x, weight, stride, padding, output_padding, dilation, groups)
    flat = x.reshape(len(x), groups, -1, x.shape[2] * x.shape[3])
    ws = weight.reshape(groups, len(weight) // groups, -1)
    cols = (ws.swapaxes(1, 2) @ flat).reshape(len(x), -1, flat.shape[-1])
    covered = fold_add_at(cols, _covered(x, weight, s), weight.shape[2:], stride, 0, dilation)
    canvas = np.pad(covered, ((0, 0), (0, 0), (0, s.oh), (0, s.ow)))
    return _cut(canvas, s) + bias[:, None, None], [flat, weight, ws, x, s]


def columns_backward(dout, cache):
    flat, weight, ws, x, s = cache
    rows, columns = _covered(x, weight, s)
    wide = _widened(dout, s)[:, :, :rows, :columns]
    cols = unfold_fancy(wide, weight.shape[2:], (s.sh, s.sw), 0, (s.dh, s.dw))
    cols = cols.reshape(len(flat), len(ws), -1, flat.shape[-1])
    dweight = (flat @ cols.swapaxes(2, 3)).sum(axis=0)
    return (ws @ cols).reshape(x.shape), dweight.reshape(weight.shape), dout.sum(axis=(0, 2, 3))


# --- as the gradient of a convolution ------------------------------------------------------------------------------


def adjoint_forward(x, weight, bias, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    """x is the upstream gradient of a convolution with the same weight; its dx is the output."""
    s = _settings(x, weight, stride, padding, output_padding, dilation, groups)
    picture = np.zeros((len(x), weight.shape[1] * groups, *_covered(x, weight, s)), x.dtype)
    _, cache = conv_forward(picture, weight, np.zeros(len(weight), x.dtype), stride, 0, dilation, groups)
    covered, _, _ = conv_backward(x, cache)
    canvas = _canvas(x, weight, s)
    canvas[:, :, : covered.shape[2], : covered.shape[3]] = covered
    return _cut(canvas, s) + bias[:, None, None], (x, weight, s)


def adjoint_backward(dout, cache):
    x, weight, s = cache
    rows, columns = _covered(x, weight, s)
    wide = _widened(dout, s)[:, :, :rows, :columns]
    nothing = np.zeros(len(weight), x.dtype)
    dx, conv_cache = conv_forward(wide, weight, nothing, (s.sh, s.sw), 0, (s.dh, s.dw), s.groups)
    _, dweight, _ = conv_backward(x, conv_cache)
    return dx, dweight, dout.sum(axis=(0, 2, 3))


_LAYERS = {
    "stamped, pixel by pixel": (stamps_forward, stamps_backward),
    "kernel entry by kernel entry": (taps_forward, taps_backward),
    "zeros between the pixels": (zeros_forward, zeros_backward),
    "by way of columns": (columns_forward, columns_backward),
    "as the gradient of a convolution": (adjoint_forward, adjoint_backward),
}

VARIANTS = {
    "conv_transpose2d_forward": {name: {"conv_transpose2d_forward": forward} for name, (forward, _) in _LAYERS.items()},
    "conv_transpose2d_backward": {
        name: {"conv_transpose2d_forward": forward, "conv_transpose2d_backward": backward}
        for name, (forward, backward) in _LAYERS.items()
    },
}
