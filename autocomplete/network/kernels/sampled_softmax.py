"""The output layer against a few words drawn for a step: its cost depends on how many are drawn, not on how many exist.

Every row is scored against its own target and against the same drawn words. A word that is drawn with probability p
stands for 1 / p words, so the sum over the drawn ones estimates the sum over all without bias (Bengio & Senécal 2008;
Jean 2015). Only training is an estimate: the weights are those of ``output_layer``, which evaluates them.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from autocomplete.network.kernels.output_layer import BLOCK_ROWS, own_scores, score
from autocomplete.network.kernels.products import Precision

# Probabilities of being drawn are multiples of one over this, so that drawing is exact in 32-bit integers.
TICKS = 1 << 18
# Most words that can be drawn: their ticks must fit such an integer.
MOST_DRAWN = (1 << 31) // TICKS - 1


class Drawn(NamedTuple):
    """Words drawn for a step: ``words`` (S,), all different, and the log probability that each is drawn, (S,)."""

    words: Array
    log_chances: Array


def ticks_by_rank(vocabulary_size: int, count: int) -> npt.NDArray[np.int32]:
    """Return where each word's ticks end, (V,): ``count`` * ``TICKS`` in all, and at most ``TICKS`` for one.

    Ids go by falling frequency, and a word's chance falls as one over its rank (Zipf's law), but for those at the top
    that are so likely as to be drawn always. ``count`` must be below V and at most ``MOST_DRAWN``.
    """
    assert count < vocabulary_size
    assert count <= MOST_DRAWN
    shares = 1.0 / np.arange(1, vocabulary_size + 1)
    below = shares[::-1].cumsum()[::-1]  # of a word and all rarer ones
    scales = (count - np.arange(count)) / below[:count]  # of their shares, if the words above them are certain
    certain = int(np.argmax(scales * shares[:count] <= 1.0))
    chances = np.concatenate([np.ones(certain), scales[certain] * shares[certain:]])
    ends: npt.NDArray[np.int32] = np.rint(TICKS * chances.cumsum()).astype(np.int32)
    return ends


def draw(key: Array, ends: npt.NDArray[np.int32]) -> Drawn:
    """Draw words by ``ticks_by_rank``, with one random number for all of them (systematic sampling, Madow 1949)."""
    points = jax.random.randint(key, (), 0, TICKS) + TICKS * jnp.arange(int(ends[-1]) // TICKS)
    words = jnp.searchsorted(jnp.asarray(ends), points, side="right")
    log_chances = jnp.log(jnp.asarray(np.diff(ends, prepend=0) / TICKS))
    return Drawn(words, log_chances[words])


def sampled_cross_entropy(
    hidden: Array,
    embedding: Array,
    bias: Array,
    targets: Array,
    weights: Array,
    drawn: Drawn,
    *,
    precision: Precision = "float32",
    block: int = BLOCK_ROWS,
) -> Array:
    """Return the weighted sum of the rows' negative log likelihoods as the drawn words estimate it, in nats (scalar).

    Takes the arguments of ``cross_entropy`` and the words drawn, S of them. No more than (S, block) logits exist at a
    time, and of the embedding only the rows of drawn and target words are read.
    """
    count = drawn.words.shape[0]
    words = jnp.concatenate([drawn.words, targets])  # together: one gather, and one scatter of the gradient
    vectors, biases = embedding[words], bias[words]
    corrected = biases[:count] - drawn.log_chances.astype(bias.dtype)
    ids = (drawn.words, targets)
    return _loss(hidden, vectors[:count], corrected, vectors[count:], biases[count:], weights, ids, precision, block)


@partial(jax.custom_vjp, nondiff_argnums=(7, 8))
def _loss(
    hidden: Array,
    drawn: Array,
    drawn_bias: Array,
    own: Array,
    own_bias: Array,
    weights: Array,
    ids: tuple[Array, Array],
    precision: Precision,
    block: int,
) -> Array:
    """The loss of ``hidden`` (N, E) from the drawn words' vectors (S, E) and the rows' own targets' (N, E)."""
    return _loss_forward(hidden, drawn, drawn_bias, own, own_bias, weights, ids, precision, block)[0]


def _loss_forward(
    hidden: Array,
    drawn: Array,
    drawn_bias: Array,
    own: Array,
    own_bias: Array,
    weights: Array,
    ids: tuple[Array, Array],
    precision: Precision,
    block: int,
) -> tuple[Array, tuple[Array, ...]]:
    words, targets = ids
    scored = score(
        hidden,
        own_scores(hidden, own, own_bias, precision),
        targets,
        weights,
        words=words,
        vectors=drawn,
        biases=drawn_bias,
        precision=precision,
        block=block,
    )
    d_own = scored.d_own
    gradients = (
        scored.d_hidden + d_own[:, None] * own,
        scored.d_vectors,
        scored.d_biases,
        d_own[:, None] * hidden,
        d_own,
        scored.losses,
    )
    return (weights * scored.losses).sum(), gradients


def _loss_backward(
    precision: Precision,  # noqa: ARG001 - custom_vjp passes every static argument
    block: int,  # noqa: ARG001
    gradients: tuple[Array, ...],
    cotangent: Array,
) -> tuple[Array | None, ...]:
    return *(cotangent * gradient for gradient in gradients), None


_loss.defvjp(_loss_forward, _loss_backward)
