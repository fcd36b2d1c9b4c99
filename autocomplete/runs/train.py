"""A whole training run: corpus, plan, training, publication. Yields what happens; prints nothing."""

import contextlib
import dataclasses
import json
import math
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import jax

from autocomplete import bundle
from autocomplete.bundle import FileEntry, Manifest
from autocomplete.config import CorpusSettings, NetworkSettings, Output, TrainingSettings, require_suited
from autocomplete.corpus.ingest import IngestProgress, ingest
from autocomplete.corpus.store import CorpusReport, CorpusStore
from autocomplete.errors import AutocompleteError, ModelError, TrainingInterrupted, UsageError
from autocomplete.network.checkpoints import Checkpoints
from autocomplete.network.devices import Devices
from autocomplete.network.events import Event, Finished, Progress, Validation, log_record
from autocomplete.network.plan import Plan, batch_size_for, choose_size, make_plan, measure_machine, passes_within
from autocomplete.network.recipes import RECIPES, Size, adapted, cutoffs_for, with_recipe
from autocomplete.network.training import Trainer
from autocomplete.ngrams.build import NgramReport, Pruning, build_ngrams
from autocomplete.runs.workspace import Workspace, claimed, resumed

# What a training run began with: kept beside its checkpoints to resume from.


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What a resumed run must know: the plan, the seconds that training may take, and what follows."""

    plan: Plan
    deadline_seconds: float | None
    shown_right: float

    def save(self, space: Workspace) -> None:
        """Keep it, atomically; from here on the run can be resumed."""
        temporary = space.plan.with_suffix(".new")
        fields = {"format": bundle.FORMAT_VERSION, **dataclasses.asdict(self)}
        temporary.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
        temporary.replace(space.plan)

    @classmethod
    def saved(cls, space: Workspace) -> tuple[CorpusStore, Self]:
        """Return the corpus and the beginning of an unfinished run.

        Raises:
            ModelError: They cannot be read, or are another version's.
        """
        try:
            fields = json.loads(space.plan.read_text(encoding="utf-8"))
            if fields.get("format") != bundle.FORMAT_VERSION:
                raise ModelError(
                    f"{space.work}: the run was begun by another version of autocomplete.",
                    "Finish it with that version, or train another model and leave this one as it is.",
                )
            plan = fields["plan"]
            plan["network"] = NetworkSettings.from_dict(plan["network"])
            plan["settings"] = TrainingSettings(**plan["settings"])
            begun = cls(
                plan=Plan(**plan), deadline_seconds=fields["deadline_seconds"], shown_right=fields["shown_right"]
            )
            return CorpusStore.open(space.corpus), begun
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelError(
                f"{space.work}: the run cannot be resumed ({error}).", "Start over with 'autocomplete train … --force'."
            ) from error


# A larger n-gram database is pruned to this size.
NGRAM_BYTES = 100 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user asks of `train`.

    Attributes:
        folder: The model folder to make.
        paths: The training text: files, folders, `-`.
        valid_paths: Text to hold out; empty takes a part of the training text.
        corpus: How text becomes tokens.
        size: A recipe's name, or `auto` to choose one for the corpus and the budget.
        network: Settings of the network that replace the recipe's.
        training: Settings of training that replace the recipe's.
        output: The output layer, or `auto` for what suits the vocabulary.
        precision: Operands of matrix products, or `auto` for what this machine multiplies fastest.
        ngrams_only: Whether to stop after the n-grams.
        closing_seconds: Part of the budget kept back for what follows training.
        shown_right: Share of the suggestions shown unasked that shall be right.
        force: Whether an existing model may be replaced.
        resume: Whether to go on with the folder's unfinished run instead.
    """

    folder: Path
    paths: Sequence[str] = ()
    valid_paths: Sequence[str] = ()
    corpus: CorpusSettings = field(default_factory=CorpusSettings)
    size: Size | Literal["auto"] = "auto"
    network: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    output: Output | Literal["auto"] = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    ngrams_only: bool = False
    closing_seconds: float = 2.0
    shown_right: float = 0.5
    force: bool = False
    resume: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan, before training starts."""

    plan: Plan
    resumed_step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The n-grams are in the model folder: it can be used, while the network is still to be trained."""

    folder: Path
    report: NgramReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A better model is in `folder` and can be used; `corpus` is the store it is trained on."""

    folder: Path
    corpus: Path
    step: int
    perplexity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """All experts are in `folder`, trained on the store `corpus`; what is fitted on held-out text may be added.

    Attributes:
        folder: The model folder.
        corpus: The store.
        budget_seconds: Budget of the whole run, infinite where there is none.
        shown_right: As requested.
    """

    folder: Path
    corpus: Path
    budget_seconds: float
    shown_right: float


JobEvent = IngestProgress | CorpusReport | Counted | Planned | Published | Trained | Event


def train_model(
    request: Request, *, should_stop: Callable[[], bool] = lambda: False
) -> Generator[JobEvent, None, None]:
    """Train a model as requested.

    A new folder holds the best model so far from the moment that the n-grams are counted; where a model is
    replaced, the old one stays in use until the new one is finished.

    Raises:
        UsageError: The folder holds a model, or another thing, and `force` was not given; nothing to resume.
        CorpusError: The corpus cannot be used.
        ModelError: The folder cannot be written, or its run cannot be resumed.
        TrainingInterrupted: Stopped before there was anything to resume.
        AutocompleteError: There is not enough memory.
    """
    with _memory_named():
        yield from _requested(request, should_stop)


def _requested(request: Request, should_stop: Callable[[], bool]) -> Iterator[JobEvent]:
    """Train a model as requested."""
    began = time.monotonic()
    if request.resume:
        with resumed(request.folder) as space:
            store, run = Beginning.saved(space)
            yield store.report
            trainer = _ready(store, run.plan.network, run.plan.settings)
            yield from _trained(space, trainer, store, run, should_stop)
        return
    _check(request)
    with claimed(request.folder, force=request.force) as space:
        try:
            store = yield from _ingested(request, space, should_stop)
            _check_length(request, store)
        except BaseException:
            space.abandon()
            raise
        yield _count(request, space, store)
        if request.ngrams_only:
            yield Trained(
                folder=space.target,
                corpus=space.corpus,
                budget_seconds=_budget(TrainingSettings(**request.training)),
                shown_right=request.shown_right,
            )
            space.close()
            return
        if should_stop():
            space.discard()
            raise TrainingInterrupted("Stopped after the n-grams; no network was trained.")
        trainer, size = _trainer(request, store, elapsed_seconds=time.monotonic() - began)
        left = trainer.settings.budget_seconds - (time.monotonic() - began) - request.closing_seconds
        plan = make_plan(trainer, size=size, remaining_seconds=max(0.0, left))
        left = trainer.settings.budget_seconds - (time.monotonic() - began) - request.closing_seconds
        deadline_seconds = None if plan.settings.epochs is not None else max(1.0, left)
        run = Beginning(plan=plan, deadline_seconds=deadline_seconds, shown_right=request.shown_right)
        run.save(space)
        yield from _trained(space, trainer, store, run, should_stop)


def _trained(
    space: Workspace, trainer: Trainer, store: CorpusStore, run: Beginning, should_stop: Callable[[], bool]
) -> Iterator[JobEvent]:
    """Train from the newest checkpoint on, or from the beginning."""
    trainer.speed()  # compiles, in all processes at once
    with Checkpoints(space.checkpoints, trainer.devices) as checkpoints:
        saved = checkpoints.progress()
        progress = Progress(**saved) if saved else Progress(total_steps=run.plan.total_steps)
        trainer.devices.told({"progress": dataclasses.asdict(progress), "deadline_seconds": run.deadline_seconds})
        yield Planned(plan=run.plan, resumed_step=progress.step)
        events = trainer.fit(
            progress, deadline_seconds=run.deadline_seconds, checkpoints=checkpoints, should_stop=should_stop
        )
        yield from _published(events, _Publisher(space, store, run), fresh=saved is None)


@contextlib.contextmanager
def _memory_named() -> Iterator[None]:
    """Say what to do where a network is too large for this machine's memory."""
    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
            raise AutocompleteError(
                "There is not enough memory to train this network.",
                "Lower '--batch-size', '--bptt' or '--size', or read the rows in parts with '--accumulate 4'.",
            ) from error
        raise


