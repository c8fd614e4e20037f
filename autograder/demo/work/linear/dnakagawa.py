# %% [markdown]
# ## My notes
# - out is (N, M): one row per example, one column per output
# - every gradient has the shape of the thing it belongs to!!
# %% linear_forward
def linear_forward(x, weight, bias):
    """
    Forward pass of the fully connected layer.

    x      : (N, d1, ..., dk)
    weight : (D, M)
    bias   : (M,)
    """
    # Step 1: remember the number of examples, because we need it for the reshape.
    number_of_examples = x.shape[0]
    # Step 2: flatten everything except the batch axis. -1 means "whatever is left".
    x_flat = x.reshape(number_of_examples, -1)   # (N, D)
    # Step 3: the matrix product. (N, D) @ (D, M) -> (N, M)
    product = np.matmul(x_flat, weight)
    # Step 4: add the bias. NumPy broadcasts (M,) to (N, M).
    out = np.add(product, bias)
    # Step 5: save what backward needs. x (for its shape and for dweight), weight (for dx).
    cache = (x, weight)
    return out, cache
# %%
# trying it out with tiny numbers
a = np.arange(6.0).reshape(2, 3)
w = np.eye(3)[:, :2]
linear_forward(a, w, np.array([10.0, 20.0]))[0]
# %%
# and the shape for images: 2 pictures, 3 channels, 4 x 5 pixels, 7 outputs
pictures = np.ones((2, 3, 4, 5))
out, _ = linear_forward(pictures, np.ones((60, 7)), np.zeros(7))
print(out.shape)
assert out.shape == (2, 7)
# %% linear_backward
def linear_backward(dout, cache):
    """Backward pass, see my notes above for the shapes."""
    # Step 1: unpack.
    x, weight = cache
    N = x.shape[0]
    # Step 2: dx. Each x[n, d] reaches all M outputs through the row weight[d, :].
    dx_flat = np.dot(dout, np.transpose(weight))   # (N, M) @ (M, D) -> (N, D)
    dx = np.reshape(dx_flat, x.shape)              # back to the shape of x
    # Step 3: dweight. weight[d, m] is used by every example, so we sum over n.
    dweight = np.dot(np.transpose(x.reshape(N, -1)), dout)   # (D, N) @ (N, M) -> (D, M)
    # Step 4: dbias. The same bias is used by every example, so we sum over n again.
    dbias = np.sum(dout, axis=0)
    return dx, dweight, dbias
# %%
# gradient check by hand for one weight
rng0 = np.random.default_rng(1)
x0, w0, b0 = rng0.normal(size=(4, 3)), rng0.normal(size=(3, 2)), rng0.normal(size=2)
out0, cache0 = linear_forward(x0, w0, b0)
d = rng0.normal(size=out0.shape)
h = 1e-5
w1, w2 = w0.copy(), w0.copy()
w1[1, 0] += h
w2[1, 0] -= h
numeric = (linear_forward(x0, w1, b0)[0] * d - linear_forward(x0, w2, b0)[0] * d).sum() / (2 * h)
print(numeric, linear_backward(d, cache0)[1][1, 0])
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    # the limit from the paper
    limit = np.sqrt(6.0) / np.sqrt(fan_in + fan_out)
    # rng.random() is between 0 and 1, so stretch it to -limit ... limit
    weight = rng.random((fan_in, fan_out)) * 2.0 * limit - limit
    return weight
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    # variance 2 / fan_in, so the standard deviation is its root
    variance = 2.0 / fan_in
    standard_deviation = np.sqrt(variance)
    weight = standard_deviation * rng.standard_normal(size=(fan_in, fan_out))
    return weight
