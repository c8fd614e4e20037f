"""The reference optimisers, held to closed forms; the two networks, held to derivatives and to what they promise."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from complex_step import assert_near
from hypothesis import given
from hypothesis import strategies as st
from layouts import layouts, normal

from solutions.modules.gradient_check import gradient_errors
from solutions.training import CharLSTM, ConvNet, adam_step, sgd_step

seeds = st.integers(0, 2**32 - 1)
SHAPES = [(2, 3), (3,), ()]


def arrays(seed, dtype="float64"):
    return [np.asarray(normal(seed + place, shape), dtype) for place, shape in enumerate(SHAPES)]


# --- SGD -----------------------------------------------------------------------------------------------------------


def test_two_steps_of_sgd_by_hand() -> None:
    params, velocity = sgd_step([np.array([1.0])], [np.array([0.5])], None, 0.1, momentum=0.9, weight_decay=0.2)
    assert_near(velocity[0], np.array([0.7]))  # 0.5 + 0.2 * 1
    assert_near(params[0], np.array([0.93]))
    params, velocity = sgd_step(params, [np.array([0.5])], velocity, 0.1, momentum=0.9, weight_decay=0.2)
    assert_near(velocity[0], np.array([1.316]))  # 0.9 * 0.7 + 0.5 + 0.2 * 0.93
    assert_near(params[0], np.array([0.7984]))


@given(seeds, st.integers(1, 9), st.floats(0, 0.95))
def test_the_velocity_under_a_constant_gradient_is_a_geometric_sum(seed, steps, momentum) -> None:
    grads = arrays(seed)
    params, velocity = arrays(seed + 9), None
    for _ in range(steps):
        params, velocity = sgd_step(params, grads, velocity, 0.1, momentum)
    for v, grad in zip(velocity, grads, strict=True):
        assert_near(v, grad * (1 - momentum**steps) / (1 - momentum), 1e-11)


@given(seeds, st.integers(1, 9), st.floats(0, 1))
def test_weight_decay_alone_shrinks_each_parameter_by_the_same_factor(seed, steps, weight_decay) -> None:
    first = arrays(seed)
    params, zeros = first, [np.zeros_like(param) for param in first]
    for _ in range(steps):
        params, _ = sgd_step(params, zeros, None, 0.1, weight_decay=weight_decay)
    for param, before in zip(params, first, strict=True):
        assert_near(param, before * (1 - 0.1 * weight_decay) ** steps, 1e-11)


# --- Adam ----------------------------------------------------------------------------------------------------------


def test_two_steps_of_adam_by_hand() -> None:
    params, state = adam_step([np.array([1.0])], [np.array([0.5])], None, 0.1)
    assert_near(params[0], np.array([1 - 0.1 * 0.5 / (0.5 + 1e-8)]))
    params, _ = adam_step(params, [np.array([-1.0])], state, 0.1)
    mean = (0.9 * 0.05 - 0.1) / (1 - 0.81)
    square = (0.999 * 0.00025 + 0.001) / (1 - 0.998001)
    first = 1 - 0.1 * 0.5 / (0.5 + 1e-8)
    assert_near(params[0], np.array([first - 0.1 * mean / (math.sqrt(square) + 1e-8)]))


@given(seeds, st.integers(1, 30))
def test_under_a_constant_gradient_adam_moves_by_the_learning_rate_each_step(seed, steps) -> None:
    """Both means are then the gradient's own, once they are corrected."""
    grads = [np.sign(grad) + grad for grad in arrays(seed)]
    first = params = arrays(seed + 9)
    state = None
    for _ in range(steps):
        params, state = adam_step(params, grads, state, 0.01, eps=0.0)
    for param, before, grad in zip(params, first, grads, strict=True):
        assert_near(param - before, -0.01 * steps * np.sign(grad), 1e-9)


def test_eps_is_added_to_the_root() -> None:
    params, _ = adam_step([np.array([0.0])], [np.array([3e-8])], None, 1.0)
    assert_near(params[0], np.array([-0.75]))


