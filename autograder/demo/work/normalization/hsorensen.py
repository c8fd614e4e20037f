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
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var * m / (m - 1)
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
# %% batch_norm_backward
def batch_norm_backward(dout, cache):
    """Going back through the seven steps of the table, from the bottom to the top."""
    x, mean, std, weight, axes, training = cache
    m = x.size // x.shape[1]
    centred = x - mean
    # out = weight * x_hat + bias                      (step 7)
    dbias = dout.sum(axis=axes)
    dweight = (dout * centred / std).sum(axis=axes)
    dx_hat = dout * weight
    # x_hat = centred * inverse                        (step 6)
    dcentred = dx_hat / std
    if not training:
        return dcentred, dweight, dbias                # the statistics are constants
    dinverse = (dx_hat * centred).sum(axis=axes, keepdims=True)
    # inverse = (var + eps) ** (-1/2)                  (step 5)
    dvar = dinverse * -0.5 / std**3
    # var = mean of the squares                        (steps 4 and 3)
    dcentred = dcentred + dvar * 2 * centred / m
    # centred = x - mean                               (steps 2 and 1)
    dmean = -dcentred.sum(axis=axes, keepdims=True)
    dx = dcentred + dmean / m
    return dx, dweight, dbias
# %% layer_norm_forward
def layer_norm_forward(x, weight, bias, eps=1e-5):
    mean = x.mean(axis=0, keepdims=True)
    std = np.sqrt(x.var(axis=0, keepdims=True) + eps)
    x_hat = (x - mean) / std
    return weight * x_hat + bias, (x_hat, std, weight)
# %% layer_norm_backward
def layer_norm_backward(dout, cache):
    # right for the forward above: its statistics run over axis 0
    x_hat, std, weight = cache
    g = dout * weight
    dx = (g - g.mean(axis=0, keepdims=True) - x_hat * (g * x_hat).mean(axis=0, keepdims=True)) / std
    others = tuple(range(dout.ndim - weight.ndim))
    return dx, (dout * x_hat).sum(axis=others), dout.sum(axis=others)
# %% group_norm_forward
def group_norm_forward(x, num_groups, weight, bias, eps=1e-5):
    """The channels in groups."""
    N, C, H, W = x.shape
    # the groups must all have the same number of channels
    if C % num_groups != 0:
        raise ValueError(f"{C} channels can not be divided into {num_groups} groups")
    # an axis for the groups
    groups = x.reshape(N, C // num_groups, num_groups, H, W)
    mean = groups.mean(axis=(1, 3, 4), keepdims=True)
    std = np.sqrt(groups.var(axis=(1, 3, 4), keepdims=True) + eps)
    x_hat = (groups - mean) / std
    # back to channels, because weight and bias belong to channels
    out = x_hat.reshape(N, C, H, W) * weight.reshape(1, C, 1, 1) + bias.reshape(1, C, 1, 1)
    return out, (x_hat, std, weight)
# %% rms_norm_forward
def rms_norm_forward(x, weight, eps=1e-5):
    """No mean here, so no centring."""
    mean_square = np.sum(x**2, axis=-1, keepdims=True)
    rms = np.sqrt(mean_square + eps)
    return weight * x / rms, (x, rms, weight)
