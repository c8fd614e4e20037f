# %% dropout_forward
def dropout_forward(x, p, training, rng):
    if not 0 <= p < 1:
        raise ValueError(f"p must be in [0, 1), got {p}")
    if not training:
        return x, 1.0
    mask = (rng.random(x.shape) >= p).astype(x.dtype) / (1 - p)
    return x * mask, mask
# %% dropout_backward
def dropout_backward(dout, mask):
    return dout * mask
# %% dropout2d_forward
def dropout2d_forward(x, p, training, rng):
    if not 0 <= p < 1:
        raise ValueError(f"p must be in [0, 1), got {p}")
    if not training:
        return x, 1.0
    mask = (rng.random(x.shape[:2]) >= p).astype(x.dtype)[:, :, None, None] / (1 - p)
    return x * mask, mask
# %% dropout2d_backward
def dropout2d_backward(dout, mask):
    return dout * mask
# %% max_norm
def max_norm(weight, max_value):
    norms = np.linalg.norm(weight, axis=0)
    return weight * (max_value / np.maximum(norms, max_value))
