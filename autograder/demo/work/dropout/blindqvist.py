# %%
def factor(p, training, rng):
    if not training:
        return 1.0
    if rng.uniform() < p:
        return 0.0
    return 1.0 / (1.0 - p)
# %% dropout_forward
def dropout_forward(x, p, training, rng):
    if p < 0 or p >= 1:
        raise ValueError("p is a probability below 1")
    factors = []
    out = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        f = factor(p, training, rng)
        factors.append(f)
        out[index] = f * x[index]
    return out, factors
# %% dropout_backward
def dropout_backward(dout, cache):
    dx = np.zeros_like(dout)
    i = 0
    for index in np.ndindex(*dout.shape):
        dx[index] = dout[index] * cache[i]
        i = i + 1
    return dx
# %% dropout2d_forward
def dropout2d_forward(x, p, training, rng):
    if p < 0 or p >= 1:
        raise ValueError("p is a probability below 1")
    factors = {}
    out = np.zeros_like(x)
    for n in range(len(x)):
        for c in range(len(x[n])):
            factors[n, c] = factor(p, training, rng)
            out[n, c] = factors[n, c] * x[n, c]
    return out, factors
# %% dropout2d_backward
def dropout2d_backward(dout, cache):
    dx = np.zeros_like(dout)
    for (n, c), f in cache.items():
        dx[n, c] = dout[n, c] * f
    return dx
# %% max_norm
def max_norm(weight, max_value):
    result = weight.copy()
    for m in range(weight.shape[1]):
        total = 0.0
        for d in range(weight.shape[0]):
            total += float(weight[d, m]) ** 2
        norm = total ** 0.5
        if norm > max_value:
            result[:, m] = weight[:, m] * (max_value / norm)
    return result
