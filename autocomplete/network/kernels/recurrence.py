"""A recurrent layer over time, for any cell: products, the cell's pointwise arithmetic, and a scan.

What need not wait for the hidden state is done for all time steps at once: what the inputs are worth, their gradient
and the gradients of the weights, each in one product, and the slopes of the pointwise arithmetic. At each step there is
only the hidden state's own product, and little beside; but with rounds of gating the inputs wait for it, too.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
from jax import Array, lax

from autocomplete.network.kernels.pointwise import CarryT, Pointwise, Round, Saved, Slopes, mogrify, unmogrify
from autocomplete.network.kernels.products import (
    LANES,
    Precision,
    flat,
    operand,
    product,
    stowed,
    turned,
    unstowed,
    weight_gradient,
)

# From so many rows and weights on, the matrix of the loop stands on the left of its products, where it is not packed at
# each step, and their results are turned. Forward and backward, a layer of 32 rows, 400 inputs and 1,152 units took
# 222 ms so instead of 293, one of 200 and 512 took 52 to 73 instead of 58 to 64; one of 20 rows and 650 units 89, not
# 76, for rows then are the products' columns, and short of whole vectors (bfloat16, 2 cores of an AMD EPYC).
LEAST_ROWS = 32
LEAST_WEIGHTS = 3 << 19


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

    def operands(self, precision: Precision) -> tuple[Array, Array, tuple[Array, ...]]:
        """Return the matrices of the input, of the loop and of the rounds as operands."""
        w_input, w_recurrent, *mogrifiers = (
            operand(matrix, precision) for matrix in (self.w_input, self.w_recurrent, *self.mogrifiers)
        )
        return w_input, w_recurrent, tuple(mogrifiers)


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
    return _layer(weights, inputs, carry, cell, precision)


def _stands_left(matrix: Array, rows: int) -> bool:
    return rows >= LEAST_ROWS and rows % LANES == 0 and matrix.size >= LEAST_WEIGHTS


class _Kept(NamedTuple):
    """What the backward pass needs of all time steps.

    Attributes:
        inputs: The inputs as the cell reads them, after the rounds of gating, operands (T, B, D).
        hiddens: The hidden states before each step, likewise, (T, B, H).
        rounds: What each round of gating saved.
        saved: What the cell saved.
    """

    inputs: Array
    hiddens: Array
    rounds: tuple[Round, ...]
    saved: Saved


def _forward_scan(
    cell: Pointwise[CarryT], weights: LayerWeights, inputs: Array, carry: CarryT, precision: Precision
) -> tuple[Array, CarryT, _Kept]:
    """Run the recurrence over inputs (T, B, D): the hiddens (T, B, H), the last carry, and what to keep."""
    w_input, w_recurrent, mogrifiers = weights.operands(precision)
    dtype = weights.bias.dtype
    on_left = _stands_left(w_recurrent, inputs.shape[1])
    if on_left:
        w_recurrent = operand(turned(weights.w_recurrent), precision)  # turned first: that is faster in float32

    def worth(read: Array) -> Array:
        return product(flat(read), w_input, dtype).reshape(*read.shape[:-1], -1)  # (..., B, G * H)

    def step(carry: CarryT, x: Array) -> tuple[CarryT, tuple[Any, ...]]:
        # Without rounds of gating x is already what the input is worth, but for the bias, and hidden stays as it is.
        x, hidden, rounds = mogrify(mogrifiers, x, carry.hidden, precision)
        read = operand(x, precision) if mogrifiers else None
        hidden = operand(hidden, precision)
        projected = (x if read is None else worth(read)) + weights.bias  # here it costs no pass of its own
        if on_left:
            looped = turned(product(w_recurrent, hidden, dtype, axes=(1, 1)))
        else:
            looped = product(hidden, w_recurrent, dtype)
        carry, saved = cell.forward(carry, projected, looped)
        return carry, stowed((carry.hidden, read, hidden, rounds, saved))

    read = operand(inputs, precision)
    carry, stacks = lax.scan(step, carry, inputs if mogrifiers else worth(read))
    hiddens, gated, *kept = unstowed(stacks)
    return hiddens, carry, _Kept(gated if mogrifiers else read, *kept)


@partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def _layer(
    weights: LayerWeights, inputs: Array, carry: CarryT, cell: Pointwise[CarryT], precision: Precision
) -> tuple[Array, CarryT]:
    hiddens, last, _ = _forward_scan(cell, weights, inputs, carry, precision)
    return hiddens, last


def _layer_forward(
    weights: LayerWeights, inputs: Array, carry: CarryT, cell: Pointwise[CarryT], precision: Precision
) -> tuple[tuple[Array, CarryT], tuple[LayerWeights, _Kept]]:
    hiddens, last, kept = _forward_scan(cell, weights, inputs, carry, precision)
    return (hiddens, last), (weights, kept)


def _layer_backward(
    cell: Pointwise[CarryT],
    precision: Precision,
    residuals: tuple[LayerWeights, _Kept],
    cotangents: tuple[Array, CarryT],
) -> tuple[LayerWeights, Array, CarryT]:
    weights, kept = residuals
    d_hiddens, d_carry = cotangents
    dtype = weights.bias.dtype
    w_input, w_recurrent, mogrifiers = weights.operands(precision)
    on_left = _stands_left(w_recurrent, d_hiddens.shape[1])

    def d_read(d_raw: Array, matrix: Array) -> Array:
        return product(flat(d_raw), matrix, dtype, axes=(1, 1)).reshape(*d_raw.shape[:-1], -1)

    def d_looped(d_raw: Array) -> Array:
        if on_left:
            return turned(product(w_recurrent, d_raw, dtype, axes=(1, 1)))
        return d_read(d_raw, w_recurrent)

    def step(d_carry: CarryT, now: tuple[Array, tuple[Round, ...], Slopes]) -> tuple[CarryT, tuple[Any, ...]]:
        d_output, rounds, slopes = now
        d_carry, d_raw = cell.backward(d_carry._replace(hidden=d_carry.hidden + d_output), slopes)
        # These gradients are only ever operands again, so they are stored as such: half the bytes in bfloat16.
        d_raw = tuple(operand(d, precision) for d in d_raw)  # (B, G * H)
        d_x = d_read(d_raw[0], w_input) if mogrifiers else d_raw[0]
        d_x, d_hidden, d_rounds = unmogrify(mogrifiers, rounds, d_x, d_looped(d_raw[-1]), precision)
        d_carry = d_carry._replace(hidden=d_carry.hidden + d_hidden)
        return d_carry, stowed((d_x if mogrifiers else None, d_raw, d_rounds))

    now = d_hiddens, kept.rounds, cell.slopes(kept.saved)
    d_carry, stacks = lax.scan(step, d_carry, now, reverse=True)
    d_inputs, d_raws, d_gates = unstowed(stacks)
    if not mogrifiers:
        d_inputs = d_read(d_raws[0], w_input)
    d_weights = LayerWeights(
        w_input=weight_gradient(kept.inputs, d_raws[0], dtype),
        w_recurrent=weight_gradient(kept.hiddens, d_raws[-1], dtype),
        bias=flat(d_raws[0]).sum(axis=0, dtype=dtype),
        mogrifiers=tuple(weight_gradient(each.source, d, dtype) for each, d in zip(kept.rounds, d_gates, strict=True)),
    )
    return d_weights, d_inputs, d_carry


_layer.defvjp(_layer_forward, _layer_backward)
