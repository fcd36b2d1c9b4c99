"""The part of a run that trains a network: chosen for the corpus and the time, trained, published as it gets better.

The only module of this room that needs JAX; the others import it where a network is wanted, and not before.
"""

import dataclasses
import json
import math
import os
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from autocomplete import bundle
from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import CorpusReport, CorpusStore
from autocomplete.errors import AutocompleteError
from autocomplete.network.checkpoints import Checkpoints
from autocomplete.network.devices import Devices, memory_named
from autocomplete.network.events import Event, Finished, Plan, Progress, Validation, log_record
from autocomplete.network.plan import (
    batch_size_for,
    choose_size,
    make_plan,
    measure_machine,
    passes_within,
    seconds_to_train,
)
from autocomplete.network.recipes import RECIPES, adapted, cutoffs_for, with_recipe
from autocomplete.network.training import Trainer
from autocomplete.runs.events import Planned, RunEvent
from autocomplete.runs.publishing import Outcome, Publisher
from autocomplete.runs.request import Request
from autocomplete.runs.workspace import SavedRun, Workspace

# A network that has read less of the text, in passes, is no model of it, and published only where no more was planned.
LEAST_PASSES = 0.1


def require_divided(request: Request) -> None:
    """Refuse rows, where they are asked for, that this machine's devices cannot share equally.

    Raises:
        UsageError: They cannot.
    """
    Devices.found().require_divided(TrainingSettings(**request.training))


def network_run(
    request: Request,
    publisher: Publisher,
    *,
    began: float,
    closing_seconds: float,
    should_stop: Callable[[], bool],
) -> Generator[RunEvent, None, Outcome]:
    """Train a network beside the n-grams that were published; a generator that returns how training ended.

    Args:
        request: What is asked.
        publisher: Of the run.
        began: When the run began, by `time.monotonic`.
        closing_seconds: Part of the budget kept back for what follows training.
        should_stop: Whether to save the state and end.

    Raises:
        AutocompleteError: There is not enough memory.
    """
    with memory_named():
        trainer, size = _choose_trainer(request, publisher.store, elapsed_seconds=time.monotonic() - began)
        trainer.speed()  # compiles, which the time for training is not spent on
        seconds = seconds_to_train(
            request.budget_seconds, spent_seconds=time.monotonic() - began, closing_seconds=closing_seconds
        )
        plan = make_plan(trainer, size=size, remaining_seconds=seconds)
        saved = SavedRun(
            plan=plan,
            deadline_seconds=seconds if plan.settings.epochs is None else None,
            shown_right=request.run.shown_right,
        )
        saved.save(publisher.space)
        return (yield from _fit(trainer, saved, publisher, should_stop))


def resumed_network_run(
    saved: SavedRun, publisher: Publisher, *, should_stop: Callable[[], bool]
) -> Generator[RunEvent, None, Outcome]:
    """Go on with the network of an unfinished run, as `network_run` would have.

    Raises:
        ModelError: Its state cannot be read.
        AutocompleteError: There is not enough memory.
    """
    with memory_named():
        trainer = _make_trainer(publisher.store, saved.plan.network, saved.plan.settings)
        return (yield from _fit(trainer, saved, publisher, should_stop))


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
            least_passes=told["least_passes"],
            checkpoints=checkpoints,
            should_stop=should_stop,
        ):
            if isinstance(event, Finished):
                return event.reason
    raise AssertionError("training ends with a Finished")


def _choose_trainer(request: Request, store: CorpusStore, *, elapsed_seconds: float) -> tuple[Trainer, str]:
    """Choose the network and its settings for a corpus, and make it ready."""
    machine = measure_machine()
    precision = machine.precision if request.run.precision == "auto" else request.run.precision
    asked = request.training_within_share
    settings = TrainingSettings(**{**asked, "precision": precision})
    left = settings.budget_seconds - elapsed_seconds
    measured: dict[str, Any] = {
        "tokens": len(store.train),
        "vocabulary_size": store.vocabulary.size,
        "operations_per_second": machine.rate(precision),
    }
    changes = {"cutoffs": cutoffs_for(store.vocabulary.size, request.run.output), **request.network}
    size = (
        choose_size(budget_seconds=left, changes=changes, **measured)
        if request.run.size == "auto"
        else request.run.size
    )
    recipe = adapted(RECIPES[size], changes)
    passes = passes_within(left, recipe.network, **measured) if settings.epochs is None else settings.epochs
    rows = batch_size_for(len(store.train), bptt=settings.bptt, parts=settings.accumulate * Devices.found().count)
    settings = dataclasses.replace(settings, **{"batch_size": rows, **asked})
    settings = with_recipe(settings, recipe, passes=passes, tokens=len(store.train))
    settings = dataclasses.replace(settings, **asked)
    changed = dataclasses.replace(recipe.network, cutoffs=()) != RECIPES[size].network
    return _make_trainer(store, recipe.network, settings), f"{size}, changed" if changed else size


def _make_trainer(store: CorpusStore, network: NetworkSettings, settings: TrainingSettings) -> Trainer:
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


def _fit(
    trainer: Trainer, saved: SavedRun, publisher: Publisher, should_stop: Callable[[], bool]
) -> Generator[RunEvent, None, Outcome]:
    """Train from the newest checkpoint on, or from the beginning."""
    trainer.speed()  # compiles, in all processes at once
    with Checkpoints(publisher.space.checkpoints, trainer.devices) as checkpoints:
        kept = checkpoints.progress()
        progress = Progress(**kept) if kept else Progress(total_steps=saved.plan.total_steps)
        deadline, passes = saved.deadline_seconds, least_passes(saved.plan)
        trainer.devices.told(
            {"progress": dataclasses.asdict(progress), "deadline_seconds": deadline, "least_passes": passes}
        )
        longer = deadline is not None and saved.plan.seconds > math.ceil(deadline)
        yield Planned(plan=saved.plan, held_out=publisher.held_out, longer=longer, resumed_step=progress.step)
        events = trainer.fit(
            progress,
            deadline_seconds=deadline,
            least_passes=passes,
            checkpoints=checkpoints,
            should_stop=should_stop,
        )
        return (yield from _publish_best(events, saved, publisher, fresh=kept is None))


def least_passes(plan: Plan) -> float:
    """Return the passes over the text that a network of a plan must have read to be published."""
    return LEAST_PASSES if plan.epochs >= LEAST_PASSES else 0.0


def _publish_best(
    events: Iterator[Event], saved: SavedRun, publisher: Publisher, *, fresh: bool
) -> Generator[RunEvent, None, Outcome]:
    """Pass training's events on, publish what is best, and write the log."""
    with bundle.open_log(publisher.folder, fresh=fresh) as log:
        for event in events:
            log.write(json.dumps(log_record(event), ensure_ascii=False, allow_nan=False) + "\n")
            log.flush()
            yield event
            if isinstance(event, Validation) and publisher.is_worth(event):
                yield publisher.publish(saved.plan, event)
        os.fsync(log.fileno())
    assert isinstance(event, Finished), "training ends with a Finished"
    return Outcome(saved.plan, event)
