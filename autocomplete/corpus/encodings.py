"""Bytes into text in UTF-8: which encoding a file has, and lines of another encoding among good ones."""

import codecs
import hashlib
import io
import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, NoReturn

from autocomplete.errors import CorpusError, Cure, UsageError
from autocomplete.text.unicode import count_binary

_BLOCK_BYTES = 1 << 20
# By so much of its beginning a file's encoding is presumed.
_HEAD_BYTES = 1 << 16

# Text has a NUL here and there, logs after a crash have many; of what is no text, NULs and other bytes that only binary
# files have are more than this share, and these are so many NULs at least. Programs and pictures have some in a hundred
# where they could be text at all.
_MOST_BINARY_SHARE, _LEAST_NULS = 0.01, 8
# UTF-16 has its NULs at every second byte; where the text is Latin, at nearly each of these, however short it is.
_MOST_ASTRAY_SHARE, _LEAST_WIDE_SHARE = 0.1, 0.8
# Where bytes may be UTF-8, up to this share of control characters, tabs among them, is stray. In UTF-16 every other
# byte of an alphabet's letters is one, and those of ideographs are no UTF-8.
_MOST_STRAY_SHARE, _CONTROLS = 0.25, bytes(code for code in range(0x20) if code not in b"\n\r")
# Of what a wide encoding makes of bytes: characters that no text has, and those of words.
_MOST_ODD_SHARE, _LEAST_WORDY_SHARE = 0.005, 0.5

# Longest first: the mark of UTF-32-LE begins with that of UTF-16-LE.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")

# Of the lines of a file, those that are not in its encoding; with more the encoding is another, or it is no text.
_MOST_BAD_SHARE = 0.05
# Of these, so many are told of with their places.
_PLACES_TOLD = 5
_BREAK = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_LONE_BREAK = re.compile(r"\r(?!\n)|[\x85\u2028\u2029]")
_LONE_BREAKS = ("\x85", "\u2028", "\u2029")
# What files have been written in, about as browsers know it; among all that Python knows, short texts are lost.
_USUAL = (
    *(f"cp{number}" for number in (*range(1250, 1259), 437, 850, 852, 866, 874, 932, 949)),
    *("latin_1", "iso8859_2", "iso8859_5", "iso8859_7", "iso8859_9", "iso8859_15", "koi8_r", "koi8_u"),
    *("mac_roman", "mac_cyrillic", "euc_jp", "iso2022_jp", "gb18030", "big5", "euc_kr"),
)
# The first bytes of an emoji, without its last: as letters of one byte each they stand in no text.
_CUT_EMOJI = re.compile(rb"\xf0\x9f[\x80-\xbf]?(?![\x80-\xbf])")
# By fewer bytes no language is told from another.
_LEAST_FOREIGN_BYTES = 32
# Signs that stand beside letters in Western text; any other there is a letter of another alphabet, misread.
_JOINS_LETTERS = "’‘´·\xad\xa0"

