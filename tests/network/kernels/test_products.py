"""The dense layer's backward pass against the automatic one, and what the compiler makes of bfloat16."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autocomplete.network.kernels import recurrence as recurrence_module
from autocomplete.network.kernels.output_layer import cross_entropy
from autocomplete.network.kernels.pointwise import LSTM, CellCarry
from autocomplete.network.kernels.products import dense, product, stowed, unstowed
from autocomplete.network.kernels.recurrence import LayerWeights, recurrence
from tests.network.kernels.comparing import assert_near, draw

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 6), st.integers(2, 12), st.integers(2, 12))  # T, B, X, Y


def gradients(layer: Any, shape: Any, dtype: Any) -> Any:
    t, b, x, y = shape
    inputs, weight, mix = (drawn.astype(dtype) for drawn in draw(0, (t, b, x), (x, y), (t, b, y)))
    return jax.jit(jax.value_and_grad(lambda i, w: (mix * layer(i, w)).sum(), (0, 1)))(inputs, weight)


@pytest.mark.parametrize("shape", [(1, 3, 5, 4), (2, 1, 4, 3), (9, 5, 12, 7)])
def test_with_bfloat16_operands_they_are_within_its_rounding(shape: Any) -> None:
    found = gradients(lambda i, w: dense(i, w, precision="bfloat16"), shape, "float32")
    assert_near(found[1], gradients(lambda i, w: i @ w, shape, "float64")[1], 0.02)


@settings(max_examples=settings().max_examples // 7, derandomize=True)  # each is compiled three times
@given(shape=SHAPES)
@example(shape=(1, 1, 1, 1))
def test_gradients_of_a_dense_layer_are_those_of_autodiff(shape: Any) -> None:
    wanted = gradients(lambda i, w: i @ w, shape, "float64")
    assert_near(gradients(dense, shape, "float64"), wanted, 1e-12)
    rounded = gradients(lambda i, w: dense(i, w, precision="bfloat16"), shape, "float32")
    assert_near(rounded[1], wanted[1], 0.05)
    assert {leaf.dtype for leaf in jax.tree.leaves(rounded)} == {np.dtype("float32")}


def test_what_is_stowed_comes_back_bit_for_bit() -> None:
    values = jnp.asarray([0.1, -0.0, jnp.inf, 3e-39, 7.0], jnp.bfloat16)
    tree = (values, None, (values.astype(jnp.float32), jnp.arange(3)))
    kept = stowed(tree)
    assert [leaf.dtype for leaf in jax.tree.leaves(kept)] == ["uint16", "float32", "int64"]
    back = unstowed(kept)
    assert [back[1], len(back)] == [None, len(tree)]
    for ours, theirs in zip(jax.tree.leaves(back), jax.tree.leaves(tree), strict=True):
        assert ours.dtype == theirs.dtype
        assert np.asarray(ours).tobytes() == np.asarray(theirs).tobytes()


def operand_types(function: Any, *given: Any) -> set[str]:
    """The types of what the compiled program's products read."""
    program: Any = jax.jit(function).lower(*given).compile().as_text()
    types = set()
    for computation in program.split("\n}"):
        typed = dict(re.findall(r"(%\S+) = (\w+)\[", computation))
        for operands in re.findall(r" dot\((%\S+), (%\S+)\)", computation):
            types |= {typed[operand] for operand in operands}
    return types


@pytest.mark.parametrize(("some", "on_left"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("units", [48, 200])
def test_no_product_of_bfloat16_operands_is_widened(
    units: int, some: bool, on_left: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = (jnp.ones((64, 64), jnp.bfloat16) for _ in "ab")
    if operand_types(lambda a, b: product(a, b, jnp.float32), left, right) != {"bf16"}:
        pytest.skip("this machine has no products of bfloat16")
    if on_left:
        monkeypatch.setattr(recurrence_module, "LEAST_WEIGHTS", 1)
    words, steps, rows = 500, 9, 32
    shapes = (steps, rows, units), (words, units), (units, units), (units, 4 * units), (units, 4 * units)
    inputs, vectors, weight, w_input, w_recurrent = (x.astype("float32") for x in draw(0, *shapes))
    zeros = [jnp.zeros(shape, "float32") for shape in ((4 * units,), (rows, units), (words,), (steps * rows,))]
    bias_of_units, start, bias_of_words, weights_of_rows = zeros
    weights, carry = LayerWeights(w_input, w_recurrent, bias_of_units), CellCarry(start, start)
    targets = jnp.arange(steps * rows)

    def loss(inputs: Any, weights: Any, weight: Any, vectors: Any) -> Any:
        hiddens, _ = recurrence(LSTM, weights, inputs, carry, precision="bfloat16")
        values = dense(hiddens, weight, precision="bfloat16").reshape(-1, units)
        return cross_entropy(
            values, vectors, bias_of_words, targets, weights_of_rows,
            precision="bfloat16", block=64, counted_rows=jnp.asarray(70) if some else None,
        )  # fmt: skip

    assert operand_types(jax.grad(loss, range(4)), inputs, weights, weight, vectors) == {"bf16"}
