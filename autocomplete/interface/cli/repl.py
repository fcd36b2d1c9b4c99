"""`autocomplete repl`: the interactive prompt."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from autocomplete.bundle import DEFAULT_MODEL, existing_model, model_names
from autocomplete.errors import AutocompleteError, UsageError, system_cause, system_cure
from autocomplete.interface.cli import options
from autocomplete.interface.configuration import accessible, config_path, set_values

if TYPE_CHECKING:
    from autocomplete.learned.store import PersonalStore
    from autocomplete.predict.suggester import Suggester


def repl(
    model: options.Model = DEFAULT_MODEL,
    k: Annotated[int | None, typer.Option("-k", min=1, max=9, help="Most candidates shown.")] = None,
    words: Annotated[
        str | None,
        typer.Option(metavar="N|auto", help="Suggest phrases of up to so many words, or as long as it is sure."),
    ] = None,
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
    from autocomplete.interface.repl.settings import number_of_words, read_settings

    if plain is None and accessible():
        plain = True
    most = None if words is None else number_of_words("--words", words)
    settings = read_settings(
        config_path(), k=k, words=most, mode=mode, min_prob=min_probability, learn=learn, vi=vi, plain=plain
    )
    existing_model(model)
    import asyncio

    from autocomplete.interface.repl.prompt import Prompt

    prompt = Prompt(
        model,
        load=_load,
        find=existing_model,
        open_store=_open_store,
        settings=settings,
        list_models=model_names,
        keep=None if learn is False else _keep,
        blocked=blocked,
    )
    asyncio.run(prompt.run())


def _keep(lines: bool) -> None:
    """Keep in the configuration file whether lines are kept; where they are, they are learned too."""
    path = config_path()
    try:
        set_values(path, "repl", {"history": True, "learn": True} if lines else {"history": False})
    except OSError as error:
        raise AutocompleteError(f"{path}: cannot be written ({system_cause(error)}).", system_cure(error)) from error


def _load(model: str) -> "Suggester":
    from autocomplete.predict.suggester import Suggester  # NumPy, which the prompt does not wait for

    return Suggester.open(model)


def _open_store(model: str) -> "PersonalStore":
    from autocomplete.learned.store import PersonalStore

    return PersonalStore.open(existing_model(model))
