"""The chapter `recurrent`: the tanh cell and its sequence, embedding, forward and backward, and clipping.

Steps, examples, inputs and units differ, states before the first step are not zero, and gradients arrive at every step,
at the last alone and at some, so that nothing about carrying through time can go unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from autograder.checks.drawing import Array, forward_then_backward, read_only
from autograder.checks.sequence_detours import detours_back
from autograder.checks.sequences import as_array, laid_out, unrolled, unrolled_back
from autograder.exercise import Call, Case, Exercise

_SINGLE = 1e-5  # the tolerance for float32
_GRADIENTS = ("dx", "dh", "dweight_ih", "dweight_hh", "dbias")
_ARGUMENTS = ("x", "h", "weight_ih", "weight_hh", "bias")


# --- embedding -----------------------------------------------------------------------------------------------------


def _embedding(tokens: Array, weight: Array) -> Call:
    return Call("embedding_forward", {"tokens": tokens, "weight": weight}, ("out", "cache"))


def _tables(rng: np.random.Generator) -> dict[str, tuple[str, Call, float]]:
    """Calls by name, with the check that they belong to and the tolerance. Some tokens repeat, some never occur."""

    def weight(tokens: int, width: int, dtype: type = np.float64) -> Array:
        return rng.standard_normal((tokens, width)).astype(dtype)

    different = rng.permutation(9)[:5]
    repeated = np.array([[4, 1, 4], [2, 4, 1], [6, 6, 6], [1, 0, 4]])
    backwards = laid_out(_embedding(repeated, weight(8, 3)))
    return {
        "5 tokens, all different": ("values", _embedding(different, weight(9, 4)), 1e-9),
        "4 sequences of 3 tokens, some of them repeated": ("values", _embedding(repeated, weight(8, 2)), 1e-9),
        "float32": ("values", _embedding(repeated[:2], weight(7, 5, np.float32)), _SINGLE),
        "the first and the last token": ("special", _embedding(np.array([6, 0, 6]), weight(7, 1)), 1e-9),
        "a single token, without axes": ("special", _embedding(np.array(3), weight(5, 4)), 1e-9),
        "int32 tokens in three axes": (
            "special",
            _embedding(rng.integers(0, 6, (2, 3, 4)).astype(np.int32), weight(6, 2)),
            1e-9,
        ),
        "arrays that lie reversed and strided in memory": ("special", backwards, 1e-9),
        "read-only arrays": ("special", read_only(_embedding(different, weight(9, 2))), 1e-9),
    }


def _embedding_forward_cases(rng: np.random.Generator) -> list[Case]:
    table = rng.standard_normal((5, 3))
    return [
        *(Case(label, check, (call,), tolerance) for label, (check, call, tolerance) in _tables(rng).items()),
        Case("a token below 0", "special", (_embedding(np.array([2, -1, 0]), table),)),
        Case("a token without a row", "special", (_embedding(np.array([1, 5]), table),)),
    ]


def _embedding_backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for label, (check, call, tolerance) in _tables(rng).items():
        tokens, weight = map(as_array, call.arguments.values())
        dout = rng.standard_normal((*tokens.shape, weight.shape[1])).astype(weight.dtype)
        cases.append(
            forward_then_backward(
                label,
                "gradients" if check == "values" else check,
                call,
                dout,
                ("dweight",),
                backward="embedding_backward",
                times=2 if "axes" in label else 1,
                tolerance=tolerance,
            )
        )
    return cases


# --- one step ------------------------------------------------------------------------------------------------------


def _drawn(rng: np.random.Generator, state: tuple[int, int], x: tuple[int, ...], dtype: type) -> Sequence[Array]:
    """x, h, weight_ih, weight_hh and bias, of such a size that tanh neither saturates nor is nearly a line."""
    units, inputs = state[1], x[-1]
    shapes = (x, state, (inputs, units), (units, units), (units,))
    return [(0.7 * rng.standard_normal(shape)).astype(dtype) for shape in shapes]


def _cell(rng: np.random.Generator, examples: int, inputs: int, units: int, dtype: type = np.float64) -> Call:
    drawn = _drawn(rng, (examples, units), (examples, inputs), dtype)
    return Call("rnn_cell_forward", dict(zip(_ARGUMENTS, drawn, strict=True)), ("h_next", "cache"))


def _cell_forward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("5 examples, 3 inputs, 4 units", "values", (_cell(rng, 5, 3, 4),)),
        Case("as many inputs as units", "values", (_cell(rng, 3, 4, 4),)),
        Case("float32", "values", (_cell(rng, 5, 3, 4, np.float32),), _SINGLE),
        Case("one example, one input, one unit", "special", (_cell(rng, 1, 1, 1),)),
        Case("arrays in unusual memory", "special", (laid_out(_cell(rng, 3, 2, 4)),)),
        Case("read-only arrays", "special", (read_only(_cell(rng, 3, 2, 4)),)),
    ]


def _cell_backward_case(
    rng: np.random.Generator, label: str, check: str, forward: Call, times: int = 1, tolerance: float = 1e-9
) -> Case:
    h = as_array(forward.arguments["h"])
    dh_next = rng.standard_normal(h.shape).astype(h.dtype)
    return forward_then_backward(
        label, check, forward, dh_next, _GRADIENTS, backward="rnn_cell_backward", times=times, tolerance=tolerance
    )


def _cell_backward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _cell_backward_case(rng, "5 examples, 3 inputs, 4 units", "gradients", _cell(rng, 5, 3, 4)),
        _cell_backward_case(rng, "as many inputs as units", "gradients", _cell(rng, 3, 4, 4)),
        _cell_backward_case(rng, "float32", "gradients", _cell(rng, 5, 3, 4, np.float32), tolerance=_SINGLE),
        _cell_backward_case(rng, "one example, one input, one unit", "special", _cell(rng, 1, 1, 1)),
        _cell_backward_case(rng, "called twice with one cache", "special", _cell(rng, 3, 2, 4), times=2),
        _cell_backward_case(rng, "arrays in unusual memory", "special", laid_out(_cell(rng, 3, 2, 4))),
        _cell_backward_case(rng, "read-only arrays", "special", read_only(_cell(rng, 3, 2, 4))),
    ]


# --- a sequence ----------------------------------------------------------------------------------------------------


def _sequence(
    rng: np.random.Generator, steps: int, examples: int, inputs: int, units: int, dtype: type = np.float64
) -> Call:
    drawn = _drawn(rng, (examples, units), (steps, examples, inputs), dtype)
    names = ("x", "h0", *_ARGUMENTS[2:])
    return Call("rnn_forward", dict(zip(names, drawn, strict=True)), ("hs", "cache"))


def _sequence_forward_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("5 steps, 3 examples, 2 inputs, 4 units", "values", (_sequence(rng, 5, 3, 2, 4),)),
        Case("as many steps, examples, inputs and units", "values", (_sequence(rng, 3, 3, 3, 3),)),
        Case("float32", "values", (_sequence(rng, 4, 3, 2, 5, np.float32),), _SINGLE),
        Case("one step", "special", (_sequence(rng, 1, 3, 2, 4),)),
        Case("one example", "special", (_sequence(rng, 4, 1, 2, 3),)),
        Case("arrays in unusual memory", "special", (laid_out(_sequence(rng, 4, 3, 2, 5)),)),
        Case("read-only arrays", "special", (read_only(_sequence(rng, 3, 2, 4, 5)),)),
    ]


def _sequence_backward_case(
    rng: np.random.Generator,
    label: str,
    check: str,
    forward: Call,
    *,
    arriving: slice = slice(None),
    times: int = 1,
    tolerance: float = 1e-9,
) -> Case:
    """`arriving` are the steps at which a gradient arrives."""
    x, h0 = as_array(forward.arguments["x"]), as_array(forward.arguments["h0"])
    dhs = np.zeros((len(x), *h0.shape), x.dtype)
    dhs[arriving] = rng.standard_normal(dhs[arriving].shape)
    return forward_then_backward(
        label, check, forward, dhs, _SEQUENCE_GRADIENTS, backward="rnn_backward", times=times, tolerance=tolerance
    )


_SEQUENCE_GRADIENTS = ("dx", "dh0", *_GRADIENTS[2:])


def _sequence_backward_cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, check: str, forward: Call, arriving: slice = slice(None), tolerance: float = 1e-9) -> Case:
        return _sequence_backward_case(rng, label, check, forward, arriving=arriving, tolerance=tolerance)

    return [
        case("5 steps, a gradient at every one", "gradients", _sequence(rng, 5, 3, 2, 4)),
        case("4 steps, a gradient at the last one only", "gradients", _sequence(rng, 4, 2, 3, 5), slice(-1, None)),
        case("6 steps, a gradient at every other", "gradients", _sequence(rng, 6, 4, 3, 2), slice(0, None, 2)),
        case("as many steps, examples, inputs and units", "gradients", _sequence(rng, 3, 3, 3, 3)),
        case("float32", "gradients", _sequence(rng, 4, 3, 2, 5, np.float32), tolerance=_SINGLE),
        case("one step", "special", _sequence(rng, 1, 3, 2, 4)),
        _sequence_backward_case(rng, "called twice with one cache", "special", _sequence(rng, 4, 3, 2, 5), times=2),
        case("arrays in unusual memory", "special", laid_out(_sequence(rng, 4, 3, 2, 5))),
        case("read-only arrays", "special", read_only(_sequence(rng, 3, 2, 4, 5))),
    ]


# --- clipping ------------------------------------------------------------------------------------------------------

# Some divide by the norm and a millionth, lest it be 0: that is a right answer, too.
_CLIPPED = 1e-5


def _clipping_cases(rng: np.random.Generator) -> list[Case]:
    def limited(max_norm: float, *grads: Array) -> Call:
        return Call("clip_grad_norm", {"grads": list(grads), "max_norm": max_norm}, ("clipped",))

    def clip(share: float, *shapes: tuple[int, ...], dtype: type = np.float64) -> Call:
        """Gradients of these shapes, with a limit that is this share of their norm."""
        grads: list[Array] = [np.asarray(3 * rng.standard_normal(shape), dtype) for shape in shapes]
        norm = float(np.sqrt(sum(np.sum(np.square(grad, dtype=np.float64)) for grad in grads)))
        return limited(share * norm, *grads)

    return [
        Case("two matrices and a vector, three times too long", "values", (clip(0.3, (2, 4), (4, 4), (4,)),), _CLIPPED),
        Case("one array a little too long", "values", (clip(0.9, (3, 2)),), _CLIPPED),
        Case("gradients that are short enough", "values", (clip(1.2, (3, 4), (4,)),), _CLIPPED),
        Case("float32", "values", (clip(0.5, (3, 4), (2,), dtype=np.float32),), _CLIPPED),
        Case("each array short enough, all together too long", "special", (clip(0.8, (3,), (3,), (3,)),), _CLIPPED),
        Case("all gradients zero", "special", (limited(0.5, np.zeros((2, 3)), np.zeros(3)),), _CLIPPED),
        Case("a gradient without axes", "special", (clip(0.5, (), (2, 2)),), _CLIPPED),
        Case("a limit of 0", "special", (limited(0.0, rng.standard_normal(3)),), _CLIPPED),
        Case("a limit below 0", "special", (limited(-1.0, rng.standard_normal(3)),), _CLIPPED),
    ]


def _gradient_of(first: str, state: str, dstate: str) -> dict[str, str]:
    names = {first: "x", dstate: state}
    return names | {f"d{name}": name for name in ("weight_ih", "weight_hh", "bias")}


EXERCISES = (
    Exercise("rnn_cell_forward", 6, ("h_next", "cache"), _cell_forward_cases),
    Exercise(
        "rnn_cell_backward",
        12,
        _GRADIENTS,
        _cell_backward_cases,
        forward="rnn_cell_forward",
        gradient_of=_gradient_of("dx", "h", "dh"),
    ),
    Exercise(
        "rnn_forward",
        8,
        ("hs", "cache"),
        _sequence_forward_cases,
        steps=partial(unrolled, cell="rnn_cell", states=("h",)),
    ),
    Exercise(
        "rnn_backward",
        18,
        _SEQUENCE_GRADIENTS,
        _sequence_backward_cases,
        forward="rnn_forward",
        gradient_of=_gradient_of("dx", "h0", "dh0"),
        steps=partial(unrolled_back, cell="rnn_cell", states=("h",)),
        detours=partial(detours_back, cell="rnn_cell", states=("h",)),
    ),
    Exercise("embedding_forward", 4, ("out", "cache"), _embedding_forward_cases),
    Exercise(
        "embedding_backward",
        8,
        ("dweight",),
        _embedding_backward_cases,
        forward="embedding_forward",
        gradient_of={"dweight": "weight"},
    ),
    Exercise("clip_grad_norm", 6, ("clipped",), _clipping_cases),
)
