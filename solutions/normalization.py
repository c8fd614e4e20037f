"""Normalization: batch, layer, group, instance and RMS norm, which differ in the numbers that share statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def batch_norm_forward(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[np.ndarray, Any, np.ndarray, np.ndarray]:
    """Normalize each feature or channel over the batch, then scale and shift it.

        out = weight * (x - mean) / sqrt(var + eps) + bias

    In training, mean and var are those of the batch: of the m = N values of a feature, or of the m = N * H * W values
    of a channel. Here var is the biased variance, which divides by m; what is remembered is the unbiased one, which
    divides by m - 1:

        new running_mean = (1 - momentum) * running_mean + momentum * mean
        new running_var  = (1 - momentum) * running_var  + momentum * var * m / (m - 1)

    In evaluation, mean and var are running_mean and running_var, which stay as they are.

    Args:
        x: the batch, shape (N, C) or (N, C, H, W).
        weight: one scale a feature or channel (gamma in the paper), shape (C,).
        bias: one shift a feature or channel (beta in the paper), shape (C,).
        running_mean: the running average of the means so far, shape (C,).
        running_var: the running average of the unbiased variances so far, shape (C,).
        training: whether the statistics are the batch's own.
        momentum: the share of the new value in the running averages.
        eps: added to the variance.

    Returns:
        out: the shape of x.
        cache: whatever your batch_norm_backward will need.
        running_mean: shape (C,); in training a new array, in evaluation the one given.
        running_var: shape (C,); likewise.

    Raises:
        ValueError: in training, if there is only one value a channel, N * H * W = 1: it is its own mean, and has no
            spread to divide by; if the shapes do not fit together. The message names the sizes.

    Source:
        Ioffe & Szegedy, Batch normalization: accelerating deep network training by reducing internal covariate shift
        (2015), algorithms 1 and 2.
    """
    _require_channels(x, weight=weight, bias=bias, running_mean=running_mean, running_var=running_var)
    axes = _all_but_channels(x)
    scale, shift = _per_channel(weight, x), _per_channel(bias, x)
    if not training:
        inverse_std = 1 / np.sqrt(_per_channel(running_var, x) + eps)
        x_hat = (x - _per_channel(running_mean, x)) * inverse_std
        return x_hat * scale + shift, (x_hat, inverse_std, weight, training), running_mean, running_var
    values = _values_a_channel(x)
    if values < 2:
        raise ValueError(
            f"training needs at least two values a channel, and x of shape {x.shape} has {values}: "
            "a single value is its own mean"
        )
    x_hat, inverse_std, mean, variance = _standardized(x, axes, eps)
    out = x_hat * scale + shift
    unbiased = variance.ravel() * (values / (values - 1))
    new_mean = (1 - momentum) * running_mean + momentum * mean.ravel()
    new_var = (1 - momentum) * running_var + momentum * unbiased
    return out, (x_hat, inverse_std, weight, training), new_mean, new_var


def batch_norm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient back through batch norm, in the mode in which the forward was called.

    With dout = dL/dout, the chain rule sums over every entry of out that an input reaches:

        dx[i]   = sum over j of dout[j] * (d out[j] / d x[i])
        dweight = sum over j of dout[j] * (d out[j] / d weight)
        dbias   = sum over j of dout[j] * (d out[j] / d bias)

    where i and j run over the values of one channel. In training the mean and the variance depend on every one of
    them; in evaluation they are constants.

    Args:
        dout: gradient of the loss with respect to out, the shape of x.
        cache: what batch_norm_forward returned as its second value.

    Returns:
        dx: the shape of x.
        dweight: shape (C,).
        dbias: shape (C,).

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        Ioffe & Szegedy, Batch normalization (2015), section 3, which has the derivatives one by one.
    """
    x_hat, inverse_std, weight, training = cache
    _require_shape(dout, x_hat.shape)
    axes = _all_but_channels(dout)
    dweight, dbias = np.sum(dout * x_hat, axis=axes), np.sum(dout, axis=axes)
    slope = _per_channel(weight, dout) * inverse_std
    if not training:
        return slope * dout, dweight, dbias
    values = _values_a_channel(dout)
    dx = dout - _per_channel(dbias / values, dout)
    dx -= x_hat * _per_channel(dweight / values, dout)
    dx *= slope
    return dx, dweight, dbias


