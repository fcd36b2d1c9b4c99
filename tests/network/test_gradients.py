"""Laws of the gradients that are followed back: equal to what hand and differences give, nothing beyond a window."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autocomplete.config import NetworkSettings
from autocomplete.network.diagnosis import GATES, REACH_SHARE, gate_means, late_gradients, norms_by_age, reach
from autocomplete.network.kernels import pointwise
from autocomplete.network.steps import Weights
from tests.network.networks import Network, doubled, network

VOCABULARY, SPAN, ROWS = 11, 9, 3
SHAPES = [
    NetworkSettings(embedding_size=6, hidden_size=8),
    NetworkSettings(layers=2, embedding_size=6, hidden_size=5),
    NetworkSettings(cell="gru", embedding_size=6, hidden_size=8),
    NetworkSettings(cell="rnn", layers=2, embedding_size=6, hidden_size=5),
    NetworkSettings(cell="rnn", activation="relu", embedding_size=6, hidden_size=8),
    NetworkSettings(cell="feedforward", window=4, embedding_size=6, hidden_size=8),
]


def text() -> tuple[Any, Any]:
    """Inputs (T, B) and the token after the last (B,)."""
    drawn = np.random.default_rng(7).integers(0, VOCABULARY, (SPAN + 1, ROWS), dtype=np.int32)
    return drawn[:-1], drawn[-1]


@functools.cache
def late(settings: NetworkSettings) -> Any:
    """`late_gradients` of a network with these weights, inputs, targets, and this carry."""
    planted = network(settings, VOCABULARY)
    return jax.jit(lambda weights, *text: late_gradients(planted.model(weights), *text))


def norms(planted: Network, inputs: Any, targets: Any) -> Any:
    return norms_by_age(late(planted.settings)(planted.weights, inputs, targets, planted.carry(len(targets))))


@pytest.mark.parametrize("settings", SHAPES, ids=str)
@pytest.mark.parametrize("age", [2, SPAN])
def test_a_gradient_is_what_a_small_change_of_the_state_costs(settings: NetworkSettings, age: int) -> None:
    """In float64, along a random direction of everything that is carried `age` tokens before the loss."""
    planted, (inputs, targets), draw = network(settings, VOCABULARY), text(), np.random.default_rng(4)
    empty = jax.tree.map(lambda part: part.astype(np.float64), planted.carry(ROWS))
    direction = jax.tree.map(lambda part: draw.normal(size=part.shape), empty)

    def loss(weights: Weights, step: float) -> jax.Array:
        """The last token's, where the state `age` tokens before it is moved."""
        model, carry = planted.model(weights), empty
        if age < SPAN:
            _, carry = model.read(inputs[: SPAN - age], carry)
        outputs, _ = model.read(
            inputs[SPAN - age :], jax.tree.map(lambda part, way: part + step * way, carry, direction)
        )
        return -jnp.take_along_axis(model.output.log_probabilities(outputs[-1]), targets[:, None], axis=1).sum()

    with jax.enable_x64(True):
        weights, at = doubled(planted.weights), jax.jit(loss)
        expected = float(at(weights, 1e-6) - at(weights, -1e-6)) / 2e-6
        gradients = late(settings)(weights, inputs, targets, empty)
        products = jax.tree.map(lambda each, way: (np.asarray(each)[SPAN - age] * way).sum(), gradients, direction)
        assert float(sum(jax.tree.leaves(products))) == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_a_linear_loop_multiplies_the_gradient_by_its_radius_at_every_step(factor: float) -> None:
    """A rectified network whose units never rest is linear; its loop is planted, a rotation times `factor`."""
    settings = NetworkSettings(cell="rnn", activation="relu", embedding_size=6, hidden_size=8)
    loop = factor * np.roll(np.eye(8), 1, axis=1)  # a permutation: all its values have modulus 1
    drawn = network(settings, VOCABULARY)
    planted = drawn.changed(
        {
            "layers/0/w_recurrent": loop,
            "layers/0/bias": np.full(8, 10.0),
            # Small, so that no loss is so sure that its gradient is nothing.
            "output/embedding": drawn.tensors["output/embedding"] / 100,
        }
    )
    found = norms(planted, *text())["hidden"]
    np.testing.assert_allclose(found[1:] / found[:-1], factor, rtol=1e-4)


