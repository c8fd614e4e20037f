"""Known wrong answers of the chapter `dropout`: the way back through single entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.dropout import dropout_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]


def _keeping_all(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    """The right forward, with all that a wrong backward may ask for in its cache."""
    out, (mask, _) = dropout_forward(x, p, training, rng)
    return out, {"x": x, "out": out, "mask": mask, "p": p, "training": training, "rng": rng}


@catalogue.wrong(
    "dropout_backward",
    "A new mask is drawn on the way back: the gradient passes where the signal did not, and stops where it did. dx / dout "
    "must be out / x, entry by entry; keep the mask of the forward in the cache.",
    dropout_forward=_keeping_all,
)
def fresh_mask(dout: Array, cache: Any) -> Array:
    return dropout_forward(dout, cache["p"], cache["training"], cache["rng"])[0]


@catalogue.wrong(
    "dropout_backward",
    "The gradient passes where the signal did, but it is not scaled: dx is 1 - p times what it should be. The forward is "
    "a product with mask / (1 - p), and so is the way back.",
    dropout_forward=_keeping_all,
)
def unscaled_mask(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * (cache["mask"] != 0))


@catalogue.wrong(
    "dropout_backward",
    "The gradient is divided by 1 - p twice: the mask in your cache holds the scale already.",
    dropout_forward=_keeping_all,
)
def scaled_twice(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * cache["mask"] / (1 - cache["p"] if cache["training"] else 1))


@catalogue.wrong(
    "dropout_backward",
    "The gradient is divided by p where the signal was divided by 1 - p. Both ways are multiplied by the same numbers.",
    dropout_forward=_keeping_all,
)
def scaled_by_one_over_p(dout: Array, cache: Any) -> Array:
    if not cache["training"] or not cache["p"]:
        return dout
    return np.asarray(dout * (cache["mask"] != 0) / cache["p"])


@catalogue.wrong(
    "dropout_backward",
    "The gradient is multiplied by 1 - p where it should be divided. The slope of x / (1 - p) is 1 / (1 - p).",
    dropout_forward=_keeping_all,
)
def scaled_down(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * (cache["mask"] != 0) * (1 - cache["p"] if cache["training"] else 1))


@catalogue.wrong(
    "dropout_backward",
    "dx is dout, as if nothing had been dropped. Where out was set to 0 it does not depend on x, and the gradient is 0.",
    dropout_forward=_keeping_all,
)
def mask_ignored(dout: Array, cache: Any) -> Array:
    return dout


@catalogue.wrong(
    "dropout_backward",
    "Every entry of the gradient is scaled, and none is stopped. Where the forward dropped an entry, out does not depend "
    "on x, and dx is 0 there.",
    dropout_forward=_keeping_all,
)
def scaled_without_mask(dout: Array, cache: Any) -> Array:
    return np.asarray(dout / (1 - cache["p"] if cache["training"] else 1))


@catalogue.wrong(
    "dropout_backward",
    "The mask is turned round: your gradient passes exactly where the signal was dropped. An entry that was set to 0 "
    "passes no gradient.",
    dropout_forward=_keeping_all,
)
def mask_turned_round(dout: Array, cache: Any) -> Array:
    if not cache["training"] or not cache["p"]:
        return dout
    return np.asarray(dout * (cache["mask"] == 0) / (1 - cache["p"]))


@catalogue.wrong(
    "dropout_backward",
    "The gradient passes where out is positive, which is the ReLU's rule. Dropout asks no sign: it passes where the entry "
    "was kept.",
    dropout_forward=_keeping_all,
)
def gate_of_relu(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * (cache["out"] > 0) / (1 - cache["p"] if cache["training"] else 1))


@catalogue.wrong(
    "dropout_backward",
    "The gradient is multiplied by out, where the mask belongs. The derivative of x times mask by x is the mask.",
    dropout_forward=_keeping_all,
)
def times_out(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * cache["out"])


@catalogue.wrong(
    "dropout_backward",
    "dout is not in your dx: you return the mask itself, the slope of out by x. What comes back is dout times that slope, "
    "entry by entry.",
    dropout_forward=_keeping_all,
)
def dout_left_out(dout: Array, cache: Any) -> Array:
    return np.asarray(np.ones_like(dout) * cache["mask"])


@catalogue.wrong(
    "dropout_backward",
    "Your mask is read from out: where out is 0 the entry is taken for dropped. But x may be 0 itself, after a ReLU half of "
    "it is, and a kept 0 has a gradient. Keep the mask that was drawn.",
    dropout_forward=_keeping_all,
)
def mask_read_from_out(dout: Array, cache: Any) -> Array:
    if not cache["training"]:
        return dout
    return np.asarray(dout * (cache["out"] != 0) / (1 - cache["p"]))


_LAST: dict[str, Any] = {"mask": 1}


def _keeping_it_outside(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    out, (mask, shape) = dropout_forward(x, p, training, rng)
    _LAST["mask"] = mask
    return out, (mask, shape)


@catalogue.wrong(
    "dropout_backward",
    "The mask is kept outside of the functions, in a global variable, so the backward uses that of the last forward "
    "whichever it belongs to. With two dropout layers both would use one mask. The cache is the place for it.",
    dropout_forward=_keeping_it_outside,
)
def mask_in_a_global(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * _LAST["mask"])


def _keeping_a_mask_always(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _, cache = dropout_forward(x, p, True, rng)
    return dropout_forward(x, p, training, rng)[0] if not training else x * cache[0], cache


@catalogue.wrong(
    "dropout_backward",
    "After a forward in evaluation your gradient is masked all the same. Evaluation is the identity, and so is its way back: "
    "dx is dout.",
    dropout_forward=_keeping_a_mask_always,
)
def masked_in_evaluation(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * cache[0])


@catalogue.wrong(
    "dropout_backward",
    "After a forward in evaluation dx is 1 - p times dout. Nothing was scaled there, so dx is dout.",
    dropout_forward=_keeping_all,
)
def scaled_in_evaluation(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * (cache["mask"] if cache["training"] else dout.dtype.type(1 - cache["p"])))


def _keeping_no_mask_in_evaluation(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    out, (mask, _) = dropout_forward(x, p, training, rng)
    return out, mask if training else None


@catalogue.wrong(
    "dropout_backward",
    "After a forward in evaluation there is no mask in your cache, and the backward multiplies by None. It has to know the "
    "mode: in evaluation dx is dout.",
    dropout_forward=_keeping_no_mask_in_evaluation,
)
def no_mask_in_evaluation(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * cache)


@catalogue.wrong(
    "dropout_backward",
    "dx is 0 everywhere: after a forward in evaluation too. Is it filled after it was made?",
    dropout_forward=_keeping_all,
)
def zeros(dout: Array, cache: Any) -> Array:
    return np.zeros_like(dout)


@catalogue.wrong(
    "dropout_backward",
    "dout itself is changed: dout *= mask writes into the caller's array. The values are right; make a new array for dx.",
    dropout_forward=_keeping_all,
)
def written_into_dout(dout: Array, cache: Any) -> Array:
    dout *= cache["mask"]
    return dout


@catalogue.wrong(
    "dropout_backward",
    "The mask in the cache is changed: it becomes the gradient itself, and a second backward with the same cache goes "
    "wrong. The first is right; make a new array for dx.",
    dropout_forward=lambda x, p, training, rng: _with_whole_mask(x, p, training, rng),
)
def written_into_the_mask(dout: Array, cache: Any) -> Array:
    cache *= dout
    return np.asarray(cache)


def _with_whole_mask(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    out, (mask, _) = dropout_forward(x, p, training, rng)
    return out, np.array(np.broadcast_to(mask, x.shape), x.dtype)


@catalogue.wrong(
    "dropout_backward",
    "The values are right, but float32 has become float64 on the way back. The mask is to have the dtype of x.",
    dropout_forward=_keeping_all,
)
def widened(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * np.asarray(cache["mask"], np.float64))
