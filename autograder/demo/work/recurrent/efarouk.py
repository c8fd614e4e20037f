# %%
class Step:
    """One step, with all that its way back needs."""

    def __init__(self, x, h, weight_ih, weight_hh, bias):
        self.x, self.h, self.weight_ih, self.weight_hh = x, h, weight_ih, weight_hh
        self.h_next = np.tanh(x @ weight_ih + h @ weight_hh + bias)

    def back(self, dh_next):
        da = (1 - self.h_next * self.h_next) * dh_next
        return da @ self.weight_ih.T, da @ self.weight_hh.T, self.x.T @ da, self.h.T @ da, np.sum(da, axis=0)
# %% rnn_cell_forward
def rnn_cell_forward(x, h, weight_ih, weight_hh, bias):
    step = Step(x, h, weight_ih, weight_hh, bias)
    return step.h_next, step
# %% rnn_cell_backward
def rnn_cell_backward(dh_next, cache):
    return cache.back(dh_next)
# %% rnn_forward
def rnn_forward(x, h0, weight_ih, weight_hh, bias):
    steps = []
    for x_t in x:
        steps.append(Step(x_t, steps[-1].h_next if steps else h0, weight_ih, weight_hh, bias))
    return np.array([step.h_next for step in steps]), steps
# %% rnn_backward
def rnn_backward(dhs, cache):
    dh = np.zeros_like(dhs[0])
    gradients = []
    for t in reversed(range(len(cache))):
        gradients.append(cache[t].back(dhs[t] + dh))
        dh = gradients[-1][1]
    dx, _, dweight_ih, dweight_hh, dbias = zip(*reversed(gradients))
    return np.array(dx), dh, sum(dweight_ih), sum(dweight_hh), sum(dbias)
# %% embedding_forward
def embedding_forward(tokens, weight):
    if tokens.min() < 0 or tokens.max() >= len(weight):
        raise ValueError("a token without a row")
    one_hot = np.eye(len(weight), dtype=weight.dtype)[tokens]
    return one_hot @ weight, one_hot
# %% embedding_backward
def embedding_backward(dout, one_hot):
    return one_hot.reshape(-1, one_hot.shape[-1]).T @ dout.reshape(-1, dout.shape[-1])
# %% clip_grad_norm
def clip_grad_norm(grads, max_norm):
    if not max_norm > 0:
        raise ValueError("max_norm must be positive")
    norm = float(np.linalg.norm(np.concatenate([grad.ravel() for grad in grads])))
    scale = max_norm / norm if norm > max_norm else 1.0
    return [scale * grad for grad in grads]
