"""How far back the gradient of one token's loss reaches, and how open the gates stand, in the network as it is.

Shapes are time first: (T, B, ...).
"""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from autocomplete.config import Cell
from autocomplete.network.cells import GRU, LSTM, Carry
from autocomplete.network.kernels.pointwise import CellCarry, HiddenCarry
from autocomplete.network.model import LanguageModel

FloatArray = npt.NDArray[np.float64]

# A gradient reaches as far back as it keeps this share of its norm one token back.
REACH_SHARE = 0.01
# Where a cell's gates lie side by side in its weights; what is left out is a candidate, no gate.
GATES: Mapping[Cell, Mapping[str, int]] = {
    "lstm": {"input": 0, "forget": 1, "output": 3},
    "gru": {"reset": 0, "update": 1},
}


def late_gradients(
    model: LanguageModel, inputs: jax.Array, targets: jax.Array, carry: tuple[Carry, ...]
) -> tuple[Carry, ...]:
    """Gradients of each row's last loss with respect to the carry before each input: every field (T, B, ...).

    A zero is added to the carry before each token, and the zeros are differentiated: so all cells are asked alike, and
    none need know.

    Args:
        model: The network.
        inputs: (T, B) token ids.
        targets: (B,) the token after the last.
        carry: State before the first token.
    """

    def loss_nats(zeros: tuple[Carry, ...]) -> jax.Array:
        def step(carry: tuple[Carry, ...], now: tuple[jax.Array, tuple[Carry, ...]]) -> Any:
            token, zero = now
            output, after = model.read(token[None], jax.tree.map(jnp.add, carry, zero))
            return after, output[0]

        _, outputs = jax.lax.scan(step, carry, (inputs, zeros))  # (T, B, E)
        counted = jnp.ones((1, len(targets)), outputs.dtype)
        return model.loss(outputs[-1:], targets[None], counted, precision="float32")

    zeros = jax.tree.map(lambda part: jnp.zeros((len(inputs), *part.shape), part.dtype), carry)
    gradients: tuple[Carry, ...] = jax.grad(loss_nats)(zeros)
    return gradients


def norms_by_age(gradients: tuple[Carry, ...]) -> dict[str, FloatArray]:
    """Norms of the gradients (T, B, ...) over all layers by field, the latest token first: (T, B).

    In float64, for the square of what has vanished is no number of float32.
    """
    found = {}
    for field in gradients[0]._fields:
        parts = [np.asarray(getattr(layer, field), np.float64) for layer in gradients]
        squares = sum(np.square(part).reshape(*part.shape[:2], -1).sum(axis=2) for part in parts)
        found[field] = np.sqrt(squares)[::-1]
    return found


def reach(norms: FloatArray) -> int | None:
    """Most tokens back at which a gradient keeps a hundredth of its norm one token back; None where it has none."""
    if not norms[0] > 0.0 or not math.isfinite(norms[0]):
        return None
    return 1 + int(np.flatnonzero(norms >= REACH_SHARE * norms[0])[-1])


def gate_means(model: LanguageModel, cell: Cell, inputs: jax.Array, carry: tuple[Carry, ...]) -> dict[str, jax.Array]:
    """Mean of each gate over all units, layers and tokens (T, B), the carry being the state before the first."""
    if cell not in GATES:
        return {}
    found: dict[str, list[jax.Array]] = {gate: [] for gate in GATES[cell]}
    values = model.embedded(inputs)  # (T, B, E)
    for layer, before in zip(model.layers, carry, strict=True):
        assert isinstance(layer, LSTM | GRU)
        assert isinstance(before, CellCarry | HiddenCarry)
        hiddens, _ = layer(values, before, precision="float32")  # (T, B, H)
        for gate, place in GATES[cell].items():
            columns = slice(place * layer.hidden_size, (place + 1) * layer.hidden_size)
            looped = jnp.concatenate([before.hidden[None], hiddens[:-1]]) @ layer.w_recurrent[:, columns]
            found[gate].append(jax.nn.sigmoid(values @ layer.w_input[:, columns] + looped + layer.bias[columns]))
        values = hiddens
    return {gate: jnp.stack(parts).mean() for gate, parts in found.items()}
