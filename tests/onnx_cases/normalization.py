"""ONNX's cases for the chapter `normalization`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx_case import Arrays, Operator, require_nothing_left

from solutions import normalization


def _batch(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """ONNX counts momentum as the share of the old statistics, and remembers the biased variance.

    Ours is unbiased: its share of the new variance is taken out, corrected, and put back.
    """
    x, scale, bias, mean, var = inputs
    training = bool(attributes.pop("training_mode", 0))
    kept, eps = attributes.pop("momentum", 0.9), attributes.pop("epsilon", 1e-5)
    require_nothing_left(attributes)
    out, _, new_mean, new_var = normalization.batch_norm_forward(x, scale, bias, mean, var, training, 1 - kept, eps)
    if not training:
        assert new_mean is mean
        assert new_var is var
        return [out]
    count = x.size // x.shape[1]
    biased = kept * var + (new_var - kept * var) * (count - 1) / count
    return [out, new_mean, biased.astype(np.float32)]


def _layer(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """ONNX also gives mean and 1 / spread: they can be told from x_hat, the output without scale and shift."""
    x, scale, *bias = inputs
    axis, eps = attributes.pop("axis", -1) % x.ndim, attributes.pop("epsilon", 1e-5)
    require_nothing_left(attributes)
    assert scale.shape == x.shape[axis:]
    shift = bias[0] if bias else np.zeros_like(scale)
    out = normalization.layer_norm_forward(x, scale, shift, eps)[0]
    x_hat = normalization.layer_norm_forward(x, np.ones_like(scale), np.zeros_like(scale), eps)[0]
    axes = tuple(range(axis, x.ndim))
    inverse = np.ptp(x_hat, axis=axes, keepdims=True) / np.ptp(x, axis=axes, keepdims=True)
    return [out, (x - x_hat / inverse).mean(axis=axes, keepdims=True), inverse]


def _rms(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """Where ONNX normalizes several axes together, they are read as one."""
    x, scale = inputs
    axis, eps = attributes.pop("axis", -1) % x.ndim, attributes.pop("epsilon", 1e-5)
    require_nothing_left(attributes)
    rows = x.reshape(*x.shape[:axis], math.prod(x.shape[axis:]))
    return [normalization.rms_norm_forward(rows, scale.ravel(), eps)[0].reshape(x.shape)]


def _group(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    groups, eps = attributes.pop("num_groups"), attributes.pop("epsilon", 1e-5)
    require_nothing_left(attributes)
    x, scale, bias = inputs
    return [normalization.group_norm_forward(x, groups, scale, bias, eps)[0]]


def _instance(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    eps = attributes.pop("epsilon", 1e-5)
    require_nothing_left(attributes)
    return [normalization.instance_norm_forward(*inputs, eps)[0]]


# Each axis from the first to the last, counted from the front and from the back; those of three axes with an epsilon.
_AXES = tuple(
    f"{size}d_axis{counted}{epsilon}"
    for size, epsilon in ((2, ""), (3, "_epsilon"), (4, ""))
    for axis in range(size)
    for counted in (axis, f"_negative_{size - axis}")
)

OPERATORS = {
    "BatchNormalization": Operator(
        _batch,
        applied=(
            "test_batchnorm_epsilon",
            "test_batchnorm_epsilon_training_mode",
            "test_batchnorm_example",
            "test_batchnorm_example_training_mode",
        ),
    ),
    "LayerNormalization": Operator(
        _layer,
        applied=(
            *(f"test_layer_normalization_{axes}" for axes in _AXES),
            "test_layer_normalization_default_axis",
        ),
    ),
    "GroupNormalization": Operator(
        _group, applied=("test_group_normalization_epsilon", "test_group_normalization_example")
    ),
    "InstanceNormalization": Operator(_instance, applied=("test_instancenorm_epsilon", "test_instancenorm_example")),
    "RMSNormalization": Operator(
        _rms,
        applied=(*(f"test_rms_normalization_{axes}" for axes in _AXES), "test_rms_normalization_default_axis"),
    ),
}
