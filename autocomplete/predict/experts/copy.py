"""The copy: where the end of the text stood in it before, it goes on as it did there.

The longest context that was written before counts, however long, and what followed it (a match model, as Mahoney has it
in PAQ): n-grams know five words, and the cache compares three. So a line, a name of several words or a closing phrase
comes back after it was written once. Words outside the vocabulary keep their identity.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from autocomplete.arrays import Float32Array, Float64Array, Int64Array
from autocomplete.predict.experts.protocol import Classing, Expert, Opinion, Scores, Sequences
from autocomplete.text.vocabulary import END, UNKNOWN

# So many blocks of tokens are remembered, and what was read since; of a person's text no more is (`predict.context`).
BLOCK, BLOCKS = 64, 16
# Tokens of the longest context that is compared: a longer one means no more.
LONGEST = 16
# The first ids are of the most frequent tokens: a context of them alone says little. They are so many at most, and no
# more than such a part of the vocabulary.
FREQUENT, FREQUENT_PART = 500, 1 / 16
# What was written later counts more: so much less does what was written before it, and of many the last ones count.
FADING, NEWEST = 0.8, 16

# What it counts before anything was fitted, and beside what was, by the context that matched: of so many tokens and
# more, and within that of frequent ones alone, with a rarer one, with the beginning of a line and frequent ones, with
# that and a rarer one. Each is for a context that was written once, several times and went on alike, or in different
# ways. Fitted on one half of the dialogues in `benchmarks/data`, and smoothed; beside n-grams of news perplexity of the
# other half falls from 144 to 57, and that of other news from 146 to 140.
_GUESSES = {
    1: ((0.10, 0.30, 0.15), (0.20, 0.50, 0.20), (0.20, 0.50, 0.20), (0.20, 0.50, 0.20)),
    2: ((0.20, 0.35, 0.10), (0.35, 0.50, 0.20), (0.25, 0.40, 0.20), (0.40, 0.50, 0.20)),
    3: ((0.20, 0.40, 0.10), (0.40, 0.60, 0.20), (0.10, 0.40, 0.20), (0.50, 0.65, 0.25)),
    4: ((0.25, 0.50, 0.10), (0.45, 0.70, 0.25), (0.25, 0.60, 0.20), (0.50, 0.75, 0.25)),
    6: ((0.25, 0.50, 0.10), (0.70, 0.75, 0.25), (0.50, 0.75, 0.25), (0.75, 0.80, 0.25)),
}
_ONCE, _ALIKE, _DIFFERENTLY = range(3)
CLASSES = len(_GUESSES) * 4 * 3


class CopyState(NamedTuple):
    """What one sequence has read.

    Attributes:
        blocks: Of `BLOCK` tokens each, oldest first, `BLOCKS` at most.
        recent: Tokens read since.
    """

    blocks: tuple[Int64Array, ...] = ()
    recent: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """How many tokens are remembered."""
        return BLOCK * len(self.blocks) + len(self.recent)

    def tokens(self) -> Int64Array:
        """All that is remembered, oldest first."""
        return np.concatenate([*self.blocks, np.array(self.recent, np.int64)])

    def after(self, token: int) -> "CopyState":
        """The same with a token more."""
        recent = (*self.recent, token)
        if len(recent) < BLOCK:
            return CopyState(self.blocks, recent)
        return CopyState((*self.blocks[1 - BLOCKS :], np.array(recent, np.int64)))


class Match(NamedTuple):
    """What followed the longest end of a text that stood in it before.

    Attributes:
        tokens: Each once, (N,); none where even the last token is new.
        shares: Of each; they sum to 1. (N,).
        kind: The class of evidence; -inf where there is none.
        length: Tokens of that end.
    """

    tokens: Int64Array
    shares: Float64Array
    kind: float
    length: int


_NOTHING = Match(np.empty(0, np.int64), np.empty(0), -np.inf, 0)
CopyStates = Sequences[CopyState]


class Copy(Expert[CopyStates]):
    """Finds the longest context in what was read, and says what followed it.

    Args:
        vocabulary_size: From this id on, tokens are words that the vocabulary lacks.
        earlier: What followed in the lines of earlier sessions that begin with some tokens, newest first: they are as
            good as lines of this text. It belongs to one session then, and to one thread at a time.
    """

    name = "copy"
    classing = Classing(
        borders=tuple(range(CLASSES - 1)),
        may_be_silent=True,
        guesses=tuple(guess for row in _GUESSES.values() for context in row for guess in context),
    )

    def __init__(self, vocabulary_size: int, earlier: Callable[[tuple[int, ...]], Sequence[int]] | None = None) -> None:
        self.vocabulary_size = vocabulary_size
        self._earlier = earlier
        self._frequent = min(FREQUENT, int(FREQUENT_PART * vocabulary_size))

    def initial_state(self) -> CopyStates:
        """Return the memory at the start of a sequence, where a line begins."""
        return Sequences([CopyState((), (END,))])

    def step(self, state: CopyStates, tokens: Sequence[int], _: Float32Array, /) -> CopyStates:
        """Remember a token a sequence, (B,)."""
        return Sequences([before.after(token) for before, token in zip(state, tokens, strict=True)])

    def forecast(self, state: CopyStates, _: Float32Array, /) -> Opinion:
        """What followed each sequence's end where that stood before."""
        matches = [self._longest_match(each.tokens()) for each in state]
        size = self.vocabulary_size
        further = sorted({token for match in matches for token in match.tokens[match.tokens >= size].tolist()})
        probabilities = np.zeros((len(matches), size + len(further)), np.float32)
        for row, (tokens, shares, *_) in zip(probabilities, matches, strict=True):
            row[np.where(tokens >= size, size + np.searchsorted(further, tokens), tokens)] = shares
        return Opinion(probabilities, np.array([match.kind for match in matches]), np.array(further, np.int64))

    def score(self, state: CopyStates, tokens: Int64Array, _: Float32Array, /) -> tuple[Scores, CopyStates]:
        """Score a text that goes on from `state`, without a number for each word of the vocabulary."""
        [now] = state
        stream = np.concatenate([now.tokens(), tokens])
        columns: list[tuple[float, float, float, float]] = []
        for place, token in enumerate(tokens.tolist(), start=now.size):
            match = self._longest_match(stream[place - now.size : place])
            columns.append((*self._worth(match, token), match.kind))
            now = now.after(token)
        chances, unseen, itself, evidence = np.array(columns, np.float64).T
        with np.errstate(divide="ignore"):
            return Scores(np.log(chances), evidence, unseen, itself), Sequences([now])

    def _longest_match(self, text: Int64Array) -> Match:
        """The same as `longest_match`, where lines of earlier sessions stood in the text before all else."""
        found = longest_match(text, frequent=self._frequent)
        if self._earlier is not None:
            ends = np.flatnonzero(text[-1 - LONGEST :] == END)
            begin = max(0, len(text) - 1 - LONGEST) + int(ends[-1]) if len(ends) else len(text)
            if len(text) - begin > max(1, found.length):
                followers = self._earlier(tuple(text[begin + 1 :].tolist()))
                return _match(text[begin:], followers, self._frequent) if followers else found
        return found

    def _worth(self, match: Match, token: int) -> tuple[float, float, float]:
        """Probability of a token by a match, and of that the unseen part and its own, as `Scores` has them."""
        itself = float(match.shares[match.tokens == token].sum())
        if UNKNOWN != token < self.vocabulary_size:
            return itself, 1.0, 0.0
        unseen = float(match.shares[match.tokens == UNKNOWN].sum())
        chance = unseen + float(match.shares[match.tokens >= self.vocabulary_size].sum())
        if chance == 0.0:
            return 0.0, 1.0, 0.0
        return chance, unseen / chance, itself / chance if token != UNKNOWN else 0.0


