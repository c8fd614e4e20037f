"""The recurrent layer with tanh, one step and a whole sequence; embeddings of tokens; clipping of gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from solutions._steps import require_sequence, require_shape, require_step


def embedding_forward(tokens: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, Any]:
    """Give each token its vector: a row of a table that is learnt.

        out[..., d] = weight[tokens[...], d]

    Args:
        tokens: integers from 0 to V - 1, of any shape.
        weight: the table, one row a token, shape (V, D).

    Returns:
        out: the shape of tokens with D added at its end, (..., D).
        cache: whatever your embedding_backward will need.

    Raises:
        ValueError: if tokens are no integers, or one of them has no row in weight; the message names it.

    Source:
        Bengio, Ducharme, Vincent & Jauvin, A neural probabilistic language model (2003), section 2.
    """
    _require_tokens(tokens, weight)
    return weight[tokens], (tokens, weight)


def embedding_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Carry the gradient of a loss L back to the rows of the table.

        dweight[v, d] = sum of dout[..., d] over all places at which the token is v

    A row whose token does not occur has the gradient 0.

    Args:
        dout: gradient of the loss with respect to out, shape (..., D).
        cache: what embedding_forward returned beside out.

    Returns:
        dweight: shape (V, D).

    Raises:
        ValueError: if dout does not have the shape of out; the message names the sizes.

    Source:
        Bengio, Ducharme, Vincent & Jauvin, A neural probabilistic language model (2003), section 3.
    """
    tokens, weight = cache
    require_shape("dout", dout, (*tokens.shape, weight.shape[1]))
    dweight = np.zeros(weight.shape, dout.dtype)
    np.add.at(dweight, tokens, dout)
    return dweight


def rnn_cell_forward(
    x: np.ndarray, h: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, Any]:
    """Take one step of a recurrent layer: the new state, from the input and the state before.

        h_next = tanh(x @ weight_ih + h @ weight_hh + bias)

    Args:
        x: the input of this step, shape (N, D).
        h: the state before it, shape (N, H).
        weight_ih: from the input to the state, shape (D, H).
        weight_hh: from the state to the state, shape (H, H).
        bias: shape (H,).

    Returns:
        h_next: the state after it, shape (N, H).
        cache: whatever your rnn_cell_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Elman, Finding structure in time (1990); Goodfellow, Bengio & Courville, Deep Learning (2016), section 10.2,
        equations 10.8 and 10.9.
    """
    require_step(x.shape, h.shape)
    _require_weights(x, h, weight_ih, weight_hh, bias)
    h_next = np.tanh(x @ weight_ih + h @ weight_hh + bias)
    return h_next, (x, h, weight_ih, weight_hh, h_next)


