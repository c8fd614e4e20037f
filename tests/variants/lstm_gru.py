"""Right answers to the chapter `lstm`, written otherwise, continued: the GRU."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np


def sigmoid(a):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))


# --- one step ------------------------------------------------------------------------------------------------------


def gate_by_gate_forward(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """Three products of each kind; the cache is a dictionary."""
    w_r, w_z, w_n = np.split(weight_ih, 3, axis=1)
    u_r, u_z, u_n = np.split(weight_hh, 3, axis=1)
    (b_r, b_z, b_n), (d_r, d_z, d_n) = np.split(bias_ih, 3), np.split(bias_hh, 3)
    r = sigmoid(x @ w_r + b_r + h @ u_r + d_r)
    z = sigmoid(x @ w_z + b_z + h @ u_z + d_z)
    of_state = h @ u_n + d_n
    n = np.tanh(x @ w_n + b_n + r * of_state)
    cache = {"x": x, "h": h, "w": (w_r, w_z, w_n), "u": (u_r, u_z, u_n), "r": r, "z": z, "n": n, "m": of_state}
    return (1 - z) * n + z * h, cache


def gate_by_gate_backward(dh_next, cache):
    x, h, r, z, n, m = (cache[name] for name in ("x", "h", "r", "z", "n", "m"))
    dn = dh_next * (1 - z) * (1 - n**2)
    dz = dh_next * (h - n) * z * (1 - z)
    dr = dn * m * r * (1 - r)
    of_input, of_state = (dr, dz, dn), (dr, dz, dn * r)
    dx = sum(d @ w.T for d, w in zip(of_input, cache["w"], strict=True))
    dh = dh_next * z + sum(d @ u.T for d, u in zip(of_state, cache["u"], strict=True))
    dw = np.hstack([x.T @ d for d in of_input])
    du = np.hstack([h.T @ d for d in of_state])
    return dx, dh, dw, du, np.hstack([d.sum(0) for d in of_input]), np.hstack([d.sum(0) for d in of_state])


def sliced_forward(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """Both products at once, cut by slices; the new state as the old one moved towards the candidate."""
    a, b, units = x @ weight_ih + bias_ih, h @ weight_hh + bias_hh, h.shape[1]
    gates = sigmoid(a[:, : 2 * units] + b[:, : 2 * units])
    n = np.tanh(a[:, 2 * units :] + gates[:, :units] * b[:, 2 * units :])
    h_next = h + (1 - gates[:, units:]) * (n - h)
    return h_next, (x, h, weight_ih, weight_hh, gates, n, b[:, 2 * units :].copy())


def sliced_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, gates, n, m = cache
    units = h.shape[1]
    r, z = gates[:, :units], gates[:, units:]
    da = np.empty((len(x), 3 * units), dh_next.dtype)
    da[:, 2 * units :] = (dh_next - dh_next * z) * (1 - n) * (1 + n)
    da[:, units : 2 * units] = dh_next * (h - n)
    da[:, :units] = da[:, 2 * units :] * m
    da[:, : 2 * units] *= gates - gates**2
    db = da.copy()
    db[:, 2 * units :] *= r
    dh = db @ weight_hh.T
    dh += z * dh_next
    return np.dot(da, weight_ih.T), dh, np.dot(x.T, da), np.dot(h.T, db), sum(da), sum(db)


def loops_forward(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """No array arithmetic at all."""
    (examples, units), inputs = h.shape, x.shape[1]
    out, kept = np.zeros(h.shape, h.dtype), {}
    for e in range(examples):
        for j in range(units):
            a, b = [], []
            for column in (j, units + j, 2 * units + j):
                a.append(bias_ih[column] + sum(x[e, d] * weight_ih[d, column] for d in range(inputs)))
                b.append(bias_hh[column] + sum(h[e, k] * weight_hh[k, column] for k in range(units)))
            r, z = (0.5 + 0.5 * math.tanh((a[gate] + b[gate]) / 2) for gate in range(2))
            n = math.tanh(a[2] + r * b[2])
            out[e, j] = n - z * n + z * h[e, j]
            kept[e, j] = r, z, n, b[2]
    return out, (x, h, weight_ih, weight_hh, kept)


def loops_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, kept = cache
    dx, dh, dw, du = (np.zeros(array.shape, array.dtype) for array in (x, h, weight_ih, weight_hh))
    db_i, db_h = np.zeros(weight_hh.shape[1], h.dtype), np.zeros(weight_hh.shape[1], h.dtype)
    units = h.shape[1]
    for (e, j), (r, z, n, m) in kept.items():
        upstream = dh_next[e, j]
        dn = upstream * (1 - z) * (1 - n * n)
        dz = upstream * (h[e, j] - n) * z * (1 - z)
        dr = dn * m * r * (1 - r)
        dh[e, j] += upstream * z
        for gate, (of_input, of_state) in enumerate([(dr, dr), (dz, dz), (dn, dn * r)]):
            column = gate * units + j
            db_i[column] += of_input
            db_h[column] += of_state
            for d in range(x.shape[1]):
                dx[e, d] += of_input * weight_ih[d, column]
                dw[d, column] += of_input * x[e, d]
            for k in range(units):
                dh[e, k] += of_state * weight_hh[k, column]
                du[k, column] += of_state * h[e, k]
    return dx, dh, dw, du, db_i, db_h


def einsum_forward(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """Weights with an axis for the gates; the cache holds the sums, and the way back works everything out again."""
    units = h.shape[1]
    w, u = weight_ih.reshape(-1, 3, units), weight_hh.reshape(-1, 3, units)
    a = np.einsum("nd,dgj->gnj", x, w) + bias_ih.reshape(3, 1, units)
    b = np.einsum("nk,kgj->gnj", h, u) + bias_hh.reshape(3, 1, units)
    return _mixed(a, b, h)[-1], SimpleNamespace(x=x, h=h, w=w, u=u, a=a, b=b)


def _mixed(a, b, h):
    r, z = sigmoid(a[:2] + b[:2])
    n = np.tanh(a[2] + r * b[2])
    return r, z, n, n * (1 - z) + h * z


def einsum_backward(dh_next, cache):
    r, z, n, _ = _mixed(cache.a, cache.b, cache.h)
    dn = np.multiply(dh_next, 1 - z) / np.cosh(cache.a[2] + r * cache.b[2]) ** 2
    da = np.stack([dn * cache.b[2] * r * (1 - r), dh_next * (cache.h - n) * z * (1 - z), dn])
    db = da * np.stack([np.ones_like(r), np.ones_like(r), r])
    columns = 3 * cache.h.shape[1]
    return (
        np.einsum("gnj,dgj->nd", da, cache.w),
        np.einsum("gnj,kgj->nk", db, cache.u) + dh_next * z,
        np.einsum("nd,gnj->dgj", cache.x, da).reshape(-1, columns),
        np.einsum("nk,gnj->kgj", cache.h, db).reshape(-1, columns),
        da.sum(axis=1).ravel(),
        db.sum(axis=1).ravel(),
    )


def closure_forward(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """The cache is a function."""
    a, b = np.split(x @ weight_ih + bias_ih, 3, axis=-1), np.split(h @ weight_hh + bias_hh, 3, axis=-1)
    r, z, n, h_next = _mixed_parts(a, b, h)

    def back(dh_next):
        dn = dh_next * (1 - z) * (1 - n**2)
        dr, dz = dn * b[2] * r * (1 - r), (dh_next * h - dh_next * n) * z * (1 - z)
        da, db = np.concatenate([dr, dz, dn], axis=1), np.concatenate([dr, dz, r * dn], axis=1)
        return da @ weight_ih.T, z * dh_next + db @ weight_hh.T, x.T @ da, h.T @ db, da.sum(axis=0), db.sum(axis=0)

    return h_next, back


def _mixed_parts(a, b, h):
    r, z = sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1])
    n = np.tanh(a[2] + r * b[2])
    return r, z, n, n - z * n + z * h


def closure_backward(dh_next, cache):
    return cache(dh_next)


# --- a sequence ----------------------------------------------------------------------------------------------------


def chained_forward(x, h0, *weights):
    """The cell again and again, each with a cache of its own."""
    h, states, caches = h0, [], []
    for step in x:
        h, cache = gate_by_gate_forward(step, h, *weights)
        states.append(h)
        caches.append(cache)
    return np.stack(states), caches


def chained_backward(dhs, cache):
    """Sums that grow as the loop runs back, over reversed views."""
    dh, dxs, totals = 0, [], [0, 0, 0, 0]
    for dh_here, one in zip(dhs[::-1], cache[::-1], strict=True):
        dx, dh, *parameters = gate_by_gate_backward(dh_here + dh, one)
        dxs.append(dx)
        totals = [total + part for total, part in zip(totals, parameters, strict=True)]
    return np.array(dxs)[::-1], dh, *totals


def filled_forward(x, h0, weight_ih, weight_hh, bias_ih, bias_hh):
    """States in one array that begins with h0; the inputs' products first."""
    hs = np.zeros((len(x) + 1, *h0.shape), x.dtype)
    hs[0] = h0
    products = np.tensordot(x, weight_ih, axes=1) + bias_ih
    kept = []
    for t, a in enumerate(products):
        b = np.split(hs[t] @ weight_hh + bias_hh, 3, axis=1)
        *parts, hs[t + 1] = _mixed_parts(np.split(a, 3, axis=1), b, hs[t])
        kept.append((*parts, b[2]))
    return hs[1:].copy(), {"x": x, "hs": hs, "kept": kept, "w": weight_ih, "u": weight_hh}


