"""Right answers to the chapter `normalization`, written otherwise.

Each style is a way to normalize the rows of a matrix and to come back. A layer lays out its numbers so that each row
holds what shares statistics; that, too, is done in several ways.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from variants import both_ways, joined, normalization_students

# --- styles: rows in, normalized rows and a cache out; and back ----------------------------------------------------


def loops(rows, eps):
    """Nothing but numbers, one at a time; sums without rounding."""
    normalized, spreads = [], []
    for row in rows.tolist():
        mean = math.fsum(row) / len(row)
        variance = math.fsum((value - mean) ** 2 for value in row) / len(row)
        spreads.append(math.sqrt(variance + eps))
        normalized.append([(value - mean) / spreads[-1] for value in row])
    return np.array(normalized, rows.dtype).reshape(rows.shape), (normalized, spreads)


def loops_back(dx_hat, cache):
    dx = []
    for gradient, x_hat, spread in zip(dx_hat.tolist(), *cache, strict=True):
        m = len(gradient)
        first = math.fsum(gradient) / m
        second = math.fsum(g * h for g, h in zip(gradient, x_hat, strict=True)) / m
        dx.append([(g - first - h * second) / spread for g, h in zip(gradient, x_hat, strict=True)])
    return np.array(dx, dx_hat.dtype).reshape(dx_hat.shape)


def graph(rows, eps):
    """NumPy's mean and var; the way back node by node, with the term that is always zero in it."""
    mean, variance = np.mean(rows, axis=1), np.var(rows, axis=1)
    out = (rows - mean[:, None]) / np.sqrt(variance[:, None] + eps)
    return out, {"x": rows.copy(), "mean": mean, "var": variance, "eps": eps}


def graph_back(dx_hat, cache):
    x, mean, variance, eps = cache["x"], cache["mean"][:, None], cache["var"][:, None], cache["eps"]
    m = x.shape[1]
    dvariance = np.sum(dx_hat * (x - mean) * -0.5 * (variance + eps) ** -1.5, axis=1, keepdims=True)
    dmean = np.sum(-dx_hat / np.sqrt(variance + eps), axis=1, keepdims=True)
    dmean = dmean + dvariance * np.mean(-2 * (x - mean), axis=1, keepdims=True)
    return dx_hat / np.sqrt(variance + eps) + dvariance * 2 * (x - mean) / m + dmean / m


def graph_without_zero_back(dx_hat, cache):
    """The same without the term that is always zero."""
    x, mean, variance, eps = cache["x"], cache["mean"][:, None], cache["var"][:, None], cache["eps"]
    dvariance = (-0.5 * (dx_hat * (x - mean)).sum(axis=1, keepdims=True)) / (variance + eps) ** 1.5
    dx = dx_hat / (variance + eps) ** 0.5 + 2 * dvariance * (x - mean) / x.shape[1]
    return dx - dx_hat.sum(axis=1, keepdims=True) / (variance + eps) ** 0.5 / x.shape[1]


def index_notation(rows, eps):
    """Sums by einsum; the cache is a list."""
    m = rows.shape[1]
    centred = rows - np.einsum("rm->r", rows)[:, None] / m
    scale = (np.einsum("rm,rm->r", centred, centred) / m + eps) ** -0.5
    return np.einsum("rm,r->rm", centred, scale), [centred, scale]


def index_notation_back(dx_hat, cache):
    centred, scale = cache
    m = centred.shape[1]
    through_variance = np.einsum("rm,rm,r->r", dx_hat, centred, scale**3) / m
    through_mean = np.einsum("rm,r->r", dx_hat, scale) / m
    return (
        np.einsum("rm,r->rm", dx_hat, scale) - np.einsum("rm,r->rm", centred, through_variance) - through_mean[:, None]
    )


def matrices(rows, eps):
    """The mean taken away by a matrix; the way back by the whole Jacobian of each row."""
    m = rows.shape[1]
    centring = np.eye(m, dtype=rows.dtype) - np.full((m, m), 1 / m, rows.dtype)
    centred = rows @ centring
    spread = np.sqrt((centred**2).sum(1, keepdims=True) / m + eps)
    return centred / spread, SimpleNamespace(x_hat=centred / spread, spread=spread, centring=centring)


