"""Weights, padding and settings of the other layers as other frameworks keep and mean them, and back.

Ours are those of this book: a dense weight (D, M), a convolution's (F, C / groups, KH, KW), a transposed convolution's
(C, F / groups, KH, KW), images (N, C, H, W), padding the same on both sides, dropout's p the probability of being
dropped. What a function turns is turned back by the one that is named the other way round. The
gates of recurrent layers have a file of their own, `gate_orders.py`.

Sources: the documentation of torch.nn, keras.layers, keras.optimizers, tf.nn ("Notes on padding"), flax.linen,
jax.lax.conv_transpose, optax, and the operators of ONNX.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

Array = np.ndarray

# --- dense layers ----------------------------------------------------------------------------------------------------


def dense_to_pytorch(weight: Array) -> Array:
    """(D, M) as `torch.nn.Linear` keeps it, (M, D); ONNX's Gemm with transB=1, too. Keras and Flax keep ours."""
    return weight.T


def dense_from_pytorch(weight: Array) -> Array:
    return weight.T


def dense_behind_channels_last(weight: Array, in_shape: tuple[int, int, int]) -> Array:
    """A dense weight behind flattened images: rows in the order (C, H, W), put into the order (H, W, C).

    `in_shape` is (C, H, W). The shape of the weight stays as it is, which is why the wrong order goes unnoticed.
    """
    return np.moveaxis(_rows_by_pixel(weight, in_shape), 0, 2).reshape(weight.shape)


def dense_behind_channels_first(weight: Array, in_shape: tuple[int, int, int]) -> Array:
    """The way back: rows in the order (H, W, C), put into the order (C, H, W). `in_shape` is (C, H, W) here, too."""
    return np.moveaxis(_rows_by_pixel(weight, (*in_shape[1:], in_shape[0])), 2, 0).reshape(weight.shape)


def _rows_by_pixel(weight: Array, axes: tuple[int, int, int]) -> Array:
    if len(weight) != math.prod(axes):
        raise ValueError(f"weight has {len(weight)} rows, but images of {axes} have {math.prod(axes)} numbers")
    return weight.reshape(*axes, -1)


# --- images and convolutions -----------------------------------------------------------------------------------------


def images_to_channels_last(x: Array) -> Array:
    """(N, C, H, W) as Keras and Flax take them, (N, H, W, C)."""
    return np.moveaxis(x, 1, -1)


def images_from_channels_last(x: Array) -> Array:
    return np.moveaxis(x, -1, 1)


def conv_to_channels_last(weight: Array) -> Array:
    """(F, C / groups, KH, KW) as Keras and Flax keep it, (KH, KW, C / groups, F). PyTorch and ONNX keep ours."""
    return np.transpose(weight, (2, 3, 1, 0))


def conv_from_channels_last(kernel: Array) -> Array:
    return np.transpose(kernel, (3, 2, 0, 1))


def conv_transpose_to_keras(weight: Array) -> Array:
    """(C, F, KH, KW) as `keras.layers.Conv2DTranspose` keeps it, (KH, KW, F, C). PyTorch and ONNX keep ours."""
    return np.transpose(weight, (2, 3, 1, 0))


def conv_transpose_from_keras(kernel: Array) -> Array:
    return np.transpose(kernel, (3, 2, 0, 1))


def conv_transpose_to_flax(weight: Array) -> Array:
    """(C, F, KH, KW) as `flax.linen.ConvTranspose` keeps it, (KH, KW, C, F), with the kernel turned by half a turn.

    With its default transpose_kernel=False Flax slides the kernel over the spread input as it stands; the adjoint of
    a convolution slides it turned round. With transpose_kernel=True Flax takes what Keras keeps.
    """
    return np.transpose(weight[:, :, ::-1, ::-1], (2, 3, 0, 1))


def conv_transpose_from_flax(kernel: Array) -> Array:
    return np.transpose(kernel[::-1, ::-1], (2, 3, 0, 1))


# --- padding ---------------------------------------------------------------------------------------------------------


