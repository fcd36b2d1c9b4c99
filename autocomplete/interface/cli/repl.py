"""`autocomplete repl`: the interactive prompt."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from autocomplete.bundle import DEFAULT_MODEL, existing_model
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.configuration import config_path

if TYPE_CHECKING:
    from autocomplete.learned.store import PersonalStore
    from autocomplete.predict.suggester import Suggester


def repl(
    model: options.Model = DEFAULT_MODEL,
    k: Annotated[int | None, typer.Option("-k", min=1, max=9, help="Most candidates shown.")] = None,
    words: Annotated[int | None, typer.Option(min=1, max=10, help="Suggest phrases of up to so many words.")] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            **options.choice("auto", "next", "complete"),
            help="'next' words only, 'complete' the last word only, or 'auto' for both in one list.",
        ),
    ] = None,
    min_probability: Annotated[
        float | None,
        typer.Option(
            "--min-prob", metavar="P", min=0.0, max=1.0, help="Suggest unasked what is at least so likely, 0 to 1."
        ),
    ] = None,
    learn: Annotated[
        bool | None, typer.Option("--learn/--no-learn", help="Learn from what you commit, on this machine only.")
    ] = None,
    block: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="Never suggest this word; repeat for more.")
    ] = None,
    vi: Annotated[bool | None, typer.Option("--vi/--emacs", help="Edit as in vi.")] = None,
    plain: Annotated[
        bool | None,
        typer.Option("--plain/--no-plain", help="For screen readers: the line alone, candidates on request."),
    ] = None,
) -> None:
    """Write at a prompt that completes as you type. F1 shows the keys."""
    blocked = options.blocked_words(block)
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise UsageError("'repl' needs a terminal.", "Programs ask 'autocomplete suggest --batch', line by line.")
    from autocomplete.interface.repl.settings import read_settings

    settings = read_settings(
        config_path(), k=k, words=words, mode=mode, min_prob=min_probability, learn=learn, vi=vi, plain=plain
    )
    existing_model(model)
    import asyncio

    from autocomplete.interface.repl.prompt import Prompt

    prompt = Prompt(model, load=_load, find=existing_model, open_store=_open_store, settings=settings, blocked=blocked)
    asyncio.run(prompt.run())


def _load(model: str) -> "Suggester":
    from autocomplete.predict.suggester import Suggester  # NumPy, which the prompt does not wait for

    return Suggester.open(model)


def _open_store(model: str) -> "PersonalStore":
    from autocomplete.learned.store import PersonalStore

    return PersonalStore.open(existing_model(model))
