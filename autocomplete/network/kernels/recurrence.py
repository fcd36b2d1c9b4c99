"""A recurrent layer over time, for any cell: three products, a scan, and the cell's pointwise arithmetic."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array, lax

from autocomplete.network.kernels.pointwise import CarryT, Pointwise, Saved
from autocomplete.network.kernels.products import Precision, flat, operand, product, weight_gradient

# Time steps an iteration: 5 save a tenth of a training step at hidden 128 and 200, and nothing at 512 and 650.
UNROLL = 5


def recurrence(
    cell: Pointwise[CarryT],
    *,
    w_input: Array,
    w_recurrent: Array,
    bias: Array,
    inputs: Array,
    carry: CarryT,
    precision: Precision = "float32",
) -> tuple[Array, CarryT]:
    """Run one recurrent layer over time, its input projection included.

    Takes ``w_input`` (D, G * H), ``w_recurrent`` (H, G * H), ``bias`` (G * H,), ``inputs`` (T, B, D) and the carry
    before the first of them. Returns the hiddens (T, B, H) and the carry after the last.
    """
    return _layer(w_input, w_recurrent, bias, inputs, carry, cell, precision)


def _unroll(sequence: Array) -> int:
    """Say how many steps of a (T, ...) scan make an iteration; short scans keep 1, so that the loop itself stays."""
    return UNROLL if len(sequence) >= 2 * UNROLL else 1


def _project(w_input: Array, bias: Array, inputs: Array, precision: Precision) -> Array:
    """Return ``inputs @ w_input + bias``, (T, B, G * H), as one product over all time steps."""
    projected = product(operand(flat(inputs), precision), operand(w_input, precision), inputs.dtype)
    return (projected + bias).reshape(*inputs.shape[:2], -1)


def _forward_scan(
    cell: Pointwise[CarryT], w_recurrent: Array, projected: Array, carry: CarryT, precision: Precision
) -> tuple[Array, CarryT, Saved]:
    """Run the recurrence: the hiddens (T, B, H), the last carry, and what each step saved."""
    w = operand(w_recurrent, precision)

    def step(carry: CarryT, projected: Array) -> tuple[CarryT, tuple[Array, Saved]]:
        looped = product(operand(carry.hidden, precision), w, projected.dtype)  # (B, G * H)
        carry, saved = cell.forward(carry, projected, looped)
        return carry, (carry.hidden, saved)

    carry, (hiddens, saved) = lax.scan(step, carry, projected, unroll=_unroll(projected))
    return hiddens, carry, saved


def _backward_scan(
    cell: Pointwise[CarryT],
    w_recurrent: Array,
    saved: Saved,
    transposed: tuple[Array, ...],
    cotangents: tuple[Array, CarryT],
    precision: Precision,
) -> tuple[tuple[Array, ...], CarryT, tuple[Array, ...]]:
    """Run the recurrence backwards.

    Each of ``transposed`` is a (T, B, X) of operands. Returns the gradients of the projected inputs and, where it is
    another, of the looped hiddens, (T, B, G * H) each; of the first carry; and each of ``transposed`` as (T, X, B).
    """
    d_hiddens, d_carry = cotangents
    dtype = d_hiddens.dtype
    w = operand(w_recurrent, precision)

    def step(
        d_carry: CarryT, now: tuple[Array, Saved, tuple[Array, ...]]
    ) -> tuple[CarryT, tuple[tuple[Array, ...], tuple[Array, ...]]]:
        d_output, saved, transposed = now
        d_carry, d_raw = cell.backward(d_carry._replace(hidden=d_carry.hidden + d_output), saved)
        # These gradients are only ever operands again, so they are stored as such: half the bytes in bfloat16.
        d_raw = tuple(operand(d, precision) for d in d_raw)
        through_loop = product(d_raw[-1], w, dtype, axes=(1, 1))
        return d_carry._replace(hidden=d_carry.hidden + through_loop), (d_raw, tuple(x.T for x in transposed))

    d_carry, (d_raw, turned) = lax.scan(
        step, d_carry, (d_hiddens, saved, transposed), reverse=True, unroll=_unroll(d_hiddens)
    )
    return d_raw, d_carry, turned


@partial(jax.custom_vjp, nondiff_argnums=(5, 6))
def _layer(
    w_input: Array,
    w_recurrent: Array,
    bias: Array,
    inputs: Array,
    carry: CarryT,
    cell: Pointwise[CarryT],
    precision: Precision,
) -> tuple[Array, CarryT]:
    projected = _project(w_input, bias, inputs, precision)
    hiddens, last, _ = _forward_scan(cell, w_recurrent, projected, carry, precision)
    return hiddens, last


def _layer_forward(
    w_input: Array,
    w_recurrent: Array,
    bias: Array,
    inputs: Array,
    carry: CarryT,
    cell: Pointwise[CarryT],
    precision: Precision,
) -> tuple[tuple[Array, CarryT], tuple[Array, Array, Array, Array, Saved]]:
    projected = _project(w_input, bias, inputs, precision)
    hiddens, last, saved = _forward_scan(cell, w_recurrent, projected, carry, precision)
    # What each step's product started from, as operands.
    previous = operand(jnp.concatenate([carry.hidden[None], hiddens[:-1]]), precision)
    return (hiddens, last), (w_input, w_recurrent, operand(inputs, precision), previous, saved)


def _layer_backward(
    cell: Pointwise[CarryT],
    precision: Precision,
    residuals: tuple[Array, Array, Array, Array, Saved],
    cotangents: tuple[Array, CarryT],
) -> tuple[Array, Array, Array, Array, CarryT]:
    w_input, w_recurrent, inputs, previous, saved = residuals
    dtype = w_input.dtype
    d_raw, d_carry, (previous_t, inputs_t) = _backward_scan(
        cell, w_recurrent, saved, (previous, inputs), cotangents, precision
    )
    d_projected, d_looped = d_raw[0], d_raw[-1]
    d_w_input = weight_gradient(inputs, inputs_t, d_projected, precision, dtype)
    d_w_recurrent = weight_gradient(previous, previous_t, d_looped, precision, dtype)
    d_bias = flat(d_projected).astype(dtype).sum(axis=0)
    d_inputs = product(flat(d_projected), operand(w_input, precision), dtype, axes=(1, 1)).reshape(inputs.shape)
    return d_w_input, d_w_recurrent, d_bias, d_inputs, d_carry


_layer.defvjp(_layer_forward, _layer_backward)
