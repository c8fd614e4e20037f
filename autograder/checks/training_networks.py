"""What is measured of any network: its loss, its gradients, and whether its parameters are its own to be changed.

A measure is given whatever a student's methods returned, and says what it is not, if it is not what it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.exercise import NUDGE, Call, Made, Observed, Result
from autograder.training_loop import direction

NETWORK = Result(0, 0)
RIGHT = "as it should be"
# Small, lest a ReLU on the way changes its mind; a loss has digits enough for it.
_STEP = 1e-7
_NEAR = 0.02

Array = np.ndarray


def right() -> Observed:
    return Observed(RIGHT)


def asked(names: Sequence[str]) -> Mapping[str, Any]:
    """What a case that takes long asks of each of its measures."""
    return {name: right() for name in names}


def real(value: Any, shape: tuple[int, ...]) -> Array | None:
    """The value as float64, if it is an array of finite real numbers with this shape."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu" or value.shape != shape:
        return None
    array = value.astype(np.float64)
    return array if np.all(np.isfinite(array)) else None


def described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        finite = value.dtype.kind not in "fc" or bool(np.all(np.isfinite(value)))
        return f"an array of shape {value.shape}" + ("" if finite else " with nan or inf in it")
    return type(value).__name__


def cross_entropy(logits: Array, labels: Array) -> Array:
    """Of each row, in nats."""
    own = np.take_along_axis(logits, labels[..., None], axis=-1)[..., 0]
    entropies: Array = np.logaddexp.reduce(logits, axis=-1) - own
    return entropies


def loss_of(made: Made) -> float | None:
    """The first of the two values of loss_and_gradients, if it is a finite number."""
    if not isinstance(made.returned, tuple) or len(made.returned) != 2:
        return None
    loss = made.returned[0]
    if isinstance(loss, np.ndarray) and loss.shape == () and loss.dtype.kind == "f":
        loss = float(loss)
    return loss if isinstance(loss, float) and np.isfinite(loss) else None


def gradients_of(made: Made) -> list[Array] | None:
    """The second of the two values of loss_and_gradients, if it is a list of arrays."""
    if not isinstance(made.returned, tuple) or len(made.returned) != 2:
        return None
    return arrays(made.returned[1])


def arrays(value: Any) -> list[Array] | None:
    if not isinstance(value, list | tuple) or not value:
        return None
    found = [each for each in value if isinstance(each, np.ndarray) and each.dtype.kind == "f"]
    return found if len(found) == len(value) else None


def compared_loss(loss: float | None, candidates: Mapping[str, float]) -> Observed:
    """The loss beside what it should be (the candidate called RIGHT) and what it may be by mistake."""
    if loss is None:
        return Observed(
            "no number", "loss_and_gradients is to return two values: the loss, a float, and a list of gradients."
        )
    off = {name: abs(loss - value) / max(abs(value), 1e-3) for name, value in candidates.items()}
    # An untrained network's losses lie near each other, or are one: the nearest counts, and the right one before all.
    name = RIGHT if off[RIGHT] <= 1e-6 else min(off, key=off.__getitem__)
    if off[name] <= 1e-4:
        told = f"The loss is {name}: {loss:.4f} where {candidates[RIGHT]:.4f} is expected."
        return right() if name == RIGHT else Observed(name, told)
    told = f"The loss is {loss:.4f}; what the network itself computes for this batch gives {candidates[RIGHT]:.4f}."
    return Observed("another number", told)


def repeated(first: Made, second: Made) -> Observed:
    """The same batch and the same seed twice: the same loss, the same gradients."""
    before, after = gradients_of(first), gradients_of(second)
    if before is None or after is None or len(before) != len(after):
        return Observed("no gradients", "The gradients are to be a list of arrays, one for each parameter.")
    if any(one.shape != other.shape for one, other in zip(before, after, strict=True)):
        return Observed("other shapes", "Called twice, loss_and_gradients returns gradients of other shapes.")
    if _alike(after, before, 1.0):
        return right()
    if _alike(after, before, 2.0):
        return Observed("added up", "Called twice, the second gradients are the sum of both: start each call at zero.")
    return Observed(
        "different", "Called twice with one batch and one seed, loss_and_gradients gives different gradients."
    )


