# %% dropout_forward
def dropout_forward(x, p, training, rng):
    if not 0 <= p < 1:
        raise ValueError(f"p = {p}")
    mask = (rng.random(x.shape) >= p).astype(x.dtype) / (1 - p)
    out = x * mask if training else x
    return out, (p, training, rng)
# %% dropout_backward
def dropout_backward(dout, cache):
    p, training, rng = cache
    mask = (rng.random(dout.shape) >= p).astype(dout.dtype) / (1 - p)
    return dout * mask if training else dout
# %% dropout2d_forward
def dropout2d_forward(x, p, training, rng):
    if not 0 <= p < 1:
        raise ValueError(f"p = {p}")
    if not training:
        return x, None
    mask = (rng.random((1, x.shape[1], 1, 1)) >= p).astype(x.dtype) / (1 - p)
    return x * mask, mask
# %% dropout2d_backward
def dropout2d_backward(dout, cache):
    return dout if cache is None else dout * cache
# %% max_norm
def max_norm(weight, max_value):
    norms = np.sqrt((weight ** 2).sum(axis=0))
    return weight / norms * np.minimum(norms, max_value)
