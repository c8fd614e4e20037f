"""Is the way back of a whole network right? Its gradients beside what small changes of parameters do to the loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Loss = Callable[[], tuple[float, Sequence[np.ndarray]]]


def gradient_errors(
    loss_and_gradients: Loss,
    parameters: Sequence[np.ndarray],
    rng: np.random.Generator,
    entries: int = 10,
    step: float = 1e-5,
) -> list[float]:
    """For each parameter, how far its gradient is from central differences, relative to the larger of the two.

    Gradients that are nothing beside the others are held to a ten-thousandth of all of them together: that of a bias
    before batch norm is 0, and rounding is all that differences show of it.

        (loss(p + step) - loss(p - step)) / (2 * step)   at `entries` entries of each parameter, drawn by rng

    Args:
        loss_and_gradients: the loss at the parameters as they are, and its gradients in their order. It must give the
            same loss each time: a network that draws is to be given a generator of the same seed each time.
        parameters: float64 arrays, changed in place and set back.
        rng: draws the entries.
        entries: how many of each parameter are tried.
        step: how far each is moved, both ways.

    Returns:
        norm(got - numerical) / max(norm(got), norm(numerical), norm(all gradients) / 10^4), over the entries.

    Raises:
        ValueError: if the gradients do not have the parameters' shapes, or a parameter is not float64.

    Source:
        Press et al., Numerical Recipes, 3rd edition (2007), section 5.7.
    """
    _, gradients = loss_and_gradients()
    shapes = [gradient.shape for gradient in gradients], [parameter.shape for parameter in parameters]
    if shapes[0] != shapes[1]:
        raise ValueError(f"the gradients have shapes {shapes[0]}, the parameters {shapes[1]}")
    if any(parameter.dtype != np.float64 for parameter in parameters):
        raise ValueError("central differences need float64 parameters: float32 has too few digits")
    gradients = [gradient.copy() for gradient in gradients]
    least = max(1e-4 * float(np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))), np.finfo(float).tiny)
    errors = []
    for parameter, gradient in zip(parameters, gradients, strict=True):
        chosen = rng.choice(parameter.size, min(entries, parameter.size), replace=False)
        places = [np.unravel_index(one, parameter.shape) for one in chosen]
        numerical = np.array([_slope(loss_and_gradients, parameter, place, step) for place in places])
        got = np.array([gradient[place] for place in places])
        scale = max(float(np.linalg.norm(got)), float(np.linalg.norm(numerical)), least)
        errors.append(float(np.linalg.norm(got - numerical) / scale))
    return errors


def _slope(loss_and_gradients: Loss, parameter: np.ndarray, place: tuple[np.intp, ...], step: float) -> float:
    before = parameter[place]
    parameter[place] = before + step
    above, _ = loss_and_gradients()
    parameter[place] = before - step
    below, _ = loss_and_gradients()
    parameter[place] = before
    return (above - below) / (2 * step)
