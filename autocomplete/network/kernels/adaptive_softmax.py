"""An output layer over words cut by frequency: rare ones have narrow vectors, and only their own rows read them.

The head scores frequent words and, as if they were words, the tails; a tail scores its words for the rows whose target
is among them (adaptive softmax, Grave 2017). The probability of a word in a tail is that of the tail times its own
within, so all words together have 1, in training as in evaluation.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from autocomplete.network.kernels.output_layer import cross_entropy
from autocomplete.network.kernels.products import Precision

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
