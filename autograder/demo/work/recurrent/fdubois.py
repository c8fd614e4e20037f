# %% rnn_cell_forward
def rnn_cell_forward(x, h, weight_ih, weight_hh, bias):
    # column vectors in my notes: W_hh h
    h_next = np.tanh(x @ weight_ih + (weight_hh @ h.T).T + bias)
    return h_next, (x, h, weight_ih, weight_hh, h_next)
# %% rnn_cell_backward
def rnn_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, h_next = cache
    da = dh_next * (1 - h_next**2)
    return da @ weight_ih.T, da @ weight_hh, x.T @ da, da.T @ h, da.sum(axis=0)
# %% rnn_forward
def rnn_forward(x, h0, weight_ih, weight_hh, bias):
    h, hs, caches = h0, [], []
    for t in range(len(x)):
        h, cache = rnn_cell_forward(x[t], h, weight_ih, weight_hh, bias)
        hs.append(h)
        caches.append(cache)
    return np.array(hs), caches
# %% rnn_backward
def rnn_backward(dhs, cache):
    dx, dh = [], np.zeros_like(dhs[0])
    dweight_ih = dweight_hh = dbias = 0
    for t in reversed(range(len(dhs))):
        dx_t, dh, dw, du, db = rnn_cell_backward(dhs[t] + dh, cache[t])
        dx.insert(0, dx_t)
        dweight_ih, dweight_hh, dbias = dweight_ih + dw, dweight_hh + du, dbias + db
    return np.array(dx), dh, dweight_ih, dweight_hh, dbias
# %% embedding_forward
def embedding_forward(tokens, weight):
    if np.any(tokens < 0) or np.any(tokens >= len(weight)):
        raise ValueError("no such token")
    return weight[tokens], (tokens, weight)
# %% embedding_backward
def embedding_backward(dout, cache):
    tokens, weight = cache
    dweight = np.zeros_like(weight)
    dweight[tokens] += dout
    return dweight
# %% clip_grad_norm
def clip_grad_norm(grads, max_norm):
    if max_norm <= 0:
        raise ValueError("max_norm <= 0")
    clipped = []
    for grad in grads:
        norm = float(np.linalg.norm(grad))
        clipped.append(grad * (max_norm / norm) if norm > max_norm else grad.copy())
    return clipped
