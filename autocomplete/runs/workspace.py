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
import errno
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from autocomplete import bundle
from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.errors import AutocompleteError, Cure, ModelError, UsageError, system_cause, system_cure
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
    def replaces(self) -> bool:
        """Whether an old model stays in use until the new one is finished."""
        return self.target != self.folder

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
        if self.replaces:
            shutil.rmtree(self.target, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Copy the finished model to its place and remove the work folder."""
        if self.replaces and bundle.is_model(self.target):
            bundle.copy_model(self.target, self.folder)
            bundle.remove_characters(self.folder)  # they are of the old model's text
        self.plan.unlink(missing_ok=True)  # first: what a crash leaves from here on must not be resumed
        shutil.rmtree(self.work, ignore_errors=True)
        with contextlib.suppress(OSError):  # nothing was learned: an empty folder is left to no one
            self.folder.rmdir()


@contextlib.contextmanager
def claimed(folder: Path, *, force: bool) -> Iterator[Workspace]:
    """Claim a folder for a new run; refuses what is not ours to replace.

    Until the end, all files that this process makes are their owner's alone.

    Raises:
        UsageError: The folder holds a model or a run and `force` was not given, or other things, or another run works.
        ModelError: Something in the folder is a link.
        AutocompleteError: The folder cannot be written.
    """
    bundle.finish_removals(folder.parent)
    _refuse_foreign(folder)
    work = bundle.inner_folder(folder, bundle.WORK_FOLDER)
    if not force:
        if bundle.status_of(work / "run.json") is not None:
            raise UsageError(f"{folder}: holds an unfinished run.", Cure.RESUME)
        if bundle.is_model(folder):
            raise UsageError(f"{folder}: holds a model.", Cure.REPLACE)
    try:
        with _work_in(folder):
            for path in (work / "next", *folder.glob(".ngrams-*")):  # left by a run that was killed
                shutil.rmtree(path, ignore_errors=True)
            yield Workspace(folder, staged=bundle.is_model(folder))
    except OSError as error:
        if error.filename is None or not Path(error.filename).absolute().is_relative_to(folder.absolute()):
            raise
        cure = Cure.WRITABLE
        raise AutocompleteError(
            f"{folder}: cannot be written ({system_cause(error)}).",
            cure if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) else system_cure(error),
        ) from error


@contextlib.contextmanager
def resumed(folder: Path) -> Iterator[Workspace]:
    """Return to the unfinished run of a folder; its files are then their owner's alone, as `claimed` says.

    Raises:
        UsageError: There is none, or it is at work.
        ModelError: Something in the folder is a link.
    """
    work = bundle.inner_folder(folder, bundle.WORK_FOLDER)
    if bundle.status_of(work / "run.json") is None:
        raise UsageError(f"{folder}: holds no unfinished run.", Cure.START_NEW)
    with _work_in(folder):
        yield Workspace(folder, staged=(work / "model").is_dir())


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file.", Cure.FOLDER)
    if folder.is_dir() and any(folder.iterdir()) and not bundle.is_ours(folder):
        raise UsageError(f"{folder}: holds files that are no model.", Cure.ANOTHER_FOLDER)


@contextlib.contextmanager
def _work_in(folder: Path) -> Iterator[None]:
    """Hold a folder in which nothing is a link, closed to others, as is what libraries and other processes write."""
    if bundle.is_busy(bundle.inner_folder(folder, bundle.CHARACTERS)):
        raise UsageError(f"{folder}: another run is at work on its characters.", Cure.ANOTHER_MODEL)
    with bundle.private_files():
        bundle.make_folder(folder)
        with bundle.run_lock(folder):
            bundle.require_inside(bundle.own_tree(folder))
            bundle.close_folder(folder)
            bundle.finish_removal(folder / bundle.CHARACTERS)
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
        bundle.write_file(temporary, json.dumps(fields, indent=1) + "\n")
        temporary.replace(space.plan)

    @classmethod
    def load(cls, space: Workspace) -> Self:
        """Return what an unfinished run goes on with.

        Raises:
            ModelError: It cannot be read, or another version of the program began the run.
        """
        try:
            fields = json.loads(bundle.read_file(space.plan))
            _require_own_version(space, fields)
            plan = fields["plan"]
            network, settings = NetworkSettings.from_dict(plan["network"]), TrainingSettings(**plan["settings"])
            return cls(
                plan=Plan(**{**plan, "network": network, "settings": settings}),
                deadline_seconds=fields["deadline_seconds"],
                shown_right=fields["shown_right"],
            )
        except (FileNotFoundError, ValueError, TypeError, KeyError) as error:
            raise ModelError(f"{space.work}: the run cannot be resumed ({error}).", Cure.START_OVER) from error


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
