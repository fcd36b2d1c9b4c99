"""What a person wrote down to have it offered: abbreviations and phrases, in a plain file that they edit by hand.

# a comment
omw = on my way
Kind regards, Ada Example

A line with `=` is an abbreviation, one word, and what it stands for; any other is a phrase. There is one file for all
models, in the person's data folder.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from autocomplete import bundle
from autocomplete.errors import AutocompleteError, UsageError, system_cause, system_cure
from autocomplete.files import make_folder, open_private
from autocomplete.text.unicode import holds_control

PINNED = "phrases.txt"
# Larger files are not somebody's phrases, and longer lines would fill the screen.
MOST_BYTES = 1_000_000
MOST_CHARACTERS = 1_000


class Pinned(NamedTuple):
    """What is offered.

    Attributes:
        abbreviations: What each stands for.
        phrases: Each once, in the order written.
    """

    abbreviations: Mapping[str, str]
    phrases: tuple[str, ...]


_NOTHING = Pinned({}, ())


def pinned_path() -> Path:
    """Where the file is, existing or not."""
    return bundle.models_root() / PINNED


class PinnedFile:
    """The file, read again where it changed.

    Attributes:
        path: Where it is, existing or not.
        fault: What is wrong with it; None where nothing is. Lines that are right are used all the same.

    Args:
        path: The same.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault: AutocompleteError | None = None
        self._stamp: tuple[int, ...] = ()
        self._pinned = _NOTHING

    def read(self) -> Pinned:
        """What it says now; nothing where there is none, or it cannot be read."""
        stamp = self._file_stamp()
        if stamp != self._stamp:
            self._stamp, self.fault, self._pinned = stamp, None, _NOTHING
            try:
                self._pinned = self._parsed(self._content())
            except AutocompleteError as error:
                self.fault = error
        return self._pinned

    def add(self, lines: Iterable[str]) -> int:
        """Write lines behind those that are there, but for those that are; the file is made, its owner's alone.

        Returns:
            How many were new.

        Raises:
            UsageError: A line is none that is read again as it is.
            AutocompleteError: The file cannot be read or written.
        """
        before = self._content()
        known = {line.strip() for line in before.splitlines()}
        new = list(dict.fromkeys(line.strip() for line in lines if line.strip() not in known))
        for line in new:
            if not line or line.startswith("#"):
                raise UsageError(f"'{line}' is no phrase.", "Give a phrase, or 'ABBREVIATION = PHRASE'.")
            _parsed_line(line)
        if not new:
            return 0
        gap = "\n" if before and not before.endswith("\n") else ""
        try:
            make_folder(self.path.parent)
            # Through a link, such as those by which people keep their settings together.
            descriptor = open_private(self.path.resolve(), os.O_WRONLY | os.O_APPEND)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(gap + "".join(f"{line}\n" for line in new))
        except OSError as error:
            cause = f"{self.path}: cannot be written ({system_cause(error)})."
            raise AutocompleteError(cause, system_cure(error)) from error
        return len(new)

    def _file_stamp(self) -> tuple[int, ...]:
        """What changes whenever the file does."""
        try:
            status = self.path.stat()
        except OSError:
            return ()
        return status.st_ino, status.st_size, status.st_mtime_ns

    def _content(self) -> str:
        try:
            if not self.path.exists():
                return ""
            if not self.path.is_file() or self.path.stat().st_size > MOST_BYTES:
                raise UsageError(
                    f"{self.path}: is no file, or has more than {MOST_BYTES:,} bytes.",
                    "Write phrases there, a line each, or move it away.",
                )
            return self.path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            cause = f"{self.path}, line {line}: this is not UTF-8."
            raise UsageError(cause, "Save the file in UTF-8.") from error
        except OSError as error:
            raise AutocompleteError(
                f"{self.path}: cannot be read ({system_cause(error)}).", system_cure(error)
            ) from error

    def _parsed(self, content: str) -> Pinned:
        abbreviations: dict[str, str] = {}
        phrases: dict[str, None] = {}
        for number, line in _lines(content):
            try:
                short, phrase = _parsed_line(line)
            except UsageError as error:
                cause = f"{self.path}, line {number}: {error.cause}"
                self.fault = self.fault or UsageError(cause, error.cure)
                continue
            if short:
                abbreviations[short] = phrase
            else:
                phrases[phrase] = None
        return Pinned(abbreviations, tuple(phrases))


def abbreviation_line(short: str, phrase: str) -> str | None:
    """The line of the file that says what an abbreviation stands for; None where none can."""
    line = f"{short} = {phrase}"
    try:
        return line if _parsed_line(line) == (short, phrase) and not line.startswith("#") else None
    except UsageError:
        return None


def _lines(content: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, and their numbers."""
    for number, line in enumerate(content.split("\n"), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield number, text


def _parsed_line(line: str) -> tuple[str, str]:
    """The abbreviation, empty where it is none, and the phrase."""
    short, equals, phrase = line.partition("=")
    short, phrase = (short.strip(), phrase.strip()) if equals else ("", line)
    if len(line) > MOST_CHARACTERS:
        raise UsageError(f"has more than {MOST_CHARACTERS:,} characters.", "Make it shorter.")
    if holds_control(line):
        raise UsageError("holds a control character.", "Write plain text.")
    if equals and (len(short.split()) != 1 or not phrase):
        raise UsageError("before '=' stands one word, and behind it what it is short for.", "Write 'omw = on my way'.")
    return short, phrase
