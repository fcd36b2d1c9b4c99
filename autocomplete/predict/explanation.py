"""How surely a model foresaw each word of a text, by which expert, and what stood first instead: plain values.

The text is read as what is typed is, from the beginning of a line, and each word is asked for before it is read.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autocomplete.arrays import BoolArray, Float32Array
from autocomplete.learned.store import PersonalStore, forms_of
from autocomplete.predict.experts.mixture import Forecast, Mixture, MixtureState
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.predict.letters import is_letter
from autocomplete.predict.model import Model, NextWord, Ranker
from autocomplete.predict.ranking import likeliest_words
from autocomplete.predict.suggestion import CASES
from autocomplete.text.tokenizer import Token
from autocomplete.text.unicode import JOINERS, caseless
from autocomplete.text.vocabulary import END, END_TOKEN, UNKNOWN, is_word

# Words, or letters, shown of what was likeliest at a place.
SHOWN = 3
# Of a model of characters, so many letters a word are read at most, and so many spelled.
_LETTERS_A_WORD, _LONGEST_SPELLED = 16, 32
# Characters of a text that are looked at: of what lies behind, no words are counted either.
_LOOKED_AT = 1_000_000
# The most frequent words that are asked what follows them, and so many side by side: a row of the vocabulary each.
_ASKED, _AT_A_TIME = 256, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenWord:
    """A word or mark of a text, and what was foreseen in its place. A letter of a model of characters is one too.

    Attributes:
        text: As it is read; a line break where a line or paragraph ends.
        start: Where it begins in the text.
        stop: Where it ends there.
        probability: How likely it was before it was read; of a word that is not `known`, all such words together.
        rank: Its place among all words and marks, 1 for what stood first; None where it is not known. A word that was
            read letter by letter is first or has none.
        known: Whether the model has the word, or the text had it before.
        experts: Each expert's part in the probability, by name; they sum to 1.
        first: What was likeliest, likeliest first. Of letters, the word that the likeliest ones spell.
        gates: Of each layer of the network, how open each gate was while this was read, 0 (shut) to 1 (open).
        letters: What a model of characters foresaw of it; empty of words, and of letters themselves.
    """

    text: str
    start: int
    stop: int
    probability: float
    rank: int | None
    known: bool
    experts: Mapping[str, float]
    first: tuple[NextWord, ...]
    gates: tuple[Mapping[str, float], ...]
    letters: tuple["ForeseenWord", ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the word as plain JSON values."""
        found = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return found | {
            "experts": dict(self.experts),
            "first": [guess._asdict() for guess in self.first],
            "gates": [dict(layer) for layer in self.gates],
            "letters": [letter.as_dict() for letter in self.letters],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text, word by word.

    Attributes:
        text: As far as it was read.
        level: Whether the model reads words or characters.
        words: Its words and marks, in order.
        left_out: Words and marks behind them.
    """

    text: str
    level: str
    words: tuple[ForeseenWord, ...]
    left_out: int

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as plain JSON values."""
        return {
            "text": self.text,
            "level": self.level,
            "words": [word.as_dict() for word in self.words],
            "left_out": self.left_out,
        }


def explained(model: Model, text: str, *, personal: PersonalStore | None = None, most: int = 200) -> Explanation:
    """Explain the beginning of a text.

    Args:
        model: Which is asked.
        text: Its last word is taken for finished.
        personal: What the person who asks taught; blocked words are never shown as what was likely.
        most: Most words and marks.
    """
    words = model.tokenizer.of_words().spans(text[:_LOOKED_AT])
    kept = words[:most]
    if model.manifest.level == "char":
        kept = _readable(kept, _LETTERS_A_WORD * most)
    read = text[: kept[-1].stop] if kept else ""
    asker = _Asker(model, personal)
    found = asker.words(read) if model.manifest.level == "word" else asker.spelled_words(read, kept)
    return Explanation(read, model.manifest.level, tuple(found), len(words) - len(kept))


def _readable(words: Sequence[Token], letters: int) -> list[Token]:
    """The first words of a text that together are no longer than so many letters; the first one may be cut."""
    if words and words[0].stop > letters:
        return [words[0]._replace(text=words[0].text[:letters], stop=min(words[0].stop, words[0].start + letters))]
    return [word for word in words if word.stop <= letters]


class SurePhrase(NamedTuple):
    """What a model is sure of: which word follows another."""

    before: str
    text: str
    probability: float


def surest(model: Model, *, personal: PersonalStore | None = None, count: int = 20) -> list[SurePhrase]:
    """What follows most surely behind the most frequent words; of a model of characters nothing is known so.

    Args:
        model: Which is asked.
        personal: What the person who asks taught; blocked words are not shown.
        count: Most phrases.
    """
    if model.manifest.level == "char":
        return []
    asker = _Asker(model, personal)
    syntax = model.tokenizer.syntax
    chances = np.array(model.vocabulary.counts, np.float64)
    frequent = [
        token
        for token in np.argsort(-chances, kind="stable")[: 4 * _ASKED].tolist()
        if token not in (UNKNOWN, END) and is_word(model.vocabulary.tokens[token], syntax)
    ][:_ASKED]
    found: list[SurePhrase] = []
    for start in range(0, len(frequent), _AT_A_TIME):
        found += asker.following(frequent[start : start + _AT_A_TIME])
    return sorted(found, key=lambda each: (-each.probability, each.before))[:count]


class _Asker:
    """Asks a model what may follow, for one person.

    Args:
        model: The model.
        personal: What the person taught.
    """

    def __init__(self, model: Model, personal: PersonalStore | None) -> None:
        self._model = model
        self._ranker: Ranker = model.ranker(personal)
        self._blocked = forms_of(model.blocked) if personal is None else personal.blocked.words()

    @property
    def _mixture(self) -> Mixture:
        return self._ranker.mixture

    def words(self, text: str) -> Iterator[ForeseenWord]:
        """The tokens of a text, each asked for before it is read."""
        tokens, ids = self._ranker.reading(text)
        state = self._mixture.initial_state()
        for token, number in zip(tokens, ids, strict=True):
            yield self._foreseen(token, number, state)
            state = self._mixture.step(state, [number])

    def _foreseen(self, token: Token, number: int, state: MixtureState) -> ForeseenWord:
        """What was foreseen at a place of the token that stands there."""
        forecast = self._mixture.explain(state)
        place = _place(forecast, number)
        probability = float(forecast.probabilities[place])
        chances = self._showable(forecast.probabilities)
        known = place != UNKNOWN
        return ForeseenWord(
            text="\n" if token.text == END_TOKEN else token.text,
            start=token.start,
            stop=token.stop,
            probability=probability,
            rank=1 + int(np.count_nonzero(chances > probability)) if known else None,
            known=known,
            experts=forecast.shares_of([place])[0],
            first=self._likeliest(forecast, chances),
            gates=tuple(self._gates(state, number)),
        )

    def _showable(self, probabilities: Float32Array) -> Float32Array:
        """Probabilities of what may be shown to a person, 0 for what stands for no word."""
        chances = probabilities.copy()
        chances[[UNKNOWN, END]] = 0.0
        return chances

    def _likeliest(self, forecast: Forecast, chances: Float32Array) -> tuple[NextWord, ...]:
        """The likeliest words that nobody blocked."""
        count = SHOWN + CASES * len(self._blocked)
        found = likeliest_words(forecast, chances, count, texts_of=self._ranker.texts)
        return tuple(
            NextWord(word.text, word.probability) for word in found if caseless(word.text) not in self._blocked
        )[:SHOWN]

    def _gates(self, state: MixtureState, number: int) -> list[dict[str, float]]:
        """What the network's gates do when a token is read; nothing where there is no network, or no gates."""
        network = self._mixture.find(RecurrentNetwork)
        if network is None:
            return []
        layers = network.gates(state.parts[self._mixture.experts.index(network)], number)
        return [layer for layer in layers if layer]

    def following(self, ids: Sequence[int]) -> Iterator[SurePhrase]:
        """The likeliest word behind each of some words that begin a line, where nobody blocked the two."""
        texts, syntax = self._model.vocabulary.tokens, self._model.tokenizer.syntax
        state = self._mixture.step(self._mixture.initial_state().rows([0] * len(ids)), ids)
        size = self._model.vocabulary.size
        for number, row in zip(ids, self._mixture.forecast(state).probabilities[:, :size], strict=True):
            best = int(self._showable(row).argmax())
            pair = (texts[number], texts[best])
            if is_word(pair[1], syntax) and not any(caseless(word) in self._blocked for word in pair):
                yield SurePhrase(*pair, min(1.0, float(row[best])))

    def spelled_words(self, text: str, words: Sequence[Token]) -> Iterator[ForeseenWord]:
        """The words of a text as a model of characters reads them, letter by letter."""
        characters, ids = self._ranker.reading(text)
        state = self._mixture.initial_state()
        place = 0
        for word in words:
            while place < len(characters) and characters[place].start < word.start:  # white space
                state = self._mixture.step(state, [ids[place]])
                place += 1
            before, letters = state, list[ForeseenWord]()
            while place < len(characters) and characters[place].start < word.stop:
                letters.append(self._foreseen(characters[place], ids[place], state))
                state = self._mixture.step(state, [ids[place]])
                place += 1
            if letters:
                yield self._spelled_word(word, letters, before, state)

    def _spelled_word(
        self, word: Token, letters: Sequence[ForeseenWord], before: MixtureState, after: MixtureState
    ) -> ForeseenWord:
        """A word of its letters. What may stand at its end counts: a word that only begins another one is not it."""
        probability = math.prod(letter.probability for letter in letters)
        if is_letter(letters[-1].text):
            probability *= float(self._mixture.forecast(after).probabilities[0][~self._in_word].sum())
        first = self._spelled(before)
        own_is_first = first is not None and (word.text == first.text or probability >= first.probability)
        shown = () if first is None or caseless(first.text) in self._blocked else (first,)
        return ForeseenWord(
            text="\n" if word.text == END_TOKEN else word.text,
            start=word.start,
            stop=word.stop,
            probability=min(1.0, probability),
            rank=1 if own_is_first else None,
            known=all(letter.known for letter in letters),
            experts=_means([letter.experts for letter in letters]),
            first=shown,
            gates=tuple(map(_means, zip(*(letter.gates for letter in letters), strict=True))),
            letters=tuple(letters),
        )

    @cached_property
    def _in_word(self) -> BoolArray:
        """Which tokens may stand inside a word, (V,)."""
        return np.array([is_letter(text) or text in JOINERS for text in self._model.vocabulary.tokens])

    def _spelled(self, state: MixtureState) -> NextWord | None:
        """The word, or mark, that the likeliest letters spell one by one; None where they end before the first."""
        texts, in_word = self._model.vocabulary.tokens, self._in_word
        word, probability = "", 1.0
        while len(word) < _LONGEST_SPELLED:
            row = self._mixture.forecast(state).probabilities[0]
            chances = self._showable(row)
            ends = float(row[~in_word].sum())
            if word:
                chances[~in_word] = 0.0
                if ends >= chances.max():
                    return NextWord(word, min(1.0, probability * ends))
            best = int(chances.argmax())
            if chances[best] <= 0.0 or texts[best].isspace():
                return None
            word, probability = word + texts[best], probability * float(chances[best])
            if not in_word[best]:
                return NextWord(word, min(1.0, probability))
            state = self._mixture.step(state, [best])
        return NextWord(word, min(1.0, probability))


def _place(forecast: Forecast, number: int) -> int:
    """Where a token stands in a forecast; where the unknown word does, if the text did not have it before."""
    size = len(forecast.probabilities) - len(forecast.further)
    if number < size:
        return number
    among = np.flatnonzero(forecast.further == number)
    return size + int(among[0]) if len(among) else UNKNOWN


def _means(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each name's numbers, over those that have some: an expert that was silent gave nothing."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: sum(part.get(name, 0.0) for part in parts) / len(parts) for name in names}
