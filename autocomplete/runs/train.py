"""A training run: the text is read, n-grams are counted, a network learns beside them, and a report card ends it.

training_run    the whole job as a generator of events
train           the same as a function, for programs
reading_run     the text alone, for a look at what would be learned from
"""

import math
import os
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from autocomplete.bundle import DEFAULT_MODEL
from autocomplete.corpus.ingest import IngestProgress, ingest
from autocomplete.corpus.store import CorpusReport, CorpusStore
from autocomplete.errors import TrainingInterrupted, UsageError
from autocomplete.network import require_packages
from autocomplete.runs.closing import CLOSING_SHARE, close_model
from autocomplete.runs.events import (
    CardMissing,
    CharactersBegun,
    CharactersLeftOut,
    DivergenceError,
    ModelReady,
    RunEvent,
    RunStopped,
    Withheld,
)
from autocomplete.runs.processes import run_together
from autocomplete.runs.publishing import Outcome, Publisher
from autocomplete.runs.request import Paths, Request
from autocomplete.runs.workspace import SavedRun, Workspace, claimed, resumed

# Kept back of a budget, beside the shares of what ends a run: to load the model that was trained.
LOADING_SECONDS = 2.0
# What ends a run takes its shares of no more than this: it scores so many tokens and types so many words at most.
CLOSING_BUDGET_SECONDS = 600.0


def _never() -> bool:
    return False


def train(
    paths: Paths = (),
    *,
    model: str | os.PathLike[str] = DEFAULT_MODEL,
    valid: Paths = (),
    budget: float | None = None,
    on_event: Callable[[RunEvent], object] | None = None,
    should_stop: Callable[[], bool] = _never,
    **settings: Any,
) -> Path:
    """Train a model completely; return its folder. Prints nothing.

    Long texts are read by several processes, which import the program that calls this: a script does so under
    `if __name__ == "__main__":`.

    Example:
        >>> folder = train("notes.txt", model="notes", budget=60, on_event=print, cell="gru")
        >>> Suggester.open(folder).suggest("best food in Las ")

    Args:
        paths: The text to learn from: files and folders, one or several.
        model: The model's name, or the path of its folder.
        valid: Text to hold out; without any a part of the training text is.
        budget: Seconds for all of it; 300 unless `epochs` says how long to train.
        on_event: Called with each event of the run; training goes on when it returns.
        should_stop: Asked again and again; when it answers True the run is saved and ended.
        **settings: Any field of `Request` and of the settings (`autocomplete.config`), such as
            `ngrams_only=True`, `characters=True`, `force=True`, `resume=True`, `level="char"`, `size="small"`,
            `epochs=10`.

    Raises:
        UsageError: Settings make no sense, or the folder holds a model or a run, and `force` was not given.
        CorpusError: The corpus cannot be used.
        ModelError: The folder's run cannot be resumed.
        TrainingInterrupted: Stopped by `should_stop`.
        AutocompleteError: The folder cannot be written, memory is short, packages are missing, or training diverged.
    """
    request = Request.of(paths, model=model, valid=valid, budget=budget, **settings)
    for event in training_run(request, should_stop=should_stop):
        if on_event is not None:
            on_event(event)
    return request.folder


def training_run(request: Request, *, should_stop: Callable[[], bool] = _never) -> Generator[RunEvent, None, None]:
    """Train as requested; yields what happens, `ModelReady` last.

    A new folder holds the best model so far from the moment that the n-grams are counted; where a model is
    replaced, the old one stays in use until the new one is finished. Of several processes only the first has
    something to yield.

    Raises:
        UsageError: The folder holds a model, or another thing, and `force` was not given; nothing to resume.
        CorpusError: The corpus cannot be used.
        ModelError: The folder's run cannot be resumed.
        RunStopped: Stopped while a network was trained.
        CardMissing: Stopped after that.
        TrainingInterrupted: Stopped before there was anything to resume.
        DivergenceError: The loss diverged.
        AutocompleteError: The folder cannot be written, memory is short, packages are missing, or a process is lost.
    """
    if not request.ngrams_only:
        require_packages()
    if request.meeting is not None:
        yield from run_together(request, training_run, should_stop=should_stop)
        return
    if request.characters:
        yield from _words_and_characters(request, should_stop)
    else:
        yield from _model_run(request, should_stop)
    yield ModelReady(folder=request.folder)


def _words_and_characters(request: Request, should_stop: Callable[[], bool]) -> Iterator[RunEvent]:
    """Train a model of words and, beside it, one of characters, unless the words turn out to be of commands."""
    of_commands = False
    for event in _model_run(request.of_words(), should_stop):
        if isinstance(event, CorpusReport):
            of_commands = event.layout == "commands"
        yield event
    if of_commands:
        yield CharactersLeftOut()
        return
    beside = request.of_characters()
    yield CharactersBegun(folder=beside.folder)
    yield from _model_run(beside, should_stop)


def reading_run(request: Request) -> Iterator[IngestProgress | CorpusReport]:
    """Read the text into a folder that is thrown away; yields what happens, the report on the text last.

    Raises:
        UsageError: The run would go on with a text that was read before, or is one of several processes.
        CorpusError: The corpus cannot be used.
    """
    if request.resume:
        raise UsageError(
            "A run that is resumed goes on with the text and settings that it started with.", "Name a text to look at."
        )
    if request.meeting is not None:
        raise UsageError("Several processes train one network together.", "Look at the text in one process.")
    with tempfile.TemporaryDirectory(prefix="reading-") as folder:
        yield from _ingest(request, Path(folder))
        yield CorpusStore.open(Path(folder)).report


