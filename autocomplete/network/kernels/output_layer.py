"""The output layer fused with its loss, so that no more than a block of logits exists at a time."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array, lax

from autocomplete.network.kernels.products import Precision, operand, product

# Rows a block: with 320 the sums into the embedding's gradient are rare enough, and 10,000 x 320 logits still in cache
# (10,000 x 256, 2,240 rows: 112 rows a block cost 16 % more time of a core, 560 rows 42 %).
BLOCK_ROWS = 320
# Rows are padded to whole vectors: 16 float32 values make one AVX-512 register, and one row of a bfloat16 tile.
LANES = 16


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
    columns = with_bias(embedding, bias, precision)

    def step(_: None, now: tuple[Array, ...]) -> tuple[None, Array]:
        rows, targets = now
        logits = logits_of(columns, rows, precision)
        top = logits.max(axis=0)
        total = jnp.exp(logits - top).sum(axis=0)
        return None, jnp.log(total) + top - _target_logits(rows, embedding, bias, targets, precision)

    _, losses = lax.scan(step, None, in_blocks(block, hidden, targets))
    return losses.reshape(-1)[: hidden.shape[0]]


def in_blocks(block: int, *arrays: Array) -> tuple[Array, ...]:
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


def with_bias(embedding: Array, bias: Array, precision: Precision) -> Array:
    """Append the bias to the embedding as columns, (V, E + 1 or 2), to meet the ones of ``with_ones``.

    Adding the bias in the product saves a pass over the logits, which costs as much as a third of the product itself.
    """
    high = operand(bias, precision)
    parts = [high, operand(bias - high.astype(bias.dtype), precision)][: _bias_columns(precision)]
    return jnp.concatenate([operand(embedding, precision), *(part[:, None] for part in parts)], axis=1)


def with_ones(rows: Array, precision: Precision) -> Array:
    """Append ones to rows, (rows, E + 1 or 2), as operands."""
    ones = jnp.ones((rows.shape[0], _bias_columns(precision)), rows.dtype)
    return operand(jnp.concatenate([rows, ones], axis=1), precision)


def logits_of(columns: Array, rows: Array, precision: Precision) -> Array:
    """Return logits with the vocabulary first, (V, rows): sums over words are then sums of vectors."""
    return product(columns, with_ones(rows, precision), rows.dtype, axes=(1, 1))


def _target_logits(rows: Array, embedding: Array, bias: Array, targets: Array, precision: Precision) -> Array:
    """Return the logits of the target words, (rows,): far cheaper than looking them up among all logits."""
    words = operand(embedding[targets], precision).astype(rows.dtype)
    return (words * operand(rows, precision).astype(rows.dtype)).sum(axis=1) + bias[targets]


@partial(jax.custom_vjp, nondiff_argnums=(5, 6))
def _loss(
    hidden: Array, embedding: Array, bias: Array, targets: Array, weights: Array, precision: Precision, block: int
) -> Array:
    return (weights * row_losses(hidden, embedding, bias, targets, precision=precision, block=block)).sum()


def _loss_forward(
    hidden: Array, embedding: Array, bias: Array, targets: Array, weights: Array, precision: Precision, block: int
) -> tuple[Array, tuple[Array, ...]]:
    count, width = hidden.shape
    columns = with_bias(embedding, bias, precision)
    words = jnp.arange(embedding.shape[0])[:, None]

    def step(carry: tuple[Array, Array], now: tuple[Array, ...]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        d_columns, embedding_t = carry
        rows, targets, weights = now
        logits = logits_of(columns, rows, precision)
        top = logits.max(axis=0)
        likelihoods = jnp.exp(logits - top)  # (V, rows), still to be divided by their sum
        total = likelihoods.sum(axis=0)
        losses = jnp.log(total) + top - _target_logits(rows, embedding, bias, targets, precision)
        d_logits = likelihoods * (weights / total) - jnp.where(words == targets, weights, 0)
        d_logits = operand(d_logits, precision)
        # The ones beside the rows give the bias's gradient in the same product.
        d_columns = d_columns + product(d_logits, with_ones(rows, precision), rows.dtype)
        return (d_columns, embedding_t), (losses, product(embedding_t, d_logits, rows.dtype))

    # The transposed embedding never changes; in the carry it stays a matrix of its own (see the package's docstring).
    start = (jnp.zeros(columns.shape, hidden.dtype), operand(embedding, precision).T)
    (d_columns, _), (losses, d_rows) = lax.scan(step, start, in_blocks(block, hidden, targets, weights))
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
