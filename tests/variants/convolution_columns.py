"""Right answers to the chapter `convolution`, written otherwise: columns, and the layer as one matrix product."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from variants.convolution_layer import crop, out_size, pad, pair, settings, tap

# --- unfold --------------------------------------------------------------------------------------------------------


def _geometry(image_size, kernel_size, stride, padding, dilation):
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = pair(kernel_size), pair(stride), pair(padding), pair(dilation)
    height, width = out_size(image_size[0], kh, sh, ph, dh), out_size(image_size[1], kw, sw, pw, dw)
    return SimpleNamespace(
        kh=kh, kw=kw, sh=sh, sw=sw, ph=ph, pw=pw, dh=dh, dw=dw, height=height, width=width, size=tuple(image_size)
    )


def _require_columns(cols, g):
    if cols.shape[1] % (g.kh * g.kw) or cols.shape[2] != g.height * g.width:
        raise ValueError(f"columns of {cols.shape} do not fit a kernel {g.kh}×{g.kw} and {g.height}×{g.width} places")


def unfold_windows(x, kernel_size, stride=1, padding=0, dilation=1):
    g = _geometry(x.shape[2:], kernel_size, stride, padding, dilation)
    view = sliding_window_view(pad(x, g), (g.dh * (g.kh - 1) + 1, g.dw * (g.kw - 1) + 1), axis=(2, 3))
    view = view[:, :, :: g.sh, :: g.sw, :: g.dh, :: g.dw]
    return view.transpose(0, 1, 4, 5, 2, 3).reshape(len(x), -1, g.height * g.width)


def unfold_positions(x, kernel_size, stride=1, padding=0, dilation=1):
    """Window by window, a column each."""
    g = _geometry(x.shape[2:], kernel_size, stride, padding, dilation)
    padded, columns = pad(x, g), []
    for i in range(g.height):
        for j in range(g.width):
            rows = slice(i * g.sh, i * g.sh + g.dh * (g.kh - 1) + 1, g.dh)
            places = slice(j * g.sw, j * g.sw + g.dw * (g.kw - 1) + 1, g.dw)
            columns.append(padded[:, :, rows, places].reshape(len(x), -1))
    return np.stack(columns, axis=2)


def unfold_taps(x, kernel_size, stride=1, padding=0, dilation=1):
    """Kernel entry by kernel entry, a row of every channel each."""
    g = _geometry(x.shape[2:], kernel_size, stride, padding, dilation)
    padded = pad(x, g)
    cols = np.empty((*x.shape[:2], g.kh, g.kw, g.height, g.width), x.dtype)
    for u, v in np.ndindex(g.kh, g.kw):
        cols[:, :, u, v] = padded[tap(g, u, v)]
    return cols.reshape(len(x), -1, g.height * g.width)


def _indices(channels, g):
    """For every row and column of `cols` the channel, row and column of the padded picture."""
    c = np.repeat(np.arange(channels), g.kh * g.kw)[:, None]
    u = np.tile(np.repeat(np.arange(g.kh), g.kw), channels)[:, None] * g.dh
    v = np.tile(np.arange(g.kw), channels * g.kh)[:, None] * g.dw
    return c, u + np.repeat(np.arange(g.height), g.width) * g.sh, v + np.tile(np.arange(g.width), g.height) * g.sw


def unfold_fancy(x, kernel_size, stride=1, padding=0, dilation=1):
    g = _geometry(x.shape[2:], kernel_size, stride, padding, dilation)
    c, y, z = _indices(x.shape[1], g)
    return pad(x, g)[:, c, y, z]


def unfold_strided(x, kernel_size, stride=1, padding=0, dilation=1):
    g = _geometry(x.shape[2:], kernel_size, stride, padding, dilation)
    padded = np.ascontiguousarray(pad(x, g))
    n, c, y, z = padded.strides
    view = as_strided(
        padded, (*x.shape[:2], g.kh, g.kw, g.height, g.width), (n, c, y * g.dh, z * g.dw, y * g.sh, z * g.sw)
    )
    return view.reshape(len(x), x.shape[1] * g.kh * g.kw, -1).copy()


def unfold_loops(x, kernel_size, stride=1, padding=0, dilation=1):
    """Entry by entry, without padding anything."""
    g = _geometry(x.shape[2:], kernel_size, stride, padding, dilation)
    cols = np.zeros((len(x), x.shape[1] * g.kh * g.kw, g.height * g.width), x.dtype)
    for n, c, u, v, i, j in np.ndindex(*x.shape[:2], g.kh, g.kw, g.height, g.width):
        y, z = i * g.sh + u * g.dh - g.ph, j * g.sw + v * g.dw - g.pw
        if 0 <= y < x.shape[2] and 0 <= z < x.shape[3]:
            cols[n, (c * g.kh + u) * g.kw + v, i * g.width + j] = x[n, c, y, z]
    return cols


# --- fold ----------------------------------------------------------------------------------------------------------


def _room(cols, g):
    _require_columns(cols, g)
    channels = cols.shape[1] // (g.kh * g.kw)
    return np.zeros((len(cols), channels, g.size[0] + 2 * g.ph, g.size[1] + 2 * g.pw), cols.dtype)


def fold_taps(cols, image_size, kernel_size, stride=1, padding=0, dilation=1):
    g = _geometry(image_size, kernel_size, stride, padding, dilation)
    padded = _room(cols, g)
    split = cols.reshape(len(cols), -1, g.kh, g.kw, g.height, g.width)
    for u, v in np.ndindex(g.kh, g.kw):
        padded[tap(g, u, v)] += split[:, :, u, v]
    return crop(padded, g)


def fold_positions(cols, image_size, kernel_size, stride=1, padding=0, dilation=1):
    g = _geometry(image_size, kernel_size, stride, padding, dilation)
    padded = _room(cols, g)
    for place in range(cols.shape[2]):
        top, left = place // g.width * g.sh, place % g.width * g.sw
        rows = slice(top, top + g.dh * (g.kh - 1) + 1, g.dh)
        places = slice(left, left + g.dw * (g.kw - 1) + 1, g.dw)
        padded[:, :, rows, places] += cols[:, :, place].reshape(len(cols), -1, g.kh, g.kw)
    return crop(padded, g).copy()


def fold_add_at(cols, image_size, kernel_size, stride=1, padding=0, dilation=1):
    g = _geometry(image_size, kernel_size, stride, padding, dilation)
    padded = _room(cols, g)
    c, y, z = _indices(padded.shape[1], g)
    np.add.at(padded, (slice(None), c, y, z), cols)
    return crop(padded, g)


def fold_bincount(cols, image_size, kernel_size, stride=1, padding=0, dilation=1):
    """Every entry knows its pixel; the entries of a pixel are counted together."""
    g = _geometry(image_size, kernel_size, stride, padding, dilation)
    padded = _room(cols, g)
    where = np.ravel_multi_index(_indices(padded.shape[1], g), padded.shape[1:]).ravel()
    folded = [np.bincount(where, one.ravel(), padded[0].size).reshape(padded.shape[1:]) for one in cols]
    return crop(np.array(folded), g).astype(cols.dtype)


def fold_loops(cols, image_size, kernel_size, stride=1, padding=0, dilation=1):
    g = _geometry(image_size, kernel_size, stride, padding, dilation)
    image = np.zeros((len(cols), _room(cols, g).shape[1], *image_size), cols.dtype)
    for n, c, u, v, i, j in np.ndindex(*image.shape[:2], g.kh, g.kw, g.height, g.width):
        y, z = i * g.sh + u * g.dh - g.ph, j * g.sw + v * g.dw - g.pw
        if 0 <= y < image_size[0] and 0 <= z < image_size[1]:
            image[n, c, y, z] += cols[n, (c * g.kh + u) * g.kw + v, i * g.width + j]
    return image


# --- the layer as one matrix product -------------------------------------------------------------------------------


def _grouped(weight, groups):
    return weight.reshape(groups, len(weight) // groups, -1)


def batch_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """All columns of the batch at once."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    cols = unfold_windows(x, weight.shape[2:], stride, padding, dilation).reshape(
        len(x), groups, -1, s.height * s.width
    )
    out = (_grouped(weight, groups) @ cols).reshape(len(x), len(weight), s.height, s.width)
    return out + bias[:, None, None], (x.shape, weight, cols, (stride, padding, dilation), groups)


