"""Training kernels with hand-written backward passes: the LSTM recurrence, and the output layer fused with its loss.

Shapes: ``B`` batch, ``T`` time, ``D`` inputs, ``H`` hidden, ``E`` embedding, ``V`` vocabulary, ``N`` rows (``T * B``).
Weights, state and sums stay in the caller's type (float32; float64 in tests). With ``precision="bfloat16"`` only the
operands of products are rounded; the products accumulate in the caller's type.

Why by hand. XLA on a CPU with bfloat16 units runs ``a @ b`` and ``a @ b.T`` on them, at about 540 GFLOP/s a core, but
widens ``a.T @ b`` to float32, at 120. Both weight gradients are of that form, and a transpose written beside the
product is folded back into it. So here a transpose leaves a scan as one of its outputs, or enters it as part of the
carry, where the compiler cannot see through it, and the loss works on logits with the vocabulary as the *first* axis.
Measured on 2 cores (hidden 512, batch 64, 35 steps): a recurrent weight gradient takes 11 ms of a core, not 40.

The compiler removes a scan of one iteration and then folds the transpose after all, into a product that its runtime
refuses ("Unsupported element type for DotThunk"). One step therefore takes the plain form, and rows always make at
least two blocks.
"""

from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import Array, lax

Precision = Literal["float32", "bfloat16"]
Layer = tuple[Array, Array, Array]  # hiddens (T, B, H), last cell (B, H), last hidden (B, H)

# Rows a block: with 320 the sums into the embedding's gradient are rare enough, and 10,000 x 320 logits still in cache
# (10,000 x 256, 2,240 rows: 112 rows a block cost 16 % more time of a core, 560 rows 42 %).
BLOCK_ROWS = 320
# Time steps an iteration: 5 save a tenth of a training step at hidden 128 and 200, and nothing at 512 and 650.
UNROLL = 5
# Rows are padded to whole vectors: 16 float32 values make one AVX-512 register, and one row of a bfloat16 tile.
LANES = 16


def _operand(x: Array, precision: Precision) -> Array:
    """Return ``x`` as an operand of a product: rounded to bfloat16, or as it is."""
    return x.astype(jnp.bfloat16) if precision == "bfloat16" else x


def _product(a: Array, b: Array, dtype: Any, *, axes: tuple[int, int] = (1, 0)) -> Array:
    """Multiply two matrices over ``axes``, accumulating and answering in ``dtype``."""
    return lax.dot_general(a, b, (((axes[0],), (axes[1],)), ((), ())), preferred_element_type=dtype)


def _flat(x: Array) -> Array:
    """Merge time and batch: (T, B, X) to (T * B, X)."""
    return x.reshape(-1, x.shape[-1])


def dense(inputs: Array, weight: Array, *, precision: Precision = "float32") -> Array:
    """Return ``inputs @ weight``, (..., X) by (X, Y) to (..., Y), differentiated by JAX: for small matrices."""
    product = _product(_operand(_flat(inputs), precision), _operand(weight, precision), inputs.dtype)
    return product.reshape(*inputs.shape[:-1], weight.shape[-1])


# --- the recurrence ---------------------------------------------------------------------------------------------------


def lstm(
    w_input: Array,
    w_recurrent: Array,
    bias: Array,
    inputs: Array,
    cell: Array,
    hidden: Array,
    *,
    precision: Precision = "float32",
) -> Layer:
    """Run one LSTM layer over time, its input projection included.

    Takes ``w_input`` (D, 4H), ``w_recurrent`` (H, 4H), ``bias`` (4H,), ``inputs`` (T, B, D), ``cell`` and ``hidden``
    (B, H). Returns the hiddens (T, B, H), and the last cell and hidden (B, H).
    """
    return _layer(w_input, w_recurrent, bias, inputs, cell, hidden, precision)


def _unroll(sequence: Array) -> int:
    """Say how many steps of a (T, ...) scan make an iteration; short scans keep 1, so that the loop itself stays."""
    return UNROLL if len(sequence) >= 2 * UNROLL else 1


def _project(w_input: Array, bias: Array, inputs: Array, precision: Precision) -> Array:
    """Return ``inputs @ w_input + bias``, (T, B, 4H), as one product over all time steps."""
    product = _product(_operand(_flat(inputs), precision), _operand(w_input, precision), inputs.dtype)
    return (product + bias).reshape(*inputs.shape[:2], -1)


