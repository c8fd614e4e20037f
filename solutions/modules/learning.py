"""Train a network: steps of Adam with a bar that says how far it is, and an end between two steps when interrupted."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import numpy as np
from tqdm import tqdm

from solutions.recurrent import clip_grad_norm
from solutions.training import adam_step

LossAndGradients = Callable[[int], tuple[float, Sequence[np.ndarray]]]


def learn(
    parameters: Sequence[np.ndarray],
    loss_and_gradients: LossAndGradients,
    learning_rates: Sequence[float],
    max_norm: float = math.inf,
    title: str = "training",
    after: Callable[[int], None] | None = None,
) -> list[float]:
    """Take a step of Adam for each learning rate, and return the losses.

    Interrupted (by Ctrl-C, or a notebook's stop button), it ends after the step at hand and returns the losses so far:
    the parameters are those of a training that ends there, and can be used and saved. A second interrupt is not waited
    for.

    Args:
        parameters: changed in place.
        loss_and_gradients: called with the number of the step, from 0.
        learning_rates: that of each step.
        max_norm: gradients that are longer all together are shortened to it.
        title: what the bar is called.
        after: called after each step with its number.
    """
    losses: list[float] = []
    state = None
    with _interrupted() as is_interrupted, tqdm(learning_rates, title, unit=" steps", dynamic_ncols=True) as bar:
        for step, learning_rate in enumerate(bar):
            loss, gradients = loss_and_gradients(step)
            if max_norm < math.inf:
                gradients = clip_grad_norm(gradients, max_norm)
            moved, state = adam_step(parameters, gradients, state, float(learning_rate))
            for parameter, new in zip(parameters, moved, strict=True):
                parameter[...] = new
            losses.append(loss)
            bar.set_postfix(loss=f"{np.mean(losses[-20:]):.3f}", refresh=False)
            if after is not None:
                after(step)
            if is_interrupted():
                break
    return losses


@contextmanager
def _interrupted() -> Iterator[Callable[[], bool]]:
    """Asks whether an interrupt came since; a second one raises KeyboardInterrupt as ever."""
    came = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal came
        if came:
            signal.default_int_handler(number, frame)
        came = True

    if threading.current_thread() is not threading.main_thread():  # which alone hears of signals
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGINT, before)
