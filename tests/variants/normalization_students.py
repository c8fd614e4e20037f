"""Right answers to the chapter `normalization` in students' own styles: axes moved, lists, a whole Jacobian."""

from __future__ import annotations

import math

import numpy as np

from variants import both_ways


def batch_channels_last(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    """One row for each value of a channel, whatever the axes; a list comes back."""
    last = np.moveaxis(x, 1, -1)
    rows = last.reshape(-1, x.shape[1])
    mean, var, remembered = running_mean, running_var, [running_mean, running_var]
    if training:
        if len(rows) < 2:
            raise ValueError(f"x of shape {x.shape} has one value a channel")
        mean, var = np.mean(rows, axis=0), np.std(rows, axis=0) ** 2
        remembered = [
            running_mean + momentum * (mean - running_mean),
            running_var * (1 - momentum) + np.var(rows, axis=0, ddof=1) * momentum,
        ]
    std = np.sqrt(var + eps)
    x_hat = (rows - mean) / std
    out = np.moveaxis((x_hat * weight + bias).reshape(last.shape), -1, 1)
    return [out, {"x_hat": x_hat, "std": std, "weight": weight, "training": training, "shape": last.shape}, *remembered]


def batch_channels_last_backward(dout, cache):
    """The line of the paper's appendix: N·dout, less its sum, less x̂ times the sum of dout·x̂."""
    x_hat, std, weight, m = cache["x_hat"], cache["std"], cache["weight"], len(cache["x_hat"])
    rows = np.moveaxis(dout, 1, -1).reshape(x_hat.shape)
    dweight, dbias = np.sum(rows * x_hat, 0), np.sum(rows, 0)
    dx = weight / (m * std) * (m * rows - dbias - x_hat * dweight) if cache["training"] else rows * weight / std
    return [np.moveaxis(dx.reshape(cache["shape"]), -1, 1), dweight, dbias]


def batch_in_float64(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes = tuple(axis for axis in range(x.ndim) if axis != 1)
    along = [1] * x.ndim
    along[1] = -1
    exact, m = x.astype(np.float64), x.size // x.shape[1]
    if training and m == 1:
        raise ValueError(f"one value a channel in x of shape {x.shape}")
    mean = exact.sum(axes) / m if training else running_mean
    var = ((exact - mean.reshape(along)) ** 2).sum(axes) / m if training else running_var
    new_mean, new_var = running_mean.copy(), running_var.copy()
    if training:
        new_mean = (1 - momentum) * running_mean + momentum * mean
        new_var = (1 - momentum) * running_var + momentum * var * m / (m - 1)
    x_hat = (exact - mean.reshape(along)) / np.sqrt(var + eps).reshape(along)
    out = (weight.reshape(along) * x_hat + bias.reshape(along)).astype(x.dtype)
    return out, (x_hat, np.sqrt(var + eps), weight, training), new_mean.astype(x.dtype), new_var.astype(x.dtype)


def batch_by_jacobian(dout, cache):
    """The whole matrix of derivatives of each channel, times what arrives."""
    x_hat, std, weight, training = cache
    channels, m = x_hat.shape[1], x_hat.size // x_hat.shape[1]
    axes = tuple(axis for axis in range(x_hat.ndim) if axis != 1)
    moved = np.moveaxis(x_hat, 1, 0)
    rows = moved.reshape(channels, m)
    arriving = np.moveaxis(dout, 1, 0).reshape(channels, m) * weight[:, None]
    if training:
        jacobian = np.eye(m) - 1 / m - rows[:, :, None] * rows[:, None, :] / m
        arriving = np.einsum("cij,cj->ci", jacobian, arriving)
    dx = np.moveaxis((arriving / std[:, None]).reshape(moved.shape), 0, 1)
    return tuple(a.astype(dout.dtype) for a in (dx, (dout * x_hat).sum(axes), dout.sum(axes)))


def layer_in_place(x, weight, bias, eps=1e-5):
    axes = tuple(range(-weight.ndim, 0))
    out = x - np.mean(x, axes, keepdims=True)
    spread = (np.var(x, axis=axes, keepdims=True) + eps) ** 0.5
    out /= spread
    x_hat = out.copy()
    out *= weight
    out += bias
    return [out, [x_hat, spread, weight, axes]]


def layer_in_place_backward(dout, cache):
    x_hat, spread, weight, axes = cache
    leading, m, d = tuple(range(x_hat.ndim - weight.ndim)), weight.size, dout * weight
    dx = m * d
    dx -= d.sum(axes, keepdims=True)
    dx -= x_hat * (d * x_hat).sum(axes, keepdims=True)
    dx /= m * spread
    return [dx, np.sum(dout * x_hat, axis=leading), np.sum(dout, axis=leading)]


def group_by_splitting(x, num_groups, weight, bias, eps=1e-5):
    if x.shape[1] % num_groups:
        raise ValueError(f"{num_groups} groups do not divide {x.shape[1]} channels")
    hats, spreads = [], []
    for part in np.array_split(x, num_groups, axis=1):
        mean = part.mean(axis=(1, 2, 3)).reshape(-1, 1, 1, 1)
        spreads.append(np.sqrt(part.var(axis=(1, 2, 3)).reshape(-1, 1, 1, 1) + eps))
        hats.append((part - mean) / spreads[-1])
    return np.hstack(hats) * weight.reshape(1, -1, 1, 1) + bias.reshape(1, -1, 1, 1), (hats, spreads, weight)


def group_by_splitting_backward(dout, cache):
    hats, spreads, weight = cache
    parts = np.array_split(dout * weight[None, :, None, None], len(hats), axis=1)
    whole = {"axis": (1, 2, 3), "keepdims": True}
    dxs = [
        (d - np.mean(d, **whole) - hat * np.mean(d * hat, **whole)) / spread
        for d, hat, spread in zip(parts, hats, spreads, strict=True)
    ]
    dweight = np.einsum("nchw,nchw->c", dout, np.hstack(hats))
    return np.concatenate(dxs, axis=1), dweight, np.einsum("nchw->c", dout)


def instance_as_groups(x, weight, bias, eps=1e-5):
    return group_by_splitting(x, x.shape[1], weight, bias, eps)


def rms_transposed(x, weight, eps=1e-5):
    root = np.sqrt(np.mean(np.square(x), -1) + eps)
    return [(x.T / root.T).T * weight, {"x": x, "root": root[..., None], "weight": weight}]


def rms_transposed_backward(dout, cache):
    """In x itself and the cube of the root, without x̂."""
    x, root, d = cache["x"], cache["root"], dout * cache["weight"]
    dx = d / root - x * np.sum(d * x, axis=-1, keepdims=True) / (x.shape[-1] * root**3)
    return [dx, (dout * x / root).reshape(-1, x.shape[-1]).sum(0)]


def rms_row_by_row(x, weight, eps=1e-5):
    rows = x.reshape(-1, x.shape[-1])
    scales = [1 / math.sqrt(sum(float(value) ** 2 for value in row) / len(row) + eps) for row in rows]
    hat = rows * np.array(scales, x.dtype)[:, None]
    return (hat * weight).reshape(x.shape), (hat, scales, weight)


def rms_row_by_row_backward(dout, cache):
    hat, scales, weight = cache
    d, dx = dout.reshape(hat.shape) * weight, np.empty_like(hat)
    for i, scale in enumerate(scales):
        dx[i] = scale * (d[i] - hat[i] * (d[i] @ hat[i]) / len(weight))
    return dx.reshape(dout.shape), np.sum(dout.reshape(hat.shape) * hat, axis=0)


_STYLES = {
    "batch_norm": {
        "channels last, the paper's line": (batch_channels_last, batch_channels_last_backward),
        "float64 inside, the whole Jacobian": (batch_in_float64, batch_by_jacobian),
    },
    "layer_norm": {"in place, lists": (layer_in_place, layer_in_place_backward)},
    "group_norm": {"array_split and hstack": (group_by_splitting, group_by_splitting_backward)},
    "instance_norm": {"group norm of C groups": (instance_as_groups, group_by_splitting_backward)},
    "rms_norm": {
        "transposed, the cube of the root": (rms_transposed, rms_transposed_backward),
        "row by row": (rms_row_by_row, rms_row_by_row_backward),
    },
}

VARIANTS = both_ways(_STYLES)
