"""What wrong answers of the chapter `lstm` are made of: the steps done right, and a sequence walked step by step.

A slip is a wrong step. It is entered for the cell and, walked through time, for the sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions import lstm

Array = np.ndarray
Gradients = tuple[Any, ...]
Function = Callable[..., Any]


def sigmoid(a: Array) -> Any:
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def blocks(columns: Array, count: int) -> list[Any]:
    """As np.split along the last axis, in a tenth of the time: a key asks for it a hundred thousand times."""
    width = columns.shape[1] // count
    return [columns[:, width * place : width * (place + 1)] for place in range(count)]


# --- forward: what a step is given -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LstmStep:
    x: Array
    h: Array
    c: Array
    weight_ih: Array
    weight_hh: Array
    bias: Array

    @property
    def sums(self) -> Any:
        return self.x @ self.weight_ih + self.h @ self.weight_hh + self.bias

    def cut(self, sums: Array) -> Sequence[Any]:
        return blocks(sums, 4)

    def gates(self, sums: Array | None = None) -> tuple[Any, Any, Any, Any]:
        """i, f, g and o."""
        a_i, a_f, a_g, a_o = self.cut(self.sums if sums is None else sums)
        return sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)

    def result(self, sums: Array) -> tuple[Any, Any]:
        """h_next and c_next, right but for the sums."""
        i, f, g, o = self.gates(sums)
        c_next = f * self.c + i * g
        return o * np.tanh(c_next), c_next


@dataclass(frozen=True)
class GruStep:
    x: Array
    h: Array
    weight_ih: Array
    weight_hh: Array
    bias_ih: Array
    bias_hh: Array

    @property
    def of_input(self) -> Any:
        return self.x @ self.weight_ih + self.bias_ih

    @property
    def of_state(self) -> Any:
        return self.h @ self.weight_hh + self.bias_hh

    def cut(self, sums: Array) -> Sequence[Any]:
        return blocks(sums, 3)

    def parts(self) -> tuple[Any, Any, Any, Any, Any]:
        """r, z, n, and of the candidate the sum of the input and that of the state."""
        (a_r, a_z, a_n), (b_r, b_z, b_n) = self.cut(self.of_input), self.cut(self.of_state)
        r = sigmoid(a_r + b_r)
        return r, sigmoid(a_z + b_z), np.tanh(a_n + r * b_n), a_n, b_n

    def result(self, of_input: Array, of_state: Array) -> tuple[Any]:
        """h_next, right but for the sums."""
        (a_r, a_z, a_n), (b_r, b_z, b_n) = self.cut(of_input), self.cut(of_state)
        z = sigmoid(a_z + b_z)
        n = np.tanh(a_n + sigmoid(a_r + b_r) * b_n)
        return ((1 - z) * n + z * self.h,)


# --- backward: what a step has kept ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LstmKept:
    """The cache of the reference's cell, with names."""

    x: Array
    h: Array
    c: Array
    weight_ih: Array
    weight_hh: Array
    gates: Array
    tanh_c: Array

    def cut(self) -> Sequence[Any]:
        """i, f, g and o."""
        return list(self.gates)

    def gradients(self, da: Array, dc: Array) -> Gradients:
        """All gradients as they follow from those of the sums and of the old cell state, be they right or wrong."""
        return (
            da @ self.weight_ih.T,
            da @ self.weight_hh.T,
            dc,
            self.x.T @ da,
            self.h.T @ da,
            da.sum(axis=0),
        )

    def into_cell(self, dh_next: Array, dc_next: Array) -> Any:
        """The whole gradient of c_next."""
        return dc_next + dh_next * self.cut()[3] * (1 - self.tanh_c**2)

    def sums(self, dh_next: Array, dc_total: Array) -> list[Any]:
        """The gradients of the four blocks of sums, from the whole gradient of c_next."""
        i, f, g, o = self.cut()
        return [
            dc_total * g * i * (1 - i),
            dc_total * self.c * f * (1 - f),
            dc_total * i * (1 - g**2),
            dh_next * self.tanh_c * o * (1 - o),
        ]

    def from_blocks(self, blocks: Sequence[Any], dc_total: Array) -> Gradients:
        return self.gradients(np.concatenate(list(blocks), axis=1), dc_total * self.cut()[1])


@dataclass(frozen=True)
class GruKept:
    """The cache of the reference's cell, with names."""

    x: Array
    h: Array
    weight_ih: Array
    weight_hh: Array
    step: tuple[Array, Array, Array, Array]

    @property
    def parts(self) -> tuple[Array, Array, Array, Array]:
        """r, z, n, and the candidate's sum of the state."""
        return self.step

    def gradients(self, da: Array, db: Array, dh: Array) -> Gradients:
        """All gradients as they follow from those of the two sums and of the direct way, be they right or wrong."""
        return (
            da @ self.weight_ih.T,
            dh + db @ self.weight_hh.T,
            self.x.T @ da,
            self.h.T @ db,
            da.sum(axis=0),
            db.sum(axis=0),
        )

    def sums(self, dh_next: Array) -> tuple[Any, Any, Any]:
        """The gradients of the sums of r, z and n."""
        r, z, n, b_n = self.parts
        da_n = dh_next * (1 - z) * (1 - n**2)
        return da_n * b_n * r * (1 - r), dh_next * (self.h - n) * z * (1 - z), da_n

    def from_blocks(self, dh_next: Array, da_r: Array, da_z: Array, da_n: Array) -> Gradients:
        r, z, _, _ = self.parts
        da, db = np.concatenate([da_r, da_z, da_n], axis=1), np.concatenate([da_r, da_z, da_n * r], axis=1)
        return self.gradients(da, db, dh_next * z)


