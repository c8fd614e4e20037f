# %%
# Your functions of the earlier chapters, brought here by bring(). Change them in their own notebooks.


def linear_forward(x, weight, bias):
    flat = x.reshape(len(x), -1)
    return flat @ weight + bias, (x.shape, flat, weight)


def linear_backward(dout, cache):
    shape, flat, weight = cache
    return (dout @ weight.T).reshape(shape), flat.T @ dout, dout.sum(axis=0)


def relu_forward(x):
    return np.maximum(x, 0), x > 0


def relu_backward(dout, cache):
    return dout * cache


def softmax_cross_entropy(logits, labels):
    rows = np.arange(len(labels))
    logs = logits - logits.max(axis=1, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
    dlogits = np.exp(logs)
    dlogits[rows, labels] -= 1
    return float(-logs[rows, labels].mean()), dlogits / len(labels)


def conv2d_im2col_forward(x, weight, bias, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))
    out = np.tensordot(seen, weight, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
    return out + bias[:, None, None], (padded.shape, seen, weight, padding)


def conv2d_im2col_backward(dout, cache):
    shape, seen, weight, padding = cache
    height, width = dout.shape[2:]
    dpadded = np.zeros(shape, dout.dtype)
    for i, j in np.ndindex(weight.shape[2:]):
        part = np.tensordot(dout, weight[:, :, i, j], axes=(1, 0)).transpose(0, 3, 1, 2)
        dpadded[:, :, i : i + height, j : j + width] += part
    dx = dpadded[:, :, padding : shape[2] - padding, padding : shape[3] - padding]
    return dx, np.tensordot(dout, seen, axes=((0, 2, 3), (0, 2, 3))), dout.sum(axis=(0, 2, 3))


def max_pool2d_forward(x, kernel_size=2):
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
    return blocks.max(axis=-1), (x.shape, blocks.argmax(axis=-1))


def max_pool2d_backward(dout, cache):
    (n, c, h, w), first = cache
    blocks = np.where(np.arange(4) == first[..., None], dout[..., None], 0)
    return blocks.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h, w)


def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, shape = (0, 2, 3), (1, -1, 1, 1)
    if training:
        count = x.size // x.shape[1]
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * count / (count - 1)
    else:
        mean, var = running_mean, running_var
    scale = 1 / np.sqrt(var + eps)
    xhat = (x - mean.reshape(shape)) * scale.reshape(shape)
    return xhat * weight.reshape(shape) + bias.reshape(shape), (xhat, weight, scale), running_mean, running_var


def batch_norm_backward(dout, cache):
    xhat, weight, scale = cache
    axes, shape = (0, 2, 3), (1, -1, 1, 1)
    dweight, dbias = (dout * xhat).sum(axis=axes), dout.sum(axis=axes)
    count = dout.size // dout.shape[1]
    dx = dout - (dbias.reshape(shape) + xhat * dweight.reshape(shape)) / count
    return dx * (weight * scale).reshape(shape), dweight, dbias


def dropout_forward(x, p, training, rng):
    mask = (rng.random(x.shape) >= p) / (1 - p) if training else 1.0
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache


def embedding_forward(tokens, weight):
    return weight[tokens], (tokens, weight.shape)


def embedding_backward(dout, cache):
    tokens, shape = cache
    dweight = np.zeros(shape, dout.dtype)
    np.add.at(dweight, tokens, dout)
    return dweight


def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def lstm_cell_forward(x, h, c, weight_ih, weight_hh, bias):
    i, f, g, o = np.split(x @ weight_ih + h @ weight_hh + bias, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c_next = f * c + i * g
    t = np.tanh(c_next)
    return o * t, c_next, (x, h, c, weight_ih, weight_hh, i, f, g, o, t)


def lstm_cell_backward(dh_next, dc_next, cache):
    x, h, c, weight_ih, weight_hh, i, f, g, o, t = cache
    dc = dc_next + dh_next * o * (1 - t**2)
    da = [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2), dh_next * t * o * (1 - o)]
    da = np.concatenate(da, axis=1)
    return da @ weight_ih.T, da @ weight_hh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


def lstm_forward(x, h0, c0, weight_ih, weight_hh, bias):
    h, c, hs, caches = h0, c0, [], []
    for step in x:
        h, c, cache = lstm_cell_forward(step, h, c, weight_ih, weight_hh, bias)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs), caches


def lstm_backward(dhs, cache):
    dh = dc = np.zeros_like(dhs[0])
    dxs, sums = [], [0, 0, 0]
    for dh_t, step in zip(dhs[::-1], cache[::-1]):
        dx, dh, dc, *grads = lstm_cell_backward(dh_t + dh, dc, step)
        dxs.append(dx)
        sums = [s + grad for s, grad in zip(sums, grads)]
    return np.stack(dxs[::-1]), dh, dc, *sums

# %% sgd_step
def sgd_step(params, grads, velocity, learning_rate, momentum=0.0, weight_decay=0.0):
    if [p.shape for p in params] != [g.shape for g in grads]:
        raise ValueError(f"params {[p.shape for p in params]} and grads {[g.shape for g in grads]} do not fit")
    if velocity is None:
        velocity = [np.zeros_like(p) for p in params]
    velocity = [momentum * v + g + weight_decay * p for v, g, p in zip(velocity, grads, params)]
    return [p - learning_rate * v for p, v in zip(params, velocity)], velocity