def _check(request: Request) -> None:
    """Refuse what makes no sense, before anything is read."""
    training = dict(request.training)
    # Rows that are not asked for are chosen so that they can be read in the parts wanted.
    training.setdefault("batch_size", training.get("accumulate", 1))
    settings = TrainingSettings(**training)
    require_suited(NetworkSettings(**request.network), settings)
    if "batch_size" in request.training:
        Devices.found().require_divided(settings)


def _check_length(request: Request, store: CorpusStore) -> None:
    bptt = request.training.get("bptt", 0)
    if bptt > len(store.train):
        raise UsageError(
            f"'--bptt {bptt}' is longer than the corpus, which has {len(store.train):,} training tokens.",
            "Leave it out, or give more text.",
        )


def _ingested(
    request: Request, space: Workspace, should_stop: Callable[[], bool]
) -> Generator[JobEvent, None, CorpusStore]:
    """Ingest the corpus; a generator that returns the store."""
    for event in ingest(request.paths, valid_paths=request.valid_paths, settings=request.corpus, folder=space.incoming):
        yield event
        if should_stop():
            raise TrainingInterrupted("Stopped while reading; nothing was learned and nothing changed.")
    space.adopt_corpus()
    store = CorpusStore.open(space.corpus)
    yield store.report
    return store


