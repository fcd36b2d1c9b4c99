"""Bulk text without the lines that look as if they held a secret."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np

from autocomplete.arrays import BoolArray, ByteArray, Int32Array, UInt16Array, UInt32Array, UInt64Array
from autocomplete.text.pieces import Codes, GrowingArray, PieceTable, Places, are_among, distinct, stretches
from autocomplete.text.randomness import LEAST_KEY, LEAST_PASSWORD, looks_random
from autocomplete.text.secret_names import FUNCTION_WORDS
from autocomplete.text.secret_numbers import LEAST_NUMBER
from autocomplete.text.secret_rules import RULES, WORDS_BEHIND, SecretKind, folded, rules_for, stems_in
from autocomplete.text.secrets import (
    LEAST_SEED,
    SEED_LETTERS,
    is_seed_word,
    labelled_kind,
    may_be_label,
    name_kind,
    number_kind,
    secret_kind,
)
from autocomplete.text.unicode import holds_escape, plain_text, without_escapes

# Which lines of a text might hold a secret, by the distinct pieces between their spaces: most need no closer look.
#
# This is a necessary condition of `secrets.secret_kind`, made from the table of its rules: a line that a rule fits
# holds one of the rule's stems, which no space parts, so that some piece of the line does. What needs no stem has a
# shape that pieces tell: digits, letters by chance, words in a row. What is no suspect is no secret. A piece is judged
# as it reads, like a line, and once for all the texts of a process; what a line costs then is a look at its pieces'
# marks.


# What is known of a piece: that the line it stands in is suspect; that it holds a name, which is suspect where it or
# one of the next pieces may be a value; that it may be one; that it may hold the number of something, or a part of
# that together with its neighbour; and whether it may be one of the words that restore a wallet. Beside names it is
# looked up, too, whether they may be given more than digits, and what has a digit.
_SUSPECT, _NAME, _VALUE, _NUMBER, _BEGINS_DIGITS, _ENDS_DIGITS, _SEED, _UNJUDGED = (
    np.uint8(1 << bit) for bit in range(8)
)
_NOTHING, _WIDE_NAME, _HAS_DIGIT = np.uint16(0), np.uint16(1 << 8), np.uint16(1 << 9)

_BREAK = ord("\n")
# Blank lines between a label and what it calls.
_MOST_BLANK = 2
# What the rules of passwords and of keys ask for at least: changes of kind, and kinds.
_LEAST_CHANGES, _PASSWORD_KINDS = 4, 3

# Kinds of characters; what is not ASCII may be of any kind, but no digit.
_SMALL, _CAPITAL, _DIGIT, _MARK, _RARE, _FOREIGN, _SIGN, _SPACE = (np.uint8(1 << bit) for bit in range(8))
_KINDS = np.zeros(256, np.uint8)
_KINDS[0x21:0x7F] = _MARK
_KINDS[[*b"!#$%*+<=>?@^_|~\\{}[]"]] = _MARK | _RARE
_KINDS[[*b":=/|#>"]] |= _SIGN
_KINDS[[*b"\t\v\f\r\x1c\x1d\x1e\x1f"]] = _SPACE
_KINDS[[*b"0123456789"]] = _DIGIT
_KINDS[ord("a") : ord("z") + 1] = _SMALL
_KINDS[ord("A") : ord("Z") + 1] = _CAPITAL
_KINDS[0x80:] = _FOREIGN
_IS_LETTER = (_KINDS == _SMALL) | (_KINDS == _CAPITAL)
# What may read otherwise than it is written: all but ASCII, and control characters that are no white space.
_IS_ODD = np.arange(256) >= 0x80
_IS_ODD[[*range(0x09), *range(0x0E, 0x1C), 0x7F]] = True
_IS_CLOSING = np.isin(np.arange(256), [*b".,;!?)"])
# How many kinds there are, by what stands in a piece.
_NUMBER_OF_KINDS = np.array([4 if kinds & _FOREIGN else (kinds & 0b1111).bit_count() for kinds in range(256)])


Judge = Callable[[str], SecretKind | None]
Marks = UInt16Array  # of pieces


class Suspects:
    """Finds the lines of bulk text that may hold a secret.

    Args:
        pieces: The table that numbered the text's pieces.
    """

    def __init__(self, pieces: PieceTable) -> None:
        self._pieces = pieces
        # The low bytes of the marks by themselves: of each piece of a text they are wanted.
        self._marks = GrowingArray(np.zeros(1, np.uint8))
        self._marks_of_names = GrowingArray(np.zeros(1, np.uint16))

    @property
    def memory(self) -> int:
        """Bytes of memory that it takes, about."""
        return self._marks.nbytes + self._marks_of_names.nbytes

    def lines(self, pieces: Int32Array) -> dict[int, Judge]:
        """Indices of the lines that may hold a secret, each with what tells whether, and what.

        Args:
            pieces: The numbers of a text's pieces and line breaks, in order.
        """
        marks = self._marks_of(pieces)
        whole = np.concatenate([np.flatnonzero((marks & _SUSPECT) != 0), _rows_of_words(marks)])
        names = self._names_with_values(pieces, marks)
        follows = ((marks[:-1] & _ENDS_DIGITS) != 0) & ((marks[1:] & _BEGINS_DIGITS) != 0)
        digits = np.concatenate([np.flatnonzero((marks & _NUMBER) != 0), np.flatnonzero(follows)])
        if not (whole.size or names.size or digits.size):
            return {}
        breaks = np.flatnonzero(pieces == 0)
        suspects = _judged_by_names(names, breaks)
        for places, judge in ((digits, number_kind), (whole, secret_kind)):
            for line in set(np.searchsorted(breaks, places).tolist()):
                suspects[line] = secret_kind if line in suspects else judge
        return suspects

    def _marks_of(self, pieces: Int32Array) -> ByteArray:
        """What is known of pieces, after judging those that were not judged before."""
        added = len(self._pieces) - len(self._marks)
        self._marks.add(np.full(added, _UNJUDGED, np.uint8))
        self._marks_of_names.add(np.zeros(added, np.uint16))
        marks: ByteArray = np.take(self._marks.rows, pieces)
        unjudged = np.flatnonzero(marks == _UNJUDGED)
        if unjudged.size:
            new = distinct(pieces[unjudged], below=len(self._pieces))
            self._marks_of_names.rows[new] = found = marks_of(self._pieces.lines(new))
            self._marks.rows[new] = found.astype(np.uint8)
            marks[unjudged] = self._marks.rows[pieces[unjudged]]
        return marks

    def _names_with_values(self, pieces: Int32Array, marks: ByteArray) -> Places:
        """Places of the names that a value may follow; a name that needs none is marked as one itself."""
        places = np.flatnonzero((marks & _NAME) != 0)
        # Line breaks are pieces, too: what a line calls stands behind some.
        behind = np.arange(WORDS_BEHIND + _MOST_BLANK + 2)
        near = np.minimum(places[:, None] + behind, pieces.size - 1)  # (names, pieces)
        known = self._marks_of_names.rows[pieces[near]]
        given = np.where(known[:, 0] & _WIDE_NAME, _VALUE | _HAS_DIGIT, _HAS_DIGIT)
        has_value: BoolArray = ((known & given[:, None]) != 0).any(axis=1)
        return places[has_value]


def _judged_by_names(names: Places, breaks: Places) -> dict[int, Judge]:
    """Indices of the lines that hold names, each with what judges these.

    Args:
        names: Places of the names among the pieces of a text, ascending.
        breaks: Those of its line breaks.
    """
    lines = np.searchsorted(breaks, names)
    numbers = names - np.append(0, breaks + 1)[lines]
    words: dict[int, list[int]] = {}
    for line, number in zip(lines.tolist(), numbers.tolist(), strict=True):
        words.setdefault(line, []).append(number)
    return {line: partial(name_kind, words=numbers) for line, numbers in words.items()}


def _rows_of_words(marks: ByteArray) -> Places:
    """Places in rows of words that are long enough to restore a wallet."""
    rows = (marks & _SEED) != 0
    length = 1
    while length < LEAST_SEED and rows.size:  # from rows of so many to longer ones
        step = min(length, LEAST_SEED - length)
        rows = rows[:-step] & rows[step:]
        length += step
    return np.flatnonzero(rows)


def marks_of(lines: bytes) -> Marks:
    """What is known of pieces, a line each."""
    marks = _marks_by_shape(lines) | _marks_by_stems(lines.lower())
    codes = np.frombuffer(lines + b"\n", np.uint8)
    odd = np.flatnonzero(_IS_ODD[codes])
    if odd.size:
        stops = np.flatnonzero(codes == _BREAK)
        places = distinct(np.searchsorted(stops, odd), below=stops.size)
        lengths = np.diff(stops, prepend=-1)[places]  # with the line break
        written = codes[stretches(stops[places] + 1 - lengths, lengths)][:-1]
        marks[places] = _marks_as_read(written.tobytes().decode("utf-8", "surrogatepass"))
    return marks


def _marks_as_read(lines: str) -> Marks:
    """What is known of pieces, a line each, that may read otherwise than they are written."""
    shown = without_escapes(lines)
    pieces = [piece.replace(" ", "\t") or "\t" for piece in plain_text(shown).split("\n")]
    plain = "\n".join(pieces)
    marks = _marks_by_shape(plain.encode("utf-8", "surrogatepass"))
    marks |= _marks_by_stems(folded(plain).encode("utf-8", "surrogatepass"))
    marks[[not piece.strip() for piece in pieces]] |= _SUSPECT  # it parts neighbours, and nobody sees it
    if holds_escape(shown):  # it goes on behind a space
        marks[list(map(holds_escape, shown.split("\n")))] |= _SUSPECT
    return marks


# Stems are looked for by how they begin: a piece whose bytes begin none is passed over. Few words begin with six bytes
# as a stem does, unless they hold it; where a stem is shorter, all of it is compared. Four bytes are looked up first.
_SHORT, _LONG = 4, 6
_KEY_BITS = 18
_MULTIPLIER, _SHORT_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15), np.uint32(0x9E3779B1)
_AT = ord("@")  # a sign that is rare and begins stems of one letter: it is looked for by itself
_PLAIN = b"abcdefghijklmnopqrstuvwxyz0123456789"
# One byte stands for all marks and for what is not ASCII: what may stand before a stem that begins a word.
_ALIKE = bytes(code if code in _PLAIN else _BREAK for code in range(256))
_FIRST = np.frombuffer(_ALIKE, np.uint8).astype(np.uint64)


def _marks_by_stems(lines: bytes) -> Marks:
    """What is known of pieces, a folded line each, by the stems that they hold."""
    padded = b"\n" + lines + b"\n" * 16
    codes = np.frombuffer(padded, np.uint8)[: len(lines) + 2]
    stops = np.flatnonzero(codes[1:] == _BREAK)
    places = np.minimum(_places_of_stems(padded, codes.size), stops[-1])
    candidates = distinct(np.searchsorted(stops, places), below=stops.size)
    starts = np.append(0, stops[:-1] + 1)[candidates].tolist()
    marks = np.zeros(stops.size, np.uint16)
    for place, start, stop in zip(candidates.tolist(), starts, stops[candidates].tolist(), strict=True):
        for word in lines[start:stop].decode("utf-8", "surrogatepass").split():
            for _, stem in stems_in(word):
                marks[place] |= _mark_of_stem(stem)
    return marks


@cache
def _mark_of_stem(stem: str) -> np.uint16:
    rules = rules_for(stem)
    if any(rule.alone for rule in rules):
        return _NAME | _WIDE_NAME | _VALUE
    return _NAME | (_NOTHING if all(rule.digit for rule in rules) else _WIDE_NAME)


def _places_of_stems(padded: bytes, size: int) -> Places:
    """Where stems begin, or what begins like a longer one; behind the byte before it where a word begins with it.

    Args:
        padded: Pieces between line breaks, of which more stand at the end.
        size: How many of these bytes are looked at.
    """
    beginnings = _beginnings()
    four: UInt32Array = np.ndarray((size,), "<u4", padded.translate(_ALIKE), strides=(1,))
    places = np.flatnonzero(np.take(beginnings.four, _hashed_four(four)))
    every = np.frombuffer(padded, np.uint8)
    eight = np.ndarray((size,), "<u8", padded, strides=(1,))[places]
    eight = (eight & ~np.uint64(0xFF)) | _FIRST[every[places]]
    found = beginnings.six[_hashed_six(eight)]
    for letters, length, is_end in beginnings.short:
        equal = (eight & _low_bytes()[length]) == letters
        found |= equal & (_FIRST[every[places + length]] == _BREAK) if is_end else equal
    return np.concatenate([places[found], np.flatnonzero(every[:size] == _AT)])


class _Beginnings(NamedTuple):
    """How stems begin, a line break standing for what is before the first letter of a word.

    Attributes:
        four: By the hash value of four bytes, marks alike, whether a stem may begin so.
        six: By the hash value of six bytes, whether a stem of as many may.
        short: Those of less: their bytes as a number, how many they are, and whether a word must end with them.
    """

    four: BoolArray
    six: BoolArray
    short: list[tuple[np.uint64, int, bool]]


@cache
def _beginnings() -> _Beginnings:
    stems = {stem for rule in RULES for stem in rule.stems.split()}
    begins = {
        ((b"\n" if stem.startswith("|") else b"") + stem.strip("|").encode(), stem.endswith("|"))
        for stem in stems
        if not stem.startswith("@")
    }
    fours = set()
    for letters, is_end in begins:
        alike = letters.translate(_ALIKE) + b"\n" * is_end
        behind = product((_BREAK, *_PLAIN), repeat=max(0, _SHORT - len(alike)))
        fours |= {(alike + bytes(codes))[:_SHORT] for codes in behind}
    sixes = [_with_first(letters) for letters, _ in begins if len(letters) >= _LONG]
    short = [(_with_first(letters), len(letters), is_end) for letters, is_end in begins if len(letters) < _LONG]
    return _Beginnings(
        _table(_hashed_four(np.frombuffer(b"".join(fours), "<u4"))),
        _table(_hashed_six(np.array(sixes, np.uint64))),
        short,
    )


def _with_first(letters: bytes) -> np.uint64:
    """Up to eight bytes as one number, the first as it is compared."""
    return np.uint64(int.from_bytes(letters[:1].translate(_ALIKE) + letters[1:8], "little"))


def _table(hashed: UInt32Array | UInt64Array) -> BoolArray:
    table = np.zeros(1 << _KEY_BITS, np.bool_)
    table[hashed] = True
    return table


def _hashed_four(begin: UInt32Array) -> UInt32Array:
    """Hash values of four bytes each."""
    return (begin * _SHORT_MULTIPLIER) >> np.uint32(32 - _KEY_BITS)


def _hashed_six(begin: UInt64Array) -> UInt64Array:
    """Hash values of the first six bytes of eight."""
    return ((begin << np.uint64(64 - 8 * _LONG)) * _MULTIPLIER) >> np.uint64(64 - _KEY_BITS)


def _marks_by_shape(lines: bytes) -> Marks:
    """What is known of pieces, a line each, by what they consist of."""
    codes = np.frombuffer(lines + b"\n", np.uint8)
    stops = np.flatnonzero(codes == _BREAK)
    starts = np.append(0, stops[:-1] + 1)
    others = np.diff(np.cumsum(~_IS_LETTER[codes])[stops], prepend=0) - 1  # without the line break
    closed = (others == 1) & _IS_CLOSING[codes[stops - 1]]
    short = stops - starts < LEAST_KEY
    marks = np.zeros(stops.size, np.uint16)
    words = np.flatnonzero((others == 0) & (stops - starts >= SEED_LETTERS[0]) & (stops - starts <= SEED_LETTERS[1]))
    marks[words] = _marks_of_words(lines, starts[words], stops[words])
    rest = np.flatnonzero(~(((others == 0) | closed) & short))
    if rest.size:
        lengths = stops[rest] + 1 - starts[rest]
        marks[rest] = _marks_of_others(codes[stretches(starts[rest], lengths)])
    return marks


def _marks_of_words(lines: bytes, starts: Places, stops: Places) -> Marks:
    """Which words of up to eight letters may restore a wallet: of small ones, and not frequent in prose."""
    from_each_byte = np.ndarray((len(lines) + 1,), "<u8", lines + b"\n" * 8, strides=(1,))
    letters = from_each_byte[starts] & _low_bytes()[stops - starts]
    capital = (letters & np.uint64(0x2020202020202020)) != (
        np.uint64(0x2020202020202020) & _low_bytes()[stops - starts]
    )
    return np.where(capital | are_among(letters, _frequent_words()), _NOTHING, _SEED)


@cache
def _low_bytes() -> UInt64Array:
    """By number of bytes, a mask of so many."""
    return np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)


@cache
def _frequent_words() -> UInt64Array:
    words = [word.encode() for word in FUNCTION_WORDS if len(word.encode()) <= 8]
    return np.array(sorted(int.from_bytes(word, "little") for word in words), np.uint64)


def _marks_of_others(codes: Codes) -> Marks:
    """What is known of pieces with digits, marks or letters that are not ASCII, a line each."""
    stops = np.flatnonzero(codes == _BREAK)
    starts = np.append(0, stops[:-1] + 1)
    kinds = _KINDS[codes]
    present = np.bitwise_or.reduceat(kinds, starts)
    lengths, lines = stops - starts, codes.tobytes()
    marks = np.where(
        (codes[starts] == ord("-")) | ((present & (_DIGIT | _SIGN | _SPACE | _FOREIGN)) != 0), _VALUE, _NOTHING
    )
    marks[(present & _DIGIT) != 0] |= _HAS_DIGIT
    marks[kinds[starts] == _DIGIT] |= _BEGINS_DIGITS
    marks[kinds[stops - 1] == _DIGIT] |= _ENDS_DIGITS
    spaced = (present & _SPACE) != 0
    marks[(_sums(kinds == _DIGIT, stops) >= LEAST_NUMBER) | (spaced & ((present & _DIGIT) != 0))] |= _NUMBER

    changes = _sums((kinds != np.append(kinds[1:], np.uint8(0))) | (kinds == _FOREIGN), stops)
    may_be_random = (
        ((present & (_DIGIT | _RARE)) != 0)
        & (changes >= _LEAST_CHANGES)
        & (lengths >= LEAST_PASSWORD)
        & ((_NUMBER_OF_KINDS[present] >= _PASSWORD_KINDS) | (lengths >= LEAST_KEY))
    )
    for place in np.flatnonzero(may_be_random).tolist():
        if any(map(looks_random, lines[starts[place] : stops[place]].decode("utf-8", "surrogatepass").split())):
            marks[place] |= _SUSPECT
    for place in np.flatnonzero(spaced).tolist():
        marks[place] |= _mark_of_several(lines[starts[place] : stops[place]].decode("utf-8", "surrogatepass").split())
    return marks


def _mark_of_several(words: list[str]) -> np.uint16:
    """What is known of the words of a piece that reads as several: whether they may stand in a row."""
    may = list(map(is_seed_word, words))
    if any(map(all, pairwise(may))):
        return _NOTHING | _SUSPECT
    return _NOTHING | _SEED if any(may[:1] + may[-1:]) else _NOTHING


def _sums(flags: BoolArray, stops: Places) -> Places:
    """How many bytes of each line are flagged."""
    return np.diff(np.cumsum(flags, dtype=np.intp)[stops], prepend=0)


# Longer lines are judged in parts of so many characters, cut where words end: a text may be one line.
LONGEST_LINE = 2_000
_OVERLAP = 100  # characters of its neighbours that each part is judged with


class Censored(NamedTuple):
    """A text without the lines that look as if they held a secret.

    Attributes:
        text: What is left.
        left_out: How many lines, or parts of very long ones, are gone, by what they seemed to hold.
        lines: Indices of the lines that are gone, ascending.
        parted: Whether a part of a line is gone.
    """

    text: str
    left_out: Counter[SecretKind]
    lines: list[int]
    parted: bool = False


class _Lines:
    """The lines of a text in UTF-8."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._ends = np.flatnonzero(np.frombuffer(content, np.uint8) == _BREAK)

    def extent(self, index: int) -> tuple[int, int]:
        """Where a line begins and ends, in bytes."""
        start = int(self._ends[index - 1]) + 1 if index else 0
        return start, int(self._ends[index]) if index < self._ends.size else len(self._content)

    def line(self, index: int) -> str:
        """A line without its end."""
        start, stop = self.extent(index)
        return self._content[start:stop].decode("utf-8", "surrogatepass")

    def next_written(self, index: int) -> int | None:
        """The line behind another that is not blank, where few blank ones are between."""
        near = range(index + 1, min(index + 2 + _MOST_BLANK, self._ends.size + 1))
        return next((each for each in near if self.line(each).strip()), None)


