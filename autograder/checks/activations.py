"""The chapter `activations`: ReLU, sigmoid and tanh, and the softmax with its cross-entropy loss."""

from __future__ import annotations

import numpy as np

from autograder.checks.drawing import away_from_zero, elementwise_forward, forward_then_backward
from autograder.exercise import Call, Case, Exercise, View

_SINGLE = 1e-5  # the tolerance for float32
_FAR = np.array([[-1000.0, -800.0, -50.0, -1.0], [0.0, 1.0, 50.0, 1000.0], [709.5, -709.5, 745.2, -745.2]])


def _elementwise(name: str, forward_points: float, backward_points: float) -> tuple[Exercise, Exercise]:
    """The two exercises of an activation that acts on each entry by itself."""

    def forward_cases(rng: np.random.Generator) -> list[Case]:
        far = Case("inputs from −1000 to 1000", "special", (forward(_FAR),), silent=name == "sigmoid")
        kink = Case("inputs of exactly 0", "special", (forward(_with_zeros(rng)),))
        return [
            Case("a 5×4 array", "values", (forward(away_from_zero(rng, (5, 4))),)),
            Case("a 3×2×4×5 array", "values", (forward(away_from_zero(rng, (3, 2, 4, 5))),)),
            Case("float32", "values", (forward(away_from_zero(rng, (5, 4)).astype(np.float32)),), _SINGLE),
            Case("a read-only array", "special", (forward(View(away_from_zero(rng, (3, 4)), "read-only")),)),
            Case("a reversed array", "special", (forward(View(away_from_zero(rng, (3, 4)), "reversed")),)),
            far,
            kink,
        ]

    def backward_cases(rng: np.random.Generator) -> list[Case]:
        return [
            backward(rng, "a 5×4 array", "gradients", away_from_zero(rng, (5, 4))),
            backward(rng, "a 3×2×4×5 array", "gradients", away_from_zero(rng, (3, 2, 4, 5))),
            backward(rng, "float32", "gradients", away_from_zero(rng, (5, 4)).astype(np.float32), tolerance=_SINGLE),
            backward(rng, "inputs of exactly 0", "special", _with_zeros(rng)),
            backward(rng, "inputs from −1000 to 1000", "special", _FAR),
            backward(rng, "called twice with one cache", "special", away_from_zero(rng, (5, 4)), times=2),
            backward(rng, "a read-only array", "special", View(away_from_zero(rng, (3, 4)), "read-only")),
        ]

    def forward(x: object) -> Call:
        return elementwise_forward(f"{name}_forward", x)

    def backward(
        rng: np.random.Generator, label: str, check: str, x: object, times: int = 1, tolerance: float = 1e-9
    ) -> Case:
        array = x.array if isinstance(x, View) else np.asarray(x)
        dout: object = rng.standard_normal(array.shape).astype(array.dtype)
        if isinstance(x, View):
            dout = View(np.asarray(dout), x.layout)
        return forward_then_backward(
            label, check, forward(x), dout, ("dx",), backward=f"{name}_backward", times=times, tolerance=tolerance
        )

    return (
        Exercise(f"{name}_forward", forward_points, ("out", "cache"), forward_cases),
        Exercise(
            f"{name}_backward",
            backward_points,
            ("dx",),
            backward_cases,
            forward=f"{name}_forward",
            gradient_of={"dx": "x"},
        ),
    )


def _with_zeros(rng: np.random.Generator) -> np.ndarray:
    x = away_from_zero(rng, (4, 5))
    x.flat[::3] = 0.0
    return x


def _loss(logits: object, labels: object) -> Call:
    return Call("softmax_cross_entropy", {"logits": logits, "labels": labels}, ("loss", "dlogits"))


def _drawn(rng: np.random.Generator, examples: int, classes: int, dtype: type = np.float64) -> Call:
    return _loss(2 * rng.standard_normal((examples, classes)).astype(dtype), rng.integers(0, classes, examples))


def _loss_cases(rng: np.random.Generator) -> list[Case]:
    far = 1000 * rng.choice([-1.0, 0.0, 1.0], (6, 4)) + rng.standard_normal((6, 4))
    certain = np.array([[0.0, 1000.0, -1000.0], [1000.0, 0.0, 0.0], [-1000.0, -1000.0, -1000.0], [0.0, 0.0, 1000.0]])
    read_only = _drawn(rng, 5, 3).arguments
    return [
        Case("5 examples, 3 classes", "values", (_drawn(rng, 5, 3),)),
        Case("4 examples, 7 classes", "values", (_drawn(rng, 4, 7),)),
        Case("as many examples as classes", "values", (_drawn(rng, 4, 4),)),
        Case("float32", "values", (_drawn(rng, 6, 4, np.float32),), _SINGLE),
        Case("logits near ±1000", "special", (_loss(far, rng.integers(0, 4, 6)),)),
        Case(
            "logits of exactly ±1000, the right class at the bottom",
            "special",
            (_loss(certain, np.array([0, 1, 2, 0])),),
        ),
        Case("one example", "special", (_drawn(rng, 1, 5),)),
        Case(
            "read-only arrays",
            "special",
            (_loss(View(read_only["logits"], "read-only"), View(read_only["labels"], "read-only")),),
        ),
    ]


EXERCISES = (
    *_elementwise("relu", 3, 4),
    *_elementwise("sigmoid", 4, 4),
    *_elementwise("tanh", 3, 4),
    Exercise("softmax_cross_entropy", 12, ("loss", "dlogits"), _loss_cases),
)
