"""The probability of a word's letters: what `<unk>` owes, so that bits a character compare between vocabularies."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from autocomplete.corpus.specials import END_TOKEN, UNKNOWN_TOKEN
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.words import RARE_SHARE

_EDGE = ""  # stands before the first letter and behind the last
_CODE_POINTS = 0x110000


class Spelling:
    """The words that a model lacks: first the rare ones of its training text, alike, then any letters.

    Letters follow each other as in the words that the model knows, each distinct word counted once: a bigram model of
    letters, interpolated with single letters and those with all of Unicode (Witten & Bell 1991).

    Args:
        vocabulary: Its words and rare words.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._rare = set(vocabulary.rare)
        self._followers: dict[str, Counter[str]] = {}
        self._letters: Counter[str] = Counter()
        known = (token for token in vocabulary.tokens if token not in (UNKNOWN_TOKEN, END_TOKEN))
        for word in (*known, *vocabulary.rare):
            for first, second in _pairs(word):
                self._followers.setdefault(first, Counter())[second] += 1
                self._letters[second] += 1

    def nats(self, word: str) -> float:
        """Negative log probability of a word, given that it is none of the vocabulary's."""
        if word in self._rare:
            return math.log(len(self._rare) / RARE_SHARE)
        unseen = 1.0 - RARE_SHARE if self._rare else 1.0
        return -math.log(unseen) - sum(math.log(self._after(first, second)) for first, second in _pairs(word))

    def _after(self, first: str, second: str) -> float:
        letter = _interpolated(self._letters, second, 1.0 / (_CODE_POINTS + 1))
        return _interpolated(self._followers.get(first, {}), second, letter)


def _pairs(word: str) -> Iterable[tuple[str, str]]:
    return zip((_EDGE, *word), (*word, _EDGE), strict=True)


def _interpolated(counts: Mapping[str, int], letter: str, otherwise: float) -> float:
    """Witten-Bell: as much is left for other letters as there were different ones."""
    total, different = sum(counts.values()), len(counts)
    return (counts.get(letter, 0) + different * otherwise) / (total + different) if total else otherwise
