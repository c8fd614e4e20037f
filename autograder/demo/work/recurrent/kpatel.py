# %% rnn_cell_forward
def rnn_cell_forward(x, h, weight_ih, weight_hh, bias):
    h_next = np.tanh(x @ weight_ih + h @ weight_hh + bias)
    return h_next, (x, h, weight_ih, weight_hh, h_next)
# %% rnn_cell_backward
def rnn_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, h_next = cache
    da = dh_next
    return da @ weight_ih.T, da @ weight_hh.T, x.T @ da, h.T @ da, da.sum(axis=0)
# %% rnn_forward
def rnn_forward(x, h0, weight_ih, weight_hh, bias):
    h = np.zeros_like(h0)
    hs, caches = [], []
    for t in range(len(x)):
        h, cache = rnn_cell_forward(x[t], h, weight_ih, weight_hh, bias)
        hs.append(h)
        caches.append(cache)
    return np.array(hs), caches
