# %%
class Saved:
    """What a forward keeps for its backward."""

    def __init__(self, **values):
        self.__dict__.update(values)
# %% relu_forward
def relu_forward(x):
    return x.clip(min=0), Saved(open=x > 0)
# %% relu_backward
def relu_backward(dout, cache):
    return dout * cache.open
# %% sigmoid_forward
def sigmoid_forward(x):
    out = np.exp(-np.logaddexp(0, -x))
    return out, Saved(out=out)
# %% sigmoid_backward
def sigmoid_backward(dout, cache):
    return dout * cache.out * (1 - cache.out)
# %% tanh_forward
def tanh_forward(x):
    out = np.tanh(x)
    return out, Saved(slope=1 - out * out)
# %% tanh_backward
def tanh_backward(dout, cache):
    return dout * cache.slope
# %%
def log_softmax(logits):
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
# %% softmax_cross_entropy
def softmax_cross_entropy(logits, labels):
    logp = log_softmax(logits)
    own = np.take_along_axis(logp, labels[:, None], axis=1)
    target = (np.arange(logits.shape[1]) == labels[:, None]).astype(logits.dtype)
    return float(-own.mean()), (np.exp(logp) - target) / len(logits)
