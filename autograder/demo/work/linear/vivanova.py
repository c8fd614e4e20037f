# %% linear_forward
def linear_forward(x, weight, bias):
    flat = x.reshape(x.shape[0], -1)
    # the bias as one more input that is always 1
    ones = np.ones((len(flat), 1), dtype=x.dtype)
    out = np.hstack([flat, ones]) @ np.vstack([weight, bias])
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    flat = x.reshape(x.shape[0], -1)
    dweight = flat.T @ dout
    dbias = dout.sum(axis=0) / len(dout)
    return (dout @ weight.T).reshape(x.shape), dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
