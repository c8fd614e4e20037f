"""Known wrong answers of the chapter `dropout`: the forward that drops single entries."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.dropout import dropout_forward as right

catalogue = Catalogue()

Array = np.ndarray
Out = tuple[Any, Any]


def _require(p: float) -> None:
    if not 0 <= p < 1:
        raise ValueError(f"p must be in 0 <= p < 1, not {p}")


def _result(x: Array, kept: Array, factor: float) -> Out:
    mask = kept.astype(x.dtype) * x.dtype.type(factor)
    return x * mask, (mask, x.shape)


def _left_alone(x: Array) -> Out:
    return x, (1, x.shape)


# --- what p means, and the scale -----------------------------------------------------------------------------------


@catalogue.wrong(
    "dropout_forward",
    "p is the probability of being dropped, and your function keeps each entry with probability p: where p = 0.3, 70 % "
    "come back as 0. The scale is right. Turn the comparison round.",
)
def p_and_1_minus_p(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) < p, 1 / (1 - p)) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "Your p is the probability of being kept: where p = 0.3, 70 % of the entries come back as 0 and the others are "
    "divided by 0.3. The paper uses the letter like that; here, as in today's libraries, p is the probability of being "
    "dropped.",
)
def keep_probability(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) < p, 1 / p if p else 1) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "The right share of entries is dropped, but the others are divided by p. On average an entry survives 1 - p of the "
    "time, so 1 - p is what it is to be divided by. For p = 0.5 the two are the same, which hides it.",
)
def scaled_by_one_over_p(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) >= p, 1 / p if p else 1) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "The entries that are kept are multiplied by 1 - p, in training. That makes the mean even smaller than dropping "
    "did; to make up for what is dropped they are to be divided by 1 - p.",
)
def scaled_down(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) >= p, 1 - p) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "In training nothing is scaled, and in evaluation x is multiplied by 1 - p. That is the older convention, where the "
    "network is mended at test time. Here dropout is inverted: divide by 1 - p in training, and leave evaluation alone.",
)
def scaled_at_test_time(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) >= p, 1) if training else _result(x, np.ones(x.shape), 1 - p)


@catalogue.wrong(
    "dropout_forward",
    "In training nothing is scaled, and in evaluation x is multiplied by p, the share that is dropped. Even in the older "
    "convention it is the share that is kept; here nothing is scaled in evaluation, and 1/(1 - p) belongs into training.",
)
def scaled_by_the_dropped_share(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) >= p, 1) if training else _result(x, np.ones(x.shape), p)


@catalogue.wrong(
    "dropout_forward",
    "You scale twice: by 1/(1 - p) in training, and by 1 - p in evaluation again. Either is right alone; together the "
    "layers above see smaller numbers in evaluation than they were trained on. Leave x as it is there.",
)
def both_scalings(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) >= p, 1 / (1 - p)) if training else _result(x, np.ones(x.shape), 1 - p)


@catalogue.wrong(
    "dropout_forward",
    "In evaluation your x is divided by 1 - p too. The division makes up for what is dropped in training; in evaluation "
    "nothing is dropped, so there is nothing to make up for.",
)
def scaled_in_evaluation_too(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    kept = rng.random(x.shape) >= p if training else np.ones(x.shape)
    return _result(x, kept, 1 / (1 - p))


@catalogue.wrong(
    "dropout_forward",
    "The right share of entries is dropped, but what is kept is not scaled: on average out is only 1 - p times x, and in "
    "evaluation the next layer gets more than it was trained on. Divide by 1 - p.",
)
def not_scaled(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) >= p, 1) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "What is kept is divided by the share that happened to be kept in this draw, which is another number every time. "
    "Divide by the probability, 1 - p: the entries would otherwise depend on each other.",
)
def scaled_by_the_share_kept(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    kept = rng.random(x.shape) >= p
    return _result(x, kept, 1 / kept.mean()) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "Half of the entries are dropped whatever p is; only the scale follows p. Compare uniform numbers with p, in place "
    "of 0.5 or of whole numbers that are 0 or 1.",
)
def half_whatever_p(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) >= 0.5, 1 / (1 - p)) if training and p else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "Half of the entries are dropped and the others doubled whatever p is: 0.5 stands in the code where p belongs.",
)
def p_ignored(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape) >= 0.5, 2) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "The random numbers themselves multiply x: nothing becomes 0. Compare them with p first; the comparison gives True "
    "and False, which count as 1 and 0.",
)
def not_compared(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.random(x.shape), 1 / (1 - p)) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "The numbers that are compared with p are drawn from a normal distribution, of which 62 % lie below 0.3. Only a "
    "uniform one on [0, 1), rng.random, lies below p with probability p.",
)
def normal_for_uniform(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, rng.standard_normal(x.shape) >= p, 1 / (1 - p)) if training and p else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "Your out is the mask, not x times the mask.",
)
def mask_for_out(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    out, cache = right(x, p, training, rng)
    return (cache[0], cache) if training and p else (out, cache)


# --- when it acts --------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "dropout_forward",
    "Your function drops entries in evaluation too, so a network would give another answer to the same input each time. "
    "Where training is False, out is x.",
)
def active_in_evaluation(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, True, rng)


@catalogue.wrong(
    "dropout_forward",
    "Training and evaluation are swapped: your function drops in evaluation and leaves x alone in training.",
)
def modes_swapped(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, not training, rng)


@catalogue.wrong(
    "dropout_forward",
    "Nothing is ever dropped: in training out is x, as if it were evaluation. Is the mask drawn, and multiplied?",
)
def identity_in_training(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, False, rng)


# --- which entries go together -------------------------------------------------------------------------------------


@catalogue.wrong(
    "dropout_forward",
    "One number is drawn for the whole array: everything is kept, or everything dropped. Every entry needs a draw of its "
    "own; rng.random takes a shape.",
)
def one_draw_for_all(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, np.full(x.shape, rng.random() >= p), 1 / (1 - p)) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "Your mask has one entry for each example: a whole row is dropped, or kept. Every entry of x is decided by itself, "
    "so the mask has the shape of x.",
)
def mask_per_example(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    kept = rng.random((len(x), *(1,) * (x.ndim - 1))) >= p
    return _result(x, np.broadcast_to(kept, x.shape), 1 / (1 - p)) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "One mask serves all examples of the batch: the same features are dropped in every row. Each example is to meet a "
    "thinned network of its own, so the mask has the shape of x, batch included.",
)
def one_mask_for_the_batch(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    kept = rng.random(x.shape[1:]) >= p
    return _result(x, np.broadcast_to(kept, x.shape), 1 / (1 - p)) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "For images your mask has one entry for each channel, so that whole channels are dropped. That is dropout2d, two "
    "exercises on; here every pixel of every channel is decided by itself.",
)
def channels_dropped(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    kept = rng.random((*x.shape[:2], *(1,) * (x.ndim - 2))) >= p
    return _result(x, np.broadcast_to(kept, x.shape), 1 / (1 - p)) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "Exactly p times the number of entries is dropped in every draw, as by choosing positions without replacement. Each "
    "entry is to be dropped with probability p on its own; then the number varies, and no entry depends on the others.",
)
def exact_number(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    kept = np.ones(x.size)
    kept[rng.permutation(x.size)[: round(p * x.size)]] = 0
    return _result(x, kept.reshape(x.shape), 1 / (1 - p)) if training else _left_alone(x)


# --- where the randomness comes from -------------------------------------------------------------------------------


@catalogue.wrong(
    "dropout_forward",
    "np.random.seed stands in your function: every call drops the very same entries, and what others draw from np.random "
    "starts over each time. A network trained so never uses the dropped units at all. Draw from rng.",
)
def global_seed(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    if not training:
        return _left_alone(x)
    np.random.seed(0)
    return _result(x, np.random.random(x.shape) >= p, 1 / (1 - p))


@catalogue.wrong(
    "dropout_forward",
    "Your mask comes from np.random and not from the rng that was passed in: one seed gives another mask each time, and "
    "nobody can repeat a training run. Draw from rng.",
)
def global_random_state(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    _require(p)
    return _result(x, np.random.random(x.shape) >= p, 1 / (1 - p)) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "A generator with a seed of its own is made inside your function, so every call drops the very same entries. Each "
    "step of training needs a new mask: draw from rng, which goes on from call to call.",
)
def seeded_inside(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, training, np.random.default_rng(0))


@catalogue.wrong(
    "dropout_forward",
    "Your function draws from a copy of rng, or from one made anew of its seed: rng itself does not move on, and the next "
    "call with it drops the same entries. Draw from rng as it is.",
)
def generator_copied(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, training, copy.deepcopy(rng))


@catalogue.wrong(
    "dropout_forward",
    "A generator made anew inside your function takes its seed from the clock or the system, so that nothing can be "
    "repeated. Draw from the rng that you are given.",
)
def fresh_generator(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, training, np.random.default_rng())


@catalogue.wrong(
    "dropout_forward",
    "rand is a function of np.random's older interface. A Generator's method is called random, and takes the shape as one "
    "argument.",
)
def rand_of_the_older_interface(x: Array, p: float, training: bool, rng: Any) -> Out:
    _require(p)
    return _result(x, rng.rand(*x.shape) >= p, 1 / (1 - p)) if training else _left_alone(x)


# --- the edges -----------------------------------------------------------------------------------------------------


@catalogue.wrong(
    "dropout_forward",
    "Your function takes any p. With p = 1 everything is dropped and 1/(1 - p) divides by zero; a negative p or one above "
    "1 is no probability. Raise a ValueError unless 0 <= p < 1, before anything else.",
)
def p_not_checked(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _result(x, rng.random(x.shape) >= p, np.divide(1, 1 - p)) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "p is checked in training only. A wrong p is as wrong in evaluation: raise the ValueError before you look at training.",
)
def p_not_checked_in_evaluation(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return right(x, p, True, rng) if training else _left_alone(x)


@catalogue.wrong(
    "dropout_forward",
    "p = 1 passes your check: everything would be dropped, and 1/(1 - p) divides by zero. The range is 0 <= p < 1.",
)
def one_accepted(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    return _result(x, np.zeros(x.shape), 0) if p == 1 else right(x, p, training, rng)


@catalogue.wrong(
    "dropout_forward",
    "p = 0 does not pass your check. It drops nothing and is allowed: out is x then, in training too.",
)
def zero_refused(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    if p == 0:
        raise ValueError("p must be in 0 < p < 1")
    return right(x, p, training, rng)


@catalogue.wrong(
    "dropout_forward",
    "x itself is changed: x *= mask, and x[...] = 0, write into the caller's array. The values are right, but the layer "
    "below may still need its output whole. Make a new array.",
)
def written_into_x(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    out, cache = right(x, p, training, rng)
    x[...] = out
    return x, cache


@catalogue.wrong(
    "dropout_forward",
    "The values are right, but float32 has become float64: a mask of True and False divided by 1 - p is an array of "
    "float64, and x times that is one too. Give the mask x's dtype.",
)
def widened(x: Array, p: float, training: bool, rng: np.random.Generator) -> Out:
    out, cache = right(x, p, training, rng)
    return (out.astype(np.float64) if training else out), cache