@pytest.mark.parametrize("window", [2, 4, SPAN])
def test_nothing_reaches_beyond_the_window(window: int) -> None:
    settings = NetworkSettings(cell="feedforward", window=window, embedding_size=6, hidden_size=8)
    found = norms(network(settings, VOCABULARY), *text())["inputs"]
    assert found.shape == (SPAN, ROWS)
    assert (found[: window - 1] > 0.0).all()
    assert (found[window - 1 :] == 0.0).all()


def test_rows_do_not_mix() -> None:
    planted, (inputs, targets) = network(SHAPES[0], VOCABULARY), text()
    together, alone = norms(planted, inputs, targets), norms(planted, inputs[:, :1], targets[:1])
    for part, expected in alone.items():
        np.testing.assert_allclose(together[part][:, :1], expected, rtol=1e-4)


def test_what_has_vanished_keeps_its_norm() -> None:
    tiny = jnp.full((2, 1, 4), 1e-30)  # its square is zero in float32
    found = norms_by_age((pointwise.HiddenCarry(tiny),))["hidden"]
    np.testing.assert_allclose(found, 2e-30, rtol=1e-5)


def test_the_norm_is_over_all_layers() -> None:
    layer = pointwise.HiddenCarry(jnp.array([[[3.0, 4.0]]]))
    assert norms_by_age((layer, layer))["hidden"] == pytest.approx(np.sqrt(50.0))


def test_the_reach_is_where_a_hundredth_is_left() -> None:
    falling = 0.5 ** np.arange(20.0)  # 0.5 ** 6 is 1.6 %, 0.5 ** 7 is 0.8 %
    assert REACH_SHARE == 0.01
    assert reach(falling) == 7
    assert reach(np.ones(20)) == 20
    assert reach(np.array([1.0, 0.0, 0.0])) == 1
    assert reach(np.zeros(3)) is None
    assert reach(np.array([np.nan, 1.0])) is None


def means(planted: Network) -> dict[str, float]:
    """The mean of each gate over the text."""
    inputs, _ = text()
    found = jax.jit(
        lambda weights: gate_means(planted.model(weights), planted.settings.cell, inputs, planted.carry(ROWS))
    )(planted.weights)
    return {gate: float(mean) for gate, mean in found.items()}


@pytest.mark.parametrize(("cell", "gate"), [(cell, gate) for cell, gates in GATES.items() for gate in gates])
def test_a_gate_that_is_pushed_open_is_seen_open_and_no_other(cell: Any, gate: str) -> None:
    settings = NetworkSettings(cell=cell, layers=2, embedding_size=6, hidden_size=5)
    planted, place = network(settings, VOCABULARY), GATES[cell][gate]
    biases = {name: planted.tensors[name].copy() for name in ("layers/0/bias", "layers/1/bias")}
    for bias in biases.values():
        bias[5 * place : 5 * place + 5] = 60.0
    before, after = means(planted), means(planted.changed(biases))
    assert all(0.0 < mean < 1.0 for mean in before.values())
    assert after[gate] == pytest.approx(1.0)
    assert all(after[other] < 0.95 for other in after if other != gate)


@pytest.mark.parametrize(("cell", "names"), [("lstm", ("input", "forget", "", "output")), ("gru", ("reset", "update"))])
def test_gates_are_those_that_the_kernel_computes(cell: Any, names: tuple[str, ...]) -> None:
    planted = network(NetworkSettings(cell=cell, embedding_size=6, hidden_size=5), VOCABULARY)
    tensors, (inputs, _) = planted.tensors, text()
    kernel: Any = pointwise.LSTM if cell == "lstm" else pointwise.GRU
    layer = {name: tensors[f"layers/0/{name}"] for name in ("w_input", "w_recurrent", "bias")}
    step: Any = jax.jit(kernel.forward)
    carry: Any = planted.carry(ROWS)[0]
    seen = []
    for token in inputs:
        projected = tensors["output/embedding"][token] @ layer["w_input"] + layer["bias"]
        carry, saved = step(carry, projected, np.asarray(carry.hidden) @ layer["w_recurrent"])
        seen.append(np.asarray(saved[-1]).reshape(ROWS, -1, 5)[:, : len(names)].mean(axis=(0, 2)))
    found = means(planted)
    for name, mean in zip(names, np.mean(seen, axis=0), strict=True):
        if name:
            assert found[name] == pytest.approx(mean, rel=1e-5)


def test_cells_without_gates_have_none() -> None:
    for settings in SHAPES[3:]:
        assert means(network(settings, VOCABULARY)) == {}
