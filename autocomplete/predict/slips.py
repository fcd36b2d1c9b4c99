"""Words that a model of characters would mend: those one slip of the finger away from what was typed."""

import math
from collections.abc import Sequence

from autocomplete.predict.lexicon import APOSTROPHE_SLIP, FINGER_SLIP, FIRST_LETTER, LEAST_SLIPPED
from autocomplete.predict.readings import Reader, Readings

# Readings kept of each beginning.
_WIDTH = 16


class SlipReader:
    """Reads half-typed words with one letter wrong, missing, too many or swapped with the next.

    Digits and marks are as they were meant: none is ever the letter that slipped; but an apostrophe may be missing.

    What was found for a word's first letters is kept for the next letter.

    Args:
        reader: Reads letters as they were typed.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._path: list[Readings] = []
        self._found: list[Readings] = []

    def read(self, readings: Readings, letters: Sequence[int]) -> Readings | None:
        """Return what the word at the end may be with a slip in it, or None where it is likelier without.

        Args:
            readings: Of the text as it was typed.
            letters: Of the word.
        """
        path = readings.path()
        chance = readings.total - path[0].total
        if len(letters) < LEAST_SLIPPED or len(path) != len(letters) + 1 or chance >= math.log(APOSTROPHE_SLIP):
            return None
        known = 0
        while known < min(len(self._found), len(path)) and path[known] is self._path[known]:
            known += 1
        del self._found[known:]
        self._path = path
        while len(self._found) < len(path):
            self._found.append(self._beginning(path, letters, len(self._found)))
        return self._found[-1] if math.isfinite(self._found[-1].total) else None

    def _beginning(self, path: list[Readings], letters: Sequence[int], length: int) -> Readings:
        """Read the first letters with a slip in them; where it is in the last of them, any letter may go on.

        Args:
            path: The word without a slip after 0, 1, … letters.
            letters: Of the word.
            length: How many of them are read.
        """
        if length == 0:
            return path[0].times(-math.inf)
        *before, last = letters[:length]
        may_slip = self._reader.may_slip
        # The last letter is too many, another was meant, or one is missing before it: all go on from what is before.
        parts = [path[length - 1].times(_log_slip(length - 1) if may_slip(last) else -math.inf)]
        if length > 1:
            parts.append(self._reader.typed(self._going_on(path, letters, length - 1), last, width=_WIDTH))
        if length > 1 and before[-1] != last and may_slip(before[-1]) and may_slip(last):
            swapped = self._reader.typed(path[length - 2], last, width=_WIDTH)
            swapped = self._reader.typed(swapped, before[-1], width=_WIDTH)
            parts.append(swapped.times(_log_slip(length - 2)))
        return parts[0].joined(*parts[1:]).distinct().pruned(_WIDTH)

    def _going_on(self, path: list[Readings], letters: Sequence[int], length: int) -> Readings:
        """The same, with letters that may have been meant by the last, or be missing before it as an apostrophe may."""
        last = letters[length - 1]
        if not self._reader.may_slip(last):
            return self._found[length]
        before = path[length - 1]
        parts = [self._found[length]]
        wrong = self._reader.other(before, last, width=_WIDTH).times(_log_slip(length - 1))
        if wrong.words:  # another letter is known
            parts += [wrong, self._reader.typed(wrong, last, width=_WIDTH)]
        apostrophe = self._reader.apostrophe(before, width=_WIDTH).times(math.log(APOSTROPHE_SLIP))
        if length > 1 and apostrophe.words:
            parts.append(self._reader.typed(apostrophe, last, width=_WIDTH))
        return parts[0].joined(*parts[1:]).distinct().pruned(_WIDTH)


def _log_slip(place: int) -> float:
    """Log probability of one certain slip at a letter, in nats."""
    return math.log(FINGER_SLIP * (FIRST_LETTER if place == 0 else 1.0))
