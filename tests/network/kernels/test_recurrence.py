"""The recurrence of every cell: values and hand-written gradients against plain JAX, in float64."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocomplete.network.kernels import recurrence as kernel_module
from autocomplete.network.kernels.pointwise import GRU, LSTM, RELU, TANH, CellCarry, HiddenCarry
from autocomplete.network.kernels.recurrence import LayerWeights, recurrence
from tests.network.kernels.comparing import assert_near, draw

# One step, one row, and vectors' worth of rows and units: T, B, D, H.
SHAPES = [(1, 3, 5, 4), (3, 1, 5, 4), (11, 16, 32, 16)]


def plain_lstm(carry: Any, projected: Any, looped: Any) -> Any:
    i, f, g, o = jnp.split(projected + looped, 4, axis=-1)
    cell = jax.nn.sigmoid(f) * carry.cell + jax.nn.sigmoid(i) * jnp.tanh(g)
    return CellCarry(cell, jax.nn.sigmoid(o) * jnp.tanh(cell))


def plain_gru(carry: Any, projected: Any, looped: Any) -> Any:
    (r, z, n), (r_loop, z_loop, n_loop) = jnp.split(projected, 3, axis=-1), jnp.split(looped, 3, axis=-1)
    update = jax.nn.sigmoid(z + z_loop)
    candidate = jnp.tanh(n + jax.nn.sigmoid(r + r_loop) * n_loop)
    return HiddenCarry(update * carry.hidden + (1 - update) * candidate)


def plain_tanh(_: Any, projected: Any, looped: Any) -> Any:
    return HiddenCarry(jnp.tanh(projected + looped))


def plain_relu(_: Any, projected: Any, looped: Any) -> Any:
    return HiddenCarry(jax.nn.relu(projected + looped))


# The kernel, the same in plain JAX, the values that it computes for a unit, and the rounds of gating before it.
CELLS: dict[str, Any] = {
    "lstm": (LSTM, plain_lstm, 4, 0),
    "lstm after one round": (LSTM, plain_lstm, 4, 1),
    "lstm after four rounds": (LSTM, plain_lstm, 4, 4),
    "gru": (GRU, plain_gru, 3, 0),
    "tanh": (TANH, plain_tanh, 1, 0),
    "relu": (RELU, plain_relu, 1, 0),
}


def plain_layer(step: Any) -> Any:
    def layer(weights: Any, inputs: Any, carry: Any) -> Any:
        def one(carry: Any, x: Any) -> Any:
            hidden = carry.hidden
            for number, matrix in enumerate(weights.mogrifiers):
                if number % 2 == 0:
                    x = 2 * jax.nn.sigmoid(hidden @ matrix) * x
                else:
                    hidden = 2 * jax.nn.sigmoid(x @ matrix) * hidden
            carry = step(carry, x @ weights.w_input + weights.bias, hidden @ weights.w_recurrent)
            return carry, carry.hidden

        last, hiddens = jax.lax.scan(one, carry, inputs)
        return hiddens, last

    return layer


def our_layer(kernel: Any, precision: Any = "float32") -> Any:
    def layer(weights: Any, inputs: Any, carry: Any) -> Any:
        return recurrence(kernel, weights, inputs, carry, precision=precision)

    return layer


def arguments(cell: str, shape: Any, seed: int, dtype: Any) -> tuple[Any, Any]:
    """The layer's arguments, and weights that make one number of all its results."""
    columns, rounds = CELLS[cell][2:]
    t, b, d, h = shape
    w_input, w_recurrent, bias, inputs, *carry = draw(
        seed, (d, columns * h), (h, columns * h), (columns * h,), (t, b, d), (b, h), (b, h)
    )
    gating = draw(seed + 2, *((d, h) if number % 2 else (h, d) for number in range(rounds)))
    cut = HiddenCarry(carry[0]) if columns < 4 else CellCarry(*carry)
    given = (LayerWeights(w_input / d**0.5, w_recurrent / h**0.5, bias, tuple(gating)), inputs, cut)
    mix = draw(seed + 1, (t, b, h), *((b, h) for _ in cut))
    cast: tuple[Any, Any] = jax.tree.map(lambda x: x.astype(dtype), (given, mix))
    return cast


def gradients(layer: Any, cell: str, shape: Any, *, seed: int = 0, dtype: Any = "float64") -> Any:
    """All results of a layer, and the gradients of a mixture of them."""
    given, mix = arguments(cell, shape, seed, dtype)

    def scalar(*given: Any) -> Any:
        results = layer(*given)
        return sum((m * out).sum() for m, out in zip(mix, jax.tree.leaves(results), strict=True)), results

    (_, results), slopes = jax.jit(jax.value_and_grad(scalar, range(3), has_aux=True))(*given)
    return results, slopes


