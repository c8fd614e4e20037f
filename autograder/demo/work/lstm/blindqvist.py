# %%
import math


def squash(a):
    return 1 / (1 + math.exp(-a)) if a > -700 else 0.0


def weighted(values, weight, column):
    total = 0.0
    for k in range(len(values)):
        total += values[k] * weight[k, column]
    return total


# %% lstm_cell_forward
def lstm_cell_forward(x, h, c, weight_ih, weight_hh, bias):
    H = h.shape[1]
    h_next, c_next = np.zeros_like(h), np.zeros_like(c)
    gates = {}
    for n in range(h.shape[0]):
        for j in range(H):
            a = []
            for block in range(4):
                k = block * H + j
                a.append(weighted(x[n], weight_ih, k) + weighted(h[n], weight_hh, k) + bias[k])
            i, f, g, o = squash(a[0]), squash(a[1]), math.tanh(a[2]), squash(a[3])
            gates[n, j] = i, f, g, o
            c_next[n, j] = f * c[n, j] + i * g
            h_next[n, j] = o * math.tanh(c_next[n, j])
    return h_next, c_next, (x, h, c, weight_ih, weight_hh, gates, c_next.copy())


# %% lstm_cell_backward
def lstm_cell_backward(dh_next, dc_next, cache):
    x, h, c, weight_ih, weight_hh, gates, c_next = cache
    H = h.shape[1]
    dx, dh, dc = np.zeros_like(x), np.zeros_like(h), np.zeros_like(c)
    dw, du = np.zeros_like(weight_ih), np.zeros_like(weight_hh)
    db = np.zeros(4 * H, dtype=x.dtype)
    for (n, j), (i, f, g, o) in gates.items():
        t = math.tanh(c_next[n, j])
        d = dc_next[n, j] + dh_next[n, j] * o * (1 - t * t)
        dc[n, j] = d * f
        das = [d * g * i * (1 - i), d * c[n, j] * f * (1 - f), d * i * (1 - g * g), dh_next[n, j] * t * o * (1 - o)]
        for block in range(4):
            k, da = block * H + j, das[block]
            db[k] += da
            dx[n] += da * weight_ih[:, k]
            dw[:, k] += da * x[n]
            dh[n] += da * weight_hh[:, k]
            du[:, k] += da * h[n]
    return dx, dh, dc, dw, du, db


# %% lstm_forward
def lstm_forward(x, h0, c0, weight_ih, weight_hh, bias):
    hs = np.zeros((x.shape[0], h0.shape[0], h0.shape[1]), dtype=x.dtype)
    caches = {}
    h, c = h0, c0
    for t in range(x.shape[0]):
        h, c, caches[t] = lstm_cell_forward(x[t], h, c, weight_ih, weight_hh, bias)
        hs[t] = h
    return hs, caches


# %% lstm_backward
def lstm_backward(dhs, cache):
    T = len(dhs)
    dh, dc = np.zeros_like(dhs[0]), np.zeros_like(dhs[0])
    dx = [None] * T
    dw, du, db = 0, 0, 0
    t = T - 1
    while t >= 0:
        dx[t], dh, dc, w, u, b = lstm_cell_backward(dhs[t] + dh, dc, cache[t])
        dw, du, db = dw + w, du + u, db + b
        t = t - 1
    return np.array(dx), dh, dc, dw, du, db


# %% gru_cell_forward
def gru_cell_forward(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    H = h.shape[1]
    h_next = np.zeros_like(h)
    parts = {}
    for e in range(h.shape[0]):
        for j in range(H):
            a, b = [], []
            for block in range(3):
                k = block * H + j
                a.append(weighted(x[e], weight_ih, k) + bias_ih[k])
                b.append(weighted(h[e], weight_hh, k) + bias_hh[k])
            r, z = squash(a[0] + b[0]), squash(a[1] + b[1])
            n = math.tanh(a[2] + r * b[2])
            parts[e, j] = r, z, n, b[2]
            h_next[e, j] = (1 - z) * n + z * h[e, j]
    return h_next, (x, h, weight_ih, weight_hh, parts)


# %% gru_cell_backward
def gru_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, parts = cache
    H = h.shape[1]
    dx, dh = np.zeros_like(x), np.zeros_like(h)
    dw, du = np.zeros_like(weight_ih), np.zeros_like(weight_hh)
    db_i, db_h = np.zeros(3 * H, dtype=x.dtype), np.zeros(3 * H, dtype=x.dtype)
    for (e, j), (r, z, n, m) in parts.items():
        up = dh_next[e, j]
        dn = up * (1 - z) * (1 - n * n)
        dz = up * (h[e, j] - n) * z * (1 - z)
        dr = dn * m * r * (1 - r)
        dh[e, j] += up * z
        of_input, of_state = [dr, dz, dn], [dr, dz, dn * r]
        for block in range(3):
            k = block * H + j
            db_i[k] += of_input[block]
            db_h[k] += of_state[block]
            dx[e] += of_input[block] * weight_ih[:, k]
            dw[:, k] += of_input[block] * x[e]
            dh[e] += of_state[block] * weight_hh[:, k]
            du[:, k] += of_state[block] * h[e]
    return dx, dh, dw, du, db_i, db_h


# %% gru_forward
def gru_forward(x, h0, weight_ih, weight_hh, bias_ih, bias_hh):
    hs = np.zeros((x.shape[0], h0.shape[0], h0.shape[1]), dtype=x.dtype)
    caches = {}
    h = h0
    for t in range(x.shape[0]):
        h, caches[t] = gru_cell_forward(x[t], h, weight_ih, weight_hh, bias_ih, bias_hh)
        hs[t] = h
    return hs, caches


# %% gru_backward
def gru_backward(dhs, cache):
    T = len(dhs)
    dh = np.zeros_like(dhs[0])
    dx = [None] * T
    sums = [0, 0, 0, 0]
    for t in range(T - 1, -1, -1):
        dx[t], dh, w, u, b_i, b_h = gru_cell_backward(dhs[t] + dh, cache[t])
        sums = [sums[0] + w, sums[1] + u, sums[2] + b_i, sums[3] + b_h]
    return np.array(dx), dh, sums[0], sums[1], sums[2], sums[3]
