"""Matrix products with chosen operands, and a dense layer. Why some are by hand: see the package."""

from functools import partial
from typing import Any, Literal

import jax
from jax import Array, lax
from jax import numpy as jnp

Precision = Literal["float32", "bfloat16"]

# Of a whole vector of rows: 16 float32 values make one AVX-512 register, and one row of a bfloat16 tile.
LANES = 16
# Rows of zeros that a weight gradient's operands are given.
PADDING = 4


def operand(x: Array, precision: Precision) -> Array:
    """Return ``x`` as an operand of a product: rounded to bfloat16, or as it is."""
    return x.astype(jnp.bfloat16) if precision == "bfloat16" else x


def product(a: Array, b: Array, dtype: Any, *, axes: tuple[int, int] = (1, 0)) -> Array:
    """Multiply two matrices over ``axes``, accumulating and answering in ``dtype``."""
    return lax.dot_general(a, b, (((axes[0],), (axes[1],)), ((), ())), preferred_element_type=dtype)


def stowed(tree: Any) -> Any:
    """Return arrays as a scan should stack them: those of bfloat16 as their bits, in uint16.

    The compiler writes a step's bfloat16 values into their stack by widening all of the stack to float32 and rounding
    it again, at every step (JAX 0.10). Forward and backward, a layer of 35 steps, 20 rows and 200 units took 9.6 ms so,
    and takes 8.5 (2 cores of an AMD EPYC).
    """

    def bits(x: Array) -> Array:
        return lax.bitcast_convert_type(x, jnp.uint16) if x.dtype == jnp.bfloat16 else x

    return jax.tree.map(bits, tree)


def unstowed(tree: Any) -> Any:
    """Return what ``stowed`` was given, stacked or not: what is uint16 is taken for bfloat16."""

    def values(x: Array) -> Array:
        return lax.bitcast_convert_type(x, jnp.bfloat16) if x.dtype == jnp.uint16 else x

    return jax.tree.map(values, tree)


def flat(x: Array) -> Array:
    """Merge time and batch: (T, B, X) to (T * B, X)."""
    return x.reshape(-1, x.shape[-1])


def turned(matrix: Array) -> Array:
    """Return the transpose as an array of its own: the compiler may not fold it into the product that made the matrix.

    Nor into one that reads it, where that lies in a loop.
    """
    apart: Array = lax.optimization_barrier(matrix)  # type: ignore[no-untyped-call]
    return apart.T


def weight_gradient(read: Array, d_result: Array, dtype: Any) -> Array:
    """Return ``read.T @ d_result``, (X, Y), over all time steps, of the operands (T, B, X) and (T, B, Y).

    Rows of zeros change nothing, but keep the compiler from folding the transpose into the product.
    """
    left = jnp.pad(flat(read).T, ((0, 0), (0, PADDING)))
    return product(left, jnp.pad(flat(d_result), ((0, PADDING), (0, 0))), dtype)


def dense(inputs: Array, weight: Array, *, precision: Precision = "float32") -> Array:
    """Return ``inputs @ weight``, (T, B, X) by (X, Y) to (T, B, Y), as one product over all time steps."""
    return _dense(inputs, weight, precision)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _dense(inputs: Array, weight: Array, precision: Precision) -> Array:
    result = product(operand(flat(inputs), precision), operand(weight, precision), inputs.dtype)
    return result.reshape(*inputs.shape[:-1], weight.shape[-1])


def _dense_forward(inputs: Array, weight: Array, precision: Precision) -> tuple[Array, tuple[Array, Array]]:
    return _dense(inputs, weight, precision), (operand(inputs, precision), weight)


def _dense_backward(precision: Precision, saved: tuple[Array, Array], d_result: Array) -> tuple[Array, Array]:
    inputs, weight = saved
    dtype = d_result.dtype
    d_result = operand(d_result, precision)
    d_weight = weight_gradient(inputs, d_result, dtype)
    d_inputs = product(flat(d_result), operand(weight, precision), dtype, axes=(1, 1))
    return d_inputs.reshape(inputs.shape), d_weight


_dense.defvjp(_dense_forward, _dense_backward)
