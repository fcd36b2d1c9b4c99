"""What the personal database makes of the present: one more expert, heard where a person's own lines match.

The continuations of ever longer ends of the context are interpolated as Witten & Bell (1991) do: each length keeps the
share n / (n + t) of what it is given, n being how often the context was written and t how many words followed it, and
passes the rest on to the next shorter one; the shortest keeps all. Where no context matches, the weight is 0.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple, TypeVar

import numpy as np

from autocomplete.arrays import Float32Array, Float64Array, Int64Array
from autocomplete.errors import AutocompleteError
from autocomplete.learned.file import BusyError
from autocomplete.learned.store import (
    LEAST_SIGHTS,
    MOST_DOUBTED,
    ORDER,
    PersonalStore,
    Trial,
    kind_of_evidence,
    responsibility,
    weight_after,
)
from autocomplete.predict.experts.mixture import Mixture, MixtureState
from autocomplete.predict.experts.ngrams import Contexts, NgramExpert
from autocomplete.predict.experts.protocol import Classing, Evidence, Expert, Opinion, Sequences, is_silent
from autocomplete.text.prefixes import PrefixIndex, without_marks
from autocomplete.text.syntax import Syntax
from autocomplete.text.unicode import caseless
from autocomplete.text.vocabulary import END, END_TOKEN, Vocabulary, is_word

# Of the unknown words that the other experts expect, the share of learned ones, at most; it falls with how seldom the
# person's own lines repeat such words. Half of a news text holds 2.8 % of the unknown words of its other half, where
# this expects 2.9 %.
LARGEST_LEARNED_SHARE = 0.4
Key = TypeVar("Key")

# Contexts kept decoded, and places.
_CONTEXTS = 1024
# Words of a line by which the expert is judged: some 60 ms.
JUDGED = 50


class _Level(NamedTuple):
    """What was written after one context.

    Attributes:
        tokens: Ids, (N,); those behind the vocabulary's are words that it lacks. One may stand twice, in two cases.
        counts: How often each was written, (N,).
        times: Their sum.
    """

    tokens: Int64Array
    counts: Float64Array
    times: int


class PersonalEvidence(NamedTuple):
    """What the weight depends on; nothing was recalled where `length` is -inf.

    Attributes:
        length: Of the longest context that matches.
        times: How often that was written.
        kinds: How many different words followed it.
        known: Words of its end that the vocabulary has: no longer context means as much to the other experts.
    """

    length: float
    times: float = 0
    kinds: float = 0
    known: float = 0


_SILENT = PersonalEvidence(-np.inf)


class PersonalRecollection(NamedTuple):
    """What the person's lines say of the next word.

    Attributes:
        tokens: Ids, some of them more than once, (N,).
        shares: Of each; they sum to 1. (N,).
        evidence: Where it is from.
    """

    tokens: Int64Array
    shares: Float64Array
    evidence: PersonalEvidence


class PersonalExpert(Expert[Contexts]):
    """Recalls what a person's lines say, by the ids that a session gives to words.

    It belongs to that session, and to one thread at a time. It keeps a rule of its own for its weight, which follows
    from the lines that were learned (`autocomplete.learned.store`), for there are none to fit it on in training.

    A learned word that rather is a misspelling of a known one is no word of its own until it was written several times:
    it is read as the known one, or passed over where several may be meant.

    After a failure it is silent, and the store's `fault` says why: what was learned never stops a prediction. It is
    heard again, and the fault gone, once the database is another one that can be read.

    Args:
        store: What was learned.
        vocabulary: The words that the model knows.
        ids_of: The ids of words as the session reads them; behind the vocabulary's where it lacks a word.
        text_of: The word of an id.
        taken_for: Ids of the known words that an unknown one is rather a misspelling of (`Lexicon.taken_for`).
    """

    name = "personal"
    classing = Classing(may_be_silent=True)
    weighs_itself = True

    def __init__(
        self,
        store: PersonalStore,
        *,
        vocabulary: Vocabulary,
        ids_of: Callable[[Sequence[str]], list[int]],
        text_of: Callable[[int], str],
        taken_for: Callable[[str], tuple[int, ...]] = lambda _: (),
    ) -> None:
        self._store = store
        self._ids_of = ids_of
        self._text_of = text_of
        self._taken_for = taken_for
        self._vocabulary = vocabulary
        self.vocabulary_size = vocabulary.size
        self._version: tuple[object, ...] | None = ()  # of what was read: () without a file, None after a failure
        self._recalled = lru_cache(maxsize=_CONTEXTS)(self._recall)
        self._level = lru_cache(maxsize=_CONTEXTS)(self._read_level)
        self._lines = lru_cache(maxsize=_CONTEXTS)(self._read_lines)
        self._lexicon: _Lexicon | None = None
        self._trials: Mapping[int, Trial] = {}
        self._session: MixtureState | None = None  # the others' memory of the lines judged so far

    def changed(self) -> bool:
        """Whether what is recalled may be other than when this was last asked, whoever learned, forgot or mended it."""
        before = self._version
        with self._told_as_fault():
            try:
                version = self._store.version()
                if version != before:
                    self._drop()
                    self._trials = self._store.trials()
                    self._version, self._store.fault = version, None
            except BusyError:
                raise
            except AutocompleteError:
                self._version = None  # whatever can be read next is new
                raise
        return self._version != before

    def initial_state(self) -> Contexts:
        """Return the context at the start of a sequence."""
        return Sequences([(END,)])

    def step(self, state: Contexts, tokens: Sequence[int], _: Float32Array, /) -> Contexts:
        """Read one token a sequence, (B,)."""
        read = zip(state, tokens, strict=True)
        return Sequences([(*context, token)[-(ORDER - 1) :] for context, token in read])

    def forecast(self, state: Contexts, _: Float32Array, /) -> Opinion:
        """What the person's lines say of the next word of each sequence."""
        recollections = [self._recollection(context) for context in state]
        size = self.vocabulary_size
        heard = [recalled.tokens for recalled in recollections if recalled is not None]
        unknown = {token for tokens in heard for token in tokens[tokens >= size].tolist()}
        # In the order of their letters, so that equally likely ones rank alike however the session came here.
        further = sorted(unknown, key=self._text_of)
        place_of = {token: size + place for place, token in enumerate(further)}
        probabilities = np.zeros((len(state), size + len(further)), np.float32)
        for row, recalled in zip(probabilities, recollections, strict=True):
            if recalled is not None:
                places, behind = recalled.tokens.copy(), recalled.tokens >= size
                places[behind] = [place_of[token] for token in places[behind].tolist()]
                row[:] = np.bincount(places, recalled.shares, minlength=len(row))
        evidence = [_SILENT if recalled is None else recalled.evidence for recalled in recollections]
        return Opinion(probabilities, np.array(evidence), np.array(further, np.int64))

    def weight(self, evidence: Evidence, others: Mapping[str, Evidence]) -> Float64Array:
        """The weight of each kind of evidence as the lines learned so far have it, 0 where nothing was recalled."""
        kinds = self._kinds(evidence, others)
        return np.array([0.0 if kind is None else weight_after(kind, self._trials) for kind in kinds])

    def _kinds(self, evidence: Evidence, others: Mapping[str, Evidence]) -> list[int | None]:
        """The kind of evidence at each of N moments; None where nothing was recalled."""
        matches = others.get(NgramExpert.name, np.zeros(len(evidence)))
        return [
            None if silent else kind_of_evidence(longer=length > min(match, known), times=int(times), kinds=int(kinds))
            for silent, match, (length, times, kinds, known) in zip(
                is_silent(evidence).tolist(), matches.tolist(), evidence.tolist(), strict=True
            )
        ]

    def trials(self, others: Mixture, tokens: Sequence[int]) -> dict[int, Trial]:
        """Judge the expert by a line that it has not learned: what it is worth beside the others, word by word.

        The lines judged before are the session that the others remember: without it they would seem worse than they
        are (with 768 lines of the news that the training text is of, learned and judged one after the other, the expert
        then made the perplexity 1.7 % worse, not 0.3 %: 100.1 instead of 99.8).

        Args:
            others: The other experts.
            tokens: The line's ids.
        """
        self.changed()
        found: dict[int, Trial] = {}
        state = self._session or others.initial_state()
        line = tokens[:JUDGED]
        context = self.initial_state()
        for token in [*line, END] if len(line) == len(tokens) else line:
            recalled = self._recollection(context[0])
            if recalled is not None:
                forecast = others.explain(state)
                [kind] = self._kinds(np.array([recalled.evidence]), forecast.evidence)
                assert kind is not None
                own = float(recalled.shares[recalled.tokens == token].sum())
                # To the others a word that the vocabulary lacks is one of many that they do not tell apart.
                chance = float(forecast.probabilities[token]) if token < self.vocabulary_size else 0.0
                part = responsibility(weight_after(kind, self._trials), own=own, others=chance)
                found[kind] = found.get(kind, Trial()).plus(Trial(1.0, part))
            state = others.step(state, [token])
            context = Sequences([(*context[0], token)[-(ORDER - 1) :]])
        self._session = state
        return found

    def beginning_with(self, prefix: str) -> dict[str, float]:
        """Learned words that the vocabulary lacks and that begin with a prefix but for case, else but for accents.

        With each the part of the unknown words expected that is this one; all learned words together have
        `learned_share`.
        """
        lexicon = self._learned()
        found = {} if lexicon is None else lexicon.beginning_with(prefix)
        ids = self._ids_of(list(found))
        return {
            word: part for (word, part), token in zip(found.items(), ids, strict=True) if token >= self.vocabulary_size
        }

    def learned_share(self) -> float:
        """Of the unknown words that the other experts expect, the part that is a learned one."""
        lexicon = self._learned()
        return 0.0 if lexicon is None else lexicon.share

    def followers(self, words: Sequence[str]) -> list[int]:
        """Ids of what was written behind some words; of more than `ORDER` - 1 of them, the last count."""
        words = words[-(ORDER - 1) :]
        found: list[int] = []
        if self._version and self._store.fault is None:
            with self._told_as_fault(), self._store.one_moment():
                contexts = self._store.contexts(words)
                if len(contexts) == len(words):
                    found = self._ids_of(self._store.continuations(contexts[-1]).words)
        return found

    def lines_begun(self, line: tuple[int, ...]) -> tuple[int, ...]:
        """Ids of what followed in the lines that were kept and that begin with some ids, newest first."""
        found: list[tuple[int, ...]] = [()]
        with self._told_as_fault():
            found[0] = self._lines(line)
        return found[0]

    def _read_lines(self, line: tuple[int, ...]) -> tuple[int, ...]:
        if not self._version or self._store.fault is not None:
            return ()
        words = self._store.lines_begun([self._text_of(token) for token in line])
        ends = [END if word == END_TOKEN else None for word in words]
        return tuple(self._ids_of([word])[0] if end is None else end for word, end in zip(words, ends, strict=True))

    def _learned(self) -> "_Lexicon | None":
        if self._lexicon is None and self._version and self._store.fault is None:
            with self._told_as_fault():
                self._lexicon = _Lexicon(
                    self._store.words(), self._vocabulary, self._store.syntax, taken_for=self._taken_for
                )
        return self._lexicon

    def _recollection(self, context: tuple[int, ...]) -> PersonalRecollection | None:
        """What is recalled after a context; None where nothing matches, or the database fails."""
        recalled: list[PersonalRecollection | None] = [None]
        with self._told_as_fault():
            recalled[0] = self._recalled(context)
        return recalled[0]

    def _recall(self, context: tuple[int, ...]) -> PersonalRecollection | None:
        if not self._version or self._store.fault is not None:
            return None
        if END in context:  # further back nothing was learned together
            context = context[len(context) - 1 - context[::-1].index(END) :]
        words = [END_TOKEN if token == END else self._text_of(token) for token in context]
        with self._store.one_moment():
            levels = [self._level(number) for number in self._store.contexts(words)]
        while levels and not levels[-1].times:  # a longer context was written, but never what followed
            levels.pop()
        known = sum(1 for _ in takewhile(lambda token: token < self.vocabulary_size, reversed(context)))
        return _interpolated(levels, known) if levels else None

    def _read_level(self, context: int) -> _Level:
        words, counts = self._store.continuations(context)
        read = self._read_as_meant(words)
        kept = [place for place, token in enumerate(read) if token is not None]
        tokens = np.array([read[place] for place in kept], np.int64)
        times = [counts[place] for place in kept]
        return _Level(tokens, np.array(times, np.float64), sum(times))

    def _read_as_meant(self, words: Sequence[str]) -> list[int | None]:
        """Ids of words; of a misspelling that of what was meant, None where that is open."""
        ids = self._ids_of(words)
        found: list[int | None] = list(ids)
        unknown = {place: words[place] for place, token in enumerate(ids) if token >= self.vocabulary_size}
        learned = self._learned() if unknown else None
        for place, meant in (learned.misspelt(unknown) if learned is not None else {}).items():
            found[place] = meant[0] if len(meant) == 1 else None
        return found

    def _drop(self) -> None:
        """Forget what was read of the database."""
        self._recalled.cache_clear()
        self._level.cache_clear()
        self._lines.cache_clear()
        self._lexicon = None

    @contextlib.contextmanager
    def _told_as_fault(self) -> Iterator[None]:
        """Fall silent where the database fails; where it is only busy, for this moment."""
        try:
            yield
        except BusyError:
            return
        except AutocompleteError as error:
            self._store.fault = error
            self._drop()


