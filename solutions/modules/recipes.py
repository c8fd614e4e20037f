"""How the two networks of the course are trained as well as a few minutes allow: numbers that were found by trying."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from solutions.activations import softmax_cross_entropy
from solutions.modules.layers import Dropout
from solutions.modules.learning import learn
from solutions.training import CharLSTM, ConvNet

Rng = np.random.Generator


# --- digits --------------------------------------------------------------------------------------------------------


def train_digits(images: np.ndarray, labels: np.ndarray, rng: Rng, steps: int = 1000, batch: int = 64) -> ConvNet:
    """A ConvNet in float32, trained on digits of which half are shifted by up to a pixel each way."""
    net = ConvNet(rng)
    net.astype(np.float32)
    images = images.astype(np.float32)
    batches = _shuffled(len(labels), batch, rng)

    def loss_and_gradients(_: int) -> tuple[float, list[np.ndarray]]:
        chosen = next(batches)
        return net.loss_and_gradients(shifted(images[chosen], rng), labels[chosen], rng)

    rates = [0.003 * (1 - step / steps) for step in range(steps)]
    learn(net.parameters(), loss_and_gradients, rates, title="digits")
    return net


def shifted(images: np.ndarray, rng: Rng) -> np.ndarray:
    """Half of the images moved by -1, 0 or 1 pixels down and across; what comes in at an edge is 0."""
    height, width = images.shape[2:]
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    starts = np.where(rng.random((len(images), 1)) < 0.5, rng.integers(0, 3, (len(images), 2)), 1)
    moved = [one[:, top : top + height, left : left + width] for one, (top, left) in zip(padded, starts, strict=True)]
    return np.stack(moved)


def _shuffled(count: int, batch: int, rng: Rng) -> Iterator[np.ndarray]:
    """All examples in an order drawn anew each time around, `batch` at a time; what is left over is left out."""
    while True:
        order = rng.permutation(count)
        yield from order[: count - count % batch].reshape(-1, batch)


# --- text ----------------------------------------------------------------------------------------------------------


def train_text(
    tokens: np.ndarray,
    vocabulary_size: int,
    rng: Rng,
    steps: int = 1500,
    batch: int = 16,
    span: int = 48,
    after: Callable[[Writer, int], None] | None = None,
) -> Writer:
    """A Writer in float32, trained on a text of tokens (T,): `batch` places of it are read on in stretches of `span`.

    `after` is called after each step, with the model and the step's number.
    """
    model = Writer(vocabulary_size, rng)
    # It knows from the start how often each character occurs; else the first steps bend the LSTM for this alone.
    counts = np.bincount(tokens, minlength=vocabulary_size) + 0.5
    model.linear.own["bias"][...] = np.log(counts / counts.sum())
    model.astype(np.float32)
    stretches = _stretches(tokens, batch, span, rng)

    def loss_and_gradients(_: int) -> tuple[float, list[np.ndarray]]:
        begins, stretch = next(stretches)
        if begins:
            model.lstm.first = None
        return model.go_on(stretch, rng)

    # Up to the full rate in 50 steps, and down to 0 in a straight line.
    rates = [0.005 * min(1.0, (step + 1) / 50) * (1 - step / steps) for step in range(steps)]
    told = None if after is None else lambda step: after(model, step)
    learn(model.parameters(), loss_and_gradients, rates, max_norm=1.0, title="text", after=told)
    return model


def _stretches(tokens: np.ndarray, batch: int, span: int, rng: Rng) -> Iterator[tuple[bool, np.ndarray]]:
    """Stretches (span + 1, batch) that go on where the last ended, and whether they begin anew, at places drawn."""
    length = len(tokens) // batch
    while True:
        turned = np.roll(tokens, -int(rng.integers(len(tokens))))[: length * batch].reshape(batch, length).T
        for start in range(0, length - span, span):
            yield start == 0, turned[start : start + span + 1]


class Writer(CharLSTM):
    """A larger CharLSTM, with dropout before and after the LSTM, that reads a text on where it stopped.

    Source:
        Zaremba, Sutskever & Vinyals, Recurrent neural network regularization (2014), sections 3 and 4.
    """

    units = 256
    features = 64
    dropped = (0.1, 0.2)  # before the LSTM, and after it

    def __init__(self, vocabulary_size: int, rng: Rng) -> None:
        super().__init__(vocabulary_size, rng)
        self.before, self.after = map(Dropout, self.dropped)

    def forward(self, tokens: np.ndarray) -> np.ndarray:  # type: ignore[override]
        self.eval()
        self.lstm.first = None
        return super().forward(tokens)

    def go_on(self, tokens: np.ndarray, rng: Rng) -> tuple[float, list[np.ndarray]]:
        """Loss and gradients of texts (T, N) that begin where those of the last call have their last token.

        The gradient ends where the stretch begins: truncated backpropagation through time.
        """
        self.train()
        logits = self._logits(tokens[:-1], rng)
        self.lstm.first = self.lstm.last
        loss, dlogits = softmax_cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[1:].ravel())
        dhs = self.linear.backward(dlogits).reshape(*logits.shape[:2], -1)
        self.embedding.backward(self.before.backward(self.lstm.backward(self.after.backward(dhs))))
        return loss, self.gradients()

    def bits_per_character(self, tokens: np.ndarray, stretch: int = 1000) -> float:
        """The mean of -log2 p over the characters of a text (T,) but the first, each after all those before it."""
        self.eval()
        self.lstm.first = None
        total = 0.0
        for start in range(0, len(tokens) - 1, stretch):
            read, asked = tokens[start : start + stretch + 1][:-1], tokens[start + 1 : start + stretch + 1]
            loss, _ = softmax_cross_entropy(self._logits(read[:, None])[:, 0], asked)
            self.lstm.first = self.lstm.last
            total += loss * len(asked)
        return total / (len(tokens) - 1) / math.log(2)

    def _logits(self, tokens: np.ndarray, rng: Rng | None = None) -> np.ndarray:
        hs = self.lstm.forward(self.before.forward(self.embedding.forward(tokens), rng))
        flat = self.after.forward(hs, rng).reshape(-1, hs.shape[-1])
        return self.linear.forward(flat).reshape(*hs.shape[:2], -1)
