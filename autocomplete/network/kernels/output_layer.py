"""The output layer fused with its loss, so that no more than a block of logits exists at a time."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from autocomplete.network.kernels.products import LANES, Precision, operand, product

# Rows a block. At (V, E, N) of (10,000, 650, 700) and (33,280, 256, 1,120), on two cores with bfloat16 but without
# AMX, 280 rows took 1 to 5 % more time, 140 up to 19 %, and 1,120 no less.
BLOCK_ROWS = 560
# The odds of a word against a row's target are cut at exp of this, for more would overflow when summed: where a target
# is less likely than that, its loss says so many nats, and the words beyond the cut share the blame equally.
MOST_NATS = 60.0


class _Arguments(NamedTuple):
    """The arrays of ``cross_entropy``, and their gradients."""

    hidden: Array
    embedding: Array
    bias: Array
    targets: Any  # integers, which have no gradient
    weights: Array
    counted_rows: Array | None


class _Scored(NamedTuple):
    """Rows scored against all words: their losses and what the gradients are made of.

    Attributes:
        losses: Of each row, in nats, not weighted, (N,).
        d_hidden: What the words beside a row's target give to the row's gradient, (N, E).
        d_vectors: What the rows whose target a word is not give to its vector's gradient, (V, E).
        d_biases: And to its bias's, (V,).
        d_own: Gradient of the target's logit, (N,).
    """

    losses: Array
    d_hidden: Array
    d_vectors: Array
    d_biases: Array
    d_own: Array


def cross_entropy(
    hidden: Array,
    embedding: Array,
    bias: Array,
    targets: Array,
    weights: Array,
    *,
    precision: Precision = "float32",
    block: int = BLOCK_ROWS,
    counted_rows: Array | None = None,
) -> Array:
    """Return the weighted sum of the rows' negative log likelihoods, in nats (scalar).

    Takes ``hidden`` (N, E), ``embedding`` (V, E), ``bias`` (V,), ``targets`` (N,) of word ids and ``weights`` (N,); a
    weight of 0 masks a row. Differentiated, it computes loss and gradients together over blocks of at most about
    ``block`` rows, so that no more than (block, V) logits exist at a time; otherwise it computes the loss alone.
    Where only the first ``counted_rows`` have another weight than 0, the blocks behind them take no time, and those
    weights have no gradient.
    """
    return _loss(_Arguments(hidden, embedding, bias, targets, weights, counted_rows), precision, block)


def row_losses(
    hidden: Array,
    embedding: Array,
    bias: Array,
    targets: Array,
    *,
    precision: Precision = "float32",
    block: int = BLOCK_ROWS,
    counted_rows: Array | None = None,
) -> Array:
    """Return each row's negative log likelihood in nats, (N,), from the arguments of ``cross_entropy``.

    Those of rows in blocks behind the counted ones are none.
    """
    vectors = operand(embedding, precision)
    own_logits = _own_scores(hidden, embedding[targets], bias[targets], precision)

    def step(_: tuple[()], now: tuple[Array, ...]) -> tuple[tuple[()], Array]:
        (rows,) = now
        logits = product(operand(rows, precision), vectors, rows.dtype, axes=(1, 1)) + bias
        top = logits.max(axis=1)
        return (), jnp.log(jnp.exp(logits - top[:, None]).sum(axis=1)) + top

    log_sums: Array
    _, log_sums = _over_blocks(step, (), _blocks(block, hidden), counted_rows)
    return log_sums.reshape(-1)[: hidden.shape[0]] - own_logits


def _own_scores(hidden: Array, vectors: Array, biases: Array, precision: Precision) -> Array:
    """Return the logits of the rows' own targets, (N,), from the targets' vectors (N, E) and biases (N,).

    That is far cheaper than to look them up among all logits.
    """
    dtype = hidden.dtype
    return (operand(vectors, precision).astype(dtype) * operand(hidden, precision).astype(dtype)).sum(axis=1) + biases


def _score(
    hidden: Array,
    own_logits: Array,
    targets: Array,
    weights: Array,
    embedding: Array,
    bias: Array,
    counted_rows: Array | None,
    precision: Precision,
    block: int,
) -> _Scored:
    """Score rows (N, E), each against its target and against all words, of which its target counts once.

    What is kept of a logit is the odds of its word against the row's target, rounded to an operand: one pass over the
    logits, and the sum that normalises them is taken from what the gradients are made of. A sum apart, with the
    greatest logit found before it, took a fifth more time (V 17,152, E 256, 1,120 rows, then with words first).
    """
    count, width = hidden.shape
    dtype = hidden.dtype
    vectors = operand(embedding, precision)
    words = jnp.arange(len(embedding))

    def step(d_vectors: Array, now: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        rows, own_logits, targets, weights = now
        logits = product(operand(rows, precision), vectors, dtype, axes=(1, 1))  # (rows, V)
        odds = jnp.exp(jnp.minimum(logits + (bias - own_logits[:, None]), MOST_NATS))
        odds = operand(jnp.where(words == targets[:, None], 0.0, odds), precision)
        total = 1.0 + odds.sum(axis=1, dtype=dtype)
        scale = weights / total
        # The ones below give the bias's gradient in the same product, and keep the rows' transpose out of it.
        scaled = jnp.concatenate([rows.T, jnp.ones((1, len(rows)), dtype)]) * scale
        d_vectors = d_vectors + product(operand(scaled, precision), odds, dtype)
        d_rows = product(odds, vectors, dtype) * scale[:, None]
        return d_vectors, (jnp.log(total), d_rows, scale - weights)

    # The odds stand on the right of one product and on the left of the other, so they are never turned; the gradient
    # that comes out turned is turned back once (see the package's docstring).
    start = jnp.zeros((width + 1, len(embedding)), dtype)
    blocks = _blocks(block, hidden, own_logits, targets, weights)
    d_vectors, (losses, d_rows, d_own) = _over_blocks(step, start, blocks, counted_rows)
    return _Scored(
        losses.reshape(-1)[:count],
        d_rows.reshape(-1, width)[:count],
        d_vectors[:width].T,
        d_vectors[width],
        d_own.reshape(-1)[:count],
    )


def _over_blocks(
    step: Callable[[Any, Any], tuple[Any, Any]], start: Any, blocks: tuple[Array, ...], counted_rows: Array | None
) -> tuple[Any, Any]:
    """Scan over the blocks, or over those that hold the counted rows: zeros come from the others."""
    if counted_rows is None:
        return lax.scan(step, start, blocks)
    outputs = jax.eval_shape(lambda: lax.scan(step, start, blocks)[1])

    def taken(number: Array, now: tuple[Any, Any]) -> tuple[Any, Any]:
        carry, filled = now
        carry, output = step(carry, jax.tree.map(lambda x: x[number], blocks))
        return carry, jax.tree.map(lambda x, y: x.at[number].set(y), filled, output)

    # How many blocks stays unknown to the compiler, even of constants: it removes a loop of one.
    count: Array = lax.optimization_barrier(  # type: ignore[no-untyped-call]
        -(-counted_rows // blocks[0].shape[1])
    )
    zeros = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), outputs)
    result: tuple[Any, Any] = lax.fori_loop(0, count, taken, (start, zeros))
    return result


def _blocks(block: int, *arrays: Array) -> tuple[Array, ...]:
    """Cut arrays of N rows into two or more equal blocks, (N, ...) to (blocks, rows, ...), padding with zeros."""
    count = arrays[0].shape[0]
    blocks = max(2, -(-count // block))
    rows = -(-count // (blocks * LANES)) * LANES
    pad = blocks * rows - count
    return tuple(
        jnp.pad(x, ((0, pad), *((0, 0) for _ in x.shape[1:]))).reshape(blocks, rows, *x.shape[1:]) for x in arrays
    )


@partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def _loss(arguments: _Arguments, precision: Precision, block: int) -> Array:
    hidden, embedding, bias, targets, weights, counted = arguments
    losses = row_losses(hidden, embedding, bias, targets, precision=precision, block=block, counted_rows=counted)
    return (weights * losses).sum()


def _loss_forward(arguments: _Arguments, precision: Precision, block: int) -> tuple[Array, _Arguments]:
    hidden, embedding, bias, targets, weights, counted_rows = arguments
    own = embedding[targets]
    own_logits = _own_scores(hidden, own, bias[targets], precision)
    scored = _score(hidden, own_logits, targets, weights, embedding, bias, counted_rows, precision, block)
    d_own = scored.d_own
    gradients = _Arguments(
        scored.d_hidden + d_own[:, None] * own,
        scored.d_vectors.at[targets].add(d_own[:, None] * hidden),
        scored.d_biases.at[targets].add(d_own),
        None,
        scored.losses,
        None,
    )
    return (weights * scored.losses).sum(), gradients


def _loss_backward(
    precision: Precision,  # noqa: ARG001 - custom_vjp passes every static argument
    block: int,  # noqa: ARG001
    gradients: _Arguments,
    cotangent: Array,
) -> tuple[_Arguments]:
    return (jax.tree.map(lambda gradient: cotangent * gradient, gradients),)


_loss.defvjp(_loss_forward, _loss_backward)


# An output layer over words cut by frequency: rare ones have narrow vectors, and only their own rows read them.
#
# The head scores frequent words and, as if they were words, the tails; a tail scores its words for the rows whose
# target is among them (adaptive softmax, Grave 2017). The probability of a word in a tail is that of the tail times
# its own within, so all words together have 1, in training as in evaluation.

# Rows that a tail scores at a time: few targets are in a tail, and the last of its blocks is seldom full.
TAIL_BLOCK_ROWS = 128


class TailWeights(NamedTuple):
    """Words of a tail: ``embedding`` (W, F), ``projection`` from its width to the head's (F, E), ``bias`` (W,)."""

    embedding: Array
    projection: Array
    bias: Array


