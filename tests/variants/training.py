"""Other right answers of the chapter `training`: steps by loops and in one vector, networks without any modules."""

from __future__ import annotations

import math

import numpy as np

from solutions.activations import relu_backward, relu_forward, softmax_cross_entropy
from solutions.convolution import conv2d_im2col_backward, conv2d_im2col_forward
from solutions.dropout import dropout_backward, dropout_forward
from solutions.linear import linear_backward, linear_forward
from solutions.lstm import gru_backward, gru_forward, lstm_backward, lstm_cell_forward, lstm_forward
from solutions.normalization import batch_norm_backward, batch_norm_forward
from solutions.pooling import avg_pool2d_backward, avg_pool2d_forward, max_pool2d_backward, max_pool2d_forward
from solutions.recurrent import embedding_backward, embedding_forward


def fits(params, grads):
    if [p.shape for p in params] != [g.shape for g in grads]:
        raise ValueError(f"{[p.shape for p in params]} and {[g.shape for g in grads]} do not fit")


# --- SGD -----------------------------------------------------------------------------------------------------------


def sgd_by_loops(params, grads, velocity, learning_rate, momentum=0.0, weight_decay=0.0):
    fits(params, grads)
    moved, after = [], []
    for number, param in enumerate(params):
        new, v = np.empty_like(param), np.empty_like(param)
        for index in np.ndindex(param.shape):
            before = 0.0 if velocity is None else velocity[number][index]
            v[index] = momentum * before + grads[number][index] + weight_decay * param[index]
            new[index] = param[index] - learning_rate * v[index]
        moved.append(new)
        after.append(v)
    return moved, after


def sgd_with_copies(params, grads, velocity, learning_rate, momentum=0.0, weight_decay=0.0):
    fits(params, grads)
    velocity = [v.copy() for v in velocity] if velocity else [np.zeros_like(p) for p in params]
    moved = [p.copy() for p in params]
    for p, g, v in zip(moved, grads, velocity, strict=True):
        v[...] = momentum * v + g + weight_decay * p
        p[...] -= learning_rate * v
    return moved, velocity


def sgd_with_tuples(params, grads, velocity, learning_rate, momentum=0.0, weight_decay=0.0):
    fits(params, grads)
    decayed = tuple(np.add(g, np.multiply(weight_decay, p)) for p, g in zip(params, grads, strict=True))
    after = decayed if velocity is None else tuple(d + momentum * v for d, v in zip(decayed, velocity, strict=True))
    return tuple(np.subtract(p, np.multiply(learning_rate, v)) for p, v in zip(params, after, strict=True)), after


# --- Adam ----------------------------------------------------------------------------------------------------------


