"""Word-level suggestions: the next word and the rest of a half-typed one, ranked in one list."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.specials import END, END_TOKEN, UNKNOWN
from autocomplete.corpus.tokenizer import Token, Tokenizer
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.context import ContextReader, TypedText
from autocomplete.predict.lexicon import MARK_SLIP, Beginnings, Lexicon, in_case_of, may_be_finished, slip
from autocomplete.predict.personal import PersonalStore
from autocomplete.predict.personal_expert import PersonalExpert
from autocomplete.predict.personal_weight import Trial
from autocomplete.predict.predictor import Forecast, Predictor
from autocomplete.predict.prefixes import without_case
from autocomplete.predict.session import SessionWords
from autocomplete.predict.suggestion import CASES, Mode, Suggestion, caseless

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.intp]

# A mark that stands inside words: typed last, the word may be half-typed.
_JOINERS = frozenset("'’-")
# Of the unknown words that the session has not written yet, the share that the training text holds, too rarely for
# the vocabulary. On the validation text of a user-sized corpus it was measured as 0.34.
RARE_SHARE = 0.34
# Where only a slip of the finger explains the letters, the word is at least so often another all the same: on held-out
# text with one slip in a hundred letters, what should have been mended with certainty was in 96 % of places.
NEVER_MENDED = 0.04
# How likely an unseen word ends after a letter: words have some seven.
_WORD_END = 0.15
# The speller is asked where a half-typed word is likelier to become an unseen word than a known one: where it
# is not, a beam over letters costs more time than it finds.
SPELLED_FROM = 0.5
# It sees about so many characters before the word.
SPELLING_CONTEXT = 200
# Beginnings kept with what the person's lines taught.
_BEGINNINGS = 256
# Forecasts kept: letters typed within a word ask for the same one again, a phrase typed along for those of its search.
_FORECASTS = 16
# Ways to go on that a phrase search keeps, and next words that it tries for each.
BEAM_WIDTH = 3
# Tokens that a phrase may have for each of its words: marks stand between them.
_STEPS_A_WORD = 3


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
        finished: Token of the tail where it is finished.
        finished_chance: Probability of that.
        unseen_chance: Probability that it goes on as a word which is nowhere known.
    """

    forecast: Forecast
    ids: IntArray
    chances: FloatArray
    shown: tuple[str, ...]
    place: IntArray
    finished: int
    finished_chance: float
    unseen_chance: float


