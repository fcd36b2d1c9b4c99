"""The cache: what the session wrote after moments like this one is likely again.

A continuous neural cache (Grave, Joulin & Usunier 2017): every past token is kept with the network's output at the
moment before it, and weighs more the more that output resembles the present one. Two things are added, for recency
(Kuhn & De Mori 1990): a weight that falls with age, and one that grows with the length of the identical
context. Words outside the vocabulary keep their identity, so that a name typed once is offered afterwards.
"""

from typing import NamedTuple

import numpy as np

from autocomplete.arrays import Float32Array, Float64Array, Int64Array

# The score of a past moment, a logarithm, chosen on validation text of PTB and of a user-sized corpus, alike on both:
# with similarity from 6 to 10, matches from 0.5 to 1.5 and age from -0.003 to -0.005 the mixture's perplexity stays
# within 1 %.
SIMILARITY = 8.0  # times the cosine of its output with the present one
PER_MATCH = 1.0  # times the number of identical tokens before it
PER_TOKEN_OF_AGE = -0.004
WINDOW = 512
LONGEST_MATCH = 3

_BEFORE_ANY = -1  # stands where no token does
_LOG_TOKENS = 2 * WINDOW
# Tokens that a state keeps to itself before they join the log.
_RECENT = 8
# Tokens scored at a time: their products with the window fit the processor's cache.
_ROWS = 128


class _Log:
    """Tokens and what the network's output was before each; states share one as far as they agree."""

    def __init__(self, width: int) -> None:
        self.tokens = np.full(LONGEST_MATCH + _LOG_TOKENS, _BEFORE_ANY, np.int64)
        self.outputs = np.empty((_LOG_TOKENS, width), np.float32)
        self.used = 0


class CacheState(NamedTuple):
    """What one sequence's session has read: the first `length` entries of a log, and some more. States go in and out.

    Attributes:
        log: Shared, append-only storage.
        length: Entries of it that belong to this state.
        recent: Tokens read since, and the normalised outputs before them. A half-typed word is read as finished at
            every letter: such a guess stays here and takes no part in the log.
    """

    log: _Log
    length: int
    recent: tuple[tuple[int, Float32Array], ...] = ()


class Recollection(NamedTuple):
    """The past moments that resemble the present one.

    Attributes:
        tokens: What followed each, oldest first; ids behind the vocabulary's are words that it lacks. (N,).
        shares: Their weights; they sum to 1. (N,).
        evidence: Logarithm of the summed weights before that; -inf where nothing is remembered.
    """

    tokens: Int64Array
    shares: Float64Array
    evidence: float


class CacheScores(NamedTuple):
    """What the cache thought of N tokens.

    Attributes:
        exact: Probability of each, (N,).
        further: Probability of all words together that the vocabulary lacks, (N,).
        evidence: `Recollection.evidence` before each, (N,).
    """

    exact: Float64Array
    further: Float64Array
    evidence: Float64Array