def _forward_scan(
    w_recurrent: Array, projected: Array, cell: Array, hidden: Array, precision: Precision
) -> tuple[Layer, tuple[Array, Array]]:
    """Run the recurrence; return also the cells (T, B, H) and the gates after squashing (T, B, 4H)."""
    size = hidden.shape[-1]
    w = _operand(w_recurrent, precision)

    def step(state: tuple[Array, Array], projected: Array) -> tuple[tuple[Array, Array], tuple[Array, Array, Array]]:
        cell, hidden = state
        raw = projected + _product(_operand(hidden, precision), w, projected.dtype)  # (B, 4H)
        squashed = 0.5 * jnp.tanh(0.5 * raw) + 0.5  # the logistic function, by the vectorised tanh
        i, f, o = squashed[:, :size], squashed[:, size : 2 * size], squashed[:, 3 * size :]
        g = jnp.tanh(raw[:, 2 * size : 3 * size])
        cell = f * cell + i * g
        hidden = o * jnp.tanh(cell)
        return (cell, hidden), (hidden, cell, jnp.concatenate([i, f, g, o], axis=1))

    (cell, hidden), (hiddens, cells, gates) = lax.scan(step, (cell, hidden), projected, unroll=_unroll(projected))
    return (hiddens, cell, hidden), (cells, gates)


def _backward_scan(
    w_recurrent: Array,
    saved: tuple[Array, ...],
    transposed: tuple[Array, ...],
    cotangents: Layer,
    precision: Precision,
    gradient_dtype: Any,
) -> tuple[Array, Array, Array, tuple[Array, ...]]:
    """Run the recurrence backwards.

    ``saved`` holds the cells (T, B, H), gates (T, B, 4H) and the first cell (B, H); each of ``transposed`` is a
    (T, B, X) of operands. Returns the gradients of the gates before squashing (T, B, 4H), of the first cell and of the
    first hidden (B, H), and each of ``transposed`` as (T, X, B).
    """
    cells, gates, first_cell = saved
    d_hiddens, d_cell, d_hidden = cotangents
    size = first_cell.shape[-1]
    w = _operand(w_recurrent, precision)
    before = jnp.concatenate([first_cell[None], cells[:-1]])

    def step(
        state: tuple[Array, Array], now: tuple[Array, Array, Array, Array, tuple[Array, ...]]
    ) -> tuple[tuple[Array, Array], tuple[Array, tuple[Array, ...]]]:
        d_cell, d_hidden = state
        d_output, cell, before, gates, transposed = now
        i, f, g, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
        d_hidden = d_hidden + d_output
        squashed = jnp.tanh(cell)
        d_cell = d_cell + d_hidden * o * (1 - squashed * squashed)
        d_i, d_f, d_g = d_cell * g * i * (1 - i), d_cell * before * f * (1 - f), d_cell * i * (1 - g * g)
        d_o = d_hidden * squashed * o * (1 - o)
        d_raw = jnp.concatenate([d_i, d_f, d_g, d_o], axis=1)  # (B, 4H)
        d_hidden = _product(_operand(d_raw, precision), w, d_raw.dtype, axes=(1, 1))
        return (d_cell * f, d_hidden), (d_raw.astype(gradient_dtype), tuple(x.T for x in transposed))

    (d_cell, d_hidden), (d_raw, turned) = lax.scan(
        step,
        (d_cell, d_hidden),
        (d_hiddens, cells, before, gates, transposed),
        reverse=True,
        unroll=_unroll(cells),
    )
    return d_raw, d_cell, d_hidden, turned


def _weight_gradient(x: Array, turned: Array, d_raw: Array, precision: Precision, dtype: Any) -> Array:
    """Return ``x.T @ d_raw``, (X, 4H), over all time steps, from ``x`` (T, B, X) and a scan's (T, X, B) of it."""
    right = _operand(_flat(d_raw), precision)
    if x.shape[0] == 1:
        return _product(_flat(x), right, dtype, axes=(0, 0))
    left = turned.transpose(1, 0, 2).reshape(x.shape[-1], -1)  # moves whole rows of B: cheap, and cannot be folded away
    return _product(left, right, dtype)


