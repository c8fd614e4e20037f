# %% relu_forward
def relu_forward(x):
    return np.maximum(x, 0), x
# %% relu_backward
def relu_backward(dout, cache):
    return dout * (dout > 0)
# %%
# the exam was in the same week, sorry
