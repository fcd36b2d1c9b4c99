"""What each cell does to its units one by one, between the products: forward, and backward by hand.

A cell is given ``projected``, what its input is worth to it (input weights and bias), and ``looped``, what its last
hidden state is worth (recurrent weights): both (B, G * H), the G values of the units side by side.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import jax.numpy as jnp
from jax import Array


class CellCarry(NamedTuple):
    """What an LSTM layer remembers between tokens: both (B, H)."""

    cell: Array
    hidden: Array


class HiddenCarry(NamedTuple):
    """What a GRU or RNN layer remembers between tokens: (B, H)."""

    hidden: Array


CarryT = TypeVar("CarryT", CellCarry, HiddenCarry)
# What the backward pass needs of one step, each (B, some multiple of H).
Saved = tuple[Array, ...]


@dataclass(frozen=True)
class Pointwise(Generic[CarryT]):
    """One cell's arithmetic between the products.

    Attributes:
        forward: From the carry, ``projected`` and ``looped`` to the next carry and what ``backward`` needs.
        backward: From the gradient of the next carry and what was saved to the gradient of the carry, ``looped``
            left out, and those of ``projected`` and ``looped``, given once where they are the same.
    """

    forward: Callable[[CarryT, Array, Array], tuple[CarryT, Saved]]
    backward: Callable[[CarryT, Saved], tuple[CarryT, tuple[Array, ...]]]


def logistic(x: Array) -> Array:
    """Return the logistic function, by the vectorised tanh."""
    return 0.5 * jnp.tanh(0.5 * x) + 0.5


def _parts(x: Array, count: int) -> tuple[Array, ...]:
    """Cut (B, count * H) into its (B, H) parts."""
    size = x.shape[-1] // count
    return tuple(x[:, k * size : (k + 1) * size] for k in range(count))


def _joined(*parts: Array) -> Array:
    """Lay (B, H) parts side by side."""
    return jnp.concatenate(parts, axis=-1)


def _lstm_forward(carry: CellCarry, projected: Array, looped: Array) -> tuple[CellCarry, Saved]:
    raw = projected + looped
    i, f, _, o = _parts(logistic(raw), 4)  # one pass over all four is faster than three
    g = jnp.tanh(_parts(raw, 4)[2])
    cell = f * carry.cell + i * g
    squashed = jnp.tanh(cell)
    return CellCarry(cell, o * squashed), (carry.cell, squashed, _joined(i, f, g, o))


def _lstm_backward(d: CellCarry, saved: Saved) -> tuple[CellCarry, tuple[Array, ...]]:
    before, squashed, gates = saved
    i, f, g, o = _parts(gates, 4)
    d_cell = d.cell + d.hidden * o * (1 - squashed * squashed)
    d_i, d_f, d_g = d_cell * g * i * (1 - i), d_cell * before * f * (1 - f), d_cell * i * (1 - g * g)
    d_o = d.hidden * squashed * o * (1 - o)
    return CellCarry(d_cell * f, jnp.zeros_like(d_cell)), (_joined(d_i, d_f, d_g, d_o),)


def _gru_forward(carry: HiddenCarry, projected: Array, looped: Array) -> tuple[HiddenCarry, Saved]:
    size = carry.hidden.shape[-1]
    r, z = _parts(logistic(projected[:, : 2 * size] + looped[:, : 2 * size]), 2)
    recalled = looped[:, 2 * size :]
    n = jnp.tanh(projected[:, 2 * size :] + r * recalled)
    hidden = n + z * (carry.hidden - n)
    return HiddenCarry(hidden), (carry.hidden, _joined(r, z, n, recalled))


def _gru_backward(d: HiddenCarry, saved: Saved) -> tuple[HiddenCarry, tuple[Array, ...]]:
    before, values = saved
    r, z, n, recalled = _parts(values, 4)
    d_n = d.hidden * (1 - z) * (1 - n * n)
    d_r = d_n * recalled * r * (1 - r)
    d_z = d.hidden * (before - n) * z * (1 - z)
    d_projected, d_looped = (_joined(d_r, d_z, last) for last in (d_n, d_n * r))
    return HiddenCarry(d.hidden * z), (d_projected, d_looped)


def _rnn_forward(activation: Callable[[Array], Array]) -> Callable[..., tuple[HiddenCarry, Saved]]:
    def forward(_: HiddenCarry, projected: Array, looped: Array) -> tuple[HiddenCarry, Saved]:
        hidden = activation(projected + looped)
        return HiddenCarry(hidden), (hidden,)

    return forward


def _rnn_backward(slope: Callable[[Array], Array]) -> Callable[..., tuple[HiddenCarry, tuple[Array, ...]]]:
    """`slope` gives the activation's derivative from its value."""

    def backward(d: HiddenCarry, saved: Saved) -> tuple[HiddenCarry, tuple[Array, ...]]:
        (hidden,) = saved
        return HiddenCarry(jnp.zeros_like(hidden)), (d.hidden * slope(hidden),)

    return backward


def _relu(x: Array) -> Array:
    return jnp.maximum(x, 0)


def _relu_slope(value: Array) -> Array:
    return (value > 0).astype(value.dtype)


def _tanh_slope(value: Array) -> Array:
    return 1 - value * value


LSTM = Pointwise(_lstm_forward, _lstm_backward)
GRU = Pointwise(_gru_forward, _gru_backward)
TANH = Pointwise(_rnn_forward(jnp.tanh), _rnn_backward(_tanh_slope))
RELU = Pointwise(_rnn_forward(_relu), _rnn_backward(_relu_slope))
