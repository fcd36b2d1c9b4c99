r"""What people wrote in a chat of WhatsApp, exported as text on Android or iOS.

A message begins with a stamp, which every language writes in its own way:

    1/31/24, 12:26 PM - Anna: Are you there?
    [31.01.24, 12:26:08] Anna: Are you there?
    ٣١/١/٢٠٢٤، ١٢:٢٦ م - Anna: Are you there?

The first stamp of a file tells what all others look like, so that what somebody copied into a message from another
chat seldom begins a new one. What has no name behind the stamp was written by WhatsApp.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from autocomplete.corpus.readers.chats import whatsapp_notices as notices
from autocomplete.corpus.readers.chats.message import (
    DIRECTION_MARKS,
    MEDIA,
    MESSAGE,
    SYSTEM,
    Message,
    read_export,
    without_emphasis,
    without_marks,
)
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Passage, Sample, Tally

# WhatsApp sends 65,536 characters at most; what seems longer is taken apart.
_LONGEST_MESSAGE = 1 << 16
# Lines before the first stamp, which are of no message.
_MOST_LINES_BEFORE = 1_000
# Authors that are held to find out who the person is.
_MOST_AUTHORS = 10_000
_LONGEST_NAME = 120

_MARK = f"[{DIRECTION_MARKS}]*"
_SEPARATOR = rf"{_MARK}(?:[./-]|年|월|년|月)\s?{_MARK}"
_DATE = rf"\d{{1,4}}{_SEPARATOR}\d{{1,2}}{_SEPARATOR}\d{{1,4}}(?:\.|日|일|\s?г\.)?"
# `um`, `à`, `klo`, `alle ore`, and the half of the day where it comes first.
_WORDS = r"(?:[^\W\d_]{1,12}\.?\s?){0,2}"
_TIME = rf"\d{{1,2}}\s?{_MARK}[:.h]{_MARK}\s?\d{{2}}(?:{_MARK}[:.]{_MARK}\d{{2}})?"
# `PM`, `p. m.`, `ч.`
_HALF = r"(?:\s?[^\W\d_][^\d\s:\]\-]{0,9}(?:\s[^\d\s:\]\-]{1,4})?)?"
# In Korean, `… 12:26, Anna : …`; on iOS once `… 12:26:08: Anna: …`.
_END = rf"(?:\]|\s[-–]|(?:(?<=\d)|(?<=\s[AaPp][Mm])):|,(?=[^\n]{{1,{_LONGEST_NAME}}}? :\s))"
_FIRST = re.compile(
    rf"{_MARK}(?P<stamp>\[?{_DATE}[,،]?{_MARK}\s{_MARK}{_WORDS}{_TIME}{_HALF}{_MARK}{_END})\s",
)
_DATE_FIRST = re.compile(rf"\[?{_MARK}({_DATE})")
_PIECE = re.compile(
    rf"(?P<number>\d+)|(?P<space>\s+)|(?P<mark>[{DIRECTION_MARKS}]+)|(?P<sign>[\[\]().,،:/–-])|(?P<word>[^\d\s\[\]().,،:/–-]+)"
)
_AUTHOR = re.compile(rf"(?P<author>[^\n]{{1,{_LONGEST_NAME}}}?)\s?:(?:\s|$)")
# Programs write logs whose lines begin with the year and count seconds, or name how grave they are.
_LIKE_LOG = re.compile(r"\[?\d{4}[-/].*:\d\d:")
_LEVELS = frozenset({"trace", "debug", "info", "notice", "warn", "warning", "error", "critical", "fatal"})
_EVIDENCE = re.compile(r"\u200e|whatsapp|^_chat|<media omitted>", re.IGNORECASE)
# Somebody who is called in a message and is no contact; of one who is, the name stands there.
_NUMBER_CALLED = re.compile(r"(?<!\S)@\+?\d{7,15}(?!\w)[,:]?[ \t]?")


class _Entry(NamedTuple):
    """What stands under one stamp."""

    day: str
    author: str | None  # None where WhatsApp wrote it
    text: str


def _recognises(sample: Sample) -> bool:
    lines = sample.lines()
    first = next((line for line in lines if line.strip()), "")
    found = _FIRST.match(first)
    if found is None:
        return False
    stamp = _stamp_like(found["stamp"])
    stamps = [each for each in map(stamp.match, lines) if each is not None]
    authors = Counter(_parted(each.string[each.end() :])[0] for each in stamps)
    nameless = authors.pop(None, 0)
    named = authors.total()
    if any(author is not None and author.lower() in _LEVELS for author in authors):
        return False
    if _EVIDENCE.search(sample.name) or _EVIDENCE.search(sample.text):
        return named >= 1
    # In a diary what is before a colon changes.
    is_diary = 2 * len(authors) > named + 2
    return named >= 2 and not is_diary and 4 * named >= nameless and not _LIKE_LOG.match(found["stamp"])


def _read(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    stamp = _first_stamp(material)
    person = _Person.of(material, stamp)
    yield from read_export(material, "WhatsApp", _messages(material, stamp, person, tally), tally)


def _first_stamp(material: Material) -> re.Pattern[str]:
    lines = islice(material.lines(), _MOST_LINES_BEFORE)
    first = next(filter(None, map(_FIRST.match, lines)), None)
    if first is None:
        material.refuse("no message of WhatsApp in it", "Export it again, or let the file be read as it is.")
    return _stamp_like(first["stamp"])


def _stamp_like(stamp: str) -> re.Pattern[str]:
    """The pattern of a line that begins with a stamp of the same form."""
    pattern = "".join(_pattern_of(piece) for piece in _PIECE.finditer(stamp))
    return re.compile(rf"{_MARK}{pattern}(?:\s|$)")


def _pattern_of(piece: re.Match[str]) -> str:
    match piece.lastgroup:
        case "number":
            return rf"\d{{1,4}}{_MARK}"
        case "space":
            return rf"\s{{1,2}}{_MARK}"
        case "word":
            return rf"[^\d\s\[\]():/]{{1,16}}{_MARK}"
        case "sign":
            return re.escape(piece.group()) + _MARK
    return ""


def _parted(rest: str) -> tuple[str | None, str]:
    """Who wrote what stands behind a stamp, and what; nobody where WhatsApp did."""
    notice = rest.find(": \u200e")  # on iOS a name may have a colon, and a notice always has this mark
    if 0 < notice <= _LONGEST_NAME:
        return _name(rest[:notice]), rest[notice + 2 :]
    found = _AUTHOR.match(rest)
    author = None if found is None else _author(found["author"])
    return (None, rest) if found is None or author is None else (author, rest[found.end() :])


@lru_cache(maxsize=256)  # the same few write all of a chat
def _author(text: str) -> str | None:
    return None if notices.is_done(text) else _name(text)


def _name(name: str) -> str:
    """A name as the person knows it; that of somebody who is no contact has a tilde before it."""
    return without_marks(name).strip().removeprefix("~").strip()


def _entries(material: Material, stamp: re.Pattern[str]) -> Iterator[_Entry]:
    day, author = "", None
    lines: list[str] = []
    size = 0
    begun = False
    for line in material.lines():
        found = stamp.match(line)
        if found is None and size + len(line) <= _LONGEST_MESSAGE:
            lines.append(line)
            size += len(line) + 1
            continue
        if begun:
            yield _Entry(day, author, "\n".join(lines))
        text = line
        if found is not None:
            begun = True
            day = _day_of(found.group())
            author, text = _parted(line[found.end() :])
        lines, size = [text], len(text)
    if begun:
        yield _Entry(day, author, "\n".join(lines))


def _day_of(stamp: str) -> str:
    found = _DATE_FIRST.match(without_marks(stamp))
    return found[1] if found else stamp


class _Person(NamedTuple):
    """Whose export it is, as far as it tells.

    Attributes:
        name: Theirs.
        other: The only other person of the chat.
    """

    name: str | None = None
    other: str | None = None

    @classmethod
    def of(cls, material: Material, stamp: re.Pattern[str]) -> "_Person":
        """Look through a file for what only the person reads, and at its name, which is that of the other person."""
        authors: dict[str, None] = {}
        for entry in _entries(material, stamp):
            if entry.author is None:
                continue
            if notices.is_deleted_by_person(without_marks(entry.text).strip()):
                return cls(name=entry.author)
            if len(authors) < _MOST_AUTHORS and not entry.text.startswith("\u200e"):  # as if a group had written it
                authors[entry.author] = None
        other = next((author for author in authors if _is_named_after(material.name, author)), None)
        return cls(other=other) if len(authors) <= 2 else cls()

    def wrote(self, author: str) -> bool | None:
        """Whether a message is the person's; None where that is not known."""
        if self.name is not None:
            return author == self.name
        return None if self.other is None else author != self.other


