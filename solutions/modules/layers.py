"""One class a layer of the course: it holds the parameters and the cache, and the functions do the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from solutions.activations import (
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from solutions.convolution import (
    conv2d_im2col_backward,
    conv2d_im2col_forward,
    conv_transpose2d_backward,
    conv_transpose2d_forward,
)
from solutions.dropout import dropout2d_backward, dropout2d_forward, dropout_backward, dropout_forward
from solutions.linear import kaiming_normal, linear_backward, linear_forward
from solutions.modules.module import Module
from solutions.normalization import (
    batch_norm_backward,
    batch_norm_forward,
    group_norm_backward,
    group_norm_forward,
    instance_norm_backward,
    instance_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
    rms_norm_backward,
    rms_norm_forward,
)
from solutions.pooling import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)

Rng = np.random.Generator


class Layer(Module):
    """A coat over one pair of functions: `apply` is the way there, `way_back` the function of the way back."""

    way_back: ClassVar[Callable[..., Any]]
    _cache: Any = None
    _rng: Rng | None = None  # where a layer that draws draws from

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        raise NotImplementedError

    def forward(self, x: np.ndarray, rng: Rng | None = None) -> np.ndarray:
        self._rng = rng
        out, self._cache = self.apply(x)
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        found = type(self).way_back(dout, self._cache)
        dx: np.ndarray
        dx, *gradients = found if isinstance(found, tuple) else (found,)
        self._keep_gradients(*gradients)
        return dx


# --- with weights --------------------------------------------------------------------------------------------------


class Linear(Layer):
    """He's initialisation; the bias begins at 0."""

    way_back = staticmethod(linear_backward)

    def __init__(self, inputs: int, outputs: int, rng: Rng) -> None:
        super().__init__(weight=kaiming_normal(inputs, outputs, rng), bias=np.zeros(outputs))

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return linear_forward(x, **self.own)


class Conv2d(Layer):
    """He's initialisation over what one output sees, (channels_in / groups) * KH * KW inputs; the bias begins at 0."""

    way_back = staticmethod(conv2d_im2col_backward)

    def __init__(
        self, channels_in: int, channels_out: int, kernel_size: tuple[int, int], rng: Rng, **sliding: Any
    ) -> None:
        seen = (channels_in // sliding.get("groups", 1), *kernel_size)
        weight = kaiming_normal(int(np.prod(seen)), channels_out, rng).T.reshape(channels_out, *seen)
        super().__init__(weight=weight.copy(), bias=np.zeros(channels_out))
        self.sliding = sliding

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return conv2d_im2col_forward(x, **self.own, **self.sliding)


class ConvTranspose2d(Layer):
    """He's initialisation over the channels and the kernel; the bias begins at 0."""

    way_back = staticmethod(conv_transpose2d_backward)

    def __init__(
        self, channels_in: int, channels_out: int, kernel_size: tuple[int, int], rng: Rng, **sliding: Any
    ) -> None:
        shape = (channels_in, channels_out // sliding.get("groups", 1), *kernel_size)
        weight = kaiming_normal(channels_in, int(np.prod(shape[1:])), rng).reshape(shape)
        super().__init__(weight=weight, bias=np.zeros(channels_out))
        self.sliding = sliding

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return conv_transpose2d_forward(x, **self.own, **self.sliding)


# --- entry by entry ------------------------------------------------------------------------------------------------


class ReLU(Layer):
    way_back = staticmethod(relu_backward)

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return relu_forward(x)


class Sigmoid(Layer):
    way_back = staticmethod(sigmoid_backward)

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return sigmoid_forward(x)


class Tanh(Layer):
    way_back = staticmethod(tanh_backward)

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return tanh_forward(x)


# --- pooling -------------------------------------------------------------------------------------------------------


class MaxPool2d(Layer):
    way_back = staticmethod(max_pool2d_backward)

    def __init__(self, kernel_size: int | tuple[int, int], **sliding: Any) -> None:
        super().__init__()
        self.sliding = {"kernel_size": kernel_size, **sliding}

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return max_pool2d_forward(x, **self.sliding)


class AvgPool2d(Layer):
    way_back = staticmethod(avg_pool2d_backward)

    def __init__(self, kernel_size: int | tuple[int, int], **sliding: Any) -> None:
        super().__init__()
        self.sliding = {"kernel_size": kernel_size, **sliding}

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return avg_pool2d_forward(x, **self.sliding)


class GlobalAvgPool2d(Layer):
    way_back = staticmethod(global_avg_pool2d_backward)

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return global_avg_pool2d_forward(x)


# --- normalization -------------------------------------------------------------------------------------------------


class BatchNorm(Layer):
    """Keeps the running statistics, and moves them with every batch of training."""

    way_back = staticmethod(batch_norm_backward)

    def __init__(self, channels: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__(weight=np.ones(channels), bias=np.zeros(channels))
        self.kept = {"running_mean": np.zeros(channels), "running_var": np.ones(channels)}
        self.constants: dict[str, Any] = {"momentum": momentum, "eps": eps}

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        out, cache, mean, var = batch_norm_forward(x, **self.own, **self.kept, training=self.training, **self.constants)
        self.kept = {"running_mean": mean, "running_var": var}
        return out, cache


class LayerNorm(Layer):
    way_back = staticmethod(layer_norm_backward)

    def __init__(self, shape: tuple[int, ...], eps: float = 1e-5) -> None:
        super().__init__(weight=np.ones(shape), bias=np.zeros(shape))
        self.eps = eps

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return layer_norm_forward(x, **self.own, eps=self.eps)


class GroupNorm(Layer):
    way_back = staticmethod(group_norm_backward)

    def __init__(self, num_groups: int, channels: int, eps: float = 1e-5) -> None:
        super().__init__(weight=np.ones(channels), bias=np.zeros(channels))
        self.num_groups, self.eps = num_groups, eps

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return group_norm_forward(x, self.num_groups, **self.own, eps=self.eps)


class InstanceNorm(Layer):
    way_back = staticmethod(instance_norm_backward)

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__(weight=np.ones(channels), bias=np.zeros(channels))
        self.eps = eps

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return instance_norm_forward(x, **self.own, eps=self.eps)


class RMSNorm(Layer):
    way_back = staticmethod(rms_norm_backward)

    def __init__(self, features: int, eps: float = 1e-5) -> None:
        super().__init__(weight=np.ones(features))
        self.eps = eps

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return rms_norm_forward(x, **self.own, eps=self.eps)


# --- dropout -------------------------------------------------------------------------------------------------------


class Dropout(Layer):
    """Draws from the generator that forward is given; in evaluation none is needed."""

    way_back = staticmethod(dropout_backward)

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return dropout_forward(x, self.p, self.training, _generator(self._rng, self.training))


class Dropout2d(Layer):
    """Drops whole channels; draws from the generator that forward is given."""

    way_back = staticmethod(dropout2d_backward)

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def apply(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return dropout2d_forward(x, self.p, self.training, _generator(self._rng, self.training))


def _generator(rng: Rng | None, training: bool) -> Rng:
    if rng is None and training:
        raise ValueError("dropout draws in training: pass a generator, forward(x, rng), or call eval() first")
    return rng or np.random.default_rng(0)  # in evaluation nothing is drawn
