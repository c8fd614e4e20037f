"""Right answers to the chapter `dropout` in students' own styles: what is drawn, and in which order, is up to them."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from variants import both_ways


def keeping(draw):
    """Dropout whose `draw(x, p, rng)` says which entries are kept; lists come back, evaluation has no mask."""

    def forward(x, p, training, rng):
        if not 0 <= p < 1:
            raise ValueError(f"{p=} is no probability of being dropped")
        if not training:
            return [x.copy(), None]
        keep = draw(x, p, rng)
        return [np.where(keep, x / (1 - p), 0).astype(x.dtype), [keep, p]]

    return forward


def kept_backward(dout, cache):
    if cache is None:
        return dout.copy()
    keep, p = cache
    return (dout * keep / (1 - p)).astype(dout.dtype)


def normal(x, p, rng):
    """Normal numbers above their quantile."""
    return rng.standard_normal(x.shape) > NormalDist().inv_cdf(p) if p else np.ones(x.shape, bool)


def waiting(x, p, rng):
    """Waiting times that are over."""
    return rng.exponential(size=x.shape) <= -math.log(p) if p else np.ones(x.shape, bool)


def fortran(x, p, rng):
    return (rng.random(x.size) >= p).reshape(x.shape, order="F")


def shuffled(x, p, rng):
    return rng.permutation(rng.random(x.shape) >= p)


def choice(x, p, rng):
    return rng.choice([False, True], size=x.shape, p=(p, 1 - p))


def one_more(x, p, rng):
    """A number is drawn that nobody needs."""
    rng.random()
    return rng.uniform(0, 1, x.shape) >= p


def channels(draw):
    """Spatial dropout whose `draw(x, p, rng)` says which channels are kept, in any shape."""

    def forward(x, p, training, rng):
        if p < 0 or p >= 1:
            raise ValueError(f"{p=}")
        mask = np.ones((*x.shape[:2], 1, 1), x.dtype)
        if training:
            mask = (np.array(draw(x, p, rng)) / (1 - p)).astype(x.dtype).reshape(mask.shape)
        return x * mask, mask

    return forward


def spread_backward(dout, mask):
    return np.multiply(dout, mask)


def norm_mended(weight, max_value):
    norms = np.linalg.norm(weight, axis=0)
    return weight * np.minimum(1, max_value / np.where(norms == 0, 1, norms)).astype(weight.dtype)


def norm_along_axis(weight, max_value):
    def shortened(column):
        length = (column @ column) ** 0.5
        return column if length <= max_value else column * (max_value / length)

    return np.apply_along_axis(shortened, 0, weight).astype(weight.dtype)


def norm_without_warning(weight, max_value):
    with np.errstate(divide="ignore"):
        return weight * np.minimum(1, max_value / np.linalg.norm(weight, axis=0)).astype(weight.dtype)


_STYLES = {
    "dropout": {
        "normal numbers": (keeping(normal), kept_backward),
        "waiting times": (keeping(waiting), kept_backward),
        "Fortran's order": (keeping(fortran), kept_backward),
        "shuffled after drawing": (keeping(shuffled), kept_backward),
        "a choice of True and False": (keeping(choice), kept_backward),
        "one number more than needed": (keeping(one_more), kept_backward),
    },
    "dropout2d": {
        "drawn as it is spread": (channels(lambda x, p, rng: rng.random((*x.shape[:2], 1, 1)) >= p), spread_backward),
        "image by image": (channels(lambda x, p, rng: [rng.random(x.shape[1]) >= p for _ in x]), spread_backward),
        "nested lists": (
            channels(lambda x, p, rng: [[rng.random() >= p for _ in image] for image in x]),
            spread_backward,
        ),
    },
}

VARIANTS = both_ways(_STYLES) | {
    "max_norm": {
        "the zero column mended": {"max_norm": norm_mended},
        "apply_along_axis": {"max_norm": norm_along_axis},
        "a warning silenced": {"max_norm": norm_without_warning},
    }
}
