"""The recurrent language model as Flax NNX modules. Shapes are time first: (T, B, ...)."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.network import kernels
from autocomplete.network.kernels import Precision


class Carry(NamedTuple):
    """What one recurrent layer remembers between tokens: both (B, H) float32."""

    cell: jax.Array
    hidden: jax.Array


class Dropout(NamedTuple):
    """Shares of units that variational dropout silences (Gal & Ghahramani 2016)."""

    input: float = 0.0
    hidden: float = 0.0
    output: float = 0.0

    @classmethod
    def of(cls, settings: TrainingSettings) -> "Dropout":
        """Return the rates of a training run."""
        return cls(settings.input_dropout, settings.hidden_dropout, settings.output_dropout)


def _variational(values: jax.Array, rate: float, key: jax.Array | None) -> jax.Array:
    """Silence the same units at every time step of `values` (T, B, D); leave them alone without a key."""
    if key is None or rate == 0.0:
        return values
    keep = jax.random.bernoulli(key, 1.0 - rate, (1, *values.shape[1:]))
    return values * (keep / (1.0 - rate))


def _uniform(rngs: nnx.Rngs, shape: tuple[int, ...], bound: float) -> jax.Array:
    return jax.random.uniform(rngs.params(), shape, jnp.float32, -bound, bound)


class LSTM(nnx.Module):
    """One long short-term memory layer (Hochreiter & Schmidhuber 1997, forget gate of Gers 2000).

    The gates lie side by side in the order input, forget, candidate, output. The forget gate starts
    open (bias 1, Jozefowicz 2015), so that a new network remembers before it learns to forget.
    """

    def __init__(self, input_size: int, hidden_size: int, *, rngs: nnx.Rngs) -> None:
        bound = 1.0 / math.sqrt(hidden_size)
        self.w_input = nnx.Param(_uniform(rngs, (input_size, 4 * hidden_size), bound))
        self.w_recurrent = nnx.Param(_uniform(rngs, (hidden_size, 4 * hidden_size), bound))
        self.bias = nnx.Param(jnp.zeros(4 * hidden_size).at[hidden_size : 2 * hidden_size].set(1.0))

    def __call__(self, inputs: jax.Array, carry: Carry, *, precision: Precision) -> tuple[jax.Array, Carry]:
        """Read (T, B, D) and return the hidden states (T, B, H) with the last carry."""
        hiddens, cell, hidden = kernels.lstm(
            self.w_input[...],
            self.w_recurrent[...],
            self.bias[...],
            inputs,
            carry.cell,
            carry.hidden,
            precision=precision,
        )
        return hiddens, Carry(cell, hidden)


class LanguageModel(nnx.Module):
    """Embedding, stacked LSTM layers, and an output layer that shares the embedding (Press & Wolf 2017)."""

    def __init__(self, vocabulary_size: int, settings: NetworkSettings, *, rngs: nnx.Rngs) -> None:
        width, hidden = settings.embedding_size, settings.hidden_size
        self.embedding = nnx.Param(_uniform(rngs, (vocabulary_size, width), 0.1))
        self.layers = nnx.List([LSTM(width if i == 0 else hidden, hidden, rngs=rngs) for i in range(settings.layers)])
        if hidden != width:
            self.projection = nnx.Param(_uniform(rngs, (hidden, width), 1.0 / math.sqrt(hidden)))
        self.output_bias = nnx.Param(jnp.zeros(vocabulary_size))
        self.hidden_size = hidden

    def initial_carry(self, batch_size: int) -> tuple[Carry, ...]:
        """Return the state before any token: zeros, one carry a layer."""
        shape = (batch_size, self.hidden_size)
        return tuple(Carry(jnp.zeros(shape), jnp.zeros(shape)) for _ in self.layers)

    def read(
        self,
        tokens: jax.Array,
        carry: tuple[Carry, ...],
        *,
        precision: Precision = "float32",
        dropout: Dropout = Dropout(),  # noqa: B008 - an immutable value
        key: jax.Array | None = None,
    ) -> tuple[jax.Array, tuple[Carry, ...]]:
        """Return what the output layer reads after each token, (T, B, E), and the last carry.

        Args:
            tokens: (T, B) token ids.
            carry: State before the first token, one a layer.
            precision: Operands of matrix products.
            dropout: Rates, used only with a key.
            key: Randomness of the dropout masks; None in evaluation.
        """
        keys = [None] * (len(self.layers) + 1) if key is None else list(jax.random.split(key, len(self.layers) + 1))
        values = _variational(self.embedding[tokens], dropout.input, keys[0])  # (T, B, E)
        after: list[Carry] = []
        for index, (layer, before) in enumerate(zip(self.layers, carry, strict=True)):
            values, last = layer(values, before, precision=precision)  # (T, B, H)
            after.append(last)
            if index + 1 < len(self.layers):
                values = _variational(values, dropout.hidden, keys[index + 1])
        if hasattr(self, "projection"):
            values = kernels.dense(values, self.projection[...], precision=precision)  # (T, B, E)
        return _variational(values, dropout.output, keys[-1]), tuple(after)

    def logits(self, outputs: jax.Array) -> jax.Array:
        """Unnormalised scores of every token, (..., V), for outputs (..., E)."""
        return outputs @ self.embedding[...].T + self.output_bias[...]

    def loss(self, outputs: jax.Array, targets: jax.Array, weights: jax.Array, *, precision: Precision) -> jax.Array:
        """Summed negative log-likelihood in nats of targets (T, B), each counted `weights` (T, B) times."""
        return kernels.cross_entropy(
            outputs.reshape(-1, outputs.shape[-1]),
            self.embedding[...],
            self.output_bias[...],
            targets.reshape(-1),
            weights.reshape(-1),
            precision=precision,
        )