def filled_backward(dhs, cache):
    """All gradients of the sums first, then everything else at once."""
    x, hs, kept, w, u = cache.values()
    das, dbs, dh = [], [], np.zeros_like(hs[0])
    for t in range(len(x) - 1, -1, -1):
        r, z, n, m = kept[t]
        dh = dh + dhs[t]
        dn = dh * (1 - z) * (1 - n**2)
        gates = [dn * m * r * (1 - r), dh * (hs[t] - n) * z * (1 - z)]
        das.insert(0, np.concatenate([*gates, dn], axis=1))
        dbs.insert(0, np.concatenate([*gates, dn * r], axis=1))
        dh = dh * z + dbs[0] @ u.T
    da, db = np.array(das), np.array(dbs)
    dw, du = np.einsum("tnd,tna->da", x, da), np.einsum("tnk,tna->ka", hs[:-1], db)
    return da @ w.T, dh, dw, du, np.einsum("tna->a", da), np.einsum("tna->a", db)


def recursive_forward(x, h0, *weights):
    """The first step, and the rest of the sequence after it."""
    h, here = closure_forward(x[0], h0, *weights)
    if len(x) == 1:
        return h[None], (here, None)
    rest, later = recursive_forward(x[1:], h, *weights)
    return np.concatenate([h[None], rest]), (here, later)


