"""What a person taught other programs, read from their files: word lists of keyboards, dictionaries, abbreviations.

Which of them a file is, its content tells, not its name:

    export        what `learned` writes: a JSON object a line
    gboard        the dictionary of Gboard: a heading of two lines, then short form, word and language
    words         a list of words, one a line, behind a tab perhaps a short form, as other keyboards write it
    hunspell      a dictionary of Hunspell: the number of words, then a word a line, with flags behind a slash
    espanso       matches of espanso: YAML with triggers and what replaces them
    replacements  text replacements of macOS and iOS: a property list
"""

import codecs
import json
import plistlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError

from autocomplete.corpus.encodings import decoded
from autocomplete.errors import AutocompleteError, CorpusError, system_cause, system_cure
from autocomplete.learned.store import LEAST_SIGHTS, MOST_LINES, ORDER, Day, LearnedPhrase, PersonalStore, is_text
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import holds_control
from autocomplete.text.vocabulary import END_TOKEN, is_word

# Larger files are no word list of a person's. What is written in YAML or as a property list is read as a whole, slowly.
MOST_BYTES = 64 << 20
MOST_PARSED_BYTES = 4 << 20
# A longer line, or one of more words, is no entry of a list of words.
_LONGEST_ENTRY = 200
_MOST_WORDS = 12
# Of the lines of a list, the share that must be such entries: a text is refused, not taken in word by word.
_LEAST_ENTRIES = 0.8
_LARGEST_COUNT = 1_000_000

_GBOARD = "# Gboard Dictionary"
_MATCHES = re.compile(r"^(?:global_)?matches:[ \t]*$", re.MULTILINE)
_FLAGS = re.compile(r"(?<!\\)/")


class Word(NamedTuple):
    """A word, or several in a row."""

    text: str


class Abbreviation(NamedTuple):
    """What a short form stands for: one word, without what begins a remark or parts the two elsewhere."""

    short: str
    text: str


class Counted(NamedTuple):
    """A word of our own export, and how often it was written."""

    text: str
    times: int


class Line(NamedTuple):
    """A whole line of our own export."""

    text: str


Entry = Word | Abbreviation | Counted | LearnedPhrase | Line | Day
Entries = Iterator[Entry | None]  # None where something is not understood


