# %% linear_forward
def linear_forward(x, weight, bias):
    X = x.reshape(x.shape[0], -1)
    return np.tensordot(X, weight, axes=1) + bias, (x.shape, X, weight)
# %% linear_backward
def linear_backward(dout, cache):
    shape, X, weight = cache
    dx = np.tensordot(dout, weight, axes=(1, 1)).reshape(shape)
    dweight = np.tensordot(X, dout, axes=(0, 0))
    dbias = dout.T @ np.ones(len(dout), dtype=dout.dtype)
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
