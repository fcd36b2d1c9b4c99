"""`autocomplete train`: learn a model from text."""

import contextlib
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, get_args

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.config import Output
from autocomplete.errors import AutocompleteError, TrainingInterrupted
from autocomplete.interface.cli import options
from autocomplete.interface.cli import train_options as given
from autocomplete.interface.cli.train_settings import Options, corpus_settings, network_settings, training_settings

if TYPE_CHECKING:
    from autocomplete.runs.request import Meeting, Request


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
    request = _request(chosen)
    if dry_run:
        _dry_run(request)
    else:
        _run(request, model)


# The options of a run of several processes, each the same in all but the last.
_MEETING = ("coordinator", "processes", "process")


def _meeting(chosen: Options) -> "Meeting | None":
    """Where the processes of a run meet; None for a run of one."""
    from autocomplete.runs.request import Meeting

    if any(chosen[name] is not None for name in _MEETING) or "JAX_COORDINATOR_ADDRESS" in os.environ:
        return Meeting(**{name: chosen[name] for name in _MEETING})
    return None


def _request(chosen: Options) -> "Request":
    """What is asked of training; a UsageError where an option is none, or options make no sense together."""
    from autocomplete.bundle import model_path
    from autocomplete.runs.request import Request

    options.choice("--size", chosen["size"], ("auto", "tiny", "small", "medium", "large"))
    options.choice("--output", chosen["output"], ("auto", *get_args(Output)))
    options.choice("--precision", chosen["precision"], ("auto", "float32", "bfloat16"))
    same = ("size", "output", "precision", "characters", "force", "resume", "shown_right")
    return Request(
        folder=model_path(chosen["model"]),
        paths=chosen["paths"] or [],
        valid_paths=chosen["valid"] or [],
        corpus=corpus_settings(chosen),
        network=network_settings(chosen),
        training=training_settings(chosen),
        ngrams_only=chosen["no_network"],
        meeting=_meeting(chosen),
        **{name: chosen[name] for name in same},
    )


def _run(request: "Request", model: str) -> None:
    """Train as requested, show how it goes, and turn Ctrl-C into a saved run; `model` is the name to give advice by."""
    from autocomplete.interface.progress import make_train_view
    from autocomplete.runs.events import CharactersBegun, ModelReady
    from autocomplete.runs.train import training_run

    option = "" if model == DEFAULT_MODEL else f" --model {model}"
    place, ready, later = option, False, request.characters
    with _interruptible() as stopped, make_train_view(sys.stderr) as view:
        try:
            with contextlib.closing(training_run(request, should_stop=stopped.is_set)) as events:
                for event in events:
                    view.show(event)
                    ready = isinstance(event, ModelReady)
                    if isinstance(event, CharactersBegun):
                        place, later = f" --model {shlex.quote(str(event.folder))}", False
        except AutocompleteError as error:
            cure = _cure(error, place)
            if later and isinstance(error, TrainingInterrupted):
                beside = shlex.quote(str(request.of_characters().folder))
                again = f"'autocomplete train … --level char --model {beside}'"
                cure = f"{cure} The characters are learned by {again}.".strip()
            raise type(error)(error.cause, cure) from error
    if ready:  # of several processes only the first has something to show
        print(f'Try it: autocomplete suggest{option} "…"', file=sys.stderr)


def _cure(error: AutocompleteError, option: str) -> str:
    """What to do about what ended a run, as it is written here; `option` names the model."""
    from autocomplete.runs.events import CardMissing, DivergenceError, RunStopped

    match error:
        case RunStopped():
            return f"Go on with 'autocomplete train --resume{option}'."
        case CardMissing():
            return f"'autocomplete eval{option} TEXT' writes one."
        case DivergenceError():
            return "Lower '--learning-rate' or '--clip-norm'."
    return error.cure


def _dry_run(request: "Request") -> None:
    """Report on the text, and learn nothing."""
    from autocomplete.interface.progress import make_train_view
    from autocomplete.runs.train import reading_run

    with make_train_view(sys.stderr) as view:
        for event in reading_run(request):
            view.show(event)


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
