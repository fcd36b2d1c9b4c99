"""The copy: where the end of the text stood in it before, it goes on as it did there.

The longest context that was written before counts, however long, and what followed it (a match model, as Mahoney has it
in PAQ): n-grams know five words, and the cache compares three. So a line, a name of several words or a closing phrase
comes back after it was written once. Words outside the vocabulary keep their identity.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from autocomplete.arrays import Float32Array, Float64Array, IndexArray, Int64Array
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.protocol import Classing, Evidence, Expert, Opinion, Scores, Sequences
from autocomplete.text.vocabulary import END, UNKNOWN

# So many blocks of tokens are remembered, and what was read since; of a person's text no more is (`predict.context`).
BLOCK, BLOCKS = 64, 16
# Tokens of the longest context that is compared: a longer one means no more.
LONGEST = 16
# What was written later counts more: so much less does what was written before it, and of many the last ones count.
FADING, NEWEST = 0.8, 16
# Tokens that the n-grams have to have seen together for a context to be nothing new to them.
_SEEN_TOGETHER = 4

# What it counts before anything was fitted, and beside what was, by the context that matched: of so many tokens and
# more; within that one that the n-grams have seen as well, one that is new to them, and those two again where the
# context holds the beginning of a line. Each is for a context that was written once, several times and went on alike,
# or in different ways. Whose text the n-grams know gains little from a second count of the same, and who writes of
# other things gains much. Fitted on one half of the dialogues in `benchmarks/data`, and smoothed.
_GUESSES = {
    1: ((0.08, 0.30, 0.10), (0.25, 0.50, 0.20), (0.08, 0.30, 0.10), (0.25, 0.50, 0.20)),
    2: ((0.12, 0.25, 0.10), (0.40, 0.50, 0.20), (0.12, 0.20, 0.10), (0.35, 0.45, 0.20)),
    3: ((0.15, 0.20, 0.10), (0.40, 0.50, 0.20), (0.05, 0.20, 0.15), (0.50, 0.65, 0.25)),
    4: ((0.20, 0.30, 0.15), (0.45, 0.60, 0.25), (0.10, 0.25, 0.15), (0.55, 0.75, 0.25)),
    6: ((0.20, 0.30, 0.15), (0.65, 0.70, 0.25), (0.30, 0.40, 0.15), (0.75, 0.80, 0.25)),
}
_ONCE, _ALIKE, _DIFFERENTLY = range(3)
_WAYS = 3
CLASSES = len(_GUESSES) * 4 * _WAYS


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
    """A context that was written before, and what followed it.

    Attributes:
        context: The longest end of the text that stood in it before; nothing where even the last token is new.
        tokens: What followed, each once, (N,).
        shares: Of each; they sum to 1. (N,).
        way: Whether the context was written once, several times and went on alike, or differently.
    """

    context: Int64Array
    tokens: Int64Array
    shares: Float64Array
    way: int


CopyStates = Sequences[CopyState]


class Copy(Expert[CopyStates]):
    """Finds the longest context in what was read, and says what followed it.

    Its evidence is the class that the match is of where the n-grams have seen the context, and how many tokens they
    have to know at the end of the text for that.

    Args:
        vocabulary_size: From this id on, tokens are words that the vocabulary lacks.
        earlier: What followed in the lines of earlier sessions that begin with some tokens, newest first: they are as
            good as lines of this text. The expert belongs to one session then, and to one thread at a time.
    """

    name = "copy"
    classing = Classing(
        may_be_silent=True,
        guesses=tuple(guess for row in _GUESSES.values() for context in row for guess in context),
    )

    def __init__(self, vocabulary_size: int, earlier: Callable[[tuple[int, ...]], Sequence[int]] | None = None) -> None:
        self.vocabulary_size = vocabulary_size
        self._earlier = earlier

    def initial_state(self) -> CopyStates:
        """Return the memory at the start of a sequence, where a line begins."""
        return Sequences([CopyState((), (END,))])

    def step(self, state: CopyStates, tokens: Sequence[int], _: Float32Array, /) -> CopyStates:
        """Remember a token a sequence, (B,)."""
        return Sequences([before.after(token) for before, token in zip(state, tokens, strict=True)])

    def forecast(self, state: CopyStates, _: Float32Array, /) -> Opinion:
        """What followed each sequence's end where that stood before."""
        matches = [self._match(each.tokens()) for each in state]
        size = self.vocabulary_size
        further = sorted({token for match in matches for token in match.tokens[match.tokens >= size].tolist()})
        probabilities = np.zeros((len(matches), size + len(further)), np.float32)
        for row, match in zip(probabilities, matches, strict=True):
            places = np.where(match.tokens >= size, size + np.searchsorted(further, match.tokens), match.tokens)
            row[places] = match.shares
        evidence = np.array([self._evidence(match) for match in matches])
        return Opinion(probabilities, evidence, np.array(further, np.int64))

    def score(self, state: CopyStates, tokens: Int64Array, _: Float32Array, /) -> tuple[Scores, CopyStates]:
        """Score a text that goes on from `state`, without a number for each word of the vocabulary."""
        [now] = state
        stream = np.concatenate([now.tokens(), tokens])
        columns: list[tuple[float, ...]] = []
        for place, token in enumerate(tokens.tolist(), start=now.size):
            match = self._match(stream[place - now.size : place])
            columns.append((*self._worth(match, token), *self._evidence(match)))
            now = now.after(token)
        chances, unseen, itself, *evidence = np.array(columns, np.float64).T
        with np.errstate(divide="ignore"):
            return Scores(np.log(chances), np.stack(evidence, axis=1), unseen, itself), Sequences([now])

    def classes(self, evidence: Evidence, others: Mapping[str, Evidence]) -> IndexArray:
        """Number the classes of N moments from 1 on, (N,): by what the n-grams know too; 0 where nothing matched."""
        kinds, needed = evidence.T
        seen = others.get(NgramExpert.name, np.zeros(len(evidence)))
        found = np.where(np.isneginf(kinds), 0.0, 1.0 + kinds + _WAYS * (seen < needed))
        return found.astype(np.intp)

    def continuation(self, state: CopyStates) -> Iterator[tuple[int, int, bool]]:
        """How a text goes on from the memory of one sequence where it went one way before, to the line's end at most.

        Yields:
            Each next token, the class of its evidence where it is new to the n-grams, and whether the line began as an
            earlier one did.
        """
        [now], begun = state, False
        while True:
            match = self._match(now.tokens())
            # Further back than it is compared the line began as it did when that was compared.
            begun = bool((match.context == END).any()) or (begun and len(match.context) == LONGEST)
            if len(match.tokens) != 1 or match.tokens[0] in (END, UNKNOWN):
                return
            [token] = match.tokens.tolist()
            evidence = np.array([self._evidence(match)])
            yield token, int(self.classes(evidence, {})[0]), begun
            now = now.after(token)

    def _match(self, text: Int64Array) -> Match:
        """The longest match, where lines of earlier sessions stood in the text before all else."""
        found = longest_match(text)
        if self._earlier is not None:
            ends = np.flatnonzero(text[-LONGEST:] == END)
            line = text[len(text) - min(LONGEST, len(text)) + int(ends[-1]) :] if len(ends) else text[:0]
            if len(line) > max(1, len(found.context)):
                followers = self._earlier(tuple(line[1:].tolist()))
                return _of_followers(line, followers) if followers else found
        return found

    def _evidence(self, match: Match) -> tuple[float, float]:
        """The class of a match where the n-grams have seen its context, and how many tokens of it they have to know.

        They know no further than to the beginning of a line, and no word that the vocabulary lacks.
        """
        context = match.context
        if not len(context):
            return -np.inf, np.inf
        row = sum(len(context) >= least for least in _GUESSES) - 1
        ends = np.flatnonzero(context == END)
        begins = len(ends) > 0 and len(context) > 1
        needed = min(_SEEN_TOGETHER, len(context) - int(ends[-1]) if len(ends) else len(context))
        last = context[-needed:]
        known = bool(((last != UNKNOWN) & (last < self.vocabulary_size)).all())
        return float((4 * row + 2 * begins) * _WAYS + match.way), float(needed) if known else np.inf

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


def longest_match(text: Int64Array) -> Match:
    """Find the longest end of a text that stood in it before, and what followed it."""
    ends = np.flatnonzero(text[:-1] == text[-1:])
    if not len(ends):
        return Match(text[:0], text[:0], np.empty(0), _ONCE)
    length = 1
    while length < min(LONGEST, len(text) - 1):
        longer = ends[ends >= length]
        longer = longer[text[longer - length] == text[-1 - length]]
        if not len(longer):
            break
        ends, length = longer, length + 1
    return _of_followers(text[-length:], text[ends[: -1 - NEWEST : -1] + 1].tolist())


def _of_followers(context: Int64Array, followers: Sequence[int]) -> Match:
    """What a context says by what followed it each time, newest first."""
    shares: dict[int, float] = {}
    for place, token in enumerate(followers):
        shares[token] = shares.get(token, 0.0) + FADING**place
    way = _DIFFERENTLY if len(shares) > 1 else _ALIKE if len(followers) > 1 else _ONCE
    values = np.array(list(shares.values()))
    return Match(context, np.array(list(shares), np.int64), values / values.sum(), way)