@dataclass(slots=True)
class Import:
    """What a file gave.

    Attributes:
        format: What it was.
        words: Words, and how often each stands at least.
        phrases: N-grams, and how often each stands at least.
        lines: Whole lines.
        days: Statistics by day.
        abbreviations: Short forms and what they stand for.
        known: How many words the model knew already.
        secrets: How many entries look as if they held a secret.
        unread: How many are none that can be taken in.
    """

    format: str
    words: dict[str, int] = field(default_factory=dict)
    phrases: dict[tuple[str, ...], int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    abbreviations: list[Abbreviation] = field(default_factory=list)
    known: int = 0
    secrets: int = 0
    unread: int = 0


def read_import(path: Path, *, tokenizer: Tokenizer, known: Callable[[str], bool]) -> Import:
    """Read a file of another program, or our own export; nothing is kept yet.

    Args:
        path: The file.
        tokenizer: How the model cuts text into words.
        known: Whether the model knows a word: there is nothing to learn of it.

    Raises:
        CorpusError: It is none of the formats above, damaged, or too large.
        AutocompleteError: It cannot be read.
    """
    try:
        kind, entries = _opened(path)
        found = Import(kind)
        for entry in entries:
            _take_in(found, entry, tokenizer=tokenizer, known=known)
    except OSError as error:
        raise AutocompleteError(f"{path}: {system_cause(error)}.", system_cure(error)) from error
    found.lines = found.lines[-MOST_LINES:]
    return found


def keep_import(store: PersonalStore, found: Import) -> None:
    """Keep what a file gave, on the disk when this returns; done twice, it is as done once."""
    phrases = (LearnedPhrase(words, times) for words, times in found.phrases.items())
    store.have(found.words, phrases, found.lines, found.days)


def _take_in(found: Import, entry: Entry | None, *, tokenizer: Tokenizer, known: Callable[[str], bool]) -> None:
    """Add an entry to what was found, or count why not."""
    from autocomplete.text.secrets import looks_secret  # the rules take longer to load than an answer may

    if isinstance(entry, Day):
        found.days.append(entry)
        return
    text = "" if entry is None else _text_of(entry)
    if entry is None or not text.strip() or not is_text(text) or holds_control(text):
        found.unread += 1
    elif looks_secret(text):
        found.secrets += 1
    elif isinstance(entry, Line):
        found.lines.append(entry.text)
    elif isinstance(entry, Counted):
        found.words[entry.text] = max(entry.times, found.words.get(entry.text, 0))
    elif isinstance(entry, LearnedPhrase):
        found.phrases[entry.words] = max(entry.times, found.phrases.get(entry.words, 0))
    else:
        if isinstance(entry, Abbreviation):
            found.abbreviations.append(entry)
        _take_in_words(found, text, tokenizer=tokenizer, known=known)


def _text_of(entry: Word | Abbreviation | Counted | LearnedPhrase | Line) -> str:
    """What is read of an entry: its words, a space between two."""
    if isinstance(entry, LearnedPhrase):
        return " ".join(word for word in entry.words if word != END_TOKEN) or "."
    return entry.text


def _take_in_words(found: Import, text: str, *, tokenizer: Tokenizer, known: Callable[[str], bool]) -> None:
    """Add the words of an entry, and the n-grams of several, as if they had been written often enough to count."""
    tokens = [token.text for token in tokenizer.of_words().spans(text) if token.text != END_TOKEN]
    words = [token for token in tokens if is_word(token, tokenizer.syntax)]
    if not words:
        found.unread += 1
        return
    if tokens == words[:1] and known(tokens[0]):
        found.known += 1
        return
    for token in tokens:
        found.words.setdefault(token, LEAST_SIGHTS)
    for length in range(2, ORDER + 1):
        for start in range(len(tokens) - length + 1):
            found.phrases.setdefault(tuple(tokens[start : start + length]), LEAST_SIGHTS)


def _opened(path: Path) -> tuple[str, Entries]:
    """What a file is, and its entries."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise CorpusError(f"{path}: too large for a list of words ({size >> 20} MB).", "Give a smaller one.")
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(b"bplist00"):
        return "text replacements", _replacements(path, _parsed_bytes(path))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "text"
        text = decoded(path, str(path), encoding=None, breaks="unified", copy=copy)
        with text.path.open("rb") as file:
            file.seek(text.start)
            content = file.read(text.stop - text.start).decode("utf-8", "replace")
    return _told_by_content(path, content.replace("\r\n", "\n").removeprefix(codecs.BOM_UTF8.decode()))


def _told_by_content(path: Path, content: str) -> tuple[str, Entries]:
    first = content.lstrip()[:2_000]
    if not first:
        raise CorpusError(f"{path}: empty.", "Give a file that holds words.")
    if first.startswith(("<?xml", "<!DOCTYPE plist", "<plist")) and "<plist" in first:
        return "text replacements", _replacements(path, _parsed_bytes(path))
    if first.startswith("{"):
        return "an export of what was learned", _exported(content)
    if first.startswith(_GBOARD):
        return "a dictionary of Gboard", _of_gboard(content)
    if _MATCHES.search(content) is not None:
        return "matches of espanso", _matches(path, content)
    if re.fullmatch(r"\d{1,9}[ \t]*", first.partition("\n")[0]):
        return "a dictionary of Hunspell", _of_hunspell(content)
    lines = [line for line in content.split("\n") if line.strip() and not line.startswith("#")]
    if sum(map(_is_entry, lines)) < _LEAST_ENTRIES * len(lines):
        raise CorpusError(
            f"{path}: no list of words.",
            "Give words a line each, a dictionary, or an export; from text a model is trained.",
        )
    return "a list of words", _listed(lines)


def _is_entry(line: str) -> bool:
    return len(line) <= _LONGEST_ENTRY and len(line.split()) <= _MOST_WORDS // 3


def _entry(text: str, short: str = "") -> Entry | None:
    """A word or several, with their short form where they have one; None where they are too many."""
    text, short = text.strip(), short.strip()
    if not text or len(text) > _LONGEST_ENTRY or len(text.split()) > _MOST_WORDS:
        return None
    is_short = len(short.split()) == 1 and short != text and "=" not in short and not short.startswith("#")
    return Abbreviation(short, text) if is_short else Word(text)


def _listed(lines: Iterable[str]) -> Entries:
    """Programs put the short form before the word or behind it: of two, it is the shorter one."""
    for line in lines:
        one, other, *_ = (*line.split("\t"), "")
        yield _entry(*sorted((one, other), key=len, reverse=True))


def _of_gboard(content: str) -> Entries:
    """The heading says in which order the columns come: most often short form, word, language."""
    columns = ["shortcut", "word", "language_tag"]
    for line in content.split("\n"):
        if line.startswith("#"):
            named = line.partition("format:")[2].split("\t")
            columns = [name.strip() for name in named] if "word" in map(str.strip, named) else columns
        elif line.strip():
            row = dict(zip(columns, line.split("\t"), strict=False))
            yield _entry(row.get("word", ""), row.get("shortcut", ""))


def _of_hunspell(content: str) -> Entries:
    for line in content.split("\n")[1:]:
        word = _FLAGS.split(line.partition("\t")[0], maxsplit=1)[0].replace("\\/", "/")
        if word.strip() and not word.startswith("#"):
            yield _entry(word)


def _exported(content: str) -> Entries:
    for line in content.split("\n"):
        if line.strip():
            try:
                yield _exported_entry(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError):
                yield None


def _exported_entry(value: Any) -> Entry | None:
    """One object of our export.

    Raises:
        ValueError, TypeError, KeyError: It is none.
    """
    kind = value["kind"]
    if kind == "line" and isinstance(value["text"], str):
        return Line(value["text"])
    if kind == "day":
        return Day(_date(value["day"]), _count(value["characters"]), _count(value["keys"]))
    if kind == "word" and isinstance(value["text"], str) and len(value["text"]) <= _LONGEST_ENTRY:
        return Counted(value["text"], _count(value["times"]))
    words = value["words"] if kind == "phrase" else None
    if isinstance(words, list) and 2 <= len(words) <= ORDER and all(isinstance(word, str) and word for word in words):
        return LearnedPhrase(tuple(words), _count(value["times"]))
    return None


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("no count")
    return min(value, _LARGEST_COUNT)


def _date(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError("no date")
    return value


def _matches(path: Path, content: str) -> Entries:
    """What espanso replaces, where that is text alone: no form, no variable, no shell."""
    import yaml

    _refuse_large(path, len(content))
    try:
        document = yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise CorpusError(f"{path}: no YAML ({str(error).splitlines()[0]}).", "Mend it, or export it anew.") from error
    found = document if isinstance(document, dict) else {}
    listed = [match for name in ("matches", "global_matches") for match in found.get(name) or ()]
    for match in listed:
        about: Mapping[str, Any] = match if isinstance(match, dict) else {}
        short = about.get("trigger") or next(iter(about.get("triggers") or ()), "")
        text = about.get("replace")
        is_plain = isinstance(text, str) and isinstance(short, str) and not about.get("vars") and "{{" not in text
        yield _entry(text, short) if is_plain and isinstance(text, str) else None


def _replacements(path: Path, content: bytes) -> Entries:
    try:
        listed = plistlib.loads(content)
    except (plistlib.InvalidFileException, ExpatError, ValueError, RecursionError, OverflowError, LookupError) as error:
        raise CorpusError(f"{path}: a damaged property list.", "Export it anew.") from error
    for item in listed if isinstance(listed, list) else (None,):
        about: Mapping[str, Any] = item if isinstance(item, dict) else {}
        text = about.get("phrase", about.get("with"))
        short = about.get("shortcut", about.get("replace", ""))
        yield _entry(text, short) if isinstance(text, str) and isinstance(short, str) else None


def _parsed_bytes(path: Path) -> bytes:
    _refuse_large(path, path.stat().st_size)
    return path.read_bytes()


def _refuse_large(path: Path, size: int) -> None:
    if size > MOST_PARSED_BYTES:
        raise CorpusError(f"{path}: too large to be read as a whole ({size >> 20} MB).", "Give it in parts.")