def _ingest(request: Request, folder: Path) -> Iterator[IngestProgress]:
    return ingest(request.paths, valid_paths=request.valid_paths, settings=request.corpus, folder=folder)


def _model_run(request: Request, should_stop: Callable[[], bool]) -> Iterator[RunEvent]:
    """Train one model, from its text or from where its run stopped."""
    if request.resume:
        with resumed(request.folder) as space:
            yield from _resumed_run(space, should_stop)
        return
    if "batch_size" in request.training and not request.ngrams_only:
        from autocomplete.runs.network import require_divided  # JAX, which reading does not need

        require_divided(request)
    with claimed(request.folder, force=request.force) as space:
        yield from _new_run(request, space, should_stop)


def _new_run(request: Request, space: Workspace, should_stop: Callable[[], bool]) -> Iterator[RunEvent]:
    """Learn from the text of a request."""
    began = time.monotonic()
    store = yield from _read(request, space, should_stop)
    publisher = Publisher(space, store)
    counted = publisher.count(request.corpus.effective_order)
    publisher.list_sources(request.paths, request.corpus)
    yield counted
    outcome = None
    if not request.ngrams_only:
        if should_stop():
            space.discard()
            raise TrainingInterrupted("Stopped after the n-grams; no network was trained.")
        from autocomplete.runs.network import network_run

        outcome = yield from network_run(
            request,
            publisher,
            began=began,
            closing_seconds=LOADING_SECONDS + CLOSING_SHARE * _closing_budget(request.budget_seconds),
            should_stop=should_stop,
        )
    yield from _close(
        publisher,
        outcome,
        budget_seconds=math.inf if request.training.get("epochs") else _closing_budget(request.budget_seconds),
        shown_right=request.run.shown_right,
        should_stop=should_stop,
    )


def _resumed_run(space: Workspace, should_stop: Callable[[], bool]) -> Iterator[RunEvent]:
    """Go on with what a run has left."""
    from autocomplete.runs.network import resumed_network_run

    saved = SavedRun.load(space)
    store = CorpusStore.open(space.corpus)
    yield store.report
    publisher = Publisher(space, store)
    outcome = yield from resumed_network_run(saved, publisher, should_stop=should_stop)
    settings = saved.plan.settings
    yield from _close(
        publisher,
        outcome,
        budget_seconds=_closing_budget(settings.budget_seconds) if settings.epochs is None else math.inf,
        shown_right=saved.shown_right,
        should_stop=should_stop,
    )


def _closing_budget(budget_seconds: float) -> float:
    """What part of a budget those steps have shares of that end a run."""
    return min(budget_seconds, CLOSING_BUDGET_SECONDS)


def _read(
    request: Request, space: Workspace, should_stop: Callable[[], bool]
) -> Generator[RunEvent, None, CorpusStore]:
    """Make a corpus of the text; a generator that returns it. Where that fails, nothing has happened."""
    try:
        for event in _ingest(request, space.incoming):
            yield event
            if should_stop():
                raise TrainingInterrupted("Stopped while reading; nothing was learned and nothing changed.")
            if event.store is not None:
                _require_length(request, event.store)
        space.adopt_corpus()
        store = CorpusStore.open(space.corpus)
        yield store.report
    except BaseException:
        space.abandon()
        raise
    return store


def _require_length(request: Request, store: CorpusStore) -> None:
    bptt = request.training.get("bptt", 0)
    if bptt > len(store.train):
        raise UsageError(
            f"bptt {bptt} is longer than the corpus, which has {len(store.train):,} training tokens.",
            "Leave it out, or give more text.",
        )


def _close(
    publisher: Publisher,
    outcome: Outcome | None,
    *,
    budget_seconds: float,
    shown_right: float,
    should_stop: Callable[[], bool],
) -> Iterator[RunEvent]:
    """Fit on held-out text what prediction needs beside the experts, and put the model in its place.

    A run that was interrupted is left to be resumed.

    Args:
        publisher: Of the run.
        outcome: How the network's training ended; None where the n-grams are all.
        budget_seconds: What the steps have shares of, infinite where there is no budget.
        shown_right: As requested.
        should_stop: Whether to end at once.
    """
    withheld = None if outcome is None else publisher.withheld(outcome)
    interrupted = outcome is not None and outcome.finished.reason == "interrupted"
    if withheld is not None and not interrupted:
        yield withheld
    if withheld is None or not (interrupted or withheld.replacing):
        yield from close_model(
            publisher.folder,
            publisher.store,
            budget_seconds=budget_seconds,
            precision=shown_right,
            should_stop=should_stop,
        )
    if interrupted:
        kept = "the old model stays in use" if publisher.space.replaces else "what was learned so far is saved"
        raise RunStopped(f"Stopped; {kept}.", "Resume the run to go on.")
    publisher.finish(outcome, withheld)
    if outcome is not None and outcome.finished.reason == "diverged":
        raise _divergence(outcome.finished.progress.step, withheld)
    if should_stop():
        raise CardMissing(
            "Stopped before the report card was written; the model is trained and in place.",
            "Evaluate the model on held-out text to write one.",
        )


def _divergence(step: int, withheld: Withheld | None) -> DivergenceError:
    """Tell of a loss that diverged after some steps, and of what is left."""
    left = "the model is its n-grams alone"
    if withheld is None:
        left = "the best network before that is kept"
    elif withheld.replacing:
        left = "the old model stays in use"
    return DivergenceError(
        f"The loss diverged after step {step}; {left}.",
        "Train again with a lower learning rate, or a lower norm that gradients are clipped to.",
    )
