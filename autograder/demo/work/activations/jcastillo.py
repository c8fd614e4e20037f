# %% relu_forward
def relu_forward(x):
    x[x < 0] = 0
    return x, x
# %% relu_backward
def relu_backward(dout, cache):
    return dout * (cache > 0)
# %% sigmoid_forward
def sigmoid_forward(x):
    return np.exp(x) / (1 + np.exp(x)), x
# %% sigmoid_backward
def sigmoid_backward(dout, cache):
    return dout * cache * (1 - cache)
# %% tanh_forward
def tanh_forward(x):
    out = np.tanh(x)
    return out, out
# %% tanh_backward
def tanh_backward(dout, cache):
    return dout * (1 - np.power(cache, 2))
