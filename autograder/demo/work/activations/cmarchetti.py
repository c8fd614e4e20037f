# %% relu_forward
def relu_forward(x):
    mask = (x > 0).astype(x.dtype)
    return x * mask, mask
# %% relu_backward
def relu_backward(dout, mask):
    return dout * mask
# %% sigmoid_forward
def sigmoid_forward(x):
    e = np.exp(-np.abs(x))   # always between 0 and 1
    out = np.where(x >= 0, 1, e) / (1 + e)
    return out, out
# %% sigmoid_backward
def sigmoid_backward(dout, out):
    return dout * (out - out * out)
# %% tanh_forward
def tanh_forward(x):
    out = np.tanh(x)
    return out, out
# %% tanh_backward
def tanh_backward(dout, out):
    return dout * (1 - out) * (1 + out)
# %% softmax_cross_entropy
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    onehot = np.eye(C, dtype=logits.dtype)[labels]
    m = logits.max(axis=1, keepdims=True)
    log_z = m + np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
    loss = np.einsum("nc,nc->", onehot, log_z - logits) / N
    return float(loss), (np.exp(logits - log_z) - onehot) / N
