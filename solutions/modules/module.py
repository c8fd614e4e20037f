"""What every layer and every network is: forward, backward, parameters and their gradients, training or evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


class Module:
    """A part of a network. It keeps arrays under names of its own, and other modules as attributes.

    `backward` sets the gradients anew each time; they do not add up from call to call.

    Attributes:
        own: the parameters of this module itself, without those of the modules in it, by name.
        found: the gradient of each of its own parameters, after backward.
        kept: what it keeps beside them that no gradient changes (running statistics), by name.
        training: whether layers such as dropout and batch norm work as in training.
    """

    def __init__(self, **own: np.ndarray) -> None:
        self.own: dict[str, Any] = own  # arrays, and passed on by keyword
        self.kept: dict[str, Any] = {}
        self.training = True
        self.found: dict[str, np.ndarray] = {}

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """What becomes of x; `rng` is for the layers that draw."""
        raise NotImplementedError

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """The gradient by x of the last forward, from that by its output; sets the parameters' gradients."""
        raise NotImplementedError

    def parameters(self) -> list[np.ndarray]:
        """The arrays themselves, in a fixed order: whoever trains changes them in place."""
        return list(self.named_parameters().values())

    def gradients(self) -> list[np.ndarray]:
        """The gradients of the last backward, in the order of the parameters.

        Raises:
            ValueError: if a parameter has none, because backward was not called yet.
        """
        found = []
        for prefix, module in self.tree():
            for name in module.own:
                if name not in module.found:
                    raise ValueError(f"{prefix}{name} has no gradient: call forward and backward first")
                found.append(module.found[name])
        return found

    def named_parameters(self) -> dict[str, np.ndarray]:
        """The parameters by name, those of inner modules as "layers.0.weight"."""
        return {prefix + name: array for prefix, module in self.tree() for name, array in module.own.items()}

    def state(self) -> dict[str, np.ndarray]:
        """All that a trained module is: its parameters and what it keeps beside them, by name."""
        kept = {prefix + name: array for prefix, module in self.tree() for name, array in module.kept.items()}
        return self.named_parameters() | kept

    def train(self, training: bool = True) -> None:
        """Set this module and all in it to training, or to evaluation."""
        for _, module in self.tree():
            module.training = training

    def eval(self) -> None:
        self.train(False)

    def astype(self, dtype: Any) -> None:
        """Compute with numbers of this dtype from now on."""
        for _, module in self.tree():
            module.own = {name: array.astype(dtype) for name, array in module.own.items()}
            module.kept = {name: array.astype(dtype) for name, array in module.kept.items()}

    def inner(self) -> dict[str, Module]:
        """The modules in this one by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Module)}

    def tree(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all in it, each with what stands before its arrays' names."""
        yield prefix, self
        for name, module in self.inner().items():
            yield from module.tree(f"{prefix}{name}.")

    def _keep_gradients(self, *gradients: np.ndarray) -> None:
        """One for each of this module's own parameters, in their order."""
        self.found = dict(zip(self.own, gradients, strict=True))


class Sequential(Module):
    """Modules one after the other: each is given what the one before it returns."""

    def __init__(self, *modules: Module) -> None:
        super().__init__()
        self.modules = modules

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        for module in self.modules:
            x = module.forward(x, rng)
        return x

    def backward(self, dout: np.ndarray) -> np.ndarray:
        for module in reversed(self.modules):
            dout = module.backward(dout)
        return dout

    def inner(self) -> dict[str, Module]:
        return {str(number): module for number, module in enumerate(self.modules)}
