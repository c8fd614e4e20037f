"""CharLSTM: its probabilities, that it does not look ahead, its loss, gradients and samples; and bits on real text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograder.checks.training_data import text
from autograder.checks.training_networks import (
    NETWORK,
    RIGHT,
    Array,
    asked,
    compared_loss,
    described,
    gradients,
    loss_of,
    nudges,
    reached,
    real,
    repeated,
    right,
)
from autograder.exercise import TRAIN, Call, Case, Exercise, Made, Observed, Rng

_NAME = "CharLSTM"
_VOCABULARY, _STEPS, _EXAMPLES = 7, 6, 3
_LENGTH = 120  # of a sample
_COMMON, _SHORT = (2, 5), 30  # the characters of a text that is learned in so many steps
# Bits per character that earn each step. Counting characters gives 4.6, counting pairs 3.8 on the same text.
_BITS = {"bits_4_2": 4.2, "bits_3_6": 3.6, "bits_3_4": 3.4, "bits_3_2": 3.2}
_HELD_OUT = (128, 40)  # steps and pieces of the held-out text
_SECONDS = 420.0


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _made(rng: np.random.Generator, vocabulary_size: int = _VOCABULARY) -> Call:
    return Call(_NAME, {"vocabulary_size": vocabulary_size, "rng": Rng(_seed(rng))}, ("cache",))


def _forward(tokens: Array) -> Call:
    return Call(f"{_NAME}.forward", {"network": NETWORK, "tokens": tokens}, ("log_probabilities",))


def _loss(tokens: Array) -> Call:
    return Call(f"{_NAME}.loss_and_gradients", {"network": NETWORK, "tokens": tokens}, ("loss", "gradients"))


def _train(tokens: Array, batch: int, span: int, steps: int, learning_rate: float, seed: int) -> Call:
    arguments = {
        "network": NETWORK,
        "data": [tokens],
        "batch": batch,
        "span": span,
        "steps": steps,
        "learning_rate": learning_rate,
        "seed": seed,
        "draws": False,
    }
    return Call(f"{_NAME}.{TRAIN}", arguments, ("losses",), seconds=_SECONDS)


def _sample(seed: int) -> Call:
    return Call(f"{_NAME}.sample", {"network": NETWORK, "length": _LENGTH, "rng": Rng(seed)}, ("tokens",))


def _cases(rng: np.random.Generator) -> list[Case]:
    tokens = rng.integers(0, _VOCABULARY, (_STEPS, _EXAMPLES))
    later = tokens.copy()
    later[_STEPS // 2 :] = (later[_STEPS // 2 :] + 1) % _VOCABULARY
    loss = _loss(tokens)
    seed, other = _seed(rng), _seed(rng)
    corpus = text()
    steps, pieces = _HELD_OUT
    held_out = corpus.tokens(corpus.held_out)[: steps * pieces].reshape(pieces, steps).T
    return [
        Case(
            f"an untrained model of {_VOCABULARY} characters",
            "values",
            (_made(rng), _forward(tokens), loss, loss),
            measure="untrained",
        ),
        Case(
            "sequences that part after half their steps",
            "modes",
            (_made(rng), _forward(tokens), _forward(later), _forward(tokens), _forward(tokens[:, :1])),
            measure="independent",
        ),
        Case(
            f"samples, and one after {_SHORT} steps on a text of two characters",
            "special",
            (
                _made(rng),
                _sample(seed),
                _sample(seed),
                _sample(other),
                _train(rng.choice(_COMMON, 200), 4, 9, _SHORT, 0.05, _seed(rng)),
                _sample(seed),
            ),
            measure="samples",
        ),
        Case(
            "the gradients of three sequences",
            "gradients",
            (_made(rng), loss, *nudges(_NAME, loss, 8, rng)),
            measure="gradients",
        ),
        Case(
            "250 steps on the language reference, then text kept aside",
            "values",
            (
                _made(rng, len(corpus.characters)),
                _train(corpus.tokens(corpus.train), 16, 25, 250, 0.02, _seed(rng)),
                _forward(held_out),
            ),
            measure="bits",
            withheld={"tokens": held_out, "vocabulary_size": len(corpus.characters)},
            asked=asked(list(_BITS)),
        ),
    ]


# --- what is measured ----------------------------------------------------------------------------------------------


def _untrained(made: Sequence[Made]) -> dict[str, Observed]:
    """Of (constructor, forward, loss, the same loss)."""
    _, forward, loss, again = made
    logs = real(forward.first, (_STEPS, _EXAMPLES, _VOCABULARY))
    return {
        "log_probabilities": _form(forward, logs),
        "loss": _loss_beside(logs, loss_of(loss), forward.call.arguments["tokens"]),
        "repeated": repeated(loss, again),
    }


def _form(made: Made, logs: Array | None) -> Observed:
    if logs is None:
        return Observed(
            "none",
            f"forward returned {described(made.returned)}; finite log-probabilities of shape (T, N, V) are expected.",
        )
    sums = np.exp(logs).sum(axis=-1)
    if np.allclose(sums, 1, atol=1e-5):
        return right()
    if np.allclose(logs.sum(axis=-1), 1, atol=1e-5) and np.all(logs >= 0):
        return Observed("probabilities", "forward returns probabilities; their natural logarithms are asked.")
    if np.allclose(np.exp2(logs).sum(axis=-1), 1, atol=1e-5):
        return Observed("to base two", "forward returns logarithms to the base 2; natural ones are asked.")
    for axis, name in ((0, "over the steps"), (1, "over the examples")):
        if np.allclose(np.exp(logs).sum(axis=axis), 1, atol=1e-5):
            return Observed(name, f"The softmax is taken {name}: it belongs over the characters, the last axis.")
    return Observed(
        "no probabilities",
        f"The exponentials of forward sum to {sums.min():.3g} up to {sums.max():.3g} over the characters, not to 1: "
        "log-probabilities are the logits minus the logarithm of the sum of their exponentials.",
    )


def _loss_beside(logs: Array | None, loss: float | None, tokens: Array) -> Observed:
    if logs is None:
        return Observed("none", "The loss cannot be compared: forward does not return finite log-probabilities.")

    def taken(before: Array, own: Array) -> Array:
        return -np.take_along_axis(before, own[..., None], axis=-1)[..., 0]

    each = taken(logs[:-1], tokens[1:])
    return compared_loss(
        loss,
        {
            RIGHT: float(each.mean()),
            "the sum over all predictions, not the mean": float(each.sum()),
            "the sum over the steps; the mean over all predictions is asked": float(each.sum() / _EXAMPLES),
            "the sum over the sequences; the mean over all predictions is asked": float(each.sum() / (_STEPS - 1)),
            "in bits; nats are asked": float(each.mean() / math.log(2)),
            "that of predicting each character from itself: shift the targets by a step": float(
                taken(logs, tokens).mean()
            ),
            "divided by T steps, of which only T - 1 have a character to come": float(
                each.sum() / (_STEPS * _EXAMPLES)
            ),
        },
    )


def _independent(made: Sequence[Made]) -> dict[str, Observed]:
    """Of (constructor, forward, with other tokens later on, once more, of the first sequence alone)."""
    shape = (_STEPS, _EXAMPLES, _VOCABULARY)
    first, later, again = (real(each.first, shape) for each in made[1:4])
    alone = real(made[4].first, (_STEPS, 1, _VOCABULARY))
    if first is None or later is None or again is None or alone is None:
        none = Observed("none", "forward does not return finite log-probabilities of shape (T, N, V).")
        return {"no_later_token": none, "no_state_kept": none, "no_other_sequence": none, "tokens_matter": none}
    half = _STEPS // 2
    return {
        "no_later_token": right() if _near(first[:half], later[:half]) else Observed("looks ahead", _LOOKS_AHEAD),
        "no_state_kept": right() if _near(first, again) else Observed("keeps its state", _KEEPS),
        "no_other_sequence": right() if _near(first[:, :1], alone) else Observed("mixes", _MIXES),
        "tokens_matter": Observed("does not read", _BLIND) if _near(first[half:], later[half:]) else right(),
    }


def _near(one: Array, other: Array) -> bool:
    return bool(np.allclose(one, other, rtol=1e-6, atol=1e-6))


_LOOKS_AHEAD = "What forward says after a token changes with the tokens that come later: it may know only those before."
_KEEPS = (
    "Called again with the same tokens, forward gives something else: begin every call at a state of zeros. The "
    "sequences of one batch have nothing to do with those of the last."
)
_MIXES = (
    "What forward says of a sequence changes with the sequences beside it: the axes of time and batch are mixed up."
)
_BLIND = "What forward says does not depend on the tokens that it has read."


def _samples(made: Sequence[Made]) -> dict[str, Observed]:
    """Of (constructor, a sample, with the same seed, with another, training, a sample)."""
    found = [made[place].first for place in (1, 2, 3, 5)]
    if any(each is None or each.shape != (_LENGTH,) or each.dtype.kind not in "iu" for each in found):
        none = Observed(
            "no tokens", f"sample returned {described(made[1].returned)}; integers of shape (length,) are expected."
        )
        return dict.fromkeys(("sample", "sample_by_rng", "sample_as_learned"), none)
    first, again, other, learned = (each for each in found if each is not None)
    return {
        "sample": _kinds(first, learned),
        "sample_by_rng": _by_rng(first, again, other),
        "sample_as_learned": _as_learned(learned),
    }


def _kinds(tokens: Array, learned: Array) -> Observed:
    if tokens.min() < 0 or tokens.max() >= _VOCABULARY:
        told = f"sample returns tokens from {tokens.min()} to {tokens.max()}, of 0 to {_VOCABULARY - 1}."
        return Observed("out of range", told)
    if len(np.unique(tokens)) < _VOCABULARY - 1 or _goes_round(tokens) or _goes_round(learned):
        return Observed("few", "sample repeats itself: draw each token by its probability, do not take the likeliest.")
    return right()


def _goes_round(tokens: Array) -> bool:
    """Whether a sample's later half is one stretch over and over: where the likeliest is taken, all may take turns."""
    later = tokens[_LENGTH // 2 :]
    return any(np.array_equal(later[period:], later[:-period]) for period in range(1, _LENGTH // 3))


def _by_rng(first: Array, again: Array, other: Array) -> Observed:
    if not np.array_equal(first, again):
        return Observed("not by rng", "Two samples with one seed differ: begin at zeros, and draw from rng.")
    if np.array_equal(first, other):
        return Observed("always the same", "Samples with two seeds are the same: draw from rng.")
    return right()


def _as_learned(tokens: Array) -> Observed:
    share = float(np.mean(np.isin(tokens, _COMMON)))
    if share > 0.5:
        return right()
    return Observed(
        "the other way round" if share < 0.05 else "not as learned",
        f"After {_SHORT} steps on a text of two characters, {share:.0%} of what sample draws are these two: draw by "
        "the probabilities that forward gives.",
    )


def _bits(made: Sequence[Made], tokens: Array, vocabulary_size: int) -> dict[str, Observed]:
    logs = real(made[-1].first, (*tokens.shape, vocabulary_size))
    if logs is None or not np.allclose(np.exp(logs).sum(axis=-1), 1, atol=1e-4):
        return reached(None, _BITS, str)
    own = np.take_along_axis(logs[:-1], tokens[1:, :, None], axis=-1)
    bits = -float(own.mean()) / math.log(2)

    def tell(bits: float) -> str:
        wanted = ", ".join(f"{each:g}" for each in _BITS.values())
        return f"{-bits:.2f} bits per character on text kept aside; at most {wanted} earn points."

    return reached(-bits, {name: -most for name, most in _BITS.items()}, tell)


CHAR_LSTM = Exercise(
    _NAME,
    30,
    (
        *("log_probabilities", "loss", "repeated", "no_later_token", "no_state_kept", "no_other_sequence"),
        *("tokens_matter", "sample", "sample_by_rng", "sample_as_learned", "gradients", *_BITS),
    ),
    _cases,
    weights={"shapes": 0, "dtype": 0, "inputs": 1, "values": 12, "gradients": 6, "modes": 4, "special": 2},
    measures={
        "untrained": _untrained,
        "independent": _independent,
        "samples": _samples,
        "gradients": gradients,
        "bits": _bits,
    },
    design=True,
)
