"""Laws of the network: causal, the same step by step as whole, and equal to its NumPy twin."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from autocomplete.config import NetworkSettings
from autocomplete.network.model import Dropout, LanguageModel
from autocomplete.network.steps import flat_weights
from autocomplete.predict.experts.recurrent import RecurrentNetwork

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
]


def build(settings: NetworkSettings) -> LanguageModel:
    model = LanguageModel(VOCABULARY, settings, rngs=nnx.Rngs(3))
    # Large weights, so that a wrong gate or a missing bias shows; without squashing they would explode.
    scale = 0.2 if settings.activation == "relu" else 0.5
    for leaf in jax.tree.leaves(nnx.state(model, nnx.Param), is_leaf=lambda leaf: isinstance(leaf, nnx.Variable)):
        leaf[...] = leaf[...] + scale * jax.random.normal(jax.random.key(leaf[...].size), leaf[...].shape)
    return model


def tokens(length: int, batch: int = 2) -> jax.Array:
    return jax.random.randint(jax.random.key(7), (length, batch), 0, VOCABULARY)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_the_numpy_step_equals_the_network(settings: NetworkSettings) -> None:
    model = build(settings)
    read = tokens(20)
    outputs, _ = model.read(read, model.initial_carry(2))
    expected = model.log_probabilities(outputs)
    np.testing.assert_allclose(jnp.exp(expected).sum(axis=-1), 1.0, atol=1e-5)
    twin = RecurrentNetwork(flat_weights(nnx.state(model, nnx.Param)), settings)
    assert (twin.vocabulary_size, twin.output_size) == (VOCABULARY, settings.embedding_size)
    assert len(twin.read(twin.zero_state(0), []).output) == 0
    state = twin.zero_state(2)
    for step, row in enumerate(np.asarray(read)):
        state = twin.read(state, row)
        np.testing.assert_allclose(twin.log_probabilities(state.output), expected[step], atol=1e-5)
    twin = twin.at_temperature(1.3)
    tempered = jax.nn.log_softmax(expected[-1] / 1.3)
    np.testing.assert_allclose(twin.log_probabilities(state.output), tempered, atol=1e-5)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_step_by_step_equals_the_whole_sequence(settings: NetworkSettings) -> None:
    model = build(settings)
    read = tokens(12)
    whole, last = model.read(read, model.initial_carry(2))
    carry = model.initial_carry(2)
    parts = []
    for row in read:
        output, carry = model.read(row[None], carry)
        parts.append(output)
    np.testing.assert_allclose(jnp.concatenate(parts), whole, atol=1e-5)
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, atol=1e-5), carry, last)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_windows_of_truncated_training_read_as_one_long_text(settings: NetworkSettings) -> None:
    model = build(settings)
    read = tokens(23)
    whole, last = model.read(read, model.initial_carry(2))
    carry = model.initial_carry(2)
    parts = []
    for window in (read[:11], read[11:13], read[13:]):  # one shorter than what a feed-forward network sees
        output, carry = model.read(window, carry)
        parts.append(output)
    np.testing.assert_allclose(jnp.concatenate(parts), whole, atol=1e-5)
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, atol=1e-5), carry, last)


def norms(rows: jax.Array) -> Any:
    return np.linalg.norm(np.asarray(rows), axis=1)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_prediction_is_causal(settings: NetworkSettings) -> None:
    model = build(settings)
    graph, weights = nnx.split(model, nnx.Param)
    read = jnp.arange(10)[:, None]  # each token once: the gradient of its embedding is the gradient of its place

    def output_at(weights: nnx.State[Any, Any], place: int) -> jax.Array:
        outputs, _ = nnx.merge(graph, weights).read(read, model.initial_carry(1))
        return outputs[place].sum()

    gradients = jax.grad(output_at)(weights, 7)
    words = model.head_size  # the rows behind them stand for tails
    tails = [gradients["tails"][number]["embedding"][...] for number in range(len(settings.cutoffs))]
    gradient = np.concatenate([norms(gradients["embedding"][:words]), *map(norms, tails)])
    first = 8 - settings.effective_window if settings.cell == "feedforward" else 0  # what it sees begins here
    assert gradient[8:].max() == 0.0
    assert gradient[:first].max(initial=0.0) == 0.0
    assert gradient[first:8].min() > 0.0


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_gradients_are_those_of_finite_differences(settings: NetworkSettings) -> None:
    model = build(settings)
    with jax.enable_x64(True):
        graph, weights = nnx.split(model, nnx.Param)
        weights = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), weights)
        read, targets = tokens(7), tokens(8)[1:]
        # The text before is no part of the gradient, but the carry that it leaves is read.
        _, carry = nnx.merge(graph, weights).read(tokens(6)[::-1], model.initial_carry(2))

        @jax.jit
        def loss(weights: nnx.State[Any, Any]) -> jax.Array:
            merged = nnx.merge(graph, weights)
            outputs, _ = merged.read(read, carry)
            summed: jax.Array = merged.loss(outputs, targets, jnp.ones((7, 2)), precision="float32")
            return summed

        gradient = jax.grad(loss)(weights)
        leaves, structure = jax.tree.flatten(weights)
        for place, slope in enumerate(jax.tree.leaves(gradient)):  # each tensor on its own, so that none hides another
            direction = jax.random.normal(jax.random.key(place), slope.shape, jnp.float64)

            def moved(by: float, place: int = place, direction: jax.Array = direction) -> float:
                changed = [leaf + by * direction if at == place else leaf for at, leaf in enumerate(leaves)]
                return float(loss(jax.tree.unflatten(structure, changed)))

            measured = (moved(1e-5) - moved(-1e-5)) / 2e-5
            assert measured == pytest.approx(float((slope * direction).sum()), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_beams_go_on_from_the_state_of_their_own_row(settings: NetworkSettings) -> None:
    twin = RecurrentNetwork(flat_weights(nnx.state(build(settings), nnx.Param)), settings)
    read = np.asarray(tokens(9, batch=3))
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
    model = build(SHAPES[0])
    read, targets = tokens(6), tokens(6)[::-1]
    outputs, _ = model.read(read, model.initial_carry(2))
    counted = jnp.ones((6, 2)).at[4:].set(0.0)
    garbled = targets.at[4:].set(3)
    loss = model.loss(outputs, targets, counted, precision="float32")
    assert float(loss) == float(model.loss(outputs, garbled, counted, precision="float32"))
    assert float(loss) > 0.0


@pytest.mark.parametrize("settings", [SHAPES[1], *SHAPES[-3:]], ids=str)
def test_the_loss_is_the_negative_log_likelihood(settings: NetworkSettings) -> None:
    model = build(settings)
    read, targets = tokens(6), tokens(6)[::-1]
    outputs, _ = model.read(read, model.initial_carry(2))
    log_probabilities = model.log_probabilities(outputs)
    expected = -jnp.take_along_axis(log_probabilities, targets[..., None], -1).sum()
    np.testing.assert_allclose(model.loss(outputs, targets, jnp.ones((6, 2)), precision="float32"), expected, rtol=1e-5)


def test_variational_dropout_silences_the_same_units_at_every_time_step() -> None:
    model = build(SHAPES[0])
    outputs, _ = model.read(tokens(9), model.initial_carry(2), dropout=Dropout(output=0.5), key=jax.random.key(1))
    silent = np.asarray(outputs == 0.0)
    assert 0 < silent[0].sum() < silent[0].size
    assert (silent == silent[0]).all()


def test_without_a_key_nothing_is_dropped() -> None:
    model = build(SHAPES[0])
    plain, _ = model.read(tokens(5), model.initial_carry(2))
    same, _ = model.read(tokens(5), model.initial_carry(2), dropout=Dropout(0.9, 0.9, 0.9))
    np.testing.assert_array_equal(plain, same)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_the_settings_know_the_shape_of_every_tensor(settings: NetworkSettings) -> None:
    weights = flat_weights(nnx.state(build(settings), nnx.Param))
    assert {name: tensor.shape for name, tensor in weights.items()} == settings.weight_shapes(VOCABULARY)
