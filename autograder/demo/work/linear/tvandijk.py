# %% linear_forward
def linear_forward(x, weight, bias):
    outs = [weight.T @ example.ravel() + bias for example in x]
    return np.stack(outs), (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    dx = np.stack([(weight @ g).reshape(x.shape[1:]) for g in dout])
    dweight = sum(np.outer(example, g) for example, g in zip(x, dout))
    dbias = sum(dout)
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
