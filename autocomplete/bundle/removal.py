"""Removes a model: its folder is renamed first, so that a model is there as a whole or not at all, and then deleted.

What is being removed lies beside where it was, as `.removed-NAME`, with the lock of a run in it: held while somebody
deletes it, and left there by a process that was killed, so that the next one recognises it and goes on. Its name is
free from the first moment. Links are deleted as links, and what is not a model's own is put back under the old name.
"""

import contextlib
import shutil
import stat
from pathlib import Path

from autocomplete.bundle.folder import CHARACTERS, LEFT_OVER, LOCK, WORK_FOLDER, is_ours, is_work, own_entries
from autocomplete.bundle.lock import all_locks, is_busy, run_lock
from autocomplete.errors import AutocompleteError, ModelError, UsageError, system_cause, system_cure

_BUSY = "Wait for it, or stop it; then remove the model."


def remove_model(folder: Path) -> None:
    """Delete a model's files, and the folder where nothing else lies in it.

    Raises:
        ModelError: The folder is no model, or a link; then nothing was removed.
        UsageError: A run works in it; nothing was removed.
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
    aside = _aside(folder)
    with all_locks(folder, cure=_BUSY):
        try:
            folder.rename(aside)
        except OSError as error:
            cause = f"{folder}: cannot be renamed, and was not removed ({system_cause(error)})."
            raise AutocompleteError(cause, system_cure(error)) from error
        try:
            _delete(aside, folder)
        except OSError as error:
            raise _undeleted(aside, error) from error


def finish_removal(folder: Path) -> bool:
    """Delete what is left of a removed model that had this folder, where there is any; whether there was.

    What somebody deletes at this moment is left to them.

    Raises:
        AutocompleteError: It cannot be deleted.
    """
    aside = _aside(folder)
    if aside.is_symlink() or not aside.is_dir():
        return False
    try:
        if not is_work(aside / WORK_FOLDER):
            return _remove_empty(aside)
        with run_lock(aside):
            _delete(aside, folder)
    except (UsageError, FileNotFoundError):  # another process is at it
        return False
    except OSError as error:
        raise _undeleted(aside, error) from error
    return True


def finish_removals(root: Path) -> None:
    """Delete what is left of any removed model in a folder of models; what cannot be deleted stays."""
    for aside in root.glob(f"{LEFT_OVER}*"):
        with contextlib.suppress(AutocompleteError):
            finish_removal(root / aside.name.removeprefix(LEFT_OVER))


def remove_characters(folder: Path) -> None:
    """Delete the character model beside a model, where there is one and nobody trains it."""
    characters = folder / CHARACTERS
    finish_removal(characters)
    if not characters.is_symlink() and characters.is_dir() and is_ours(characters) and not is_busy(characters):
        remove_model(characters)


def _aside(folder: Path) -> Path:
    return folder.with_name(f"{LEFT_OVER}{folder.name}")


def _undeleted(aside: Path, error: OSError) -> AutocompleteError:
    cause = f"{aside}: what is left of a removed model cannot be deleted ({system_cause(error)})."
    return AutocompleteError(cause, system_cure(error))


def _delete(aside: Path, folder: Path) -> None:
    """Delete a model's files; what is not its own goes back to its old place, and the lock goes last."""
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
    """Delete a run's work but the lock: it is what tells that the folder is ours."""
    for path in work.iterdir():
        if path.name != LOCK:
            _delete_path(path)


def _delete_lock(folder: Path) -> None:
    """Delete the lock of a folder in which nothing else is ours, and the folder where nothing else is at all."""
    (folder / WORK_FOLDER / LOCK).unlink(missing_ok=True)
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
