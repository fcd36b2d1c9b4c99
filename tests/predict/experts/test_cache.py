"""Laws of the cache: it says what followed like moments, many at a time as one by one, and forgets in time."""

import numpy as np
import pytest

from autocomplete.predict.experts.cache import WINDOW, Cache, CacheState, appended, recall
from autocomplete.predict.experts.protocol import Scores

WIDTH = 4
SIZE = 7  # from this id on, words are the session's own


def nothing_read() -> CacheState:
    return Cache(SIZE).initial_state()[0]


def read(tokens: list[int], outputs: np.ndarray) -> CacheState:
    state = nothing_read()
    for token, output in zip(tokens, outputs, strict=True):
        state = appended(state, token, output)
    return state


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)


def share_of(state: CacheState, output: np.ndarray, token: int) -> float:
    found = recall(state, output)
    return float(found.shares[found.tokens == token].sum())


def test_nothing_is_recalled_before_anything_was_read() -> None:
    found = recall(nothing_read(), vectors(1)[0])
    assert len(found.tokens) == 0
    assert found.evidence == -np.inf


def test_shares_sum_to_one() -> None:
    outputs = vectors(50)
    state = read(list(range(50)), outputs)
    assert recall(state, vectors(1, seed=9)[0]).shares.sum() == pytest.approx(1.0)


def test_what_followed_a_like_moment_counts_most() -> None:
    outputs = np.eye(WIDTH, dtype=np.float32)
    state = read([10, 11, 12, 13, 14], np.concatenate([outputs, -outputs[:1]]))
    for place in range(WIDTH):
        shares = [share_of(state, 3 * outputs[place], token) for token in (10, 11, 12, 13)]
        assert int(np.argmax(shares)) == place


def test_only_the_direction_of_an_output_counts() -> None:
    state = read([1, 2, 3], vectors(3))
    now = vectors(1, seed=2)[0]
    np.testing.assert_allclose(recall(state, now).shares, recall(state, 5 * now).shares, rtol=1e-5)


def test_of_two_equal_moments_the_later_counts_more() -> None:
    state = read([5, 6, 7, 8], np.empty((4, 0), np.float32))
    shares = recall(state, np.empty(0, np.float32)).shares
    assert np.all(np.diff(shares[:-1]) > 0)


def test_the_word_just_read_is_not_expected_again() -> None:
    nothing = np.empty(0, np.float32)
    assert recall(read([5], np.empty((1, 0), np.float32)), nothing).evidence == -np.inf
    assert share_of(read([5, 6, 7], np.empty((3, 0), np.float32)), nothing, 7) == 0.0
    # Where it stood behind itself before, it may again.
    twice = read([7, 7, 5, 6, 7], np.empty((5, 0), np.float32))
    assert share_of(twice, nothing, 7) > share_of(twice, nothing, 5) + share_of(twice, nothing, 6) - 0.01


def test_an_identical_context_counts_more_the_longer_it_is() -> None:
    nothing = np.empty(0, np.float32)
    # After 1 2 3: 20 followed 2 3 here, 21 followed 3, 22 followed something else.
    state = read([9, 2, 3, 20, 9, 9, 3, 21, 9, 9, 9, 22, 1, 2, 3], np.empty((15, 0), np.float32))
    assert share_of(state, nothing, 20) > share_of(state, nothing, 21)
    assert share_of(state, nothing, 21) > share_of(state, nothing, 22)


def test_older_tokens_than_the_window_are_forgotten() -> None:
    outputs = vectors(WINDOW + 1)
    state = read([1000, *range(WINDOW)], outputs)
    found = recall(state, outputs[0])
    assert len(found.tokens) == WINDOW
    assert 1000 not in found.tokens


def test_a_state_is_not_changed_by_what_another_reads_after_it() -> None:
    outputs = vectors(40)
    common = read(list(range(30)), outputs[:30])  # some of it in the log, some of it recent
    now = vectors(1, seed=3)[0]
    before = recall(common, now)
    one, other = common, common
    for step in range(9):
        one = appended(one, 70 + step, outputs[30 + step])
        other = appended(other, 80 + step, outputs[39 - step])
        assert recall(one, now).tokens.tolist() == [*range(30), *range(70, 71 + step)]
        assert recall(other, now).tokens.tolist() == [*range(30), *range(80, 81 + step)]
    after = recall(common, now)
    assert after.tokens.tolist() == before.tokens.tolist()
    np.testing.assert_array_equal(after.shares, before.shares)


def test_words_that_were_only_half_typed_leave_no_copies() -> None:
    """At every letter the half-typed word is read as a finished one, and forgotten: those readings share one log."""
    outputs = vectors(8 * 60)
    state, logs = nothing_read(), set()
    for word in range(60):
        for letter in range(5):
            guess = appended(state, 1000 + letter, outputs[8 * word])
            assert recall(guess, outputs[0]).tokens.tolist() == [*range(word), 1000 + letter]
        state = appended(state, word, outputs[8 * word])
        logs.add(id(state.log))
    assert len(logs) == 1
    assert recall(state, outputs[0]).tokens.tolist() == list(range(60))


def test_a_long_session_takes_no_more_memory() -> None:
    state = read(list(range(20 * WINDOW)), vectors(20 * WINDOW))
    assert state.log.outputs.nbytes < 10 * WINDOW * WIDTH * 4


@pytest.mark.parametrize("width", [0, WIDTH])
def test_scoring_many_at_a_time_equals_one_by_one(width: int) -> None:
    """Wherever the pieces end, and where older tokens than the window are forgotten."""
    count = 3 * WINDOW
    draw = np.random.default_rng(1)
    tokens = np.minimum(draw.geometric(0.2, count), SIZE + 3)
    outputs = draw.normal(size=(count, width)).astype(np.float32)
    cache, state = Cache(SIZE), nothing_read()
    chances, evidence = [], []
    for token, output in zip(tokens.tolist(), outputs, strict=True):
        found = recall(state, output)
        alike = found.tokens == token if token < SIZE else found.tokens >= SIZE
        chances.append(found.shares[alike].sum())
        evidence.append(found.evidence)
        state = appended(state, token, output)
    after = cache.initial_state()
    parts = []
    for start in range(0, count, 700):
        piece = slice(start, start + 700)
        scored, after = cache.score(after, tokens[piece], outputs[piece])
        parts.append(scored)
    scores = Scores.joined(parts)
    np.testing.assert_allclose(np.exp(scores.log_probabilities), chances, atol=1e-5)
    np.testing.assert_allclose(scores.evidence, evidence, atol=1e-4)
    now = draw.normal(size=width).astype(np.float32)
    np.testing.assert_allclose(recall(after[0], now).shares, recall(state, now).shares, atol=1e-6)
