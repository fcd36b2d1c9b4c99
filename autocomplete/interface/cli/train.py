"""`autocomplete train`: learn a model from text."""

import contextlib
import dataclasses
import os
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.config import (
    Cell,
    CorpusSettings,
    Layout,
    Level,
    NetworkSettings,
    RunSettings,
    Size,
    TrainingSettings,
)
from autocomplete.errors import AutocompleteError, TrainingInterrupted, UsageError
from autocomplete.interface.cli import options
from autocomplete.interface.cli.settings import assigned, chosen_of, from_table, reference
from autocomplete.interface.configuration import config_path, named, read_tables
from autocomplete.interface.terminal import HANGUP, hears_hangup, leave_lost_terminal, say

if TYPE_CHECKING:
    from pathlib import Path

    from autocomplete.interface.progress import TrainView
    from autocomplete.runs.train import JobEvent, Request, Trained, Withheld

# Of the time for both, what a character model beside a word model gets.
CHARACTERS_SHARE = 0.25


def _show_settings(wanted: bool) -> None:
    if wanted:
        say(*reference(min(100, shutil.get_terminal_size().columns)).splitlines())
        raise typer.Exit


def train(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="Files, folders, .gz files, or '-' for standard input.")
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    valid: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="Held-out text; else a part of the corpus.")
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(**options.choice(*get_args(Level)), show_default="word", help="Words or characters."),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            **options.choice("auto", *get_args(Layout)),
            show_default="auto",
            help="Every line for itself, or wrapped prose.",
        ),
    ] = None,
    encoding: Annotated[str | None, typer.Option(show_default="utf-8", help="Encoding of the files.")] = None,
    pattern: Annotated[
        list[str] | None, typer.Option(help="File names taken from folders, such as '*.txt'; repeat for more.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", show_default="5m", help="Time to spend: 90s, 5m, 1h.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N", help="Passes over the text, whatever they take.")] = None,
    size: Annotated[
        str | None,
        typer.Option(**options.choice("auto", *get_args(Size)), show_default="auto", help="Of the network."),
    ] = None,
    cell: Annotated[
        str | None,
        typer.Option(**options.choice(*get_args(Cell)), show_default="lstm", help="Of the network."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", show_default="0", help="Of weights and dropout.")] = None,
    no_network: Annotated[bool, typer.Option("--no-network", help="Stop after the n-grams.")] = False,
    keep_secrets: Annotated[
        bool, typer.Option("--keep-secrets", help="Keep lines that look as if they held a password, a key or the like.")
    ] = False,
    characters: Annotated[
        bool,
        typer.Option(
            "--characters",
            help="Learn the text's characters too, in a quarter of the time: for words that the vocabulary lacks.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing model.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a stopped run, as if it had not stopped.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the corpus, report on it, and stop.")] = False,
    assignments: options.Set = None,
    _help_all: Annotated[
        bool, typer.Option("--help-all", callback=_show_settings, is_eager=True, help="Show every setting.")
    ] = False,
) -> None:
    """Learn a model from your text. Nothing leaves this machine, unless for a Dask cluster that you name."""
    own = {
        "level": level,
        "layout": layout,
        "encoding": encoding,
        "patterns": tuple(pattern) if pattern else None,
        "budget": budget,
        "epochs": epochs,
        "size": size,
        "cell": cell,
        "seed": seed,
        "keep_secrets": keep_secrets or None,
    }
    given = {**assigned(assignments or ()), **{name: value for name, value in own.items() if value is not None}}
    meeting = _meeting(given)
    switches = {"no_network": no_network, "characters": characters, "dry_run": dry_run}
    _refuse_contradictions(paths or [], valid or [], given, meeting=meeting, force=force, resume=resume, **switches)
    chosen = given if resume else {**_configured(given), **given}
    wanted = {
        "paths": paths or [],
        "valid_paths": valid or [],
        "ngrams_only": no_network,
        "force": force,
        "resume": resume,
        **_settings_of(chosen),
    }
    if dry_run:
        _dry_run(wanted)
    else:
        _run(model, characters, meeting, **wanted)


def _configured(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the configuration file; of a time and a number of passes, what the command line has counts."""
    path = config_path()
    with named(path):
        found = from_table(read_tables(path).get("train", {}))
    if {"budget", "epochs"} & given.keys():
        found = {name: value for name, value in found.items() if name not in ("budget", "epochs")}
    return found


def _settings_of(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as a `Request` names them, checked before anything is read."""
    corpus, training = chosen_of("Corpus", chosen), chosen_of("Training", chosen)
    if corpus.get("layout") == "auto":
        del corpus["layout"]
    training.pop("precision", None)  # the run resolves it
    if "budget" in chosen:
        training["budget_seconds"] = options.seconds(chosen["budget"])
    network = chosen_of("Network", chosen)
    NetworkSettings(**network)
    TrainingSettings(**training)
    run = RunSettings(**chosen_of("Run", chosen))
    return {
        "corpus": CorpusSettings(**corpus),
        "network": network,
        "training": training,
        "size": run.size,
        "output": run.output,
        "precision": run.precision,
        "shown_right": run.shown_right,
    }


# The settings of a run of several processes, each the same in all but the last.
_MEETING = ("coordinator", "processes", "process")


def _meeting(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where the processes of a run meet, as a `Meeting` names it; None for a run of one."""
    if given.keys() & set(_MEETING) or "JAX_COORDINATOR_ADDRESS" in os.environ:
        RunSettings(**chosen_of("Run", given))
        return {name: given.get(name) for name in _MEETING}
    return None


def _refuse_contradictions(
    paths: Sequence[str],
    valid: Sequence[str],
    given: Mapping[str, Any],
    *,
    meeting: Mapping[str, Any] | None,
    force: bool,
    resume: bool,
    no_network: bool,
    characters: bool,
    dry_run: bool,
) -> None:
    """Refuse options that make no sense together."""
    if not paths and not resume:
        raise UsageError("There is no text to learn from.", "Name files or folders: 'autocomplete train notes.txt'.")
    if "epochs" in given and "budget" in given:
        raise UsageError("'--epochs' and '--budget' both say how long to train.", "Give one of the two.")
    if force and resume:
        raise UsageError("'--force' starts over and '--resume' goes on.", "Give one of the two.")
    if resume and (paths or valid or given.keys() - set(_MEETING) or no_network or characters or dry_run):
        raise UsageError(
            "'--resume' goes on with the text and settings that the run started with.",
            "Give only '--model' beside it.",
        )
    if meeting is not None and (characters or no_network or dry_run):
        raise UsageError(
            "Several processes train one network together.",
            "Leave out '--characters', '--no-network' and '--dry-run', or run them in one process.",
        )
    if characters and (given.get("level") == "char" or given.get("pretokenized")):
        raise UsageError(
            "'--characters' stands beside a model of words in running text.",
            "Leave it out with '--level char' and with '--pretokenized'.",
        )
    if characters and "-" in [*paths, *valid]:
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
