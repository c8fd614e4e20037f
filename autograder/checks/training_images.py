"""ConvNet: what it computes in both modes, its loss and gradients, ten digits by heart, and the digits kept aside."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograder.checks.training_data import digits
from autograder.checks.training_networks import (
    NETWORK,
    RIGHT,
    Array,
    asked,
    compared_loss,
    cross_entropy,
    described,
    gradients,
    loss_of,
    nudges,
    reached,
    real,
    repeated,
    right,
)
from autograder.exercise import TRAIN, Call, Case, Exercise, Made, Observed, Result, Rng

_NAME = "ConvNet"
_CLASSES = 10
_IMAGES = 6
# The share of held-out digits that earns each step. The reference reaches more than the last.
_SHARES = {"accuracy_80": 0.80, "accuracy_90": 0.90, "accuracy_94": 0.94, "accuracy_96": 0.96}
# Ten times what the reference takes on a slow machine, and more.
_SECONDS = 240.0


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _made(rng: np.random.Generator) -> Call:
    return Call(_NAME, {"rng": Rng(_seed(rng))}, ("cache",))


def _forward(images: Array, training: bool, seed: int, network: Result = NETWORK) -> Call:
    arguments = {"network": network, "images": images, "training": training, "rng": Rng(seed)}
    return Call(f"{_NAME}.forward", arguments, ("logits",))


def _loss(images: Array, labels: Array, seed: int) -> Call:
    arguments = {"network": NETWORK, "images": images, "labels": labels, "rng": Rng(seed)}
    return Call(f"{_NAME}.loss_and_gradients", arguments, ("loss", "gradients"))


def _train(images: Array, labels: Array, batch: int, steps: int, learning_rate: float, seed: int) -> Call:
    arguments = {
        "network": NETWORK,
        "data": [images, labels],
        "batch": batch,
        "span": None,
        "steps": steps,
        "learning_rate": learning_rate,
        "seed": seed,
        "draws": True,
    }
    return Call(f"{_NAME}.{TRAIN}", arguments, ("losses",), seconds=_SECONDS)


def _batch(rng: np.random.Generator, count: int) -> tuple[Array, Array]:
    """Images of grey noise: no two alike, and none near another."""
    return rng.random((count, 1, 8, 8)), rng.integers(0, _CLASSES, count)


def _cases(rng: np.random.Generator) -> list[Case]:
    images, labels = _batch(rng, _IMAGES)
    few, their_labels = _batch(rng, 4)
    first, second = _seed(rng), _seed(rng)
    data = digits()
    ten = np.array([rng.choice(np.flatnonzero(data.labels == digit)) for digit in range(_CLASSES)])
    loss, few_loss = _loss(images, labels, first), _loss(few, their_labels, second)
    return [
        Case(
            "an untrained network and six images",
            "values",
            (_made(rng), _forward(images, False, first), _forward(images, True, first), loss, loss),
            measure="untrained",
        ),
        Case(
            "an untrained network in both modes",
            "modes",
            (
                _made(rng),
                _loss(images + 1, labels, first),
                _forward(images, False, first),
                _forward(images, False, second),
                _forward(images[2:3], False, first),
                _forward(images, True, first),
            ),
            measure="modes",
        ),
        Case(
            "the gradients of four images",
            "gradients",
            (_made(rng), few_loss, *nudges(_NAME, few_loss, 12, rng)),
            measure="gradients",
        ),
        Case(
            "ten digits, 60 steps",
            "values",
            (
                _made(rng),
                _train(data.images[ten], data.labels[ten], 10, 60, 0.01, _seed(rng)),
                _forward(data.images[ten], False, first),
            ),
            measure="by_heart",
            withheld={"labels": data.labels[ten]},
            asked=asked(["by_heart"]),
        ),
        Case(
            f"{len(data.labels)} digits, 150 steps of 64, then {len(data.held_out_labels)} others",
            "special",
            (
                _made(rng),
                _train(data.images, data.labels, 64, 150, 0.004, _seed(rng)),
                _forward(data.held_out_images, False, first),
            ),
            measure="accuracy",
            withheld={"labels": data.held_out_labels},
            asked=asked(list(_SHARES)),
        ),
    ]


# --- what is measured ----------------------------------------------------------------------------------------------


def _untrained(made: Sequence[Made]) -> dict[str, Observed]:
    """Of (constructor, evaluation, training, loss, the same loss)."""
    _, evaluation, training, loss, again = made
    logits = real(training.first, (_IMAGES, _CLASSES))
    told = loss_of(loss)
    return {
        "logits": _form(evaluation),
        "first_loss": _first_loss(told),
        "loss": _loss_beside(logits, real(evaluation.first, (_IMAGES, _CLASSES)), told, loss.call.arguments["labels"]),
        "repeated": repeated(loss, again),
    }


def _form(made: Made) -> Observed:
    logits = real(made.first, (_IMAGES, _CLASSES))
    if logits is None:
        what = described(made.returned)
        return Observed("no logits", f"forward returned {what}; finite logits of shape (N, {_CLASSES}) are expected.")
    if np.all(logits >= 0) and np.allclose(logits.sum(axis=1), 1):
        return Observed(
            "probabilities",
            "forward returns probabilities: leave the softmax to the loss, which takes logits. Taken twice, it "
            "flattens every difference, and the network hardly learns.",
        )
    return right()


def _first_loss(loss: float | None) -> Observed:
    guess = math.log(_CLASSES)
    if loss is None:
        return compared_loss(None, {})
    if abs(loss - guess) <= 0.4:
        return right()
    what = "above" if loss > guess else "below"
    return Observed(
        what,
        f"Before any training the loss is {loss:.3f}, {what} that of guessing, ln 10 = {guess:.3f}: the weights of the "
        "last layer are to begin small, and the loss is the mean over the batch.",
    )


def _loss_beside(logits: Array | None, evaluation: Array | None, loss: float | None, labels: Array) -> Observed:
    if logits is None or evaluation is None:
        return Observed("no logits", "The loss cannot be compared: forward does not return finite logits.")
    entropies = cross_entropy(logits, labels)
    return compared_loss(
        loss,
        {
            RIGHT: float(entropies.mean()),
            "the sum over the batch, not the mean": float(entropies.sum()),
            "that of evaluation mode; training is asked": float(cross_entropy(evaluation, labels).mean()),
        },
    )


def _modes(made: Sequence[Made]) -> dict[str, Observed]:
    """Of (constructor, a loss, evaluation, evaluation by another seed, of one image alone, training)."""
    _, _, first, second, alone, training = made
    logits, others, own = (
        real(each.first, (count, _CLASSES)) for each, count in ((first, _IMAGES), (second, _IMAGES), (alone, 1))
    )
    trained = real(training.first, (_IMAGES, _CLASSES))
    if logits is None or others is None or own is None or trained is None:
        missing = Observed("no logits", "forward does not return finite logits of shape (N, 10) in both modes.")
        return {"evaluation": missing, "alone": missing, "training": missing}
    small = 1e-6 * float(np.abs(logits).max())
    still, apart = Observed("draws", _DRAWS), Observed("depends on the batch", _DEPENDS)
    same = Observed("as in evaluation", _SAME)
    return {
        "evaluation": right() if np.allclose(logits, others, rtol=1e-6, atol=small) else still,
        "alone": right() if np.allclose(logits[2:3], own, rtol=1e-6, atol=small) else apart,
        "training": same if np.allclose(logits, trained, rtol=1e-6, atol=small) else right(),
    }


_DRAWS = "In evaluation the logits change with rng: dropout is to drop in training alone."
_DEPENDS = (
    "In evaluation an image's logits change with the images beside it: batch norm is to take the running statistics "
    "there, which training has moved, and not those of the batch."
)
_SAME = "forward gives the same in training as in evaluation: pass `training` on to batch norm and dropout."


def _by_heart(made: Sequence[Made], labels: Array) -> dict[str, Observed]:
    logits = real(made[-1].first, (len(labels), _CLASSES))
    if logits is None:
        return {"by_heart": Observed("nothing", "After training, forward does not return finite logits.")}
    loss = float(cross_entropy(logits, labels).mean())
    if loss < 0.1:
        return {"by_heart": right()}
    return {
        "by_heart": Observed(
            "not learned",
            f"After 60 steps on ten images their loss is still {loss:.3f} in evaluation; a network whose gradients are "
            "right, and whose running statistics move, knows them by heart (below 0.1).",
        )
    }


def _accuracy(made: Sequence[Made], labels: Array) -> dict[str, Observed]:
    logits = real(made[-1].first, (len(labels), _CLASSES))
    share = None if logits is None else float(np.mean(logits.argmax(axis=1) == labels))

    def tell(share: float) -> str:
        wanted = ", ".join(f"{each:.0%}" for each in _SHARES.values())
        return f"{share:.1%} of the held-out digits are right; {wanted} earn points."

    return reached(share, _SHARES, tell)


CONV_NET = Exercise(
    _NAME,
    30,
    (
        *("logits", "first_loss", "loss", "repeated", "evaluation", "alone", "training", "gradients", "by_heart"),
        *_SHARES,
    ),
    _cases,
    weights={"shapes": 0, "dtype": 0, "inputs": 1, "values": 6, "gradients": 6, "modes": 4, "special": 8},
    measures={
        "untrained": _untrained,
        "modes": _modes,
        "gradients": gradients,
        "by_heart": _by_heart,
        "accuracy": _accuracy,
    },
    design=True,
)
