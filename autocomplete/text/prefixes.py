"""Finds the words that begin with some letters at the speed of a text search."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, cached_property

import numpy as np

from autocomplete.arrays import BoolArray, IndexArray

# Letters of a beginning that are compared side by side: few words differ behind them alone.
_COMPARED = 12


def without_case(text: str) -> str:
    """Casefold a text and make its apostrophes straight."""
    return text.casefold().replace("’", "'")


def without_marks(text: str) -> str:
    """The same, and take the accents off its letters."""
    return _accents().sub("", unicodedata.normalize("NFD", without_case(text)))


def has_marks(text: str) -> bool:
    """Whether a letter has an accent."""
    return _accents().search(unicodedata.normalize("NFD", text)) is not None


@cache
def _accents() -> re.Pattern[str]:
    return re.compile("[\u0300-\u036f]+")  # the block of combining diacritical marks


class PrefixIndex:
    """Words, in the order of their ids, as one text to search.

    Args:
        words: None of them holds a line break.
        fold: What makes letters equal; of several words at once it gives what it gives of each.
    """

    def __init__(self, words: Sequence[str], fold: Callable[[str], str] = without_case) -> None:
        self._words = words
        self._fold = fold

    @cached_property
    def _folded(self) -> tuple[str, IndexArray]:
        """The words, folded, one a line between line breaks, and where those stand."""
        lines = self._fold("\n".join(["", *self._words, ""]))
        codes = np.frombuffer(lines.encode("utf-32-le", "surrogatepass"), np.uint32)
        return lines, np.flatnonzero(codes == ord("\n"))

    def beginning_with(self, prefix: str) -> IndexArray:
        """Ids of the words that begin with a prefix, ascending; with one that folds to nothing, all do."""
        begun = self._fold(prefix)
        return self._found("\n" + begun) if begun else np.arange(len(self._words))

    def holding(self, part: str) -> IndexArray:
        """Ids of the words that hold some letters anywhere, ascending; twice those that hold them twice."""
        return self._found(self._fold(part)) - 1 if part else np.empty(0, np.intp)

    def count(self, prefix: str) -> int:
        """How many words begin with a prefix."""
        begun = self._fold(prefix)
        return self._folded[0].count("\n" + begun) if begun else len(self._words)

    def occurrences(self, letters: str) -> int:
        """How often folded letters stand in a row, with a line break before a word's first; of none, all letters."""
        return self._folded[0].count(letters)

    def equal_to(self, word: str) -> IndexArray:
        """Ids of the words that are equal to a word when both are folded, ascending."""
        return self._found("\n" + self._fold(word) + "\n")

    def _found(self, wanted: str) -> IndexArray:
        lines, breaks = self._folded
        places = []
        place = lines.find(wanted)
        while place >= 0:
            places.append(place)
            place = lines.find(wanted, place + 1)
        return np.searchsorted(breaks, places)


class LetterIndex:
    """The first letters of words side by side, to find at once the words that nearly begin in some way.

    Args:
        words: In the order of their ids.
        fold: What makes letters equal; of several words at once it gives what it gives of each.
    """

    def __init__(self, words: Sequence[str], fold: Callable[[str], str] = without_marks) -> None:
        self._words = words
        self._fold = fold

    @cached_property
    def _columns(self) -> IndexArray:
        """The code of each letter, 0 behind a word's last, (`_COMPARED` + 1, N)."""
        folded = self._fold("\n".join(self._words)).split("\n") if self._words else []
        cut = np.array([word[: _COMPARED + 1] for word in folded], f"U{_COMPARED + 1}")
        return np.ascontiguousarray(cut.view(np.uint32).reshape(len(folded), _COMPARED + 1).T)

    def nearly_beginning_with(self, letters: str) -> IndexArray:
        """Ids, ascending, of all words that begin so but for one letter wrong, missing, too many or swapped.

        Args:
            letters: Folded. Of many the first `_COMPARED` are compared: words that differ behind them are found too.
        """
        codes = [ord(letter) for letter in letters[:_COMPARED]]
        count = len(codes)
        columns = self._columns
        found = np.zeros(columns.shape[1], np.bool_)
        begun = np.ones_like(found)  # the letters before a place are as typed
        same = _ends(columns, codes, 0)
        missing = _ends(columns, codes, 1)
        too_many = _ends(columns, codes, -1)
        for place in range(count):
            near = same[place + 1] | missing[place] | too_many[place + 1]
            if place + 1 < count:
                swapped = (columns[place] == codes[place + 1]) & (columns[place + 1] == codes[place])
                near |= swapped & same[place + 2]
            found |= begun & near
            begun = begun & (columns[place] == codes[place])
        if len(letters) > _COMPARED:
            found |= begun
        return np.flatnonzero(found)


def _ends(columns: IndexArray, codes: Sequence[int], shift: int) -> list[BoolArray]:
    """Whether the letters from each place on stand in the words so many places later."""
    ends = [np.ones(columns.shape[1], np.bool_)]
    for place in reversed(range(len(codes))):
        ends.append(ends[-1] & (columns[place + shift] == codes[place]) if place + shift >= 0 else ~ends[0])
    return ends[::-1]
