"""Bulk text without the lines that look as if they held a secret."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

from autocomplete.arrays import BoolArray, ByteArray, Int32Array
from autocomplete.text.pieces import Codes, GrowingArray, PieceTable, Places, stretches
from autocomplete.text.secrets import LEAST_KEY, LEAST_PASSWORD, SecretKind, holds_card, looks_random, secret_kind
from autocomplete.text.unicode import holds_escape, plain_text, without_escapes

# Which lines of a text might hold a secret, by the distinct pieces between their spaces: most need no closer look.
#
# This is a necessary condition of `secrets.secret_kind`, and each of its rules has a part here: what is no suspect is
# no secret. A piece is judged as it reads, like a line, and once for all the texts of a process; what a line costs then
# is a look at its pieces' marks.


# What is known of a piece: that the line it stands in is suspect; or that it is where the piece ends in the name of a
# secret and a sign follows, or in that of a password and a value; and whether a card's digits may go on in a neighbour.
_SUSPECT, _NAME, _PASSWORD, _SIGN, _VALUE, _BEGINS_DIGITS, _ENDS_DIGITS, _UNJUDGED = (
    np.uint8(1 << bit) for bit in range(8)
)

_BREAK = ord("\n")
_LEAST_CARD = 13  # digits
# What the rules of passwords and of keys ask for at least: changes of kind, and kinds.
_LEAST_CHANGES, _PASSWORD_KINDS = 4, 3

_NAMES = ["pass", "passwd", "secret", "token", "key", "credential", "authorization"]
_PASSWORDS = [
    "password", "passwort", "passphrase", "passcode", "passe", "pwd", "pw", "kennwort", "wachtwoord", "senha",
    "contraseña", "contraseÑa", "пароль", "Пароль", "ПАРОЛЬ", "密码",
]  # fmt: skip
_NUMBERED = ["pin", "otp", "cvv", "cvc", "tan"]
_SAY = ["is", "was", "ist", "war", "est", "es", "é", "É", "code", "number", "nummer"]
_OTHERS = ["sshpass", "docker", "podman", "bearer", "redis-cli", "-begin"]

# Of pieces that hold a signal, or are long. They are in small letters, with a line break before and behind each.
_RULES = (
    r"putty-user-key|age-secret-key|://[^\s/@]+@",
    r"--?(?:user|u|api|access|account|auth|client|encryption|private|secret|signing|ssh|mot)(?=[\s=\x80-\xff])",
    r"-p[^\s-](?<=[\s\x80-\xff]-p.)",
    rf"-\S*(?:{'|'.join([*_NAMES, *_PASSWORDS])})s?(?=[\s\x80-\xff])",
    r"(?:akia|asia|abia|acca)[a-z0-9]{16}|gh[pousr]_\S{20}|github_pat_|glpat-|xox[abeoprs]-|[sr]k_(?:live|test)_",
    r"sk-\S{16}|aiza\S{30}|ya29\.|hf_\S{20}|npm_\S{20}|sg\.\S{16}|eyj\S{8}",
)
_LEAST_RULED = 15  # bytes of a piece without a signal that some rule fits


@cache
def _rules() -> re.Pattern[bytes]:
    return re.compile("|".join(_RULES).encode())


# Kinds of characters; what is not ASCII may be of any kind, but no digit.
_SMALL, _CAPITAL, _DIGIT, _MARK, _RARE, _FOREIGN, _HYPHEN, _SIGNAL = (np.uint8(1 << bit) for bit in range(8))
_KINDS = np.zeros(256, np.uint8)
_KINDS[0x21:0x7F] = _MARK
_KINDS[[*b"!#$%*+<=>?@^_|~\\{}[]"]] = _MARK | _RARE
_KINDS[ord("-")] |= _HYPHEN
_KINDS[[*b"_@"]] |= _SIGNAL
_KINDS[[*b"\t\v\f\r\x1c\x1d\x1e\x1f"]] = _SIGNAL
_KINDS[[*b"0123456789"]] = _DIGIT
_KINDS[ord("a") : ord("z") + 1] = _SMALL
_KINDS[ord("A") : ord("Z") + 1] = _CAPITAL
_KINDS[0x80:] = _FOREIGN
_IS_LETTER = (_KINDS == _SMALL) | (_KINDS == _CAPITAL)
_IS_SPACE = np.isin(np.arange(256), [*b"\t\v\f\r\x1c\x1d\x1e\x1f"])
# What may read otherwise than it is written: all but ASCII, and control characters that are no white space.
_IS_ODD = np.arange(256) >= 0x80
_IS_ODD[[*range(0x09), *range(0x0E, 0x1C), 0x7F]] = True
_IS_CLOSING = np.isin(np.arange(256), [*b".,;!?)"])
# Where a name may end inside a piece: before a quotation mark, or one of Markdown or HTML that is like it, or before a
# sign or space, be they not ASCII.
_IS_QUOTE = np.isin(np.arange(256), [*b"\"'`*_<"])
_IS_BORDER = _IS_QUOTE | _IS_SPACE | np.isin(np.arange(256), [*b":=#>\xc2\xe1\xe2\xe3\xef"])
# How many kinds there are, by what stands in a piece.
_NUMBER_OF_KINDS = np.array([4 if kinds & _FOREIGN else (kinds & 0b1111).bit_count() for kinds in range(256)])


class Suspects:
    """Finds the lines of bulk text that may hold a secret.

    Args:
        pieces: The table that numbered the text's pieces.
    """

    def __init__(self, pieces: PieceTable) -> None:
        self._pieces = pieces
        self._marks = GrowingArray(np.zeros(1, np.uint8))

    @property
    def memory(self) -> int:
        """Bytes of memory that it takes, about."""
        return self._marks.nbytes

    def lines(self, pieces: Int32Array) -> tuple[Places, Places]:
        """Indices of the lines that may hold any secret, and of those that may hold the digits of a card.

        Args:
            pieces: The numbers of a text's pieces and line breaks, in order.
        """
        marks = self._marks_of(pieces)
        suspect = (marks & _SUSPECT) != 0
        suspect[:-1] |= _follow(marks, _NAME, _SIGN) | _follow(marks, _PASSWORD, _SIGN | _VALUE)
        places = (np.flatnonzero(suspect), np.flatnonzero(_follow(marks, _ENDS_DIGITS, _BEGINS_DIGITS)))
        if not (places[0].size or places[1].size):
            return places
        breaks = np.flatnonzero(pieces == 0)
        whole, digits = (np.unique(np.searchsorted(breaks, each)) for each in places)
        return whole, digits

    def _marks_of(self, pieces: Int32Array) -> ByteArray:
        """What is known of pieces, after judging those that were not judged before."""
        self._marks.add(np.full(len(self._pieces) - len(self._marks), _UNJUDGED, np.uint8))
        marks: ByteArray = np.take(self._marks.rows, pieces)
        unjudged = np.flatnonzero(marks == _UNJUDGED)
        if unjudged.size:
            new = np.unique(pieces[unjudged]).astype(np.intp)
            self._marks.rows[new] = marks_of(self._pieces.lines(new))
            marks[unjudged] = self._marks.rows[pieces[unjudged]]
        return marks


def marks_of(lines: bytes) -> ByteArray:
    """What is known of pieces, a line each."""
    marks = _marks_as_written(lines)
    codes = np.frombuffer(lines + b"\n", np.uint8)
    odd = np.flatnonzero(_IS_ODD[codes])
    if odd.size:
        stops = np.flatnonzero(codes == _BREAK)
        places = np.unique(np.searchsorted(stops, odd))
        lengths = np.diff(stops, prepend=-1)[places]  # with the line break
        written = codes[stretches(stops[places] + 1 - lengths, lengths)][:-1]
        marks[places] = _marks_as_read(written.tobytes().decode("utf-8", "surrogatepass"))
    return marks


def _marks_as_read(lines: str) -> ByteArray:
    """What is known of pieces, a line each, that may read otherwise than they are written."""
    shown = without_escapes(lines)
    pieces = [piece.replace(" ", "\t") or "\t" for piece in plain_text(shown).split("\n")]
    marks = _marks_as_written("\n".join(pieces).encode("utf-8", "surrogatepass"))
    foreign = [place for place, piece in enumerate(pieces) if not piece.isascii()]
    if foreign:  # as a rule sees letters whose case it ignores
        small = "\n".join([pieces[place] for place in foreign]).replace("\u0130", "i").upper().lower()
        marks[foreign] |= _marks_as_written(small.encode("utf-8", "surrogatepass"))
    if holds_escape(shown):  # it goes on behind a space
        marks[list(map(holds_escape, shown.split("\n")))] |= _SUSPECT
    return marks


def _marks_as_written(lines: bytes) -> ByteArray:
    """What is known of pieces, a line each, by their bytes."""
    codes = np.frombuffer(lines + b"\n", np.uint8)
    stops = np.flatnonzero(codes == _BREAK)
    starts = np.append(0, stops[:-1] + 1)
    others = np.diff(np.cumsum(~_IS_LETTER[codes])[stops], prepend=0) - 1  # without the line break
    closed = (others == 1) & _IS_CLOSING[codes[stops - 1]]  # a letter does not go on behind it: no name, no key
    short = stops - starts < LEAST_KEY
    marks = np.zeros(stops.size, np.uint8)
    words = np.flatnonzero((others == 0) & short)
    marks[words] = _marks_by_ending(lines, stops[words], before_pin="\n")
    rest = np.flatnonzero(~(((others == 0) | closed) & short))
    if rest.size:
        lengths = stops[rest] + 1 - starts[rest]
        marks[rest] = _marks_of_others(codes[stretches(starts[rest], lengths)])
    return marks


def _follow(marks: ByteArray, first: np.uint8, second: np.uint8) -> BoolArray:
    """Which pieces have one mark, and the next piece another; the last is left out."""
    following: BoolArray = ((marks[:-1] & first) != 0) & ((marks[1:] & second) != 0)
    return following


@cache
def _endings(before_pin: str) -> list[tuple[int, int, np.uint8]]:
    """The ends of pieces that matter: how many bits of the last 8 bytes, their value, and what it means.

    Args:
        before_pin: What stands before short words such as `pin`, which many longer words end in.
    """
    marks = {f"{name}{plural}": _NAME for name in _NAMES for plural in ("", "s")}
    marks |= {f"{name}{plural}": _PASSWORD for name in _PASSWORDS for plural in ("", "s")}
    marks |= dict.fromkeys(_OTHERS, _SUSPECT)
    marks |= {f"{before_pin}{word}": _PASSWORD for word in _NUMBERED} | {f"\n{word}": _SIGN for word in _SAY}
    last = {ending.encode()[-8:]: mark for ending, mark in marks.items()}
    return [(8 * len(ending), int.from_bytes(ending, "little"), mark) for ending, mark in last.items()]


def _marks_by_ending(lines: bytes, stops: Places, *, before_pin: str) -> ByteArray:
    """What is known of pieces by their last 8 bytes."""
    padded = b"\n" * 8 + lines.lower()
    before_each = np.ndarray((len(lines) + 1,), "<u8", padded, strides=(1,))
    last = before_each[stops]
    marks = np.zeros(stops.size, np.uint8)
    for bits, value, mark in _endings(before_pin):
        marks[last >> np.uint64(64 - bits) == value] |= mark
    return marks


def _marks_of_others(codes: Codes) -> ByteArray:
    """What is known of pieces with digits, marks or letters that are not ASCII, a line each."""
    stops = np.flatnonzero(codes == _BREAK)
    starts = np.append(0, stops[:-1] + 1)
    kinds = _KINDS[codes]
    present = np.bitwise_or.reduceat(kinds, starts)
    first, last = codes[starts], kinds[stops - 1]
    marks = np.where(present & (_DIGIT | _FOREIGN), _VALUE, np.uint8(0))
    marks[np.isin(first, [*b":=#"]) | (kinds[starts] == _FOREIGN)] |= _SIGN
    marks[_IS_SPACE[first]] |= _SIGN | _VALUE  # whatever comes behind it
    marks[kinds[starts] == _DIGIT] |= _BEGINS_DIGITS
    marks[last == _DIGIT] |= _ENDS_DIGITS
    marks[_sums(kinds == _DIGIT, stops) >= _LEAST_CARD] |= _SUSPECT
    lines, lengths = codes.tobytes(), stops - starts
    marks |= _marks_by_ending(lines, stops, before_pin="") | _marks_by_borders(codes, lines, stops)
    has_option = (first == ord("-")) | (((present & _HYPHEN) != 0) & ((present & _FOREIGN) != 0))  # behind some space
    ruled = np.flatnonzero(((present & _SIGNAL) != 0) | has_option | (lengths >= _LEAST_RULED))
    marks[ruled] |= _suspect_by_rules(codes[stretches(starts[ruled], lengths[ruled] + 1)])

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
    return marks


def _marks_by_borders(codes: Codes, lines: bytes, stops: Places) -> ByteArray:
    """What the names inside pieces tell: before a quotation mark it is as if the piece ended, before a sign enough."""
    marks = np.zeros(stops.size, np.uint8)
    borders = np.flatnonzero(_IS_BORDER[codes])
    found = _marks_by_ending(lines, borders, before_pin="")
    places, is_quote = np.searchsorted(stops, borders), _IS_QUOTE[codes[borders]]
    is_enough = ((found & ~_SIGN) != 0) & ~is_quote
    np.bitwise_or.at(marks, places, np.where(is_enough, _SUSPECT, found))
    signed = np.zeros(stops.size, np.bool_)
    signed[places[~is_quote]] = True
    marks[signed & ((marks & ~_SIGN) != 0)] |= _SUSPECT
    return marks


def _suspect_by_rules(codes: Codes) -> ByteArray:
    """Which pieces, a line each, are suspect by the rules above."""
    stops = np.flatnonzero(codes == _BREAK)
    marks = np.zeros(stops.size, np.uint8)
    for match in _rules().finditer(b"\n" + codes.tobytes().lower()):
        marks[np.searchsorted(stops, match.start() - 1)] = _SUSPECT
    return marks


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


def without_secrets(text: str, content: bytes, *, suspects: Iterable[int], digits: Iterable[int]) -> Censored:
    """Leave out the lines that look as if they held a secret; of very long ones, parts.

    Args:
        text: Of several lines.
        content: The same in UTF-8.
        suspects: Indices of all lines that may hold one, but for those of cards.
        digits: Indices of all that may hold the number of a card in groups.
    """
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == _BREAK)
    left_out: Counter[SecretKind] = Counter()
    gone: list[int] = []
    kept: list[bytes] = []
    parted = False
    place = 0  # behind what was kept or left out
    judges = {**dict.fromkeys(digits, _card_kind), **dict.fromkeys(suspects, secret_kind)}
    for index in sorted(judges):
        start = int(ends[index - 1]) + 1 if index else 0
        stop = int(ends[index]) if index < ends.size else len(content)
        line = content[start:stop].decode("utf-8", "surrogatepass")
        if len(line) > LONGEST_LINE:
            left = _without_parts(line, left_out)
            if len(left) < len(line):
                kept += [content[place:start], left.encode("utf-8", "surrogatepass")]
                place, parted = stop, True
        elif kind := judges[index](line):
            left_out[kind] += 1
            gone.append(index)
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


def _card_kind(line: str) -> SecretKind | None:
    return "cards" if holds_card(line) else None
