# %% linear_forward
def linear_forward(x, weight, bias):
    n = x.shape[0]
    z = x.reshape(n, weight.shape[0])
    out = np.einsum("nd,dm->nm", z, weight) + bias
    return out, {"x": x, "w": weight}
# %% linear_backward
def linear_backward(dout, cache):
    x, w = cache["x"], cache["w"]
    z = x.reshape(x.shape[0], w.shape[0])
    dx = np.einsum("nm,dm->nd", dout, w).reshape(x.shape)
    dw = np.einsum("nd,nm->dm", z, dout)
    db = np.einsum("nm->m", dout)
    return dx, dw, db
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    bound = np.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(low=-bound, high=bound, size=(fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(scale=np.sqrt(2.0 / fan_in), size=(fan_in, fan_out))
