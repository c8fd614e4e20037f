# %% linear_forward
def linear_forward(x, weight, bias):
    flat = x.reshape(len(x), -1)
    return flat @ weight + bias, (x.shape, flat, weight)
# %% linear_backward
def linear_backward(dout, cache):
    shape, flat, weight = cache
    return (dout @ weight.T).reshape(shape), flat.T @ dout, dout.sum(0)
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    a = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-a, a, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.standard_normal((fan_in, fan_out)) * np.sqrt(2 / fan_in)
