"""ONNX's node cases as an outside judge of the forward functions. A chapter lists its operators in `onnx_cases/`.

Each case is a model of one operator with inputs and outputs, made by ONNX's own reference code. `run` puts a case to
our functions. A case that they cannot be held to is listed with the reason: every case is in one list or the other.
"""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from pathlib import Path

from onnx_case import NodeCase, Operator

from autograder.registry import CHAPTERS

_JUDGED = {path.stem for path in (Path(__file__).parent / "onnx_cases").glob("*.py")}

OPERATORS: dict[str, Operator] = {
    name: operator
    for chapter in CHAPTERS
    if chapter in _JUDGED
    for name, operator in import_module(f"onnx_cases.{chapter}").OPERATORS.items()
}


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
            asked = tuple(position for position, name in enumerate(nodes[0].output) if name)
            found.setdefault(nodes[0].op_type, {})[case.name] = NodeCase(attributes, inputs, outputs, asked)
    return found
