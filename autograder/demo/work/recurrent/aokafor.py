# %% rnn_cell_forward
def rnn_cell_forward(x, h, weight_ih, weight_hh, bias):
    h_next = np.tanh(x @ weight_ih + h @ weight_hh + bias)
    return h_next, (x, h, weight_ih, weight_hh, h_next)
# %% rnn_cell_backward
def rnn_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, h_next = cache
    da = dh_next * (1 - h_next**2)
    return da @ weight_ih.T, da @ weight_hh.T, x.T @ da, h.T @ da, da.sum(axis=0)
# %% rnn_forward
def rnn_forward(x, h0, weight_ih, weight_hh, bias):
    h, hs, caches = h0, [], []
    for step in x:
        h, cache = rnn_cell_forward(step, h, weight_ih, weight_hh, bias)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs), caches
# %% rnn_backward
def rnn_backward(dhs, caches):
    dxs, dh, sums = [], 0, [0, 0, 0]
    for dh_here, cache in zip(dhs[::-1], caches[::-1]):
        dx, dh, *parameters = rnn_cell_backward(dh_here + dh, cache)
        dxs.append(dx)
        sums = [total + part for total, part in zip(sums, parameters)]
    return np.stack(dxs[::-1]), dh, *sums
# %% embedding_forward
def embedding_forward(tokens, weight):
    if np.any((tokens < 0) | (tokens >= len(weight))):
        raise ValueError(f"tokens must lie between 0 and {len(weight) - 1}")
    return weight[tokens], (tokens, weight.shape)
# %% embedding_backward
def embedding_backward(dout, cache):
    tokens, shape = cache
    dweight = np.zeros(shape, dout.dtype)
    np.add.at(dweight, tokens, dout)
    return dweight
# %% clip_grad_norm
def clip_grad_norm(grads, max_norm):
    if max_norm <= 0:
        raise ValueError(f"max_norm is {max_norm}")
    norm = float(np.sqrt(sum((grad**2).sum() for grad in grads)))
    return [grad * min(1.0, max_norm / max(norm, max_norm)) for grad in grads]
