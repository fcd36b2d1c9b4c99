"""What the gates do is what the step does: the new memory follows from them."""

import numpy as np
import pytest

from autocomplete.config import NetworkSettings
from autocomplete.predict.experts.recurrent import GRU, LSTM, CellState, HiddenState, RecurrentNetwork, make_layer
from tests.predict.experts.asking import VOCABULARY, random_network


def layer(cell: str, mogrifier: int = 0) -> object:
    draw = np.random.default_rng(2)
    settings = NetworkSettings(cell=cell, layers=1, embedding_size=5, hidden_size=6, mogrifier=mogrifier)  # type: ignore[arg-type]
    return make_layer(
        settings, {name: draw.normal(size=shape).astype(np.float32) for name, shape in settings.layer_shapes(0).items()}
    )


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("mogrifier", [0, 3])
def test_the_output_gate_is_what_shows_the_cell(mogrifier: int) -> None:
    lstm = layer("lstm", mogrifier)
    assert isinstance(lstm, LSTM)
    state, inputs = CellState(drawn(2, 6), drawn(2, 6)), drawn(2, 5)
    hidden, after = lstm.step(state, inputs)
    gates = lstm.gates(state, inputs)
    assert list(gates) == ["input", "forget", "output"]
    np.testing.assert_allclose(hidden, gates["output"] * np.tanh(after.cell), atol=1e-6)


def test_the_forget_gate_is_what_keeps_the_cell() -> None:
    lstm = layer("lstm")
    assert isinstance(lstm, LSTM)
    hidden, inputs, cell = drawn(2, 6), drawn(2, 5), drawn(2, 6)
    gates = lstm.gates(CellState(cell, hidden), inputs)
    _, after = lstm.step(CellState(cell, hidden), inputs)
    _, from_nothing = lstm.step(CellState(np.zeros_like(cell), hidden), inputs)
    np.testing.assert_allclose(after.cell - from_nothing.cell, gates["forget"] * cell, atol=1e-6)
    assert np.all(np.abs(from_nothing.cell) <= gates["input"])


def test_the_update_gate_is_what_keeps_a_gru() -> None:
    gru = layer("gru")
    assert isinstance(gru, GRU)
    before, inputs = drawn(2, 6), drawn(2, 5)
    hidden, _ = gru.step(HiddenState(before), inputs)
    gates = gru.gates(HiddenState(before), inputs)
    assert list(gates) == ["reset", "update"]
    candidate = (hidden - gates["update"] * before) / (1 - gates["update"])
    size = gru.size
    looped = before @ gru.w_recurrent
    projected = inputs @ gru.w_input + gru.bias
    expected = np.tanh(projected[:, 2 * size :] + gates["reset"] * looped[:, 2 * size :])
    np.testing.assert_allclose(candidate, expected, atol=1e-4)


@pytest.mark.parametrize("cell", ["rnn", "feedforward"])
def test_a_cell_without_gates_has_none(cell: str) -> None:
    settings = NetworkSettings(cell=cell, layers=1, embedding_size=5, hidden_size=6)  # type: ignore[arg-type]
    weights = {name: drawn(*shape) for name, shape in settings.weight_shapes(VOCABULARY).items()}
    network = RecurrentNetwork(weights, settings)
    assert network.gates(network.initial_state(), 3) == [{}]


def test_each_layer_has_its_gates_and_asking_changes_nothing() -> None:
    network = random_network()
    state = network.initial_state()
    kept = [part.copy() for each in state.layers for part in each]
    first, second = network.gates(state, 3)
    assert first.keys() == second.keys() == {"input", "forget", "output"}
    assert all(0.0 < share < 1.0 for share in (*first.values(), *second.values()))
    assert first != second
    assert network.gates(state, VOCABULARY + 4) == network.gates(state, 0)  # a word that it lacks is the unknown one
    for before, now in zip(kept, (part for each in state.layers for part in each), strict=True):
        np.testing.assert_array_equal(before, now)
