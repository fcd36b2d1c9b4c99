"""The written part of a message by MIME (RFC 2045 to 2049), line by line: attachments are neither decoded nor held.

Only as much of a message is held as a person may have written. Whatever it claims about itself may be wrong: what
cannot be read is counted and passed over.
"""

import binascii
import codecs
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from typing import NamedTuple

from autocomplete.corpus.readers.protocol import Noun

ATTACHMENTS = Noun("attachment", "attachments")
CALENDARS = Noun("calendar entry", "calendar entries")
DAMAGED = Noun("part of a mail that cannot be read", "parts of mails that cannot be read")
ENCRYPTED = Noun("encrypted part", "encrypted parts")
FORWARDED = Noun("forwarded mail", "forwarded mails")
MENDED = Noun("mail in another encoding than it says, mended", "mails in another encoding than they say, mended")
NESTED = Noun("part nested too deep", "parts nested too deep")
OVERLONG = Noun("text too long for a mail", "texts too long for mails")

# A line of a message; the rest of a longer one is dropped. A whole paragraph stands in one, or a page of HTML.
LONGEST_LINE_BYTES = 1 << 20
# Of one message, as it stands in the file: nobody writes more, and so much is held.
_MOST_TEXT_BYTES = 1 << 20
_MOST_HEADER_BYTES = 1 << 18
_MOST_FIELD_CHARACTERS = 2_000
_MOST_FIELDS = 1_000
# Mail that people write has four levels at most.
_MOST_LEVELS = 50

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*")
# Codecs whose bytes are all ASCII, so that text in them is told by their name alone.
_SEVEN_BITS = re.compile("utf-?7|unicode-1-1-utf-7|iso-?2022|hz", re.IGNORECASE)
# Text in these may by chance be valid UTF-8 too.
_SEVERAL_BYTES = re.compile("gb|big5|euc|shift|sjis|cp9[345]|ks_c|ms9|windows-9|johab", re.IGNORECASE)
# Programs write the left and mean the right, which holds all of it and more.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_NAMES = {"ks_c_5601-1987": "cp949", "unicode-1-1-utf-7": "utf-7", "iso-8859-8-i": "iso-8859-8", "x-sjis": "cp932"}
# Python's own, which no message means.
_ESCAPES = frozenset(("unicode_escape", "raw_unicode_escape", "punycode", "idna", "undefined", "unicode-escape"))
# Halves of characters, which UTF-7 can spell.
_SURROGATE = re.compile("[\ud800-\udfff]")
_GUESSED_BYTES = 4096
_LETTER = re.compile(rb"[A-Za-z]")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


class Header:
    """The fields of a header, those that occur more than once in order. What is longer than any sensible one is cut."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def names(self) -> Set[str]:
        """The names of the fields that there are, in lower case."""
        return self._fields.keys()

    def all(self, name: str) -> list[str]:
        """Every field of this name (lower case), as it stands."""
        return self._fields.get(name, [])

    def get(self, name: str) -> str:
        """The first field of this name, as it stands; empty where there is none."""
        return self._fields.get(name, [""])[0]

    def readable(self, name: str) -> str:
        """The first field of this name with its encoded words (RFC 2047) decoded."""
        return readable(self.get(name))

    def described(self) -> Message:
        """What the fields say about the content, by the standard library, which knows RFC 2231."""
        message = Message()
        for name in ("content-type", "content-disposition"):
            if name in self._fields:
                message[name] = self.get(name)
        return message


def read_header(lines: Iterator[bytes]) -> tuple[Header, bytes]:
    """Read a header and the blank line after it.

    Returns:
        The header, and where a line follows that is none of it and not blank, that line.
    """
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    room = _MOST_HEADER_BYTES
    for line in lines:
        text = line.rstrip(b"\r\n")
        if not text:
            return Header(fields), b""
        room -= len(line)
        if text[:1] in b" \t":
            if values and len(values[-1]) < _MOST_FIELD_CHARACTERS:
                values[-1] += " " + _unmarked(text.strip())
            continue
        found = None if text.startswith(b"--") else _FIELD.match(text)
        if found is None:
            return Header(fields), line
        if room > 0 and len(fields) < _MOST_FIELDS:
            values = fields.setdefault(found[1].decode("ascii").lower(), [])
            values.append(_unmarked(text[found.end() :]))
    return Header(fields), b""


def _unmarked(value: bytes) -> str:
    """A field's bytes as text: they should be ASCII, and are UTF-8 or cp1252 where they are not."""
    value = value[:_MOST_FIELD_CHARACTERS]
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def readable(value: str) -> str:
    """Decode the encoded words of a field (RFC 2047); what cannot be decoded stands as it was."""
    if "=?" not in value:
        return value.strip()
    try:
        pieces = decode_header(value[:_MOST_FIELD_CHARACTERS])
    except (MessageError, ValueError, LookupError):
        return value.strip()
    return "".join(
        piece if isinstance(piece, str) else decoded(piece, charset)[0] or piece.decode("ascii", "replace")
        for piece, charset in pieces
    ).strip()