class _Phrase(NamedTuple):
    """A suggestion and the words that go on after it.

    Attributes:
        tokens: What the model has read up to here, all of these words included.
        added: The text that follows the suggestion's.
        log_probability: Of suggestion and words, in nats.
        words: How many words that is; marks do not count.
    """

    tokens: tuple[int, ...]
    added: str
    log_probability: float
    words: int

    @property
    def confidence(self) -> float:
        """Probability a word: the geometric mean, so that phrases of different lengths compare."""
        return math.exp(self.log_probability / self.words)


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
        predictor: Predictor,
        vocabulary: Vocabulary,
        tokenizer: Tokenizer,
        *,
        speller: Callable[[], Speller] | None = None,
        personal: PersonalStore | None = None,
    ) -> None:
        self._speller = None if speller is None else cache(speller)
        self._predictor = predictor
        self._vocabulary = vocabulary
        self._words = SessionWords(vocabulary)
        self._personal: PersonalExpert | None = None
        if personal is not None:
            self._personal = PersonalExpert(
                personal, vocabulary=vocabulary, ids_of=self._ids_of, text_of=self._words.text
            )
        self._tokenizer = tokenizer
        self._typed = TypedText(tokenizer)
        self._context = ContextReader(predictor)
        self._lexicon = Lexicon(vocabulary)
        self._ids: dict[str, int] = {}  # of the finished words met so far
        self._forecasts: dict[tuple[int, ...], Forecast] = {}
        self._begun: dict[str, Beginnings] = {}
        joins = np.zeros(vocabulary.size, np.bool_)
        joins[[UNKNOWN, END, *vocabulary.joining.left]] = True
        self._stands_apart = ~joins  # (V,): tokens that may follow a space

    def forecast(self, tokens: Sequence[int]) -> Forecast:
        """What may follow `tokens`."""
        key = tuple(tokens)
        if self._personal is not None and self._personal.changed():
            self._forecasts.clear()
            self._begun.clear()
        found = self._forecasts.pop(key, None)
        if found is None:
            found = self._predictor.forecast(self._context.read(tokens))
            found = found if self._personal is None else self._personal.joined(found, tokens)
        self._forecasts[key] = found
        if len(self._forecasts) > _FORECASTS:
            del self._forecasts[next(iter(self._forecasts))]
        return found

    def trials(self, line: str) -> Mapping[int, Trial]:
        """What the personal expert is worth for a line that it is about to learn."""
        if self._personal is None:
            return {}
        tokens = [self._id(token.text) for token in self._tokenizer.spans(line)]
        return self._personal.trials(self._predictor, tokens)

    def candidates(self, typed: str, *, mode: Mode, count: int) -> Iterator[Suggestion]:
        """Yield at least the `count` most likely suggestions, in no order."""
        spans = self._typed.spans(typed)
        finished, tail = _split_tail(spans, typed)
        if tail is not None and tail.text[-1] in _JOINERS and not self._begins_a_word(tail.text):
            finished, tail = spans, None  # the mark closes something
        before = [self._id(token.text) for token in finished]
        if tail is None:
            if mode != "complete":
                yield from self._next_words(typed, before, weight=1.0, count=count)
            return
        readings = self._readings(before, tail.text)
        completions: list[Suggestion] = []
        if mode != "next":
            completions = self._completions(typed, tail, readings, count=count)
            yield from completions
            if self._speller is not None and readings.unseen_chance > SPELLED_FROM and _is_spelled(typed, tail):
                yield from self._spelled(self._speller(), typed, tail, readings, count=count)
        # No next word is more likely than its reading: where `count` completions are, it need not be asked.
        least = completions[-1].probability if len(completions) == count else 0.0
        weight = 1.0 if mode == "next" else readings.finished_chance
        if mode != "complete" and weight > least:
            yield from self._next_words(typed, [*before, readings.finished], weight=weight, count=count)

    def extended(
        self, typed: str, suggestion: Suggestion, *, words: int, least: float, blocked: Collection[str]
    ) -> Suggestion:
        """Go on after a suggestion, by a beam search that compares confidences, probabilities a word.

        The phrase ends where the sentence does, and before its confidence, or a word's probability, is under `least`.

        Args:
            typed: The input.
            suggestion: Of one word.
            words: Most words in all.
            least: Least confidence.
            blocked: Words, `caseless`, that must not occur.
        """
        kept = self._typed.spans(typed[: len(typed) - suggestion.replace])
        tokens = (*(self._id(token.text) for token in kept), self._id(suggestion.text))
        best = _Phrase(tokens, "", math.log(max(suggestion.probability, 1e-300)), 1)
        beam = [best]
        for _ in range(_STEPS_A_WORD * words):
            longer, end = self._longer(beam, words, least, blocked)
            # The most confident of each length counts; where ending the sentence is more so, all is said.
            if best.words == words or not longer or end > longer[0].confidence:
                break
            best, beam = longer[0], longer[:BEAM_WIDTH]
        if not best.added:
            return suggestion
        return suggestion.longer(typed, best.added, probability=math.exp(best.log_probability))

    def _longer(
        self, beam: list[_Phrase], words: int, least: float, blocked: Collection[str]
    ) -> tuple[list[_Phrase], float]:
        """Phrases longer by a word or mark, most confident first, and the most confidence that the sentence ends."""
        found: list[_Phrase] = []
        end = 0.0
        for phrase in beam:
            forecast = self.forecast(phrase.tokens)
            chances = forecast.probabilities.copy()
            ending = phrase.log_probability + math.log(max(float(chances[END]), 1e-300))
            end = max(end, math.exp(ending / (phrase.words + 1)))
            chances[[UNKNOWN, END]] = 0.0
            chances[chances < least] = 0.0  # a confident beginning must not carry a guess
            likely = _largest(chances, BEAM_WIDTH + CASES * len(blocked))
            allowed = (index for index in likely if caseless(self._text(index, forecast)) not in blocked)
            for index in islice(allowed, BEAM_WIDTH):
                token, text = self._token(index, forecast), self._text(index, forecast)
                space = " " if self._vocabulary.joining.space_after(phrase.tokens, token) else ""
                found.append(
                    _Phrase(
                        tokens=(*phrase.tokens, token),
                        added=phrase.added + space + text,
                        log_probability=phrase.log_probability + math.log(float(chances[index])),
                        words=phrase.words + text[0].isalnum(),
                    )
                )
        confident = [phrase for phrase in found if phrase.words <= words and phrase.confidence >= least]
        return sorted(confident, key=lambda phrase: (-phrase.confidence, phrase.added)), end

    def _readings(self, before: list[int], tail: str) -> _Readings:
        """Weigh what the tail may be: one of the words that begin with it, or a finished one.

        The case that the corpus has stands in for the case typed. Where no word is the tail, it is an unseen one. Of
        the mass of unknown words some goes to those that a person's lines taught, of the rest some to the rare ones of
        the training text, alike; what remains begins as they do.
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
        if 0.0 < max(begun.slips.max(initial=0.0), further_slips.max(initial=0.0)) < MARK_SLIP:
            unseen = max(unseen, NEVER_MENDED / (1 - NEVER_MENDED) * float(chances.sum()))
        total = float(chances.sum()) + unseen
        finished, finished_chance = UNKNOWN, unseen * _WORD_END
        of_session = (len(listed) + place for place, word in enumerate(further_words) if may_be_finished(word, tail))
        whole = [*begun.whole, *of_session]
        if whole:
            place = max(whole, key=lambda place: (words[place] == tail, float(chances[place])))
            finished, finished_chance = self._token(int(ids[place]), forecast), float(chances[place])
            if place < len(listed) and begun.learned[place]:
                finished = self._id(words[place])
            chances[place] = 0.0
        if total <= 0.0:  # nothing begins so
            return _Readings(forecast, ids[:0], chances[:0], (), ids[:0], UNKNOWN, 1.0, 0.0)
        chances /= np.float32(total)
        # Words that are shown alike, such as `the` and `The` after `TH`, are one suggestion.
        shown = dict(begun.shown)
        places = [shown.setdefault(in_case_of(tail, word), len(shown)) for word in further_words]
        place_of = np.concatenate([begun.place, np.array(places, np.intp)])
        goes_on = unseen * (1 - _WORD_END) / total
        return _Readings(forecast, ids, chances, tuple(shown), place_of, finished, finished_chance / total, goes_on)

    def _completions(self, typed: str, tail: Token, readings: _Readings, *, count: int) -> list[Suggestion]:
        """Suggest the words that the tail begins, most likely first."""
        replace = len(typed) - tail.start
        together = np.bincount(readings.place, weights=readings.chances, minlength=len(readings.shown))
        found = []
        for place in _largest(together.astype(np.float32), count):
            text = readings.shown[place]
            likeliest = int(np.argmax(np.where(readings.place == place, readings.chances, -1.0)))
            found.append(
                Suggestion.applied(
                    typed,
                    text=text,
                    kind="complete",
                    replace=replace,
                    insert=text,
                    probability=float(together[place]),
                    experts=readings.forecast.shares(int(readings.ids[likeliest])),
                )
            )
        return found

    def _spelled(
        self, speller: Speller, typed: str, tail: Token, readings: _Readings, *, count: int
    ) -> Iterator[Suggestion]:
        """Suggest words that are nowhere known, letter by letter; known ones have been weighed as words."""
        start = _recent(typed, tail.start)
        # Words in capitals are spelled as others are.
        letters = tail.text.lower() if len(tail.text) > 1 and tail.text.isupper() else tail.text
        for found in speller.candidates(typed[start : tail.start] + letters, mode="complete", count=count):
            text = in_case_of(tail.text, found.text)
            if text not in readings.shown:
                yield Suggestion.applied(
                    typed, text=text, kind="complete", replace=len(typed) - tail.start, insert=text,
                    probability=readings.unseen_chance * found.probability, experts={},
                )  # fmt: skip

    def _next_words(self, typed: str, before: list[int], *, weight: float, count: int) -> Iterator[Suggestion]:
        """Suggest what may follow `before`; `weight` is the probability that this reading is meant."""
        forecast = self.forecast(before)
        starts_line = not before or before[-1] == END
        chances = self._chances_of_next(forecast, after_space=typed[-1:] == " " and not starts_line)
        for index in _largest(chances, count):
            text = self._text(index, forecast)
            replace, space = 0, "" if starts_line or typed[-1].isspace() else " "
            if not starts_line and not self._vocabulary.joining.space_after(before, self._token(index, forecast)):
                replace, space = len(typed) - len(typed.rstrip(" ")), ""
            yield Suggestion.applied(
                typed, text=text, kind="next", replace=replace, insert=space + text,
                probability=weight * float(chances[index]), experts=forecast.shares(index),
            )  # fmt: skip

    def _chances_of_next(self, forecast: Forecast, *, after_space: bool) -> FloatArray:
        """Probabilities of what can be suggested next, (V + S,), the rest being 0.

        A space that was typed says that nothing follows which joins the word before it.
        """
        chances = forecast.probabilities.copy()
        unknown = float(chances[UNKNOWN])
        chances[[UNKNOWN, END]] = 0.0
        if after_space:
            chances[: self._vocabulary.size] *= self._stands_apart
            possible = float(chances.sum()) + unknown
            if possible > 0.0:
                chances /= np.float32(possible)
        return chances

    def _id(self, word: str) -> int:
        """The id of a finished word; where the corpus has it in another case only, that of the most frequent."""
        found = self._ids.get(word)
        if found is None:
            plain = self._plain_apostrophe(word)
            alike = self._lexicon.alike(plain) if self._may_be_alike(plain) else None
            found = self._ids[word] = self._words.id(plain) if alike is None else alike
        return found

    def _ids_of(self, words: Sequence[str]) -> list[int]:
        """What `_id` gives for each, of many words at once."""
        for word in words:
            if word not in self._ids:
                plain = self._plain_apostrophe(word)
                alike = self._lexicon.first_alike.get(without_case(plain)) if self._may_be_alike(plain) else None
                self._ids[word] = self._words.id(plain) if alike is None else alike
        return [self._ids[word] for word in words]

    def _plain_apostrophe(self, word: str) -> str:
        """The word with the apostrophe that the corpus writes, where it has it with the other one only."""
        straight = word.replace("’", "'")
        return straight if straight in self._vocabulary and word not in self._vocabulary else word

    def _may_be_alike(self, word: str) -> bool:
        """Whether a word is none of the vocabulary's, but could be one in another case or with another apostrophe."""
        return word not in self._vocabulary and all(part.isalpha() for part in without_case(word).split("'"))

    def _begins_a_word(self, tail: str) -> bool:
        """Whether a word that is known, or that the session wrote, begins so, but for case and accents."""
        begun = self._beginning_with(tail)
        if begun.slips.max(initial=0.0) >= MARK_SLIP:
            return True
        written = (self._words.text(token) for token in range(self._vocabulary.size, self._words.size))
        return any(slip(tail, word) >= MARK_SLIP for word in written)

    def _token(self, index: int, forecast: Forecast) -> int:
        """The id of what stands at an index of a forecast."""
        return index if index < self._vocabulary.size else int(forecast.further[index - self._vocabulary.size])

    def _text(self, index: int, forecast: Forecast) -> str:
        """The word at an index of a forecast."""
        return self._words.text(self._token(index, forecast))

    def _chances_of_listed(self, begun: Beginnings, forecast: Forecast) -> tuple[FloatArray, float]:
        """Probabilities of the words that begin as typed, (N,), and of all unseen ones that do."""
        unknown = float(forecast.probabilities[UNKNOWN])
        others = unknown * (1 - (0.0 if self._personal is None else self._personal.learned_share()))
        rare_share = RARE_SHARE if self._vocabulary.rare else 0.0
        rare = np.float32(rare_share * others / max(1, len(self._vocabulary.rare)))
        unlisted = np.where(begun.learned > 0, begun.learned * np.float32(unknown), rare)
        chances: FloatArray = np.where(begun.ids == UNKNOWN, unlisted, forecast.probabilities[begun.ids])
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

    def _further_beginning_with(self, prefix: str, forecast: Forecast) -> tuple[IntArray, tuple[str, ...], FloatArray]:
        """The session's words that begin with a prefix: indices into a forecast, the words, and their slips."""
        texts = [self._words.text(token) for token in forecast.further.tolist()]
        found = [(place, text, like) for place, text in enumerate(texts) if (like := slip(prefix, text)) > 0.0]
        places = np.array([place for place, _, _ in found], np.intp) + self._vocabulary.size
        slips = np.array([like for _, _, like in found], np.float32)
        return places, tuple(text for _, text, _ in found), slips