def same_padding(
    size: int, kernel: int, stride: int = 1, dilation: int = 1, extra: Literal["after", "before"] = "after"
) -> tuple[int, int]:
    """How many rows "same" puts before and after an axis of `size`, so that ceil(size / stride) outputs come.

        total = max(0, (ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size)

    An odd total cannot be shared out evenly. The one left over goes after the image in TensorFlow, Keras, JAX, Flax,
    PyTorch (which has "same" for stride 1 only) and ONNX's SAME_UPPER; before it in ONNX's SAME_LOWER.
    """
    steps = -(-size // stride) - 1
    total = max(0, steps * stride + dilation * (kernel - 1) + 1 - size)
    less, more = total // 2, total - total // 2
    return (less, more) if extra == "after" else (more, less)


def pads_for_onnx(pads: Sequence[tuple[int, int]]) -> list[int]:
    """Pairs (before, after), one for each axis, as ONNX's attribute `pads` lists them: all begins, then all ends."""
    return [before for before, _ in pads] + [after for _, after in pads]


def pads_for_pytorch(pads: Sequence[tuple[int, int]]) -> list[int]:
    """Pairs (before, after) as `torch.nn.functional.pad` takes them: the last axis first, pair by pair."""
    return [count for pair in reversed(pads) for count in pair]


def mean_without_border(
    out: Array, in_size: Sequence[int], kernel_size: Sequence[int], stride: Sequence[int], padding: Sequence[int]
) -> Array:
    """Average pooling whose padded zeros do not count, from the outputs (..., H', W') of one in which they do.

        out * (size of the window) / (how many of its places are inside the image)

    They count in this book, PyTorch and Flax; they do not in TensorFlow, Keras and ONNX.
    """
    axes = zip(in_size, kernel_size, stride, padding, out.shape[-2:], strict=True)
    rows, columns = (_inside(*axis) for axis in axes)
    return out * (math.prod(kernel_size) / np.outer(rows, columns))


def _inside(length: int, kernel: int, stride: int, padding: int, steps: int) -> Array:
    """For each window along an axis, how many of its places lie inside."""
    begin = np.arange(steps) * stride - padding
    return np.minimum(begin + kernel, length) - np.maximum(begin, 0)


# --- normalization ---------------------------------------------------------------------------------------------------


def other_momentum(momentum: float) -> float:
    """Batch norm's momentum in the other convention: PyTorch's and ours weighs the new batch, all others' the old."""
    return 1 - momentum


def unbiased(variance: Array, count: int) -> Array:
    """The variance of `count` values, divided by count - 1: what PyTorch and this book keep for evaluation.

    `variance` is divided by count, as Keras, Flax and ONNX keep it. `count` is N, or N * H * W for images.
    """
    if count < 2:
        raise ValueError(f"count is {count}: one value has no unbiased variance")
    return variance * (count / (count - 1))


# --- optimizers ------------------------------------------------------------------------------------------------------


def velocity_from_keras(velocity: Array, learning_rate: float) -> Array:
    """The velocity of Keras, which holds -learning_rate * ours, as PyTorch, Optax and this book keep it."""
    return -velocity / learning_rate


def velocity_to_keras(velocity: Array, learning_rate: float) -> Array:
    return -learning_rate * velocity


def adam_eps_of_keras(epsilon: float, step: int, beta2: float = 0.999) -> float:
    """The eps of the paper's Algorithm 1 (PyTorch's, Optax' and ours) that Keras' `epsilon` stands for in a step.

        eps = epsilon / sqrt(1 - beta2^step)

    Keras adds it to the root of the second moment before the correction of the bias, the others after it.
    """
    return epsilon / math.sqrt(1 - beta2**step)


# --- dropout and labels ----------------------------------------------------------------------------------------------


def drop_from_keep(keep: float) -> float:
    """The probability of being dropped, from that of being kept (`keep_prob`)."""
    return 1 - keep


def labels_from_one_hot(one_hot: Array) -> Array:
    """Rows with a single 1 (Keras' CategoricalCrossentropy) as whole numbers (N,)."""
    if not np.isin(one_hot, (0, 1)).all() or not (one_hot.sum(axis=-1) == 1).all():
        raise ValueError("not one-hot: each row needs a single 1 among zeros; soft labels are no whole numbers")
    return one_hot.argmax(axis=-1)


def labels_to_one_hot(labels: Array, classes: int) -> Array:
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"labels go from {labels.min()} to {labels.max()}, but there are {classes} classes")
    return np.eye(classes)[labels]
