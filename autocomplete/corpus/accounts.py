"""What a report says of how files were read, as plain JSON values."""

from collections import Counter
from collections.abc import Mapping
from typing import NotRequired, TypedDict

from autocomplete.config import FormatName
from autocomplete.corpus.authors import Words
from autocomplete.corpus.readers.protocol import Format, Noun, Tally


class Left(TypedDict):
    """So many of something, as a report calls one and several of it."""

    number: int
    one: str
    many: str


class FormatAccount(TypedDict):
    """What was read of one format.

    Attributes:
        format: Its key.
        name: What it is called, such as `zsh history`.
        files: How many files.
        passages: What they hold.
        left_out: What was left out of them.
        notes: What else is to be said.
    """

    format: FormatName
    name: str
    files: int
    passages: Left
    left_out: list[Left]
    notes: list[str]


class Repeats(TypedDict):
    """How many long documents and paragraphs were left out because they were read before."""

    documents: int
    paragraphs: int


class Refusal(TypedDict):
    """Why a file was not read, or where it is damaged: a cause and a cure as errors have them."""

    cause: str
    cure: str
    is_partly_read: bool


class Unread(TypedDict):
    """How many files of folders were not read, or not to their ends, and of the first of them why."""

    files: int
    refusals: list[Refusal]


class Account(TypedDict):
    """How files were read.

    Attributes:
        formats: Of each that is no plain text, in the order in which they were met.
        left_out: How many files of folders were left out, by the ending of their names, the most frequent first.
        patterns: Those by which other files of folders were taken; accounts of older models have none.
        refused: Members of archives that were passed over: links, and names that lead out of it.
        unread: Files of folders that could not be read.
        words: Whose words were taken; None where files have no authors.
        repeats: What counted once.
        remarks: What else is to be said, such as encodings found and lines mended.
    """

    formats: list[FormatAccount]
    left_out: dict[str, int]
    patterns: NotRequired[list[str]]
    refused: int
    unread: Unread
    words: Words | None
    repeats: Repeats
    remarks: list[str]


def format_account(format_: Format, files: int, passages: int, tally: Tally) -> FormatAccount:
    """Return what was read of one format."""
    return FormatAccount(
        format=format_.key,
        name=format_.name,
        files=files,
        passages=Left(number=passages, one=format_.passage.one, many=format_.passage.many),
        left_out=[
            Left(number=number, one=noun.one, many=noun.many) for noun, number in tally.left_out.items() if number
        ],
        notes=list(tally.notes),
    )


def format_text(read: FormatAccount) -> str:
    """What was read of one format, such as `zsh history: 9 commands, 1 repeat in a row left out`."""
    files = [f"{read['files']:,} files"] if read["files"] > 1 else []
    left_out = [f"{_left_text(left)} left out" for left in read["left_out"]]
    return f"{read['name']}: {', '.join([*files, _left_text(read['passages']), *left_out])}"


def left_out_text(counts: Counter[Noun]) -> str:
    """What was left out of a file, such as ` (2 placeholders of media left out)`; empty where nothing was."""
    parts = [_left_text(Left(number=number, one=noun.one, many=noun.many)) for noun, number in (+counts).items()]
    return f" ({', '.join(parts)} left out)" if parts else ""


def _left_text(left: Left) -> str:
    return f"{left['number']:,} {left['one'] if left['number'] == 1 else left['many']}"


def without_names(account: Mapping[str, object]) -> dict[str, object]:
    """Return an account without what names people and files, for those who are given a model."""
    named = ("words", "remarks", "left_out", "patterns", "unread")
    return {name: value for name, value in account.items() if name not in named}
