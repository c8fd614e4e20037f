# %% linear_forward
def linear_forward(x, weight, bias):
    out = x.reshape(x.shape[0], -1) @ weight + bias
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    dx = (dout @ weight.T).reshape(x.shape)
    dweight = x.reshape(x.shape[0], -1).T @ dout
    return dx, dweight, dout.sum(axis=0)
