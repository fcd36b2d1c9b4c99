"""Asks a completer for phrases of 1, 2, 3 and 5 words and counts those that the text goes on with, letter by letter."""

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from autocomplete.arrays import BoolArray, Float64Array
from autocomplete.evaluation.statistics import block_sums, blocks
from autocomplete.evaluation.typing import CONTEXT_CHARACTERS, cut_before, words_of
from autocomplete.predict.suggestion import Mode, Suggestion
from autocomplete.text.hyphenation import as_typed
from autocomplete.text.syntax import Syntax

# Lengths of phrases, in words.
LENGTHS = (1, 2, 3, 5)
# Share of the places, those of the most confident phrases, that systems are compared at.
COVERAGE = 0.25
# One place in so many words is asked at: neighbours share their phrases.
EVERY = 5
# First words that a phrase is sought from.
_BEGINNINGS = 3


class PhraseCompleter(Protocol):
    """What can be asked for phrases; a `Session` on a model that stops at no threshold is one."""

    def suggest(self, text: str, *, k: int, mode: Mode) -> Sequence[Suggestion]:
        """Return up to `k` suggestions of one word, likeliest first."""
        ...

    def extended(self, suggestion: Suggestion, text: str, *, words: int, above: float) -> Suggestion:
        """Go on after one of them by up to so many words in all, which need not be sought where less probable."""
        ...


@dataclass(frozen=True, slots=True)
class PhraseOffer:
    """The best phrase of a length at one place.

    Attributes:
        words: Its length.
        probability: How likely the completer says it is; 0 where it has none of this length.
        right: Whether the text goes on so, its case, marks and spaces included.
    """

    words: int
    probability: float
    right: bool


def phrase_offers(
    completer: PhraseCompleter,
    text: str,
    syntax: Syntax = "prose",
    *,
    begins: int = 0,
    lengths: Sequence[int] = LENGTHS,
) -> Iterator[tuple[PhraseOffer, ...]]:
    """Ask before every fifth word of a text; yields the offers of one place, one for each length that fits its line.

    A phrase never crosses the end of a line, so that a place near it has offers of fewer lengths.

    Args:
        completer: Suggests.
        text: One document.
        syntax: What its words are.
        begins: What begins earlier in the text is read, and nothing is asked for there.
        lengths: Of the phrases, in words.
    """
    begins = len(as_typed(text[:begins], syntax))
    text = as_typed(text, syntax)
    spans = [span for span in words_of(text, syntax) if span.start >= begins]
    for first in range(0, len(spans), EVERY):
        start = spans[first].start
        line_end = text.find("\n", start)
        line_end = len(text) if line_end < 0 else line_end
        cut = cut_before(text, start, CONTEXT_CHARACTERS)
        offers = []
        beginnings: Sequence[Suggestion] | None = None
        for length in lengths:
            if first + length > len(spans) or spans[first + length - 1].stop > line_end:
                break
            whole = text[cut : spans[first + length - 1].stop]
            typed = text[cut:start]
            if beginnings is None:
                beginnings = completer.suggest(typed, k=_BEGINNINGS, mode="next")
            offers.append(_offer(completer, typed, beginnings, whole, length, syntax))
        yield tuple(offers)


def _offer(
    completer: PhraseCompleter,
    typed: str,
    beginnings: Sequence[Suggestion],
    whole: str,
    length: int,
    syntax: Syntax,
) -> PhraseOffer:
    """The likeliest phrase of a length that begins with one of some words."""
    best: Suggestion | None = None
    for first in beginnings:
        above = 0.0 if best is None else best.probability
        phrase = first if length == 1 else completer.extended(first, typed, words=length, above=above)
        of_length = sum(1 for _ in words_of(phrase.text, syntax)) == length
        if of_length and (best is None or phrase.probability > above):
            best = phrase
    if best is None:
        return PhraseOffer(length, 0.0, right=False)
    return PhraseOffer(length, best.probability, best.result == whole)


class PhraseMatches:
    """Exact match of phrases, by length, among the places where the completer is most confident.

    Smart Compose (Chen et al. 2019) reports it so: systems, and phrases of different lengths, are compared where each
    shows the same share of what it could.
    """

    def __init__(self) -> None:
        self._documents = {length: array("q") for length in LENGTHS}
        self._probabilities = {length: array("d") for length in LENGTHS}
        self._right = {length: array("b") for length in LENGTHS}
        self.places = 0

    def add(self, offers: Sequence[PhraseOffer], *, document: int = 0) -> None:
        """Count a place; `document` numbers the text that it stands in."""
        self.places += 1
        for offer in offers:
            self._documents[offer.words].append(document)
            self._probabilities[offer.words].append(offer.probability)
            self._right[offer.words].append(offer.right)

    def rate(self, words: int, *, coverage: float = COVERAGE) -> float:
        """Share of right phrases of a length where the most confident `coverage` are shown; nan without places.

        Where fewer places than that have any phrase of the length, the missing ones count as wrong.
        """
        shown = self._shown(words, coverage)
        return float(self._hits(words)[shown].mean()) if shown.any() else math.nan

    def by_block(self, words: int, *, coverage: float = COVERAGE) -> tuple[Float64Array, Float64Array]:
        """Right phrases and phrases shown of each block, for `bootstrap_interval`."""
        block = blocks(np.array(self._documents[words], np.int64))
        shown = self._shown(words, coverage)
        return block_sums(self._hits(words) & shown, block), block_sums(shown, block)

    def _hits(self, words: int) -> BoolArray:
        return np.array(self._right[words], np.bool_)

    def _shown(self, words: int, coverage: float) -> BoolArray:
        """Which places are among the most confident."""
        probabilities = np.array(self._probabilities[words], np.float64)
        shown = np.zeros(len(probabilities), np.bool_)
        shown[np.argsort(-probabilities, kind="stable")[: math.ceil(coverage * len(probabilities))]] = True
        return shown
