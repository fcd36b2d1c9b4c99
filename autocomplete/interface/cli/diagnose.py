"""`autocomplete diagnose`: how far back the gradients of each kind of network reach, and what tames them."""

import contextlib
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocomplete.config import CorpusSettings, NetworkSettings
from autocomplete.errors import UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.cli import train_options as given
from autocomplete.interface.cli.train_settings import corpus_settings, training_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autocomplete.corpus.store import CorpusStore
    from autocomplete.network.diagnosis import Diagnosis

PROGRESS_SECONDS = 5.0
SCHEMA_VERSION = 2
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
    paths: given.Paths = None,
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
    learning_rate: given.LearningRate = None,
    clip_norm: given.ClipNorm = None,
    clip_value: given.ClipValue = None,
    batch_size: given.BatchSize = None,
    bptt: given.Bptt = None,
    seed: given.Seed = None,
    level: given.Level = "word",
    layout: given.Layout = "auto",
    pretokenized: given.Pretokenized = False,
    encoding: given.Encoding = "utf-8",
    vocab_size: given.VocabSize = None,
    plot: options.Plot = None,
    as_json: options.Json = False,
) -> None:
    """Train small networks on a text for a while and look inside their gradients, before and after."""
    chosen = dict(locals())  # the options by their names
    if not paths:
        raise UsageError(
            "There is no text to diagnose on.", "Name files or folders: 'autocomplete diagnose notes.txt'."
        )
    networks = _networks(cells, hidden_size=hidden_size, embedding_size=embedding_size)
    training, corpus = training_settings(chosen), corpus_settings(chosen)
    picture = None
    if plot is not None:
        from autocomplete.interface.plot import draw_diagnosis, require

        picture = require(plot)
    with _ingested(paths, corpus) as store:
        document = _document(store, networks, training=training, steps=steps, span=span)
    if picture is not None:
        draw_diagnosis(document, picture)
        print(f"wrote {picture}", file=sys.stderr)
    if as_json:
        print(json.dumps(document))
    else:
        from autocomplete.interface.report import diagnosis_lines

        print("\n".join(diagnosis_lines(document)))


def _networks(cells: str, **sizes: int) -> list[NetworkSettings]:
    """The networks that `--cells` names, each once."""
    found = {}
    for name in (part.strip() for part in cells.split(",")):
        window = re.fullmatch(r"feedforward:(\d+)", name)
        if window is None:
            options.choice("--cells", name, tuple(CELLS))
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
    return {"schema": SCHEMA_VERSION, **sizes, "cells": found}


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
            print(f"{event.network.title}: {at}", file=sys.stderr)
            spoke_at = time.monotonic()
