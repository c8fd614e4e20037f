"""The forward functions give what ONNX's own cases expect, and every case of their operators is accounted for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from onnx_judge import OPERATORS, node_cases

# A few roundings of float32, in which ONNX states its cases.
RELATIVE, ABSOLUTE = 1e-5, 1e-6


@pytest.mark.parametrize(
    ("operator", "name"), [(operator, name) for operator, known in OPERATORS.items() for name in known.applied]
)
def test_case(operator: str, name: str, tally: Callable[[str, bool], None]) -> None:
    case = node_cases()[operator][name]
    outputs = OPERATORS[operator].run(dict(case.attributes), case.inputs)
    right = all(
        np.shape(got) == np.shape(expected)
        and np.allclose(got, expected, rtol=RELATIVE, atol=ABSOLUTE)
        and (isinstance(got, float) or got.dtype == expected.dtype)
        for got, expected in zip((outputs[position] for position in case.asked), case.outputs, strict=True)
    )
    tally(f"ONNX cases of {operator} right", right)
    assert right


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_case_is_applied_or_left_out_with_a_reason(operator: str, tally: Callable[[str, bool], None]) -> None:
    known = OPERATORS[operator]
    for reason in known.left_out.values():
        tally(f"ONNX cases of {operator} left out ({reason})", True)
    assert sorted(node_cases()[operator]) == sorted([*known.applied, *known.left_out])
