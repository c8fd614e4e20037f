"""The two recurrent layers with gates, LSTM and GRU: one step and a whole sequence of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from solutions._steps import require_sequence, require_shape, require_step


def lstm_cell_forward(
    x: np.ndarray, h: np.ndarray, c: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Any]:
    """Take one step of an LSTM: forget a part of the cell state, add to it, and show a part of it.

        x @ weight_ih + h @ weight_hh + bias = a, cut into four blocks of H columns, in this order:

        i = sigmoid(a_i)        the input gate
        f = sigmoid(a_f)        the forget gate
        g = tanh(a_g)           the candidate
        o = sigmoid(a_o)        the output gate

        c_next = f * c + i * g
        h_next = o * tanh(c_next)

    Args:
        x: the input of this step, shape (N, D).
        h: the hidden state before it, shape (N, H).
        c: the cell state before it, shape (N, H).
        weight_ih: from the input to the four blocks, shape (D, 4H).
        weight_hh: from the hidden state to the four blocks, shape (H, 4H).
        bias: shape (4H,).

    Returns:
        h_next: the hidden state after it, shape (N, H).
        c_next: the cell state after it, shape (N, H).
        cache: whatever your lstm_cell_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Hochreiter & Schmidhuber, Long short-term memory (1997), section 4; Gers, Schmidhuber & Cummins, Learning to
        forget (2000), section 3, for the forget gate.
    """
    require_step(x.shape, h.shape)
    _require_lstm(x, h, c, weight_ih, weight_hh, bias)
    i, f, g, o = gates = _lstm_gates(_blocks(x @ weight_ih + h @ weight_hh + bias, 4))
    c_next = i * g + f * c
    tanh_c = np.tanh(c_next)
    return o * tanh_c, c_next, (x, h, c, weight_ih, weight_hh, gates, tanh_c)


def lstm_cell_backward(dh_next: np.ndarray, dc_next: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
    """Carry the gradient of a loss L back through one step of an LSTM.

    dh_next and dc_next are what reaches h_next and c_next from outside this step. c_next also moves the loss by way of
    h_next; that part is not in dc_next, and belongs to it.

    Args:
        dh_next: gradient of the loss with respect to h_next, shape (N, H).
        dc_next: gradient of the loss with respect to c_next, by all ways but h_next, shape (N, H).
        cache: what lstm_cell_forward returned beside h_next and c_next.

    Returns:
        dx: shape (N, D).
        dh: shape (N, H).
        dc: shape (N, H).
        dweight_ih: shape (D, 4H), blocks in the order i, f, g, o.
        dweight_hh: shape (H, 4H), likewise.
        dbias: shape (4H,), likewise.

    Raises:
        ValueError: if dh_next or dc_next does not have the shape of the state; the message names the sizes.

    Source:
        Greff et al., LSTM: a search space odyssey (2017), section II.B.
    """
    x, h, c, weight_ih, weight_hh, gates, tanh_c = cache
    require_shape("dh_next", dh_next, h.shape)
    require_shape("dc_next", dc_next, c.shape)
    blocks, dc = _lstm_step_backward(dh_next, dc_next, gates, c, tanh_c)
    da = np.concatenate(blocks, axis=1)
    return da @ weight_ih.T, da @ weight_hh.T, dc, x.T @ da, h.T @ da, da.sum(axis=0)


def lstm_forward(
    x: np.ndarray, h0: np.ndarray, c0: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, Any]:
    """Read a sequence with an LSTM, with the same weights at every step.

        hs[t], c[t] = the step of lstm_cell_forward from x[t], hs[t-1], c[t-1]   with   h0, c0 before the first step

    Args:
        x: the sequence, time first, shape (T, N, D).
        h0: the hidden state before the first step, shape (N, H).
        c0: the cell state before the first step, shape (N, H).
        weight_ih: shape (D, 4H), blocks in the order i, f, g, o.
        weight_hh: shape (H, 4H), likewise.
        bias: shape (4H,), likewise.

    Returns:
        hs: the hidden state after every step, shape (T, N, H).
        cache: whatever your lstm_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Hochreiter & Schmidhuber, Long short-term memory (1997); Gers, Schmidhuber & Cummins, Learning to forget (2000).
    """
    require_sequence(x)
    require_step(x.shape[1:], h0.shape)
    _require_lstm(x, h0, c0, weight_ih, weight_hh, bias)
    # Each block is an array of its own. The inputs' part of all steps comes first; only the states have to wait for the
    # step before. All large arrays are filled in place.
    hs = np.empty((len(x) + 1, *h0.shape), np.result_type(x, h0, c0, weight_ih, weight_hh, bias))
    cs, tanh_cs = np.empty_like(hs), np.empty_like(hs[1:])
    hs[0], cs[0] = h0, c0
    gates = (x[:, None] @ _blocks(weight_ih, 4)).astype(hs.dtype, copy=False)
    gates += _blocks(bias[None], 4)
    recurrent = _blocks(weight_hh, 4)
    for t in range(len(x)):
        gates[t] += hs[t] @ recurrent
        i, f, g, o = _lstm_gates(gates[t])
        np.add(f * cs[t], i * g, out=cs[t + 1])
        np.tanh(cs[t + 1], out=tanh_cs[t])
        np.multiply(o, tanh_cs[t], out=hs[t + 1])
    # A copy, since what is returned belongs to the caller from now on.
    return hs[1:].copy(), (x, hs, cs, weight_ih, weight_hh, gates, tanh_cs)


def lstm_backward(dhs: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
    """Carry the gradient of a loss L back through time and an LSTM.

    dhs[t] is the gradient that reaches hs[t] from outside the layer. From one step to the one before it two gradients
    are carried, that of the hidden state and that of the cell state. The weights' gradients are sums over all steps.

    Args:
        dhs: gradient of the loss with respect to every hidden state, shape (T, N, H).
        cache: what lstm_forward returned beside hs.

    Returns:
        dx: shape (T, N, D).
        dh0: shape (N, H).
        dc0: shape (N, H).
        dweight_ih: shape (D, 4H), blocks in the order i, f, g, o.
        dweight_hh: shape (H, 4H), likewise.
        dbias: shape (4H,), likewise.

    Raises:
        ValueError: if dhs does not have the shape of hs; the message names the sizes.

    Source:
        Greff et al., LSTM: a search space odyssey (2017), section II.B.
    """
    x, hs, cs, weight_ih, weight_hh, gates, tanh_cs = cache
    require_shape("dhs", dhs, hs[1:].shape)
    da = np.empty((*dhs.shape[:2], weight_ih.shape[1]), dhs.dtype)
    dh = np.zeros(dhs.shape[1:], dhs.dtype)
    dc = np.zeros_like(dh)
    for t in reversed(range(len(x))):
        blocks, dc = _lstm_step_backward(dhs[t] + dh, dc, gates[t], cs[t], tanh_cs[t])
        np.concatenate(blocks, axis=1, out=da[t])
        dh = da[t] @ weight_hh.T
    return da @ weight_ih.T, dh, dc, _product(x, da), _product(hs[:-1], da), da.sum(axis=(0, 1))


def gru_cell_forward(
    x: np.ndarray,
    h: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias_ih: np.ndarray,
    bias_hh: np.ndarray,
) -> tuple[np.ndarray, Any]:
    """Take one step of a GRU: a new state between the old one and a candidate.

        x @ weight_ih + bias_ih = a  and  h @ weight_hh + bias_hh = b, each cut into three blocks of H columns:

        r = sigmoid(a_r + b_r)        the reset gate
        z = sigmoid(a_z + b_z)        the update gate
        n = tanh(a_n + r * b_n)       the candidate

        h_next = (1 - z) * n + z * h

    The reset gate works on what has gone through weight_hh, bias included, as in cuDNN.

    Args:
        x: the input of this step, shape (N, D).
        h: the state before it, shape (N, H).
        weight_ih: from the input to the three blocks, shape (D, 3H).
        weight_hh: from the state to the three blocks, shape (H, 3H).
        bias_ih: shape (3H,).
        bias_hh: shape (3H,).

    Returns:
        h_next: the state after it, shape (N, H).
        cache: whatever your gru_cell_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Cho et al., Learning phrase representations using RNN encoder-decoder (2014), section 2.3; the variant of
        cuDNN, cudnnRNNMode_t CUDNN_GRU.
    """
    require_step(x.shape, h.shape)
    _require_gru(x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    h_next, step = _gru_step(_blocks(x @ weight_ih + bias_ih, 3), _blocks(h @ weight_hh + bias_hh, 3), h)
    return h_next, (x, h, weight_ih, weight_hh, step)


def gru_cell_backward(dh_next: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
    """Carry the gradient of a loss L back through one step of a GRU.

    The old state moves the new one in two ways: through the gates and the candidate, and directly, by z * h.

    Args:
        dh_next: gradient of the loss with respect to h_next, shape (N, H).
        cache: what gru_cell_forward returned beside h_next.

    Returns:
        dx: shape (N, D).
        dh: shape (N, H).
        dweight_ih: shape (D, 3H), blocks in the order r, z, n.
        dweight_hh: shape (H, 3H), likewise.
        dbias_ih: shape (3H,), likewise.
        dbias_hh: shape (3H,), likewise.

    Raises:
        ValueError: if dh_next does not have the shape of the state; the message names the sizes.

    Source:
        Cho et al., Learning phrase representations using RNN encoder-decoder (2014), section 2.3.
    """
    x, h, weight_ih, weight_hh, step = cache
    require_shape("dh_next", dh_next, h.shape)
    of_input, of_state, direct = _gru_step_backward(dh_next, h, *step)
    da, db = np.concatenate(of_input, axis=1), np.concatenate(of_state, axis=1)
    dh = direct + db @ weight_hh.T
    return da @ weight_ih.T, dh, x.T @ da, h.T @ db, da.sum(axis=0), db.sum(axis=0)


def gru_forward(
    x: np.ndarray,
    h0: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias_ih: np.ndarray,
    bias_hh: np.ndarray,
) -> tuple[np.ndarray, Any]:
    """Read a sequence with a GRU, with the same weights at every step.

        hs[t] = the step of gru_cell_forward from x[t] and hs[t-1]   with   h0 before the first step

    Args:
        x: the sequence, time first, shape (T, N, D).
        h0: the state before the first step, shape (N, H).
        weight_ih: shape (D, 3H), blocks in the order r, z, n.
        weight_hh: shape (H, 3H), likewise.
        bias_ih: shape (3H,), likewise.
        bias_hh: shape (3H,), likewise.

    Returns:
        hs: the state after every step, shape (T, N, H).
        cache: whatever your gru_backward will need.

    Raises:
        ValueError: if the shapes do not fit together; the message names the sizes.

    Source:
        Cho et al., Learning phrase representations using RNN encoder-decoder (2014), section 2.3; the variant of
        cuDNN, cudnnRNNMode_t CUDNN_GRU.
    """
    require_sequence(x)
    require_step(x.shape[1:], h0.shape)
    _require_gru(x, h0, weight_ih, weight_hh, bias_ih, bias_hh)
    # As in the LSTM: the inputs' part of all steps comes first, and only the state has to wait for the step before.
    hs = np.empty((len(x) + 1, *h0.shape), np.result_type(x, h0, weight_ih, weight_hh, bias_ih, bias_hh))
    hs[0] = h0
    a = (x[:, None] @ _blocks(weight_ih, 3)).astype(hs.dtype, copy=False)
    a += _blocks(bias_ih[None], 3)
    recurrent, bias = _blocks(weight_hh, 3), _blocks(bias_hh[None], 3)
    steps = []
    for t in range(len(x)):
        b = hs[t] @ recurrent
        b += bias
        hs[t + 1], step = _gru_step(a[t], b, hs[t])
        steps.append(step)
    # A copy, since what is returned belongs to the caller from now on.
    return hs[1:].copy(), (x, hs, weight_ih, weight_hh, steps)


def gru_backward(dhs: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
    """Carry the gradient of a loss L back through time and a GRU.

    dhs[t] is the gradient that reaches hs[t] from outside the layer; what the steps after t say of hs[t] is added to
    it. The gradients of weights and biases are sums over all steps.

    Args:
        dhs: gradient of the loss with respect to every state, shape (T, N, H).
        cache: what gru_forward returned beside hs.

    Returns:
        dx: shape (T, N, D).
        dh0: shape (N, H).
        dweight_ih: shape (D, 3H), blocks in the order r, z, n.
        dweight_hh: shape (H, 3H), likewise.
        dbias_ih: shape (3H,), likewise.
        dbias_hh: shape (3H,), likewise.

    Raises:
        ValueError: if dhs does not have the shape of hs; the message names the sizes.

    Source:
        Cho et al., Learning phrase representations using RNN encoder-decoder (2014), section 2.3.
    """
    x, hs, weight_ih, weight_hh, steps = cache
    require_shape("dhs", dhs, hs[1:].shape)
    da = np.empty((*dhs.shape[:2], weight_ih.shape[1]), dhs.dtype)
    db = np.empty_like(da)
    dh = np.zeros(dhs.shape[1:], dhs.dtype)
    for t in reversed(range(len(x))):
        of_input, of_state, direct = _gru_step_backward(dhs[t] + dh, hs[t], *steps[t])
        np.concatenate(of_input, axis=1, out=da[t])
        np.concatenate(of_state, axis=1, out=db[t])
        dh = direct + db[t] @ weight_hh.T
    return da @ weight_ih.T, dh, _product(x, da), _product(hs[:-1], db), da.sum(axis=(0, 1)), db.sum(axis=(0, 1))


# --- one step, from what the weights have made of input and state ---------------------------------------------------


def _blocks(columns: np.ndarray, count: int) -> np.ndarray:
    """The blocks of H columns, one behind the other: of shape (rows, count * H) to (count, rows, H)."""
    return columns.reshape(len(columns), count, -1).swapaxes(0, 1)


def _sigmoid(a: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-a)), in the place of a."""
    with np.errstate(over="ignore"):  # far below 0 the exponential is inf, and the sigmoid 0
        np.exp(np.negative(a, out=a), out=a)
    a += 1
    np.divide(1, a, out=a)
    return a