def _count(request: Request, space: Workspace, store: CorpusStore) -> Counted:
    """Build the n-gram database and publish it as the model, for now without a network."""
    folder = space.target
    vocabulary = bundle.write_vocabulary(folder, store.vocabulary)
    reports: list[NgramReport] = []

    def build(path: Path) -> None:
        reports.append(
            build_ngrams(
                store.train,
                vocabulary_size=store.vocabulary.size,
                vocabulary_digest=vocabulary.sha256,
                path=path,
                order=request.corpus.effective_order,
                prune=Pruning(max_bytes=NGRAM_BYTES),
            )
        )

    files = {"vocabulary": vocabulary, "ngrams": bundle.write_ngrams(folder, build)}
    facts = dataclasses.asdict(reports[0].facts)
    card = {"created": _now(), "corpus": store.report.as_dict(), "ngrams": facts}
    bundle.publish(folder, _manifest(store, files, network=None, card=card))
    return Counted(folder=folder, report=reports[0])


def _budget(settings: TrainingSettings) -> float:
    """The seconds that a run may take."""
    return settings.budget_seconds if settings.epochs is None else math.inf


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _manifest(
    store: CorpusStore, files: Mapping[str, FileEntry], *, network: NetworkSettings | None, card: Mapping[str, Any]
) -> Manifest:
    report = store.report
    return Manifest(
        level=report.level,
        layout=report.layout,
        pretokenized=report.pretokenized,
        network=network,
        files=dict(files),
        card=card,
    )


def _trainer(request: Request, store: CorpusStore, *, elapsed_seconds: float) -> tuple[Trainer, str]:
    """Choose the network and its settings for a corpus, and make it ready."""
    machine = measure_machine()
    precision = machine.precision if request.precision == "auto" else request.precision
    settings = TrainingSettings(**{**request.training, "precision": precision})
    left = settings.budget_seconds - elapsed_seconds
    measured: dict[str, Any] = {
        "tokens": len(store.train),
        "vocabulary_size": store.vocabulary.size,
        "operations_per_second": machine.rate(precision),
    }
    changes = {"cutoffs": cutoffs_for(store.vocabulary.size, request.output), **request.network}
    size = choose_size(budget_seconds=left, changes=changes, **measured) if request.size == "auto" else request.size
    recipe = adapted(RECIPES[size], changes)
    passes = passes_within(left, recipe.network, **measured) if settings.epochs is None else settings.epochs
    rows = batch_size_for(len(store.train), bptt=settings.bptt, parts=settings.accumulate * Devices.found().count)
    settings = dataclasses.replace(settings, **{"batch_size": rows, **request.training})
    settings = with_recipe(settings, recipe, passes=passes, tokens=len(store.train))
    settings = dataclasses.replace(settings, **request.training)
    changed = dataclasses.replace(recipe.network, cutoffs=()) != RECIPES[size].network
    return _ready(store, recipe.network, settings), f"{size}, changed" if changed else size


