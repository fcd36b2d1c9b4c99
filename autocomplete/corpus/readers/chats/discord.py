"""What people wrote on Discord: a channel exported by DiscordChatExporter, or the data package that Discord sends.

An export is JSON, or a page, a table or a text that tell less. The package holds what the person wrote and nothing
else, as JSON or, in older ones, as CSV.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autocomplete.corpus.readers.chats import discord_page
from autocomplete.corpus.readers.chats.json_parts import list_of, mapping_of, number_of, parts, text_of
from autocomplete.corpus.readers.chats.message import (
    BOT,
    FORWARDED,
    MESSAGE,
    NO_MESSAGES,
    SYSTEM,
    UNREADABLE,
    Message,
    read_export,
    without_code,
    without_emphasis,
    without_quotes,
)
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally
from autocomplete.corpus.readers.tables import Rows

_EXPORT = re.compile(r'\s*\{\s*"guild"\s*:\s*\{.{1,8192}?"channel"\s*:\s*\{.{1,65536}?"messages"\s*:\s*\[', re.DOTALL)
_PACKAGE = re.compile(r'\s*\[\s*\{\s*"ID"\s*:\s*"?\d+"?\s*,\s*"Timestamp"\s*:\s*"[^"]{0,64}"\s*,\s*"Contents"\s*:')
_TABLE = "ID,Timestamp,Contents,Attachments"
# With quotes around names or without.
_EXPORTED_TABLE = re.compile(r'("?)AuthorID\1,\1Author\1,\1Date\1,\1Content\1,\1Attachments\1,\1Reactions\1(?:\n|$)')
# Files of the package that stand beside those of messages: what a channel is, and all channels by their numbers.
_LISTS = {
    "channel.json": re.compile(r'\s*\{\s*"id"\s*:\s*"\d{15,20}"\s*,\s*"type"\s*:'),
    "index.json": re.compile(r'\s*\{\s*"\d{15,20}"\s*:\s*(?:"|null)'),
}
_WRITTEN = frozenset({"Default", "Reply", "0", "19"})
# `<@123>`, `<@!123>`, `<@&123>`, `<#123>`, `<:smile:123>`, `<a:smile:123>`, `<t:123:R>`, `</play:123>`
_REFERENCE = re.compile(
    r"<(?:@!?(?P<person>\d{1,20})|@&\d{1,20}|#\d{1,20}|a?:\w{1,64}:\d{1,20}|t:-?\d{1,15}(?::\w)?"
    r"|/[\w -]{1,100}:\d{1,20})>"
)
_HEADING = re.compile(r"^(?:#{1,3}|-#) ", re.MULTILINE)
_LINK_TARGET = re.compile(r"\[([^\[\]\n]{1,400})\]\(<?https?://[^\s()<>]{1,2000}>?\)")
_BARE_LINK = re.compile(r"<(https?://[^\s<>]{1,2000})>")


def _recognises(sample: Sample) -> bool:
    if _is_list(sample.name, sample.text):
        return True
    if discord_page.is_page(sample.text) or discord_page.is_text(sample.text):
        return True
    is_json = _EXPORT.match(sample.text) is not None or _PACKAGE.match(sample.text) is not None
    return is_json or sample.lines()[:1] == [_TABLE] or _EXPORTED_TABLE.match(sample.text) is not None


def _is_list(name: str, text: str) -> bool:
    return name in _LISTS and _LISTS[name].match(text) is not None


def _read(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    with material.path.open(encoding="utf-8") as file:
        first = file.read(1024).lstrip()
    if _is_list(Path(material.name).name, first):
        tally.note(NO_MESSAGES)
        return
    if first.startswith("{"):
        messages = _of_export(material, tally)
    elif discord_page.is_text(first):
        messages = (
            message._replace(text=_plain(message.text, {}, tally))
            for message in discord_page.text_messages(material, tally)
        )
    elif first[:1] == "<":
        messages = discord_page.page_messages(material, tally)
    elif first.startswith("["):
        rows = (value for _, value in parts(material, None))
        messages = _of_package(rows, tally)
    elif first.startswith(_TABLE):
        messages = _of_package(_rows(material), tally)
    elif _EXPORTED_TABLE.match(first):
        messages = _of_exported_table(_rows(material), tally)
    else:
        material.refuse("no message of Discord in it", "Export it again as JSON, or let the file be read as it is.")
    yield from read_export(material, "Discord", messages, tally)


def _of_export(material: Material, tally: Tally) -> Iterator[Message]:
    channel: dict[str, Any] = {}
    for path, value in parts(material, "messages"):
        if path[0] == "channel":
            channel[str(path[-1])] = value
        if path[0] != "messages":
            continue
        message = mapping_of(value)
        author = mapping_of(message.get("author"))
        noun = _left_out(message, author)
        if noun is not None:
            tally.left_out[noun] += 1
            continue
        name = text_of(author.get("name"))
        # A chat of two has the name of the other, who may have a nickname.
        is_other = "Direct" in text_of(channel.get("type")) and channel.get("name") in [name, author.get("nickname")]
        stamp = text_of(message.get("timestamp"))
        text = _plain(text_of(message.get("content")), _names(message), tally)
        yield Message(text, stamp[:10], name or None, False if is_other else None)


def _left_out(message: dict[str, Any], author: dict[str, Any]) -> Noun | None:
    """What a message is, where no person has written it."""
    if not message or not author:
        return UNREADABLE
    if author.get("isBot"):
        return BOT
    if text_of(mapping_of(message.get("reference")).get("type")) == "Forward" or "forwardedMessage" in message:
        return FORWARDED
    return None if str(message.get("type", "Default")) in _WRITTEN else SYSTEM


def _names(message: dict[str, Any]) -> dict[str, str]:
    mentions = map(mapping_of, list_of(message.get("mentions")))
    return {text_of(each.get("id")): text_of(each.get("nickname")) or text_of(each.get("name")) for each in mentions}


def _of_package(rows: Iterator[Any], tally: Tally) -> Iterator[Message]:
    for row in map(mapping_of, rows):
        if "Contents" not in row:
            tally.left_out[UNREADABLE] += 1
            continue
        text = _plain(text_of(row.get("Contents")), {}, tally)
        # Newest first; the number of a message grows with time.
        yield Message(text, text_of(row.get("Timestamp"))[:10], own=True, moment=number_of(row.get("ID")))


def _of_exported_table(rows: Iterator[dict[str, str]], tally: Tally) -> Iterator[Message]:
    for row in rows:
        if "Content" not in row:
            tally.left_out[UNREADABLE] += 1
            continue
        yield Message(_plain(row["Content"], {}, tally), row["Date"][:10], row["Author"] or None)


def _rows(material: Material) -> Iterator[dict[str, str]]:
    rows = iter(Rows(material.lines(), ",", material))
    names = next(rows, [])
    for row in rows:
        yield dict(zip(names, row, strict=False))


def _plain(text: str, names: dict[str, str], tally: Tally) -> str:
    """A text without the marks of Discord's Markdown, with people as they are called."""

    def named(reference: re.Match[str]) -> str:
        name = names.get(reference["person"] or "", "")
        return f"@{name}" if name else ""

    text = without_quotes(without_code(text, tally), tally)
    if "<" in text:
        text = _BARE_LINK.sub(r"\1", _REFERENCE.sub(named, text))
    return without_emphasis(_LINK_TARGET.sub(r"\1", _HEADING.sub("", text)))


FORMATS = (
    Format(
        key="discord",
        name="Discord messages",
        passage=MESSAGE,
        recognises=_recognises,
        read=_read,
        has_authors=True,
    ),
)
