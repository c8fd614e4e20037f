"""Training: two ways to change parameters by their gradients, and two networks made of the layers of the course."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from solutions.activations import softmax_cross_entropy
from solutions.lstm import lstm_cell_forward
from solutions.modules.layers import BatchNorm, Conv2d, Dropout, Linear, MaxPool2d, ReLU
from solutions.modules.module import Module, Sequential
from solutions.modules.sequences import LSTM, Embedding


def sgd_step(
    params: Sequence[np.ndarray],
    grads: Sequence[np.ndarray],
    velocity: Sequence[np.ndarray] | None,
    learning_rate: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Take one step of stochastic gradient descent, with momentum and weight decay.

        velocity <- momentum * velocity + grad + weight_decay * param
        param    <- param - learning_rate * velocity

    Args:
        params: the parameters, arrays of any shapes.
        grads: the gradient of each, in the same order.
        velocity: what the step before this one returned beside params; None at the first step, which counts as zeros.
        learning_rate: how far to go along the velocity.
        momentum: the share of the velocity that is kept, from 0 to 1.
        weight_decay: how strongly each parameter is drawn towards 0.

    Returns:
        params: new arrays.
        velocity: new arrays, one for each parameter.

    Raises:
        ValueError: if there are not as many gradients as parameters, or a gradient does not have its parameter's
            shape; the message names the sizes.

    Source:
        Sutskever et al., On the importance of initialization and momentum in deep learning (2013), section 2; with the
        learning rate outside the velocity, as in torch.optim.SGD.
    """
    _require_pairs(params, grads)
    before = [np.zeros_like(param) for param in params] if velocity is None else velocity
    after = [momentum * v + grad + weight_decay * param for v, grad, param in zip(before, grads, params, strict=True)]
    return [param - learning_rate * v for param, v in zip(params, after, strict=True)], after