# What becomes of line breaks: as they are; LF for those that few programs know, CR alone, NEL and Unicode's separators;
# or LF for all.
LineBreaks = Literal["kept", "mended", "unified"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text in UTF-8 on disk.

    Attributes:
        path: The file itself where it is in UTF-8 already, else a copy.
        start: Where the text begins in it, in bytes: behind a byte-order mark.
        stop: Where it ends.
        digest: SHA-256 of the text, so that the same in another encoding counts as the same.
        remarks: What a report should say of the encoding.
    """

    path: Path
    start: int
    stop: int
    digest: str
    remarks: tuple[str, ...] = ()


def known_encoding(name: str) -> str:
    """Return a codec's name as Python spells it.

    Raises:
        UsageError: There is none of this name, or it is not for text.
    """
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name)  # refuses codecs that are not for text, such as hex
    except (LookupError, UnicodeError) as error:
        raise UsageError(f"encoding '{name}' is not known.", "Use a name such as utf-8, cp1252 or utf-16.") from error
    known = codecs.lookup(name).name
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(known, known)


def head_text(head: bytes, encoding: str | None) -> str:
    r"""Return the beginning of a file as text with `\n` for line breaks, by which its format is told; empty for none.

    Args:
        head: Its first bytes; the last character may be cut.
        encoding: A known one, or None to presume it.
    """
    mark, marked = _byte_order_mark(head)
    codec = marked or encoding or _wide_encoding(head) or "utf-8"
    if codec not in _WIDE and head.count(b"\0") > _MOST_BINARY_SHARE * len(head):
        return ""
    text = codecs.getincrementaldecoder(codec)("replace").decode(head[mark:])
    return _BREAK.sub("\n", text)


def decoded(path: Path, name: str, *, encoding: str | None, breaks: LineBreaks, copy: Path) -> Decoded:
    """Return a file's text in UTF-8: where it lies already, or in a copy.

    Args:
        path: The file.
        name: What the user calls it.
        encoding: A known one; a byte-order mark counts more. None to find it.
        breaks: What becomes of line breaks.
        copy: Where a copy goes.

    Raises:
        CorpusError: It is no text, or not in its encoding.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    mark, marked = _byte_order_mark(head)
    codec = marked or encoding or _wide_encoding(head)
    if codec in (None, "utf-8"):
        seen = _Look(path, name, start=mark)
        # A byte-order mark would be part of the first line.
        if seen.is_utf8 and not seen.has_other_breaks(breaks) and not (mark and breaks == "unified"):
            return Decoded(path, mark, max(mark, path.stat().st_size), seen.digest)
        if codec is None and not seen.is_utf8:
            codec = guessed_encoding(path)
    remarks = [] if marked or encoding or codec in (None, "utf-8") else [f"{name} was read as {codec}"]
    copied = _Copying(name, codec or "utf-8", breaks=breaks, given=encoding is not None)
    digest = copied.write(path, start=mark, copy=copy)
    return Decoded(copy, 0, copy.stat().st_size, digest, (*remarks, *copied.remarks()))


def refuse_undecodable(name: str, encoding: str, offset: int) -> NoReturn:
    """Tell that a file is not in its encoding.

    Raises:
        CorpusError: Always.
    """
    raise CorpusError(f"{name}: not {encoding} (at byte {offset:,}).", Cure.ENCODING)


def _byte_order_mark(head: bytes) -> tuple[int, str | None]:
    """Length of the byte-order mark, and the encoding it tells."""
    for mark, marked in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return len(mark), marked
    return 0, None


def _wide_encoding(head: bytes) -> str | None:
    """The encoding of two or four bytes a character that a file without a mark has; None for any other."""
    if b"\0" not in head:
        return None
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls <= _MOST_STRAY_SHARE * len(head) and _may_be_utf8(head):
        return None
    # Latin text has its NULs before or behind each letter; read the other way round it would be Chinese of a kind.
    is_big = head[::2].count(0) > head[1::2].count(0)
    wide = sorted(_WIDE, key=lambda encoding: encoding.endswith("be") != is_big)
    for encoding in wide:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        odd = sum(unicodedata.category(each) in ("Cc", "Cn", "Co", "Cs") and each not in "\t\n\r\f" for each in text)
        wordy = sum(each.isalnum() or each.isspace() for each in text)
        if text and odd <= _MOST_ODD_SHARE * len(text) and wordy >= _LEAST_WORDY_SHARE * len(text):
            return encoding
    return None


class _Look:
    """One look through a file that should be UTF-8.

    Attributes:
        digest: SHA-256 of what follows the byte-order mark.
        is_utf8: Whether all of it is.
    """

    def __init__(self, path: Path, name: str, *, start: int) -> None:
        digest, nuls, done = hashlib.sha256(), _Nuls(name), start
        decoder = codecs.getincrementaldecoder("utf-8")()
        self.is_utf8 = True
        self._has_crlf = self._has_lone = self._ends_in_cr = False
        with path.open("rb") as file:
            file.seek(start)
            for block in _blocks(file):
                if b"\0" in block:
                    nuls.see(block, first=done + block.index(b"\0"), place=done - start)
                    if not _may_be_utf8(block):
                        nuls.refuse()
                digest.update(block)
                done += len(block)
                if self.is_utf8:
                    self._see_text(decoder, block)
        self.is_utf8 = self.is_utf8 and _decodes(decoder, b"", final=True)
        nuls.judge(done - start)
        self.digest = digest.hexdigest()

    def _see_text(self, decoder: codecs.IncrementalDecoder, block: bytes) -> None:
        """Decode a block, and look for line breaks in it: in text that is ten times as fast as in bytes."""
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError:
            self.is_utf8 = False
            return
        if "\r" in text or self._ends_in_cr:
            self._has_crlf = True
            # A CR at the end is counted with what follows in the next block, and one at the very end is alone.
            whole = "\r" * self._ends_in_cr + text
            self._ends_in_cr = whole.endswith("\r")
            lone = whole.count("\r") - whole.count("\r\n") - self._ends_in_cr
            self._has_lone = self._has_lone or lone > 0
        self._has_lone = self._has_lone or any(each in text for each in _LONE_BREAKS)

    def has_other_breaks(self, breaks: LineBreaks) -> bool:
        """Whether there are line breaks that become others."""
        has_lone = self._has_lone or self._ends_in_cr
        return breaks != "kept" and (has_lone or (breaks == "unified" and self._has_crlf))


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(_BLOCK_BYTES), b"")


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


