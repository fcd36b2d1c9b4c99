"""Numbers the pieces of bulk text, what stands between spaces and line breaks. Arrays take the place of strings."""

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from autocomplete.arrays import BoolArray, ByteArray, IndexArray, Int32Array, UInt64Array

Codes = ByteArray  # of text in UTF-8
Places = IndexArray

_Scalar = TypeVar("_Scalar", bound=np.generic)


class GrowingArray(Generic[_Scalar]):
    """Rows of one kind, with room to spare, so that adding some copies little."""

    def __init__(self, rows: npt.NDArray[_Scalar]) -> None:
        self._room = rows.copy()
        self._length = len(rows)

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        """Bytes of memory, the room to spare included."""
        return self._room.nbytes

    @property
    def rows(self) -> npt.NDArray[_Scalar]:
        """The rows there are, until more are added."""
        return self._room[: self._length]

    def add(self, rows: npt.NDArray[_Scalar]) -> None:
        """Put rows behind the last."""
        length = self._length + len(rows)
        if length > len(self._room):
            room = np.empty((length + length // 2, *rows.shape[1:]), self._room.dtype)
            room[: self._length] = self.rows
            self._room = room
        self._room[self._length : length] = rows
        self._length = length


def stretches(starts: Places, lengths: Places) -> Places:
    """Return the places `start` to `start + length - 1` of each pair, one stretch behind the other."""
    places = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    places += np.arange(places.size)
    return places


# NumPy's own functions for these load its masked arrays at their first call, which takes longer than a small text.


def distinct(numbers: Int32Array | Places, *, below: int) -> Places:
    """Return the different ones of some numbers, ascending; all are less than `below`, and none is negative."""
    present = np.zeros(below, np.bool_)
    present[numbers] = True
    return np.flatnonzero(present)


def are_among(values: UInt64Array, known: UInt64Array) -> BoolArray:
    """Return which values are among the known ones, which ascend."""
    if not known.size:
        return np.zeros(values.shape, np.bool_)
    places = np.minimum(np.searchsorted(known, values), known.size - 1)
    found: BoolArray = known[places] == values
    return found


_Keys = UInt64Array  # (pieces, 2)
_Hashes = UInt64Array  # (pieces,)

_BREAK, _SPACE = b"\n "

# The arrays of 128 KiB of text fit the processor's cache. A block ends as a piece, or a line, does.
_BLOCK_OF_PIECES = re.compile(rb"(?s).{,131072}[^ \n]*[ \n]")
_BLOCK_OF_LINES = re.compile(rb"(?s).{,131072}[^\n]*\n")

# Longer pieces meet a dictionary: of English words 1 in 2,000.
_LONGEST_KEY = 16
# By length, what fills a key up: a byte that no UTF-8 has. A longer piece, like one of no length, has nothing but fill.
_FILL = np.frombuffer(
    b"".join(bytes(n) + b"\xff" * (_LONGEST_KEY - n) for n in range(_LONGEST_KEY + 1)) + b"\xff" * _LONGEST_KEY,
    np.uint64,
).reshape(-1, 2)
_NO_KEY = _FILL[-1:]
_LONG_PIECE_MEMORY = 200  # bytes, of a string, its number and their place in a dictionary

_LEAST_SLOT_BITS = 12
# 2^64 over the golden ratio (Knuth, volume 3, section 6.4) and over the square of the plastic number; odd.
_MULTIPLIER, _SECOND_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x91E10DA5C79E7B1D)
_ONE = np.uint64(1)


class PieceTable:
    """The distinct pieces of all texts that it was shown, numbered in the order they appeared; a line break is 0.

    A piece of up to 16 bytes is a key of two integers. Its hash values name one slot after the other: it is the piece
    whose number stands in one of them, before any that is free (open addressing).
    """

    def __init__(self) -> None:
        self._slot_bits = _LEAST_SLOT_BITS
        self._slots = np.zeros(1 << self._slot_bits, np.int32)  # numbers, 0 where free, as most are
        self._long: dict[bytes, int] = {}
        # By number: the key, and where the piece ends among the bytes; a line break stands behind each.
        self._keys = GrowingArray(_NO_KEY)
        self._stops = GrowingArray(np.zeros(1, np.intp))
        self._bytes = GrowingArray(np.zeros(0, np.uint8))

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def memory(self) -> int:
        """Bytes of memory that the table takes, about."""
        arrays = self._slots.nbytes + self._keys.nbytes + self._stops.nbytes + self._bytes.nbytes
        return arrays + _LONG_PIECE_MEMORY * len(self._long)

    def number(self, text: bytes) -> Int32Array:
        """Return the numbers of all pieces and line breaks of a text in UTF-8, in order."""
        return np.concatenate([self._number_block(block[0]) for block in _BLOCK_OF_PIECES.finditer(text + b" ")])

    def number_lines(self, lines: bytes) -> Int32Array:
        """Return the number of each line, as if it were a piece, spaces and all; a line is at least one byte."""
        return np.concatenate([np.zeros(0, np.int32), *(self._numbered(*block) for block in _blocks_of_lines(lines))])

    def find_lines(self, lines: bytes) -> Int32Array:
        """Return the number of each line, 0 where it is not in the table."""
        return np.concatenate([np.zeros(0, np.int32), *(self._found(*block)[0] for block in _blocks_of_lines(lines))])

    def lines(self, numbers: Places) -> bytes:
        """Return pieces, a line each; none is the line break."""
        stops = self._stops.rows
        starts = np.take(stops, numbers - 1)
        return np.take(self._bytes.rows, stretches(starts, np.take(stops, numbers) - starts)).tobytes()[:-1]

    def _number_block(self, block: bytes) -> Int32Array:
        codes = np.frombuffer(block, np.uint8)
        stops = np.flatnonzero((codes == _BREAK) | (codes == _SPACE))
        starts, lengths = _between(stops)
        # Of each stop, the piece before it and the line break that it is, where there are such.
        found = np.zeros((stops.size, 2), np.int32)
        found[:, 0] = self._numbered(block, starts, lengths)
        there = np.stack([lengths > 0, codes[stops] == _BREAK], axis=1)
        return np.compress(there.ravel(), found.ravel())

    def _numbered(self, block: bytes, starts: Places, lengths: Places) -> Int32Array:
        """The number of each piece, after giving new ones theirs; 0 for those of no length."""
        numbers, keys = self._found(block, starts, lengths)
        new = np.flatnonzero((numbers == 0) & (lengths > 0))
        if new.size:
            numbers[new] = self._enter(block, starts[new], lengths[new], keys[new])
        return numbers

    def _found(self, block: bytes, starts: Places, lengths: Places) -> tuple[Int32Array, _Keys]:
        """The number of each piece, 0 where it is not in the table, and its key."""
        keys = _keys(block, starts, lengths)
        hashed = _hashed(keys)
        numbers = np.take(self._slots, self._slots_of(hashed))
        others = self._differ(numbers, keys)
        left = np.flatnonzero(others & (numbers != 0))
        numbers[others] = 0
        hashed = hashed[left]
        while left.size:
            hashed = _next(hashed)
            held = np.take(self._slots, self._slots_of(hashed))
            others = self._differ(held, keys[left])
            numbers[left[~others]] = held[~others]
            others &= held != 0
            left, hashed = left[others], hashed[others]
        for place, piece in _long_pieces(block, starts, lengths):
            numbers[place] = self._long.get(piece, 0)
        return numbers, keys

    def _differ(self, numbers: Int32Array, keys: _Keys) -> BoolArray:
        held = np.take(self._keys.rows, numbers, axis=0)
        differ: BoolArray = (held[:, 0] != keys[:, 0]) | (held[:, 1] != keys[:, 1])
        return differ

    def _enter(self, block: bytes, starts: Places, lengths: Places, keys: _Keys) -> Int32Array:
        """Number pieces that are not in the table, the same one maybe several times."""
        leaders = _leaders(keys)
        first: dict[bytes, int] = {}
        for place, piece in _long_pieces(block, starts, lengths):
            leaders[place] = first.setdefault(piece, place)
        leads = leaders == np.arange(leaders.size)
        numbers = (len(self) - 1 + np.cumsum(leads, dtype=np.int32))[leaders]
        self._long.update((piece, int(numbers[place])) for piece, place in first.items())

        lengths = lengths[leads] + 1
        stops = np.cumsum(lengths)
        codes = np.frombuffer(block, np.uint8)[stretches(starts[leads], lengths)]
        codes[stops - 1] = _BREAK
        self._stops.add(len(self._bytes) + stops)
        self._bytes.add(codes)
        self._keys.add(keys[leads])
        self._settle(numbers[leads])
        return numbers

    def _settle(self, numbers: Int32Array) -> None:
        """Find a slot for each of these pieces that has a key; at most a quarter of the slots is taken."""
        if 4 * len(self) > self._slots.size:
            self._slot_bits = (4 * len(self)).bit_length()
            self._slots = np.zeros(1 << self._slot_bits, np.int32)
            numbers = np.arange(len(self), dtype=np.int32)
        numbers = numbers[self._keys.rows[numbers, 0] != _NO_KEY[0, 0]]
        hashed = _hashed(self._keys.rows[numbers])
        while numbers.size:
            slots = self._slots_of(hashed)
            free = self._slots[slots] == 0
            self._slots[slots[free]] = numbers[free]  # of several at one slot, the last takes it
            left = self._slots[slots] != numbers
            numbers, hashed = numbers[left], _next(hashed[left])

    def _slots_of(self, hashed: _Hashes) -> Places:
        """The slot that each hash value names: its highest bits."""
        return (hashed >> np.uint64(64 - self._slot_bits)).astype(np.intp)


def _blocks_of_lines(lines: bytes) -> Iterator[tuple[bytes, Places, Places]]:
    """Blocks, where their lines begin, and how long these are."""
    for match in _BLOCK_OF_LINES.finditer(lines + b"\n" if lines else b""):
        yield match[0], *_between(np.flatnonzero(np.frombuffer(match[0], np.uint8) == _BREAK))


def _between(stops: Places) -> tuple[Places, Places]:
    """Where what each stop ends begins, and how long it is."""
    starts = np.concatenate([[0], stops[:-1] + 1])
    return starts, stops - starts


def _keys(block: bytes, starts: Places, lengths: Places) -> _Keys:
    """The bytes of each piece as two integers, (pieces, 2)."""
    padded = block + bytes(_LONGEST_KEY)  # what is read of a piece may pass the end
    from_each_byte = np.ndarray((len(block) + 1,), np.complex128, padded, strides=(1,))  # 16 bytes, of whatever kind
    keys = from_each_byte[starts].view(np.uint64).reshape(-1, 2)
    keys |= np.take(_FILL, np.minimum(lengths, _LONGEST_KEY + 1), axis=0)
    return keys


def _long_pieces(block: bytes, starts: Places, lengths: Places) -> Iterator[tuple[int, bytes]]:
    """The places of pieces that have no key, and the pieces."""
    places = np.flatnonzero(lengths > _LONGEST_KEY)
    begins = starts[places]
    spans = zip(places.tolist(), begins.tolist(), (begins + lengths[places]).tolist(), strict=True)
    return ((place, block[start:stop]) for place, start, stop in spans)


def _hashed(keys: _Keys) -> _Hashes:
    """The first hash value of each key."""
    return keys[:, 0] * _MULTIPLIER + keys[:, 1] * _SECOND_MULTIPLIER


def _next(hashed: _Hashes) -> _Hashes:
    """The next hash value of each: a congruential generator, passing through all (Knuth, volume 2, section 3.2)."""
    return hashed * _MULTIPLIER + _ONE


def _leaders(keys: _Keys) -> Places:
    """For every key the first place of one that equals it."""
    order = np.lexsort(keys.T)
    ordered = keys[order]
    begins = np.ones(order.size, np.bool_)
    np.any(ordered[1:] != ordered[:-1], axis=1, out=begins[1:])
    leaders = np.empty_like(order)
    leaders[order] = order[begins][np.cumsum(begins) - 1]
    return leaders
