"""How a suggestion goes on: a beam search that compares confidences, probabilities a word."""

import math
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from autocomplete.predict.experts.mixture import Forecast, likeliest
from autocomplete.predict.suggestion import CASES
from autocomplete.text.unicode import caseless
from autocomplete.text.vocabulary import END, UNKNOWN, Joining

# Ways to go on that a search keeps, and next words that it tries for each.
BEAM_WIDTH = 3
# Tokens that a phrase may have for each of its words: marks stand between them.
_STEPS_A_WORD = 3
# Marks, alone or in a row, that end a sentence.
_SENTENCE_ENDS = frozenset(".?!…")


class Phrase(NamedTuple):
    """A suggestion and the words that go on after it.

    Attributes:
        tokens: What the model has read up to here, all of these words included.
        quoting: Whether a quotation is open behind them.
        added: The text that follows the suggestion's.
        log_probability: Of suggestion and words, in nats.
        words: How many words that is; marks do not count.
    """

    tokens: tuple[int, ...]
    quoting: bool
    added: str
    log_probability: float
    words: int

    @property
    def confidence(self) -> float:
        """Probability a word: the geometric mean, so that phrases of different lengths compare; a mark's own."""
        return math.exp(self.log_probability / max(1, self.words))


class PhraseSearch:
    """Searches phrases.

    Args:
        forecast: What may follow some tokens.
        text_of: The word of an id.
        joining: Which tokens stand close to their neighbours.
    """

    def __init__(
        self,
        *,
        forecast: Callable[[Sequence[int]], Forecast],
        text_of: Callable[[int], str],
        joining: Joining,
    ) -> None:
        self._forecast = forecast
        self._text_of = text_of
        self._joining = joining

    def most_confident(self, first: Phrase, *, words: int, least: float, blocked: Collection[str]) -> Phrase:
        """Go on after a suggestion; the phrase ends where the sentence does.

        It also ends before its confidence, or a word's probability, is under `least`.

        Args:
            first: The suggestion.
            words: Most words in all.
            least: Least confidence.
            blocked: Words, `caseless`, that must not occur.
        """
        best, beam = first, [first]
        for _ in range(_STEPS_A_WORD * words):
            if best.words == words or self._ends_sentence(best):
                break
            longer, end = self._longer(beam, words, least, blocked)
            # The most confident of each length counts; where ending the sentence is more so, all is said.
            if not longer or end > longer[0].confidence:
                break
            best, beam = longer[0], [phrase for phrase in longer if not self._ends_sentence(phrase)][:BEAM_WIDTH]
        return best

    def _ends_sentence(self, phrase: Phrase) -> bool:
        return _SENTENCE_ENDS.issuperset(self._text_of(phrase.tokens[-1]))

    def _longer(
        self, beam: list[Phrase], words: int, least: float, blocked: Collection[str]
    ) -> tuple[list[Phrase], float]:
        """Phrases longer by a word or mark, most confident first, and the most confidence that the sentence ends."""
        found: list[Phrase] = []
        end = 0.0
        for phrase in beam:
            forecast = self._forecast(phrase.tokens)
            chances = forecast.probabilities.copy()
            ending = phrase.log_probability + math.log(max(float(chances[END]), 1e-300))
            end = max(end, math.exp(ending / (phrase.words + 1)))
            chances[[UNKNOWN, END]] = 0.0
            chances[chances < least] = 0.0  # a confident beginning must not carry a guess
            text_of = partial(self._text_at, forecast)
            ways = likeliest(chances, BEAM_WIDTH + CASES * len(blocked), text_of=text_of)
            allowed = (index for index in ways if caseless(text_of(index)) not in blocked)
            found += (
                self._with(phrase, forecast.token(index), float(chances[index]))
                for index in islice(allowed, BEAM_WIDTH)
            )
        confident = [phrase for phrase in found if phrase.words <= words and phrase.confidence >= least]
        return sorted(confident, key=lambda phrase: (-phrase.confidence, phrase.added)), end

    def _text_at(self, forecast: Forecast, index: int) -> str:
        return self._text_of(forecast.token(index))

    def _with(self, phrase: Phrase, token: int, chance: float) -> Phrase:
        """A phrase and one more token."""
        text = self._text_of(token)
        space = " " if self._joining.space_after(phrase.tokens, token, quoting=phrase.quoting) else ""
        return Phrase(
            tokens=(*phrase.tokens, token),
            quoting=phrase.quoting != (token == self._joining.quote),
            added=phrase.added + space + text,
            log_probability=phrase.log_probability + math.log(chance),
            words=phrase.words + text[0].isalnum(),
        )