def batch_backward(dout, cache):
    x_shape, weight, cols, how, groups = cache
    douts = dout.reshape(len(dout), groups, len(weight) // groups, -1)
    dweight = (douts @ cols.transpose(0, 1, 3, 2)).sum(axis=0).reshape(weight.shape)
    dcols = (_grouped(weight, groups).transpose(0, 2, 1) @ douts).reshape(len(dout), -1, cols.shape[-1])
    return fold_taps(dcols, x_shape[2:], weight.shape[2:], *how), dweight, dout.sum(axis=(0, 2, 3))


def images_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """One picture at a time; its columns are made again on the way back."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    out = np.empty((len(x), groups, len(weight) // groups, s.height * s.width), x.dtype)
    for n in range(len(x)):
        cols = unfold_taps(x[n : n + 1], weight.shape[2:], stride, padding, dilation)
        np.matmul(_grouped(weight, groups), cols.reshape(groups, -1, cols.shape[-1]), out=out[n])
    out = out.reshape(len(x), len(weight), s.height, s.width)
    out += bias.reshape(-1, 1, 1)
    return out, {"x": x, "weight": weight, "how": (stride, padding, dilation), "groups": groups}


def images_backward(dout, cache):
    x, weight, groups = cache["x"], cache["weight"], cache["groups"]
    grouped, dx, dweight = _grouped(weight, groups), np.empty_like(x), 0
    for n in range(len(x)):
        own = dout[n].reshape(groups, len(weight) // groups, -1)
        cols = unfold_taps(x[n : n + 1], weight.shape[2:], *cache["how"]).reshape(groups, -1, own.shape[-1])
        dweight = dweight + own @ cols.swapaxes(1, 2)
        dcols = (grouped.swapaxes(1, 2) @ own).reshape(1, -1, own.shape[-1])
        dx[n] = fold_taps(dcols, x.shape[2:], weight.shape[2:], *cache["how"])[0]
    return dx, dweight.reshape(weight.shape), dout.sum(axis=3).sum(axis=2).sum(axis=0)


def one_product_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """The batch beside itself: one long product for each group."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    cols = unfold_strided(x, weight.shape[2:], stride, padding, dilation)
    wide = (
        cols.reshape(len(x), groups, -1, cols.shape[-1])
        .transpose(1, 2, 0, 3)
        .reshape(groups, -1, len(x) * cols.shape[-1])
    )
    products = [own @ part for own, part in zip(_grouped(weight, groups), wide, strict=True)]
    out = np.concatenate(products).reshape(len(weight), len(x), s.height, s.width).transpose(1, 0, 2, 3)
    return out + bias[None, :, None, None], SimpleNamespace(x=x, weight=weight, wide=wide, groups=groups, s=s)


def one_product_backward(dout, cache):
    x, weight, wide, groups, s = cache.x, cache.weight, cache.wide, cache.groups, cache.s
    douts = dout.transpose(1, 0, 2, 3).reshape(groups, len(weight) // groups, -1)
    dweight = np.concatenate([own @ part.T for own, part in zip(douts, wide, strict=True)]).reshape(weight.shape)
    dwide = np.concatenate([own.T @ part for own, part in zip(_grouped(weight, groups), douts, strict=True)])
    dcols = dwide.reshape(-1, len(x), s.height * s.width).transpose(1, 0, 2)
    how = ((s.sh, s.sw), (s.ph, s.pw), (s.dh, s.dw))
    return (
        fold_taps(dcols, x.shape[2:], weight.shape[2:], *how),
        dweight,
        np.ones(dout[0, 0].size, dout.dtype) @ (dout.sum(axis=0).reshape(len(weight), -1).T),
    )


def fancy_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """Columns by index, in the manner of well-known courses; the cache is a list."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    cols = unfold_fancy(x, weight.shape[2:], stride, padding, dilation)
    parts = np.split(cols, groups, axis=1)
    products = [w.reshape(len(w), -1) @ part for w, part in zip(np.split(weight, groups), parts, strict=True)]
    out = np.concatenate(products, axis=1).reshape(len(x), len(weight), s.height, s.width)
    return out + bias[:, None, None], [x, weight, parts, (stride, padding, dilation)]


def fancy_backward(dout, cache):
    x, weight, parts, how = cache
    groups = len(parts)
    weights = [w.reshape(len(w), -1) for w in np.split(weight, groups)]
    douts = np.split(dout.reshape(*dout.shape[:2], -1), groups, axis=1)
    dweight = [np.einsum("nfl,nkl->fk", d, part, optimize=True) for d, part in zip(douts, parts, strict=True)]
    dcols = np.concatenate([w.T @ d for w, d in zip(weights, douts, strict=True)], axis=1)
    dx = fold_bincount(dcols, x.shape[2:], weight.shape[2:], *how)
    return dx, np.concatenate(dweight).reshape(weight.shape), np.einsum("nfhw->f", dout)


def taps_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """A product for each kernel entry instead of one; as fast, and without columns."""
    s = settings(x, weight, bias, stride, padding, dilation, groups)
    padded, out = pad(x, s), 0
    grouped = weight.reshape(groups, -1, *weight.shape[1:])
    for u, v in np.ndindex(*weight.shape[2:]):
        out = out + grouped[..., u, v] @ padded[tap(s, u, v)].reshape(len(x), groups, -1, s.height * s.width)
    out = out.reshape(len(x), len(weight), s.height, s.width) + bias[:, None, None]
    return out, (padded, weight, s)


def taps_backward(dout, cache):
    padded, weight, s = cache
    grouped = weight.reshape(s.groups, -1, *weight.shape[1:])
    douts = dout.reshape(len(dout), s.groups, -1, s.height * s.width)
    dpadded, dweight = np.zeros_like(padded), np.empty_like(grouped)
    for u, v in np.ndindex(*weight.shape[2:]):
        part = padded[tap(s, u, v)].reshape(len(dout), s.groups, -1, s.height * s.width)
        dweight[..., u, v] = (douts @ part.swapaxes(2, 3)).sum(axis=0)
        dpadded[tap(s, u, v)] += (grouped[..., u, v].swapaxes(1, 2) @ douts).reshape(
            padded.shape[0], -1, s.height, s.width
        )
    return crop(dpadded, s), dweight.reshape(weight.shape), douts.sum(axis=(0, 3)).ravel()


_LAYERS = {
    "all columns at once": (batch_forward, batch_backward),
    "an image at a time": (images_forward, images_backward),
    "the batch in one product": (one_product_forward, one_product_backward),
    "columns by index": (fancy_forward, fancy_backward),
    "a product for each kernel entry": (taps_forward, taps_backward),
}

VARIANTS = {
    "im2col": {
        "windows": {"im2col": unfold_windows},
        "window by window": {"im2col": unfold_positions},
        "kernel entry by kernel entry": {"im2col": unfold_taps},
        "by index": {"im2col": unfold_fancy},
        "strides": {"im2col": unfold_strided},
        "loops, without padding": {"im2col": unfold_loops},
    },
    "col2im": {
        "kernel entry by kernel entry": {"col2im": fold_taps},
        "window by window": {"col2im": fold_positions},
        "added at indices": {"col2im": fold_add_at},
        "counted": {"col2im": fold_bincount},
        "loops, without padding": {"col2im": fold_loops},
    },
    "conv2d_im2col_forward": {name: {"conv2d_im2col_forward": forward} for name, (forward, _) in _LAYERS.items()},
    "conv2d_im2col_backward": {
        name: {"conv2d_im2col_forward": forward, "conv2d_im2col_backward": backward}
        for name, (forward, backward) in _LAYERS.items()
    },
}