def matrices_back(dx_hat, cache):
    dx = np.empty_like(dx_hat)
    for r, (gradient, x_hat) in enumerate(zip(dx_hat, cache.x_hat, strict=True)):
        jacobian = cache.centring - np.outer(x_hat, x_hat) / len(x_hat)
        dx[r] = jacobian @ gradient / cache.spread[r]
    return dx


def one_pass(rows, eps):
    """Welford's method: mean and variance brought up to date number by number; the short formula on the way back."""
    mean, total = np.zeros_like(rows[:, 0]), np.zeros_like(rows[:, 0])
    for seen, column in enumerate(rows.T, 1):
        off = column - mean
        mean = mean + off / seen
        total = total + off * (column - mean)
    deviation = (total / rows.shape[1] + eps) ** 0.5
    x_hat = ((rows.T - mean) / deviation).T

    def back(dx_hat):
        m = dx_hat.shape[1]
        inner = m * dx_hat.T - dx_hat.sum(axis=1) - x_hat.T * np.sum(dx_hat * x_hat, axis=1)
        return (inner / (m * deviation)).T

    return x_hat, back


def one_pass_back(dx_hat, cache):
    return cache(dx_hat)


def moments(rows, eps):
    """The mean of squares less the square of the mean, about the first number of each row, which loses no digits."""
    near = rows - rows[:, :1]
    mean = near.mean(axis=1, keepdims=True)
    variance = np.maximum(np.square(near).mean(axis=1, keepdims=True) - mean**2, 0)
    inverse = np.reciprocal(np.sqrt(variance + eps))
    return (near - mean) * inverse, (near, mean, inverse)


def moments_back(dx_hat, cache):
    near, mean, inverse = cache
    x_hat = (near - mean) * inverse
    dx = dx_hat - x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True)
    dx -= dx.mean(axis=1, keepdims=True)
    return np.multiply(dx, inverse, out=dx)


STYLES = {
    "loops": (loops, loops_back),
    "node by node": (graph, graph_back),
    "node by node without the zero term": (graph, graph_without_zero_back),
    "einsum": (index_notation, index_notation_back),
    "matrices": (matrices, matrices_back),
    "Welford, and the short formula": (one_pass, one_pass_back),
    "moments about the first number": (moments, moments_back),
}


# --- batch norm ----------------------------------------------------------------------------------------------------


def batch_rows(x):
    """A row for each channel, and how to put such rows back in place."""
    moved = np.moveaxis(x, 1, 0)
    return moved.reshape(len(moved), -1), lambda rows: np.moveaxis(rows.reshape(moved.shape), 0, 1)


def batch_in_rows(forward_rows, backward_rows):
    def forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
        rows, back_in_place = batch_rows(x)
        if training:
            if rows.shape[1] == 1:
                raise ValueError(f"one value a channel: {x.shape}")
            x_hat, inner = forward_rows(rows, eps)
            running_mean = running_mean + momentum * (rows.mean(axis=1) - running_mean)
            running_var = momentum * np.var(rows, axis=1, ddof=1) + (1 - momentum) * running_var
        else:
            spread = np.sqrt(running_var + eps)
            x_hat, inner = (rows - running_mean[:, None]) / spread[:, None], spread
        out = back_in_place(x_hat * weight[:, None] + bias[:, None])
        return out, (x_hat, inner, weight, training), running_mean, running_var

    def backward(dout, cache):
        x_hat, inner, weight, training = cache
        rows, back_in_place = batch_rows(dout)
        dx_hat = rows * weight[:, None]
        dx = backward_rows(dx_hat, inner) if training else dx_hat / inner[:, None]
        return back_in_place(dx), np.sum(rows * x_hat, axis=1), np.sum(rows, axis=1)

    return forward, backward


