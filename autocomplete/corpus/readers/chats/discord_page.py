"""The messages of a channel of Discord that DiscordChatExporter wrote as a page of HTML, or as plain text.

A page is as long as the channel: it is read a group at a time, which is what one person wrote in a row.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autocomplete.corpus.readers.chats.message import BOT, CODE, FORWARDED, QUOTE, SYSTEM, Message
from autocomplete.corpus.readers.chats.page_parts import refuse_page, replace, text_in, those, tree_of
from autocomplete.corpus.readers.protocol import Material, Tally

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_PAGE = re.compile(r"\s*<!DOCTYPE html>", re.IGNORECASE)
_LOG = re.compile(r'<div (?:id="?chatlog"? )?class="?chatlog"?[ >]')
_GROUP = re.compile(r'<div class="?chatlog__message-group"?>')
_BLOCK_CHARACTERS, _LONGEST_GROUP = 1 << 18, 1 << 23
_LONGEST_MARK = 64
# In which milliseconds since 2015 are from this bit on.
_TIME_BITS, _MILLISECONDS_A_DAY = 22, 86_400_000
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
    authors = [node for kind in ("chatlog__author", "chatlog__author-name") for node in those(group, f"*.{kind}")]
    author = (authors[0].get("title") or text_in(authors[0])) if authors else ""
    is_bot = any(those(group, f"span.{kind}") for kind in ("chatlog__author-tag", "chatlog__bot-tag"))
    for node in those(group, "div.chatlog__message-container") or those(group, "div.chatlog__message"):
        if those(node, "*.chatlog__system-notification-content"):
            tally.left_out[SYSTEM] += 1
        elif is_bot:
            tally.left_out[BOT] += 1
        elif node.xpath(".//*[contains(@class, 'chatlog__forward')]"):
            tally.left_out[FORWARDED] += 1
        else:
            number = int(digits[0]) if (digits := re.findall(r"\d{15,20}", node.get("data-message-id") or "")) else 0
            day = (number >> _TIME_BITS) // _MILLISECONDS_A_DAY
            yield Message(_written(node, tally), str(day), author or None, moment=float(number >> _TIME_BITS))


def _written(node: "Element", tally: Tally) -> str:
    """What a person wrote in a message, with its lines, without blocks of code and quotations."""
    contents = those(node, "div.chatlog__content")
    if not contents:
        return ""
    for kind in ("chatlog__edited-timestamp", "chatlog__markdown-timestamp"):
        for mark in those(contents[0], f"*.{kind}"):
            replace(mark, "")
    for kinds, noun in (
        (("chatlog__markdown-pre--multiline", "pre--multiline"), CODE),
        (("chatlog__markdown-quote", "quote"), QUOTE),
    ):
        for block in [each for kind in kinds for each in those(contents[0], f"*.{kind}")]:
            tally.left_out[noun] += 1
            replace(block, "\n")
    for mention in those(contents[0], "*.chatlog__markdown-mention"):
        name = text_in(mention)
        replace(mention, name if name.startswith("@") else "")
    for picture in list(contents[0].iter("img")):
        # A letter of Unicode, and not the name of a server's own picture.
        alt = picture.get("alt") or ""
        replace(picture, "" if alt.isascii() else alt)
    for block in list(contents[0].iter(*_BLOCKS)):
        block.tail = f"\n{block.tail or ''}"
        block.text = f"\n{block.text or ''}"
    return "".join(map(str, contents[0].itertext()))


# Plain text


def text_messages(material: Material, tally: Tally) -> Iterator[Message]:
    """Yield the messages of a plain text, as they were written: with the marks of Markdown."""
    lines: list[str] = []
    header: re.Match[str] | None = None
    before, is_section = "", False
    for line in material.lines():
        found = _HEADER.fullmatch(line) if not before.strip() else None
        ends = line == _LINE and not before.strip()
        if ends or (found and _TIME.search(found["date"])):
            yield from _of_text(header, lines, tally)
            header, lines, is_section = None if ends else found, [], False
        elif header is not None:
            is_section = is_section or line in _SECTIONS
            if not is_section:
                lines.append(line)
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
