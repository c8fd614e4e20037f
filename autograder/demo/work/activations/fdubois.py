# %% relu_forward
def relu_forward(x):
    return np.maximum(0, x), x
# %% relu_backward
def relu_backward(dout, cache):
    return dout * (cache > 0)
# %% sigmoid_forward
def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-x))
    return out, out
# %% sigmoid_backward
def sigmoid_backward(dout, cache):
    return dout * cache * (1 - cache)
# %% tanh_forward
def tanh_forward(x):
    out = np.tanh(x)
    return out, out
# %% tanh_backward
def tanh_backward(dout, cache):
    return dout * (1 - cache ** 2)
# %% softmax_cross_entropy
def softmax_cross_entropy(logits, labels):
    exp = np.exp(logits)
    probs = exp / exp.sum(axis=1, keepdims=True)
    N = logits.shape[0]
    loss = -np.log(probs[range(N), labels]).mean()
    dlogits = probs.copy()
    dlogits[range(N), labels] -= 1
    return float(loss), dlogits / N
