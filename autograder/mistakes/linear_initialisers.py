"""Known wrong answers of the chapter `linear`, continued: the first weights of a layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.linear import kaiming_normal, xavier_uniform

catalogue = Catalogue()

Array = np.ndarray


# --- xavier_uniform ------------------------------------------------------------------------------------------------


def _uniform(limit: float, fan_in: int, fan_out: int, rng: Any) -> Array:
    return np.asarray(rng.uniform(-limit, limit, size=(fan_in, fan_out)))


@catalogue.wrong(
    "xavier_uniform",
    "Your weights do not follow the rng that was passed in: the same seed gives other numbers each time. They come from "
    "np.random, or from a generator made elsewhere; draw from rng instead.",
)
def global_random_state(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(6 / (fan_in + fan_out)), fan_in, fan_out, np.random)


@catalogue.wrong(
    "xavier_uniform",
    "np.random.seed stands in your function, so your weights are the same whatever rng is passed in, and every other "
    "draw from np.random in the program starts over each time. Take the seed out and draw from rng.",
)
def global_seed_set(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    np.random.seed(0)
    return _uniform(math.sqrt(6 / (fan_in + fan_out)), fan_in, fan_out, np.random)


@catalogue.wrong(
    "xavier_uniform",
    "Your weights are the same whatever rng is passed in, so a seed is set inside the function. Every layer of one size "
    "would start out alike; draw from rng as it comes.",
)
def seeded_inside(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return xavier_uniform(fan_in, fan_out, np.random.default_rng(0))


@catalogue.wrong(
    "xavier_uniform",
    "Your weights have shape (fan_out, fan_in). In this course weight is stored as inputs by outputs, (fan_in, fan_out).",
)
def shape_swapped(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return xavier_uniform(fan_out, fan_in, rng)


@catalogue.wrong(
    "xavier_uniform",
    "The whole matrix is one number: a single draw was spread over all entries. All outputs of the layer would be alike "
    "and stay alike; each entry needs a draw of its own.",
)
def one_draw_for_all(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return np.full((fan_in, fan_out), _uniform(math.sqrt(6 / (fan_in + fan_out)), 1, 1, rng)[0, 0])


@catalogue.wrong(
    "xavier_uniform",
    "All rows of your matrix are the same: one row was drawn and repeated. Every input would then count alike; each entry "
    "needs a draw of its own.",
)
def row_repeated(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return np.tile(_uniform(math.sqrt(6 / (fan_in + fan_out)), 1, fan_out, rng), (fan_in, 1))


@catalogue.wrong(
    "xavier_uniform",
    "rand is a function of np.random's older interface. A Generator has other methods: rng.uniform draws between two "
    "limits, rng.random between 0 and 1.",
)
def rand_of_the_older_interface(fan_in: int, fan_out: int, rng: Any) -> Array:
    return np.asarray(rng.rand(fan_in, fan_out))


@catalogue.wrong(
    "xavier_uniform",
    "All your weights are 0, as a whole-number division gives here: 6 // (fan_in + fan_out) is 0 for any layer of more "
    "than six inputs and outputs. The division is an ordinary one.",
)
def divided_to_zero(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(6 // (fan_in + fan_out)), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "None of your weights is negative: they run from 0 to the limit. The interval is centred on 0, from -limit to limit; "
    "otherwise every signal is pushed the same way.",
)
def negative_half_missing(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return rng.uniform(0, math.sqrt(6 / (fan_in + fan_out)), size=(fan_in, fan_out))


@catalogue.wrong(
    "xavier_uniform",
    "Your weights are drawn from a normal distribution: its spread is right, its shape is not. Here every value between "
    "the limits is to be equally likely.",
)
def normal_for_uniform(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return rng.normal(0, math.sqrt(2 / (fan_in + fan_out)), size=(fan_in, fan_out))


@catalogue.wrong(
    "xavier_uniform",
    "Your weights are drawn from a normal distribution with the limit as its standard deviation. What is asked for is a "
    "uniform one that ends at the limit.",
)
def normal_with_limit_as_spread(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return rng.normal(0, math.sqrt(6 / (fan_in + fan_out)), size=(fan_in, fan_out))


@catalogue.wrong(
    "xavier_uniform",
    "Your weights reach only as far as 6 / (fan_in + fan_out): the square root is missing, so they are far too small.",
)
def square_root_forgotten(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(6 / (fan_in + fan_out), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "Your limit is sqrt(6) / (fan_in + fan_out): the root was taken of the 6 but not of the sum below it.",
)
def root_of_six_only(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(6) / (fan_in + fan_out), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "Your weights reach beyond sqrt(fan_out): without parentheses the 6 is divided by fan_in alone, and fan_out is added "
    "after that.",
)
def parentheses_missing(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(6 / fan_in + fan_out), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "Your limit holds a 2 in place of the 6: that is the standard deviation which the weights should have, not the limit. "
    "A uniform distribution reaches sqrt(3) times its standard deviation to either side.",
)
def deviation_as_limit(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(2 / (fan_in + fan_out)), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "Your limit holds a 3 in place of the 6, so all weights are too small by a factor of sqrt(2). That is the formula for "
    "the mean of the two fans; here stands their sum.",
)
def three_for_six(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(3 / (fan_in + fan_out)), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "Your weights are too large by a factor of sqrt(2): the 6 is divided by the mean of fan_in and fan_out, where their "
    "sum belongs.",
)
def mean_of_the_fans(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(12 / (fan_in + fan_out)), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "Your limit is that of fan_in alone. Xavier's limit minds both directions, the signals going forwards and the "
    "gradients coming back, so fan_out is part of it.",
)
def fan_out_left_out(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(6 / fan_in), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "Your limit is that of fan_out alone. Xavier's limit minds both directions, the signals going forwards and the "
    "gradients coming back, so fan_in is part of it.",
)
def fan_in_left_out(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(6 / fan_out), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "Your limit is 1 / sqrt(fan_in), the older rule that Xavier's was made to replace: its weights are so small that "
    "signals fade from layer to layer.",
)
def older_rule(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(1 / math.sqrt(fan_in), fan_in, fan_out, rng)


@catalogue.wrong(
    "xavier_uniform",
    "Your weights run from -1 to 1 whatever the size of the layer: the limit is not used. The more inputs a layer has, "
    "the smaller each weight must be.",
)
def uniform_unscaled(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(1, fan_in, fan_out, rng)


# --- kaiming_normal ------------------------------------------------------------------------------------------------


def _normal(deviation: float, fan_in: int, fan_out: int, rng: Any) -> Array:
    return np.asarray(rng.normal(0, deviation, size=(fan_in, fan_out)))


@catalogue.wrong(
    "kaiming_normal",
    "One seed gives other weights at every call, so they do not come from the rng that was passed in, but from np.random "
    "or another generator. Every draw here is to be made by rng.",
)
def numpy_global_state(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(math.sqrt(2 / fan_in), fan_in, fan_out, np.random)


@catalogue.wrong(
    "kaiming_normal",
    "np.random is seeded in your function: two different rngs give the very same weights, and what others draw from "
    "np.random starts over as well. rng brings its own seed; nothing is to be seeded here.",
)
def numpy_seeded(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    np.random.seed(0)
    return _normal(math.sqrt(2 / fan_in), fan_in, fan_out, np.random)


@catalogue.wrong(
    "kaiming_normal",
    "Two different rngs give the very same weights: a generator with a seed of its own is made inside. All layers of "
    "one size would begin alike; use the rng that you are given.",
)
def own_seed(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return kaiming_normal(fan_in, fan_out, np.random.default_rng(0))


@catalogue.wrong(
    "kaiming_normal",
    "Your matrix has a row for each output and a column for each input. weight is (fan_in, fan_out) in this course: "
    "the inputs, which it multiplies, come first.",
)
def outputs_by_inputs(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(math.sqrt(2 / fan_in), fan_out, fan_in, rng)


@catalogue.wrong(
    "kaiming_normal",
    "All rows of your matrix are the same: one row was drawn and repeated. Each entry needs a draw of its own.",
)
def one_row_repeated(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return np.tile(_normal(math.sqrt(2 / fan_in), 1, fan_out, rng), (fan_in, 1))


@catalogue.wrong(
    "kaiming_normal",
    "Your weights scatter by 1 around a small positive number: the standard deviation was passed as the mean. A "
    "Generator's normal takes the mean first, then the deviation.",
)
def deviation_as_mean(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return rng.normal(math.sqrt(2 / fan_in), size=(fan_in, fan_out))


@catalogue.wrong(
    "kaiming_normal",
    "Your weights have a standard deviation of 2 / fan_in. That is to be their variance; a Generator's normal wants the "
    "standard deviation, its square root.",
)
def variance_as_deviation(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(2 / fan_in, fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "Your weights have a standard deviation of sqrt(2) / fan_in: the root was taken of the 2 but not of fan_in.",
)
def root_of_two_only(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(math.sqrt(2) / fan_in, fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "Your weights have a standard deviation of 2 / sqrt(fan_in): the root was taken of fan_in but not of the 2.",
)
def root_of_fan_only(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(2 / math.sqrt(fan_in), fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "randn is a function of np.random's older interface. A Generator's methods are called normal and standard_normal, and "
    "take the shape as one argument, size.",
)
def randn_of_the_older_interface(fan_in: int, fan_out: int, rng: Any) -> Array:
    return np.asarray(rng.randn(fan_in, fan_out))


@catalogue.wrong(
    "kaiming_normal",
    "Your weights are drawn from a uniform distribution that ends at sqrt(2 / fan_in). That is to be the standard "
    "deviation of a normal one.",
)
def deviation_as_bound(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(2 / fan_in), fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "Your weights grow with the layer: they were multiplied by sqrt(fan_in / 2) where they are to be divided by it. A sum "
    "over more inputs needs smaller weights.",
)
def multiplied_for_divided(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(math.sqrt(fan_in / 2), fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "The variance of your weights is 2 / fan_out. It is the number of inputs that each output adds up, so fan_in belongs "
    "there.",
)
def fan_out_for_fan_in(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(math.sqrt(2 / fan_out), fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "The variance of your weights is 2 / (fan_in + fan_out), which is Xavier's. He's rule looks at the inputs alone.",
)
def xavier_variance(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(math.sqrt(2 / (fan_in + fan_out)), fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "The variance of your weights is 1 / fan_in, half of what it should be. The 2 makes up for the half of the signal "
    "that ReLU sets to zero.",
)
def factor_two_forgotten(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(math.sqrt(1 / fan_in), fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "The variance of your weights is 6 / fan_in. The 6 belongs to the limit of a uniform distribution; a normal one is "
    "given by its variance, with a 2.",
)
def six_for_two(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(math.sqrt(6 / fan_in), fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "Your weights are drawn from a uniform distribution: its spread is right, its shape is not. A normal one, with most "
    "weights near 0 and a few far out, is asked for.",
)
def uniform_for_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _uniform(math.sqrt(6 / fan_in), fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "Your weights have a standard deviation of 1 whatever the size of the layer. The more inputs a layer has, the smaller "
    "each weight must be.",
)
def normal_unscaled(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(1, fan_in, fan_out, rng)


@catalogue.wrong(
    "kaiming_normal",
    "Your weights have a standard deviation of 0.01 whatever the size of the layer, as older code has it. The right "
    "spread follows from fan_in.",
)
def hundredth_of_standard_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    return _normal(0.01, fan_in, fan_out, rng)
