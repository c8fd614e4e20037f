# %% linear_forward
def linear_forward(x, weight, bias):
    out = x.reshape(x.shape[0], -1) @ weight + bias
    return out, (x, weight)
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
