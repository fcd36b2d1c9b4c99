"""Suggestions of words: the next word and the rest of a half-typed one, ranked in one list."""

import copy
import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from autocomplete.arrays import BoolArray, Float32Array, IndexArray
from autocomplete.bundle import Thresholds
from autocomplete.learned.store import MOST_DOUBTED, PersonalStore, Trial
from autocomplete.predict.beginnings import SentenceBeginnings, going_on
from autocomplete.predict.capitals import Beginning
from autocomplete.predict.context import Before, ContextReader, DoubtfulPlace, Place
from autocomplete.predict.experts.copy import Copy
from autocomplete.predict.experts.mixture import Forecast, Mixture, MixtureState
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.personal import PersonalExpert
from autocomplete.predict.experts.protocol import Expert, Opinion
from autocomplete.predict.lexicon import (
    AGAIN_SLIP,
    CASE_SLIP,
    EXACT,
    FIRST_CAPITAL_SLIP,
    MARK_SLIP,
    NEVER_MENDED,
    WORD_END,
    Beginnings,
    Lexicon,
)
from autocomplete.predict.phrases import LEAST_PROBABILITY, Phrase, PhraseSearch, least_of
from autocomplete.predict.ranking import likeliest, likeliest_words
from autocomplete.predict.readings import LAST, Readings, mixed
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.predict.typed import Ending, Endings, TypedText, Written, spelling_start
from autocomplete.predict.word_ids import Spacing, WordIds
from autocomplete.text.prefixes import without_case, without_marks
from autocomplete.text.scripts import is_spaceless
from autocomplete.text.tokenizer import Token, Tokenizer
from autocomplete.text.unicode import BLANKS
from autocomplete.text.vocabulary import END, UNKNOWN, is_word

# Of the unknown words that the writer has not written yet, the share that the training text holds, too rarely for
# the vocabulary. On the validation text of a user-sized corpus it was measured as 0.34.
RARE_SHARE = 0.34
# `NEVER_MENDED` where an accent was typed: that takes a key of its own, or two, so that it is oftener meant than not.
NEVER_MENDED_ACCENT = 0.5
# The speller is asked where a half-typed word is likelier to become an unseen word than a known one: where it
# is not, a beam over letters costs more time than it finds.
SPELLED_FROM = 0.5
# Beginnings kept with what the person's lines taught.
_BEGINNINGS = 256
# Forecasts kept: letters typed within a word ask for the same one again, a phrase typed along for those of its search.
_FORECASTS = 24
# What is kept for those who hear other experts of the same text: what they read last, and what experts had of places.
_READINGS = 40
_PLACES_HEARD = 128


class Speller(Protocol):
    """Spells words that the vocabulary lacks, letter by letter; `CharacterRanker` is one."""

    def candidates(self, before: Before, *, mode: Mode, count: int) -> Iterable[Suggestion]:
        """The most likely words that the end of the text may become."""
        ...


class _HalfTyped(NamedTuple):
    """What a half-typed word may become.

    Attributes:
        forecast: Of the word's place.
        ids: Indices into it of the words that begin so, `UNKNOWN` for rare ones, (N,).
        chances: Their probabilities, (N,); 0 for the one that would be finished.
        shown: What is suggested for them, each once, (S,).
        place: Index into `shown` of each word, (N,).
        finished: Tokens of the tail where it is finished.
        finished_chance: Probability of that.
        unseen_chance: Probability that it goes on as a word which is nowhere known.
        mass: Probability, among all words, of those that it may become.
    """

    forecast: Forecast
    ids: IndexArray
    chances: Float32Array
    shown: tuple[str, ...]
    place: IndexArray
    finished: list[int]
    finished_chance: float
    unseen_chance: float
    mass: float


class _Candidates(NamedTuple):
    """What may be meant where a text ends in a certain way.

    Attributes:
        suggestions: The likeliest.
        mass: Probability that what follows the finished words begins as the tail does.
    """

    suggestions: list[Suggestion]
    mass: float


class _Reading(NamedTuple):
    """A text as it was read, whatever the experts have of it: n-grams tell only later what marks hold together.

    Attributes:
        written: As tokens.
        ending: How it ends.
        ids: Of the tokens before the half-typed word.
        place: Behind those.
    """

    written: Written
    ending: Ending
    ids: list[int]
    place: Place[MixtureState]


