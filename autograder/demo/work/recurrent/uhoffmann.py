# %% rnn_cell_forward
def rnn_cell_forward(x, h, weight_ih, weight_hh, bias):
    h_next = np.tanh(x @ weight_ih + bias) + np.tanh(h @ weight_hh)
    return h_next, (x, h, weight_ih, weight_hh, h_next)
# %% rnn_cell_backward
def rnn_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, h_next = cache
    da = dh_next * (1 - h_next ** 2)
    dbias = da.mean(axis=0)
    return da @ weight_ih.T, da @ weight_hh.T, x.T @ da, h.T @ da, dbias
# %% rnn_forward
def rnn_forward(x, h0, weight_ih, weight_hh, bias):
    x = x.transpose(1, 0, 2)
    hs = np.zeros((x.shape[0], x.shape[1], h0.shape[1]), dtype=x.dtype)
    h = h0
    caches = []
    for t in range(x.shape[1]):
        before = h
        h = np.tanh(x[:, t] @ weight_ih + h @ weight_hh + bias)
        hs[:, t] = h
        caches.append((x[:, t], before, weight_ih, weight_hh, h))
    return hs, caches
# %% rnn_backward
def rnn_backward(dhs, cache):
    dx, sums = [], [0, 0, 0]
    dh = np.zeros(dhs.shape[1:], dtype=dhs.dtype)
    for t in range(len(cache)):
        x, h, weight_ih, weight_hh, h_next = cache[t]
        da = (dhs[t] + dh) * (1 - h_next ** 2)
        dh = da @ weight_hh.T
        dx.append(da @ weight_ih.T)
        sums = [sums[0] + x.T @ da, sums[1] + h.T @ da, sums[2] + da.sum(axis=0)]
    return np.array(dx), dh, sums[0], sums[1], sums[2]
# %% embedding_forward
def embedding_forward(tokens, weight):
    if (tokens < 0).any() or (tokens > len(weight) - 1).any():
        raise ValueError("tokens")
    return weight[tokens], (tokens, weight)
# %% embedding_backward
def embedding_backward(dout, cache):
    tokens, weight = cache
    for v in range(len(weight)):
        weight[v] = dout[tokens == v].sum(axis=0)
    return weight
# %% clip_grad_norm
def clip_grad_norm(grads, max_norm):
    if max_norm <= 0:
        raise ValueError("max_norm")
    norm = float(np.sqrt(sum(np.sum(grad ** 2) for grad in grads)))
    return [grad * (max_norm / norm) for grad in grads]