# %% adam_step
def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    if [p.shape for p in params] != [g.shape for g in grads]:
        raise ValueError(f"params {[p.shape for p in params]} and grads {[g.shape for g in grads]} do not fit")
    t, ms, vs = state or (0, [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params])
    t += 1
    ms = [beta1 * m + (1 - beta1) * g for m, g in zip(ms, grads)]
    vs = [beta2 * v + (1 - beta2) * g**2 for v, g in zip(vs, grads)]
    new = [p - learning_rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps) for p, m, v in zip(params, ms, vs)]
    return new, (t, ms, vs)

# %% ConvNet
class ConvNet:
    def __init__(self, rng):
        self.w1 = rng.normal(0, np.sqrt(2 / 9), (16, 1, 3, 3))
        self.w2 = rng.normal(0, np.sqrt(2 / 144), (32, 16, 3, 3))
        self.w3 = rng.normal(0, 0.01, (512, 10))
        self.b1, self.b2, self.b3 = np.zeros(16), np.zeros(32), np.zeros(10)
        self.gamma1, self.beta1 = np.ones(16), np.zeros(16)
        self.gamma2, self.beta2 = np.ones(32), np.zeros(32)
        self.mean1, self.var1 = np.zeros(16), np.ones(16)
        self.mean2, self.var2 = np.zeros(32), np.ones(32)

    def parameters(self):
        first = [self.w1, self.b1, self.gamma1, self.beta1]
        return [*first, self.w2, self.b2, self.gamma2, self.beta2, self.w3, self.b3]

    def forward(self, images, training, rng):
        x, conv1 = conv2d_im2col_forward(images, self.w1, self.b1, padding=1)
        x, norm1, self.mean1, self.var1 = batch_norm_forward(
            x, self.gamma1, self.beta1, self.mean1, self.var1, training
        )
        x, relu1 = relu_forward(x)
        x, conv2 = conv2d_im2col_forward(x, self.w2, self.b2, padding=1)
        x, norm2, self.mean2, self.var2 = batch_norm_forward(
            x, self.gamma2, self.beta2, self.mean2, self.var2, training
        )
        x, relu2 = relu_forward(x)
        x, pool = max_pool2d_forward(x, 2)
        x, drop = dropout_forward(x, 0.2, training, rng)
        logits, line = linear_forward(x, self.w3, self.b3)
        self.caches = conv1, norm1, relu1, conv2, norm2, relu2, pool, drop, line
        return logits

    def loss_and_gradients(self, images, labels, rng):
        loss, dx = softmax_cross_entropy(self.forward(images, True, rng), labels)
        conv1, norm1, relu1, conv2, norm2, relu2, pool, drop, line = self.caches
        dx, dw3, db3 = linear_backward(dx, line)
        dx = max_pool2d_backward(dropout_backward(dx, drop), pool)
        dx, dgamma2, dbeta2 = batch_norm_backward(relu_backward(dx, relu2), norm2)
        dx, dw2, db2 = conv2d_im2col_backward(dx, conv2)
        dx, dgamma1, dbeta1 = batch_norm_backward(relu_backward(dx, relu1), norm1)
        _, dw1, db1 = conv2d_im2col_backward(dx, conv1)
        return loss, [dw1, db1, dgamma1, dbeta1, dw2, db2, dgamma2, dbeta2, dw3, db3]

# %% CharLSTM
class CharLSTM:
    units, features = 128, 24

    def __init__(self, vocabulary_size, rng):
        a = 1 / np.sqrt(self.units)
        self.table = rng.normal(size=(vocabulary_size, self.features))
        self.w = rng.uniform(-a, a, (self.features, 4 * self.units))
        self.u = rng.uniform(-a, a, (self.units, 4 * self.units))
        self.b = np.repeat([0.0, 1.0, 0.0, 0.0], self.units)
        self.v = rng.normal(0, 0.01, (self.units, vocabulary_size))
        self.a = np.zeros(vocabulary_size)

    def parameters(self):
        return [self.table, self.w, self.u, self.b, self.v, self.a]

    def logits(self, tokens):
        x, embedded = embedding_forward(tokens, self.table)
        zeros = np.zeros((tokens.shape[1], self.units))
        hs, lstm = lstm_forward(x, zeros, zeros, self.w, self.u, self.b)
        logits, line = linear_forward(hs.reshape(-1, self.units), self.v, self.a)
        self.caches = embedded, lstm, line
        logits = logits - logits.max(axis=1, keepdims=True)
        return logits.reshape(*tokens.shape, -1)

    def forward(self, tokens):
        logits = self.logits(tokens)
        return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))

    def loss_and_gradients(self, tokens):
        logits, targets = self.logits(tokens[:-1]), tokens[1:]
        loss, dlogits = softmax_cross_entropy(logits.reshape(targets.size, -1), targets.ravel())
        embedded, lstm, line = self.caches
        dhs, dv, da = linear_backward(dlogits, line)
        dx, _, _, dw, du, db = lstm_backward(dhs.reshape(*targets.shape, -1), lstm)
        return loss, [embedding_backward(dx, embedded), dw, du, db, dv, da]

    def sample(self, length, rng):
        h = c = np.zeros((1, self.units))
        tokens = []
        for _ in range(length):
            logits = (h @ self.v + self.a)[0]
            p = np.exp(logits - logits.max())
            p = p / p.sum()
            tokens.append(int(rng.choice(len(p), p=p)))
            h, c, _ = lstm_cell_forward(self.table[tokens[-1:]], h, c, self.w, self.u, self.b)
        return np.array(tokens)