def longest_match(text: Int64Array, *, frequent: int = FREQUENT) -> Match:
    """Find the longest end of a text that stood in it before, and what followed it; `frequent` ids are the first."""
    if len(text) < 2:
        return _NOTHING
    ends = np.flatnonzero(text[:-1] == text[-1])
    if not len(ends):
        return _NOTHING
    length = 1
    while length < min(LONGEST, len(text) - 1):
        longer = ends[ends >= length]
        longer = longer[text[longer - length] == text[-1 - length]]
        if not len(longer):
            break
        ends, length = longer, length + 1
    return _match(text[-length:], text[ends[: -1 - NEWEST : -1] + 1].tolist(), frequent)


def _match(context: Int64Array, followers: Sequence[int], frequent: int) -> Match:
    """What is said by a context, and by what followed it each time, newest first."""
    shares: dict[int, float] = {}
    for place, token in enumerate(followers):
        shares[token] = shares.get(token, 0.0) + FADING**place
    way = _DIFFERENTLY if len(shares) > 1 else _ALIKE if len(followers) > 1 else _ONCE
    values = np.array(list(shares.values()))
    return Match(np.array(list(shares), np.int64), values / values.sum(), _kind(context, way, frequent), len(context))


def _kind(context: Int64Array, way: int, frequent: int) -> int:
    """The class of evidence that a context is which went on in one of three ways."""
    row = sum(len(context) >= least for least in _GUESSES) - 1
    rare, begins = bool((context >= frequent).any()), len(context) > 1 and bool((context == END).any())
    return (4 * row + 2 * begins + rare) * 3 + way
