"""Networks that are wrong as a whole, though every layer in them may be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.mistakes.catalogue import Catalogue
from solutions.activations import softmax_cross_entropy
from solutions.modules.layers import Dropout
from solutions.training import CharLSTM, ConvNet

_CATALOGUE = Catalogue()
MISTAKES = _CATALOGUE.mistakes

Array = np.ndarray
Rng = np.random.Generator
Step = tuple[float, list[np.ndarray]]
Enter = Callable[[Callable[..., Any]], Any]


def _softmax(logits: Array, axis: int = -1) -> Array:
    exponentials = np.exp(logits - logits.max(axis=axis, keepdims=True))
    found: Array = exponentials / exponentials.sum(axis=axis, keepdims=True)
    return found


def _net(sentence: str) -> Enter:
    return _CATALOGUE.wrong("ConvNet", sentence)


def _model(sentence: str) -> Enter:
    return _CATALOGUE.wrong("CharLSTM", sentence)


# --- the convolutional network -------------------------------------------------------------------------------------


@_net(
    "The network is evaluated in training mode: dropout still drops, and batch norm still takes the batch's "
    "statistics. Pass `training` on to both."
)
class evaluated_in_training_mode(ConvNet):
    def forward(self, images: Array, training: bool, rng: Rng) -> Array:  # type: ignore[override]
        return super().forward(images, True, rng)


@_net(
    "Batch norm is evaluated in training mode: an image's logits depend on the images beside it. Pass `training` on to "
    "batch norm as well as to dropout."
)
class batch_norm_always_in_training(ConvNet):
    def forward(self, images: Array, training: bool, rng: Rng) -> Array:  # type: ignore[override]
        self.train(True)
        for layer in self.layers.modules:
            if isinstance(layer, Dropout):
                layer.training = training
        return self.layers.forward(images, rng)


@_net("Dropout drops in evaluation too: pass `training` on to it.")
class dropout_always_in_training(ConvNet):
    def forward(self, images: Array, training: bool, rng: Rng) -> Array:  # type: ignore[override]
        self.train(training)
        for layer in self.layers.modules:
            if isinstance(layer, Dropout):
                layer.training = True
        return self.layers.forward(images, rng)


@_net(
    "The network is trained in evaluation mode: loss_and_gradients is to run the layers in training mode, where dropout "
    "drops and the running statistics move."
)
class trained_in_evaluation_mode(ConvNet):
    def loss_and_gradients(self, images: Array, labels: Array, rng: Rng) -> Step:
        loss, dlogits = softmax_cross_entropy(self.forward(images, False, rng), labels)
        self.layers.backward(dlogits)
        return loss, self.gradients()


@_net(
    "The softmax is taken twice: forward returns probabilities, and the loss takes their softmax once more. Return the "
    "logits of the last linear layer."
)
class softmax_twice(ConvNet):
    def forward(self, images: Array, training: bool, rng: Rng) -> Array:  # type: ignore[override]
        self.out = _softmax(super().forward(images, training, rng))
        return self.out

    def loss_and_gradients(self, images: Array, labels: Array, rng: Rng) -> Step:
        loss, dout = softmax_cross_entropy(self.forward(images, True, rng), labels)
        self.layers.backward(self.out * (dout - np.sum(dout * self.out, axis=1, keepdims=True)))
        return loss, self.gradients()


@_net(
    "Loss and gradients are sums over the batch: with the same learning rate each step is N times as long. The mean is "
    "asked, and softmax_cross_entropy gives it."
)
class summed_over_the_batch(ConvNet):
    def loss_and_gradients(self, images: Array, labels: Array, rng: Rng) -> Step:
        loss, gradients = super().loss_and_gradients(images, labels, rng)
        return loss * len(images), [gradient * len(images) for gradient in gradients]


@_net(
    "The gradients are divided by the batch size once more: softmax_cross_entropy has already taken the mean, and "
    "backward functions sum."
)
class divided_by_the_batch_twice(ConvNet):
    def loss_and_gradients(self, images: Array, labels: Array, rng: Rng) -> Step:
        loss, gradients = super().loss_and_gradients(images, labels, rng)
        return loss, [gradient / len(images) for gradient in gradients]


@_net(
    "The gradients of one call are added to those of the last: they are to be set anew each time, or training follows "
    "all batches that ever were."
)
class gradients_not_reset(ConvNet):
    def loss_and_gradients(self, images: Array, labels: Array, rng: Rng) -> Step:
        loss, gradients = super().loss_and_gradients(images, labels, rng)
        before = getattr(self, "before", [np.zeros_like(gradient) for gradient in gradients])
        self.before = [old + gradient for old, gradient in zip(before, gradients)]
        return loss, self.before


@_net(
    "parameters() returns copies: whoever trains changes them, and the network never hears of it. Return the arrays "
    "with which the layers compute."
)
class copies_of_its_parameters(ConvNet):
    def parameters(self) -> list[Array]:
        return [parameter.copy() for parameter in super().parameters()]


@_net(
    "The gradients have the wrong sign: they are to point where the loss grows. Whoever trains subtracts them already."
)
class gradients_with_the_wrong_sign(ConvNet):
    def loss_and_gradients(self, images: Array, labels: Array, rng: Rng) -> Step:
        loss, gradients = super().loss_and_gradients(images, labels, rng)
        return loss, [-gradient for gradient in gradients]


@_net(
    "All weights begin at 0: then all filters are alike, get the same gradients, and stay alike. Draw them, scaled by "
    "how many inputs each output sees."
)
class begins_at_zero(ConvNet):
    def __init__(self, rng: Rng) -> None:
        super().__init__(rng)
        for parameter in self.parameters():
            parameter[...] = 0


@_net(
    "The weights of the last layer begin so large that the network is sure of itself before it has learned anything: "
    "scale them down, until the first loss is about ln 10."
)
class weights_too_large(ConvNet):
    def __init__(self, rng: Rng) -> None:
        super().__init__(rng)
        self.layers.modules[-1].own["weight"] *= 300


# --- the language model --------------------------------------------------------------------------------------------


class _Model(CharLSTM):
    """Whose loss and its gradient by the logits are a method of their own."""

    def loss_and_gradients(self, tokens: Array) -> Step:
        loss, dlogits = self.loss_of(self._logits(tokens[:-1]), tokens)
        self.carry_back(dlogits)
        return loss, self.gradients()

    def loss_of(self, logits: Array, tokens: Array) -> tuple[float, Array]:
        loss, dlogits = softmax_cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[1:].ravel())
        return loss, dlogits.reshape(logits.shape)

    def carry_back(self, dlogits: Array) -> None:
        dhs = self.linear.backward(dlogits.reshape(-1, dlogits.shape[-1])).reshape(*dlogits.shape[:2], -1)
        self.embedding.backward(self.lstm.backward(dhs))


@_model("forward returns logits, not log-probabilities: subtract the logarithm of the sum of their exponentials.")
class logits_returned(CharLSTM):
    def forward(self, tokens: Array) -> Array:  # type: ignore[override]
        return self._logits(tokens)


@_model("forward returns probabilities: their natural logarithms are asked, computed without a detour over exp.")
class probabilities_returned(CharLSTM):
    def forward(self, tokens: Array) -> Array:  # type: ignore[override]
        return _softmax(self._logits(tokens))


@_model("The softmax runs over the sequences of the batch: it belongs over the characters, the last axis.")
class softmax_over_the_batch(CharLSTM):
    def forward(self, tokens: Array) -> Array:  # type: ignore[override]
        found: Array = np.log(_softmax(self._logits(tokens), axis=1))
        return found


@_model("The softmax runs over the steps: it belongs over the characters, the last axis.")
class softmax_over_time(CharLSTM):
    def forward(self, tokens: Array) -> Array:  # type: ignore[override]
        found: Array = np.log(_softmax(self._logits(tokens), axis=0))
        return found


@_model("The logarithms are to the base 2: natural ones are asked, whose exponentials sum to 1.")
class logarithms_to_base_two(CharLSTM):
    def forward(self, tokens: Array) -> Array:  # type: ignore[override]
        found: Array = super().forward(tokens) / np.log(2)
        return found


@_model(
    "The targets are not shifted: the model learns to repeat the character that it has just read. After tokens[t] comes "
    "tokens[t + 1]."
)
class predicts_the_same_character(_Model):
    def loss_and_gradients(self, tokens: Array) -> Step:
        logits = self._logits(tokens)
        loss, dlogits = softmax_cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens.ravel())
        self.carry_back(dlogits.reshape(logits.shape))
        return loss, self.gradients()


@_model("Loss and gradients are sums over all predictions: their mean is asked, over (T - 1) * N of them.")
class summed_over_everything(_Model):
    def loss_of(self, logits: Array, tokens: Array) -> tuple[float, Array]:
        loss, dlogits = super().loss_of(logits, tokens)
        return loss * tokens[1:].size, dlogits * tokens[1:].size


@_model("Loss and gradients are sums over the steps: the mean is asked, over the steps as well as over the sequences.")
class summed_over_time(_Model):
    def loss_of(self, logits: Array, tokens: Array) -> tuple[float, Array]:
        loss, dlogits = super().loss_of(logits, tokens)
        return loss * len(tokens[1:]), dlogits * len(tokens[1:])


@_model(
    "The loss is divided by T: there are T - 1 predictions a sequence, since nothing comes after the last character."
)
class mean_over_all_steps(_Model):
    def loss_of(self, logits: Array, tokens: Array) -> tuple[float, Array]:
        loss, dlogits = super().loss_of(logits, tokens)
        share = len(tokens[1:]) / len(tokens)
        return loss * share, dlogits * share


@_model("The loss is in bits: it is asked in nats, with natural logarithms.")
class loss_in_bits(_Model):
    def loss_of(self, logits: Array, tokens: Array) -> tuple[float, Array]:
        loss, dlogits = super().loss_of(logits, tokens)
        return loss / np.log(2), dlogits / np.log(2)


@_model(
    "The state is carried over from one call to the next: the sequences of a batch do not go on where those of the last "
    "one ended. Begin each call at zeros."
)
class state_carried_over(CharLSTM):
    def _logits(self, tokens: Array) -> Array:
        before = getattr(self, "before", tokens[:1])
        if before.shape[1] != tokens.shape[1]:
            before = tokens[:1]
        self.before = tokens[-1:]
        return super()._logits(np.concatenate([before, tokens]))[1:]

    def loss_and_gradients(self, tokens: Array) -> Step:
        self.before = tokens[:1]
        logits = CharLSTM._logits(self, tokens[:-1])
        loss, dlogits = softmax_cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[1:].ravel())
        dhs = self.linear.backward(dlogits).reshape(*logits.shape[:2], -1)
        self.embedding.backward(self.lstm.backward(dhs))
        return loss, self.gradients()


@_model("The model reads its sequences from the end: what it says after a character, it knows from those to come.")
class reads_backwards(CharLSTM):
    def forward(self, tokens: Array) -> Array:  # type: ignore[override]
        return super().forward(tokens[::-1])[::-1]


@_model(
    "The gradients are those of the last layer alone: the others are 0, and neither LSTM nor embedding ever learns."
)
class only_the_last_layer_learns(CharLSTM):
    def loss_and_gradients(self, tokens: Array) -> Step:
        loss, gradients = super().loss_and_gradients(tokens)
        return loss, [*(0 * gradient for gradient in gradients[:-2]), *gradients[-2:]]


@_model("sample takes the likeliest character each time: draw it, by the probabilities that the model gives.")
class takes_the_likeliest(CharLSTM):
    def sample(self, length: int, rng: Rng) -> Array:
        tokens = rng.integers(0, len(self.embedding.own["weight"]), (1, 1))
        while len(tokens) < length:
            tokens = np.concatenate([tokens, self._logits(tokens[-9:])[-1:].argmax(axis=-1)])
        return tokens[:, 0]


@_model("sample draws from a generator of its own: every random number is to come from rng.")
class sample_without_rng(CharLSTM):
    def sample(self, length: int, rng: Rng) -> Array:
        return super().sample(length, np.random.default_rng(0))


@_model("sample draws the unlikely characters often and the likely ones rarely: the exponent's sign is turned round.")
class draws_the_unlikely(CharLSTM):
    def sample(self, length: int, rng: Rng) -> Array:
        own = self.linear.own
        self.linear.own = {name: -array for name, array in own.items()}
        tokens = super().sample(length, rng)
        self.linear.own = own
        return tokens


@_model(
    "sample pays no heed to what was learned: all characters are drawn alike. Draw by the probabilities of forward."
)
class draws_all_alike(CharLSTM):
    def sample(self, length: int, rng: Rng) -> Array:
        return rng.integers(0, len(self.embedding.own["weight"]), length)
