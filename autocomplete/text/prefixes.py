"""Finds the words that begin with some letters at the speed of a text search."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, cached_property

import numpy as np

from autocomplete.arrays import BoolArray, IndexArray

# Letters of a beginning that are compared side by side: few words differ behind them alone.
_COMPARED = 12

# Letters that case folding leaves apart although one is the other's case somewhere, as the two i of Turkish are, and
# those that are two letters written as one.
_ONE_CASE = (("İ", "i"), ("ı", "i"), ("Œ", "oe"), ("œ", "oe"), ("Æ", "ae"), ("æ", "ae"), ("’", "'"))
# Letters whose stroke no decomposition takes off.
_STROKES = str.maketrans("łøđħŧ", "lodht")
# What `bare` takes out: apostrophes, the joiners of Persian and Indic words, the marks of Hebrew short forms; and the
# quotes that it makes straight.
_INNER_MARKS = str.maketrans("“”„", '"""', "'\u200c\u200d\u05f3\u05f4")


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


def without_inner_marks(text: str) -> str:
    """A text without the apostrophes and joiners in its words."""
    return text.translate(_INNER_MARKS)


def bare(text: str) -> str:
    """A text without case, accents, apostrophes and joiners: what is left where only the letters were typed."""
    return without_inner_marks(without_marks(text))


def has_accents_of(typed: str, word: str) -> bool:
    """Whether the beginning of a word has every accent that was typed, both without case; it may have more."""
    if typed.isascii() or without_marks(typed) == typed:
        return True
    return all(one in (letter, without_marks(letter)) for one, letter in zip(typed, word, strict=False))


def has_marks(text: str) -> bool:
    """Whether a letter has an accent."""
    return _accents().search(unicodedata.normalize("NFD", text)) is not None


@cache
def _accents() -> re.Pattern[str]:
    # Combining diacritical marks; points of Hebrew and vowels of Arabic, with its hamza; the dots below Indic letters.
    return re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u064b-\u065f\u0670\u093c\u09bc\u0a3c]+")


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
