"""Tables and records: CSV, TSV, JSON and JSON lines, of which one column or key holds the text.

Which it is the user says, or it is the one with the most prose among the first rows. A file is read twice then, and is
never held: neither its size nor the depth of its nesting decides how much memory that takes.
"""

import csv
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from autocomplete.corpus.readers.html import lines_of_html
from autocomplete.corpus.readers.json_events import Event, JsonError, JsonParser, NestingError, json_events
from autocomplete.corpus.readers.protocol import (
    LONGEST_LINE,
    SAMPLE_BYTES,
    Choices,
    Format,
    Material,
    Noun,
    Passage,
    Sample,
    Tally,
)
from autocomplete.errors import Cure, nearest
from autocomplete.text.secret_rules import folded, stems_in
from autocomplete.text.secrets import secret_kind
from autocomplete.text.unicode import plain_text

TEXT = Noun("text", "texts")
NO_JSON = Noun("line that is no JSON", "lines that are no JSON")
RAGGED = Noun("row that has other columns", "rows that have other columns")
SECRET = Noun("value that its name calls a secret", "values that their names call secrets")

# By so many values, and characters of them, the key is chosen.
_CHOICE_VALUES, _CHOICE_CHARACTERS = 5_000, 1 << 21
# Where no key holds this share of the prose, the keys are data, as in a file of translations, and every value is read.
_LEAST_SHARE = 0.2
# What is said of them, and as long as names of columns are that nobody asked for.
_MOST_NAMED, _LONGEST_NAME = 12, 40
# Where who wrote a text may stand.
_AUTHORS = frozenset({"author", "from", "sender", "user"})


class _Value(NamedTuple):
    """A string of a record, and the keys that lead to it, or the column; lists have none."""

    path: tuple[str, ...]
    text: str


class _Kind(NamedTuple):
    """How errors and notes call a place where text is."""

    one: str
    many: str
    place: str


_KEY, _COLUMN = _Kind("key", "keys", "under"), _Kind("column", "columns", "in")
_Values = Callable[[Tally], Iterator[_Value]]


def _passages(material: Material, choices: Choices, tally: Tally, kind: _Kind, values: _Values) -> Iterator[Passage]:
    """Yield the text of a file, and what it shows where most of it is HTML."""
    texts = _texts(material, choices, tally, kind, values)
    first: list[str] = []
    characters = 0
    for text in islice(texts, _MARKUP_VALUES):
        first.append(text)
        characters += len(text)
        if characters > _CHOICE_CHARACTERS:
            break
    written = [text for text in first if text.strip()]
    is_html = 2 * sum(map(_holds_markup, written)) > len(written)
    for text in chain(first, texts):
        shown = "\n".join(lines_of_html(text)) if is_html and _holds_markup(text) else text
        yield Passage(_plain(shown))


# What a page or its editor writes, and nobody types; by so many values it is known.
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|em|strong|ul|ol|li|h[1-6]|table|tr|td|blockquote|img|font|pre|code)(?:\s[^<>]{0,2000})?/?>"
    r"|&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});",
    re.IGNORECASE,
)
_MARKUP_VALUES = 200


def _holds_markup(text: str) -> bool:
    return _MARKUP.search(text) is not None


def _texts(material: Material, choices: Choices, tally: Tally, kind: _Kind, values: _Values) -> Iterator[str]:
    """Yield the text under the key that the user named, or that holds the prose.

    A secret is told by what it is called, which stands in no line of text: it is looked for here, unless its key is the
    one that the user named.
    """
    if choices.field is None:
        field = _chosen_field(material, tally, kind, values(Tally()))
    else:
        field = _spelled_as_there(choices.field, tally, kind, values(Tally()))
    seen: dict[str, None] = {}
    found = False
    for number, value in enumerate(values(tally)):
        if number < _CHOICE_VALUES:
            _note_authors(value, field, tally, kind)
        if field is None or _leads_to(value.path, field):
            found = True
            if choices.field is None and _is_named_secret(value):
                tally.left_out[SECRET] += 1
            elif field is not None or _prose_words(value.text):
                yield value.text
        elif not found and len(seen) < _MOST_NAMED:
            seen[_name(value.path)] = None
    if not found and field is not None:
        near = nearest(field, seen)
        cure = f"Did you mean '{near}'?" if near else Cure.FIELD
        material.refuse(f"no text {kind.place} a {kind.one} '{field}'{_there_are(seen)}", cure)


def _note_authors(value: _Value, field: str | None, tally: Tally, kind: _Kind) -> None:
    """Remark that a text may have an author: these formats know none."""
    name = next((name for name in value.path[-2:] if name.strip().casefold() in _AUTHORS), None)
    if name is not None and name != field and value.text.strip():
        tally.note(f"who wrote it seems to stand {kind.place} {kind.one} '{name}', and everyone's words were taken")