def layer_norm_forward(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, Any]:
    """Normalize each example by itself, over the trailing axes that weight has.

        out = weight * (x - mean) / sqrt(var + eps) + bias

    where mean and the biased variance var are taken over the last weight.ndim axes of x, for every position along the
    axes before them.

    Args:
        x: shape (..., d1, ..., dk).
        weight: one scale for each of the numbers that are normalized together, shape (d1, ..., dk), k at least 1.
        bias: the shape of weight.
        eps: added to the variance.

    Returns:
        out: the shape of x.
        cache: whatever your layer_norm_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Ba, Kiros & Hinton, Layer normalization (2016), section 3.
    """
    if weight.ndim == 0 or x.shape[-weight.ndim :] != weight.shape:
        raise ValueError(f"weight must have the shape of the last axes of x, {x.shape}, not {weight.shape}")
    if bias.shape != weight.shape:
        raise ValueError(f"bias must have the shape of weight, {weight.shape}, not {bias.shape}")
    x_hat, inverse_std, _, _ = _standardized(x, _last_axes(x, weight.ndim), eps)
    return x_hat * weight + bias, (x_hat, inverse_std, weight)


def layer_norm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient back through layer norm.

    With dout = dL/dout, and with i and j running over the numbers of one example that are normalized together:

        dx[i]      = sum over j of dout[j] * (d out[j] / d x[i])
        dweight[i] = sum over the examples of dout[i] * (d out[i] / d weight[i])
        dbias[i]   = sum over the examples of dout[i] * (d out[i] / d bias[i])

    Args:
        dout: gradient of the loss with respect to out, the shape of x.
        cache: what layer_norm_forward returned beside out.

    Returns:
        dx: the shape of x.
        dweight: the shape of weight.
        dbias: the shape of weight.

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        Ba, Kiros & Hinton, Layer normalization (2016), section 3.
    """
    x_hat, inverse_std, weight = cache
    _require_shape(dout, x_hat.shape)
    dx = _through_statistics(dout * weight, x_hat, inverse_std, _last_axes(dout, weight.ndim))
    examples = tuple(range(dout.ndim - weight.ndim))
    return dx, np.sum(dout * x_hat, axis=examples), np.sum(dout, axis=examples)


def group_norm_forward(
    x: np.ndarray, num_groups: int, weight: np.ndarray, bias: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, Any]:
    """Normalize groups of neighbouring channels of each image by itself, then scale and shift each channel.

        out = weight * (x - mean) / sqrt(var + eps) + bias

    The C channels are cut into num_groups groups of C / num_groups neighbours; mean and the biased variance var are
    those of all values of one group in one image.

    Args:
        x: the images, shape (N, C, H, W).
        num_groups: how many groups; it divides C.
        weight: one scale a channel, shape (C,).
        bias: one shift a channel, shape (C,).
        eps: added to the variance.

    Returns:
        out: the shape of x.
        cache: whatever your group_norm_backward will need.

    Raises:
        ValueError: if num_groups does not divide C, or if the shapes do not fit together; the message names the sizes.

    Source:
        Wu & He, Group normalization (2018), section 3.
    """
    _require_channels(x, weight=weight, bias=bias)
    _require_groups(x, num_groups)
    x_hat, inverse_std, _, _ = _standardized(_in_groups(x, num_groups), (2,), eps)
    out = x_hat.reshape(x.shape) * _per_channel(weight, x) + _per_channel(bias, x)
    return out, (x_hat, inverse_std, weight, x.shape)


def group_norm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient back through group norm.

    With dout = dL/dout, and with i and j running over the values of one group in one image:

        dx[i]      = sum over j of dout[j] * (d out[j] / d x[i])
        dweight[c] = sum over the values of channel c, in all images, of dout * (d out / d weight[c])
        dbias[c]   = sum over the values of channel c, in all images, of dout * (d out / d bias[c])

    Args:
        dout: gradient of the loss with respect to out, the shape of x.
        cache: what group_norm_forward returned beside out.

    Returns:
        dx: the shape of x.
        dweight: shape (C,).
        dbias: shape (C,).

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        Wu & He, Group normalization (2018), section 3.
    """
    return _through_groups(dout, cache)


