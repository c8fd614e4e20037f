# %% linear_forward
def linear_forward(x, weight, bias):
    # like torch.nn.Linear: y = x W^T + b
    x2 = x.reshape(x.shape[0], -1)
    out = x2 @ weight.T + bias
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    x2 = x.reshape(x.shape[0], -1)
    dx = (dout @ weight).reshape(x.shape)
    dweight = dout.T @ x2
    dbias = dout.sum(axis=0)
    return dx, dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    bound = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, (fan_out, fan_in))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
