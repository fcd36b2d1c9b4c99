"""The language model's step in NumPy, equal to the network within 1e-5. States go in and come out."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete.config import NetworkSettings
from autocomplete.predict.cells import LayerState, make_layer

FloatArray = npt.NDArray[np.float32]


class RecurrentState(NamedTuple):
    """The network's memory after some tokens.

    Attributes:
        layers: The state of each layer, of the type that its cell needs.
        output: What the output layer reads, (B, E).
    """

    layers: tuple[LayerState, ...]
    output: FloatArray

    def rows(self, indices: npt.NDArray[np.intp] | Sequence[int]) -> "RecurrentState":
        """Select sequences by index, repeats allowed: the survivors of a beam."""
        picked = np.asarray(indices, dtype=np.intp)
        layers = tuple(type(state)._make(part[picked] for part in state) for state in self.layers)
        return RecurrentState(layers, self.output[picked])

    @classmethod
    def joined(cls, states: "Sequence[RecurrentState]") -> "RecurrentState":
        """Put the sequences of several memories into one."""
        of_layers = zip(*(state.layers for state in states), strict=True)
        layers = tuple(type(parts[0])._make(map(np.concatenate, zip(*parts, strict=True))) for parts in of_layers)
        return cls(layers, np.concatenate([state.output for state in states]))


def log_softmax(logits: FloatArray) -> FloatArray:
    """Normalise scores over their last axis into log probabilities in nats."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normalised: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normalised


class _Words(NamedTuple):
    """Words with the vectors, (W, E), and biases, (W,), that score them."""

    vectors: FloatArray
    bias: FloatArray

    def scores(self, outputs: FloatArray) -> FloatArray:
        """Scores of all words, (B, W), from (B, E)."""
        return outputs @ self.vectors.T + self.bias


class RecurrentNetwork:
    """A language model's weights and the step over them.

    Args:
        weights: Tensors named as in `NetworkSettings.weight_shapes`, float32.
        settings: The network's cell and shape.
        temperature: By which the scores of the words are divided.
    """

    def __init__(
        self, weights: Mapping[str, FloatArray], settings: NetworkSettings, *, temperature: float = 1.0
    ) -> None:
        self.temperature = temperature
        self._head = _Words(weights["embedding"], weights["output_bias"])
        count = len(settings.cutoffs)
        self._tails = [
            _Words(weights[f"tails/{tail}/embedding"], weights[f"tails/{tail}/output_bias"]) for tail in range(count)
        ]
        self._projections = [weights[f"tails/{tail}/projection"] for tail in range(count)]  # (F, E) each
        sizes = (len(self._head.bias) - count, *(len(tail.bias) for tail in self._tails))
        self._starts = np.cumsum((0, *sizes))
        self._projection = weights.get("projection")  # (H, E)
        self._layers = [
            make_layer(settings, {name: weights[f"layers/{layer}/{name}"] for name in settings.layer_shapes(layer)})
            for layer in range(settings.layers)
        ]

    @property
    def vocabulary_size(self) -> int:
        """Words that can come next."""
        return int(self._starts[-1])

    @property
    def output_size(self) -> int:
        """Width of what the output layer reads."""
        width: int = self._head.vectors.shape[1]
        return width

    def initial_state(self, batch_size: int = 1) -> RecurrentState:
        """Return the memory before any token: zeros."""
        layers = tuple(layer.initial_state(batch_size) for layer in self._layers)
        return RecurrentState(layers, np.zeros((batch_size, self.output_size), np.float32))

    def step(self, state: RecurrentState, tokens: npt.NDArray[np.integer] | Sequence[int]) -> RecurrentState:
        """Read one token a sequence, (B,), and return the new memory."""
        values = self._embedded(np.asarray(tokens, np.intp))  # (B, E); B may be 0
        after: list[LayerState] = []
        for layer, before in zip(self._layers, state.layers, strict=True):
            values, now = layer.step(before, values)  # (B, H)
            after.append(now)
        if self._projection is not None:
            values = values @ self._projection  # (B, E)
        return RecurrentState(tuple(after), values)

    def _embedded(self, tokens: npt.NDArray[np.intp]) -> FloatArray:
        """Vectors of tokens (B,), (B, E)."""
        if not self._tails:
            return self._head.vectors[tokens]
        groups = np.searchsorted(self._starts, tokens, side="right") - 1  # 0 for the head
        values = np.empty((len(tokens), self.output_size), np.float32)
        for group in set(groups.tolist()):
            rows = groups == group
            places = tokens[rows] - self._starts[group]
            values[rows] = (
                self._tails[group - 1].vectors[places] @ self._projections[group - 1]
                if group
                else self._head.vectors[places]
            )
        return values

    def scores(self, outputs: FloatArray) -> FloatArray:
        """Scores of every next token, (B, V), from what the output layer reads, (B, E).

        Their softmax are the probabilities that the network learned; those of a network with tails already have a sum
        of 1.
        """
        scores = self._head.scores(outputs)
        if not self._tails:
            return scores
        head = log_softmax(scores)
        words = self._starts[1]
        tails = (
            log_softmax(tail.scores(outputs @ projection.T)) + head[:, words + number, None]
            for number, (tail, projection) in enumerate(zip(self._tails, self._projections, strict=True))
        )
        return np.concatenate([head[:, :words], *tails], axis=1)

    def log_probabilities(self, outputs: FloatArray) -> FloatArray:
        """Log probabilities in nats of every next token, (B, V), from what the output layer reads, (B, E)."""
        scores = self.scores(outputs)
        if self.temperature != 1.0:
            scores /= np.float32(self.temperature)
        return log_softmax(scores)