class Cache:
    """Keeps what was read and finds what resembles the present.

    Args:
        width: Size of the network's output, 0 without a network: then recency and identical context decide alone.
    """

    def __init__(self, width: int) -> None:
        self._width = width

    def initial_state(self) -> CacheState:
        """Nothing read yet."""
        return CacheState(_Log(self._width), 0)

    def append(self, state: CacheState, token: int, output: Float32Array) -> CacheState:
        """Remember a token and the network's output before it, (E,)."""
        if len(state.recent) == _RECENT:
            state = self._logged(state)
        return state._replace(recent=(*state.recent, (token, normalised(output))))

    def _logged(self, state: CacheState) -> CacheState:
        """The same state with its recent tokens in the log."""
        log, length, recent = state
        stop = length + len(recent)
        tokens = [token for token, _ in recent]
        outputs = np.stack([output for _, output in recent])
        logged = slice(length, stop)
        if stop <= log.used and _holds(log, logged, tokens, outputs):  # a state that read the same was here first
            return CacheState(log, stop)
        if length != log.used or stop > _LOG_TOKENS:  # another state went on here, or the log is full
            log = _copied_end(state._replace(recent=()), self._width)
            length, stop = log.used, log.used + len(recent)
        log.tokens[LONGEST_MATCH + length : LONGEST_MATCH + stop] = tokens
        log.outputs[length:stop] = outputs
        log.used = stop
        return CacheState(log, stop)

    def recall(self, state: CacheState, output: Float32Array) -> Recollection:
        """Weigh what was read by its likeness to the present, given by the network's output, (E,)."""
        log, length, recent = state
        start = max(0, length + len(recent) - WINDOW)
        newest = np.array([token for token, _ in recent], np.int64)
        stream = np.concatenate([log.tokens[start : LONGEST_MATCH + length], newest])
        tokens = stream[LONGEST_MATCH:]
        count = len(tokens)
        if not count:
            return Recollection(tokens, np.empty(0), -np.inf)
        now = SIMILARITY * normalised(output)
        scores = PER_TOKEN_OF_AGE * np.arange(count, 0, -1, dtype=np.float32)
        scores[: length - start] += log.outputs[start:length] @ now
        scores[length - start :] += [np.dot(like, now) for _, like in recent]
        identical = np.ones(count, np.bool_)
        for back in range(1, LONGEST_MATCH + 1):
            identical &= stream[LONGEST_MATCH - back : -back] == stream[-back]
            scores += PER_MATCH * identical
        largest = scores.max()
        weights = np.exp((scores - largest).astype(np.float64))
        total = weights.sum()
        return Recollection(tokens, weights / total, float(largest + np.log(total)))

    def score(
        self, state: CacheState, tokens: Int64Array, outputs: Float32Array, *, vocabulary_size: int
    ) -> tuple[CacheScores, CacheState]:
        """Score tokens that follow `state`, many at a time; the same numbers as `recall` and `append` in turn.

        Args:
            state: What was read before the first.
            tokens: (N,) ids.
            outputs: The network's output before each, (N, E).
            vocabulary_size: From this id on, tokens are words that the vocabulary lacks.
        """
        log = _copied_end(self._logged(state) if state.recent else state, self._width)
        known = log.used
        stream = np.concatenate([log.tokens[: LONGEST_MATCH + known], tokens])
        keys = np.concatenate([log.outputs[:known], normalised(outputs)])
        is_further = stream >= vocabulary_size
        scored = CacheScores(*(np.empty(len(tokens)) for _ in CacheScores._fields))
        for first in range(0, len(tokens), _ROWS):
            stop = min(first + _ROWS, len(tokens))
            oldest = max(0, known + first - WINDOW)
            now = np.arange(known + first, known + stop)[:, None]  # (rows, 1)
            past = np.arange(oldest, known + stop)[None]  # (1, past)
            ages = now - past
            scores = keys[known + first : known + stop] @ (SIMILARITY * keys[oldest : known + stop].T)
            scores += PER_TOKEN_OF_AGE * ages
            identical = np.ones(scores.shape, np.bool_)
            for back in range(1, LONGEST_MATCH + 1):
                identical &= stream[now + LONGEST_MATCH - back] == stream[past + LONGEST_MATCH - back]
                scores += PER_MATCH * identical
            scores[(ages < 1) | (ages > WINDOW)] = -np.inf
            largest = scores.max(axis=1, keepdims=True)
            largest[np.isneginf(largest)] = 0.0
            weights = np.exp((scores - largest).astype(np.float64))
            totals = weights.sum(axis=1)
            shares = weights / np.maximum(totals, 1e-300)[:, None]
            scored.exact[first:stop] = (shares * (stream[LONGEST_MATCH + past] == tokens[first:stop, None])).sum(axis=1)
            scored.further[first:stop] = (shares * is_further[LONGEST_MATCH + past]).sum(axis=1)
            with np.errstate(divide="ignore"):
                scored.evidence[first:stop] = largest[:, 0] + np.log(totals)
        kept = min(WINDOW, len(keys))
        after = _Log(self._width)
        after.tokens[: LONGEST_MATCH + kept] = stream[len(stream) - LONGEST_MATCH - kept :]
        after.outputs[:kept] = keys[len(keys) - kept :]
        after.used = kept
        return scored, CacheState(after, kept)


def normalised(outputs: Float32Array) -> Float32Array:
    """Scale vectors along the last axis to length 1; zeros stay zeros."""
    lengths = np.sqrt((outputs * outputs).sum(axis=-1, keepdims=True))
    scaled: Float32Array = outputs / np.maximum(lengths, np.float32(1e-12))
    return scaled


def _holds(log: _Log, place: slice, tokens: list[int], outputs: Float32Array) -> bool:
    """Whether a log holds just these entries at a place."""
    held = log.tokens[LONGEST_MATCH + place.start : LONGEST_MATCH + place.stop]
    return held.tolist() == tokens and np.array_equal(log.outputs[place], outputs)


def _copied_end(state: CacheState, width: int) -> _Log:
    """A log of its own that holds the end of what a state has read."""
    log = _Log(width)
    kept = min(state.length, WINDOW)
    start = state.length - kept
    log.tokens[: LONGEST_MATCH + kept] = state.log.tokens[start : LONGEST_MATCH + state.length]
    log.outputs[:kept] = state.log.outputs[start : state.length]
    log.used = kept
    return log
