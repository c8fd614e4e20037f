# %% linear_forward
def linear_forward(x, weight, bias):
    N = x.shape[0]
    X = x.reshape(N, -1)
    return X @ weight + bias, (X, weight)
# %% linear_backward
def linear_backward(dout, cache):
    X, W = cache
    dX = dout @ W.T
    dW = X.T @ dout
    db = dout.sum(axis=0)
    return dX, dW, db
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    r = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-r, r, (fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return 2 / fan_in * rng.standard_normal((fan_in, fan_out))
