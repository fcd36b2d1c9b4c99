"""Subtitles (.srt, .vtt): what is said, without numbers, times, markup and who says it.

A sentence over several lines, or over several cues, is one line of text; each speaker's words are lines of their own.
"""

import html
import re
from collections.abc import Iterator

from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally

LINE = Noun("line of speech", "lines of speech")
REPEAT = Noun("line shown again", "lines shown again")
SOUND = Noun("description of a sound", "descriptions of sounds")
ADVERTISEMENT = Noun("advertisement", "advertisements")

_STAMP = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[,.]\d{1,3}"
_TIMES = re.compile(rf"\s*{_STAMP}\s{{1,9}}-->\s{{1,9}}{_STAMP}(?:\s.*)?")
_TAG = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,200}\}")
# Sounds stand in brackets, and in parentheses where these are the whole line; notes stand around what is sung.
_SOUND = re.compile(r"\[[^\[\]]{0,200}\]|^\W*\([^()]{0,200}\)\W*$")
# What nobody says: who made the subtitles, and where there are more.
_ADDRESS = re.compile(r"https?://|\bwww\.\w|\w\.(?:com|net|org)\b", re.IGNORECASE)
_SONG = re.compile(r"[♪♫]+")
_DASH = re.compile(r"^\s*(?:[-–—‐]|>>+)\s*(?=\S)")
# `ANNA:`, `MAN 2:` and the like, in capitals, as subtitles have it.
_SPEAKER = re.compile(r"^([^\W\d_][\w .'’-]{0,40}):\s+(?=\S)")
_ENDS = re.compile(r"(?<!\.\.)[.!?。！？:;][\"'”’»)\]]*$")
# A cue has two or three lines; what never ends is given in parts.
_MOST_LINES, _MOST_CHARACTERS = 100, 1 << 16


def _read(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    del choices
    begins = True
    speech = _Speech()
    for cue in _cues(material):
        for text in _said(cue, speech, tally):
            yield Passage(text, begins_document=begins)
            begins = False
    if rest := speech.take():
        yield Passage(rest, begins_document=begins)


class _Speech:
    """What is being said, until a sentence ends, and the lines that were shown last."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.shown: list[str] = []

    def goes_on_with(self, line: str) -> bool:
        """Whether a sentence that is open goes on with a line of the next cue."""
        return bool(self._parts) and not _ENDS.search(self._parts[-1]) and line.lstrip(".…")[:1].islower()

    def add(self, line: str) -> None:
        """Go on."""
        self._parts.append(line)

    @property
    def is_full(self) -> bool:
        """Whether it is longer than any sentence."""
        return len(self._parts) >= _MOST_LINES

    def take(self) -> str:
        """Give what was said, and begin anew."""
        text = " ".join(self._parts)
        self._parts = []
        return text


def _said(cue: list[str], speech: _Speech, tally: Tally) -> Iterator[str]:
    """What ends with a cue: what was said before it and does not go on, and what all but its last speaker say."""
    shown = [_without_markup(line) for line in cue if line.strip()]
    if any(map(_ADDRESS.search, shown)):
        tally.left_out[ADVERTISEMENT] += 1
        return
    is_first = True
    for line in shown:
        if line in speech.shown and " " in line:  # captions that roll show each line twice; a "No." is said twice
            tally.left_out[REPEAT] += 1
            continue
        text, is_other = _words(line, tally)
        if not text:
            continue
        ends = is_other or speech.is_full or (is_first and not speech.goes_on_with(text))
        if ends and (before := speech.take()):
            yield before
        speech.add(text)
        is_first = False
    if shown:
        speech.shown = shown


def _words(line: str, tally: Tally) -> tuple[str, bool]:
    """What a line says, and whether it names another speaker; empty where it says nothing."""
    words, sounds = _SOUND.subn(" ", line)
    if sounds:
        tally.left_out[SOUND] += sounds
    unlabelled = _DASH.sub("", words)
    label = _SPEAKER.match(unlabelled)
    if label and label[1].isupper():
        unlabelled = unlabelled[label.end() :]
    text = " ".join(_SONG.sub(" ", unlabelled).split())
    return text if any(map(str.isalnum, text)) else "", unlabelled != words


def _without_markup(line: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", line)).replace("\\N", " ").split())


def _cues(material: Material) -> Iterator[list[str]]:
    """The lines of each cue; what stands before the first is no cue."""
    lines: list[str] = []
    characters = 0
    is_cue = False
    for line in material.lines():
        if _TIMES.fullmatch(line):
            if is_cue:
                yield _without_identifier(lines)
            lines, characters, is_cue = [], 0, True
        elif is_cue and _is_note(line, lines):
            yield lines
            lines, is_cue = [], False
        elif is_cue:
            lines.append(line)
            characters += len(line)
            if len(lines) >= _MOST_LINES or characters > _MOST_CHARACTERS:
                yield lines
                lines, characters = [], 0
    if is_cue:
        yield lines


def _is_note(line: str, lines: list[str]) -> bool:
    """Whether a comment or a style of a .vtt begins: it has no times, and nothing of it is said."""
    return bool(lines) and not lines[-1].strip() and bool(re.match(r"(?:NOTE|STYLE|REGION)(?:\s|$)", line))


def _without_identifier(lines: list[str]) -> list[str]:
    """Without the last line, where that is the number or the name of the next cue."""
    if lines and (lines[-1].strip().isdecimal() or (len(lines) >= 2 and lines[-1].strip() and not lines[-2].strip())):
        return lines[:-1]
    return lines


def _recognises(sample: Sample) -> bool:
    lines = [line for line in sample.lines() if line.strip()]
    times = [number for number, line in enumerate(lines) if _TIMES.fullmatch(line)]
    is_vtt = bool(lines) and re.match(r"WEBVTT(?:\s|$)", lines[0]) is not None
    if not times:
        return is_vtt and len(lines) == 1 and sample.is_whole  # nobody said anything
    begins = times[0] == 0 or (times[0] == 1 and lines[0].strip().isdecimal())
    return is_vtt or (begins and 8 * len(times) >= len(lines))


FORMATS: tuple[Format, ...] = (
    Format(key="subtitles", name="subtitles", passage=LINE, recognises=_recognises, read=_read),
)
