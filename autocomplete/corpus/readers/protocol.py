"""What a reader is given, and what it gives: passages of plain text, and counts of what it left out.

A reader is a generator, `read(material, choices, tally)`. It holds little of a file at a time, whatever its size, and
says what is wrong with it in a `CorpusError`. What nobody would call damage, such as one message among a thousand that
cannot be read, is counted and passed over.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

from autocomplete.config import FormatName, Layout
from autocomplete.errors import CorpusError

# Bytes of a file's beginning by which its format is recognised.
SAMPLE_BYTES = 1 << 16
# No sensible line of any format is longer; what is, is not read as one.
LONGEST_LINE = 1 << 24


class Noun(NamedTuple):
    """What is counted, as a report calls it.

    Attributes:
        one: One of it, such as `repeat in a row`.
        many: Several, such as `repeats in a row`.
    """

    one: str
    many: str


@dataclass(frozen=True, slots=True)
class Sample:
    r"""The beginning of a file, by which its format is recognised.

    Attributes:
        name: The last part of its path, or of its name in an archive. Never evidence enough by itself.
        path: Where the file lies, decompressed.
        head: Its first bytes, at most `SAMPLE_BYTES`.
        text: The same decoded, with line breaks as `\n` and without a byte-order mark; empty where it is no text.
        is_whole: Whether that is the whole file; else the last line may be cut.
    """

    name: str
    path: Path
    head: bytes
    text: str
    is_whole: bool

    def lines(self) -> list[str]:
        """The lines that are there whole, blank ones too."""
        lines = self.text.split("\n")
        return lines if self.is_whole else lines[:-1]


@dataclass(frozen=True, slots=True)
class Material:
    r"""A file to be read.

    Attributes:
        name: What the user calls it, for errors.
        path: Where it lies, decompressed. Of a format that takes text, this is UTF-8 with `\n` for line breaks and no
            byte-order mark; of one that takes bytes, the file as it is.
        beside: The folder that the file was found in, where others of the same export may lie; None for a stream.
    """

    name: str
    path: Path
    beside: Path | None = None

    def lines(self) -> Iterator[str]:
        """Yield the lines of a text without their line breaks; what is longer than `LONGEST_LINE` is refused."""
        with self.path.open(encoding="utf-8", newline="\n") as file:
            while line := file.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE and not line.endswith("\n"):
                    self.refuse(f"a line of over {LONGEST_LINE >> 20} million characters", "Leave the file out.")
                yield line.removesuffix("\n")

    def refuse(self, what: str, cure: str) -> NoReturn:
        """Tell what is wrong with the file, and what to do.

        Raises:
            CorpusError: Always.
        """
        raise CorpusError(f"{self.name}: {what}.", cure)


class Circumstances(NamedTuple):
    """Where a command was given, and how it ended.

    Attributes:
        directory: The folder that it was given in; empty where that is not known.
        exit_status: 0 where it did what it should; None where that is not known.
    """

    directory: str = ""
    exit_status: int | None = None


class Passage(NamedTuple):
    """Text that was written in one go: a message, a command, a page, a column's field.

    Attributes:
        text: Plain text. Each line of it is a sequence by itself, such as a paragraph or a command: what was wrapped is
            unwrapped, but a word that a line's end cuts may stay so (see `hyphenation.unwrapped`). A passage of nothing
            but white space is passed over.
        author: Who wrote it, as the file calls them; None where the format knows no authors.
        own: Whether the person whose file this is wrote it; None where the file does not say.
        begins_document: Whether a document begins here, such as a mail, a page or a day of a chat: held-out text is
            whole documents.
        circumstances: Of a command, where the file tells them. They end here: nothing learns from them yet, and what
            nothing reads is written nowhere.
    """

    text: str
    author: str | None = None
    own: bool | None = None
    begins_document: bool = True
    circumstances: Circumstances | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user says about how files are to be read.

    Attributes:
        field: The column or key that holds the text; None to find it.
        encoding: The encoding of a file of bytes, as far as it does not say that itself; None to find it.
    """

    field: str | None = None
    encoding: str | None = None


@dataclass(slots=True)
class Tally:
    """What a reader left out, counted, and what else a report should say.

    Attributes:
        left_out: How many of each.
        notes: Whole remarks such as `the text is in column 'body'`, each once.
        remarks: What is to be said of single files by their names, which are their owner's alone to know.
    """

    left_out: Counter[Noun] = field(default_factory=Counter)
    notes: dict[str, None] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def note(self, remark: str) -> None:
        """Remember a remark, once."""
        self.notes[remark] = None


Read = Callable[[Material, Choices, Tally], Iterator[Passage]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of file that can be read.

    Attributes:
        key: How it is named by `--as` and the like.
        name: What a report calls it, such as `zsh history`.
        passage: What one passage of it is.
        recognises: Whether a file's beginning is of this format. It is strict: plain text is none of them.
        read: Reads a file.
        takes: Whether it reads decoded text or the bytes as they are.
        layout: The layout that its passages have.
        rank: Of the formats that recognise a file those of the highest rank count: 2 for what is particular, as the
            export of one program, 1 for what is general, as JSON. Two of one rank are an ambiguity, and refused.
        has_authors: Whether its passages have authors, of whom the person is one.
    """

    key: FormatName
    name: str
    passage: Noun
    recognises: Callable[[Sample], bool]
    read: Read
    takes: Literal["text", "bytes"] = "text"
    layout: Layout = "lines"
    rank: int = 2
    has_authors: bool = False
