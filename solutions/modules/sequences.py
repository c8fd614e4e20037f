"""The layers that read sequences, time first. Each begins at a state of zeros, if it is not told otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from solutions.linear import xavier_uniform
from solutions.lstm import gru_backward, gru_forward, lstm_backward, lstm_forward
from solutions.modules.layers import Layer, Rng
from solutions.recurrent import embedding_backward, embedding_forward, rnn_backward, rnn_forward


class Embedding(Layer):
    """Tokens in, vectors out. Tokens have no gradient: backward returns None."""

    def __init__(self, vocabulary_size: int, features: int, rng: Rng) -> None:
        super().__init__(weight=rng.standard_normal((vocabulary_size, features)))

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return embedding_forward(x, **self.own)

    @staticmethod
    def way_back(dout: np.ndarray, cache: Any) -> tuple[None, np.ndarray]:
        return None, embedding_backward(dout, cache)


class RNN(Layer):
    def __init__(self, inputs: int, units: int, rng: Rng) -> None:
        super().__init__(**_weights(inputs, units, 1, rng), bias=np.zeros(units))

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return rnn_forward(x, _zeros(x, self.own["weight_hh"]), **self.own)

    @staticmethod
    def way_back(dhs: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
        dx, _, *gradients = rnn_backward(dhs, cache)
        return dx, *gradients


class LSTM(Layer):
    """The forget gate's bias begins at 1, so that the cell keeps what it holds (Jozefowicz et al. 2015).

    Attributes:
        first: the states h and c at which the next sequences begin, or None for zeros.
    """

    first: tuple[np.ndarray, np.ndarray] | None = None

    def __init__(self, inputs: int, units: int, rng: Rng) -> None:
        bias = np.repeat([0.0, 1.0, 0.0, 0.0], units)
        super().__init__(**_weights(inputs, units, 4, rng), bias=bias)

    @property
    def last(self) -> tuple[np.ndarray, np.ndarray]:
        """The states after the last step of the sequences that were read last."""
        _, hs, cs, *_ = self._cache
        return hs[-1], cs[-1]

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        zeros = _zeros(x, self.own["weight_hh"])
        return lstm_forward(x, *(self.first or (zeros, zeros)), **self.own)

    @staticmethod
    def way_back(dhs: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
        dx, _, _, *gradients = lstm_backward(dhs, cache)
        return dx, *gradients


class GRU(Layer):
    def __init__(self, inputs: int, units: int, rng: Rng) -> None:
        biases = {"bias_ih": np.zeros(3 * units), "bias_hh": np.zeros(3 * units)}
        super().__init__(**_weights(inputs, units, 3, rng), **biases)

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return gru_forward(x, _zeros(x, self.own["weight_hh"]), **self.own)

    @staticmethod
    def way_back(dhs: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
        dx, _, *gradients = gru_backward(dhs, cache)
        return dx, *gradients


def _weights(inputs: int, units: int, blocks: int, rng: Rng) -> dict[str, np.ndarray]:
    """Glorot's initialisation, each block of columns by itself: it is a matrix of its own."""
    from_input = [xavier_uniform(inputs, units, rng) for _ in range(blocks)]
    from_state = [xavier_uniform(units, units, rng) for _ in range(blocks)]
    return {"weight_ih": np.concatenate(from_input, axis=1), "weight_hh": np.concatenate(from_state, axis=1)}


def _zeros(x: np.ndarray, weight_hh: np.ndarray) -> np.ndarray:
    return np.zeros((x.shape[1], weight_hh.shape[0]), np.result_type(x, weight_hh))
