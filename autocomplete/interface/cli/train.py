"""`autocomplete train`: learn a model from text."""

import contextlib
import dataclasses
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, get_args

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.config import (
    DEFAULT_PATTERNS,
    Cell,
    CorpusSettings,
    NetworkSettings,
    Optimizer,
    Schedule,
    TrainingSettings,
)
from autocomplete.errors import AutocompleteError, TrainingInterrupted, UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.cli import train_options as given

if TYPE_CHECKING:
    from pathlib import Path

    from autocomplete.interface.view import TrainView
    from autocomplete.network.job import Trained

# Of the time for both, what a character model beside a word model gets.
CHARACTERS_SHARE = 0.25


def train(
    paths: given.Paths = None,
    model: options.Model = DEFAULT_MODEL,
    valid: given.Valid = None,
    force: given.Force = False,
    resume: given.Resume = False,
    dry_run: given.DryRun = False,
    level: given.Level = "word",
    layout: given.Layout = "auto",
    pretokenized: given.Pretokenized = False,
    encoding: given.Encoding = "utf-8",
    pattern: given.Pattern = None,
    vocab_size: given.VocabSize = None,
    min_count: given.MinCount = None,
    valid_fraction: given.ValidFraction = 0.05,
    workers: given.Workers = None,
    order: given.Order = None,
    no_network: given.NoNetwork = False,
    characters: given.Characters = False,
    size: given.Size = "auto",
    cell: given.Cell = None,
    activation: given.Activation = None,
    window: given.Window = None,
    layers: given.Layers = None,
    embedding_size: given.EmbeddingSize = None,
    hidden_size: given.HiddenSize = None,
    budget: given.Budget = None,
    epochs: given.Epochs = None,
    max_epochs: given.MaxEpochs = None,
    batch_size: given.BatchSize = None,
    bptt: given.Bptt = None,
    accumulate: given.Accumulate = None,
    optimizer: given.Optimizer = None,
    learning_rate: given.LearningRate = None,
    schedule: given.Schedule = None,
    warmup_fraction: given.WarmupFraction = None,
    clip_norm: given.ClipNorm = None,
    clip_value: given.ClipValue = None,
    weight_decay: given.WeightDecay = None,
    average_decay: given.AverageDecay = None,
    input_dropout: given.InputDropout = None,
    hidden_dropout: given.HiddenDropout = None,
    output_dropout: given.OutputDropout = None,
    embedding_dropout: given.EmbeddingDropout = None,
    weight_drop: given.WeightDrop = None,
    activation_penalty: given.ActivationPenalty = None,
    temporal_penalty: given.TemporalPenalty = None,
    validations_per_epoch: given.ValidationsPerEpoch = None,
    patience: given.Patience = None,
    precision: given.Precision = "auto",
    seed: given.Seed = None,
    shown_right: given.ShownRight = 0.5,
) -> None:
    """Learn a model from your text. Nothing leaves this machine."""
    options.choice("--level", level, ("word", "char"))
    options.choice("--layout", layout, ("auto", "lines", "text"))
    options.choice("--size", size, ("auto", "tiny", "small", "medium", "large"))
    options.choice("--precision", precision, ("auto", "float32", "bfloat16"))
    for option, value, allowed in (
        ("--cell", cell, Cell),
        ("--optimizer", optimizer, Optimizer),
        ("--schedule", schedule, Schedule),
    ):
        if value is not None:
            options.choice(option, value, get_args(allowed))
    if not paths and not resume:
        raise UsageError("There is no text to learn from.", "Name files or folders: 'autocomplete train notes.txt'.")
    network = _given(
        cell=cell,
        activation=activation,
        window=window,
        layers=layers,
        embedding_size=embedding_size,
        hidden_size=hidden_size,
    )
    NetworkSettings(**network)  # checked before anything is read
    training = _given(
        budget_seconds=None if budget is None else options.seconds(budget),
        epochs=epochs,
        max_epochs=max_epochs,
        batch_size=batch_size,
        bptt=bptt,
        accumulate=accumulate,
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        warmup_fraction=warmup_fraction,
        clip_norm=clip_norm,
        clip_value=clip_value,
        weight_decay=weight_decay,
        average_decay=average_decay,
        input_dropout=input_dropout,
        hidden_dropout=hidden_dropout,
        output_dropout=output_dropout,
        embedding_dropout=embedding_dropout,
        weight_drop=weight_drop,
        activation_penalty=activation_penalty,
        temporal_penalty=temporal_penalty,
        validations_per_epoch=validations_per_epoch,
        patience=patience,
        seed=seed,
    )
    corpus = CorpusSettings(
        level=level,  # type: ignore[arg-type]
        layout=None if layout == "auto" else layout,  # type: ignore[arg-type]
        pretokenized=pretokenized,
        encoding=encoding,
        patterns=tuple(pattern) if pattern else DEFAULT_PATTERNS,
        vocab_size=vocab_size,
        min_count=min_count,
        valid_fraction=valid_fraction,
        workers=workers,
        order=order,
    )
    if epochs is not None and budget is not None:
        raise UsageError("'--epochs' and '--budget' both say how long to train.", "Give one of the two.")
    if force and resume:
        raise UsageError("'--force' starts over and '--resume' goes on.", "Give one of the two.")
    fixed = (
        paths, valid, dry_run, no_network, characters, network, training,
        size != "auto", precision != "auto", shown_right != 0.5,
    )  # fmt: skip
    if resume and (any(fixed) or corpus != CorpusSettings()):
        raise UsageError(
            "'--resume' goes on with the text and settings that the run started with.",
            "Give only '--model' beside it.",
        )
    if characters and (level == "char" or pretokenized):
        raise UsageError(
            "'--characters' stands beside a model of words in running text.",
            "Leave it out with '--level char' and with '--pretokenized'.",
        )
    if characters and "-" in (paths or []) + (valid or []):
        raise UsageError("'--characters' reads the text twice, and standard input comes once.", "Save it to a file.")
    if dry_run:
        _dry_run(paths or [], valid or [], corpus)
        return
    _run(
        model,
        characters,
        paths=paths or [],
        valid_paths=valid or [],
        corpus=corpus,
        size=size,
        network=network,
        training=training,
        precision=precision,
        ngrams_only=no_network,
        force=force,
        resume=resume,
        shown_right=shown_right,
    )


