"""JSON as the events of a parser that holds little of it: neither its size nor its depth takes memory.

Ours and no library's: the fast parsers of `ijson` 3.6 end the whole process at a number of some thousand digits and the
reading at half a character, and its plain one holds a file that rarely ends a block between two values. Here both are
read, and NaN too, as Python writes it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, NoReturn

from autocomplete.corpus.readers.protocol import LONGEST_LINE, Material

DEEPEST = 500
_BLOCK_CHARACTERS = 1 << 16

# A separator, and what follows it: a bracket, a string, a number or a name, a second separator. Nothing is tried twice.
_TOKEN = re.compile(
    r'\s*+([,:]?+)\s*+(?:([\[\]{}])|"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([^\s,:\[\]{}"]++)(?=[\s,:\[\]{}"])|([,:]))',
    re.DOTALL,
)
_NUMBER = re.compile(r"-?+(?:(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][-+]?\d++)?|Infinity)|NaN")
_LONGEST_NUMBER = 300
_NAMES = {"true": True, "false": False, "null": None}
_ENDS = {"}": "{", "]": "["}


class JsonError(ValueError):
    """It is no JSON; the message says what, and where."""


class NestingError(JsonError):
    """It is nested deeper than it is read."""


class Event(NamedTuple):
    """What a parser comes by: the beginning or the end of something, a key, a string, or another value."""

    kind: Literal["start_map", "end_map", "start_array", "end_array", "map_key", "string", "value"]
    value: Any = None


class JsonParser:
    """Parses JSON piece by piece, several values in a row too."""

    def __init__(self) -> None:
        self._rest = ""
        self._line = 1
        self._open: list[str] = []
        self._before: Literal["open", "key", "value"] = "open"

    @property
    def rest(self) -> int:
        """Characters that are held until their end comes."""
        return len(self._rest)

    def events(self, text: str, *, is_last: bool = False) -> Iterator[Event]:
        """Yield what is whole with the next piece of the text.

        Raises:
            JsonError: It is no JSON; where this is the last piece, also that it is not whole.
        """
        text = f"{self._rest}{text}\n" if is_last else self._rest + text
        place = 0
        while match := _TOKEN.match(text, place):
            self._line += text.count("\n", place, match.end())
            place = match.end()
            yield self._event(*match.groups())
        self._rest = text[place:]
        if is_last and (self._rest.strip() or self._open):
            self._fail("not whole")

    def _event(self, separator: str, bracket: str | None, string: str | None, name: str | None, _: str | None) -> Event:
        is_end = bracket in _ENDS
        expected = (
            ":" if self._before == "key" else "," if self._before == "value" and self._open and not is_end else ""
        )
        is_key = bool(self._open) and self._open[-1] == "{" and self._before != "key" and not is_end
        if separator != expected or (is_key and string is None) or (is_end and self._before == "key"):
            self._fail("no JSON")
        if bracket:
            return self._bracket(bracket, is_end=is_end)
        self._before = "key" if is_key else "value"
        if string is not None:
            return Event("map_key" if is_key else "string", self._string(string))
        return Event("value", self._value(name))

    def _bracket(self, bracket: str, *, is_end: bool) -> Event:
        if is_end:
            if not self._open or self._open.pop() != _ENDS[bracket]:
                self._fail("no JSON")
            self._before = "value"
            return Event("end_map" if bracket == "}" else "end_array")
        self._open.append(bracket)
        if len(self._open) > DEEPEST:
            raise NestingError(f"JSON that is nested over {DEEPEST} deep, at line {self._line:,}")
        self._before = "open"
        return Event("start_map" if bracket == "{" else "start_array")

    def _string(self, raw: str) -> str:
        """A string as it reads, without halves of characters, which no text can hold."""
        if "\\" not in raw:
            return raw
        try:
            text: str = json.loads(f'"{raw}"', strict=False)
        except ValueError:
            self._fail("no JSON")
        return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)

    def _value(self, name: str | None) -> Any:
        if name is None or not (name in _NAMES or _NUMBER.fullmatch(name)):
            self._fail("no JSON")
        return _NAMES[name] if name in _NAMES else json.loads(name) if len(name) <= _LONGEST_NUMBER else None

    def _fail(self, what: str) -> NoReturn:
        raise JsonError(f"{what}, at line {self._line:,}")


def json_events(material: Material, *, begin: int = 0) -> Iterator[Event]:
    """Yield the events of a file, behind so many characters of something else.

    Raises:
        CorpusError: It is no JSON, or one string of it is longer than anything that is read as one.
    """
    parser = JsonParser()
    try:
        with material.path.open(encoding="utf-8", newline="\n") as file:
            file.read(begin)
            # What is not whole is parsed once more with the next piece: as much again each time.
            while text := file.read(max(_BLOCK_CHARACTERS, parser.rest)):
                yield from parser.events(text)
                if parser.rest > LONGEST_LINE:
                    material.refuse(f"a value of over {LONGEST_LINE >> 20} million characters", "Leave the file out.")
        yield from parser.events("", is_last=True)
    except JsonError as error:
        material.refuse(str(error), "Mend the file, or leave it out.")
