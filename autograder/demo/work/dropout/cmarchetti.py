# %% dropout_forward
def dropout_forward(x, p, training, rng):
    if not (0 <= p < 1):
        raise ValueError(p)
    mask = rng.binomial(1, 1 - p, x.shape) / (1 - p) if training else np.ones(x.shape)
    mask = mask.astype(x.dtype)
    return mask * x, (mask,)
# %% dropout_backward
def dropout_backward(dout, cache):
    mask, = cache
    return mask * dout
# %% dropout2d_forward
def dropout2d_forward(x, p, training, rng):
    if not (0 <= p < 1):
        raise ValueError(p)
    mask = rng.binomial(1, 1 - p, x.shape[:2]) / (1 - p) if training else np.ones(x.shape[:2])
    mask = mask.astype(x.dtype)
    return np.einsum("nchw,nc->nchw", x, mask), (mask,)
# %% dropout2d_backward
def dropout2d_backward(dout, cache):
    mask, = cache
    return np.einsum("nchw,nc->nchw", dout, mask)
# %% max_norm
def max_norm(weight, max_value):
    norms = np.sqrt(np.einsum("dm,dm->m", weight, weight))
    return np.where(norms > max_value, weight * (max_value / np.where(norms > 0, norms, 1)), weight).astype(weight.dtype)