class _Nuls:
    """The NUL bytes of a file: some are stray, many say that it is no text, or none in this encoding."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._first: int | None = None
        self._binary = 0
        self._nuls = [0, 0]  # at even places and at odd ones

    def see(self, block: bytes, *, first: int, place: int) -> None:
        """Take note of a block that holds one.

        Args:
            block: A byte for each byte of the file, or for each character.
            first: Where the first of them stands in the file, in bytes.
            place: Where the block begins, as it is counted.
        """
        if self._first is None:
            self._first = first
        self._binary += count_binary(block)
        for parity in (0, 1):
            self._nuls[(place + parity) % 2] += block[parity::2].count(b"\0")

    def judge(self, size: int) -> None:
        """Refuse a file of so many bytes, or characters as they were counted, where they are too many."""
        is_binary = sum(self._nuls) >= _LEAST_NULS and self._binary > _MOST_BINARY_SHARE * size
        is_wide = size > 0 and 2 * max(self._nuls) >= _LEAST_WIDE_SHARE * size and self._are_at_every_second
        if is_binary or is_wide:
            self.refuse()

    @property
    def _are_at_every_second(self) -> bool:
        return min(self._nuls) <= _MOST_ASTRAY_SHARE * max(self._nuls)

    def refuse(self) -> NoReturn:
        may_be_text = self._are_at_every_second and max(self._nuls) > 1
        raise CorpusError(
            f"{self._name}: not text (a NUL at byte {self._first:,}).",
            Cure.LEAVE_OUT if may_be_text else "Leave the file out.",
        )


def _may_be_utf8(block: bytes) -> bool:
    """Whether a block of a file may be text in UTF-8; characters may be cut at both its ends."""
    begun = 0
    while begun < min(3, len(block)) and block[begun] & 0xC0 == 0x80:
        begun += 1
    return _decodes(codecs.getincrementaldecoder("utf-8")(), block[begun:])


def guessed_encoding(path: Path) -> str | None:
    """The encoding of a file that is not UTF-8; None where most of it is, and the other lines are to be mended."""
    good = bad = balance = 0
    sample: dict[bytes, None] = {}  # a line that comes again tells no more
    room = _HEAD_BYTES
    with path.open("rb") as file:
        for piece in _pieces(file):
            if piece.isascii():
                continue
            for line in piece.splitlines(keepends=True):
                if line.isascii():
                    continue
                # Of a line as long as that a part is here, and its last character may be cut.
                if _decodes(codecs.getincrementaldecoder("utf-8")(), line, final=len(line) < _BLOCK_BYTES):
                    good += 1
                    continue
                bad += 1
                balance += _utf8_balance(line)
                if room > 0 and line[:room] not in sample:
                    sample[line[:room]] = None
                    room -= len(line)
    return None if good > _MOST_BAD_SHARE * bad or balance > 0 else _encoding_of(b"".join(sample))


def _utf8_balance(line: bytes) -> int:
    """By how much the characters of several bytes in a line outnumber the bytes that are in none: over 0 in UTF-8."""
    whole, cut = _CUT_EMOJI.subn(b"", line)
    text = whole.decode("utf-8", "ignore")
    of_several = len(text) - len(text.encode("ascii", "ignore"))
    return of_several + cut - (len(whole) - len(text.encode()))


def _western_letter(error: UnicodeError) -> tuple[str, int]:
    """Read a byte among UTF-8 as Western text; what is left of a cut character is several bytes, and goes."""
    assert isinstance(error, UnicodeDecodeError)
    stray = error.object[error.start : error.end]
    is_letter = len(stray) == 1 and _western(stray) is not None
    return stray.decode("cp1252") if is_letter else "", error.end


codecs.register_error("autocomplete.western_letter", _western_letter)


def _encoding_of(sample: bytes) -> str | None:
    """The encoding that a sample of lines has, none of them ASCII; None where it cannot be told."""
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_isolation=list(_USUAL))
    best = found.best()
    # Central European and Baltic encodings have letters in the places of most of the Western ones, which are far more
    # frequent: what reads as Western text is, unless a language says otherwise.
    western = _western(sample)
    few = sum(byte >= 0x80 for byte in sample) < _LEAST_FOREIGN_BYTES
    named = {"cp1252", "latin_1"} & {each.encoding for each in found}
    if western is not None and (few or named or best is None or str(best) == western):
        # Turkish differs in letters that of Western languages Icelandic alone has, which never lacks the others.
        letters = set(western.lower())
        return "cp1254" if letters & set("ýþð") and not letters & set("áéíóúæ") else "cp1252"
    return None if best is None else best.encoding.replace("_", "-")


def _western(line: bytes) -> str | None:
    """What a line is in Windows' Western encoding, where its letters stand as such text has them; else None."""
    if _CUT_EMOJI.search(line):
        return None
    try:
        text = line.decode("cp1252")
    except UnicodeDecodeError:
        return None
    foreign = 0  # letters in a row that are not ASCII
    for place, each in enumerate(text):
        if each.isascii():
            foreign = 0
        elif each.isalpha():
            foreign += 1
            if foreign > 2:
                return None
        else:
            foreign = 0
            beside = text[max(0, place - 1) : place], text[place + 1 : place + 2]
            if each not in _JOINS_LETTERS and not _may_stand_between(each, *beside):
                return None
    return text


