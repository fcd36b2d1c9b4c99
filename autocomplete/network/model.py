"""The language model as a Flax NNX module, whatever its cell. Shapes are time first: (T, B, ...)."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.network.cells import Carry, kept, make_layer, uniform
from autocomplete.network.kernels.output_layer import cross_entropy
from autocomplete.network.kernels.products import Precision, dense
from autocomplete.network.kernels.sampled_softmax import Drawn, sampled_cross_entropy


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


class LanguageModel(nnx.Module):
    """Embedding, stacked layers of one cell, and an output layer that shares the embedding (Press & Wolf 2017)."""

    def __init__(self, vocabulary_size: int, settings: NetworkSettings, *, rngs: nnx.Rngs) -> None:
        width, hidden = settings.embedding_size, settings.hidden_size
        self.embedding = nnx.Param(uniform(rngs, (vocabulary_size, width), 0.1))
        self.layers = nnx.List([make_layer(settings, layer, rngs=rngs) for layer in range(settings.layers)])
        if hidden != width:
            self.projection = nnx.Param(uniform(rngs, (hidden, width), 1.0 / math.sqrt(hidden)))
        self.output_bias = nnx.Param(jnp.zeros(vocabulary_size))

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
        values = self.embedding[tokens]  # (T, B, E)
        if keys.embedding is not None and dropout.embedding:
            values = values * kept(keys.embedding, dropout.embedding, (self.embedding.shape[0], 1))[tokens]
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

    def logits(self, outputs: jax.Array) -> jax.Array:
        """Unnormalised scores of every token, (..., V), for outputs (..., E)."""
        return outputs @ self.embedding[...].T + self.output_bias[...]

    def loss(
        self,
        outputs: jax.Array,
        targets: jax.Array,
        weights: jax.Array,
        *,
        precision: Precision,
        drawn: Drawn | None = None,
    ) -> jax.Array:
        """Summed negative log-likelihood in nats of targets (T, B), each counted `weights` (T, B) times.

        With words drawn it is their estimate of it.
        """
        rows = outputs.reshape(-1, outputs.shape[-1]), self.embedding[...], self.output_bias[...]
        counted = targets.reshape(-1), weights.reshape(-1)
        if drawn is not None:
            return sampled_cross_entropy(*rows, *counted, drawn, precision=precision)
        return cross_entropy(*rows, *counted, precision=precision)
