"""The cache: what the session wrote after moments like this one is likely again.

A continuous neural cache (Grave, Joulin & Usunier 2017): every past token is kept with the network's output at the
moment before it, and weighs more the more that output resembles the present one. Two things are added, for recency
(Kuhn & De Mori 1990): a weight that falls with age, and one that grows with the length of the identical
context. Words outside the vocabulary keep their identity, so that a name typed once is offered afterwards.

The word just read is no candidate: hardly any word stands behind itself, and who writes `bye bye` has done so before.
Perplexity falls by 0.1 % on the news and on Brown, without a network.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autocomplete.arrays import Float32Array, Float64Array, Int64Array
from autocomplete.predict.experts.protocol import Classing, Expert, Opinion, Scores, Sequences
from autocomplete.text.vocabulary import UNKNOWN

# The score of a past moment, a logarithm, chosen on validation text of PTB and of a user-sized corpus, alike on both:
# with similarity from 6 to 10, matches from 0.5 to 1.5 and age from -0.003 to -0.005 the mixture's perplexity stays
# within 1 %.
SIMILARITY = 8.0  # times the cosine of its output with the present one
PER_MATCH = 1.0  # times the number of identical tokens before it
PER_TOKEN_OF_AGE = -0.004
WINDOW = 512
LONGEST_MATCH = 3
# Classes of evidence: with more, or with other measures of what the cache knows, perplexity on the other half of two
# corpora did not fall further.
EVIDENCE_CLASSES = 3

_BY_AGE = PER_TOKEN_OF_AGE * np.arange(WINDOW, 0, -1, dtype=np.float32)  # (WINDOW,), oldest first
_BEFORE_ANY = -1  # stands where no token does
_LOG_TOKENS = 2 * WINDOW
# Tokens that a state keeps to itself before they join the log.
_RECENT = 8
# Tokens scored at a time: their products with the window fit the processor's cache.
_ROWS = 128


class _Log:
    """Tokens and what the network's output was before each; states share one as far as they agree."""

    def __init__(self) -> None:
        self.tokens = np.full(LONGEST_MATCH + _LOG_TOKENS, _BEFORE_ANY, np.int64)
        self.outputs = np.empty((0, 0), np.float32)
        self.used = 0

    def write(self, tokens: list[int] | Int64Array, outputs: Float32Array) -> None:
        """Append entries; the first say how wide outputs are."""
        if not self.used:
            self.outputs = np.empty((_LOG_TOKENS, outputs.shape[1]), np.float32)
        stop = self.used + len(outputs)
        self.tokens[LONGEST_MATCH + self.used : LONGEST_MATCH + stop] = tokens
        self.outputs[self.used : stop] = outputs
        self.used = stop