def _may_stand_between(sign: str, before: str, after: str) -> bool:
    """Whether a sign that is not ASCII stands so in Western text: what was misread has signs within words."""
    if unicodedata.category(sign)[0] == "P":
        return sign not in "¿¡" or not before.isalpha()
    return not (before.isalpha() and (after.isalpha() or not before.isascii()))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Stretches of a file that end where a line does, unless it is very long."""
    for block in _blocks(file):
        yield block if block.endswith(b"\n") else block + file.readline(_BLOCK_BYTES)


class _Copying:
    """A file on its way into UTF-8, a piece at a time; lines that are not in its encoding are mended or left out.

    Args:
        name: What the user calls it.
        encoding: The one that it has.
        breaks: What becomes of line breaks.
        given: Whether the user named the encoding.
    """

    def __init__(self, name: str, encoding: str, *, breaks: LineBreaks, given: bool) -> None:
        self._name, self._encoding, self._breaks, self._given = name, encoding, breaks, given
        self._lines = self._mended = self._left_out = 0
        self._first_bad = 0  # in bytes
        self._told: list[str] = []

    def write(self, path: Path, *, start: int, copy: Path) -> str:
        """Write the text from a byte of the file on as UTF-8; return its digest."""
        digest, nuls, characters, held = hashlib.sha256(), _Nuls(self._name), 0, ""
        with path.open("rb") as file, copy.open("wb") as output:
            file.seek(start)
            for text, offset in self._texts(file, start):
                if "\0" in text:
                    first = offset + len(text[: text.index("\0")].encode(self._encoding, "replace"))
                    nuls.see(text.encode("latin-1", "replace"), first=first, place=characters)
                characters += len(text)
                whole = held + text
                held = "\r" if whole.endswith("\r") else ""  # whether LF follows is seen in the next piece
                content = self._with_breaks(whole.removesuffix(held)).encode("utf-8", "replace")
                digest.update(content)
                output.write(content)
            content = self._with_breaks(held).encode()
            digest.update(content)
            output.write(content)
        nuls.judge(characters)
        self._judge()
        return digest.hexdigest()

    def remarks(self) -> list[str]:
        """What a report should say of lines that were not in the encoding."""
        rest = self._mended + self._left_out - len(self._told)
        if not rest:
            return self._told
        more = f"{rest:,} more line{'s' if rest > 1 else ''} of {self._name} {'were' if rest > 1 else 'was'} not "
        more += f"{self._encoding.upper()}; of all {self._mended:,} were read otherwise, {self._left_out:,} left out"
        return [*self._told, more]

    def _texts(self, file: BinaryIO, start: int) -> Iterator[tuple[str, int]]:
        """The file's text in pieces, and the byte at which each begins."""
        new = codecs.getincrementaldecoder(self._encoding)
        decoder, done = new(), start
        for piece in itertools.chain(_pieces(file), [b""]):
            held: bytes = decoder.getstate()[0]  # the first bytes of a character that the last piece cut
            offset = done - len(held)
            try:
                text = decoder.decode(piece, not piece)
            except UnicodeDecodeError as error:
                if self._encoding in _WIDE:
                    refuse_undecodable(self._name, self._encoding, offset + error.start)
                decoder = new()
                text = self._without_bad_lines(held + piece, offset)
            self._lines += text.count("\n") + text.count("\r") - text.count("\r\n")
            done += len(piece)
            yield text, offset

    def _without_bad_lines(self, piece: bytes, offset: int) -> str:
        """A piece of the file, line by line."""
        lines = []
        for number, line in enumerate(piece.splitlines(keepends=True), self._lines + 1):
            try:
                lines.append(line.decode(self._encoding))
            except UnicodeDecodeError as error:
                if not self._mended + self._left_out:
                    self._first_bad = offset + error.start
                lines.append(self._mend(line, number))
            offset += len(line)
        return "".join(lines)

    def _mend(self, line: bytes, number: int) -> str:
        """What a line is in another encoding, or without bytes that are none; only its end where nothing is told."""
        other, text = "cp1252", _western(line)
        if self._encoding == "utf-8" and _utf8_balance(line) > 0:
            other, text = "UTF-8, other bytes in it as cp1252", line.decode("utf-8", "autocomplete.western_letter")
        elif self._encoding != "utf-8":
            other, text = "UTF-8", line.decode("utf-8", "ignore")
            text = text if text.encode() == line else None
        self._mended += text is not None
        self._left_out += text is None
        if len(self._told) < _PLACES_TOLD:
            became = "left out" if text is None else f"read as {other}"
            self._told.append(f"line {number:,} of {self._name} was not {self._encoding.upper()}: {became}")
        return line[len(line.rstrip(b"\r\n")) :].decode("ascii") if text is None else text

    def _with_breaks(self, text: str) -> str:
        if self._breaks == "kept":
            return text
        return (_BREAK if self._breaks == "unified" else _LONE_BREAK).sub("\n", text)

    def _judge(self) -> None:
        """Refuse a file of which too much is not in its encoding."""
        lines = max(1, self._lines)
        bad = self._left_out + (self._mended if self._given else 0)
        if bad > _MOST_BAD_SHARE * lines:
            refuse_undecodable(self._name, self._encoding, self._first_bad)