# --- a layer, and its sequence walked -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """A gated layer with the names of its states; the reference's functions, and the cells' caches of its sequence's."""

    name: str
    states: tuple[str, ...]
    given: type
    kept: type

    def function(self, name: str) -> Function:
        found: Function = getattr(lstm, f"{self.name}_{name}")
        return found

    def caches(self, cache: Any) -> list[Any]:
        """Of every step what the cell's cache holds, by name."""
        x, *states, weight_ih, weight_hh = cache[: 3 + len(self.states)]
        rest = zip(*cache[-2:], strict=True) if self is LSTM else ((step,) for step in cache[-1])
        along = zip(x, *(each[:-1] for each in states), rest, strict=True)
        return [self.kept(x_t, *before, weight_ih, weight_hh, *others) for x_t, *before, others in along]

    def walk(self, cell: Function, arguments: Sequence[Array], before: Function | None = None) -> list[Any]:
        """The states before the first step and after every one; `before` says which ones a step begins with."""
        count = len(self.states)
        x, first, weights = arguments[0], tuple(arguments[1 : 1 + count]), arguments[1 + count :]
        history = [first]
        for t, step in enumerate(x):
            begins = history[-1] if before is None else before(t, history)
            history.append(tuple(cell(step, *begins, *weights)[:count]))
        return history

    def walk_back(self, cell_backward: Function, dhs: Array, cache: Any, upstream: Function | None = None) -> list[Any]:
        """The gradients of each step, the first step first; `upstream` gives what a step is given, from what was carried."""
        caches = self.caches(cache)
        steps: list[Gradients] = []
        carried = tuple(np.zeros(dhs.shape[1:], dhs.dtype) for _ in self.states)
        for t in reversed(range(len(caches))):
            given = (dhs[t] + carried[0], *carried[1:]) if upstream is None else upstream(t, carried)
            gradients = cell_backward(*given, caches[t])
            carried = gradients[1 : 1 + len(self.states)]
            steps.insert(0, gradients)
        return steps

    def gathered(self, steps: Sequence[Gradients]) -> Gradients:
        """The sequence's gradients from those of its steps."""
        first = 1 + len(self.states)
        parameters = [sum(step[i] for step in steps) for i in range(first, len(steps[0]))]
        return np.array([step[0] for step in steps]), *steps[0][1:first], *parameters


LSTM = Layer("lstm", ("h", "c"), LstmStep, LstmKept)
GRU = Layer("gru", ("h",), GruStep, GruKept)


def right_back(layer: Layer) -> Function:
    """The reference's cell backward on a cache with names."""

    def backward(*given: Any) -> Any:
        kept = given[-1]
        return layer.function("cell_backward")(*given[:-1], tuple(vars(kept).values()))

    return backward


# --- slips of a step, entered for cell and sequence ------------------------------------------------------------------


def enter_forward(catalogue: Catalogue, layer: Layer, name: str, sentence: str, step: Function) -> None:
    """A wrong step, from what it is given to its states, as a wrong cell and a wrong sequence."""

    def cell(*arguments: Array) -> Any:
        return *step(layer.given(*arguments)), None

    def sequence(*arguments: Array) -> Any:
        return np.array([states[0] for states in layer.walk(cell, arguments)[1:]]), None

    for function, suffix in ((cell, "cell_forward"), (sequence, "forward")):
        function.__name__ = name
        catalogue.wrong(f"{layer.name}_{suffix}", sentence)(function)


def enter_backward(
    catalogue: Catalogue, layer: Layer, name: str, sentence: str, step: Function, in_sequence: str | None = None
) -> None:
    """A wrong step back, from upstream gradients and what was kept to all gradients, as a wrong cell and sequence."""

    def cell(*given: Any) -> Any:
        return step(*given[:-1], layer.kept(*given[-1]))

    def sequence(dhs: Array, cache: Any) -> Any:
        return layer.gathered(layer.walk_back(step, dhs, cache))

    for function, suffix, words in (
        (cell, "cell_backward", sentence),
        (sequence, "backward", in_sequence or sentence),
    ):
        function.__name__ = name
        catalogue.wrong(f"{layer.name}_{suffix}", words)(function)


def forward_slip(catalogue: Catalogue, layer: Layer, sentence: str) -> Function:
    def enter(step: Function) -> Function:
        enter_forward(catalogue, layer, step.__name__, sentence, step)
        return step

    return enter


def backward_slip(catalogue: Catalogue, layer: Layer, sentence: str, in_sequence: str | None = None) -> Function:
    def enter(step: Function) -> Function:
        enter_backward(catalogue, layer, step.__name__, sentence, step, in_sequence)
        return step

    return enter
