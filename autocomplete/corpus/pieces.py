"""Numbers the pieces of a bulk text, what stands between spaces and line breaks. Arrays take the place of strings."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
_Places = npt.NDArray[np.intp]
_Keys = npt.NDArray[np.uint64]

_BREAK, _SPACE = b"\n "

# Longer pieces meet a dictionary: of English words 1 in 2,000.
_LONGEST_KEY = 16

_SLOT_BITS = 18  # a megabyte of slots, which the processor's cache holds
_MULTIPLIER = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio (Knuth, volume 3, section 6.4)


def numbered_pieces(text: str) -> tuple[str, IntArray]:
    r"""Return the distinct pieces, a line each, and the number of every piece and line break in the order of the text.

    The pieces are numbered from 1 on as their lines are; a line break is number 0.
    """
    content = text.encode("utf-8", "surrogatepass") + bytes(_LONGEST_KEY)  # what is read of a piece may pass the end
    codes = np.frombuffer(content, np.uint8)
    starts, stops = _borders(codes[:-_LONGEST_KEY])
    is_piece = codes[starts] != _BREAK
    numbers = is_piece.astype(np.int32)
    starts, stops = starts[is_piece], stops[is_piece]
    leaders = _leaders(content, codes, starts, stops)
    leads = leaders == np.arange(leaders.size)
    numbers[is_piece] = np.cumsum(leads, dtype=np.int32)[leaders]
    spans = zip(starts[leads].tolist(), stops[leads].tolist(), strict=True)
    return b"\n".join([content[start:stop] for start, stop in spans]).decode("utf-8", "surrogatepass"), numbers


def _borders(codes: npt.NDArray[np.uint8]) -> tuple[_Places, _Places]:
    """Where pieces and line breaks begin and end."""
    is_break = codes == _BREAK
    inside = np.zeros(codes.size + 2, np.bool_)
    np.logical_not(is_break | (codes == _SPACE), out=inside[1:-1])
    begins = is_break | (inside[1:-1] & ~inside[:-2])
    ends = is_break | (inside[1:-1] & ~inside[2:])
    return np.flatnonzero(begins), np.flatnonzero(ends) + 1


def _leaders(content: bytes, codes: npt.NDArray[np.uint8], starts: _Places, stops: _Places) -> IntArray:
    """For every piece the index of one like it, the same for all that are alike."""
    lengths = stops - starts
    leaders = np.empty(starts.size, np.int32)
    short = np.flatnonzero(lengths <= 8)
    leaders[short] = short[_alike(_read(codes, starts[short], lengths[short], 8))]

    medium = np.flatnonzero((lengths > 8) & (lengths <= _LONGEST_KEY))
    alike = _alike(_read(codes, starts[medium], lengths[medium], 8))
    for done in range(8, _LONGEST_KEY, 4):  # whose beginnings are alike, and the next four bytes too
        following = _read(codes, starts[medium] + done, lengths[medium] - done, 4)
        alike = _alike(alike.astype(np.uint64) << np.uint64(32) | following)
    leaders[medium] = medium[alike]

    first: dict[bytes, int] = {}
    long = np.flatnonzero(lengths > _LONGEST_KEY)
    for place, start, stop in zip(long.tolist(), starts[long].tolist(), stops[long].tolist(), strict=True):
        leaders[place] = first.setdefault(content[start:stop], place)
    return leaders


def _read(codes: npt.NDArray[np.uint8], starts: _Places, lengths: _Places, width: int) -> _Keys:
    """Up to `width` bytes from each start on, as a number; bytes that no UTF-8 has fill shorter ones up."""
    kind = np.dtype(f"<u{width}")
    everywhere = np.ndarray((codes.size - width + 1,), kind, codes.data, strides=(1,))
    missing = (8 * np.clip(width - lengths, 0, width)).astype(kind)
    keys: _Keys = (~(~everywhere[starts] << missing)).astype(np.uint64, copy=False)
    return keys


def _alike(keys: _Keys) -> IntArray:
    """For every key the index of one that equals it, the same for all that are equal.

    Each key writes its index into the slot of its hash value, and reads there whose came last. Where that is another
    key's, it tries again by another hash value; at least one key of each slot is through, with all its equals.
    """
    found = np.empty(keys.size, np.int32)
    slots = np.empty(1 << _SLOT_BITS, np.int32)
    left = np.arange(keys.size, dtype=np.int32)
    for multiplier in _multipliers():
        if not left.size:
            break
        own = keys[left]
        slot = own * multiplier >> np.uint64(64 - _SLOT_BITS)
        slots[slot] = left
        last = slots[slot]
        equal = keys[last] == own
        found[left[equal]] = last[equal]
        left = left[~equal]
    return found


def _multipliers() -> Iterator[np.uint64]:
    for turn in count():
        yield np.uint64(_MULTIPLIER * (2 * turn + 1) % (1 << 64))
