# %% dropout_forward
def dropout_forward(x, p, training, rng):
    # p: probability of keeping a neuron
    if p < 0 or p >= 1:
        raise ValueError("bad p")
    if training and p > 0:
        mask = ((rng.random(x.shape) < p) / p).astype(x.dtype)
        return x * mask, mask
    return x, np.ones_like(x)
# %% dropout_backward
def dropout_backward(dout, cache):
    return dout * cache
# %% dropout2d_forward
def dropout2d_forward(x, p, training, rng):
    if p < 0 or p >= 1:
        raise ValueError("bad p")
    if training and p > 0:
        mask = ((rng.random((x.shape[0], x.shape[1], 1, 1)) < p) / p).astype(x.dtype)
        return x * mask, mask
    return x, np.ones_like(x)
# %% dropout2d_backward
def dropout2d_backward(dout, cache):
    return dout * cache
# %% max_norm
def max_norm(weight, max_value):
    norms = np.linalg.norm(weight, axis=1, keepdims=True)
    return weight * np.minimum(1, max_value / np.maximum(norms, 1e-300)).astype(weight.dtype)