def _previous(hiddens: Array, first: Array, precision: Precision) -> Array:
    """Return the hidden that each step started from, (T, B, H), as operands."""
    return _operand(jnp.concatenate([first[None], hiddens[:-1]]), precision)


@partial(jax.custom_vjp, nondiff_argnums=(6,))
def _layer(
    w_input: Array, w_recurrent: Array, bias: Array, inputs: Array, cell: Array, hidden: Array, precision: Precision
) -> Layer:
    return _forward_scan(w_recurrent, _project(w_input, bias, inputs, precision), cell, hidden, precision)[0]


def _layer_forward(
    w_input: Array, w_recurrent: Array, bias: Array, inputs: Array, cell: Array, hidden: Array, precision: Precision
) -> tuple[Layer, tuple[Array, ...]]:
    projected = _project(w_input, bias, inputs, precision)
    result, (cells, gates) = _forward_scan(w_recurrent, projected, cell, hidden, precision)
    previous = _previous(result[0], hidden, precision)
    return result, (w_input, w_recurrent, _operand(inputs, precision), cells, gates, cell, previous)


def _layer_backward(precision: Precision, saved: tuple[Array, ...], cotangents: Layer) -> tuple[Array, ...]:
    w_input, w_recurrent, inputs, cells, gates, cell, previous = saved
    dtype = gates.dtype
    # The gates' gradients are only ever operands again, so they are stored as such: half the bytes in bfloat16.
    d_raw, d_cell, d_hidden, (previous_t, inputs_t) = _backward_scan(
        w_recurrent, (cells, gates, cell), (previous, inputs), cotangents, precision, inputs.dtype
    )
    d_w_input = _weight_gradient(inputs, inputs_t, d_raw, precision, dtype)
    d_w_recurrent = _weight_gradient(previous, previous_t, d_raw, precision, dtype)
    d_inputs = _product(_flat(d_raw), _operand(w_input, precision), dtype, axes=(1, 1)).reshape(inputs.shape)
    return d_w_input, d_w_recurrent, _flat(d_raw).astype(dtype).sum(axis=0), d_inputs, d_cell, d_hidden


_layer.defvjp(_layer_forward, _layer_backward)


# --- the output layer and its loss ------------------------------------------------------------------------------------


def cross_entropy(
    hidden: Array,
    embedding: Array,
    bias: Array,
    targets: Array,
    weights: Array,
    *,
    precision: Precision = "float32",
    block: int = BLOCK_ROWS,
) -> Array:
    """Return the weighted sum of the rows' negative log likelihoods, in nats (scalar).

    Takes ``hidden`` (N, E), ``embedding`` (V, E), ``bias`` (V,), ``targets`` (N,) of word ids and ``weights`` (N,); a
    weight of 0 masks a row. Differentiated, it computes loss and gradients together over blocks of at most about
    ``block`` rows, so that no more than (V, block) logits exist at a time; otherwise it computes the loss alone.
    """
    return _loss(hidden, embedding, bias, targets, weights, precision, block)


def row_losses(
    hidden: Array,
    embedding: Array,
    bias: Array,
    targets: Array,
    *,
    precision: Precision = "float32",
    block: int = BLOCK_ROWS,
) -> Array:
    """Return each row's negative log likelihood in nats, (N,), from the arguments of ``cross_entropy``."""
    columns = _with_bias(embedding, bias, precision)

    def step(_: None, now: tuple[Array, ...]) -> tuple[None, Array]:
        rows, targets = now
        logits = _logits(columns, rows, precision)
        top = logits.max(axis=0)
        total = jnp.exp(logits - top).sum(axis=0)
        return None, jnp.log(total) + top - _target_logits(rows, embedding, bias, targets, precision)

    _, losses = lax.scan(step, None, _blocks(block, hidden, targets))
    return losses.reshape(-1)[: hidden.shape[0]]


