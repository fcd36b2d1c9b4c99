"""What is long and was read before counts once: quoted mails, boilerplate, copies of a page.

Of single lines and commands frequency is what is to be learned, so that shorter ones are never left out.
"""

import re
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from autocomplete.arrays import Int64Array, UInt64Array
from autocomplete.config import Layout
from autocomplete.text.pieces import are_among
from autocomplete.text.unicode import SPACELESS

# Words, or characters of scripts that are written without spaces.
_LEAST_TOKENS = 50
_LEAST_BYTES = 3 * _LEAST_TOKENS
_SPACELESS = re.compile(f"[{SPACELESS}]")
_BLOCK_BYTES = 1 << 18
# A paragraph that is longer is none, and a document that is longer is not held in memory.
_LONGEST_PARAGRAPH_BYTES = 1 << 16
LONGEST_BYTES = 1 << 20
# Of so many slots, each of eight bytes, a table grows to at most so many: 32 MB.
_FIRST_SLOTS, _MOST_SLOTS = 1 << 10, 1 << 22
_MOST_LOAD = 0.7


class Seen:
    """What was seen, as hashes of 64 bits in a table of bounded size; once it is full nothing new is remembered.

    Two of four million texts have the same hash about once in two million such tables.
    """

    def __init__(self, most_slots: int = _MOST_SLOTS) -> None:
        self._most_slots = most_slots
        self._slots = array("Q", bytes(8 * _FIRST_SLOTS))
        self._count = 0

    def __bool__(self) -> bool:
        """Whether anything was seen."""
        return self._count > 0

    def add(self, content: bytes) -> bool:
        """Remember a text; whether it was there before."""
        key = hash(content) & 0xFFFF_FFFF_FFFF_FFFF or 1
        slots = self._slots
        mask = len(slots) - 1
        slot = key & mask
        while found := slots[slot]:
            if found == key:
                return True
            slot = (slot + 1) & mask
        if self._count < _MOST_LOAD * mask:
            slots[slot] = key
            self._count += 1
        elif mask < self._most_slots - 1:
            self._grow()
            return self.add(content)
        return False

    def _grow(self) -> None:
        before = self._slots
        self._slots = array("Q", bytes(16 * len(before)))
        mask = len(self._slots) - 1
        for key in filter(None, before):
            slot = key & mask
            while self._slots[slot]:
                slot = (slot + 1) & mask
            self._slots[slot] = key


def is_long(content: bytes) -> bool:
    """Whether a text is so long that it counts once: it has so many words or, in some scripts, characters."""
    if len(content) < _LEAST_BYTES:
        return False
    if content.count(b" ") >= _LEAST_TOKENS - 1 and len(content.split(None, _LEAST_TOKENS - 1)) == _LEAST_TOKENS:
        return True
    return not content.isascii() and len(_SPACELESS.findall(content.decode("utf-8", "ignore"))) >= _LEAST_TOKENS


class Stretch(NamedTuple):
    """Part of a file, from one byte to before another."""

    path: Path
    start: int
    stop: int


def likely_repeats(texts: Sequence[Stretch], *, layout: Layout) -> list[Int64Array] | None:
    """Return which long paragraphs of texts may come again, by a few bytes of each: hardly any text has such.

    It takes less than half of the time that all of the bytes would.

    Args:
        texts: Each of them.
        layout: What a paragraph is, as `repeats_in` has it.

    Returns:
        Of each text, where these paragraphs begin and end, (paragraphs, 2); None where there are more paragraphs than
        are held in memory.
    """
    keys, places, counts = [np.zeros(0, np.uint64)], [np.zeros((0, 2), np.int64)], []
    number = 0
    for text in texts:
        before = number
        for part in _parts_of(text, layout):
            keys.append(_keys(part))
            places.append(part.place + np.stack([part.starts, part.stops], axis=1))
            number += part.starts.size
            if number > _MOST_HELD:
                return None
        counts.append(number - before)
    every = np.concatenate(keys)
    ordered = np.sort(every)
    again = are_among(every, ordered[1:][ordered[1:] == ordered[:-1]])
    borders = np.cumsum(counts)[:-1]
    pairs = zip(np.split(np.concatenate(places), borders), np.split(again, borders), strict=True)
    return [of_text[is_likely] for of_text, is_likely in pairs]


def repeats_in(text: Stretch, *, layout: Layout, seen: Seen, likely: Int64Array | None = None) -> "array[int]":
    """Return where each long paragraph of a text begins and ends that was seen before.

    Args:
        text: The text.
        layout: What a paragraph is: with `text` what stands between blank lines, else a line.
        seen: What was read before; what is read now is added.
        likely: What alone is looked at, as `likely_repeats` has it; None for all.
    """
    repeats = array("q")
    for paragraph, place in _all_of(text, layout) if likely is None else _some_of(text, likely):
        content = paragraph.lstrip()
        begin = place + len(paragraph) - len(content)
        content = content.rstrip()
        if not _LEAST_BYTES <= len(content) <= _LONGEST_PARAGRAPH_BYTES:
            continue
        # What is long enough in bytes is remembered, and looked at only where it comes again: that is rare.
        if seen.add(_unwrapped(content)) and is_long(content):
            repeats.extend((begin, begin + len(content)))
    return repeats


