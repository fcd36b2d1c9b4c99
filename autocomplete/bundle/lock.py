"""The lock of a model folder: one run works there at a time, and nobody removes the folder under it."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from autocomplete.bundle.folder import CHARACTERS, LOCK, LOCK_TEXT, WORK_FOLDER, is_ours, is_work
from autocomplete.errors import Cure, UsageError
from autocomplete.files import inner_folder, make_folder, open_private, status_of


@contextlib.contextmanager
def run_lock(folder: Path, *, cure: str = Cure.ANOTHER_MODEL, foreign: str = Cure.MOVE_AWAY) -> Iterator[None]:
    """Hold the lock of a model folder, made where it is not there; it falls with the process, however that ends.

    Args:
        folder: The model folder.
        cure: What to do where another run works there.
        foreign: What to do where its work folder holds what is no run's.

    Raises:
        UsageError: Another run works there, or its work folder holds what is no run's.
        ModelError: The work folder or the lock is a link.
        OSError: It cannot be written.
    """
    work = inner_folder(folder, WORK_FOLDER)
    if work.is_dir() and any(work.iterdir()) and not is_work(work):
        raise UsageError(f"{work}: holds files that are no run's.", foreign)
    make_folder(work)
    descriptor = open_private(work / LOCK, os.O_RDWR | os.O_APPEND)
    try:
        if os.fstat(descriptor).st_size == 0:
            os.write(descriptor, LOCK_TEXT.encode())
        if not _locked(descriptor) or not _is_at(descriptor, work / LOCK):
            raise UsageError(f"{folder}: another run is at work here.", cure)
        yield
    finally:
        os.close(descriptor)


def is_busy(folder: Path) -> bool:
    """Tell whether a run works in a model folder; makes nothing there.

    Raises:
        ModelError: The work folder or the lock is a link.
    """
    lock = inner_folder(folder, WORK_FOLDER) / LOCK
    status = status_of(lock)
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    descriptor = open_private(lock, os.O_RDWR)
    try:
        return not _locked(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def all_locks(folder: Path, *, cure: str, foreign: str) -> Iterator[None]:
    """Hold the locks of a model folder and of the character model in it; raises as `run_lock` does."""
    characters = folder / CHARACTERS
    within = not characters.is_symlink() and characters.is_dir() and is_ours(characters)
    with contextlib.ExitStack() as held:
        for each in (folder, characters) if within else (folder,):
            held.enter_context(run_lock(each, cure=cure, foreign=foreign))
        yield


def _locked(descriptor: int) -> bool:
    """Take the lock if it is free, and tell whether that was so."""
    try:
        import fcntl
    except ImportError:  # no such locks here: two runs in one folder are then not noticed
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Tell whether an open file is still the one of that name: who held the lock before may have removed it."""
    status = status_of(path)
    return status is not None and os.path.samestat(status, os.fstat(descriptor))
