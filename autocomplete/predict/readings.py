"""What the last words before the cursor stand for: those that were typed, or such as were meant.

Who types fast leaves accents, apostrophes and capitals out, and `were` may be `we're`. The text is never rewritten: it
is read in at most two ways at once, each as likely as its words are where they stand and as such a way of typing is.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from itertools import islice
from typing import NamedTuple

import numpy as np

from autocomplete.arrays import Float32Array, Int64Array
from autocomplete.predict.capitals import Capitals
from autocomplete.predict.context import ContextReader, DoubtfulPlace, Place
from autocomplete.predict.experts.mixture import Forecast, MixtureState
from autocomplete.predict.lexicon import WORD_END, Lexicon, Meant
from autocomplete.predict.word_ids import WordIds
from autocomplete.text.prefixes import has_accents_of, without_case
from autocomplete.text.vocabulary import END, UNKNOWN

# How often somebody who means a word types it without its accents, apostrophe and capitals. Who does so does it most of
# the time, so that two that are left out are hardly rarer than one.
BARE = 0.05
# How often somebody types an accent or an apostrophe that a word does not have.
MARKED = 0.01
# The part of those that a capital has where the word has none, as at the beginning of a line.
CAPITAL = 0.2
# How often a quote or an apostrophe is the other one of two that mean the same.
OTHER_QUOTE = 0.5
# Words at the end of a text that may be read in two ways; the marks between them count as well where those are many.
_WORDS, LAST = 3, 8
# Other meanings of a word that are weighed: the most frequent.
_MEANINGS = 3
# A reading less likely than this is left out, from what is asked for, and from what may become likelier by later words.
_LEAST_ASKED, _LEAST_KEPT = 0.01, 1e-4
# Words whose meanings are kept, and places whose readings are.
_WORDS_KEPT, _PLACES_KEPT = 4096, 64
# A word that has an apostrophe and this behind it is read as that before it where the whole is unknown.
_POSSESSIVE = ("'s", "'")
# Quotes and apostrophes as a keyboard has them.
_STRAIGHT = str.maketrans("’“”„", '\'"""')


class _Reading(NamedTuple):
    """A way to read the words so far.

    Attributes:
        weight: How likely it is beside the others.
        place: Behind the words.
        as_typed: Whether each word is what was typed.
    """

    weight: float
    place: Place[MixtureState]
    as_typed: bool


class _Way(NamedTuple):
    """A way to read one word more.

    Attributes:
        weight: How likely it is beside the others.
        place: Before the word.
        token: What the word stands for.
        as_typed: Whether this and each word before is what was typed.
    """

    weight: float
    place: Place[MixtureState]
    token: int
    as_typed: bool


