# %%
import math
# %% rnn_cell_forward
def rnn_cell_forward(x, h, weight_ih, weight_hh, bias):
    N, D = x.shape
    H = len(bias)
    h_next = np.zeros((N, H), dtype=x.dtype)
    for n in range(N):
        for j in range(H):
            a = bias[j]
            for d in range(D):
                a = a + x[n, d] * weight_ih[d, j]
            for k in range(H):
                a = a + h[n, k] * weight_hh[k, j]
            h_next[n, j] = math.tanh(a)
    return h_next, (x, h, weight_ih, weight_hh, h_next.copy())
# %% rnn_cell_backward
def rnn_cell_backward(dh_next, cache):
    x, h, weight_ih, weight_hh, h_next = cache
    dx, dh = np.zeros_like(x), np.zeros_like(h)
    dweight_ih, dweight_hh = np.zeros_like(weight_ih), np.zeros_like(weight_hh)
    dbias = np.zeros(h.shape[1], dtype=h.dtype)
    for n in range(h.shape[0]):
        for j in range(h.shape[1]):
            da = dh_next[n, j] * (1 - h_next[n, j] ** 2)
            dbias[j] += da
            for d in range(x.shape[1]):
                dx[n, d] += da * weight_ih[d, j]
                dweight_ih[d, j] += da * x[n, d]
            for k in range(h.shape[1]):
                dh[n, k] += da * weight_hh[k, j]
                dweight_hh[k, j] += da * h[n, k]
    return dx, dh, dweight_ih, dweight_hh, dbias
# %% rnn_forward
def rnn_forward(x, h0, weight_ih, weight_hh, bias):
    T = x.shape[0]
    hs = np.zeros((T,) + h0.shape, dtype=x.dtype)
    caches = []
    for t in range(T):
        before = h0 if t == 0 else hs[t - 1].copy()
        hs[t], cache = rnn_cell_forward(x[t], before, weight_ih, weight_hh, bias)
        caches.append(cache)
    return hs, caches
# %% rnn_backward
def rnn_backward(dhs, cache):
    T = len(cache)
    dx = [None] * T
    dh = np.zeros_like(dhs[0])
    for t in range(T - 1, -1, -1):
        dx[t], dh, dw, du, db = rnn_cell_backward(dhs[t] + dh, cache[t])
        if t == T - 1:
            dweight_ih, dweight_hh, dbias = dw, du, db
        else:
            dweight_ih += dw
            dweight_hh += du
            dbias += db
    return np.array(dx), dh, dweight_ih, dweight_hh, dbias
# %% embedding_forward
def embedding_forward(tokens, weight):
    out = np.zeros(tokens.shape + (weight.shape[1],), dtype=weight.dtype)
    for place in np.ndindex(tokens.shape):
        token = int(tokens[place])
        if token < 0 or token >= weight.shape[0]:
            raise ValueError("no row for token " + str(token))
        out[place] = weight[token]
    return out, (tokens, weight)
# %% embedding_backward
def embedding_backward(dout, cache):
    tokens, weight = cache
    dweight = np.zeros_like(weight)
    for place in np.ndindex(tokens.shape):
        dweight[tokens[place]] += dout[place]
    return dweight
# %% clip_grad_norm
def clip_grad_norm(grads, max_norm):
    if max_norm <= 0:
        raise ValueError("max_norm")
    total = 0.0
    for grad in grads:
        for g in grad.ravel():
            total += float(g) ** 2
    norm = math.sqrt(total)
    clipped = []
    for grad in grads:
        if norm > max_norm:
            clipped.append(grad * (max_norm / norm))
        else:
            clipped.append(grad.copy())
    return clipped
