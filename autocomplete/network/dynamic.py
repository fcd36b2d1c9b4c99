"""Dynamic evaluation (Krause 2018): a network goes on learning from the text that it has just been scored on."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from flax import nnx

from autocomplete.arrays import Float32Array
from autocomplete.config import NetworkSettings
from autocomplete.errors import UsageError
from autocomplete.network.cells import Carry
from autocomplete.network.model import LanguageModel
from autocomplete.network.steps import Weights, flat_weights, weights_from
from autocomplete.text.vocabulary import END

Tensors = Mapping[str, Float32Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicSettings:
    """How a network learns from the text it is scored on.

    Attributes:
        rate: Of plain SGD on the mean loss of a span in nats a token, clipped to a norm of one.
        pull: Share of the way back to the trained weights that is taken after every span.
        span: Tokens a step.
    """

    rate: float = 0.3
    pull: float = 0.01
    span: int = 20

    def __post_init__(self) -> None:
        if not 0.0 < self.rate <= 10.0:
            raise UsageError(f"A rate of {self.rate} is none to learn at.", "0.3 suits words.")
        if not 0.0 <= self.pull <= 1.0 or self.span < 1:
            raise UsageError("The pull is a share, and a span has a token at least.", "Leave them as they are.")


class DynamicNetwork:
    """A network of one sequence that learns as it reads.

    Args:
        trained: The trained weights, named as in `NetworkSettings.weight_shapes`.
        network: The network's cell and shape.
        settings: How it learns.
        vocabulary_size: Tokens in the vocabulary.
    """

    def __init__(
        self, trained: Tensors, network: NetworkSettings, settings: DynamicSettings, *, vocabulary_size: int
    ) -> None:
        self.span, self.shape = settings.span, network
        model = nnx.eval_shape(lambda: LanguageModel(vocabulary_size, network, rngs=nnx.Rngs(0)))
        graph = nnx.graphdef(model)
        self._trained = weights_from(trained, model)
        self._weights = self._trained
        self._first_carry = model.initial_carry(1)
        self.begin()

        def loss(weights: Weights, carry: tuple[Carry, ...], tokens: jax.Array) -> tuple[jax.Array, tuple[Carry, ...]]:
            merged = nnx.merge(graph, weights)
            outputs, after = merged.read(tokens[:-1, None], carry)
            counted = jnp.full((len(tokens) - 1, 1), 1.0 / (len(tokens) - 1))
            return merged.output.loss(outputs, tokens[1:, None], counted, precision="float32"), after

        @jax.jit
        def step(
            weights: Weights, trained: Weights, carry: tuple[Carry, ...], tokens: jax.Array
        ) -> tuple[Weights, tuple[Carry, ...]]:
            gradients, after = jax.grad(loss, has_aux=True)(weights, carry, tokens)
            norm = jnp.sqrt(sum(jnp.square(leaf).sum() for leaf in jax.tree.leaves(gradients)))
            rate = settings.rate / jnp.maximum(norm, 1.0)

            def moved(weight: jax.Array, gradient: jax.Array, first: jax.Array) -> jax.Array:
                return weight - rate * gradient + settings.pull * (first - weight)

            return jax.tree.map(moved, weights, gradients, trained), after

        self._step = step

    def begin(self) -> None:
        """Start a document: the memory is empty, and what was learned stays."""
        self._carry, self._last = self._first_carry, END

    def learn(self, tokens: npt.NDArray[np.integer]) -> Tensors:
        """Learn from the next tokens, (span,), that were scored; return the weights for those after them.

        Fewer than a span, at the end of a text, are not learned from.
        """
        if len(tokens) == self.span:
            read = np.concatenate([[self._last], tokens]).astype(np.int32)
            self._weights, self._carry = self._step(self._weights, self._trained, self._carry, read)
            self._last = int(tokens[-1])
        return flat_weights(self._weights)
