"""Wrong steps of SGD and of Adam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue

Array = np.ndarray
Arrays = Sequence[np.ndarray]
# The new velocity from the old one, the gradient and the parameter; the new parameter from parameter, new velocity,
# gradient and old velocity.
Equations = tuple[Callable[[Array, Array, Array], Array], Callable[[Array, Array, Array, Array], Array]]

_CATALOGUE = Catalogue()
MISTAKES = _CATALOGUE.mistakes


def _require(params: Arrays, grads: Arrays) -> None:
    if [p.shape for p in params] != [g.shape for g in grads]:
        raise ValueError("do not fit")


def _sgd(
    params: Arrays, grads: Arrays, velocity: Arrays | None, equations: Equations
) -> tuple[list[Array], list[Array]]:
    _require(params, grads)
    velocity_of, moved = equations
    before = [np.zeros_like(p) for p in params] if velocity is None else velocity
    after = [velocity_of(v, g, p) for v, g, p in zip(before, grads, params)]
    return [moved(p, v, g, b) for p, v, g, b in zip(params, after, grads, before)], after


def _wrong_sgd(sentence: str) -> Callable[[Callable[[float, float, float], Equations]], Any]:
    """The decorated function makes, from the constants of a step, its two equations."""

    def enter(equations: Callable[[float, float, float], Equations]) -> Any:
        def step(
            params: Arrays,
            grads: Arrays,
            velocity: Arrays | None,
            learning_rate: float,
            momentum: float = 0.0,
            weight_decay: float = 0.0,
        ) -> Any:
            return _sgd(params, grads, velocity, equations(learning_rate, momentum, weight_decay))

        step.__name__ = equations.__name__
        return _CATALOGUE.wrong("sgd_step", sentence)(step)

    return enter


@_wrong_sgd(
    "You go up the gradient: the step is added. The gradient points to where the loss grows, so the parameters move "
    "against it: param - learning_rate * velocity."
)
def uphill(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: momentum * v + g + decay * p, lambda p, v, g, b: p + rate * v


@_wrong_sgd(
    "The momentum has the wrong sign: the velocity is momentum * velocity + grad. With a minus each step works "
    "against the one before it."
)
def momentum_subtracted(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: -momentum * v + g + decay * p, lambda p, v, g, b: p - rate * v


@_wrong_sgd(
    "The velocity is never used again: momentum is left out. A share of the velocity before the step belongs into the "
    "velocity after it."
)
def no_momentum(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: g + decay * p, lambda p, v, g, b: p - rate * v


@_wrong_sgd(
    "You average the velocity: the gradient enters with the factor 1 - momentum. In the equation of this exercise it "
    "enters whole, so that a steady gradient drives the velocity up to grad / (1 - momentum)."
)
def averaged(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: momentum * v + (1 - momentum) * g + decay * p, lambda p, v, g, b: p - rate * v


@_wrong_sgd("Weight decay is left out: weight_decay * param belongs to the gradient of every step.")
def no_weight_decay(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: momentum * v + g, lambda p, v, g, b: p - rate * v


@_wrong_sgd(
    "Weight decay drives the parameters away from 0: it is added to the gradient, with a plus, since the gradient is "
    "then subtracted."
)
def decay_with_the_wrong_sign(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: momentum * v + g - decay * p, lambda p, v, g, b: p - rate * v


@_wrong_sgd(
    "Weight decay acts on the parameter and not by way of the velocity: here it is a part of the gradient, and gathers "
    "momentum with it. (What you have is the decoupled decay of AdamW.)"
)
def decoupled_decay(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: momentum * v + g, lambda p, v, g, b: p - rate * v - rate * decay * p


@_wrong_sgd(
    "The parameters move along the velocity before the step: compute the new velocity first, and move along that one."
)
def old_velocity(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: momentum * v + g + decay * p, lambda p, v, g, b: p - rate * b


@_wrong_sgd(
    "The learning rate stands inside the velocity. It belongs outside, so that a change of the learning rate acts on "
    "the whole velocity at once: param - learning_rate * velocity."
)
def rate_inside_the_velocity(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: momentum * v + rate * (g + decay * p), lambda p, v, g, b: p - v


@_wrong_sgd(
    "This is Nesterov's momentum: it goes a step further along the gradient. The plain one of this exercise moves along "
    "the new velocity alone."
)
def nesterov(rate: float, momentum: float, decay: float) -> Equations:
    return (
        lambda v, g, p: momentum * v + g + decay * p,
        lambda p, v, g, b: p - rate * (g + decay * p + momentum * v),
    )


@_wrong_sgd("The velocity's share is multiplied by the learning rate twice: once is enough, where the parameter moves.")
def rate_squared(rate: float, momentum: float, decay: float) -> Equations:
    return lambda v, g, p: momentum * v + g + decay * p, lambda p, v, g, b: p - rate * rate * v


@_CATALOGUE.wrong(
    "sgd_step",
    "The values are right, but the parameters that you were given have changed: `param -= …` works in place. Make new "
    "arrays: param - learning_rate * velocity.",
)
def in_place(
    params: Arrays,
    grads: Arrays,
    velocity: Arrays | None,
    learning_rate: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> Any:
    _require(params, grads)
    before = [np.zeros_like(p) for p in params] if velocity is None else velocity
    after = [momentum * v + g + weight_decay * p for v, g, p in zip(before, grads, params)]
    for p, v in zip(params, after):
        p -= learning_rate * v
    return list(params), after


@_CATALOGUE.wrong(
    "sgd_step",
    "Weight decay acts on the first parameter alone: here every parameter is drawn towards 0, by the same share.",
)
def decay_of_the_first_alone(
    params: Arrays,
    grads: Arrays,
    velocity: Arrays | None,
    learning_rate: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> Any:
    _require(params, grads)
    before = [np.zeros_like(p) for p in params] if velocity is None else velocity
    decays = [weight_decay if i == 0 else 0.0 for i in range(len(params))]
    after = [momentum * v + g + d * p for v, g, p, d in zip(before, grads, params, decays)]
    return [p - learning_rate * v for p, v in zip(params, after)], after


# --- Adam ----------------------------------------------------------------------------------------------------------


def _wrong_adam(sentence: str) -> Callable[[Callable[..., tuple[Array, Array, Array]]], Any]:
    """The decorated function makes, from m, v, the gradient and the constants, new means and the step."""

    def enter(equations: Callable[..., tuple[Array, Array, Array]]) -> Any:
        def step(
            params: Arrays,
            grads: Arrays,
            state: Any,
            learning_rate: float,
            beta1: float = 0.9,
            beta2: float = 0.999,
            eps: float = 1e-8,
        ) -> Any:
            _require(params, grads)
            zeros = [np.zeros_like(p) for p in params]
            t, ms, vs = (0, zeros, zeros) if state is None else state
            found = [equations(m, v, g, t + 1, beta1, beta2, eps) for m, v, g in zip(ms, vs, grads)]
            moved = [p - learning_rate * s for p, (_, _, s) in zip(params, found)]
            return moved, (t + 1, [m for m, _, _ in found], [v for _, v, _ in found])

        step.__name__ = equations.__name__
        return _CATALOGUE.wrong("adam_step", sentence)(step)

    return enter


def _means(m: Array, v: Array, g: Array, beta1: float, beta2: float) -> tuple[Array, Array]:
    return beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g


@_wrong_adam(
    "The correction of the means is left out. m and v begin at 0, so after t steps they hold only the share "
    "1 - beta^t of their weight; divide each by its own."
)
def no_bias_correction(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    return m, v, m / (np.sqrt(v) + eps)


@_wrong_adam("Only m is corrected; v began at 0 too: divide it by 1 - beta2^t.")
def only_m_corrected(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    return m, v, m / (1 - beta1**t) / (np.sqrt(v) + eps)


@_wrong_adam("Only v is corrected; m began at 0 too: divide it by 1 - beta1^t.")
def only_v_corrected(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    return m, v, m / (np.sqrt(v / (1 - beta2**t)) + eps)


@_wrong_adam(
    "The correction takes t one too small: the first step is t = 1. Count the step before you use its number; with t = 0 "
    "you divide by 0."
)
def counts_from_zero(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    with np.errstate(all="ignore"):
        return m, v, m / np.float64(1 - beta1 ** (t - 1)) / (np.sqrt(v / np.float64(1 - beta2 ** (t - 1))) + eps)


@_wrong_adam("The correction is that of the first step at every step: t has to be counted, and kept in the state.")
def t_never_counted(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    return m, v, m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + eps)


@_wrong_adam(
    "eps stands inside the root. It is added to the root: sqrt(v) + eps. Inside, its own root counts, which is ten "
    "thousand times as large."
)
def eps_inside_the_root(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    return m, v, m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + eps)


@_wrong_adam("eps is left out: where there never was a gradient, 0 / 0 is nan.")
def no_eps(m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    return m, v, m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t))


@_wrong_adam(
    "The root of v is missing: the step is m / (sqrt(v) + eps), so that it does not depend on the loss's unit."
)
def no_root(m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    return m, v, m / (1 - beta1**t) / (v / (1 - beta2**t) + eps)


@_wrong_adam("beta1 and beta2 are confused: beta1 keeps the mean of the gradients, beta2 that of their squares.")
def betas_confused(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta2, beta1)
    return m, v, m / (1 - beta2**t) / (np.sqrt(v / (1 - beta1**t)) + eps)


@_wrong_adam("v is the mean of the gradients' squares, entry by entry; you took the gradients themselves.")
def no_square(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g
    with np.errstate(all="ignore"):
        return m, v, m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)


@_wrong_adam("The square is that of the mean, not the mean of the squares: v gathers grad^2, not m^2.")
def square_of_the_mean(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * m * m
    return m, v, m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)


@_wrong_adam("The new gradient enters whole: it takes the share 1 - beta1 in m, and 1 - beta2 in v.")
def sums_and_no_means(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = beta1 * m + g, beta2 * v + g * g
    return m, v, m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)


@_wrong_adam(
    "The corrected means are kept for the next step: keep m and v as they are, and correct only for this step."
)
def corrected_means_kept(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    m, v = m / (1 - beta1**t), v / (1 - beta2**t)
    return m, v, m / (np.sqrt(v) + eps)


@_wrong_adam("You go up the gradient: the step is subtracted from the parameter.")
def adam_uphill(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(m, v, g, beta1, beta2)
    return m, v, -m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)


@_wrong_adam("The state is begun anew at every step: m, v and t are those that the step before returned.")
def forgets_its_state(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = _means(0 * m, 0 * v, g, beta1, beta2)
    return m, v, m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + eps)


@_wrong_adam("v holds one number for a whole array: each entry has a mean square of its own.")
def one_square_an_array(
    m: Array, v: Array, g: Array, t: int, beta1: float, beta2: float, eps: float
) -> tuple[Array, Array, Array]:
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * np.mean(g * g)
    return m, v, m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)


@_CATALOGUE.wrong(
    "adam_step",
    "The count of steps grows with every parameter: t counts steps, so count once for all parameters together.",
)
def counts_parameters(
    params: Arrays,
    grads: Arrays,
    state: Any,
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> Any:
    _require(params, grads)
    zeros = [np.zeros_like(p) for p in params]
    t, ms, vs = (0, zeros, zeros) if state is None else state
    moved, after = [], []
    for p, g, m, v in zip(params, grads, ms, vs):
        t += 1
        m, v = _means(m, v, g, beta1, beta2)
        moved.append(p - learning_rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps))
        after.append((m, v))
    return moved, (t, [m for m, _ in after], [v for _, v in after])
