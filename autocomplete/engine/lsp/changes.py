"""What was changed in a document, as far as it tells typing from taking back.

Editors send what changed and never why. Whoever deletes, or takes something back, is not helped by a suggestion; so an
undo is known by what it does, which is to make the change before it undone.
"""

import bisect
from collections import deque
from typing import NamedTuple

from autocomplete.engine.lsp.lines import Lines, Point

# Changes that may be taken back, and characters of one of them: more is no typing.
_MOST_CHANGES = 100
_MOST_CHARACTERS = 4096


class Change(NamedTuple):
    """Some text in the place of another.

    Attributes:
        place: Where both begin.
        removed: What stood there.
        inserted: What stands there now.
    """

    place: Point
    removed: str
    inserted: str

    @property
    def least(self) -> "Change":
        """The same change without what both texts begin and end with: some editors send whole lines, or all."""
        first = _common(self.removed, self.inserted)
        removed, inserted = self.removed[first:], self.inserted[first:]
        last = _common(removed[::-1], inserted[::-1])
        return Change(
            self.place.behind(self.removed[:first]),
            removed[: len(removed) - last],
            inserted[: len(inserted) - last],
        )

    @property
    def inverse(self) -> "Change":
        """What takes it back."""
        return Change(self.place, self.inserted, self.removed)

    def joined(self, later: "Change") -> "Change | None":
        """This and a later one as one: letters typed, or deleted, one after the other; None where they are two."""
        if not (self.removed or later.removed) and later.place == self.place.behind(self.inserted):
            return Change(self.place, "", self.inserted + later.inserted)
        if self.inserted or later.inserted:
            return None
        if later.place.behind(later.removed) == self.place:
            return Change(later.place, later.removed + self.removed, "")
        return Change(self.place, self.removed + later.removed, "") if later.place == self.place else None


def replaced(lines: Lines, start: Point, stop: Point, text: str) -> Change:
    """Put a text in the place of another, and return what that changed."""
    return Change(start, lines.replace(start, stop, text), text).least


class History:
    """The last changes of a document, by which an undo is known for one."""

    def __init__(self) -> None:
        self._done: deque[Change] = deque(maxlen=_MOST_CHANGES)
        self._undone: deque[Change] = deque(maxlen=_MOST_CHANGES)

    def takes_back(self, change: Change) -> bool:
        """Note a change; whether it takes back the one before it, or does again what was taken back."""
        if self._done and change == self._done[-1].inverse:
            self._undone.append(self._done.pop())
            return True
        if self._undone and change == self._undone[-1]:
            self._done.append(self._undone.pop())
            return True
        self._undone.clear()
        if len(change.removed) + len(change.inserted) > _MOST_CHARACTERS:
            self._done.clear()
            return False
        joined = self._done[-1].joined(change) if self._done else None
        if joined is not None and len(joined.removed) + len(joined.inserted) <= _MOST_CHARACTERS:
            self._done[-1] = joined
        else:
            self._done.append(change)
        return False


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    return bisect.bisect_left(range(1, most + 1), True, key=lambda count: one[:count] != other[:count])
