"""What people wrote in Slack, from an export of a workspace: a folder a channel, and in it a file a day.

Messages name people by numbers; what they are called stands in `users.json` beside the folders.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from autocomplete.corpus.readers.chats.json_parts import mapping_of, number_of, parts, text_of
from autocomplete.corpus.readers.chats.message import (
    BOT,
    DELETED,
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
from autocomplete.corpus.readers.protocol import SAMPLE_BYTES, Choices, Format, Material, Noun, Passage, Sample, Tally

_STAMP = re.compile(r'"ts"\s*:\s*"\d{9,11}\.\d{1,6}"')
_KIND = re.compile(r'"type"\s*:\s*"message"')
_USERS, _CHANNELS = "users.json", "channels.json"
# Files of an export that hold no messages, and what stands in them.
_LISTS = frozenset({_USERS, _CHANNELS, "dms.json", "groups.json", "mpims.json", "integration_logs.json"})
_LIST = re.compile(r'\s*\[\s*\{\s*"(?:id|user_id|service_id)"\s*:\s*"[A-Z][A-Z0-9]{1,19}"')
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
_LIST_BYTES = 256
_WRITTEN = frozenset({"", "thread_broadcast", "me_message", "file_share", "file_comment", "reply_broadcast"})
# `<@U123|anna>`, `<#C123|general>`, `<!here>`, `<https://example.org|the page>`, `<mailto:anna@example.org|…>`
_REFERENCE = re.compile(r"<([^<>|\n]{1,2000})(?:\|([^<>\n]{0,1000}))?>")
_SHORTCODES = re.compile(r"(?<![\w:])(?::(?:[a-z][a-z0-9_+'-]{0,80}|[+-]1):)+(?![\w:])")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def _recognises(sample: Sample) -> bool:
    if sample.name in _LISTS and _LIST.match(sample.text):
        return True
    is_json = sample.name.endswith(".json") and sample.text.lstrip().startswith(("[", "{"))
    return _has_messages(sample.text) or (is_json and _is_of_export(sample.path.parent))


def _has_messages(text: str) -> bool:
    begins = re.match(r"\s*\[\s*\{", text) is not None
    return begins and _STAMP.search(text) is not None and _KIND.search(text) is not None


def _is_of_export(folder: Path) -> bool:
    """Whether a folder is that of an export, or of a channel in it: what else lies there holds no messages."""
    return any(_begins_list(place / name) for place in (folder, folder.parent) for name in (_USERS, _CHANNELS))


def _begins_list(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _LIST.match(file.read(_LIST_BYTES).decode("utf-8", "replace")) is not None
    except OSError:
        return False


def _read(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    is_list = material.path.name in _LISTS or Path(material.name).name in _LISTS
    if is_list or (material.beside is not None and _is_of_export(material.beside) and not _begins_messages(material)):
        tally.note(NO_MESSAGES)
        return
    yield from read_export(material, "Slack", _messages(material, _names_beside(material), tally), tally)


def _begins_messages(material: Material) -> bool:
    """Whether a file holds messages, or should: one of a day that has none is damaged."""
    with material.path.open(encoding="utf-8") as file:
        text = file.read(SAMPLE_BYTES)
    is_day = _DAY.fullmatch(Path(material.name).name) is not None
    return _has_messages(text) or (is_day and text.strip() != "[]")


def _messages(material: Material, names: Mapping[str, str], tally: Tally) -> Iterator[Message]:
    for _, value in parts(material, None):
        message = mapping_of(value)
        noun = _left_out(message)
        if noun is not None:
            tally.left_out[noun] += 1
            continue
        moment = number_of(message.get("ts"))
        day = datetime.fromtimestamp(moment % 253_402_300_000, UTC).date().isoformat()
        number = text_of(message.get("user"))
        author = names.get(number) or _name(mapping_of(message.get("user_profile"))) or number or None
        yield Message(_plain(text_of(message.get("text")), names, tally), day, author, moment=moment)


def _left_out(message: dict[str, Any]) -> Noun | None:
    """What a message is, where no person has written it."""
    kind = text_of(message.get("subtype"))
    if message.get("type") != "message":
        return UNREADABLE
    if kind == "bot_message" or message.get("bot_id") or message.get("user") == "USLACKBOT":
        return BOT
    if kind == "tombstone":
        return DELETED
    return None if kind in _WRITTEN else SYSTEM


def _names_beside(material: Material) -> Mapping[str, str]:
    if material.beside is None:
        return {}
    users = material.beside.parent / _USERS
    try:
        state = users.stat()
    except OSError:
        return {}
    return _names(users, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2)  # a file a day of each channel asks for the same
def _names(users: Path, _changed_ns: int, _size: int) -> Mapping[str, str]:
    """What the people of an export are called, by their numbers, as its file is now."""
    people = (mapping_of(value) for _, value in parts(Material(str(users), users), None))
    names = {text_of(person.get("id")): _name(person) for person in people}
    return {number: name for number, name in names.items() if name}


def _name(person: dict[str, Any]) -> str:
    profile = mapping_of(person.get("profile"))
    known = (profile.get("display_name"), person.get("display_name"), profile.get("real_name"), person.get("real_name"))
    return next(filter(None, map(text_of, (*known, person.get("name")))), "")


def _plain(text: str, names: Mapping[str, str], tally: Tally) -> str:
    """A text without Slack's marks, with people, channels and links as they are called."""

    def shown(reference: re.Match[str]) -> str:
        target, label = reference[1], reference[2] or ""
        match target[0]:
            case "@":
                return f"@{names.get(target[1:]) or label or target[1:]}"
            case "#":
                return f"#{label}" if label else ""
            case "!":
                return label or (f"@{target[1:]}" if target.isascii() and target[1:].isalpha() else "")
        return label or target.removeprefix("mailto:")

    if "<" in text:
        text = _REFERENCE.sub(shown, text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    text = without_quotes(without_code(text, tally), tally)
    return without_emphasis(_SHORTCODES.sub("", text))


FORMATS = (
    Format(
        key="slack",
        name="Slack export",
        passage=MESSAGE,
        recognises=_recognises,
        read=_read,
        has_authors=True,
    ),
)
