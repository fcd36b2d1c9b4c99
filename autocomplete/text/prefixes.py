"""Finds the words that begin with some letters at the speed of a text search."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, cached_property

import numpy as np

from autocomplete.arrays import IndexArray

# Letters that case folding leaves apart although one is the other's case somewhere, as the two i of Turkish are, and
# those that are two letters written as one.
_ONE_CASE = (("İ", "i"), ("ı", "i"), ("Œ", "oe"), ("œ", "oe"), ("Æ", "ae"), ("æ", "ae"), ("’", "'"))
# Letters whose stroke no decomposition takes off.
_STROKES = str.maketrans("łøđħŧ", "lodht")
# What `bare` takes out, and the quotes that it makes straight.
_INNER_MARKS = str.maketrans("“”„", '"""', "'")


def without_case(text: str) -> str:
    """Casefold a text, write its ligatures as two letters, and make its apostrophes straight.

    The dotless i is the other one here: which of them a capital stands for, only a language tells.
    """
    if text.isascii():
        return text.lower()
    for letter, folded in _ONE_CASE:
        text = text.replace(letter, folded)
    return text.casefold()


def without_marks(text: str) -> str:
    """The same, and take the accents off its letters."""
    if text.isascii():
        return text.lower()
    return _accents().sub("", unicodedata.normalize("NFD", without_case(text))).translate(_STROKES)


def bare(text: str) -> str:
    """The same, and take the apostrophes out of it: what is left where only the letters were typed."""
    return without_marks(text).translate(_INNER_MARKS)


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

    def holding_any(self, characters: re.Pattern[str]) -> IndexArray:
        """Ids of the words that hold one of some characters once they are folded, ascending."""
        lines, breaks = self._folded
        places = [found.start() for found in characters.finditer(lines)]
        return np.flatnonzero(np.bincount(np.searchsorted(breaks, places), minlength=1)) - 1

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
