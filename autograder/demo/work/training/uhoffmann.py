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


FROM_REFERENCE = ('embedding_forward', 'embedding_backward', 'lstm_cell_forward', 'lstm_cell_backward', 'lstm_forward', 'lstm_backward')


def _reference_recurrent():
    import numpy as np

    def require_shape(name, array, shape):
        if array.shape != shape:
            raise ValueError(f'{name} must have shape {shape}, not {array.shape}')

    def embedding_forward(tokens, weight):
        _require_tokens(tokens, weight)
        return (weight[tokens], (tokens, weight))

    def embedding_backward(dout, cache):
        tokens, weight = cache
        require_shape('dout', dout, (*tokens.shape, weight.shape[1]))
        dweight = np.zeros(weight.shape, dout.dtype)
        np.add.at(dweight, tokens, dout)
        return dweight

    def _require_tokens(tokens, weight):
        if tokens.dtype.kind not in 'iu':
            raise ValueError(f'tokens must be integers, not {tokens.dtype}')
        outside = tokens[(tokens < 0) | (tokens >= len(weight))]
        if outside.size:
            raise ValueError(f'token {outside.flat[0]} has no row in weight, which has {len(weight)} rows')
    return (embedding_forward, embedding_backward)
embedding_forward, embedding_backward = _reference_recurrent()


def _reference_lstm():
    import numpy as np

    def require_sequence(x):
        if x.ndim != 3:
            raise ValueError(f'x must have shape (T, N, D), time first, not {x.shape}')

    def require_step(x, h):
        if len(x) != 2 or len(h) != 2 or x[0] != h[0]:
            raise ValueError(f'a step takes an input of shape (N, D) and a state of shape (N, H), not {x} and {h}')

    def require_shape(name, array, shape):
        if array.shape != shape:
            raise ValueError(f'{name} must have shape {shape}, not {array.shape}')

    def lstm_cell_forward(x, h, c, weight_ih, weight_hh, bias):
        require_step(x.shape, h.shape)
        _require_lstm(x, h, c, weight_ih, weight_hh, bias)
        gates = _lstm_gates(x @ weight_ih + h @ weight_hh + bias)
        h_next, c_next, tanh_c = _lstm_step(gates, c)
        return (h_next, c_next, (x, h, c, weight_ih, weight_hh, gates, tanh_c))

    def lstm_cell_backward(dh_next, dc_next, cache):
        x, h, c, weight_ih, weight_hh, gates, tanh_c = cache
        require_shape('dh_next', dh_next, h.shape)
        require_shape('dc_next', dc_next, c.shape)
        da, dc = _lstm_step_backward(dh_next, dc_next, gates, c, tanh_c)
        return (da @ weight_ih.T, da @ weight_hh.T, dc, x.T @ da, h.T @ da, da.sum(axis=0))

    def lstm_forward(x, h0, c0, weight_ih, weight_hh, bias):
        require_sequence(x)
        require_step(x.shape[1:], h0.shape)
        _require_lstm(x, h0, c0, weight_ih, weight_hh, bias)
        a = x @ weight_ih + bias
        hs = np.empty((len(x), *h0.shape), np.result_type(a, h0, c0, weight_hh))
        cs, tanh_cs = (np.empty_like(hs), np.empty_like(hs))
        gates = np.empty(a.shape, hs.dtype)
        h, c = (h0, c0)
        for t in range(len(x)):
            gates[t] = _lstm_gates(a[t] + h @ weight_hh)
            h, c, tanh_cs[t] = _lstm_step(gates[t], c)
            hs[t], cs[t] = (h, c)
        states = (np.concatenate([h0[None], hs]), np.concatenate([c0[None], cs]))
        return (hs, (x, *states, weight_ih, weight_hh, gates, tanh_cs))

    def lstm_backward(dhs, cache):
        x, hs, cs, weight_ih, weight_hh, gates, tanh_cs = cache
        require_shape('dhs', dhs, hs[1:].shape)
        da = np.empty_like(gates)
        _, examples, units = dhs.shape
        dh = np.zeros((examples, units), dhs.dtype)
        dc = np.zeros_like(dh)
        for t in reversed(range(len(x))):
            da[t], dc = _lstm_step_backward(dhs[t] + dh, dc, gates[t], cs[t], tanh_cs[t])
            dh = da[t] @ weight_hh.T
        return (da @ weight_ih.T, dh, dc, _product(x, da), _product(hs[:-1], da), da.sum(axis=(0, 1)))

    def _lstm_gates(a):
        halves = np.full(a.shape[1], 0.5, a.real.dtype)
        units = len(halves) // 4
        halves[2 * units:3 * units] = 1
        gates: np.ndarray = np.tanh(a * halves) * halves + (1 - halves)
        return gates

    def _lstm_step(gates, c):
        i, f, g, o = np.split(gates, 4, axis=1)
        c_next = i * g + f * c
        tanh_c = np.tanh(c_next)
        return (o * tanh_c, c_next, tanh_c)

    def _lstm_step_backward(dh_next, dc_next, gates, c, tanh_c):
        i, f, g, o = np.split(gates, 4, axis=1)
        dc_next = dc_next + dh_next * o * (1 - tanh_c * tanh_c)
        da_i = dc_next * g * i * (1 - i)
        da_f = dc_next * c * f * (1 - f)
        da_g = dc_next * i * (1 - g * g)
        da_o = dh_next * tanh_c * o * (1 - o)
        return (np.concatenate([da_i, da_f, da_g, da_o], axis=1), dc_next * f)

    def _product(rows, columns):
        product: np.ndarray = np.tensordot(rows, columns, axes=((0, 1), (0, 1)))
        return product

    def _require_lstm(x, h, c, weight_ih, weight_hh, bias):
        inputs, units = (x.shape[-1], h.shape[-1])
        require_shape('c', c, h.shape)
        require_shape('weight_ih', weight_ih, (inputs, 4 * units))
        require_shape('weight_hh', weight_hh, (units, 4 * units))
        require_shape('bias', bias, (4 * units,))
    return (lstm_cell_forward, lstm_cell_backward, lstm_forward, lstm_backward)
lstm_cell_forward, lstm_cell_backward, lstm_forward, lstm_backward = _reference_lstm()

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
        self.w1 = rng.normal(0, np.sqrt(2 / 9), (12, 1, 3, 3))
        self.w2 = rng.normal(0, np.sqrt(2 / 108), (24, 12, 3, 3))
        self.w3 = rng.normal(0, 0.01, (384, 10))
        self.b1, self.b2, self.b3 = np.zeros(12), np.zeros(24), np.zeros(10)
        self.gamma1, self.beta1 = np.ones(12), np.zeros(12)
        self.gamma2, self.beta2 = np.ones(24), np.zeros(24)
        self.mean1, self.var1 = np.zeros(12), np.ones(12)
        self.mean2, self.var2 = np.zeros(24), np.ones(24)

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
    units, features = 100, 24

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
