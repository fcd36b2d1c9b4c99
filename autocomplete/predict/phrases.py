"""Phrases: words that go on after a suggestion, as long as they are confident, by probabilities a word."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from autocomplete.arrays import Float32Array
from autocomplete.bundle import Thresholds
from autocomplete.predict.beginnings import SENTENCE_ENDS
from autocomplete.predict.context import Place
from autocomplete.predict.experts.copy import Copy
from autocomplete.predict.experts.mixture import Forecast
from autocomplete.predict.experts.personal import PersonalExpert
from autocomplete.predict.ranking import LikelyWord, likeliest_words
from autocomplete.predict.suggestion import CASES
from autocomplete.text.syntax import Syntax
from autocomplete.text.unicode import caseless
from autocomplete.text.vocabulary import END, UNKNOWN, Joining, is_word

# Ways to go on that a search keeps, and next words that it tries for each.
BEAM_WIDTH = 3
# A word is the person's own where what they wrote, today or before, gave more than this share of its probability.
OWN_FROM = 0.5
_OWN = (PersonalExpert.name, Copy.name)
# How likely such a word has to be for a phrase to go on with it, whatever the model's thresholds.
LEAST_OWN = 0.25
# Tokens that a line which is begun again goes on by at most.
MOST_RECALLED = 50
# A name goes on as it did where that is so much of what the copy has to say.
_ONE_WAY = 0.9
LEAST_PROBABILITY = 1e-300
# Tokens that a phrase may have for each of its words: marks stand between them.
_STEPS_A_WORD = 3
# Places whose ways to go on are kept: three searches of five words, with marks between them, have some thirty.
_PLACES = 64


class Phrase(NamedTuple):
    """A suggestion and the words that go on after it.

    Attributes:
        before: The place before the last of the words, or marks.
        token: That word's id.
        text: That word.
        quoting: Whether a quotation is open behind it.
        added: The text that follows the suggestion's.
        log_probability: Of suggestion and words, in nats.
        words: How many words that is; marks do not count.
        needed: The least log probability that is sure enough, in nats.
    """

    before: Place[Any]
    token: int
    text: str
    quoting: bool
    added: str
    log_probability: float
    words: int
    needed: float

    @property
    def is_sure(self) -> bool:
        """Whether it is sure enough to be shown."""
        return self.log_probability >= self.needed

    @property
    def confidence(self) -> float:
        """Probability a word: the geometric mean, so that phrases of different lengths compare; a mark's own."""
        return math.exp(self.log_probability / max(1, self.words))


class _Ways(NamedTuple):
    """How a text may go on at a place.

    Attributes:
        words: The likeliest words, and the least probability that each of them needs.
        end: How likely the sequence ends there.
    """

    words: list[tuple[LikelyWord, float]]
    end: float


def least_of(least: Thresholds, experts: Mapping[str, float]) -> float:
    """The least probability of a word to which each expert gave a share.

    Phrases of the model have to be as sure as was found right often enough, for each word more may be wrong. What a
    person has written already is another thing: a line that is begun again goes on as it did.
    """
    return min(least.next, least.phrase) if sum(experts.get(name, 0.0) for name in _OWN) > OWN_FROM else least.phrase


