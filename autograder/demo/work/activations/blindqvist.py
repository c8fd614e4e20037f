# %%
import math
# %% relu_forward
def relu_forward(x):
    out = np.empty_like(x)
    for i in np.ndindex(x.shape):
        out[i] = x[i] if x[i] > 0 else 0
    return out, x
# %% relu_backward
def relu_backward(dout, cache):
    dx = np.zeros_like(dout)
    for i in np.ndindex(cache.shape):
        if cache[i] > 0:
            dx[i] = dout[i]
    return dx
# %% sigmoid_forward
def sigmoid_forward(x):
    out = np.empty_like(x)
    for i in np.ndindex(x.shape):
        if x[i] >= 0:
            out[i] = 1 / (1 + math.exp(-x[i]))
        else:
            e = math.exp(x[i])
            out[i] = e / (1 + e)
    return out, out
# %% sigmoid_backward
def sigmoid_backward(dout, cache):
    dx = np.empty_like(dout)
    for i in np.ndindex(cache.shape):
        dx[i] = dout[i] * cache[i] * (1 - cache[i])
    return dx
# %% tanh_forward
def tanh_forward(x):
    out = np.empty_like(x)
    for i in np.ndindex(x.shape):
        out[i] = math.tanh(x[i])
    return out, out
# %% tanh_backward
def tanh_backward(dout, cache):
    dx = np.empty_like(dout)
    for i in np.ndindex(cache.shape):
        dx[i] = dout[i] * (1 - cache[i] * cache[i])
    return dx
# %% softmax_cross_entropy
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    loss = 0.0
    dlogits = np.zeros_like(logits)
    for n in range(N):
        biggest = max(logits[n])
        total = 0.0
        for c in range(C):
            total += math.exp(logits[n, c] - biggest)
        loss += math.log(total) - float(logits[n, labels[n]] - biggest)
        for c in range(C):
            p = math.exp(logits[n, c] - biggest) / total
            dlogits[n, c] = (p - (c == labels[n])) / N
    return loss / N, dlogits