def instance_norm_forward(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, Any]:
    """Normalize each channel of each image by itself, then scale and shift each channel.

        out = weight * (x - mean) / sqrt(var + eps) + bias

    where mean and the biased variance var are those of the H * W values of one channel in one image.

    Args:
        x: the images, shape (N, C, H, W).
        weight: one scale a channel, shape (C,).
        bias: one shift a channel, shape (C,).
        eps: added to the variance.

    Returns:
        out: the shape of x.
        cache: whatever your instance_norm_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Ulyanov, Vedaldi & Lempitsky, Instance normalization: the missing ingredient for fast stylization (2016),
        section 2.
    """
    _require_channels(x, weight=weight, bias=bias)
    x_hat, inverse_std, _, _ = _standardized(_in_groups(x, x.shape[1]), (2,), eps)
    out = x_hat.reshape(x.shape) * _per_channel(weight, x) + _per_channel(bias, x)
    return out, (x_hat, inverse_std, weight, x.shape)


def instance_norm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient back through instance norm.

    With dout = dL/dout, and with i and j running over the values of one channel in one image:

        dx[i]      = sum over j of dout[j] * (d out[j] / d x[i])
        dweight[c] = sum over the values of channel c, in all images, of dout * (d out / d weight[c])
        dbias[c]   = sum over the values of channel c, in all images, of dout * (d out / d bias[c])

    Args:
        dout: gradient of the loss with respect to out, the shape of x.
        cache: what instance_norm_forward returned beside out.

    Returns:
        dx: the shape of x.
        dweight: shape (C,).
        dbias: shape (C,).

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        Ulyanov, Vedaldi & Lempitsky, Instance normalization (2016), section 2.
    """
    return _through_groups(dout, cache)


def rms_norm_forward(x: np.ndarray, weight: np.ndarray, eps: float = 1e-5) -> tuple[np.ndarray, Any]:
    """Divide each row by its root mean square, then scale each feature.

        out = weight * x / sqrt(mean_square + eps)

    where mean_square is the mean of the squares along the last axis.

    Args:
        x: shape (..., D).
        weight: one scale a feature, shape (D,).
        eps: added to the mean square.

    Returns:
        out: the shape of x.
        cache: whatever your rms_norm_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Zhang & Sennrich, Root mean square layer normalization (2019), section 3.
    """
    if weight.ndim != 1 or x.shape[-1:] != weight.shape:
        raise ValueError(f"weight must have one number for each of the last axis of x, {x.shape}, not {weight.shape}")
    inverse_rms = 1 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)
    x_hat = x * inverse_rms
    return x_hat * weight, (x_hat, inverse_rms, weight)


def rms_norm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray]:
    """Carry the gradient back through RMS norm.

    With dout = dL/dout, and with i and j running over the numbers of one row:

        dx[i]      = sum over j of dout[j] * (d out[j] / d x[i])
        dweight[i] = sum over the rows of dout[i] * (d out[i] / d weight[i])

    Args:
        dout: gradient of the loss with respect to out, the shape of x.
        cache: what rms_norm_forward returned beside out.

    Returns:
        dx: the shape of x.
        dweight: shape (D,).

    Raises:
        ValueError: if dout does not have the shape of x; the message names the sizes.

    Source:
        Zhang & Sennrich, Root mean square layer normalization (2019), section 3.
    """
    x_hat, inverse_rms, weight = cache
    _require_shape(dout, x_hat.shape)
    dx_hat = dout * weight
    dx: np.ndarray = dx_hat - x_hat * np.mean(dx_hat * x_hat, axis=-1, keepdims=True)
    dx *= inverse_rms
    return dx, np.sum(dout * x_hat, axis=tuple(range(dout.ndim - 1)))


def _standardized(
    x: np.ndarray, axes: tuple[int, ...], eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give x mean 0 and spread 1 over `axes`; beside it 1 / sqrt(var + eps), the mean and the variance.

    The mean is taken away before squaring: the difference of two large means of squares would lose its digits.
    """
    mean = np.mean(x, axis=axes, keepdims=True)
    centred = x - mean
    variance = np.mean(centred * centred, axis=axes, keepdims=True)
    inverse_std = 1 / np.sqrt(variance + eps)
    centred *= inverse_std
    return centred, inverse_std, mean, variance


