"""What people wrote in the chats of Telegram, exported by its desktop program.

It exports one chat or all of them as JSON, or one as pages. Only JSON tells whose export it is; in a page the other
person of a chat of two is known by their name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from autocomplete.corpus.readers.chats.json_parts import list_of, mapping_of, number_of, parts, text_of
from autocomplete.corpus.readers.chats.message import (
    BOT,
    CODE,
    FORM,
    FORWARDED,
    MESSAGE,
    QUOTE,
    SYSTEM,
    UNREADABLE,
    Message,
    read_export,
)
from autocomplete.corpus.readers.chats.telegram_page import is_page, page_messages
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally

_KINDS = (
    r"personal_chat|saved_messages|bot_chat|verification_codes|replies|(?:private|public)_(?:group|supergroup|channel)"
)
_KIND = re.compile(rf'"type"\s*:\s*"(?:{_KINDS})"')
_MESSAGE_KEYS = re.compile(r'"messages"\s*:\s*\[\s*(?:\{\s*"id"\s*:\s*-?\d+|\])')
_ALL_CHATS = re.compile(r'\s*\{.{0,65536}?"chats"\s*:\s*\{\s*"about"\s*:', re.DOTALL)
_FORM_KEYS = frozenset({"poll", "location_information", "contact_information", "todo_list", "giveaway_information"})
_COMMAND = re.compile(r"/\w{1,64}(?:@\w{1,64})?")


def _recognises(sample: Sample) -> bool:
    if not sample.text.lstrip().startswith("{"):
        return is_page(sample.text)
    is_one = _KIND.search(sample.text) is not None and _MESSAGE_KEYS.search(sample.text) is not None
    return is_one or _ALL_CHATS.match(sample.text) is not None


@dataclass(slots=True)
class _Chat:
    """A chat, from what stands before its messages.

    Attributes:
        place: Where it stands in the document.
        values: What is said of it, such as its name, its kind and its number.
    """

    place: tuple[str | int, ...]
    values: dict[str, Any] = field(default_factory=dict)

    def owns(self, message: dict[str, Any], person: str) -> bool | None:
        """Whether a message is the person's: by their number, or because it is not of whom they chat with."""
        author = text_of(message.get("from_id"))
        if person:
            return author == person
        match self.values.get("type"):
            case "saved_messages":
                return True
            case "personal_chat" | "bot_chat" if author and "id" in self.values:
                return author.removeprefix("user") != str(self.values["id"])
        return None


def _read(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    with material.path.open(encoding="utf-8") as file:
        begins_page = file.read(1024).lstrip().startswith("<")
    messages = page_messages(material, tally) if begins_page else _messages(material, tally)
    yield from read_export(material, "Telegram", messages, tally)


def _messages(material: Material, tally: Tally) -> Iterator[Message]:
    chat = _Chat(())
    person = ""
    for path, value in parts(material, "messages"):
        is_message = len(path) >= 2 and path[-2] == "messages"
        place = path[:-2] if is_message else path[:-1]
        if place != chat.place:
            chat = _Chat(place)
        if not is_message:
            chat.values[str(path[-1] if path else "")] = value
            if path == ("personal_information", "user_id"):
                person = f"user{value}"
            continue
        message = mapping_of(value)
        noun = _left_out(message)
        if noun is not None:
            tally.left_out[noun] += 1
            continue
        author = text_of(message.get("from")) or text_of(message.get("from_id")) or None
        day = text_of(message.get("date"))[:10]
        text = _text(message.get("text"), tally)
        moment = number_of(message.get("date_unixtime"))
        yield Message(text, f"{chat.place}{day}", author, chat.owns(message, person), moment)


def _left_out(message: dict[str, Any]) -> Noun | None:
    """What a message is, where no person has written it."""
    if message.get("type") == "service":
        return SYSTEM
    if message.get("type") != "message":
        return UNREADABLE
    if "forwarded_from" in message or "forwarded_from_id" in message:
        return FORWARDED
    if "via_bot" in message or "inline_bot_buttons" in message:
        return BOT
    if not _FORM_KEYS.isdisjoint(message):
        return FORM
    text = message.get("text")
    return SYSTEM if isinstance(text, str) and _COMMAND.fullmatch(text) else None


def _text(text: Any, tally: Tally) -> str:
    """The text of a message, which is one string or a list of strings and of what has a style."""
    if isinstance(text, str):
        return text
    return "".join(_piece(piece, tally) for piece in list_of(text))


def _piece(piece: Any, tally: Tally) -> str:
    if isinstance(piece, str):
        return piece
    styled = mapping_of(piece)
    noun = {"pre": CODE, "blockquote": QUOTE}.get(text_of(styled.get("type")))
    if noun is not None:
        tally.left_out[noun] += 1
        return "\n"
    return text_of(styled.get("text"))


FORMATS = (
    Format(
        key="telegram",
        name="Telegram chats",
        passage=MESSAGE,
        recognises=_recognises,
        read=_read,
        has_authors=True,
    ),
)
