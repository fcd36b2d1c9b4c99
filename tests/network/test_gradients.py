"""Laws of the gradients that are followed back: equal to what hand and differences give, nothing beyond a window."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from autocomplete.config import NetworkSettings
from autocomplete.network.cells import Carry
from autocomplete.network.diagnosis import GATES, REACH_SHARE, gate_means, late_gradients, norms_by_age, reach
from autocomplete.network.kernels import pointwise
from autocomplete.network.model import LanguageModel

VOCABULARY, SPAN, ROWS = 11, 9, 3
SHAPES = [
    NetworkSettings(embedding_size=6, hidden_size=8),
    NetworkSettings(layers=2, embedding_size=6, hidden_size=5),
    NetworkSettings(cell="gru", embedding_size=6, hidden_size=8),
    NetworkSettings(cell="rnn", layers=2, embedding_size=6, hidden_size=5),
    NetworkSettings(cell="rnn", activation="relu", embedding_size=6, hidden_size=8),
    NetworkSettings(cell="feedforward", window=4, embedding_size=6, hidden_size=8),
]


def parameters(model: LanguageModel) -> list[Any]:
    return jax.tree.leaves(nnx.state(model, nnx.Param), is_leaf=lambda leaf: isinstance(leaf, nnx.Variable))


def build(settings: NetworkSettings) -> LanguageModel:
    model = LanguageModel(VOCABULARY, settings, rngs=nnx.Rngs(3))
    for leaf in parameters(model):
        leaf[...] = leaf[...] + 0.3 * jax.random.normal(jax.random.key(leaf[...].size), leaf[...].shape)
    return model


def text() -> tuple[jax.Array, jax.Array]:
    """Inputs (T, B) and the token after the last (B,)."""
    drawn = jax.random.randint(jax.random.key(7), (SPAN + 1, ROWS), 0, VOCABULARY)
    return drawn[:-1], drawn[-1]


def loss_from(model: LanguageModel, carry: tuple[Carry, ...], inputs: jax.Array, targets: jax.Array) -> jax.Array:
    """The last token's loss, the rest of the text read as one."""
    outputs, _ = model.read(inputs, carry)
    return -jnp.take_along_axis(model.output.log_probabilities(outputs[-1]), targets[:, None], axis=1).sum()


@pytest.mark.parametrize("settings", SHAPES, ids=str)
@pytest.mark.parametrize("age", [2, SPAN])
def test_a_gradient_is_what_a_small_change_of_the_state_costs(settings: NetworkSettings, age: int) -> None:
    """In float64, along a random direction of everything that is carried `age` tokens before the loss."""
    model, (inputs, targets) = build(settings), text()
    with jax.enable_x64(True):
        for leaf in parameters(model):
            leaf.set_value(leaf[...].astype(jnp.float64))
        carry = jax.tree.map(lambda part: part.astype(jnp.float64), model.initial_carry(ROWS))
        gradients = jax.tree.map(lambda each: each[SPAN - age], late_gradients(model, inputs, targets, carry))
        if age < SPAN:
            _, carry = model.read(inputs[: SPAN - age], carry)
        direction = jax.tree.map(lambda part: jax.random.normal(jax.random.key(part.size), part.shape), carry)

        def at(step: float) -> float:
            moved = jax.tree.map(lambda part, way: part + step * way, carry, direction)
            return float(loss_from(model, moved, inputs[SPAN - age :], targets))

        expected = (at(1e-6) - at(-1e-6)) / 2e-6
        products = jax.tree.map(lambda gradient, way: (gradient * way).sum(), gradients, direction)
        assert float(sum(jax.tree.leaves(products))) == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_a_linear_loop_multiplies_the_gradient_by_its_radius_at_every_step(factor: float) -> None:
    """A rectified network whose units never rest is linear; its loop is planted, a rotation times `factor`."""
    settings = NetworkSettings(cell="rnn", activation="relu", embedding_size=6, hidden_size=8)
    model, (inputs, targets) = build(settings), text()
    layer: Any = model.layers[0]
    layer.w_recurrent[...] = factor * jnp.roll(jnp.eye(8), 1, axis=1)  # a permutation: all its values have modulus 1
    layer.bias[...] = jnp.full(8, 100.0)
    found = norms_by_age(late_gradients(model, inputs, targets, model.initial_carry(ROWS)))["hidden"]
    np.testing.assert_allclose(found[1:] / found[:-1], factor, rtol=1e-4)


