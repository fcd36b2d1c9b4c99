"""Laws of the network: causal, the same step by step as whole, and equal to its NumPy twin."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from autocomplete.config import NetworkSettings
from autocomplete.network.model import Dropout, LanguageModel
from autocomplete.network.steps import Weights, flat_weights
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from tests.network.networks import assert_close, doubled, network

VOCABULARY = 17
SHAPES = [
    NetworkSettings(layers=1, embedding_size=8, hidden_size=8),
    NetworkSettings(layers=2, embedding_size=6, hidden_size=10),
    NetworkSettings(layers=3, embedding_size=12, hidden_size=5),
    NetworkSettings(layers=1, embedding_size=6, hidden_size=9, mogrifier=1),
    NetworkSettings(layers=2, embedding_size=6, hidden_size=9, mogrifier=4),
    NetworkSettings(cell="gru", layers=1, embedding_size=8, hidden_size=8),
    NetworkSettings(cell="gru", layers=2, embedding_size=6, hidden_size=10),
    NetworkSettings(cell="rnn", layers=2, embedding_size=6, hidden_size=10),
    NetworkSettings(cell="rnn", activation="relu", layers=2, embedding_size=6, hidden_size=7),
    NetworkSettings(cell="feedforward", embedding_size=6, hidden_size=10),
    NetworkSettings(cell="feedforward", window=2, embedding_size=8, hidden_size=8),
    NetworkSettings(layers=1, embedding_size=80, hidden_size=9, cutoffs=(11,)),
    NetworkSettings(cell="gru", layers=2, embedding_size=17, hidden_size=9, cutoffs=(4, 9)),
    NetworkSettings(cell="feedforward", embedding_size=6, hidden_size=10, cutoffs=(1, 2)),
    NetworkSettings(layers=1, embedding_size=8, hidden_size=9, cutoffs=(11,), tied=False),
]


def tokens(length: int, batch: int = 2) -> Any:
    return np.random.default_rng(7).integers(0, VOCABULARY, (length, batch), dtype=np.int32)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_the_numpy_step_equals_the_network(settings: NetworkSettings) -> None:
    planted, read = network(settings, VOCABULARY), tokens(20)
    _, expected = planted.scored(read)
    np.testing.assert_allclose(np.exp(expected).sum(axis=-1), 1.0, atol=1e-5)
    twin = RecurrentNetwork(planted.tensors, settings)
    assert (twin.vocabulary_size, twin.output_size) == (VOCABULARY, settings.embedding_size)
    assert len(twin.read(twin.zero_state(0), []).output) == 0
    state = twin.zero_state(2)
    for step, row in enumerate(read):
        state = twin.read(state, row)
        np.testing.assert_allclose(twin.log_probabilities(state.output), expected[step], rtol=1e-6, atol=1e-5)
    twin = twin.at_temperature(1.3)
    tempered = expected[-1] / 1.3
    tempered -= np.log(np.exp(tempered).sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(twin.log_probabilities(state.output), tempered, atol=1e-5)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_windows_of_truncated_training_read_as_one_long_text(settings: NetworkSettings) -> None:
    planted, read = network(settings, VOCABULARY), tokens(23)
    whole, last = planted.read(read)
    # Step by step, and in windows of which one is shorter than what a feed-forward network sees.
    for cuts in (range(1, 23), (11, 12)):
        carry, parts = planted.carry(2), []
        for window in np.split(read, cuts):
            output, carry = planted.read(window, carry)
            parts.append(output)
        np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)
        assert_close(carry, last, atol=1e-5)


def norms(rows: Any) -> Any:
    return np.linalg.norm(np.asarray(rows), axis=1)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_prediction_is_causal(settings: NetworkSettings) -> None:
    planted = network(settings, VOCABULARY)
    read = jnp.arange(10)[:, None]  # each token once: the gradient of its embedding is the gradient of its place

    def output_after_eight(weights: Weights) -> jax.Array:
        outputs, _ = planted.model(weights).read(read, planted.carry(1))
        return outputs[7].sum()

    gradients = flat_weights(jax.jit(jax.grad(output_after_eight))(planted.weights))
    words = (*settings.cutoffs, VOCABULARY)[0]  # the rows behind them stand for tails
    tails = [gradients[f"output/tails/{number}/embedding"] for number in range(len(settings.cutoffs))]
    tied = np.concatenate([norms(gradients["output/embedding"][:words]), *map(norms, tails)])
    gradient = tied if settings.tied else norms(gradients["input/embedding"])
    first = 8 - settings.effective_window if settings.cell == "feedforward" else 0  # what it sees begins here
    assert gradient[8:].max() == 0.0
    assert gradient[:first].max(initial=0.0) == 0.0
    assert gradient[first:8].min() > 0.0


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_gradients_are_those_of_finite_differences(settings: NetworkSettings) -> None:
    planted, draw = network(settings, VOCABULARY), np.random.default_rng(5)
    read, targets = jnp.asarray(tokens(7)), jnp.asarray(tokens(8)[1:])
    # The text before is no part of the gradient, but the carry that it leaves is read.
    carry = jax.tree.map(lambda part: draw.uniform(-0.5, 0.5, part.shape), planted.carry(2))

    def loss(weights: Weights) -> jax.Array:
        model = planted.model(weights)
        outputs, _ = model.read(read, carry)
        return model.output.loss(outputs, targets, jnp.ones((7, 2)), precision="float32")

    with jax.enable_x64(True):
        value_and_gradient = jax.jit(jax.value_and_grad(loss))
        weights = doubled(planted.weights)
        leaves, structure = jax.tree.flatten(weights)
        slopes = jax.tree.leaves(value_and_gradient(weights)[1])
        for place, (leaf, slope) in enumerate(zip(leaves, slopes, strict=True)):  # each alone: none hides another
            direction = draw.normal(size=slope.shape)

            def moved(by: float, place: int = place, leaf: Any = leaf, direction: Any = direction) -> float:
                changed = [*leaves[:place], np.asarray(leaf) + by * direction, *leaves[place + 1 :]]
                return float(value_and_gradient(jax.tree.unflatten(structure, changed))[0])

            measured = (moved(1e-5) - moved(-1e-5)) / 2e-5
            assert measured == pytest.approx(float((np.asarray(slope) * direction).sum()), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_beams_go_on_from_the_state_of_their_own_row(settings: NetworkSettings) -> None:
    twin = RecurrentNetwork(network(settings, VOCABULARY).tensors, settings)
    read = tokens(9, batch=3)
    beam = twin.zero_state(3)
    alone = [twin.zero_state() for _ in range(3)]
    for row in read[:6]:
        beam = twin.read(beam, row)
        alone = [twin.read(state, [token]) for state, token in zip(alone, row, strict=True)]
    picked = [2, 0, 0, 1]
    beam, survivors = beam.rows(picked), [alone[index] for index in picked]
    for token in read[6:, 0]:
        beam = twin.read(beam, [token] * 4)
        survivors = [twin.read(state, [token]) for state in survivors]
        for row, state in enumerate(survivors):
            np.testing.assert_allclose(beam.output[row], state.output[0], atol=1e-6)


def test_padding_never_changes_the_loss() -> None:
    planted, targets = network(SHAPES[0], VOCABULARY), tokens(6)[::-1]
    outputs, _ = planted.read(tokens(6))
    counted, garbled = np.ones((6, 2), np.float32), targets.copy()
    counted[4:], garbled[4:] = 0.0, 3
    loss = planted.loss(outputs, targets, counted)
    assert loss == planted.loss(outputs, garbled, counted)
    assert loss > 0.0


@pytest.mark.parametrize("settings", [SHAPES[1], *SHAPES[-3:]], ids=str)
def test_the_loss_is_the_negative_log_likelihood(settings: NetworkSettings) -> None:
    planted, targets = network(settings, VOCABULARY), tokens(20)[::-1]
    outputs, log_probabilities = planted.scored(tokens(20))
    expected = -np.take_along_axis(log_probabilities, targets[..., None], -1).sum()
    np.testing.assert_allclose(planted.loss(outputs, targets, np.ones((20, 2), np.float32)), expected, rtol=1e-5)


def read_with(dropout: Dropout, key: jax.Array | None) -> Any:
    planted = network(SHAPES[0], VOCABULARY)
    read = jax.jit(
        lambda weights: planted.model(weights).read(tokens(9), planted.carry(2), dropout=dropout, key=key)[0]
    )
    return np.asarray(read(planted.weights))


def test_variational_dropout_silences_the_same_units_at_every_time_step() -> None:
    silent = read_with(Dropout(output=0.5), jax.random.key(1)) == 0.0
    assert 0 < silent[0].sum() < silent[0].size
    assert (silent == silent[0]).all()


def test_without_a_key_nothing_is_dropped() -> None:
    np.testing.assert_array_equal(read_with(Dropout(), None), read_with(Dropout(0.9, 0.9, 0.9), None))


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_the_settings_know_the_shape_of_every_tensor(settings: NetworkSettings) -> None:
    made = nnx.eval_shape(lambda: nnx.state(LanguageModel(VOCABULARY, settings, rngs=nnx.Rngs(0)), nnx.Param))
    shapes = {"/".join(map(str, path)): leaf.shape for path, leaf in nnx.to_flat_state(made)}
    assert shapes == settings.weight_shapes(VOCABULARY)
