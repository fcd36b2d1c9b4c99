"""Word-level suggestions: the next word and the rest of a half-typed one, ranked in one list."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple, Protocol

import numpy as np

from autocomplete.arrays import Float32Array, IndexArray
from autocomplete.learned.store import PersonalStore, Trial
from autocomplete.predict.experts.mixture import Forecast, Mixture, likeliest
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.personal import PersonalExpert
from autocomplete.predict.experts.reader import ContextReader
from autocomplete.predict.lexicon import MARK_SLIP, NEVER_MENDED, Beginnings, Lexicon, in_case_of, may_be_finished, slip
from autocomplete.predict.phrases import Phrase, PhraseSearch
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.predict.typed import Endings, TypedText, begins_address, is_spelled, spelling_start
from autocomplete.predict.word_ids import Spacing, WordIds
from autocomplete.text.prefixes import without_case, without_marks
from autocomplete.text.tokenizer import Token, Tokenizer
from autocomplete.text.vocabulary import END, UNKNOWN, Vocabulary

# Of the unknown words that the session has not written yet, the share that the training text holds, too rarely for
# the vocabulary. On the validation text of a user-sized corpus it was measured as 0.34.
RARE_SHARE = 0.34
# `NEVER_MENDED` where an accent was typed: that takes a key of its own, or two, so that it is oftener meant than not.
NEVER_MENDED_ACCENT = 0.5
# How likely an unseen word ends after a letter: words have some seven.
_WORD_END = 0.15
# The speller is asked where a half-typed word is likelier to become an unseen word than a known one: where it
# is not, a beam over letters costs more time than it finds.
SPELLED_FROM = 0.5
# Beginnings kept with what the person's lines taught.
_BEGINNINGS = 256
# Forecasts kept: letters typed within a word ask for the same one again, a phrase typed along for those of its search.
_FORECASTS = 16


class Speller(Protocol):
    """Spells words that the vocabulary lacks, letter by letter; `CharacterSuggester` is one."""

    def candidates(self, typed: str, *, mode: Mode, count: int) -> Iterator[Suggestion]:
        """Yield the most likely words that the end of the text may become."""
        ...


class _Readings(NamedTuple):
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
    """

    forecast: Forecast
    ids: IndexArray
    chances: Float32Array
    shown: tuple[str, ...]
    place: IndexArray
    finished: list[int]
    finished_chance: float
    unseen_chance: float


