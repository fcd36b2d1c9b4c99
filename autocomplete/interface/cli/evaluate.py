"""`autocomplete eval`: the report card on text that the model has not seen."""

import time
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.config import CorpusSettings, FormatName
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options, reading_options
from autocomplete.interface.terminal import folded, say, say_document

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRESS_SECONDS = 5.0
DEFAULT_WORDS = 2_000


def evaluate(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH…]",
            help="Held-out text: files, folders, or '-'. Without any: the card written after training.",
        ),
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    limit: Annotated[int | None, typer.Option(min=1, help="Score at most so many tokens.")] = None,
    words: Annotated[
        int | None, typer.Option(min=0, help="Type at most so many words (2,000), letter by letter.")
    ] = None,
    format_: reading_options.As = None,
    field: reading_options.Field = None,
    sender: reading_options.Sender = None,
    everyone: reading_options.Everyone = False,
    encoding: options.Encoding = None,
    allow_train: Annotated[
        bool, typer.Option("--allow-train", help="Accept text that the model was trained on.")
    ] = False,
    dynamic: Annotated[
        bool,
        typer.Option("--dynamic", help="Also let the network go on learning from the text as it is scored (slow)."),
    ] = False,
    dynamic_rate: Annotated[
        float | None, typer.Option(metavar="RATE", help="How fast it learns then; needs '--dynamic'.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Measure a model on text: perplexity, keystrokes saved, confidence and speed, beside its baselines."""
    from autocomplete.interface.report import card_lines

    if dynamic_rate is not None and not dynamic:
        raise UsageError("'--dynamic-rate' is of the learning.", "Give '--dynamic' too.")
    reading = CorpusSettings(
        format=cast(FormatName | None, format_),
        field=field,
        sender=tuple(sender or ()),
        everyone=everyone,
        encoding=encoding,
    )
    if paths:
        card = measured_card(
            paths,
            model,
            limit=limit,
            words=DEFAULT_WORDS if words is None else words,
            reading=reading,
            allow_train=allow_train,
            learning=_learning(dynamic, dynamic_rate),
        )
    elif limit is not None or words is not None or allow_train or dynamic or reading != CorpusSettings():
        raise UsageError(
            "There is no text to measure the model on.", "Name files or folders, or leave out the options."
        )
    else:
        card = _kept(model)
    if as_json:
        say_document({"model": model, **card})
    else:
        say(*card_lines(card))


def _learning(dynamic: bool, rate: float | None) -> "Mapping[str, float] | None":
    """Settings of dynamic evaluation that are not the usual; None where it is not wanted."""
    if not dynamic:
        return None
    return {} if rate is None else {"rate": rate}


def _kept(model: str) -> "Mapping[str, Any]":
    """The card that was written when the model was trained."""
    from autocomplete import bundle

    folder = bundle.existing_model(model)
    card = bundle.read_manifest(folder).card.get("report")
    if card is None:
        raise UsageError(f"{folder}: training ended before a report card was written.", "Name held-out text.")
    return card  # type: ignore[no-any-return]


def measured_card(
    paths: list[str],
    model: str,
    *,
    limit: int | None,
    words: int,
    reading: CorpusSettings,
    allow_train: bool,
    learning: "Mapping[str, float] | None" = None,
) -> "Mapping[str, Any]":
    """Measure the model on text, as `Measured.as_dict` gives it, saying now and then how far that is.

    Raises:
        UsageError: The model was trained on the text, and that is not allowed.
        CorpusError: The text cannot be used.
        ModelError: The model cannot.
    """
    from autocomplete.interface.progress import account_lines
    from autocomplete.runs.evaluate import Measured, SeenTextError, TextRead, evaluation_run

    events = evaluation_run(
        model,
        paths,
        limit_tokens=limit,
        limit_words=words,
        reading=reading,
        allow_train=allow_train,
        dynamic=learning,
    )
    spoke_at = time.monotonic()
    try:
        for event in events:
            if isinstance(event, Measured):
                return event.as_dict()
            if isinstance(event, TextRead):
                say(*(part for line in account_lines(event.account) for part in folded(line)), on_error=True)
            elif time.monotonic() - spoke_at >= PROGRESS_SECONDS:
                of = "" if event.total is None else f" of {event.total:,}"
                say(f"{event.stage}: {event.done:,}{of}", on_error=True)
                spoke_at = time.monotonic()
    except SeenTextError as error:
        raise UsageError(error.cause, "Give other text, or '--allow-train'.") from error
    raise AssertionError("an evaluation ends with what it measured")