def _lstm_gates(sums: np.ndarray) -> np.ndarray:
    """i, f, g and o, in the place of their sums."""
    _sigmoid(sums[:2])
    np.tanh(sums[2], out=sums[2])
    _sigmoid(sums[3])
    return sums


def _lstm_step_backward(
    dh_next: np.ndarray, dc_next: np.ndarray, gates: np.ndarray, c: np.ndarray, tanh_c: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray]:
    """The gradients of the four blocks before their sigmoid or tanh, and of the cell state before the step."""
    i, f, g, o = gates
    # Two ways lead from c_next to the loss: the steps to come, and h_next.
    dc_next = dc_next + dh_next * o * (1 - tanh_c * tanh_c)
    da_i = dc_next * g * i * (1 - i)
    da_f = dc_next * c * f * (1 - f)
    da_g = dc_next * i * (1 - g * g)
    da_o = dh_next * tanh_c * o * (1 - o)
    return [da_i, da_f, da_g, da_o], dc_next * f


def _gru_step(a: np.ndarray, b: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """h_next, and what its way back needs: both gates, the candidate, and the candidate's share of b."""
    r, z = _sigmoid(a[:2] + b[:2])
    b_n = b[2]
    n = np.tanh(a[2] + r * b_n)
    return n + z * (h - n), (r, z, n, b_n)


def _gru_step_backward(
    dh_next: np.ndarray, h: np.ndarray, r: np.ndarray, z: np.ndarray, n: np.ndarray, b_n: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """The gradients of the blocks of a, of those of b, and of the old state by its direct way."""
    da_n = dh_next * (1 - z) * (1 - n * n)
    da_z = dh_next * (h - n) * z * (1 - z)
    da_r = da_n * b_n * r * (1 - r)
    return [da_r, da_z, da_n], [da_r, da_z, da_n * r], dh_next * z


def _product(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The sum of rows[t].T @ columns[t] over all steps, as one product: steps are so many more rows."""
    product: np.ndarray = np.tensordot(rows, columns, axes=((0, 1), (0, 1)))
    return product


def _require_lstm(
    x: np.ndarray, h: np.ndarray, c: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray
) -> None:
    inputs, units = x.shape[-1], h.shape[-1]
    require_shape("c", c, h.shape)
    require_shape("weight_ih", weight_ih, (inputs, 4 * units))
    require_shape("weight_hh", weight_hh, (units, 4 * units))
    require_shape("bias", bias, (4 * units,))


def _require_gru(
    x: np.ndarray,
    h: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias_ih: np.ndarray,
    bias_hh: np.ndarray,
) -> None:
    inputs, units = x.shape[-1], h.shape[-1]
    require_shape("weight_ih", weight_ih, (inputs, 3 * units))
    require_shape("weight_hh", weight_hh, (units, 3 * units))
    require_shape("bias_ih", bias_ih, (3 * units,))
    require_shape("bias_hh", bias_hh, (3 * units,))
