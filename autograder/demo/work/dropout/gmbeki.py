# %% dropout_forward
def dropout_forward(x, p, training, rng):
    if not 0 <= p < 1:
        raise ValueError("p")
    if training:
        mask = rng.random(x.shape) > p
        return x * mask, (mask, p, True)
    return x * (1 - p), (None, p, False)
# %% dropout_backward
def dropout_backward(dout, cache):
    mask, p, training = cache
    return dout * mask if training else dout * (1 - p)
# %% dropout2d_forward
def dropout2d_forward(x, p, training, rng):
    if not 0 <= p < 1:
        raise ValueError("p")
    if not training:
        return x, None
    mask = (rng.random(x.shape) >= p).astype(x.dtype) / (1 - p)
    return x * mask, mask
# %% dropout2d_backward
def dropout2d_backward(dout, cache):
    return dout if cache is None else dout * cache
# %% max_norm
def max_norm(weight, max_value):
    norm = np.linalg.norm(weight)
    return weight * (max_value / norm) if norm > max_value else weight.copy()
