"""What readers give, on its way to text on disk: all of it, or the words of some of those who wrote it."""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Self

from autocomplete.corpus.documents import Beginnings
from autocomplete.corpus.readers.protocol import Format, Passage
from autocomplete.corpus.repeats import LONGEST_BYTES, Seen, is_long
from autocomplete.text.hyphenation import goes_on

# Whose words these are, the bytes of text, and what else is known of a passage.
_RECORD = struct.Struct("<iIB")
_BEGINS, _OWN = 1, 2
_NOBODY = -1
# Of so many authors the words are counted apart; who comes later in a file of yet more is nobody's.
_MOST_AUTHORS = 100_000
_LONGEST_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Text:
    """Text in UTF-8 on disk, made of passages.

    Attributes:
        path: The file.
        size: Its bytes.
        documents: Where groups of documents begin in it.
        passages: How many passages it holds, with those that were seen before.
        repeated_documents: How many documents were left out because they were seen before.
        repeated_paragraphs: How many paragraphs of others.
    """

    path: Path
    size: int
    documents: tuple[int, ...]
    passages: int
    repeated_documents: int = 0
    repeated_paragraphs: int = 0


class TextFile:
    """Passages being written, each line of them followed by what ends a sequence. It is open as a context.

    Args:
        path: The file, which is not there yet.
        line_end: Such as a blank line, which is the end of a sequence in every layout.
        seen: What was read before; long documents and paragraphs that are in it are left out. None takes everything.
    """

    def __init__(self, path: Path, *, line_end: str, seen: Seen | None = None) -> None:
        self._path, self._line_end, self._seen = path, line_end, seen
        self._file: BinaryIO | None = None
        self._beginnings = Beginnings()
        self._size = self._passages = self._documents = self._paragraphs = 0
        self._document: list[bytes] = []  # as far as it is not written
        self._document_bytes = 0
        self._begins = False

    def __enter__(self) -> Self:
        self._file = self._path.open("ab")
        return self

    def __exit__(self, *_: object) -> None:
        self._end_document()
        if self._file is not None:
            self._file.close()
            self._file = None

    def content(self, text: str) -> bytes:
        """Return a passage as it is written; nothing where it is blank.

        Where a line ends within a word, nothing ends a sequence.
        """
        lines = [line.strip() for line in text.splitlines()]
        pairs = pairwise([*lines, ""])
        parts = (line + ("\n" if goes_on(line, behind) else self._line_end) for line, behind in pairs if line)
        # Half a character, which JSON can spell, is in no text.
        return "".join(parts).encode("utf-8", "replace")

    def add(self, content: bytes, *, begins_document: bool) -> None:
        """Write a passage, as `content` gives it."""
        if begins_document:
            self._end_document()
            self._begins = True
        self._passages += 1
        self._document.append(content)
        self._document_bytes += len(content)
        if self._seen is None or self._document_bytes > LONGEST_BYTES:
            self._write(self._document)

    def _end_document(self) -> None:
        """Write the document that is there, unless it was seen before."""
        whole = b"".join(self._document)
        # Other than a paragraph: one that is a whole document is no repeat of itself.
        if self._seen is not None and is_long(whole) and self._seen.add(b"document: " + whole):
            self._documents += 1
            self._document, self._document_bytes = [], 0
        else:
            self._write(self._document)

    def _write(self, contents: Sequence[bytes]) -> None:
        assert self._file is not None or not contents
        end = self._line_end.encode()
        for content in contents:
            if self._seen is not None and is_long(content):
                lines = content.removesuffix(end).split(end)
                kept = [line + end for line in lines if not (is_long(line) and self._seen.add(line))]
                self._paragraphs += len(lines) - len(kept)
                content = b"".join(kept)  # noqa: PLW2901 - what is left of it
            if content and self._begins:
                self._beginnings.note(self._size)
                self._begins = False
            self._size += len(content)
            if self._file is not None:
                self._file.write(content)
        self._document, self._document_bytes = [], 0

    def written(self) -> Text:
        """Return what was written."""
        groups = self._beginnings.groups(self._size)
        return Text(self._path, self._size, groups, self._passages, self._documents, self._paragraphs)


@dataclass(slots=True)
class AuthorCounts:
    """How many messages of one author a conversation has.

    Attributes:
        messages: All of them.
        own: Those that the file says are the person's own.
        foreign: Those that it says are not.
    """

    messages: int = 0
    own: int = 0
    foreign: int = 0


@dataclass(slots=True)
class Conversation:
    """Passages of several authors, kept on disk until it is known whose are taken.

    Attributes:
        format: Of the files that they come from.
        name: What the user calls the first of them.
        text: The words of all.
        index: The file that says which of them are whose.
        digests: Of the files.
        authors: Those who wrote, as the files call them.
    """

    format: Format
    name: str
    text: TextFile
    index: Path
    digests: list[str] = field(default_factory=list)
    authors: dict[str, AuthorCounts] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def add(self, passages: Iterable[Passage]) -> Iterator[int]:
        """Keep the passages of a file; yields the bytes of each."""
        begins = True
        with self.text, self.index.open("ab") as records:
            for passage in passages:
                content = self.text.content(passage.text)
                begins = begins or passage.begins_document
                if content:
                    own = _OWN if passage.own else 0
                    records.write(_RECORD.pack(self._count(passage), len(content), own | begins * _BEGINS))
                    self.text.add(content, begins_document=begins)
                    begins = False
                    yield len(content)

    def _count(self, passage: Passage) -> int:
        name = " ".join((passage.author or "").split())[:_LONGEST_NAME]
        if name not in self._numbers and len(self._numbers) == _MOST_AUTHORS:
            return _NOBODY
        number = self._numbers.setdefault(name, len(self._numbers))
        counts = self.authors.setdefault(name, AuthorCounts())
        counts.messages += 1
        counts.own += passage.own is True
        counts.foreign += passage.own is False
        return number

    @property
    def messages(self) -> int:
        """How many there are."""
        return sum(each.messages for each in self.authors.values())

    def of(self, wanted: Callable[[str, bool], bool], target: TextFile) -> Text:
        """Write the words of some authors.

        Args:
            wanted: Whether to take a message, by its author's name and whether the file says that it is the person's.
            target: Where to.
        """
        taken = {(number, own): wanted(name, own) for name, number in self._numbers.items() for own in (False, True)}
        with self.text.written().path.open("rb") as texts, self.index.open("rb") as records, target:
            begins = False
            while record := records.read(_RECORD.size):
                number, size, flags = _RECORD.unpack(record)
                content = texts.read(size)
                begins = begins or bool(flags & _BEGINS)
                if taken.get((number, bool(flags & _OWN)), False):
                    target.add(content, begins_document=begins)
                    begins = False
        return target.written()
