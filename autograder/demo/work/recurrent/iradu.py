# %% rnn_cell_forward
def rnn_cell_forward(x, h, weight_ih, weight_hh, bias):
    h_next = np.tanh(x @ weight_ih + h @ weight_hh + bias)
    return h_next, (x, h, weight_ih, weight_hh, h_next)
# %% rnn_cell_backward
def rnn_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, h_next = cache
    da = dh_next * (1 - h_next**2)
    return da @ weight_ih.T, da @ weight_hh.T, x.T @ da, h_next.T @ da, da.sum(axis=0)
# %% rnn_forward
def rnn_forward(x, h0, weight_ih, weight_hh, bias):
    h, hs, caches = h0, [], []
    for t in range(len(x)):
        h, cache = rnn_cell_forward(x[t], h, weight_ih, weight_hh, bias)
        hs.append(h)
        caches.append(cache)
    return np.array(hs), caches
# %% rnn_backward
def rnn_backward(dhs, caches):
    dxs = []
    dh = 0
    for t in reversed(range(len(caches))):
        x, h, weight_ih, weight_hh, h_next = caches[t]
        da = (dhs[t] + dh) * (1 - h_next**2)
        dxs.insert(0, da @ weight_ih.T)
        dh = da @ weight_hh.T
        dweight_ih = x.T @ da
        dweight_hh = h.T @ da
        dbias = da.sum(axis=0)
    return np.array(dxs), dh, dweight_ih, dweight_hh, dbias
# %% embedding_forward
def embedding_forward(tokens, weight):
    if np.any(tokens >= len(weight)) or np.any(tokens < 0):
        raise ValueError("token out of range")
    return np.array([weight[token] for token in tokens.ravel()]), (tokens, weight)
# %% embedding_backward
def embedding_backward(dout, cache):
    tokens, weight = cache
    dweight = np.zeros_like(weight)
    np.add.at(dweight, tokens, dout.reshape(*tokens.shape, -1))
    return dweight
# %% clip_grad_norm
def clip_grad_norm(grads, max_norm):
    if max_norm <= 0:
        raise ValueError("max_norm must be positive")
    norm = float(np.sqrt(sum(np.sum(grad**2) for grad in grads)))
    for grad in grads:
        if norm > max_norm:
            grad *= max_norm / norm
    return grads
