"""What tells the cells apart: where they start, and how far back they remember."""

import jax
import numpy as np
import pytest
from flax import nnx

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.network.cells import make_layer
from autocomplete.network.steps import make_steps

SYMBOLS, FILLERS, GAP = 4, 2, 5
VOCABULARY = SYMBOLS + FILLERS


def copied(draw: np.random.Generator, *, batch_size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts of a symbol, random fillers, and the symbol again, which alone counts: inputs, targets, weights (B, T)."""
    symbol = draw.integers(0, SYMBOLS, (batch_size, 1))
    text = np.concatenate([symbol, draw.integers(SYMBOLS, VOCABULARY, (batch_size, GAP)), symbol], axis=1)
    counted = np.zeros((batch_size, GAP + 1), np.float32)
    counted[:, -1] = 1.0
    return text[:, :-1].astype(np.int32), text[:, 1:].astype(np.int32), counted


def nats_of_the_copy(network: NetworkSettings) -> float:
    """Train to copy the first token after the gap; nats a copy on fresh texts."""
    settings = TrainingSettings(batch_size=32, bptt=GAP + 1, input_dropout=0.0, hidden_dropout=0.0, output_dropout=0.0)
    steps = make_steps(VOCABULARY, network, settings)
    state, draw = steps.initial_state(), np.random.default_rng(1)
    for _ in range(250):
        state, _ = steps.train(
            state._replace(carry=steps.initial_carry()), *copied(draw, batch_size=32), np.float32(0.03)
        )
    loss, _ = steps.evaluate(state.weights, steps.initial_carry(), *copied(draw, batch_size=32))
    return float(loss) / 32


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gates_carry_the_first_token_across_the_gap(cell: str) -> None:
    network = NetworkSettings(cell=cell, embedding_size=16, hidden_size=32)  # type: ignore[arg-type]
    assert nats_of_the_copy(network) < 0.1 * np.log(SYMBOLS)


def test_a_window_shorter_than_the_gap_cannot_know_the_first_token() -> None:
    network = NetworkSettings(cell="feedforward", window=GAP, embedding_size=16, hidden_size=32)
    assert nats_of_the_copy(network) > 0.95 * np.log(SYMBOLS)


def test_a_window_over_the_whole_gap_does() -> None:
    network = NetworkSettings(cell="feedforward", window=GAP + 1, embedding_size=16, hidden_size=32)
    assert nats_of_the_copy(network) < 0.1 * np.log(SYMBOLS)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_gate_that_keeps_starts_open(cell: str) -> None:
    settings = NetworkSettings(cell=cell, embedding_size=4, hidden_size=3)  # type: ignore[arg-type]
    bias = np.asarray(make_layer(settings, 0, rngs=nnx.Rngs(0)).bias[...]).reshape(-1, 3)
    assert (bias[1] == 1.0).all()
    assert (np.delete(bias, 1, axis=0) == 0.0).all()


def test_a_new_rectified_network_neither_forgets_at_once_nor_explodes() -> None:
    settings = NetworkSettings(cell="rnn", activation="relu", embedding_size=32, hidden_size=64)
    layer = make_layer(settings, 0, rngs=nnx.Rngs(0))
    inputs = jax.random.normal(jax.random.key(1), (200, 8, 32))
    hiddens, _ = layer(inputs, layer.initial_carry(8), precision="float32")
    early, late = (float(np.abs(np.asarray(part)).mean()) for part in (hiddens[:3], hiddens[-3:]))
    assert early < late < 10 * early