def _spelled_as_there(field: str, tally: Tally, kind: _Kind, values: Iterator[_Value]) -> str:
    """The name that the user gave as the file spells it, where it has it in capitals or small letters alone."""
    other = ""
    for number, value in enumerate(values):
        if _leads_to(value.path, field):
            return field
        if not other and _leads_to(tuple(map(str.casefold, value.path)), field.casefold()):
            other = ".".join(value.path[-1 - field.count(".") :])
        if other and number > _CHOICE_VALUES:
            break
    if other:
        tally.note(f"the text is {kind.place} {kind.one} '{other[:_LONGEST_NAME]}'")
    return other or field


# What is a password only where a name before it says so.
_SECRET_WORDS = "blue cheese"
_MOST_JUDGED = 2_000  # characters of a value


def _is_named_secret(value: _Value) -> bool:
    """Whether a value is a secret by the keys nearest to it, and looks like none by itself."""
    text = " ".join(value.text[:_MOST_JUDGED].split())
    called = [key for key in value.path[-2:] if _may_call_secret(key)]
    return any(secret_kind(f"{key}: {text}") for key in called) and not secret_kind(text)


@lru_cache(1 << 12)
def _may_call_secret(key: str) -> bool:
    """Whether a key holds the name of some kind of secret."""
    return len(key) <= _MOST_JUDGED and any(map(stems_in, folded(plain_text(key)).split()))


@lru_cache(1 << 12)
def _calls_passwords(key: str) -> bool:
    """Whether a key's values are passwords or pass phrases, whatever they are."""
    return _may_call_secret(key) and secret_kind(f"{key}: {_SECRET_WORDS}") is not None


def _leads_to(path: tuple[str, ...], field: str) -> bool:
    """Whether a path ends with a field: a key, or several with dots between them."""
    if (path[-1] if path else "") == field:
        return True
    return "." in field and f".{'.'.join(path)}".endswith(f".{field}")


def _name(path: tuple[str, ...]) -> str:
    return path[-1][:_LONGEST_NAME] if path else ""


def _there_are(names: Iterable[str]) -> str:
    named = [name for name in names if name]
    return f"; there are {', '.join(named)}" if named else ""


def _plain(text: str) -> str:
    """A string with line breaks as ours."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _chosen_field(material: Material, tally: Tally, kind: _Kind, values: Iterator[_Value]) -> str | None:
    """The key with the most prose; None where every value is to be read, the keys being data."""
    words: Counter[str] = Counter()
    seen: dict[str, None] = {}
    distinct: defaultdict[str, set[int]] = defaultdict(set)
    characters = 0
    for value in islice(values, _CHOICE_VALUES):
        name = value.path[-1] if value.path else ""
        seen[_name(value.path)] = None
        is_new = hash(value.text) not in distinct[name]
        if is_new and not (_calls_passwords(name) or _is_named_secret(value)):  # what recurs is a category and no text
            distinct[name].add(hash(value.text))
            words[name] += _prose_words(value.text)
        characters += len(value.text)
        if characters > _CHOICE_CHARACTERS:
            break
    if not seen:
        material.refuse("nothing in it that is text", "Leave the file out.")
    if not words.total():
        material.refuse(f"no {kind.one} holds prose{_there_are(islice(seen, _MOST_NAMED))}", Cure.FIELD)
    ((field, most),) = words.most_common(1)
    if most < _LEAST_SHARE * words.total():
        tally.note(f"the text is {kind.place} many {kind.many}, and all of it is read")
        return None
    if field:
        tally.note(f"the text is {kind.place} {kind.one} '{field[:_LONGEST_NAME]}'")
    return field


_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Scripts without spaces begin about here.
_FIRST_IDEOGRAPH = "\u2e80"


def _prose_words(text: str) -> int:
    """Words of a string that reads as language; 0 for names of things, numbers, addresses and code."""
    text = text[:4_000]
    letters = _WORD.findall(text)
    ideographs = sum(character >= _FIRST_IDEOGRAPH for character in text) if not text.isascii() else 0
    if ideographs >= 4:
        return ideographs // 2
    pieces = sum("://" not in piece for piece in text.split())
    if pieces < 2 or sum(map(len, letters)) < 0.6 * (len(text) - pieces):
        return 0
    return min(len(letters), pieces)


# JSON lines


def _read_json_lines(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    return _passages(material, choices, tally, _KEY, lambda tally: _values_of_lines(material, tally))


# Of the lines of a file that are no JSON, so many are told of with their places.
_PLACES_TOLD = 5


def _values_of_lines(material: Material, tally: Tally) -> Iterator[_Value]:
    good, bad = False, 0
    for number, line in enumerate(material.lines(), 1):
        if not line.strip():
            continue
        try:
            values = list(_values_of(JsonParser().events(line, is_last=True)))
        except JsonError:
            tally.left_out[NO_JSON] += 1
            bad += 1
            if bad <= _PLACES_TOLD:
                tally.remarks.append(f"line {number:,} of {material.name} is no JSON: left out")
            continue
        good = True
        yield from values
    if not good:
        material.refuse("no line of it is JSON", "Leave the file out.")
    if bad > _PLACES_TOLD:
        tally.remarks.append(f"{bad - _PLACES_TOLD:,} more lines of {material.name} are no JSON: left out")


_JSON_LINES_NAMES = (".jsonl", ".ndjson")


def _is_json_lines(sample: Sample) -> bool:
    """Whether nearly all lines are records; damage among a few is told by its beginning, or by the file's name."""
    lines = [line for line in sample.lines() if line.strip()]
    good = sum(map(_is_object, lines))
    if len(lines) < 2 or 2 * good < len(lines):
        return False
    if good >= 0.9 * len(lines) or sample.name.lower().endswith(_JSON_LINES_NAMES):
        return True
    return good >= 2 and all(line.lstrip().startswith("{") for line in lines)


