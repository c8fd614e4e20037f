# %% linear_forward
def linear_forward(x, weight, bias):
    out = x.reshape(x.shape[0], -1) @ weight + bias
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    dx = (dout @ weight.T).reshape(x.shape)
    dweight = x.reshape(x.shape[0], -1).T @ dout
    dbias = dout.sum()
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = np.sqrt(6 / (fan_in + fan_out)
    return rng.uniform(-limit, limit, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
