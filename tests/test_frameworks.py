"""What other frameworks keep and mean: their documented equations, and ONNX's evaluator, give what ours give."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from complex_step import assert_near
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from solutions.convolution import conv2d_forward, conv_transpose2d_forward
from solutions.linear import linear_forward
from solutions.normalization import batch_norm_forward
from solutions.pooling import avg_pool2d_forward

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))
import frameworks

IMAGES = (2, 4, 6, 5)  # N, C, H, W: all different, so that no two axes can be confused
FILTERS, KERNEL = 6, (3, 2)


def drawn(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(20_261_128)
    return [rng.standard_normal(shape) for shape in shapes]


def onnx_run(operator: str, *arrays: np.ndarray, outputs: int = 1, **attributes: object) -> list[np.ndarray]:
    names, asked = [f"in{i}" for i in range(len(arrays))], [f"out{i}" for i in range(outputs)]
    node = helper.make_node(operator, names, asked, **attributes)
    given = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in names]
    wanted = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in asked]
    model = helper.make_model(helper.make_graph([node], "one node", given, wanted))
    return ReferenceEvaluator(model).run(asked, dict(zip(names, arrays, strict=True)))


# --- dense layers ----------------------------------------------------------------------------------------------------


def test_a_dense_weight_is_read_by_pytorch_s_equation_and_by_onnx() -> None:
    x, weight, bias = drawn((3, 4), (4, 5), (5,))
    out, _ = linear_forward(x, weight, bias)
    kept = frameworks.dense_to_pytorch(weight)
    assert kept.shape == (5, 4)
    assert_near(x @ kept.T + bias, out)
    assert_near(onnx_run("Gemm", x, kept, bias, transB=1)[0], out)
    assert (frameworks.dense_from_pytorch(kept) == weight).all()


def test_a_dense_layer_behind_images_takes_either_order_of_axes() -> None:
    x, weight = drawn(IMAGES, (4 * 6 * 5, 7))
    behind = frameworks.dense_behind_channels_last(weight, IMAGES[1:])
    last = x.transpose(0, 2, 3, 1)
    assert_near(last.reshape(2, -1) @ behind, x.reshape(2, -1) @ weight)
    assert np.abs(last.reshape(2, -1) @ weight - x.reshape(2, -1) @ weight).max() > 1
    assert (frameworks.dense_behind_channels_first(behind, IMAGES[1:]) == weight).all()


# --- images and convolutions -----------------------------------------------------------------------------------------


def keras_conv2d(x: np.ndarray, kernel: np.ndarray, stride: int, groups: int) -> np.ndarray:
    """keras.layers.Conv2D, padding="valid", channels last: kernel (KH, KW, C / groups, F)."""
    kh, kw, channels, filters = kernel.shape
    height, width = ((size - k) // stride + 1 for size, k in zip(x.shape[1:3], (kh, kw), strict=True))
    out = np.zeros((len(x), height, width, filters))
    for i, j, f in np.ndindex(height, width, filters):
        first = f // (filters // groups) * channels
        window = x[:, i * stride : i * stride + kh, j * stride : j * stride + kw, first : first + channels]
        out[:, i, j, f] = (window * kernel[..., f]).sum(axis=(1, 2, 3))
    return out


@pytest.mark.parametrize(("stride", "groups"), [(1, 1), (2, 1), (1, 2)])
def test_a_convolution_is_read_with_the_channels_last(stride: int, groups: int) -> None:
    x, weight = drawn(IMAGES, (FILTERS, IMAGES[1] // groups, *KERNEL))
    kernel = frameworks.conv_to_channels_last(weight)
    assert kernel.shape == (*KERNEL, IMAGES[1] // groups, FILTERS)
    out = keras_conv2d(frameworks.images_to_channels_last(x), kernel, stride, groups)
    expected, _ = conv2d_forward(x, weight, np.zeros(FILTERS), stride=stride, groups=groups)
    assert_near(frameworks.images_from_channels_last(out), expected)
    assert (frameworks.conv_from_channels_last(kernel) == weight).all()
    assert_near(onnx_run("Conv", x, weight, strides=[stride, stride], group=groups)[0], expected)


def keras_conv2d_transpose(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """keras.layers.Conv2DTranspose, padding="valid": kernel (KH, KW, F, C); each pixel adds its patch."""
    kh, kw, filters, _ = kernel.shape
    n, height, width, _ = x.shape
    out = np.zeros((n, (height - 1) * stride + kh, (width - 1) * stride + kw, filters))
    for i, j in np.ndindex(height, width):
        patch = np.einsum("nc,uvfc->nuvf", x[:, i, j], kernel)
        out[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += patch
    return out


def flax_conv_transpose(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """jax.lax.conv_transpose, "VALID", transpose_kernel=False: correlate the spread input with the kernel as it is."""
    kh, kw = kernel.shape[:2]
    n, height, width, channels = x.shape
    spread = np.zeros((n, (height - 1) * stride + 1, (width - 1) * stride + 1, channels))
    spread[:, ::stride, ::stride] = x
    padded = np.pad(spread, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1), (0, 0)))
    return keras_conv2d(padded, kernel, 1, 1)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_transposed_convolution_is_read_by_keras_flax_and_onnx(stride: int) -> None:
    x, weight = drawn(IMAGES, (IMAGES[1], FILTERS, *KERNEL))
    expected, _ = conv_transpose2d_forward(x, weight, np.zeros(FILTERS), stride=stride)
    last = frameworks.images_to_channels_last(x)
    for_keras, for_flax = frameworks.conv_transpose_to_keras(weight), frameworks.conv_transpose_to_flax(weight)
    assert (for_keras.shape, for_flax.shape) == ((*KERNEL, FILTERS, IMAGES[1]), (*KERNEL, IMAGES[1], FILTERS))
    for out in (keras_conv2d_transpose(last, for_keras, stride), flax_conv_transpose(last, for_flax, stride)):
        assert_near(frameworks.images_from_channels_last(out), expected)
    assert_near(onnx_run("ConvTranspose", x, weight, strides=[stride, stride])[0], expected)
    assert (frameworks.conv_transpose_from_keras(for_keras) == weight).all()
    assert (frameworks.conv_transpose_from_flax(for_flax) == weight).all()


# --- padding ---------------------------------------------------------------------------------------------------------

SETTINGS = list(itertools.product(range(1, 10), range(1, 6), range(1, 5), range(1, 4)))


def test_same_padding_is_what_tensorflow_documents() -> None:
    for size, kernel, stride, dilation in SETTINGS:
        filter_size = dilation * (kernel - 1) + 1
        remainder = size % stride
        total = max(filter_size - (stride if remainder == 0 else remainder), 0)
        pads = (total // 2, total - total // 2)
        assert frameworks.same_padding(size, kernel, stride, dilation) == pads
        assert frameworks.same_padding(size, kernel, stride, dilation, extra="before") == pads[::-1]


def test_same_padding_with_stride_1_is_what_pytorch_documents() -> None:
    for size, kernel, _, dilation in SETTINGS:
        total = dilation * (kernel - 1)
        assert frameworks.same_padding(size, kernel, 1, dilation) == (total // 2, total - total // 2)


@pytest.mark.parametrize(("auto_pad", "extra"), [("SAME_UPPER", "after"), ("SAME_LOWER", "before")])
@pytest.mark.parametrize("stride", [1, 2])
def test_onnx_pads_by_itself_as_by_our_numbers(auto_pad: str, extra: str, stride: int) -> None:
    x, weight = drawn((2, 3, 8, 9), (4, 3, 4, 3))
    pads = [frameworks.same_padding(size, k, stride, extra=extra) for size, k in ((8, 4), (9, 3))]
    strides = [stride, stride]
    (automatic,) = onnx_run("Conv", x, weight, auto_pad=auto_pad, strides=strides)
    (explicit,) = onnx_run("Conv", x, weight, pads=frameworks.pads_for_onnx(pads), strides=strides)
    assert_near(explicit, automatic)
    padded = np.pad(x, ((0, 0), (0, 0), *pads))
    assert_near(conv2d_forward(padded, weight, np.zeros(4), stride=stride)[0], automatic)


def test_pads_are_listed_as_each_framework_lists_them() -> None:
    pads = [(1, 2), (3, 4)]
    assert frameworks.pads_for_onnx(pads) == [1, 3, 2, 4]
    assert frameworks.pads_for_pytorch(pads) == [3, 4, 1, 2]


def test_the_mean_without_the_border_is_onnx_s() -> None:
    (x,) = drawn((2, 3, 7, 6))
    kernel_size, stride, padding = (3, 2), (2, 3), (1, 1)
    counting, _ = avg_pool2d_forward(x, kernel_size, stride, padding)
    expected = onnx_run("AveragePool", x, kernel_shape=kernel_size, strides=stride, pads=(*padding, *padding))[0]
    assert np.abs(counting - expected).max() > 0.1
    assert_near(frameworks.mean_without_border(counting, x.shape[2:], kernel_size, stride, padding), expected)


# --- normalization, optimizers, dropout, labels ----------------------------------------------------------------------


def test_onnx_keeps_our_running_statistics_once_momentum_and_variance_are_converted() -> None:
    x, weight, bias, mean = drawn(IMAGES, (4,), (4,), (4,))
    out, _, running_mean, running_var = batch_norm_forward(x, weight, bias, mean, np.zeros(4), momentum=0.2)
    momentum = frameworks.other_momentum(0.2)
    theirs = onnx_run(
        "BatchNormalization", x, weight, bias, mean, np.zeros(4), outputs=3, training_mode=1, momentum=momentum
    )
    for got, expected in zip(theirs[:2], (out, running_mean), strict=True):
        assert_near(got, expected, 1e-6)  # ONNX holds its attributes in float32
    assert_near(frameworks.unbiased(theirs[2], 2 * 6 * 5), running_var, 1e-6)
    assert np.abs(theirs[2] / running_var - 1).max() > 0.01


def test_keras_velocity_takes_the_same_steps_while_the_learning_rate_stays() -> None:
    gradients, (parameter,) = drawn(*[(3,)] * 5), drawn((3,))
    rate, momentum = 0.1, 0.9
    ours, theirs, velocity, kept = parameter, parameter, np.zeros(3), np.zeros(3)
    for gradient in gradients:
        velocity = momentum * velocity + gradient
        ours = ours - rate * velocity
        kept = momentum * kept - rate * gradient
        theirs = theirs + kept
    assert_near(theirs, ours)
    assert_near(frameworks.velocity_from_keras(kept, rate), velocity)
    assert_near(frameworks.velocity_to_keras(velocity, rate), kept)


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_adam_s_eps_is_moved_through_the_root(step: int) -> None:
    m, v = (np.abs(array) + 0.1 for array in drawn((4,), (4,)))
    beta1, beta2, epsilon = 0.9, 0.999, 0.01
    correction1, correction2 = 1 - beta1**step, 1 - beta2**step
    keras = np.sqrt(correction2) / correction1 * m / (np.sqrt(v) + epsilon)
    eps = frameworks.adam_eps_of_keras(epsilon, step, beta2)
    assert_near((m / correction1) / (np.sqrt(v / correction2) + eps), keras)


def test_onnx_drops_with_the_probability_that_is_left_by_keeping() -> None:
    kept = 0.8
    (out,) = onnx_run("Dropout", np.ones(20_000), np.array(frameworks.drop_from_keep(kept)), np.array(True), seed=1)
    assert abs((out == 0).mean() - 0.2) < 0.02
    assert_near(out[out != 0], np.full((out != 0).sum(), 1 / kept))


def test_labels_are_turned_into_rows_and_back() -> None:
    labels = np.array([2, 0, 1, 2])
    rows = frameworks.labels_to_one_hot(labels, 4)
    assert rows.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert (frameworks.labels_from_one_hot(rows) == labels).all()


# --- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: frameworks.dense_behind_channels_last(np.zeros((9, 2)), (2, 2, 2)), "9 rows, but images of (2, 2, 2)"),
        (lambda: frameworks.unbiased(np.ones(3), 1), "count is 1: one value has no unbiased variance"),
        (lambda: frameworks.labels_from_one_hot(np.array([[0.7, 0.3]])), "not one-hot"),
        (lambda: frameworks.labels_from_one_hot(np.array([[1, 1]])), "not one-hot"),
        (lambda: frameworks.labels_to_one_hot(np.array([0, 3]), 3), "labels go from 0 to 3, but there are 3 classes"),
        (lambda: frameworks.labels_to_one_hot(np.array([-1, 1]), 3), "labels go from -1 to 1"),
    ],
)
def test_what_cannot_be_converted_is_refused(call, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        call()