def _ready(store: CorpusStore, network: NetworkSettings, settings: TrainingSettings) -> Trainer:
    """Make a network ready on a corpus; other processes of the run do so too."""
    trainer = Trainer(store, network, settings, Devices.found())
    trainer.devices.meet("corpus")
    trainer.devices.told(
        {
            "corpus": store.report.as_dict(),
            "network": dataclasses.asdict(network),
            "settings": dataclasses.asdict(settings),
        }
    )
    return trainer


class _Publisher:
    """Puts a run's best weights and its card into the model folder, beside the n-grams."""

    def __init__(self, space: Workspace, store: CorpusStore, run: Beginning) -> None:
        self.space = space
        self.folder = space.target
        self.store = store
        self.plan = run.plan
        self.shown_right = run.shown_right

    def publish(self, validation: Validation) -> Published:
        """Put the weights of a validation in the folder."""
        assert validation.weights is not None
        current = bundle.read_manifest(self.folder)
        files = {**current.files, "weights": bundle.write_weights(self.folder, validation.weights)}
        results = {
            "finished": False,
            "step": validation.step,
            "epochs": round(validation.epoch, 2),
            "validation_nats": validation.nats,
            "validation_perplexity": validation.perplexity,
            "seconds": round(validation.elapsed_seconds, 1),
        }
        card = {**current.card, "created": _now(), "plan": dataclasses.asdict(self.plan), "results": results}
        bundle.publish(self.folder, _manifest(self.store, files, network=self.plan.network, card=card))
        return Published(
            folder=self.folder,
            corpus=self.space.corpus,
            step=validation.step,
            perplexity=validation.perplexity,
        )

    def finish(self, finished: Finished) -> None:
        """Record how the run ended, and put the model in its place; a run without a network leaves what was there."""
        if math.isfinite(finished.progress.best_nats):
            current = bundle.read_manifest(self.folder)
            results = {
                **current.card["results"],
                "finished": True,
                "reason": finished.reason,
                "seconds": round(finished.progress.elapsed_seconds, 1),
                "total_steps": finished.progress.step,
            }
            bundle.publish(self.folder, dataclasses.replace(current, card={**current.card, "results": results}))
            self.space.close()
        else:
            self.space.discard()


def _published(events: Iterator[Event], publisher: _Publisher, *, fresh: bool) -> Iterator[JobEvent]:
    """Pass training's events on, publish what is best, and write the log."""
    with (publisher.folder / bundle.LOG).open("w" if fresh else "a", encoding="utf-8") as log:
        for event in events:
            log.write(json.dumps(log_record(event), ensure_ascii=False, allow_nan=False) + "\n")
            log.flush()
            yield event
            if isinstance(event, Validation) and event.weights is not None:
                yield publisher.publish(event)
            elif isinstance(event, Finished):
                if math.isfinite(event.progress.best_nats):
                    yield Trained(
                        folder=publisher.folder,
                        corpus=publisher.space.corpus,
                        budget_seconds=_budget(publisher.plan.settings),
                        shown_right=publisher.shown_right,
                    )
                if event.reason != "interrupted":
                    publisher.finish(event)
        os.fsync(log.fileno())


# A process of a run that reads its own rows and does as process 0 decides; it writes nothing.


def follow(folder: Path, *, should_stop: Callable[[], bool]) -> str:
    """Train along with the process that makes the model in `folder`; return why training ended.

    A wish to stop stops all, once training has begun.

    Raises:
        AutocompleteError: The folder is not the one that process 0 works in.
        CorpusError: Nor is there a corpus in it.
    """
    devices = Devices.found()
    space = Workspace(folder, staged=False)
    devices.meet("corpus")
    told = devices.told()
    store = CorpusStore.open(space.corpus)
    if store.report != CorpusReport.from_dict(told["corpus"]):
        raise AutocompleteError(
            f"{folder}: is not the folder that process 0 trains in.", "Give all processes one folder that all see."
        )
    network, settings = NetworkSettings.from_dict(told["network"]), TrainingSettings(**told["settings"])
    trainer = Trainer(store, network, settings, devices)
    trainer.speed()
    told = devices.told()
    with Checkpoints(space.checkpoints, devices) as checkpoints:
        for event in trainer.fit(
            Progress(**told["progress"]),
            deadline_seconds=told["deadline_seconds"],
            checkpoints=checkpoints,
            should_stop=should_stop,
        ):
            if isinstance(event, Finished):
                return event.reason
    raise AssertionError("training ends with a Finished")
