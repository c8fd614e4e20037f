# %% linear_forward
def linear_forward(x, weight, bias):
    n = x.shape[0]
    out = x.reshape(n, -1) @ weight + bias
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    n = x.shape[0]
    dx = (dout @ weight.T).reshape(x.shape)
    dweight = dout.T @ x.reshape(n, -1)
    dbias = dout.sum(0)
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    a = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-a, a, size=(fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(size=(fan_in, fan_out)) * np.sqrt(2 / fan_in)
