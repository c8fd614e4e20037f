# %% relu_forward
def relu_forward(x):
    return np.maximum(x, 0), x
# %% relu_backward
def relu_backward(dout, cache):
    return dout * (cache > 0)
# %%
# this cell never ends: I wanted to try all labels until the loss is small
loss = 1.0
while loss > 0.001:
    loss = np.abs(np.random.randn(1000)).mean()
# %% tanh_forward
def tanh_forward(x):
    out = np.tanh(x)
    return out, out