def without_secrets(text: str, content: bytes, *, suspects: Mapping[int, Judge]) -> Censored:
    """Leave out the lines that look as if they held a secret; of very long ones, parts.

    Args:
        text: Of several lines.
        content: The same in UTF-8.
        suspects: Indices of all lines that may hold one, each with what tells.
    """
    lines = _Lines(content)
    left_out: Counter[SecretKind] = Counter()
    gone: list[int] = []
    kept: list[bytes] = []
    parted = False
    place = 0  # behind what was kept or left out
    for index in sorted(suspects):
        if gone and index <= gone[-1]:  # what the last one called
            continue
        start, stop = lines.extent(index)
        line = lines.line(index)
        if len(line) > LONGEST_LINE:
            left = _without_parts(line, left_out)
            if len(left) < len(line):
                kept += [content[place:start], left.encode("utf-8", "surrogatepass")]
                place, parted = stop, True
            continue
        kind, called = suspects[index](line), None
        if kind is None and may_be_label(line):
            called = lines.next_written(index)
            kind = None if called is None else labelled_kind(line, lines.line(called))
        if kind is None:
            continue
        for each in [index] if called is None else [index, called]:
            left_out[kind] += 1
            start, stop = lines.extent(each)
            gone.append(each)
            kept.append(content[place:start])
            place = stop + 1
    if not left_out:
        return Censored(text, left_out, gone)
    kept.append(content[place:])
    left = b"".join(kept).decode("utf-8", "surrogatepass")
    return Censored(left.removesuffix("\n") if place > len(content) else left, left_out, gone, parted)


def _without_parts(line: str, left_out: Counter[SecretKind]) -> str:
    """A long line without its parts that look as if they held a secret, which are counted."""
    kept = []
    for part in _parts().finditer(line):
        kind = secret_kind(line[max(0, part.start() - _OVERLAP) : part.end() + _OVERLAP])
        if kind is None:
            kept.append(part[0])
        else:
            left_out[kind] += 1
    return "".join(kept)


@cache
def _parts() -> re.Pattern[str]:
    return re.compile(rf"(?s).{{1,{LONGEST_LINE}}}(?!\S)|.{{1,{LONGEST_LINE}}}")
