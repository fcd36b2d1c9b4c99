"""Which words a half-typed one may become, before any context: those of the vocabulary, rare ones, unseen ones."""

import sys
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autocomplete.corpus.specials import END, UNKNOWN
from autocomplete.corpus.vocabulary import Vocabulary
from autocomplete.predict.prefixes import PrefixIndex, without_marks

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.intp]

# How often somebody who means a word types its letters in another case, or without their accents.
CASE_SLIP = 0.05
MARK_SLIP = 0.01
# How often a beginning is typed with one certain slip of the finger: a letter wrong, missing, too many or swapped.
# About one letter in a hundred is mistyped, in one of some thirty ways.
FINGER_SLIP = 0.0003
# First letters are seldom wrong: they hold 3 to 8 % of all slips (Pollock & Zamora 1984), a tenth of their due at most.
FIRST_LETTER = 0.1
# Shorter beginnings are one slip apart from too many words.
LEAST_SLIPPED = 3
# How many observations a guess from shorter contexts counts for beside those of a longer one (MacKay & Peto 1995).
_GUESS_WEIGHT = 5.0
# Letters before a letter that its probability depends on.
_LETTER_CONTEXT = 2
# Beginnings kept: a person's letters begin the same words again and again.
_BEGINNINGS = 1024


class Beginnings(NamedTuple):
    """What begins with some letters.

    Attributes:
        ids: Of the words; `UNKNOWN` for those too rare for the vocabulary. (N,).
        words: The words.
        slips: How likely each is typed with just these letters' case and accents. (N,).
        shown: What is suggested for them, in the case of what was typed, each once, with its index.
        place: Index into `shown` of each word. (N,).
        unseen_share: Share of unseen words that begin so.
    """

    ids: IntArray
    words: tuple[str, ...]
    slips: FloatArray
    shown: dict[str, int]
    place: IntArray
    unseen_share: float


class Lexicon:
    """Looks words up by their beginning.

    Args:
        vocabulary: The words, and the rare ones.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known = PrefixIndex(vocabulary.tokens)
        self._rare = PrefixIndex(vocabulary.rare)
        self._plain_known = PrefixIndex(vocabulary.tokens, without_marks)
        self._plain_rare = PrefixIndex(vocabulary.rare, without_marks)
        self._letters = "\n".join(["", *(without_marks(word) for word in vocabulary.tokens + vocabulary.rare), ""])
        self._count = lru_cache(maxsize=_BEGINNINGS)(self._letters.count)
        self.beginning_with = lru_cache(maxsize=_BEGINNINGS)(self._beginning_with)
        self._rare_beginning_with = lru_cache(maxsize=_BEGINNINGS)(self._rare.count)
        self.alike = lru_cache(maxsize=_BEGINNINGS)(self._alike)

    def _alike(self, word: str) -> int | None:
        """The id of the most frequent word of the vocabulary that is this one but for case, or None."""
        # Ids fall with frequency.
        found = self._known.equal_to(word)
        return int(found[0]) if len(found) else None

    def _beginning_with(self, prefix: str) -> Beginnings:
        """Find the words that begin with a prefix, whatever its case; else whatever its accents; else nearly so."""
        known, rare = self._known.beginning_with(prefix), self._rare.beginning_with(prefix)
        if not len(known) and not len(rare):
            known, rare = self._plain_known.beginning_with(prefix), self._plain_rare.beginning_with(prefix)
        if not len(known) and not len(rare) and len(prefix) >= LEAST_SLIPPED:
            known = self._slipped(prefix)
        known = known[known > max(UNKNOWN, END)]
        words = tuple(self._vocabulary.tokens[index] for index in known.tolist())
        words += tuple(self._vocabulary.rare[index] for index in rare.tolist())
        ids = np.concatenate([known, np.full(len(rare), UNKNOWN, np.intp)])
        slips = np.array([slip(prefix, word) for word in words], np.float32)
        shown: dict[str, int] = {}
        place = np.array([shown.setdefault(in_case_of(prefix, word), len(shown)) for word in words], np.intp)
        return Beginnings(ids, words, slips, shown, place, self._share_beginning_with(prefix))

    def _slipped(self, prefix: str) -> IntArray:
        """Ids of the words of the vocabulary whose beginning is one slip of the finger away from what was typed.

        The slip is in one half; the other half stands in the word as it was typed, at most one place away.
        """
        plain = without_marks(prefix)
        half = len(plain) // 2
        near = {
            *self._plain_known.beginning_with(plain[:half]).tolist(),
            *self._plain_known.holding(plain[half + 1 :]).tolist(),
        }
        tokens = self._vocabulary.tokens
        return np.array(sorted(i for i in near if one_slip_apart(plain, without_marks(tokens[i]))), np.intp)

    def _share_beginning_with(self, prefix: str) -> float:
        """Share of unseen words that begin so: letter by letter as the rare words do, or else as in any word."""
        share, among = 1.0, len(self._vocabulary.rare)
        plain = "\n" + without_marks(prefix)
        for length in range(1, len(plain)):
            such = self._rare_beginning_with(prefix[:length]) if among else 0
            guess = self._share_of_letter(plain[max(0, length - _LETTER_CONTEXT) : length], plain[length])
            share *= (such + _GUESS_WEIGHT * guess) / (among + _GUESS_WEIGHT)
            among = such
        return share

    def _share_of_letter(self, context: str, letter: str) -> float:
        """How often a letter follows some others in the words of the vocabulary, each counted once."""
        share = 1 / sys.maxunicode
        for length in range(len(context) + 1):
            end = context[len(context) - length :]
            seen = self._count(end) if end else len(self._letters)
            share = (self._count(end + letter) + _GUESS_WEIGHT * share) / (seen + _GUESS_WEIGHT)
        return share


def slip(prefix: str, word: str) -> float:
    """How likely somebody who means a word types its beginning so; 0 if it does not even nearly begin so."""
    if word.startswith(prefix):
        return 1.0
    if word.casefold().startswith(prefix.casefold()):
        return CASE_SLIP
    typed, plain = without_marks(prefix), without_marks(word)
    if plain.startswith(typed):
        return MARK_SLIP
    if len(typed) < LEAST_SLIPPED or not one_slip_apart(typed, plain):
        return 0.0
    first = 1.0 if typed[0] == plain[0] else FIRST_LETTER
    return FINGER_SLIP * first * (1.0 if prefix[0].isupper() == word[0].isupper() else CASE_SLIP)


def in_case_of(tail: str, word: str) -> str:
    """Write a word that begins with the tail but for case as somebody who typed the tail would."""
    if word.startswith(tail):
        return word
    if len(tail) > 1 and tail.isupper():
        return word.upper()
    begun, typed = word[1 : len(tail)], tail[1:]
    if not (tail[0].isupper() and word[0].islower() and (begun == typed or (begun + typed).islower())):
        return word
    return (tail[0] if tail[0].lower() == word[0] else word[0].upper()) + word[1:]


def one_slip_apart(typed: str, word: str) -> bool:
    """Whether a beginning of a word differs from what was typed by one letter wrong, missing, too many or swapped."""
    same = 0
    while same < min(len(typed), len(word)) and typed[same] == word[same]:
        same += 1
    if same == len(typed):
        return False  # it begins just so
    swapped = typed[same + 1 : same + 2] + typed[same]
    return (
        word.startswith(typed[same + 1 :], same + 1)  # wrong
        or word.startswith(typed[same:], same + 1)  # missing
        or word.startswith(typed[same + 1 :], same)  # too many
        or (len(swapped) == 2 and word.startswith(swapped + typed[same + 2 :], same))
    )