def _alike(some: Sequence[Array], others: Sequence[Array], factor: float) -> bool:
    whole = np.sqrt(sum(float(np.sum(np.square(other))) for other in others))
    apart = np.sqrt(
        sum(float(np.sum(np.square(one - factor * other))) for one, other in zip(some, others, strict=True))
    )
    return bool(apart <= 1e-6 * max(factor * whole, 1e-300))


# --- gradients by differences --------------------------------------------------------------------------------------


def nudges(exercise: str, loss: Call, count: int, rng: np.random.Generator) -> tuple[Call, ...]:
    """The loss with `count` parameters in turn moved a little along a random direction, forth and back.

    Of a network with more parameters than that the last are left alone; of one with fewer the first come up again.
    """
    calls: list[Call] = []
    for place in range(count):
        seed = int(rng.integers(2**31))

        def nudge(size: float, place: int = place, seed: int = seed) -> Call:
            arguments = {"network": NETWORK, "place": place, "seed": seed, "size": size}
            return Call(f"{exercise}.{NUDGE}", arguments, ("nothing",))

        calls += [nudge(_STEP), loss, nudge(-2 * _STEP), loss, nudge(_STEP)]
    return tuple(calls)


def gradients(made: Sequence[Made]) -> dict[str, Observed]:
    """The gradients of the second call beside the slopes that nudges of the parameters show."""
    found = gradients_of(made[1])
    if found is None:
        return {
            "gradients": Observed(
                "no gradients", "The gradients are to be a list of float arrays, one for each parameter."
            )
        }
    tried = made[2 : 2 + 5 * len(found)]
    pairs = [_slopes(found, tried[start : start + 5]) for start in range(0, len(tried), 5)]
    if any(pair is None for pair in pairs):
        return {"gradients": Observed("no number", "The loss is not a finite number once the parameters have moved.")}
    return {"gradients": _judged([pair for pair in pairs if pair is not None], found)}


def _slopes(found: Sequence[Array], calls: Sequence[Made]) -> tuple[float, float] | None:
    """Along a direction: what the gradient says, and what the losses say."""
    arguments = calls[0].call.arguments
    gradient = found[arguments["place"] % len(found)]
    above, below = loss_of(calls[1]), loss_of(calls[3])
    if above is None or below is None:
        return None
    told = float(np.sum(gradient * direction(arguments["seed"], gradient.shape)))
    return told, (above - below) / (2 * _STEP)


def _judged(pairs: Sequence[tuple[float, float]], found: Sequence[Array]) -> Observed:
    told, shown = (np.array(values) for values in zip(*pairs, strict=True))
    if np.all(shown == 0) and np.any(told != 0):
        return Observed(
            "no effect",
            "The loss stays the same when the arrays of parameters() change: return the arrays that the "
            "network computes with, not copies of them, in float64.",
        )
    least = 1e-3 * float(np.abs(shown).max())
    wrong = np.abs(told - shown) > _NEAR * np.maximum(np.maximum(np.abs(told), np.abs(shown)), least)
    if not np.any(wrong):
        return right()
    large = np.abs(shown) > 0.1 * least  # the last layer may outweigh all others
    ratios = told[large] / shown[large]
    if ratios.size > 1 and np.all(np.abs(ratios / ratios[0] - 1) < _NEAR):
        return Observed(
            f"{ratios[0]:.2g} times",
            f"Every gradient is {ratios[0]:.3g} times what small changes of the parameters do to your own loss.",
        )
    places = [int(place) for place in np.flatnonzero(wrong)]
    shapes = ", ".join(f"parameters()[{place}], of shape {found[place].shape}" for place in places[:4])
    more = f" and {len(places) - 4} more" if len(places) > 4 else ""
    return Observed(
        f"wrong at {places}",
        f"Small changes of {shapes}{more} change your own loss otherwise than the gradient says. Is the backward "
        "right of the layer that holds it, and of each layer after it? Do gradients and parameters stand in one order?",
    )


# --- learning ------------------------------------------------------------------------------------------------------


def reached(value: float | None, steps: Mapping[str, float], tell: Callable[[float], str]) -> dict[str, Observed]:
    """Of each step whether it is reached; `steps` ask for at least so much."""
    if value is None:
        told = "After training, forward does not return finite numbers of the right shape."
        return {name: Observed("nothing", told) for name in steps}
    return {name: right() if value >= least else Observed("not reached", tell(value)) for name, least in steps.items()}
