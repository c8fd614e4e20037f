# %% batch_norm_forward
def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    """Batch norm. In training: statistics of the batch. In evaluation: the running ones."""
    # Step 1: over which axes? All except the channels (axis 1).
    if x.ndim == 2:
        axes, shape = (0,), (1, -1)
    else:
        axes, shape = (0, 2, 3), (1, -1, 1, 1)
    # Step 2: which mean and which variance?
    if training:
        m = x.size // x.shape[1]      # how many values each channel has
        if m == 1:
            raise ValueError(f"one value per channel is not enough, x is {x.shape}")
        mean = x.mean(axis=axes)
        var = x.var(axis=axes)        # the biased one, divides by m
        # Step 3: remember. The unbiased one goes here! (divides by m - 1)
        running_mean *= 1 - momentum
        running_mean += momentum * mean
        running_var *= 1 - momentum
        running_var += momentum * var * m / (m - 1)
    else:
        mean = running_mean
        var = running_var
    # Step 4: normalize
    mean_column = mean.reshape(shape)
    std = np.sqrt(var + eps).reshape(shape)
    x_hat = (x - mean_column) / std
    # Step 5: scale and shift
    out = weight.reshape(shape) * x_hat + bias.reshape(shape)
    cache = (x, mean_column, std, weight.reshape(shape), axes, training)
    return out, cache, running_mean, running_var
# %% layer_norm_forward
def layer_norm_forward(x, weight, bias, eps=1e-5):
    """The same for each example by itself."""
    # the last axes, as many as weight has
    axes = tuple(range(x.ndim - weight.ndim, x.ndim))
    mean = x.mean(axis=axes, keepdims=True)
    std = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    x_hat = (x - mean) / std
    # weight fits at the end, no reshape needed
    out = weight * x_hat + bias
    return out, (x_hat, std, weight, axes)
# %% rms_norm_forward
def rms_norm_forward(x, weight, eps=1e-5):
    """No mean here, so no centring."""
    mean_square = (x**2).mean(axis=-1, keepdims=True)
    rms = np.sqrt(mean_square + eps)
    return weight * x / rms, (x, rms, weight)