class Readings:
    """Reads the last words of one writer's text, in two ways where there are two.

    Args:
        lexicon: The words that are known.
        words: Their ids, and those of further words.
        capitals: Tells which of them are others in another case.
        context: Reads tokens.
        forecasts: What may follow at each of some places.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        words: WordIds,
        capitals: Capitals,
        *,
        context: ContextReader[MixtureState],
        forecasts: Callable[[Sequence[Place[MixtureState]]], list[Forecast]],
    ) -> None:
        self._lexicon = lexicon
        self._vocabulary = lexicon.vocabulary
        self._words = words
        self._capitals = capitals
        self._context = context
        self._forecasts = forecasts
        self._meanings = lru_cache(maxsize=_WORDS_KEPT)(self._meanings_of)
        self._found: dict[tuple[Place[MixtureState], tuple[str, ...]], Place[MixtureState]] = {}
        self._after: dict[tuple[Place[MixtureState], int], Place[MixtureState]] = {}

    def forget(self) -> None:
        """Forget what was weighed with other experts than there are now."""
        self._found.clear()
        self._after.clear()

    def at(self, words: Sequence[str], ids: Sequence[int], *, start: int) -> Place[MixtureState]:
        """The place behind finished words and marks.

        Args:
            words: The last of them at least, as they are typed.
            ids: Those of all.
            start: Where the text begins in the whole.
        """
        place = self._context.at(ids, start=start)
        doubtful = self._doubtful(words, ids)
        if not doubtful:
            return place
        found = self._found.pop((place, doubtful), None)
        if found is None:
            found = self._read(doubtful, ids, start)
        self._found[place, doubtful] = found
        if len(self._found) > _PLACES_KEPT:
            del self._found[next(iter(self._found))]
        return found

    def after(self, place: Place[MixtureState], *tokens: int) -> Place[MixtureState]:
        """The place after some tokens more, which may be a guess; they say which reading of a doubtful one is meant."""
        for token in tokens:
            if not isinstance(place, DoubtfulPlace):
                place = self._context.after(place, token)
                continue
            key = (place, token)
            found = self._after.pop(key, None) or self._after_doubt(place, token)
            self._after[key] = found
            if len(self._after) > _PLACES_KEPT:
                del self._after[next(iter(self._after))]
            place = found
        return place

    def _doubtful(self, words: Sequence[str], ids: Sequence[int]) -> tuple[str, ...]:
        """The last words, from the first of them on that may stand for another; none where none does."""
        count = seen = 0
        for place, (word, token) in enumerate(islice(zip(reversed(words), reversed(ids), strict=False), LAST), 1):
            if token == END or seen == _WORDS:
                break
            seen += word[0].isalnum()
            if self._meanings(word, self._begins(ids[:-place])):
                count = place
        return tuple(words[len(words) - count :])

    def _read(self, words: Sequence[str], ids: Sequence[int], start: int) -> Place[MixtureState]:
        """Weigh two ways to read the last words of a text."""
        before = len(ids) - len(words)
        readings = [_Reading(1.0, self._context.at(ids[:before], start=start), as_typed=True)]
        for stop, word in enumerate(words, before + 1):
            ways = self._ways(readings, word, ids[stop - 1], begins=self._begins(ids[: stop - 1]))
            total = sum(way.weight for way in ways) or 1.0
            readings = [
                _Reading(
                    way.weight / total,
                    self._context.at(ids[:stop], start=start)
                    if way.as_typed
                    else self._context.after(way.place, way.token),
                    way.as_typed,
                )
                for way in ways
                if way.weight >= _LEAST_KEPT * total
            ]
        likelier, *others = readings
        if not others or others[0].weight < _LEAST_ASKED:
            return likelier.place
        return DoubtfulPlace.between(likelier.place, others[0].place, others[0].weight)

    def _begins(self, before: Sequence[int]) -> bool:
        """Whether a sentence begins behind some tokens."""
        return self._capitals.beginning(before[-1:]) == "yes"

    def _ways(self, readings: Sequence[_Reading], word: str, typed: int, *, begins: bool) -> "list[_Way]":
        """The two likeliest ways to read one word more, the likelier first."""
        others = self._meanings(word, begins)
        if not others and len(readings) == 1:
            return [_Way(1.0, readings[0].place, typed, readings[0].as_typed)]
        ways: list[_Way] = []
        forecasts = self._forecasts([reading.place for reading in readings])
        for (weight, place, as_typed), forecast in zip(readings, forecasts, strict=True):
            ways.append(_Way(weight * self._chance_as_typed(word, typed, forecast), place, typed, as_typed))
            ways += [
                _Way(weight * slip * float(forecast.probabilities[token]), place, token, as_typed=False)
                for token, slip in others
                if token != typed
            ]
        return sorted(ways, key=lambda way: -way.weight)[:2]

    def _chance_as_typed(self, word: str, token: int, forecast: Forecast) -> float:
        """How likely a word comes next and is typed just so; one that is nowhere known is the unseen one."""
        if UNKNOWN < token < self._vocabulary.size:
            known = self._words.as_written(word) in self._vocabulary
            return float(forecast.probabilities[token]) * (1.0 - BARE if known else BARE)
        itself = float(forecast.probabilities[self._vocabulary.size :][forecast.further == token].sum())
        return itself + float(forecast.probabilities[UNKNOWN]) * WORD_END * self._lexicon.unseen_share(word)

    def _after_doubt(self, place: DoubtfulPlace[MixtureState], token: int) -> Place[MixtureState]:
        """The place after one token more, which one of two readings may have foreseen better."""
        both = (place.likelier, place.other)
        known = token if token < self._vocabulary.size else UNKNOWN
        weights = [
            share * float(forecast.probabilities[known])
            for share, forecast in zip((1.0 - place.doubt, place.doubt), self._forecasts(both), strict=True)
        ]
        doubt = weights[1] / (sum(weights) or 1.0)
        if doubt > 0.5:
            both, doubt = both[::-1], 1.0 - doubt
        likelier, other = (self._context.after(each, token) for each in both)
        return likelier if doubt < _LEAST_ASKED else DoubtfulPlace.between(likelier, other, doubt)

    def _meanings_of(self, word: str, begins: bool) -> tuple[Meant, ...]:
        """What a word may stand for beside itself, where a sentence `begins` or within one."""
        tokens, word = self._vocabulary.tokens, self._words.as_written(word)
        known = word in self._vocabulary
        found: list[Meant] = []
        for token in self._lexicon.alike_if_bare(word):
            meant = tokens[token]
            if known and without_case(meant) == without_case(word) and not self._may_be_twin(word, token, begins):
                continue
            if meant != word:
                found.append(Meant(token, _slip(word, meant)))
        if known or found:
            return tuple(found[:_MEANINGS])
        same = self._lexicon.elisions.others(word) or self._stem_of(word)
        return tuple(Meant(token, BARE) for token in same[:_MEANINGS]) or self._lexicon.meant_by(word)[:_MEANINGS]

    def _may_be_twin(self, word: str, token: int, begins: bool) -> bool:
        """Whether a word that is known may stand for one that differs in its case, or the kind of its apostrophe.

        In small letters it may stand for a name, or for the same word as it begins sentences.
        """
        meant = self._vocabulary.tokens[token]
        if word.casefold() == meant.casefold():
            return (word.islower() and (begins or bool(self._capitals.own[token]))) or (
                len(word) > 1 and word.isupper()
            )
        return True

    def _stem_of(self, word: str) -> list[int]:
        """The id of whom a word is of, where it is a possessive."""
        plain = word.replace("’", "'")
        end = next((end for end in _POSSESSIVE if plain.endswith(end)), "")
        token = self._words.known_id(word[: len(word) - len(end)]) if end else UNKNOWN
        return [token] if UNKNOWN < token < self._vocabulary.size else []


def mixed(forecasts: Sequence[Forecast], doubt: float) -> Forecast:
    """What may follow a text that is read in two ways, the second of which is as likely as the doubt."""
    shares = (1.0 - doubt, doubt)
    further = forecasts[0].further
    if not np.array_equal(further, forecasts[1].further):
        further = np.array(list(dict.fromkeys(np.concatenate([each.further for each in forecasts]).tolist())), np.int64)
    gifts: dict[str, Float32Array] = {}
    weights: dict[str, float] = {}
    for share, forecast in zip(shares, forecasts, strict=True):
        for name, gift in forecast.gifts.items():
            part = np.float32(share) * _spread(gift, forecast.further, further)
            gifts[name] = gifts[name] + part if name in gifts else part
            weights[name] = weights.get(name, 0.0) + share * forecast.weights[name]
    return Forecast(
        probabilities=reduce(np.add, gifts.values()),
        further=further,
        weights=weights,
        gifts=gifts,
        evidence={**forecasts[1].evidence, **forecasts[0].evidence},
    )


def _spread(gift: Float32Array, ours: Int64Array, further: Int64Array) -> Float32Array:
    """What is given to the vocabulary and to some further words, (V + S,), among more of those, (V + T,)."""
    if ours is further or np.array_equal(ours, further):
        return gift
    size = len(gift) - len(ours)
    found = np.zeros(size + len(further), np.float32)
    found[:size] = gift[:size]
    places = {token: place for place, token in enumerate(further.tolist())}
    found[[size + places[token] for token in ours.tolist()]] = gift[size:]
    return found


def _slip(typed: str, word: str) -> float:
    """How likely somebody who means a word types another that has the same letters."""
    if typed.translate(_STRAIGHT) == word.translate(_STRAIGHT):
        return OTHER_QUOTE
    ours, theirs = without_case(typed), without_case(word)
    more = ("'" in ours and "'" not in theirs) or not has_accents_of(ours.replace("'", ""), theirs.replace("'", ""))
    small = typed.islower() or typed.isupper() or typed[0].isupper() == word[0].isupper()
    return (MARKED if more else BARE) * (1.0 if small else CAPITAL)
