"""A training step of both networks of the capstone: forward, loss, backward and Adam.

Beside the same networks with layers as others write them: convolution and pooling by loops; convolution by im2col over
the whole batch and batch norm as a graph of steps (ConvNet); a product for every gate and step (CharLSTM). And beside
PyTorch, its own Adam included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from contest import Contest, Rival, torch_here
from contests_convolution import indexed_backward, indexed_forward, loops_backward, loops_forward
from contests_gates import LAYERS, read, read_back
from contests_pooling import loops_backward as pool_back
from contests_pooling import loops_forward as pool

from solutions.modules.layers import Conv2d, MaxPool2d
from solutions.modules.sequences import LSTM
from solutions.training import CharLSTM, ConvNet, adam_step

Array = np.ndarray

BATCH, LOOPED = 64, 4  # images a step, and of a step by loops
STEPS, SEQUENCES, VOCABULARY = 65, 32, 94
RATE = 0.001


def contests(dtype: Any) -> Iterator[Contest]:
    """A step of each network."""
    yield _images(dtype)
    yield _text(dtype)


def stepper(net: Any, *data: Any) -> Callable[[], float]:
    """A step on the same batch each time it is called."""
    state = None

    def step() -> float:
        nonlocal state
        loss, gradients = net.loss_and_gradients(*data)
        moved, state = adam_step(net.parameters(), gradients, state, RATE)
        for parameter, new in zip(net.parameters(), moved, strict=True):
            parameter[...] = new
        return float(loss)

    return step


# --- digits --------------------------------------------------------------------------------------------------------


def _images(dtype: Any) -> Contest:
    rng = np.random.default_rng(0)
    images, labels = rng.random((BATCH, 1, 8, 8), dtype=dtype), rng.integers(0, 10, BATCH)
    first = _conv_net(dtype).loss_and_gradients(images[:LOOPED], labels[:LOOPED], np.random.default_rng(1))
    for layers in (_looped, _indexed):
        other = layers(_conv_net(dtype)).loss_and_gradients(images[:LOOPED], labels[:LOOPED], np.random.default_rng(1))
        assert np.allclose(first[1][0], other[1][0], atol=1e-4)
    rivals = {
        "loops": Rival(stepper(_looped(_conv_net(dtype)), images[:LOOPED], labels[:LOOPED], rng), BATCH // LOOPED),
        "im2col": Rival(stepper(_indexed(_conv_net(dtype)), images, labels, rng)),
    }
    theirs = _torch_images(images, labels)
    if theirs is not None:
        rivals["torch"] = theirs
    return Contest(f"training step, ConvNet, {BATCH} digits", stepper(_conv_net(dtype), images, labels, rng), rivals)


def _conv_net(dtype: Any) -> ConvNet:
    net = ConvNet(np.random.default_rng(0))
    net.astype(dtype)
    return net


class LoopedConv(Conv2d):
    way_back = staticmethod(loops_backward)

    def apply(self, x: Array) -> tuple[Array, Any]:
        return loops_forward(x, self.own["weight"], self.own["bias"], 1, 1)


class IndexedConv(Conv2d):
    way_back = staticmethod(indexed_backward)

    def apply(self, x: Array) -> tuple[Array, Any]:
        return indexed_forward(x, self.own["weight"], self.own["bias"], 1, 1)


class LoopedPool(MaxPool2d):
    @staticmethod
    def way_back(dout: Array, cache: Any) -> Array:
        return pool_back("max", dout, cache, 2, 2)

    def apply(self, x: Array) -> tuple[Array, Any]:
        return pool("max", x, 2, 2), x


def _looped(net: ConvNet) -> ConvNet:
    return _exchanged(net, {Conv2d: LoopedConv, MaxPool2d: LoopedPool})


def _indexed(net: ConvNet) -> ConvNet:
    return _exchanged(net, {Conv2d: IndexedConv})


def _exchanged(net: Any, kinds: dict[type, type]) -> Any:
    """The network with layers of other kinds, which keep the parameters of those in their place."""
    for _, module in net.tree():
        module.__class__ = kinds.get(type(module), type(module))
    return net


def _torch_images(images: Array, labels: Array) -> Rival | None:
    torch = torch_here()
    if torch is None:
        return None
    nn = torch.nn
    net = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(), nn.Linear(512, 10)),
    )
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    return _torch_step(torch, net.to(x.dtype), lambda net: nn.functional.cross_entropy(net(x), y))


# --- text ----------------------------------------------------------------------------------------------------------


def _text(dtype: Any) -> Contest:
    tokens = np.random.default_rng(0).integers(0, VOCABULARY, (STEPS, SEQUENCES))
    first = _char_lstm(dtype).loss_and_gradients(tokens)
    other = _exchanged(_char_lstm(dtype), {LSTM: Cells}).loss_and_gradients(tokens)
    assert all(np.allclose(one, two, atol=1e-4) for one, two in zip(first[1], other[1], strict=True))
    rivals = {"cells": Rival(stepper(_exchanged(_char_lstm(dtype), {LSTM: Cells}), tokens))}
    theirs = _torch_text(tokens, dtype)
    if theirs is not None:
        rivals["torch"] = theirs
    name = f"training step, CharLSTM, {SEQUENCES} texts of {STEPS}"
    return Contest(name, stepper(_char_lstm(dtype), tokens), rivals)


def _char_lstm(dtype: Any) -> CharLSTM:
    net = CharLSTM(VOCABULARY, np.random.default_rng(0))
    net.astype(dtype)
    return net


class Cells(LSTM):
    """A product and a pass for every gate, at every step."""

    def apply(self, x: Array) -> tuple[Array, Any]:
        zeros = np.zeros((x.shape[1], len(self.own["weight_hh"])), x.dtype)
        cut = [np.split(weight, 4, axis=-1) for weight in self.own.values()]
        return read(LAYERS[0], x, [zeros, zeros], cut)

    @staticmethod
    def way_back(dhs: Array, cache: Any) -> Sequence[Array]:
        dx, _, totals = read_back(LAYERS[0], dhs, cache)
        return dx, *(np.concatenate(blocks, axis=-1) for blocks in totals)


def _torch_text(tokens: Array, dtype: Any) -> Rival | None:
    torch = torch_here()
    if torch is None:
        return None
    nn = torch.nn
    parts = nn.ModuleList(
        [
            nn.Embedding(VOCABULARY, CharLSTM.features),
            nn.LSTM(CharLSTM.features, CharLSTM.units),
            nn.Linear(CharLSTM.units, VOCABULARY),
        ]
    )
    x = torch.from_numpy(tokens)

    def loss(net: Any) -> Any:
        embedding, lstm, linear = net
        logits = linear(lstm(embedding(x[:-1]))[0])
        return nn.functional.cross_entropy(logits.reshape(-1, VOCABULARY), x[1:].reshape(-1))

    return _torch_step(torch, parts.to(torch.from_numpy(np.zeros(1, dtype)).dtype), loss)


def _torch_step(torch: Any, net: Any, loss_of: Callable[[Any], Any]) -> Rival:
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)

    def step() -> float:
        optimizer.zero_grad()
        loss = loss_of(net)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return Rival(step)
