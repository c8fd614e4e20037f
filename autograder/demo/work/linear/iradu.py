# %% linear_forward
def linear_forward(x, weight, bias):
    batch = x.shape[0]
    out = np.dot(x.reshape(batch, -1), weight) + bias
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    batch = x.shape[0]
    dx = np.dot(dout, weight.T).reshape(x.shape)
    dweight = np.dot(x.reshape(batch, -1).T, dout) / batch
    dbias = np.sum(dout, axis=0) / batch
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    # N(0, 2 / fan_in)
    return rng.normal(0, 2 / fan_in, (fan_in, fan_out))