def _split_tail(spans: list[Token], typed: str) -> tuple[list[Token], Token | None]:
    """Split tokens into the finished ones and the last, if it may be half-typed."""
    if not spans or spans[-1].stop != len(typed) or spans[-1].text == END_TOKEN:
        return spans, None
    last = spans[-1]
    if last.text in _JOINERS and not last.spaced and len(spans) > 1 and spans[-2].text[-1].isalnum():
        word = spans[-2]
        return spans[:-2], Token(word.text + last.text, word.start, last.stop, word.spaced)
    return (spans[:-1], last) if last.text[0].isalnum() else (spans, None)


def _is_spelled(typed: str, tail: Token) -> bool:
    """Whether a tail is a word of letters that stands alone, which a number or an address is not."""
    alone = tail.start == 0 or not (typed[tail.start - 1].isalnum() or typed[tail.start - 1] in _JOINERS)
    return alone and all(letter.isalpha() or letter in _JOINERS for letter in tail.text)


def _recent(typed: str, tail: int) -> int:
    """Where the text that spelling sees begins: the same for all letters of a word, and mostly for some words more."""
    earliest = tail - SPELLING_CONTEXT
    if earliest <= 0:
        return 0
    space = typed.find(" ", earliest // SPELLING_CONTEXT * SPELLING_CONTEXT, tail)
    return tail if space < 0 else space + 1


def _largest(values: FloatArray, count: int) -> list[int]:
    """Indices of the largest values above 0, largest first, ties by index."""
    if count < len(values):
        floor = np.partition(values, len(values) - count)[len(values) - count]
        picked = np.flatnonzero(values >= floor)
    else:
        picked = np.arange(len(values))
    order = np.lexsort((picked, -values[picked]))
    return [int(index) for index in picked[order][:count] if values[index] > 0.0]
