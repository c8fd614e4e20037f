"""The networks that the pages train: their layers on a tape are those of the solutions, values and gradients."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from complex_step import assert_near

from solutions.lstm import gru_backward, gru_forward, lstm_backward, lstm_forward
from solutions.recurrent import rnn_backward, rnn_forward

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))
import memory
from tape import Tape

REFERENCES = {
    "RNN": (rnn_forward, rnn_backward),
    "LSTM": (lstm_forward, lstm_backward),
    "GRU": (gru_forward, gru_backward),
}
STEPS, EXAMPLES, TOKENS, UNITS = 4, 3, 6, 5


@pytest.mark.parametrize("kind", REFERENCES)
def test_a_layer_on_the_tape_is_the_layer_of_the_solutions(kind: str) -> None:
    forward, backward = REFERENCES[kind]
    rng = np.random.default_rng(5)
    network = memory.Network(kind, rng, TOKENS, classes=2, units=UNITS)
    for bias in network.biases:
        bias.value = rng.standard_normal(bias.value.shape)
    tokens, upstream = rng.integers(TOKENS, size=(STEPS, EXAMPLES)), rng.standard_normal((STEPS, EXAMPLES, UNITS))

    states = network.read(tokens)
    loss = Tape(np.zeros(()))
    for (h, *_), arriving in zip(states, upstream, strict=True):
        loss = loss + (h * Tape(arriving)).mean((0, 1)) * Tape(np.full((1, 1), arriving.size))
    loss.backward()

    begin = [np.zeros((EXAMPLES, UNITS))] * network.layer.states
    weights = [network.weight_ih, network.weight_hh]
    biases = [bias.value[0] for bias in network.biases]
    hs, cache = forward(np.eye(TOKENS)[tokens], *begin, *(weight.value for weight in weights), *biases)
    gradients = backward(upstream, cache)[1 + network.layer.states :]
    assert_near(np.stack([h.value for h, *_ in states]), hs)
    for parameter, expected in zip([*weights, *network.biases], gradients, strict=True):
        assert_near(parameter.gradient.reshape(expected.shape), expected)


def test_the_task_asks_for_what_stands_at_the_beginning() -> None:
    tokens = memory.sequences(np.random.default_rng(0), 7, 200)
    assert tokens.shape == (8, 200)
    assert set(tokens[0]) == {0, 1, 2, 3}
    assert set(tokens[1:].ravel()) == {4, 5, 6, 7}
