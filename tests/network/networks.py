"""Networks with weights drawn by NumPy, and their functions, each compiled as one program.

What JAX computes outside of a compiled function, the first weights included, it compiles operation by operation and
shape by shape, which takes longer than all that the tests compute.
"""

import copy
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from autocomplete.config import NetworkSettings
from autocomplete.network.cells import Carry
from autocomplete.network.model import LanguageModel
from autocomplete.network.steps import Weights, weights_from

Carries = tuple[Carry, ...]


class Network:
    """A network whose weights are large, so that a wrong gate or a missing bias shows.

    Attributes:
        settings: Its shape.
        tensors: Its weights, float32, named as in a model's folder.
        weights: The same for JAX.
    """

    def __init__(self, settings: NetworkSettings, vocabulary_size: int) -> None:
        self.settings = settings
        draw = np.random.default_rng(3)
        # Without squashing they would explode.
        scale = 0.25 if settings.activation == "relu" else 0.5
        shapes = settings.weight_shapes(vocabulary_size)
        self.tensors = {
            name: scale * draw.normal(size=shape).astype(np.float32) for name, shape in sorted(shapes.items())
        }
        self._abstract = nnx.eval_shape(lambda: LanguageModel(vocabulary_size, settings, rngs=nnx.Rngs(0)))
        self._graph = nnx.graphdef(self._abstract)
        self.weights = weights_from(self.tensors, self._abstract)

    def changed(self, tensors: dict[str, Any]) -> "Network":
        """The same with other values for some of its tensors."""
        other = copy.copy(self)
        other.tensors = self.tensors | {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()}
        other.weights = weights_from(other.tensors, self._abstract)
        return other

    def model(self, weights: Weights) -> LanguageModel:
        """The network with these weights; of use where a program is traced."""
        merged: LanguageModel = nnx.merge(self._graph, weights)
        return merged

    def carry(self, batch: int) -> Carries:
        """The state before any token."""
        shapes = jax.eval_shape(lambda: self._abstract.initial_carry(batch))
        zeros: Carries = jax.tree.map(lambda part: np.zeros(part.shape, part.dtype), shapes)
        return zeros

    @functools.cached_property
    def _read(self) -> Any:
        return jax.jit(lambda weights, tokens, carry: self.model(weights).read(tokens, carry))

    def read(self, tokens: Any, carry: Carries | None = None) -> tuple[Any, Carries]:
        """What the output layer reads after each of the tokens (T, B), and the last carry."""
        outputs, last = self._read(self.weights, tokens, self.carry(tokens.shape[1]) if carry is None else carry)
        return np.asarray(outputs), last

    def scored(self, tokens: Any) -> tuple[Any, Any]:
        """What the output layer reads after each of the tokens (T, B), and the log probabilities of what follows."""
        carry = self.carry(tokens.shape[1])

        @jax.jit
        def both(weights: Weights) -> tuple[jax.Array, jax.Array]:
            model = self.model(weights)
            outputs, _ = model.read(tokens, carry)
            return outputs, model.output.log_probabilities(outputs)

        return tuple(map(np.asarray, both(self.weights)))  # type: ignore[return-value]

    def loss(self, outputs: Any, targets: Any, counted: Any) -> float:
        """Summed negative log-likelihood in nats of targets (T, B)."""
        found = jax.jit(lambda *given: self.model(given[0]).output.loss(*given[1:], precision="float32"))
        return float(found(self.weights, outputs, targets, counted))


@functools.cache
def network(settings: NetworkSettings, vocabulary_size: int) -> Network:
    """The same for all tests of a process, so that what they have in common is compiled once."""
    return Network(settings, vocabulary_size)


def assert_close(found: Any, wanted: Any, *, atol: float) -> None:
    """Every number of one tree is within `atol` of the other's."""
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, atol=atol)


def doubled(tree: Any) -> Any:
    """The same numbers in float64."""
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf, np.float64)), tree)