def _through_statistics(
    dx_hat: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray, axes: tuple[int, ...]
) -> np.ndarray:
    """The gradient by x from that by x_hat: its share straight on, through the mean, and through the variance."""
    mean_path = np.mean(dx_hat, axis=axes, keepdims=True)
    variance_path = x_hat * np.mean(dx_hat * x_hat, axis=axes, keepdims=True)
    dx: np.ndarray = dx_hat - mean_path
    dx -= variance_path
    dx *= inverse_std
    return dx


def _through_groups(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of group norm, of which instance norm is the case with a group for every channel."""
    x_hat, inverse_std, weight, shape = cache
    _require_shape(dout, shape)
    dx_hat = (dout * _per_channel(weight, dout)).reshape(x_hat.shape)
    dx = _through_statistics(dx_hat, x_hat, inverse_std, (2,)).reshape(shape)
    axes = _all_but_channels(dout)
    return dx, np.sum(dout * x_hat.reshape(shape), axis=axes), np.sum(dout, axis=axes)


def _in_groups(x: np.ndarray, num_groups: int) -> np.ndarray:
    """Images as (N, groups, values of a group), all named: NumPy cannot infer a size for an empty batch."""
    return x.reshape(x.shape[0], num_groups, math.prod(x.shape[1:]) // num_groups)


def _per_channel(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """One number a channel, shaped to meet axis 1 of x."""
    return values.reshape(len(values), *[1] * (x.ndim - 2))


def _all_but_channels(x: np.ndarray) -> tuple[int, ...]:
    return tuple(axis for axis in range(x.ndim) if axis != 1)


def _values_a_channel(x: np.ndarray) -> int:
    return math.prod(x.shape[axis] for axis in _all_but_channels(x))


def _last_axes(x: np.ndarray, count: int) -> tuple[int, ...]:
    return tuple(range(x.ndim - count, x.ndim))


def _require_channels(x: np.ndarray, **parameters: np.ndarray) -> None:
    if x.ndim < 2:
        raise ValueError(f"x must be (N, C) or (N, C, H, W), not {x.shape}")
    for name, values in parameters.items():
        if values.shape != x.shape[1:2]:
            raise ValueError(f"{name} must have shape {x.shape[1:2]}, one number a channel of x, not {values.shape}")


def _require_groups(x: np.ndarray, num_groups: int) -> None:
    if num_groups < 1 or x.shape[1] % num_groups:
        raise ValueError(f"{x.shape[1]} channels cannot be cut into {num_groups} groups of one size")


def _require_shape(dout: np.ndarray, shape: tuple[int, ...]) -> None:
    if dout.shape != shape:
        raise ValueError(f"dout must have the shape of x, {shape}, not {dout.shape}")