def adam_by_one_rate(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    """Both corrections in the learning rate, and eps with that of v: algebraically the same."""
    fits(params, grads)
    state = state or {"t": 0, "m": [np.zeros_like(p) for p in params], "v": [np.zeros_like(p) for p in params]}
    t = state["t"] + 1
    root = math.sqrt(1 - beta2**t)
    m = [old + (1 - beta1) * (g - old) for old, g in zip(state["m"], grads, strict=True)]
    v = [old + (1 - beta2) * (g**2 - old) for old, g in zip(state["v"], grads, strict=True)]
    rate = learning_rate * root / (1 - beta1**t)
    moved = [p - rate * a / (np.sqrt(b) + eps * root) for p, a, b in zip(params, m, v, strict=True)]
    return moved, {"t": t, "m": m, "v": v}


def adam_by_history(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    """The means as weighted sums over all gradients that ever were."""
    fits(params, grads)
    history = [*(state or []), [g.copy() for g in grads]]
    t = len(history)

    def mean(beta, number, power):
        weights = [(1 - beta) * beta ** (t - 1 - step) for step in range(t)]
        return sum(w * each[number] ** power for w, each in zip(weights, history, strict=True)) / sum(weights)

    moved = []
    for number, param in enumerate(params):
        step = mean(beta1, number, 1) / (np.sqrt(mean(beta2, number, 2)) + eps)
        moved.append((param - learning_rate * step).astype(param.dtype))
    return moved, history


class Moments:
    def __init__(self, params):
        self.t, self.m, self.v = 0, [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params]


def adam_by_object(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    fits(params, grads)
    old, new = state or Moments(params), Moments(params)
    new.t = old.t + 1
    moved = []
    for number, (param, grad) in enumerate(zip(params, grads, strict=True)):
        new.m[number] = m = beta1 * old.m[number] + (1 - beta1) * grad
        new.v[number] = v = beta2 * old.v[number] + (1 - beta2) * np.square(grad)
        moved.append(param - learning_rate * (m / (1 - beta1**new.t)) / (np.sqrt(v / (1 - beta2**new.t)) + eps))
    return moved, new


# --- the convolutional network -------------------------------------------------------------------------------------


class PlainNet:
    """Functions alone, in the order in which they are called; the parameters in one list."""

    filters = (12, 24)
    dropped = 0.2

    def __init__(self, rng):
        first, second = self.filters
        he = np.sqrt(2 / 9)
        self.params = [
            he * rng.standard_normal((first, 1, 3, 3)),
            np.zeros(first),
            np.ones(first),
            np.zeros(first),
            np.sqrt(2 / (9 * first)) * rng.standard_normal((second, first, 3, 3)),
            np.zeros(second),
            np.ones(second),
            np.zeros(second),
            0.01 * rng.standard_normal((second * 16, 10)),
            np.zeros(10),
        ]
        self.running = [np.zeros(first), np.ones(first), np.zeros(second), np.ones(second)]

    def parameters(self):
        return self.params

    def forward(self, images, training, rng):
        w1, b1, g1, s1, w2, b2, g2, s2, w3, b3 = self.params
        x, self.conv1 = conv2d_im2col_forward(images, w1, b1, padding=1)
        x, self.norm1, *first = batch_norm_forward(x, g1, s1, *self.running[:2], training)
        x, self.relu1 = relu_forward(x)
        x, self.conv2 = conv2d_im2col_forward(x, w2, b2, padding=1)
        x, self.norm2, *second = batch_norm_forward(x, g2, s2, *self.running[2:], training)
        self.running = [*first, *second]
        x, self.relu2 = relu_forward(x)
        x, self.pool = self.pooled(x)
        x, self.drop = dropout_forward(x, self.dropped, training, rng)
        x, self.line = linear_forward(x, w3, b3)
        return x

    def pooled(self, x):
        return max_pool2d_forward(x, 2)

    def unpooled(self, dx):
        return max_pool2d_backward(dx, self.pool)

    def loss_and_gradients(self, images, labels, rng):
        loss, dx = softmax_cross_entropy(self.forward(images, True, rng), labels)
        dx, dw3, db3 = linear_backward(dx, self.line)
        dx = self.unpooled(dropout_backward(dx, self.drop))
        dx, dg2, ds2 = batch_norm_backward(relu_backward(dx, self.relu2), self.norm2)
        dx, dw2, db2 = conv2d_im2col_backward(dx, self.conv2)
        dx, dg1, ds1 = batch_norm_backward(relu_backward(dx, self.relu1), self.norm1)
        _, dw1, db1 = conv2d_im2col_backward(dx, self.conv1)
        return loss, [dw1, db1, dg1, ds1, dw2, db2, dg2, ds2, dw3, db3]


class AveragingNet(PlainNet):
    """The mean over each window, and more filters."""

    filters = (16, 32)

    def pooled(self, x):
        return avg_pool2d_forward(x, 2)

    def unpooled(self, dx):
        return avg_pool2d_backward(dx, self.pool)


class ReversedNet(PlainNet):
    """The list of parameters from the last layer to the first, as a tuple, and no bias where batch norm follows."""

    kept = (9, 8, 7, 6, 4, 3, 2, 0)

    def parameters(self):
        return tuple(self.params[place] for place in self.kept)

    def loss_and_gradients(self, images, labels, rng):
        loss, gradients = super().loss_and_gradients(images, labels, rng)
        return np.float64(loss), tuple(gradients[place] for place in self.kept)


# --- the language model --------------------------------------------------------------------------------------------


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


class PlainModel:
    """Functions alone; a character is a row of the identity, so that weight_ih itself is the embedding."""

    units = 96

    def __init__(self, vocabulary_size, rng):
        self.size = vocabulary_size
        scale = 1 / np.sqrt(self.units)
        self.w = rng.uniform(-0.5, 0.5, (vocabulary_size, 4 * self.units))
        self.u = rng.uniform(-scale, scale, (self.units, 4 * self.units))
        self.b = np.repeat([0.0, 1.0, 0.0, 0.0], self.units)
        self.v, self.a = 0.01 * rng.standard_normal((self.units, vocabulary_size)), np.zeros(vocabulary_size)

    def parameters(self):
        return [self.w, self.u, self.b, self.v, self.a]

    def read(self, tokens):
        zeros = np.zeros((tokens.shape[1], self.units))
        return lstm_forward(np.eye(self.size)[tokens], zeros, zeros, self.w, self.u, self.b)

    def forward(self, tokens):
        return log_softmax(self.read(tokens)[0] @ self.v + self.a)

    def loss_and_gradients(self, tokens):
        hs, cache = self.read(tokens[:-1])
        logs = log_softmax(hs @ self.v + self.a)
        own = np.eye(self.size)[tokens[1:]]
        count = tokens[1:].size
        dlogits = (np.exp(logs) - own) / count
        _, _, _, dw, du, db = lstm_backward(dlogits @ self.v.T, cache)
        dv = np.tensordot(hs, dlogits, ((0, 1), (0, 1)))
        return float(-np.sum(logs * own) / count), [dw, du, db, dv, dlogits.sum(axis=(0, 1))]

    def sample(self, length, rng):
        h = c = np.zeros((1, self.units))
        token, drawn = int(rng.integers(self.size)), []
        for _ in range(length):
            h, c, _ = lstm_cell_forward(np.eye(self.size)[[token]], h, c, self.w, self.u, self.b)
            logs = log_softmax(h @ self.v + self.a)[0]
            token = int(np.argmax(logs + rng.gumbel(size=self.size)))
            drawn.append(token)
        return np.array(drawn)


class StepModel(PlainModel):
    """What forward says is found step by step, cell by cell."""

    units = 80

    def forward(self, tokens):
        h = c = np.zeros((tokens.shape[1], self.units))
        logs = []
        for row in tokens:
            h, c, _ = lstm_cell_forward(np.eye(self.size)[row], h, c, self.w, self.u, self.b)
            logs.append(log_softmax(h @ self.v + self.a))
        return np.stack(logs)


class GruModel:
    """A GRU with an embedding in the place of the LSTM."""

    units, features = 96, 24

    def __init__(self, vocabulary_size, rng):
        scale = 1 / np.sqrt(self.units)
        shapes = [(self.features, 3 * self.units), (self.units, 3 * self.units), (3 * self.units,), (3 * self.units,)]
        self.table = rng.standard_normal((vocabulary_size, self.features))
        self.gru = [rng.uniform(-scale, scale, shape) for shape in shapes]
        self.out = [0.01 * rng.standard_normal((self.units, vocabulary_size)), np.zeros(vocabulary_size)]

    def parameters(self):
        return [self.table, *self.gru, *self.out]

    def read(self, tokens):
        x, embedded = embedding_forward(tokens, self.table)
        hs, cache = gru_forward(x, np.zeros((tokens.shape[1], self.units)), *self.gru)
        logits, line = linear_forward(hs.reshape(-1, self.units), *self.out)
        return logits.reshape(*tokens.shape, -1), (embedded, cache, line)

    def forward(self, tokens):
        return log_softmax(self.read(tokens)[0])

    def loss_and_gradients(self, tokens):
        logits, (embedded, cache, line) = self.read(tokens[:-1])
        loss, dlogits = softmax_cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[1:].reshape(-1))
        dhs, *dout = linear_backward(dlogits, line)
        dx, _, *dgru = gru_backward(dhs.reshape(*tokens[1:].shape, -1), cache)
        return loss, [embedding_backward(dx, embedded), *dgru, *dout]

    def sample(self, length, rng):
        tokens = rng.integers(0, len(self.table), 1)
        while len(tokens) < length:
            logs = self.forward(tokens[-20:, None])[-1, 0]
            tokens = np.append(tokens, rng.choice(len(logs), p=np.exp(logs) / np.exp(logs).sum()))
        return tokens


VARIANTS = {
    "sgd_step": {
        "loops": {"sgd_step": sgd_by_loops},
        "copies changed in place": {"sgd_step": sgd_with_copies},
        "tuples": {"sgd_step": sgd_with_tuples},
    },
    "adam_step": {
        "corrections in the rate": {"adam_step": adam_by_one_rate},
        "all gradients kept": {"adam_step": adam_by_history},
        "an object for the state": {"adam_step": adam_by_object},
    },
    "ConvNet": {
        "functions alone": {"ConvNet": PlainNet},
        "average pooling": {"ConvNet": AveragingNet},
        "parameters from the last to the first": {"ConvNet": ReversedNet},
    },
    "CharLSTM": {
        "functions alone": {"CharLSTM": PlainModel},
        "step by step": {"CharLSTM": StepModel},
        "a GRU": {"CharLSTM": GruModel},
    },
}
