"""The output layer's backward pass against the automatic one."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autocomplete.network.kernels.output_layer import MOST_NATS, cross_entropy, row_losses
from tests.network.kernels.comparing import assert_near, draw

LOSS_SHAPES = [(1, 2, 1, 320), (17, 53, 11, 16), (37, 101, 12, 320), (64, 40, 8, 16), (331, 64, 33, 320)]  # N V E block


def plain_rows(hidden: Any, embedding: Any, bias: Any, targets: Any) -> Any:
    logits = hidden @ embedding.T + bias
    return jax.nn.logsumexp(logits, axis=1) - jnp.take_along_axis(logits, targets[:, None], axis=1)[:, 0]


def loss_arguments(shape: Any, seed: Any = 0) -> Any:
    n, v, e, _ = shape
    hidden, embedding, bias, weights = draw(seed, (n, e), (v, e), (v,), (n,))
    embedding = embedding / e**0.5
    targets = jnp.asarray(np.random.default_rng(seed).integers(0, v, n), jnp.int32)
    return (hidden, embedding, bias, jnp.abs(weights) * (jnp.arange(n) % 3 != 1)), targets


def loss_gradients(function: Any, arguments: Any) -> Any:
    return jax.jit(jax.value_and_grad(function, range(4)))(*arguments)


@pytest.mark.parametrize("shape", LOSS_SHAPES)
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-10), ("bfloat16", 3e-2)])
def test_loss_gradients_are_those_of_autodiff(shape: Any, precision: Any, tolerance: Any) -> None:
    arguments, targets = loss_arguments(shape)

    def ours(h: Any, e: Any, b: Any, w: Any) -> Any:
        return cross_entropy(h, e, b, targets, w, precision=precision, block=shape[-1])

    def plain(h: Any, e: Any, b: Any, w: Any) -> Any:
        return (w * plain_rows(h, e, b, targets)).sum()

    dtype = "float64" if precision == "float32" else "float32"
    found = loss_gradients(ours, [x.astype(dtype) for x in arguments])
    assert_near(found, loss_gradients(plain, arguments), tolerance)


@pytest.mark.parametrize("shape", LOSS_SHAPES)
def test_row_losses_weighted_and_summed_are_the_loss(shape: Any) -> None:
    (hidden, embedding, bias, weights), targets = loss_arguments(shape)

    @jax.jit
    def everything(hidden: Any, embedding: Any, bias: Any) -> Any:
        rows = row_losses(hidden, embedding, bias, targets, block=shape[-1])
        return (
            rows,
            plain_rows(hidden, embedding, bias, targets),
            cross_entropy(hidden, embedding, bias, targets, weights),
        )

    rows, plain, whole = everything(hidden, embedding, bias)
    assert_near(rows, plain, 1e-12)
    assert_near(whole, (weights * rows).sum(), 1e-12)


def test_a_row_of_weight_zero_changes_nothing() -> None:
    (hidden, embedding, bias, weights), targets = loss_arguments(LOSS_SHAPES[1])

    def gradients(hidden: Any, targets: Any) -> Any:
        return loss_gradients(lambda h, e, b, w: cross_entropy(h, e, b, targets, w), (hidden, embedding, bias, weights))

    masked = weights == 0
    first = gradients(hidden, targets)
    second = gradients(jnp.where(masked[:, None], 7.0, hidden), jnp.where(masked, 0, targets))
    assert masked.any()
    assert_near(second[0], first[0], 0)
    assert_near(second[1][:3], first[1][:3], 0)


def test_evaluation_computes_no_gradient_product() -> None:
    (hidden, embedding, bias, weights), targets = loss_arguments(LOSS_SHAPES[1])

    def ours(h: Any, e: Any, b: Any, w: Any) -> Any:
        return cross_entropy(h, e, b, targets, w)

    arguments = (hidden, embedding, bias, weights)
    assert str(jax.make_jaxpr(ours)(*arguments)).count("dot_general") == 1
    assert str(jax.make_jaxpr(jax.grad(ours))(*arguments)).count("dot_general") == 3


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_gradients_repeat_bit_for_bit(precision: Any) -> None:
    arguments, targets = loss_arguments((331, 640, 33, 320))

    def ours(h: Any, e: Any, b: Any, w: Any) -> Any:
        return cross_entropy(h, e, b, targets, w, precision=precision)

    arguments = [x.astype(jnp.float32) for x in arguments]
    for _ in range(3):
        assert_near(loss_gradients(ours, arguments), loss_gradients(ours, arguments), 0)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_float32_arguments_give_float32_gradients(precision: Any) -> None:
    arguments, targets = loss_arguments(LOSS_SHAPES[2])
    arguments = [x.astype(jnp.float32) for x in arguments]

    def ours(h: Any, e: Any, b: Any, w: Any) -> Any:
        return cross_entropy(h, e, b, targets, w, precision=precision)

    value, gradients = loss_gradients(ours, arguments)
    assert {x.dtype for x in (value, *gradients)} == {np.dtype("float32")}


def test_a_target_far_below_another_word_still_has_a_loss_and_gradients_that_raise_it() -> None:
    hidden, embedding = jnp.ones((1, 1)), jnp.asarray([[0.0], [61.0], [200.0]])
    loss, (_, d_embedding) = jax.jit(
        jax.value_and_grad(lambda h, e: cross_entropy(h, e, jnp.zeros(3), jnp.zeros(1, jnp.int32), jnp.ones(1)), (0, 1))
    )(hidden, embedding)
    assert MOST_NATS < loss < MOST_NATS + 1
    assert np.isfinite(d_embedding).all()
    assert d_embedding[0, 0] < 0 < min(d_embedding[1:, 0])
    assert abs(d_embedding.sum()) < 1e-6


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_gradients_take_less_memory_than_with_all_logits(precision: Any) -> None:
    arguments, targets = loss_arguments((1_120, 4_000, 32, 280))
    arguments = [x.astype("float32") for x in arguments]

    def temporary_bytes(function: Any) -> int:
        analysis = jax.jit(jax.grad(function, range(4))).lower(*arguments).compile().memory_analysis()
        assert analysis is not None
        return int(analysis.temp_size_in_bytes)

    ours = temporary_bytes(lambda h, e, b, w: cross_entropy(h, e, b, targets, w, precision=precision, block=280))
    plain = temporary_bytes(lambda h, e, b, w: (w * plain_rows(h, e, b, targets)).sum())
    assert ours < 0.5 * plain