class WordSuggester:
    """Suggestions of a word-level model.

    Args:
        predictor: The experts.
        vocabulary: Its tokens.
        tokenizer: How typed text becomes tokens.
        speller: Loads what spells unseen words; called when the first is typed.
        personal: What a person's own lines taught.
    """

    def __init__(
        self,
        predictor: Mixture,
        vocabulary: Vocabulary,
        tokenizer: Tokenizer,
        *,
        speller: Callable[[], Speller] | None = None,
        personal: PersonalStore | None = None,
    ) -> None:
        self._speller = None if speller is None else cache(speller)
        self._vocabulary = vocabulary
        self._lexicon = Lexicon(vocabulary)
        self._words = WordIds(vocabulary, self._lexicon)
        self._spacing = Spacing.of(vocabulary, self._words.text, presumes=not tokenizer.pretokenized)
        self._phrases = PhraseSearch(forecast=self.forecast, text_of=self._words.text, joining=self._spacing)
        self._personal: PersonalExpert | None = None
        if personal is not None:
            self._personal = PersonalExpert(
                personal, vocabulary=vocabulary, ids_of=self._words.ids_of, text_of=self._words.text
            )
        # What the writer reads is of all experts; the personal one is judged beside the others.
        self._others = predictor
        self._predictor = predictor if self._personal is None else predictor.with_expert(self._personal)
        ngrams = predictor.find(NgramExpert)
        self._endings = Endings(
            vocabulary,
            self._lexicon,
            self._words,
            self._spacing,
            ngrams=None if ngrams is None else ngrams.model,
            personal=self._personal,
        )
        self._tokenizer = tokenizer
        self._typed = TypedText(tokenizer)
        self._context = ContextReader(self._predictor)
        self._forecasts: dict[tuple[int, ...], Forecast] = {}
        self._begun: dict[str, Beginnings] = {}
        joins = np.zeros(vocabulary.size, np.bool_)
        joins[[UNKNOWN, END, *vocabulary.joining.left]] = True
        self._stands_apart = ~joins  # (V,): tokens that may follow a space, or what opens

    def forecast(self, tokens: Sequence[int]) -> Forecast:
        """What may follow `tokens`."""
        self._read_anew()
        key = tuple(tokens)
        found = self._forecasts.pop(key, None)
        if found is None:
            found = self._predictor.explain(self._context.read(tokens))
        self._forecasts[key] = found
        if len(self._forecasts) > _FORECASTS:
            del self._forecasts[next(iter(self._forecasts))]
        return found

    def _read_anew(self) -> None:
        """Forget what was computed with other lines of the person than there are now."""
        if self._personal is not None and self._personal.changed():
            self._forecasts.clear()
            self._begun.clear()

    def trials(self, line: str) -> Mapping[int, Trial]:
        """What the personal expert is worth for a line that it is about to learn."""
        if self._personal is None:
            return {}
        tokens = [self._words.id(token.text) for token in self._tokenizer.spans(line)]
        return self._personal.trials(self._others, tokens)

    def candidates(self, typed: str, *, mode: Mode, count: int, fixed: int = 0) -> Iterator[Suggestion]:
        """Yield at least the `count` most likely suggestions, in no order; none changes the first `fixed` letters."""
        self._read_anew()
        spans = self._typed.spans(typed)
        finished, tail, pieces = self._endings.ending(spans, typed)
        before = [self._words.id(token.text) for token in finished]
        next_words = partial(self._next_words, typed, quoting=self._quoting(spans, typed), count=count, fixed=fixed)
        if tail is None:
            if mode != "complete" and not begins_address(typed):
                only = None if mode == "next" else self._endings.next_words(spans, typed)
                yield from next_words(before, weight=1.0, only=only)
            return
        read_as = self._read_as(before, pieces, typed) if pieces else None
        held = [] if pieces else self._endings.held(finished, tail)
        ends = self._endings.ends(finished, held) if held else None
        readings = self._readings(before, tail.text, read_as=read_as, ends=ends)
        completions: list[Suggestion] = []
        if mode != "next" and tail.start >= fixed:
            completions = self._completions(typed, tail, readings, count=count)
            yield from completions
            spelled = readings.unseen_chance > SPELLED_FROM and not held and is_spelled(typed, tail)
            if self._speller is not None and spelled:
                yield from self._spelled(self._speller(), typed, tail, readings, count=count)
        # No next word is more likely than its reading: where `count` completions are, it need not be asked.
        least = completions[-1].probability if len(completions) == count else 0.0
        weight = 1.0 if mode == "next" and not pieces else readings.finished_chance
        if mode != "complete" and weight > least:
            # What marks hold together is one unseen word, unless just this is known.
            apart = len(before) - (len(held) if readings.finished == [UNKNOWN] else 0)
            read = [*before[:apart], *readings.finished]
            never = self._endings.completing(tail.text, readings.shown, read)
            yield from next_words(read, weight=weight, never=never)

    def extended(
        self, typed: str, suggestion: Suggestion, *, words: int, least: float, blocked: Collection[str]
    ) -> Suggestion:
        """Go on after a suggestion as far as is confident.

        Args:
            typed: The input.
            suggestion: Of one word.
            words: Most words in all.
            least: Least confidence, a probability a word.
            blocked: Words, `caseless`, that must not occur.
        """
        kept = self._typed.spans(typed[: len(typed) - suggestion.replace])
        first = Phrase(
            tokens=(*(self._words.id(token.text) for token in kept), self._words.id(suggestion.text)),
            quoting=self._quoting(self._tokenizer.spans(suggestion.result), suggestion.result),
            added="",
            log_probability=math.log(max(suggestion.probability, 1e-300)),
            words=int(suggestion.text[0].isalnum()),
        )
        best = self._phrases.most_confident(first, words=words, least=least, blocked=blocked)
        if not best.added:
            return suggestion
        return suggestion.longer(typed, best.added, probability=math.exp(best.log_probability))

    def _quoting(self, spans: list[Token], typed: str) -> bool:
        """Whether a quotation is open at the end of the text."""
        if self._vocabulary.joining.quote is None:
            return False
        spaced = [*(token.spaced for token in spans), typed[-1:].isspace()]
        return self._vocabulary.joining.quoting([self._words.known_id(token.text) for token in spans], spaced)

    def _read_as(self, before: list[int], pieces: Sequence[Token], typed: str) -> tuple[list[int], float]:
        """The ids of several tokens, and how likely just they come next; never where they only begin an address."""
        ids = [*(self._words.id(piece.text) for piece in pieces[:-1]), self._words.known_id(pieces[-1].text)]
        chance = 0.0 if begins_address(typed) else 1.0
        for place, (token, piece) in enumerate(zip(ids, pieces, strict=True)):
            if chance > 0.0:
                forecast = self.forecast([*before, *ids[:place]])
                if UNKNOWN < token < self._vocabulary.size:
                    chance *= float(forecast.probabilities[token])
                    continue
                unseen = _WORD_END * self._lexicon.beginning_with(piece.text).unseen_share
                chance *= unseen * float(forecast.probabilities[UNKNOWN])
        return ids, chance

    def _readings(
        self, before: list[int], tail: str, *, read_as: tuple[list[int], float] | None, ends: set[int] | None
    ) -> _Readings:
        """Weigh what the tail may be: one of the words that begin with it, or a finished one.

        The case that the corpus has stands in for the case typed. Where no word is the tail, it is an unseen one. Of
        the mass of unknown words some goes to those that a person's lines taught, of the rest some to the rare ones of
        the training text, alike; what remains begins as they do.

        Args:
            before: The tokens before the tail.
            tail: The half-typed word.
            read_as: What the tail is where it is finished, and how likely that is, if it is several tokens.
            ends: Ids of the only words that it may be, where it goes on what marks hold together.
        """
        forecast = self.forecast(before)
        begun = self._beginning_with(tail)
        further, further_words, further_slips = self._further_beginning_with(tail, forecast)
        listed, unseen = self._chances_of_listed(begun, forecast)
        written = forecast.probabilities[further]
        for number, word in enumerate(further_words):  # a rare word that the session wrote is its own
            place = begun.unlisted.get(word)
            if place is not None:
                written[number] += listed[place] if begun.learned[place] else 0.0
                listed[place] = 0.0
        chances = np.concatenate([listed * begun.slips, written * further_slips])
        ids, words = np.concatenate([begun.ids, further]), begun.words + further_words
        slipped = np.concatenate([begun.slips, further_slips]) < MARK_SLIP
        if ends is not None:
            chances *= np.isin(forecast.tokens()[ids], list(ends))
        if read_as is not None:
            chances[slipped] = 0.0  # the marks in it are no slips
        never = NEVER_MENDED if without_marks(tail) == without_case(tail) else NEVER_MENDED_ACCENT
        as_typed = float(chances[~slipped].sum())
        unseen = max(unseen, never / (1 - never) * float(chances[slipped].sum()) - as_typed)
        total = float(chances.sum()) + unseen + (0.0 if read_as is None else read_as[1])
        finished, finished_chance = ([UNKNOWN], unseen * _WORD_END) if read_as is None else read_as
        of_session = (len(listed) + place for place, word in enumerate(further_words) if may_be_finished(word, tail))
        whole = [*begun.whole, *of_session]
        if ends is not None:
            whole = [place for place in whole if forecast.token(int(ids[place])) in ends]
        if whole and read_as is None:
            place = max(whole, key=lambda place: (words[place] == tail, float(chances[place])))
            finished, finished_chance = [forecast.token(int(ids[place]))], float(chances[place])
            if place < len(listed) and begun.learned[place]:
                finished = [self._words.id(words[place])]
            chances[place] = 0.0
        if total <= 0.0:  # nothing begins so
            return _Readings(
                forecast, ids[:0], chances[:0], (), ids[:0], finished, 1.0 if read_as is None else 0.0, 0.0
            )
        chances /= np.float32(total)
        # Words that are shown alike, such as `the` and `The` after `TH`, are one suggestion.
        shown = dict(begun.shown)
        places = [shown.setdefault(in_case_of(tail, word), len(shown)) for word in further_words]
        place_of = np.concatenate([begun.place, np.array(places, np.intp)])
        goes_on = unseen * (1 - _WORD_END) / total
        return _Readings(forecast, ids, chances, tuple(shown), place_of, finished, finished_chance / total, goes_on)

    def _completions(self, typed: str, tail: Token, readings: _Readings, *, count: int) -> list[Suggestion]:
        """Suggest the words that the tail begins, most likely first, and not what is typed already."""
        replace = len(typed) - tail.start
        summed = np.bincount(readings.place, weights=readings.chances, minlength=len(readings.shown))
        together: Float32Array = summed.astype(np.float32)
        if typed[tail.start :] in readings.shown:
            together[readings.shown.index(typed[tail.start :])] = 0.0
        found = []
        for place in likeliest(together, count, text_of=readings.shown.__getitem__):
            text = readings.shown[place]
            best = int(np.argmax(np.where(readings.place == place, readings.chances, -1.0)))
            found.append(
                Suggestion.applied(
                    typed,
                    text=text,
                    kind="complete",
                    replace=replace,
                    insert=text,
                    probability=float(together[place]),
                    experts=readings.forecast.shares(int(readings.ids[best])),
                )
            )
        return found

    def _spelled(
        self, speller: Speller, typed: str, tail: Token, readings: _Readings, *, count: int
    ) -> Iterator[Suggestion]:
        """Suggest words that are nowhere known, letter by letter; known ones have been weighed as words."""
        start = spelling_start(typed, tail.start)
        # Words in capitals are spelled as others are.
        letters = tail.text.lower() if len(tail.text) > 1 and tail.text.isupper() else tail.text
        for found in speller.candidates(typed[start : tail.start] + letters, mode="complete", count=count):
            text = in_case_of(tail.text, found.text)
            if text not in readings.shown:
                yield Suggestion.applied(
                    typed, text=text, kind="complete", replace=len(typed) - tail.start, insert=text,
                    probability=readings.unseen_chance * found.probability, experts={},
                )  # fmt: skip

    def _next_words(
        self, typed: str, before: list[int], *, quoting: bool, weight: float, count: int, fixed: int,
        only: set[int] | None = None, never: Collection[int] = (),
    ) -> Iterator[Suggestion]:  # fmt: skip
        """Suggest what may follow `before`; `weight` is the probability that this reading is meant.

        Where `only` some words are possible, by id, or some `never`, the others keep their probability.
        """
        forecast = self.forecast(before)
        starts_line = not before or before[-1] == END
        begins = not starts_line and (typed[-1:].isspace() or self._spacing.opens(before, typed=typed))
        chances = self._chances_of_next(forecast, begins=begins)
        if only is not None:
            chances *= np.isin(forecast.tokens(), list(only))
        chances[list(never)] = 0.0
        for index in likeliest(chances, count, text_of=lambda index: self._words.text(forecast.token(index))):
            token = forecast.token(index)
            text = self._words.text(token)
            replace, space = 0, "" if starts_line or typed[-1].isspace() else " "
            if not starts_line and not self._spacing.space_after(before, token, quoting=quoting, typed=typed):
                replace, space = min(len(typed) - len(typed.rstrip(" ")), len(typed) - fixed), ""
            yield Suggestion.applied(
                typed, text=text, kind="next", replace=replace, insert=space + text,
                probability=weight * float(chances[index]), experts=forecast.shares(index),
            )  # fmt: skip

    def _chances_of_next(self, forecast: Forecast, *, begins: bool) -> Float32Array:
        """Probabilities of what can be suggested next, (V + S,), the rest being 0.

        Behind a space that was typed, or a mark that opens, something `begins`: nothing that joins what is before it.
        """
        chances = forecast.probabilities.copy()
        unknown = float(chances[UNKNOWN])
        chances[[UNKNOWN, END]] = 0.0
        if begins:
            chances[: self._vocabulary.size] *= self._stands_apart
            possible = float(chances.sum()) + unknown
            if possible > 0.0:
                chances /= np.float32(possible)
        return chances

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
        """The session's words that begin with a prefix: indices into a forecast, the words, and their slips."""
        texts = [self._words.text(token) for token in forecast.further.tolist()]
        found = [(place, text, like) for place, text in enumerate(texts) if (like := slip(prefix, text)) > 0.0]
        places = np.array([place for place, _, _ in found], np.intp) + self._vocabulary.size
        slips = np.array([like for _, _, like in found], np.float32)
        return places, tuple(text for _, text, _ in found), slips
