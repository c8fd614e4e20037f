"""Right answers to the chapter `convolution`, written otherwise: the layer, plain, forward and backward."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def pair(value):
    return (value, value) if np.isscalar(value) else (int(value[0]), int(value[1]))


def out_size(size, kernel, stride, padding, dilation):
    if min(size, kernel, stride, dilation) < 1 or padding < 0:
        raise ValueError(f"{size=}, {kernel=}, {stride=}, {padding=}, {dilation=} make no sense")
    out = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    if out < 1:
        raise ValueError(f"input {size}, kernel {kernel}, padding {padding} and dilation {dilation} do not fit")
    return out


def settings(x, weight, bias, stride, padding, dilation, groups):
    """All numbers of a convolution in one place."""
    if x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ValueError(f"x {x.shape} and weight {weight.shape} do not fit with {groups} groups")
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"bias {bias.shape} does not fit weight {weight.shape}")
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    height = out_size(x.shape[2], weight.shape[2], sh, ph, dh)
    width = out_size(x.shape[3], weight.shape[3], sw, pw, dw)
    return SimpleNamespace(sh=sh, sw=sw, ph=ph, pw=pw, dh=dh, dw=dw, groups=groups, height=height, width=width)


def pad(x, s):
    return np.pad(x, ((0, 0), (0, 0), (s.ph, s.ph), (s.pw, s.pw)))


def crop(padded, s):
    return padded[:, :, s.ph : padded.shape[2] - s.ph, s.pw : padded.shape[3] - s.pw]


def tap(s, u, v):
    """Where in the padded input the outputs find the kernel's entry (u, v)."""
    top, left = u * s.dh, v * s.dw
    return (
        slice(None),
        slice(None),
        slice(top, top + (s.height - 1) * s.sh + 1, s.sh),
        slice(left, left + (s.width - 1) * s.sw + 1, s.sw),
    )


# --- loops and nothing else ----------------------------------------------------------------------------------------


def _paths(x, weight, s):
    """Every (output, input, weight) that meet, as index tuples; the input's lies in the picture."""
    filters, per_group, kh, kw = weight.shape
    for n, f, i, j in np.ndindex(x.shape[0], filters, s.height, s.width):
        first = f // (filters // s.groups) * per_group
        for c, u, v in np.ndindex(per_group, kh, kw):
            y, z = i * s.sh + u * s.dh - s.ph, j * s.sw + v * s.dw - s.pw
            if 0 <= y < x.shape[2] and 0 <= z < x.shape[3]:
                yield (n, f, i, j), (n, first + c, y, z), (f, c, u, v)


def loops_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """Path by path, without padding anything: what lies outside is left out."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    out = np.zeros((len(x), len(weight), s.height, s.width), x.dtype)
    for n, f, i, j in np.ndindex(*out.shape):
        out[n, f, i, j] = bias[f]
    for at_out, at_x, at_weight in _paths(x, weight, s):
        out[at_out] += x[at_x] * weight[at_weight]
    return out, {"x": x, "weight": weight, "settings": s}


def loops_backward(dout, cache):
    x, weight, s = cache["x"], cache["weight"], cache["settings"]
    dx, dweight, dbias = np.zeros_like(x), np.zeros_like(weight), np.zeros(len(weight), dout.dtype)
    for at_out in np.ndindex(*dout.shape):
        dbias[at_out[1]] += dout[at_out]
    for at_out, at_x, at_weight in _paths(x, weight, s):
        dx[at_x] += weight[at_weight] * dout[at_out]
        dweight[at_weight] += x[at_x] * dout[at_out]
    return dx, dweight, dbias


# --- a window at a time --------------------------------------------------------------------------------------------


def _window(s, i, j, kh, kw):
    top, left = i * s.sh, j * s.sw
    return slice(top, top + s.dh * (kh - 1) + 1, s.dh), slice(left, left + s.dw * (kw - 1) + 1, s.dw)


def positions_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """The textbook's loops over example, filter and position; the cache is a tuple with the padded input."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    padded = pad(x, s)
    filters, per_group, kh, kw = weight.shape
    out = np.empty((len(x), filters, s.height, s.width), x.dtype)
    for n, f, i, j in np.ndindex(*out.shape):
        first = f * groups // filters * per_group
        rows, columns = _window(s, i, j, kh, kw)
        out[n, f, i, j] = np.sum(padded[n, first : first + per_group, rows, columns] * weight[f]) + bias[f]
    return out, (padded, weight, s)


def positions_backward(dout, cache):
    padded, weight, s = cache
    filters, per_group, kh, kw = weight.shape
    dpadded, dweight = np.zeros_like(padded), np.zeros(weight.shape, weight.dtype)
    for n, f, i, j in np.ndindex(*dout.shape):
        first = f * s.groups // filters * per_group
        rows, columns = _window(s, i, j, kh, kw)
        dpadded[n, first : first + per_group, rows, columns] += weight[f] * dout[n, f, i, j]
        dweight[f] += padded[n, first : first + per_group, rows, columns] * dout[n, f, i, j]
    return crop(dpadded, s), dweight, dout.sum(axis=(0, 2, 3))