def adaptive_cross_entropy(
    hidden: Array,
    embedding: Array,
    bias: Array,
    tails: tuple[TailWeights, ...],
    targets: Array,
    weights: Array,
    *,
    precision: Precision = "float32",
) -> Array:
    """Return the weighted sum of the rows' negative log likelihoods, in nats (scalar).

    Takes the arguments of ``cross_entropy``, but that ``embedding`` (C + K, E) and ``bias`` are those of the head: C
    words, then the K tails. Targets are ids in the whole vocabulary, the head's words first.
    """
    start = head_size = len(bias) - len(tails)
    places = targets
    total = jnp.zeros((), hidden.dtype)
    for number, tail in enumerate(tails):
        stop = start + len(tail.bias)
        within = (targets >= start) & (targets < stop)
        total += _tail_cross_entropy(hidden, tail, jnp.where(within, targets - start, 0), weights * within, precision)
        places = jnp.where(within, head_size + number, places)
        start = stop
    return total + cross_entropy(hidden, embedding, bias, places, weights, precision=precision)


def _tail_cross_entropy(
    hidden: Array, tail: TailWeights, targets: Array, weights: Array, precision: Precision
) -> Array:
    """The loss of the rows that count, within a tail."""
    order = jnp.argsort(weights == 0)  # what counts comes first
    narrow = hidden @ tail.projection.T  # (N, F); so small that rounded operands gain nothing
    return cross_entropy(
        narrow[order],
        tail.embedding,
        tail.bias,
        targets[order],
        weights[order],
        precision=precision,
        block=TAIL_BLOCK_ROWS,
        counted_rows=jnp.count_nonzero(weights),
    )
