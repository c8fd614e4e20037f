# %%
def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))

# %% lstm_cell_forward
def lstm_cell_forward(x, h, c, weight_ih, weight_hh, bias):
    a = x @ weight_ih + h @ weight_hh + bias
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    t = np.tanh(c_next)
    return o * t, c_next, (x, h, c, weight_ih, weight_hh, i, f, g, o, t)

# %% lstm_cell_backward
def lstm_cell_backward(dh_next, dc_next, cache):
    x, h, c, weight_ih, weight_hh, i, f, g, o, t = cache
    dc_all = dc_next + dh_next * o * (1 - t**2)
    da_i = dc_all * g * i * (1 - i)
    da_f = dc_all * c * f * (1 - f)
    da_g = dc_all * i
    da_o = dh_next * t * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ weight_ih.T, da @ weight_hh.T, dc_all * f, x.T @ da, h.T @ da, da.sum(axis=0)

# %% lstm_forward
def lstm_forward(x, h0, c0, weight_ih, weight_hh, bias):
    h, c = h0, c0
    hs, caches = [], []
    for step in x:
        h, c, cache = lstm_cell_forward(step, h, c, weight_ih, weight_hh, bias)
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
        sums = grads
    return np.stack(dxs[::-1]), dh, dc, *sums
