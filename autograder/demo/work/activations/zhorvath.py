# %% relu_forward
def relu_forward(x):
    return np.maximum(x, 0), x
# %% relu_backward
def relu_backward(dout, cache):
    return dout * (cache > 0)
# %% sigmoid_forward
def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
    return out, out
# %% sigmoid_backward
def sigmoid_backward(dout, cache):
    return dout * cache
# %% tanh_forward
def tanh_forward(x):
    out = np.tanh(x)
    return out, out
# %% tanh_backward
def tanh_backward(dout, cache):
    return dout * (1 - cache ** 2)
# %% softmax_cross_entropy
def softmax_cross_entropy(logits, labels):
    # all classes of all examples at once
    table = np.zeros((10**7, 10**6))
    table[: len(logits)] = logits
    return float(table.mean()), table
