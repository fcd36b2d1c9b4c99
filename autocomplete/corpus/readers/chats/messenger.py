"""What people wrote in Messenger and on Instagram, from the JSON that Meta sends.

Older files garble every letter beyond ASCII: each byte of its UTF-8 stands there as a character. Files of encrypted
chats name the same things otherwise, and garble nothing.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from autocomplete.corpus.readers.chats.json_parts import list_of, mapping_of, number_of, parts, text_of
from autocomplete.corpus.readers.chats.message import (
    DELETED,
    MEDIA,
    MESSAGE,
    SYSTEM,
    UNREADABLE,
    Message,
    read_export,
)
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally

_HEAD = re.compile(r'\s*\{\s*"(?:participants|threadName)"\s*:')
_OLDER = re.compile(r'"sender_name"\s*:\s*"')
_OLDER_KEYS = re.compile(r'"timestamp_ms"\s*:\s*\d')
_NEWER = re.compile(r'"senderName"\s*:\s*"')
_NEWER_KEYS = re.compile(r'"isUnsent"\s*:|"threadName"\s*:')
_TITLE = re.compile(r'"title"\s*:\s*("(?:[^"\\\n]|\\.){1,400}")')
_TAIL_BYTES = 1 << 14
_MEDIA_KEYS = ("photos", "videos", "audio_files", "gifs", "files", "sticker", "share")
# What the programs write in a person's name.
_SENT = re.compile(
    r"(?:.{1,80}? |)(?:"
    r"sent (?:an? )?(?:attachment|photo|video|sticker|GIF|voice message|location|live location|link|reel|post)"
    r"|hat (?:einen Anhang|ein Foto|ein Video|einen Sticker) gesendet"
    r"|a envoyé une? (?:pièce jointe|photo|vidéo)"
    r"|envió un(?:a foto| archivo adjunto| video)"
    r"|enviou um(?:a foto| anexo| vídeo)"
    r"|ha inviato un(?:a foto| allegato| video)"
    r"|heeft een (?:bijlage|foto|video) verzonden"
    r"|wysłał(?:\(a\)|a)? (?:załącznik|zdjęcie)"
    r"|skickade (?:en bilaga|ett foto)"
    r"|отправил(?:\(-а\)|а)? (?:вложение|фото)"
    r")\."
)
_DONE = re.compile(
    r"Reacted .{1,40} to your message ?|Liked a message"
    r"|.{1,80}? (?:"
    r"liked a message|unsent a message|pinned a message|called you|waved at .{1,80}"
    r"|missed your (?:video |audio )?(?:call|chat)|started an? (?:audio |video )?(?:call|chat)"
    r"|(?:joined|left|ended) the (?:audio |video )?(?:call|chat|group)"
    r"|(?:added|removed) .{1,200} (?:to|from) the group|(?:named|created) the group.{0,200}"
    r"|changed the (?:group photo|theme|chat theme|quick reaction).{0,100}"
    r"|set (?:the|your|his|her|their|own) .{0,100}(?:nickname|emoji|quick reaction).{0,200}"
    r")\.?"
    r"|You (?:"
    r"missed an? (?:video |audio )?call from .{1,80}|called .{1,80}|(?:named|created) the group.{0,200}"
    r"|are now connected on Messenger|can now message and call .{0,100}"
    r")\.?"
    r"|The (?:video|audio) (?:call|chat) ended\.?|(?:Video|Audio) call (?:started|ended)"
)
_LONGEST_NOTICE = 400


def _recognises(sample: Sample) -> bool:
    text = sample.text
    if _HEAD.match(text) is None or '"participants"' not in text or '"messages"' not in text:
        return False
    pairs = ((_OLDER, _OLDER_KEYS), (_NEWER, _NEWER_KEYS))
    return any(name.search(text) is not None and keys.search(text) is not None for name, keys in pairs)


def _read(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    yield from read_export(material, "Messenger", _messages(material, tally), tally)


def _messages(material: Material, tally: Tally) -> Iterator[Message]:
    people: list[str] = []
    title = _title(material)
    for path, value in parts(material, "messages"):
        if path[:1] == ("participants",) and len(people) < 3:
            people.append(_mended(text_of(value)))
        if path[:1] != ("messages",):
            continue
        message = mapping_of(value)
        author = _mended(text_of(message.get("sender_name", message.get("senderName")))) or None
        text = _mended(text_of(message.get("content", message.get("text"))))
        noun = _left_out(message, text)
        if noun is not None:
            tally.left_out[noun] += 1
            continue
        moment = number_of(message.get("timestamp_ms", message.get("timestamp"))) / 1000
        day = datetime.fromtimestamp(moment % 253_402_300_000, UTC).date().isoformat()
        # A chat of two is called as the other one is.
        own = author != title if author and len(people) == 2 and title in people and people[0] != people[1] else None
        yield Message(text, day, author, own, moment)


def _title(material: Material) -> str:
    """What a chat is called, which stands behind all its messages."""
    with material.path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read().decode("utf-8", "replace")
    titles = _TITLE.findall(tail)
    try:
        return _mended(text_of(json.loads(titles[-1]))) if titles else ""
    except ValueError:
        return ""


def _mended(text: str) -> str:
    """A text whose bytes of UTF-8 became a character each, put right; any other as it is."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _left_out(message: dict[str, Any], text: str) -> Noun | None:
    """What a message is, where no person has written it."""
    if not message:
        return UNREADABLE
    if message.get("is_unsent") or message.get("isUnsent"):
        return DELETED
    kind = text_of(message.get("type", "Generic"))
    if kind in {"Call", "Subscribe", "Unsubscribe", "Payment"} or "call_duration" in message:
        return SYSTEM
    has_media = any(message.get(key) for key in _MEDIA_KEYS) or bool(list_of(message.get("media")))
    if len(text) > _LONGEST_NOTICE:
        return None
    if (has_media and not text) or _SENT.fullmatch(text):
        return MEDIA
    return SYSTEM if _DONE.fullmatch(text) else None


FORMATS = (
    Format(
        key="messenger",
        name="Messenger or Instagram chat",
        passage=MESSAGE,
        recognises=_recognises,
        read=_read,
        has_authors=True,
    ),
)
