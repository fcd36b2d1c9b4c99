"""A recurrent layer over time, for any cell: two products a step, the cell's pointwise arithmetic, and a scan.

Inside, units come first and rows last: ``weights.T @ state``, (G * H, H) by (H, B), has the large matrix on the left,
where the runtime reads it as it lies. On the right, as in ``state @ weights``, it is packed anew at every time step:
at hidden 768 and 32 rows that took 1.5 times as long.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from autocomplete.network.kernels.mogrifier import Round, mogrify, unmogrify
from autocomplete.network.kernels.pointwise import CarryT, Pointwise, Saved
from autocomplete.network.kernels.products import Precision, operand, product, suited, weight_gradient

# Rows are padded to whole vectors where products take bfloat16: at hidden 650 a product of 20 rows took 396
# microseconds and one of 32 took 311, at hidden 200 50 and 40. In float32 it was the other way round.
LANES = 16
# Most time steps an iteration: 5 save a tenth of a training step at hidden 128 and 200, and nothing at 512 and 650.
UNROLL = 5


class LayerWeights(NamedTuple):
    """The weights of a layer.

    Attributes:
        w_input: (D, G * H).
        w_recurrent: (H, G * H).
        bias: (G * H,).
        mogrifiers: Of each round of gating before the cell, (H, D) and (D, H) by turns; empty for none.
    """

    w_input: Array
    w_recurrent: Array
    bias: Array
    mogrifiers: tuple[Array, ...] = ()

    @property
    def matrices(self) -> tuple[Array, ...]:
        """All but the bias."""
        return (self.w_input, self.w_recurrent, *self.mogrifiers)


def recurrence(
    cell: Pointwise[CarryT],
    weights: LayerWeights,
    inputs: Array,
    carry: CarryT,
    *,
    precision: Precision = "float32",
) -> tuple[Array, CarryT]:
    """Run one recurrent layer over time, its input projection included.

    Takes ``inputs`` (T, B, D) and the carry before the first of them, (B, H). Returns the hiddens (T, B, H) and the
    carry after the last.
    """
    hiddens, carry = _layer(weights, inputs.transpose(0, 2, 1), _turned(carry), cell, suited(precision, inputs))
    return hiddens, _turned(carry)


def _turned(carry: CarryT) -> CarryT:
    """Swap (B, H) and (H, B)."""
    turned: CarryT = jax.tree.map(jnp.transpose, carry)
    return turned


def _unroll(sequence: Array) -> int:
    """Say how many steps of a (T, ...) scan make an iteration: no step is left over, and the loop itself stays."""
    steps = len(sequence)
    return next(unroll for unroll in range(UNROLL, 0, -1) if unroll == 1 or (steps % unroll == 0 and steps > unroll))


def _padded(x: Array, precision: Precision) -> Array:
    """Fill the last axis up to whole vectors."""
    missing = -x.shape[-1] % LANES if precision == "bfloat16" else 0
    return jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)]) if missing else x


class _Step(NamedTuple):
    """What the backward pass needs of each time step.

    Attributes:
        read: The input and the hidden state before the step, as the cell reads them, operands (T, D or H, B), padded.
        rounds: What each round of gating saved, padded.
        saved: What the cell saved, padded.
    """

    read: tuple[Array, Array]
    rounds: tuple[Round, ...]
    saved: Saved


def _forward_scan(
    cell: Pointwise[CarryT], weights: LayerWeights, columns: Array, carry: CarryT, precision: Precision
) -> tuple[Array, CarryT, _Step]:
    """Run the recurrence over columns (T, D, B): the hiddens (T, B, H), the last carry, and what each step saved."""
    bias = weights.bias[:, None]
    rows = columns.shape[-1]

    def step(
        now: tuple[CarryT, tuple[Array, ...]], x: Array
    ) -> tuple[tuple[CarryT, tuple[Array, ...]], tuple[Array, _Step]]:
        carry, turned = now
        w_input, w_recurrent, *mogrifiers = turned
        x, hidden, rounds = mogrify(tuple(mogrifiers), x, carry.hidden, precision)
        read = operand(x, precision), operand(hidden, precision)
        projected = product(w_input, read[0], bias.dtype) + bias  # (G * H, B)
        looped = product(w_recurrent, read[1], bias.dtype)
        carry, saved = cell.forward(carry, projected, looped)
        return (carry, turned), (carry.hidden[:, :rows].T, _Step(read, rounds, saved))

    # The turned weights never change; in the carry they stay matrices of their own (see the package's docstring).
    turned = tuple(operand(matrix, precision).T for matrix in weights.matrices)
    columns, carry = jax.tree.map(partial(_padded, precision=precision), (columns, carry))
    (carry, _), (hiddens, steps) = lax.scan(step, (carry, turned), columns, unroll=_unroll(columns))
    return hiddens, jax.tree.map(lambda x: x[:, :rows], carry), steps


@partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def _layer(
    weights: LayerWeights, columns: Array, carry: CarryT, cell: Pointwise[CarryT], precision: Precision
) -> tuple[Array, CarryT]:
    hiddens, last, _ = _forward_scan(cell, weights, columns, carry, precision)
    return hiddens, last


def _layer_forward(
    weights: LayerWeights, columns: Array, carry: CarryT, cell: Pointwise[CarryT], precision: Precision
) -> tuple[tuple[Array, CarryT], tuple[LayerWeights, _Step]]:
    hiddens, last, steps = _forward_scan(cell, weights, columns, carry, precision)
    return (hiddens, last), (weights, steps)


def _layer_backward(
    cell: Pointwise[CarryT],
    precision: Precision,
    residuals: tuple[LayerWeights, _Step],
    cotangents: tuple[Array, CarryT],
) -> tuple[LayerWeights, Array, CarryT]:
    weights, steps = residuals
    d_hiddens, d_carry = cotangents
    dtype = weights.bias.dtype
    rows = d_hiddens.shape[1]
    w_input, w_recurrent, *mogrifiers = (operand(matrix, precision) for matrix in weights.matrices)

    def step(
        d_carry: CarryT, now: tuple[Array, _Step]
    ) -> tuple[CarryT, tuple[Array, tuple[Array, ...], tuple[Array, ...]]]:
        d_output, (_, rounds, saved) = now
        d_hidden = d_carry.hidden + _padded(d_output.T, precision)
        d_carry, d_raw = cell.backward(d_carry._replace(hidden=d_hidden), saved)
        # These gradients are only ever operands again, so they are stored as such: half the bytes in bfloat16.
        d_raw = tuple(operand(d, precision) for d in d_raw)  # (G * H, B)
        d_input, d_looped, d_rounds = unmogrify(
            tuple(mogrifiers),
            rounds,
            product(w_input, d_raw[0], dtype),
            product(w_recurrent, d_raw[-1], dtype),
            precision,
        )
        d_carry = d_carry._replace(hidden=d_carry.hidden + d_looped)
        return d_carry, (d_input[:, :rows], turned(d_raw), turned(d_rounds))

    def turned(values: tuple[Array, ...]) -> tuple[Array, ...]:
        return tuple(value[:, :rows].T for value in values)

    def gradient(read: Array, d_result: Array) -> Array:
        return weight_gradient(read[..., :rows], d_result, dtype)

    d_carry = jax.tree.map(partial(_padded, precision=precision), d_carry)
    d_carry, (d_columns, d_raws, d_gates) = lax.scan(
        step, d_carry, (d_hiddens, steps), reverse=True, unroll=_unroll(d_hiddens)
    )
    d_weights = LayerWeights(
        w_input=gradient(steps.read[0], d_raws[0]),
        w_recurrent=gradient(steps.read[1], d_raws[-1]),
        bias=d_raws[0].astype(dtype).sum(axis=(0, 1)),
        mogrifiers=tuple(gradient(each.source, d) for each, d in zip(steps.rounds, d_gates, strict=True)),
    )
    return d_weights, d_columns, jax.tree.map(lambda x: x[:, :rows], d_carry)


_layer.defvjp(_layer_forward, _layer_backward)
