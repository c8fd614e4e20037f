# %% rnn_cell_forward
def rnn_cell_forward(x, h, weight_ih, weight_hh, bias):
    h_next = np.tanh(x @ weight_ih + h @ weight_hh + bias)
    return h_next, (x, h, weight_ih, weight_hh, h_next)
# %% rnn_cell_backward
def rnn_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, h_next = cache
    da = dh_next * (1 - h_next**2)
    return da.dot(weight_ih.T), da.dot(weight_hh), x.T.dot(da), h.T.dot(da), da.sum(0)
# %% rnn_forward
def rnn_forward(x, h0, weight_ih, weight_hh, bias):
    h = h0
    hs, caches = [], []
    for t in range(x.shape[0]):
        h, cache = rnn_cell_forward(x[t], h, weight_ih, weight_hh, bias)
        hs.append(h)
        caches.append(cache)
    return np.array(hs), caches
# %% rnn_backward
def rnn_backward(dhs, cache):
    dx = np.zeros((dhs.shape[0], dhs.shape[1], cache[0][0].shape[1]), dtype=dhs.dtype)
    dweight_ih = dweight_hh = dbias = 0
    for t in reversed(range(len(dhs))):
        x, h, weight_ih, weight_hh, h_next = cache[t]
        da = dhs[t] * (1 - h_next**2)
        dx[t] = da @ weight_ih.T
        dh = da @ weight_hh.T
        dweight_ih = dweight_ih + x.T @ da
        dweight_hh = dweight_hh + h.T @ da
        dbias = dbias + da.sum(axis=0)
    return dx, dh, dweight_ih, dweight_hh, dbias
# %% embedding_forward
def embedding_forward(tokens, weight):
    return weight[tokens], (tokens, weight)
# %% embedding_backward
def embedding_backward(dout, cache):
    tokens, weight = cache
    dweight = np.zeros_like(weight)
    np.add.at(dweight, tokens, dout)
    return dweight
# %% clip_grad_norm
def clip_grad_norm(grads, max_norm):
    if max_norm <= 0:
        raise ValueError("max_norm must be > 0")
    return [np.clip(grad, -max_norm, max_norm) for grad in grads]