def _is_named_after(file: str, author: str) -> bool:
    """Whether a file or an archive is called `WhatsApp Chat with Ben`, in any language."""
    stems = (re.sub(r"(?: \(\d+\))?(?:\.\w{1,4})*$", "", part) for part in re.split(r"[/\\:]", file))
    return any("whatsapp" in stem.lower() and stem.endswith(f" {author}") for stem in stems)


def _messages(material: Material, stamp: re.Pattern[str], person: _Person, tally: Tally) -> Iterator[Message]:
    marks_notices = stamp.pattern.startswith(rf"{_MARK}\[")
    for entry in _entries(material, stamp):
        if entry.author is None:
            tally.left_out[SYSTEM] += 1
            continue
        text, files = notices.without_files(notices.without_edit_mark(entry.text.rstrip()))
        is_notice = marks_notices and text.startswith("\u200e")
        text, omitted = _without_first_placeholder(without_marks(text).strip())
        tally.left_out[MEDIA] += files + omitted
        noun = notices.notice(text) or (SYSTEM if is_notice else None)
        if (files or omitted) and (is_notice or not text):
            continue
        if noun is not None:
            tally.left_out[noun] += 1
            continue
        text = _NUMBER_CALLED.sub("", text) if "@" in text else text
        yield Message(without_emphasis(text.replace("```", "")), entry.day, entry.author, person.wrote(entry.author))


def _without_first_placeholder(text: str) -> tuple[str, int]:
    """A text without the placeholder of what was sent with it, and whether there was one."""
    first, line_break, caption = text.partition("\n")
    return (caption, 1) if line_break and notices.notice(first) == MEDIA else (text, 0)


FORMATS = (
    Format(
        key="whatsapp",
        name="WhatsApp chat",
        passage=MESSAGE,
        recognises=_recognises,
        read=_read,
        has_authors=True,
    ),
)
