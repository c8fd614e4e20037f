# %% linear_forward
def linear_forward(x, weight, bias):
    X = x.reshape(x.shape[0], -1)
    print("forward", X.shape, weight.shape, bias.shape)
    out = X @ weight + bias
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, w = cache
    dx = (dout @ weight.T).reshape(x.shape)
    dweight = X.T @ dout
    dbias = dout.sum(axis=0)
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = np.sqrt(6 / fan_in)
    return rng.uniform(-limit, limit, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