# --- einsum over all windows ---------------------------------------------------------------------------------------


def _windows(padded, weight, s):
    """All windows, (N, groups, C/groups, H', W', KH, KW), without a copy."""
    reach = s.dh * (weight.shape[2] - 1) + 1, s.dw * (weight.shape[3] - 1) + 1
    view = sliding_window_view(padded, reach, axis=(2, 3))[:, :, :: s.sh, :: s.sw, :: s.dh, :: s.dw]
    return view.reshape(len(padded), s.groups, -1, *view.shape[2:])


def einsum_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    windows = _windows(pad(x, s), weight, s)
    out = np.einsum("ngchwuv,gfcuv->ngfhw", windows, weight.reshape(groups, -1, *weight.shape[1:]), optimize=True)
    return out.reshape(len(x), len(weight), s.height, s.width) + bias.reshape(1, -1, 1, 1), [x, weight, s]


def einsum_backward(dout, cache):
    x, weight, s = cache
    grouped = weight.reshape(s.groups, -1, *weight.shape[1:])
    douts = dout.reshape(len(dout), s.groups, -1, *dout.shape[2:])
    padded = pad(x, s)
    dweight = np.einsum("ngchwuv,ngfhw->gfcuv", _windows(padded, weight, s), douts, optimize=True)
    dpadded = np.zeros_like(padded)
    for u, v in np.ndindex(*weight.shape[2:]):
        share = np.einsum("ngfhw,gfc->ngchw", douts, grouped[..., u, v])
        dpadded[tap(s, u, v)] += share.reshape(len(x), x.shape[1], *dout.shape[2:])
    return crop(dpadded, s).copy(), dweight.reshape(weight.shape), np.einsum("nfhw->f", dout)


# --- tensordot, group by group -------------------------------------------------------------------------------------


@dataclass
class Kept:
    x: np.ndarray
    weight: np.ndarray
    s: SimpleNamespace


