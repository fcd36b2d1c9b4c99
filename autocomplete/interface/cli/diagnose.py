"""`autocomplete diagnose`: how far back the gradients of each kind of network reach, and what tames them."""

import contextlib
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocomplete.config import CorpusSettings, NetworkSettings, TrainingSettings
from autocomplete.engine.protocol import SCHEMA
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.cli.settings import assigned, chosen_of
from autocomplete.interface.terminal import say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autocomplete.corpus.store import CorpusStore
    from autocomplete.network.diagnosis import Diagnosis

PROGRESS_SECONDS = 5.0
# What each name in `--cells` means; `feedforward:N` sees N tokens.
CELLS: dict[str, dict[str, Any]] = {
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
    "rnn": {"cell": "rnn"},
    "rnn:tanh": {"cell": "rnn"},
    "rnn:relu": {"cell": "rnn", "activation": "relu"},
    "feedforward": {"cell": "feedforward"},
}


def diagnose(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="Files, folders, .gz files, or '-' for standard input.")
    ] = None,
    cells: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="Which networks, by commas: lstm, gru, rnn, rnn:relu, feedforward, feedforward:N."
        ),
    ] = "lstm,gru,rnn,rnn:relu,feedforward",
    steps: Annotated[int, typer.Option(min=1, help="Training steps.")] = 300,
    span: Annotated[int, typer.Option(min=2, help="Tokens that gradients are followed back.")] = 50,
    hidden_size: Annotated[int, typer.Option(min=1, help="Width of the one layer.")] = 128,
    embedding_size: Annotated[int, typer.Option(min=1, help="Width of a token's vector.")] = 64,
    assignments: options.Set = None,
    plot: options.Plot = None,
    as_json: options.Json = False,
) -> None:
    """Train small networks on a text for a while and look inside their gradients, before and after."""
    if not paths:
        raise UsageError(
            "There is no text to diagnose on.", "Name files or folders: 'autocomplete diagnose notes.txt'."
        )
    from autocomplete.network import require_packages

    require_packages()
    networks = _networks(cells, hidden_size=hidden_size, embedding_size=embedding_size)
    chosen = assigned(assignments or ())
    corpus, training = CorpusSettings(**chosen_of("Corpus", chosen)), chosen_of("Training", chosen)
    TrainingSettings(**training)
    picture = None
    if plot is not None:
        from autocomplete.interface.plot import draw_diagnosis, require

        picture = require(plot)
    with _ingested(paths, corpus) as store:
        document = _document(store, networks, training=training, steps=steps, span=span)
    if picture is not None:
        draw_diagnosis(document, picture)
        say(f"wrote {picture}", on_error=True)
    if as_json:
        say_json(document)
    else:
        from autocomplete.interface.report import diagnosis_lines

        say(*diagnosis_lines(document))


def _networks(cells: str, **sizes: int) -> list[NetworkSettings]:
    """The networks that `--cells` names, each once."""
    found = {}
    for name in (part.strip() for part in cells.split(",")):
        window = re.fullmatch(r"feedforward:(\d+)", name)
        if window is None:
            options.require_choice("--cells", name, tuple(CELLS))
            fields = {**CELLS[name], **sizes}
        else:
            fields = {"cell": "feedforward", "window": int(window[1]), **sizes}
        network = NetworkSettings(**fields)
        found[network.title] = network
    return list(found.values())


@contextlib.contextmanager
def _ingested(paths: list[str], settings: CorpusSettings) -> "Iterator[CorpusStore]":
    """Read the corpus into a folder that is thrown away after use."""
    from autocomplete.corpus.ingest import ingest

    with tempfile.TemporaryDirectory(prefix="diagnose-") as folder:
        *_, last = ingest(paths, valid_paths=[], settings=settings, folder=Path(folder))
        assert last.store is not None
        yield last.store


def _document(
    store: "CorpusStore", networks: list[NetworkSettings], *, training: dict[str, Any], steps: int, span: int
) -> dict[str, Any]:
    """Diagnose, and return all that was found as a JSON document."""
    found = [each.as_dict() for each in _diagnosed(store, networks, training=training, steps=steps, span=span)]
    tokens = {"train_tokens": len(store.train), "valid_tokens": len(store.valid)}
    sizes = {**tokens, "vocabulary_size": store.vocabulary.size, "steps": steps, "span": span}
    return {"schema": SCHEMA, **sizes, "cells": found}


def _diagnosed(store: "CorpusStore", networks: list[NetworkSettings], **wanted: Any) -> "Iterator[Diagnosis]":
    """Run a diagnosis, saying now and then how far it is."""
    from autocomplete.network.diagnosis import Diagnosis
    from autocomplete.network.diagnosis import diagnose as diagnosis_of

    spoke_at = time.monotonic()
    for event in diagnosis_of(store, networks, **wanted):
        if isinstance(event, Diagnosis):
            yield event
        elif time.monotonic() - spoke_at >= PROGRESS_SECONDS:
            at = f"step {event.step} of {event.total_steps}, loss {event.loss_nats:.3f}"
            say(f"{event.network.title}: {at}", on_error=True)
            spoke_at = time.monotonic()
