"""ONNX's cases for the chapter `linear`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx_case import Arrays, Operator, require_nothing_left

from solutions import linear


def _gemm(attributes: dict[str, Any], inputs: Arrays) -> Sequence[Any]:
    """alpha * A' @ B' + beta * C, where C has one entry for each output, or one for all."""
    a, b, *c = inputs
    x = a.T if attributes.pop("transA", 0) else a
    weight = b.T if attributes.pop("transB", 0) else b
    alpha, beta = (np.float32(attributes.pop(name, 1.0)) for name in ("alpha", "beta"))
    bias = np.broadcast_to(np.ravel(c[0]) if c else np.float32(0), weight.shape[1:])
    require_nothing_left(attributes)
    return [linear.linear_forward(alpha * x, weight, beta * bias)[0]]


OPERATORS = {
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
}