def adam_step(
    params: Sequence[np.ndarray],
    grads: Sequence[np.ndarray],
    state: Any,
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[list[np.ndarray], Any]:
    """Take one step of Adam: each entry moves by its mean gradient over the root of its mean square, both of late.

        m <- beta1 * m + (1 - beta1) * grad           v <- beta2 * v + (1 - beta2) * grad^2
        param <- param - learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    t counts the steps, and is 1 at the first; m and v are zeros before it.

    Args:
        params: the parameters, arrays of any shapes.
        grads: the gradient of each, in the same order.
        state: what the step before this one returned beside params; None at the first step.
        learning_rate: about how far each entry moves at a step.
        beta1: the share of the mean gradient that is kept.
        beta2: the share of the mean square that is kept.
        eps: added to the root.

    Returns:
        params: new arrays.
        state: whatever your next step will need.

    Raises:
        ValueError: if there are not as many gradients as parameters, or a gradient does not have its parameter's
            shape; the message names the sizes.

    Source:
        Kingma & Ba, Adam: a method for stochastic optimization (2015), algorithm 1.
    """
    _require_pairs(params, grads)
    zeros = [np.zeros_like(param) for param in params]
    steps, means, squares = (0, zeros, zeros) if state is None else state
    steps += 1
    means = [beta1 * m + (1 - beta1) * grad for m, grad in zip(means, grads, strict=True)]
    squares = [beta2 * v + (1 - beta2) * grad * grad for v, grad in zip(squares, grads, strict=True)]
    # The first means are short of (1 - beta^t) of their weight, since they began at 0.
    unbiased = ((m / (1 - beta1**steps), v / (1 - beta2**steps)) for m, v in zip(means, squares, strict=True))
    moved = [param - learning_rate * m / (np.sqrt(v) + eps) for param, (m, v) in zip(params, unbiased, strict=True)]
    return moved, (steps, means, squares)


class ConvNet(Module):
    """A convolutional network that tells handwritten digits apart.

    Images of shape (N, 1, 8, 8), with grey values from 0 to 1, become 10 logits each. It keeps its parameters and
    whatever else it needs from step to step; whoever trains it changes the parameters in place.

    Source:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition (1998), section II.B,
        for the plan; Ioffe & Szegedy (2015) and Srivastava et al. (2014) for batch norm and dropout in it.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        """Draw the parameters from rng, such that the loss before any training is about that of guessing, ln 10."""
        super().__init__()
        self.layers = Sequential(
            Conv2d(1, 16, (3, 3), rng, padding=1),
            BatchNorm(16),
            ReLU(),
            Conv2d(16, 32, (3, 3), rng, padding=1),
            BatchNorm(32),
            ReLU(),
            MaxPool2d(2),
            Dropout(0.25),
            Linear(32 * 4 * 4, 10, rng),
        )
        # Small logits: no class is thought likelier than another before anything was learned.
        self.layers.modules[-1].own["weight"] *= 0.03

    def forward(  # type: ignore[override]
        self, images: np.ndarray, training: bool, rng: np.random.Generator
    ) -> np.ndarray:
        """Compute the logits of a batch of images.

        Args:
            images: shape (N, 1, 8, 8).
            training: True in training: batch norm takes the batch's statistics, and dropout drops. False in
                evaluation: an image's logits then depend on that image alone.
            rng: where dropout draws from.

        Returns:
            logits: shape (N, 10).
        """
        self.train(training)
        return self.layers.forward(images, rng)

    def loss_and_gradients(
        self, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[float, list[np.ndarray]]:
        """Compute the loss of a batch in training mode, and its gradients by all parameters.

        Args:
            images: shape (N, 1, 8, 8).
            labels: the right digit of each, integers from 0 to 9, shape (N,).
            rng: where dropout draws from.

        Returns:
            loss: the cross-entropy, the mean over the batch, a Python float.
            gradients: one array for each parameter, in the order and the shapes of parameters().
        """
        loss, dlogits = softmax_cross_entropy(self.forward(images, True, rng), labels)
        self.layers.backward(dlogits)
        return loss, self.gradients()

    def parameters(self) -> list[np.ndarray]:
        """List the parameters: the arrays themselves, in the same order each time, to be changed in place."""
        return super().parameters()


class CharLSTM(Module):
    """A language model: an LSTM that reads characters and says, after each, how likely every character is to be next.

    A character is a token, an integer from 0 to vocabulary_size - 1. Every sequence begins at a state of zeros.

    Source:
        Graves, Generating sequences with recurrent neural networks (2013), sections 2 and 3.
    """

    units = 128
    features = 32

    def __init__(self, vocabulary_size: int, rng: np.random.Generator) -> None:
        """Draw the parameters from rng."""
        super().__init__()
        self.embedding = Embedding(vocabulary_size, self.features, rng)
        self.lstm = LSTM(self.features, self.units, rng)
        self.linear = Linear(self.units, vocabulary_size, rng)
        # Small logits: no character is thought likelier than another before anything was learned.
        self.linear.own["weight"] *= 0.1

    def forward(self, tokens: np.ndarray) -> np.ndarray:  # type: ignore[override]
        """Compute how likely each character is to be the next, after each character of a batch of sequences.

        Args:
            tokens: integers, time first, shape (T, N).

        Returns:
            log_probabilities: natural logarithms, shape (T, N, V). Those at [t, n] belong to the character after
            tokens[t, n]: they follow from tokens[0, n] to tokens[t, n] alone, and their exponentials sum to 1.
        """
        logits = self._logits(tokens)
        shifted = logits - logits.max(axis=-1, keepdims=True)
        log_probabilities: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        return log_probabilities

    def loss_and_gradients(self, tokens: np.ndarray) -> tuple[float, list[np.ndarray]]:
        """Compute the loss of predicting each character but the first from those before it, and all its gradients.

        Args:
            tokens: integers, time first, shape (T, N), at least two steps.

        Returns:
            loss: minus the log-probability of what came next, in nats, the mean over all (T - 1) * N predictions.
            gradients: one array for each parameter, in the order and the shapes of parameters().

        Raises:
            ValueError: if there are fewer than two steps; the message names the shape.
        """
        if tokens.ndim != 2 or len(tokens) < 2:
            raise ValueError(f"tokens must have shape (T, N) with at least two steps, not {tokens.shape}")
        logits, following = self._logits(tokens[:-1]), tokens[1:]
        loss, dlogits = softmax_cross_entropy(logits.reshape(following.size, logits.shape[2]), following.ravel())
        dhs = self.linear.backward(dlogits).reshape(*following.shape, self.units)
        self.embedding.backward(self.lstm.backward(dhs))
        return loss, self.gradients()

    def sample(self, length: int, rng: np.random.Generator) -> np.ndarray:
        """Draw a text, each character by the probabilities that the model gives after those before it.

        Args:
            length: how many characters.
            rng: where they are drawn from.

        Returns:
            tokens: integers, shape (length,).
        """
        drawn = np.empty(length, np.int64)
        h = c = np.zeros((1, len(self.lstm.own["weight_hh"])))
        for place in range(length):
            logits = self.linear.forward(h)[0]
            probabilities = np.exp(logits - logits.max())
            drawn[place] = rng.choice(len(logits), p=probabilities / probabilities.sum())
            x = self.embedding.forward(drawn[place : place + 1])
            h, c, _ = lstm_cell_forward(x, h, c, **self.lstm.own)
        return drawn

    def parameters(self) -> list[np.ndarray]:
        """List the parameters: the arrays themselves, in the same order each time, to be changed in place."""
        return super().parameters()

    def _logits(self, tokens: np.ndarray) -> np.ndarray:
        hs = self.lstm.forward(self.embedding.forward(tokens))
        steps, examples, units = hs.shape
        # One row for each character of each sequence: the linear layer knows no time.
        logits = self.linear.forward(hs.reshape(steps * examples, units))
        return logits.reshape(steps, examples, logits.shape[1])


def _require_pairs(params: Sequence[np.ndarray], grads: Sequence[np.ndarray]) -> None:
    shapes = [param.shape for param in params], [grad.shape for grad in grads]
    if shapes[0] != shapes[1]:
        raise ValueError(f"each parameter needs a gradient of its shape: {shapes[0]} and {shapes[1]} do not fit")
