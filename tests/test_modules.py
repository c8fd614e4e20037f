"""The course's layers as objects: each computes what its functions do, and what is saved comes back or says why not."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from solutions.modules import layers, sequences
from solutions.modules.files import load, save
from solutions.modules.gradient_check import gradient_errors
from solutions.modules.module import Module, Sequential

IMAGES, ROWS, SEQUENCE = (3, 4, 5, 6), (6, 4), (5, 3, 4)


def rng():
    return np.random.default_rng(8)


# A layer, and the shape of an input for it.
LAYERS = {
    "Linear": (lambda: layers.Linear(4, 3, rng()), ROWS),
    "Conv2d": (lambda: layers.Conv2d(4, 6, (2, 3), rng(), stride=2, padding=1, groups=2), IMAGES),
    "ConvTranspose2d": (lambda: layers.ConvTranspose2d(4, 6, (2, 3), rng(), stride=2, groups=2), IMAGES),
    "ReLU": (layers.ReLU, ROWS),
    "Sigmoid": (layers.Sigmoid, ROWS),
    "Tanh": (layers.Tanh, ROWS),
    "MaxPool2d": (lambda: layers.MaxPool2d(2, stride=1), IMAGES),
    "AvgPool2d": (lambda: layers.AvgPool2d((2, 3), padding=1), IMAGES),
    "GlobalAvgPool2d": (layers.GlobalAvgPool2d, IMAGES),
    "BatchNorm": (lambda: layers.BatchNorm(4), IMAGES),
    "LayerNorm": (lambda: layers.LayerNorm((5, 6)), IMAGES),
    "GroupNorm": (lambda: layers.GroupNorm(2, 4), IMAGES),
    "InstanceNorm": (lambda: layers.InstanceNorm(4), IMAGES),
    "RMSNorm": (lambda: layers.RMSNorm(4), ROWS),
    "Dropout": (lambda: layers.Dropout(0.3), ROWS),
    "Dropout2d": (lambda: layers.Dropout2d(0.3), IMAGES),
    "RNN": (lambda: sequences.RNN(4, 2, rng()), SEQUENCE),
    "LSTM": (lambda: sequences.LSTM(4, 2, rng()), SEQUENCE),
    "GRU": (lambda: sequences.GRU(4, 2, rng()), SEQUENCE),
}


def moved(module: Module) -> Module:
    """No weight 1, no bias 0: nothing may be left out unseen."""
    for number, parameter in enumerate(module.parameters()):
        parameter[...] += 0.3 * np.random.default_rng(number).standard_normal(parameter.shape)
    return module


@pytest.mark.parametrize("name", LAYERS)
def test_the_gradients_of_a_layer_are_those_of_what_it_computes(name: str) -> None:
    make, shape = LAYERS[name]
    layer = moved(make())
    x = np.random.default_rng(1).standard_normal(shape)
    dout = np.random.default_rng(2).standard_normal(layer.forward(x, rng()).shape)
    dx = []

    def loss_and_gradients():
        loss = float(np.sum(dout * layer.forward(x, rng())))
        dx[:] = [layer.backward(dout)]
        return loss, [*layer.gradients(), *dx]

    assert max(gradient_errors(loss_and_gradients, [*layer.parameters(), x], rng())) < 1e-7


def test_every_layer_of_the_rooms_is_tried() -> None:
    found = {
        name
        for room in (layers, sequences)
        for name, kind in vars(room).items()
        if isinstance(kind, type) and issubclass(kind, layers.Layer) and kind is not layers.Layer
    }
    assert found - {"Embedding"} == LAYERS.keys()


def test_an_embedding_has_a_gradient_by_its_table_alone() -> None:
    embedding = sequences.Embedding(5, 2, rng())
    out = embedding.forward(np.array([[1, 3], [3, 3]]))
    assert embedding.backward(np.ones_like(out)) is None
    assert np.array_equal(embedding.gradients()[0][:, 0], [0, 1, 0, 3, 0])


@pytest.mark.parametrize("name", ["Dropout", "Dropout2d", "BatchNorm"])
def test_what_differs_in_evaluation(name: str) -> None:
    make, shape = LAYERS[name]
    layer = make()
    x = np.random.default_rng(1).standard_normal(shape) + 2
    training = layer.forward(x, rng())
    layer.eval()
    kept = layer.state()
    assert np.abs(layer.forward(x) - training).max() > 0.1
    assert all(np.array_equal(array, kept[key]) for key, array in layer.state().items())


def test_dropout_in_training_asks_for_a_generator() -> None:
    with pytest.raises(ValueError, match="pass a generator"):
        layers.Dropout(0.3).forward(np.ones((2, 3)))


def test_gradients_before_any_backward_are_asked_for_in_vain() -> None:
    with pytest.raises(ValueError, match=re.escape("1.weight has no gradient")):
        Sequential(layers.ReLU(), layers.Linear(2, 3, rng())).gradients()


def test_gradients_are_those_of_the_last_backward_and_do_not_add_up() -> None:
    layer, x = layers.Linear(4, 3, rng()), np.random.default_rng(1).standard_normal(ROWS)
    for _ in range(2):
        layer.backward(np.ones_like(layer.forward(x)))
    assert np.allclose(layer.gradients()[1], len(x))


# --- networks ------------------------------------------------------------------------------------------------------


def network() -> Sequential:
    inner = Sequential(layers.BatchNorm(4), layers.Tanh())
    return Sequential(layers.Linear(4, 4, rng()), inner, layers.Dropout(0.2), layers.Linear(4, 3, rng()))


NAMES = ["0.weight", "0.bias", "1.0.weight", "1.0.bias", "3.weight", "3.bias"]


def test_parameters_are_the_arrays_themselves_by_names_that_say_where_they_are() -> None:
    net = network()
    assert list(net.named_parameters()) == NAMES
    net.parameters()[0][...] = 0
    assert not net.modules[0].own["weight"].any()
    assert list(net.state()) == [*NAMES, "1.0.running_mean", "1.0.running_var"]


def test_train_and_eval_reach_every_layer() -> None:
    net = network()
    net.eval()
    assert not any(module.training for _, module in net.tree())
    net.train()
    assert all(module.training for _, module in net.tree())


def test_float32_throughout() -> None:
    net = network()
    net.astype(np.float32)
    out = net.forward(np.ones(ROWS, np.float32), rng())
    net.backward(np.ones_like(out))
    assert {array.dtype for array in (out, *net.gradients(), *net.state().values())} == {np.dtype(np.float32)}


def test_the_check_of_a_whole_network_sees_a_layer_whose_way_back_is_wrong() -> None:
    class Wrong(layers.Tanh):
        @staticmethod
        def way_back(dout, cache):
            return dout * (1 - cache)

    x = np.random.default_rng(1).standard_normal(ROWS)
    for tanh, right in ((layers.Tanh(), True), (Wrong(), False)):
        net = Sequential(layers.Linear(4, 4, rng()), tanh, layers.Linear(4, 3, rng()))

        def loss_and_gradients(net=net):
            out = net.forward(x)
            net.backward(out)
            return 0.5 * float(np.sum(out**2)), net.gradients()

        errors = gradient_errors(loss_and_gradients, net.parameters(), rng())
        assert (max(errors[:2]) < 1e-7) is right
        assert max(errors[2:]) < 1e-7, "what comes after the fault is right"


def test_the_check_sets_parameters_back_and_refuses_what_it_cannot_judge() -> None:
    weight = np.array([1.0, 2.0])
    gradient_errors(lambda: (float(weight @ weight), [2 * weight]), [weight], rng())
    assert np.array_equal(weight, [1.0, 2.0])
    with pytest.raises(ValueError, match=re.escape("shapes [(3,)], the parameters [(2,)]")):
        gradient_errors(lambda: (0.0, [np.zeros(3)]), [weight], rng())
    with pytest.raises(ValueError, match="float64"):
        gradient_errors(lambda: (0.0, [np.zeros(3)]), [np.zeros(3, np.float32)], rng())


# --- files ---------------------------------------------------------------------------------------------------------


def test_what_is_saved_comes_back_into_the_same_arrays(tmp_path: Path) -> None:
    trained, fresh = moved(network()), network()
    trained.forward(np.random.default_rng(1).standard_normal(ROWS), rng())
    save(trained, tmp_path / "net.npz")
    held = fresh.parameters()
    load(fresh, tmp_path / "net.npz")
    for name, array in trained.state().items():
        assert np.array_equal(fresh.state()[name], array)
    assert all(one is other for one, other in zip(held, fresh.parameters(), strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["net.npz"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Sequential(layers.Linear(4, 3, rng())), "has no array 0.weight"),
        (lambda: Module(weight=np.ones(4), extra=np.ones(1)), "has no array extra"),
        (Module, "has an array weight that the module has not"),
        (lambda: Module(weight=np.ones(3)), "weight has shape (4,) and dtype float64"),
    ],
)
def test_a_file_of_another_network_is_refused_by_name_and_nothing_changes(tmp_path: Path, make, says) -> None:
    save(Module(weight=np.full(4, 7.0)), tmp_path / "net.npz")
    module = make()
    before = {name: array.copy() for name, array in module.state().items()}
    with pytest.raises(ValueError, match=re.escape(says)):
        load(module, tmp_path / "net.npz")
    assert all(np.array_equal(array, before[name]) for name, array in module.state().items())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        pickle.dumps({"weight": np.ones(4)}),
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }".ljust(128) + b"\n",
    ],
    ids=["empty", "text", "a pickle", "a single array"],
)
def test_what_is_no_npz_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.npz").write_bytes(content)
    with pytest.raises(ValueError, match=re.escape("is no .npz file of arrays")):
        load(Module(weight=np.ones(4)), tmp_path / "net.npz")


def test_a_pickled_object_inside_an_npz_file_is_not_run(tmp_path: Path) -> None:
    ran = []

    class Trap:
        def __reduce__(self):
            return ran.append, (1,)

    np.savez(tmp_path / "net.npz", weight=np.array([Trap()], object))
    with pytest.raises(ValueError, match=re.escape("is no .npz file of arrays")):
        load(Module(weight=np.ones(1)), tmp_path / "net.npz")
    assert ran == []
