# %% dropout_forward
def dropout_forward(x, p, training, rng):
    if not 0 <= p < 1:
        raise ValueError("p must be at least 0 and less than 1")
    if not training:
        return x, None
    np.random.seed(42)
    mask = (np.random.rand(*x.shape) >= p).astype(x.dtype) / (1 - p)
    return x * mask, mask
# %% dropout_backward
def dropout_backward(dout, cache):
    if cache is None:
        return dout
    return dout * (cache != 0)
