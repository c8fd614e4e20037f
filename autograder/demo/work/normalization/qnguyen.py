# %%
def standardize(rows, eps):
    """rows: one row per set of numbers that share mean and variance"""
    centred = rows - rows.mean(axis=1, keepdims=True)
    sigma = np.sqrt((centred ** 2).mean(axis=1, keepdims=True) + eps)
    return centred / sigma, sigma

def standardize_back(g, h, sigma):
    M = g.shape[1]
    return (M * g - g.sum(1, keepdims=True) - h * (g * h).sum(1, keepdims=True)) / (M * sigma)
# %% batch_norm_forward
def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    xt = x.swapaxes(0, 1)
    rows = xt.reshape(x.shape[1], -1)
    if training:
        if rows.shape[1] < 2:
            raise ValueError("batch norm needs more than one value per channel, got x of shape " + str(x.shape))
        h, sigma = standardize(rows, eps)
        new_mean = running_mean * (1 - momentum) + rows.mean(axis=1) * momentum
        new_var = running_var * (1 - momentum) + rows.var(axis=1, ddof=1) * momentum
    else:
        sigma = np.sqrt(running_var + eps)[:, None]
        h = (rows - running_mean[:, None]) / sigma
        new_mean, new_var = running_mean, running_var
    out = (h * weight[:, None] + bias[:, None]).reshape(xt.shape).swapaxes(0, 1)
    return out, dict(h=h, sigma=sigma, weight=weight, training=training), new_mean, new_var
# %% batch_norm_backward
def batch_norm_backward(dout, cache):
    dt = dout.swapaxes(0, 1)
    rows = dt.reshape(dout.shape[1], -1)
    g = rows * cache["weight"][:, None]
    if cache["training"]:
        dx = standardize_back(g, cache["h"], cache["sigma"])
    else:
        dx = g / cache["sigma"]
    return dx.reshape(dt.shape).swapaxes(0, 1), (rows * cache["h"]).sum(1), rows.sum(1)
# %% layer_norm_forward
def layer_norm_forward(x, weight, bias, eps=1e-5):
    h, sigma = standardize(x.reshape(-1, weight.size), eps)
    return h.reshape(x.shape) * weight + bias, (h, sigma, weight)
# %% layer_norm_backward
def layer_norm_backward(dout, cache):
    h, sigma, weight = cache
    rows = dout.reshape(h.shape)
    dx = standardize_back(rows * weight.ravel(), h, sigma)
    return dx.reshape(dout.shape), (rows * h).sum(0).reshape(weight.shape), rows.sum(0).reshape(weight.shape)
# %% group_norm_forward
def group_norm_forward(x, num_groups, weight, bias, eps=1e-5):
    if x.shape[1] % num_groups != 0:
        raise ValueError("%d channels in %d groups?" % (x.shape[1], num_groups))
    h, sigma = standardize(x.reshape(x.shape[0] * num_groups, -1), eps)
    h = h.reshape(x.shape)
    return h * weight[:, None, None] + bias[:, None, None], (h, sigma, weight)
# %% group_norm_backward
def group_norm_backward(dout, cache):
    h, sigma, weight = cache
    g = dout * weight[:, None, None]
    dx = standardize_back(g.reshape(len(sigma), -1), h.reshape(len(sigma), -1), sigma)
    return dx.reshape(dout.shape), (dout * h).sum((0, 2, 3)), dout.sum((0, 2, 3))
# %% instance_norm_forward
def instance_norm_forward(x, weight, bias, eps=1e-5):
    # a group for each channel
    return group_norm_forward(x, x.shape[1], weight, bias, eps)
# %% instance_norm_backward
def instance_norm_backward(dout, cache):
    return group_norm_backward(dout, cache)
# %% rms_norm_forward
def rms_norm_forward(x, weight, eps=1e-5):
    r = (np.mean(np.square(x), axis=-1, keepdims=True) + eps) ** -0.5
    return x * r * weight, (x, r, weight)
# %% rms_norm_backward
def rms_norm_backward(dout, cache):
    x, r, weight = cache
    g = dout * weight
    dx = g * r - x * r ** 3 * np.mean(g * x, axis=-1, keepdims=True)
    dweight = (dout * x * r).reshape(-1, len(weight)).sum(axis=0)
    return dx, dweight