def rnn_cell_backward(
    dh_next: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient of a loss L back through one step.

    With h_next = tanh(x @ weight_ih + h @ weight_hh + bias):

        dx, dh, dweight_ih, dweight_hh, dbias = dL/dx, dL/dh, dL/dweight_ih, dL/dweight_hh, dL/dbias

    Args:
        dh_next: gradient of the loss with respect to h_next, shape (N, H).
        cache: what rnn_cell_forward returned beside h_next.

    Returns:
        dx: shape (N, D).
        dh: shape (N, H).
        dweight_ih: shape (D, H).
        dweight_hh: shape (H, H).
        dbias: shape (H,).

    Raises:
        ValueError: if dh_next does not have the shape of h_next; the message names the sizes.

    Source:
        Goodfellow, Bengio & Courville, Deep Learning (2016), section 10.2.2.
    """
    x, h, weight_ih, weight_hh, h_next = cache
    require_shape("dh_next", dh_next, h_next.shape)
    da = _through_tanh(dh_next, h_next)
    return da @ weight_ih.T, da @ weight_hh.T, x.T @ da, h.T @ da, da.sum(axis=0)


def rnn_forward(
    x: np.ndarray, h0: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, Any]:
    """Read a sequence step by step, with the same weights at every step.

        hs[t] = tanh(x[t] @ weight_ih + hs[t-1] @ weight_hh + bias)   with   hs[-1] standing for h0

    Args:
        x: the sequence, time first, shape (T, N, D).
        h0: the state before the first step, shape (N, H).
        weight_ih: shape (D, H).
        weight_hh: shape (H, H).
        bias: shape (H,).

    Returns:
        hs: the state after every step, shape (T, N, H).
        cache: whatever your rnn_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Elman, Finding structure in time (1990); Goodfellow, Bengio & Courville, Deep Learning (2016), section 10.2.
    """
    require_sequence(x)
    require_step(x.shape[1:], h0.shape)
    _require_weights(x, h0, weight_ih, weight_hh, bias)
    # The inputs' part for all steps in one product; only the state has to wait for the step before.
    from_inputs = np.tensordot(x, weight_ih, axes=1) + bias
    hs = np.empty(from_inputs.shape, np.result_type(from_inputs, h0, weight_hh))
    h = h0
    for t in range(len(x)):
        h = hs[t] = np.tanh(from_inputs[t] + h @ weight_hh)
    # A copy, since hs belongs to the caller from now on.
    return hs, (x, np.concatenate([h0[None], hs]), weight_ih, weight_hh)


def rnn_backward(dhs: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Carry the gradient of a loss L back through time.

    dhs[t] is the gradient that reaches hs[t] from outside the layer. The state hs[t] also moves the loss by way of
    hs[t+1], and both parts count. The weights are used at every step, and all their uses count:

        dweight_ih, dweight_hh, dbias = the sums over t of what step t gives

    Args:
        dhs: gradient of the loss with respect to every state, shape (T, N, H).
        cache: what rnn_forward returned beside hs.

    Returns:
        dx: shape (T, N, D).
        dh0: shape (N, H).
        dweight_ih: shape (D, H).
        dweight_hh: shape (H, H).
        dbias: shape (H,).

    Raises:
        ValueError: if dhs does not have the shape of hs; the message names the sizes.

    Source:
        Werbos, Backpropagation through time: what it does and how to do it (1990); Goodfellow, Bengio & Courville,
        Deep Learning (2016), section 10.2.2.
    """
    x, states, weight_ih, weight_hh = cache
    require_shape("dhs", dhs, (len(x), *states.shape[1:]))
    da = np.empty_like(dhs)
    _, examples, units = dhs.shape
    dh = np.zeros((examples, units), dhs.dtype)
    for t in reversed(range(len(x))):
        da[t] = _through_tanh(dhs[t] + dh, states[t + 1])
        dh = da[t] @ weight_hh.T
    dweight_ih, dweight_hh, dbias = _of_parameters(x, states[:-1], da)
    return np.tensordot(da, weight_ih.T, axes=1), dh, dweight_ih, dweight_hh, dbias


def clip_grad_norm(grads: Sequence[np.ndarray], max_norm: float) -> list[np.ndarray]:
    """Shorten gradients that are too long all together, and leave their direction.

        norm = sqrt(sum over all entries g of all arrays of g**2)
        clipped = grads * min(1, max_norm / norm)

    Args:
        grads: the gradients of all parameters, arrays of any shapes.
        max_norm: the longest that they may be together, greater than 0.

    Returns:
        clipped: new arrays, in the order and with the shapes of grads.

    Raises:
        ValueError: if max_norm is not greater than 0; the message names it.

    Source:
        Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks (2013), section 3.2,
        algorithm 1.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm must be greater than 0, not {max_norm}")
    norm = math.hypot(*(float(np.linalg.norm(grad)) for grad in grads))
    scale = max_norm / norm if norm > max_norm else 1.0
    return [grad * scale for grad in grads]


def _through_tanh(dh: np.ndarray, h: np.ndarray) -> np.ndarray:
    """From the gradient of h = tanh(a) to that of a."""
    da: np.ndarray = dh * (1 - h * h)
    return da


def _of_parameters(x: np.ndarray, states: np.ndarray, da: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sums over all steps and examples, as one product for each weight: steps are so many more rows."""
    steps_and_examples = (0, 1)
    both = (steps_and_examples, steps_and_examples)
    return np.tensordot(x, da, both), np.tensordot(states, da, both), da.sum(axis=steps_and_examples)


def _require_tokens(tokens: np.ndarray, weight: np.ndarray) -> None:
    if tokens.dtype.kind not in "iu":
        raise ValueError(f"tokens must be integers, not {tokens.dtype}")
    outside = tokens[(tokens < 0) | (tokens >= len(weight))]
    if outside.size:
        raise ValueError(f"token {outside.flat[0]} has no row in weight, which has {len(weight)} rows")


def _require_weights(
    x: np.ndarray, h: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray
) -> None:
    inputs, units = x.shape[-1], h.shape[-1]
    require_shape("weight_ih", weight_ih, (inputs, units))
    require_shape("weight_hh", weight_hh, (units, units))
    require_shape("bias", bias, (units,))
