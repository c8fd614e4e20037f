"""The chapter `lstm`: LSTM and GRU, one step and a sequence of each, forward and backward.

Steps, examples, inputs and units differ, hidden and cell states before the first step are not zero, and gradients
arrive at every step, at the last alone and at some. One step of the LSTM gets both upstream gradients, and each alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from autograder.checks.drawing import Array, forward_then_backward, read_only
from autograder.checks.sequence_detours import detours_back
from autograder.checks.sequences import as_array, laid_out, unrolled, unrolled_back
from autograder.exercise import Call, Case, Exercise, Result

_SINGLE = 1e-5  # the tolerance for float32
_SQUARE = "as many inputs as units"


@dataclass(frozen=True)
class Layer:
    """Names and sizes of a recurrent layer with gates. Each bias has one entry for each column of the weights."""

    name: str
    states: tuple[str, ...]
    blocks: int
    biases: tuple[str, ...]

    def arguments(
        self, rng: np.random.Generator, x: tuple[int, ...], units: int, state_names: tuple[str, ...], dtype: type
    ) -> Mapping[str, Array]:
        """Of such a size that the gates are neither open nor shut, and no two of them alike."""
        columns = self.blocks * units
        shapes = {
            "x": x,
            **dict.fromkeys(state_names, (x[-2], units)),
            "weight_ih": (x[-1], columns),
            "weight_hh": (units, columns),
            **dict.fromkeys(self.biases, (columns,)),
        }
        return {name: (0.8 * rng.standard_normal(shape)).astype(dtype) for name, shape in shapes.items()}

    def cell(self, rng: np.random.Generator, examples: int, inputs: int, units: int, dtype: type = np.float64) -> Call:
        arguments = self.arguments(rng, (examples, inputs), units, self.states, dtype)
        returns = (*(f"{state}_next" for state in self.states), "cache")
        return Call(f"{self.name}_cell_forward", arguments, returns)

    def sequence(
        self, rng: np.random.Generator, steps: int, examples: int, inputs: int, units: int, dtype: type = np.float64
    ) -> Call:
        arguments = self.arguments(rng, (steps, examples, inputs), units, self.first_states, dtype)
        return Call(f"{self.name}_forward", arguments, ("hs", "cache"))

    @property
    def first_states(self) -> tuple[str, ...]:
        return tuple(f"{state}0" for state in self.states)

    def gradients(self, states: tuple[str, ...]) -> dict[str, str]:
        """Which argument each returned gradient belongs to, in the order of the arguments."""
        return {f"d{name}": name for name in ("x", *states, "weight_ih", "weight_hh", *self.biases)}


LSTM = Layer("lstm", ("h", "c"), 4, ("bias",))
GRU = Layer("gru", ("h",), 3, ("bias_ih", "bias_hh"))


# --- one step ------------------------------------------------------------------------------------------------------


def _cell_forward_cases(layer: Layer, rng: np.random.Generator) -> list[Case]:
    return [
        Case("5 examples, 3 inputs, 4 units", "values", (layer.cell(rng, 5, 3, 4),)),
        Case(_SQUARE, "values", (layer.cell(rng, 5, 3, 3),)),
        Case("float32", "values", (layer.cell(rng, 3, 2, 4, np.float32),), _SINGLE),
        Case("one example, one input, one unit", "special", (layer.cell(rng, 1, 1, 1),)),
        Case("arrays in unusual memory", "special", (laid_out(layer.cell(rng, 3, 2, 4)),)),
        Case("read-only arrays", "special", (read_only(layer.cell(rng, 3, 2, 4)),)),
    ]


def _cell_backward_cases(layer: Layer, rng: np.random.Generator) -> list[Case]:
    def case(label: str, check: str, forward: Call, times: int = 1, tolerance: float = 1e-9, alone: str = "") -> Case:
        """`alone` is the state that the gradient arrives at, if it is not every one."""
        h = as_array(forward.arguments["h"])
        upstream = {
            f"d{state}_next": (rng.standard_normal(h.shape) * (alone in ("", state))).astype(h.dtype)
            for state in layer.states
        }
        cache = {"cache": Result(0, len(layer.states))}
        backward = Call(f"{layer.name}_cell_backward", {**upstream, **cache}, tuple(layer.gradients(layer.states)))
        return Case(label, check, (forward, *[backward] * times), tolerance)

    alone = [
        case(f"a gradient at {state}_next only", "gradients", layer.cell(rng, 4, 2, 3), alone=state)
        for state in layer.states
        if len(layer.states) > 1
    ]
    return [
        case("5 examples, 3 inputs, 4 units", "gradients", layer.cell(rng, 5, 3, 4)),
        case(_SQUARE, "gradients", layer.cell(rng, 5, 3, 3)),
        *alone,
        case("float32", "gradients", layer.cell(rng, 3, 2, 4, np.float32), tolerance=_SINGLE),
        case("one example, one input, one unit", "special", layer.cell(rng, 1, 1, 1)),
        case("called twice with one cache", "special", layer.cell(rng, 3, 2, 4), times=2),
        case("arrays in unusual memory", "special", laid_out(layer.cell(rng, 3, 2, 4))),
        case("read-only arrays", "special", read_only(layer.cell(rng, 3, 2, 4))),
    ]


# --- a sequence ----------------------------------------------------------------------------------------------------


def _sequence_forward_cases(layer: Layer, rng: np.random.Generator) -> list[Case]:
    return [
        Case("5 steps, 3 examples, 2 inputs, 4 units", "values", (layer.sequence(rng, 5, 3, 2, 4),)),
        Case("as many steps, examples, inputs and units", "values", (layer.sequence(rng, 3, 3, 3, 3),)),
        Case("float32", "values", (layer.sequence(rng, 4, 3, 2, 5, np.float32),), _SINGLE),
        Case("one step", "special", (layer.sequence(rng, 1, 3, 2, 4),)),
        Case("one example", "special", (layer.sequence(rng, 4, 1, 2, 3),)),
        Case("arrays in unusual memory", "special", (laid_out(layer.sequence(rng, 4, 3, 2, 5)),)),
        Case("read-only arrays", "special", (read_only(layer.sequence(rng, 3, 2, 4, 5)),)),
    ]


def _sequence_backward_cases(layer: Layer, rng: np.random.Generator) -> list[Case]:
    def case(
        label: str,
        check: str,
        forward: Call,
        arriving: slice = slice(None),
        times: int = 1,
        tolerance: float = 1e-9,
    ) -> Case:
        """`arriving` are the steps at which a gradient arrives."""
        x, h0 = as_array(forward.arguments["x"]), as_array(forward.arguments["h0"])
        dhs = np.zeros((len(x), *h0.shape), x.dtype)
        dhs[arriving] = rng.standard_normal(dhs[arriving].shape)
        returns = tuple(layer.gradients(layer.first_states))
        backward = f"{layer.name}_backward"
        return forward_then_backward(
            label, check, forward, dhs, returns, backward=backward, times=times, tolerance=tolerance
        )

    draw = partial(layer.sequence, rng)
    return [
        case("5 steps, a gradient at every one", "gradients", draw(5, 3, 2, 4)),
        case("4 steps, a gradient at the last one only", "gradients", draw(4, 2, 3, 5), slice(-1, None)),
        case("6 steps, a gradient at every other", "gradients", draw(6, 4, 3, 2), slice(0, None, 2)),
        case("as many steps, examples, inputs and units", "gradients", draw(3, 3, 3, 3)),
        case("float32", "gradients", draw(4, 3, 2, 5, np.float32), tolerance=_SINGLE),
        case("one step", "special", draw(1, 3, 2, 4)),
        case("called twice with one cache", "special", draw(4, 3, 2, 5), times=2),
        case("arrays in unusual memory", "special", laid_out(draw(4, 3, 2, 5))),
        case("read-only arrays", "special", read_only(draw(3, 2, 4, 5))),
    ]


def _exercises(layer: Layer, points: tuple[float, float, float, float]) -> tuple[Exercise, ...]:
    name = layer.name
    of_cell, of_sequence = layer.gradients(layer.states), layer.gradients(layer.first_states)
    nexts = tuple(f"{state}_next" for state in layer.states)
    return (
        Exercise(f"{name}_cell_forward", points[0], (*nexts, "cache"), partial(_cell_forward_cases, layer)),
        Exercise(
            f"{name}_cell_backward",
            points[1],
            tuple(of_cell),
            partial(_cell_backward_cases, layer),
            forward=f"{name}_cell_forward",
            gradient_of=of_cell,
        ),
        Exercise(
            f"{name}_forward",
            points[2],
            ("hs", "cache"),
            partial(_sequence_forward_cases, layer),
            steps=partial(unrolled, cell=f"{name}_cell", states=layer.states),
        ),
        Exercise(
            f"{name}_backward",
            points[3],
            tuple(of_sequence),
            partial(_sequence_backward_cases, layer),
            forward=f"{name}_forward",
            gradient_of=of_sequence,
            steps=partial(unrolled_back, cell=f"{name}_cell", states=layer.states),
            detours=partial(detours_back, cell=f"{name}_cell", states=layer.states),
        ),
    )


EXERCISES = (*_exercises(LSTM, (8, 16, 8, 18)), *_exercises(GRU, (8, 16, 6, 12)))