def _blocks(block: int, *arrays: Array) -> tuple[Array, ...]:
    """Cut arrays of N rows into two or more equal blocks, (N, ...) to (blocks, rows, ...), padding with zeros."""
    count = arrays[0].shape[0]
    blocks = max(2, -(-count // block))
    rows = -(-count // (blocks * LANES)) * LANES
    pad = blocks * rows - count
    return tuple(
        jnp.pad(x, ((0, pad), *((0, 0) for _ in x.shape[1:]))).reshape(blocks, rows, *x.shape[1:]) for x in arrays
    )


def _bias_columns(precision: Precision) -> int:
    """Say how many columns hold the bias: bfloat16 keeps 8 bits, so two of them carry it to 2**-17 of its size."""
    return 2 if precision == "bfloat16" else 1


def _with_bias(embedding: Array, bias: Array, precision: Precision) -> Array:
    """Append the bias to the embedding as columns, (V, E + 1 or 2), to meet the ones of ``_with_ones``.

    Adding the bias in the product saves a pass over the logits, which costs as much as a third of the product itself.
    """
    high = _operand(bias, precision)
    parts = [high, _operand(bias - high.astype(bias.dtype), precision)][: _bias_columns(precision)]
    return jnp.concatenate([_operand(embedding, precision), *(part[:, None] for part in parts)], axis=1)


def _with_ones(rows: Array, precision: Precision) -> Array:
    """Append ones to rows, (rows, E + 1 or 2), as operands."""
    ones = jnp.ones((rows.shape[0], _bias_columns(precision)), rows.dtype)
    return _operand(jnp.concatenate([rows, ones], axis=1), precision)


def _logits(columns: Array, rows: Array, precision: Precision) -> Array:
    """Return logits with the vocabulary first, (V, rows): sums over words are then sums of vectors."""
    return _product(columns, _with_ones(rows, precision), rows.dtype, axes=(1, 1))


def _target_logits(rows: Array, embedding: Array, bias: Array, targets: Array, precision: Precision) -> Array:
    """Return the logits of the target words, (rows,): far cheaper than looking them up among all logits."""
    words = _operand(embedding[targets], precision).astype(rows.dtype)
    return (words * _operand(rows, precision).astype(rows.dtype)).sum(axis=1) + bias[targets]


@partial(jax.custom_vjp, nondiff_argnums=(5, 6))
def _loss(
    hidden: Array, embedding: Array, bias: Array, targets: Array, weights: Array, precision: Precision, block: int
) -> Array:
    return (weights * row_losses(hidden, embedding, bias, targets, precision=precision, block=block)).sum()


def _loss_forward(
    hidden: Array, embedding: Array, bias: Array, targets: Array, weights: Array, precision: Precision, block: int
) -> tuple[Array, tuple[Array, ...]]:
    count, width = hidden.shape
    columns = _with_bias(embedding, bias, precision)
    words = jnp.arange(embedding.shape[0])[:, None]

    def step(carry: tuple[Array, Array], now: tuple[Array, ...]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        d_columns, embedding_t = carry
        rows, targets, weights = now
        logits = _logits(columns, rows, precision)
        top = logits.max(axis=0)
        likelihoods = jnp.exp(logits - top)  # (V, rows), still to be divided by their sum
        total = likelihoods.sum(axis=0)
        losses = jnp.log(total) + top - _target_logits(rows, embedding, bias, targets, precision)
        d_logits = likelihoods * (weights / total) - jnp.where(words == targets, weights, 0)
        d_logits = _operand(d_logits, precision)
        # The ones beside the rows give the bias's gradient in the same product.
        d_columns = d_columns + _product(d_logits, _with_ones(rows, precision), rows.dtype)
        return (d_columns, embedding_t), (losses, _product(embedding_t, d_logits, rows.dtype))

    # The transposed embedding never changes; in the carry it stays a matrix of its own (see the module's docstring).
    start = (jnp.zeros(columns.shape, hidden.dtype), _operand(embedding, precision).T)
    (d_columns, _), (losses, d_rows) = lax.scan(step, start, _blocks(block, hidden, targets, weights))
    losses = losses.reshape(-1)[:count]
    d_hidden = d_rows.transpose(0, 2, 1).reshape(-1, width)[:count]
    return (weights * losses).sum(), (d_hidden, d_columns[:, :width], d_columns[:, width], losses)


def _loss_backward(
    precision: Precision,  # noqa: ARG001 - custom_vjp passes every static argument
    block: int,  # noqa: ARG001
    saved: tuple[Array, ...],
    cotangent: Array,
) -> tuple[Array, Array, Array, None, Array]:
    d_hidden, d_embedding, d_bias, losses = saved
    return cotangent * d_hidden, cotangent * d_embedding, cotangent * d_bias, None, cotangent * losses


_loss.defvjp(_loss_forward, _loss_backward)
