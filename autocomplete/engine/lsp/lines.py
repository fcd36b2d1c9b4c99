"""The text of a document that an editor writes: its lines, and places in them as the editor counts and as we do.

Editors count the columns of a line in units of an encoding: bytes of UTF-8, units of UTF-16, or code points. Lines end
where the protocol says, at a line feed, a carriage return, or both; what else Unicode breaks lines at ends none here.
"""

import bisect
import re
from typing import Literal, NamedTuple

Encoding = Literal["utf-8", "utf-16", "utf-32"]

# Characters before the cursor that are read, at least, where there are so many; twice as many at most. The beginning
# moves by whole blocks only, so that a session knows the text before a key again. A session remembers two blocks of
# half that many, which are up to 1,000 words.
BLOCK = 6144
# Characters behind the cursor that are read: a session looks at the first words.
BEHIND = 256

_ENDS = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")
_CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2)}


class Point(NamedTuple):
    """A place between two characters.

    Attributes:
        line: From 0 on.
        column: Code points of the line before it.
    """

    line: int
    column: int

    def behind(self, text: str) -> "Point":
        """Return the place behind a text that begins here."""
        *before, last = _ENDS.split(text)
        return Point(self.line + len(before), len(last) + (0 if before else self.column))


class Lines:
    """A text that is edited; what a key costs does not grow with it.

    Args:
        text: All of it.
    """

    def __init__(self, text: str) -> None:
        self._lines = _ENDS.split(text)
        self._known = (0, 0)  # a line, and where it begins in the text: near where it was read last

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._lines)

    @property
    def end(self) -> Point:
        """Behind the last character."""
        return Point(len(self._lines) - 1, len(self._lines[-1]))

    def line(self, number: int) -> str:
        """A line without its end."""
        return self._lines[number].rstrip("\r\n")

    def point(self, line: int, units: int, encoding: Encoding) -> Point:
        """The place that an editor means; what lies outside is the nearest place within, as the protocol says."""
        if line >= len(self._lines):
            return self.end
        return Point(line, _characters(self.line(line), units, encoding))

    def units(self, point: Point, encoding: Encoding) -> int:
        """The column of a place as an editor counts it."""
        return _units(self._lines[point.line][: point.column], encoding)

    def replace(self, start: Point, stop: Point, text: str) -> str:
        """Put a text in the place of what stands between two places, and return that."""
        removed = self.between(start, stop)
        first = start.line
        new = self._lines[first][: start.column] + text + self._lines[stop.line][stop.column :]
        # A line feed behind a carriage return that ended a line ends that line with it.
        if first and self._lines[first - 1].endswith("\r"):
            first -= 1
            new = self._lines[first] + new
        if first < self._known[0]:
            self._start(first)
        pieces = _ENDS.split(new)
        if stop.line + 1 < len(self._lines):
            pieces.pop()  # it is empty: the line has an end, and another follows
        self._lines[first : stop.line + 1] = pieces
        return removed

    def between(self, start: Point, stop: Point) -> str:
        """What stands between two places."""
        if start.line == stop.line:
            return self._lines[start.line][start.column : stop.column]
        middle = self._lines[start.line + 1 : stop.line]
        return self._lines[start.line][start.column :] + "".join(middle) + self._lines[stop.line][: stop.column]

    def before(self, point: Point) -> str:
        """What stands before a place, as far as it is read."""
        offset = self._start(point.line) + point.column
        wanted = offset - max(0, (offset // BLOCK - 1) * BLOCK)
        pieces = [self._lines[point.line][: point.column]]
        length, line = point.column, point.line
        while length < wanted:
            line -= 1
            pieces.append(self._lines[line])
            length += len(pieces[-1])
        return _with_line_feeds("".join(reversed(pieces))[length - wanted :])

    def after(self, point: Point) -> str:
        """What stands behind a place, as far as it is read."""
        rest = self._lines[point.line][point.column : point.column + BEHIND]
        line = point.line + 1
        while len(rest) < BEHIND and line < len(self._lines):
            rest += self._lines[line][:BEHIND]
            line += 1
        return _with_line_feeds(rest[:BEHIND])

    def _start(self, line: int) -> int:
        """How many characters stand before a line; this takes as long as it is far from the one asked for last."""
        known, start = self._known
        between = sum(map(len, self._lines[min(known, line) : max(known, line)]))
        self._known = (line, start + between if line > known else start - between)
        return self._known[1]


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _units(text: str, encoding: Encoding) -> int:
    if encoding == "utf-32" or text.isascii():
        return len(text)
    codec, width = _CODECS[encoding]
    return len(text.encode(codec, "surrogatepass")) // width


def _characters(text: str, units: int, encoding: Encoding) -> int:
    """How many characters so many units are; a unit within a character means the place before it."""
    if encoding == "utf-32" or text.isascii():
        return min(units, len(text))
    return bisect.bisect_right(range(len(text) + 1), units, key=lambda count: _units(text[:count], encoding)) - 1
