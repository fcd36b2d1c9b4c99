"""`autocomplete forget`: never suggest a word again, and drop what was learned of it."""

from typing import Annotated

import typer

from autocomplete import bundle
from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.terminal import say


def forget(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="The words, in any case.")] = None,
    model: options.Model = DEFAULT_MODEL,
    listed: Annotated[bool, typer.Option("--list", help="List the forgotten words.")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Suggest these words again; what was learned of them stays gone.")
    ] = False,
) -> None:
    """Never suggest some words again, and delete all that was learned of them."""
    folder = bundle.existing_model(model)
    if listed:
        if words or undo:
            raise UsageError("'--list' lists all forgotten words.", "Give it alone.")
        say(*bundle.read_blocked(folder), exact=True)
        return
    if not words:
        raise UsageError("No word was given.", "Name the words to forget, or give '--list' to see those forgotten.")
    from autocomplete.learned.store import PersonalStore
    from autocomplete.text.unicode import caseless

    store = PersonalStore.open(folder)
    if undo:
        found = store.blocked.remove(words)
        missing = sorted({caseless(word) for word in words} - {caseless(word) for word in found})
        if found:
            say(f"suggested again: {', '.join(found)}", on_error=True)
        if missing:
            say(f"not among the forgotten: {', '.join(missing)}", on_error=True)
        return
    unwanted = list({caseless(word): word for word in reversed(words)}.values())[::-1]
    store.forget(unwanted)
    say(f"forgotten: {', '.join(unwanted)}", on_error=True)
