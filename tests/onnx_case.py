"""What an ONNX node case is, and how a chapter's functions answer one. The chapters' operators are in `onnx_cases/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class NodeCase:
    """`outputs` are those that the case asks for; `asked` are their positions among the operator's outputs."""

    attributes: Mapping[str, Any]
    inputs: Arrays
    outputs: Arrays
    asked: tuple[int, ...]


@dataclass(frozen=True)
class Operator:
    """`run(attributes, inputs)` gives all the operator's outputs; it raises at an attribute that it does not know."""

    run: Callable[[dict[str, Any], Arrays], Sequence[Any]]
    applied: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


def require_nothing_left(attributes: dict[str, Any]) -> None:
    if attributes:
        raise LookupError(f"nothing is known of the attributes {sorted(attributes)}")