class Written(NamedTuple):
    """Text that a message holds.

    Attributes:
        text: Decoded; its line breaks as they were.
        is_html: Whether it is HTML, else plain.
        is_flowed: Whether lines that end in a space go on in the next (RFC 3676).
        joins_closely: Whether that space is then dropped (DelSp).
    """

    text: str
    is_html: bool
    is_flowed: bool
    joins_closely: bool


@dataclass(slots=True)
class Content:
    """What a message holds.

    Attributes:
        written: Its text, in order.
        is_automatic: Whether a program wrote it, as its parts tell: a delivery report, the answer to an invitation.
        left_out: What was passed over.
    """

    written: list[Written] = field(default_factory=list)
    is_automatic: bool = False
    left_out: Counter[Noun] = field(default_factory=Counter)


@dataclass(slots=True)
class _Level:
    """A multipart that is being read."""

    boundary: bytes
    is_alternative: bool
    has_parts: bool = False
    written: list[Written] = field(default_factory=list)

    def chosen(self) -> list[Written]:
        """Of several versions of one text the plain ones, where there are any."""
        plain = [each for each in self.written if not each.is_html and each.text.strip()]
        return plain if self.is_alternative and plain else self.written


class _Walk:
    """The way through the lines of one message."""

    def __init__(self, lines: Iterator[bytes], *, is_escaped: bool) -> None:
        self.content = Content()
        self._lines = lines
        self._ahead: tuple[bytes, ...] = ()
        self._is_escaped = is_escaped
        self._levels: list[_Level] = []
        self._room = _MOST_TEXT_BYTES

    def whole(self, header: Header, first: bytes) -> Content:
        """Read the message whose header was read, and the line after it if that was none of it."""
        while True:
            delimiter = self._part(header, first)
            while delimiter is not None and self._closes(delimiter):
                delimiter = self._passed_over(b"")
            if delimiter is None:
                break
            header, first = read_header(itertools.chain(self._ahead, self._lines))
            self._ahead = ()
        if self._levels and not any(level.has_parts for level in self._levels):
            self.content.left_out[DAMAGED] += 1
        self._close(0)
        return self.content

    def _part(self, header: Header, first: bytes) -> bytes | None:
        """Read a part, or a multipart's beginning, and return the delimiter behind it; None at the message's end."""
        described = header.described()
        kind = described.get_content_type()
        boundary = described.get_boundary() if kind.startswith("multipart/") else None
        if kind == "multipart/report":
            self.content.is_automatic = True
        if kind == "multipart/encrypted":
            self.content.left_out[ENCRYPTED] += 1
        elif kind.startswith("multipart/") and len(self._levels) < _MOST_LEVELS:
            self._levels.append(_Level((boundary or "").encode("utf-8", "replace"), kind == "multipart/alternative"))
        elif kind in ("text/plain", "text/html") and not _is_attached(described):
            lines, delimiter = self._gathered(first)
            self._keep(lines, header, described)
            return delimiter
        else:
            self._leave_out(kind, described)
        return self._passed_over(first)

    def _leave_out(self, kind: str, described: Message) -> None:
        counted = ATTACHMENTS
        if kind.startswith("multipart/"):
            counted = NESTED
        elif kind in ("text/calendar", "application/ics"):
            counted = CALENDARS
            self.content.is_automatic |= str(described.get_param("method", "")).lower() == "reply"
        elif kind in ("message/rfc822", "message/global"):
            counted = FORWARDED
        elif kind in ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"):
            counted = ENCRYPTED
        elif kind.endswith("-signature") or kind in ("text/rfc822-headers", "message/delivery-status"):
            return
        self.content.left_out[counted] += 1

    def _passed_over(self, first: bytes) -> bytes | None:
        """The next delimiter; where the innermost multipart has none yet, also one that only looks like it."""
        suspect = b""
        level = self._levels[-1] if self._levels else None
        for line in self._from(first):
            if line.startswith(b"--"):
                if self._place(line)[0] is not None:
                    return line
                suspect = line if line[2:].strip() else b""
            elif suspect:
                if level is not None and not level.has_parts and line[:8].lower() == b"content-":
                    level.boundary = suspect[2:].rstrip()  # what the header says is wrong
                    self._ahead = (line,)
                    return suspect
                suspect = b""
        return None

    def _gathered(self, first: bytes) -> tuple[list[bytes], bytes | None]:
        """The lines of a text, as far as there is room, and the delimiter behind it."""
        kept: list[bytes] = []
        for line in self._from(first):
            if line.startswith(b"--") and self._place(line)[0] is not None:
                return kept, line
            if self._room >= 0:
                self._room -= len(line)
                kept.append(line)
        return kept, None

    def _from(self, first: bytes) -> Iterator[bytes]:
        """The lines from one on that was read already, if it was."""
        return itertools.chain([first], self._lines) if first else self._lines

    def _place(self, line: bytes) -> tuple[int | None, bool]:
        """Which multipart a line delimits, the innermost first, and whether it closes that; None for other lines."""
        name = line[2:].rstrip()
        for place in range(len(self._levels) - 1, -1, -1):
            boundary = self._levels[place].boundary
            if boundary and name.startswith(boundary) and name[len(boundary) :] in (b"", b"--"):
                return place, len(name) > len(boundary)
        return None, False

    def _closes(self, delimiter: bytes) -> bool:
        """End what a delimiter ends, and say whether it ends its multipart too."""
        place, is_last = self._place(delimiter)
        assert place is not None
        self._levels[place].has_parts = True
        self._close(place if is_last else place + 1)
        return is_last

    def _close(self, place: int) -> None:
        while len(self._levels) > place:
            level = self._levels.pop()
            (self._levels[-1] if self._levels else self.content).written.extend(level.chosen())

    def _keep(self, lines: list[bytes], header: Header, described: Message) -> None:
        if self._room < 0:
            self.content.left_out[OVERLONG] += 1
            return
        raw = b"".join(unescaped(lines) if self._is_escaped else lines)
        text, is_mended = decoded(_untransferred(raw, header), described.get_content_charset())
        if text is None:
            self.content.left_out[DAMAGED] += 1
            return
        if is_mended:
            self.content.left_out[MENDED] += 1
        into = self._levels[-1] if self._levels else self.content
        into.written.append(
            Written(
                text,
                is_html=described.get_content_subtype() == "html",
                is_flowed=str(described.get_param("format", "")).lower() == "flowed",
                joins_closely=str(described.get_param("delsp", "")).lower() == "yes",
            )
        )


