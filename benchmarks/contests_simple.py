"""Linear, activations, loss, dropout and embedding, a formula or two each, beside loops and beside PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from contest import Contest, Rival, torch_here

from solutions.activations import (
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    softmax_cross_entropy,
    tanh_backward,
    tanh_forward,
)
from solutions.dropout import dropout_backward, dropout_forward
from solutions.linear import linear_backward, linear_forward
from solutions.recurrent import embedding_backward, embedding_forward

Array = np.ndarray

ROWS, WIDTH, OUTPUTS, TOKENS = 256, 512, 128, 2000
SOME = 4  # rows that the loops run on


@dataclass(frozen=True)
class Layer:
    """A layer of arrays (the first of them x), its way back, its forward by loops, and torch's, given torch."""

    name: str
    arrays: Callable[[np.random.Generator, Any], Sequence[Array]]
    forward: Callable[..., Any]
    backward: Callable[[Array, Any], Any]
    loops: Callable[..., Any]
    torch: Callable[..., Any]


def contests(dtype: Any) -> Iterator[Contest]:
    """Forward and backward of each layer, and the loss with its gradient; the loops run on a few rows."""
    for layer in LAYERS:
        yield from _both_ways(layer, dtype)
    yield _loss(dtype)


def _both_ways(layer: Layer, dtype: Any) -> Iterator[Contest]:
    rng = np.random.default_rng(0)
    arrays = layer.arrays(rng, dtype)
    x, *others = arrays
    out, cache = layer.forward(*arrays)
    dout = rng.standard_normal(out.shape, dtype=dtype)
    looped = layer.loops(x[:SOME], *others)
    if layer.name != "dropout":  # which draws
        assert np.allclose(looped, out[:SOME], atol=1e-4)
    forward = {"loops": Rival(lambda: layer.loops(x[:SOME], *others), len(x) // SOME)}
    backward = {}
    torch = torch_here()
    if torch is not None:
        inputs = [torch.from_numpy(array) for array in arrays]
        wanted = [each.requires_grad_() for each in inputs if each.is_floating_point()]
        upstream, kept = torch.from_numpy(dout), layer.torch(torch, *inputs)

        def plain() -> object:
            with torch.no_grad():
                return layer.torch(torch, *inputs)

        forward["torch"] = Rival(plain)
        backward["torch"] = Rival(lambda: torch.autograd.grad(kept, wanted, upstream, retain_graph=True))
    size = "×".join(map(str, (*x.shape, out.shape[-1])))
    yield Contest(f"{layer.name} forward  {size}", lambda: layer.forward(*arrays), forward)
    yield Contest(f"{layer.name} backward {size}", lambda: layer.backward(dout, cache), backward)


def _loss(dtype: Any) -> Contest:
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((ROWS, WIDTH), dtype=dtype), rng.integers(0, WIDTH, ROWS)
    loss, dlogits = softmax_cross_entropy(logits[:SOME], labels[:SOME])
    looped, looped_dlogits = loops_loss(logits[:SOME], labels[:SOME])
    assert abs(loss - looped) < 1e-4
    assert np.allclose(dlogits, looped_dlogits, atol=1e-5)
    rivals = {"loops": Rival(lambda: loops_loss(logits[:SOME], labels[:SOME]), ROWS // SOME)}
    torch = torch_here()
    if torch is not None:
        inputs, classes = torch.from_numpy(logits).requires_grad_(), torch.from_numpy(labels)

        def both() -> object:
            return torch.autograd.grad(torch.nn.functional.cross_entropy(inputs, classes), inputs)

        rivals["torch"] = Rival(both)
    return Contest(f"softmax and loss, both ways {ROWS}×{WIDTH}", lambda: softmax_cross_entropy(logits, labels), rivals)


# --- loops, as textbooks have them -----------------------------------------------------------------------------------


def loops_linear(x: Array, weight: Array, bias: Array) -> Array:
    out = np.zeros((len(x), weight.shape[1]), x.dtype)
    for n, m in np.ndindex(out.shape):
        total = float(bias[m])
        for d in range(len(weight)):
            total += x[n, d] * weight[d, m]
        out[n, m] = total
    return out


def each_entry(function: Callable[[float], float]) -> Callable[[Array], Array]:
    def loops(x: Array) -> Array:
        out = np.zeros_like(x)
        for index in np.ndindex(x.shape):
            out[index] = function(float(x[index]))
        return out

    return loops


def loops_embedding(tokens: Array, weight: Array) -> Array:
    out = np.zeros((*tokens.shape, weight.shape[1]), weight.dtype)
    for place, d in np.ndindex(out.shape):
        out[place, d] = weight[tokens[place], d]
    return out


def loops_loss(logits: Array, labels: Array) -> tuple[float, Array]:
    loss, dlogits = 0.0, np.zeros_like(logits)
    for n, row in enumerate(logits):
        largest = max(float(score) for score in row)
        exponentials = [math.exp(float(score) - largest) for score in row]
        total = sum(exponentials)
        loss -= math.log(exponentials[labels[n]] / total) / len(logits)
        for c, exponential in enumerate(exponentials):
            dlogits[n, c] = (exponential / total - (c == labels[n])) / len(logits)
    return loss, dlogits


# --- the layers ----------------------------------------------------------------------------------------------------


def _one(rng: np.random.Generator, dtype: Any) -> list[Array]:
    return [rng.standard_normal((ROWS, WIDTH), dtype=dtype)]


def _linear(rng: np.random.Generator, dtype: Any) -> list[Array]:
    shapes = ((ROWS, WIDTH), (WIDTH, OUTPUTS), (OUTPUTS,))
    return [dtype(0.1) * rng.standard_normal(shape, dtype=dtype) for shape in shapes]


def _embedding(rng: np.random.Generator, dtype: Any) -> list[Array]:
    return [rng.integers(0, 100, TOKENS), rng.standard_normal((100, 64), dtype=dtype)]


def _dropped(x: Array) -> tuple[Array, Any]:
    return dropout_forward(x, 0.3, True, np.random.default_rng(0))


LAYERS = (
    Layer(
        "linear",
        _linear,
        linear_forward,
        linear_backward,
        loops_linear,
        lambda torch, x, weight, bias: torch.addmm(bias, x, weight),
    ),
    Layer(
        "ReLU",
        _one,
        relu_forward,
        relu_backward,
        each_entry(lambda value: max(value, 0.0)),
        lambda torch, x: torch.relu(x),
    ),
    Layer(
        "sigmoid",
        _one,
        sigmoid_forward,
        sigmoid_backward,
        each_entry(lambda value: 1 / (1 + math.exp(-value))),
        lambda torch, x: torch.sigmoid(x),
    ),
    Layer("tanh", _one, tanh_forward, tanh_backward, each_entry(math.tanh), lambda torch, x: torch.tanh(x)),
    Layer(
        "dropout",
        _one,
        _dropped,
        dropout_backward,
        each_entry(lambda value: value / 0.7 if np.random.random() >= 0.3 else 0.0),  # noqa: NPY002 (as loops do)
        lambda torch, x: torch.nn.functional.dropout(x, 0.3),
    ),
    Layer(
        "embedding",
        _embedding,
        embedding_forward,
        embedding_backward,
        loops_embedding,
        lambda torch, tokens, weight: torch.nn.functional.embedding(tokens, weight),
    ),
)
