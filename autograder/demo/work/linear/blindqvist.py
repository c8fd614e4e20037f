# %% linear_forward
def linear_forward(x, weight, bias):
    # I trust loops more than matrix products
    N = x.shape[0]
    D, M = weight.shape
    rows = x.reshape(N, D)
    out = np.empty((N, M), dtype=x.dtype)
    for n in range(N):
        for m in range(M):
            total = bias[m]
            for d in range(D):
                total = total + rows[n, d] * weight[d, m]
            out[n, m] = total
    return out, (x, weight)
# %% linear_backward
def linear_backward(dout, cache):
    x, weight = cache
    N, (D, M) = x.shape[0], weight.shape
    rows = x.reshape(N, D)
    dx = np.zeros_like(rows)
    dweight = np.zeros_like(weight)
    dbias = np.zeros(M, dtype=weight.dtype)
    for n in range(N):
        for m in range(M):
            dbias[m] += dout[n, m]
            for d in range(D):
                dx[n, d] += dout[n, m] * weight[d, m]
                dweight[d, m] += dout[n, m] * rows[n, d]
    return dx.reshape(x.shape), dweight, dbias
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    limit = (6 / (fan_in + fan_out)) ** 0.5
    weight = np.zeros((fan_in, fan_out))
    for i in range(fan_in):
        for j in range(fan_out):
            weight[i, j] = limit * (2 * rng.random() - 1)
    return weight
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    std = (2 / fan_in) ** 0.5
    weight = np.zeros((fan_in, fan_out))
    for i in range(fan_in):
        for j in range(fan_out):
            weight[i, j] = rng.normal(0, std)
    return weight
