"""The language model as a Flax NNX module, whatever its cell. Shapes are time first: (T, B, ...)."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.network.cells import Carry, kept, make_layer, uniform
from autocomplete.network.kernels.output_layer import TailWeights, adaptive_cross_entropy
from autocomplete.network.kernels.products import Precision, dense


class Dropout(NamedTuple):
    """Shares of what is silenced in training.

    Attributes:
        input: Units of the embedded tokens, the same at all time steps (variational, Gal & Ghahramani 2016).
        hidden: Units between layers, likewise.
        output: Units of what the output layer reads, likewise.
        embedding: Words: a silenced one reads as zeros wherever it stands.
        weight: Recurrent weights (Merity 2018).
    """

    input: float = 0.0
    hidden: float = 0.0
    output: float = 0.0
    embedding: float = 0.0
    weight: float = 0.0

    @classmethod
    def of(cls, settings: TrainingSettings) -> "Dropout":
        """Return the rates of a training run."""
        return cls(
            settings.input_dropout,
            settings.hidden_dropout,
            settings.output_dropout,
            settings.embedding_dropout,
            settings.weight_drop,
        )


class Share(NamedTuple):
    """Which rows of a batch these are: with one mask for all rows, each has its own whoever draws it.

    Attributes:
        place: Of this share among them.
        shares: Equal shares that the rows are in.
    """

    place: jax.Array | int = 0
    shares: int = 1


class _Keys(NamedTuple):
    """Randomness of one step's masks; None for each in evaluation."""

    embedding: jax.Array | None
    input: jax.Array | None
    layers: tuple[jax.Array | None, ...]
    between: tuple[jax.Array | None, ...]
    output: jax.Array | None

    @classmethod
    def of(cls, key: jax.Array | None, layers: int) -> "_Keys":
        if key is None:
            nothing = (None,) * layers
            return cls(None, None, nothing, nothing, None)
        embedding, first, output, *rest = jax.random.split(key, 3 + 2 * layers)
        return cls(embedding, first, tuple(rest[:layers]), tuple(rest[layers:]), output)


def _variational(values: jax.Array, rate: float, key: jax.Array | None, share: Share) -> jax.Array:
    """Silence the same units at every time step of `values` (T, B, D); leave them alone without a key."""
    if key is None or rate == 0.0:
        return values
    _, rows, width = values.shape
    mask = kept(key, rate, (1, share.shares * rows, width))
    if share.shares > 1:
        mask = jax.lax.dynamic_slice_in_dim(mask, share.place * rows, rows, axis=1)
    return values * mask


class Tail(nnx.Module):
    """Vectors of rare words, narrower than the others, and the way from their width to that (Baevski & Auli 2019)."""

    def __init__(self, words: int, narrow: int, width: int, *, rngs: nnx.Rngs) -> None:
        self.embedding = nnx.Param(uniform(rngs, (words, narrow), 0.1))
        # Widened, a vector is as long as one of the head.
        self.projection = nnx.Param(uniform(rngs, (narrow, width), math.sqrt(3.0 / narrow)))
        self.bias = nnx.Param(jnp.zeros(words))


class OutputLayer(nnx.Module):
    """Scores words by their vectors; with cutoffs, rare ones in tails of their own."""

    def __init__(self, vocabulary_size: int, settings: NetworkSettings, *, rngs: nnx.Rngs) -> None:
        width = settings.embedding_size
        shape = settings.weight_shapes(vocabulary_size)["output/embedding"]
        tails = settings.tails(vocabulary_size)
        self.embedding = nnx.Param(uniform(rngs, shape, 0.1))
        self.tails = nnx.List([Tail(stop - start, narrow, width, rngs=rngs) for start, stop, narrow in tails])
        self.bias = nnx.Param(jnp.zeros(shape[0]))

    @property
    def head_size(self) -> int:
        """Words of the head: all, where there are no tails."""
        return len(self.bias) - len(self.tails)

    @property
    def words(self) -> int:
        """Words in all."""
        return self.head_size + sum(len(tail.bias) for tail in self.tails)

    def vectors(self, tokens: jax.Array) -> jax.Array:
        """Return the vectors that score some tokens, (T, B, E) of (T, B)."""
        start = self.head_size
        values = self.embedding[jnp.minimum(tokens, start - 1)] if self.tails else self.embedding[tokens]
        for tail in self.tails:
            places = jnp.clip(tokens - start, 0, len(tail.bias) - 1)
            widened = tail.embedding[places] @ tail.projection[...]
            values = jnp.where((tokens >= start)[..., None], widened, values)
            start += len(tail.bias)
        return values

    def log_probabilities(self, outputs: jax.Array) -> jax.Array:
        """Log probabilities in nats of every token, (..., V), for what the layer reads, (..., E)."""
        head = jax.nn.log_softmax(outputs @ self.embedding[...].T + self.bias[...])
        parts = [head[..., : self.head_size]]
        for number, tail in enumerate(self.tails):
            scores = outputs @ tail.projection[...].T @ tail.embedding[...].T + tail.bias[...]
            parts.append(head[..., self.head_size + number, None] + jax.nn.log_softmax(scores))
        return jnp.concatenate(parts, axis=-1)

    def loss(self, outputs: jax.Array, targets: jax.Array, weights: jax.Array, *, precision: Precision) -> jax.Array:
        """Summed negative log-likelihood in nats of targets (T, B), each counted `weights` (T, B) times."""
        rows = outputs.reshape(-1, outputs.shape[-1]), self.embedding[...], self.bias[...]
        counted = targets.reshape(-1), weights.reshape(-1)
        tails = tuple(TailWeights(tail.embedding[...], tail.projection[...], tail.bias[...]) for tail in self.tails)
        return adaptive_cross_entropy(*rows, tails, *counted, precision=precision)


