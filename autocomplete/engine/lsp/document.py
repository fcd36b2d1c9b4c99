"""A document that is open in an editor: its text, what was done to it last, and the lines that were finished in it."""

from typing import NamedTuple

from autocomplete.engine.lsp.changes import Change, History, replaced
from autocomplete.engine.lsp.lines import Encoding, Lines, Point

# What begins a line that another wrote, or that a program did: quotations of mails, remarks of a version control.
_NOT_WRITTEN = {"mail": (">",), "message": (">",), "gitcommit": ("#",), "git-commit": ("#",)}


class Range(NamedTuple):
    """Part of a text, as an editor gives it: lines from 0 on, and columns in units of an encoding."""

    first_line: int
    first_units: int
    last_line: int
    last_units: int


class Document:
    """What is known of one document.

    Args:
        file_type: As the editor calls it.
        text: All of it.
        encoding: Of the editor's columns.
        model: The one that is asked in it.

    Attributes:
        lines: Its text.
        quiet: Whether something was deleted or taken back last.
        changes: How many there were.
        letter: Whether the last change typed one character.
    """

    def __init__(self, file_type: str, text: str, encoding: Encoding, model: str) -> None:
        self.model = model
        self.lines = Lines(text)
        self.quiet = False
        self.changes = 0
        self.letter = False
        self._encoding = encoding
        self._others = _NOT_WRITTEN.get(file_type.lower(), ())
        self._history = History()
        self._written: int | None = None  # the line in which the person writes
        self._taught: set[int] = set()

    def point(self, line: int, units: int) -> Point:
        """The place that the editor means."""
        return self.lines.point(line, units, self._encoding)

    def units(self, point: Point) -> int:
        """The column of a place as the editor counts it."""
        return self.lines.units(point, self._encoding)

    def change(self, where: Range | None, text: str) -> str | None:
        """Put a text in the place of another, None for all of it.

        Returns:
            The line that was finished with it, where one was: writing went on in another.
        """
        start, stop = Point(0, 0), self.lines.end
        if where is not None:
            start = self.point(where.first_line, where.first_units)
            stop = max(start, self.point(where.last_line, where.last_units))
        last = self.lines.end.line
        change = replaced(self.lines, start, stop, text)
        self.changes += 1
        if not (change.removed or change.inserted):
            return None
        back = self._history.takes_back(change)
        self.quiet = back or not change.inserted
        self.letter = not change.removed and len(change.inserted) == 1
        finished = self._finished(change, self.lines.end.line - last)
        if not back and change.inserted.strip() and change.place.behind(change.inserted).line == change.place.line:
            self._written = change.place.line
        return finished

    def leave(self) -> str | None:
        """Return the line in which the person wrote last, once the document is closed."""
        return self._end_line(self._written) if self._written is not None else None

    def _finished(self, change: Change, more: int) -> str | None:
        """The line in which the person wrote, where a change ends it that made so many lines more of the text."""
        written, first = self._written, change.place.line
        if written is None:
            return None
        last = change.place.behind(change.removed).line
        if first < last and first <= written <= last:
            self._written = None
            return None
        if written == first and not more:
            return None
        return self._end_line(written + (more if written > first else 0))

    def _end_line(self, number: int) -> str | None:
        """A line that is finished; None where it is empty, another's, or was finished so before."""
        self._written = None
        line = self.lines.line(number).strip()
        if not line or line.startswith(self._others) or hash(line) in self._taught:
            return None
        self._taught.add(hash(line))
        return line
