"""The dense layer's backward pass against the automatic one."""

from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autocomplete.network.kernels.products import dense
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


@settings(max_examples=8, deadline=None, derandomize=True)
@given(shape=SHAPES)
@example(shape=(1, 1, 1, 1))
def test_gradients_of_a_dense_layer_are_those_of_autodiff(shape: Any) -> None:
    wanted = gradients(lambda i, w: i @ w, shape, "float64")
    assert_near(gradients(dense, shape, "float64"), wanted, 1e-12)
    rounded = gradients(lambda i, w: dense(i, w, precision="bfloat16"), shape, "float32")
    assert_near(rounded[1], wanted[1], 0.05)
    assert {leaf.dtype for leaf in jax.tree.leaves(rounded)} == {np.dtype("float32")}
