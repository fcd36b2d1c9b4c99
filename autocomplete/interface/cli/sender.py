"""Whose words to learn, asked at a terminal where the files do not tell."""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import typer

from autocomplete.interface.terminal import ask, say

if TYPE_CHECKING:
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
        answer = _asked(error.authors[:_MOST_ASKED])
        work(_changed(request, **answer))


def _can_ask(request: "Request") -> bool:
    """Whether somebody sits at the terminal, and the text can be read again after the answer."""
    again = _STANDARD_INPUT not in [*request.paths, *request.valid_paths]
    return again and not request.resume and sys.stdin.isatty() and sys.stderr.isatty()


def _changed(request: "Request", **settings: Any) -> "Request":
    return dataclasses.replace(request, corpus=dataclasses.replace(request.corpus, **settings))


def _asked(authors: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Ask until the answer is one of the numbers; the settings that it means."""
    say("Whose words shall be learned?", "  0  everyone's", on_error=True)
    say(*(f"{number:3}  {name} ({count:,} messages)" for number, (name, count) in enumerate(authors, 1)), on_error=True)
    while True:
        answer = ask("Number: ")
        if not answer:
            raise typer.Abort
        if answer.strip().isdecimal() and int(answer) <= len(authors):
            number = int(answer)
            return {"everyone": True} if number == 0 else {"sender": authors[number - 1][0]}
        say(f"Give a number from 0 to {len(authors)}.", on_error=True)
