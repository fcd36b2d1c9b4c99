"""Removes a model: its folder is renamed first, so that a model is there as a whole or not at all, and then deleted.

What is being removed lies beside where it was, as `.removed-NAME`, with the lock of a run in it: held while somebody
deletes it, and left there by a process that was killed, so that the next one recognises it and goes on. Its name is
free from the first moment. Links are deleted as links, and what is not a model's own is put back under the old name,
which is kept within where that of the left-over is another: the old one was too long, or something lay in the way.

Where a folder cannot be renamed because something is mounted there, it is emptied in its place, the manifest first.
"""

import contextlib
import errno
import itertools
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from autocomplete.bundle.folder import (
    CHARACTERS,
    LOCK,
    MANIFEST,
    PLACE,
    WORK_FOLDER,
    is_ours,
    is_work,
    own_entries,
)
from autocomplete.bundle.lock import all_locks, is_busy, run_lock
from autocomplete.errors import AutocompleteError, ModelError, UsageError, system_cause, system_cure
from autocomplete.files import inner_folder, read_file, write_bytes
from autocomplete.places import LEFT_OVER

# Bytes of a model's name in that of its left-over: with what stands around them no file system finds it too long.
NAME_BYTES = 100
_BUSY = "Wait for it, or stop it; then remove the model."
_FOREIGN = "Move them out of the model's folder; then remove the model."
# Something is mounted there, or the folder belongs to a lower layer of its file system.
_UNMOVABLE = {errno.EBUSY, errno.EXDEV}


def remove_model(folder: Path) -> None:
    """Delete a model's files, and the folder where nothing else lies in it.

    Raises:
        ModelError: The folder is no model, or a link; then nothing was removed.
        UsageError: A run works in it, or what is no run's lies where one works; nothing was removed.
        AutocompleteError: It cannot be renamed, and nothing was removed; or not deleted, and a part was.
    """
    if folder.is_symlink():
        raise ModelError(
            f"{folder}: is a link to {folder.resolve()}; nothing was removed.",
            "Name that folder to remove the model, or remove the link alone as any file.",
        )
    if not is_ours(folder):
        raise ModelError(f"{folder}: not a model folder.", "Nothing was removed.")
    folder = folder.resolve()  # '.' has no name to rename
    finish_removals(folder.parent)
    with all_locks(folder, cure=_BUSY, foreign=_FOREIGN):
        aside = _put_aside(folder)
        try:
            _delete(aside, folder)
        except OSError as error:
            raise _undeleted(aside, error) from error


def finish_removal(folder: Path) -> bool:
    """Delete what is left of removed models that had this folder, where there is any; whether there was.

    What somebody deletes at this moment is left to them.

    Raises:
        AutocompleteError: It cannot be deleted.
    """
    found = [aside for aside in _left_overs(folder.parent) if _place(aside) == folder]
    return any(list(map(_finish, found)))


def _finish(aside: Path) -> bool:
    """Delete what is left of a removed model, if that is what it is and nobody else is at it; whether it was."""
    try:
        if not is_work(aside / WORK_FOLDER):
            return _remove_empty(aside)
        with run_lock(aside):
            _delete(aside, _place(aside))
    except (UsageError, FileNotFoundError):  # another process is at it
        return False
    except OSError as error:
        raise _undeleted(aside, error) from error
    return True


def finish_removals(root: Path) -> None:
    """Delete what is left of any removed model in a folder of models; what cannot be deleted stays."""
    for aside in _left_overs(root):
        with contextlib.suppress(AutocompleteError):
            _finish(aside)


def remove_characters(folder: Path) -> None:
    """Delete the character model beside a model, where there is one and nobody trains it."""
    characters = folder / CHARACTERS
    finish_removal(characters)
    if not characters.is_symlink() and characters.is_dir() and is_ours(characters) and not is_busy(characters):
        remove_model(characters)


def _left_overs(root: Path) -> Iterator[Path]:
    """Yield the folders that are named like what is left of a removed model."""
    for aside in sorted(root.glob(f"{LEFT_OVER}*")):
        if not aside.is_symlink() and aside.is_dir():
            yield aside