@pytest.mark.parametrize("window", [2, 4, SPAN])
def test_nothing_reaches_beyond_the_window(window: int) -> None:
    settings = NetworkSettings(cell="feedforward", window=window, embedding_size=6, hidden_size=8)
    model, (inputs, targets) = build(settings), text()
    found = norms_by_age(late_gradients(model, inputs, targets, model.initial_carry(ROWS)))["inputs"]
    assert found.shape == (SPAN, ROWS)
    assert (found[: window - 1] > 0.0).all()
    assert (found[window - 1 :] == 0.0).all()


def test_rows_do_not_mix() -> None:
    model, (inputs, targets) = build(SHAPES[0]), text()
    together = norms_by_age(late_gradients(model, inputs, targets, model.initial_carry(ROWS)))
    alone = norms_by_age(late_gradients(model, inputs[:, :1], targets[:1], model.initial_carry(1)))
    for part, norms in alone.items():
        np.testing.assert_allclose(together[part][:, :1], norms, rtol=1e-4)


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


@pytest.mark.parametrize(("cell", "gate"), [(cell, gate) for cell, gates in GATES.items() for gate in gates])
def test_a_gate_that_is_pushed_open_is_seen_open_and_no_other(cell: Any, gate: str) -> None:
    settings = NetworkSettings(cell=cell, layers=2, embedding_size=6, hidden_size=5)
    model, (inputs, _) = build(settings), text()
    before = gate_means(model, cell, inputs, model.initial_carry(ROWS))
    for layer in model.layers:
        place = GATES[cell][gate]
        layer.bias[...] = layer.bias[...].at[5 * place : 5 * place + 5].set(60.0)
    after = gate_means(model, cell, inputs, model.initial_carry(ROWS))
    assert all(0.0 < float(mean) < 1.0 for mean in before.values())
    assert float(after[gate]) == pytest.approx(1.0)
    assert all(float(after[other]) < 0.95 for other in after if other != gate)


@pytest.mark.parametrize(("cell", "names"), [("lstm", ("input", "forget", "", "output")), ("gru", ("reset", "update"))])
def test_gates_are_those_that_the_kernel_computes(cell: Any, names: tuple[str, ...]) -> None:
    settings = NetworkSettings(cell=cell, embedding_size=6, hidden_size=5)
    model, (inputs, _) = build(settings), text()
    layer: Any = model.layers[0]
    carry: Any = model.initial_carry(ROWS)[0]
    kernel: Any = pointwise.LSTM if cell == "lstm" else pointwise.GRU
    seen = []
    for token in inputs:
        projected = model.output.embedding[token] @ layer.w_input[...] + layer.bias[...]
        carry, saved = kernel.forward(carry, projected, carry.hidden @ layer.w_recurrent[...])
        seen.append(saved[-1].reshape(ROWS, -1, 5)[:, : len(names)].mean(axis=(0, 2)))
    expected = np.mean(seen, axis=0)
    found = gate_means(model, cell, inputs, model.initial_carry(ROWS))
    for name, mean in zip(names, expected, strict=True):
        if name:
            assert float(found[name]) == pytest.approx(mean, rel=1e-5)


def test_cells_without_gates_have_none() -> None:
    for settings in SHAPES[3:]:
        model, (inputs, _) = build(settings), text()
        assert gate_means(model, settings.cell, inputs, model.initial_carry(ROWS)) == {}
