"""The one way to the files of a model folder: none of them is a link, and all are their owner's alone.

A model folder may come from anybody, and may itself be a link. What lies in it may not be one, so that nothing outside
is read, written or deleted under a name of the format. A file is opened without following a link at its end; a folder
within is looked at before it is entered, which somebody who may write there at the same moment could still outrun.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from autocomplete.errors import USUAL_CURE, ModelError, system_cause, system_cure

if TYPE_CHECKING:
    import sqlite3

FILE_MODE = 0o600
FOLDER_MODE = 0o700
OTHERS = 0o077
"""The permissions of everybody but the owner."""

# Not to wait for a pipe that bears the name of a file, nor to follow a link.
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def linked(path: Path) -> ModelError:
    """Return the error of a link where a file or a folder of the format belongs."""
    return ModelError(
        f"{path}: is a link, and nothing inside a model folder may be one.",
        "Put in its place what it points to, or remove the link.",
    )


def unreadable(path: Path, error: OSError) -> ModelError:
    """Return the error of a file that is there, and that the system does not let us read."""
    return ModelError(f"{path}: cannot be read ({system_cause(error)}).", system_cure(error))


def unopened(path: Path, error: "sqlite3.Error") -> ModelError | None:
    """Return the error of a database that the system does not let SQLite use; None where it is something else.

    SQLite says no more than that it was unable to open a file: opening it again tells why.
    """
    import sqlite3

    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
        return None
    try:
        open_file(path).close()
        if not os.access(path.parent, os.W_OK):
            denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return ModelError(f"{path.parent}: cannot be written ({system_cause(denied)}).", system_cure(denied))
    except FileNotFoundError as missing:
        return unreadable(path, missing)
    except ModelError as named:
        return named
    return ModelError(f"{path}: cannot be read ({error}).", USUAL_CURE)


def _misplaced(path: Path, kind: str = "file") -> ModelError:
    return ModelError(f"{path}: cannot be read (it is no {kind}).", "Move it out of the model folder.")


def status_of(path: Path) -> os.stat_result | None:
    """Return what the system knows of a file or folder, None where nothing bears the name.

    Raises:
        ModelError: It is a link, or the system does not tell.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    if stat.S_ISLNK(status.st_mode):
        raise linked(path)
    return status


def open_file(path: Path) -> BufferedReader:
    """Open a file for reading.

    Raises:
        FileNotFoundError: It is not there.
        ModelError: It is a link or no file, or the system does not let us read it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFELY)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise (linked(path) if path.is_symlink() else unreadable(path, error)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _misplaced(path)
    return open(descriptor, "rb")  # noqa: PTH123 - a descriptor, no path


def read_file(path: Path) -> bytes:
    """Return the content of a file; raises as `open_file` does."""
    with open_file(path) as file:
        try:
            return file.read()
        except OSError as error:
            raise unreadable(path, error) from error


def inner_folder(folder: Path, name: str) -> Path:
    """Return the path of a folder within a model folder, existing or not.

    Raises:
        ModelError: It is a link, or no folder.
    """
    path = folder / name
    status = status_of(path)
    if status is not None and not stat.S_ISDIR(status.st_mode):
        raise _misplaced(path, "folder")
    return path


def open_private(path: Path, flags: int) -> int:
    """Open a file for writing, made where it is not there, its owner's alone from the first byte; a descriptor.

    Raises:
        ModelError: It is a link or no file.
        OSError: It cannot be written.
    """
    try:
        descriptor = os.open(path, flags | os.O_CREAT | _SAFELY, FILE_MODE)
    except OSError as error:
        if path.is_symlink() and not flags & os.O_EXCL:
            raise linked(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _misplaced(path)
    _close_to_others(descriptor)
    return descriptor


def write_file(path: Path, text: str) -> None:
    """Write a file anew, in UTF-8 and its owner's alone; what bore the name before is left as it was, under no name."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file anew, as `write_file` does."""
    path.unlink(missing_ok=True)
    with open(open_private(path, os.O_WRONLY | os.O_EXCL), "wb") as file:
        file.write(content)


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it that are missing, or take from others what they may do in one that is there.

    It may be a link. Only a folder that is the user's is changed: of any other it is up to its owner.
    """
    try:
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    except FileNotFoundError:
        make_folder(folder.parent)
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    close_to_others(folder, follow=True)


def close_to_others(path: Path, *, follow: bool = False) -> None:
    """Take from everybody but the owner what they may do with a file or folder; a link only where that is followed."""
    flags = _SAFELY & ~getattr(os, "O_NOFOLLOW", 0) if follow else _SAFELY
    with contextlib.suppress(OSError):  # another's, or one that we may not read: then its folder is closed
        descriptor = os.open(path, os.O_RDONLY | flags)
        try:
            _close_to_others(descriptor)
        finally:
            os.close(descriptor)


def _close_to_others(descriptor: int) -> None:
    mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    if mode & OTHERS:
        with contextlib.suppress(PermissionError):
            os.fchmod(descriptor, mode & ~OTHERS)


@contextlib.contextmanager
def private_files() -> Iterator[None]:
    """Make whatever this process and those that it starts write its owner's alone, libraries' files included.

    The mask is the process's: other threads write so too meanwhile.
    """
    usual = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(usual)


def walk(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield a path and all below it with their status, links as such: none is followed.

    Raises:
        OSError: A folder cannot be listed.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:  # gone meanwhile
        return
    yield path, status
    if stat.S_ISDIR(status.st_mode):
        for entry in sorted(path.iterdir()):
            yield from walk(entry)


def require_readable(folder: Path) -> None:
    """Raise the ModelError of the first file in a folder that the system does not let us read, if there is one."""
    try:
        for path, status in walk(folder):
            if stat.S_ISREG(status.st_mode):
                open_file(path).close()
    except OSError as error:
        raise unreadable(folder, error) from error


def require_inside(tree: Iterator[tuple[Path, os.stat_result]]) -> None:
    """Refuse links, and what is neither a file nor a folder.

    Raises:
        ModelError: There is one.
    """
    for path, status in tree:
        if stat.S_ISLNK(status.st_mode):
            raise linked(path)
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise _misplaced(path)