def _place(aside: Path) -> Path:
    """Return the folder that a removed model had."""
    try:
        name = os.fsdecode(read_file(inner_folder(aside, WORK_FOLDER) / PLACE))
    except (FileNotFoundError, ModelError):
        name = ""
    if not name or name in {".", ".."} or {"/", "\\", "\0"} & set(name):
        name = aside.name.removeprefix(LEFT_OVER)
    return aside.parent / name


def _put_aside(folder: Path) -> Path:
    """Rename the folder of a model that is locked; return where it is now, the same where it cannot be moved."""
    aside = _free_aside(folder)
    place = folder / WORK_FOLDER / PLACE
    try:
        place.unlink(missing_ok=True)
        if _place(aside) != folder:
            write_bytes(place, os.fsencode(folder.name))
        folder.rename(aside)
    except OSError as error:
        if error.errno in _UNMOVABLE:
            return folder
        cause = f"{folder}: cannot be renamed, and was not removed ({system_cause(error)})."
        raise AutocompleteError(cause, system_cure(error)) from error
    return aside


def _free_aside(folder: Path) -> Path:
    """Return where a model can be put that is removed from a folder: a name beside it that nothing bears."""
    name = folder.name
    while len(os.fsencode(name)) > NAME_BYTES:
        name = name[:-1]
    for number in itertools.count(1):
        aside = folder.with_name(f"{LEFT_OVER}{name}{f'-{number}' if number > 1 else ''}")
        if not os.path.lexists(aside):
            return aside
    raise AssertionError("some name is free")


def _undeleted(aside: Path, error: OSError) -> AutocompleteError:
    cause = f"{aside}: what is left of a removed model cannot be deleted ({system_cause(error)})."
    return AutocompleteError(cause, system_cure(error))


def _delete(aside: Path, folder: Path) -> None:
    """Delete a model's files; what is not its own goes back to its old place, and the lock goes last."""
    if aside == folder:  # it could not be moved: what makes it a model, or a run to go on with, goes first
        _delete_path(folder / MANIFEST)
        _delete_path(folder / WORK_FOLDER / "run.json")
    _delete_entries(aside)
    _delete_work(aside / WORK_FOLDER)
    if any(path.name != WORK_FOLDER for path in aside.iterdir()) and not folder.exists():
        aside.rename(folder)
        aside = folder
    _delete_lock(aside)


def _delete_entries(folder: Path) -> None:
    """Delete all of a model but the work folder, and the character model with its own."""
    for path in own_entries(folder):
        if path.name in (CHARACTERS, LEFT_OVER + CHARACTERS) and not path.is_symlink() and path.is_dir():
            if is_work(path / WORK_FOLDER):  # `all_locks` made it so
                _delete_entries(path)
                _delete_work(path / WORK_FOLDER)
                _delete_lock(path)
            _remove_empty(path)
        elif path.name != WORK_FOLDER:
            _delete_path(path)


def _delete_work(work: Path) -> None:
    """Delete a run's work but the lock, which tells that the folder is ours, and the name that it had."""
    for path in work.iterdir():
        if path.name not in (LOCK, PLACE):
            _delete_path(path)


def _delete_lock(folder: Path) -> None:
    """Delete the lock of a folder in which nothing else is ours, and the folder where nothing else is at all."""
    for name in (PLACE, LOCK):
        (folder / WORK_FOLDER / name).unlink(missing_ok=True)
    _remove_empty(folder)


def _delete_path(path: Path) -> None:
    """Delete a file, a link as such, or a folder with all in it, none of whose links is followed."""
    with contextlib.suppress(FileNotFoundError):  # another process is at it too
        if stat.S_ISDIR(path.lstat().st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()


def _remove_empty(folder: Path) -> bool:
    """Remove a folder in which nothing is left but perhaps an empty work folder; whether that could be."""
    for path in (folder / WORK_FOLDER, folder):
        try:
            path.rmdir()
        except OSError:
            if path == folder:
                return False
    return True
