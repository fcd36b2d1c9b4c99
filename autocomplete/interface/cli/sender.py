"""Whose words to learn, asked at a terminal where the files do not tell, of each kind of them once."""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import typer

from autocomplete.interface.terminal import ask, say

if TYPE_CHECKING:
    from autocomplete.corpus.authors import UnclearSenderError
    from autocomplete.runs.request import Request

_MOST_ASKED = 20
_STANDARD_INPUT = "-"


def with_sender(request: "Request", work: Callable[["Request"], None]) -> None:
    """Do the work of a request; where it is unclear whose words to learn, and somebody can be asked, ask first."""
    from autocomplete.corpus.authors import UnclearSenderError

    if not _can_ask(request):
        work(request)
        return
    try:
        work(_changed(request, unclear_sender="refuse"))
    except UnclearSenderError as error:
        work(_changed(request, **_answered(request, error)))


def _can_ask(request: "Request") -> bool:
    """Whether somebody sits at the terminal, and the text can be read again after the answer."""
    again = _STANDARD_INPUT not in [*request.paths, *request.valid_paths]
    return again and not request.resume and sys.stdin.isatty() and sys.stderr.isatty()


def _changed(request: "Request", **settings: Any) -> "Request":
    return dataclasses.replace(request, corpus=dataclasses.replace(request.corpus, **settings))


def _answered(request: "Request", unclear: "UnclearSenderError") -> dict[str, Any]:
    """Ask of each kind; the settings that the answers mean."""
    sender, everyone_of = [*request.corpus.sender, *unclear.known], list(request.corpus.everyone_of)
    for each in unclear.kinds:
        where = f" in the {each.name}" if len(unclear.kinds) > 1 or unclear.known else ""
        names = _asked(f"Whose words{where} shall be learned?", each.authors[:_MOST_ASKED])
        sender += names
        everyone_of += [] if names else [each.kind]
    return {"sender": tuple(dict.fromkeys(sender)), "everyone_of": tuple(everyone_of)}


def _asked(question: str, authors: Sequence[tuple[str, int]]) -> list[str]:
    """Ask until the answer is one of the numbers, or several; the names that it means, none of them for everyone's."""
    say(question, "  0  everyone's", on_error=True)
    say(*(f"{number:3}  {name} ({count:,} messages)" for number, (name, count) in enumerate(authors, 1)), on_error=True)
    while True:
        answer = ask("Number, or several: ")
        if not answer:
            raise typer.Abort
        numbers = answer.replace(",", " ").split()
        if numbers and all(each.isdecimal() and len(each) <= 3 and int(each) <= len(authors) for each in numbers):
            chosen = sorted({int(each) for each in numbers})
            if chosen == [0] or 0 not in chosen:
                return [authors[number - 1][0] for number in chosen if number]
        say(f"Give numbers from 1 to {len(authors)}, or 0 alone.", on_error=True)