def recursive_backward(dhs, cache):
    here, later = cache
    if later is None:
        dx, dh, *parameters = here(dhs[0])
        return dx[None], dh, *parameters
    dx_later, carried, *after = recursive_backward(dhs[1:], later)
    dx, dh, *parameters = here(dhs[0] + carried)
    return np.concatenate([dx[None], dx_later]), dh, *(a + b for a, b in zip(parameters, after, strict=True))


def examples_forward(x, h0, *weights):
    """Each example by itself, as a batch of one."""
    every = [chained_forward(x[:, n : n + 1], h0[n : n + 1], *weights) for n in range(x.shape[1])]
    return np.concatenate([hs for hs, _ in every], axis=1), [cache for _, cache in every]


def examples_backward(dhs, cache):
    every = [chained_backward(dhs[:, n : n + 1], one) for n, one in enumerate(cache)]
    dx, dh0, *parameters = zip(*every, strict=True)
    return np.concatenate(dx, axis=1), np.concatenate(dh0), *(sum(parts) for parts in parameters)


def in_place_forward(x, h0, weight_ih, weight_hh, bias_ih, bias_hh):
    """One state of its own that is moved on in place; copies are kept."""
    h, states, kept = h0.copy(), [], []
    for step in x:
        kept.append(sliced_forward(step, h.copy(), weight_ih, weight_hh, bias_ih, bias_hh)[1])
        gates, n = kept[-1][4], kept[-1][5]
        z = gates[:, h.shape[1] :]
        h *= z
        h += (1 - z) * n
        states.append(h.copy())
    return np.stack(states), tuple(kept)


def in_place_backward(dhs, cache):
    """Carries in a copy of dhs, and totals in place."""
    whole = np.array(dhs)
    dxs, totals = np.empty((len(dhs), *cache[0][0].shape), dhs.dtype), None
    for t in reversed(range(len(whole))):
        dxs[t], dh, *parameters = sliced_backward(whole[t], cache[t])
        if t:
            whole[t - 1] += dh
        if totals is None:
            totals = parameters
        else:
            for total, part in zip(totals, parameters, strict=True):
                np.add(total, part, out=total)
    return dxs, dh, *totals


CELLS = {
    "gate by gate": (gate_by_gate_forward, gate_by_gate_backward),
    "cut by slices": (sliced_forward, sliced_backward),
    "loops": (loops_forward, loops_backward),
    "einsum": (einsum_forward, einsum_backward),
    "a function for the cache": (closure_forward, closure_backward),
}
SEQUENCES = {
    "a cache for each step": (chained_forward, chained_backward),
    "states in one array": (filled_forward, filled_backward),
    "recursive": (recursive_forward, recursive_backward),
    "example by example": (examples_forward, examples_backward),
    "in place, on copies": (in_place_forward, in_place_backward),
}
