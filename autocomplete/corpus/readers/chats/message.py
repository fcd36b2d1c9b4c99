"""A message of a chat, and how the messages of a day become passages."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from autocomplete.corpus.readers.protocol import Material, Noun, Passage, Tally

MESSAGE = Noun("message", "messages")
SYSTEM = Noun("system message", "system messages")
DELETED = Noun("deleted message", "deleted messages")
MEDIA = Noun("placeholder of media", "placeholders of media")
FORWARDED = Noun("forwarded message", "forwarded messages")
BOT = Noun("message of a bot", "messages of bots")
FORM = Noun("poll, place or contact", "polls, places and contacts")
QUOTE = Noun("quotation", "quotations")
CODE = Noun("block of code", "blocks of code")
LINK = Noun("link alone", "links alone")
EMPTY = Noun("message without text", "messages without text")
UNREADABLE = Noun("message that cannot be read", "messages that cannot be read")
# What is remarked of files that some exports have beside those of messages.
NO_MESSAGES = "a list of people or channels holds no messages"

# Of a day's messages so many characters are held at a time, to put them in order; a message takes some itself.
_HELD_CHARACTERS, _CHARACTERS_OF_MESSAGE = 1 << 22, 64

# Marks of direction, which exports put around names and before what the program wrote, and the byte-order mark.
DIRECTION_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_DIRECTION_MARK = re.compile(f"[{DIRECTION_MARKS}]")
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]{1,15}://|www\.)\S", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t]{2,}")
_FENCE = "```"
# `*bold*`, `**bold**`, `_so_`, `~~gone~~`, `||hidden||`; neither `snake_case` nor `2*3*4` nor `*_*`.
_EMPHASES = tuple(
    (mark, re.compile(rf"(?<![\w*_~|])({re.escape(mark)}{{1,3}})(?![\s*_~|])([^{mark}\n]+)(?<![\s*_~|])\1(?![\w*_~|])"))
    for mark in "*_~|"
)
_INLINE_CODE = re.compile(r"`([^`\n]{1,400})`")


class Message(NamedTuple):
    """What one person sent at one time.

    Attributes:
        text: As the person wrote it, of one line or several.
        day: The day, and where there are several the chat, as anything that changes when they change.
        author: Who wrote it, as the export calls them.
        own: Whether the person whose export this is wrote it; None where it does not say.
        moment: When it was written, in seconds or anything that grows with time; it orders the messages of a day.
    """

    text: str
    day: str
    author: str | None = None
    own: bool | None = None
    moment: float = 0.0


def read_export(material: Material, program: str, messages: Iterable[Message], tally: Tally) -> Iterator[Passage]:
    """Yield what people wrote in a program's export.

    Raises:
        CorpusError: Nothing in the file is a message of that program, not even one that is left out.
    """
    before = _understood(tally)
    has_passages = False
    for passage in passages_of(messages, tally):
        has_passages = True
        yield passage
    if not has_passages and _understood(tally) == before and NO_MESSAGES not in tally.notes:
        material.refuse(f"no message of {program} in it", "Export it again, or let the file be read as it is.")


def _understood(tally: Tally) -> int:
    return tally.left_out.total() - tally.left_out[UNREADABLE]


def passages_of(messages: Iterable[Message], tally: Tally) -> Iterator[Passage]:
    """Yield what people wrote, each day of a chat as a document, its messages in the order in which they were written.

    Some programs export the newest message first. Links by themselves and messages without text are counted and left
    out.
    """
    held: list[Message] = []
    size, begins = 0, True
    for message in messages:
        if held and (message.day != held[0].day or size > _HELD_CHARACTERS):
            for passage in _day(held, tally, begins=begins):
                begins = False
                yield passage
            begins |= message.day != held[0].day
            held, size = [], 0
        held.append(message)
        size += len(message.text) + _CHARACTERS_OF_MESSAGE
    yield from _day(held, tally, begins=begins)


def _day(messages: list[Message], tally: Tally, *, begins: bool) -> Iterator[Passage]:
    for message in sorted(messages, key=lambda each: each.moment):
        text = tidy(message.text)
        if not text:
            tally.left_out[EMPTY] += 1
        elif all(map(_LINK.match, text.split())):
            tally.left_out[LINK] += 1
        else:
            yield Passage(text, message.author, message.own, begins)
            begins = False


def tidy(text: str) -> str:
    """Return a text without marks of direction, superfluous white space and blank lines."""
    lines = (line.strip() for line in without_marks(text).splitlines())
    return _BLANKS.sub(" ", "\n".join(line for line in lines if line))


def without_marks(text: str) -> str:
    """Return a text without marks of direction."""
    return text if text.isascii() else _DIRECTION_MARK.sub("", text)


def without_code(text: str, tally: Tally) -> str:
    """Return a text without its fenced blocks of code, which are counted, and without the marks of code in a line."""
    if _FENCE in text:
        parts = text.split(_FENCE)
        blocks = (len(parts) - 1) // 2  # what is opened and never closed is no block
        tally.left_out[CODE] += blocks
        text = "\n".join([*parts[: 2 * blocks : 2], *parts[2 * blocks :]])
    return _INLINE_CODE.sub(r"\1", text) if "`" in text else text


def without_emphasis(text: str) -> str:
    """Return a text without the marks that make it bold, slanted, struck out or hidden."""
    for _ in range(2):  # bold and slanted at once
        for mark, pattern in _EMPHASES:
            if mark in text:
                text = pattern.sub(r"\2", text)
    return text


def without_quotes(text: str, tally: Tally) -> str:
    """Return a text without its lines that quote another; those that are together count as one quotation."""
    if ">" not in text:
        return text
    kept: list[str] = []
    was_quoted = False
    for line in text.split("\n"):
        begins_block = line.startswith(">>> ")  # which takes all that follows
        is_quoted = begins_block or line.startswith("> ") or line == ">"
        tally.left_out[QUOTE] += is_quoted and not was_quoted
        if begins_block:
            break
        if not is_quoted:
            kept.append(line)
        was_quoted = is_quoted
    return "\n".join(kept)
