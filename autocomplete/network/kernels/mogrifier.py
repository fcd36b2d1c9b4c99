"""Mogrifier gating (Melis 2020): before a cell reads them, input and hidden state scale each other in turns.

Round 0 scales the input by what the hidden state is worth to it, round 1 the hidden state by the scaled input, and so
on. Each scale is twice a logistic, so that a round without knowledge changes nothing. Weights of a round are (S, X),
from the ``S`` units of its source to the ``X`` units that it scales; values are (B, X).
"""

from typing import NamedTuple

from jax import Array

from autocomplete.network.kernels.pointwise import logistic
from autocomplete.network.kernels.products import Precision, operand, product


class Round(NamedTuple):
    """What the backward pass needs of one round: the value before it and its scale, (B, X), and its source, (B, S)."""

    value: Array
    scale: Array
    source: Array


def mogrify(
    weights: tuple[Array, ...], inputs: Array, hidden: Array, precision: Precision
) -> tuple[Array, Array, tuple[Round, ...]]:
    """Return the input (B, D) and the hidden state (B, H) after all rounds, and what each round saved.

    ``weights`` are those of the rounds as operands, (S, X).
    """
    rounds = []
    value, source = inputs, hidden
    for matrix in weights:
        read = operand(source, precision)
        scale = 2 * logistic(product(read, matrix, value.dtype))
        rounds.append(Round(value, scale, read))
        value, source = source, scale * value
    if len(weights) % 2:
        value, source = source, value
    return value, source, tuple(rounds)


def unmogrify(
    weights: tuple[Array, ...], rounds: tuple[Round, ...], d_inputs: Array, d_hidden: Array, precision: Precision
) -> tuple[Array, Array, tuple[Array, ...]]:
    """Return the gradients of the input and hidden state before the rounds, from those after them.

    ``weights`` are those of the rounds as operands, (S, X). Also returns the gradient of what each round squashes, as
    an operand, (B, X).
    """
    d_raws = []
    d_value, d_source = (d_inputs, d_hidden) if len(weights) % 2 else (d_hidden, d_inputs)
    for matrix, (value, scale, _) in zip(reversed(weights), reversed(rounds), strict=True):
        d_raw = operand(d_value * value * scale * (1 - scale / 2), precision)
        d_raws.append(d_raw)
        d_value, d_source = d_source + product(d_raw, matrix, d_value.dtype, axes=(1, 1)), d_value * scale
    return d_source, d_value, tuple(reversed(d_raws))
