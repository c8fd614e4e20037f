"""Known wrong answers of the chapter `dropout`: whole channels, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.dropout import dropout2d_forward as right
from solutions.dropout import dropout_forward

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]


def _result(x: Array, kept: Array, factor: float, training: bool) -> Out:
    mask = np.asarray(kept).astype(x.dtype) * x.dtype.type(factor) if training else 1
    return x * mask, (mask, x.shape)


def _drawn(x: Array, p: float, training: bool, rng: np.random.Generator, shape: tuple[int, ...]) -> Out:
    """Dropout with a mask of another shape."""
    if not 0 <= p < 1:
        raise ValueError(f"p must be in 0 <= p < 1, not {p}")
    return _result(x, rng.random(shape) >= p, 1 / (1 - p), training)


def _scaled(x: Array, p: float, training: bool, rng: np.random.Generator, factor: float, keep: float) -> Out:
    """Dropout of channels that keeps each with probability `keep` and multiplies it by `factor`."""
    if not 0 <= p < 1:
        raise ValueError(f"p must be in 0 <= p < 1, not {p}")
    return _result(x, rng.random((*x.shape[:2], 1, 1)) < keep, factor, training)


# --- dropout2d_forward ---------------------------------------------------------------------------------------------


@catalogue.wrong(
    "dropout2d_forward",
    "Within a channel some pixels are dropped and others kept: the channels are torn. Here each channel of each image stays or "
    "goes as a whole: one draw for each (n, c), spread over height and width.",
)
def single_pixels(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return dropout_forward(x, p, training, rng)


@catalogue.wrong(
    "dropout2d_forward",
    "One mask serves all images: the same channels are dropped in each of them. Every image is to lose channels of its "
    "own, so there is one draw for each (n, c).",
)
def same_channels_for_all_images(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _drawn(x, p, training, rng, (1, x.shape[1], 1, 1))


@catalogue.wrong(
    "dropout2d_forward",
    "Whole images are dropped, with all of their channels. Axis 1 holds the channels; each of them is decided by itself.",
)
def whole_images(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _drawn(x, p, training, rng, (len(x), 1, 1, 1))


@catalogue.wrong(
    "dropout2d_forward",
    "Places are dropped, through all channels at once. It is the other way round: a dropped channel is dropped at all of "
    "its places, whatever happens to the others.",
)
def places_through_all_channels(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _drawn(x, p, training, rng, (len(x), 1, *x.shape[2:]))


@catalogue.wrong(
    "dropout2d_forward",
    "The product with the mask fails: a mask of shape (N, C) meets the last axes of x, width and height. It needs two more "
    "axes of length 1 at its end.",
)
def mask_without_axes(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _drawn(x, p, training, rng, x.shape[:2])


@catalogue.wrong(
    "dropout2d_forward",
    "One number is drawn for the whole batch: everything is kept, or everything dropped. There is one draw for each (n, c).",
)
def one_draw_for_all(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _drawn(x, p, training, rng, (1, 1, 1, 1))


@catalogue.wrong(
    "dropout2d_forward",
    "Each channel is kept with probability p. p is the probability of being dropped: where p = 0.3, 30 % of the channels "
    "are to come back as 0, not 70 %.",
)
def p_and_1_minus_p(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _scaled(x, p, training, rng, 1 / (1 - p) if p < 1 else 0, p)


@catalogue.wrong(
    "dropout2d_forward",
    "Your p is the probability of keeping a channel, in the draw and in the scale. Here it is that of dropping one: keep "
    "with probability 1 - p, and divide by that.",
)
def keep_probability(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _scaled(x, p, training, rng, 1 / p if p else 1, p)


@catalogue.wrong(
    "dropout2d_forward",
    "The right share of channels is dropped, but those kept are not scaled: on average out is only 1 - p times x.",
)
def not_scaled(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _scaled(x, p, training, rng, 1, 1 - p)


@catalogue.wrong(
    "dropout2d_forward",
    "The channels that are kept are divided by p, where 1 - p belongs: that is how often a channel is kept.",
)
def scaled_by_one_over_p(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _scaled(x, p, training, rng, 1 / p if p else 1, 1 - p)


@catalogue.wrong(
    "dropout2d_forward",
    "The channels that are kept are multiplied by 1 - p. To make up for those dropped they are divided by it.",
)
def scaled_down(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _scaled(x, p, training, rng, 1 - p, 1 - p)


@catalogue.wrong(
    "dropout2d_forward",
    "Half of the channels are dropped and the others doubled, whatever p is: 0.5 stands where p belongs.",
)
def p_ignored(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _scaled(x, p, training, rng, 2, 0.5)


@catalogue.wrong(
    "dropout2d_forward",
    "Channels are scaled by 1/(1 - p) in training and the images by 1 - p in evaluation: one scaling too many. Evaluation "
    "leaves x as it is.",
)
def both_scalings(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, True, rng) if training else (right(x, p, False, rng)[0] * x.dtype.type(1 - p), (1 - p, x.shape))


@catalogue.wrong(
    "dropout2d_forward",
    "Channels are dropped in evaluation too. Where training is False, out is x.",
)
def active_in_evaluation(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, True, rng)


@catalogue.wrong(
    "dropout2d_forward",
    "No channel is ever dropped: in training out is x, as if it were evaluation.",
)
def identity_in_training(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, False, rng)


@catalogue.wrong(
    "dropout2d_forward",
    "np.random.seed stands in your function: every call drops the same channels, and every other user of np.random starts "
    "over. rng brings its own seed.",
)
def global_seed(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    np.random.seed(0)
    return _drawn(x, p, training, np.random, (*x.shape[:2], 1, 1))  # type: ignore[arg-type]


@catalogue.wrong(
    "dropout2d_forward",
    "Your mask comes from np.random: with one seed of rng it is another one each time. Draw from rng.",
)
def global_random_state(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _drawn(x, p, training, np.random, (*x.shape[:2], 1, 1))  # type: ignore[arg-type]


@catalogue.wrong(
    "dropout2d_forward",
    "A generator with a seed of its own is made inside, so every call drops the same channels, and the others learn to do "
    "without them for good. Draw from rng.",
)
def seeded_inside(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, training, np.random.default_rng(0))


@catalogue.wrong(
    "dropout2d_forward",
    "Your function takes any p. Raise a ValueError unless 0 <= p < 1, in evaluation too; dropout_forward has the same rule.",
)
def p_not_checked(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        kept = rng.random((*x.shape[:2], 1, 1)) >= p
        return _result(x, kept, float(np.divide(1, 1 - p)), training)


@catalogue.wrong(
    "dropout2d_forward",
    "p is checked in training only. Raise the ValueError before you look at training.",
)
def p_not_checked_in_evaluation(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, True, rng) if training else (x, (1, x.shape))


@catalogue.wrong(
    "dropout2d_forward",
    "x itself is changed: the dropped channels are set to 0 in the caller's array. The values are right; make a new array.",
)
def written_into_x(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    out, cache = right(x, p, training, rng)
    x[...] = out
    return x, cache


@catalogue.wrong(
    "dropout2d_forward",
    "The values are right, but float32 images have become float64. Give the mask x's dtype.",
)
def widened(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    out, cache = right(x, p, training, rng)
    return (out.astype(np.float64) if training else out), cache


# --- dropout2d_backward --------------------------------------------------------------------------------------------


def _keeping_all(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    """The right forward, with all that a wrong backward may ask for in its cache."""
    out, (mask, _) = right(x, p, training, rng)
    return out, {"out": out, "mask": mask, "p": p, "training": training, "rng": rng}


@catalogue.wrong(
    "dropout2d_backward",
    "A new mask is drawn on the way back: channels that were dropped get a gradient, and channels that were kept get none. "
    "Keep the forward's mask in the cache.",
    dropout2d_forward=_keeping_all,
)
def fresh_mask(dout: Array, cache: Any) -> Array:
    return right(dout, cache["p"], cache["training"], cache["rng"])[0]


@catalogue.wrong(
    "dropout2d_backward",
    "The gradient passes the right channels, but without the scale: dx is 1 - p times what it should be.",
    dropout2d_forward=_keeping_all,
)
def unscaled_mask(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * (cache["mask"] != 0))


@catalogue.wrong(
    "dropout2d_backward",
    "The gradient is divided by 1 - p twice: the mask in the cache is scaled already.",
    dropout2d_forward=_keeping_all,
)
def scaled_twice(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * cache["mask"] / (1 - cache["p"] if cache["training"] else 1))


@catalogue.wrong(
    "dropout2d_backward",
    "dx is dout, as if no channel had been dropped. A dropped channel has no influence on the loss, and no gradient.",
    dropout2d_forward=_keeping_all,
)
def mask_ignored(dout: Array, cache: Any) -> Array:
    return dout


@catalogue.wrong(
    "dropout2d_backward",
    "The mask is turned round: exactly the dropped channels get a gradient.",
    dropout2d_forward=_keeping_all,
)
def mask_turned_round(dout: Array, cache: Any) -> Array:
    if not cache["training"] or not cache["p"]:
        return dout
    return np.asarray(dout * (cache["mask"] == 0) / (1 - cache["p"]))


@catalogue.wrong(
    "dropout2d_backward",
    "Your mask is read from out, pixel by pixel: a pixel of a kept channel that is 0 itself, as many are after a ReLU, gets "
    "no gradient. Keep the mask that was drawn.",
    dropout2d_forward=_keeping_all,
)
def mask_read_from_out(dout: Array, cache: Any) -> Array:
    if not cache["training"]:
        return dout
    return np.asarray(dout * (cache["out"] != 0) / (1 - cache["p"]))


@catalogue.wrong(
    "dropout2d_backward",
    "The gradient of each channel is the same at every place: its sum over height and width, or its mean. Every pixel passes "
    "through the mask by itself: nothing is added up.",
    dropout2d_forward=_keeping_all,
)
def summed_over_the_channel(dout: Array, cache: Any) -> Array:
    summed = dout.sum(axis=(2, 3), keepdims=True) if cache["training"] and cache["p"] else dout
    return np.asarray(np.broadcast_to(summed * cache["mask"], dout.shape))


@catalogue.wrong(
    "dropout2d_backward",
    "After a forward in evaluation there is no mask in your cache, and the backward fails. In evaluation dx is dout.",
    dropout2d_forward=lambda x, p, training, rng: _keeping_no_mask_in_evaluation(x, p, training, rng),
)
def no_mask_in_evaluation(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * cache)


def _keeping_no_mask_in_evaluation(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    out, (mask, _) = right(x, p, training, rng)
    return out, mask if training else None


@catalogue.wrong(
    "dropout2d_backward",
    "dout itself is changed: the values are right, but they are written into the caller's array.",
    dropout2d_forward=_keeping_all,
)
def written_into_dout(dout: Array, cache: Any) -> Array:
    dout *= cache["mask"]
    return dout