class PhraseSearch:
    """Searches phrases.

    Args:
        forecast: What may follow at a place.
        after: The place after one more token.
        texts_of: The words of some ids.
        joining: Which tokens stand close to their neighbours.
        syntax: How the text is cut: no mark ends a command, and arguments are words whatever they begin with.
    """

    def __init__(
        self,
        *,
        forecast: Callable[[Place[Any]], Forecast],
        after: Callable[[Place[Any], int], Place[Any]],
        texts_of: Callable[[Sequence[int]], Sequence[str]],
        joining: Joining,
        syntax: Syntax = "prose",
    ) -> None:
        self._forecast = forecast
        self._after = after
        self._texts_of = texts_of
        self._joining = joining
        self._syntax = syntax
        self._ways: dict[tuple[Place[Any], Thresholds, int], _Ways] = {}

    def forget(self) -> None:
        """Forget what was found at the places of earlier searches."""
        self._ways.clear()

    def most_confident(
        self, first: Phrase, *, words: int, least: Thresholds, blocked: Collection[str], above: float = 0.0
    ) -> Phrase:
        """Go on after a suggestion; the phrase ends where the sentence does.

        It also ends before its confidence, or a word's probability, is less than needed.

        Args:
            first: The suggestion.
            words: Most words in all.
            least: Least confidence: that of phrases, and as `next` that of words that the person has written before.
            blocked: Words, `caseless`, that must not occur.
            above: Probability from which on a phrase of all words is wanted: the search ends, with fewer of them, where
                none can be so likely any more.
        """
        best = self._named(first, words, blocked)
        beam = [best]
        worth = math.log(above) if above > 0.0 else -math.inf
        for _ in range(_STEPS_A_WORD * words):
            if best.words == words or self._is_whole(best):
                break
            if all(phrase.log_probability < worth for phrase in beam):
                break
            longer, end = self._longer(beam, words, least, blocked)
            # The most confident of each length counts; where ending the sentence is more so, all is said.
            if not longer or end > longer[0].confidence:
                break
            best, beam = longer[0], [phrase for phrase in longer if not self._is_whole(phrase)][:BEAM_WIDTH]
        return best

    def recalled(self, first: Phrase, copied: Iterable[tuple[int, float, bool]], blocked: Collection[str]) -> Phrase:
        """Go on after a suggestion as the text did before, by what was copied alone: no expert is asked.

        A line that was begun with two words more goes on to its end, a name to its last word.

        Args:
            first: The suggestion.
            copied: Each next token, how likely it is at least, and whether the line began as an earlier one did.
            blocked: Words, `caseless`, that must not occur.
        """
        phrase, place = first, first.before
        for token, probability, begun in islice(copied, MOST_RECALLED):
            [text] = self._texts_of([token])
            named = _has_capital(phrase.text) and _has_capital(text) and token != phrase.token
            if not (begun and probability >= LEAST_OWN) and not (named and self._syntax != "commands"):
                break
            if caseless(text) in blocked:
                break
            phrase = self._with(phrase, place, LikelyWord(token, token, text, probability), probability)
        return phrase

    def _named(self, phrase: Phrase, words: int, blocked: Collection[str]) -> Phrase:
        """The whole of a name that was written before and that a phrase ends in the first words of, however sure.

        A name is a word with a capital, and what follows it with one as well.
        """
        while phrase.words < words and _has_capital(phrase.text) and self._syntax != "commands":
            place = self._after(phrase.before, phrase.token)
            forecast = self._forecast(place)
            given = forecast.gifts.get(Copy.name)
            index = 0 if given is None else int(given.argmax())
            if given is None or given[index] <= _ONE_WAY * forecast.weights[Copy.name]:
                break
            token, probability = forecast.token(index), float(forecast.probabilities[index])
            [text] = self._texts_of([token])
            again = token == phrase.token
            if again or token in (UNKNOWN, END) or not _has_capital(text) or caseless(text) in blocked:
                break
            phrase = self._with(phrase, place, LikelyWord(index, token, text, probability), probability)
        return phrase

    def _is_whole(self, phrase: Phrase) -> bool:
        """Whether a phrase ends in what ends a sentence."""
        return self._syntax != "commands" and SENTENCE_ENDS.issuperset(phrase.text)

    def _longer(
        self, beam: list[Phrase], words: int, least: Thresholds, blocked: Collection[str]
    ) -> tuple[list[Phrase], float]:
        """Phrases longer by a word or mark, most confident first, and the most confidence that the sentence ends."""
        found: list[Phrase] = []
        end = 0.0
        for phrase in beam:
            place = self._after(phrase.before, phrase.token)
            ways = self._ways_on(place, least, BEAM_WIDTH + CASES * len(blocked))
            ending = phrase.log_probability + math.log(max(ways.end, LEAST_PROBABILITY))
            end = max(end, math.exp(ending / (phrase.words + 1)))
            allowed = (way for way in ways.words if caseless(way[0].text) not in blocked)
            found += (self._with(phrase, place, *way) for way in islice(allowed, BEAM_WIDTH))
        confident = [phrase for phrase in found if phrase.words <= words and phrase.is_sure]
        return sorted(confident, key=lambda phrase: (-phrase.confidence, phrase.added)), end

    def _ways_on(self, place: Place[Any], least: Thresholds, count: int) -> _Ways:
        """How a text may go on: a phrase that is asked for with more words goes the same ways again."""
        key = place, least, count
        found = self._ways.pop(key, None)
        if found is None:
            forecast = self._forecast(place)
            chances = forecast.probabilities.copy()
            end = float(chances[END])
            chances[[UNKNOWN, END]] = 0.0
            needed = np.full_like(chances, least.phrase)
            own: list[Float32Array] = [forecast.gifts[name] for name in _OWN if name in forecast.gifts]
            if own:
                needed[sum(own) > OWN_FROM * chances] = least_of(least, {_OWN[0]: 1.0})
            chances[chances < needed] = 0.0  # a confident beginning must not carry a guess
            likely = likeliest_words(forecast, chances, count, texts_of=self._texts_of)
            found = _Ways([(word, float(needed[word.index])) for word in likely], end)
        self._ways[key] = found
        if len(self._ways) > _PLACES:
            del self._ways[next(iter(self._ways))]
        return found

    def _with(self, phrase: Phrase, place: Place[Any], word: LikelyWord, needed: float) -> Phrase:
        """A phrase and one more word, which needs such a probability; `place` is behind the phrase."""
        counts = is_word(word.text, self._syntax)
        more = math.log(max(needed, LEAST_PROBABILITY)) if counts else 0.0
        apart = self._joining.space_after([phrase.token], word.token, quoting=phrase.quoting)
        return Phrase(
            before=place,
            token=word.token,
            text=word.text,
            quoting=phrase.quoting != (word.token == self._joining.quote),
            added=phrase.added + (" " if apart else "") + word.text,
            log_probability=phrase.log_probability + math.log(word.probability),
            words=phrase.words + counts,
            needed=more + (phrase.needed if phrase.words or not counts else 0.0),
        )


def _has_capital(text: str) -> bool:
    """Whether a word begins as names do."""
    return text[:1].isupper()
