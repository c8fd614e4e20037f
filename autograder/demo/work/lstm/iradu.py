# %%
def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))

# %% lstm_cell_forward
def lstm_cell_forward(x, h, c, weight_ih, weight_hh, bias):
    a = x @ weight_ih + h @ weight_hh + bias
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    t = np.tanh(c_next)
    return o * t, c_next, (x, h, c, weight_ih, weight_hh, i, f, g, o, t)

# %% lstm_cell_backward
def lstm_cell_backward(dh_next, dc_next, cache):
    x, h, c, weight_ih, weight_hh, i, f, g, o, t = cache
    dc_all = dc_next + dh_next * o * (1 - t**2)
    da_i = dc_all * g * i * (1 - i)
    da_f = dc_all * c * f * (1 - f)
    da_g = dc_all * i * g * (1 - g)
    da_o = dh_next * t * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ weight_ih.T, da @ weight_hh.T, dc_all * f, x.T @ da, h.T @ da, da.sum(axis=0)

# %% lstm_forward
def lstm_forward(x, h0, c0, weight_ih, weight_hh, bias):
    h, c = h0, c0
    hs, caches = [], []
    for step in x:
        h, _, cache = lstm_cell_forward(step, h, c, weight_ih, weight_hh, bias)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs), caches

# %% lstm_backward
def lstm_backward(dhs, cache):
    dh = dc = np.zeros_like(dhs[0])
    dxs, sums = [], [0, 0, 0]
    for dh_t, step in zip(dhs[::-1], cache[::-1]):
        dx, dh, dc, *grads = lstm_cell_backward(dh_t + dh, dc, step)
        dxs.append(dx)
        sums = [s + grad for s, grad in zip(sums, grads)]
    return np.stack(dxs[::-1]), dh, dc, *sums

# %% gru_cell_forward
def gru_cell_forward(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    a_r, a_z, a_n = np.split(x @ weight_ih + bias_ih, 3, axis=1)
    w_r, w_z, w_n = np.split(weight_hh, 3, axis=1)
    d_r, d_z, d_n = np.split(bias_hh, 3)
    r, z = sigmoid(a_r + h @ w_r + d_r), sigmoid(a_z + h @ w_z + d_z)
    b_n = (r * h) @ w_n + d_n
    n = np.tanh(a_n + b_n)
    return (1 - z) * n + z * h, (x, h, weight_ih, weight_hh, r, z, n, b_n)

# %% gru_cell_backward
def gru_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, r, z, n, b_n = cache
    da_n = dh_next * (1 - z) * (1 - n**2)
    da_z = dh_next * (h - n) * z * (1 - z)
    da_r = da_n * b_n * r * (1 - r)
    da = np.concatenate([da_r, da_z, da_n], axis=1)
    db = np.concatenate([da_r, da_z, da_n * r], axis=1)
    dh = db @ weight_hh.T 
    return da @ weight_ih.T, dh, x.T @ da, h.T @ db, da.sum(axis=0), db.sum(axis=0)

# %% gru_forward
def gru_forward(x, h0, weight_ih, weight_hh, bias_ih, bias_hh):
    h, hs, caches = h0, [], []
    for step in x:
        h, cache = gru_cell_forward(step, h, weight_ih, weight_hh, bias_ih, bias_hh)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs), caches
