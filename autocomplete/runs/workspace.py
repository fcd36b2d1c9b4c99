"""Where a training run works inside its model folder: claimed, locked, resumable, and gone when the run is done.

checkpoints/
  lock        held while a run works here; also the mark by which the folder is known to be ours
  next/       the corpus while it is read; a failure here harms nothing that was there before
  corpus/     the corpus of the run
  run.json    its plan
  orbax/      its newest state
  model/      the new model, where an old one stays in use until the new is finished
"""

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from autocomplete import bundle
from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.errors import AutocompleteError, ModelError, UsageError
from autocomplete.network.events import Plan

# Of `run.json`. The files of the first version have none.
RUN_FORMAT = 2


class Workspace:
    """The work folder of one run. Get one by `claimed` or `resumed`.

    Attributes:
        folder: The model folder.
        target: Where models are published during the run: the model folder, or `checkpoints/model` where the
            folder holds a model that stays until the new one is finished.
    """

    def __init__(self, folder: Path, *, staged: bool) -> None:
        self.folder = folder
        self.work = folder / bundle.WORK_FOLDER
        self.target = self.work / "model" if staged else folder

    @property
    def corpus(self) -> Path:
        """The corpus store of the run."""
        return self.work / "corpus"

    @property
    def incoming(self) -> Path:
        """Where a corpus is read before it becomes the run's."""
        return self.work / "next"

    @property
    def plan(self) -> Path:
        """The file that holds the run's plan; it is there once the run can be resumed."""
        return self.work / "run.json"

    @property
    def checkpoints(self) -> Path:
        """The states of the training loop."""
        return self.work / "orbax"

    def adopt_corpus(self) -> None:
        """Make the corpus that was read the run's; what an earlier run left is gone from here on."""
        self.plan.unlink(missing_ok=True)  # first: without it nothing here can be resumed
        for path in (self.corpus, self.checkpoints, self.work / "model"):
            shutil.rmtree(path, ignore_errors=True)
        self.incoming.rename(self.corpus)

    def abandon(self) -> None:
        """Forget the corpus being read, and the work folder where nothing else is in it."""
        shutil.rmtree(self.incoming, ignore_errors=True)
        if {path.name for path in self.work.iterdir()} <= {bundle.LOCK}:
            self.close()

    def discard(self) -> None:
        """Give up the new model; what was in the folder before stays."""
        self.plan.unlink(missing_ok=True)
        if self.target != self.folder:
            shutil.rmtree(self.target, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Copy the finished model to its place and remove the work folder."""
        if self.target != self.folder and bundle.is_model(self.target):
            bundle.copy_model(self.target, self.folder)
            bundle.remove_characters(self.folder)  # they are of the old model's text
        self.plan.unlink(missing_ok=True)  # first: what a crash leaves from here on must not be resumed
        shutil.rmtree(self.work, ignore_errors=True)
        with contextlib.suppress(OSError):  # nothing was learned: an empty folder is left to no one
            self.folder.rmdir()


@contextlib.contextmanager
def claimed(folder: Path, *, force: bool) -> Iterator[Workspace]:
    """Claim a folder for a new run; refuses what is not ours to replace.

    Raises:
        UsageError: The folder holds a model or a run and `force` was not given, or other things, or another run works.
        AutocompleteError: The folder cannot be written.
    """
    _refuse_foreign(folder)
    work = folder / bundle.WORK_FOLDER
    if not force:
        again = "Give '--force' to replace it, or '--model NAME' to make another."
        if (work / "run.json").is_file():
            raise UsageError(f"{folder}: holds an unfinished run.", f"Give '--resume' to go on with it. {again}")
        if bundle.is_model(folder):
            raise UsageError(f"{folder}: holds a model.", again)
    if work.is_dir() and any(work.iterdir()) and not bundle.is_work(work):
        raise UsageError(f"{work}: holds files that are no run's.", "Give '--model' another name.")
    try:
        work.mkdir(parents=True, exist_ok=True)
        with _locked(work):
            for path in (work / "next", *folder.glob(".ngrams-*")):  # left by a run that was killed
                shutil.rmtree(path, ignore_errors=True)
            yield Workspace(folder, staged=bundle.is_model(folder))
    except OSError as error:
        if error.filename is None or not Path(error.filename).absolute().is_relative_to(folder.absolute()):
            raise
        raise AutocompleteError(
            f"{folder}: cannot be written ({error.strerror}).", "Give '--model' a folder that you may write."
        ) from error


@contextlib.contextmanager
def resumed(folder: Path) -> Iterator[Workspace]:
    """Return to the unfinished run of a folder.

    Raises:
        UsageError: There is none, or it is at work.
    """
    work = folder / bundle.WORK_FOLDER
    if not (work / "run.json").is_file():
        raise UsageError(f"{folder}: holds no unfinished run.", "Leave out '--resume' to start one.")
    with _locked(work):
        yield Workspace(folder, staged=(work / "model").is_dir())


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file.", "Give '--model' the name of a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not bundle.is_ours(folder):
        raise UsageError(f"{folder}: holds files that are no model.", "Give '--model' another name or an empty folder.")


@contextlib.contextmanager
def _locked(work: Path) -> Iterator[None]:
    """Hold the work folder's lock; it falls with the process, however that ends."""
    with (work / bundle.LOCK).open("a", encoding="utf-8") as lock:
        if lock.tell() == 0:
            lock.write(bundle.LOCK_TEXT)
            lock.flush()
        try:
            import fcntl
        except ImportError:  # no such locks here: two runs in one folder are then not noticed
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"{work.parent}: another run is at work here.", "Wait for it, or give '--model' another name."
            ) from error
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRun:
    """What a run goes on with once it is resumed; kept in `run.json`.

    Attributes:
        plan: The plan.
        deadline_seconds: Seconds that training may take, from its first step on; None where epochs are counted.
        shown_right: Share of the suggestions shown unasked that shall be right.
    """

    plan: Plan
    deadline_seconds: float | None
    shown_right: float

    def save(self, space: Workspace) -> None:
        """Keep it, atomically; from here on the run can be resumed."""
        temporary = space.plan.with_suffix(".new")
        fields = {"format": RUN_FORMAT, **dataclasses.asdict(self)}
        temporary.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
        temporary.replace(space.plan)

    @classmethod
    def load(cls, space: Workspace) -> Self:
        """Return what an unfinished run goes on with.

        Raises:
            ModelError: It cannot be read, or another version of the program began the run.
        """
        try:
            fields = json.loads(space.plan.read_text(encoding="utf-8"))
            _require_own_version(space, fields)
            plan = fields["plan"]
            network, settings = NetworkSettings.from_dict(plan["network"]), TrainingSettings(**plan["settings"])
            return cls(
                plan=Plan(**{**plan, "network": network, "settings": settings}),
                deadline_seconds=fields["deadline_seconds"],
                shown_right=fields["shown_right"],
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ModelError(
                f"{space.work}: the run cannot be resumed ({error}).", "Start over with 'autocomplete train … --force'."
            ) from error


def _require_own_version(space: Workspace, fields: Any) -> None:
    """Refuse what another version saved, whose plan and state may be of another shape."""
    if not isinstance(fields, dict):
        raise ValueError("run.json holds no object")
    found = fields.get("format", 1)
    if found != RUN_FORMAT:
        version = "an older version" if found < RUN_FORMAT else "a newer version"
        raise ModelError(
            f"{space.folder}: {version} of autocomplete began its unfinished run, and no other can go on with it.",
            "Finish it with that version, or train another model under another name; what is here stays as it is.",
        )
