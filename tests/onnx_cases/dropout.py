"""ONNX's cases for the chapter `dropout`.

ONNX drew its masks with NumPy's older generator, uniform numbers compared with the ratio. The reference draws the same
way, so that generator with ONNX's seed, put in the place of `rng`, gives the very masks of the cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx_case import Arrays, Operator, require_nothing_left

from solutions import dropout


def _dropout(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """The older form gives the ratio as an attribute; the mask, where asked for, tells the entries kept."""
    x, *rest = inputs
    seed = attributes.pop("seed", 0)
    ratio = float(rest[0]) if rest else attributes.pop("ratio", 0.5)
    training = bool(rest[1]) if len(rest) > 1 else False
    require_nothing_left(attributes)
    rng: Any = np.random.RandomState(seed)
    out, cache = dropout.dropout_forward(x, ratio, training, rng)
    return [out, dropout.dropout_backward(np.ones_like(x), cache) != 0]


OPERATORS = {
    "Dropout": Operator(
        _dropout,
        applied=(
            "test_dropout_default",
            "test_dropout_default_mask",
            "test_dropout_default_mask_ratio",
            "test_dropout_default_old",
            "test_dropout_default_ratio",
            "test_dropout_random_old",
            "test_training_dropout",
            "test_training_dropout_default",
            "test_training_dropout_default_mask",
            "test_training_dropout_mask",
            "test_training_dropout_zero_ratio",
            "test_training_dropout_zero_ratio_mask",
        ),
    ),
}
