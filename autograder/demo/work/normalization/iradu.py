# %% batch_norm_forward
def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    shape = (1, -1) + (1,) * (x.ndim - 2)
    m = x.size // x.shape[1]
    if training and m == 1:
        raise ValueError(f"cannot train on one value per channel: {x.shape}")
    mean = x.mean(axis=axes).reshape(shape)
    var = x.var(axis=axes).reshape(shape)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    out = weight.reshape(shape) * x_hat + bias.reshape(shape)
    if training:
        running_mean = (1 - momentum) * running_mean + momentum * mean.ravel()
        running_var = (1 - momentum) * running_var + momentum * var.ravel() * m / (m - 1)
    return out, (x_hat, std, weight.reshape(shape), axes), running_mean, running_var
# %% batch_norm_backward
def batch_norm_backward(dout, cache):
    x_hat, std, weight, axes = cache
    g = dout * weight
    dx = (g - g.mean(axis=axes, keepdims=True) - x_hat * (g * x_hat).mean(axis=axes, keepdims=True)) / std
    return dx, (dout * x_hat).sum(axis=axes), dout.sum(axis=axes)
# %% layer_norm_forward
def layer_norm_forward(x, weight, bias, eps=1e-5):
    """The same for each example by itself."""
    # the last axes, as many as weight has
    axes = tuple(range(x.ndim - weight.ndim, x.ndim))
    mean = x.mean(axis=axes, keepdims=True)
    std = np.sqrt(x.var(axis=axes, keepdims=True)) + eps
    x_hat = (x - mean) / std
    # weight fits at the end, no reshape needed
    out = weight * x_hat + bias
    return out, (x_hat, std, weight, axes)
# %% instance_norm_forward
def instance_norm_forward(x, weight, bias, eps=1e-5):
    """Each channel of each image."""
    mean = x.mean(axis=(2, 3), keepdims=True)
    std = np.sqrt(x.var(axis=(2, 3), keepdims=True, ddof=1) + eps)
    x_hat = (x - mean) / std
    out = x_hat * weight.reshape(1, -1, 1, 1) + bias.reshape(1, -1, 1, 1)
    return out, (x_hat, std, weight)
# %% instance_norm_backward
def instance_norm_backward(dout, cache):
    """The line that I know by heart now."""
    x_hat, std, weight = cache
    dx_hat = dout * weight.reshape(1, -1, 1, 1)
    mean_path = dx_hat.mean(axis=(2, 3), keepdims=True)
    variance_path = x_hat * (dx_hat * x_hat).mean(axis=(2, 3), keepdims=True)
    dx = (dx_hat - mean_path - variance_path) / std
    return dx, (dout * x_hat).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))
# %% rms_norm_forward
def rms_norm_forward(x, weight, eps=1e-5):
    """No mean here, so no centring."""
    x = x - x.mean(axis=-1, keepdims=True)
    mean_square = (x**2).mean(axis=-1, keepdims=True)
    rms = np.sqrt(mean_square + eps)
    return weight * x / rms, (x, rms, weight)
