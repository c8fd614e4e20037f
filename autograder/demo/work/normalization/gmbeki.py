# %%
def cols(v, x):
    return v.reshape(1, -1, *[1] * (x.ndim - 2))

def back(g, xh, s, ax):
    m = lambda a: a.mean(ax, keepdims=True)
    return (g - m(g) - xh * m(g * xh)) / s
# %% batch_norm_forward
def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    ax = (0,) + tuple(range(2, x.ndim))
    mu, var = running_mean, running_var
    if training:
        m = x.size // x.shape[1]
        if m < 2:
            raise ValueError(f"x {x.shape} has one value per channel")
        mu, var = x.mean(ax), x.var(ax)
        running_mean = (1 - momentum) * running_mean + momentum * mu
        running_var = (1 - momentum) * running_var + momentum * var * m / (m - 1)
    s = cols(np.sqrt(var + eps), x)
    xh = (x - cols(mu, x)) / s
    return xh * cols(weight, x) + cols(bias, x), (xh, s, weight, ax, training), running_mean, running_var
# %% batch_norm_backward
def batch_norm_backward(dout, cache):
    xh, s, weight, ax, training = cache
    # out = weight * (x - mu) / s + bias
    return dout * cols(weight, dout) / s, (dout * xh).sum(ax), dout.sum(ax)
# %% layer_norm_forward
def layer_norm_forward(x, weight, bias, eps=1e-5):
    ax = tuple(range(-weight.ndim, 0))
    s = np.sqrt(x.var(ax, keepdims=True) + eps)
    xh = (x - x.mean(ax, keepdims=True)) / s
    return xh * weight + bias, (xh, s, weight, ax)
# %% layer_norm_backward
def layer_norm_backward(dout, cache):
    xh, s, weight, ax = cache
    n = tuple(range(dout.ndim - weight.ndim))
    return dout * weight / s, (dout * xh).sum(n), dout.sum(n)
# %% group_norm_forward
def group_norm_forward(x, num_groups, weight, bias, eps=1e-5):
    if x.shape[1] % num_groups:
        raise ValueError(f"{num_groups} groups do not fit {x.shape[1]} channels")
    r = x.reshape(len(x), num_groups, -1)
    s = np.sqrt(r.var(-1, keepdims=True) + eps)
    xh = (r - r.mean(-1, keepdims=True)) / s
    return xh.reshape(x.shape) * cols(weight, x) + cols(bias, x), (xh, s, weight)
# %% rms_norm_forward
def rms_norm_forward(x, weight, eps=1e-5):
    s = np.sqrt((x * x).mean(-1, keepdims=True) + eps)
    return x / s * weight, (x / s, s, weight)
# %% rms_norm_backward
def rms_norm_backward(dout, cache):
    xh, s, weight = cache
    return dout * weight / s, (dout * xh).reshape(-1, weight.size).sum(0)
