"""The adaptive softmax: its backward pass against the automatic one, and which rows a tail reads."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocomplete.network.kernels.output_layer import TAIL_BLOCK_ROWS, TailWeights, cross_entropy
from autocomplete.network.kernels.output_layer import adaptive_cross_entropy as typed_cross_entropy
from tests.network.kernels.comparing import assert_near, draw

WIDTH = 12
adaptive_cross_entropy: Any = typed_cross_entropy  # called with arguments in a tuple


def arguments(rows: int, head: int, tails: list[tuple[int, int]], seed: int = 0) -> tuple[Any, Any, Any]:
    """What is differentiated, targets among all words, and weights of which a third is 0; tails by words and width."""
    hidden, embedding, bias, weights = draw(
        seed, (rows, WIDTH), (head + len(tails), WIDTH), (head + len(tails),), (rows,)
    )
    parts = [draw(seed + 1 + n, (words, narrow), (narrow, WIDTH), (words,)) for n, (words, narrow) in enumerate(tails)]
    count = head + sum(words for words, _ in tails)
    targets = jnp.asarray(np.random.default_rng(seed).integers(0, count, rows), jnp.int32)
    given = hidden, embedding / WIDTH**0.5, bias, tuple(TailWeights(e / WIDTH**0.5, p, b) for e, p, b in parts)
    return given, targets, jnp.abs(weights) * (jnp.arange(rows) % 3 != 1)


def plain_loss(hidden: Any, embedding: Any, bias: Any, tails: Any, targets: Any, weights: Any) -> Any:
    """The same with the log probabilities of all words."""
    head = jax.nn.log_softmax(hidden @ embedding.T + bias)
    words = len(bias) - len(tails)
    parts = [head[:, :words]]
    for number, tail in enumerate(tails):
        within = jax.nn.log_softmax(hidden @ tail.projection.T @ tail.embedding.T + tail.bias)
        parts.append(head[:, words + number, None] + within)
    return -(weights * jnp.take_along_axis(jnp.concatenate(parts, axis=1), targets[:, None], axis=1)[:, 0]).sum()


@settings(max_examples=settings().max_examples // 15)  # each is compiled
@given(
    rows=st.integers(1, 2 * TAIL_BLOCK_ROWS + 20), head=st.integers(1, 40), seed=st.integers(0, 99),
    tails=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 16)), max_size=2),
)  # fmt: skip
def test_gradients_are_those_of_autodiff_on_any_shape(
    rows: int, head: int, tails: list[tuple[int, int]], seed: int
) -> None:
    given, targets, weights = arguments(rows, head, tails, seed)

    @jax.jit  # once for all three: compiling is what takes time here
    def everything(*given: Any) -> Any:
        def ours(*given: Any, precision: Any) -> Any:
            return adaptive_cross_entropy(*given, targets, weights.astype(given[0].dtype), precision=precision)

        rounded = jax.tree.map(lambda x: x.astype(jnp.float32), given)
        return (
            jax.value_and_grad(lambda *x: ours(*x, precision="float32"), range(4))(*given),
            jax.value_and_grad(lambda *x: ours(*x, precision="bfloat16"), range(4))(*rounded),
            jax.value_and_grad(plain_loss, range(4))(*given, targets, weights),
        )

    found, rounded, (value, gradients) = everything(*given)
    # Where rows agree on a part of the gradient by chance, only the whole has a size to compare with.
    whole = np.sqrt(sum(float(jnp.square(part).sum()) for part in jax.tree.leaves(gradients)))
    for (loss, parts), dtype, tolerance in ((found, "float64", 1e-10), (rounded, "float32", 3e-2)):
        assert_near(loss, value, tolerance)
        assert {part.dtype for part in jax.tree.leaves((loss, parts))} == {np.dtype(dtype)}
        for part, wanted in zip(jax.tree.leaves(parts), jax.tree.leaves(gradients), strict=True):
            assert np.linalg.norm(np.asarray(part - wanted)) <= tolerance * whole + 1e-300


def test_without_tails_it_is_the_exact_layer() -> None:
    (hidden, embedding, bias, _), targets, weights = arguments(37, 101, [])
    found = jax.jit(jax.value_and_grad(lambda *x: adaptive_cross_entropy(*x, (), targets, weights), range(3)))
    exact = jax.jit(jax.value_and_grad(lambda h, e, b: cross_entropy(h, e, b, targets, weights), range(3)))
    assert_near(found(hidden, embedding, bias), exact(hidden, embedding, bias), 0)


def test_evaluation_gives_the_loss_of_training() -> None:
    given, targets, weights = arguments(300, 20, [(30, 6), (50, 4)])
    alone = jax.jit(adaptive_cross_entropy)(*given, targets, weights)
    assert_near(alone, jax.jit(jax.value_and_grad(adaptive_cross_entropy))(*given, targets, weights)[0], 1e-12)


@pytest.mark.parametrize("differentiate", [False, True])
def test_blocks_behind_the_first_rows_are_not_scored(differentiate: bool) -> None:
    (hidden, embedding, bias, _), targets, weights = arguments(96, 20, [])
    kept = jnp.arange(96) < 20  # in the first two of six blocks

    def loss(hidden: Any) -> Any:
        counted = jnp.where(kept, weights, 0.0)
        return cross_entropy(hidden, embedding, bias, targets, counted, block=16, counted_rows=jnp.count_nonzero(kept))

    score = jax.jit(jax.value_and_grad(loss) if differentiate else loss)
    # What would be scored in the others would overflow.
    strange = jnp.where(jnp.arange(96)[:, None] < 32, hidden, 1e200)
    assert_near(score(strange), score(hidden), 1e-12)


def test_a_tail_takes_memory_for_the_rows_of_a_block_only() -> None:
    def temporary_bytes(rows: int) -> int:
        given, targets, weights = arguments(rows, 10, [(8_000, 4)])
        compiled = jax.jit(jax.grad(adaptive_cross_entropy, range(4))).lower(*given, targets, weights).compile()
        analysis = compiled.memory_analysis()
        assert analysis is not None
        return int(analysis.temp_size_in_bytes)

    assert temporary_bytes(8 * TAIL_BLOCK_ROWS) < 1.5 * temporary_bytes(2 * TAIL_BLOCK_ROWS)
