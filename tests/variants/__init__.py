"""Right answers written otherwise: what a checker that refuses one of them gets wrong.

`VARIANTS` maps an exercise to its variants by name, and a variant to the functions that it puts in the place of the
reference's. All keep the contract: float32 stays float32, inputs stay as they are, a backward can be called again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from variants import activations, linear

Variants = Mapping[str, Mapping[str, Mapping[str, Callable[..., Any]]]]

VARIANTS: Variants = {**linear.VARIANTS, **activations.VARIANTS}