def batch_folded(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    """Everything as one scale and one shift of x, the running statistics changed in copies; x itself in the cache."""
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    column = (1, -1) if x.ndim == 2 else (1, -1, 1, 1)
    count = x.size / x.shape[1]
    mean, var, used = running_mean, running_var, None
    if training:
        if count < 2:
            raise ValueError("nothing to take a variance of")
        used = x.mean(axes), ((x - x.mean(axes, keepdims=True)) ** 2).mean(axes)
        mean, var = running_mean.copy(), running_var.copy()
        mean *= 1 - momentum
        mean += momentum * used[0]
        var *= 1 - momentum
        var += momentum * used[1] * count / (count - 1)
    else:
        used = running_mean, running_var
    slope = weight / np.sqrt(used[1] + eps)
    shift = bias - used[0] * slope
    out = x * slope.reshape(column) + shift.reshape(column)
    return out, {"x": x, "used": used, "weight": weight, "eps": eps, "training": training}, mean, var


def batch_folded_backward(dout, cache):
    x, weight = cache["x"], cache["weight"]
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    column = (1, -1) if x.ndim == 2 else (1, -1, 1, 1)
    mean, var = (value.reshape(column) for value in cache["used"])
    inverse = 1.0 / np.sqrt(var + cache["eps"])
    dbias = dout.sum(axes)
    dweight = (dout * (x - mean) * inverse).sum(axes)
    slope = weight.reshape(column) * inverse
    if not cache["training"]:
        return dout * slope, dweight, dbias
    count = x.size // x.shape[1]
    inner = count * dout - dbias.reshape(column) - (x - mean) * inverse * dweight.reshape(column)
    return slope / count * inner, dweight, dbias


# --- layer norm, group norm, instance norm -------------------------------------------------------------------------


def layer_in_rows(forward_rows, backward_rows):
    def forward(x, weight, bias, eps=1e-5):
        x_hat, inner = forward_rows(x.reshape(-1, weight.size), eps)
        out = (weight.ravel() * x_hat + bias.ravel()).reshape(x.shape)
        return out, {"x_hat": x_hat, "inner": inner, "weight": weight}

    def backward(dout, cache):
        weight = cache["weight"]
        rows = dout.reshape(-1, weight.size)
        dx = backward_rows(rows * weight.ravel(), cache["inner"]).reshape(dout.shape)
        dweight = np.einsum("rd,rd->d", rows, cache["x_hat"]).reshape(weight.shape)
        return dx, dweight, rows.sum(axis=0).reshape(weight.shape)

    return forward, backward


def layer_by_axes(x, weight, bias, eps=1e-5):
    """In the shape that x has, with negative axes and in place on arrays of its own."""
    axes = tuple(-1 - axis for axis in range(weight.ndim))
    x_hat = x - x.mean(axis=axes, keepdims=True)
    spread = np.sqrt(np.mean(np.square(x_hat), axis=axes, keepdims=True) + eps)
    x_hat /= spread
    out = x_hat * weight
    out += bias
    return out, (x_hat, spread, weight, axes)


def layer_by_axes_backward(dout, cache):
    x_hat, spread, weight, axes = cache
    dweight, dbias = dout * x_hat, dout
    while dweight.ndim > weight.ndim:
        dweight, dbias = dweight.sum(axis=0), dbias.sum(axis=0)
    dx = dout * weight
    share = (dx * x_hat).mean(axis=axes, keepdims=True)
    dx -= dx.mean(axis=axes, keepdims=True)
    dx -= x_hat * share
    dx /= spread
    return dx, dweight, dbias


def channels_in_rows(forward_rows, backward_rows, groups_of):
    """Group norm with a given number of groups; instance norm is the case of a group for every channel."""

    def forward(x, num_groups, weight, bias, eps=1e-5):
        if x.shape[1] % groups_of(x, num_groups):
            raise ValueError(f"{x.shape[1]} channels, {num_groups} groups")
        x_hat, inner = forward_rows(x.reshape(len(x) * groups_of(x, num_groups), -1), eps)
        x_hat = x_hat.reshape(x.shape)
        return x_hat * weight[:, None, None] + bias[:, None, None], [x_hat, inner, weight, groups_of(x, num_groups)]

    def backward(dout, cache):
        x_hat, inner, weight, groups = cache
        rows = (dout * weight[:, None, None]).reshape(len(dout) * groups, -1)
        dweight = np.einsum("nchw,nchw->c", dout, x_hat)
        return backward_rows(rows, inner).reshape(dout.shape), dweight, np.einsum("nchw->c", dout)

    return forward, backward


def group_in_rows(*style):
    return channels_in_rows(*style, lambda _, num_groups: num_groups)


def instance_in_rows(*style):
    forward, backward = channels_in_rows(*style, lambda x, _: x.shape[1])
    return lambda x, weight, bias, eps=1e-5: forward(x, None, weight, bias, eps), backward


def group_by_group(x, num_groups, weight, bias, eps=1e-5):
    """A loop over the groups' slices, in an array of its own; the cache holds a triple for each group."""
    size, rest = divmod(x.shape[1], num_groups)
    if rest:
        raise ValueError("groups of unequal size")
    out, kept = np.empty_like(x), []
    for first in range(0, x.shape[1], size):
        here = slice(first, first + size)
        mean = x[:, here].mean(axis=(1, 2, 3), keepdims=True)
        spread = np.sqrt(x[:, here].var(axis=(1, 2, 3), keepdims=True) + eps)
        x_hat = (x[:, here] - mean) / spread
        out[:, here] = weight[here].reshape(1, -1, 1, 1) * x_hat + bias[here].reshape(1, -1, 1, 1)
        kept.append((here, x_hat, spread))
    return out, (kept, weight)


def group_by_group_backward(dout, cache):
    kept, weight = cache
    dx, dweight, dbias = np.zeros_like(dout), np.zeros_like(weight), np.zeros_like(weight)
    for here, x_hat, spread in kept:
        part = dout[:, here]
        dbias[here] = part.sum(axis=(0, 2, 3))
        dweight[here] = (part * x_hat).sum(axis=(0, 2, 3))
        gradient = part * weight[here].reshape(1, -1, 1, 1)
        m = x_hat[0].size
        first = gradient.sum(axis=(1, 2, 3), keepdims=True)
        second = (gradient * x_hat).sum(axis=(1, 2, 3), keepdims=True)
        dx[:, here] = (m * gradient - first - x_hat * second) / (m * spread)
    return dx, dweight, dbias


def instance_pictures(x, weight, bias, eps=1e-5):
    """Picture by picture."""
    out, kept = np.zeros_like(x), {}
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            spread = (x[n, c].var() + x.dtype.type(eps)) ** 0.5
            kept[n, c] = (x[n, c] - x[n, c].mean()) / spread, spread
            out[n, c] = kept[n, c][0] * weight[c] + bias[c]
    return out, (kept, weight)


def instance_pictures_backward(dout, cache):
    kept, weight = cache
    dx, dweight, dbias = np.zeros_like(dout), np.zeros_like(weight), np.zeros_like(weight)
    for (n, c), (x_hat, spread) in kept.items():
        gradient = dout[n, c]
        dbias[c] += gradient.sum()
        dweight[c] += np.vdot(gradient, x_hat)
        dx[n, c] = weight[c] / spread * (gradient - gradient.mean() - x_hat * (gradient * x_hat).mean())
    return dx, dweight, dbias


# --- RMS norm ------------------------------------------------------------------------------------------------------


def rms_loops(x, weight, eps=1e-5):
    out = np.empty_like(x)
    for index in np.ndindex(x.shape[:-1]):
        rms = math.sqrt(math.fsum(float(value) ** 2 for value in x[index]) / x.shape[-1] + eps)
        for d in range(x.shape[-1]):
            out[(*index, d)] = x[(*index, d)] / rms * weight[d]
    return out, (x, weight, eps)


def rms_loops_backward(dout, cache):
    x, weight, eps = cache
    dx, dweight = np.zeros_like(x), np.zeros_like(weight)
    for index in np.ndindex(x.shape[:-1]):
        row, gradient = x[index], dout[index] * weight
        rms = np.sqrt(np.mean(row**2) + x.dtype.type(eps))
        dweight += dout[index] * row / rms
        dx[index] = gradient / rms - row * np.sum(gradient * row) / (len(row) * rms**3)
    return dx, dweight


def rms_einsum(x, weight, eps=1e-5):
    power = np.einsum("...d,...d->...", x, x)[..., None] / x.shape[-1] + eps
    return x * weight * power**-0.5, {"x": x.copy(), "power": power, "weight": weight}


def rms_einsum_backward(dout, cache):
    x, power, weight = cache["x"], cache["power"], cache["weight"]
    share = np.einsum("...d,...d,d->...", dout, x, weight)[..., None] / x.shape[-1]
    dweight = np.einsum("rd,rd->d", *(each.reshape(-1, len(weight)) for each in (dout, x * power**-0.5)))
    return dout * weight * power**-0.5 - x * share * power**-1.5, dweight


def rms_norms(x, weight, eps=1e-5):
    length = np.sqrt(np.linalg.norm(x, axis=-1, keepdims=True) ** 2 + x.shape[-1] * eps)
    direction = x / length
    return math.sqrt(x.shape[-1]) * direction * weight, [direction, length, weight]


def rms_norms_backward(dout, cache):
    direction, length, weight = cache
    root = math.sqrt(dout.shape[-1])
    gradient = dout * weight * root
    along = np.sum(gradient * direction, axis=-1, keepdims=True)
    dweight = (dout * direction * root).reshape(-1, len(weight)).sum(axis=0)
    return (gradient - direction * along) / length, dweight


def rms_graph(x, weight, eps=1e-5):
    square = x**2
    mean = square.mean(axis=-1)[..., np.newaxis]
    root = np.sqrt(mean + eps)
    x_hat = x / root
    return weight * x_hat, SimpleNamespace(x=x, root=root, x_hat=x_hat, weight=weight)


def rms_graph_backward(dout, cache):
    dx_hat = cache.weight * dout
    dx = dx_hat / cache.root
    droot = np.sum(-dx_hat * cache.x / cache.root**2, axis=-1, keepdims=True)
    dmean = droot / (2 * cache.root)
    dsquare = np.broadcast_to(dmean / cache.x.shape[-1], cache.x.shape)
    dx = dx + dsquare * 2 * cache.x
    dweight = dout * cache.x_hat
    for _ in range(dout.ndim - 1):
        dweight = np.add.reduce(dweight, axis=0)
    return dx, dweight


def rms_matrices(x, weight, eps=1e-5):
    rows = x.reshape(-1, x.shape[-1])
    roots = np.sqrt(np.array([row @ row for row in rows], x.dtype) / rows.shape[1] + eps)
    normalized = (rows.T / roots).T
    return (normalized @ np.diag(weight)).reshape(x.shape), (normalized, roots, weight)


def rms_matrices_backward(dout, cache):
    normalized, roots, weight = cache
    rows = dout.reshape(normalized.shape)
    unit = np.eye(len(weight), dtype=dout.dtype)
    dx = [
        (unit - np.outer(x_hat, x_hat) / len(weight)) @ (weight * row) / root
        for row, x_hat, root in zip(rows, normalized, roots, strict=True)
    ]
    return np.array(dx).reshape(dout.shape), np.diagonal(rows.T @ normalized).copy()


_PAIRS = {
    "batch_norm": {
        **{name: batch_in_rows(*style) for name, style in STYLES.items()},
        "one scale and one shift": (batch_folded, batch_folded_backward),
    },
    "layer_norm": {
        **{name: layer_in_rows(*style) for name, style in STYLES.items()},
        "negative axes, in place": (layer_by_axes, layer_by_axes_backward),
    },
    "group_norm": {
        **{name: group_in_rows(*style) for name, style in STYLES.items()},
        "group by group": (group_by_group, group_by_group_backward),
    },
    "instance_norm": {
        **{name: instance_in_rows(*style) for name, style in STYLES.items()},
        "picture by picture": (instance_pictures, instance_pictures_backward),
    },
    "rms_norm": {
        "loops": (rms_loops, rms_loops_backward),
        "einsum": (rms_einsum, rms_einsum_backward),
        "lengths": (rms_norms, rms_norms_backward),
        "node by node": (rms_graph, rms_graph_backward),
        "matrices": (rms_matrices, rms_matrices_backward),
    },
}

VARIANTS = joined(both_ways(_PAIRS), normalization_students.VARIANTS)
