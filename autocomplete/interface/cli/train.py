"""`autocomplete train`: learn a model from text."""

import contextlib
import dataclasses
import inspect
import os
import shlex
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any, get_args

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.config import Output, TrainingSettings
from autocomplete.errors import AutocompleteError, TrainingInterrupted, UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.cli import train_options as given
from autocomplete.interface.cli.train_settings import Options, corpus_settings, network_settings, training_settings
from autocomplete.interface.terminal import HANGUP, hears_hangup, leave_lost_terminal, say

if TYPE_CHECKING:
    from pathlib import Path

    from autocomplete.interface.progress import TrainView
    from autocomplete.runs.train import JobEvent, Request, Trained, Withheld

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
    cluster: given.Cluster = None,
    order: given.Order = None,
    keep_secrets: given.KeepSecrets = False,
    no_network: given.NoNetwork = False,
    characters: given.Characters = False,
    size: given.Size = "auto",
    cell: given.Cell = None,
    activation: given.Activation = None,
    window: given.Window = None,
    mogrifier: given.Mogrifier = None,
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
    output: given.Output = "auto",
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
    coordinator: given.Coordinator = None,
    processes: given.Processes = None,
    process: given.Process = None,
) -> None:
    """Learn a model from your text. Nothing leaves this machine, unless for a '--cluster'."""
    chosen = dict(locals())  # the options by their names
    wanted = _wanted(chosen)
    _refuse_contradictions(chosen)
    if dry_run:
        _dry_run(wanted)
    else:
        _run(model, characters, _meeting(chosen), **wanted)


# The options of a run of several processes, each the same in all but the last.
_MEETING = ("coordinator", "processes", "process")


def _meeting(chosen: Options) -> dict[str, Any] | None:
    """Where the processes of a run meet, as a `Meeting` names it; None for a run of one."""
    if any(chosen[name] is not None for name in _MEETING) or "JAX_COORDINATOR_ADDRESS" in os.environ:
        return {name: chosen[name] for name in _MEETING}
    return None


def _wanted(chosen: Options) -> dict[str, Any]:
    """What is asked of training, as a `Request` names it; a UsageError where an option is none."""
    options.choice("--size", chosen["size"], ("auto", "tiny", "small", "medium", "large"))
    options.choice("--output", chosen["output"], ("auto", *get_args(Output)))
    options.choice("--precision", chosen["precision"], ("auto", "float32", "bfloat16"))
    return {
        "paths": chosen["paths"] or [],
        "valid_paths": chosen["valid"] or [],
        "corpus": corpus_settings(chosen),
        "network": network_settings(chosen),
        "training": training_settings(chosen),
        "ngrams_only": chosen["no_network"],
        **{name: chosen[name] for name in ("size", "output", "precision", "force", "resume", "shown_right")},
    }


def _refuse_contradictions(chosen: Options) -> None:
    """Refuse options that make no sense together."""
    paths, resume, characters = chosen["paths"] or [], chosen["resume"], chosen["characters"]
    if not paths and not resume:
        raise UsageError("There is no text to learn from.", "Name files or folders: 'autocomplete train notes.txt'.")
    if chosen["epochs"] is not None and chosen["budget"] is not None:
        raise UsageError("'--epochs' and '--budget' both say how long to train.", "Give one of the two.")
    if chosen["force"] and resume:
        raise UsageError("'--force' starts over and '--resume' goes on.", "Give one of the two.")
    usual = {name: parameter.default for name, parameter in inspect.signature(train).parameters.items()}
    if resume and any(chosen[name] not in (usual[name], []) for name in usual.keys() - {"model", "resume", *_MEETING}):
        raise UsageError(
            "'--resume' goes on with the text and settings that the run started with.",
            "Give only '--model' beside it.",
        )
    if _meeting(chosen) is not None and (characters or chosen["no_network"] or chosen["dry_run"]):
        raise UsageError(
            "Several processes train one network together.",
            "Leave out '--characters', '--no-network' and '--dry-run', or run them in one process.",
        )
    if characters and (chosen["level"] == "char" or chosen["pretokenized"]):
        raise UsageError(
            "'--characters' stands beside a model of words in running text.",
            "Leave it out with '--level char' and with '--pretokenized'.",
        )
    if characters and "-" in [*paths, *(chosen["valid"] or [])]:
        raise UsageError("'--characters' reads the text twice, and standard input comes once.", "Save it to a file.")


def _run(model: str, characters: bool, meeting: dict[str, Any] | None, /, **wanted: Any) -> None:
    """Train one model, or one of words and one of characters, in a time that both share."""
    from autocomplete import bundle
    from autocomplete.interface.progress import make_train_view

    folder = bundle.model_path(model)
    option = "" if model == bundle.DEFAULT_MODEL else f" --model {model}"
    with _interruptible() as stopped, make_train_view(sys.stderr) as view:
        if not characters:
            if not _train(folder, option, view, stopped, wanted, meeting):
                return
        else:
            seconds = TrainingSettings(**wanted["training"]).budget_seconds
            share = {**wanted["training"], "budget_seconds": (1 - CHARACTERS_SHARE) * seconds}
            try:
                _train(folder, option, view, stopped, {**wanted, "training": share})
            except TrainingInterrupted as stop:
                later = f"'autocomplete train … --level char --model {shlex.quote(str(folder / bundle.CHARACTERS))}'"
                raise TrainingInterrupted(stop.cause, f"{stop.cure} The characters are learned by {later}.") from stop
            view.heading("the characters of the same text")
            corpus = dataclasses.replace(wanted["corpus"], level="char", vocab_size=None, min_count=None, order=None)
            share = {**_general(wanted["training"]), "budget_seconds": CHARACTERS_SHARE * seconds}
            chosen = {"network": {}, "size": "auto", "output": "auto", "training": share, "force": True}
            beside = {**wanted, "corpus": corpus, **chosen}
            inner = bundle.inner_folder(folder, bundle.CHARACTERS)
            _train(inner, f" --model {shlex.quote(str(inner))}", view, stopped, beside)
    say(f'Try it: autocomplete suggest{option} "…"', on_error=True)


