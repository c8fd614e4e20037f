# %% linear_forward
def linear_forward(x, weight, bias):
    out = x @ weight + bias
    cache = x, weight
    return out, cache
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    N = len(x)
    dx = (dout @ weight.T).reshape(x.shape)
    dweight = x.reshape(N, -1).T @ dout / N
    dbias = dout.sum(axis=0) / N
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, size=(fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), size=(fan_in, fan_out))
