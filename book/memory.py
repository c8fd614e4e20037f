"""The memory task of the chapters on sequences, and the recurrent layers that try it, each with gradients from a tape.

A sequence begins with one of four symbols. Noise follows, and after it the network is asked which symbol it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from tape import Tape

SYMBOLS, NOISE = 4, 4
State = tuple[Tape, ...]
Step = Callable[..., State]


class Layer(NamedTuple):
    """One step of a recurrent layer, and how many blocks of units, states and biases it has."""

    step: Step
    blocks: int
    states: int
    biases: int


def _rnn(x: Tape, state: State, weight_ih: Tape, weight_hh: Tape, bias: Tape) -> State:
    (h,) = state
    return ((x @ weight_ih + h @ weight_hh + bias).tanh(),)


def _lstm(x: Tape, state: State, weight_ih: Tape, weight_hh: Tape, bias: Tape) -> State:
    h, c = state
    i, f, g, o = (x @ weight_ih + h @ weight_hh + bias).blocks(4)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def _gru(x: Tape, state: State, weight_ih: Tape, weight_hh: Tape, bias_ih: Tape, bias_hh: Tape) -> State:
    (h,) = state
    r, z, n = (x @ weight_ih + bias_ih).blocks(3)
    of_r, of_z, of_n = (h @ weight_hh + bias_hh).blocks(3)
    n = (n + (r + of_r).sigmoid() * of_n).tanh()
    return (n + (z + of_z).sigmoid() * (h - n),)


LAYERS = {"RNN": Layer(_rnn, 1, 1, 1), "LSTM": Layer(_lstm, 4, 2, 1), "GRU": Layer(_gru, 3, 1, 2)}


def sequences(rng: np.random.Generator, distance: int, count: int) -> np.ndarray:
    """Tokens (distance + 1, count): a symbol, 0 to 3, and then `distance` tokens of noise, 4 to 7."""
    tokens = rng.integers(SYMBOLS, SYMBOLS + NOISE, (distance + 1, count))
    tokens[0] = rng.integers(SYMBOLS, size=count)
    return tokens


class Network:
    """A recurrent layer that reads tokens, and a linear layer that scores classes from its state."""

    def __init__(self, kind: str, rng: np.random.Generator, tokens: int, classes: int, units: int = 32) -> None:
        self.layer, self.units, self.tokens = LAYERS[kind], units, tokens
        bound, width = 1 / np.sqrt(units), self.layer.blocks * units
        shapes = [(tokens, width), (units, width), (units, classes)]
        self.weight_ih, self.weight_hh, self.out_weight = (Tape(rng.uniform(-bound, bound, shape)) for shape in shapes)
        self.biases = [Tape(np.zeros((1, width))) for _ in range(self.layer.biases)]
        self.out_bias = Tape(np.zeros((1, classes)))
        self.parameters = [self.weight_ih, self.weight_hh, *self.biases, self.out_weight, self.out_bias]
        self._means = [np.zeros_like(parameter.value) for parameter in self.parameters]
        self._squares = [np.zeros_like(parameter.value) for parameter in self.parameters]
        self._steps = 0

    def read(self, tokens: np.ndarray) -> list[State]:
        """The state after each step."""
        state = (Tape(np.zeros((tokens.shape[1], self.units))),) * self.layer.states
        states = []
        for x in np.eye(self.tokens)[tokens]:
            state = self.layer.step(Tape(x), state, self.weight_ih, self.weight_hh, *self.biases)
            states.append(state)
        return states

    def scores(self, state: State) -> Tape:
        return state[0] @ self.out_weight + self.out_bias

    def learn(self, loss: Tape, rate: float = 0.003, longest: float = 1.0) -> None:
        """One step of Adam along the gradient of the loss, clipped to the norm `longest`."""
        loss.backward()
        self._steps += 1
        norm = np.sqrt(sum(np.sum(p.gradient**2) for p in self.parameters))
        for place, parameter in enumerate(self.parameters):
            gradient = parameter.gradient * min(1.0, longest / norm)
            self._means[place] += 0.1 * (gradient - self._means[place])
            self._squares[place] += 0.001 * (gradient**2 - self._squares[place])
            mean = self._means[place] / (1 - 0.9**self._steps)
            square = self._squares[place] / (1 - 0.999**self._steps)
            parameter.value = parameter.value - rate * mean / (np.sqrt(square) + 1e-8)
            parameter.gradient = np.zeros(())


def remember(network: Network, distance: int, rng: np.random.Generator, steps: int = 200) -> list[float]:
    """Train on the task until 20 batches in a row have no error; the share of right answers at every step."""
    right: list[float] = []
    while len(right) < steps and (len(right) < 20 or min(right[-20:]) < 1):
        tokens = sequences(rng, distance, 32)
        scores = network.scores(network.read(tokens)[-1])
        right.append(float(np.mean(scores.value.argmax(axis=1) == tokens[0])))
        network.learn(scores.cross_entropy(tokens[0]))
    return right
