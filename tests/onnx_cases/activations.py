"""ONNX's cases for the chapter `activations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx_case import Arrays, Operator, require_nothing_left

from solutions import activations


def _elementwise(forward: Callable[[np.ndarray], Any]) -> Callable[[dict[str, Any], Arrays], Sequence[Any]]:
    def run(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
        require_nothing_left(attributes)
        return [forward(*inputs)[0]]

    return run


def _softmax_cross_entropy_loss(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """Scores (N, C, d1, ..., dk) are so many examples; an ignored label's example is left out of the batch.

    With weights, or without a reduction, each example is a batch of its own. The log-probabilities come from dlogits,
    so they judge the gradient.
    """
    scores, labels, *weights = inputs
    reduction, ignored = attributes.pop("reduction", b"mean"), attributes.pop("ignore_index", None)
    require_nothing_left(attributes)
    logits, flat = np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1]), labels.ravel()
    kept = flat != ignored if ignored is not None else np.full(flat.shape, True)
    loss: Any
    if reduction == b"mean" and not weights:
        loss = activations.softmax_cross_entropy(logits[kept], flat[kept])[0]
    else:
        losses, share = np.zeros(flat.shape, np.float32), np.zeros(flat.shape, np.float32)
        for n in np.flatnonzero(kept):
            losses[n], _ = activations.softmax_cross_entropy(logits[n : n + 1], flat[n : n + 1])
            share[n] = weights[0][flat[n]] if weights else 1
        total = (losses * share).sum()
        whole = {b"none": (losses * share).reshape(labels.shape), b"sum": total, b"mean": total / share.sum()}
        loss = whole[reduction]
    some_class = np.where(kept, flat, 0)
    _, dlogits = activations.softmax_cross_entropy(logits, some_class)
    p = dlogits * np.float32(len(flat)) + np.eye(scores.shape[1], dtype=np.float32)[some_class]
    log_p = np.log(p).reshape(*labels.shape, -1)
    return [loss, np.moveaxis(log_p, -1, 1)]


OPERATORS = {
    "Relu": Operator(_elementwise(activations.relu_forward), applied=("test_relu",)),
    "Sigmoid": Operator(_elementwise(activations.sigmoid_forward), applied=("test_sigmoid", "test_sigmoid_example")),
    "Tanh": Operator(_elementwise(activations.tanh_forward), applied=("test_tanh", "test_tanh_example")),
    "SoftmaxCrossEntropyLoss": Operator(
        _softmax_cross_entropy_loss,
        applied=tuple(
            name + log_prob
            for name in (
                "test_sce_NCd1_mean_weight_negative_ii",
                "test_sce_NCd1d2d3_none_no_weight_negative_ii",
                "test_sce_NCd1d2d3_sum_weight_high_ii",
                "test_sce_NCd1d2d3d4d5_mean_weight",
                "test_sce_NCd1d2d3d4d5_none_no_weight",
                "test_sce_mean",
                "test_sce_mean_3d",
                "test_sce_mean_no_weight_ii",
                "test_sce_mean_no_weight_ii_3d",
                "test_sce_mean_no_weight_ii_4d",
                "test_sce_mean_weight",
                "test_sce_mean_weight_ii",
                "test_sce_mean_weight_ii_3d",
                "test_sce_mean_weight_ii_4d",
                "test_sce_none",
                "test_sce_none_weights",
                "test_sce_sum",
            )
            for log_prob in ("", "_log_prob")
        ),
    ),
}
