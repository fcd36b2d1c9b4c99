"""What a person posted on X, formerly Twitter, as the archive has it that one asks for: JSON behind a bit of script.

The archive's folder `data` holds a file of each kind: of posts, of long ones, of those to a circle of people, and of
direct messages, in which `account.js` beside them tells who the person is.
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from autocomplete.corpus.readers.chats.json_parts import list_of, mapping_of, number_of, parts, text_of
from autocomplete.corpus.readers.chats.message import FORWARDED, UNREADABLE, Message, read_export
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally

_POST = Noun("post", "posts")
_NO_POSTS = "files of what the person did not write hold no posts"
_SCRIPT = re.compile(r"\s*window\.YTD\.(?P<kind>\w{1,40})\.part\d{1,4}\s*=\s*(?=[\[{])")
_POSTS = frozenset({"tweet", "tweets", "community_tweet", "note_tweet", "twitter_circle_tweet"})
_DIRECT = frozenset({"direct_message", "direct_messages", "direct_message_group", "direct_messages_group"})
_MOST_ACCOUNT_BYTES = 1 << 16
# Those who are answered stand before an answer, and a shortened address behind what has a picture or quotes another.
_ANSWERED = re.compile(r"(?:@\w{1,20}\s+){1,50}")
_SHORT_LINK = re.compile(r"https?://t\.co/\w{1,20}")
_REPOST = re.compile(r"RT @\w{1,20}:")
# `Wed Oct 10 20:19:24 +0000 2018`, `2018-10-10T20:19:24.000Z`
_DATE = re.compile(r"\w{3} (\w{3} \d\d) [\d:]{8} [+-]\d{4} (\d{4})|(\d{4}-\d\d-\d\d)T")


def _recognises(sample: Sample) -> bool:
    return _SCRIPT.match(sample.text) is not None


def _read(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    with material.path.open(encoding="utf-8") as file:
        found = _SCRIPT.match(file.read(1024))
    if found is None:
        material.refuse("no post of X in it", "Give the folder 'data' of the archive, or its tweets.js.")
    if found["kind"] in _POSTS:
        yield from read_export(material, "X", _posts(material, found, tally), tally)
    elif found["kind"] in _DIRECT:
        yield from read_export(material, "X", _direct(material, found, tally), tally)
    elif found["kind"] != "account":  # which is read for what it tells of the others
        tally.note(_NO_POSTS)


def _posts(material: Material, script: re.Match[str], tally: Tally) -> Iterator[Message]:
    for _, value in parts(material, None, begin=script.end()):
        entry = mapping_of(value)
        post = mapping_of(entry.get("tweet", entry.get("noteTweet", entry)))
        text = _text_of_post(post)
        if text is None:
            tally.left_out[UNREADABLE] += 1
        elif _REPOST.match(text):
            tally.left_out[FORWARDED] += 1
        else:
            number = text_of(post.get("id_str")) or text_of(post.get("noteTweetId"))
            written = text_of(post.get("created_at")) or text_of(post.get("createdAt"))
            yield Message(_plain(text), _day(written), own=True, moment=_moment(number))


def _text_of_post(post: dict[str, Any]) -> str | None:
    """The text of a post, which has one of these; None of none."""
    found = post.get("full_text", post.get("text", mapping_of(post.get("core")).get("text")))
    return found if isinstance(found, str) else None


def _direct(material: Material, script: re.Match[str], tally: Tally) -> Iterator[Message]:
    person = _person(material)
    for path, value in parts(material, "messages", begin=script.end()):
        if "messages" not in path:
            continue
        message = mapping_of(mapping_of(value).get("messageCreate"))
        author = text_of(message.get("senderId"))
        if not author:
            tally.left_out[UNREADABLE] += 1
            continue
        day = f"{path[0]} {_day(text_of(message.get('createdAt')))}"
        own = author == person.number if person else None
        name = person.name if person and own else author
        yield Message(_plain(text_of(message.get("text"))), day, name, own, _moment(text_of(message.get("id"))))


class _Person(NamedTuple):
    """Whose archive it is: their number, by which messages call people, and their name."""

    number: str
    name: str


def _person(material: Material) -> _Person | None:
    """The person whose archive it is; None where the file that says so is not there, or does not."""
    if material.beside is None:
        return None
    try:
        with (material.beside / "account.js").open(encoding="utf-8") as file:
            text = file.read(_MOST_ACCOUNT_BYTES)
        found = _SCRIPT.match(text)
        accounts = list_of(json.loads(text[found.end() :])) if found else []
    except (OSError, ValueError, RecursionError):
        return None
    account = mapping_of(mapping_of(accounts[0]).get("account")) if accounts else {}
    number = text_of(account.get("accountId"))
    return _Person(number, text_of(account.get("username")) or number) if number else None


def _plain(text: str) -> str:
    """A post without whom it answers and without shortened addresses; `&lt;` and the like are letters again."""
    return _SHORT_LINK.sub("", html.unescape(text.removeprefix(_answered(text))))


def _answered(text: str) -> str:
    found = _ANSWERED.match(text)
    return found[0] if found else ""


def _day(written: str) -> str:
    found = _DATE.match(written)
    return " ".join(part for part in found.groups() if part) if found else ""


def _moment(number: str) -> float:
    """What orders messages: their numbers grow with time; numbers that long are no floats without their last digits."""
    return number_of(number[:-4]) if number.isdecimal() else 0.0


FORMATS = (
    Format(key="twitter", name="archive of X", passage=_POST, recognises=_recognises, read=_read, has_authors=True),
)
