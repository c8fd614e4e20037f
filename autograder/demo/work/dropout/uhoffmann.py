# %% dropout_forward
def dropout_forward(x, p, training, rng):
    if training == False:
        return x, None
    mask = (rng.random(x.shape) >= p).astype(x.dtype) / (1 - p)
    return x * mask, mask
# %% dropout_backward
def dropout_backward(dout, cache):
    return dout * cache
# %% dropout2d_forward
def dropout2d_forward(x, p, training, rng):
    if training == False:
        return x, None
    mask = (rng.random(x.shape[:2]) >= p) / (1 - p)
    return x * mask, mask
# %% dropout2d_backward
def dropout2d_backward(dout, cache):
    return dout * cache
# %% max_norm
def max_norm(weight, max_value):
    norms = (weight ** 2).sum(axis=0)
    return weight * np.where(norms > max_value, max_value / np.maximum(norms, 1e-12), 1).astype(weight.dtype)