def assert_those_of_autodiff(cell: str, shape: Any, *, seed: int = 0, rounding: float | None) -> None:
    """Compare values and gradients in float64, and those with bfloat16 operands but for a share of them, if given."""
    kernel, plain, *_ = CELLS[cell]
    wanted = gradients(plain_layer(plain), cell, shape, seed=seed)
    assert_near(gradients(our_layer(kernel), cell, shape, seed=seed), wanted, 1e-10)
    if rounding is None:
        return
    # As in training: bfloat16 operands beside float32 arguments (float64 ones would take other products).
    rounded = gradients(our_layer(kernel, "bfloat16"), cell, shape, seed=seed, dtype="float32")
    assert_near(rounded, wanted, rounding)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cell", CELLS)
def test_values_and_gradients_are_those_of_autodiff(cell: str, shape: Any) -> None:
    # Rounding may move a rectified unit across its kink, where the slope jumps; and steps add up without a gate. A
    # round of gating rounds what the one before it has rounded, and multiplies it.
    assert_those_of_autodiff(cell, shape, rounding=0.1 if cell in {"relu", "lstm after four rounds"} else 0.03)


@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=settings().max_examples // 15, derandomize=True)  # each is compiled three times
@given(
    shape=st.tuples(st.integers(1, 23), st.integers(1, 6), st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 1000),
)
def test_gradients_of_any_shape_are_those_of_autodiff(cell: str, shape: Any, seed: int) -> None:
    # Of a few numbers only, the roundings do not cancel as they do in the mean of many. One of a few rectified units
    # that crosses its kink may be all that is left: those have the fixed shapes alone.
    assert_those_of_autodiff(cell, shape, seed=seed, rounding=None if cell == "relu" else 0.15)


@pytest.mark.parametrize("cell", CELLS)
def test_they_are_where_the_matrix_of_the_loop_stands_on_the_left(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = (7, 32, 9, 8)
    given, _ = arguments(cell, shape, 0, "float64")
    before = str(jax.make_jaxpr(our_layer(CELLS[cell][0]))(*given))
    monkeypatch.setattr(kernel_module, "LEAST_WEIGHTS", 1)
    assert str(jax.make_jaxpr(our_layer(CELLS[cell][0]))(*given)) != before
    assert_those_of_autodiff(cell, shape, rounding=0.1 if cell in {"relu", "lstm after four rounds"} else 0.03)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_repeat_bit_for_bit_in_the_callers_type(cell: str, precision: Any) -> None:
    layer = our_layer(CELLS[cell][0], precision)
    first, second = (gradients(layer, cell, SHAPES[-1], dtype="float32") for _ in "ab")
    assert_near(first, second, 0)
    assert {leaf.dtype for leaf in jax.tree.leaves(first)} == {np.dtype("float32")}


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_makes_the_products_that_wait_for_it_and_no_other(cell: str) -> None:
    given, _ = arguments(cell, SHAPES[-1], 0, "float64")
    rounds = CELLS[cell][3]

    def products(function: Any) -> list[int]:
        """How many there are in each scan, and how many in all."""
        traced = jax.make_jaxpr(function)(*given)
        scans = [str(equation).count("dot_general") for equation in traced.eqns if equation.primitive.name == "scan"]
        return [*scans, str(traced).count("dot_general")]

    def total(*given: Any) -> Any:
        return our_layer(CELLS[cell][0])(*given)[0].sum()

    waiting = 2 + rounds if rounds else 1
    # Of the input and the loop, and of each round; and of the gradients of what they read and of their weights.
    assert products(jax.grad(total, range(3))) == [waiting, waiting, 3 * (2 + rounds)]


@pytest.mark.parametrize("cell", CELLS)
def test_no_scan_stacks_bfloat16(cell: str) -> None:
    given, _ = arguments(cell, SHAPES[-1], 0, "float32")

    def total(*given: Any) -> Any:
        return our_layer(CELLS[cell][0], "bfloat16")(*given)[0].sum()

    traced = jax.make_jaxpr(jax.grad(total, range(3)))(*given)
    scans = [equation for equation in traced.eqns if equation.primitive.name == "scan"]
    stacks = [out.aval.dtype for scan in scans for out in scan.outvars[scan.params["num_carry"] :]]
    assert len(scans) == 2
    assert jnp.uint16 in stacks  # the operands
    assert jnp.bfloat16 not in stacks
