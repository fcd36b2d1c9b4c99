r"""What people wrote on IRC, from the logs of irssi, WeeChat, ZNC, HexChat, mIRC and their like.

    12:26 <@anna> hello                          irssi
    2024-01-31 12:26:08\tanna\thello              WeeChat
    [12:26:08] <anna> hello                      ZNC
    Jan 31 12:26:08 <anna>\thello                 HexChat

What somebody does, as `* anna waves`, is theirs as well. Who comes and goes, and notices, are left out.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from autocomplete.corpus.readers.chats.message import MESSAGE, SYSTEM, UNREADABLE, Message, read_export
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally

_NOTICE = Noun("notice", "notices")
_DATE = r"(?:\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2} \d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})"
_STAMP = rf"\[?(?:(?P<date>{_DATE})[ T])?(?P<time>\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,6}})?)?)Z?(?: ?[AaPp][Mm])?\]?"
_STAMPED = re.compile(rf"{_STAMP}\s")
_SAID = re.compile(rf"(?:{_STAMP}\s)?\s?<[ @+%&~!]?(?P<nick>[^\s<>]{{1,64}})>\s(?P<text>.*)")
_DID = re.compile(rf"(?:{_STAMP}\s{{1,2}})?\*\s(?P<nick>[^\s*]{{1,64}})\s(?P<text>.*)")
_WEECHAT = re.compile(rf"{_STAMP}\t\s?(?P<nick>[^\t]{{0,65}})\t(?P<text>.*)")
# irssi's `-!-`, ZNC's and mIRC's `***`, notices as `-NickServ- …` and `-anna(~a@example.org)- …`
_TOLD = re.compile(rf"(?:{_STAMP}\s)?(?:-!-|\*{{2,3}}\s|\*\t|(?P<notice>-[^\s()]{{1,64}}(?:\([^()\s]{{0,200}}\))?-\s))")
_DAY = re.compile(r"(?:--- (?:Log|Day) |\*{4} (?:BEGIN|ENDING)|Session (?:Start|Close|Time|Ident))")
_SIDE = frozenset({"-->", "<--", "--", "=!=", "==="})
# `*` is before what is done and, in HexChat, before what the server says, too.
_COMES_OR_GOES = re.compile(
    r"(?:\([^\s()]{1,200}\) )?has (?:joined|left|quit)\b.*|(?:Joins|Parts|Quits): .*"
    r"|(?:is now known as|sets mode|gives|removes|sets the|set the topic|has changed the|(?:has |was )?kicked) .*"
)
_SERVER = frozenset({"Now", "Topic", "Users", "Disconnected", "Connected", "Looking", "Connecting", "Channel"})
_CONTROL = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04[0-9a-fA-F]{0,6}|[\x00-\x02\x05-\x08\x0b-\x1f\x7f]")
_LEAST_MESSAGES, _LEAST_SHARE = 3, 0.8
# Clocks are put right now and then; midnight is a longer way back.
_BACKWARDS_MINUTES = 60


class _Line(NamedTuple):
    """A line of a log.

    Attributes:
        kind: What it is, where nobody said it: a noun, or None of a message.
        date: As the line gives it; empty where it has none.
        minutes: Since midnight; -1 where it has no time.
        nick: Who said it.
        text: What was said.
    """

    kind: Noun | None
    date: str = ""
    minutes: int = -1
    nick: str = ""
    text: str = ""


def _parsed(line: str) -> _Line | None:
    """What a line of a log is; None of none."""
    said = _SAID.match(line)
    if said is not None:
        return _spoken(said)
    weechat = _WEECHAT.match(line)
    if weechat is not None:
        return _of_weechat(weechat)
    did = _DID.match(line)
    if did is not None:
        comes = did["nick"] in _SERVER or _COMES_OR_GOES.fullmatch(did["text"]) is not None
        return _spoken(did)._replace(kind=SYSTEM if comes else None)
    if _DAY.match(line):
        return _Line(SYSTEM)
    told = _TOLD.match(line)
    if told is not None:
        return _Line(_NOTICE if told["notice"] else SYSTEM)
    return None


def _unspoken(line: str) -> _Line:
    """A line of no known kind: the server's where it has a time."""
    return _Line(SYSTEM if _STAMPED.match(line) else UNREADABLE)


def _spoken(found: re.Match[str]) -> _Line:
    return _Line(None, found["date"] or "", _minutes(found["time"]), found["nick"], found["text"])


def _of_weechat(found: re.Match[str]) -> _Line:
    line = _spoken(found)
    nick, text = line.nick.strip(), line.text
    if nick in _SIDE or not nick:
        return line._replace(kind=SYSTEM)
    if nick == "*":
        nick, _, text = text.partition(" ")
    return line._replace(nick=nick.lstrip("@+%&~!"), text=text)


def _minutes(time: str | None) -> int:
    if not time:
        return -1
    hours, minutes = time.split(":")[:2]
    return 60 * int(hours) + int(minutes)


def _recognises(sample: Sample) -> bool:
    lines = [line for line in sample.lines() if line.strip()]
    found = [line for line in map(_parsed, lines) if line is not None]
    messages = sum(line.kind is None and line.minutes >= 0 for line in found)
    if messages < _LEAST_MESSAGES or len(found) < _LEAST_SHARE * len(lines):
        return False
    # Any table may have a time, a word and a text; only in WeeChat's does somebody come, go or have a rank.
    is_table = not any("<" in line for line in lines) and any("\t" in line for line in lines)
    return not is_table or any(re.search(r"\t(?:-->|<--|--| \*|[@+%&~])", line) for line in lines)


def _read(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    yield from read_export(material, "IRC", _messages(material, tally), tally)


def _messages(material: Material, tally: Tally) -> Iterator[Message]:
    days, last = 0, -1
    for whole in material.lines():
        if _DAY.match(whole):
            days, last = days + 1, -1
        line = _parsed(_CONTROL.sub("", whole)) or _unspoken(whole)
        if line.kind is not None:
            tally.left_out[line.kind] += bool(whole.strip())
            continue
        if line.minutes >= 0:
            days += line.minutes + _BACKWARDS_MINUTES < last  # past midnight
            last = line.minutes
        yield Message(line.text, line.date or str(days), line.nick)


FORMATS = (
    Format(
        key="irc",
        name="IRC log",
        passage=MESSAGE,
        recognises=_recognises,
        read=_read,
        has_authors=True,
    ),
)