class _Lexicon:
    """The learned words that the vocabulary lacks.

    Attributes:
        share: Of the unknown words that are expected, the part that is one of these.
    """

    def __init__(
        self,
        words: Mapping[str, int],
        vocabulary: Vocabulary,
        syntax: Syntax,
        *,
        taken_for: Callable[[str], tuple[int, ...]],
    ) -> None:
        unknown = {word: count for word, count in words.items() if word not in vocabulary and is_word(word, syntax)}
        self._words = list(unknown)
        self._counts = list(unknown.values())
        self._written = sum(self._counts)
        self._sights: Counter[str] = Counter()
        for word, count in unknown.items():
            self._sights[caseless(word)] += count
        self._taken_for = taken_for
        again = self._written - len(self._words)  # how often such a word was not written for the first time
        self.share = LARGEST_LEARNED_SHARE * (again + 1) / (self._written + 2) if self._words else 0.0
        self._index = PrefixIndex(self._words)
        self._plain_index = PrefixIndex(self._words, without_marks)

    def beginning_with(self, prefix: str) -> dict[str, float]:
        """The words that begin so, and the part of the unknown words that each is."""
        found = self._index.beginning_with(prefix).tolist() or self._plain_index.beginning_with(prefix).tolist()
        words = {self._words[place]: self.share * self._counts[place] / self._written for place in found}
        misspelt = self.misspelt({word: word for word in words})
        return {word: part for word, part in words.items() if word not in misspelt}

    def misspelt(self, words: Mapping[Key, str]) -> dict[Key, tuple[int, ...]]:
        """Those of some learned words that are none of their own, with the ids of what each was meant to be."""
        doubted = {key: word for key, word in words.items() if self._sights[caseless(word)] < LEAST_SIGHTS}
        if len(doubted) > MOST_DOUBTED:
            return {}
        meant = {key: self._taken_for(word) for key, word in doubted.items()}
        return {key: ids for key, ids in meant.items() if ids}


def _interpolated(levels: Sequence[_Level], known: int) -> PersonalRecollection:
    """Interpolate what was written after contexts, shortest first."""
    passed_on = 1.0
    parts = []
    for place, level in reversed(list(enumerate(levels))):
        kept = level.times / (level.times + len(level.tokens)) if place else 1.0
        parts.append(passed_on * kept / level.times * level.counts)
        passed_on *= 1 - kept
    tokens, shares = np.concatenate([level.tokens for level in reversed(levels)]), np.concatenate(parts)
    longest = levels[-1]
    evidence = PersonalEvidence(len(levels), longest.times, len(longest.tokens), known)
    return PersonalRecollection(tokens, shares, evidence)
