"""The LSTM language model's step in NumPy, equal to the network within 1e-5. States go in and come out."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


class LayerState(NamedTuple):
    """What one layer remembers for each of B sequences: cell and hidden state, both (B, H)."""

    cell: FloatArray
    hidden: FloatArray


class RecurrentState(NamedTuple):
    """The network's memory after some tokens.

    Attributes:
        layers: The state of each layer.
        output: What the output layer reads, (B, E).
    """

    layers: tuple[LayerState, ...]
    output: FloatArray

    def rows(self, indices: npt.NDArray[np.intp] | Sequence[int]) -> "RecurrentState":
        """Select sequences by index, repeats allowed: the survivors of a beam."""
        picked = np.asarray(indices, dtype=np.intp)
        layers = tuple(LayerState(state.cell[picked], state.hidden[picked]) for state in self.layers)
        return RecurrentState(layers, self.output[picked])


def _sigmoid(values: FloatArray) -> FloatArray:
    # The logistic function as a tanh: one transcendental, no overflow at either end.
    result: FloatArray = np.tanh(values * np.float32(0.5))
    result += np.float32(1.0)
    result *= np.float32(0.5)
    return result


def log_softmax(logits: FloatArray) -> FloatArray:
    """Normalise scores over their last axis into log probabilities in nats."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normalised: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normalised


class RecurrentNetwork:
    """An LSTM language model's weights and the step over them.

    Args:
        weights: Tensors named as in the network (see `bundle.weight_shapes`), float32.
    """

    def __init__(self, weights: Mapping[str, FloatArray]) -> None:
        self.embedding = weights["embedding"]  # (V, E)
        self.output_bias = weights["output_bias"]  # (V,)
        self._projection = weights.get("projection")  # (H, E)
        depth = sum(name.endswith("/w_recurrent") for name in weights)
        self._layers = [
            tuple(weights[f"layers/{index}/{name}"] for name in ("w_input", "w_recurrent", "bias"))
            for index in range(depth)
        ]

    def initial_state(self, batch_size: int = 1) -> RecurrentState:
        """Return the memory before any token: zeros."""
        layers = []
        for _, w_recurrent, _ in self._layers:
            zeros = np.zeros((batch_size, w_recurrent.shape[0]), np.float32)
            layers.append(LayerState(zeros, zeros))
        return RecurrentState(tuple(layers), np.zeros((batch_size, self.embedding.shape[1]), np.float32))

    def step(self, state: RecurrentState, tokens: npt.NDArray[np.integer] | Sequence[int]) -> RecurrentState:
        """Read one token a sequence, (B,), and return the new memory."""
        values = self.embedding[np.asarray(tokens)]  # (B, E)
        after: list[LayerState] = []
        for (w_input, w_recurrent, bias), (cell, hidden) in zip(self._layers, state.layers, strict=True):
            gates = values @ w_input + hidden @ w_recurrent + bias  # (B, 4H)
            size = w_recurrent.shape[0]
            kept = _sigmoid(gates[:, size : 2 * size]) * cell
            written = _sigmoid(gates[:, :size]) * np.tanh(gates[:, 2 * size : 3 * size])
            new_cell = kept + written
            values = _sigmoid(gates[:, 3 * size :]) * np.tanh(new_cell)  # (B, H)
            after.append(LayerState(new_cell, values))
        if self._projection is not None:
            values = values @ self._projection  # (B, E)
        return RecurrentState(tuple(after), values)

    def log_probabilities(self, outputs: FloatArray) -> FloatArray:
        """Log probabilities in nats of every next token, (B, V), from what the output layer reads, (B, E)."""
        return log_softmax(outputs @ self.embedding.T + self.output_bias)
