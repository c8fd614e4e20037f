# %% batch_norm_forward
def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    # works for (N, C), images later
    if training:
        m = len(x)
        if m == 1:
            raise ValueError("one example only")
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * m / (m - 1)
    else:
        mean, var = running_mean, running_var
    x_hat = (x - mean) / np.sqrt(var + eps)
    return weight * x_hat + bias, (x_hat, var + eps, weight), running_mean, running_var
# %% layer_norm_forward
def layer_norm_forward(x, weight, bias, eps=1e-5):
    """The same for each example by itself."""
    # the last axes, as many as weight has
    axes = (-1,)
    mean = x.mean(axis=axes, keepdims=True)
    std = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    x_hat = (x - mean) / std
    # weight fits at the end, no reshape needed
    out = weight * x_hat + bias
    return out, (x_hat, std, weight, axes)
# %% layer_norm_backward
def layer_norm_backward(dout, cache):
    """dx: straight on, minus the path through the mean, minus the path through the variance."""
    x_hat, std, weight, axes = cache
    # weight has to go in first, it is different for each feature
    dx_hat = dout * weight
    mean_path = dx_hat.mean(axis=axes, keepdims=True)
    variance_path = x_hat * (dx_hat * x_hat).mean(axis=axes, keepdims=True)
    dx = (dx_hat - mean_path - variance_path) / std
    # all axes that weight does not have
    others = tuple(range(dout.ndim - weight.ndim))
    dweight = (dout * x_hat).sum(axis=others)
    dbias = dout.sum(axis=others)
    return dx, dweight, dbias
# %% rms_norm_forward
def rms_norm_forward(x, weight, eps=1e-5):
    """No mean here, so no centring."""
    mean_square = (x**2).mean(axis=-1, keepdims=True)
    rms = np.sqrt(mean_square + eps)
    return weight * x / rms, (x, rms, weight)
# %% rms_norm_backward
def rms_norm_backward(dout, cache):
    """Two paths: the numerator and the root."""
    x, rms, weight = cache
    D = x.shape[-1]
    dx_hat = dout * weight
    # 1/rms = (mean_square + eps) ** (-1/2)
    dmean_square = (dx_hat * x).sum(axis=-1, keepdims=True) * -0.5 / rms**3
    dx = dx_hat / rms + dmean_square * 2 * x / D
    dweight = (dout * x).sum(axis=tuple(range(x.ndim - 1)))
    return dx, dweight
