"""`autocomplete train`: learn a model from text."""

import contextlib
import os
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from autocomplete.bundle import DEFAULT_MODEL, folder_beside, read_manifest
from autocomplete.config import (
    Cell,
    Layout,
    Level,
    Meeting,
    Size,
)
from autocomplete.errors import AutocompleteError, TrainingInterrupted, UsageError, system_cause
from autocomplete.interface.cli import options, reading_options
from autocomplete.interface.cli.sender import with_sender
from autocomplete.interface.cli.settings import Set, assigned, from_table, reference
from autocomplete.interface.configuration import config_path, named, read_tables
from autocomplete.interface.cures import spelled
from autocomplete.interface.terminal import HANGUP, folded, hears_hangup, leave_lost_terminal, say, say_document

if TYPE_CHECKING:
    from autocomplete.runs.request import Request


def _show_settings(wanted: bool) -> None:
    if wanted:
        say(*reference(min(100, shutil.get_terminal_size().columns)).splitlines())
        raise typer.Exit


def train(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="Files, folders, archives, or '-' for standard input.")
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    valid: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="Held-out text; else a part of the corpus.")
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(**options.choice(*get_args(Level)), help="Words or characters; else word."),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            **options.choice("auto", *get_args(Layout)),
            help="Every line for itself, wrapped prose, or shell commands; else auto.",
        ),
    ] = None,
    format_: reading_options.As = None,
    field: reading_options.Field = None,
    sender: reading_options.Sender = None,
    everyone: reading_options.Everyone = False,
    encoding: options.Encoding = None,
    pattern: Annotated[
        list[str] | None, typer.Option(help="File names taken from folders, such as '*.txt'; repeat for more.")
    ] = None,
    budget: Annotated[str | None, typer.Option(metavar="TIME", help="Time to spend: 90s, 5m, 1h; else 5m.")] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N", help="Passes over the text, whatever they take.")] = None,
    size: Annotated[
        str | None,
        typer.Option(**options.choice("auto", *get_args(Size)), help="Size of the network; else auto."),
    ] = None,
    cell: Annotated[
        str | None,
        typer.Option(**options.choice(*get_args(Cell)), help="Cell of the network; else lstm."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of weights and dropout; else 0.")] = None,
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
    as_json: options.Json = False,
    assignments: Set = None,
    _help_all: Annotated[
        bool, typer.Option("--help-all", callback=_show_settings, is_eager=True, help="Show every setting.")
    ] = False,
) -> None:
    """Learn a model from your text. Nothing leaves this machine, unless for a Dask cluster that you name."""
    own = {
        "level": level,
        "layout": layout,
        "format": format_,
        "field": field,
        "sender": tuple(sender) if sender else None,
        "everyone": everyone or None,
        "encoding": encoding,
        "patterns": tuple(pattern) if pattern else None,
        "budget": None if budget is None else options.seconds(budget),
        "epochs": epochs,
        "size": size,
        "cell": cell,
        "seed": seed,
        "keep_secrets": keep_secrets or None,
    }
    given = {**assigned(assignments or ()), **{name: value for name, value in own.items() if value is not None}}
    timed = [name for name in ("budget", "epochs") if given.get(name) is not None]
    if len(timed) == 2:
        raise UsageError("'--epochs' and '--budget' both say how long to train.", "Give one of the two.")
    configured = {} if resume else _configured(given)
    given["standing"] = tuple(name for name in configured if name not in given)
    parts = {"ngrams_only": no_network, "characters": characters}
    wanted = {"model": model, "paths": paths or [], "valid": valid or [], "force": force, "resume": resume}
    with _file_named(configured, {**given, **parts}):
        request = _request({**configured, **given, **parts}, **wanted)

    def work(request: "Request") -> None:
        if dry_run:
            _dry_run(request, as_json=as_json)
        else:
            _run(request, model, as_json=as_json)

    with_sender(request, work)


def _configured(given: Collection[str]) -> dict[str, Any]:
    """The settings of the configuration file.

    Of a time and a number of passes, and of a sender and everyone, what the command line has counts.

    Args:
        given: The settings that the command line has.
    """
    path = config_path()
    table = read_tables(path).get("train", {})
    with named(path):
        configured = from_table(table)
    replaced = {name for pair in (("budget", "epochs"), ("sender", "everyone")) if {*pair} & {*given} for name in pair}
    return {name: value for name, value in configured.items() if name not in replaced}


@contextlib.contextmanager
def _file_named(configured: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[None]:
    """Name the configuration file in an error that its settings have to do with.

    They are to blame where they are refused for the same cause with nothing beside them, and not at all where what the
    command line has is.
    """
    try:
        yield
    except UsageError as error:
        if not configured or _refusal(given) == error.cause:
            raise
        path = config_path()
        if _refusal(configured) == error.cause:
            raise UsageError(f"{path}: {error.cause}", error.cure) from error
        if not _refusal({**configured, **given}):  # text or options of the command, no settings
            raise
        raise UsageError(error.cause, f"{spelled(error.cure)} Some settings are from {path}.") from error


def _refusal(settings: Mapping[str, Any]) -> str:
    """Why settings are refused, whatever the text; empty where they are not."""
    try:
        _request(settings, model=DEFAULT_MODEL, paths=["text"])
    except UsageError as error:
        return error.cause
    return ""


def _request(chosen: Mapping[str, Any], **wanted: Any) -> "Request":
    """What is asked of training; a UsageError where settings are none, or make no sense together."""
    from autocomplete.runs.request import Request

    settings = dict(chosen)
    meeting = {field.name: settings.pop(field.name, None) for field in fields(Meeting)}
    if any(value is not None for value in meeting.values()) or "JAX_COORDINATOR_ADDRESS" in os.environ:
        wanted["meeting"] = Meeting(**meeting)
    return Request.of(**wanted, **settings)


def _run(request: "Request", model: str, *, as_json: bool) -> None:
    """Train as requested, show how it goes, and turn Ctrl-C into a saved run; `model` is the name to give advice by."""
    from autocomplete.corpus.authors import UnclearSenderError
    from autocomplete.interface.progress import make_train_view
    from autocomplete.runs.events import CharactersBegun, ModelReady
    from autocomplete.runs.train import training_run

    meant = folder_beside(model)
    if meant is not None:
        which = f"'{model}' is the name of a model in your data directory; '{meant}' is the folder"
        say(*folded(which), on_error=True)
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
        except UnclearSenderError:
            raise
        except AutocompleteError as error:
            cure = _cure(error, place)
            if later and isinstance(error, TrainingInterrupted):
                beside = shlex.quote(str(request.of_characters().folder))
                again = f"'autocomplete train … --level char --model {beside}'"
                cure = f"{cure} The characters are learned by {again}.".strip()
            raise type(error)(error.cause, cure) from error
        except BrokenPipeError as error:  # not of what is shown; it must not pass for a reader who has enough
            cause = f"Training ended before it was finished ({system_cause(error)})."
            raise AutocompleteError(
                cause, f"Train again, or go on with 'autocomplete train --resume{place}'."
            ) from error
    if ready:  # of several processes only the first has something to show
        say(*_next_lines(option), on_error=True)
        if as_json:
            card = read_manifest(request.folder).card
            say_document({"path": str(request.folder), "card": card})


def _next_lines(option: str) -> list[str]:
    """What to do with a model that is ready; `option` names it."""
    return [
        f'Try it:         autocomplete suggest{option} "…"',
        f"Type with it:   autocomplete repl{option}",
        f"All figures:    autocomplete eval{option}",
        f"On other text:  autocomplete eval{option} FILE",
    ]


def _cure(error: AutocompleteError, option: str) -> str:
    """What to do about what ended a run, as it is written here; `option` names the model."""
    from autocomplete.runs.events import CardMissing, DivergenceError, RunStopped

    match error:
        case RunStopped():
            return f"Go on with 'autocomplete train --resume{option}'."
        case CardMissing():
            return f"'autocomplete eval{option} TEXT' writes one."
        case DivergenceError():
            return "Train again with a lower '--learning-rate' or '--clip-norm'."
    return spelled(error.cure)


def _dry_run(request: "Request", *, as_json: bool) -> None:
    """Report on the text, and learn nothing."""
    from autocomplete.corpus.store import CorpusReport
    from autocomplete.interface.progress import make_train_view
    from autocomplete.runs.train import reading_run

    with make_train_view(sys.stderr) as view:
        for event in reading_run(request):
            view.show(event)
            if as_json and isinstance(event, CorpusReport):
                say_document({"corpus": event.as_dict()})


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
        with contextlib.suppress(RuntimeError):  # the signal came in the middle of a write to the same stream
            say("", "stopping after this step; Ctrl-C again stops at once", on_error=True)

    for number in usual:
        signal.signal(number, wish)
    try:
        yield stopped
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