def _run(model: str, characters: bool, /, **wanted: Any) -> None:
    """Train one model, or one of words and one of characters, in a time that both share."""
    from autocomplete import bundle

    training = TrainingSettings(**wanted["training"])  # checked before the seconds that JAX takes to load
    from autocomplete.interface.view import make_train_view

    folder = bundle.model_path(model)
    option = "" if model == bundle.DEFAULT_MODEL else f" --model {model}"
    with _interruptible() as stopped, make_train_view(sys.stderr) as view:
        if not characters:
            _train(folder, option, view, stopped, wanted)
        else:
            seconds = training.budget_seconds
            share = {**wanted["training"], "budget_seconds": (1 - CHARACTERS_SHARE) * seconds}
            try:
                _train(folder, option, view, stopped, {**wanted, "training": share})
            except TrainingInterrupted as stop:
                later = f"'autocomplete train … --level char --model {shlex.quote(str(folder / bundle.CHARACTERS))}'"
                raise TrainingInterrupted(stop.cause, f"{stop.cure} The characters are learned by {later}.") from stop
            view.heading("the characters of the same text")
            corpus = dataclasses.replace(wanted["corpus"], level="char", vocab_size=None, min_count=None, order=None)
            share = {**_general(wanted["training"]), "budget_seconds": CHARACTERS_SHARE * seconds}
            beside = {**wanted, "corpus": corpus, "network": {}, "size": "auto", "training": share, "force": True}
            inner = folder / bundle.CHARACTERS
            _train(inner, f" --model {shlex.quote(str(inner))}", view, stopped, beside)
    print(f'Try it: autocomplete suggest{option} "…"', file=sys.stderr)


def _general(training: dict[str, Any]) -> dict[str, Any]:
    """The settings of a training that suit any network."""
    return {name: training[name] for name in ("epochs", "max_epochs", "seed") if name in training}


def _train(folder: "Path", option: str, view: "TrainView", stopped: threading.Event, wanted: dict[str, Any]) -> None:
    """Train a model, show how it goes, and turn Ctrl-C into a saved run; `option` names the model in advice."""
    from autocomplete.evaluation.closing import CLOSING_SHARE
    from autocomplete.network.job import Published, Request, Trained, train_model
    from autocomplete.network.training import Finished

    finished: Finished | None = None
    replacing = False
    closing_seconds = 2.0 + CLOSING_SHARE * TrainingSettings(**wanted["training"]).budget_seconds
    request = Request(folder=folder, closing_seconds=closing_seconds, **wanted)
    for event in train_model(request, should_stop=stopped.is_set):
        view.show(event)
        if isinstance(event, Finished):
            finished = event
        elif isinstance(event, Published):
            replacing = event.folder != folder
        elif isinstance(event, Trained):
            _close(event, view, stopped)
    if finished is not None and finished.reason == "interrupted":
        raise TrainingInterrupted(
            "Stopped; the old model stays in use." if replacing else "Stopped; what was learned so far is saved.",
            f"Go on with 'autocomplete train --resume{option}'.",
        )
    if finished is not None and finished.reason == "diverged":
        raise AutocompleteError(
            f"The loss is no longer a number after step {finished.progress.step}; what was best before that is kept.",
            "Lower '--learning-rate' or '--clip-norm'.",
        )
    if stopped.is_set():
        raise TrainingInterrupted(
            "Stopped before the report card was written; the model is trained and in place.",
            f"'autocomplete eval{option} TEXT' writes one.",
        )


def _close(trained: "Trained", view: "TrainView", stopped: threading.Event) -> None:
    """Add to the model what is fitted on held-out text, and show the report card."""
    from autocomplete.corpus.store import CorpusStore
    from autocomplete.evaluation.closing import close_model

    store = CorpusStore.open(trained.corpus)
    for event in close_model(
        trained.folder,
        store,
        budget_seconds=trained.budget_seconds,
        precision=trained.shown_right,
        should_stop=stopped.is_set,
    ):
        view.show(event)


def _dry_run(paths: list[str], valid: list[str], corpus: CorpusSettings) -> None:
    """Read the corpus into a folder that is thrown away, and report on it."""
    import tempfile
    from pathlib import Path

    from autocomplete.corpus.ingest import ingest
    from autocomplete.interface.view import make_train_view

    with tempfile.TemporaryDirectory() as folder, make_train_view(sys.stderr) as view:
        for event in ingest(paths, valid_paths=valid, settings=corpus, folder=Path(folder)):
            view.show(event)
            if event.store is not None:
                view.show(event.store.report)


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C (or a termination request) into a wish to stop; the second stops at once."""
    stopped = threading.Event()
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def wish(_number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()
        print("\nstopping after this step; Ctrl-C again stops at once", file=sys.stderr)

    for number in usual:
        signal.signal(number, wish)
    try:
        yield stopped
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
