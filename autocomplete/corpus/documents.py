"""Where the documents of a text begin, in so few groups that a plan of the work stays small."""

from collections.abc import Sequence

# Held-out text is a twentieth, so that groups of a 256th are fine enough to be spread.
MOST_GROUPS = 256
# While a text is written, beginnings are kept at no finer grain than this many over the text so far.
_MOST_KEPT = 16 * MOST_GROUPS


class Beginnings:
    """The bytes at which documents begin, noted while a text of unknown length is written."""

    def __init__(self) -> None:
        self._kept: list[int] = []
        self._least_bytes = 0  # between two that are kept

    def note(self, place: int) -> None:
        """Note that a document begins at a byte; places only grow."""
        if self._kept and place - self._kept[-1] < max(1, self._least_bytes):
            return
        self._kept.append(place)
        if len(self._kept) == _MOST_KEPT:
            self._least_bytes = 2 * place // _MOST_KEPT
            self._kept = _thinned(self._kept, self._least_bytes)

    def groups(self, size: int) -> tuple[int, ...]:
        """Return where contiguous groups of documents begin that are about equally large, at most `MOST_GROUPS`.

        Args:
            size: Of the whole text, in bytes.
        """
        return tuple(_thinned(self._kept, size / MOST_GROUPS) if len(self._kept) > MOST_GROUPS else self._kept)


def _thinned(places: Sequence[int], least: float) -> list[int]:
    """Places of which each is so far behind the one before it."""
    kept = [places[0]]
    for place in places[1:]:
        if place - kept[-1] >= least:
            kept.append(place)
    return kept
