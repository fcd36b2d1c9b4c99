"""What each cell does to its units one by one, between the products: forward, and backward by hand.

A cell is given ``projected``, what its input is worth to it (input weights and bias), and ``looped``, what its last
hidden state is worth (recurrent weights): both (B, G * H), the G values of the units side by side.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from autocomplete.network.kernels.products import Precision, operand, product


class CellCarry(NamedTuple):
    """What an LSTM layer remembers between tokens: both (B, H)."""

    cell: Array
    hidden: Array


class HiddenCarry(NamedTuple):
    """What a GRU or RNN layer remembers between tokens: (B, H)."""

    hidden: Array


CarryT = TypeVar("CarryT", CellCarry, HiddenCarry)
# What a step leaves for the backward pass, each (B, some multiple of H).
Saved = tuple[Array, ...]
# What the backward pass multiplies the gradients by, each (B, some multiple of H).
Slopes = tuple[Array, ...]
# The logistic function is a tanh, too, of half its argument: how an LSTM's i, f, g and o are scaled, (4, 1).
_LSTM_SCALES = np.array([[0.5], [0.5], [1.0], [0.5]])
# Its gradients i, f and g come of the cell's, o of the hidden state's, (4, 1).
_OF_CELL = np.array([[True], [True], [True], [False]])


@dataclass(frozen=True)
class Pointwise(Generic[CarryT]):
    """One cell's arithmetic between the products.

    Attributes:
        forward: From the carry, ``projected`` and ``looped`` to the next carry and what ``backward`` needs.
        slopes: From what was saved, of all time steps at once (T, B, ...), to what ``backward`` multiplies by.
        backward: From the gradient of the next carry and a step's slopes to the gradient of the carry, ``looped`` left
            out, and those of ``projected`` and ``looped``, given once where they are the same.
    """

    forward: Callable[[CarryT, Array, Array], tuple[CarryT, Saved]]
    slopes: Callable[[Saved], Slopes]
    backward: Callable[[CarryT, Slopes], tuple[CarryT, tuple[Array, ...]]]


def logistic(x: Array) -> Array:
    """Return the logistic function, by the vectorised tanh."""
    return 0.5 * jnp.tanh(0.5 * x) + 0.5


def _lstm_gates(raw: Array) -> Array:
    """Return an LSTM's gates (B, 4 * H), squashed in one pass over all of them."""
    scales = _LSTM_SCALES.astype(raw.dtype)
    tangents = jnp.tanh(scales * raw.reshape(len(raw), 4, -1))
    gates: Array = scales * tangents + (1 - scales)
    return gates.reshape(raw.shape)


def _parts(x: Array, count: int) -> tuple[Array, ...]:
    """Cut (..., count * H) into its (..., H) parts."""
    size = x.shape[-1] // count
    return tuple(x[..., k * size : (k + 1) * size] for k in range(count))


def _joined(*parts: Array) -> Array:
    """Lay (..., H) parts side by side."""
    return jnp.concatenate(parts, axis=-1)


def _spread(slopes: Array, d: Array) -> Array:
    """Return each of G gradients (B, G * H) that come of one (B, H)."""
    return (slopes.reshape(slopes.shape[0], -1, d.shape[-1]) * d[:, None]).reshape(slopes.shape)


def _lstm_forward(carry: CellCarry, projected: Array, looped: Array) -> tuple[CellCarry, Saved]:
    gates = _lstm_gates(projected + looped)
    i, f, g, o = _parts(gates, 4)
    cell = f * carry.cell + i * g
    squashed = jnp.tanh(cell)
    return CellCarry(cell, o * squashed), (carry.cell, squashed, gates)


def _lstm_slopes(saved: Saved) -> Slopes:
    before, squashed, gates = saved
    i, f, g, o = _parts(gates, 4)
    of_raw = _joined(g * i * (1 - i), before * f * (1 - f), i * (1 - g * g), squashed * o * (1 - o))
    return of_raw, o * (1 - squashed * squashed), f


def _lstm_backward(d: CellCarry, slopes: Slopes) -> tuple[CellCarry, tuple[Array, ...]]:
    of_raw, of_hidden, of_cell = slopes
    d_cell = d.cell + d.hidden * of_hidden
    by = jnp.where(_OF_CELL, d_cell[:, None], d.hidden[:, None])  # (B, 4, H)
    d_raw = (of_raw.reshape(by.shape) * by).reshape(of_raw.shape)
    return CellCarry(d_cell * of_cell, jnp.zeros_like(d_cell)), (d_raw,)


def _gru_forward(carry: HiddenCarry, projected: Array, looped: Array) -> tuple[HiddenCarry, Saved]:
    size = carry.hidden.shape[-1]
    r, z = _parts(logistic(projected[:, : 2 * size] + looped[:, : 2 * size]), 2)
    recalled = looped[:, 2 * size :]
    n = jnp.tanh(projected[:, 2 * size :] + r * recalled)
    hidden = n + z * (carry.hidden - n)
    return HiddenCarry(hidden), (carry.hidden, _joined(r, z, n, recalled))


def _gru_slopes(saved: Saved) -> Slopes:
    before, values = saved
    r, z, n, recalled = _parts(values, 4)
    of_n = (1 - z) * (1 - n * n)
    of_r = of_n * recalled * r * (1 - r)
    of_z = (before - n) * z * (1 - z)
    return _joined(of_r, of_z, of_n), _joined(of_r, of_z, of_n * r), z


def _gru_backward(d: HiddenCarry, slopes: Slopes) -> tuple[HiddenCarry, tuple[Array, ...]]:
    of_projected, of_looped, of_hidden = slopes
    return HiddenCarry(d.hidden * of_hidden), (_spread(of_projected, d.hidden), _spread(of_looped, d.hidden))


def _rnn_forward(activation: Callable[[Array], Array]) -> Callable[..., tuple[HiddenCarry, Saved]]:
    def forward(_: HiddenCarry, projected: Array, looped: Array) -> tuple[HiddenCarry, Saved]:
        hidden = activation(projected + looped)
        return HiddenCarry(hidden), (hidden,)

    return forward


def _rnn_backward(d: HiddenCarry, slopes: Slopes) -> tuple[HiddenCarry, tuple[Array, ...]]:
    (slope,) = slopes
    return HiddenCarry(jnp.zeros_like(slope)), (d.hidden * slope,)


def _relu(x: Array) -> Array:
    return jnp.maximum(x, 0)


def _relu_slopes(saved: Saved) -> Slopes:
    (hidden,) = saved
    return ((hidden > 0).astype(hidden.dtype),)


def _tanh_slopes(saved: Saved) -> Slopes:
    (hidden,) = saved
    return (1 - hidden * hidden,)


LSTM = Pointwise(_lstm_forward, _lstm_slopes, _lstm_backward)
GRU = Pointwise(_gru_forward, _gru_slopes, _gru_backward)
TANH = Pointwise(_rnn_forward(jnp.tanh), _tanh_slopes, _rnn_backward)
RELU = Pointwise(_rnn_forward(_relu), _relu_slopes, _rnn_backward)


# Mogrifier gating (Melis 2020): before a cell reads them, input and hidden state scale each other in turns.
#
# Round 0 scales the input by what the hidden state is worth to it, round 1 the hidden state by the scaled input, and so
# on. Each scale is twice a logistic, so that a round without knowledge changes nothing. Weights of a round are (S, X),
# from the ``S`` units of its source to the ``X`` units that it scales; values are (B, X).


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
