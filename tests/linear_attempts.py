"""The linear layer as a student has it right, and the local verdict on such functions."""

from __future__ import annotations

from autograder.local import check_functions


def right_forward(x, weight, bias):
    return x.reshape(len(x), -1) @ weight + bias, (x, weight)


def right_backward(dout, cache):
    x, weight = cache
    return (dout @ weight.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)


def checked(**functions):
    """The local verdict on the last of the functions, defined beside the others."""
    return check_functions(functions, list(functions)[-1])
