# %% linear_forward
def linear_forward(x, weight, bias):
    out = np.reshape(x, (x.shape[0], -1)) @ weight
    out += bias
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    dx = (dout @ weight.T).reshape(x.shape)
    dweight = np.reshape(x, (x.shape[0], -1)).T @ dout
    dbias = dout.sum(axis=0)
    # update the weights
    weight -= 0.01 * dweight
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, 2 / fan_in, (fan_in, fan_out))