def tensordot_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """The groups as layers of their own, joined at the end; the cache is an object."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    windows = _windows(pad(x, s), weight, s)
    parts = [
        np.tensordot(windows[:, g], own, axes=((1, 4, 5), (1, 2, 3))) for g, own in enumerate(np.split(weight, groups))
    ]
    return np.concatenate(parts, axis=-1).transpose(0, 3, 1, 2) + bias[:, None, None], Kept(x, weight, s)


def tensordot_backward(dout, cache):
    """dx as a convolution of the spread and padded dout with the flipped kernel."""
    x, weight, s = cache.x, cache.weight, cache.s
    _, _, kh, kw = weight.shape
    reach_h, reach_w = s.dh * (kh - 1), s.dw * (kw - 1)
    padded_h, padded_w = x.shape[2] + 2 * s.ph, x.shape[3] + 2 * s.pw
    spread = np.zeros((*dout.shape[:2], padded_h + reach_h, padded_w + reach_w), dout.dtype)
    spread[
        :, :, reach_h : reach_h + (s.height - 1) * s.sh + 1 : s.sh, reach_w : reach_w + (s.width - 1) * s.sw + 1 : s.sw
    ] = dout
    windows = _windows(pad(x, s), weight, s)
    dxs, dweights = [], []
    douts = np.split(dout, s.groups, axis=1)
    for g, (own, own_dout, own_spread) in enumerate(
        zip(np.split(weight, s.groups), douts, np.split(spread, s.groups, axis=1), strict=True)
    ):
        dweights.append(np.tensordot(own_dout, windows[:, g], axes=((0, 2, 3), (0, 2, 3))))
        view = sliding_window_view(own_spread, (reach_h + 1, reach_w + 1), axis=(2, 3))[..., :: s.dh, :: s.dw]
        dxs.append(np.tensordot(view, own[:, :, ::-1, ::-1], axes=((1, 4, 5), (0, 2, 3))).transpose(0, 3, 1, 2))
    return crop(np.concatenate(dxs, axis=1), s), np.concatenate(dweights), dout.sum(axis=(0, 2, 3))


# --- Fourier -------------------------------------------------------------------------------------------------------


def _dilated(weight, s):
    wide = np.zeros((*weight.shape[:2], s.dh * (weight.shape[2] - 1) + 1, s.dw * (weight.shape[3] - 1) + 1))
    wide[:, :, :: s.dh, :: s.dw] = weight
    return wide


def _strided(spectrum, size, s):
    full = np.fft.irfft2(spectrum, size)
    return full[..., : (s.height - 1) * s.sh + 1 : s.sh, : (s.width - 1) * s.sw + 1 : s.sw]


def fourier_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """A correlation is a product with the conjugate spectrum; stride keeps some of the results."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    padded = pad(x, s).astype(np.float64)
    size = padded.shape[2:]
    signal = np.fft.rfft2(padded).reshape(len(x), groups, -1, size[0], size[1] // 2 + 1)
    filters = np.fft.rfft2(_dilated(weight, s), size).conj().reshape(groups, -1, *signal.shape[2:])
    out = _strided(np.einsum("ngcyx,gfcyx->ngfyx", signal, filters), size, s).reshape(
        len(x), len(weight), s.height, s.width
    )
    return (out + bias[:, None, None]).astype(x.dtype), {
        "signal": signal,
        "filters": filters,
        "size": size,
        "s": s,
        "weight": weight,
    }


def fourier_backward(dout, cache):
    signal, filters, size, s, weight = (cache[name] for name in ("signal", "filters", "size", "s", "weight"))
    spread = np.zeros((*dout.shape[:2], *size))
    spread[:, :, : (s.height - 1) * s.sh + 1 : s.sh, : (s.width - 1) * s.sw + 1 : s.sw] = dout
    douts = np.fft.rfft2(spread).reshape(len(dout), s.groups, -1, *signal.shape[3:])
    dpadded = np.fft.irfft2(np.einsum("ngfyx,gfcyx->ngcyx", douts, filters.conj()), size)
    dx = crop(dpadded.reshape(len(dout), -1, *size), s).astype(dout.dtype)
    everywhere = np.fft.irfft2(np.einsum("ngfyx,ngcyx->gfcyx", douts.conj(), signal), size)
    _, _, kh, kw = weight.shape
    dweight = everywhere[..., : s.dh * (kh - 1) + 1 : s.dh, : s.dw * (kw - 1) + 1 : s.dw].reshape(weight.shape)
    return dx, dweight.astype(weight.dtype), dout.sum(axis=(0, 2, 3))


# --- kernel entry by kernel entry ----------------------------------------------------------------------------------


def taps_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """One shifted picture for each kernel entry; the cache is a function, which holds what it needs."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    padded = pad(x, s)
    split = (len(x), groups, -1, s.height, s.width)
    grouped = weight.reshape(groups, -1, *weight.shape[1:])
    out = np.zeros((len(x), groups, len(weight) // groups, s.height, s.width), x.dtype)
    for u, v in np.ndindex(*weight.shape[2:]):
        out += np.einsum("ngchw,gfc->ngfhw", padded[tap(s, u, v)].reshape(split), grouped[..., u, v])
    out = out.reshape(len(x), len(weight), s.height, s.width)
    out += bias[:, None, None]

    def backward(dout):
        douts = dout.reshape(split)
        dpadded, dweight = np.zeros_like(padded), np.zeros_like(grouped)
        for u, v in np.ndindex(*weight.shape[2:]):
            part = padded[tap(s, u, v)].reshape(split)
            dweight[..., u, v] = np.einsum("ngchw,ngfhw->gfc", part, douts)
            share = np.einsum("ngfhw,gfc->ngchw", douts, grouped[..., u, v])
            dpadded[tap(s, u, v)] += share.reshape(len(x), -1, s.height, s.width)
        return (
            dpadded[:, :, s.ph : s.ph + x.shape[2], s.pw : s.pw + x.shape[3]],
            dweight.reshape(weight.shape),
            dout.sum((0, 2, 3)),
        )

    return out, backward


def taps_backward(dout, cache):
    return cache(dout)


# --- the whole layer as one matrix ---------------------------------------------------------------------------------


def matrix_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """The convolution written out as the linear map that it is, an image to a column."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    places = np.array([[*at_out[1:], *at_x[1:], *at_weight] for at_out, at_x, at_weight in _paths(x[:1], weight, s)])
    rows = np.ravel_multi_index(places[:, :3].T, (len(weight), s.height, s.width))
    columns = np.ravel_multi_index(places[:, 3:6].T, x.shape[1:])
    entries = np.ravel_multi_index(places[:, 6:].T, weight.shape)
    matrix = np.zeros((len(weight) * s.height * s.width, x[0].size), x.dtype)
    matrix[rows, columns] = weight.ravel()[entries]
    flat = x.reshape(len(x), -1)
    out = (flat @ matrix.T).reshape(len(x), len(weight), s.height, s.width) + bias[:, None, None]
    return out, (x, weight, matrix, rows, columns, entries)


def matrix_backward(dout, cache):
    x, weight, matrix, rows, columns, entries = cache
    flat = dout.reshape(len(dout), -1)
    dmatrix = flat.T @ x.reshape(len(x), -1)
    dweight = np.bincount(entries, dmatrix[rows, columns], weight.size).reshape(weight.shape)
    return (flat @ matrix).reshape(x.shape), dweight.astype(weight.dtype), dout.sum(axis=(0, 2, 3))


_LAYERS = {
    "loops": (loops_forward, loops_backward),
    "a window at a time": (positions_forward, positions_backward),
    "einsum over all windows": (einsum_forward, einsum_backward),
    "tensordot, and a convolution with the flipped kernel": (tensordot_forward, tensordot_backward),
    "Fourier": (fourier_forward, fourier_backward),
    "kernel entry by kernel entry": (taps_forward, taps_backward),
    "the layer as one matrix": (matrix_forward, matrix_backward),
}

VARIANTS = {
    "conv2d_forward": {name: {"conv2d_forward": forward} for name, (forward, _) in _LAYERS.items()},
    "conv2d_backward": {
        name: {"conv2d_forward": forward, "conv2d_backward": backward} for name, (forward, backward) in _LAYERS.items()
    },
}
