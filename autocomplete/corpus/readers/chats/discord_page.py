"""The messages of a channel of Discord that DiscordChatExporter wrote as a page of HTML, or as plain text.

A page is as long as the channel: it is read a group at a time, which is what one person wrote in a row.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autocomplete.corpus.readers.chats.message import BOT, CODE, FORWARDED, QUOTE, SYSTEM, Message
from autocomplete.corpus.readers.chats.page_parts import by_class, refuse_page, replace, text_in, tree_of
from autocomplete.corpus.readers.protocol import LONGEST_LINE, Material, Tally

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_PAGE = re.compile(r"\s*<!DOCTYPE html>", re.IGNORECASE)
_LOG = re.compile(r'<div (?:id="?chatlog"? )?class="?chatlog"?[ >]')
_GROUP = re.compile(r'<div class="?chatlog__message-group"?>')
_BLOCK_CHARACTERS, _LONGEST_GROUP = 1 << 18, 1 << 23
_LONGEST_MARK = 64
# In which milliseconds since 2015 are from this bit on.
_TIME_BITS, _MILLISECONDS_A_DAY = 22, 86_400_000
_NUMBER = re.compile(r"\d{15,20}")
# By their classes now and in older pages.
_LEFT_OUT = {
    CODE: ("chatlog__markdown-pre--multiline", "pre--multiline"),
    QUOTE: ("chatlog__markdown-quote", "quote"),
}
_BLOCKS = ("br", "div", "h1", "h2", "h3", "li", "p")

_LINE = "=" * 62
_TEXT = re.compile(rf"{_LINE}\nGuild: .*\nChannel: ")
_HEADER = re.compile(r"\[(?P<date>[^\[\]]{4,60})\] (?P<author>\S.{0,120})")
_TIME = re.compile(r"\d{1,2}[:.]\d{2}.*")
_PINNED = " (pinned)"
# What stands behind a message's text.
_SECTIONS = frozenset({"{Attachments}", "{Embed}", "{Stickers}", "{Reactions}"})
_NOTICE = re.compile(
    r"(?:Added|Removed) .+ (?:to|from) the group\.|Left the group\.|Started a call that lasted .+ minutes\."
    r"|Changed the channel (?:name: .*|icon\.)|Pinned a message\.|Started a thread\.|Joined the server\."
)


def is_page(text: str) -> bool:
    """Whether a file begins as such a page does."""
    return _PAGE.match(text) is not None and _LOG.search(text) is not None


def is_text(text: str) -> bool:
    """Whether a file begins as such a text does."""
    return _TEXT.match(text) is not None


# Pages


def page_messages(material: Material, tally: Tally) -> Iterator[Message]:
    """Yield the messages of a page.

    Raises:
        CorpusError: What one person wrote in a row is longer, or nested deeper, than such pages have it.
    """
    for text in _groups(material):
        group = tree_of(text, material)
        if group is not None:
            yield from _of_group(group, tally)


def _groups(material: Material) -> Iterator[str]:
    """Yield the text of each group."""
    rest, is_group = "", False
    with material.path.open(encoding="utf-8") as file:
        while block := file.read(_BLOCK_CHARACTERS):
            # What was looked through holds no mark but one that is cut.
            searched = max(0, len(rest) - _LONGEST_MARK)
            rest += block
            begin = 0
            for mark in _GROUP.finditer(rest, searched):
                if is_group:
                    yield rest[begin : mark.start()]
                begin, is_group = mark.start(), True
            rest = rest[begin:] if is_group else rest[-_LONGEST_MARK:]
            if len(rest) > _LONGEST_GROUP:
                refuse_page(
                    material, f"messages of one person in a row of over {_LONGEST_GROUP >> 20} million characters"
                )
    if is_group:
        yield rest


def _of_group(group: "Element", tally: Tally) -> Iterator[Message]:
    parts = by_class(group)
    authors = [*parts["chatlog__author"], *parts["chatlog__author-name"]]
    author = (authors[0].get("title") or text_in(authors[0])) if authors else ""
    is_bot = bool(parts["chatlog__author-tag"] or parts["chatlog__bot-tag"])
    for node in parts["chatlog__message-container"] or parts["chatlog__message"]:
        within = by_class(node)
        if within["chatlog__system-notification-content"]:
            tally.left_out[SYSTEM] += 1
        elif is_bot:
            tally.left_out[BOT] += 1
        elif any(kind.startswith("chatlog__forward") for kind in within):
            tally.left_out[FORWARDED] += 1
        else:
            number = int(digits[0]) if (digits := _NUMBER.findall(node.get("data-message-id") or "")) else 0
            day = (number >> _TIME_BITS) // _MILLISECONDS_A_DAY
            text = _written(within["chatlog__content"][0], tally) if within["chatlog__content"] else ""
            yield Message(text, str(day), author or None, moment=float(number >> _TIME_BITS))


def _written(content: "Element", tally: Tally) -> str:
    """What a person wrote in a message, with its lines, without blocks of code and quotations."""
    parts = by_class(content)
    for mark in (*parts["chatlog__edited-timestamp"], *parts["chatlog__markdown-timestamp"]):
        replace(mark, "")
    for noun, kinds in _LEFT_OUT.items():
        for block in [each for kind in kinds for each in parts[kind]]:
            tally.left_out[noun] += 1
            replace(block, "\n")
    for mention in parts["chatlog__markdown-mention"]:
        name = text_in(mention)
        replace(mention, name if name.startswith("@") else "")
    for picture in list(content.iter("img")):
        # A letter of Unicode, and not the name of a server's own picture.
        alt = picture.get("alt") or ""
        replace(picture, "" if alt.isascii() else alt)
    for block in list(content.iter(*_BLOCKS)):
        block.tail = f"\n{block.tail or ''}"
        block.text = f"\n{block.text or ''}"
    return "".join(map(str, content.itertext()))


# Plain text


def text_messages(material: Material, tally: Tally) -> Iterator[Message]:
    """Yield the messages of a plain text, as they were written: with the marks of Markdown."""
    lines: list[str] = []
    header: re.Match[str] | None = None
    before, is_section, size = "", False, 0
    for line in material.lines():
        found = _HEADER.fullmatch(line) if not before.strip() else None
        ends = line == _LINE and not before.strip()
        if ends or (found and _TIME.search(found["date"])):
            yield from _of_text(header, lines, tally)
            header, lines, is_section, size = None if ends else found, [], False, 0
        elif header is not None:
            is_section = is_section or line in _SECTIONS
            if not is_section:
                lines.append(line)
                size += len(line) + 1
            if size > LONGEST_LINE:
                material.refuse(f"a message of over {LONGEST_LINE >> 20} million characters", "Leave the file out.")
        before = line
    yield from _of_text(header, lines, tally)


def _of_text(header: re.Match[str] | None, lines: list[str], tally: Tally) -> Iterator[Message]:
    if header is None:
        return
    text = "\n".join(lines).strip()
    if _NOTICE.fullmatch(text):
        tally.left_out[SYSTEM] += 1
    else:
        yield Message(text, _TIME.sub("", header["date"]), header["author"].removesuffix(_PINNED))