class CacheState(NamedTuple):
    """What one sequence's session has read: the first `length` entries of a log, and some more.

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


CacheStates = Sequences[CacheState]


class Cache(Expert[CacheStates]):
    """Keeps what was read and finds what resembles the present, by the outputs of a network, where there is one.

    Without a network recency and identical context decide alone. Its evidence is the logarithm of the summed weights of
    all that it remembers.

    Args:
        vocabulary_size: From this id on, tokens are words that the vocabulary lacks.
    """

    name = "cache"
    classing = Classing(parts=EVIDENCE_CLASSES, may_be_silent=True)

    def __init__(self, vocabulary_size: int) -> None:
        self.vocabulary_size = vocabulary_size

    def initial_state(self) -> CacheStates:
        """Nothing read yet."""
        return Sequences([CacheState(_Log(), 0)])

    def step(self, state: CacheStates, tokens: Sequence[int], outputs: Float32Array, /) -> CacheStates:
        """Remember a token a sequence, (B,), and the network's output before it, (B, E)."""
        read = zip(state, tokens, outputs, strict=True)
        return Sequences([appended(before, token, output) for before, token, output in read])

    def forecast(self, state: CacheStates, outputs: Float32Array, /) -> Opinion:
        """What followed moments like each sequence's present one."""
        recollections = [recall(each, output) for each, output in zip(state, outputs, strict=True)]
        size = self.vocabulary_size
        # Not np.unique, which would import 15 ms of masked arrays.
        unknown = {token for each in recollections for token in each.tokens[each.tokens >= size].tolist()}
        further = np.array(sorted(unknown), np.int64)
        probabilities = np.empty((len(recollections), size + len(further)), np.float32)
        for row, (tokens, shares, _) in zip(probabilities, recollections, strict=True):
            places = np.where(tokens >= size, size + further.searchsorted(tokens), tokens) if unknown else tokens
            row[:] = np.bincount(places, weights=shares, minlength=len(row))
        return Opinion(probabilities, np.array([each.evidence for each in recollections]), further)

    def score(self, state: CacheStates, tokens: Int64Array, outputs: Float32Array, /) -> tuple[Scores, CacheStates]:
        """Score a text that goes on from `state`, many tokens at a time."""
        log = _copied_end(_logged(state[0]))
        known = log.used
        stream = np.concatenate([log.tokens[: LONGEST_MATCH + known], tokens])
        keys = np.concatenate([log.outputs[:known].reshape(known, outputs.shape[1]), _units(outputs)])
        parts = [
            self._scored(stream, keys, first, min(first + _ROWS, len(stream) - LONGEST_MATCH))
            for first in range(known, len(stream) - LONGEST_MATCH, _ROWS)
        ]
        kept = min(WINDOW, len(keys))
        after = _Log()
        after.tokens[:LONGEST_MATCH] = stream[len(stream) - LONGEST_MATCH - kept : len(stream) - kept]
        after.write(stream[len(stream) - kept :], keys[len(keys) - kept :])
        return Scores.joined(parts), Sequences([CacheState(after, kept)])

    def _scored(self, stream: Int64Array, keys: Float32Array, first: int, stop: int) -> Scores:
        """Score the tokens from one place to another.

        Args:
            stream: All tokens, `LONGEST_MATCH` more standing before them.
            keys: The normalised output before each token.
            first: Place of the first token scored.
            stop: Place behind the last.
        """
        oldest = max(0, first - WINDOW)
        now = np.arange(first, stop)[:, None]  # (rows, 1)
        past = np.arange(oldest, stop)[None]  # (1, past)
        ages = now - past
        scores = keys[first:stop] @ (SIMILARITY * keys[oldest:stop].T)
        scores += PER_TOKEN_OF_AGE * ages
        identical = np.ones(scores.shape, np.bool_)
        for back in range(1, LONGEST_MATCH + 1):
            identical &= stream[now + LONGEST_MATCH - back] == stream[past + LONGEST_MATCH - back]
            scores += PER_MATCH * identical
        scores[(ages < 2) | (ages > WINDOW)] = -np.inf
        largest = scores.max(axis=1, keepdims=True)
        largest[np.isneginf(largest)] = 0.0
        weights = np.exp((scores - largest).astype(np.float64))
        totals = weights.sum(axis=1)
        shares = weights / np.maximum(totals, 1e-300)[:, None]
        with np.errstate(divide="ignore"):
            evidence = largest[:, 0] + np.log(totals)
        return self._scores(shares, stream[LONGEST_MATCH + past[0]], stream[LONGEST_MATCH + now], evidence)

    def _scores(self, shares: Float64Array, past: Int64Array, tokens: Int64Array, evidence: Float64Array) -> Scores:
        """Scores of tokens, (N, 1), by the shares, (N, P), of past ones, (P,)."""
        size = self.vocabulary_size
        itself = (shares * (past == tokens)).sum(axis=1)
        unseen = shares @ (past == UNKNOWN)
        lacking = ((tokens == UNKNOWN) | (tokens >= size))[:, 0]
        chances = np.where(lacking, unseen + shares @ (past >= size), itself)
        told = lacking & (chances > 0.0)
        with np.errstate(divide="ignore"):
            return Scores(
                np.log(chances),
                evidence,
                np.divide(unseen, chances, out=np.ones(len(shares)), where=told),
                np.divide(itself, chances, out=np.zeros(len(shares)), where=told & (tokens[:, 0] >= size)),
            )


