# %% relu_forward
def relu_forward(x):
    """ReLU: negative numbers become zero, positive numbers stay what they are."""
    # Step 1: make a copy! (if I write into x itself the caller loses their numbers)
    out = x.copy()
    # Step 2: everything below zero becomes zero.
    out[out < 0] = 0
    # Step 3: backward needs to know where x was positive.
    cache = x
    return out, cache
# %%
# quick test
relu_forward(np.array([-2.0, 0.0, 3.0]))[0]
# %% relu_backward
def relu_backward(dout, cache):
    x = cache
    # again a copy, the gradient belongs to somebody else
    dx = dout.copy()
    # slope is 0 on the left and at exactly 0 (by convention), 1 on the right
    dx[x <= 0] = 0
    return dx
# %% sigmoid_forward
def sigmoid_forward(x):
    # two cases, so that np.exp only ever sees negative numbers
    out = np.zeros_like(x)
    positive = x >= 0
    negative = ~positive
    out[positive] = 1.0 / (1.0 + np.exp(-x[positive]))
    exp_x = np.exp(x[negative])
    out[negative] = exp_x / (1.0 + exp_x)
    cache = out
    return out, cache
# %% sigmoid_backward
def sigmoid_backward(dout, cache):
    out = cache
    # sigmoid' = sigmoid * (1 - sigmoid)
    derivative = out * (1.0 - out)
    return dout * derivative
# %% tanh_forward
def tanh_forward(x):
    out = np.tanh(x)   # NumPy knows this one
    cache = out
    return out, cache
# %% tanh_backward
def tanh_backward(dout, cache):
    out = cache
    # tanh' = 1 - tanh ** 2
    derivative = 1.0 - np.square(out)
    return np.multiply(dout, derivative)
# %% softmax_cross_entropy
def softmax_cross_entropy(logits, labels):
    N = logits.shape[0]
    # Step 1: the largest logit of each row becomes 0, so exp cannot overflow.
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    # Step 2: log-probabilities. NOT np.log(probabilities), see the lecture!
    log_sum = np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    log_probabilities = shifted - log_sum
    # Step 3: pick the right class of each row, and average.
    picked = log_probabilities[np.arange(N), labels]
    loss = -np.mean(picked)
    # Step 4: gradient = (probabilities - one_hot) / N
    dlogits = np.exp(log_probabilities)
    dlogits[np.arange(N), labels] = dlogits[np.arange(N), labels] - 1.0
    dlogits = dlogits / N
    return float(loss), dlogits
