"""Formats of our own, as small as formats can be, that stand in for those that people have."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from autocomplete.config import CorpusSettings, FormatName
from autocomplete.corpus.readers.formats import FORMATS
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally
from autocomplete.corpus.repeats import Seen
from autocomplete.corpus.sources import Source, Sources, gather

REPEAT, JOIN = Noun("repeat in a row", "repeats in a row"), Noun("message about people", "messages about people")
MESSAGE, COMMAND = Noun("message", "messages"), Noun("command", "commands")


def chat_lines(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    """`chat` alone, then `NAME: TEXT`; `*` begins what is no message, `--` a day, `!` the person's own message."""
    lines = material.lines()
    if next(lines, "") != "chat":
        material.refuse("not a chat", "Leave the file out.")
    begins = True
    for line in lines:
        if line.startswith("*"):
            tally.left_out[JOIN] += 1
        elif line == "--":
            begins = True
        elif ": " in line:
            author, _, text = line.partition(": ")
            yield Passage(
                text.replace("|", "\n"), author.removeprefix("!"), True if author[:1] == "!" else None, begins
            )
            begins = False


def commands(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    """`history` alone, then commands."""
    before = ""
    for line in list(material.lines())[1:]:
        if line == before:
            tally.left_out[REPEAT] += 1
        elif line:
            yield Passage(line)
        before = line


def mail(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    """`mail`, an author, and a text of the rest; what lies in a folder `.Sent` is the person's own."""
    author, _, text = material.path.read_bytes().decode("latin-1").removeprefix("mail\n").partition("\n")
    assert material.beside is not None
    own = True if ".Sent" in material.beside.parts else None
    yield Passage(text, author, own)


def document(material: Material, choices: Choices, tally: Tally) -> Iterator[Passage]:
    """A ZIP archive that is one document."""
    tally.note("the text is in column 'body'")
    yield Passage("a document\nof two lines")


def _is_document(sample: Sample) -> bool:
    return sample.head.startswith(b"PK\x03\x04") and b"word/document.xml" in sample.head


CHAT = Format(
    key="irc",
    name="small chat",
    passage=MESSAGE,
    recognises=lambda sample: sample.text.startswith("chat\n"),
    read=chat_lines,
    has_authors=True,
)
OTHER_CHAT = dataclasses.replace(
    CHAT, key="whatsapp", name="other chat", recognises=lambda sample: sample.text.startswith("chat\nboth")
)
HISTORY = Format(
    key="zsh",
    name="small history",
    passage=COMMAND,
    recognises=lambda sample: sample.text.startswith("history\n"),
    read=commands,
    layout="commands",
)
MAIL = Format(
    key="eml",
    name="small mail",
    passage=MESSAGE,
    recognises=lambda sample: sample.head.startswith(b"mail\n"),
    read=mail,
    takes="bytes",
    has_authors=True,
)
DOCUMENT = Format(
    key="docx",
    name="small document",
    passage=Noun("document", "documents"),
    recognises=_is_document,
    read=document,
    takes="bytes",
)
SMALL = (CHAT, OTHER_CHAT, HISTORY, MAIL, DOCUMENT)


@pytest.fixture
def small_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read but these and plain text."""
    known: dict[FormatName, Format] = {each.key: each for each in SMALL}
    for key in [*FORMATS]:
        monkeypatch.delitem(FORMATS, key)
    for key, each in known.items():
        monkeypatch.setitem(FORMATS, key, each)


def gathered(
    *paths: str | Path, work: Path, held_out: tuple[Path, ...] = (), seen: Seen | None = None, **settings: object
) -> Sources:
    """All that the paths hold, read with these settings."""
    folder = work / "work"
    folder.mkdir(exist_ok=True)
    given = CorpusSettings(**settings)  # type: ignore[arg-type]
    *_, last = gather(paths, held_out, settings=given, work=folder, seen=seen)
    assert last.sources is not None
    return last.sources


def text_of(source: Source) -> str:
    """The text of a source."""
    return source.path.read_bytes()[source.start : source.stop].decode()


def texts_of(sources: Sources) -> list[str]:
    """The text of each source to train on."""
    return [text_of(source) for source in sources.texts]


def file_of(path: Path, text: str | bytes) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
