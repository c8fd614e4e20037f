"""ONNX's node cases as an outside judge of the forward functions. A chapter adds its operators to `OPERATORS`.

Each case is a model of one operator with inputs and outputs, made by ONNX's own reference code. `run` puts a case to
our functions. A case that they cannot be held to is listed with the reason: every case is in one list or the other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from solutions import activations, linear

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class NodeCase:
    attributes: Mapping[str, Any]
    inputs: Arrays
    outputs: Arrays


@dataclass(frozen=True)
class Operator:
    """`run(attributes, inputs)` gives the operator's outputs; it raises where an attribute is none that it knows."""

    run: Callable[[dict[str, Any], Arrays], Sequence[Any]]
    applied: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


@cache
def node_cases() -> dict[str, dict[str, NodeCase]]:
    """All cases by operator and name. Operators spelled out in others ("expanded") are cases of those others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ONNX computes some cases with infinities
        from onnx import helper
        from onnx.backend.test.loader import load_model_tests

        loaded = load_model_tests(kind="node")
    found: dict[str, dict[str, NodeCase]] = {}
    for case in loaded:
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in OPERATORS:
            attributes = {item.name: helper.get_attribute_value(item) for item in nodes[0].attribute}
            ((inputs, outputs),) = case.data_sets
            found.setdefault(nodes[0].op_type, {})[case.name] = NodeCase(attributes, inputs, outputs)
    return found


# --- linear --------------------------------------------------------------------------------------------------------


def _gemm(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """alpha * A' @ B' + beta * C, where C has one entry for each output, or one for all."""
    a, b, *c = inputs
    x = a.T if attributes.pop("transA", 0) else a
    weight = b.T if attributes.pop("transB", 0) else b
    alpha, beta = (np.float32(attributes.pop(name, 1.0)) for name in ("alpha", "beta"))
    bias = np.broadcast_to(np.ravel(c[0]) if c else np.float32(0), weight.shape[1:])
    _require_nothing_left(attributes)
    return [linear.linear_forward(alpha * x, weight, beta * bias)[0]]


# --- activations ---------------------------------------------------------------------------------------------------


def _elementwise(forward: Callable[[np.ndarray], Any]) -> Callable[[dict[str, Any], Arrays], Sequence[Any]]:
    def run(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
        _require_nothing_left(attributes)
        return [forward(*inputs)[0]]

    return run


def _softmax_cross_entropy_loss(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """Scores (N, C, d1, ..., dk) are so many examples; an ignored label's example is left out of the batch.

    With weights, or without a reduction, each example is a batch of its own. The log-probabilities come from dlogits,
    so they judge the gradient.
    """
    scores, labels, *weights = inputs
    reduction, ignored = attributes.pop("reduction", b"mean"), attributes.pop("ignore_index", None)
    _require_nothing_left(attributes)
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


def _require_nothing_left(attributes: dict[str, Any]) -> None:
    if attributes:
        raise LookupError(f"nothing is known of the attributes {sorted(attributes)}")


OPERATORS: dict[str, Operator] = {
    "Gemm": Operator(
        _gemm,
        applied=(
            "test_gemm_all_attributes",
            "test_gemm_alpha",
            "test_gemm_beta",
            "test_gemm_default_no_bias",
            "test_gemm_default_scalar_bias",
            "test_gemm_default_single_elem_vector_bias",
            "test_gemm_default_vector_bias",
            "test_gemm_default_zero_bias",
            "test_gemm_transposeA",
            "test_gemm_transposeB",
        ),
        left_out={
            "test_gemm_default_matrix_bias": "its bias is an (N, M) matrix; a linear layer has one bias an output"
        },
    ),
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
