"""The output layer against drawn words: its backward pass against the automatic one, and what it estimates."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocomplete.network.kernels.output_layer import cross_entropy
from autocomplete.network.kernels.sampled_softmax import TICKS, Drawn, draw, sampled_cross_entropy, ticks_by_rank
from tests.network.kernels.comparing import assert_near
from tests.network.kernels.test_output_layer import loss_arguments, loss_gradients


def drawn_words(seed: int, vocabulary_size: int, count: int) -> Drawn:
    return draw(jax.random.key(seed), ticks_by_rank(vocabulary_size, count))


def plain_loss(hidden: Any, embedding: Any, bias: Any, weights: Any, targets: Any, drawn: Drawn) -> Any:
    """The same estimate, word by word of the vocabulary."""
    logits = hidden @ embedding.T + bias  # (N, V)
    own = jnp.take_along_axis(logits, targets[:, None], axis=1)
    chances = jnp.zeros(len(embedding)).at[drawn.words].set(1.0 / jnp.exp(drawn.log_chances))
    counted = jnp.where(jnp.arange(len(embedding)) == targets[:, None], 1.0, chances)
    top = logits.max(axis=1, keepdims=True)
    return (weights * (jnp.log((counted * jnp.exp(logits - top)).sum(axis=1)) + top[:, 0] - own[:, 0])).sum()


@settings(max_examples=4, deadline=None)
@given(
    rows=st.integers(1, 70), words=st.integers(3, 90), width=st.integers(1, 20), block=st.sampled_from([16, 320]),
    share=st.floats(0.0, 1.0), seed=st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_autodiff_on_any_shape(
    rows: int, words: int, width: int, block: int, share: float, seed: int
) -> None:
    arguments, targets = loss_arguments((rows, words, width, block), seed)
    drawn = drawn_words(seed, words, 1 + round(share * (words - 2)))

    @jax.jit  # once for all three: compiling is what takes time here
    def everything(*arguments: Any) -> Any:
        def ours(h: Any, e: Any, b: Any, w: Any, precision: Any) -> Any:
            return sampled_cross_entropy(h, e, b, targets, w, drawn, precision=precision, block=block)

        rounded = [x.astype(jnp.float32) for x in arguments]
        return (
            jax.value_and_grad(ours, range(4))(*arguments, "float32"),
            jax.value_and_grad(ours, range(4))(*rounded, "bfloat16"),
            jax.value_and_grad(plain_loss, range(4))(*arguments, targets, drawn),
        )

    found, rounded, (value, gradients) = everything(*arguments)
    # Where the estimate leaves a part no gradient, only the whole has a size to compare with.
    whole = np.sqrt(sum(float(jnp.square(part).sum()) for part in gradients))
    for (loss, parts), dtype, tolerance in ((found, "float64", 1e-10), (rounded, "float32", 3e-2)):
        assert_near(loss, value, tolerance)
        assert {part.dtype for part in (loss, *parts)} == {np.dtype(dtype)}
        for part, wanted in zip(parts, gradients, strict=True):
            assert np.linalg.norm(np.asarray(part - wanted)) <= tolerance * whole + 1e-300


def test_with_every_word_drawn_it_is_the_exact_layer() -> None:
    arguments, targets = loss_arguments((37, 101, 12, 320))
    everything = Drawn(jnp.arange(101), jnp.zeros(101))
    found = loss_gradients(lambda h, e, b, w: sampled_cross_entropy(h, e, b, targets, w, everything), arguments)
    exact = loss_gradients(lambda h, e, b, w: cross_entropy(h, e, b, targets, w), arguments)
    assert_near(found, exact, 1e-10)


@pytest.mark.parametrize(("vocabulary_size", "count"), [(3, 1), (10, 9), (101, 40), (33_280, 4096), (100_000, 8191)])
def test_words_drawn_are_different_and_rarer_ones_no_likelier(vocabulary_size: int, count: int) -> None:
    ends = ticks_by_rank(vocabulary_size, count)
    chances = np.diff(ends.astype(np.int64), prepend=0)
    assert chances.min() > 0
    assert chances.max() <= TICKS
    assert ends[-1] == count * TICKS
    assert (np.diff(chances) <= 1).all()  # to a tick
    for seed in range(3):
        words = np.asarray(drawn_words(seed, vocabulary_size, count).words)
        assert len(set(words.tolist())) == count
        assert set(np.flatnonzero(chances == TICKS).tolist()) <= set(words.tolist())
        assert 0 <= words.min() <= words.max() < vocabulary_size


def test_a_word_is_drawn_as_often_as_it_is_said_to_be() -> None:
    ends = ticks_by_rank(60, 12)
    found = jax.vmap(lambda key: draw(key, ends))(jax.random.split(jax.random.key(0), 4_000))
    often = np.bincount(np.asarray(found.words).ravel(), minlength=60) / 4_000
    chances = np.diff(ends, prepend=0) / TICKS
    assert np.abs(often - chances).max() < 0.03
    np.testing.assert_allclose(np.exp(found.log_chances), chances[np.asarray(found.words)])


def test_the_sum_over_all_words_is_estimated_without_bias() -> None:
    (hidden, embedding, bias, _), targets = loss_arguments((1, 60, 5, 16))
    ends = ticks_by_rank(60, 12)

    def total(key: Any) -> Any:
        """exp(loss + own logit), the sum whose logarithm the loss takes."""
        loss = sampled_cross_entropy(hidden, embedding, bias, targets, jnp.ones(1), draw(key, ends))
        return jnp.exp(loss + hidden[0] @ embedding[targets[0]] + bias[targets[0]])

    found = jax.jit(jax.vmap(total))(jax.random.split(jax.random.key(1), 4_000))
    exact = jnp.exp(hidden[0] @ embedding.T + bias).sum()
    assert float(found.mean()) == pytest.approx(float(exact), rel=4 * float(found.std() / exact) / 4_000**0.5)
    assert float(found.std()) > 0


def test_the_step_depends_on_the_words_drawn_not_on_those_that_exist() -> None:
    def temporary_bytes(vocabulary_size: int) -> int:
        arguments, targets = loss_arguments((64, vocabulary_size, 16, 64))

        def hidden_gradient(hidden: Any, embedding: Any, bias: Any, weights: Any) -> Any:
            drawn = drawn_words(0, vocabulary_size, 50)
            return sampled_cross_entropy(hidden, embedding, bias, targets, weights, drawn, block=32)

        compiled = jax.jit(jax.grad(hidden_gradient)).lower(*arguments).compile()
        analysis = compiled.memory_analysis()
        assert analysis is not None
        return int(analysis.temp_size_in_bytes)

    assert temporary_bytes(20_000) < 1.05 * temporary_bytes(1000)