def appended(state: CacheState, token: int, output: Float32Array) -> CacheState:
    """Remember a token and the network's output before it, (E,)."""
    if len(state.recent) == _RECENT:
        state = _logged(state)
    return state._replace(recent=(*state.recent, (token, _unit(output))))


def recall(state: CacheState, output: Float32Array) -> Recollection:
    """Weigh what was read by its likeness to the present, given by the network's output, (E,)."""
    log, length, recent = state
    start = max(0, length + len(recent) - WINDOW)
    newest = np.array([token for token, _ in recent], np.int64)
    stream = np.concatenate([log.tokens[start : LONGEST_MATCH + length], newest])
    tokens = stream[LONGEST_MATCH:]
    count = len(tokens)
    if count < 2:
        return Recollection(tokens, np.zeros(count), -np.inf)
    now = SIMILARITY * _unit(output)
    scores = _BY_AGE[WINDOW - count :].copy()
    if length:
        scores[: length - start] += log.outputs[start:length] @ now
    scores[length - start :] += [np.dot(like, now) for _, like in recent]
    scores[-1] = -np.inf  # the word just read
    identical = np.ones(count, np.bool_)
    for back in range(1, LONGEST_MATCH + 1):
        identical &= stream[LONGEST_MATCH - back : -back] == stream[-back]
        np.add(scores, np.float32(PER_MATCH), out=scores, where=identical)
    largest = scores.max()
    weights = np.exp((scores - largest).astype(np.float64))
    total = weights.sum()
    return Recollection(tokens, weights / total, float(largest + np.log(total)))


def _unit(output: Float32Array) -> Float32Array:
    """Scale one vector, (E,), to length 1; zeros stay zeros."""
    unit: Float32Array = output / np.float32(max(math.sqrt(np.dot(output, output)), 1e-12))
    return unit


def _units(outputs: Float32Array) -> Float32Array:
    """The same of many, (N, E)."""
    lengths = np.sqrt((outputs * outputs).sum(axis=-1, keepdims=True))
    scaled: Float32Array = outputs / np.maximum(lengths, np.float32(1e-12))
    return scaled


def _logged(state: CacheState) -> CacheState:
    """The same with its recent tokens in the log."""
    log, length, recent = state
    if not recent:
        return state
    stop = length + len(recent)
    tokens = [token for token, _ in recent]
    outputs = np.stack([output for _, output in recent])
    if stop <= log.used and _holds(log, slice(length, stop), tokens, outputs):  # a state that read the same was first
        return CacheState(log, stop)
    if length != log.used or stop > _LOG_TOKENS:  # another state went on here, or the log is full
        log = _copied_end(state._replace(recent=()))
    log.write(tokens, outputs)
    return CacheState(log, log.used)


def _holds(log: _Log, place: slice, tokens: list[int], outputs: Float32Array) -> bool:
    """Whether a log holds just these entries at a place."""
    held = log.tokens[LONGEST_MATCH + place.start : LONGEST_MATCH + place.stop]
    return held.tolist() == tokens and np.array_equal(log.outputs[place], outputs)


def _copied_end(state: CacheState) -> _Log:
    """A log of its own that holds the end of what a state has read, its recent tokens apart."""
    log = _Log()
    if state.length:
        start = state.length - min(state.length, WINDOW)
        log.tokens[:LONGEST_MATCH] = state.log.tokens[start : LONGEST_MATCH + start]
        tokens = state.log.tokens[LONGEST_MATCH + start : LONGEST_MATCH + state.length]
        log.write(tokens, state.log.outputs[start : state.length])
    return log
