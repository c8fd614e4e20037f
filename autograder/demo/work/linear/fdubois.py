# %% linear_forward
def linear_forward(x, weight, bias):
    out = x.reshape(x.shape[0], -1).dot(weight) + bias
    return out, (x, weight, bias)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight, bias = cache
    dx = dout.dot(weight.T).reshape(x.shape)
    dweight = x.reshape(x.shape[0], -1).T.dot(dout)
    dbias = np.mean(dout, axis=0)   # average over the minibatch
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    bound = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