class _Together(NamedTuple):
    """What rankers that hear different experts of one text have found already.

    Attributes:
        readings: Of the last texts.
        opinions: Of experts at the last places.
    """

    readings: dict[Before, _Reading]
    opinions: dict[Place[MixtureState], dict[Expert[Any], Opinion]]


def _with_lines_of(mixture: Mixture, personal: PersonalExpert) -> Mixture:
    """The experts with a person's own, and with their earlier lines before the text."""
    if mixture.find(Copy) is not None:
        mixture = mixture.with_expert(Copy(mixture.vocabulary_size, personal.lines_begun))
    return mixture.with_expert(personal)


class WordRanker:
    """Ranks words for one writer, whose further words it knows.

    Args:
        mixture: The experts.
        lexicon: The words that they know.
        tokenizer: How typed text becomes tokens.
        speller: Makes what spells unseen words; called when the first is typed.
        personal: What a person's own lines taught.
    """

    def __init__(
        self,
        mixture: Mixture,
        lexicon: Lexicon,
        tokenizer: Tokenizer,
        *,
        speller: Callable[[], Speller] | None = None,
        personal: PersonalStore | None = None,
    ) -> None:
        self._speller = None if speller is None else cache(speller)
        self._vocabulary = vocabulary = lexicon.vocabulary
        self._lexicon = lexicon
        self._words = WordIds(lexicon)
        self._spacing = Spacing.of(vocabulary, self._words.text, syntax=tokenizer.syntax)
        self._personal: PersonalExpert | None = None
        if personal is not None:
            self._personal = PersonalExpert(
                personal,
                vocabulary=vocabulary,
                ids_of=self._words.ids_of,
                text_of=self._words.text,
                taken_for=lexicon.taken_for,
            )
        # What the writer reads is of all experts; the personal one is judged beside the others.
        self._others = mixture
        self._mixture = mixture if self._personal is None else _with_lines_of(mixture, self._personal)
        self._matching = lexicon.matching
        self._tokenizer = tokenizer
        self._endings = self._endings_of(mixture)
        self._capitals = lexicon.capitals(self._endings.ngrams)
        self._typed = TypedText(tokenizer, self._words, self._spacing)
        self._beginnings = SentenceBeginnings(
            mixture.find(NgramExpert), text_of=self._words.text, size=vocabulary.size, syntax=tokenizer.syntax
        )
        self._context = ContextReader[MixtureState](self._mixture, breaks=self._beginnings.breaks_line)
        self._readings = self._readings_of(self)
        self._phrases = self._search_of(self)
        self._forecasts: dict[Place[MixtureState], Forecast] = {}
        self._begun: dict[str, Beginnings] = {}
        self._begun_anew: dict[Place[MixtureState], Forecast] = {}
        self._hears = self._mixture
        self._together: _Together | None = None

    def hearing(self, mixture: Mixture) -> "WordRanker":
        """Return a ranker of the same text that hears other experts: some of these, or others that remember alike.

        What both read is read once, and an expert that both hear is asked once. Both belong to one thread, and to a
        writer who taught nothing.
        """
        assert self._personal is None
        self._together = self._together or _Together({}, {})
        other = copy.copy(self)
        other._hears, other._endings = mixture, self._endings_of(mixture)
        other._forecasts, other._begun_anew = {}, {}
        other._readings, other._phrases = self._readings_of(other), self._search_of(other)
        return other

    def _endings_of(self, mixture: Mixture) -> Endings:
        """What tells how a typed text ends, by the n-grams of a mixture."""
        ngrams = mixture.find(NgramExpert)
        return Endings(
            self._lexicon,
            self._words,
            self._spacing,
            ngrams=None if ngrams is None else ngrams.model,
            personal=self._personal,
            segments=self._tokenizer.segments,
        )

    def _readings_of(self, ranker: "WordRanker") -> Readings:
        return Readings(self._lexicon, self._words, self._capitals, context=self._context, forecasts=ranker.forecasts)

    def _search_of(self, ranker: "WordRanker") -> PhraseSearch:
        return PhraseSearch(
            forecast=ranker.forecast,
            after=ranker._readings.after,
            texts_of=self._words.texts,
            joining=self._spacing,
            syntax=self._tokenizer.syntax,
        )

    def place(self, words: Sequence[str]) -> Place[MixtureState]:
        """The place behind finished words, which begin a text."""
        return self._readings.at(words, [self._words.id(word) for word in words], start=0)

    def forecast(self, place: Place[MixtureState]) -> Forecast:
        """What may follow at a place."""
        found = self._forecasts.pop(place, None)
        if found is None:
            if isinstance(place, DoubtfulPlace):
                found = mixed(self.forecasts([place.likelier, place.other]), place.doubt)
            else:
                found = self._hears.explain_opinions(self._heard(place))
        self._forecasts[place] = found
        if len(self._forecasts) > _FORECASTS:
            del self._forecasts[next(iter(self._forecasts))]
        return found

    def _expected(self, place: Place[MixtureState]) -> Forecast:
        """What may follow at a place where somebody writes on: a sentence that begins there begins as lines do."""
        forecast = self.forecast(place)
        if not self._beginnings.may_stand_behind(place.last):
            return forecast
        found = self._begun_anew.get(place)
        if found is None:
            anew = self.forecast(self._readings.after(place, END))
            found = anew if self._beginnings.must_stand_behind(place.last) else going_on(forecast, anew)
            self._begun_anew = {place: found}
        return found

    def forecasts(self, places: Sequence[Place[MixtureState]]) -> list[Forecast]:
        """What may follow at some places, none of them doubtful: those that are not known yet are asked for at once."""
        new = [place for place in places if place not in self._forecasts]
        if len(new) > 1 and self._together is None:
            heard = self._mixture.opinions(MixtureState.joined([place.state for place in new]))
            for row, place in enumerate(new):
                self._forecasts[place] = self._hears.explain_opinions(
                    {name: opinion.row(row) for name, opinion in heard.items()}
                )
        return [self.forecast(place) for place in places]

    def _heard(self, place: Place[MixtureState]) -> dict[str, Opinion]:
        """What the experts that are heard have at a place."""
        if self._together is None:
            return self._mixture.opinions(place.state)
        opinions = self._together.opinions
        known = opinions[place] = opinions.pop(place, {})
        if len(opinions) > _PLACES_HEARD:
            del opinions[next(iter(opinions))]
        heard = {expert.name: expert for expert in self._hears.experts}
        for reader, part, outputs in self._mixture.in_order(place.state):
            expert = heard.get(reader.name)
            if expert is not None and expert not in known:
                known[expert] = expert.forecast(part, outputs)
        return {name: known[expert] for name, expert in heard.items()}

    def _read(self, before: Before) -> _Reading:
        """Read a text."""
        readings = {} if self._together is None else self._together.readings
        found = readings.get(before)
        if found is None:
            written = self._typed.read(before.text)
            ending = self._endings.ending(written)
            self._read_ahead(before, ending.finished, self._typed.ids(written, ending.finished))
            found = readings[before] = self._reading(before, written, ending)
            if len(readings) > _READINGS:
                del readings[next(iter(readings))]
        return found

    def _reading(self, before: Before, written: Written, ending: Ending) -> _Reading:
        """What was read of a text where it ends so."""
        ids = self._typed.ids(written, ending.finished)
        return _Reading(written, ending, ids, self._context.at(ids, start=before.start))

    def _read_anew(self) -> None:
        """Forget what was computed with other lines of the person than there are now."""
        if self._personal is not None and self._personal.changed():
            self._forecasts.clear()
            self._begun_anew.clear()
            self._readings.forget()
            self._phrases.forget()
            self._begun.clear()

    @property
    def mixture(self) -> Mixture:
        """The experts that are asked, the person's own among them."""
        return self._mixture

    def reading(self, text: str) -> tuple[list[Token], list[int]]:
        """The tokens of a text whose last word is finished, and their ids."""
        self._read_anew()
        written = self._typed.glance(text)
        return list(written.tokens), self._typed.ids(written, written.tokens)

    def texts(self, tokens: Sequence[int]) -> list[str]:
        """The words of some ids."""
        return self._words.texts(tokens)

    def trials(self, line: str, /) -> Mapping[int, Trial]:
        """What the personal expert is worth for a line that it is about to learn."""
        if self._personal is None:
            return {}
        tokens = [self._words.id(token.text) for token in self._tokenizer.spans(line)]
        return self._personal.trials(self._others, tokens)

    def candidates(self, before: Before, *, mode: Mode, count: int) -> list[Suggestion]:
        """At least the `count` most likely suggestions, in no order."""
        self._read_anew()
        readings = [self._read(before)]
        if mode != "next":
            written, first, *_ = readings[0]
            others = self._endings.others(written, first)
            readings += [self._reading(before, written, other) for other in others]
        found = [self._candidates_of(reading, before, mode=mode, count=count) for reading in readings]
        if len(found) == 1:
            return found[0].suggestions
        weights = self._weights(readings, [each.mass for each in found], before)
        return [
            replace(item, probability=weight * item.probability)
            for weight, each in zip(weights, found, strict=True)
            for item in each.suggestions
        ]

    def _weights(self, readings: Sequence[_Reading], masses: Sequence[float], before: Before) -> list[float]:
        """How likely each way to cut the text's end is, by its finished words and what begins with its tail."""
        written, endings = readings[0].written, [reading.ending for reading in readings]
        shared = min(len(end.finished) for end in endings)
        shared = next((place for place in range(shared) if len({end.finished[place] for end in endings}) > 1), shared)
        finished = endings[0].finished[:shared]
        place = self._readings.at(_last(finished), self._typed.ids(written, finished), start=before.start)
        chances = [
            mass * self._read_as(place, end.finished[shared:], before.text)[1]
            for end, mass in zip(endings, masses, strict=True)
        ]
        total = sum(chances)
        return [chance / total for chance in chances] if total > 0.0 else [1.0, *[0.0] * (len(chances) - 1)]

    def _candidates_of(self, reading: _Reading, before: Before, *, mode: Mode, count: int) -> _Candidates:
        """The likeliest suggestions where the text ends in just this way."""
        written, (finished, tail, pieces), ids, _ = reading
        place = self._readings.at(_last(finished), ids, start=before.start)
        next_words = partial(self._next_words, before, quoting=self._typed.quoting(written), count=count)
        if tail is None:
            if mode == "complete" or not self._endings.may_end(before.text):
                return _Candidates([], 1.0)
            only = None if mode == "next" else self._endings.next_words(finished, ids, before.text)
            return _Candidates(next_words(place, weight=1.0, only=only), 1.0)
        read_as = self._read_as(place, pieces, before.text) if pieces else None
        held = [] if pieces else self._endings.held(finished, tail)
        ends = self._endings.ends(finished, ids, held) if held else None
        half_typed = self._half_typed(place, tail.text, read_as=read_as, ends=ends)
        found: list[Suggestion] = []
        least = 0.0
        if mode != "next" and tail.start >= before.fixed:
            found = self._completions(before.text, tail, half_typed, count=count)
            # No next word is more likely than its reading: where `count` completions are, it need not be asked.
            least = found[-1].probability if len(found) == count else 0.0
            spelled = (
                half_typed.unseen_chance > SPELLED_FROM and not held and self._endings.is_spelled(before.text, tail)
            )
            if self._speller is not None and spelled:
                found += self._spelled(self._speller(), before.text, tail, half_typed, count=count)
        weight = 1.0 if mode == "next" and not pieces else half_typed.finished_chance
        if mode != "complete" and weight > least:
            # What marks hold together is one unseen word, unless just this is known.
            apart = len(ids) - (len(held) if half_typed.finished == [UNKNOWN] else 0)
            read = self._readings.at(_last(finished[:apart]), ids[:apart], start=before.start)
            read = self._readings.after(read, *half_typed.finished)
            never = self._endings.completing(tail.text, half_typed.shown, read.last)
            found += next_words(read, weight=weight, never=never)
        return _Candidates(found, half_typed.mass)

    def _read_ahead(self, before: Before, finished: Sequence[Token], ids: Sequence[int]) -> None:
        """Have the memory ready that begins a block later."""
        if before.ahead is not None:
            first = bisect_left(finished, before.ahead, key=lambda token: token.start)
            self._context.read_ahead(ids[first:], start=before.start + before.ahead, due=before.due)

    def extended(
        self,
        before: Before,
        suggestion: Suggestion,
        *,
        words: int,
        least: Thresholds,
        blocked: Collection[str],
        above: float = 0.0,
    ) -> Suggestion:
        """Go on after a suggestion as far as is confident.

        Args:
            before: The text that it was suggested for.
            suggestion: Of one word.
            words: Most words in all.
            least: Least confidence, a probability a word; as `next` that of what the person has written before.
            blocked: Words, `caseless`, that must not occur.
            above: A whole phrase that is less likely is not looked for.
        """
        first = self._first_of_phrase(before, suggestion, least)
        best = self._phrases.most_confident(first, words=words, least=least, blocked=blocked, above=above)
        if not best.added:
            return suggestion
        return suggestion.longer(before.text, best.added, probability=math.exp(best.log_probability))

    def recalled(self, before: Before, suggestion: Suggestion, *, blocked: Collection[str]) -> Suggestion:
        """Go on after a suggestion as the writer did before, to the end of a line or a name; asks the copy alone."""
        copy = self._mixture.find(Copy)
        if copy is None:
            return suggestion
        first = self._first_of_phrase(before, suggestion, Thresholds(0.0, 0.0, 0.0))
        state = first.before.state.parts[self._mixture.experts.index(copy)]
        state = copy.step(state, [first.token], np.empty((1, 0), np.float32))
        weights = self._mixture.weights.apart.get(Copy.name, copy.classing.guesses)
        copied = ((token, weights[number - 1], begun) for token, number, begun in copy.continuation(state))
        whole = self._phrases.recalled(first, copied, blocked)
        if not whole.added:
            return suggestion
        return suggestion.longer(before.text, whole.added, probability=math.exp(whole.log_probability))

    def _first_of_phrase(self, before: Before, suggestion: Suggestion, least: Thresholds) -> Phrase:
        """A suggestion of one word as the beginning of a phrase."""
        typed = before.text[: len(before.text) - suggestion.replace]
        if suggestion.kind == "complete":  # what was typed of the word is no part of what stands before it
            typed = suggestion.result.removesuffix(suggestion.text)
        kept = self._typed.glance(typed)
        return Phrase(
            before=self._readings.at(_last(kept.tokens), self._typed.ids(kept, kept.tokens), start=before.start),
            token=self._words.id(suggestion.text),
            text=suggestion.text,
            quoting=self._typed.quoting(self._typed.glance(suggestion.result)),
            added="",
            log_probability=math.log(max(suggestion.probability, 1e-300)),
            words=int(is_word(suggestion.text, self._tokenizer.syntax)),
            needed=math.log(max(least_of(least, suggestion.experts), LEAST_PROBABILITY)),
        )

    def _read_as(self, place: Place[MixtureState], pieces: Sequence[Token], typed: str) -> tuple[list[int], float]:
        """The ids of some tokens, and how likely just they come next; never where they only begin an address."""
        ids = [self._words.id(piece.text) for piece in pieces[:-1]]
        ids += [self._words.known_id(piece.text) for piece in pieces[-1:]]
        chance = 1.0 if self._endings.may_end(typed) else 0.0
        for token, piece in zip(ids, pieces, strict=True):
            if chance > 0.0:
                forecast = self._expected(place)
                place = self._readings.after(place, token)
                if UNKNOWN < token < self._vocabulary.size:
                    chance *= float(forecast.probabilities[token])
                    continue
                unseen = WORD_END * self._lexicon.beginning_with(piece.text).unseen_share
                chance *= unseen * float(forecast.probabilities[UNKNOWN])
        return ids, chance

    def _half_typed(
        self,
        before: Place[MixtureState],
        tail: str,
        *,
        read_as: tuple[list[int], float] | None,
        ends: set[int] | None,
    ) -> _HalfTyped:
        """Weigh what the tail may be: one of the words that begin with it, or a finished one.

        The case that the corpus has stands in for the case typed. Where no word is the tail, it is an unseen one. Of
        the mass of unknown words some goes to those that a person's lines taught, of the rest some to the rare ones of
        the training text, alike; what remains begins as they do.

        Args:
            before: The place before the tail.
            tail: The half-typed word.
            read_as: What the tail is where it is finished, and how likely that is, if it is several tokens.
            ends: Ids of the only words that it may be, where it goes on what marks hold together.
        """
        forecast = self._expected(before)
        begun = self._beginning_with(tail)
        begins = self._capitals.beginning(before.last)
        slips = _slips_at(begins, tail, begun.slips)
        further, further_words, further_slips = self._further_beginning_with(tail, forecast)
        listed, written, unseen = self._chances_of_words(begun, further, further_words, forecast)
        chances = np.concatenate([listed * slips, written * further_slips])
        ids, words = np.concatenate([begun.ids, further]), begun.words + further_words
        slipped = np.concatenate([slips, further_slips]) < MARK_SLIP
        possible = None if ends is None else np.isin(forecast.tokens()[ids], list(ends))
        if possible is not None:
            chances *= possible
        if read_as is not None:
            chances[slipped] = 0.0  # the marks in it are no slips
        never = NEVER_MENDED if without_marks(tail) == without_case(tail) else NEVER_MENDED_ACCENT
        as_typed = float(chances[~slipped].sum())
        unseen = max(unseen, never / (1 - never) * float(chances[slipped].sum()) - as_typed)
        total = float(chances.sum()) + unseen + (0.0 if read_as is None else read_as[1])
        finished, finished_chance = ([UNKNOWN], unseen * WORD_END) if read_as is None else read_as
        whole = self._whole(tail, begun, words, chances, possible) if read_as is None else None
        if whole is not None:
            finished, finished_chance = [forecast.token(int(ids[whole]))], float(chances[whole])
            if whole < len(listed) and begun.learned[whole]:
                same = self._lexicon.elisions.others(words[whole])[:1]
                finished = same or [self._words.id(words[whole])]
            chances[whole] = 0.0
        if total <= 0.0:  # nothing begins so
            return _HalfTyped(
                forecast, ids[:0], chances[:0], (), ids[:0], finished, 1.0 if read_as is None else 0.0, 0.0, 0.0
            )
        chances /= np.float32(total)
        likely = np.zeros_like(forecast.probabilities)
        likely[ids] = chances
        if finished[0] < self._vocabulary.size:
            likely[finished[0]] = finished_chance / total
        shown, place_of = self._shown(tail, begun, further_words)
        place_of = self._one_a_word(place_of, ids, words, likely, begins)
        goes_on = unseen * (1 - WORD_END) / total
        return _HalfTyped(forecast, ids, chances, shown, place_of, finished, finished_chance / total, goes_on, total)

    def _whole(
        self, tail: str, begun: Beginnings, words: Sequence[str], chances: Float32Array, possible: BoolArray | None
    ) -> int | None:
        """Which of the words a tail is that is finished: the one typed so, else the likeliest; None where it is none.

        Args:
            tail: What was typed.
            begun: The first of the words.
            words: Those that begin so.
            chances: How likely each is, (N,).
            possible: Whether each may stand there, (N,); None for all.
        """
        of_writer = (
            place
            for place, word in enumerate(words[len(begun.words) :], len(begun.words))
            if self._matching.may_be_finished(word, tail)
        )
        whole = [place for place in (*begun.whole, *of_writer) if possible is None or possible[place]]
        return max(whole, key=lambda place: (words[place] == tail, float(chances[place])), default=None)

    def _shown(self, tail: str, begun: Beginnings, further_words: Sequence[str]) -> tuple[tuple[str, ...], IndexArray]:
        """What is shown for the words that begin so, each once, and where each of them is among that, (N,).

        Words that are shown alike, such as `the` and `The` after `TH`, are one suggestion.
        """
        shown = dict(begun.shown)
        places = [shown.setdefault(self._matching.in_case_of(tail, word), len(shown)) for word in further_words]
        return tuple(shown), np.concatenate([begun.place, np.array(places, np.intp)])

    def _completions(self, typed: str, tail: Token, half_typed: _HalfTyped, *, count: int) -> list[Suggestion]:
        """Suggest the words that the tail begins, most likely first, and not what is typed already."""
        begun = typed[tail.start :]
        summed = np.bincount(half_typed.place, weights=half_typed.chances, minlength=len(half_typed.shown))
        together: Float32Array = summed.astype(np.float32)
        if begun in half_typed.shown:
            together[half_typed.shown.index(begun)] = 0.0
        places = likeliest(together, count, texts=half_typed.shown)
        wanted = np.zeros(len(together), np.bool_)
        wanted[places] = True
        rows = np.flatnonzero(wanted[half_typed.place])
        rows = rows[np.argsort(-half_typed.chances[rows], kind="stable")[::-1]]
        best = np.zeros(len(together), np.intp)
        best[half_typed.place[rows]] = half_typed.ids[rows]  # of words shown alike the likeliest, which is written last
        found = []
        for place, experts in zip(places, half_typed.forecast.shares_of(best[places]), strict=True):
            text = half_typed.shown[place]
            # An argument's letters are as they were meant: only what is missing is inserted.
            kept = len(begun) if self._matching is EXACT and text.startswith(begun) else 0
            found.append(
                Suggestion.applied(
                    typed,
                    text=text,
                    kind="complete",
                    replace=len(begun) - kept,
                    insert=text[kept:],
                    probability=float(together[place]),
                    experts=experts,
                )
            )
        return found

    def _one_a_word(
        self, place: IndexArray, ids: IndexArray, words: Sequence[str], likely: Float32Array, begins: Beginning
    ) -> IndexArray:
        """Where each word is shown, (N,), if such as differ in a sentence's capital alone are shown together.

        Args:
            place: Where each is shown without that, (N,).
            ids: Indices of the words into a forecast, (N,).
            words: The words.
            likely: How likely each token is, (V,), and others behind them.
            begins: Whether a sentence begins.
        """
        known = (ids < self._vocabulary.size) & (ids != UNKNOWN)
        place_of = np.full(self._vocabulary.size, -1)
        place_of[ids[known]] = place[known]
        tokens = np.where(known, ids, UNKNOWN)
        twin_of = self._capitals.twin_of
        for number in np.flatnonzero(~known).tolist():
            twin, starts = twin_of(words[number])
            if twin == UNKNOWN:
                continue
            if starts and begins == "no":
                place_of[twin] = place[number]
            else:
                tokens[number] = twin
        together = place_of[self._capitals.forms(likely, begins)[tokens]]
        return np.where(together < 0, place, together)

    def _spelled(
        self, speller: Speller, typed: str, tail: Token, half_typed: _HalfTyped, *, count: int
    ) -> Iterator[Suggestion]:
        """Suggest words that are nowhere known, letter by letter; known ones have been weighed as words."""
        start = spelling_start(typed, tail.start)
        # Words in capitals are spelled as others are.
        letters = tail.text.lower() if len(tail.text) > 1 and tail.text.isupper() else tail.text
        for found in speller.candidates(Before(typed[start : tail.start] + letters), mode="complete", count=count):
            text = self._matching.in_case_of(tail.text, found.text)
            if text not in half_typed.shown:
                yield Suggestion.applied(
                    typed, text=text, kind="complete", replace=len(typed) - tail.start, insert=text,
                    probability=half_typed.unseen_chance * found.probability, experts={},
                )  # fmt: skip

    def _next_words(
        self, before: Before, place: Place[MixtureState], *, quoting: bool, weight: float, count: int,
        only: set[int] | None = None, never: Collection[int] = (),
    ) -> list[Suggestion]:  # fmt: skip
        """Suggest what may follow at a place; `weight` is the probability that this reading is meant.

        Where `only` some words are possible, by id, or some `never`, the others keep their probability.
        """
        typed, read = before.text, place.last
        forecast = self._expected(place)
        starts_line = not read or read[-1] == END
        begins = not starts_line and (typed[-1:].isspace() or self._spacing.opens(read, typed=typed))
        chances = self._chances_of_next(forecast, begins=begins)
        if only is not None:
            chances *= np.isin(forecast.tokens(), list(only))
        chances[list(never)] = 0.0
        chances = self._capitals.together(chances, self._capitals.beginning(read))
        found = []
        words = likeliest_words(forecast, chances, count, texts_of=self._words.texts)
        shares = forecast.shares_of([word.index for word in words])
        for word, experts in zip(words, shares, strict=True):
            replace, space = 0, "" if starts_line or typed[-1].isspace() else " "
            if not starts_line and not self._spacing.space_after(read, word.token, quoting=quoting, typed=typed):
                blanks = min(len(typed) - len(typed.rstrip(BLANKS)), len(typed) - before.fixed)
                replace, space = 0 if blanks and is_spaceless(word.text) else blanks, ""
            found.append(
                Suggestion.applied(
                    typed,
                    text=word.text,
                    kind="next",
                    replace=replace,
                    insert=space + word.text,
                    probability=weight * word.probability,
                    experts=experts,
                )
            )
        return found

    def _chances_of_next(self, forecast: Forecast, *, begins: bool) -> Float32Array:
        """Probabilities of what can be suggested next, (V + S,), the rest being 0.

        Behind a space that was typed, or a mark that opens, something `begins`: nothing that joins what is before it.
        """
        chances = forecast.probabilities.copy()
        unknown = float(chances[UNKNOWN])
        chances[[UNKNOWN, END]] = 0.0
        if begins:
            chances[: self._vocabulary.size] *= self._lexicon.stands_apart
            possible = float(chances.sum()) + unknown
            if possible > 0.0:
                chances /= np.float32(possible)
        return chances

    def _chances_of_words(
        self, begun: Beginnings, further: IndexArray, further_words: Sequence[str], forecast: Forecast
    ) -> tuple[Float32Array, Float32Array, float]:
        """Probabilities of the words that begin as typed, (N,), of further ones, (F,), and of all unseen ones.

        A rare word that was written before is its own.
        """
        listed, unseen = self._chances_of_listed(begun, forecast)
        written = forecast.probabilities[further]
        for number, word in enumerate(further_words):
            place = begun.unlisted.get(word)
            if place is not None:
                written[number] += listed[place] if begun.learned[place] else 0.0
                listed[place] = 0.0
        return listed, written, unseen

    def _chances_of_listed(self, begun: Beginnings, forecast: Forecast) -> tuple[Float32Array, float]:
        """Probabilities of the words that begin as typed, (N,), and of all unseen ones that do."""
        unknown = float(forecast.probabilities[UNKNOWN])
        others = unknown * (1 - (0.0 if self._personal is None else self._personal.learned_share()))
        rare_share = RARE_SHARE if self._vocabulary.rare else 0.0
        rare = np.float32(rare_share * others / max(1, len(self._vocabulary.rare)))
        unlisted = np.where(begun.learned > 0, begun.learned * np.float32(unknown), rare)
        chances: Float32Array = np.where(begun.ids == UNKNOWN, unlisted, forecast.probabilities[begun.ids])
        return chances, (1 - rare_share) * others * begun.unseen_share

    def _beginning_with(self, tail: str) -> Beginnings:
        """The words that begin as typed, learned ones among them."""
        begun = self._lexicon.beginning_with(tail)
        if self._personal is None:
            return begun
        found = self._begun.get(tail)
        if found is None:
            learned = self._personal.beginning_with(tail)
            found = self._begun[tail] = begun.with_learned(tail, learned) if learned else begun
            if len(self._begun) > _BEGINNINGS:
                del self._begun[next(iter(self._begun))]
        return found

    def _further_beginning_with(
        self, prefix: str, forecast: Forecast
    ) -> tuple[IndexArray, tuple[str, ...], Float32Array]:
        """Further words that begin with a prefix: indices into a forecast, the words, and their slips.

        Those that rather are misspellings were hardly meant to be written so, and do not keep the known word away.
        """
        if not len(forecast.further):
            return np.empty(0, np.intp), (), np.empty(0, np.float32)
        texts = self._words.texts(forecast.further.tolist())
        likely = self._matching.slips_of(prefix, texts)
        found = [place for place, like in enumerate(likely) if like > 0.0]
        for place in found if len(found) <= MOST_DOUBTED else ():
            taken_for = self._lexicon.taken_for(texts[place])
            if taken_for and UNKNOWN not in taken_for:
                likely[place] *= AGAIN_SLIP
        places = np.array(found, np.intp) + self._vocabulary.size
        slips = np.array([likely[place] for place in found], np.float32)
        return places, tuple(texts[place] for place in found), slips


def _last(tokens: Sequence[Token]) -> list[str]:
    """The last words and marks of a text, as many as are looked at."""
    return [token.text for token in tokens[-LAST:]]


def _slips_at(begins: Beginning, tail: str, slips: Float32Array) -> Float32Array:
    """How likely words are typed with just these letters, (N,): small ones begin a sentence oftener than a name."""
    if begins != "yes" or not tail[0].islower():
        return slips
    return np.where(slips == np.float32(CASE_SLIP), np.float32(FIRST_CAPITAL_SLIP), slips)
