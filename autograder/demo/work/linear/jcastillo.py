# %% linear_forward
def linear_forward(x, weight, bias):
    xr = x.reshape(x.shape[0], -1)
    out = xr @ weight + bias
    return out, (x, xr, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, xr, weight = cache
    dx = (dout @ weight.T).reshape(x.shape)
    dweight = xr.T @ dout
    dbias = np.sum(dout, axis=0, keepdims=True)
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = np.sqrt(2 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