class InputEmbedding(nnx.Module):
    """Vectors of the tokens that are read: the output layer's (tied, Press & Wolf 2017), or a table of its own."""

    def __init__(self, vocabulary_size: int, settings: NetworkSettings, *, rngs: nnx.Rngs) -> None:
        if not settings.tied:
            self.embedding = nnx.Param(uniform(rngs, (vocabulary_size, settings.embedding_size), 0.1))

    def __call__(self, tokens: jax.Array, output: OutputLayer) -> jax.Array:
        """Return the vectors of tokens (T, B), (T, B, E)."""
        vectors: jax.Array = self.embedding[tokens] if hasattr(self, "embedding") else output.vectors(tokens)
        return vectors


class LanguageModel(nnx.Module):
    """Input embedding, stacked layers of one cell, and an output layer."""

    def __init__(self, vocabulary_size: int, settings: NetworkSettings, *, rngs: nnx.Rngs) -> None:
        width, hidden = settings.embedding_size, settings.hidden_size
        self.output = OutputLayer(vocabulary_size, settings, rngs=rngs)
        self.layers = nnx.List([make_layer(settings, layer, rngs=rngs) for layer in range(settings.layers)])
        if hidden != width:
            self.projection = nnx.Param(uniform(rngs, (hidden, width), 1.0 / math.sqrt(hidden)))
        self.input = InputEmbedding(vocabulary_size, settings, rngs=rngs)

    def initial_carry(self, batch_size: int) -> tuple[Carry, ...]:
        """Return the state before any token: zeros, one carry a layer."""
        return tuple(layer.initial_carry(batch_size) for layer in self.layers)

    def read(
        self,
        tokens: jax.Array,
        carry: tuple[Carry, ...],
        *,
        precision: Precision = "float32",
        dropout: Dropout = Dropout(),  # noqa: B008 - an immutable value
        key: jax.Array | None = None,
        share: Share = Share(),  # noqa: B008 - an immutable value
    ) -> tuple[jax.Array, tuple[Carry, ...]]:
        """Return what the output layer reads after each token, (T, B, E), and the last carry.

        Args:
            tokens: (T, B) token ids.
            carry: State before the first token, one a layer.
            precision: Operands of matrix products.
            dropout: Rates, used only with a key.
            key: Randomness of the dropout masks; None in evaluation.
            share: Of the rows that the key draws masks for, those read here.
        """
        keys = _Keys.of(key, len(self.layers))
        values = self.input(tokens, self.output)  # (T, B, E)
        if keys.embedding is not None and dropout.embedding:
            values = values * kept(keys.embedding, dropout.embedding, (self.output.words, 1))[tokens]
        values = _variational(values, dropout.input, keys.input, share)
        after: list[Carry] = []
        for index, (layer, before) in enumerate(zip(self.layers, carry, strict=True)):
            values, last = layer(
                values, before, precision=precision, weight_drop=dropout.weight, key=keys.layers[index]
            )  # (T, B, H)
            after.append(last)
            if index + 1 < len(self.layers):
                values = _variational(values, dropout.hidden, keys.between[index], share)
        if hasattr(self, "projection"):
            values = dense(values, self.projection[...], precision=precision)  # (T, B, E)
        return _variational(values, dropout.output, keys.output, share), tuple(after)
