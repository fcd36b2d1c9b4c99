"""A process of a run that reads its own rows and does as process 0 decides; it writes nothing."""

from collections.abc import Callable
from pathlib import Path

from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import CorpusReport, CorpusStore
from autocomplete.errors import AutocompleteError
from autocomplete.network.checkpoints import Checkpoints
from autocomplete.network.devices import Devices
from autocomplete.network.events import Finished, Progress
from autocomplete.network.training import Trainer
from autocomplete.network.workspace import Workspace


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