def test_adam_stands_still_where_there_never_was_a_gradient() -> None:
    params, _ = adam_step([np.array([1.0, 2.0])], [np.array([0.0, 1.0])], None, 0.1)
    assert params[0][0] == 1.0


# --- both ----------------------------------------------------------------------------------------------------------

STEPS = {
    "sgd": lambda params, grads, state: sgd_step(params, grads, state, 0.1, 0.9, 0.01),
    "adam": lambda params, grads, state: adam_step(params, grads, state, 0.1),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@given(seeds, layouts)
def test_a_step_makes_new_arrays_of_the_same_dtype_whatever_their_layout(step, seed, layout) -> None:
    for dtype in ("float64", "float32"):
        params = [layout(np.atleast_1d(array)) for array in arrays(seed, dtype)]
        grads = [layout(np.atleast_1d(array)) for array in arrays(seed + 9, dtype)]
        copies = [array.copy() for array in (*params, *grads)]
        moved, state = step(params, grads, None)
        again, _ = step(moved, grads, state)
        for array, copy in zip((*params, *grads), copies, strict=True):
            assert array.tobytes() == copy.tobytes()
        for new, old in zip((*moved, *again), (*params, *params), strict=True):
            assert new.dtype == dtype
            assert new.shape == old.shape
            assert not np.shares_memory(new, old)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_the_state_before_a_step_is_left_as_it_was(step) -> None:
    """A step may be taken twice from the same place."""
    params, grads = arrays(1), arrays(5)
    moved, state = step(params, grads, None)
    first, _ = step(moved, grads, state)
    second, _ = step(moved, grads, state)
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("grads", [[np.zeros((2, 3))], [np.zeros((3, 2)), np.zeros(3)]])
def test_gradients_that_do_not_fit_are_refused_with_the_shapes(step, grads) -> None:
    with pytest.raises(ValueError, match=re.escape("[(2, 3), (3,)]")):
        step([np.zeros((2, 3)), np.zeros(3)], grads, None)


# --- the convolutional network -------------------------------------------------------------------------------------


def conv_net():
    rng = np.random.default_rng(3)
    images, labels = rng.random((5, 1, 8, 8)), rng.integers(0, 10, 5)
    return ConvNet(np.random.default_rng(1)), images, labels


def test_every_gradient_of_the_convolutional_network_is_what_differences_show() -> None:
    net, images, labels = conv_net()
    errors = gradient_errors(
        lambda: net.loss_and_gradients(images, labels, np.random.default_rng(7)),
        net.parameters(),
        np.random.default_rng(5),
        entries=4,
    )
    assert max(errors) < 1e-6, errors


def test_before_training_it_guesses() -> None:
    net, images, labels = conv_net()
    loss, gradients = net.loss_and_gradients(images, labels, np.random.default_rng(7))
    assert abs(loss - math.log(10)) < 0.1
    assert [gradient.shape for gradient in gradients] == [parameter.shape for parameter in net.parameters()]


def test_in_evaluation_an_image_s_logits_are_its_own_and_nothing_changes() -> None:
    net, images, labels = conv_net()
    for seed in range(3):
        net.loss_and_gradients(images, labels, np.random.default_rng(seed))
    kept = {name: array.copy() for name, array in net.state().items()}
    logits = net.forward(images, False, np.random.default_rng(1))
    assert logits.shape == (5, 10)
    assert_near(net.forward(images[2:3], False, np.random.default_rng(2)), logits[2:3])
    assert all(np.array_equal(array, kept[name]) for name, array in net.state().items())
    assert np.abs(net.forward(images, True, np.random.default_rng(1)) - logits).max() > 0.01


def test_it_learns_ten_images_by_heart() -> None:
    net, _, _ = conv_net()
    rng = np.random.default_rng(4)
    images, labels = rng.random((10, 1, 8, 8)), rng.permutation(10)
    params, state = net.parameters(), None
    for _ in range(40):
        _, gradients = net.loss_and_gradients(images, labels, rng)
        moved, state = adam_step(params, gradients, state, 0.01)
        for param, new in zip(params, moved, strict=True):
            param[...] = new
    assert np.array_equal(net.forward(images, False, rng).argmax(axis=1), labels)


# --- the language model --------------------------------------------------------------------------------------------

VOCABULARY = 5


class Small(CharLSTM):
    units, features = 4, 3


class Larger(CharLSTM):
    units, features = 16, 3


def language_model(kind: type[CharLSTM] = Small):
    net = kind(VOCABULARY, np.random.default_rng(1))
    return net, np.random.default_rng(2).integers(0, VOCABULARY, (6, 3))


def loss_of(net, tokens):
    """The loss as the equation has it, from the log-probabilities; complex numbers go through."""
    own = np.take_along_axis(net.forward(tokens)[:-1], tokens[1:, :, None], axis=2)
    return -own.mean()


def test_every_gradient_of_the_language_model_is_the_complex_step_s() -> None:
    net, tokens = language_model()
    loss, gradients = net.loss_and_gradients(tokens)
    assert abs(loss - loss_of(net, tokens)) < 1e-14
    gradients = [gradient.copy() for gradient in gradients]
    net.astype(complex)
    for parameter, gradient in zip(net.parameters(), gradients, strict=True):
        expected = np.empty(parameter.shape)
        for index in np.ndindex(parameter.shape):
            before = parameter[index]
            parameter[index] = before + 1e-30j
            expected[index] = loss_of(net, tokens).imag / 1e-30
            parameter[index] = before
        assert_near(gradient, expected)


def test_before_training_all_characters_are_about_equally_likely() -> None:
    net, tokens = language_model()
    assert abs(net.loss_and_gradients(tokens)[0] - math.log(VOCABULARY)) < 0.1


def test_its_probabilities_sum_to_one_and_look_at_no_later_token() -> None:
    net, tokens = language_model()
    found = net.forward(tokens)
    assert found.shape == (6, 3, VOCABULARY)
    assert_near(np.exp(found).sum(axis=-1), np.ones((6, 3)))
    changed = tokens.copy()
    changed[4:] = (changed[4:] + 1) % VOCABULARY
    again = net.forward(changed)
    assert np.array_equal(again[:4], found[:4])
    assert np.abs(again[4:] - found[4:]).max() > 1e-6


def test_samples_follow_the_probabilities() -> None:
    """A model with no weights but the last bias draws each character by it, whatever went before."""
    net, _ = language_model()
    for parameter in net.parameters():
        parameter[...] = 0
    share = np.array([0.5, 0.25, 0.125, 0.0625, 0.0625])
    net.linear.own["bias"][...] = np.log(share)
    drawn = net.sample(4000, np.random.default_rng(6))
    assert drawn.shape == (4000,)
    assert np.abs(np.bincount(drawn, minlength=VOCABULARY) / 4000 - share).max() < 0.04


def test_a_sample_goes_on_from_what_was_drawn() -> None:
    """A model that has learned 0 1 2 3 4 0 1 … by heart says it."""
    net, _ = language_model(Larger)
    tokens = (np.arange(12)[:, None] + np.arange(VOCABULARY)) % VOCABULARY
    params, state = net.parameters(), None
    for _ in range(150):
        moved, state = adam_step(params, net.loss_and_gradients(tokens)[1], state, 0.03)
        for param, new in zip(params, moved, strict=True):
            param[...] = new
    drawn = net.sample(40, np.random.default_rng(6))
    assert np.array_equal(drawn[1:], (drawn[:-1] + 1) % VOCABULARY)


def test_a_single_step_has_nothing_to_predict() -> None:
    net, tokens = language_model()
    with pytest.raises(ValueError, match=re.escape("(1, 3)")):
        net.loss_and_gradients(tokens[:1])