def content_of(header: Header, first: bytes, lines: Iterator[bytes], *, is_escaped: bool) -> Content:
    """Read a message whose header was read.

    Args:
        header: Its header.
        first: The line after it, if that was neither of it nor blank.
        lines: What follows, to the message's end; all of it is read.
        is_escaped: Whether a line that began with `From ` has a `>` before it, as in an mbox.
    """
    content = _Walk(lines, is_escaped=is_escaped).whole(header, first)
    for _ in lines:
        pass
    return content


def unescaped(lines: Iterable[bytes]) -> list[bytes]:
    """Take back what an mbox does to lines that begin with `From `; among quoted lines one of them is quoted."""
    found = list(lines)
    for place, line in enumerate(found):
        if line.startswith(b">From "):
            around = found[max(place - 1, 0) : place] + found[place + 1 : place + 2]
            if not any(other.startswith(b">") for other in around):
                found[place] = line[1:]
    return found


def _is_attached(described: Message) -> bool:
    """Whether a text is a file rather than what is written: it has a name, or says so."""
    return described.get_content_disposition() == "attachment" or bool(described.get_filename())


def _untransferred(raw: bytes, header: Header) -> bytes:
    encoding = header.get("content-transfer-encoding").strip().lower()
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if encoding == "base64":
        digits = _NOT_BASE64.sub(b"", raw)
        whole = len(digits) - (len(digits) % 4 == 1)  # one digit is less than a byte
        return binascii.a2b_base64(digits[:whole] + b"=" * (-whole % 4))
    return raw


def decoded(content: bytes, charset: str | None) -> tuple[str | None, bool]:
    """Decode text of which a character set is said that may be wrong, unknown or missing.

    Returns:
        The text, None where it would come out garbled; and whether it is in another encoding than is said.
    """
    codec = _codec(charset)
    if codec and _SEVEN_BITS.match(codec):
        return _SURROGATE.sub("", content.decode(codec, "replace")), False
    if content.isascii():
        return content.decode("ascii"), False
    several = codec is not None and _SEVERAL_BYTES.match(codec)
    for each in (codec, "utf-8") if several else ("utf-8", codec):
        if each is not None:
            try:
                return content.decode(each), codec is not None and each != codec
            except ValueError:
                pass
    return _guessed(content, codec), True


def _codec(charset: str | None) -> str | None:
    """The codec for text that a message says to be in a character set; None for what is none."""
    try:
        name = codecs.lookup(_NAMES.get((charset or "").lower(), charset or "")).name
        "".encode(name)  # refuses what is not for text
    except (LookupError, ValueError):
        return None
    return None if name in _ESCAPES else _MEANT.get(name, name)


def _guessed(content: bytes, codec: str | None) -> str | None:
    """Text that is not in the encoding that it says: that one where little is amiss, else as it looks."""
    text = content.decode(codec or "utf-8", "replace")
    amiss = text.count("\ufffd")
    if amiss * 8 <= sum(character > "\x7f" for character in text):
        return text.replace("\ufffd", "")
    sample = content[:_GUESSED_BYTES]
    if sum(byte > 0x7F for byte in sample) <= len(_LETTER.findall(sample)):
        return content.decode("cp1252", "replace")  # most letters are ASCII, as in no other script than the Latin
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return content.decode(best.encoding, "replace") if best else None
