"""`autocomplete forget`: never suggest a word again, and drop what was learned of it."""

import contextlib
from typing import Annotated

import typer

from autocomplete.engine.client import find_engine
from autocomplete.errors import AutocompleteError, UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.terminal import say
from autocomplete.places import DEFAULT_MODEL
from autocomplete.text.unicode import caseless


def forget(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="The words, in any case.")] = None,
    model: options.Model = DEFAULT_MODEL,
    listed: Annotated[bool, typer.Option("--list", help="List the forgotten words.")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Suggest these words again; what was learned of them stays gone.")
    ] = False,
) -> None:
    """Never suggest some words again, and delete all that was learned of them."""
    if listed:
        if words or undo:
            raise UsageError("'--list' lists all forgotten words.", "Give it alone.")
        _list(model)
    elif not words:
        raise UsageError("No word was given.", "Name the words to forget, or give '--list' to see those forgotten.")
    elif undo:
        _undo(words, model)
    else:
        unwanted = list({caseless(word): word for word in reversed(words)}.values())[::-1]
        _forget(unwanted, model)
        say(f"forgotten: {', '.join(unwanted)}", on_error=True)


def _forget(words: list[str], model: str) -> None:
    """Have the engine forget some words, which need not open anything for it; where that does not, do it here."""
    engine = find_engine()
    if engine is not None:
        with engine, contextlib.suppress(AutocompleteError):
            engine.forget(words, model)
            return
    from autocomplete import bundle
    from autocomplete.learned.store import PersonalStore

    PersonalStore.open(bundle.existing_model(model)).forget(words)


def _list(model: str) -> None:
    from autocomplete import bundle

    say(*bundle.read_blocked(bundle.existing_model(model)), exact=True)


def _undo(words: list[str], model: str) -> None:
    """Have some words suggested again, and say which were not forgotten."""
    from autocomplete import bundle
    from autocomplete.learned.store import PersonalStore

    found = PersonalStore.open(bundle.existing_model(model)).blocked.remove(words)
    missing = sorted({caseless(word) for word in words} - {caseless(word) for word in found})
    if found:
        say(f"suggested again: {', '.join(found)}", on_error=True)
    if missing:
        say(f"not among the forgotten: {', '.join(missing)}", on_error=True)