def _is_object(line: str) -> bool:
    return line.lstrip().startswith("{") and bool(_first_events(line, is_whole=True))


# JSON


def _read_json(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    return _passages(material, choices, tally, _KEY, lambda _: _values_of(json_events(material)))


def _values_of(events: Iterable[Event]) -> Iterator[_Value]:
    """The strings of JSON and the keys that lead to them."""
    path: tuple[str, ...] = ()
    above: list[tuple[str, ...]] = []
    for kind, value in events:
        if kind == "string":
            yield _Value(path, value)
        elif kind == "map_key":
            path = (*above[-1], value)
        elif kind in ("start_map", "start_array"):
            above.append(path)
        elif kind in ("end_map", "end_array"):
            path = above.pop()


# What follows the first bracket of records or texts, and not of a footnote such as [1].
_BEGINNINGS = ("map_key", "end_map", "start_map", "start_array", "end_array", "string")


def _is_json(sample: Sample) -> bool:
    if not sample.text.lstrip().startswith(("{", "[")) or _is_json_lines(sample):
        return False
    # What is called JSON and begins as that is a damaged file, and no text.
    is_whole = sample.is_whole and not sample.name.lower().endswith(".json")
    kinds = [event.kind for event in _first_events(sample.text, is_whole=is_whole)]
    return kinds != [] and kinds[-1] in _BEGINNINGS


def _first_events(text: str, *, is_whole: bool) -> list[Event]:
    """The first two events of a text; none where it is no JSON. What is too deep to be read is JSON all the same."""
    events: list[Event] = []
    try:
        for event in JsonParser().events(text, is_last=is_whole):
            events = events if len(events) == 2 else [*events, event]
    except NestingError:
        pass
    except JsonError:
        return []
    return events


# CSV and TSV

_DELIMITERS = ",\t;|"
# Where a table has one column nothing delimits: a character that no text has.
_NO_DELIMITER = "\x1f"
# A line by which Excel tells the delimiter.
_EXCEL_MARK = re.compile(r"sep=.")
# A row of more than that has lost the end of a quote.
_LONGEST_ROW = 1 << 22
# By fewer rows nothing is known for a table.
_LEAST_ROWS = 4
# Characters behind quotes without an end that are read once more, in all.
_MOST_READ_AGAIN, _MOST_READ_OF_SAMPLE = 1 << 26, 1 << 20
# A name of a column, or a question that others answered.
_HEADER_CELL = re.compile(r"[^\W\d](?:[^\n,;:.!?\"{}<>=]{0,60}|[^\n]{0,300}[?:)])")


def _read_csv(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    delimiter = _delimiter(_head(material))
    return _passages(
        material, choices, tally, _COLUMN, lambda tally: _values_of_table(material, delimiter, choices.field, tally)
    )


def _head(material: Material) -> list[str]:
    with material.path.open(encoding="utf-8", newline="\n") as file:
        text = file.read(SAMPLE_BYTES)
    lines = text.split("\n")
    return lines[:-1] or lines


def _values_of_table(material: Material, delimiter: str, field: str | None, tally: Tally) -> Iterator[_Value]:
    """The cells of a table with the names of their columns, or their numbers from 1 where the first row names none."""
    rows = iter(Rows(material.lines(), delimiter, material))
    first = next(rows, [])
    named = [cell.strip().casefold() for cell in first]
    if _is_header(first) or (field is not None and field.casefold() in named and not field.isdecimal()):
        columns = [(cell.strip() or str(number),) for number, cell in enumerate(first, 1)]
    else:
        columns = [(str(number),) for number in range(1, len(first) + 1)]
        rows = chain([first], rows)
    for row in rows:
        if len(row) == len(columns):
            yield from map(_Value, columns, row)
        else:
            tally.left_out[RAGGED] += 1


class Rows:
    """The rows of a table.

    A row whose quotes do not match is read as though quotes were letters; what followed its first line is read again.
    The parser of the standard library would take all up to the next quote for one cell, wherever that is.

    Args:
        lines: Without their line breaks.
        delimiter: What stands between cells.
        material: What is read, for errors; None to read a sample, whose end may be missing.
    """

    def __init__(self, lines: Iterable[str], delimiter: str, material: Material | None = None) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._delimiter = delimiter
        self._material = material
        self._read_again = 0
        # For the whole process, and never less than it was.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE + _LONGEST_ROW))

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each row that is not blank."""
        while (line := self._next()) is not None:
            if '"' not in line:
                if line.strip() and not _EXCEL_MARK.fullmatch(line):
                    yield line.split(self._delimiter)
                continue
            held = [line]
            try:
                yield next(csv.reader(self._row_lines(held), delimiter=self._delimiter, strict=True))
            except (csv.Error, StopIteration):
                if self._material is None and (self._is_at_end or self._read_again > _MOST_READ_OF_SAMPLE):
                    return
                self._give_back(held[1:])
                if self._material and self._read_again > _MOST_READ_AGAIN:
                    self._material.refuse("too many quotes that are never closed", "Export it again, or leave it out.")
                yield line.split(self._delimiter)

    def _next(self) -> str | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    @property
    def _is_at_end(self) -> bool:
        if not self._again and (line := next(self._lines, None)) is not None:
            self._again.append(line)
        return not self._again

    def _row_lines(self, held: list[str]) -> Iterator[str]:
        """The first line, and those after it as long as the parser asks for more; all are held."""
        yield held[0] + "\n"
        size = len(held[0])
        while size <= _LONGEST_ROW and (line := self._next()) is not None:
            held.append(line)
            size += len(line) + 1
            yield line + "\n"

    def _give_back(self, lines: Sequence[str]) -> None:
        self._again.extendleft(reversed(lines))
        self._read_again += sum(map(len, lines)) + len(lines)


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter by which most rows have as many cells as the first, and that more than one."""
    agreements = {delimiter: _agreement(list(Rows(lines, delimiter))) for delimiter in _DELIMITERS}
    best = max(agreements, key=lambda delimiter: agreements[delimiter])
    return best if agreements[best] else _NO_DELIMITER


def _agreement(rows: Sequence[Sequence[str]]) -> float:
    """Share of the rows that have as many cells as the first; 0 where that has one."""
    return sum(len(row) == len(rows[0]) for row in rows) / len(rows) if rows and len(rows[0]) > 1 else 0.0


def _is_header(row: Sequence[str]) -> bool:
    """Whether a row names columns: short names or questions, no sentences and no numbers.

    Programs leave the name of an index out, and give several columns one name, but never all of them.
    """
    named = [cell.strip() for cell in row if cell.strip()]
    names = set(named)
    return (len(names) > 1 or len(named) == 1) and all(
        _HEADER_CELL.fullmatch(name) and (len(name.split()) <= 4 or name.endswith(("?", ":", ")"))) for name in names
    )


def _is_csv(sample: Sample) -> bool:
    lines = sample.lines()
    delimiter = _delimiter(lines[:100])
    rows = list(Rows(lines, delimiter))
    is_named = sample.name.lower().endswith((".csv", ".tsv", ".tab"))
    if not rows:
        return False
    has_header = _is_header(rows[0])
    # Without names of columns the file's own has to say that it is a table, and nearly all rows have to be alike.
    if not has_header and not (is_named and len(rows) >= _LEAST_ROWS):
        return False
    if _agreement(rows) < (0.6 if is_named and has_header else 0.9):
        return False
    spaced = sum(cell.startswith(" ") for row in rows for cell in row[1:])
    if spaced > 0.2 * sum(len(row) - 1 for row in rows):  # a comma of prose has a space behind it
        return False
    names = [cell.strip() for cell in rows[0]]
    is_plain = all(names) and len(set(names)) == len(names) and max(map(len, names)) <= _LONGEST_NAME
    return is_named or (len(rows) >= _LEAST_ROWS and is_plain)


FORMATS: tuple[Format, ...] = (
    Format(key="jsonl", name="JSON lines", passage=TEXT, recognises=_is_json_lines, read=_read_json_lines, rank=1),
    Format(key="json", name="JSON", passage=TEXT, recognises=_is_json, read=_read_json, rank=1),
    Format(key="csv", name="table (CSV)", passage=TEXT, recognises=_is_csv, read=_read_csv, rank=1),
)