def _general(training: dict[str, Any]) -> dict[str, Any]:
    """The settings of a training that suit any network."""
    return {name: training[name] for name in ("epochs", "max_epochs", "seed") if name in training}


def _train(
    folder: "Path",
    option: str,
    view: "TrainView",
    stopped: threading.Event,
    wanted: dict[str, Any],
    meeting: dict[str, Any] | None = None,
) -> bool:
    """Train a model, show how it goes, and turn Ctrl-C into a saved run; `option` names the model in advice.

    Of several processes the first has something to show; returns whether this is it.
    """
    from autocomplete.network.events import Finished
    from autocomplete.runs.closing import CLOSING_SHARE
    from autocomplete.runs.train import Counted, Published, Request, Trained, Withheld

    finished: Finished | None = None
    withheld: Withheld | None = None
    shown = replacing = False
    closing_seconds = 2.0 + CLOSING_SHARE * TrainingSettings(**wanted["training"]).budget_seconds
    request = Request(folder=folder, closing_seconds=closing_seconds, **wanted)
    with contextlib.closing(_events(request, meeting, stopped)) as events:
        for event in events:
            shown = True
            view.show(event)
            if isinstance(event, Finished):
                finished = event
            elif isinstance(event, Counted | Published):
                replacing = event.folder != folder
            elif isinstance(event, Withheld):
                withheld = event
            elif isinstance(event, Trained):
                _close(event, view, stopped)
    if not shown:
        return False
    if finished is not None and finished.reason == "interrupted":
        raise TrainingInterrupted(
            "Stopped; the old model stays in use." if replacing else "Stopped; what was learned so far is saved.",
            f"Go on with 'autocomplete train --resume{option}'.",
        )
    if finished is not None and finished.reason == "diverged":
        raise _diverged(finished.progress.step, withheld)
    if stopped.is_set():
        raise TrainingInterrupted(
            "Stopped before the report card was written; the model is trained and in place.",
            f"'autocomplete eval{option} TEXT' writes one.",
        )
    return True


def _diverged(step: int, withheld: "Withheld | None") -> AutocompleteError:
    """Tell of a loss that diverged after some steps, and of what is left."""
    left = "the model is its n-grams alone"
    if withheld is None:
        left = "the best network before that is kept"
    elif withheld.replacing:
        left = "the old model stays in use"
    return AutocompleteError(
        f"The loss diverged after step {step}; {left}.", "Train again with a lower '--learning-rate' or '--clip-norm'."
    )


def _events(
    request: "Request", meeting: dict[str, Any] | None, stopped: threading.Event
) -> "Generator[JobEvent, None, None]":
    """Train in this process alone, or together with others."""
    if meeting is None:
        from autocomplete.runs.train import train_model

        return train_model(request, should_stop=stopped.is_set)
    from autocomplete.runs.processes import Meeting, train_together

    return train_together(request, Meeting(**meeting), should_stop=stopped.is_set)


def _close(trained: "Trained", view: "TrainView", stopped: threading.Event) -> None:
    """Add to the model what is fitted on held-out text, and show the report card."""
    from autocomplete.corpus.store import CorpusStore
    from autocomplete.runs.closing import close_model

    store = CorpusStore.open(trained.corpus)
    for event in close_model(
        trained.folder,
        store,
        budget_seconds=trained.budget_seconds,
        precision=trained.shown_right,
        should_stop=stopped.is_set,
    ):
        view.show(event)


def _dry_run(wanted: Mapping[str, Any]) -> None:
    """Read the corpus into a folder that is thrown away, and report on it."""
    import tempfile
    from pathlib import Path

    from autocomplete.corpus.ingest import ingest
    from autocomplete.interface.progress import make_train_view

    with tempfile.TemporaryDirectory() as folder, make_train_view(sys.stderr) as view:
        text = ingest(
            wanted["paths"], valid_paths=wanted["valid_paths"], settings=wanted["corpus"], folder=Path(folder)
        )
        for event in text:
            view.show(event)
            if event.store is not None:
                view.show(event.store.report)


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C, termination request or loss of the terminal into a wish to stop.

    The second stops at once, except that a terminal which closes may say so several times.
    """
    stopped = threading.Event()
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if HANGUP is not None and hears_hangup():
        usual[HANGUP] = signal.getsignal(HANGUP)

    def wish(number: int, _frame: FrameType | None) -> None:
        if number == HANGUP:
            leave_lost_terminal()
        elif stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()
        say("", "stopping after this step; Ctrl-C again stops at once", on_error=True)

    for number in usual:
        signal.signal(number, wish)
    try:
        yield stopped
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
