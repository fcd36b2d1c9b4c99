"""Laws of the cache: it says what followed like moments, many at a time as one by one, and forgets in time."""

import numpy as np
import pytest

from autocomplete.predict.experts.cache import WINDOW, Cache, CacheState

WIDTH = 4
SIZE = 7  # from this id on, words are the session's own


def read(cache: Cache, tokens: list[int], outputs: np.ndarray) -> CacheState:
    state = cache.initial_state()
    for token, output in zip(tokens, outputs, strict=True):
        state = cache.append(state, token, output)
    return state


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)


def share_of(cache: Cache, state: CacheState, output: np.ndarray, token: int) -> float:
    found = cache.recall(state, output)
    return float(found.shares[found.tokens == token].sum())


def test_nothing_is_recalled_before_anything_was_read() -> None:
    found = Cache(WIDTH).recall(Cache(WIDTH).initial_state(), vectors(1)[0])
    assert len(found.tokens) == 0
    assert found.evidence == -np.inf


def test_shares_sum_to_one() -> None:
    cache = Cache(WIDTH)
    outputs = vectors(50)
    state = read(cache, list(range(50)), outputs)
    assert cache.recall(state, vectors(1, seed=9)[0]).shares.sum() == pytest.approx(1.0)


def test_what_followed_a_like_moment_counts_most() -> None:
    cache = Cache(WIDTH)
    outputs = np.eye(WIDTH, dtype=np.float32)
    state = read(cache, [10, 11, 12, 13], outputs)
    for place in range(WIDTH):
        shares = [share_of(cache, state, 3 * outputs[place], token) for token in (10, 11, 12, 13)]
        assert int(np.argmax(shares)) == place


def test_only_the_direction_of_an_output_counts() -> None:
    cache = Cache(WIDTH)
    state = read(cache, [1, 2, 3], vectors(3))
    now = vectors(1, seed=2)[0]
    np.testing.assert_allclose(cache.recall(state, now).shares, cache.recall(state, 5 * now).shares, rtol=1e-5)


def test_of_two_equal_moments_the_later_counts_more() -> None:
    cache = Cache(0)
    state = read(cache, [5, 6, 7, 8], np.empty((4, 0), np.float32))
    shares = cache.recall(state, np.empty(0, np.float32)).shares
    assert np.all(np.diff(shares) > 0)


def test_an_identical_context_counts_more_the_longer_it_is() -> None:
    cache = Cache(0)
    nothing = np.empty(0, np.float32)
    # After 1 2 3: 20 followed 2 3 here, 21 followed 3, 22 followed something else.
    state = read(cache, [9, 2, 3, 20, 9, 9, 3, 21, 9, 9, 9, 22, 1, 2, 3], np.empty((15, 0), np.float32))
    assert share_of(cache, state, nothing, 20) > share_of(cache, state, nothing, 21)
    assert share_of(cache, state, nothing, 21) > share_of(cache, state, nothing, 22)


def test_older_tokens_than_the_window_are_forgotten() -> None:
    cache = Cache(WIDTH)
    outputs = vectors(WINDOW + 1)
    state = read(cache, [1000, *range(WINDOW)], outputs)
    found = cache.recall(state, outputs[0])
    assert len(found.tokens) == WINDOW
    assert 1000 not in found.tokens


def test_a_state_is_not_changed_by_what_another_reads_after_it() -> None:
    cache = Cache(WIDTH)
    outputs = vectors(40)
    common = read(cache, list(range(30)), outputs[:30])  # some of it in the log, some of it recent
    now = vectors(1, seed=3)[0]
    before = cache.recall(common, now)
    one, other = common, common
    for step in range(9):
        one = cache.append(one, 70 + step, outputs[30 + step])
        other = cache.append(other, 80 + step, outputs[39 - step])
        assert cache.recall(one, now).tokens.tolist() == [*range(30), *range(70, 71 + step)]
        assert cache.recall(other, now).tokens.tolist() == [*range(30), *range(80, 81 + step)]
    after = cache.recall(common, now)
    assert after.tokens.tolist() == before.tokens.tolist()
    np.testing.assert_array_equal(after.shares, before.shares)


def test_words_that_were_only_half_typed_leave_no_copies() -> None:
    """At every letter the half-typed word is read as a finished one, and forgotten: those readings share one log."""
    cache = Cache(WIDTH)
    outputs = vectors(8 * 60)
    state, logs = cache.initial_state(), set()
    for word in range(60):
        for letter in range(5):
            guess = cache.append(state, 1000 + letter, outputs[8 * word])
            assert cache.recall(guess, outputs[0]).tokens.tolist() == [*range(word), 1000 + letter]
        state = cache.append(state, word, outputs[8 * word])
        logs.add(id(state.log))
    assert len(logs) == 1
    assert cache.recall(state, outputs[0]).tokens.tolist() == list(range(60))


def test_a_long_session_takes_no_more_memory() -> None:
    cache = Cache(WIDTH)
    state = read(cache, list(range(20 * WINDOW)), vectors(20 * WINDOW))
    assert state.log.outputs.nbytes < 10 * WINDOW * WIDTH * 4


@pytest.mark.parametrize("width", [0, WIDTH])
def test_scoring_many_at_a_time_equals_one_by_one(width: int) -> None:
    count = 3 * WINDOW
    draw = np.random.default_rng(1)
    tokens = np.minimum(draw.geometric(0.2, count), SIZE + 3)
    outputs = draw.normal(size=(count, width)).astype(np.float32)
    cache = Cache(width)
    state = cache.initial_state()
    exact, further, evidence = [], [], []
    for token, output in zip(tokens.tolist(), outputs, strict=True):
        found = cache.recall(state, output)
        exact.append(found.shares[found.tokens == token].sum())
        further.append(found.shares[found.tokens >= SIZE].sum())
        evidence.append(found.evidence)
        state = cache.append(state, token, output)
    after = cache.initial_state()
    parts = []
    for start in range(0, count, 700):  # pieces that end anywhere
        piece = slice(start, start + 700)
        scored, after = cache.score(after, tokens[piece], outputs[piece], vocabulary_size=SIZE)
        parts.append(scored)
    np.testing.assert_allclose(np.concatenate([part.exact for part in parts]), exact, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([part.further for part in parts]), further, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([part.evidence for part in parts]), evidence, atol=1e-4)
    now = draw.normal(size=width).astype(np.float32)
    np.testing.assert_allclose(cache.recall(after, now).shares, cache.recall(state, now).shares, atol=1e-6)
