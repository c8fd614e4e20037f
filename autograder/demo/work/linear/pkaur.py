# %% linear_forward
def linear_forward(x, weight, bias):
    out = x.reshape(len(x), -1) @ weight + bias
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    dx = (dout @ weight.T).reshape(x.shape)
    dweight = x.reshape(len(x), -1).T @ dout
    dbias = dout.mean(axis=0)
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    np.random.seed(0)
    limit = np.sqrt(6 / (fan_in + fan_out))
    return np.random.uniform(-limit, limit, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return np.random.randn(fan_in, fan_out) * np.sqrt(2 / fan_in)
