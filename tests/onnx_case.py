"""What an ONNX node case is, and how a chapter's functions answer one. The chapters' operators are in `onnx_cases/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

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


def require_nothing_left(attributes: dict[str, Any]) -> None:
    if attributes:
        raise LookupError(f"nothing is known of the attributes {sorted(attributes)}")
