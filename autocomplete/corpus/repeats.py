"""What is long and was read before counts once: quoted mails, boilerplate, copies of a page.

Of single lines and commands frequency is what is to be learned, so that shorter ones are never left out.
"""

import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from autocomplete.config import Layout
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


def repeats_in(text: Stretch, *, layout: Layout, seen: Seen) -> "array[int]":
    """Return where each long paragraph of a text begins and ends that was seen before.

    Args:
        text: The text.
        layout: What a paragraph is: with `text` what stands between blank lines, else a line.
        seen: What was read before; what is read now is added.
    """
    repeats = array("q")
    with text.path.open("rb") as file:
        for content, place in _paragraphs(file, text, layout):
            # What is long enough in bytes is remembered, and looked at only where it comes again: that is rare.
            if seen.add(_unwrapped(content)) and is_long(content):
                repeats.extend((place, place + len(content)))
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


def _paragraphs(file: BinaryIO, text: Stretch, layout: Layout) -> Iterator[tuple[bytes, int]]:
    """The longer paragraphs of a text, and the byte at which each begins."""
    file.seek(text.start)
    place, rest = text.start, b""
    while place + len(rest) < text.stop:
        block = rest + file.read(min(_BLOCK_BYTES, text.stop - place - len(rest)))
        is_last = place + len(block) >= text.stop
        end = (
            len(block) if is_last or len(block) > _BLOCK_BYTES + _LONGEST_PARAGRAPH_BYTES else _last_end(block, layout)
        )
        for start, stop in _borders(block[:end], layout):
            content = block[start:stop].lstrip()
            begin = place + stop - len(content)
            content = content.rstrip()
            if _LEAST_BYTES <= len(content) <= _LONGEST_PARAGRAPH_BYTES:
                yield content, begin
        place += end
        rest = block[end:]


def _last_end(block: bytes, layout: Layout) -> int:
    """Where the last whole paragraph of a block ends, 0 where none does."""
    if layout != "text":
        return block.rfind(b"\n") + 1
    return max(block.rfind(b"\n\n"), block.rfind(b"\n\r\n")) + 1


def _borders(block: bytes, layout: Layout) -> Iterator[tuple[int, int]]:
    """Where paragraphs begin and end that may be long."""
    if not block:
        return
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
    yield from zip(starts[long].tolist(), stops[long].tolist(), strict=True)


def _copy(file: BinaryIO, output: BinaryIO, start: int, stop: int) -> None:
    file.seek(start)
    while start < stop:
        block = file.read(min(_BLOCK_BYTES, stop - start))
        output.write(block)
        start += len(block)