def copy_without(text: Stretch, repeats: "array[int]", copy: Path) -> Stretch:
    """Write a text to another file without what `repeats_in` found, and return that."""
    with text.path.open("rb") as file, copy.open("wb") as output:
        start = text.start
        for place, stop in zip(repeats[::2], repeats[1::2], strict=True):
            _copy(file, output, start, place)
            start = stop
        _copy(file, output, start, text.stop)
    return Stretch(copy, 0, copy.stat().st_size)


def _unwrapped(paragraph: bytes) -> bytes:
    """A paragraph in one line."""
    if b"\r" in paragraph:
        paragraph = paragraph.replace(b"\r\n", b"\n")
    return paragraph.replace(b"\n", b" ")


class _Part(NamedTuple):
    """Whole paragraphs of a text.

    Attributes:
        block: Bytes of the text.
        place: Where in the file they begin.
        starts: Where in the block each paragraph begins that may be long.
        stops: Where it ends.
    """

    block: bytes
    place: int
    starts: Int64Array
    stops: Int64Array


def _all_of(text: Stretch, layout: Layout) -> Iterator[tuple[bytes, int]]:
    """The paragraphs of a text that may be long, and the byte at which each begins."""
    for part in _parts_of(text, layout):
        for start, stop in zip(part.starts.tolist(), part.stops.tolist(), strict=True):
            yield part.block[start:stop], part.place + start


def _some_of(text: Stretch, places: Int64Array) -> Iterator[tuple[bytes, int]]:
    """The same of those that begin and end at these places."""
    with text.path.open("rb") as file:
        for start, stop in places.tolist():
            file.seek(start)
            yield file.read(stop - start), start


def _parts_of(text: Stretch, layout: Layout) -> Iterator[_Part]:
    """A text in parts, each of whole paragraphs."""
    place, rest = text.start, b""
    with text.path.open("rb") as file:
        file.seek(place)
        while place + len(rest) < text.stop:
            block = rest + file.read(min(_BLOCK_BYTES, text.stop - place - len(rest)))
            is_last = place + len(block) >= text.stop
            is_endless = len(block) > _BLOCK_BYTES + _LONGEST_PARAGRAPH_BYTES
            end = len(block) if is_last or is_endless else _last_end(block, layout)
            if end:
                yield _Part(block[:end], place, *_borders(block[:end], layout))
            place += end
            rest = block[end:]


# Of so many paragraphs keys and places are held in memory: 24 MB.
_MOST_HELD = 1 << 20
# What is compared of a paragraph: so many bytes at its beginning and as many at its end.
_KEY_BYTES = 16
_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64)
_IS_BLANK = np.isin(np.arange(256), [*b" \t\n\r\v\f"])
# What begins or ends with more blanks is looked at by itself.
_MOST_BLANKS = 4


def _keys(part: _Part) -> UInt64Array:
    """A number for each paragraph, the same for those that read alike, however they are wrapped."""
    if not part.starts.size:
        return np.zeros(0, np.uint64)
    codes = np.frombuffer(part.block, np.uint8)
    starts, stops = part.starts, part.stops
    for _ in range(_MOST_BLANKS):
        starts = starts + _IS_BLANK[codes[starts]]
        stops = stops - _IS_BLANK[codes[stops - 1]]
    # Sixteen bytes, of whatever kind, from each byte.
    sixteen = np.ndarray((len(part.block) - _KEY_BYTES + 1,), np.complex128, part.block, strides=(1,))
    ends = np.stack([sixteen[starts], sixteen[stops - _KEY_BYTES]], axis=1).view(np.uint8)  # (paragraphs, 32)
    unclear = _IS_BLANK[codes[starts]] | _IS_BLANK[codes[stops - 1]] | (ends == ord("\r")).any(axis=1)
    ends[ends == ord("\n")] = ord(" ")
    for place in np.flatnonzero(unclear).tolist():
        content = _unwrapped(part.block[part.starts[place] : part.stops[place]].strip())
        key = content[:_KEY_BYTES].ljust(_KEY_BYTES) + content[-_KEY_BYTES:].ljust(_KEY_BYTES)
        ends[place] = np.frombuffer(key, np.uint8)
    keys: UInt64Array = (ends.view(np.uint64) * _MULTIPLIERS).sum(axis=1, dtype=np.uint64)
    return keys


def _last_end(block: bytes, layout: Layout) -> int:
    """Where the last whole paragraph of a block ends, 0 where none does."""
    if layout != "text":
        return block.rfind(b"\n") + 1
    return max(block.rfind(b"\n\n"), block.rfind(b"\n\r\n")) + 1


def _borders(block: bytes, layout: Layout) -> tuple[Int64Array, Int64Array]:
    """Where paragraphs begin and end that may be long."""
    codes = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(codes == ord("\n"))
    starts, stops = np.concatenate([[0], ends + 1]), np.append(ends, len(block))
    if layout == "text":
        lengths = stops - starts
        is_blank = (lengths == 0) | ((lengths == 1) & (codes[np.minimum(starts, len(block) - 1)] == ord("\r")))
        borders = np.flatnonzero(is_blank)
        starts = np.concatenate([[0], stops[borders]])
        stops = np.append(starts[1:], len(block))
    long = np.flatnonzero(stops - starts >= _LEAST_BYTES)
    return starts[long], stops[long]


def _copy(file: BinaryIO, output: BinaryIO, start: int, stop: int) -> None:
    file.seek(start)
    while start < stop:
        block = file.read(min(_BLOCK_BYTES, stop - start))
        output.write(block)
        start += len(block)
